/**
 * Programs prepared for reading, in an LRU cache that is bounded in number and in memory.
 */

import * as Signature from "../../compiler/Signature.ts"
import type { Program } from "../../language/Primitive.ts"
import type { NDArray } from "../../types/NDArray.ts"
import { makeLruCache } from "../LruCache.ts"
import { offeredLanes } from "../wasm/assembler/hostLanes.ts"
import { compileJob } from "../wasm/compile.ts"
import { type Prepared, prepare } from "../wasm/prepare.ts"

/** The size of an entry is the memory that it works in. */
const kept = makeLruCache<Prepared>({ count: 64, bytes: 2 ** 26 })

/** Runs a program in WebAssembly. Throws `EngineError` when it does not fit. */
export const runPrepared = (program: Program, inputs: ReadonlyArray<NDArray>): ReadonlyArray<NDArray> => {
  const name = Signature.ofProgram(program)
  const found = kept.get(name)
  const prepared = found ?? prepare({ program, resident: 0 }, undefined, "portable", compileJob, offeredLanes(256))
  if (found === undefined) kept.put(name, prepared, prepared.bytes)
  return prepared.run(inputs)
}
