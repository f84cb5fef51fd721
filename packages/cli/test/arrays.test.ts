/** Named arrays of an npz file as inputs and targets, from the file to predictions. */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as Npz from "@adjoint/core/data/Npz"
import * as NDArray from "@adjoint/core/types/NDArray"
import { beforeAll, describe, expect, test } from "vitest"
import { folder, jsonLines, run } from "./world.ts"

const n = 60
/** Numbers from 0 to 250 without an order. */
const noise = (length: number, step: number) => Array.from({ length }, (_, i) => (i * i * step + i * 37) % 251)

const pixels = Uint8Array.from(noise(n * 4, 7))
const vitals = Float32Array.from(noise(n * 3, 11), (x) => x / 5)
const brightness = Float32Array.from({ length: n }, (_, i) => [0, 1, 2, 3].reduce((sum, j) => sum + (pixels[4 * i + j] ?? 0), 0))
const both = Float32Array.from({ length: 2 * n }, (_, i) => (i % 2 === 0 ? (vitals[(3 * i) / 2] ?? 0) : i))
const kind = Int32Array.from(brightness, (x) => (x > 500 ? 1 : 0))

const arrays = {
  photo: NDArray.make("u8", [n, 2, 2], pixels),
  vitals: NDArray.make("f32", [n, 3], vitals),
  kind: NDArray.make("i32", [n], kind),
  light: NDArray.make("f32", [n], brightness),
  both: NDArray.make("f32", [n, 2], both),
}

const taken = (name: "photo" | "vitals", rows: number) => {
  const { data, dtype, shape } = arrays[name]
  const size = rows * (data.length / n)
  return [name, NDArray.make(dtype, [rows, ...shape.slice(1)], data.slice(0, size))] as const
}

const model = `schema: 1
name: scans
data:
  source: scans.npz
  arrays:
    photo: { type: image, size: [2, 2] }
    vitals: { type: number, scale: standard }
    kind: class
    light: { type: number, role: target, scale: standard }
    both: { type: number, role: target, scale: standard }
  split: { stratify: kind, val: 20%, test: 20% }
model:
  inputs: { picture: photo, body: vitals }
  layers:
    - { flatten: {}, from: picture, name: p }
    - { dense: { units: 6, activation: relu }, from: body, name: b }
    - concat: [p, b]
    - dense: { units: 8, activation: relu }
    - head: kind
    - head: light
    - head: both
train: { epochs: 3, batch: 8 }
`

const directory = folder({
  "scans.npz": Npz.encode(Object.entries(arrays)),
  "new.npz": Npz.encode([taken("vitals", 3), taken("photo", 3), ["other", arrays.kind]]),
  "uneven.npz": Npz.encode([taken("vitals", 3), taken("photo", 2)]),
  "less.npz": Npz.encode([taken("vitals", 3)]),
  "scans.yaml": model,
  "table.csv": "a,b\n1,2\n",
})
const at = (name: string) => join(directory, name)
const runs = ["--runs", at("runs")]

beforeAll(async () => {
  expect(await run(["train", at("scans.yaml"), ...runs])).toMatchObject({ code: 0 })
})

describe("named arrays", () => {
  test("are recorded with their names, and images stay bytes until the net scales them", () => {
    const { input, target } = JSON.parse(readFileSync(at("runs/scans/0001/preprocess.json"), "utf8"))
    expect(input.inputs).toMatchObject({
      picture: { type: "array", array: "photo", shape: [2, 2, 1], subtract: [0], divide: [255] },
      body: { type: "array", array: "vitals", shape: [3] },
    })
    expect(target.heads).toMatchObject({
      kind: { type: "class", name: "kind", classes: ["0", "1"] },
      light: { type: "numbers", array: "light", columns: [{ name: "light" }] },
      both: { type: "numbers", array: "both", columns: [{ name: "both1" }, { name: "both2" }] },
    })
  })

  test("predict takes them from npz and from JSON with the same answers", async () => {
    const { code, stdout } = await run(["predict", "scans/1", at("new.npz"), ...runs])
    const answers = jsonLines(stdout)
    expect([code, answers.length]).toEqual([0, 3])
    expect(Object.keys(answers[0].prediction)).toEqual(["kind", "light", "both"])
    expect(Object.keys(answers[0].prediction.both)).toEqual(["both1", "both2"])
    const lines = [0, 1, 2].map((i) =>
      JSON.stringify({ photo: [...pixels.slice(4 * i, 4 * i + 4)], vitals: [...vitals.slice(3 * i, 3 * i + 3)] }),
    )
    const piped = await run(["predict", "scans/1", "-", ...runs], {
      stdin: [...lines, '{"photo":[1,2,3,4]}', "[1]", '{"photo":[1,2,3,4],"vitals":[1]}', '{"photo":[1,2,3,"x"]}'].join("\n"),
    })
    const read = jsonLines(piped.stdout)
    expect(read.slice(0, 3)).toEqual(answers)
    expect(read.slice(3).map(({ error }) => error)).toEqual([
      expect.stringContaining("stdin:4: row 4, column `vitals`: got nothing; wanted a list of numbers"),
      expect.stringContaining("stdin:5: row 5: got a list; wanted a record of arrays"),
      expect.stringContaining("row 6, column `vitals`: got 1 number; wanted 3 numbers"),
      expect.stringContaining("row 7, column `photo`: got a value that is not a finite number; wanted 4"),
    ])
  })

  test.each([
    ["uneven.npz", /photo has 2 rows but vitals has 3|vitals has 3 rows but photo has 2/],
    ["less.npz", /there is no array `photo`/],
    ["table.csv", /got a table, wanted arrays/],
  ])("predict refuses %s", async (file, message) => {
    const { code, stderr } = await run(["predict", "scans/1", at(file), ...runs])
    expect([code, stderr]).toEqual([4, expect.stringMatching(message)])
  })

  test.each([
    ["photo: {", "phooto: {", "D301", "6:5", /^did you mean `photo`\? the arrays are `photo`/],
    ["size: [2, 2]", "size: [3, 3]", "D305", "6:33", undefined],
    ["body: vitals", "body: vital", "D301", "13:35", /^did you mean `vitals`\?$/],
    ["picture: photo, body: vitals", "picture: [photo, vitals]", "D307", "13:22", /^make an input of each/],
    [
      "  inputs: { picture: photo, body: vitals }\n",
      "",
      "D307",
      "5:3",
      /^name them in the model: `inputs: \{ photo: photo, vitals: vitals \}`$/,
    ],
    ["- head: light", "- head: lights", "D303", "20:13", /^did you mean `light`\?$/],
    ["- head: both", "- { head: [both, light], name: q }", "D303", "21:9", /^write a head for each$/],
    ["    - head: both\n", "", "D303", "10:5", /^add `- head: both` to the layers, or make the array an input/],
    ["kind: class", "kind: klass", "S104", "8:11", /^did you mean `class`\?$/],
    ["  split", "  scale: standard\n  split", "D307", "11:3", /^remove it, and write its options in the array/],
    ["scans.npz", "table.csv", "D307", "5:3", /^remove `arrays`: a table has `columns`/],
    ["stratify: kind", "stratify: kin", "D301", "11:22", /^did you mean `kind`\?/],
  ])("check locates %s → %s", async (from, to, code, place, help) => {
    expect(model).toContain(from)
    writeFileSync(at("wrong.yaml"), model.replace(from, to))
    const { stdout } = await run(["check", at("wrong.yaml"), "--json"])
    const found = jsonLines(stdout)[0].diagnostics.map(
      (each: { code: string; help?: string; span?: { line: number; column: number } }) => [
        each.code,
        `${each.span?.line}:${each.span?.column}`,
        each.help,
      ],
    )
    expect(found).toContainEqual([code, place, help === undefined ? undefined : expect.stringMatching(help)])
  })

  test("advice on numbers that are not scaled is at their array", async () => {
    const { stdout } = await run(["check", at("scans.yaml"), "--json", "--set", "data.arrays.vitals=number"])
    expect(
      jsonLines(stdout)[0].diagnostics.map(({ code, message }: { code: string; message: string }) => [code, message]),
    ).toEqual([["A611", expect.stringContaining("`vitals` is not scaled")]])
  })

  test("one array of inputs and one target need no names in the model", async () => {
    writeFileSync(
      at("one.yaml"),
      `schema: 1\nname: one\ndata: { source: scans.npz, arrays: { vitals: { type: number, scale: standard }, kind: class } }\nmodel: { layers: [{ dense: 4 }, relu, { head: kind }] }\ntrain: { epochs: 2, batch: 8 }\n`,
    )
    expect(await run(["train", at("one.yaml"), ...runs])).toMatchObject({ code: 0 })
    const { code, stdout } = await run(["predict", "one/1", at("new.npz"), ...runs])
    expect([code, jsonLines(stdout).length]).toEqual([0, 3])
  })
})
