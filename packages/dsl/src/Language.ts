/** The language over a catalogue, with the schema that is made from it. */
import { type Catalogue, standard as tables } from "./schema/Catalogue.ts"
import * as ModelFileSchema from "./schema/ModelFileSchema.ts"

/** A catalogue and the schema made from it. */
export interface Language {
  readonly catalogue: Catalogue
  readonly schema: ModelFileSchema.ModelFileSchema
}

/** The language over these tables. */
export const make = (catalogue: Catalogue): Language => ({ catalogue, schema: ModelFileSchema.make(catalogue) })

let made: Language | undefined

/** The language over the tables of core. It is made when it is first asked for, so that `--help` need not wait for it. */
export const standard = (): Language => {
  made ??= make(tables)
  return made
}
