/** `--set` against short forms and defaults, and flags that are settings. */
import { join } from "node:path"
import { expect, test } from "vitest"
import { folder, run } from "./world.ts"

const model = `schema: 1
name: s
data: { source: { moons: { count: 60 } } }
model: { layers: [{ dense: 4 }, relu, { head: label }] }
train: { epochs: 1, optimizer: { adam: 0.02 } }
`

test("an override reaches options that the file writes short, or not at all", { timeout: 60_000 }, async () => {
  const file = join(folder({ "m.yaml": model }), "m.yaml")
  const checked = async (set: string) => run(["check", file, "--set", set])
  for (const set of [
    "train.optimizer.adam.lr=0.1",
    "train.optimizer.adam.beta1=0.8",
    "model.layers[0].dense.bias=false",
    "model.layers[2].head.init=zeros",
    "train.regularize.l2=0.01",
    "data.split.seed=3",
  ])
    expect([set, (await checked(set)).code]).toEqual([set, 0])
  const wrong = await checked("train.optimizer.adam.lr=-1")
  expect(wrong.code).toBe(3)
  expect(wrong.stdout).toContain("train.optimizer.adam.lr: expected a number > 0, got -1\n  --> --set train.optimizer.adam.lr=-1")
  const { stdout } = await run(["inspect", file, "--set", "model.layers[0].dense.units=7"])
  expect(stdout).toContain("[2] → [7]")
})

test("a flag that is a setting is answered with what to write", async () => {
  const tried = async (...args: ReadonlyArray<string>) => (await run(["train", "m.yaml", ...args])).stderr
  expect(await tried("--epochs", "5")).toContain("try: --set train.epochs=5")
  expect(await tried("--batch-size=64")).toContain("try: --set train.batch=64")
  expect(await tried("--zzzzzzzz", "5")).not.toContain("try:")
})

test("a flag that is an option of a choice is answered for the choice of the file", async () => {
  const tried = async (optimizer: string, flag: string) => {
    const file = join(folder({ "m.yaml": model.replace("{ adam: 0.02 }", optimizer) }), "m.yaml")
    return (await run(["train", file, flag, "0.1"])).stderr
  }
  expect(await tried("{ adam: 0.02 }", "--lr")).toContain("try: --set train.optimizer.adam.lr=0.1")
  expect(await tried("lion", "--learning-rate")).toContain("try: --set train.optimizer.lion.lr=0.1")
  expect(await tried("{ sgd: { lr: 1, momentum: 0.9 } }", "--momentum")).toContain("try: --set train.optimizer.sgd.momentum=0.1")
  expect(await tried("nonsense", "--lr")).toContain("try: --set train.optimizer.")
  const unnamed = join(folder({ "m.yaml": model.replace(", optimizer: { adam: 0.02 }", "") }), "m.yaml")
  expect((await run(["train", unnamed, "--lr", "0.1"])).stderr).toContain("try: --set train.optimizer.adam.lr=0.1")
})
