import { Activation, Autodiff, Tensor } from "@adjoint/core"
import { make } from "@adjoint/core/learning/Entry"
import { allClose, assertAllClose } from "@adjoint/core/testing/allClose"
import * as Arbitrary from "@adjoint/core/testing/arbitraries"
import { checkGrads } from "@adjoint/core/testing/checkGrads"
import * as fc from "fast-check"
import { describe, expect, test } from "vitest"

type T = Tensor.Tensor

const arrays = Arbitrary.shape({ minRank: 2, maxRank: 3, minSize: 1, maxSize: 4 }).chain((shape) => Arbitrary.array("f32", shape))

/** The same numbers away from 0, where some activations have a kink. */
const bent = (x: T): T => Tensor.read(Tensor.where(Tensor.equal(x, 0), 0.3, x))

const names = Object.keys(Activation.table) as ReadonlyArray<Activation.Name>

describe.each(names)("%s", (name) => {
  const { apply } = make(Activation.table, { name, options: {} })

  test("keeps the shape", () => {
    fc.assert(
      fc.property(arrays, (x) => {
        expect(apply(x).shape).toEqual(x.shape)
      }),
    )
  })

  test("is finite, and its gradient too, for any |x| up to 10,000", () => {
    const x = Tensor.make([-1e4, -700, -40, -1, -1e-9, 0, 1e-9, 1, 40, 700, 1e4].map((at) => [at, -at, 0]))
    const { grad, value } = Autodiff.valueAndGrad((at: T) => Tensor.sum(apply(at)))(x)
    expect(Number.isFinite(Tensor.toNumber(value))).toBe(true)
    expect([...Tensor.read(grad).data].every(Number.isFinite)).toBe(true)
  })

  test("its gradient is what central differences measure", () => {
    fc.assert(
      fc.property(arrays, fc.nat(1000), (x, seed) => checkGrads(apply, bent(x), { seed })),
      { numRuns: 25 },
    )
  })
})

test("gains are those of the field, as PyTorch's calculate_gain has them", () => {
  const gains = names.map((name) => [name, make(Activation.table, { name, options: {} }).gain])
  expect(Object.fromEntries(gains)).toEqual({
    identity: 1,
    step: 1,
    sigmoid: 1,
    tanh: 5 / 3,
    relu: Math.sqrt(2),
    leaky_relu: Math.sqrt(2 / (1 + 0.01 ** 2)),
    softmax: 1,
    log_softmax: 1,
  })
})

describe("relu and its relatives", () => {
  const slopes = (f: (x: T) => T) => Tensor.toArray(Autodiff.grad((x: T) => Tensor.sum(f(x)))(Tensor.make([-2, 0, 3])))

  test("have at 0 the slope they have below it", () => {
    expect(slopes(Activation.relu)).toEqual([0, 0, 1])
    expect(slopes((x) => Activation.leakyRelu(x, 0.2))).toEqual([0.2, 0.2, 1])
    expect(slopes(Activation.step)).toEqual([0, 0, 0])
  })

  test("let NaN through, so that it is noticed", () => {
    for (const f of [Activation.relu, Activation.leakyRelu, Activation.sigmoid, Activation.tanh, Activation.softmax])
      expect(Tensor.toArray(f(Tensor.make([Number.NaN])))).toEqual([Number.NaN])
  })

  test("relu halves the second moment, and its gain makes up for it", () => {
    const x = Tensor.make(Array.from({ length: 2001 }, (_, i) => (i - 1000) / 500))
    const moment = (y: T) => Tensor.toNumber(Tensor.mean(Tensor.square(y)))
    for (const name of ["relu", "leaky_relu"] as const) {
      const { apply, gain } = make(Activation.table, { name, options: {} })
      expect(moment(apply(x)) * gain ** 2).toBeCloseTo(moment(x), 12)
    }
  })
})

describe("softmax", () => {
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
