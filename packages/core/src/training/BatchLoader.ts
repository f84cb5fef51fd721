/**
 * The input of a run: the order in which each epoch takes the rows, drawn by the engine, and its batches. Where the data
 * fits, the engine holds it as it is (images as bytes) and a batch is row numbers alone.
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Batches from "../data/Batches.ts"
import * as Dataset from "../data/Dataset.ts"
import * as Compile from "../engines/Compile.ts"
import type { Engine, EngineError } from "../engines/Engine.ts"
import type { Tensor } from "../language/Expr.ts"
import { scalar } from "../tensor/elementwise.ts"
import * as Key from "../tensor/Key.ts"
import { read } from "../tensor/read.ts"
import * as NDArray from "../types/NDArray.ts"
import { bytesOf, type ShapeError, type Spec } from "../types/ShapeError.ts"
import type { Config } from "./Config.ts"
import type { Batch, Samples } from "./trainStep.ts"

/** The batches of a run. */
export interface BatchLoader {
  /** How many batches an epoch has. */
  readonly batches: number
  /** A function that gives the rows of some batches of an epoch, both counted from 0: few at a time, so that memory holds no list of all. */
  readonly epoch: (
    epoch: number,
  ) => Effect.Effect<(from: number, count: number) => ReadonlyArray<Batches.Batch>, EngineError | ShapeError>
  /** The numbers of some rows. Throws `ShapeError` for a row that is not there. */
  readonly samples: (rows: Batches.Batch) => Samples & { readonly x: NDArray.NDArray; readonly y: NDArray.NDArray }
  /** The input of a step for some rows: the rows themselves, or their row numbers where the engine holds the data. */
  readonly batch: (rows: Batches.Batch) => Batch
}

/** Data of more bytes than this stays outside of the engine, whose memory it would fill. */
const maxResidentBytes = 2 ** 30

/** Whether an engine holds data of these kinds and shapes, beside all else that a step of training takes. */
export const fitsInEngine = (data: ReadonlyArray<Spec>): boolean =>
  data.reduce((sum, spec) => sum + bytesOf(spec), 0) <= maxResidentBytes

/** The feed of a run. Fails with `ShapeError` for a batch size that is no whole number from 1. */
export const batchLoader = <P, S, O, R>({
  batch: size,
  data,
  seed,
}: Config<P, S, O, R>): Effect.Effect<BatchLoader, ShapeError | EngineError, Engine | Scope.Scope> =>
  Effect.gen(function* () {
    const rows = Dataset.size(data)
    const batching = (order: Batches.Batch): Batches.Batching => ({ rows: order, size })
    const batches = yield* Compile.checkShapes(() => Batches.count(batching(Batches.all(rows))))
    const key = Key.fold(Key.make(seed), "shuffle")
    const draw = yield* Compile.compile((epoch: Tensor) => Batches.order(key, rows, epoch), scalar(0, "i32"))
    const isResident = fitsInEngine([data.inputs, data.targets])

    const samples = (rowNumbers: Batches.Batch) => {
      const { inputs, targets } = Dataset.take(data, rowNumbers)
      return { x: inputs, y: targets }
    }
    return {
      batches,
      epoch: (epoch) =>
        Effect.map(draw(scalar(epoch, "i32")), (drawn) => {
          const order = batching(read(drawn).data as Int32Array)
          return (from, count) => Batches.slice(order, from, count)
        }),
      samples,
      // A short last batch has a program of its own, and one copy of the data is enough.
      batch: (which) =>
        isResident && which.length === size ? { rows: new NDArray.NDArray("i32", [size], which) } : samples(which),
    }
  })
