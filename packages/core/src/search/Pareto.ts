/**
 * Several objectives: which trials no other beats in all of them, and how much of the space of values they cover. Lists of values are
 * better the lower they are; the functions of trials look at the modes of the objectives.
 */
import { minimized, type Objective, type Trial } from "./Trial.ts"

/** Values of one trial, lower is better. */
export type Values = ReadonlyArray<number>

/** Whether `a` is at least as good as `b` everywhere and better somewhere. `dominates([1, 2], [1, 3]) // => true` */
export const dominates = (a: Values, b: Values): boolean =>
  a.every((value, i) => value <= (b[i] ?? Number.NaN)) && a.some((value, i) => value < (b[i] ?? Number.NaN))

/**
 * The front of each list of values, from 0: front 0 is dominated by none, front 1 by none but those of front 0, and so on (Deb et al.,
 * A fast and elitist multiobjective genetic algorithm: NSGA-II, 2002).
 *
 * `fronts([[1, 2], [2, 1], [2, 2], [3, 3]]) // => [0, 0, 1, 2]`
 */
export const fronts = (all: ReadonlyArray<Values>): ReadonlyArray<number> => {
  const found: Array<number> = all.map(() => -1)
  for (let front = 0, left = all.map((_, i) => i); left.length > 0; front++) {
    const rest: Array<number> = []
    const best = left.filter((i) => {
      const isDominated = left.some((j) => dominates(all[j] ?? [], all[i] ?? []))
      if (isDominated) rest.push(i)
      return !isDominated
    })
    // Values that are not numbers dominate nothing and are dominated by nothing.
    for (const i of best) found[i] = front
    left = rest
  }
  return found
}

/**
 * How far each list of values is from its neighbours: the sum over the objectives of the distance between the two beside it, in units
 * of the range, and infinite at the ends (Deb et al., 2002).
 */
export const crowding = (all: ReadonlyArray<Values>): ReadonlyArray<number> => {
  const distances: Array<number> = all.map(() => 0)
  for (let k = 0; k < (all[0]?.length ?? 0); k++) {
    const at = (i: number | undefined): number => (i === undefined ? Number.NaN : (all[i]?.[k] ?? Number.NaN))
    const order = all.map((_, i) => i).toSorted((a, b) => at(a) - at(b) || a - b)
    const range = at(order.at(-1)) - at(order[0])
    order.forEach((own, place) => {
      const isEnd = place === 0 || place === order.length - 1
      const gap = isEnd ? Number.POSITIVE_INFINITY : range > 0 ? (at(order[place + 1]) - at(order[place - 1])) / range : 0
      distances[own] = (distances[own] ?? 0) + gap
    })
  }
  return distances
}

/** The indices of lists of values, the best first: by front, within a front the least crowded first, then in their order. */
export const order = (all: ReadonlyArray<Values>): ReadonlyArray<number> => {
  const front = fronts(all)
  const members = (own: number): ReadonlyArray<number> => all.flatMap((_, i) => (front[i] === own ? [i] : []))
  return Array.from({ length: Math.max(-1, ...front) + 1 }, (_, own) => {
    const indices = members(own)
    const distances = crowding(indices.map((i) => all[i] ?? []))
    return indices.map((i, at) => [i, distances[at] ?? 0] as const).toSorted(([a, x], [b, y]) => (x === y ? a - b : y - x))
  })
    .flat()
    .map(([i]) => i)
}

/**
 * The complete trials that no other dominates, by number.
 *
 * ```ts
 * import { Pareto } from "@adjoint/core"
 * const trial = (number: number, ...values: ReadonlyArray<number>) => ({ number, point: {}, state: "complete" as const, values, reports: [] })
 * const objectives = [{ name: "loss", mode: "min" }, { name: "accuracy", mode: "max" }] as const
 * Pareto.front([trial(0, 1, 0.5), trial(1, 2, 0.9), trial(2, 2, 0.4)], objectives).map(({ number }) => number) // => [0, 1]
 * ```
 */
export const front = (trials: ReadonlyArray<Trial>, objectives: ReadonlyArray<Objective>): ReadonlyArray<Trial> => {
  const complete = trials.filter(({ state }) => state === "complete").toSorted((a, b) => a.number - b.number)
  const values = complete.map((trial) => minimized(objectives, trial).values ?? [])
  return complete.filter((_, i) => !values.some((other) => dominates(other, values[i] ?? [])))
}

/**
 * The volume that lists of values dominate below a reference that is worse than all of them: for two objectives an area. Exact, by
 * slices along the last objective (While et al., A faster algorithm for calculating hypervolume, 2006), so for few objectives.
 *
 * `hypervolume([[1, 2], [2, 1]], [3, 3]) // => 3`
 */
export const hypervolume = (all: ReadonlyArray<Values>, reference: Values): number => {
  const inside = all.filter((values) => values.every((value, i) => value < (reference[i] ?? Number.NaN)))
  if (inside.length === 0) return 0
  const last = reference.length - 1
  if (last === 0) return (reference[0] ?? 0) - Math.min(...inside.map(([value = 0]) => value))
  const sorted = inside.toSorted((a, b) => (a[last] ?? 0) - (b[last] ?? 0))
  const rest = reference.slice(0, last)
  return sorted.reduce((sum, values, i) => {
    const top = sorted[i + 1]?.[last] ?? reference[last] ?? 0
    const depth = top - (values[last] ?? 0)
    if (depth <= 0) return sum
    const slice = sorted.slice(0, i + 1).map((each) => each.slice(0, last))
    return sum + depth * hypervolume(slice, rest)
  }, 0)
}
