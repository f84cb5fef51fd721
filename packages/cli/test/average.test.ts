/** A run whose model is the mean of its weights over time, from the file to its predictions. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { folder, run } from "./world.ts"

const moons = `schema: 1
name: moons
data: { source: { moons: { count: 120 } }, split: { val: 20%, test: 20%, stratify: label, seed: 3 } }
model: { layers: [{ dense: { units: 8, activation: relu } }, { head: label }] }
train: { seed: 5, epochs: 4, batch: 16, optimizer: { sgd: 0.5 }, metrics: [accuracy], average: 0.9 }
`

const directory = folder({ "moons.yaml": moons })
const runs = join(directory, "runs")
const scores = (text: string) => JSON.parse(text).val
const summary = (number: string) => JSON.parse(readFileSync(join(runs, "moons", number, "summary.json"), "utf8"))
const train = async (...set: ReadonlyArray<string>) =>
  expect(
    await run(["train", join(directory, "moons.yaml"), "--runs", runs, ...set.flatMap((each) => ["--set", each])]),
  ).toMatchObject({ code: 0 })
const evaluate = (number: string) => run(["evaluate", `moons/${number}`, "--runs", runs, "--split", "val", "--json"])

describe("train.average", () => {
  test("gives the mean to evaluate, and goes on bit for bit", async () => {
    await train()
    await train("train.epochs=2")
    expect(await run(["train", "--resume", "moons/2", "--runs", runs, "--set", "train.epochs=4"])).toMatchObject({ code: 0 })
    const [whole, resumed] = [await evaluate("1"), await evaluate("3")]
    expect(scores(whole.stdout)).toEqual(summary("0001").val)
    expect(scores(resumed.stdout)).toEqual(scores(whole.stdout))
    const weights = (number: string) => readFileSync(join(runs, "moons", number, "checkpoints/last/optimizer.safetensors"))
    expect(weights("0003").equals(weights("0001"))).toBe(true)
  })

  test("trains as without it, and stands for the best epoch's mean where that is restored", async () => {
    await train("train.average=0.5", "train.callbacks=[{ early_stop: { patience: 3 } }]")
    expect(summary("0004").weights).toBe("best")
    expect(scores((await evaluate("4")).stdout)).toEqual(summary("0004").val)
    const weights = (number: string) => readFileSync(join(runs, "moons", number, "checkpoints/last/weights.safetensors"))
    expect(weights("0004").equals(weights("0001"))).toBe(true)
    expect(summary("0004").val).not.toEqual(summary("0001").val)
  })
})
