/** What the experiments find, by their numbers. They run in one process, and each twice: the same seed gives the same figure. */
import { readdirSync, readFileSync } from "node:fs"
import { expect, test } from "vitest"
import * as BatchNorm from "../experiments/batch-norm.ts"
import * as DyingRelu from "../experiments/dying-relu.ts"
import { type Result, svg } from "../experiments/experiment.ts"
import * as ExplodingGradient from "../experiments/exploding-gradient.ts"
import * as LearningRates from "../experiments/learning-rates.ts"
import * as LinearLayers from "../experiments/linear-layers.ts"
import * as Penalty from "../experiments/penalty.ts"
import * as Selu from "../experiments/selu.ts"
import * as ZeroWeights from "../experiments/zero-weights.ts"
import * as ZigZag from "../experiments/zig-zag.ts"
import { folder } from "./promised.ts"

/** The numbers of an experiment. Its finding is one line, and its figure a picture of numbers, for light and dark screens. */
const found = async <N>(experiment: () => Promise<Result<N>>): Promise<N> => {
  const { figure, finding, numbers } = await experiment()
  expect(finding).not.toContain("\n")
  expect(finding).toMatch(/\d/)
  const picture = svg(figure)
  expect(picture).toContain("prefers-color-scheme: dark")
  expect(picture).not.toMatch(/NaN|undefined|Infinity/)
  expect(picture.match(/<polyline/g)).toHaveLength(figure.lines.length)
  return numbers
}

test("zero weights learn nothing: the loss stays ln 2, and no gradient reaches a hidden weight", async () => {
  const { hidden, learned, stuck } = await found(ZeroWeights.experiment)
  expect(stuck).toBeCloseTo(Math.LN2, 2)
  expect(hidden).toBe(0)
  expect(learned).toBeLessThan(0.1)
})

test("inputs above 0 make a path zig-zag; centred inputs do not", async () => {
  const { centred, positive } = await found(ZigZag.experiment)
  expect(positive.share).toBe(1)
  expect(positive.ratio).toBeGreaterThan(2 * centred.ratio)
  expect(centred.share).toBeGreaterThan(0.35)
  expect(centred.share).toBeLessThan(0.65)
  expect(positive.missing).toBeGreaterThan(10 * centred.missing)
})

test("relu dies at a high rate, in 10 to 30 % of its units; a lower rate, a bias and a leak are cures", async () => {
  const { bias, high, leaky, low } = await found(DyingRelu.experiment)
  expect(high).toBeGreaterThan(0.1)
  expect(high).toBeLessThan(0.3)
  expect(low).toBeLessThan(high / 5)
  expect(bias).toBeLessThan(high / 2)
  expect(leaky).toBe(0)
})

test("linear layers add nothing", async () => {
  const { four, largest, one, relu } = await found(LinearLayers.experiment)
  expect(largest).toBeLessThan(1e-5)
  expect(Math.max(one, four)).toBeLessThan(0.65)
  expect(relu).toBeGreaterThan(0.95)
})

test("selu keeps its variance through fifty layers under its conditions, and under no other", async () => {
  const { first, last } = await found(Selu.experiment)
  for (const kept of ["all conditions", "alpha dropout"] as const) {
    expect(last[kept]).toBeGreaterThan(0.7)
    expect(last[kept]).toBeLessThan(1.4)
  }
  expect(last.he_normal).toBeGreaterThan(10)
  expect(last["normal(0.01)"]).toBeLessThan(1e-9)
  expect(last.dropout).toBeGreaterThan(1.5)
  expect(last["residual branches"]).toBeGreaterThan(1e6)
  // It finds back from unscaled inputs, but not at once.
  expect(first).toBeGreaterThan(10)
})

test("batch normalization rescues weights that are too small and too large", async () => {
  const accuracies = await found(BatchNorm.experiment)
  for (const init of ["small weights", "large weights"] as const) {
    expect(accuracies[init]).toBeLessThan(0.7)
    expect(accuracies[`${init}, normalized`]).toBeGreaterThan(0.9)
  }
})

test("the loss rises with λ at first, and the validation loss falls to a best λ and rises again", async () => {
  const { best, costs, losses } = await found(Penalty.experiment)
  expect(costs.toSorted((a, b) => a - b)).toEqual(costs)
  expect(best).toBeGreaterThan(0)
  expect(best).toBeLessThan(1)
  const least = Math.min(...losses)
  expect(losses[0]).toBeGreaterThan(1.2 * least)
  expect(losses.at(-1)).toBeGreaterThan(1.2 * least)
})

test("gradients through time vanish or explode, and clipping keeps a run finite", async () => {
  const { clipped, exploded, plain, vanished } = await found(ExplodingGradient.experiment)
  // The recurrent matrix is orthogonal times the gain, so the ratio is its 39th power.
  expect(Math.log(vanished) / 39).toBeCloseTo(Math.log(0.8), 1)
  expect(Math.log(exploded) / 39).toBeCloseTo(Math.log(1.3), 1)
  expect(Number.isFinite(plain)).toBe(false)
  expect(clipped).toBeLessThan(1)
})

test("a rate that is too low changes nothing, and one that is too high ends in infinity or NaN", async () => {
  const { deep, first, from, losses, to } = await found(LearningRates.experiment)
  expect(losses[0]).toBeGreaterThan(0.9 * first)
  expect(Math.min(...losses.filter(Number.isFinite))).toBeLessThan(0.1 * first)
  expect(losses.some((loss) => Number.isFinite(loss) && loss > 10 * first)).toBe(true)
  expect(losses.slice(-2)).toEqual([Number.POSITIVE_INFINITY, Number.NaN])
  expect(from).toBeGreaterThan(1e-5)
  expect(to).toBeLessThan(1)
  // The band of the courses lies within that of a deep net with adam, and its steepest rate within the band of the courses.
  expect(deep.low).toBeLessThan(1e-5)
  expect(deep.high).toBeGreaterThan(1e-3)
  expect(deep.steepest).toBeGreaterThan(1e-5)
  expect(deep.steepest).toBeLessThan(1e-3)
})

test("the same experiment gives the same figure", async () => {
  const pictures = [await ZeroWeights.experiment(), await ZeroWeights.experiment()].map(({ figure }) => svg(figure))
  expect(pictures[0]).toBe(pictures[1])
})

const names = readdirSync(new URL("experiments", folder)).filter((name) => name !== "experiment.ts")

test.each(names)("%s is short, and listed", (name) => {
  const text = readFileSync(new URL(`experiments/${name}`, folder), "utf8")
  expect(text.split("\n").length).toBeLessThan(110)
  expect(readFileSync(new URL("README.md", folder), "utf8")).toContain(`(experiments/${name})`)
})
