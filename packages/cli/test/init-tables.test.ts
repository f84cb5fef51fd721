/** `adjoint init` on tables as people have them: the file that it writes checks, and the smallest trains. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { folder, run } from "./world.ts"

const rows = (count: number, line: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => `${line(i)}\n`).join("")
const high = (i: number): string => ((i * i) % 7 > 3 ? "hi" : "lo")

const directory = folder({
  "index.csv": `,a,a,__proto__,y\n${rows(40, (i) => `${i},${(i * 7) % 31},${(i * 5) % 23},${(i * 3) % 29},${high(i)}`)}`,
  "title.csv": `Sales of 2024\n\nx,z,y\n${rows(40, (i) => `${(i * 7) % 31},${(i * 5) % 23},${high(i)}`)}`,
  "euro.csv": `x;eur;y\n${rows(40, (i) => `${(i * 7) % 31};${(i % 9) + 1}.${100 + i * 7},${10 + i};${high(i)}`)}`,
  "dollar.csv": `x,$price,y\n${rows(40, (i) => `${(i * 7) % 31},"${(i % 9) + 1},${100 + i * 7}.${10 + i}",${high(i)}`)}`,
  "words.csv": `x,v,y\n${rows(40, (i) => `${(i * 7) % 31},${i % 8 === 0 ? "unknown" : `${(i * 11) % 37}.5`},${high(i)}`)}`,
  "told.csv": `x,y\n${rows(40, (i) => `${i % 9},${i % 9 > 3 ? "hi" : "lo"}`)}`,
  "text.csv": `my text,x,y\n${rows(60, (i) => `the soup of day ${i} was ${i % 3 === 0 ? "bad" : "good"},${(i * 7) % 31},${high(i)}`)}`,
  "small.csv": `x,y\n${rows(8, (i) => `${i * i},${i % 2 === 0 ? "hi" : "lo"}`)}`,
  "six.csv": `x,y\n${rows(6, (i) => `${i * i},${i % 2 === 0 ? "hi" : "lo"}`)}`,
  "few.csv": "x,y\n1,hi\n2,lo\n",
  "blank.csv": `x,y\n${rows(10, (i) => `NA,${i}`)}`,
  "empty.csv": "",
  "churned.csv": `income,age,churned\n${rows(40, (i) => `${1000 + i * 37},${(i * 7) % 31},${high(i)}`)}`,
})
const adjoint = (...args: ReadonlyArray<string>) =>
  run(args.map((arg) => (arg.endsWith(".csv") || arg.endsWith(".yaml") ? join(directory, arg) : arg)))

describe("a written file", () => {
  test.each([
    ["index", ['names: ["c1","a","a_3","c4","y"]', "c1: ignore", "a_3: { type: number"]],
    ["title", ["{ csv: { path: ./title.csv, skip: 2 } }", "z: { type: number"]],
    ["euro", ['decimal: ",", thousands: "."', "eur: { type: number"]],
    ["dollar", ['"$price": { type: number, thousands: ","']],
    ["words", ['blanks: {"v":["unknown"]}', "v: { type: number, missing: indicator"]],
    ["told", ["x: { type: number"]],
    ["text", ['inputs: { text1: ["my text"]', "from: text1"]],
    ["small", ["batch: 1"]],
    ["churned", ["churned: { type: binary, role: target }"]],
  ])("of %s checks with its rows", async (name, lines) => {
    const written = await adjoint("init", `${name}.csv`)
    expect(written.code, written.stderr).toBe(0)
    const text = readFileSync(join(directory, `${name}.yaml`), "utf8")
    for (const line of lines) expect(text).toContain(line)
    const checked = await adjoint("check", `${name}.yaml`)
    expect(checked.code, checked.stderr).toBe(0)
  })
})

test("the smallest table trains at once", async () => {
  const written = await adjoint("init", "six.csv")
  expect(written.code, written.stderr).toBe(0)
  const trained = await adjoint("train", "six.yaml", "--set", "train.epochs=26", "--runs", join(directory, "runs"))
  expect(trained.code, trained.stderr).toBe(0)
})

test.each([
  ["few", "few.csv has 2 rows, wanted 6 or more"],
  ["blank", "blank.csv has no column to learn `y` from\n  try: `x`: only blanks"],
  ["empty", "empty.csv: it is empty"],
])("%s is refused, and nothing is written", async (name, message) => {
  const { code, stderr } = await adjoint("init", `${name}.csv`)
  expect(code).not.toBe(0)
  expect(stderr).toContain(message)
  expect(() => readFileSync(join(directory, `${name}.yaml`))).toThrow()
})
