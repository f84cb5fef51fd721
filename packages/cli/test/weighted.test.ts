/** Rows with weights: everything that `evaluate` and the report say of answers counts a row of weight 2 as two rows. */
import { readFileSync } from "node:fs"
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
