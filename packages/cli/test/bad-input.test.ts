/** Whatever is wrong with what it is given, the command says so once and in place, with the right code, and leaves nothing behind. */
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { describe, expect, test } from "vitest"
import { examples, folder, run } from "./world.ts"

const model = (parts: { readonly data?: string; readonly layers?: string; readonly train?: string }): string =>
  [
    "schema: 1",
    `data: ${parts.data ?? "{ source: moons }"}`,
    `model: { layers: ${parts.layers ?? "[{ head: label }]"} }`,
    `train: ${parts.train ?? "{ epochs: 2 }"}`,
    "",
  ].join("\n")

const activation = (name: string): string =>
  model({ layers: `[{ dense: { units: 4, activation: ${JSON.stringify(name)} } }, { head: label }]` })

/** An idx file of unsigned bytes with these sizes, whether or not there are as many bytes. */
const idx = (sizes: ReadonlyArray<number>, bytes: number, magic = [0, 0, 8, sizes.length]): Uint8Array => {
  const out = new Uint8Array(4 + 4 * sizes.length + bytes)
  out.set(magic)
  const view = new DataView(out.buffer)
  for (const [i, size] of sizes.entries()) view.setUint32(4 + 4 * i, size)
  return out
}

const rows = (cell: string): string =>
  `x,y,label\n${Array.from({ length: 30 }, (_, i) => `${i},${i === 11 ? cell : 2 * i},${i % 2 === 0 ? "a" : "b"}`).join("\n")}\n`

const table = model({ data: "{ source: ./rows.csv, columns: { x: number, y: number, label: class } }" })
const images = model({
  data: "{ source: { idx: { images: images.idx, labels: labels.idx } }, image: { size: [2, 2] } }",
  layers: "[flatten, { head: label }]",
})
const packedImages = images.replace("images.idx", "images.idx.gz")
const digits = readFileSync(join(examples, "data/digits-images.idx.gz"))

interface Case {
  readonly name: string
  readonly files: { readonly [name: string]: string | Uint8Array }
  readonly code: number
  readonly says: ReadonlyArray<string | RegExp>
}

const cases: ReadonlyArray<Case> = [
  { name: "a missing file", files: {}, code: 3, says: ["error[Y009]", "there is no such file"] },
  { name: "an empty file", files: { "model.yaml": "" }, code: 3, says: ["error[Y005]", "the file is empty"] },
  {
    name: "a binary file",
    files: { "model.yaml": Uint8Array.from({ length: 256 }, (_, i) => i) },
    code: 3,
    says: ["error[Y004]", "model.yaml:1:1", "byte 0 is 0x00"],
  },
  {
    name: "a syntax error",
    files: { "model.yaml": "schema: 1\ntrain: { epochs: 3\n" },
    code: 3,
    says: ["error[Y001]", "model.yaml:2:8"],
  },
  {
    name: "a duplicate key",
    files: { "model.yaml": model({ train: "{ epochs: 3, epochs: 5 }" }) },
    code: 3,
    says: ["error[Y002]", "model.yaml:4:21", "first set here"],
  },
  {
    name: "a wrong type",
    files: { "model.yaml": model({ train: "{ epochs: many }" }) },
    code: 3,
    says: ["error[S103]", "model.yaml:4:18", 'got the text "many"'],
  },
  ...["relux", "__proto__", "constructor", "toString", "relu); process.exit("].map(
    (name): Case => ({
      name: `the activation ${name}`,
      files: { "model.yaml": activation(name) },
      code: 3,
      says: ["error[S104]", `there is no activation \`${name}\``, /model\.yaml:3:\d+/],
    }),
  ),
  {
    name: "widths that do not fit",
    files: {
      "model.yaml": model({ layers: "[{ dense: 8, name: a }, { dense: 4, name: b }, { add: [a, b] }, { head: label }]" }),
    },
    code: 3,
    says: ["error[G401]", "a is [8], b is [4]", "set `units: 8`"],
  },
  {
    name: "a column that is not there",
    files: { "model.yaml": table.replace("x: number", "xx: number"), "rows.csv": rows("1") },
    code: 3,
    says: ["error[D301]", "no column `xx`", "did you mean `x`?", "model.yaml:2:40", "[fix available]"],
  },
  {
    name: "a data file that is not there",
    files: { "model.yaml": table },
    code: 4,
    says: ["error[D305]", "there is no such file", "model.yaml:2:17"],
  },
  {
    name: "a row with a cell too few",
    files: { "model.yaml": table, "rows.csv": "x,y,label\n1,2,a\n1,b\n" },
    code: 4,
    says: ["error[D305]", "rows.csv:3", "row 2 has 2 cells, wanted 3"],
  },
  {
    name: "a cell that is no number",
    files: { "model.yaml": table, "rows.csv": rows("oops") },
    code: 4,
    says: ["error[D305]", "rows.csv:13", "row 12, column `y`", '"oops"', "model.yaml:2:17"],
  },
  {
    name: "an idx file of a wrong magic number",
    files: { "model.yaml": images, "images.idx": idx([9, 2, 2], 36, [1, 2, 8, 3]), "labels.idx": idx([9], 9) },
    code: 4,
    says: ["error[D305]", "images.idx", "byte 0", "00 00"],
  },
  {
    name: "an idx file that is too short",
    files: { "model.yaml": images, "images.idx": idx([9, 2, 2], 30), "labels.idx": idx([9], 9) },
    code: 4,
    says: ["error[D305]", "from byte 16 on there are only 30 of the 36 bytes"],
  },
  {
    name: "an idx file that says it has 2^60 bytes",
    files: { "model.yaml": images, "images.idx": idx([2 ** 20, 2 ** 20, 2 ** 20], 8), "labels.idx": idx([9], 9) },
    code: 4,
    says: ["error[D305]", "1,152,921,504,606,846,976 bytes"],
  },
  {
    name: "more images than labels",
    files: { "model.yaml": images, "images.idx": idx([9, 2, 2], 36), "labels.idx": idx([8], 8) },
    code: 4,
    says: ["error[D305]", "9 inputs", "8 targets"],
  },
  {
    name: "a truncated gzip file",
    files: { "model.yaml": packedImages, "images.idx.gz": digits.subarray(0, 20_000), "labels.idx": idx([1797], 1797) },
    code: 4,
    says: ["error[D305]", "the file ends at byte 20000", "fetch or copy it again"],
  },
  {
    name: "a gzip file with too much in it",
    files: { "model.yaml": packedImages, "images.idx.gz": gzipSync(idx([9, 2, 2], 5_000_000)), "labels.idx": idx([9], 9) },
    code: 4,
    says: ["error[D305]", "more bytes than the 36"],
  },
]

const holds = (text: string, part: string | RegExp): boolean => (typeof part === "string" ? text.includes(part) : part.test(text))

describe.each(cases)("$name", ({ code, files, says }) => {
  const directory = folder(files)
  const file = join(directory, "model.yaml")
  const runs = join(directory, "runs")

  test.each(["check", "train"])("%s says it once, with the right code, and writes nothing", async (verb) => {
    const ran = await run([verb, file, ...(verb === "train" ? ["--runs", runs] : [])])
    // Diagnostics are the result of `check`, and messages of every other verb.
    const [told, silent] = verb === "check" ? [ran.stdout, ran.stderr] : [ran.stderr, ran.stdout]
    expect({ code: ran.code, silent }).toEqual({ code, silent: "" })
    expect(says.filter((part) => !holds(told, part))).toEqual([])
    expect(told.match(/^error/gm)).toHaveLength(1)
    expect(told).toContain("1 error")
    expect(told).not.toMatch(/^\s+at /m)
    expect(told).not.toContain("undefined")
    expect(existsSync(runs)).toBe(false)
  })
})

test("--json has the same as values", async () => {
  const directory = folder({ "model.yaml": activation("relux") })
  const checked = await run(["check", join(directory, "model.yaml"), "--json"])
  expect(checked).toMatchObject({ code: 3, stderr: "" })
  const report = { version: 1, event: "checked", errors: 1, diagnostics: [{ code: "S104", span: { line: 3 } }] }
  const [told = "", failure = ""] = checked.stdout.split("\n")
  expect(JSON.parse(told)).toMatchObject(report)
  expect(JSON.parse(failure)).toMatchObject({ event: "failed", exit: 3, error: "Refused" })
  const trained = await run(["train", join(directory, "model.yaml"), "--runs", directory, "--json"])
  const failed = { version: 1, event: "failed", exit: 3, error: "Refused", diagnostics: [{ code: "S104" }] }
  expect(JSON.parse(trained.stdout)).toMatchObject(failed)
})

test("a folder that cannot be made is reported in the system's words", async () => {
  const directory = folder({ "model.yaml": activation("relu"), taken: "" })
  const { code, stderr } = await run(["train", join(directory, "model.yaml"), "--runs", join(directory, "taken")])
  expect(code).toBe(8)
  expect(stderr).toContain(`error: ${join(directory, "taken", "model")}: not a directory\n  try: another place (--runs DIR`)
})
