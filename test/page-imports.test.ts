/** A page that imports the root of core: bundled for browsers, in a realm without Node. */
import { isBuiltin } from "node:module"
import { join, relative } from "node:path"
import { createContext, runInContext } from "node:vm"
import { gzipSync } from "node:zlib"
import { rolldown } from "rolldown"
import { describe, expect, it } from "vitest"

const root = join(import.meta.dirname, "..")
const core = join(root, "packages/core/src")

/** Names that only Node defines. With `define`, the bundler replaces undeclared uses of them by marks. */
const nodeNames = ["Buffer", "process", "require", "__dirname", "__filename", "setImmediate", "global"] as const

const markOf = (name: string): string => `undeclared_${name}`

interface Bundled {
  /** Each import of a Node module with its importer, in the whole graph, even if a bundle would drop it. */
  readonly nodeImports: ReadonlyArray<string>
  /** The complete code of each of our modules. */
  readonly modules: ReadonlyMap<string, string>
  readonly code: string
}

/** Bundles a module for browsers. */
const bundled = async (input: string, define: Record<string, string> = {}, text?: string): Promise<Bundled> => {
  const nodeImports: Array<string> = []
  const build = await rolldown({
    input,
    platform: "browser",
    treeshake: false,
    transform: { define },
    plugins: [
      {
        name: "record",
        resolveId: (id, importer) => {
          if (id === input && text !== undefined) return id
          if (!isBuiltin(id)) return null
          nodeImports.push(`${relative(root, importer ?? "")} imports ${id}`)
          return { id, external: true }
        },
        load: (id) => (id === input ? (text ?? null) : null),
      },
    ],
  })
  const { output } = await build.generate({
    format: "iife",
    name: "core",
    globals: (id) => id.replace(/\W/g, "_"),
    codeSplitting: false,
  })
  await build.close()
  const modules = new Map(
    Object.entries(output[0].modules).flatMap(([id, { code }]) =>
      (id.startsWith(core) || id === input) && code !== null ? [[relative(core, id), code] as const] : [],
    ),
  )
  return { nodeImports, modules, code: output[0].code }
}

/** Names of Node that modules use without a declaration. */
const undeclared = ({ modules }: Bundled): ReadonlyArray<string> =>
  [...modules].flatMap(([path, code]) =>
    nodeNames.filter((name) => code.includes(markOf(name))).map((name) => `${path} uses ${name}`),
  )

const marks = Object.fromEntries(nodeNames.map((name) => [name, markOf(name)]))

describe("a page that imports @adjoint/core", () => {
  it("loads no module of Node, by static or dynamic import", async () => {
    const { modules, nodeImports } = await bundled(join(core, "index.ts"))
    expect(modules.size).toBeGreaterThan(150)
    expect(nodeImports).toEqual([])
  })

  it("meets no undeclared name that only Node defines", async () => {
    expect(undeclared(await bundled(join(core, "index.ts"), marks))).toEqual([])
  })

  it("computes, reads text and unpacks gzip where nothing of Node is", async () => {
    const page = await bundled(join(core, "index.ts"))
    const { TextDecoder, TextEncoder, URL, WebAssembly, performance, setTimeout, clearTimeout } = globalThis as never
    const realm = createContext({ TextDecoder, TextEncoder, URL, WebAssembly, performance, setTimeout, clearTimeout })
    // Three bytes as an idx file, gzipped; a table that is not UTF-8.
    const idx = gzipSync(Uint8Array.from([0, 0, 8, 1, 0, 0, 0, 3, 5, 6, 7]))
    Object.assign(realm, { idx, malformed: Uint8Array.from([120, 10, 195, 40]) })
    const made = runInContext(
      `${page.code}
const { Csv, Idx, Tensor, Autodiff } = core
JSON.stringify({
  host: [typeof process, typeof Buffer, typeof require],
  slope: Tensor.toNumber(Autodiff.grad((x) => Tensor.mul(x, Tensor.mul(x, x)))(Tensor.scalar(2))),
  product: Tensor.toNumber(Tensor.sum(Tensor.matmul(Tensor.ones([300, 300]), Tensor.ones([300, 300])))),
  malformed: Csv.parse(malformed)._tag,
  idx: Array.from(Idx.decode(idx).success.data),
})`,
      realm,
    )
    expect(JSON.parse(String(made))).toEqual({
      host: ["undefined", "undefined", "undefined"],
      slope: 12,
      product: 300 ** 3,
      malformed: "Failure",
      idx: [5, 6, 7],
    })
  })
})

describe("the check finds", () => {
  it.each([
    ['import { join } from "node:path"\nexport const x = join', ["imports node:path"], []],
    ['export const x = () => import("fs")', ["imports fs"], []],
    ["export const x = process.pid + Buffer.byteLength('')", [], ["uses Buffer", "uses process"]],
    ["const { process } = globalThis\nexport const x = process?.pid", [], []],
    ["export const x = globalThis.process?.pid", [], []],
  ])("in %s", async (text, imports, names) => {
    const found = await bundled("/planted.js", marks, text)
    expect(found.nodeImports.map((line) => line.replace(/^.*?imports/, "imports"))).toEqual(imports)
    expect(undeclared(found).map((line) => line.replace(/^.*?uses/, "uses"))).toEqual(names)
  })
})
