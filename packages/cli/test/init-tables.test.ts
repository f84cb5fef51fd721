/** `adjoint init` on tables as people have them: the file that it writes checks, and the smallest trains. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { folder, run } from "./world.ts"

const rows = (count: number, line: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => `${line(i)}\n`).join("")
const high = (i: number): string => ((i * i) % 7 > 3 ? "hi" : "lo")

/** The day `i` days after (or before) 28 November 2023, as YYYY-MM-DD. */
const day = (i: number): string => new Date(Date.UTC(2023, 10, 28) + i * 86_400_000).toISOString().slice(0, 10)

const directory = folder({
  "index.csv": `,a,a,__proto__,y\n${rows(40, (i) => `${i},${(i * 7) % 31},${(i * 5) % 23},${(i * 3) % 29},${high(i)}`)}`,
  "title.csv": `Sales of 2024\n\nx,z,y\n${rows(40, (i) => `${(i * 7) % 31},${(i * 5) % 23},${high(i)}`)}`,
  "euro.csv": `x;eur;y\n${rows(40, (i) => `${(i * 7) % 31};${(i % 9) + 1}.${100 + i * 7},${10 + i};${high(i)}`)}`,
  "dollar.csv": `x,$price,y\n${rows(40, (i) => `${(i * 7) % 31},"${(i % 9) + 1},${100 + i * 7}.${10 + i}",${high(i)}`)}`,
  "words.csv": `x,v,y\n${rows(40, (i) => `${(i * 7) % 31},${i % 8 === 0 ? "unknown" : `${(i * 11) % 37}.5`},${high(i)}`)}`,
  "told.csv": `x,y\n${rows(40, (i) => `${i % 9},${i % 9 > 3 ? "hi" : "lo"}`)}`,
  "text.csv": `my text,x,y\n${rows(60, (i) => `the soup of day ${i} was ${i % 3 === 0 ? "bad" : "good"},${(i * 7) % 31},${high(i)}`)}`,
  "signs.csv": `rate,price,term,y\n${rows(40, (i) => `${i % 9}.5%,"$${(i % 8) + 1},${100 + i * 7}",${i % 3 ? 36 : 60} months,${high(i)}`)}`,
  "sentinels.csv": `t,age,y\n${rows(40, (i) => `${i % 6 ? (i * 7) % 31 : -999},${i % 8 ? 20 + (i % 13) : 9999},${high(i)}`)}`,
  "named.csv": `PassengerId,code,patient,x,y\n${rows(40, (i) => `${892 + i * 13},K${i},p${i % 11},${(i * 7) % 31},${high(i)}`)}`,
  "nothing.csv": `same,seen,flag,x,y\n${rows(120, (i) => `7,${i === 9 ? "yes" : ""},${i === 50 ? "on" : "off"},${(i * 7) % 31},${high(i)}`)}`,
  "american.csv": `when,x,y\n${rows(40, (i) => `${day(i).slice(5, 7)}/${day(i).slice(8)}/${day(i).slice(0, 4)},${(i * 7) % 31},${i}.5`)}`,
  "latest.csv": `when,x,y\n${rows(40, (i) => `${day(-i)},${(i * 7) % 31},${i}.5`)}`,
  "backwards.csv": `when,x,y\n${rows(40, (i) => `${day(-i).slice(8)}.${day(-i).slice(5, 7)}.${day(-i).slice(0, 4)},${(i * 7) % 31},${i}.5`)}`,
  "gaps.csv": `when,x,y\n${rows(40, (i) => `${i % 9 === 4 ? "" : day(-i)},${(i * 7) % 31},${i}.5`)}`,
  "controls.csv": `"a\u001b[31m","b\u0085c",y\n${rows(40, (i) => `${(i * 7) % 31},${i % 2 ? "d\u0085" : "e"},${high(i)}\u0085`)}`,
  "forms.csv": `when,x,y\n${rows(40, (i) => `${i % 2 ? day(i) : `1${i % 9}/01/2024`},${(i * 7) % 31},${high(i)}`)}`,
  "years.csv": `year,x,y\n${rows(40, (i) => `${1980 + i},${(i * 7) % 31},${(i * 11) % 37}.5`)}`,
  "wide.csv": `id,2019,2020,y\n${rows(40, (i) => `${i},${(i * 7) % 31},${(i * 5) % 23},${high(i)}`)}`,
  "counts.csv": `40,2,,\n"A","B","M"\n${rows(40, (i) => `${i}.5,${(i * 7) % 31},${(i * 11) % 37}.5`)}`,
  "commas.tsv": `x,z,y\n${rows(40, (i) => `${(i * 7) % 31},${(i * 5) % 23},${high(i)}`)}`,
  "pixels.csv": rows(
    60,
    (i) => `${Array.from({ length: 36 }, (_, at) => ((at * (i + 3)) % 17 > 9 ? 16 : (at + i) % 9)).join(",")},${i % 3}`,
  ),
  "small.csv": `x,y\n${rows(8, (i) => `${i * i},${i % 2 === 0 ? "hi" : "lo"}`)}`,
  "six.csv": `x,y\n${rows(6, (i) => `${i * i},${i % 2 === 0 ? "hi" : "lo"}`)}`,
  "few.csv": "x,y\n1,hi\n2,lo\n",
  "blank.csv": `x,y\n${rows(10, (i) => `NA,${i}`)}`,
  "empty.csv": "",
  "churned.csv": `income,age,churned\n${rows(40, (i) => `${1000 + i * 37},${(i * 7) % 31},${high(i)}`)}`,
})
const adjoint = (...args: ReadonlyArray<string>) =>
  run(args.map((arg) => (/\.(?:[ct]sv|yaml)$/.test(arg) ? join(directory, arg) : arg)))

describe("a written file", () => {
  test.each([
    ["index", ['names: ["c1","a","a_3","c4","y"]', "c1: ignore", "a_3: { type: number"]],
    ["title", ["{ csv: { path: ./title.csv, skip: 2 } }", "z: { type: number"]],
    ["euro", ['decimal: ",", thousands: "."', "eur: { type: number"]],
    ["dollar", ['"$price": { type: number, thousands: ","']],
    ["words", ['blanks: {"v":["unknown"]}', "v: { type: number, missing: indicator"]],
    ["told", ["x: { type: number"]],
    ["text", ['inputs: { text1: ["my text"]', "from: text1"]],
    ["signs", ['rate: { type: number, unit: "%"', 'price: { type: number, thousands: ",", unit: "$"', "term: binary"]],
    ["sentinels", ['blanks: {"t":["-999"],"age":["9999"]}', "age: { type: number, missing: indicator"]],
    ["named", ["PassengerId: ignore", "code: id", "patient: group", "# rows with the same `patient` stay together"]],
    [
      "nothing",
      ["same: ignore", "seen: ignore", "# almost only blanks: 1 of 120 rows", 'flag: { type: binary, names: ["off", "on"] }'],
    ],
    ["american", ['format: "MM/DD/YYYY", parts: [year, month, weekday]', "by: order,"]],
    ["latest", ["by: { order: when }"]],
    ["backwards", ['format: "DD.MM.YYYY"', "by: { order: when }"]],
    ["gaps", ["when: { type: date", "seed: 1"]],
    ["controls", ['"a\\u001b[31m": { type: number', '"b\\u0085c": binary']],
    ["forms", ["when: ignore", "# dates in several forms"]],
    ["years", ["year: { type: number, scale: standard }", "by: order,"]],
    ["wide", ["id: ignore", '"2019": { type: number']],
    ["counts", ["{ path: ./counts.csv, skip: 1 }", "M: { type: number, role: target"]],
    ["pixels", ["reshape: [6, 6, 1]", "conv2d:"]],
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

test("a table that is called tsv, and has commas, is read by its commas", async () => {
  expect((await adjoint("init", "commas.tsv")).code).toBe(0)
  expect(readFileSync(join(directory, "commas.yaml"), "utf8")).toContain("source: { csv: ./commas.tsv }")
  expect(await adjoint("check", "commas.yaml")).toMatchObject({ code: 0 })
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
