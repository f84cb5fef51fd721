/** Advice that only the numbers can give: inputs that are not scaled, and classes of which one is rare. */
import { expect, test } from "vitest"
import * as Fix from "../src/diagnostic/Fix.ts"
import type { Facts } from "../src/prepare/Facts.ts"
import { read, withFacts } from "../src/Read.ts"
import { fromText } from "../src/source/Source.ts"

const found = (text: string, facts: Facts) =>
  withFacts(read(fromText("m.yaml", text)), { facts, findings: [] }).diagnostics.filter(({ code }) => /A61[12]/.test(code))

const mended = (text: string, facts: Facts) => Fix.apply(text, found(text, facts)).text

const target = { type: "class", name: "kind", classes: ["no", "yes"] } as const
const layers = "model: { layers: [{ dense: 8 }, relu, { head: kind }] }\n"
const table = (columns: string, more = layers) =>
  `schema: 1\ndata:\n  source: a.csv\n  columns: { ${columns}, kind: class }\n${more}`
const sizes: Facts = {
  sample: [2],
  target,
  extents: [
    { column: "a", extent: [-3, 1680] },
    { column: "b", extent: [0, 7] },
  ],
}

test("a column that is far from 1 is reported with its range, and is scaled by the fix", () => {
  const text = table("a: number, b: number")
  expect(found(text, sizes)).toMatchObject([
    {
      code: "A611",
      severity: "warning",
      message: "`a` is not scaled: its values go from -3 to 1,680",
      span: { line: 4, column: 14 },
    },
  ])
  expect(mended(text, sizes)).toBe(table("a: { type: number, scale: standard }, b: number"))
})

test("columns that one word describes are reported once", () => {
  const both = { ...sizes, extents: ["a", "b"].map((column) => ({ column, extent: [0, 20] as const })) }
  const text = table('"*": { type: number, missing: mean }')
  expect(found(text, both).map(({ message }) => message)).toEqual(["`a` is not scaled: its values go from 0 to 20, and 1 more"])
  expect(mended(text, both)).toBe(table('"*": { type: number, missing: mean, scale: standard }'))
})

test.each([
  ["a scaled column with an outlier", table("a: { type: number, scale: standard }, b: number")],
  ["numbers before a normalization", table("a: number, b: number", layers.replace("[{", "[batch_norm, {"))],
  ["tokens", table("a: number, b: number", layers.replace("[{", "[{ embedding: { tokens: 2000, units: 4 } }, flatten, {"))],
])("nothing is said of %s", (_, text) => {
  expect(found(text, sizes)).toEqual([])
})

const images = (data: string) =>
  `schema: 1\ndata:\n  source: { idx: { images: a.idx, labels: b.idx } }\n${data}model: { layers: [flatten, { dense: 8 }, relu, { head: label }] }\n`

test("bytes that nothing scales are reported, and images whose white is not 255", () => {
  const facts = (largest: number): Facts => ({ sample: [4, 4], extents: [{ extent: [0, largest] }] })
  expect(mended(images(""), facts(255))).toBe(images("").replace("  source", "  scale: minmax\n  source"))
  const bytes = images("  image: { size: [4, 4], scale: none }\n")
  expect(mended(bytes, facts(255))).toBe(bytes.replace("none", "unit"))
  expect(mended(bytes, facts(16))).toBe(bytes.replace("none", "{ max: 16 }"))
  expect(found(bytes, facts(1))).toEqual([])
})

test("a class of less than a tenth of another is reported, unless classes are weighted", () => {
  const facts: Facts = { sample: [2], target, counts: [1200, 90] }
  const text = table("a: number, b: number", `${layers}train:\n  epochs: 3\n`)
  expect(found(text, facts)).toMatchObject([
    {
      code: "A612",
      message: "the classes are imbalanced: 1,200 of `no` and 90 of `yes` in the training rows",
      span: { line: 4, column: 36 },
    },
  ])
  const weighted = mended(text, facts)
  expect(weighted).toContain("train:\n  regularize: { class_weight: balanced }\n  epochs: 3\n")
  expect(found(weighted, facts)).toEqual([])
  expect(found(text, { ...facts, counts: [1200, 120] })).toEqual([])
})
