/** How much a browser loads to train something: the programs of `programs/`, each bundled and minified in the same way. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { brotliCompressSync, gzipSync } from "node:zlib"
import { rolldown } from "rolldown"
import type { Bundle, Size } from "./report.ts"

interface Program {
  readonly label: string
  readonly file: string
  /** Files that the program fetches when it runs. */
  readonly fetches?: ReadonlyArray<string>
}

const programs: ReadonlyArray<Program> = [
  { label: "Adjoint", file: "adjoint.ts" },
  { label: "Adjoint, a loop of its own", file: "adjointLoop.ts" },
  { label: "jax-js, wasm", file: "jax.ts" },
  {
    label: "TensorFlow.js, wasm",
    file: "tfjs-wasm.ts",
    fetches: ["@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm"],
  },
  { label: "TensorFlow.js, cpu", file: "tfjs-cpu.ts" },
]

const sizeOf = (bytes: Uint8Array): Size => ({
  minified: bytes.length,
  gzip: gzipSync(bytes, { level: 9 }).length,
  brotli: brotliCompressSync(bytes).length,
})

const sum = (sizes: ReadonlyArray<Size>): Size =>
  sizes.reduce((a, b) => ({ minified: a.minified + b.minified, gzip: a.gzip + b.gzip, brotli: a.brotli + b.brotli }))

/** The chunks that a program loads at its start: its own and its static imports, without dynamic ones. */
const loaded = async (file: string): Promise<ReadonlyArray<Size>> => {
  const build = await rolldown({ input: join(import.meta.dirname, "programs", file), platform: "browser", logLevel: "silent" })
  const { output } = await build.generate({ format: "esm", minify: true })
  await build.close()
  const chunks = output.flatMap((each) => (each.type === "chunk" ? [each] : []))
  const loaded = new Set(chunks.filter(({ isEntry }) => isEntry).map(({ fileName }) => fileName))
  // Iteration over a set includes the elements that are added meanwhile.
  for (const name of loaded) {
    for (const imported of chunks.find(({ fileName }) => fileName === name)?.imports ?? []) loaded.add(imported)
  }
  return chunks.filter(({ fileName }) => loaded.has(fileName)).map(({ code }) => sizeOf(Buffer.from(code)))
}

/** The bytes that a page loads at its start for a program of `programs/`, without what it fetches itself. */
export const loadedBy = async (file: string): Promise<Size> => sum(await loaded(file))

const bundle = async ({ fetches = [], file, label }: Program): Promise<Bundle> => {
  try {
    const files = fetches.map((name) => sizeOf(readFileSync(join(import.meta.dirname, "node_modules", name))))
    return { label, ...sum([...(await loaded(file)), ...files]) }
  } catch (error) {
    return { label, reason: (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "" }
  }
}

/** The programs' sizes, one after the other. */
export const bundles = async (): Promise<ReadonlyArray<Bundle>> => {
  const made: Array<Bundle> = []
  for (const program of programs) made.push(await bundle(program))
  return made
}
