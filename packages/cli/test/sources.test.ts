/** Every kind of source: what train reads, evaluate and predict read too, and the rows of a table are those of another kind. */
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import * as Safetensors from "@adjoint/core/training/Safetensors"
import * as NDArray from "@adjoint/core/types/NDArray"
import { beforeAll, describe, expect, test } from "vitest"
import { folder, jsonLines, run } from "./world.ts"

const recorded = (name: string) => JSON.parse(readFileSync(join(import.meta.dirname, "../../core/test/recorded", name), "utf8"))
const tables = recorded("tables-pyarrow.json") as {
  readonly columns: ReadonlyArray<string>
  readonly rows: ReadonlyArray<ReadonlyArray<string>>
  readonly files: { readonly [name: string]: string }
}
const images = recorded("images-pillow.json") as {
  readonly cases: ReadonlyArray<{ readonly name: string; readonly file: string }>
}
const fileOf = (name: string) => Buffer.from(tables.files[name] ?? "", "base64")
const imageOf = (name: string) => Buffer.from(images.cases.find((each) => each.name === name)?.file ?? "", "base64")

const records = tables.rows
  .map((row) => Object.fromEntries(tables.columns.map((name, i) => [name, name === "name" ? row[i] : Number(row[i])])))
  .map(({ byte, float, name }) => JSON.stringify({ float, byte, name, extra: { nested: true } }))
  .join("\n")

const numbers = (values: ReadonlyArray<number>, shape: ReadonlyArray<number>) =>
  NDArray.make("f32", shape, Float32Array.from(values))

const directory = folder({
  "rows.jsonl.gz": gzipSync(records),
  "rows.parquet": fileOf("zstd.parquet"),
  "rows.feather": fileOf("lz4.feather"),
  "rows.arrows": fileOf("stream.arrows"),
  "rows.safetensors": Safetensors.encode(
    new Map([
      ["x", numbers([0, 1, 2, 3, 4, 5, 6, 7], [8, 1])],
      ["y", numbers([0, 2, 4, 6, 8, 10, 12, 14], [8])],
    ]),
  ),
})
const at = (name: string): string => join(directory, name)
const runs = at("runs")
const split = "split: { train: 8, val: 2, test: 2, seed: 1 }"
const trained = async (name: string, data: string, layers: string) => {
  writeFileSync(
    at(`${name}.yaml`),
    `schema: 1\nname: ${name}\ndata: ${data}\nmodel: { layers: ${layers} }\ntrain: { epochs: 2, batch: 4 }\n`,
  )
  return run(["train", at(`${name}.yaml`), "--runs", runs])
}
const predicted = async (name: string, file: string, stdin?: Uint8Array) =>
  run(["predict", `${name}/1`, file, "--runs", runs], stdin === undefined ? {} : { stdin })

describe("tables", () => {
  const kinds = ["jsonl.gz", "parquet", "feather", "arrows"] as const
  const nameOf = (kind: string) => kind.replace(/\W/g, "")
  beforeAll(async () => {
    for (const kind of ["jsonl.gz", "parquet"]) {
      const columns = 'columns: { "*": ignore, float: number, byte: number, name: class }'
      const { code, stderr } = await trained(nameOf(kind), `{ source: ./rows.${kind}, ${columns}, ${split} }`, "[{ head: name }]")
      expect([code, stderr]).toEqual([0, expect.any(String)])
    }
  })
  test("of two kinds give the same run", async () => {
    const summary = (name: string) => JSON.parse(readFileSync(join(runs, name, "0001/summary.json"), "utf8")).test
    expect(summary("jsonlgz")).toEqual(summary("parquet"))
    expect((await run(["evaluate", "jsonlgz/1", "--runs", runs])).code).toBe(0)
  })
  test("of every kind are predicted, from a file and from a pipe", async () => {
    const answers = await predicted("parquet", at("rows.parquet"))
    expect([answers.code, jsonLines(answers.stdout).length]).toEqual([0, 12])
    for (const kind of kinds) {
      expect((await predicted("jsonlgz", at(`rows.${kind}`))).stdout).toBe(answers.stdout)
      expect((await predicted("parquet", "-", readFileSync(at(`rows.${kind}`)))).stdout).toBe(answers.stdout)
    }
  })
  test("a file that is cut is refused with its name", async () => {
    writeFileSync(at("cut.parquet"), fileOf("zstd.parquet").subarray(0, 900))
    expect(await predicted("parquet", at("cut.parquet"))).toMatchObject({
      code: 4,
      stderr: expect.stringContaining("cut.parquet: the file ends at byte 900"),
    })
    expect(await trained("cut", "{ source: ./cut.parquet, columns: { float: number } }", "[{ head: float }]")).toMatchObject({
      stderr: expect.stringContaining("cut.parquet: the file ends at byte 900, in the middle of its footer"),
    })
  })
})

test("named arrays of safetensors", async () => {
  const source = "source: { safetensors: { path: ./rows.safetensors, inputs: x, targets: y } }"
  expect((await trained("arrays", `{ ${source}, split: { train: 6, val: 2 } }`, "[{ head: y1 }]")).code).toBe(0)
  const answers = await predicted("arrays", at("rows.safetensors"))
  expect(jsonLines(answers.stdout).map(({ row }) => row)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  const named = "arrays: { x: number, y: { type: number, role: target } }"
  expect(
    (await trained("named", `{ source: ./rows.safetensors, ${named}, split: { train: 6, val: 2 } }`, "[{ head: y }]")).code,
  ).toBe(0)
  expect((await predicted("named", at("rows.safetensors"))).code).toBe(0)
})

/** The paths of the images. */
const imagePaths = (labels: ReadonlyArray<string>, numbers: ReadonlyArray<number>): ReadonlyArray<string> =>
  labels.flatMap((label) => numbers.map((i) => `shapes/${label}/${i}.${label === "plain" ? "png" : "jpg"}`))

describe("folders of images", () => {
  const data =
    "{ source: { images: ./shapes, label: folder }, image: { size: [6, 6], channels: 1 }, split: { train: 4, val: 2, test: 2 } }"
  beforeAll(async () => {
    for (const [label, name] of [
      ["plain", "png grey"],
      ["turned", "jpeg of orientation 6"],
    ] as const) {
      mkdirSync(at(`shapes/${label}`), { recursive: true })
      for (const i of [1, 2, 3, 4])
        writeFileSync(at(`shapes/${label}/${i}.${name.slice(0, 3)}`.replace("jpe", "jpg")), imageOf(name))
    }
    expect(await trained("shapes", data, "[flatten, { head: label }]")).toMatchObject({ code: 0 })
  })
  test("are trained, evaluated, and predicted with the names of the files", async () => {
    const answers = jsonLines((await predicted("shapes", at("shapes"))).stdout)
    expect(answers.map(({ file }) => file)).toEqual(
      ["plain", "turned"].flatMap((label) => [1, 2, 3, 4].map((i) => `${label}/${i}.${label === "plain" ? "png" : "jpg"}`)),
    )
    const one = jsonLines((await predicted("shapes", at("shapes/turned/1.jpg"))).stdout)
    expect(one).toEqual([{ ...answers[4], row: 1, file: undefined }].map(({ file: _, ...rest }) => rest))
    expect(jsonLines((await predicted("shapes", "-", imageOf("png grey"))).stdout)[0]?.probability).toBe(answers[0]?.probability)
    expect((await run(["evaluate", "shapes/1", "--runs", runs])).code).toBe(0)
    const { files } = JSON.parse(readFileSync(join(runs, "shapes/0001/data.lock.json"), "utf8"))
    expect(files).toEqual([
      {
        path: "./shapes",
        bytes: 4 * (imageOf("png grey").length + imageOf("jpeg of orientation 6").length),
        sha256: expect.stringMatching(/^[\da-f]{64}$/),
      },
    ])
  })
  test("beside a table of paths are a column, and lead nowhere else", async () => {
    const rows = imagePaths(["plain", "turned"], [1, 2, 3, 4]).map((path, i) => `${path},${i},${path.split("/")[1]}`)
    const elsewhere = folder({})
    writeFileSync(join(elsewhere, "1.png"), imageOf("png grey"))
    symlinkSync(join(elsewhere, "1.png"), at("shapes-link.png"))
    const wrong = ["/etc/passwd", "../shapes/plain/1.png", "shapes/none.png", "", "shapes-link.png"].map(
      (path) => `${path},0,plain`,
    )
    writeFileSync(at("paths.csv"), ["path,more,label", ...rows].join("\n"))
    writeFileSync(at("wrong.csv"), ["path,more,label", rows[0], ...wrong].join("\n"))
    const columns = "columns: { path: { type: image, size: [6, 6] }, more: number, label: class }"
    const layers =
      "[{ reshape: [6, 6, 1], from: picture }, { flatten: {}, name: seen }, { concat: [seen, rest] }, { head: label }]"
    writeFileSync(
      at("paths.yaml"),
      `schema: 1\nname: paths\ndata: { source: ./paths.csv, ${columns}, split: { train: 4, val: 2, test: 2 } }
model: { inputs: { picture: [path], rest: ["*"] }, layers: ${layers} }
train: { epochs: 2, batch: 4 }\n`,
    )
    expect(await run(["train", at("paths.yaml"), "--runs", runs])).toMatchObject({ code: 0 })
    const { input } = JSON.parse(readFileSync(join(runs, "paths/0001/preprocess.json"), "utf8"))
    expect(input.inputs.picture.columns).toEqual([
      { type: "image", name: "path", size: [6, 6], channels: 1, white: 255, background: "white" },
    ])
    expect(jsonLines((await predicted("paths", at("paths.csv"))).stdout)).toHaveLength(8)
    const lines = rows.map((row) => row.split(",")).map(([path, more]) => JSON.stringify({ path, more: Number(more) }))
    writeFileSync(at("paths.jsonl"), lines.join("\n"))
    expect((await predicted("paths", at("paths.jsonl"))).stdout).toBe((await predicted("paths", at("paths.csv"))).stdout)
    const { stdout } = await predicted("paths", at("wrong.csv"))
    expect(jsonLines(stdout).map(({ error = "" }) => error.replace(`${at("wrong.csv")}:`, ""))).toEqual([
      "",
      '3: row 2, column `path`: got "/etc/passwd", wanted a path within the folder of the table',
      '4: row 3, column `path`: got "../shapes/plain/1.png", wanted a path within the folder of the table',
      expect.stringMatching(/^5: row 4, column `path`: got "shapes\/none.png", wanted an image: .*there is no such file/),
      "6: row 5, column `path`: got a blank, wanted the path of an image; try: give the cell a value: nothing replaces a blank in this run",
      expect.stringMatching(
        /^7: row 6, column `path`: got "shapes-link.png", wanted an image: .* a link leads out of the folder/,
      ),
    ])
  })
  test("a broken image is a row that fails", async () => {
    mkdirSync(at("new/a"), { recursive: true })
    writeFileSync(at("new/a/1.png"), imageOf("png grey"))
    writeFileSync(at("new/a/2.png"), imageOf("png grey").subarray(0, 50))
    writeFileSync(at("new/a/notes.txt"), "left out")
    const { code, stdout } = await predicted("shapes", at("new"))
    expect([code, jsonLines(stdout)]).toEqual([
      4,
      [
        expect.objectContaining({ row: 1, file: "a/1.png" }),
        { row: 2, error: "a/2.png: the file ends at byte 50, in the middle of its chunks; try: fetch or copy it again" },
      ],
    ])
  })
  test("what is wrong in the folder is said at its place in the model file", async () => {
    writeFileSync(at("shapes/plain/x.txt"), "x")
    const { code, stderr, stdout } = await run(["check", at("shapes.yaml")])
    expect([code, `${stdout}${stderr}`]).toEqual([4, expect.stringContaining("shapes/plain/x.txt: got a file that is no image")])
    expect(`${stdout}${stderr}`).toContain("shapes.yaml:3:27")
  })
})
