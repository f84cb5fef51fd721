/**
 * The batches of a run. The engine draws the order of the rows of each epoch. Data that fits into the engine's memory stays
 * there (images as bytes), and a batch is then only row numbers.
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Batches from "../data/Batches.ts"
import * as Dataset from "../data/Dataset.ts"
import * as Compile from "../engines/Compile.ts"
import type { Engine, EngineError } from "../engines/Engine.ts"
import type { Tensor } from "../language/Expr.ts"
import type { Tensors } from "../language/TensorTree.ts"
import { scalar } from "../tensor/elementwise.ts"
import * as Key from "../tensor/Key.ts"
import { read } from "../tensor/read.ts"
import * as NDArray from "../types/NDArray.ts"
import { bytesOf, type ShapeError, type Spec } from "../types/ShapeError.ts"
import { type DatasetOf, type Samples, samplesAt } from "./Samples.ts"
import type { Batch } from "./trainStep.ts"

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
  /** The samples of some rows. Throws `ShapeError` for a row that does not exist. */
  readonly samples: (rows: Batches.Batch) => Samples<X, T>
  /** The input of a step: the rows themselves, or their numbers where the engine holds the data. */
  readonly batch: (rows: Batches.Batch) => Batch<X, T>
}

/** Larger data stays outside of the engine, whose memory it would fill. */
const maxResidentBytes = 2 ** 30

/** Whether data of these dtypes and shapes fits into an engine beside the arrays of a training step. */
export const fitsInEngine = (data: ReadonlyArray<Spec>): boolean =>
  data.reduce((sum, spec) => sum + bytesOf(spec), 0) <= maxResidentBytes

/** What row numbers are drawn from. */
export interface Drawing {
  /** The order of each epoch is drawn from this key. */
  readonly key: Key.Key
  /** The arrays of the data, with equal numbers of rows. */
  readonly arrays: ReadonlyArray<Spec>
  /** Rows per batch. */
  readonly size: number
}

/** Batches of row numbers. Fails with `ShapeError` for a batch size that is not a whole number from 1. */
export const rowLoader = ({
  arrays,
  key,
  size,
}: Drawing): Effect.Effect<RowLoader, ShapeError | EngineError, Engine | Scope.Scope> =>
  Effect.gen(function* () {
    const rows = arrays[0]?.shape[0] ?? 0
    const batching = (order: Batches.Batch): Batches.Batching => ({ rows: order, size })
    const batches = yield* Compile.checkShapes(() => Batches.count(batching(Batches.all(rows))))
    const draw = yield* Compile.compile((epoch: Tensor) => Batches.order(key, rows, epoch), scalar(0, "i32"))
    const isResident = fitsInEngine(arrays)
    return {
      rows,
      size,
      batches,
      epoch: (epoch) =>
        Effect.map(draw(scalar(epoch, "i32")), (drawn) => {
          const order = batching(read(drawn).data as Int32Array)
          return (from, count) => Batches.slice(order, from, count)
        }),
      // A short last batch has a separate program, and that one must not hold a second copy of the data.
      resident: (which) => (isResident && which.length === size ? new NDArray.NDArray("i32", [size], which) : undefined),
    }
  })

/** The key that the order of the rows is drawn from. */
export const shuffleKey = (seed: number): Key.Key => Key.fold(Key.make(seed), "shuffle")

/** The part of a run's description that its batches depend on. */
export interface Loading<X, T> {
  readonly data: DatasetOf<X, T>
  readonly seed: number
  readonly batch: number
}

/** The batch loader of a run. Fails with `ShapeError` for a batch size that is not a whole number from 1. */
export const batchLoader = <X, T>({
  batch: size,
  data,
  seed,
}: Loading<X, T>): Effect.Effect<BatchLoader<X, Tensors<T>>, ShapeError | EngineError, Engine | Scope.Scope> =>
  Effect.map(rowLoader({ key: shuffleKey(seed), arrays: Dataset.entries(data).map(([, array]) => array), size }), (loader) => {
    const samples = (which: Batches.Batch) => samplesAt<X, T>(data, which)
    return {
      ...loader,
      samples,
      batch: (which) => {
        const rows = loader.resident(which)
        return rows === undefined ? samples(which) : { rows }
      },
    }
  })
