/** From a plan to a WebAssembly module: one function for each kernel, and one that calls them in order. */

import type { MemoryPlan } from "../MemoryPlan.ts"
import type { Elementwise, Kernel, Plan, Term } from "../Plan.ts"
import { Assembler } from "./Assembler.ts"
import type { Func } from "./Code.ts"
import { type HostFunction, isHosted } from "./lanes.ts"
import { emitLoop } from "./loopKernel.ts"
import type { Site } from "./loops.ts"
import { emitProduct, productScratch } from "./productKernel.ts"
import { emitReduce, scratchBytes } from "./reduceKernel.ts"

/** Bytes that the kernels of a plan use for themselves, at the beginning of memory. */
export const workspace = ({ kernels }: Plan): number =>
  scratchBytes + Math.max(0, ...kernels.map((kernel) => (kernel.tag === "product" ? productScratch(kernel) : 0)))

const termsOf = (kernel: Kernel): ReadonlyArray<Term> => ("terms" in kernel ? kernel.terms : [])

/** The elementwise primitives that a plan's kernels ask the host for. */
export const hosted = ({ kernels }: Plan): ReadonlyArray<Elementwise> => [
  ...new Set(
    kernels.flatMap((kernel) =>
      termsOf(kernel).flatMap((term) => (term.tag === "apply" && isHosted(term.primitive) ? [term.primitive] : [])),
    ),
  ),
]

const arity = (name: Elementwise): ReadonlyArray<"f32"> => (name === "pow" || name === "rem" ? ["f32", "f32"] : ["f32"])

/**
 * The bytes of a plan's module. It imports `engine.memory`, a function for each hosted primitive and `engine.outside`,
 * which is called with the number of a kernel that has none; it exports `run`, which does all kernels in order, and
 * `commit`, which puts the new state in the old one's place.
 */
export const writeModule = (plan: Plan, memory: MemoryPlan): Uint8Array<ArrayBuffer> => {
  const module = new Assembler()
  module.importMemory("engine", "memory", { initial: Math.ceil(memory.bytes / 65536) })
  const functions = new Map<Elementwise, HostFunction>(
    hosted(plan).map((name) => [name, module.importFunction("engine", name, { params: arity(name), result: "f32" })]),
  )
  const outside = module.importFunction("engine", "outside", { params: ["i32"] })
  const host = (name: Elementwise): HostFunction => {
    const found = functions.get(name)
    if (found === undefined) throw new Error(`no kernel was said to need ${name}`)
    return found
  }
  const kernels = plan.kernels.map(
    (kernel, i): Func<[]> =>
      module.func(`${i} ${kernel.tag}`, {}, (code) => {
        const site: Site = { code, host, address: (slot) => memory.addresses[slot] ?? 0 }
        if (kernel.tag === "loop") emitLoop(site, kernel, plan.slots)
        else if (kernel.tag === "reduce") emitReduce(site, kernel, plan.slots)
        else if (kernel.tag === "product") emitProduct(site, kernel, scratchBytes)
        else code.call(outside, i)
      }) as Func<[]>,
  )
  module.func("run", { export: true }, (code) => {
    for (const kernel of kernels) code.call(kernel)
  })
  module.func("commit", { export: true }, (code) => {
    for (const { bytes, from, to } of memory.moves) code.memory.copy(to, from, bytes)
  })
  return module.bytes()
}
