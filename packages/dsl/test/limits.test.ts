/** Any text within the size limit is answered at once: what is too much is refused before anything is made of it. */
import process from "node:process"
import * as Result from "effect/Result"
import { describe, expect, test } from "vitest"
import type { Finding } from "../src/diagnostic/Diagnostic.ts"
import * as Render from "../src/diagnostic/Render.ts"
import { detailed } from "../src/diagnostic/Suggest.ts"
import { standard } from "../src/Language.ts"
import { read } from "../src/Read.ts"
import * as Decode from "../src/schema/Decode.ts"
import { pointer } from "../src/source/Path.ts"
import { fromText } from "../src/source/Source.ts"

/** The codes that are said of a text, how many mistakes there are, and the milliseconds of processor time that took, rendering included. */
const answer = (text: string) => {
  const source = fromText("m.yaml", text)
  const before = process.cpuUsage()
  const { diagnostics } = read(source)
  const rendered = Render.all(diagnostics, source)
  const { system, user } = process.cpuUsage(before)
  return {
    codes: [...new Set(diagnostics.map(({ code }) => code))],
    count: diagnostics.length,
    rendered,
    took: (system + user) / 1000,
  }
}

const head = "schema: 1\ndata: { source: moons }\nmodel:\n  layers:\n"
const tail = "    - head: label\n"

const times = (n: number, item: (i: number) => string, separator = ""): string =>
  Array.from({ length: n }, (_, i) => item(i)).join(separator)

/** Seconds that would be minutes, or a process without memory, if all of a text were read. */
const bound = 10_000

describe("a text that is too much is refused at once", () => {
  test.each([
    ["lists", "[".repeat(100_000), "Y006"],
    ["maps", "{a: ".repeat(100_000), "Y006"],
    ["items of items", `${"- ".repeat(100_000)}a`, "Y006"],
    ["commas", `a: [${",".repeat(1_000_000)}]`, "Y006"],
    ["values", `a: [${"1,".repeat(500_000)}1]`, "Y006"],
    ["words", `a: !!seq [${"1,".repeat(500_000)}1]`, "Y006"],
  ])("%s", (_, text, code) => {
    const { codes, took } = answer(text)
    expect(codes).toEqual([code])
    expect(took).toBeLessThan(bound)
  })

  test("with the place of the first word above the limit", () => {
    // The lexer marks each number, so `1,` is three words, and what is before the numbers eight; a number is the first above.
    const text = `a: !!seq [${"1,".repeat(500_000)}1]`
    const numbers = Math.floor((150_000 - 8) / 3)
    expect(answer(text).rendered).toContain(`--> m.yaml:1:${"a: !!seq [".length + 2 * numbers + 1}\n`)
  })

  test("with the place of the first value above the limit", () => {
    // The map and the list are values too.
    const { rendered } = answer(`a: [${"1,".repeat(52_000)}1]`)
    expect(rendered).toContain(`the file has more than 52000 values\n  --> m.yaml:1:${"a: [".length + 2 * 51_998 + 1}\n`)
  })

  test("repeats of repeats", () => {
    let layer = "{ dense: 4 }"
    for (let i = 0; i < 3; i++) layer = `{ repeat: { times: 1000, layers: [${layer}] } }`
    const { rendered, took } = answer(`${head}    - ${layer}\n${tail}`)
    expect(rendered).toContain("error[Y006]: the model has 1,000,000,001 layers; it can have at most 10,000\n  --> m.yaml:5:")
    expect(took).toBeLessThan(bound)
  })

  test("a short model may repeat as often as there may be layers", () => {
    expect(answer(`${head}    - { repeat: { times: 999, layers: [{ dense: 4 }, relu] } }\n${tail}`).count).toBe(0)
  })
})

describe("of many mistakes the first hundred are shown, and all are counted", () => {
  test.each([
    [
      "keys on one line",
      `{schema: 1, data: {source: moons}, model: {layers: [{head: label}]}, train: {${Array.from({ length: 20_000 }, (_, i) => `kk${i}: ${i}`).join(",")}}}`,
      20_000,
    ],
    ["layers", `${head}${"    - hed: label\n".repeat(20_000)}`, 20_000],
    ["unlike layers", `${head}${times(500, (i) => `    - dense: { unts: ${i + 1}, activation: rel${i} }\n`)}${tail}`, 1000],
    [
      "options of initializers",
      `${head}${times(2000, (i) => `    - dense: { units: 4, init: { he_normal: { gin${i}: 1 } } }\n`)}${tail}`,
      2000,
    ],
    ["unknown options", `${head}${times(2000, (i) => `    - dense: { units: a${i}, foo${i}: 2, name: 3 }\n`)}${tail}`, 6000],
    [
      "conditions of a search",
      `${head}    - dense: { $search: [4, 8], default: 4 }\n${tail}vars:\n${times(8000, (i) => `  v${i}: 1\n`)}search:\n  where:\n${times(8000, (i) => `    - "$w${i} > 1"\n`)}`,
      101,
    ],
    [
      "repeats of mistakes",
      `${head}${times(2000, (i) => `    - repeat: { times: ${i + 2}, layers: [dens${i}] }\n`)}${tail}`,
      3001,
    ],
    [
      "scores of a search",
      `${head}    - dense: { $search: [4, 8], default: 4 }\n${tail}search: { maximize: [${times(15_000, (i) => `val.ac${i}`, ",")}] }\n`,
      101,
    ],
    ["names used twice", `${head}${"    - { dense: 4, name: a }\n".repeat(5000)}${tail}`, 4999],
    ["references", `${head}${"    - { dense: 4, from: x }\n".repeat(5000)}${tail}`, 5000],
    [
      "metrics of unlike mistakes",
      `${head}${tail}train:\n  metrics:\n${times(1500, (i) => `    - { top_k: ${-i} }\n    - acuracy${i}\n`)}`,
      3000,
    ],
    [
      "layers to freeze",
      `${head}${tail}train: { freeze: [${Array.from({ length: 20_000 }, (_, i) => `q${i}`).join(", ")}] }\n`,
      20_000,
    ],
  ])("%s", (_, text, mistakes) => {
    const { count, rendered, took } = answer(text)
    expect(count).toBe(mistakes)
    expect(rendered.match(/^error\[/gm)).toHaveLength(Render.maxShown)
    expect(rendered.split("\n").at(-1)).toBe(`${mistakes} errors; 100 are shown`)
    expect(took).toBeLessThan(bound)
  })

  test("on a long line a part of it is shown", () => {
    const { rendered, took } = answer(
      `schema: 1\ndata: { source: moons }\nmodel: { layers: [{ dense: 4 }${", relu".repeat(5000)}, { hed: label }] }\n`,
    )
    expect(rendered).toContain("there is no layer `hed`")
    expect(Math.max(...rendered.split("\n").map((line) => line.length))).toBeLessThan(200)
    expect(took).toBeLessThan(bound)
  })

  test("JSON has as many, and says how many it leaves out", () => {
    const source = fromText("m.yaml", `${head}${"    - hed: label\n".repeat(150)}`)
    const report = Render.report(read(source).diagnostics)
    expect([report.errors, report.diagnostics.length, report.omitted]).toEqual([150, 100, 50])
  })
})

describe("an item beyond the detailed ones has the findings of its schema", () => {
  const layers: ReadonlyArray<unknown> = [
    "dens",
    7,
    {},
    { dense: null },
    { dense: {} },
    { dense: "a" },
    { dense: -1 },
    { dense: { unts: 4 } },
    { dense: { unts: 4, foo: 1 } },
    { dense: { foo: 1 } },
    { dense: { units: 4, unit: 5 } },
    { dense: { units: 1.5, activation: "rel", init: "xav", bias: 3 } },
    { dense: { units: 4, activation: { elu: { alph: 1 } }, init: { he_normal: { gin: 1 } } } },
    { dense: { units: 4, activation: { elu: -1, relu: 2 } } },
    { dense: 4, name: 3, from: [1] },
    { dense: 4, nam: "a" },
    { dense: 4, units: 3 },
    { relu: { a: 1 } },
    { conv: { filters: 4, kernel: [3, 3, 3, 3, 3], stride: [1, "a"], padding: "sam" } },
    { dropout: 1.5 },
    { max_pool: { size: 0, strid: 2 } },
    { rnn: 4, dense: 3 },
    { lstm: { units: 4, dropout: 2, foo: [1, { a: 2 }] } },
    { head: 3 },
    { head: { target: 3, activation: "softmx" } },
    { residual: [] },
    { use: 3 },
    { repeat: { times: "a", layers: [{ dens: 4 }, { dense: { unts: 4 } }] } },
    { repeat: { tims: 3, layers: ["relu"] } },
  ]
  const found = (written: ReadonlyArray<unknown>) => {
    const decoded = Decode.model(standard().schema, { layers: written })
    return Result.isFailure(decoded) ? decoded.failure : []
  }
  const filler = Array.from({ length: detailed }, (_, i) => `unknown${i}`)
  const brief = found([...filler, ...layers])
  const places = (findings: ReadonlyArray<Finding>): ReadonlyArray<string> =>
    findings.map(({ at: { on, path }, code }) => `${code} ${pointer(path.slice(2))} ${on}`).toSorted()
  test.each(layers.map((layer, i) => [JSON.stringify(layer), layer, detailed + i] as const))("%s", (_, layer, i) => {
    const alone = places(found([layer]))
    expect(alone).not.toEqual([])
    expect(places(brief.filter(({ at }) => at.path[1] === i))).toEqual(alone)
  })
})

test("a right model of 6,000 layers is read", () => {
  expect(answer(`${head}${"    - { dense: 4 }\n    - relu\n".repeat(3000)}${tail}`).count).toBe(0)
})

describe("a text four times as long takes some four times as long, not sixteen times", () => {
  test.each<[string, number, (n: number) => string]>([
    [
      "keys on one line",
      4000,
      (n) =>
        `{schema: 1, data: {source: moons}, model: {layers: [{head: label}]}, train: {${times(n, (i) => `kk${i}: ${i}`, ",")}}}`,
    ],
    ["unknown layers", 2500, (n) => `${head}${times(n, (i) => `    - hed${i}: label\n`)}`],
    [
      "layers on one line",
      6000,
      (n) => `${head.replace("  layers:\n", "")}  layers: [{ dense: 4 }${", relu".repeat(n)}, { hed: label }]\n`,
    ],
    ["right layers", 1000, (n) => `${head}${times(n, (i) => `    - { dense: ${1 + (i % 9)} }\n    - relu\n`)}${tail}`],
    ["layers with advice", 1000, (n) => `${head}${"    - dense: 4\n".repeat(n)}${tail}`],
    ["names used twice", 1200, (n) => `${head}${times(n, (i) => `    - { dense: 4, name: a${i >> 1} }\n`)}${tail}`],
    ["references", 1200, (n) => `${head}${times(n, (i) => `    - { dense: 4, from: x${i} }\n`)}${tail}`],
    ["layers to freeze", 8000, (n) => `${head}${tail}train: { freeze: [${times(n, (i) => `q${i}`, ", ")}] }\n`],
    [
      "variables",
      1500,
      (n) => `vars:\n${times(n, (i) => `  v${i}: 4\n`)}${head}${times(n, (i) => `    - dense: $v${i}\n`)}${tail}`,
    ],
  ])("%s", { timeout: 120_000 }, (_, n, text) => {
    answer(text(n))
    // The least of several times: a garbage collection or another program lengthens one of them.
    let [short, long, tries] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 0]
    do {
      short = Math.min(short, answer(text(n)).took)
      long = Math.min(long, answer(text(4 * n)).took)
    } while (++tries < 2 || (long / short >= 9 && tries < 8))
    expect(long / short).toBeLessThan(9)
  })
})

test("a quote or bracket that is not closed is located where it opens", () => {
  const place = (text: string) =>
    read(fromText("m.yaml", text)).diagnostics.map(({ message, span }) => `${span?.line}:${span?.column} ${message}`)
  expect(place('schema: 1\nname: "t\ndata: { source: moons }\n')).toEqual(['2:7 the quote `"` that opens here is not closed'])
  expect(place("schema: 1\nname: 't\nx: 1\n")).toEqual(["2:7 the quote `'` that opens here is not closed"])
  expect(place("schema: 1\nmodel: { layers: [relu, { head: y } }\nx: 1\n")).toEqual([
    "2:18 the bracket `[` that opens here is not closed",
  ])
  expect(place("schema: 1\ntrain: { epochs: 3\n")).toEqual(["2:8 the bracket `{` that opens here is not closed"])
})
