/**
 * The batches of a run. The engine draws the order of the rows of each epoch. Data that fits into the engine's memory stays
 * there (images as bytes), and a batch is then only row numbers. Rows that are stored outside memory are read ahead.
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Batches from "../data/Batches.ts"
import * as Dataset from "../data/Dataset.ts"
import * as Order from "../data/Order.ts"
import { isStored } from "../data/storedRows.ts"
import * as Compile from "../engines/Compile.ts"
import type { Engine, EngineError } from "../engines/Engine.ts"
import { letOthersRun } from "../engines/letOthersRun.ts"
import type { Tensor } from "../language/Expr.ts"
import type { Tensors } from "../language/TensorTree.ts"
import { scalar } from "../tensor/elementwise.ts"
import * as Key from "../tensor/Key.ts"
import { read } from "../tensor/read.ts"
import * as NDArray from "../types/NDArray.ts"
import { bytesOf, type ShapeError, type Spec } from "../types/ShapeError.ts"
import { type Batch, type DatasetOf, partsOf, type ReadError, readLimit, type Samples, samplesOfBatches } from "./Samples.ts"

/** The batches of a run, as row numbers. */
export interface RowLoader {
  /** How many rows the data has. */
  readonly rows: number
  /** How many rows a batch has; the last of an epoch may have fewer. */
  readonly size: number
  /** How many batches an epoch has. */
  readonly batches: number
  /** A function that returns the rows of `count` batches of an epoch; epochs and batches count from 0. It never lists all batches. */
  readonly epoch: (
    epoch: number,
  ) => Effect.Effect<(from: number, count: number) => ReadonlyArray<Batches.Batch>, EngineError | ShapeError>
  /** The numbers of these rows as a tensor, for a step that gathers its batch from data in the engine; `undefined` otherwise. */
  readonly resident: (rows: Batches.Batch) => Tensor | undefined
}

/** The batches of a run, with the samples of a dataset. */
export interface BatchLoader<out X = Tensor, out T = Tensor> extends RowLoader {
  /** The samples of some rows. Fails with `ShapeError` for a row that does not exist. */
  readonly samples: (rows: Batches.Batch) => Effect.Effect<Samples<X, T>, ReadError>
  /** The inputs of steps: the rows themselves, or their numbers where the engine holds the data. */
  readonly inputs: (batches: ReadonlyArray<Batches.Batch>) => Effect.Effect<ReadonlyArray<Batch<X, T>>, ReadError>
  /** How many batches are read at once, ahead of their steps; undefined for data in memory. */
  readonly limit: number | undefined
}

/** Larger data stays outside of the engine, whose memory it would fill. */
const maxResidentBytes = 2 ** 30

/** Whether data of these dtypes and shapes is in memory and fits into an engine beside the arrays of a training step. */
export const fitsInEngine = (data: ReadonlyArray<Spec>): boolean =>
  !data.some(isStored) && data.reduce((sum, spec) => sum + bytesOf(spec), 0) <= maxResidentBytes

/** What row numbers are drawn from. */
export interface Drawing {
  /** The order of each epoch is drawn from this key. */
  readonly key: Key.Key
  /** The arrays of the data, with equal numbers of rows. */
  readonly arrays: ReadonlyArray<Spec>
  /** Rows per batch. */
  readonly size: number
  /** Rows of a program that gathers its rows from data in the engine; those of a batch unless given, and 0 for none. */
  readonly gathered?: number
}

/** Draws the order of the rows of an epoch. */
type Draw = (epoch: number) => Effect.Effect<Batches.Batch, EngineError | ShapeError>

const drawInEngine = (key: Key.Key, rows: number): Effect.Effect<Draw, EngineError | ShapeError, Engine | Scope.Scope> =>
  Effect.map(
    Compile.compile((epoch: Tensor) => Batches.order(key, rows, epoch), scalar(0, "i32")),
    (draw) => (epoch) => Effect.map(draw(scalar(epoch, "i32")), (drawn) => read(drawn).data as Int32Array),
  )

/** The same order in four bytes for each row. */
const drawLarge =
  (key: Key.Key, rows: number): Draw =>
  (epoch) =>
    Effect.gen(function* () {
      const steps = Order.bucketed(Key.fold(key, epoch), rows)
      for (;;) {
        const { done, value } = steps.next()
        if (done === true) return value
        yield* letOthersRun
      }
    })

/** Batches of row numbers. Fails with `ShapeError` for a batch size that is not a whole number from 1. */
export const rowLoader = ({
  arrays,
  key,
  size,
  gathered = size,
}: Drawing): Effect.Effect<RowLoader, ShapeError | EngineError, Engine | Scope.Scope> =>
  Effect.gen(function* () {
    const rows = arrays[0]?.shape[0] ?? 0
    const batching = (order: Batches.Batch): Batches.Batching => ({ rows: order, size })
    const batches = yield* Compile.checkShapes(() => Batches.count(batching(Batches.all(rows))))
    const draw = rows > Order.maxSortedAtOnce ? drawLarge(key, rows) : yield* drawInEngine(key, rows)
    const isResident = fitsInEngine(arrays)
    return {
      rows,
      size,
      batches,
      epoch: (epoch) =>
        Effect.map(draw(epoch), (drawn) => {
          const order = batching(drawn)
          return (from, count) => Batches.slice(order, from, count)
        }),
      // A short last batch has a separate program, and that one must not hold a second copy of the data.
      resident: (which) => (isResident && which.length === gathered ? new NDArray.NDArray("i32", [gathered], which) : undefined),
    }
  })

/** The key that the order of the rows is drawn from. */
export const shuffleKey = (seed: number): Key.Key => Key.fold(Key.make(seed), "shuffle")

/** The part of a run's description that its batches depend on. */
export interface Loading<X, T> {
  readonly data: DatasetOf<X, T>
  readonly seed: number
  readonly batch: number
  /** Rows of a program that gathers them from data in the engine; those of a batch unless given. */
  readonly gathered?: number
}

/** The batch loader of a run. Fails with `ShapeError` for a batch size that is not a whole number from 1. */
export const batchLoader = <X, T>({
  batch: size,
  data,
  gathered = size,
  seed,
}: Loading<X, T>): Effect.Effect<BatchLoader<X, Tensors<T>>, ShapeError | EngineError, Engine | Scope.Scope> =>
  Effect.map(
    rowLoader({ key: shuffleKey(seed), arrays: Dataset.entries(data).map(([, array]) => array), size, gathered }),
    (loader) => ({
      ...loader,
      limit: readLimit(partsOf(data), size),
      samples: (which) => Effect.map(samplesOfBatches<X, T>(data, [which]), ([samples]) => samples as Samples<X, Tensors<T>>),
      inputs: (batches) => inputsOf<Samples<X, Tensors<T>>>(loader, batches, (others) => samplesOfBatches(data, others)),
    }),
  )

/** The inputs of steps: the numbers of the rows of resident batches, and the rows of the others. */
export const inputsOf = <B>(
  { resident }: RowLoader,
  batches: ReadonlyArray<Batches.Batch>,
  read: (batches: ReadonlyArray<Batches.Batch>) => Effect.Effect<ReadonlyArray<B>, ReadError>,
): Effect.Effect<ReadonlyArray<B | { readonly rows: Tensor }>, ReadError> => {
  const rows = batches.map(resident)
  const others = batches.filter((_, i) => rows[i] === undefined)
  if (others.length === 0) return Effect.succeed(rows.map((numbers) => ({ rows: numbers as Tensor })))
  return Effect.map(read(others), (samples) => {
    let at = 0
    return rows.map((numbers) => (numbers === undefined ? (samples[at++] as B) : { rows: numbers }))
  })
}
