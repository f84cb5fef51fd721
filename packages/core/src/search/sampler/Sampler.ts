/** What a sampler is: a pure pair of `ask` and `tell` with a state of plain data. */
import type { Key } from "../../tensor/Key.ts"
import type { Point, Problem, Space } from "../Space.ts"
import type { Trial } from "../Trial.ts"

/** A point to try, and the state after it. */
export interface Asked<S> {
  readonly point: Point
  readonly state: S
}

/**
 * Chooses points. A sampler takes values as better the lower they are; a search negates those that it maximizes. The state is plain
 * data (JSON), and every function is pure: the same key and the same trials, told in the same order, give the same points. So a
 * search is resumed by telling a new state the same trials again.
 */
export interface Sampler<S = unknown> {
  readonly name: string
  /** Whether it searches for one objective or for a front of several. */
  readonly objectives: "one" | "several"
  /** What keeps the sampler from searching a space that is otherwise correct. */
  check?(space: Space): ReadonlyArray<Problem>
  /** The state before the first point. All randomness comes from the key. */
  init(space: Space, key: Key): S
  /** The next point. `pending` are the points that were asked for and whose results are not told yet. Nothing when all points of the space were asked for. */
  ask(state: S, pending: ReadonlyArray<Point>): Asked<S> | undefined
  /** The state with the result of a point that was asked for. The number of its trial counts the points asked for before it. */
  tell(state: S, trial: Trial): S
}
