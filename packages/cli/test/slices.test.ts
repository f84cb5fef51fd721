/** `evaluate.slices`: scores of groups of rows, in the summary, on the terminal and as events; and bounds of scores on the right side. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import * as fc from "fast-check"
import { beforeAll, describe, expect, test } from "vitest"
import { groupsOf } from "../src/evaluate/Groups.ts"
import { jsonSchema } from "../src/json/Events.ts"
import { accepts } from "./jsonSchema.ts"
import { folder, jsonLines, run } from "./world.ts"

const rows = Array.from({ length: 120 }, (_, i) => ({
  x: (i * 7) % 30,
  town: ["ulm", "bonn", ""][i % 3],
  kind: i % 40 === 0 ? "rare" : "usual",
  y: (i * 7) % 30 > 14 !== (i % 3 === 1 && i % 2 === 0) ? "yes" : "no",
}))
const names = ["x", "town", "kind", "y"] as const
const table = (some: typeof rows) => [names.join(","), ...some.map((row) => names.map((name) => row[name]).join(","))].join("\n")

const model = `schema: 1
name: groups
data:
  source: rows.csv
  columns: { x: { type: number, scale: standard }, y: { type: binary, role: target }, "*": ignore }
  split: { val: 20%, test: 40%, seed: 2 }
model: { layers: [{ dense: { units: 4, activation: relu } }, { head: y }] }
train: { seed: 1, epochs: 12, batch: 8, optimizer: { adam: 0.05 }, metrics: [accuracy, auroc] }
evaluate:
  slices: [town, x, kind]
`
const directory = folder({ "groups.yaml": model, "rows.csv": table(rows), "few.csv": table(rows.slice(0, 20)) })
const runs = ["--runs", join(directory, "runs")]
const file = join(directory, "groups.yaml")
const trained: { stdout: string } = { stdout: "" }

beforeAll(async () => {
  const { code, stdout } = await run(["train", file, ...runs])
  expect(code).toBe(0)
  trained.stdout = stdout
})

const evaluated = async (...args: ReadonlyArray<string>) => {
  const [event] = jsonLines((await run(["evaluate", "groups/1", ...args, ...runs, "--json"])).stdout)
  expect(accepts(jsonSchema(), event, jsonSchema())).toBe(true)
  return event
}

type Group = { readonly value: string; readonly rows: number; readonly scores: { readonly accuracy: number } }

describe("slices", () => {
  test("add up to the scores of all rows, in the summary and in evaluate alike", async () => {
    const summary = JSON.parse(readFileSync(join(directory, "runs/groups/0001/summary.json"), "utf8"))
    const event = await evaluated()
    expect(event.slices).toEqual(summary.slices)
    for (const groups of Object.values<ReadonlyArray<Group>>(event.slices)) {
      expect(groups.reduce((sum, group) => sum + group.rows, 0)).toBe(48)
      const correct = groups.reduce((sum, group) => sum + group.rows * group.scores.accuracy, 0)
      expect(correct / 48).toBeCloseTo(event.test.accuracy, 10)
    }
    expect(event.slices.town.map(({ value }: Group) => value)).toEqual(["bonn", "ulm", "(blank)"])
    expect(event.slices.x).toHaveLength(4)
  })

  test("of another part and of new rows are those of these rows", async () => {
    const val = await evaluated("--split", "val")
    expect(val.slices.town.reduce((sum: number, group: Group) => sum + group.rows, 0)).toBe(24)
    const fresh = await evaluated(join(directory, "few.csv"))
    expect(fresh.slices.town.map(({ rows, value }: Group) => [value, rows])).toEqual([
      ["bonn", 7],
      ["ulm", 7],
      ["(blank)", 6],
    ])
  })

  test("are printed with their rows, and few rows are said to be few", async () => {
    const { stdout } = await run(["evaluate", "groups/1", ...runs])
    expect(stdout).toMatch(
      /\n\n {2}by town {2}rows {2}accuracy +95 % +auroc\n {2}bonn +\d+ +\d+\.\d\d% +\d+\.\d\d% … \d+\.\d\d% +[\d.]+ {2}few rows\n/,
    )
    expect(stdout).toMatch(/\n {2}usual +4\d .*\d\n/)
    expect(trained.stdout).toContain("by town")
  })

  test("of a column that the table does not have are refused where they stand", async () => {
    const wrong = await run(["check", file, "--set", "evaluate.slices=[tonw]"])
    expect(wrong).toMatchObject({ code: 3, stdout: expect.stringContaining("did you mean `town`?") })
    const moons = await run(["check", file, "--set", "data.source=moons", "--set", "data.columns=null"])
    expect(moons.code).toBe(3)
  })
})

describe("groups", () => {
  test("hold every row once", () => {
    const value = fc.oneof(fc.constantFrom("a", "b", "NA", " ", "3"), fc.integer({ min: 0, max: 40 }).map(String))
    fc.assert(
      fc.property(fc.array(value, { maxLength: 80 }), (values) => {
        const groups = groupsOf(values)
        expect(groups.flatMap(({ rows }) => rows).sort((a, b) => a - b)).toEqual(values.map((_, i) => i))
        expect(groups.length).toBeLessThanOrEqual(13)
        expect(groups.every(({ rows }) => rows.length > 0)).toBe(true)
        expect(new Set(groups.map((group) => group.value)).size).toBe(groups.length)
      }),
    )
  })

  test("of numbers of which one is in half of the rows have no group of one row, and a number is one however it is written", () => {
    const numbers = Array.from({ length: 100 }, (_, i) => (i < 50 ? (["0", "0.0"][i % 2] ?? "") : String(i)))
    expect(groupsOf(numbers).map(({ rows, value }) => [value, rows.length])).toEqual([
      ["0", 50],
      ["50 … 74", 25],
      ["75 … 99", 25],
    ])
  })

  test("of many numbers are quarters, of many names the largest and the rest", () => {
    const numbers = Array.from({ length: 40 }, (_, i) => String((i * 11) % 40))
    expect(groupsOf(numbers).map(({ rows, value }) => [value, rows.length])).toEqual([
      ["0 … 9", 10],
      ["10 … 19", 10],
      ["20 … 29", 10],
      ["30 … 39", 10],
    ])
    const letters = Array.from({ length: 60 }, (_, i) => (i < 30 ? "z" : `n${i}`))
    const groups = groupsOf(letters)
    expect(groups).toHaveLength(12)
    expect(groups.find(({ value }) => value === "z")?.rows).toHaveLength(30)
    expect(groups.at(-1)).toMatchObject({ value: "20 others" })
  })
})

test("fail_above is the maximum of scores that are better the lower", async () => {
  const high = await run(["evaluate", "groups/1", ...runs])
  expect(high.code).toBe(0)
  const low = ["--set", "evaluate.fail_above={ loss: 0.0001 }", "--set", "evaluate.slices=[]"]
  const missed = await run(["train", file, ...runs, ...low])
  expect(missed).toMatchObject({ code: 6, stderr: expect.stringMatching(/test\.loss is [\d.]+, over the 0\.0001 asked for/) })
  const fine = await run(["train", file, ...runs, "--set", "evaluate.fail_above={ loss: 100 }"])
  expect(fine.code).toBe(0)
  const wrong = await run(["check", file, "--set", "evaluate.fail_under={ loss: 0.5 }"])
  expect(wrong).toMatchObject({ code: 3, stdout: expect.stringContaining("write it under `fail_above`") })
})
