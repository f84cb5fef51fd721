/** `predict`: every kind of file, a line for each row, and what becomes of rows that cannot be answered. */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import * as Gzip from "@adjoint/core/data/Gzip"
import * as Idx from "@adjoint/core/data/Idx"
import * as Npy from "@adjoint/core/data/Npy"
import * as Npz from "@adjoint/core/data/Npz"
import * as NDArray from "@adjoint/core/types/NDArray"
import { Result } from "effect"
import { beforeAll, describe, expect, test } from "vitest"
import { examples, folder, jsonLines, run } from "./world.ts"

const models = {
  moons: `schema: 1
name: moons
data: { source: { moons: { count: 120 } }, split: { val: 20%, test: 20%, stratify: label, seed: 3 } }
model: { layers: [{ dense: { units: 8, activation: relu } }, { head: label }] }
train: { seed: 5, epochs: 2, batch: 16 }
`,
  flowers: `schema: 1
name: flowers
data:
  source: ${join(examples, "data/iris.csv")}
  columns: { "*": { type: number, scale: standard }, species: class }
  split: { val: 20%, test: 20%, stratify: species, seed: 1 }
model: { layers: [{ dense: { units: 8, activation: relu } }, { head: species }] }
train: { seed: 1, epochs: 30, batch: 16, optimizer: { adam: { lr: 0.02 } } }
`,
  bare: `schema: 1
name: bare
data:
  source: { csv: { path: bare.csv, header: false } }
  columns: { c1: number, c2: class, c3: number }
  split: { train: 80%, val: 0%, test: 20%, seed: 1 }
model: { layers: [{ head: c2 }] }
train: { seed: 1, epochs: 2, batch: 8 }
`,
  marks: `schema: 1
name: marks
data:
  source: { csv: { path: marks.txt, encoding: latin1, skip: 1, names: [size, kind, place], decimal: ",", blanks: { size: [-9] } } }
  columns: { size: { type: number, missing: mean }, kind: class, place: category }
  split: { train: 80%, val: 0%, test: 20%, seed: 1 }
model: { layers: [{ head: kind }] }
train: { seed: 1, epochs: 2, batch: 8 }
`,
  typed: `schema: 1
name: typed
data:
  source: typed.csv
  columns: { open: category, level: category, price: { type: number, role: target } }
  split: { train: 80%, val: 0%, test: 20%, seed: 1 }
model: { layers: [{ head: price }] }
train: { seed: 1, epochs: 2, batch: 8 }
`,
  arrays: `schema: 1
name: arrays
data: { source: { npz: { path: arrays.npz, inputs: pictures, targets: kinds } }, split: { train: 80%, val: 0%, test: 20%, seed: 1 } }
model: { layers: [flatten, { dense: 4 }, { head: label }] }
train: { seed: 1, epochs: 2, batch: 8 }
`,
}

const count = 40
const pictures = NDArray.make(
  "f32",
  [count, 4, 4, 1],
  Float32Array.from({ length: count * 16 }, (_, i) => Math.sin(i)),
)
const kinds = NDArray.make(
  "i32",
  [count],
  Int32Array.from({ length: count }, (_, i) => i % 2),
)

const directory = folder({
  ...Object.fromEntries(Object.entries(models).map(([name, text]) => [`${name}.yaml`, text])),
  "bare.csv": Array.from({ length: count }, (_, i) => `${i},${i % 3 === 0 ? "a" : "b"},${i * i}\n`).join(""),
  "marks.txt": Buffer.from(
    `made by hand\n${Array.from({ length: count }, (_, i) => `${i % 4 === 0 ? -9 : `${i},5`};${i % 3 === 0 ? "a" : "b"};M\xfcnchen\n`).join("")}`,
    "latin1",
  ),
  "typed.csv": `open,level,price\n${Array.from({ length: count }, (_, i) => `${i % 2 === 0 ? "TRUE" : "FALSE"},${i % 3}.0,${i}\n`).join("")}`,
  "arrays.npz": Npz.encode([
    ["pictures", pictures],
    ["kinds", kinds],
  ]),
})
const runs = join(directory, "runs")
const file = (name: string, content?: string | Uint8Array): string => {
  const path = join(directory, name)
  if (content !== undefined) writeFileSync(path, content)
  return path
}

const predicted = async (stdin: string | Uint8Array, model = "flowers/1") =>
  run(["predict", model, "--runs", runs], { stdin: stdin })
const predictedFile = async (path: string, model: string) => run(["predict", model, path, "--runs", runs])

beforeAll(async () => {
  for (const name of Object.keys(models))
    expect(await run(["train", file(`${name}.yaml`), "--runs", runs])).toMatchObject({ code: 0 })
}, 60_000)

describe("tables", () => {
  test("a table, a stream of records and a single record say the same", async () => {
    const rows = readFileSync(join(examples, "data/iris.csv"), "utf8").trim().split("\n")
    const [header = "", ...cells] = rows
    const names = header.split(",")
    const records = cells.map((row) => JSON.stringify(Object.fromEntries(row.split(",").map((cell, i) => [names[i], cell]))))
    const fromFile = await predictedFile(join(examples, "data/iris.csv"), "flowers/1")
    const answers = jsonLines(fromFile.stdout)
    expect(fromFile.code).toBe(0)
    expect(answers).toHaveLength(150)
    const right = answers.filter(({ prediction }, i) => cells[i]?.endsWith(prediction)).length
    expect(right).toBeGreaterThan(135)
    expect(answers[0]).toMatchObject({ row: 1, prediction: "setosa", probabilities: { setosa: answers[0].probability } })
    expect((await predicted(`${rows.join("\n")}\n`)).stdout).toBe(fromFile.stdout)
    expect((await predicted(records.join("\n"))).stdout).toBe(fromFile.stdout)
    expect((await predicted(records[0] ?? "")).stdout).toBe(`${fromFile.stdout.split("\n")[0]}\n`)
    expect((await predicted(gzipSync(rows.join("\n")))).stdout).toBe(fromFile.stdout)
    expect((await predictedFile(file("iris.jsonl.gz", gzipSync(records.join("\n"))), "flowers/1")).stdout).toBe(fromFile.stdout)
  })

  test("a row that cannot be used is an error in its place; the others are answered", async () => {
    const good = "5.1,3.5,1.4,0.2"
    const header = "sepal_length,sepal_width,petal_length,petal_width"
    const { code, stderr, stdout } = await predicted(`${header}\n${good}\n5.1,3.5,1.4,wide\n\n${good}\n`)
    const answers = jsonLines(stdout)
    expect(code).toBe(4)
    expect(answers).toMatchObject([
      { row: 1, prediction: "setosa" },
      { row: 2, error: expect.stringContaining('column `petal_width`: got "wide", wanted a finite number') },
      { row: 3, prediction: "setosa" },
    ])
    expect(answers[2]).toEqual({ ...answers[0], row: 3 })
    expect(stderr).toContain("error: stdin:3: row 2, column `petal_width`")
    expect(stderr).toContain("1 of 3 rows has no prediction")
  })

  test("of very many such rows the first are named, and all are counted", async () => {
    const { code, stderr, stdout } = await predicted(`{"sepal_length": "?"}\n`.repeat(500))
    expect(code).toBe(4)
    expect(jsonLines(stdout)).toHaveLength(500)
    expect(stderr.match(/row \d+, column/g)).toHaveLength(20)
    expect(stderr).toContain("500 of 500 rows have no prediction; the first 20 are named above")
  })

  test("a prediction that is not finite is an error of its row", async () => {
    const record = { sepal_length: 1e38, sepal_width: -1e38, petal_length: 1e38, petal_width: 1e38 }
    const { code, stderr, stdout } = await predicted(
      `${JSON.stringify(record)}\n{"sepal_length":5,"sepal_width":3,"petal_length":1,"petal_width":0.2}`,
    )
    expect(code).toBe(4)
    expect(jsonLines(stdout)).toMatchObject([
      { row: 1, error: expect.stringMatching(/the prediction is (NaN|Infinity|-Infinity)/) },
      { row: 2, prediction: "setosa" },
    ])
    expect(stderr).toContain("stdin:1: row 1: the prediction is")
  })

  test("the target need not be there, and a blank is what training said of blanks", async () => {
    const record = { sepal_length: 5.1, sepal_width: 3.5, petal_length: 1.4, petal_width: 0.2 }
    expect(jsonLines((await predicted(JSON.stringify(record))).stdout)[0].prediction).toBe("setosa")
    const { code, stderr } = await predicted(JSON.stringify({ ...record, petal_width: null }))
    expect(code).toBe(4)
    expect(stderr).toContain("stdin:1: row 1, column `petal_width`: got a blank")
  })

  test("a column that is missing is said once", async () => {
    const { code, stderr, stdout } = await predicted("sepal_length,sepal_width\n1,2\n3,4\n")
    expect({ code, stdout }).toEqual({ code: 4, stdout: "" })
    expect(stderr.match(/there is no column `petal_length`/g)).toHaveLength(1)
  })

  test("a file without a header is read as training read it, with and without its target", async () => {
    const whole = await predictedFile(file("bare.csv"), "bare/1")
    expect(whole).toMatchObject({ code: 0 })
    expect(jsonLines(whole.stdout)).toHaveLength(count)
    const without = readFileSync(file("bare.csv"), "utf8").replaceAll(/,[ab],/g, ",")
    expect(await predictedFile(file("without.csv", without), "bare/1")).toMatchObject({ code: 0, stdout: whole.stdout })
    expect(await predictedFile(file("bare.data", without), "bare/1")).toMatchObject({ code: 0, stdout: whole.stdout })
  })

  test("encoding, skipped lines, names, marks and words for blanks are those of training", async () => {
    const whole = await predictedFile(file("marks.txt"), "marks/1")
    expect(whole).toMatchObject({ code: 0, stderr: "" })
    expect(jsonLines(whole.stdout)).toHaveLength(count)
    const without = readFileSync(file("marks.txt"), "latin1").replaceAll(/;[ab];/g, ";")
    const bytes = Buffer.from(without, "latin1")
    expect(await predictedFile(file("without.txt", bytes), "marks/1")).toMatchObject({ code: 0, stdout: whole.stdout })
    const wrong = await predictedFile(file("wrong.txt", "x\n1.5;b;München\n-9;a;Rom\n"), "marks/1")
    expect(wrong.stderr).toContain('wrong.txt:2: row 1, column `size`: got "1.5", wanted a finite number with decimals after ","')
  })

  test("a value of JSON that means the same name is that name", async () => {
    const words = await predicted(`{"open":"TRUE","level":"1.0"}\n{"open":"FALSE","level":"2.0"}\n`, "typed/1")
    expect(words).toMatchObject({ code: 0 })
    expect((await predicted(`{"open":true,"level":1}\n{"open":false,"level":2}\n`, "typed/1")).stdout).toBe(words.stdout)
    expect(await predicted(`{"open":1,"level":true}\n`, "typed/1")).toMatchObject({ code: 4 })
    const { stdout } = await predicted(`{"open":["TRUE"],"level":{"a":1}}\n`, "typed/1")
    expect(jsonLines(stdout)).toEqual([
      { row: 1, error: "stdin:1: row 1, column `open`: got a list; wanted a number, a text, true, false or null" },
    ])
  })

  test("lines are named where JSON is wrong, and an empty file is refused", async () => {
    const deep = `${"[".repeat(20_000)}${"]".repeat(20_000)}`
    const record = `{"sepal_length":5,"sepal_width":3,"petal_length":1,"petal_width":0.2}`
    const { code, stdout } = await predicted(`${record}\n{oops}\n${deep}\n{"sepal_length":${deep}}\n`)
    expect(code).toBe(4)
    expect(jsonLines(stdout)).toMatchObject([
      { row: 1, prediction: "setosa" },
      { row: 2, error: expect.stringMatching(/^stdin:2: row 2: got text that is not JSON/) },
      { row: 3, error: "stdin:3: row 3: got a list; wanted a record of columns" },
      { row: 4, error: expect.stringContaining("column `sepal_length`: got a list;") },
    ])
    expect(await predictedFile(file("empty.jsonl", ""), "flowers/1")).toMatchObject({ code: 4 })
    expect(await predictedFile(file("blank.jsonl", "\n \n"), "flowers/1")).toMatchObject({ code: 4 })
    expect(await predicted("")).toMatchObject({ code: 4 })
  })

  test("a line without an end is refused in bounded memory", async () => {
    const { code, stderr } = await predicted(`{"a":"${"x".repeat(2 ** 24)}`)
    expect(code).toBe(4)
    expect(stderr).toMatch(/stdin.*not JSON|line 1 is at least/)
  })
})

describe("arrays", () => {
  test("an image says the same from a file of bytes and as a list of numbers", async () => {
    const images = join(examples, "data/digits-images.idx.gz")
    file(
      "digits.yaml",
      `schema: 1
name: digits
data:
  source: { idx: { images: ${images}, labels: ${join(examples, "data/digits-labels.idx.gz")} } }
  image: { size: [8, 8], scale: { max: 16 }, normalize: auto }
  split: { train: 300, test: 50, seed: 1 }
model: { layers: [flatten, { dense: { units: 8, activation: tanh } }, { head: label }] }
train: { seed: 1, epochs: 2, batch: 32 }
`,
    )
    expect(await run(["train", file("digits.yaml"), "--runs", runs])).toMatchObject({ code: 0 })
    const all = await predictedFile(images, "digits/1")
    const fromFile = all.stdout.split("\n").slice(0, 5)
    const { data } = Result.getOrThrow(Result.flatMap(Gzip.unpack(readFileSync(images)), (bytes) => Idx.decode(bytes)))
    const listed = fromFile.map((_, i) => JSON.stringify([...data.subarray(i * 64, (i + 1) * 64)])).join("\n")
    expect((await predicted(listed, "digits/1")).stdout.trim().split("\n")).toEqual(fromFile)
    expect((await predicted(readFileSync(images), "digits/1")).stdout).toBe(all.stdout)
  })

  test("samples that are arrays are lists of numbers, nested or not", async () => {
    const many = await predicted("[1, 0]\n[0, 0.5]\n", "moons/1")
    expect(jsonLines(many.stdout).map(({ row }) => row)).toEqual([1, 2])
    expect((await predicted('[[1], [0]]\n{"x": 0, "y": 0.5}\n', "moons/1")).stdout).toBe(many.stdout)
    expect((await predicted("x,y\n1,0\n0,0.5\n", "moons/1")).stdout).toBe(many.stdout)
    expect(await predicted("[1, 0]\n[0, 0.5, 3]\n", "moons/1")).toMatchObject({
      code: 4,
      stderr: expect.stringContaining("stdin:2: row 2: got 3 numbers; wanted 2 numbers for a sample of the shape [2]"),
    })
    expect(await predicted("[1, 0]\n[0, oops]\n", "moons/1")).toMatchObject({
      code: 4,
      stderr: expect.stringContaining("stdin:2: row 2: got text that is not JSON"),
    })
    expect(await predicted("x,y,z\n1,0,2\n", "moons/1")).toMatchObject({
      code: 4,
      stderr: expect.stringContaining("got 3 columns"),
    })
  })

  test("what a run learned from can be predicted from", async () => {
    const fromZip = await predictedFile(file("arrays.npz"), "arrays/1")
    expect(fromZip).toMatchObject({ code: 0 })
    expect(jsonLines(fromZip.stdout)).toHaveLength(count)
    expect((await predictedFile(file("pictures.npy", Npy.encode(pictures)), "arrays/1")).stdout).toBe(fromZip.stdout)
    expect((await predicted(Npy.encode(pictures), "arrays/1")).stdout).toBe(fromZip.stdout)
    expect((await predicted(readFileSync(file("arrays.npz")), "arrays/1")).stdout).toBe(fromZip.stdout)
    const flat = NDArray.make("f32", [count, 16], pictures.data)
    expect((await predictedFile(file("flat.npy", Npy.encode(flat)), "arrays/1")).stdout).toBe(fromZip.stdout)
    const grey = NDArray.make("f32", [count, 4, 4], pictures.data)
    expect((await predictedFile(file("grey.npy", Npy.encode(grey)), "arrays/1")).stdout).toBe(fromZip.stdout)
    const one = NDArray.make("f32", [4, 4, 1], pictures.data.slice(0, 16))
    expect((await predictedFile(file("one.npy", Npy.encode(one)), "arrays/1")).stdout).toBe(`${fromZip.stdout.split("\n")[0]}\n`)
  })

  test.each([[[8, 2, 1]], [[2, 8]], [[3, 4, 2, 2]], [[16, 1]], [[0, 4, 4, 1]], [[3, 2, 8]]])(
    "an array of the shape %j is refused",
    async (shape) => {
      const size = shape.reduce((product, n) => product * n, 1)
      const array = NDArray.make("f32", shape, new Float32Array(size))
      const { code, stderr, stdout } = await predictedFile(file("other.npy", Npy.encode(array)), "arrays/1")
      expect({ code, stdout }).toEqual({ code: 4, stdout: "" })
      expect(stderr).toMatch(/the array has the shape|there are no rows in it/)
    },
  )

  test("a file that is cut short is answered as far as it goes, and then refused", async () => {
    const bytes = Npy.encode(NDArray.make("f32", [20_000, 4, 4, 1], new Float32Array(320_000)))
    const { code, stderr, stdout } = await predictedFile(file("short.npy", bytes.subarray(0, bytes.length - 100)), "arrays/1")
    expect(code).toBe(4)
    expect(stderr).toContain("there are only 1,279,900 of the 1,280,000 bytes wanted for the shape [20000, 4, 4, 1]")
    expect(jsonLines(stdout)).toHaveLength(19_998)
    const long = await predictedFile(file("long.npy", Buffer.concat([bytes, Buffer.alloc(4)])), "arrays/1")
    expect(long).toMatchObject({ code: 4, stderr: expect.stringContaining("there are more bytes than the 1,280,000") })
  })

  test("arrays for a table, and a table's kind for arrays, are refused", async () => {
    expect(await predictedFile(join(examples, "data/digits-images.idx.gz"), "moons/1")).toMatchObject({
      code: 4,
      stderr: expect.stringContaining("digits-images.idx.gz: the array has the shape [1797, 8, 8]"),
    })
    expect(await predictedFile(file("pictures.npy"), "flowers/1")).toMatchObject({
      code: 4,
      stderr: expect.stringContaining("got an array"),
    })
  })

  test("a number that is not finite is an error of its row", async () => {
    const data = Float32Array.from(pictures.data)
    data[16 * 2 + 3] = Number.NaN
    data[16 * 5] = Number.POSITIVE_INFINITY
    const { code, stderr, stdout } = await predictedFile(
      file("nan.npy", Npy.encode(NDArray.make("f32", [count, 4, 4, 1], data))),
      "arrays/1",
    )
    const answers = jsonLines(stdout)
    expect(code).toBe(4)
    expect(answers.flatMap(({ error, row }) => (error === undefined ? [] : [row]))).toEqual([3, 6])
    expect(stderr).toContain("nan.npy: row 3, column `element 3`: got NaN, wanted a finite number")
    expect(answers).toHaveLength(count)
  })
})

test("what cannot be read is said", async () => {
  expect(await run(["predict", "moons/1", "--runs", runs])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("nothing is piped in"),
  })
  expect(await predictedFile(join(directory, "no.csv"), "moons/1")).toMatchObject({ code: 4 })
  expect(await predictedFile(directory, "flowers/1")).toMatchObject({
    code: 4,
    stderr: expect.stringContaining("the rows: got images, wanted rows as in training"),
  })
  expect(await predictedFile(file("moons.yaml"), "moons/1")).toMatchObject({ code: 2 })
  expect(await predictedFile(file("cut.csv.gz", gzipSync("a,b\n".repeat(1000)).subarray(0, 30)), "flowers/1")).toMatchObject({
    code: 4,
  })
})
