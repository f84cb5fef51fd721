/** Binary search in a sorted list. */

/** How many items at the beginning of a list satisfy `isBefore`, which holds for no item after one for which it does not. `lowerBound([2, 4, 6], (x) => x < 5) // => 2` */
export const lowerBound = <A>(sorted: ReadonlyArray<A>, isBefore: (item: A) => boolean): number => {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (isBefore(sorted[middle] as A)) low = middle + 1
    else high = middle
  }
  return low
}
