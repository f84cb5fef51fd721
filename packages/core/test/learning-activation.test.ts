import { Activation, Autodiff, Entry, Initializer, Key, Layers, Net, Regularizer, Tensor } from "@adjoint/core"
import { allClose, assertAllClose } from "@adjoint/core/testing/allClose"
import * as Arbitrary from "@adjoint/core/testing/arbitraries"
import { checkGrads } from "@adjoint/core/testing/checkGrads"
import * as Doubles from "@adjoint/core/testing/doubles"
import * as fc from "fast-check"
import { describe, expect, test } from "vitest"

type T = Tensor.Tensor

const arrays = Arbitrary.shape({ minRank: 2, maxRank: 3, minSize: 1, maxSize: 4 }).chain((shape) => Arbitrary.array("f32", shape))

/** The same numbers away from where activations have a kink, on either side of 0. */
const bent = (x: T): T => {
  const kinked = [0, 1, 3, 6].map((at) => Tensor.less(Tensor.abs(Tensor.sub(Tensor.abs(x), at)), 0.01))
  return Tensor.read(
    Tensor.where(
      kinked.reduce((a, b) => Tensor.or(a, b)),
      0.3,
      x,
    ),
  )
}

const { make } = Entry

const names = Object.keys(Activation.table) as ReadonlyArray<Activation.Name>

/** What a net is made of an activation: the layer that it is, or its function. */
const layer = (name: Activation.Name) => Layers.activation(name)

/** Activations that give half as many numbers as they are given. */
const gated: ReadonlySet<Activation.Name> = new Set(["glu", "swiglu"])

const even = (x: T): T => Tensor.concat([x, Tensor.neg(x)], -1)

describe.each(names)("%s", (name) => {
  const activation = make(Activation.table, { name, options: {} })
  const apply: (x: T) => T = activation

  test("makes of a batch the shape that its layer says", () => {
    fc.assert(
      fc.property(arrays, (x) => {
        const given = even(x)
        const sample = given.shape.slice(1)
        const { apply: run, init, shape } = layer(name)
        const { params, state } = init(Key.make(0), sample)
        const made = run(params, state, given, { mode: "train", key: Key.make(1) }).y
        expect(made.shape).toEqual([given.shape[0], ...shape(sample)])
        expect(shape(sample)).toEqual(gated.has(name) ? [...sample.slice(0, -1), (sample.at(-1) ?? 0) / 2] : sample)
      }),
    )
  })

  test("is its function when it does not train", () => {
    fc.assert(
      fc.property(arrays, (x) => {
        const { apply: run, init } = layer(name)
        const { params, state } = init(Key.make(0), even(x).shape.slice(1))
        assertAllClose(run(params, state, even(x), { mode: "infer" }).y, apply(even(x)), { rtol: 0 })
      }),
    )
  })

  test("is finite, and its gradient too, for any |x| up to 10,000", () => {
    const x = Tensor.make([-1e4, -700, -40, -1, -1e-9, 0, 1e-9, 1, 40, 700, 1e4].map((at) => [at, -at, 0, 1]))
    const { grad, value } = Autodiff.valueAndGrad((at: T) => Tensor.sum(apply(at)))(x)
    expect(Number.isFinite(Tensor.toNumber(value))).toBe(true)
    expect([...Tensor.read(grad).data].every(Number.isFinite)).toBe(true)
  })

  test("lets NaN through, so that it is noticed", () => {
    const { data } = Tensor.read(apply(Tensor.make([Number.NaN, Number.NaN])))
    if (name !== "step") expect([...data].every(Number.isNaN)).toBe(true)
  })

  test("its gradient is what central differences measure, and so is its gradient's", () => {
    // Where numbers compete, those far apart leave slopes that are differences of numbers near 1, of few digits.
    const scale = activation.section === undefined ? 1 : 0.25
    fc.assert(
      fc.property(arrays, fc.nat(1000), (x, seed) => checkGrads(apply, even(bent(Tensor.mul(x, scale))), { seed, order: 2 })),
      { numRuns: 15 },
    )
  })

  test("is documented with its derivative, and drawn as one curve", () => {
    expect(Activation.table[name].derivative).toMatch(/[f∂]/)
    const z = Tensor.make([-1, 0, 2])
    const shown =
      activation.section === undefined ? apply(z) : Tensor.at(Tensor.reshape(apply(activation.section.input(z)), [3, -1]), ":", 0)
    expect(shown.shape).toEqual([3])
  })
})

describe("names", () => {
  const aliases = names.filter((name) => Entry.canonical(Activation.table, name) !== name)

  test("that others use stand for ours", () => {
    expect(aliases.map((name) => [name, Entry.canonical(Activation.table, name)])).toEqual([
      ["linear", "identity"],
      ["log_sigmoid", "logsigmoid"],
      ["silu", "swish"],
      ["hard_silu", "hard_swish"],
    ])
    expect(Entry.canonical(Activation.table, "toString")).toBe("toString")
  })

  test.each(aliases)("%s is the same function as its own", (name) => {
    const own = Entry.canonical(Activation.table, name)
    const x = Tensor.make([-2, -0.5, 0, 3])
    assertAllClose(make(Activation.table, { name, options: {} })(x), make(Activation.table, { name: own, options: {} })(x), {
      rtol: 0,
    })
  })
})

test("each is begun with the weights made for it", () => {
  const of = (family: Activation.Family) => names.filter((name) => make(Activation.table, { name, options: {} }).suits === family)
  expect(of("lecun")).toEqual(["selu"])
  expect(of("he")).toEqual([
    ...["relu", "leaky_relu", "prelu", "rrelu", "relu6", "elu", "softplus"],
    ...["swish", "silu", "hard_swish", "hard_silu", "gelu", "mish"],
  ])
})

describe("relu and its relatives", () => {
  const slopes = (f: (x: T) => T) => Doubles.toArray(Autodiff.grad((x: T) => Tensor.sum(f(x)))(Tensor.make([-2, 0, 3])))

  test("have at 0 the slope they have below it", () => {
    expect(slopes(Activation.relu)).toEqual([0, 0, 1])
    expect(slopes((x) => Activation.leakyRelu(x, 0.2))).toEqual([0.2, 0.2, 1])
    expect(slopes(Activation.step)).toEqual([0, 0, 0])
  })

  test("relu halves the second moment, and its gain makes up for it", () => {
    const x = Tensor.make(Array.from({ length: 2001 }, (_, i) => (i - 1000) / 500))
    const moment = (y: T) => Doubles.toNumber(Tensor.mean(Tensor.square(y)))
    for (const name of ["relu", "leaky_relu"] as const) {
      const activation = make(Activation.table, { name, options: {} })
      expect(moment(activation(x)) * activation.gain ** 2).toBeCloseTo(moment(x), 12)
    }
  })
})

describe("prelu", () => {
  const x = Tensor.make([
    [-1, 2],
    [-3, -4],
  ])

  test("has a slope for the layer, for each channel or for each unit, and a penalty leaves it alone", () => {
    const shapes = (["layer", "channel", "unit"] as const).map(
      (share) => Activation.prelu({ share }).init(Key.make(0), [4, 3]).params.alpha.shape,
    )
    expect(shapes).toEqual([[], [3], [4, 3]])
    const net = Net.sequential({ h: Activation.prelu() })
    const { params } = net.init(Key.make(0), [2])
    expect(Tensor.toNumber(Regularizer.l2(1)(params))).toBe(0)
  })

  test("learns its slopes: with respect to α the gradient is the sum of what is below 0", () => {
    const { apply, init } = Activation.prelu({ init: 0.1 })
    const cost = (params: Activation.Slopes) => Tensor.sum(apply(params, {}, x, { mode: "infer" }).y)
    assertAllClose(Autodiff.grad(cost)(init(Key.make(0), [2]).params).alpha, [-4, -4], { rtol: 1e-6 })
  })
})

describe("rrelu", () => {
  const net = Activation.rrelu({ lower: 0.1, upper: 0.4 })
  const x = Tensor.neg(Tensor.ones([4000]))
  const drawn = (seed: number) => Tensor.read(net.apply({}, {}, x, { mode: "train", key: Key.make(seed) }).y).data

  test("draws slopes between its bounds while training, the same for the same key", () => {
    const slopes = [...drawn(1)].map((y) => -y)
    expect(Math.min(...slopes)).toBeGreaterThan(0.1 - 1e-7)
    expect(Math.max(...slopes)).toBeLessThan(0.4 + 1e-7)
    // Five standard errors of the mean of a uniform distribution.
    const mean = slopes.reduce((sum, slope) => sum + slope, 0) / slopes.length
    expect(Math.abs(mean - 0.25)).toBeLessThan(5 * Math.sqrt(0.3 ** 2 / 12 / slopes.length))
    expect(drawn(1)).toEqual(drawn(1))
    expect(drawn(2)).not.toEqual(drawn(1))
  })

  test("does not type-check without a mode, or without a key while training", () => {
    // @ts-expect-error: learning or not?
    expect(() => net.apply({}, {}, x, {})).not.toBe(undefined)
    // @ts-expect-error: what is drawn needs a key
    expect(() => net.apply({}, {}, x, { mode: "train" })).not.toBe(undefined)
  })

  test("has the slope it drew as its gradient, and positive numbers as they are", () => {
    const f = (at: T) => net.apply({}, {}, at, { mode: "train", key: Key.make(3) }).y
    const at = Tensor.make([-2, 3, -0.5])
    assertAllClose(Tensor.mul(Autodiff.grad((z: T) => Tensor.sum(f(z)))(at), at), f(at), { rtol: 1e-6 })
  })
})

describe("glu and swiglu", () => {
  test.each([
    ["glu", Activation.glu],
    ["swiglu", Activation.swiglu],
  ] as const)("%s refuses an axis that has no two halves", (name, f) => {
    const message = (run: () => unknown): string => {
      try {
        run()
        return "nothing"
      } catch (error) {
        return String(error)
      }
    }
    expect(message(() => f(Tensor.make([[1, 2, 3]])))).toContain("a last axis of even size")
    expect(message(() => layer(name).shape([5]))).toContain("a last axis of even size")
    expect(message(() => layer(name).shape([]))).toContain("a last axis of even size")
  })

  test("a dense layer before them makes twice what comes out", () => {
    const net = Layers.dense({ units: 6, activation: "swiglu" })
    expect(net.shape([4])).toEqual([3])
    const { params, state } = net.init(Key.make(0), [4])
    expect(net.apply(params, state, Tensor.ones([2, 4]), { mode: "infer" }).y.shape).toEqual([2, 3])
  })
})

describe("selu", () => {
  test("keeps the mean and variance of standard normal numbers through forty layers", () => {
    let y: T = Key.normal(Key.make(1), [400, 100])
    for (let i = 0; i < 40; i++) {
      const w = Initializer.lecun("normal")(Key.fold(Key.make(2), i), [100, 100], { fanIn: 100, fanOut: 100 })
      y = Tensor.read(Activation.selu(Tensor.matmul(y, w)))
    }
    expect(Math.abs(Tensor.toNumber(Tensor.mean(y)))).toBeLessThan(0.1)
    expect(Math.abs(Tensor.toNumber(Tensor.variance(y)) - 1)).toBeLessThan(0.25)
  })
})

describe("softmax", () => {
  test.each(["softmax", "log_softmax"] as const)(
    "%s as a layer takes samples that have its axis, and the batch is none",
    (name) => {
      const along = (axis: number) => Layers.activation(make(Activation.table, { name, options: { axis } }))
      expect(along(-2).shape([3, 4])).toEqual([3, 4])
      expect(() => along(-3).shape([3, 4])).toThrow("at least 3 axes for `axis: -3`")
      expect(() => along(-1).shape([])).toThrow("at least 1 axes")
    },
  )

  test("adds up to 1 along its axis and does not notice what is added to all", () => {
    fc.assert(
      fc.property(arrays, fc.integer({ min: -2, max: -1 }), fc.integer({ min: -9000, max: 9000 }), (x, axis, shift) => {
        const y = Activation.softmax(x, axis)
        assertAllClose(Tensor.sum(y, { axes: axis }), Tensor.ones(Tensor.sum(x, { axes: axis }).shape), { rtol: 1e-14 })
        assertAllClose(Activation.softmax(Tensor.add(x, shift), axis), y, { rtol: 1e-11 })
      }),
    )
  })

  test("is e to the power of its logarithm", () => {
    fc.assert(
      fc.property(arrays, (x) => assertAllClose(Tensor.exp(Activation.logSoftmax(x)), Activation.softmax(x), { rtol: 1e-13 })),
    )
  })

  test("has a logarithm where it has itself become 0", () => {
    const z = Tensor.make([0, 5e3])
    expect(Tensor.toArray(Activation.softmax(z))).toEqual([0, 1])
    expect(Tensor.toArray(Activation.logSoftmax(z))).toEqual([-5e3, 0])
    expect(allClose(Tensor.log(Activation.softmax(z)), Activation.logSoftmax(z)).close).toBe(false)
  })
})
