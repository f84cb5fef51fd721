/**
 * A process that prints a line for each of some seeds: the seed, a hash of the results of its program in lanes of 256 bits, as V8
 * compiles it with the flags of the process, and what the program is. V8 packs if the first argument is `packed`. The others are the
 * family of programs, the first seed and the number of seeds.
 */
import { createHash } from "node:crypto"
import { packsLanes } from "../src/backend/wasm/assembler/hostLanes.ts"
import { bits, whole } from "./one-by-one.ts"
import { modeOf, randomProgram } from "./random-programs.ts"

const [, , compilation, family = "", first, count] = process.argv
if (compilation === "packed" && !packsLanes()) throw new Error("this host packs no lanes")
for (let seed = Number(first); seed < Number(first) + Number(count); seed++) {
  const { inputs, program, text } = randomProgram(family, seed)
  const hash = createHash("sha256")
  for (const output of whole(modeOf(seed), program, inputs)) hash.update(Float64Array.from(bits(output)))
  console.log(`${seed} ${hash.digest("hex").slice(0, 16)} ${text}`)
}
