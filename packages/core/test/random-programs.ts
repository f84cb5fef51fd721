/** The families of random programs that are compared as V8 packs them and as it does not. */
import { offered } from "../src/backend/wasm/assembler/hostNumerics.ts"
import type { Mode } from "./engine-modes.ts"
import { type RandomProgram, randomKernels } from "./random-kernels.ts"
import { randomReduction } from "./random-reductions.ts"
import { randomStep } from "./random-steps.ts"

export const families: Readonly<Record<string, (seed: number) => RandomProgram>> = {
  kernels: randomKernels,
  steps: randomStep,
  reductions: randomReduction,
}

/** The program of a seed. */
export const randomProgram = (family: string, seed: number): RandomProgram => {
  const make = families[family]
  if (make === undefined) throw new RangeError(`"${family}" is no family of programs; try: ${Object.keys(families).join(", ")}`)
  return make(seed)
}

/** How the program of a seed is written: for wide lanes, in either numerics. */
export const modeOf = (seed: number): Mode => ({ numerics: seed % 2 === 0 ? offered("fast") : "portable", lanes: 256 })
