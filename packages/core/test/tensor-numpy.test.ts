/** Compared with the results of NumPy 1.24.2 (recorded/record-numpy.py). */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import * as T from "../src/tensor/Tensor.ts"
import { assertAllClose, type Tolerance } from "../src/testing/allClose.ts"
import { make, type NDArray } from "../src/types/NDArray.ts"
import * as Shape from "../src/types/Shape.ts"
import { ShapeError } from "../src/types/ShapeError.ts"

type Recorded = number | boolean | string

interface RecordedArray {
  readonly shape: Shape.Shape
  readonly data: ReadonlyArray<Recorded>
}

type Named<A> = Readonly<Record<string, A>>

interface Recording {
  readonly numpy: string
  readonly broadcasting: ReadonlyArray<{ readonly a: Shape.Shape; readonly b: Shape.Shape; readonly out: Shape.Shape | null }>
  readonly basic: ReadonlyArray<Indexed>
  readonly integer: ReadonlyArray<Indexed>
  readonly matmul: ReadonlyArray<{ readonly a: RecordedArray; readonly b: RecordedArray; readonly out: RecordedArray }>
  readonly reductions: ReadonlyArray<
    { readonly x: RecordedArray; readonly axes: Shape.Shape | null; readonly keepAxes: boolean } & Named<RecordedArray>
  >
  readonly ordering: ReadonlyArray<{
    readonly x: RecordedArray
    readonly argMax: number
    readonly argMin: number
    readonly argsort: ReadonlyArray<number>
    readonly sort: RecordedArray
  }>
  readonly functions: { readonly x: ReadonlyArray<Recorded>; readonly out: Named<ReadonlyArray<Recorded>> }
  readonly arithmetic: {
    readonly x: ReadonlyArray<Recorded>
    readonly y: ReadonlyArray<Recorded>
    readonly out: Named<ReadonlyArray<Recorded>>
    readonly a: ReadonlyArray<number>
    readonly b: ReadonlyArray<number>
    readonly whole: Named<ReadonlyArray<number>>
  }
}

interface Indexed {
  readonly shape: Shape.Shape
  readonly subscripts: ReadonlyArray<T.Subscript>
  readonly out: RecordedArray
}

const recorded: Recording = JSON.parse(readFileSync(join(import.meta.dirname, "recorded/numpy-1.24.2.json"), "utf8"))

const list = (elements: ReadonlyArray<Recorded>): NDArray => make("f32", [elements.length], Float64Array.from(elements, Number))

const array = ({ data, shape }: RecordedArray): NDArray => make("f32", shape, Float64Array.from(data, Number))

const exact: Tolerance = { rtol: 0, signedZero: true }

test("the recording is NumPy's", () => expect(recorded.numpy).toBe("1.24.2"))

test("shapes stretch as broadcast_shapes says", () => {
  for (const { a, b, out } of recorded.broadcasting) {
    expect(Shape.broadcast(a, b) ?? null, `${Shape.print(a)} and ${Shape.print(b)}`).toEqual(out)
    const sum = () => T.add(T.zeros(a), T.zeros(b))
    if (out === null) expect(sum).toThrow(ShapeError)
    else expect(sum().shape).toEqual(out)
  }
})

describe("subscripts pick what NumPy's pick", () => {
  const indexed = ({ out, shape, subscripts }: Indexed) => {
    const x = T.reshape(T.range(Shape.size(shape), "f32"), shape)
    const called = `x${Shape.print(shape)} at ${JSON.stringify(subscripts)}`
    const picked = T.at(x, ...subscripts)
    expect({ called, shape: picked.shape, data: [...T.read(picked).data] }).toEqual({ called, ...out })
  }

  test("numbers, ranges, ... and None", () => recorded.basic.forEach(indexed))

  test("lists, alone and beside the others", () => recorded.integer.forEach(indexed))

  test("tensors as lists", () => {
    for (const { out, shape, subscripts } of recorded.integer) {
      const tensors = subscripts.map((s) => (Array.isArray(s) ? T.make(s, "i32") : s))
      assertAllClose(T.at(T.reshape(T.range(Shape.size(shape), "f32"), shape), ...tensors), array(out), exact)
    }
  })
})

test("matmul", () => {
  for (const { a, b, out } of recorded.matmul)
    assertAllClose(T.matmul(array(a), array(b)), array(out), { rtol: 1e-14, atol: 1e-14 })
})

const reducers = { sum: T.sum, max: T.max, min: T.min, mean: T.mean, variance: T.variance, logSumExp: T.logSumExp }

describe("reductions", () => {
  test.each(Object.entries(reducers))("%s", (name, reduce) => {
    for (const { axes, keepAxes, x, ...out } of recorded.reductions)
      assertAllClose(reduce(array(x), axes === null ? { keepAxes } : { axes, keepAxes }), array(out[name] as RecordedArray), {
        rtol: 1e-13,
        atol: 1e-14,
      })
  })
})

describe("order, with ties, NaN and infinities", () => {
  test.each(recorded.ordering.map((row) => [JSON.stringify(row.x.data), row] as const))("%s", (_, row) => {
    const x = array(row.x)
    expect(T.toNumber(T.argMax(x))).toBe(row.argMax)
    expect(T.toNumber(T.argMin(x))).toBe(row.argMin)
    expect(T.toArray(T.argsort(x))).toEqual(row.argsort)
    assertAllClose(T.sort(x), array(row.sort), exact)
  })
})

const functions: Named<(x: T.Tensor) => T.Tensor> = {
  erf: T.erf,
  sigmoid: T.sigmoid,
  exp: T.exp,
  expm1: T.expm1,
  log: T.log,
  log1p: T.log1p,
  sqrt: T.sqrt,
  sin: T.sin,
  cos: T.cos,
  tanh: T.tanh,
  abs: T.abs,
  sign: T.sign,
  floor: T.floor,
}

describe("functions of one number, at the edges and between", () => {
  test.each(Object.entries(recorded.functions.out))("%s", (name, out) => {
    // The sign of -0 is 0 in NumPy, and -0 in JavaScript and XLA.
    assertAllClose((functions[name] as (x: T.Tensor) => T.Tensor)(list(recorded.functions.x)), list(out), {
      rtol: 1e-15,
      signedZero: name !== "sign",
    })
  })
})

type Binary = (x: T.Tensor, y: T.Tensor) => T.Tensor

const binaries: Named<Binary> = {
  add: T.add,
  sub: T.sub,
  mul: T.mul,
  div: T.div,
  rem: T.rem,
  pow: T.pow,
  maximum: T.maximum,
  minimum: T.minimum,
  equal: T.equal,
  less: T.less,
  lessEqual: T.lessEqual,
  greater: T.greater,
  greaterEqual: T.greaterEqual,
  notEqual: T.notEqual,
  and: T.and,
  or: T.or,
  xor: T.xor,
}

describe("operations of two numbers, over every pair of edges", () => {
  const { a, b, out, whole, x, y } = recorded.arithmetic
  test.each(Object.entries(out))("%s of floats", (name, values) => {
    // Which zero wins max(0, -0) IEEE 754 leaves open; NumPy takes the second, JavaScript the larger.
    const signedZero = name !== "maximum" && name !== "minimum"
    assertAllClose((binaries[name] as Binary)(list(x), list(y)), list(values), { rtol: 1e-15, signedZero })
  })

  test.each(Object.entries(whole))("%s of whole numbers", (name, values) => {
    const [left, right] = [T.make(a, "i32"), T.make(b, "i32")]
    // Whole numbers are divided by an operation of its own: `div` refuses them.
    const operation = name === "div" ? T.quotient : (binaries[name] as Binary)
    expect(T.toArray(operation(left, right))).toEqual(values)
  })
})
