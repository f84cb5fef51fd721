/** Who takes part: how each is called, and how its process is started. One file for each library: `contenders/`. */
import { availableParallelism } from "node:os"
import { join } from "node:path"
import type { Request } from "./protocol.ts"

/** A library with the engine it is to use and the threads it may. */
export interface Contender {
  /** What it is called in tables: no two alike. */
  readonly label: string
  readonly command: string
  readonly arguments: ReadonlyArray<string>
  readonly setting: Pick<Request, "backend" | "threads">
}

/** Those that Node runs, by their files' names. They are started as JavaScript, which `build.ts` makes of them. */
export const inNode = ["adjoint", "jax", "tfjs"] as const

const node = (
  name: (typeof inNode)[number],
  label: string,
  backend: string,
  threads: number,
  flags: ReadonlyArray<string> = [],
): Contender => ({
  label,
  command: process.execPath,
  arguments: [...flags, join(import.meta.dirname, "dist", `${name}.js`)],
  setting: { backend, threads },
})

const counted = (threads: number): string => `${threads} thread${threads === 1 ? "" : "s"}`

/** What is built of our packages is measured, as one installs it. */
const ours = (label: string, numerics: "portable" | "fast", threads: number): Contender =>
  node("adjoint", `${label}, ${counted(threads)}`, numerics, threads, ["--conditions=built"])

const torch = (threads: number): Contender => ({
  label: `PyTorch, ${counted(threads)}`,
  // The distribution's own Python, for which it packages PyTorch.
  command: "/usr/bin/python3",
  arguments: [join(import.meta.dirname, "contenders/pytorch.py")],
  setting: { backend: "cpu", threads },
})

const all = availableParallelism()

export const contenders = {
  adjointAll: ours("Adjoint", "portable", all),
  adjointOne: ours("Adjoint", "portable", 1),
  adjointFast: ours("Adjoint fast", "fast", all),
  jax: node("jax", "jax-js, wasm", "wasm", 1),
  tfjsWasm: node("tfjs", "TensorFlow.js, wasm", "wasm", 1),
  tfjsCpu: node("tfjs", "TensorFlow.js, cpu", "cpu", 1),
  torchOne: torch(1),
  torchAll: torch(all),
} satisfies Readonly<Record<string, Contender>>
