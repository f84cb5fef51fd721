/** What the examples are there to show, read off the figures they print. That they print them is the test of the examples. */
import { expect, test } from "vitest"
import { figures, promised } from "./promised.ts"

const last = (numbers: ReadonlyArray<number>): number => numbers.at(-1) ?? Number.NaN

test("a perceptron learns and, or and nand, but not xor", () => {
  for (const gate of ["and", "or", "nand"]) expect(figures("07-perceptron.ts", gate)[0]).toBe(1)
  expect(figures("07-perceptron.ts", "xor")[0]).toBeLessThan(1)
})

test("in ten layers of sigmoids hardly any of the gradient arrives at the first, in ten of relu it does", () => {
  const [, sigmoid, , relu] = figures("08-depth.ts", "10 ")
  expect(sigmoid).toBeLessThan(1e-3)
  expect(relu).toBeGreaterThan(0.1)
})

test("each layer of sigmoids more leaves less of the gradient", () => {
  const first = ["2 ", "3 ", "4 ", "5 ", "6 ", "7 ", "8 ", "9 ", "10 "].map((depth) => figures("08-depth.ts", depth)[0] ?? 0)
  expect(first.toSorted((a, b) => b - a)).toEqual(first)
})

test("signals fade, saturate or stay alive, as the initializer goes", () => {
  const deviations = (line: string) => figures("09-initializers.ts", line)
  expect(last(deviations("tanh, normal 0.01"))).toBeLessThan(1e-6)
  expect(last(deviations("tanh, normal 1 "))).toBeGreaterThan(0.9)
  expect(last(deviations("tanh, xavier_normal"))).toBeGreaterThan(0.2)
  expect(last(deviations("relu, xavier_normal"))).toBeLessThan(0.05)
  expect(last(deviations("relu, he_normal"))).toBeGreaterThan(0.4)
})

test("selu keeps mean 0 and variance 1, and finds back to them", () => {
  const moments = (line: string) => figures("10-self-normalizing.ts", line).slice(-2)
  for (const line of ["selu  ", "selu, from 0.5 and 2.25", "selu, alpha_dropout"]) {
    const [mean = Number.NaN, variance = Number.NaN] = moments(line)
    expect(Math.abs(mean)).toBeLessThan(0.1)
    expect(Math.abs(variance - 1)).toBeLessThan(0.1)
  }
  expect(moments("selu, dropout")[1]).toBeGreaterThan(1.5)
  for (const line of ["tanh", "relu"]) expect(moments(line)[1]).toBeLessThan(0.1)
})

test("with batch normalization six layers of sigmoids learn at every rate, without it at none", () => {
  for (const rate of ["0.01 ", "0.1 ", "1 "]) {
    expect(last(figures("11-batch-norm.ts", `with it, rate ${rate}`))).toBeGreaterThan(0.5)
    expect(last(figures("11-batch-norm.ts", `without it, rate ${rate}`))).toBeLessThan(0.15)
  }
})

test("a plain net overfits; with L2 or dropout it loses less on what it has not seen", () => {
  const losses = (rows: "train" | "validation", remedy: string) => figures("12-overfitting.ts", `${rows}, ${remedy}`)
  const plain = losses("validation", "plain")
  expect(last(plain)).toBeGreaterThan(2 * Math.min(...plain))
  for (const remedy of ["L2", "dropout"]) {
    expect(last(losses("validation", remedy))).toBeLessThan(last(plain) / 2)
    expect(last(losses("train", remedy))).toBeGreaterThan(last(losses("train", "plain")))
  }
})

test("all six optimizers come down the valley", () => {
  for (const name of ["sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam"])
    expect(last(figures("13-optimizer-race.ts", name))).toBeLessThan(6.45 / 50)
})

test("a recurrent net becomes sure of its letters, and writes a line of the rhyme", () => {
  const [first = 0, ...later] = figures("14-char-rnn.ts", "perplexity")
  expect(first).toBeGreaterThan(5)
  expect(last(later)).toBeLessThan(1.2)
  expect(promised("14-char-rnn.ts")).toContain("That lay in the house that Jack built.\n")
})

test("what was learned of one question helps with another that has few points", () => {
  for (const points of ["16 ", "32 ", "64 "]) {
    const [scratch = 1, transferred = 0] = figures("15-transfer.ts", points)
    expect(transferred).toBeGreaterThan(scratch + 0.05)
  }
})

test("a student learns more from a teacher than from the labels alone, and a GAN is resumed to the bit", () => {
  const [alone = 1] = figures("23-distillation.ts", "student alone: accuracy")
  expect(figures("23-distillation.ts", "distilled: accuracy")[0]).toBeGreaterThan(alone)
  expect(promised("20-gan.ts")).toContain("the same bits: true")
})

test("a meta-learned start needs one step, where a net that learned all waves has hardly begun", () => {
  const [before, after] = figures("26-maml.ts", "meta-learned: error of new waves before and after a step") as [number, number]
  const [, other] = figures("26-maml.ts", "on all waves: error of new waves before and after a step") as [number, number]
  expect(after).toBeLessThan(before / 4)
  expect(after).toBeLessThan(other / 4)
})

test("a physics-informed net finds the exact solution, whose values go up to 1", () => {
  const [, error] = /largest error (\S+)/.exec(promised("27-pinn.ts")) ?? []
  expect(Number(error)).toBeLessThan(0.01)
})
