/**
 * An epoch is a list of batches of row numbers, drawn afresh from the key and the epoch's number. So a cursor, the epoch
 * and the batch, is all it takes to go on where a run stopped.
 */
import type { Tensor } from "../language/Expr.ts"
import * as Key from "../tensor/Key.ts"
import { read } from "../tensor/read.ts"
import { refuse } from "../types/ShapeError.ts"

/** Row numbers of a dataset. */
export type Batch = Int32Array

/** `rows`: what to draw from; `size`: rows a batch; `last`: whether a last, smaller batch is kept (the default) or dropped. */
export interface Batching {
  readonly rows: ArrayLike<number>
  readonly size: number
  readonly last?: "keep" | "drop"
}

/** The next batch to be trained on, both counted from 0. */
export interface Cursor {
  readonly epoch: number
  readonly batch: number
}

/** The numbers of all of n rows, in order. `[...all(3)] // => [0, 1, 2]` */
export const all = (n: number): Batch => Int32Array.from({ length: n }, (_, i) => i)

/** How many batches an epoch has. `count({ rows: [4, 5, 6], size: 2 }) // => 2` */
export const count = ({ last = "keep", rows, size }: Batching): number => {
  if (!Number.isInteger(size) || size < 1)
    refuse("Batches", [], `a whole number of rows from 1 as the size, not ${size}`, "a size such as 32")
  return last === "keep" ? Math.ceil(rows.length / size) : Math.floor(rows.length / size)
}

/** The batches of an epoch, counted from 0, its rows shuffled by the key folded with the epoch's number. Throws `ShapeError` for a size that is no whole number from 1. */
export const epoch = (plan: Batching, key: Key.Key, number: number): ReadonlyArray<Batch> => {
  const { data } = read(order(key, plan.rows.length, number))
  return inOrder({ ...plan, rows: Int32Array.from(data, (i) => plan.rows[i] ?? 0) })
}

/** The order in which an epoch, counted from 0, takes n rows: a tensor, so that an engine may draw it. */
export const order = (key: Key.Key, n: number, number: number | Tensor): Tensor => Key.permutation(Key.fold(key, number), n)

/** The batches of the rows as they stand: the order for scoring. `inOrder({ rows: [4, 5, 6], size: 2 }).map((batch) => [...batch]) // => [[4, 5], [6]]` */
export const inOrder = (plan: Batching): ReadonlyArray<Batch> =>
  slice({ ...plan, rows: new Int32Array(plan.rows) }, 0, count(plan))

/**
 * At most so many batches of the rows as they stand, from one on that is counted from 0.
 * `some({ rows: [4, 5, 6], size: 2 }, 1, 8).map((batch) => [...batch]) // => [[6]]`
 */
export const slice = (plan: Batching, start: number, limit: number): ReadonlyArray<Batch> => {
  const rows = plan.rows instanceof Int32Array ? plan.rows : new Int32Array(plan.rows)
  const length = Math.max(0, Math.min(limit, count(plan) - start))
  return Array.from({ length }, (_, i) => rows.subarray((start + i) * plan.size, (start + i + 1) * plan.size))
}

/** The cursor after this one: the next batch, or the next epoch's first. `after({ epoch: 0, batch: 1 }, 2) // => { epoch: 1, batch: 0 }` */
export const after = ({ epoch, batch }: Cursor, batches: number): Cursor =>
  batch + 1 < batches ? { epoch, batch: batch + 1 } : { epoch: epoch + 1, batch: 0 }
