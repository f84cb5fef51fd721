/**
 * Activations, losses, learning rates and whole training runs, compared with PyTorch's results in float64. The numbers and
 * the script that recorded them are in recorded/.
 */

import { readFileSync } from "node:fs"
import { Activation, Autodiff, LearningRate, Loss, Net, Optimizer, Params, Regularizer, Tensor } from "@adjoint/core"
import { make } from "@adjoint/core/learning/Entry"
import * as Layers from "@adjoint/core/learning/Layers"
import { assertAllClose } from "@adjoint/core/testing/allClose"
import * as Doubles from "@adjoint/core/testing/doubles"
import { describe, expect, test } from "vitest"

type Rows = ReadonlyArray<ReadonlyArray<number>>
type Weights = { readonly [layer in "dense1" | "dense2"]: { readonly w: Rows; readonly b: ReadonlyArray<number> } }
type Options = { readonly [option: string]: unknown }
type Target = { readonly target: Rows | ReadonlyArray<number>; readonly dtype: "i32" | "f32" }

interface Recorded {
  readonly package: string
  readonly points: Rows
  readonly cotangent: Rows
  readonly activations: ReadonlyArray<{ readonly name: string; readonly options: Options; readonly y: Rows; readonly grad: Rows }>
  readonly losses: ReadonlyArray<
    Target & {
      readonly name: string
      readonly options: Options
      readonly output: Rows
      readonly value: number
      readonly each: ReadonlyArray<number>
      readonly grad: Rows
    }
  >
  readonly rates: ReadonlyArray<{ readonly name: string; readonly lr: number; readonly rates: ReadonlyArray<number> }>
  readonly x: Rows
  readonly problems: { readonly [name: string]: Target & { readonly outputs: number } }
  readonly trajectories: ReadonlyArray<{
    readonly name: string
    readonly problem: string
    readonly activation: Activation.Name
    readonly schedule: string
    readonly start: Weights
    readonly losses: ReadonlyArray<number>
    readonly params: { readonly [step: string]: Weights }
  }>
}

const recorded = JSON.parse(readFileSync(new URL("recorded/torch-1.13.1.json", import.meta.url), "utf8")) as Recorded

const exact = { rtol: 1e-12 }

test("the recording is PyTorch's, and whole", () => {
  expect(recorded.package).toMatch(/^python3-torch 1\.13\.1/)
  expect(recorded.trajectories.length).toBeGreaterThanOrEqual(10)
  for (const { losses } of recorded.trajectories) expect(losses.length).toBeGreaterThanOrEqual(60)
})

describe("activations", () => {
  const points = Tensor.make(recorded.points)
  const cotangent = Tensor.make(recorded.cotangent)
  // Near 0 a slope of tanh or softmax is a difference of numbers near 1, good to a last place of 1.
  const nearOne = { rtol: 1e-12, atol: 1e-15 }

  test.each(recorded.activations)("$name $options", ({ grad, name, options, y }) => {
    const apply = make(Activation.table, { name, options })
    const { pull, value } = Autodiff.vjp(apply, points)
    assertAllClose(value, y, nearOne)
    assertAllClose(pull(cotangent), grad, nearOne)
  })
})

describe("losses", () => {
  test.each(recorded.losses)(
    "$name $options of $dtype targets",
    ({ dtype, each, grad, name, options, output, target, value }) => {
      const loss = make(Loss.table, { name, options })
      const wanted = Tensor.make(target, dtype)
      const made = Autodiff.valueAndGrad((x: Tensor.Tensor) => loss(x, wanted))(Tensor.make(output))
      assertAllClose(made.value, value, exact)
      assertAllClose(loss.perExample(Tensor.make(output), wanted), each, exact)
      // A gradient is a difference of probabilities, good to a last place of 1 over the number of rows.
      assertAllClose(made.grad, grad, { rtol: 1e-12, atol: 1e-16 })
    },
  )
})

const schedules: { readonly [name: string]: (lr: number, steps: number) => LearningRate.LearningRate } = {
  constant: (lr) => LearningRate.constant(lr),
  step: (lr) => LearningRate.step({ lr, every: 20, factor: 0.3 }),
  exponential: (lr) => LearningRate.exponential({ lr, factor: 0.97 }),
  cosine: (lr, steps) => LearningRate.cosine({ lr, steps, min: 0.001 }),
  polynomial: (lr) => LearningRate.polynomial({ lr, steps: 50, power: 2 }),
  linear: (lr, steps) => LearningRate.polynomial({ lr, steps }),
  inverse_time: (lr) => LearningRate.inverseTime({ lr, decay: 0.3, every: 4 }),
  cosine_restarts: (lr) => LearningRate.cosineRestarts({ lr, steps: 7, growth: 2, min: 0.002 }),
  "cosine_restarts, equal": (lr) => LearningRate.cosineRestarts({ lr, steps: 10 }),
  one_cycle: (lr, steps) => LearningRate.oneCycle({ lr, steps }),
  "one_cycle, rising longer": (lr, steps) => LearningRate.oneCycle({ lr, steps, rise: 0.45, divide: 10, finalDivide: 50 }),
  warmup: (lr) => LearningRate.warmup(10, LearningRate.constant(lr)),
  warmup_cosine: (lr, steps) => LearningRate.warmup(10, LearningRate.cosine({ lr, steps: steps - 10 })),
}

const rateOf = (name: string): LearningRate.LearningRate => {
  const found = recorded.rates.find((row) => row.name === name)
  const make = schedules[name]
  if (found === undefined || make === undefined) throw new Error(`no schedule ${name}`)
  return make(found.lr, found.rates.length)
}

describe("learning rates", () => {
  test.each(recorded.rates)("$name", ({ name, rates }) => {
    const rate = rateOf(name)
    const made = rates.map((_, step) => rate(Tensor.scalar(step, "i32")))
    assertAllClose(Tensor.stack(made), rates, exact)
  })
})

const optimizers: { readonly [name: string]: (rate: LearningRate.LearningRate) => Optimizer.Optimizer } = {
  sgd: (rate) => Optimizer.sgd(rate),
  "sgd, warm-up and cosine": (rate) => Optimizer.sgd(rate),
  "sgd, weight decay": (rate) => Optimizer.chain(Optimizer.addDecayedWeights(0.02), Optimizer.sgd(rate)),
  "sgd, L1": (rate) => Optimizer.sgd(rate),
  "sgd, clipped (by hand)": (rate) => Optimizer.chain(Optimizer.clipByGlobalNorm(0.5), Optimizer.sgd(rate)),
  "momentum of gradients": (rate) => Optimizer.momentum(rate, { accumulate: "gradients" }),
  "momentum of gradients, steps down": (rate) => Optimizer.momentum(rate, { accumulate: "gradients", momentum: 0.8 }),
  "momentum of steps, steps down (by hand)": (rate) => Optimizer.momentum(rate),
  "nesterov of gradients": (rate) => Optimizer.nesterov(rate, { accumulate: "gradients" }),
  "nesterov of gradients, weight decay and exponential": (rate) =>
    Optimizer.chain(Optimizer.addDecayedWeights(0.01), Optimizer.nesterov(rate, { accumulate: "gradients" })),
  "nesterov of steps, cosine (by hand)": (rate) => Optimizer.nesterov(rate),
  adam: (rate) => Optimizer.adam(rate),
  "adam, other betas": (rate) => Optimizer.adam(rate, { beta1: 0.8, beta2: 0.95, eps: 1e-6 }),
  "adam, weight decay inside": (rate) => Optimizer.chain(Optimizer.addDecayedWeights(0.05), Optimizer.adam(rate)),
  adamw: (rate) => Optimizer.adamw(rate, { weightDecay: 0.1 }),
  "adamw, steps down": (rate) => Optimizer.adamw(rate, { weightDecay: 0.03 }),
  "adagrad, outside": (rate) => Optimizer.adagrad(rate, { epsPlace: "outside" }),
  "adagrad, inside (by hand)": (rate) => Optimizer.adagrad(rate),
  "rmsprop, outside": () => Optimizer.rmsprop(0.05 / 5, { epsPlace: "outside" }),
  "rmsprop, centred with momentum, outside": () =>
    Optimizer.rmsprop(0.05 / 5, { decay: 0.95, eps: 1e-4, momentum: 0.8, centered: true, epsPlace: "outside" }),
  adadelta: () => Optimizer.adadelta(1),
  amsgrad: (rate) => Optimizer.amsgrad(rate),
  adamax: (rate) => Optimizer.adamax(rate),
  "nadam (by hand)": (rate) => Optimizer.nadam(rate),
  radam: (rate) => Optimizer.radam(rate),
  "radam, shorter memory": (rate) => Optimizer.radam(rate, { beta2: 0.9 }),
  "lion (by hand)": (rate) => Optimizer.lion(rate, { weightDecay: 0.1 }),
  "lamb (by hand)": () => Optimizer.lamb(0.05 / 5, { weightDecay: 0.05 }),
  "sgd, max-norm (by hand)": (rate) => Optimizer.chain(Optimizer.sgd(rate), Optimizer.maxNorm(0.8)),
  "adam, mean of three gradients (by hand)": (rate) => Optimizer.accumulate(3, Optimizer.adam(rate)),
  "lookahead of adam (by hand)": (rate) => Optimizer.lookahead(Optimizer.adam(rate)),
  "adamw, warm-up and cosine": (rate) => Optimizer.adamw(rate, { weightDecay: 0.1 }),
}

const problemLosses: { readonly [problem: string]: Loss.Loss } = {
  classes: Loss.categoricalCrossEntropy(),
  smoothed: Loss.categoricalCrossEntropy({ labelSmoothing: 0.1 }),
  binary: Loss.binaryCrossEntropy(),
  numbers: Loss.meanSquaredError,
}

const penalties: { readonly [name: string]: Regularizer.Regularizer } = { "sgd, L1": Regularizer.l1(0.01) }

describe("trajectories", () => {
  const x = Tensor.make(recorded.x)

  test.each(recorded.trajectories)(
    "$name ($problem, $activation)",
    ({ activation, losses, name, params, problem, schedule, start }) => {
      const made = optimizers[name]
      const loss = problemLosses[problem]
      const { dtype, outputs, target } = recorded.problems[problem] ?? { dtype: "f32", outputs: 0, target: [] }
      if (made === undefined || loss === undefined) throw new Error(`nothing for ${name} on ${problem}`)
      const optimizer = made(rateOf(schedule))
      const wanted = Tensor.make(target, dtype)
      const net = Net.sequential([Layers.dense({ units: 5, activation }), Layers.dense({ units: outputs })])
      const penalty = penalties[name]
      const cost = (at: Params.Params): Tensor.Tensor => {
        const mean = loss(net.apply(at, { dense1: {}, dense2: {} }, x, { mode: "infer" }).y, wanted)
        return penalty === undefined ? mean : Tensor.add(mean, penalty(at))
      }
      const tensors = ({ dense1, dense2 }: Weights): Params.Params => ({
        dense1: { w: Tensor.make(dense1.w), b: Tensor.make(dense1.b) },
        dense2: { w: Tensor.make(dense2.w), b: Tensor.make(dense2.b) },
      })
      let at = tensors(start)
      let state = optimizer.init(at)
      losses.forEach((expected, i) => {
        const { grad, value } = Autodiff.valueAndGrad(cost)(at)
        assertAllClose(value, expected, exact)
        const next = optimizer.update(grad, state, at)
        at = Optimizer.apply(at, next.updates)
        state = next.state
        Doubles.readAll([...Params.leaves(at), ...Params.leaves(state)])
        const kept = params[String(i + 1)]
        if (kept !== undefined)
          Params.zip(
            (got, want) => {
              assertAllClose(got, want, exact)
              return got
            },
            at,
            tensors(kept),
          )
      })
    },
  )
})
