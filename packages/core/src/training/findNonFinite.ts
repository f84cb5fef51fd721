/** Where NaN or infinity came from: the step that made it, done once more with every layer looked at. */
import type { Tensor } from "../language/Expr.ts"
import type { Loss } from "../learning/Loss.ts"
import type { Net } from "../learning/Net.ts"
import { add } from "../tensor/elementwise.ts"
import * as Key from "../tensor/Key.ts"
import { grad } from "../transform/Autodiff.ts"
import type { NDArray } from "../words/NDArray.ts"
import * as Tree from "../words/Tree.ts"
import type { TrainState } from "./Checkpoint.ts"
import { NonFinite } from "./NonFinite.ts"

/** What is needed of a run to do one of its steps again. */
export interface Training<P, S> {
  readonly net: Net<P, S>
  readonly loss: Loss
  readonly penalty?: (params: P) => Tensor
  readonly seed: number
  /** How the numbers of tensors are computed: as they were in the run. */
  readonly read: (targets: ReadonlyArray<Tensor>) => ReadonlyArray<NDArray>
}

/** Which step it was, and the rows of the data in its batch. */
export interface Place {
  readonly epoch: number
  readonly step: number
  readonly rows: ReadonlyArray<number>
}

const firstBad = ({ data, dtype }: NDArray): number | undefined =>
  dtype === "f32" ? data.find((x: number) => !Number.isFinite(x)) : undefined

/** The rows (of the batch) in which an array [n, …] has a number that is not finite. */
const badRows = ({ data, shape }: NDArray): ReadonlyArray<number> => {
  const width = data.length / Math.max(1, shape[0] ?? 1)
  return Array.from({ length: shape[0] ?? 0 }, (_, row) => row).filter((row) =>
    data.subarray(row * width, (row + 1) * width).some((x) => !Number.isFinite(x)),
  )
}

/**
 * The first number that is not finite in the step on a batch that leads from `before` to `after`: in the inputs, in what
 * a layer made of them, in the loss, in a gradient or, when all of those are finite, in what the optimizer made of them.
 */
export const findNonFinite = <P, S, O>(
  { loss, net, penalty, read, seed }: Training<P, S>,
  before: TrainState<P, S, O>,
  after: TrainState<P, S, O>,
  { x, y }: { readonly x: NDArray; readonly y: NDArray },
  { epoch, rows, step }: Place,
): NonFinite => {
  const found = (tensor: NonFinite["tensor"], layer: string, value: number, which: ReadonlyArray<number> = rows) =>
    new NonFinite({ tensor, layer, value, epoch, step, rows: which })
  const numbers = (x: Tensor): NDArray => read([x])[0] as NDArray
  const rowsOf = (array: NDArray): ReadonlyArray<number> => badRows(array).map((i) => rows[i] ?? -1)

  /** The first leaf of a tree with a number that is not finite. */
  const firstBadLeaf = (tensor: NonFinite["tensor"], tree: unknown): NonFinite | undefined => {
    const entries = Tree.entries(tree)
    const arrays = read(entries.map(([, leaf]) => leaf as Tensor))
    const at = arrays.findIndex((array) => firstBad(array) !== undefined)
    const [entry, array] = [entries[at], arrays[at]]
    return entry === undefined || array === undefined
      ? undefined
      : found(tensor, Tree.printPath(entry[0]), firstBad(array) ?? Number.NaN)
  }

  const badInput = firstBad(x)
  if (badInput !== undefined) return found("input", "", badInput, rowsOf(x))

  const key = Key.fold(Key.fold(Key.make(seed), "step"), before.step)
  const made: Array<readonly [string, Tensor]> = []
  const observe = (layer: string, output: Tensor): void => {
    made.push([layer, output])
  }
  const prediction = net.apply(before.params, before.net, x, { mode: "train", key, observe }).y
  for (const [layer, output] of made) {
    const array = numbers(output)
    const bad = firstBad(array)
    if (bad !== undefined) return found("activation", layer, bad, rowsOf(array))
  }

  const losses = numbers(loss.perExample(prediction, y))
  const badLoss = firstBad(losses)
  if (badLoss !== undefined) return found("loss", "", badLoss, rowsOf(losses))

  const cost = (params: P): Tensor => {
    const mean = loss(net.apply(params, before.net, x, { mode: "train", key }).y, y)
    return penalty === undefined ? mean : add(mean, penalty(params))
  }
  const total = firstBad(numbers(cost(before.params)))
  if (total !== undefined) return found("loss", "", total)
  return (
    firstBadLeaf("gradient", grad(cost)(before.params)) ??
    firstBadLeaf("parameter", after.params) ??
    firstBadLeaf("state", after.net) ??
    firstBadLeaf("optimizer", after.optimizer) ??
    found("parameter", "", Number.NaN)
  )
}
