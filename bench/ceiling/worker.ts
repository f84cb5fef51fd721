/** A thread that computes or copies as fast as it can, when it is asked to. */
import { parentPort } from "node:worker_threads"
import { packing } from "@adjoint/core/backend/wasm/assembler/hostLanes"
import { compile, instantiate } from "@adjoint/core/backend/wasm/assembler/webAssembly"
import { kernel, operations } from "./kernel.ts"

/** What to measure: operations in registers, or a copy that reads and writes this many bytes together. */
export type Question =
  | { readonly kind: "compute"; readonly vectors: number; readonly isFused: boolean }
  | { readonly kind: "copy"; readonly bytes: number }

/** Operations or bytes in a millisecond: the most of all repetitions. */
export type Answer = number

/** Repeats for at least this many milliseconds. */
const budget = 60

/** The most that `run` does in a millisecond, if it does `amount` at a time. */
const most = (amount: number, run: () => void): number => {
  const end = performance.now() + budget
  let fastest = 0
  do {
    const start = performance.now()
    run()
    fastest = Math.max(fastest, amount / (performance.now() - start))
  } while (performance.now() < end)
  return fastest
}

/** V8 packs two vectors of 128 bits into one of 256, where the processor has them. */
const packedOf = (bytes: Uint8Array<ArrayBuffer>) => packing(() => compile(bytes))

const iterations = 100_000

const compute = ({ isFused, vectors }: Extract<Question, { readonly kind: "compute" }>): number => {
  const { run } = instantiate(packedOf(kernel(vectors, isFused)))
  return run === undefined ? 0 : most(operations(vectors) * iterations, () => run(iterations))
}

const copy = ({ bytes }: Extract<Question, { readonly kind: "copy" }>): number => {
  const half = Math.max(1, Math.ceil(bytes / 8))
  const [from, to] = [new Float32Array(half).fill(1), new Float32Array(half).fill(2)]
  // Copies of a few bytes are repeated, because of the clock's resolution.
  const times = Math.max(1, Math.ceil(2 ** 18 / half))
  return most(half * 8 * times, () => {
    for (let i = 0; i < times; i++) to.set(from)
  })
}

parentPort?.on("message", (question: Question) => {
  parentPort?.postMessage(question.kind === "compute" ? compute(question) : copy(question))
})
