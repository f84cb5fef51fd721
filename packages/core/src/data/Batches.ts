/**
 * An epoch is a list of batches of row numbers, drawn from the key and the epoch's number. So an epoch and a batch number
 * (a cursor) are all that is needed to resume a run.
 */
import type { Tensor } from "../language/Expr.ts"
import * as Key from "../tensor/Key.ts"
import { read } from "../tensor/read.ts"
import { refuse } from "../types/ShapeError.ts"

/** Row numbers of a dataset. */
export type Batch = Int32Array

/** How rows form batches. `rows`: the row numbers; `size`: rows per batch; `last`: whether a smaller last batch is kept (the default) or dropped. */
export interface Batching {
  readonly rows: ArrayLike<number>
  readonly size: number
  readonly last?: "keep" | "drop"
}

/** The next batch to train on; epoch and batch count from 0. */
export interface Cursor {
  readonly epoch: number
  readonly batch: number
}

/** The numbers of n rows, in order. `[...all(3)] // => [0, 1, 2]` */
export const all = (n: number): Batch => Int32Array.from({ length: n }, (_, i) => i)

/** How many batches an epoch has. `count({ rows: [4, 5, 6], size: 2 }) // => 2` */
export const count = ({ last = "keep", rows, size }: Batching): number => {
  if (!Number.isInteger(size) || size < 1)
    refuse("Batches", [], `a whole number of rows from 1 as the size, not ${size}`, "a size such as 32")
  return last === "keep" ? Math.ceil(rows.length / size) : Math.floor(rows.length / size)
}

/** The batches of an epoch, counted from 0: the key folded with the epoch's number shuffles the rows. Throws `ShapeError` for a size that is not a whole number from 1. */
export const epoch = (plan: Batching, key: Key.Key, number: number): ReadonlyArray<Batch> => {
  const { data } = read(order(key, plan.rows.length, number))
  return inOrder({ ...plan, rows: Int32Array.from(data, (i) => plan.rows[i] ?? 0) })
}

/** The order of n rows in an epoch, counted from 0. It is a tensor, so that an engine may draw it. */
export const order = (key: Key.Key, n: number, number: number | Tensor): Tensor => Key.permutation(Key.fold(key, number), n)

/** The batches of the rows in their own order, for scoring. `inOrder({ rows: [4, 5, 6], size: 2 }).map((batch) => [...batch]) // => [[4, 5], [6]]` */
export const inOrder = (plan: Batching): ReadonlyArray<Batch> =>
  slice({ ...plan, rows: new Int32Array(plan.rows) }, 0, count(plan))

/**
 * The batches of the rows in their own order, from number `start` (from 0) on, at most `limit` of them.
 * `slice({ rows: [4, 5, 6], size: 2 }, 1, 8).map((batch) => [...batch]) // => [[6]]`
 */
export const slice = (plan: Batching, start: number, limit: number): ReadonlyArray<Batch> => {
  const rows = plan.rows instanceof Int32Array ? plan.rows : new Int32Array(plan.rows)
  const length = Math.max(0, Math.min(limit, count(plan) - start))
  return Array.from({ length }, (_, i) => rows.subarray((start + i) * plan.size, (start + i + 1) * plan.size))
}

/** The cursor after this one: the next batch, or the next epoch's first. `after({ epoch: 0, batch: 1 }, 2) // => { epoch: 1, batch: 0 }` */
export const after = ({ epoch, batch }: Cursor, batches: number): Cursor =>
  batch + 1 < batches ? { epoch, batch: batch + 1 } : { epoch: epoch + 1, batch: 0 }
