/** Arrays whose rows stay in their files give the rows of arrays in memory, to the bit. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import * as Idx from "@adjoint/core/data/Idx"
import * as Npy from "@adjoint/core/data/Npy"
import * as Safetensors from "@adjoint/core/training/Safetensors"
import { make, type NDArray } from "@adjoint/core/types/NDArray"
import { afterAll, describe, expect, test } from "vitest"
import { png, zip } from "./files.ts"
import { dataIn, failureOf, inMemory, onDisk } from "./streaming.ts"

const scratch = mkdtempSync(join(tmpdir(), "adjoint-streamed-arrays-"))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

const rows = 90
const file = (name: string, bytes: Uint8Array): void => writeFileSync(join(scratch, name), bytes)
const mixed = (i: number): number => (Math.imul(i + 1, 2654435761) >>> 8) / 2 ** 24
const bytes = make(
  "u8",
  [rows, 4, 4, 1],
  Uint8Array.from({ length: rows * 16 }, (_, i) => (i % 16 === 5 ? 7 : 256 * mixed(i))),
)
const floats = make(
  "f32",
  [rows, 5],
  Float32Array.from({ length: rows * 5 }, (_, i) => 10 * mixed(i) - (i % 5)),
)
const doubles = make(
  "f32",
  [rows, 3],
  Float64Array.from({ length: rows * 3 }, (_, i) => 1.7e9 + 1e-3 * i * (1 + mixed(i))),
)
const labels = make(
  "i32",
  [rows],
  Int32Array.from({ length: rows }, (_, i) => (i * 7) % 3),
)
const quantities = make(
  "f32",
  [rows, 2],
  Float32Array.from({ length: rows * 2 }, (_, i) => mixed(i)),
)

const npz = (arrays: { readonly [name: string]: Uint8Array }, isPacked: boolean): Buffer =>
  zip(Object.fromEntries(Object.entries(arrays).map(([name, content]) => [`${name}.npy`, content])), isPacked)

/** An .npy file of 64-bit whole numbers, or of text. */
const npyOf = (descr: string, shape: string, content: Uint8Array): Uint8Array => {
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }`.padEnd(117).concat("\n")
  return Buffer.concat([
    Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, text.length, 0]),
    Buffer.from(text, "latin1"),
    content,
  ])
}
const wide = (last: bigint): Uint8Array =>
  new Uint8Array(BigInt64Array.from({ length: rows * 2 }, (_, i) => (i === 2 * rows - 1 ? last : BigInt(i * i))).buffer)
const names = Buffer.concat(
  Array.from({ length: rows }, (_, i) => Buffer.from(["cat ", "dog ", "emu "][i % 3]?.padEnd(4, "\0") ?? "", "latin1")),
)

for (const level of [0, 6] as const)
  file(
    `all${level}.npz`,
    npz(
      {
        inputs: Npy.encode(floats),
        images: Npy.encode(bytes),
        doubles: Npy.encode(doubles),
        small: npyOf("<i8", `(${rows}, 2)`, wide(3n)),
        beyond: npyOf("<i8", `(${rows}, 2)`, wide(2n ** 40n)),
        targets: Npy.encode(labels),
        quantities: Npy.encode(quantities),
        names: npyOf("|S4", `(${rows},)`, names),
      },
      level > 0,
    ),
  )
file("images.idx", Idx.encode(bytes))
file("images.idx.gz", gzipSync(Idx.encode(bytes)))
file("floats.idx", Idx.encode(doubles))
file("labels.idx", Idx.encode(make("u8", [rows], Uint8Array.from(labels.data))))
const tensors = Safetensors.encode(
  new Map<string, NDArray>([
    ["images", bytes],
    ["inputs", floats],
    ["targets", labels],
  ]),
)
file("all.safetensors", tensors)
file("all.safetensors.gz", gzipSync(tensors))
for (let i = 0; i < 40; i++) {
  mkdirSync(join(scratch, "shapes", `class ${i % 3}`), { recursive: true })
  const pixels = Uint8Array.from({ length: 6 * 5 * 3 }, (_, k) => 256 * mixed(90 * i + k))
  file(join("shapes", `class ${i % 3}`, `${i}.png`), png(5, 6, 3, pixels))
}

const sources = {
  npz: "{ npz: all0.npz }",
  "npz that is packed": "{ npz: all6.npz }",
  "npz of bytes": "{ npz: { path: all0.npz, inputs: images } }",
  "npz of doubles": "{ npz: { path: all0.npz, inputs: doubles, targets: quantities } }",
  "npz of whole numbers": "{ npz: { path: all6.npz, inputs: small, targets: names } }",
  "npz of large whole numbers": "{ npz: { path: all0.npz, inputs: beyond } }",
  idx: "{ idx: { images: images.idx, labels: labels.idx } }",
  "idx, gzipped": "{ idx: { images: images.idx.gz, labels: labels.idx } }",
  "idx of doubles": "{ idx: { images: floats.idx, labels: labels.idx } }",
  safetensors: "{ safetensors: all.safetensors }",
  "safetensors of bytes": "{ safetensors: { path: all.safetensors, inputs: images } }",
  "safetensors, gzipped": "{ safetensors: all.safetensors.gz }",
}

const split = "split: { val: 20%, test: 20%, seed: 3 }"

const same = async (section: string): Promise<void> => {
  const data = dataIn(section)
  expect(await onDisk(data, scratch)).toEqual(await inMemory(data, scratch))
}

describe("arrays that are streamed give the rows, the fitted record and the hashes of arrays in memory", () => {
  test.each(Object.entries(sources))("%s", async (_, source) => {
    await same(`{ source: ${source}, ${split}, scale: standard }`)
  })

  test.each([
    "scale: robust",
    "scale: minmax, pca: { components: 2 }",
    "pca: { variance: 90%, whiten: pca }",
    "image: { size: [4, 4], channels: 1, normalize: mean_image }, pca: { whiten: zca }",
    "image: { size: [4, 4], channels: 1, normalize: auto }",
  ])("%s", async (step) => {
    const source = step.startsWith("image") ? sources.idx : sources.safetensors
    await same(`{ source: ${source}, ${split}, ${step} }`)
  })

  test("images of folders, as they are and resized", async () => {
    for (const image of ["", ", image: { size: [4, 3], channels: 1 }", ", image: { size: [6, 5], channels: 3, normalize: auto }"])
      await same(`{ source: { images: shapes }, split: { val: 10, test: 10, seed: 1, stratify: label }${image} }`)
  })

  test("arrays with names, divided by a label, in order, and with test rows of their own", async () => {
    const arrays =
      "arrays: { images: { type: image, size: [4, 4], channels: 1 }, inputs: { type: number, scale: standard }, names: class }"
    const model =
      "model: { inputs: { a: [images], b: [inputs] }, layers: [{ from: a, flatten: {}, name: x }, { dense: 2 }, { head: names }] }"
    for (const each of ["all0.npz", "all6.npz"]) await same(`{ source: { npz: ${each} }, ${arrays}, ${split} }\n${model}`)
    await same(`{ source: ${sources.npz}, split: { val: 20, by: order } }`)
    await same(`{ source: ${sources.npz}, test: ${sources["npz that is packed"]}, split: { val: 20, stratify: label, seed: 5 } }`)
  })
})

describe("tables that are streamed with other files", () => {
  const columns = "{ path: { type: image, size: [4, 3], channels: 3 }, size: { type: number, scale: standard }, answer: class }"
  const model = "model: { inputs: { a: [path], b: [size] }, layers: [{ dense: 2, from: a }, { head: answer }] }"
  const lines = (end: string) =>
    Array.from({ length: 40 }, (_, i) => `shapes/class ${i % 3}/${i}.png,${i % 7},${i % 2 === 0 ? "yes" : "no"}\n`).join("") + end

  test("images beside a table", async () => {
    file("beside.csv", Buffer.from(`path,size,answer\n${lines("shapes/class 0/0.png,3,no\n")}`))
    file("beside.jsonl", Buffer.from(lines("").replaceAll(/(.*),(.*),(.*)\n/g, '{"path":"$1","size":$2,"answer":"$3"}\n')))
    for (const source of ["beside.csv", "beside.jsonl"]) {
      await same(`{ source: ${source}, columns: ${columns}, ${split} }\n${model}`)
      await same(`{ source: ${source}, columns: ${columns}, ${split} }`)
    }
  })

  test("an image that cannot be read, and a blank", async () => {
    for (const [name, path] of [
      ["none", "shapes/none.png"],
      ["outside", "../a.png"],
      ["blank", ""],
    ] as const) {
      file(`${name}.csv`, Buffer.from(`path,size,answer\n${lines(`${path},3,no\n`)}`))
      const data = dataIn(`{ source: ${name}.csv, columns: ${columns}, split: { val: 10%, seed: 1 } }`)
      const found = await failureOf(onDisk(data, scratch))
      expect(found).toContain(`${name}.csv:42`)
      expect(found).toEqual(await failureOf(inMemory(data, scratch)))
    }
  })

  test("a gzipped Parquet file", async () => {
    const recorded = readFileSync(new URL("../../core/test/recorded/tables-pyarrow.json", import.meta.url), "utf8")
    const { files } = JSON.parse(recorded) as { readonly files: { readonly [name: string]: string } }
    file("rows.parquet.gz", gzipSync(Buffer.from(files["zstd.parquet"] ?? "", "base64")))
    const used = '{ double: { type: number, missing: mean }, byte: number, name: class, "*": ignore }'
    await same(`{ source: { parquet: rows.parquet.gz }, columns: ${used}, split: { test: 20%, seed: 1 } }`)
  })
})

describe("arrays that are streamed are refused as arrays in memory", () => {
  const broken = Float32Array.from(floats.data)
  broken[17 * 5 + 2] = Number.NaN
  file("nan.npz", npz({ inputs: Npy.encode(make("f32", [rows, 5], broken)), targets: Npy.encode(labels) }, false))
  file("short.npz", npz({ inputs: Npy.encode(floats), targets: Npy.encode(make("i32", [4], Int32Array.of(1, 0, 1, 0))) }, true))
  file("cut.idx", Idx.encode(bytes).subarray(0, -3))
  file("long.idx.gz", gzipSync(Buffer.concat([Idx.encode(bytes), Buffer.alloc(1000)])))
  file("cut.safetensors", tensors.subarray(0, -9))
  const packed = Buffer.from(npz({ inputs: Npy.encode(floats), targets: Npy.encode(labels) }, true))
  // A directory that declares fewer bytes than the array unpacks to.
  const entry = packed.lastIndexOf("PK\x01\x02inputs".slice(0, 4), packed.lastIndexOf("targets.npy") - 60, "latin1")
  packed.writeUInt32LE(packed.readUInt32LE(entry + 24) - 40, entry + 24)
  file("bomb.npz", packed)

  test.each([
    ["a number that is none", "{ npz: nan.npz }"],
    ["rows that differ", "{ npz: short.npz }"],
    ["an array that is not there", "{ npz: { path: all0.npz, inputs: input } }"],
    ["an idx file that is cut off", "{ idx: { images: cut.idx, labels: labels.idx } }"],
    ["an idx file that unpacks to more than it declares", "{ idx: { images: long.idx.gz, labels: labels.idx } }"],
    ["a safetensors file that is cut off", "{ safetensors: cut.safetensors }"],
    ["numbers of another size than that of the images", "{ npz: all0.npz }, image: { size: [4, 4], channels: 1 }"],
  ])("%s", async (_, source) => {
    const data = dataIn(`{ source: ${source}, split: { seed: 1 } }`)
    const found = await failureOf(onDisk(data, scratch))
    expect(found).toEqual(await failureOf(inMemory(data, scratch)))
    expect(found).not.toBe("")
  })

  test("an archive that unpacks to more than it declares stops there", async () => {
    expect(await failureOf(onDisk(dataIn("{ source: { npz: bomb.npz }, split: { seed: 1 } }"), scratch))).toContain(
      "that are declared",
    )
    expect(readdirSync(join(scratch, "cache"))).toEqual([])
  })
})
