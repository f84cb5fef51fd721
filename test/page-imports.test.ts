/** A page that imports the root of core: bundled for browsers, in a realm without Node. */
import { isBuiltin } from "node:module"
import { join, relative } from "node:path"
import { createContext, runInContext } from "node:vm"
import { gzipSync } from "node:zlib"
import { rolldown } from "rolldown"
import { beforeAll, describe, expect, it } from "vitest"

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
  let page: Bundled
  beforeAll(async () => {
    page = await bundled(join(core, "index.ts"))
  })

  it("loads no module of Node, by static or dynamic import", () => {
    const { modules, nodeImports } = page
    expect(modules.size).toBeGreaterThan(150)
    expect(nodeImports).toEqual([])
  })

  it("meets no undeclared name that only Node defines", async () => {
    expect(undeclared(await bundled(join(core, "index.ts"), marks))).toEqual([])
  })

  it("computes, reads text and unpacks gzip where nothing of Node is", () => {
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

/** A program bundled with tree shaking: its code, and the modules of core in it. */
const minified = async (program: string): Promise<{ readonly modules: ReadonlyArray<string>; readonly code: string }> => {
  const input = "/program.js"
  const build = await rolldown({
    input,
    platform: "browser",
    plugins: [
      {
        name: "program",
        resolveId: (id) => (id === input ? id : id === "core" ? join(core, "index.ts") : null),
        load: (id) => (id === input ? program : null),
      },
    ],
  })
  const { output } = await build.generate({ format: "iife", name: "page", minify: true, codeSplitting: false })
  await build.close()
  const modules = Object.entries(output[0].modules).flatMap(([id, { code }]) =>
    id.startsWith(core) && code !== null ? [relative(core, id)] : [],
  )
  return { modules, code: output[0].code }
}

/** The same, with what it computes in a realm without Node. */
const shaken = async (program: string): Promise<{ readonly modules: ReadonlyArray<string>; readonly result: unknown }> => {
  const { code, modules } = await minified(program)
  const { TextDecoder, TextEncoder, URL, WebAssembly, performance } = globalThis as never
  const realm = createContext({ TextDecoder, TextEncoder, URL, WebAssembly, performance })
  return { modules, result: JSON.parse(String(runInContext(`${code};JSON.stringify(page.result)`, realm))) }
}

const ofImages = ["language/shapes/windows.ts", "reference/images.ts", "backend/wasm/kernels/primitives/images.ts"]

const ofLoops = [
  "language/shapes/loop.ts",
  "reference/scan.ts",
  "compiler/fuse/extendedLoops.ts",
  "backend/wasm/kernels/primitives/scan.ts",
]
const ofShards = ["training/shardedStep.ts", "training/shardPool.ts", "training/shardStep.ts", "training/shardSum.ts"]
const ofLayers = ["training/layerStatistics.ts", "training/Spread.ts", "training/ownUnits.ts"]

describe("a page with a bundler", () => {
  it("loads nothing of images if it uses none", async () => {
    const { modules, result } = await shaken(`
import { Key, Layers, Tensor } from "core"
const net = Layers.dense({ units: 2, activation: "tanh", init: "ones" })
const { params, state } = net.init(Key.make(1), [3])
export const result = Tensor.toArray(net.apply(params, state, Tensor.zeros([1, 3]), { mode: "infer" }).y)`)
    expect(result).toEqual([[0, 0]])
    expect(modules).toContain("learning/activation/sigmoids.ts")
    expect(modules.filter((path) => ofImages.includes(path))).toEqual([])
  })

  it("loads what images need with the operations on images", async () => {
    const { modules, result } = await shaken(`
import { Autodiff, Tensor } from "core"
const image = Tensor.ones([1, 70, 70, 8])
const loss = (kernel) => Tensor.sum(Tensor.maxPool(Tensor.conv(image, kernel), { window: 2 }))
export const result = Tensor.toArray(Autodiff.grad(loss)(Tensor.ones([3, 3, 8, 2]))).flat(3).slice(0, 3)`)
    expect(result).toEqual([34 ** 2, 34 ** 2, 34 ** 2])
    expect(modules).toEqual(expect.arrayContaining(ofImages))
  })

  it("loads nothing of loops, shards and statistics of layers if it uses none", async () => {
    const { modules } = await minified(`
import { Key, Layers, Loss, Net, Optimizer, Toys, Train } from "core"
const net = Net.sequential([Layers.dense({ units: 2, activation: "tanh", init: "he_normal" })])
const data = Toys.moons(Key.make(1), { count: 20 })
export const result = Train.run({ net, loss: Loss.categoricalCrossEntropy(), optimizer: Optimizer.adam(0.1), data, seed: 1, epochs: 1, batch: 5 })`)
    expect(modules).toContain("training/Train.ts")
    expect(modules.filter((path) => ofLoops.includes(path) || ofShards.includes(path) || ofLayers.includes(path))).toEqual([])
  })

  it("loads what loops need with a loop", async () => {
    const { modules, result } = await shaken(`
import { Autodiff, Tensor } from "core"
const powers = (x) => Tensor.scan((carry) => ({ carry: Tensor.mul(carry, x), kept: carry }), x, Tensor.range(3)).kept
export const result = [
  Tensor.toArray(powers(Tensor.scalar(2))),
  Tensor.toNumber(Autodiff.grad((x) => Tensor.sum(powers(x)))(Tensor.scalar(2))),
]`)
    expect(result).toEqual([[2, 4, 8], 1 + 4 + 12])
    expect(modules).toEqual(expect.arrayContaining(ofLoops))
  })

  it("loads what shards and statistics of layers need with their values", async () => {
    const { modules } = await minified(`
import { Shards, Watch } from "core"
export const result = [Shards.of(8), Watch.layers()]`)
    expect(modules).toEqual(expect.arrayContaining([...ofShards, ...ofLayers]))
  })

  it("searches without Node, and loads only the sampler and the pruner that it uses", async () => {
    const { modules, result } = await shaken(`
import { Key, Pruner, Sampler, Study } from "core"
const space = [{ name: "x", _tag: "Float", low: 0, high: 1 }]
const study = { space, sampler: Sampler.tpe(), objectives: [{ name: "height", mode: "min" }], key: Key.make(1), trials: 30 }
const pruner = Pruner.asha()
let progress = Study.begin(study)
for (;;) {
  const [step, after] = Study.next(study, progress)
  progress = after
  if (step._tag !== "Start") break
  const { known, number, point } = step
  const reports = [{ step: 1, value: point.x }]
  const state = pruner({ number, reports }, known) ? "pruned" : "complete"
  progress = Study.finish(progress, { number, point, state, reports, values: [point.x] })
}
export const result = [Study.finished(progress).length, new Set(Study.finished(progress).map(({ state }) => state)).size]`)
    expect(result).toEqual([30, 2])
    expect(modules.filter((path) => /search\/(sampler|pruner)\//.test(path)).toSorted()).toEqual([
      "search/pruner/Pruner.ts",
      "search/pruner/asha.ts",
      "search/sampler/observed.ts",
      "search/sampler/random.ts",
      "search/sampler/tpe.ts",
      "search/sampler/tpe/parzen.ts",
    ])
  })

  it("loads nothing of search if it uses none", async () => {
    const { modules } = await minified(`
import { Train } from "core"
export const result = Train.run`)
    expect(modules).toContain("training/Train.ts")
    expect(modules.filter((path) => path.startsWith("search/"))).toEqual([])
  })

  it("does not load the documentation of entries that it refers to by name", async () => {
    const { code } = await minified(`
import { Layers } from "core"
export const result = Layers.dense({ units: 2, activation: "tanh" })`)
    for (const text of ["Rosenblatt", "Glorot", "LeCun"]) expect(code).not.toContain(text)
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
