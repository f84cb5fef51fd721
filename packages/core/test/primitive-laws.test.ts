import { describe, expect, test } from "vitest"
import { write } from "../src/language/Expr.ts"
import { type Params, type Primitive, unary } from "../src/language/Primitive.ts"
import { infer } from "../src/language/ShapeRule.ts"
import { definitions } from "../src/reference/Reference.ts"
import * as T from "../src/tensor/Tensor.ts"
import { assertAllClose } from "../src/testing/allClose.ts"
import { checkGrads } from "../src/testing/checkGrads.ts"
import { vjp } from "../src/transform/Autodiff.ts"
import { holds, all as kinds } from "../src/types/DType.ts"
import type { NDArray } from "../src/types/NDArray.ts"
import * as Shape from "../src/types/Shape.ts"
import { ShapeError, type Spec } from "../src/types/ShapeError.ts"
import { type Example, examples } from "./primitive-examples.ts"

const cases = (Object.keys(examples) as ReadonlyArray<Primitive>).flatMap((primitive) =>
  (examples[primitive] as ReadonlyArray<Example>).map((example, i) => ({ name: `${primitive} ${i}`, primitive, ...example })),
)

const specOf = (x: Spec): Spec => ({ dtype: x.dtype, shape: x.shape })

/** What the shape rule says and, when it allows the use, what the definition gives. */
const attempt = (primitive: Primitive, params: unknown, inputs: ReadonlyArray<NDArray>) => {
  const given = params as Params[Primitive]
  const out = infer(primitive, given, inputs.map(specOf))
  const definition = definitions[primitive] as (params: unknown, inputs: ReadonlyArray<NDArray>, out: Spec) => NDArray["data"]
  return { out, data: definition(given, inputs, out) }
}

const expectSound = (primitive: Primitive, params: unknown, inputs: ReadonlyArray<NDArray>): void => {
  const { data, out } = attempt(primitive, params, inputs)
  expect(Shape.isValid(out.shape)).toBe(true)
  expect(data.length).toBe(Shape.size(out.shape))
  expect(holds(out.dtype, data)).toBe(true)
  if (out.dtype === "bool") expect(data.every((x) => x === 0 || x === 1)).toBe(true)
}

const zerosOf = (dtype: Spec["dtype"], shape: Shape.Shape): NDArray => T.read(T.zeros(shape, dtype)) as NDArray

describe("the shape rule and the definition agree", () => {
  test.each(cases)("$name", ({ inputs, params, primitive }) => expectSound(primitive, params, inputs))
})

/** Every way of spoiling one number, list or field of the parameters. */
const spoiled = (value: unknown): ReadonlyArray<unknown> => {
  if (typeof value === "number") return [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 7, value + 1, 2 ** 31, 2 ** 53]
  if (Array.isArray(value)) {
    const inside = value.flatMap((item, i) => spoiled(item).map((bad) => value.with(i, bad)))
    return [...inside, value.slice(1), [...value, ...value.slice(-1)]]
  }
  if (typeof value === "object" && value !== null && !("equations" in value))
    return Object.entries(value).flatMap(([key, field]) => spoiled(field).map((bad) => ({ ...value, [key]: bad })))
  return []
}

const misshapen = ({ dtype, shape }: NDArray): ReadonlyArray<NDArray> => [
  ...kinds.filter((kind) => kind !== dtype).map((kind) => zerosOf(kind, shape)),
  zerosOf(dtype, [...shape, 1]),
  zerosOf(dtype, [2, ...shape]),
  zerosOf(dtype, shape.slice(1)),
  ...shape.flatMap((n, i) => [0, n + 1].map((wrong) => zerosOf(dtype, shape.with(i, wrong)))),
]

describe("a wrong use is refused by the shape rule, or it has a definition of the kind and shape the rule says", () => {
  test.each(cases)("$name", ({ inputs, params, primitive }) => {
    const uses: ReadonlyArray<readonly [params: unknown, inputs: ReadonlyArray<NDArray>]> = [
      [params, inputs.slice(1)],
      [params, [...inputs, ...inputs.slice(-1)]],
      [params, [...inputs, zerosOf("f32", [])]],
      ...inputs.flatMap((input, i) => misshapen(input).map((wrong) => [params, inputs.with(i, wrong)] as const)),
      ...spoiled(params).map((wrong) => [wrong, inputs] as const),
    ]
    let refused = 0
    for (const [wrong, given] of uses) {
      try {
        expectSound(primitive, wrong, given)
      } catch (error) {
        if (!(error instanceof ShapeError)) throw error
        expect(() => write(primitive, wrong as Params[Primitive], given)).toThrow(ShapeError)
        refused++
      }
    }
    expect(refused).toBeGreaterThan(0)
  })
})

const isFloat = (x: Spec): boolean => x.dtype === "f32"

/** The primitive as a function of its f32 inputs. */
const ofFloats =
  ({ inputs, params, primitive }: (typeof cases)[number]) =>
  (floats: ReadonlyArray<T.Tensor>): T.Tensor => {
    const left = [...floats]
    return write(
      primitive,
      params,
      inputs.map((input) => (isFloat(input) ? (left.shift() ?? input) : input)),
    )
  }

const differentiable = cases.filter(({ flat, inputs }) => flat !== true && inputs.some(isFloat))

describe("the derivative agrees with central differences, to the second order, and the two modes are transposes", () => {
  test.each(differentiable)("$name", (example) => {
    checkGrads(ofFloats(example), example.inputs.filter(isFloat) as ReadonlyArray<T.Tensor>, { order: 2 })
  })
})

describe("nothing flows back through what has no derivative", () => {
  test.each(cases.filter(({ flat }) => flat === true))("$name", (example) => {
    const floats: ReadonlyArray<T.Tensor> = example.inputs.filter(isFloat)
    const f = (xs: ReadonlyArray<T.Tensor>): T.Tensor => T.sum(T.cast(ofFloats(example)(xs), "f32"))
    for (const back of vjp(f, floats).pull(T.scalar(1))) assertAllClose(back, T.zeros(back.shape), { rtol: 0, signedZero: true })
  })
})

describe("at the edges", () => {
  const slopeAt = (f: (x: T.Tensor) => T.Tensor, x: number): number => T.toNumber(vjp(f, T.scalar(x)).pull(T.scalar(1)))
  const second = (f: (x: T.Tensor) => T.Tensor, x: number): number => slopeAt((at) => vjp(f, at).pull(T.scalar(1)), x)

  test.each([
    [0, 0, 0],
    [1, 1, 0],
    [2, 0, 2],
    [3, 0, 0],
  ])("x to the power %d at 0 has slope %d and curvature %d", (power, slope, curvature) => {
    expect(slopeAt((x) => T.pow(x, power), 0)).toBe(slope)
    expect(second((x) => T.pow(x, power), 0)).toBe(curvature)
  })

  test("0 to the power y is flat in y, a negative base has a slope of its own", () => {
    expect(slopeAt((y) => T.pow(0, y), 2)).toBe(0)
    expect(slopeAt((x) => T.pow(x, 3), -2)).toBe(12)
    expect(slopeAt((x) => T.pow(x, -2), -2)).toBe(0.25)
  })

  test("ties share what flows back evenly", () => {
    expect(T.toArray(vjp((x: T.Tensor) => T.max(x), T.make([3, 1, 3])).pull(T.scalar(1)))).toEqual([0.5, 0, 0.5])
    expect(T.toArray(vjp((x: T.Tensor) => T.maximum(x, 3), T.make([3, 1, 4])).pull(T.ones([3])))).toEqual([0.5, 0, 1])
    expect(T.toArray(vjp((x: T.Tensor) => T.minimum(x, 3), T.make([3, 1, 4])).pull(T.ones([3])))).toEqual([0.5, 1, 0])
  })

  test("the cotangent of a window goes to its first maximum", () => {
    const x = T.reshape(T.make([5, 5, 1, 5]), [1, 4, 1])
    expect(T.toArray(T.flatten(vjp((at: T.Tensor) => T.maxPool(at, { window: 2 }), x).pull(T.ones([1, 2, 1]))))).toEqual([
      1, 0, 0, 1,
    ])
  })

  test("remainders step where the quotient passes a whole number", () => {
    expect(slopeAt((y) => T.rem(7.5, y), 2)).toBe(-3)
    expect(slopeAt((y) => T.rem(-7.5, y), 2)).toBe(3)
    // 1 is 10 tenths, but the tenth that a double holds goes into it 9 times.
    expect(slopeAt((y) => T.rem(1, y), 0.1)).toBe(-9)
  })
})

test("every unary primitive keeps NaN, and every float one keeps the sign of zero where the function is odd", () => {
  const nan = T.make([Number.NaN])
  for (const name of unary) expect(T.read(write(name, {}, [nan])).data[0], name).toBeNaN()
  for (const name of ["neg", "sign", "floor", "expm1", "log1p", "sqrt", "sin", "atan", "tanh", "erf"] as const) {
    const [out] = T.read(write(name, {}, [T.make([-0])])).data
    expect(out, name).toBe(name === "neg" ? 0 : -0)
  }
})

describe("NaN", () => {
  const nan = T.make([Number.NaN])
  const one = T.make([2])

  test.each(["add", "sub", "mul", "div", "rem", "pow", "max", "min"] as const)("passes through %s from either side", (name) => {
    expect(T.read(write(name, {}, [nan, one])).data[0]).toBeNaN()
    expect(T.read(write(name, {}, [one, nan])).data[0]).toBeNaN()
  })

  test.each(["equal", "less", "lessEqual"] as const)("is never %s to anything", (name) => {
    for (const pair of [
      [nan, one],
      [one, nan],
      [nan, nan],
    ])
      expect(T.read(write(name, {}, pair)).data[0]).toBe(0)
  })

  test("passes through reductions from every position", () => {
    for (const n of [1, 3, 4, 5, 8, 33, 1000])
      for (const at of [0, 1, n >> 1, n - 1]) {
        const x = T.make(Array.from({ length: n }, (_, i) => (i === Math.min(at, n - 1) ? Number.NaN : i - 2)))
        for (const name of ["reduceSum", "reduceMax", "reduceMin"] as const)
          expect(T.read(write(name, { axes: [0] }, [x])).data[0], `${name} of ${n}, NaN at ${at}`).toBeNaN()
      }
  })

  test("to the power 0 is 1, as in IEEE 754", () => {
    expect(T.read(T.pow(nan, 0)).data[0]).toBe(1)
  })

  test("is not chosen by where, from the other branch", () => {
    expect(T.toArray(T.where(T.less(one, 3), one, nan))).toEqual([2])
  })
})
