/** What `explain` finds for a word: the same data that its event has, which is also what the text is made from. */
import type { Found as FoundSchema } from "../json/Explain.ts"

export type Found = typeof FoundSchema.Type

type Kind<K extends Found["kind"]> = Extract<Found, { readonly kind: K }>

/** An entry of the catalogue. */
export type EntryFound = Kind<"entry">

/** An option that entries have. */
export type OptionFound = Kind<"option">

/** A key of model files. */
export type KeyFound = Kind<"key">

/** The code of a diagnostic. */
export type CodeFound = Kind<"diagnostic">

/** An exit code of the command. */
export type ExitCodeFound = Kind<"exit_code">
