/** The language over a catalogue: its schema, made once, and the printed form that editors read. */
import type { Catalogue } from "./schema/Catalogue.ts"
import * as ModelFileSchema from "./schema/ModelFileSchema.ts"

/** A catalogue and the schema made from it. */
export interface Language {
  readonly catalogue: Catalogue
  readonly schema: ModelFileSchema.ModelFileSchema
}

/** The language over these tables. */
export const make = (catalogue: Catalogue): Language => ({ catalogue, schema: ModelFileSchema.make(catalogue) })
