/** Finds the origin of a non-finite value: repeats a step, or the scoring of a dataset, and examines the output of every layer. */
import * as Effect from "effect/Effect"
import * as Dataset from "../data/Dataset.ts"
import * as Compile from "../engines/Compile.ts"
import type { Tensor } from "../language/Expr.ts"
import type { Loss } from "../learning/Loss.ts"
import type * as Net from "../learning/Net.ts"
import { add } from "../tensor/elementwise.ts"
import * as Key from "../tensor/Key.ts"
import { grad } from "../transform/Autodiff.ts"
import type { NDArray } from "../types/NDArray.ts"
import type { ShapeError } from "../types/ShapeError.ts"
import * as Tree from "../types/Tree.ts"
import type { TrainState } from "./Checkpoint.ts"
import { rangesOf, type Weights } from "./Evaluate.ts"
import { NonFinite, type NonFinitePlace } from "./NonFinite.ts"

/** The inputs and targets of some rows. */
interface Samples {
  readonly x: NDArray
  readonly y: NDArray
}

/** The settings with which one step of a run is repeated. */
export interface Replay<P, S> {
  readonly net: Net.Net<P, S>
  readonly loss: Loss
  readonly penalty?: (params: P) => Tensor
  readonly seed: number
  /** Computes tensors as the run computes them. */
  readonly read: (targets: ReadonlyArray<Tensor>) => ReadonlyArray<NDArray>
}

/** A step: its epoch, its number, and the rows of the data in its batch. */
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

/** The first non-finite value of a forward pass, from the inputs to the losses of the rows. `rows` count within the batch. */
const findInForward = <P, S>(
  { loss, net, read }: Pick<Replay<P, S>, "loss" | "net" | "read">,
  { params, state }: Weights<P, S>,
  { x, y }: Samples,
  context: Net.Context,
): NonFinitePlace | undefined => {
  const numbers = (x: Tensor): NDArray => read([x])[0] as NDArray
  const input = firstNonFinite(x)
  if (input !== undefined) return { tensor: "input", layer: "", value: input, rows: nonFiniteRows(x) }
  const observed: Array<readonly [string, Tensor]> = []
  const observe = (layer: string, output: Tensor): void => {
    observed.push([layer, output])
  }
  const prediction = net.apply(params, state, x, { ...context, observe }).y
  for (const [layer, output] of observed) {
    const array = numbers(output)
    const value = firstNonFinite(array)
    if (value !== undefined) return { tensor: "activation", layer, value, rows: nonFiniteRows(array) }
  }
  const losses = numbers(loss.perExample(prediction, y))
  const value = firstNonFinite(losses)
  if (value !== undefined) return { tensor: "loss", layer: "", value, rows: nonFiniteRows(losses) }
  // All losses are finite, but their mean is not: report the rows with the largest loss.
  const mean = firstNonFinite(numbers(loss(prediction, y)))
  return mean === undefined ? undefined : { tensor: "loss", layer: "", value: mean, rows: largestRows(losses) }
}

/**
 * The first non-finite value of the step from `before` to `after` on a batch: in the inputs, the output of a layer, the loss,
 * a gradient or, if all of those are finite, the state after the step.
 */
export const findNonFinite = <P, S, O>(
  { loss, net, penalty, read, seed }: Replay<P, S>,
  before: TrainState<P, S, O>,
  after: TrainState<P, S, O>,
  { x, y }: Samples,
  { epoch, rows, step }: StepInfo,
): NonFinite => {
  const found = (tensor: NonFinite["tensor"], layer: string, value: number, which: ReadonlyArray<number> = rows) =>
    new NonFinite({ tensor, layer, value, epoch, step, rows: which })

  /** The first leaf of a tree with a non-finite value. */
  const firstBadLeaf = (tensor: NonFinite["tensor"], tree: unknown): NonFinite | undefined => {
    const entries = Tree.entries(tree)
    const arrays = read(entries.map(([, leaf]) => leaf as Tensor))
    const at = arrays.findIndex((array) => firstNonFinite(array) !== undefined)
    const [entry, array] = [entries[at], arrays[at]]
    return entry === undefined || array === undefined
      ? undefined
      : found(tensor, Tree.printPath(entry[0]), firstNonFinite(array) ?? Number.NaN)
  }

  const key = Key.fold(Key.fold(Key.make(seed), "step"), before.step)
  const forward = findInForward({ loss, net, read }, before, { x, y }, { mode: "train", key })
  if (forward !== undefined)
    return found(
      forward.tensor,
      forward.layer,
      forward.value,
      forward.rows.map((i) => rows[i] ?? -1),
    )

  const cost = (params: P): Tensor => {
    const mean = loss(net.apply(params, before.state, x, { mode: "train", key }).y, y)
    return penalty === undefined ? mean : add(mean, penalty(params))
  }
  const total = firstNonFinite(read([cost(before.params)])[0] as NDArray)
  if (total !== undefined) return found("loss", "", total)
  return (
    firstBadLeaf("gradient", grad(cost)(before.params)) ??
    firstBadLeaf("parameter", after.params) ??
    firstBadLeaf("state", after.state) ??
    firstBadLeaf("optimizer", after.optimizer) ??
    found("parameter", "", Number.NaN)
  )
}

/** The first non-finite value in scoring a dataset, batch by batch. */
export const findInScoring = <P, S>(
  scoring: Pick<Replay<P, S>, "loss" | "net" | "read">,
  weights: Weights<P, S>,
  dataset: Dataset.Dataset,
): Effect.Effect<NonFinitePlace | undefined, ShapeError> =>
  Effect.gen(function* () {
    for (const [start, end] of rangesOf(Dataset.size(dataset))) {
      const samples = { x: Dataset.slice(dataset.inputs, start, end), y: Dataset.slice(dataset.targets, start, end) }
      const found = yield* Compile.checkShapes(() => findInForward(scoring, weights, samples, { mode: "infer" }))
      if (found !== undefined) return { ...found, rows: found.rows.map((row) => start + row) }
      yield* Effect.yieldNow
    }
    return undefined
  })
