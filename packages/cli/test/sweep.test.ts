/** `adjoint sweep`: which λ is best, told to a person and to a program. */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { expect, test } from "vitest"
import { folder, jsonLines, run } from "./world.ts"

const moons = `schema: 1
name: moons
data: { source: { moons: { count: 100, noise: 0.35 } }, split: { val: 50%, stratify: label, seed: 3 } }
model: { layers: [{ dense: { units: 32, activation: tanh } }, { dense: { units: 32, activation: tanh } }, { head: label }] }
train: { seed: 5, epochs: 50, batch: 25, optimizer: { adam: 0.03 } }
`
const directory = folder({ "moons.yaml": moons })
const file = join(directory, "moons.yaml")
const few = ["--from", "0.001", "--to", "0.1", "--steps", "3"]

test("each score is that of a run with this λ, and nothing is kept", async () => {
  const { code, stderr, stdout } = await run(["sweep", file, ...few, "--json"])
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
  const events = jsonLines(stdout)
  expect(events.map(({ event }) => event)).toEqual(["sweep_started", ...Array(5).fill("lambda_scored"), "sweep_finished"])
  expect(events[0]).toMatchObject({ version: 1, penalty: "l2", lambdas: [0, 0.001, 0.01, 0.1], monitor: "val.loss", mode: "min" })
  const { below, best, points } = events.at(-1)
  expect(points).toHaveLength(4)
  expect(best.lambda).toBeGreaterThan(0)
  expect(best.value).toBe(Math.min(...points.map(({ value }: { readonly value: number }) => value)))
  expect(below.lambda).toBeCloseTo(0.8 * best.lambda, 9)
  expect(readdirSync(directory)).toEqual(["moons.yaml"])
  const runs = join(directory, "runs")
  expect(await run(["train", file, "--runs", runs, "--set", "train.regularize.l2=0.01"])).toMatchObject({ code: 0 })
  const { val } = JSON.parse(readFileSync(join(runs, "moons/0001/summary.json"), "utf8"))
  expect(points[2]).toEqual({ lambda: 0.01, value: val.loss })
})

test("a person sees a table with the best and the value below it", async () => {
  const { code, stderr, stdout } = await run(["sweep", file, ...few, "--penalty", "l1", "--set", "train.epochs=5"])
  expect(code).toBe(0)
  expect(stderr).toContain("l1 of moons · 4 runs · 5 epochs")
  expect(stdout).toMatch(/λ {2}val\.loss\n/)
  expect(stdout.match(/━/g)?.length).toBeGreaterThanOrEqual(24)
  expect(stdout).toMatch(/ {2}best$/m)
})

test("a best λ at the end of the range is said to be at its end", async () => {
  // Where much regularization helps, the last of a range that is too low is the best.
  const low = await run(["sweep", file, "--from", "1e-4", "--to", "0.003", "--steps", "3"])
  expect(low.stdout).toContain("the best λ is the largest that was tried; a larger one may be better still")
  expect(low.stdout).toContain("try: --from 3e-4 --to 3e-1")
})

test.each([
  [["--from", "0"], "λ cannot rise from 0"],
  [["--from", "0.1", "--to", "0.01"], "λ cannot rise from 0.1 to 0.01"],
  [["--steps", "1"], "a sweep of 1 steps"],
  [["--set", "data.split={ test: 50% }"], "there are none"],
  [["--set", "train.callbacks=[{ checkpoint: { monitor: train.loss } }]"], "would choose 0"],
])("%j is refused", async (args, message) => {
  const { code, stderr, stdout } = await run(["sweep", file, ...args])
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" })
  expect(stderr).toContain(message)
})
