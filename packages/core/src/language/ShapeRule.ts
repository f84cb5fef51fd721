/**
 * The shape rule of every primitive: the dtype and shape of its result from those of its inputs, or a `ShapeError`. Shapes are
 * inferred here and nowhere else.
 */
import { fits, range } from "../types/DType.ts"
import * as Shape from "../types/Shape.ts"
import { refuse, type Spec } from "../types/ShapeError.ts"
import { providedForCustom } from "./custom.ts"
import { type ImagePrimitive, providedForImages, rowsOf } from "./images.ts"
import { providedForLoops } from "./loops.ts"
import { providedForMatrices } from "./matrices.ts"
import type { Params, Primitive, Program } from "./Primitive.ts"
import { elementwise } from "./shapes/elementwise.ts"
import {
  arity,
  axesHint,
  callName,
  checkDType,
  distinctAxes,
  one,
  type ShapeRule,
  sameDType,
  sameShape,
  scalar,
  two,
  valid,
} from "./shapes/require.ts"

export { callName } from "./shapes/require.ts"

/** The shape rules of images. */
export const imageRules = providedForImages<{ readonly [P in ImagePrimitive]: ShapeRule<P> }>()

/** The shape rule of loops. */
export const loopRule = providedForLoops<ShapeRule<"scan">>()

/** The shape rule of operations on matrices. */
export const matrixRule = providedForMatrices<ShapeRule<"matrix">>()

/** The shape rule of values with a derivative of their own. */
export const customRule = providedForCustom<ShapeRule<"custom">>()

/** The shape rule of each primitive. */
export const shapeRules: { readonly [P in Primitive]: ShapeRule<P> } = {
  ...elementwise,

  not: (_, inputs) => {
    const x = one("not", inputs)
    checkDType("not", inputs, ["bool"])
    return x
  },
  where: (_, inputs) => {
    arity("where", inputs, 3)
    const [condition = scalar, a = scalar, b = scalar] = inputs
    if (condition.dtype !== "bool") refuse("where", inputs, "a bool first", "compare: Tensor.greater(x, 0)")
    sameDType("where", a, b)
    sameShape("where", a, b)
    sameShape("where", condition, a)
    return a
  },
  cast: ({ dtype }, inputs) => ({ dtype, shape: one("cast", inputs).shape }),
  iota: ({ axis, dtype, shape }, inputs) => {
    arity("iota", inputs, 0)
    const out = { dtype, shape: valid("iota", inputs, shape) }
    if (!Number.isInteger(axis) || axis < 0 || axis >= shape.length)
      refuse("iota", [out], "an axis of the shape", "a shape of rank 1 or more")
    if (dtype === "bool") refuse("iota", [out], "a dtype that can count", '"i32"')
    return out
  },
  identity: (_, inputs) => one("identity", inputs),
  stop: (_, inputs) => one("stop", inputs),
  custom: (params, inputs) => customRule.get()(params, inputs),
  reshape: ({ shape }, inputs) => {
    const x = one("reshape", inputs)
    if (Shape.size(valid("reshape", inputs, shape)) !== Shape.size(x.shape))
      refuse(
        "reshape",
        inputs,
        `as many elements as ${Shape.print(shape)} has (${Shape.size(shape)})`,
        `sizes that multiply to ${Shape.size(x.shape)}`,
      )
    return { dtype: x.dtype, shape }
  },
  transpose: ({ order }, inputs) => {
    const x = one("transpose", inputs)
    if (order.length !== x.shape.length || !x.shape.every((_, i) => order.includes(i)))
      refuse("transpose", inputs, `each axis once, not ${Shape.print(order)}`, `an order of the axes 0 to ${x.shape.length - 1}`)
    return { dtype: x.dtype, shape: order.map((axis) => x.shape[axis] ?? 0) }
  },
  broadcast: ({ shape }, inputs) => {
    const x = one("broadcastTo", inputs)
    const stretched = Shape.broadcast(x.shape, valid("broadcastTo", inputs, shape))
    if (stretched === undefined || !Shape.equals(stretched, shape))
      refuse(
        "broadcastTo",
        inputs,
        `a shape that stretches to ${Shape.print(shape)}`,
        "sizes equal or 1, compared from the last axis",
      )
    return { dtype: x.dtype, shape }
  },
  slice: ({ limit, start, stride }, inputs) => {
    const x = one("slice", inputs)
    const rank = x.shape.length
    if (start.length !== rank || limit.length !== rank || stride.length !== rank)
      refuse("slice", inputs, `a start, a limit and a stride for each of ${rank} axes`, "give one for each axis")
    const inside = x.shape.every((extent, i) => {
      const [from = 0, to = 0, by = 1] = [start[i], limit[i], stride[i]]
      return [from, to, by].every(Number.isInteger) && from >= 0 && from <= to && to <= extent && by >= 1
    })
    if (!inside)
      refuse(
        "slice",
        inputs,
        `ranges inside the array, not ${Shape.print(start)} to ${Shape.print(limit)}`,
        "0 ≤ start ≤ limit ≤ size",
      )
    return { dtype: x.dtype, shape: start.map((from, i) => Math.ceil(((limit[i] ?? 0) - from) / (stride[i] ?? 1))) }
  },
  pad: ({ high, interior, low, value }, inputs) => {
    const x = one("pad", inputs)
    const rank = x.shape.length
    const whole = [low, high, interior].every((list) => list.length === rank && list.every((n) => Number.isInteger(n) && n >= 0))
    if (!whole)
      refuse(
        "pad",
        inputs,
        `a padding on each side of ${rank === 1 ? "its axis" : `its ${rank} axes`}, none negative`,
        "slice to take elements away",
      )
    if (!fits(x.dtype, value)) refuse("pad", inputs, `${range(x.dtype)} to pad with, not ${value}`, "Tensor.cast the array first")
    const shape = x.shape.map((n, i) => (low[i] ?? 0) + n + Math.max(0, n - 1) * (interior[i] ?? 0) + (high[i] ?? 0))
    return { dtype: x.dtype, shape }
  },
  concat: ({ axis }, inputs) => {
    const first = inputs[0] ?? refuse("concat", inputs, "at least one array", "give it a list that is not empty")
    if (!Number.isInteger(axis) || axis < 0 || axis >= first.shape.length)
      refuse("concat", inputs, `an axis of the arrays, not ${axis}`, "Tensor.stack joins along a new axis")
    for (const x of inputs) {
      sameDType("concat", first, x)
      if (!Shape.equals(Shape.without(x.shape, [axis]), Shape.without(first.shape, [axis])))
        refuse("concat", inputs, `shapes that agree except in axis ${axis}`, "slice, pad or reshape the one that differs")
    }
    const total = inputs.reduce((sum, x) => sum + (x.shape[axis] ?? 0), 0)
    return { dtype: first.dtype, shape: first.shape.map((n, i) => (i === axis ? total : n)) }
  },
  reverse: ({ axes }, inputs) => {
    const x = one("flip", inputs)
    const rank = x.shape.length
    if (!distinctAxes(axes, rank)) refuse("flip", inputs, `distinct axes of the array, not ${Shape.print(axes)}`, axesHint(rank))
    return x
  },
  gather: (_, inputs) => {
    const [x, indices] = two("take", inputs)
    if (indices.dtype !== "i32") refuse("take", inputs, "i32 indices second", 'Tensor.cast(indices, "i32")')
    if (x.shape.length === 0) refuse("take", inputs, "an array with rows first", "a scalar has no rows")
    return { dtype: x.dtype, shape: [...indices.shape, ...x.shape.slice(1)] }
  },
  scatterAdd: ({ rows: count }, inputs) => {
    const [indices, updates] = two("scatterAdd", inputs)
    if (indices.dtype !== "i32") refuse("scatterAdd", inputs, "i32 indices first", 'Tensor.cast(indices, "i32")')
    checkDType("scatterAdd", [updates], ["f32", "i32"])
    if (!Shape.equals(updates.shape.slice(0, indices.shape.length), indices.shape))
      refuse("scatterAdd", inputs, "updates whose first axes are the indices' shape", "one row of updates for each index")
    return { dtype: updates.dtype, shape: [count, ...updates.shape.slice(indices.shape.length)] }
  },
  dot: (_, inputs) => {
    const [a, b] = two("matmul", inputs)
    checkDType("matmul", inputs, ["f32", "i32"])
    sameDType("matmul", a, b)
    const rank = a.shape.length
    if (rank < 2 || b.shape.length !== rank) refuse("matmul", inputs, "matrices", "reshape a vector of n to [1, n] or [n, 1]")
    if (!Shape.equals(a.shape.slice(0, -2), b.shape.slice(0, -2)))
      refuse("matmul", inputs, "equal batch axes", "broadcast one of them")
    const [m = 0, inner = 0] = a.shape.slice(-2)
    const [rowsOfB = 0, n = 0] = b.shape.slice(-2)
    if (inner !== rowsOfB)
      refuse(
        "matmul",
        inputs,
        `as many columns in the first (${inner}) as rows in the second (${rowsOfB})`,
        n === inner
          ? "transpose the second"
          : m === rowsOfB
            ? "transpose the first"
            : n === m
              ? "swap the two"
              : "check the sizes of the layer before",
      )
    return { dtype: a.dtype, shape: [...a.shape.slice(0, -1), n] }
  },
  ...rowsOf(imageRules.get),
  threefry: (_, inputs) => {
    const [key, counters] = two("Key", inputs)
    checkDType("Key", inputs, ["i32"])
    if (!Shape.equals(key.shape, [2])) refuse("Key", inputs, "a key of i32[2] first", "Key.make(seed)")
    if (counters.shape.at(-1) !== 2) refuse("Key", inputs, "counters of i32[…, 2]", "pairs of high and low words")
    return counters
  },
  argsort: (_, inputs) => {
    const x = one("argsort", inputs)
    if (x.shape.length === 0) refuse("argsort", inputs, "an axis to sort along", "a scalar has nothing to sort")
    return { dtype: "i32", shape: x.shape }
  },
  matrix: (params, inputs) => matrixRule.get()(params, inputs),
  scan: (params, inputs) => loopRule.get()(params, inputs),
}

/** The dtype and shape of a primitive's result. Throws `ShapeError` when it cannot take these inputs. */
export const infer = <P extends Primitive>(primitive: P, params: Params[P], inputs: ReadonlyArray<Spec>): Spec => {
  const rule = shapeRules[primitive] as ShapeRule<P>
  const out = rule(params, inputs)
  valid(callName(primitive), inputs, out.shape)
  return out
}

/** The dtype and shape of a program's value, by its number. */
export const specOf = (program: Program, value: number): Spec => {
  const { constants, equations, inputs } = program
  const spec =
    value < inputs.length
      ? inputs[value]
      : value < inputs.length + constants.length
        ? constants[value - inputs.length]
        : equations[value - inputs.length - constants.length]?.out
  return (
    spec ??
    refuse("program", inputs, `a value below ${inputs.length + constants.length + equations.length}`, `not value ${value}`)
  )
}
