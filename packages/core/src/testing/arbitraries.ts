/**
 * Random shapes, arrays, axes and subscripts for property tests with fast-check, which a user of this module installs. They
 * shrink towards fewer axes, smaller sizes and zeros.
 */
import * as fc from "fast-check"
import type { Subscript } from "../tensor/subscript.ts"
import { allocate, type DType } from "../types/DType.ts"
import { NDArray } from "../types/NDArray.ts"
import * as Shape from "../types/Shape.ts"

/** Bounds of a random shape. */
export interface ShapeBounds {
  readonly minRank?: number
  readonly maxRank?: number
  readonly minSize?: number
  readonly maxSize?: number
}

/** A shape of at most `maxRank` axes of `minSize` to `maxSize` elements; sizes of 1 and, where allowed, 0 are common. */
export const shape = ({ maxRank = 4, maxSize = 5, minRank = 0, minSize = 0 }: ShapeBounds = {}): fc.Arbitrary<Shape.Shape> =>
  fc.array(fc.integer({ min: minSize, max: maxSize }), { minLength: minRank, maxLength: maxRank })

/** A list of `count` shapes that broadcast to one shape, and that shape. */
export const broadcastable = (
  count = 2,
  bounds: ShapeBounds = {},
): fc.Arbitrary<{ readonly shapes: ReadonlyArray<Shape.Shape>; readonly stretched: Shape.Shape }> =>
  shape(bounds).chain((target) => {
    const stretches = fc.array(fc.boolean(), { minLength: target.length, maxLength: target.length })
    const operand = fc
      .tuple(fc.nat(target.length), stretches)
      .map(([dropped, ones]) => target.map((n, i) => (ones[i] === true ? 1 : n)).slice(dropped))
    return fc.array(operand, { minLength: count, maxLength: count }).map((shapes) => ({
      shapes,
      // An axis that is absent or 1 in every shape is not broadcast.
      stretched: shapes.reduce<Shape.Shape>((common, next) => Shape.broadcast(common, next) ?? common, []),
    }))
  })

/** Which numbers a random array holds. */
export interface ElementOptions {
  /** NaN, ±Infinity, -0, subnormals and the largest floats, among others; without them, multiples of 1/64 from -8 to 8. */
  readonly special?: boolean
}

/** Elements of a dtype. Those of f32 are exact in 32 bits, so that every engine gets the same numbers. */
export const element = (dtype: DType, { special = false }: ElementOptions = {}): fc.Arbitrary<number> =>
  special ? anyElement[dtype] : tameElement[dtype]

const tameElement: { readonly [D in DType]: fc.Arbitrary<number> } = {
  f32: fc.integer({ min: -512, max: 512 }).map((n) => n / 64),
  i32: fc.integer({ min: -9, max: 9 }),
  bool: fc.integer({ min: 0, max: 1 }),
  u8: fc.integer({ min: 0, max: 255 }),
}

const specialFloats = [
  0,
  -0,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  1,
  -1,
  2 ** -149,
  -(2 ** -149),
  2 ** -126 - 2 ** -149,
  2 ** -126,
  Math.fround(3.4028234663852886e38),
  -Math.fround(3.4028234663852886e38),
]

const anyElement: { readonly [D in DType]: fc.Arbitrary<number> } = {
  f32: fc.oneof(tameElement.f32, fc.constantFrom(...specialFloats), fc.float()),
  i32: fc.oneof(tameElement.i32, fc.constantFrom(-(2 ** 31), 2 ** 31 - 1), fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })),
  bool: tameElement.bool,
  u8: tameElement.u8,
}

/** An array of the given dtype and shape. */
export const array = (dtype: DType, of: Shape.Shape, options: ElementOptions = {}): fc.Arbitrary<NDArray> => {
  const length = Shape.size(of)
  return fc.array(element(dtype, options), { minLength: length, maxLength: length, size: "max" }).map((elements) => {
    const data = allocate(dtype, length)
    data.set(elements)
    return new NDArray(dtype, of, data)
  })
}

/** Some of the axes of an array of this rank, each once and counted from 0, in any order. */
export const axes = (rank: number): fc.Arbitrary<ReadonlyArray<number>> =>
  rank === 0 ? fc.constant([]) : fc.uniqueArray(fc.integer({ min: 0, max: rank - 1 }), { maxLength: rank })

const range = (n: number): fc.Arbitrary<string> => {
  const bound = fc.option(fc.integer({ min: -n - 2, max: n + 2 }), { nil: "" })
  const step = fc.option(fc.constantFrom(1, 2, 3, -1, -2, -3), { nil: undefined })
  return fc.tuple(bound, bound, step).map(([from, to, by]) => (by === undefined ? `${from}:${to}` : `${from}:${to}:${by}`))
}

const list = (n: number): fc.Arbitrary<ReadonlyArray<number>> =>
  n === 0 ? fc.constant([]) : fc.array(fc.integer({ min: -n, max: n - 1 }), { maxLength: 3 })

/** Which subscripts to make. */
export interface SubscriptOptions {
  /** Whether to include lists of indices. Several lists have the same length, so that they broadcast. */
  readonly lists?: boolean
}

/** Subscripts that `Tensor.at` accepts for an array of this shape: numbers, ranges, `"..."`, `null` and, with `lists`, lists. */
export const subscripts = (of: Shape.Shape, { lists = false }: SubscriptOptions = {}): fc.Arbitrary<ReadonlyArray<Subscript>> => {
  const one = (n: number): fc.Arbitrary<Subscript> =>
    n === 0 ? range(n) : fc.oneof(fc.integer({ min: -n, max: n - 1 }), range(n), ...(lists ? [list(n)] : []))
  return fc
    .tuple(fc.nat(of.length), fc.nat(of.length))
    .chain(([front, back]) => {
      const whole = front + back >= of.length
      const leading = of.slice(0, whole ? of.length : front)
      const trailing = whole ? [] : of.slice(of.length - back)
      const open = fc.option(fc.constant("..." as const), { nil: undefined })
      return fc.tuple(
        fc.tuple(...leading.map(one)),
        open,
        fc.tuple(...trailing.map(one)),
        fc.array(fc.nat(of.length), { maxLength: 2 }),
      )
    })
    .map(([leading, open, trailing, fresh]) => {
      const out: Array<Subscript> = [...leading, ...(open !== undefined || trailing.length > 0 ? ["..."] : []), ...trailing]
      for (const at of fresh) out.splice(at, 0, null)
      return sameLengths(out)
    })
}

/** Lists cut to the length of the shortest. */
const sameLengths = (of: ReadonlyArray<Subscript>): ReadonlyArray<Subscript> => {
  const length = Math.min(...of.map((s) => (Array.isArray(s) ? s.length : Number.POSITIVE_INFINITY)))
  return of.map((s) => (Array.isArray(s) ? s.slice(0, length) : s))
}
