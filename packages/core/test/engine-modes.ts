/** The ways of writing a module between which a law of the engine does not distinguish. */
import fc from "fast-check"
import { offered } from "../src/backend/wasm/assembler/hostNumerics.ts"
import type { Lanes } from "../src/backend/wasm/assembler/lanes.ts"
import type { Numerics } from "../src/backend/wasm/assembler/numerics.ts"

export interface Mode {
  readonly numerics: Numerics
  readonly lanes: Lanes
}

/** The numerics of this host, each in both lanes. Programs for wide lanes run on every host, also where none packs them. */
export const modes: ReadonlyArray<Mode> = [...new Set<Numerics>(["portable", offered("fast")])].flatMap((numerics) =>
  ([128, 256] as const).map((lanes) => ({ numerics, lanes })),
)

/**
 * Any of them. A law that draws the mode with its case tries more different cases in the same time than one that repeats each case
 * in every mode.
 */
export const anyMode = fc.constantFrom(...modes)
