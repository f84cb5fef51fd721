/**
 * The names that a model file may use: the tables of Adjoint's core. The schema, its messages and the editor's completions are
 * derived from these entries, so a new row in core is a new word of the language.
 */
import * as Toys from "@adjoint/core/data/Toys"
import * as Activation from "@adjoint/core/learning/Activation"
import type { Table, Traits } from "@adjoint/core/learning/Entry"
import * as Initializer from "@adjoint/core/learning/Initializer"
import * as Layers from "@adjoint/core/learning/Layers"
import * as LearningRate from "@adjoint/core/learning/LearningRate"
import * as Loss from "@adjoint/core/learning/Loss"
import type { Net } from "@adjoint/core/learning/Net"
import * as Optimizer from "@adjoint/core/learning/Optimizer"
import * as OptimizerWrapper from "@adjoint/core/learning/OptimizerWrapper"
import * as Rbm from "@adjoint/core/learning/Rbm"
import * as Regularizer from "@adjoint/core/learning/Regularizer"
import * as Score from "@adjoint/core/learning/Score"
import * as Pruner from "@adjoint/core/search/Pruner"
import * as Sampler from "@adjoint/core/search/Sampler"
import * as Callback from "@adjoint/core/training/Callback"

/** The tables of a model file. */
export interface Catalogue {
  readonly activation: Table<Activation.Activation, Traits<Activation.ActivationTraits>>
  readonly initializer: Table<Initializer.Initializer, Traits<Initializer.InitializerTraits>>
  readonly layer: Table<Net, Traits<Layers.AnyTraits>>
  readonly loss: Table<Loss.Loss>
  readonly optimizer: Table<Optimizer.Factory, Traits<Optimizer.OptimizerTraits>>
  readonly schedule: Table<LearningRate.Schedule, Traits<LearningRate.ScheduleTraits>>
  readonly regularizer: Table<Regularizer.Regularization, Traits<Regularizer.RegularizerTraits>>
  /** Wrappers of the optimizer, from the inside outwards. */
  readonly around: Table<OptimizerWrapper.Wrapper>
  readonly metric: Table<Score.Score>
  readonly callback: Table<Callback.Callback, Traits<Callback.CallbackTraits>>
  /** The stages of pre-training. */
  readonly stage: Table<unknown>
  /** The sampling methods of an RBM. */
  readonly method: Table<Rbm.Method>
  /** How a search chooses its points. */
  readonly sampler: Table<Sampler.Sampler>
  /** Which trials a search stops. */
  readonly pruner: Table<Pruner.Pruner>
  /** Generated data sets. */
  readonly toy: Table<Toys.Toy>
}

/** The tables of core. */
export const standard = {
  activation: Activation.table,
  initializer: Initializer.table,
  layer: Layers.table,
  loss: Loss.table,
  optimizer: Optimizer.table,
  schedule: LearningRate.table,
  regularizer: Regularizer.table,
  around: OptimizerWrapper.table,
  metric: Score.table,
  callback: Callback.table,
  stage: Rbm.stages,
  method: Rbm.methods,
  sampler: Sampler.table,
  pruner: Pruner.table,
  toy: Toys.entries,
} as const satisfies Catalogue

/** The traits of a layer, by its name in a document. A head is a dense layer; an activation or a join has no traits. */
export const layerTraits = ({ layer }: Catalogue, kind: string): Layers.AnyTraits | undefined =>
  traitsOf(layer, kind === "head" ? "dense" : kind)

/** The traits of an activation, if it is one. */
export const activationTraits = ({ activation }: Catalogue, name: string): Activation.ActivationTraits | undefined =>
  traitsOf(activation, name)

/** The traits of an entry of a table, if it has one of that name. */
export const traitsOf = <T>(table: Table<unknown, Traits<T>>, name: string): T | undefined =>
  Object.hasOwn(table, name) ? table[name]?.traits : undefined

/** The name of the first entry of a table that has such traits, aliases left out. */
export const named = <T>(table: Table<unknown, Traits<T>>, isMeant: (traits: T) => boolean): string | undefined =>
  Object.entries(table).find(([, { alias, traits }]) => alias === undefined && isMeant(traits))?.[0]
