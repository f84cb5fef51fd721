/** Runs whose loss weighs classes: they give up accuracy to find rare classes, and are judged by balanced accuracy. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { beforeAll, describe, expect, test } from "vitest"
import { folder, jsonLines, run } from "./world.ts"

/** One row in six is of the rare class; its rows have a large x, as have some of the others. `turned` says the contrary. */
const rows = (count: number, isTurned: boolean) =>
  Array.from({ length: count }, (_, i) => {
    const isRare = i % 6 === 0
    const x = isRare ? 1 + (i % 5) / 5 : i % 3 === 1 ? 1 + (i % 7) / 7 : -1 - (i % 4) / 4
    return `${(isTurned ? -x : x).toFixed(3)},${isRare ? "yes" : "no"}`
  })

const model = (name: string, rest = "") => `schema: 1
name: ${name}
data:
  source: ${name}.csv
  columns: { x: number, y: class }
  split: { by: order, train: 240, val: 120 }
model: { layers: [{ dense: { units: 4, activation: relu } }, { head: y }] }
train: { seed: 1, epochs: 12, batch: 16, optimizer: { adam: 0.02 }, metrics: [accuracy]${rest} }
evaluate: { split: val }
`
const csv = (isTurned: boolean) => ["x,y", ...rows(240, false), ...rows(120, isTurned)].join("\n")
const balanced = ", regularize: { class_weight: balanced }"
const directory = folder({
  "weighed.yaml": model("weighed", balanced),
  "weighed.csv": csv(false),
  "turned.yaml": model("turned", balanced),
  "turned.csv": csv(true),
})
const runs = ["--runs", join(directory, "runs")]
const summary = (name: string) => JSON.parse(readFileSync(join(directory, `runs/${name}/0001/summary.json`), "utf8"))

describe("a run with class weights", () => {
  let said: { readonly [name: string]: string } = {}
  beforeAll(async () => {
    const train = async (name: string) => {
      const { code, stderr } = await run(["train", join(directory, `${name}.yaml`), ...runs])
      expect(code).toBe(0)
      return [name, stderr] as const
    }
    said = Object.fromEntries([await train("weighed"), await train("turned")])
  })

  test("is not worse for an accuracy below that of the commonest class, and says what it is judged by", async () => {
    const { baseline, balanced, val, worseThanBaseline } = summary("weighed")
    expect(val.accuracy).toBeLessThan(baseline.accuracy)
    expect(balanced.balanced_accuracy).toBeGreaterThan(0.6)
    expect(worseThanBaseline).toBeUndefined()
    expect(said.weighed).toContain("val.balanced_accuracy ")
    expect(said.weighed).not.toContain("warning")
    const [{ classes }] = jsonLines((await run(["evaluate", "weighed/1", "--split", "val", ...runs, "--json"])).stdout)
    const recalls = classes.map(({ recall }: { readonly recall: number }) => recall)
    expect(balanced.balanced_accuracy).toBeCloseTo((recalls[0] + recalls[1]) / 2, 6)
  })

  test("is worse than its baseline where it finds less of the classes than one answer would", () => {
    const { balanced, worseThanBaseline } = summary("turned")
    expect(balanced.balanced_accuracy).toBeLessThan(0.5)
    expect(worseThanBaseline).toBe("val.balanced_accuracy")
    expect(said.turned).toMatch(/warning: val\.balanced_accuracy \d\d\.\d\d% is worse than always answering `no` \(50\.00%\)/)
  })
})
