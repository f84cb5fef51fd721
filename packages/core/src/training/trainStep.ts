/** One training step as a pure function, and the initial state. */
import * as Dataset from "../data/Dataset.ts"
import type { Tensor } from "../language/Expr.ts"
import * as Optimizer from "../learning/Optimizer.ts"
import { add, scalar } from "../tensor/elementwise.ts"
import * as Key from "../tensor/Key.ts"
import { take } from "../tensor/select.ts"
import { valueAndGradAux } from "../transform/Autodiff.ts"
import type { TrainState } from "./Checkpoint.ts"
import type { Config } from "./Config.ts"
import { sumsOf } from "./Evaluate.ts"

/** The input of a step: inputs [n, …] and targets [n, …], or the numbers of rows of the data (i32 [n]). */
export type Batch = Samples | { readonly rows: Tensor }

/** Inputs [n, …] and targets [n, …]. */
export interface Samples {
  readonly x: Tensor
  readonly y: Tensor
}

const samplesOf = (data: Dataset.Dataset, batch: Batch): Samples =>
  "rows" in batch ? { x: take(data.inputs, batch.rows), y: take(data.targets, batch.rows) } : batch

/** The initial state of a run: the weights of `start` or weights drawn from the seed, and a new optimizer state. Throws `ShapeError`. */
export const initial = <P, S, O>(
  config: Pick<Config<P, S, O>, "data" | "net" | "optimizer" | "seed" | "start">,
): TrainState<P, S, O> => {
  const { params, state } = config.start ?? config.net.init(Key.fold(Key.make(config.seed), "init"), Dataset.sample(config.data))
  return { params, state, optimizer: config.optimizer.init(params), step: scalar(0, "i32") }
}

/**
 * One step: the loss of a batch, its gradient, and the parameters that the optimizer updates with it. A program that takes
 * row numbers has the data among its constants, so the data stays in the engine and the step gathers its batch.
 */
export const trainStep =
  <P, S, O, R>({ data, loss, net, optimizer, penalty, scores = {}, seed }: Config<P, S, O, R>) =>
  (state: TrainState<P, S, O>, batch: Batch) => {
    const { x, y } = samplesOf(data, batch)
    const key = Key.fold(Key.fold(Key.make(seed), "step"), state.step)
    const cost = (params: P) => {
      const applied = net.apply(params, state.state, x, { mode: "train", key })
      const mean = loss(applied.y, y)
      return {
        value: penalty === undefined ? mean : add(mean, penalty(params)),
        aux: { mean, prediction: applied.y, state: applied.state },
      }
    }
    const { aux, grad, value } = valueAndGradAux(cost)(state.params)
    const { state: next, updates } = optimizer.update(grad, state.optimizer, state.params)
    return {
      state: { params: Optimizer.apply(state.params, updates), state: aux.state, optimizer: next, step: add(state.step, 1) },
      output: { cost: value, sums: sumsOf(aux.mean, scores, aux.prediction, y) },
    }
  }
