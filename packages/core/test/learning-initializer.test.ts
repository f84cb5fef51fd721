import { readFileSync } from "node:fs"
import { Activation, Initializer, Key, Program, Shape, ShapeError, Tensor } from "@adjoint/core"
import { prepare } from "@adjoint/core/backend/wasm/prepare"
import { make } from "@adjoint/core/learning/Entry"
import { assertAllClose } from "@adjoint/core/testing/allClose"
import { describe, expect, test } from "vitest"

const shape = [120, 200]
const place = { fanIn: 120, fanOut: 200 }
const count = Shape.size(shape)

interface Theory {
  readonly options?: { readonly [option: string]: unknown }
  readonly mean?: number
  readonly variance: number
  /** Where the distribution ends. */
  readonly limit?: number
  readonly kurtosis?: number
  /** Nothing in it is drawn. */
  readonly isFixed?: boolean
}

const uniform = (variance: number): Theory => ({ variance, limit: Math.sqrt(3 * variance), kurtosis: 9 / 5 })
const normal = (variance: number): Theory => ({ variance, kurtosis: 3 })

/** The normal distribution cut at two standard deviations: with φ(2) and Φ(2), its moments are those of textbooks. */
const cut = (std: number): Theory => {
  const density = Math.exp(-2) / Math.sqrt(2 * Math.PI)
  const share = 0.9544997361036416
  const variance = 1 - (2 * 2 * density) / share
  const fourth = 3 * variance - (2 * 2 ** 3 * density) / share
  return { variance: std ** 2 * variance, limit: 2 * std, kurtosis: fourth / variance ** 2 }
}

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
  truncated_normal: [cut(0.02), { ...cut(1), options: { std: 1 } }],
  // A column of an orthogonal matrix is a direction: its elements have variance 1 / rows and, for many rows, are nearly normal.
  orthogonal: [
    { variance: 1 / 200, kurtosis: 3 },
    { variance: 4 / 200, kurtosis: 3, options: { gain: 2 } },
  ],
  identity: [
    { mean: 1 / 200, variance: (1 / 200) * (1 - 1 / 200), isFixed: true },
    { mean: 3 / 200, variance: (9 / 200) * (1 - 1 / 200), isFixed: true, options: { gain: 3 } },
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
  kaiming_normal: [
    normal(2 / 120),
    { ...normal((25 / 9) * (1 / 120)), options: { nonlinearity: { name: "tanh", options: {} } } },
    { ...normal((9 / 16) * (1 / 120)), options: { nonlinearity: { name: "selu", options: {} } } },
  ],
  kaiming_uniform: [uniform(2 / 120)],
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
  const weights = Tensor.read(initializer(Key.make(5), shape, place))
  const seen = moments(weights.data)

  test("has the mean and variance of its formula", () => {
    // Five standard errors of a mean, and of a variance: a sample of 24,000 has neither further off. Numbers are f32.
    const mean = row.mean ?? 0
    expect(Math.abs(seen.mean - mean)).toBeLessThanOrEqual(5 * Math.sqrt(row.variance / count) + 2 ** -24 * Math.abs(mean))
    const spread = Math.sqrt(((row.kurtosis ?? 1) - 1) / count)
    expect(Math.abs(seen.variance - row.variance)).toBeLessThanOrEqual((5 * spread + 2 ** -22) * row.variance + 1e-25)
  })

  test("has the shape of its distribution", () => {
    if (row.limit !== undefined) {
      expect(seen.largest).toBeLessThanOrEqual(row.limit * (1 + 2 ** -23))
      expect(seen.largest).toBeGreaterThan(0.999 * row.limit)
    }
    if (row.kurtosis !== undefined) expect(Math.abs(seen.kurtosis - row.kurtosis)).toBeLessThan(0.2)
  })

  test("gives the same numbers for the same key, and others for another unless it is constant", () => {
    const again = Tensor.read(initializer(Key.make(5), shape, place)).data
    const other = Tensor.read(initializer(Key.make(6), shape, place)).data
    expect(again).toEqual(weights.data)
    expect(other.some((x, i) => x !== weights.data[i])).toBe(row.variance > 0 && row.isFixed !== true)
  })
})

test.each(Object.keys(theory) as ReadonlyArray<Initializer.Name>)(
  "%s gives the same bits in a program of an engine as outside",
  (name) => {
    const initializer = make(Initializer.table, { name, options: {} })
    const keys = [Tensor.read(Key.make(8))]
    const program = Program.trace((key) => [initializer(key as Key.Key, [40, 12], place)], keys)
    const [inside] = prepare({ program, resident: 0 }).run(keys)
    expect(Float32Array.from(inside?.data ?? [])).toEqual(
      Float32Array.from(Tensor.read(initializer(Key.make(8), [40, 12], place)).data),
    )
  },
)

describe("auto", () => {
  const he = (gain: number) => Initializer.he("normal", gain)
  const xavier = Initializer.xavier("normal")
  const chosen: { readonly [N in Activation.Name]: Initializer.Initializer } = {
    identity: xavier,
    linear: xavier,
    step: xavier,
    sigmoid: xavier,
    hard_sigmoid: xavier,
    tanh: Initializer.xavier("normal", 5 / 3),
    hard_tanh: xavier,
    softsign: xavier,
    logsigmoid: xavier,
    log_sigmoid: xavier,
    glu: xavier,
    swiglu: xavier,
    softmax: xavier,
    log_softmax: xavier,
    relu: he(Math.SQRT2),
    leaky_relu: he(Math.sqrt(2 / (1 + 0.01 ** 2))),
    prelu: he(Math.sqrt(2 / (1 + 0.25 ** 2))),
    rrelu: he(Math.sqrt(2 / (1 + (1 / 64 + 1 / 24 + 1 / 9) / 3))),
    relu6: he(Math.SQRT2),
    elu: he(Math.SQRT2),
    softplus: he(Math.SQRT2),
    swish: he(Math.SQRT2),
    silu: he(Math.SQRT2),
    hard_swish: he(Math.SQRT2),
    hard_silu: he(Math.SQRT2),
    gelu: he(Math.SQRT2),
    mish: he(Math.SQRT2),
    selu: Initializer.lecun("normal"),
  }

  const draw = (initializer: Initializer.Initializer, activation?: Activation.Activation) =>
    Tensor.read(initializer(Key.make(1), [4, 3], { fanIn: 4, fanOut: 3, ...(activation === undefined ? {} : { activation }) }))
      .data

  test.each(Object.entries(chosen))("before %s is what suits it", (name, expected) => {
    expect(draw(Initializer.auto, make(Activation.table, { name, options: {} }))).toEqual(draw(expected))
  })

  test("before nothing is what suits the identity, and before a self-normalizing activation it is LeCun's", () => {
    expect(draw(Initializer.auto)).toEqual(draw(Initializer.xavier("normal")))
    expect(draw(Initializer.auto, Activation.make(Tensor.tanh, { gain: 3 / 4, suits: "lecun" }))).toEqual(
      draw(Initializer.lecun("normal")),
    )
  })
})

describe("orthogonal", () => {
  const shapes = [
    [5, 5],
    [64, 20],
    [20, 64],
    [3, 3, 4, 8],
    [1, 7],
    [2, 2, 1, 30],
  ]

  test.each(shapes.map((shape) => [shape.join(" × "), shape] as const))(
    "%s: every row or every column at right angles",
    (_, shape) => {
      const w = Tensor.reshape(Initializer.orthogonal(2)(Key.make(7), shape, { fanIn: 1, fanOut: 1 }), [-1, shape.at(-1) ?? 1])
      const [rows = 0, columns = 0] = w.shape
      const products = rows < columns ? Tensor.matmul(w, Tensor.transpose(w)) : Tensor.matmul(Tensor.transpose(w), w)
      assertAllClose(products, Tensor.mul(Tensor.eye(Math.min(rows, columns)), 4), { rtol: 1e-5, atol: 1e-5 })
    },
  )

  test("turns as often one way as the other", () => {
    const first = Array.from({ length: 400 }, (_, i) =>
      Tensor.toNumber(Tensor.at(Initializer.orthogonal()(Key.make(i), [2, 2], { fanIn: 2, fanOut: 2 }), 0, 0)),
    )
    // The cosine of an angle that is even around the circle has mean 0 and variance ½.
    const seen = moments(first)
    expect(Math.abs(seen.mean)).toBeLessThan(5 * Math.sqrt(0.5 / first.length))
    expect(Math.abs(seen.variance - 0.5)).toBeLessThan(5 * 0.5 * Math.sqrt(0.5 / first.length))
  })

  test("an empty shape gives no weights, and a vector is refused", () => {
    expect(Initializer.orthogonal()(Key.make(0), [0, 3], { fanIn: 0, fanOut: 3 }).shape).toEqual([0, 3])
    expect(() => Initializer.orthogonal()(Key.make(0), [3], { fanIn: 3, fanOut: 3 })).toThrow(ShapeError)
  })
})

describe("identity", () => {
  test("gives an input back, through a matrix and through a convolution that pads", () => {
    const place = { fanIn: 1, fanOut: 1 }
    const x = Tensor.read(Key.normal(Key.make(1), [2, 5, 4, 3]))
    const kernel = Initializer.identity()(Key.make(0), [3, 3, 3, 3], place)
    assertAllClose(Tensor.conv(x, kernel, { pad: "same" }), x, { rtol: 0 })
    const even = Initializer.identity()(Key.make(0), [2, 2, 3, 3], place)
    assertAllClose(Tensor.conv(x, even, { pad: "same" }), x, { rtol: 0 })
    assertAllClose(Tensor.matmul(x, Initializer.identity(2)(Key.make(0), [3, 3], place)), Tensor.mul(x, 2), { rtol: 0 })
  })

  test("a vector is refused", () => {
    expect(() => Initializer.identity()(Key.make(0), [3], { fanIn: 3, fanOut: 3 })).toThrow(ShapeError)
  })
})

const { fans } = JSON.parse(readFileSync(new URL("recorded/torch-activations-1.13.1.json", import.meta.url), "utf8")) as {
  readonly fans: ReadonlyArray<Initializer.Fans & { readonly name: string; readonly shape: ReadonlyArray<number> }>
}

test.each(fans)("the fans of $name weights are PyTorch's", ({ fanIn, fanOut, shape }) => {
  expect(Initializer.fans(shape)).toEqual({ fanIn, fanOut })
})

test("a vector has its length as both fans", () => {
  expect(Initializer.fans([7])).toEqual({ fanIn: 7, fanOut: 7 })
})
