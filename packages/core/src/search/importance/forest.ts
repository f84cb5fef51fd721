/** Regression trees over positions and choices, and the variance of their predictions along one dimension. */

/** The coordinates of a point: a position in [0, 1], or the index of a choice. */
export type Row = ReadonlyArray<number>

/** How many alternatives each dimension has; 0 for positions. */
export type Sizes = ReadonlyArray<number>

/** A part of one dimension: an interval of positions, or which alternatives of a choice are inside. */
type Side = { readonly from: number; readonly to: number } | { readonly inside: ReadonlyArray<boolean> }

/** A box of the space with the value that the tree predicts there. */
interface Leaf {
  readonly sides: ReadonlyArray<Side>
  readonly value: number
}

/** The leaves of a tree: they divide the space. */
export type Tree = ReadonlyArray<Leaf>

/** A cut: positions below `at`, or one alternative, on one side. */
interface Cut {
  readonly dimension: number
  readonly at: number
  /** By how much it lowers the sum of squares. */
  readonly gain: number
}

const isLeft = (size: number, x: number, at: number): boolean => (size > 0 ? x === at : x < at)

const meanOf = (values: ReadonlyArray<number>, rows: ReadonlyArray<number>): number =>
  rows.reduce((sum, row) => sum + (values[row] ?? 0), 0) / rows.length

/** The gain of dividing n values of a sum: Σ²/n of both parts, without that of the whole. */
const gainOf = (left: number, nLeft: number, right: number, nRight: number): number =>
  (left * left) / nLeft + (right * right) / nRight - ((left + right) * (left + right)) / (nLeft + nRight)

/** The best cut along one dimension, if any divides the rows. */
const bestAlong = (
  dimension: number,
  size: number,
  rows: ReadonlyArray<Row>,
  values: ReadonlyArray<number>,
  inside: ReadonlyArray<number>,
): Cut | undefined => {
  const x = (row: number): number => rows[row]?.[dimension] ?? 0
  const total = inside.reduce((sum, row) => sum + (values[row] ?? 0), 0)
  let best: Cut | undefined
  const offer = (at: number, left: number, n: number): void => {
    if (n === 0 || n === inside.length) return
    const gain = gainOf(left, n, total - left, inside.length - n)
    if (gain > (best?.gain ?? 0)) best = { dimension, at, gain }
  }
  if (size > 0) {
    for (let choice = 0; choice < size; choice++) {
      const own = inside.filter((row) => x(row) === choice)
      offer(
        choice,
        own.reduce((sum, row) => sum + (values[row] ?? 0), 0),
        own.length,
      )
    }
    return best
  }
  const sorted = inside.toSorted((a, b) => x(a) - x(b))
  let left = 0
  sorted.forEach((row, i) => {
    const before = sorted[i - 1]
    if (before !== undefined && x(row) > x(before)) offer((x(row) + x(before)) / 2, left, i)
    left += values[row] ?? 0
  })
  return best
}

/** Both parts of a side, divided by a cut. */
const divided = (side: Side, at: number): readonly [Side, Side] =>
  "inside" in side
    ? [{ inside: side.inside.map((is, i) => is && i === at) }, { inside: side.inside.map((is, i) => is && i !== at) }]
    : [
        { from: side.from, to: at },
        { from: at, to: side.to },
      ]

/** Trees are as deep as this at most. */
const deepest = 64

/**
 * Grows a tree on the rows `drawn`, which may repeat: each cut lowers the sum of squares most, until the values of a leaf are equal or
 * its points are.
 */
export const grow = (
  sizes: Sizes,
  rows: ReadonlyArray<Row>,
  values: ReadonlyArray<number>,
  drawn: ReadonlyArray<number>,
): Tree => {
  // Values around their mean lose less in the differences of squares.
  const centre = drawn.length === 0 ? 0 : meanOf(values, drawn)
  const centred = values.map((value) => value - centre)
  const leaves: Array<Leaf> = []
  const split = (inside: ReadonlyArray<number>, sides: ReadonlyArray<Side>, depth: number): void => {
    const cuts = sizes.flatMap((size, d) => bestAlong(d, size, rows, centred, inside) ?? [])
    const cut = cuts.reduce<Cut | undefined>((best, each) => (best && each.gain <= best.gain ? best : each), undefined)
    const side = cut && sides[cut.dimension]
    if (cut === undefined || side === undefined || depth === deepest) {
      leaves.push({ sides, value: inside.length === 0 ? 0 : meanOf(centred, inside) })
      return
    }
    const [left, right] = divided(side, cut.at)
    const size = sizes[cut.dimension] ?? 0
    const goesLeft = (row: number): boolean => isLeft(size, rows[row]?.[cut.dimension] ?? 0, cut.at)
    const other = (own: Side): ReadonlyArray<Side> => sides.map((each, d) => (d === cut.dimension ? own : each))
    split(inside.filter(goesLeft), other(left), depth + 1)
    split(
      inside.filter((row) => !goesLeft(row)),
      other(right),
      depth + 1,
    )
  }
  const whole = sizes.map((size): Side => (size > 0 ? { inside: Array.from({ length: size }, () => true) } : { from: 0, to: 1 }))
  split(drawn, whole, 0)
  return leaves
}

const widthOf = (side: Side): number =>
  "inside" in side ? side.inside.filter((is) => is).length / side.inside.length : side.to - side.from

/** The volume of a leaf along all dimensions but one; along all for -1. */
const volume = ({ sides }: Leaf, without: number): number =>
  sides.reduce((product, side, d) => (d === without ? product : product * widthOf(side)), 1)

/** The cells of one dimension within which no leaf ends: their widths, and whether a side contains them. */
const cellsOf = (
  size: number,
  tree: Tree,
  dimension: number,
): ReadonlyArray<{ readonly width: number; readonly isIn: (side: Side) => boolean }> => {
  if (size > 0)
    return Array.from({ length: size }, (_, choice) => ({
      width: 1 / size,
      isIn: (side) => "inside" in side && side.inside[choice] === true,
    }))
  const ends = tree.flatMap(({ sides }) => {
    const side = sides[dimension]
    return side !== undefined && "from" in side ? [side.from, side.to] : []
  })
  const sorted = [...new Set(ends)].toSorted((a, b) => a - b)
  return sorted.slice(1).map((to, i) => {
    const from = sorted[i] ?? 0
    return { width: to - from, isIn: (side) => "from" in side && side.from <= from && side.to >= to }
  })
}

/**
 * The share of the variance of a tree's predictions, over the whole space evenly, that one dimension explains: the variance of the
 * prediction averaged over all other dimensions. 0 for a tree of one value.
 */
export const shareOf = (sizes: Sizes, tree: Tree, dimension: number): number => {
  const mean = tree.reduce((sum, leaf) => sum + volume(leaf, -1) * leaf.value, 0)
  const variance = tree.reduce((sum, leaf) => sum + volume(leaf, -1) * (leaf.value - mean) * (leaf.value - mean), 0)
  if (!(variance > 0)) return 0
  const weighted = tree.map((leaf) => ({ side: leaf.sides[dimension], product: volume(leaf, dimension) * leaf.value }))
  const explained = cellsOf(sizes[dimension] ?? 0, tree, dimension).reduce((sum, { isIn, width }) => {
    const marginal = weighted.reduce((all, { product, side }) => (side !== undefined && isIn(side) ? all + product : all), 0)
    return sum + width * (marginal - mean) * (marginal - mean)
  }, 0)
  return explained / variance
}
