/** The sections and facts that the checks of training read. */
import type { Data, Evaluate, Model, Train } from "../Document.ts"
import type { Facts } from "../prepare/Facts.ts"
import type { Catalogue } from "../schema/Catalogue.ts"

/** The input of these checks, as far as it was decoded. */
export interface Subject {
  readonly catalogue: Catalogue
  readonly data?: Data
  readonly model?: Model
  readonly train: Train
  readonly evaluate?: Evaluate
  readonly facts: Facts
  /** How many outputs the model's own layers make. */
  readonly made?: number
}

/** The subject of these sections. */
export const subjectOf = (
  train: Train,
  { data, evaluate, model }: { readonly data?: Data; readonly model?: Model; readonly evaluate?: Evaluate },
  facts: Facts,
  catalogue: Catalogue,
): Subject => ({
  catalogue,
  train,
  facts,
  ...(data === undefined ? {} : { data }),
  ...(model === undefined ? {} : { model }),
  ...(evaluate === undefined ? {} : { evaluate }),
})
