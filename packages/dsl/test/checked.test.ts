/** What was checked is what is built: the checks run once for what they know, and again only where more is known. */
import * as Key from "@adjoint/core/tensor/Key"
import { Result } from "effect"
import { describe, expect, it } from "vitest"
import { build } from "../src/build/Build.ts"
import { check } from "../src/check/Check.ts"
import { checked, type Needed } from "../src/check/Checked.ts"
import * as Read from "../src/Read.ts"
import { standard } from "../src/schema/Catalogue.ts"
import { fromText } from "../src/source/Source.ts"
import { documentOf } from "./reading.ts"

const document = documentOf("schema: 1\nmodel: { layers: [{ dense: 8 }, { head: label }] }\ntrain: { batch: 16 }\n")

const facts: Needed = {
  sample: [4],
  target: { type: "class", name: "label", classes: ["a", "b", "c"] },
  rows: { train: 100, val: 20, test: 20 },
}

/** A catalogue that counts how often the checks look at its layers. */
const counting = () => {
  let looks = 0
  const catalogue = {
    ...standard,
    get layer() {
      looks++
      return standard.layer
    },
  }
  return { catalogue, looks: () => looks }
}

describe("checked", () => {
  it("takes a report of the same facts as it is", () => {
    const { catalogue, looks } = counting()
    const report = check(document, facts, catalogue)
    const before = looks()
    expect(before).toBeGreaterThan(0)
    const right = Result.getOrThrow(checked(document, facts, { catalogue, report }))
    expect(looks()).toBe(before)
    expect(build(right).heads[0]?.lossName).toBe("categorical_cross_entropy")
  })

  it("takes a report that was made of more facts, too", () => {
    const { catalogue, looks } = counting()
    const report = check(document, { ...facts, counts: [10, 20, 70] }, catalogue)
    const before = looks()
    expect(Result.isSuccess(checked(document, facts, { catalogue, report }))).toBe(true)
    expect(looks()).toBe(before)
  })

  it.each([
    ["fewer rows", { ...facts, rows: { ...facts.rows, train: 8 } }, ["T506"]],
    ["samples of another shape", { ...facts, sample: [2, 2] }, ["G402"]],
    ["more that is known", { ...facts, counts: [1, 1, 98] }, []],
  ] as const)("checks again where a report was made of other facts: %s", (_, other, codes) => {
    const { catalogue, looks } = counting()
    const report = check(document, facts, catalogue)
    const before = looks()
    const again = checked(document, other, { catalogue, report })
    expect(looks()).toBeGreaterThan(before)
    expect(Result.isFailure(again) ? again.failure.map(({ code }) => code) : []).toEqual(codes)
  })
})

describe("opening and checking", () => {
  const text = "schema: 1\ndata: { source: moons }\nmodel: { layers: [{ dense: 8 }, { head: label }] }\ntrain: { batch: 5000 }\n"

  it("says of an opened file over its own facts what reading it says", () => {
    const source = fromText("m.yaml", text)
    const reading = Read.read(source)
    expect(reading.diagnostics.map(({ code }) => code)).toEqual(["T506"])
    const opened = Result.getOrThrow(Read.openWith(source, []))
    expect(Read.withFacts(opened, { facts: reading.report.facts, findings: [] })).toEqual(reading)
  })

  it("builds what a reading reported without checking it again", () => {
    const reading = Read.read(fromText("m.yaml", text.replace("5000", "16")))
    const { catalogue, looks } = counting()
    const { report } = reading
    const { rows, sample, target } = report.facts
    if (reading.document === undefined || rows === undefined || sample === undefined || target === undefined)
      throw new Error("a toy says everything of its data")
    const right = Result.getOrThrow(checked(reading.document, { rows, sample, target }, { catalogue, report }))
    expect(looks()).toBe(0)
    expect(Object.keys(build(right).net.init(Key.make(0), sample).params)).toEqual(["dense1", "head1"])
  })
})
