/**
 * What a model file may name: the tables of Adjoint's core. The schema, its messages and the editor's completions are read
 * off these entries, so a new row in core is a new word of the language.
 */
import type { Table } from "@adjoint/core/learning/Entry"

/** The tables a model file draws on, whatever their entries make. */
export interface Catalogue {
  readonly activation: Table<unknown>
  readonly initializer: Table<unknown>
  readonly layer: Table<unknown>
  readonly loss: Table<unknown>
  readonly optimizer: Table<unknown>
  readonly schedule: Table<unknown>
  readonly metric: Table<unknown>
  /** Generated data sets. */
  readonly toy: Table<unknown>
}
