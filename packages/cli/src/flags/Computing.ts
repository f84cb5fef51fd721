/** The flags that choose what computes. */
import * as Flag from "effect/cli/Flag"
import { optional } from "./Flags.ts"

export const lanes = optional(
  Flag.Literals("lanes", ["128", "256"]).pipe(
    Flag.map((bits) => (bits === "128" ? 128 : 256)),
    Flag.withDescription("bits of a vector: 256 in Node 24 where this machine can, else 128; the same bits of results"),
  ),
)

export const threads = optional(
  Flag.Int("threads").pipe(
    Flag.withMetavar("N"),
    Flag.withDescription("threads that compute, with the same bits; one for each processor unless given"),
  ),
)

/** The flags of every verb that computes. */
export const computing = {
  engine: Flag.Literals("engine", ["wasm", "reference"]).pipe(
    Flag.withDefault("wasm" as const),
    Flag.withDescription("wasm unless given; reference is slow and defines the answers"),
  ),
  numerics: optional(
    Flag.Literals("numerics", ["portable", "fast"]).pipe(
      Flag.withDescription("portable, the same bits everywhere, unless given; fast fuses multiply-adds"),
    ),
  ),
  lanes,
  threads,
}
