/** Rows with weights: everything that `evaluate` and the report say of answers counts a row of weight 2 as two rows. */
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { beforeAll, expect, test } from "vitest"
import { folder, jsonLines, run } from "./world.ts"

const names = ["x", "z", "trust", "y"] as const
const rows = Array.from({ length: 90 }, (_, i) => ({
  x: (i * 7) % 30,
  z: (i * 11) % 17,
  trust: [1, 3, 0, 2][i % 4] ?? 1,
  y: (i * 7) % 30 > 14 !== (i % 3 === 1) ? "yes" : "no",
}))
const table = (some: typeof rows) => [names.join(","), ...some.map((row) => names.map((name) => row[name]).join(","))].join("\n")
const repeated = rows.flatMap((row) => Array.from({ length: row.trust }, () => ({ ...row, trust: 1 })))

const model = `schema: 1
name: trusted
data:
  source: rows.csv
  columns: { x: number, z: number, trust: weight, y: class }
  split: { val: 10%, test: 50%, seed: 2 }
model: { layers: [{ dense: { units: 4, activation: relu } }, { head: y }] }
train: { seed: 1, epochs: 6, batch: 8, optimizer: { adam: 0.05 }, metrics: [accuracy, precision, auroc, auprc] }
`
const directory = folder({ "trusted.yaml": model, "rows.csv": table(rows), "repeated.csv": table(repeated) })
const runs = ["--runs", join(directory, "runs")]

beforeAll(async () => {
  expect((await run(["train", join(directory, "trusted.yaml"), ...runs])).code).toBe(0)
})

const evaluated = async (file: string) =>
  jsonLines((await run(["evaluate", "trusted/1", join(directory, file), ...runs, "--json"])).stdout)[0]

test("classes have the precision, the recall and the F1 of rows that are repeated, and supports in rows", async () => {
  const [weighted, copies] = [await evaluated("rows.csv"), await evaluated("repeated.csv")]
  for (const [i, { f1, precision, recall }] of copies.classes.entries()) {
    expect(weighted.classes[i].precision).toBeCloseTo(precision, 6)
    expect(weighted.classes[i].recall).toBeCloseTo(recall, 6)
    expect(weighted.classes[i].f1).toBeCloseTo(f1, 6)
  }
  expect(weighted.classes[1].precision).toBeCloseTo(weighted.scores.precision, 6)
  expect(weighted.classes[0].support + weighted.classes[1].support).toBe(90)
})

test("the areas under the curves that are drawn are the scores of the same rows", async () => {
  expect((await run(["report", "trusted/1", ...runs])).code).toBe(0)
  const read = (name: string) => readFileSync(join(directory, "runs/trusted/0001", name), "utf8")
  const { test: scores } = JSON.parse(read("summary.json"))
  expect(read("plots/roc.svg")).toContain(`: area ${scores.auroc.toFixed(3)}`)
  expect(read("plots/pr.svg")).toContain(`: average ${scores.auprc.toFixed(3)}`)
  expect(read("plots/confusion.svg")).toContain("Each row counts once, whatever its weight.")
})

test("a part whose rows all have the weight 0 is found before the training, and so is such a file", async () => {
  const none = [
    "x,z,trust,y",
    ...Array.from({ length: 20 }, (_, i) => `${i},${i % 3},${i < 15 ? 1 : 0},${i % 2 === 0 ? "yes" : "no"}`),
  ]
  const file = (name: string) => join(directory, name)
  writeFileSync(file("none.csv"), none.join("\n"))
  writeFileSync(file("zero.csv"), [none[0], ...none.slice(16)].join("\n"))
  const split = (by: string) =>
    model.replace("split: { val: 10%, test: 50%, seed: 2 }", `split: { by: order, ${by} }`).replace("rows.csv", "none.csv")
  for (const [part, by] of [
    ["test", "val: 5, test: 5"],
    ["val", "val: 5"],
  ] as const) {
    writeFileSync(file("none.yaml"), split(by))
    const { code, stderr } = await run(["train", file("none.yaml"), "--runs", file("unmade")])
    expect(code).toBe(3)
    expect(stderr).toContain(`split part \`${part}\`: got 5 rows of weight 0 alone, wanted at least one of a weight above 0`)
    expect(stderr).toContain("none.yaml:6:")
    expect(existsSync(file("unmade"))).toBe(false)
  }
  const { code, stderr } = await run(["evaluate", "trusted/1", file("zero.csv"), ...runs])
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining("zero.csv: all rows have the weight 0") })
})

test("new rows without a weight are left out where training left them out, and refused where it did not", async () => {
  const dropping = ["--set", "data.columns.trust={ type: weight, missing: drop }", "--set", "name=dropping"]
  expect((await run(["train", join(directory, "trusted.yaml"), ...runs, ...dropping])).code).toBe(0)
  const blank = "5,1,,yes"
  writeFileSync(join(directory, "blank.csv"), `${table(rows)}\n${blank}\n`)
  const of = async (name: string, file: string) => run(["evaluate", name, join(directory, file), ...runs, "--json"])
  const [without, own] = [await of("dropping/1", "blank.csv"), await of("dropping/1", "rows.csv")]
  expect(jsonLines(without.stdout)[0]?.scores).toEqual(jsonLines(own.stdout)[0]?.scores)
  expect(jsonLines(own.stdout)[0]?.scores.accuracy).toBeGreaterThan(0)
  expect(JSON.stringify(jsonLines((await of("trusted/1", "blank.csv")).stdout))).toContain("row 91, column `trust`")
})
