/**
 * What a model file may name: the tables of Adjoint's core. The schema, its messages and the editor's completions are read
 * off these entries, so a new row in core is a new word of the language.
 */
import * as Toys from "@adjoint/core/data/Toys"
import * as Activation from "@adjoint/core/learning/Activation"
import type { Table } from "@adjoint/core/learning/Entry"
import * as Initializer from "@adjoint/core/learning/Initializer"
import * as Layers from "@adjoint/core/learning/Layers"
import * as LearningRate from "@adjoint/core/learning/LearningRate"
import * as Loss from "@adjoint/core/learning/Loss"
import type { Net } from "@adjoint/core/learning/Net"
import * as Optimizer from "@adjoint/core/learning/Optimizer"
import * as Rbm from "@adjoint/core/learning/Rbm"
import * as Score from "@adjoint/core/learning/Score"

/** The tables a model file draws on. */
export interface Catalogue {
  readonly activation: Table<Activation.Activation>
  readonly initializer: Table<Initializer.Initializer>
  readonly layer: Table<Net>
  readonly loss: Table<Loss.Loss>
  readonly optimizer: Table<Optimizer.Rated>
  readonly schedule: Table<LearningRate.Schedule>
  readonly metric: Table<Score.Score>
  /** What pre-training learns. */
  readonly stage: Table<unknown>
  /** Where samples of a machine come from. */
  readonly method: Table<Rbm.Method>
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
  metric: Score.table,
  stage: Rbm.stages,
  method: Rbm.methods,
  toy: Toys.entries,
} as const satisfies Catalogue
