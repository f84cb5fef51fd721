/** One training step as a pure function, and the initial state. */
import type { Tensor } from "../language/Expr.ts"
import type { Tensors } from "../language/TensorTree.ts"
import * as Loss from "../learning/Loss.ts"
import { checkNet } from "../learning/net/within.ts"
import * as Optimizer from "../learning/Optimizer.ts"
import { add, scalar } from "../tensor/elementwise.ts"
import * as Key from "../tensor/Key.ts"
import { gradientInPieces } from "../transform/gradientInPieces.ts"
import { inPieces } from "../types/Pieces.ts"
import * as ShapeTree from "../types/ShapeTree.ts"
import type { TrainState } from "./Checkpoint.ts"
import type { Config } from "./Config.ts"
import { type BatchSums, sumsOf } from "./Evaluate.ts"
import { type Batch, type DatasetOf, samplesTaken } from "./Samples.ts"
import { stepKey } from "./stepKey.ts"

/** The output of a step: the loss with its penalty, and the sums over the rows of its batch. */
export interface StepOutput {
  readonly cost: Tensor
  readonly sums: BatchSums
}

/** The initial state of a run: the weights of `start` or weights drawn from the seed, and a new optimizer state. Throws `ShapeError`. */
export const initial = <P, S, O, X = Tensor, Y = Tensor>(
  config: Pick<Config<P, S, O, never, X, Y>, "net" | "optimizer" | "seed" | "start"> & {
    readonly data: DatasetOf<X, unknown>
  },
): TrainState<P, S, O> => {
  const sample = ShapeTree.ofRows<unknown>(config.data.inputs) as ShapeTree.Of<X>
  const { params, state } = config.start ?? config.net.init(Key.fold(Key.make(config.seed), "init"), sample)
  return { params, state, optimizer: config.optimizer.init(params), step: scalar(0, "i32") }
}

/**
 * One step: the loss of a batch, its gradient, and the parameters that the optimizer updates with it. A program that takes
 * row numbers has the data among its constants, so the data stays in the engine and the step gathers its batch. It is traced in
 * pieces, since that takes some ten milliseconds for a deep net.
 */
export const trainStep = <P, S, O, R, X, Y, T>({
  data,
  loss,
  net,
  optimizer,
  penalty,
  scores,
  seed,
}: Config<P, S, O, R, X, Y, T>) =>
  inPieces(function* (state: TrainState<P, S, O>, batch: Batch<X, Tensors<T>>) {
    const { w, x, y } = "rows" in batch ? samplesTaken(data, batch.rows) : batch
    const key = stepKey(seed, state.step)
    const cost = (params: P) => {
      const applied = net.apply(params, state.state, x, { mode: "train", key })
      checkNet(net, x, applied.y)
      const losses = Loss.values(loss, applied.y, y, w)
      return {
        value: penalty === undefined ? losses.value : add(losses.value, penalty(params)),
        aux: { losses, prediction: applied.y, state: applied.state },
      }
    }
    const { aux, grad, value } = yield* gradientInPieces(cost, state.params)
    yield
    const { state: next, updates } = optimizer.update(grad, state.optimizer, state.params)
    return {
      state: { params: Optimizer.apply(state.params, updates), state: aux.state, optimizer: next, step: add(state.step, 1) },
      output: { cost: value, sums: sumsOf(aux.losses, scores, aux.prediction, { x, y, ...(w === undefined ? {} : { w }) }) },
    }
  })
