/** One step of training as a pure function, and the state it starts from. */
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

/** What a step learns from: the inputs [n, …] and targets [n, …] themselves, or which rows of the data they are (i32 [n]). */
export type Batch = Samples | { readonly rows: Tensor }

/** Inputs [n, …] and targets [n, …]. */
export interface Samples {
  readonly x: Tensor
  readonly y: Tensor
}

const samplesOf = (data: Dataset.Dataset, batch: Batch): Samples =>
  "rows" in batch ? { x: take(data.inputs, batch.rows), y: take(data.targets, batch.rows) } : batch

/** The state a run starts from: given parameters or those of the seed, and an optimizer that has seen nothing. Throws `ShapeError`. */
export const initial = <P, S, O>(
  config: Pick<Config<P, S, O>, "data" | "net" | "optimizer" | "seed" | "start">,
): TrainState<P, S, O> => {
  const { params, state } = config.start ?? config.net.init(Key.fold(Key.make(config.seed), "init"), Dataset.sample(config.data))
  return { params, state, optimizer: config.optimizer.init(params), step: scalar(0, "i32") }
}

/**
 * One step: the loss and its gradient on a batch, and the parameters that the optimizer makes of it. A program that takes
 * row numbers has the data among its constants: it stays with the engine, and gathering is a part of the step.
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
