/** The contenders: the label of each, and how its process is started. Each library has a file in `contenders/`. */
import { availableParallelism } from "node:os"
import { join } from "node:path"
import type { Request } from "./protocol.ts"

/** A library with its engine and its number of threads. */
export interface Contender {
  /** Its unique label in tables. */
  readonly label: string
  readonly command: string
  readonly arguments: ReadonlyArray<string>
  readonly setting: Pick<Request, "backend" | "threads">
}

/** Contenders for Node, by file name. They run as the JavaScript that `build.ts` writes. */
export const inNode = ["adjoint", "jax", "tfjs"] as const

/** The readers of tables in Node, which are one file. */
export const tables = "tables"

/** A program of ours that is built as they are, and has a section of its own. */
export const eventLoop = "eventLoop"

const node = (
  name: (typeof inNode)[number] | typeof tables,
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

/** The Python of the distribution, which has packages of PyTorch and pandas. */
const python = "/usr/bin/python3"

const counted = (threads: number): string => `${threads} thread${threads === 1 ? "" : "s"}`

/** The built packages are measured, as users install them. */
const ours = (label: string, numerics: "portable" | "fast", threads: number): Contender =>
  node("adjoint", `${label}, ${counted(threads)}`, numerics, threads, ["--conditions=built"])

const torch = (threads: number): Contender => ({
  label: `PyTorch, ${counted(threads)}`,
  command: python,
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

/** A reader of tables. */
const tableReader = (label: string, backend: string): Contender => node(tables, label, backend, 1, ["--conditions=built"])

/** The readers of tables, the first of them ours. */
export const tableReaders = {
  adjoint: tableReader("Adjoint", "adjoint"),
  csvParse: tableReader("csv-parse", "csv-parse"),
  papaparse: tableReader("Papa Parse", "papaparse"),
  pandas: {
    label: "pandas",
    command: python,
    arguments: [join(import.meta.dirname, "contenders/pandas_tables.py")],
    setting: { backend: "c", threads: 1 },
  },
} satisfies Readonly<Record<string, Contender>>

/** The contenders in Node, each with its program and its libraries bundled into one file. */
export const inOneFile: ReadonlyMap<Contender, Contender> = new Map(
  Object.values(contenders)
    .filter(({ command }) => command === process.execPath)
    .map((contender: Contender) => [
      contender,
      { ...contender, arguments: contender.arguments.map((each) => each.replace(/\.js$/u, ".bundled.js")) },
    ]),
)
