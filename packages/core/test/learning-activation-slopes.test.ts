/** Slopes of activations in the engine's floats, compared with their formulas in doubles, far from 0 too, where differences cancel. */
import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import * as Activation from "../src/learning/Activation.ts"
import * as T from "../src/tensor/Tensor.ts"
import { grad } from "../src/transform/Autodiff.ts"

type Slope = (x: number) => number

const sigmoid: Slope = (x) => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x)))

interface Case {
  readonly apply: (x: T.Tensor) => T.Tensor
  readonly slope: Slope
}

/** Those whose slope is right to a few units in the last place wherever it is a normal float. */
const relative: { readonly [name: string]: Case } = {
  elu: { apply: (x) => Activation.elu(x), slope: (x) => (x > 0 ? 1 : Math.exp(x)) },
  "elu with an alpha": { apply: (x) => Activation.elu(x, 0.3), slope: (x) => (x > 0 ? 1 : 0.3 * Math.exp(x)) },
  selu: {
    apply: Activation.selu,
    slope: (x) => Activation.seluScale * (x > 0 ? 1 : Activation.seluAlpha * Math.exp(x)),
  },
  softplus: { apply: (x) => Activation.softplus(x), slope: sigmoid },
  logSigmoid: { apply: Activation.logSigmoid, slope: (x) => sigmoid(-x) },
  softsign: { apply: Activation.softsign, slope: (x) => 1 / (1 + Math.abs(x)) ** 2 },
  leakyRelu: { apply: (x) => Activation.leakyRelu(x, 0.01), slope: (x) => (x > 0 ? 1 : 0.01) },
}

/**
 * Those that are right to a few units in the last place of 1: sigmoid and tanh take the slope from their value, y(1 - y) and
 * 1 - y²; swish, gelu and mish are sums whose terms nearly cancel where they bend.
 */
const absolute: { readonly [name: string]: Case } = {
  sigmoid: { apply: Activation.sigmoid, slope: (x) => sigmoid(x) * sigmoid(-x) },
  tanh: { apply: Activation.tanh, slope: (x) => 4 * sigmoid(2 * x) * sigmoid(-2 * x) },
  swish: { apply: (x) => Activation.swish(x), slope: (x) => sigmoid(x) + x * sigmoid(x) * sigmoid(-x) },
  mish: {
    apply: Activation.mish,
    slope: (x) => {
      const s = x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x))
      return Math.tanh(s) + x * sigmoid(x) * 4 * sigmoid(2 * s) * sigmoid(-2 * s)
    },
  },
  "gelu by tanh": {
    apply: (x) => Activation.gelu(x, "tanh"),
    slope: (x) => {
      const [u, du] = [1.5957691216057308 * (x + 0.044715 * x ** 3), 1.5957691216057308 * (1 + 0.134145 * x ** 2)]
      return sigmoid(u) + x * sigmoid(u) * sigmoid(-u) * du
    },
  },
}

const smallest = 2 ** -126

/** Numbers of every size up to 10,000, as many small as large, and many where exponentials fade. */
const places = fc.array(
  fc.oneof(
    fc.float({ min: -Math.fround(1e4), max: Math.fround(1e4), noNaN: true }),
    fc.float({ min: -110, max: 20, noNaN: true }),
    fc.constantFrom(0, -1, 1, -10, -18, -50, -80),
  ),
  { minLength: 1, maxLength: 40 },
)

const slopes = ({ apply }: Case, xs: ReadonlyArray<number>): ReadonlyArray<number> => [
  ...T.read(grad((x: T.Tensor) => T.sum(apply(x)))(T.make(xs))).data,
]

describe("the slope in f32 is that of the formula in doubles, over wide ranges:", () => {
  test.each(Object.entries(relative))("%s, to a few units in the last place", (_, of) => {
    fc.assert(
      fc.property(places, (xs) => {
        for (const [i, found] of slopes(of, xs).entries()) {
          const expected = of.slope(xs[i] ?? 0)
          const off = Math.abs(found - expected)
          expect(off, `${found} for ${expected} at ${xs[i]}`).toBeLessThanOrEqual(4e-7 * Math.abs(expected) + smallest)
        }
      }),
    )
  })

  test.each(Object.entries(absolute))("%s, to a few units in the last place of 1", (_, of) => {
    fc.assert(
      fc.property(places, (xs) => {
        for (const [i, found] of slopes(of, xs).entries()) {
          const x = xs[i] ?? 0
          const expected = of.slope(x)
          const off = Math.abs(found - expected)
          expect(off, `${found} for ${expected} at ${x}`).toBeLessThanOrEqual(5e-7 * (1 + Math.min(Math.abs(x), 10)))
        }
      }),
    )
  })

  test("elu and selu at -10 and -18, where expm1 + 1 had lost them", () => {
    const [ten, eighteen] = slopes(relative.elu as Case, [-10, -18])
    expect(ten).toBe(Math.fround(4.5399929762484854e-5))
    expect(eighteen).toBe(Math.fround(1.522997974471263e-8))
  })
})
