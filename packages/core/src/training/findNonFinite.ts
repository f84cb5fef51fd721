/** Finds the origin of a non-finite value: repeats a step, or the scoring of a dataset, and examines the output of every layer. */
import * as Effect from "effect/Effect"
import { rowsIn, size } from "../data/Dataset.ts"
import * as Compile from "../engines/Compile.ts"
import type { Engine, EngineError } from "../engines/Engine.ts"
import { letOthersRun } from "../engines/letOthersRun.ts"
import type { Tensor } from "../language/Expr.ts"
import type { Tensors } from "../language/TensorTree.ts"
import { hasFacts, type LossFunction } from "../learning/Loss.ts"
import type * as Net from "../learning/Net.ts"
import { tensorOf } from "../learning/Target.ts"
import { add } from "../tensor/elementwise.ts"
import type { Key } from "../tensor/Key.ts"
import { range } from "../tensor/part.ts"
import { stack } from "../tensor/structure.ts"
import { grad } from "../transform/Autodiff.ts"
import type { NDArray } from "../types/NDArray.ts"
import { ShapeError } from "../types/ShapeError.ts"
import * as Tree from "../types/Tree.ts"
import type { TrainState } from "./Checkpoint.ts"
import { rangesOf, type Weights } from "./Evaluate.ts"
import { NonFinite, type NonFinitePlace } from "./NonFinite.ts"
import { type DatasetOf, type ReadError, type Samples, samplesOfRanges } from "./Samples.ts"

/** Computes tensors as the run computes them. */
type Read = Engine["Service"]["read"]

/** The errors of a search. */
type SearchError = EngineError | ShapeError

/** The settings with which one step of a run is repeated. */
export interface Replay<P, S, X, Y, T> {
  readonly net: Net.Net<P, S, X, Y>
  readonly loss: LossFunction<Y, T, string>
  readonly penalty?: (params: P) => Tensor
  /** Computes tensors as the run computes them. */
  readonly read: Read
}

/** A step: its epoch and its number, counted from 1, and the rows of the data in its batch. */
export interface StepInfo {
  readonly epoch: number
  readonly step: number
  readonly rows: ReadonlyArray<number>
}

const firstNonFinite = ({ data, dtype }: NDArray): number | undefined =>
  dtype === "f32" ? data.find((x: number) => !Number.isFinite(x)) : undefined

/** The rows (of the batch) in which an array [n, …] has a non-finite value. */
const nonFiniteRows = ({ data, shape }: NDArray): ReadonlyArray<number> => {
  const width = data.length / Math.max(1, shape[0] ?? 1)
  return Array.from({ length: shape[0] ?? 0 }, (_, row) => row).filter((row) =>
    data.subarray(row * width, (row + 1) * width).some((x) => !Number.isFinite(x)),
  )
}

/** The rows (of the batch) with the largest of the losses [n]. */
const largestRows = ({ data }: NDArray): ReadonlyArray<number> => {
  const numbers = [...data]
  const largest = numbers.reduce((most, x) => Math.max(most, x), Number.NEGATIVE_INFINITY)
  return numbers.flatMap((x, row) => (x === largest ? [row] : []))
}

/** The loss of each row of a batch [n]. A loss without `perExample` is computed for each row alone, unless it refuses that. */
const rowLosses = <Y, T>(loss: LossFunction<Y, T, string>, prediction: Y, target: T): Tensor => {
  if (hasFacts(loss)) return loss.perExample(prediction as Tensor, target as Tensor)
  const row = (tree: unknown, i: number): unknown => Tree.map(tree, (tensor: Tensor) => range(tensor, 0, i, i + 1))
  const rows = Array.from({ length: rowsIn(prediction) }, (_, i) => i)
  try {
    return stack(rows.map((i) => loss(row(prediction, i) as Y, row(target, i) as T)))
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error
    const whole = loss(prediction, target)
    return stack(rows.map(() => whole))
  }
}

/** The losses of a batch by the head that they belong to, of the name `""` for a loss without heads. */
const lossesByHead = <Y, T>(
  loss: LossFunction<Y, T, string>,
  prediction: Y,
  target: T,
): ReadonlyArray<readonly [string, Tensor]> =>
  loss.heads === undefined
    ? [["", rowLosses(loss, prediction, target)]]
    : loss.heads.map((head) => [
        head.name,
        rowLosses(
          head.loss,
          tensorOf("Loss.heads", "prediction", prediction, head.name),
          tensorOf("Loss.heads", "target", target, head.name),
        ),
      ])

/** The first tensor of a tree with a non-finite value, its path, and that value. */
export const firstIn = (tree: unknown, read: Read) => {
  const entries = Tree.entries(tree)
  return Effect.map(read(entries.map(([, leaf]) => leaf as Tensor)), (arrays) => {
    for (const [i, array] of arrays.entries()) {
      const value = firstNonFinite(array)
      if (value !== undefined) return { array, value, name: Tree.printPath(entries[i]?.[0] ?? []) }
    }
    return undefined
  })
}

/** The array of one tensor. */
const arrayOf = (x: Tensor, read: Read): Effect.Effect<NDArray, SearchError> =>
  Effect.map(read([x]), ([array]) => array as NDArray)

/** The first non-finite value of a forward pass, from the inputs to the losses of the rows. `rows` count within the batch. */
const findInForward = Effect.fnUntraced(function* <P, S, X, Y, T>(
  { loss, net, read }: Pick<Replay<P, S, X, Y, T>, "loss" | "net" | "read">,
  { params, state }: Weights<P, S>,
  { x, y }: Samples<X, T>,
  context: Net.Context,
): Effect.fn.Return<NonFinitePlace | undefined, SearchError> {
  const input = yield* firstIn(x, read)
  if (input !== undefined) return { tensor: "input", layer: input.name, value: input.value, rows: nonFiniteRows(input.array) }
  const observed: Array<readonly [string, Tensor]> = []
  const observe = (layer: string, output: Tensor): void => {
    observed.push([layer, output])
  }
  const prediction = yield* Compile.checkShapes(() => net.apply(params, state, x, { ...context, observe }).y)
  for (const [layer, output] of observed) {
    const array = yield* arrayOf(output, read)
    const value = firstNonFinite(array)
    if (value !== undefined) return { tensor: "activation", layer, value, rows: nonFiniteRows(array) }
  }
  const losses: Array<NDArray> = []
  for (const [head, each] of yield* Compile.checkShapes(() => lossesByHead(loss, prediction, y))) {
    const array = yield* arrayOf(each, read)
    const value = firstNonFinite(array)
    if (value !== undefined) return { tensor: "loss", layer: head, value, rows: nonFiniteRows(array) }
    losses.push(array)
  }
  // All losses are finite, but their mean is not: report the rows with the largest loss.
  const mean = firstNonFinite(yield* arrayOf(yield* Compile.checkShapes(() => loss(prediction, y)), read))
  return mean === undefined
    ? undefined
    : { tensor: "loss", layer: "", value: mean, rows: losses[0] === undefined ? [] : largestRows(losses[0]) }
})

/** The rows of a step that are computed together: all of its batch, or a shard of it. */
export interface StepPiece<X, T> {
  readonly samples: Samples<X, T>
  /** The key of the random layers. */
  readonly key: Key
  /** The rows of the data. */
  readonly rows: ReadonlyArray<number>
}

/**
 * The first non-finite value of the step from `before` to `after`: in the inputs, the output of a layer, the loss, a gradient or, if
 * all of those are finite, the state after the step. Throws `ShapeError` for a class number out of range.
 */
export const findNonFinite = Effect.fnUntraced(function* <P, S, O, X, Y, T>(
  { loss, net, penalty, read }: Replay<P, S, X, Y, T>,
  before: TrainState<P, S, O>,
  after: TrainState<P, S, O>,
  pieces: ReadonlyArray<StepPiece<X, T>>,
  { epoch, rows, step }: StepInfo,
): Effect.fn.Return<NonFinite, SearchError> {
  const found = (tensor: NonFinite["tensor"], layer: string, value: number, which: ReadonlyArray<number> = rows) =>
    new NonFinite({ tensor, layer, value, epoch, step, rows: which })

  const costs: Array<(params: P) => Tensor> = []
  for (const { key, rows: own, samples } of pieces) {
    const { x, y } = samples
    const meanOf = (params: P): Tensor => loss(net.apply(params, before.state, x, { mode: "train", key }).y, y)
    costs.push((params) => {
      const mean = meanOf(params)
      return penalty === undefined ? mean : add(mean, penalty(params))
    })
    // A loss that finds its targets out of range, now that their numbers are known, throws.
    yield* Effect.mapError(
      Compile.checkShapes(() => meanOf(before.params)),
      (error) => (error.row === undefined ? error : error.with({ row: rows.indexOf(own[error.row] ?? -1) })),
    )
    const forward = yield* findInForward({ loss, net, read }, before, samples, { mode: "train", key })
    if (forward !== undefined)
      return found(
        forward.tensor,
        forward.layer,
        forward.value,
        forward.rows.map((i) => own[i] ?? -1),
      )
  }
  for (const cost of costs) {
    const total = firstNonFinite(yield* arrayOf(yield* Compile.checkShapes(() => cost(before.params)), read))
    if (total !== undefined) return found("loss", "", total)
  }
  for (const cost of costs) {
    const bad = yield* firstIn(yield* Compile.checkShapes(() => grad(cost)(before.params)), read)
    if (bad !== undefined) return found("gradient", bad.name, bad.value)
  }
  const trees = [
    ["parameter", after.params],
    ["state", after.state],
    ["optimizer", after.optimizer],
  ] as const
  for (const [tensor, tree] of trees) {
    const bad = yield* firstIn(tree, read)
    if (bad !== undefined) return found(tensor, bad.name, bad.value)
  }
  return found("parameter", "", Number.NaN)
})

/** A step of any kind after it failed: its batch, the numbers that it reported, and its new state. */
export interface FailedStep {
  readonly batch: unknown
  readonly outputs: { readonly [name: string]: number }
  readonly state: unknown
}

/** The first non-finite value of a step of any kind: in its batch, its outputs or its new state. */
export const findInState = Effect.fnUntraced(function* (
  { batch, outputs, state }: FailedStep,
  place: StepInfo,
  read: Read,
): Effect.fn.Return<NonFinite, SearchError> {
  const input = yield* firstIn(batch, read)
  if (input !== undefined) {
    const rows = nonFiniteRows(input.array).map((i) => place.rows[i] ?? -1)
    return new NonFinite({ ...place, tensor: "input", layer: input.name, value: input.value, rows })
  }
  const output = Object.entries(outputs).find(([, value]) => !Number.isFinite(value))
  if (output !== undefined) return new NonFinite({ ...place, tensor: "output", layer: output[0], value: output[1] })
  const leaf = yield* firstIn(state, read)
  return new NonFinite({ ...place, tensor: "state", layer: leaf?.name ?? "", value: leaf?.value ?? Number.NaN })
})

/** The first non-finite value in scoring a dataset, batch by batch. */
export const findInScoring = <P, S, X, Y, T>(
  scoring: Pick<Replay<P, S, X, Y, Tensors<T>>, "loss" | "net" | "read">,
  weights: Weights<P, S>,
  dataset: DatasetOf<X, T>,
): Effect.Effect<NonFinitePlace | undefined, EngineError | ReadError> =>
  Effect.gen(function* () {
    for (const [start, end] of rangesOf(size(dataset))) {
      const [samples] = yield* samplesOfRanges<X, T>(dataset, [[start, end]])
      if (samples === undefined) return undefined
      const found = yield* findInForward(scoring, weights, samples, { mode: "infer" })
      if (found !== undefined) return { ...found, rows: found.rows.map((row) => start + row) }
      yield* letOthersRun
    }
    return undefined
  })
