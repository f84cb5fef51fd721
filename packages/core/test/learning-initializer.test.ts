import { Activation, Initializer, Key, Shape, Tensor } from "@adjoint/core"
import { make } from "@adjoint/core/learning/Entry"
import { describe, expect, test } from "vitest"

const shape = [120, 200]
const fans = { fanIn: 120, fanOut: 200 }
const count = Shape.size(shape)

interface Theory {
  readonly options?: { readonly [option: string]: unknown }
  readonly mean?: number
  readonly variance: number
  /** Where the distribution ends. */
  readonly limit?: number
  readonly kurtosis?: number
}

const uniform = (variance: number): Theory => ({ variance, limit: Math.sqrt(3 * variance), kurtosis: 9 / 5 })
const normal = (variance: number): Theory => ({ variance, kurtosis: 3 })

/** What each distribution's moments are, by the formulas of the papers. */
const theory: { readonly [N in Initializer.Name]: ReadonlyArray<Theory> } = {
  auto: [normal(2 / 320)],
  zeros: [{ variance: 0 }],
  ones: [{ mean: 1, variance: 0 }],
  constant: [
    { mean: 0.01, variance: 0 },
    { options: { value: -3 }, mean: -3, variance: 0 },
  ],
  normal: [normal(1e-4), { ...normal(4), options: { std: 2 } }],
  uniform: [uniform(0.05 ** 2 / 3), { ...uniform(3), options: { limit: 3 } }],
  xavier_normal: [normal(2 / 320), { ...normal((25 / 9) * (2 / 320)), options: { gain: 5 / 3 } }],
  xavier_uniform: [
    { ...uniform(2 / 320), limit: Math.sqrt(6 / 320) },
    { ...uniform(4 * (2 / 320)), options: { gain: 2 } },
  ],
  glorot_normal: [normal(2 / 320)],
  glorot_uniform: [uniform(2 / 320)],
  he_normal: [
    normal(2 / 120),
    { ...normal(2 / 200), options: { mode: "fan_out" } },
    { ...normal(2 / (1 + 0.3 ** 2) / 120), options: { nonlinearity: { name: "leaky_relu", options: { alpha: 0.3 } } } },
    { ...normal(1 / 120), options: { nonlinearity: { name: "identity", options: {} } } },
  ],
  he_uniform: [
    { ...uniform(2 / 120), limit: Math.sqrt(6 / 120) },
    { ...uniform(2 / 200), options: { mode: "fan_out" } },
  ],
  lecun_normal: [normal(1 / 120)],
  lecun_uniform: [uniform(1 / 120)],
}

const moments = (data: ArrayLike<number>) => {
  const xs = Array.from(data)
  const mean = xs.reduce((sum, x) => sum + x, 0) / xs.length
  const central = (power: number) => xs.reduce((sum, x) => sum + (x - mean) ** power, 0) / xs.length
  return { mean, variance: central(2), kurtosis: central(4) / central(2) ** 2, largest: Math.max(...xs.map(Math.abs)) }
}

const rows = Object.entries(theory).flatMap(([name, expected]) =>
  expected.map((row) => ({ name, row, options: row.options ?? {} })),
)

describe.each(rows)("$name $options", ({ name, options, row }) => {
  const initializer = make(Initializer.table, { name, options })
  const weights = Tensor.read(initializer(Key.make(5), shape, fans))
  const seen = moments(weights.data)

  test("has the mean and variance of its formula", () => {
    // Five standard errors of a mean, and of a variance: a sample of 24,000 has neither further off.
    expect(Math.abs(seen.mean - (row.mean ?? 0))).toBeLessThanOrEqual(5 * Math.sqrt(row.variance / count) + 1e-12)
    const spread = Math.sqrt(((row.kurtosis ?? 1) - 1) / count)
    expect(Math.abs(seen.variance - row.variance)).toBeLessThanOrEqual(5 * spread * row.variance + 1e-25)
  })

  test("has the shape of its distribution", () => {
    if (row.limit !== undefined) {
      expect(seen.largest).toBeLessThanOrEqual(row.limit)
      expect(seen.largest).toBeGreaterThan(0.999 * row.limit)
    }
    if (row.kurtosis !== undefined) expect(Math.abs(seen.kurtosis - row.kurtosis)).toBeLessThan(0.2)
  })

  test("gives the same numbers for the same key, and others for another unless it is constant", () => {
    const again = Tensor.read(initializer(Key.make(5), shape, fans)).data
    const other = Tensor.read(initializer(Key.make(6), shape, fans)).data
    expect(again).toEqual(weights.data)
    expect(other.some((x, i) => x !== weights.data[i])).toBe(row.variance > 0)
  })
})

describe("auto", () => {
  const chosen: { readonly [N in Activation.Name]: Initializer.Initializer } = {
    identity: Initializer.xavier("normal"),
    step: Initializer.xavier("normal"),
    sigmoid: Initializer.xavier("normal"),
    tanh: Initializer.xavier("normal", 5 / 3),
    softmax: Initializer.xavier("normal"),
    log_softmax: Initializer.xavier("normal"),
    relu: Initializer.he("normal"),
    leaky_relu: Initializer.he("normal", Math.sqrt(2 / (1 + 0.01 ** 2))),
  }

  const draw = (initializer: Initializer.Initializer, activation?: Activation.Activation) =>
    Tensor.read(initializer(Key.make(1), [4, 3], { fanIn: 4, fanOut: 3, ...(activation === undefined ? {} : { activation }) }))
      .data

  test.each(Object.entries(chosen))("before %s is what suits it", (name, expected) => {
    expect(draw(Initializer.auto, make(Activation.table, { name, options: {} }))).toEqual(draw(expected))
  })

  test("before nothing is what suits the identity, and before a self-normalizing activation it is LeCun's", () => {
    expect(draw(Initializer.auto)).toEqual(draw(Initializer.xavier("normal")))
    expect(draw(Initializer.auto, { apply: Tensor.tanh, gain: 3 / 4, suits: "lecun" })).toEqual(draw(Initializer.lecun("normal")))
  })
})

test("fans of matrices, kernels and vectors", () => {
  expect(Initializer.fans([784, 128])).toEqual({ fanIn: 784, fanOut: 128 })
  expect(Initializer.fans([5, 5, 6, 16])).toEqual({ fanIn: 150, fanOut: 400 })
  expect(Initializer.fans([7])).toEqual({ fanIn: 7, fanOut: 7 })
})
