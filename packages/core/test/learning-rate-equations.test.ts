/** Each learning rate compared with its formula, written out here in plain doubles, at every step of a run and beyond its end. */
import { LearningRate, Tensor } from "@adjoint/core"
import { make } from "@adjoint/core/learning/Entry"
import { assertAllClose } from "@adjoint/core/testing/allClose"
import * as Doubles from "@adjoint/core/testing/doubles"
import * as fc from "fast-check"
import { describe, expect, test } from "vitest"

type Formula = (t: number) => number

const half = (from: number, to: number, share: number): number => to + ((from - to) * (1 + Math.cos(Math.PI * share))) / 2

const lr = fc.integer({ min: 1, max: 64 }).map((n) => n / 64)
const min = fc.integer({ min: 0, max: 4 }).map((n) => n / 256)
const steps = fc.integer({ min: 1, max: 20 })
const factor = fc.constantFrom(0.1, 0.5, 0.9, 1)

/** Pairs of a rate and its formula, from random options. */
const cases: { readonly [name: string]: fc.Arbitrary<readonly [LearningRate.LearningRate, Formula]> } = {
  constant: lr.map((eta) => [LearningRate.constant(eta), () => eta]),
  step: fc
    .record({ lr, every: steps, factor })
    .map((o) => [LearningRate.step(o), (t) => o.lr * o.factor ** Math.floor(t / o.every)]),
  exponential: fc
    .record({ lr, every: fc.constantFrom(1, 2.5, 10), factor })
    .map((o) => [LearningRate.exponential(o), (t) => o.lr * o.factor ** (t / o.every)]),
  cosine: fc
    .record({ lr, min, steps })
    .map((o) => [LearningRate.cosine(o), (t) => half(o.lr, o.min, Math.min(t, o.steps) / o.steps)]),
  polynomial: fc
    .record({ lr, min, steps, power: fc.constantFrom(0.5, 1, 2, 3) })
    .map((o) => [LearningRate.polynomial(o), (t) => o.min + (o.lr - o.min) * (1 - Math.min(t, o.steps) / o.steps) ** o.power]),
  inverseTime: fc
    .record({ lr, every: fc.constantFrom(1, 2.5, 10), decay: fc.constantFrom(0, 0.5, 2) })
    .map((o) => [LearningRate.inverseTime(o), (t) => o.lr / (1 + (o.decay * t) / o.every)]),
  cosineRestarts: fc.record({ lr, min, steps, growth: fc.integer({ min: 1, max: 3 }) }).map((o) => [
    LearningRate.cosineRestarts(o),
    (t) => {
      let [start, length] = [0, o.steps]
      while (t >= start + length) {
        start += length
        length *= o.growth
      }
      return half(o.lr, o.min, (t - start) / length)
    },
  ]),
  oneCycle: fc
    .record({
      lr,
      steps: fc.integer({ min: 4, max: 30 }),
      rise: fc.constantFrom(0.25, 0.5, 0.75),
      divide: fc.constantFrom(2, 25),
      finalDivide: fc.constantFrom(1, 1e4),
    })
    .map((o) => [
      LearningRate.oneCycle(o),
      (t) => {
        const top = Math.max(o.rise * o.steps - 1, 0)
        const at = Math.min(t, o.steps - 1)
        if (top > 0 && at <= top) return half(o.lr / o.divide, o.lr, at / Math.max(top, 1))
        return half(o.lr, o.lr / (o.divide * o.finalDivide), (at - top) / Math.max(o.steps - 1 - top, 1))
      },
    ]),
  warmup: fc.record({ lr, min, steps, rise: fc.integer({ min: 0, max: 9 }) }).map(({ rise, ...o }) => [
    LearningRate.warmup(rise, LearningRate.cosine(o)),
    (t) => {
      const then = (s: number): number => half(o.lr, o.min, Math.min(s, o.steps) / o.steps)
      return t < rise ? ((t + 1) / (rise + 1)) * then(0) : then(t - rise)
    },
  ]),
}

describe.each(Object.entries(cases))("%s", (_, pairs) => {
  test("is its formula at every step", () => {
    fc.assert(
      fc.property(pairs, ([rate, formula]) => {
        const places = Array.from({ length: 45 }, (__, t) => t)
        const found = places.map((t) => Doubles.toNumber(rate(Tensor.scalar(t, "i32"))))
        assertAllClose(found, places.map(formula), { rtol: 1e-9, atol: 1e-12 })
      }),
      { numRuns: 40 },
    )
  })
})

test("every schedule of the table is one of these, with its times in epochs", () => {
  const run: LearningRate.Run = { lr: 0.5, epochs: 8, stepsPerEpoch: 5 }
  const at = (name: LearningRate.Name, options: object, t: number): number =>
    Doubles.toNumber(make(LearningRate.table, { name, options: { ...options } })(run)(Tensor.scalar(t, "i32")))
  const expected: { readonly [N in LearningRate.Name]: readonly [options: object, formula: Formula] } = {
    constant: [{}, () => 0.5],
    step: [{ every: 2, factor: 0.5 }, (t) => 0.5 * 0.5 ** Math.floor(t / 10)],
    exponential: [{ factor: 0.5 }, (t) => 0.5 * 0.5 ** (t / 5)],
    cosine: [{ min_lr: 0.1, epochs: "50%" }, (t) => half(0.5, 0.1, Math.min(t, 20) / 20)],
    polynomial: [{ power: 2, epochs: 4 }, (t) => 0.5 * (1 - Math.min(t, 20) / 20) ** 2],
    inverse_time: [{ decay: 3 }, (t) => 0.5 / (1 + (3 * t) / 5)],
    cosine_restarts: [{ epochs: 2, growth: 1 }, (t) => half(0.5, 0, (t % 10) / 10)],
    one_cycle: [
      { rise: 0.5, divide: 10, final_divide: 100 },
      (t) => (t <= 19 ? half(0.05, 0.5, t / 19) : half(0.5, 0.0005, (t - 19) / 20)),
    ],
    warmup_cosine: [{ warmup: 2 }, (t) => (t < 10 ? (0.5 * (t + 1)) / 11 : half(0.5, 0, (t - 10) / 30))],
    warmup: [
      { epochs: 2, schedule: { name: "step", options: { every: 1, factor: 0.5 } } },
      (t) => (t < 10 ? (0.5 * (t + 1)) / 11 : 0.5 * 0.5 ** Math.floor((t - 10) / 5)),
    ],
  }
  for (const [name, [options, formula]] of Object.entries(expected))
    for (const t of [0, 1, 4, 9, 10, 11, 19, 25, 39])
      expect(at(name as LearningRate.Name, options, t), `${name} at ${t}`).toBeCloseTo(formula(t), 9)
})
