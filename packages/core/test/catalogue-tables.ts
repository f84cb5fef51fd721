/** The tables of the catalogue whose entries the laws of entries and of options go through. */
import {
  Activation,
  Callback,
  Initializer,
  Layers,
  LearningRate,
  Loss,
  Optimizer,
  OptimizerWrapper,
  Pruner,
  Rbm,
  Regularizer,
  Sampler,
  Score,
  Toys,
} from "@adjoint/core"
import type { Table } from "@adjoint/core/learning/Entry"

export const tables: { readonly [table: string]: Table<unknown> } = {
  activation: Activation.table,
  initializer: Initializer.table,
  layer: Layers.table,
  loss: Loss.table,
  optimizer: Optimizer.table,
  schedule: LearningRate.table,
  regularizer: Regularizer.table,
  combination: Regularizer.combinations,
  score: Score.table,
  report: Score.reports,
  stage: Rbm.stages,
  method: Rbm.methods,
  wrapper: OptimizerWrapper.table,
  callback: Callback.table,
  sampler: Sampler.table,
  pruner: Pruner.table,
  toy: Toys.entries,
}
