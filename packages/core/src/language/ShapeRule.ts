/**
 * The shape rule of every primitive: what it makes of its inputs' kinds and sizes, or a `ShapeError`. Shapes are
 * inferred here and nowhere else.
 */
import { type DType, fits, range } from "../words/DType.ts"
import * as Shape from "../words/Shape.ts"
import { refuse, type Spec } from "../words/ShapeError.ts"
import {
  type Binary,
  binary,
  type Comparison,
  type ConvParams,
  comparison,
  type Params,
  type Primitive,
  type Program,
  type Reduction,
  reduction,
  type Unary,
  unary,
  type WindowParams,
} from "./Primitive.ts"

/** What a primitive's result will be, from its parameters and what is known of its inputs. */
export type ShapeRule<P extends Primitive> = (params: Params[P], inputs: ReadonlyArray<Spec>) => Spec

const scalar: Spec = { dtype: "f32", shape: [] }

const arity = (operation: string, inputs: ReadonlyArray<Spec>, n: number): void => {
  if (inputs.length !== n) refuse(operation, inputs, n === 1 ? "1 array" : `${n} arrays`, "give it as many")
}

const one = (operation: string, inputs: ReadonlyArray<Spec>): Spec => {
  arity(operation, inputs, 1)
  return inputs[0] ?? scalar
}

const two = (operation: string, inputs: ReadonlyArray<Spec>): readonly [Spec, Spec] => {
  arity(operation, inputs, 2)
  return [inputs[0] ?? scalar, inputs[1] ?? scalar]
}

const wantKind = (operation: string, inputs: ReadonlyArray<Spec>, allowed: ReadonlyArray<DType>): void => {
  for (const { dtype } of inputs)
    if (!allowed.includes(dtype)) refuse(operation, inputs, `${allowed.join(" or ")} elements`, `Tensor.cast(x, "${allowed[0]}")`)
}

const sameKind = (operation: string, a: Spec, b: Spec): void => {
  if (a.dtype !== b.dtype)
    refuse(
      operation,
      [a, b],
      "both of one kind",
      a.dtype === "f32" || b.dtype === "f32"
        ? `Tensor.cast the ${a.dtype === "f32" ? "second" : "first"} to f32`
        : `Tensor.cast the first to ${b.dtype}, or the second to ${a.dtype}`,
    )
}

const sameShape = (operation: string, a: Spec, b: Spec): void => {
  if (!Shape.equals(a.shape, b.shape)) refuse(operation, [a, b], "equal shapes", "broadcast or reshape one of them")
}

const wantRank = (operation: string, inputs: ReadonlyArray<Spec>, spec: Spec, rank: number, meaning: string): void => {
  if (spec.shape.length !== rank) refuse(operation, inputs, meaning, "reshape it first")
}

const valid = (operation: string, inputs: ReadonlyArray<Spec>, shape: Shape.Shape): Shape.Shape =>
  Shape.isValid(shape)
    ? shape
    : refuse(operation, inputs, `a result of ${Shape.wanted}, not ${Shape.print(shape)}`, "check the sizes it was asked for")

/** What a primitive is called in the tensor language, where that is not its own name. */
const called: { readonly [P in Primitive]?: string } = {
  max: "maximum",
  min: "minimum",
  reduceSum: "sum",
  reduceMax: "max",
  reduceMin: "min",
  broadcast: "broadcastTo",
  dot: "matmul",
  reverse: "flip",
  gather: "take",
  windowSum: "sumPool",
  windowMax: "maxPool",
  threefry: "Key",
}

/** The name a person calls a primitive by, for messages. */
export const callName = (primitive: Primitive): string => called[primitive] ?? primitive

const unaryKinds: { readonly [P in Unary]: ReadonlyArray<DType> } = {
  neg: ["f32", "i32"],
  abs: ["f32", "i32"],
  sign: ["f32", "i32"],
  floor: ["f32"],
  exp: ["f32"],
  expm1: ["f32"],
  log: ["f32"],
  log1p: ["f32"],
  sqrt: ["f32"],
  sin: ["f32"],
  cos: ["f32"],
  tanh: ["f32"],
  erf: ["f32"],
  sigmoid: ["f32"],
}

const unaryRule =
  (p: Unary): ShapeRule<Unary> =>
  (_, inputs) => {
    const x = one(p, inputs)
    wantKind(p, inputs, unaryKinds[p])
    return x
  }

const binaryKinds: { readonly [P in Binary]: ReadonlyArray<DType> } = {
  add: ["f32", "i32"],
  sub: ["f32", "i32"],
  mul: ["f32", "i32"],
  div: ["f32", "i32"],
  rem: ["f32", "i32"],
  pow: ["f32"],
  max: ["f32", "i32"],
  min: ["f32", "i32"],
  and: ["bool", "i32"],
  or: ["bool", "i32"],
  xor: ["bool", "i32"],
  shiftRight: ["i32"],
}

const binaryRule =
  (p: Binary): ShapeRule<Binary> =>
  (_, inputs) => {
    const name = callName(p)
    const [a, b] = two(name, inputs)
    wantKind(name, inputs, binaryKinds[p])
    sameKind(name, a, b)
    sameShape(name, a, b)
    return a
  }

const comparisonRule =
  (p: Comparison): ShapeRule<Comparison> =>
  (_, inputs) => {
    const [a, b] = two(p, inputs)
    sameKind(p, a, b)
    sameShape(p, a, b)
    return { dtype: "bool", shape: a.shape }
  }

const reductionRule =
  (p: Reduction): ShapeRule<Reduction> =>
  ({ axes }, inputs) => {
    const name = callName(p)
    const x = one(name, inputs)
    wantKind(name, inputs, ["f32", "i32"])
    const rank = x.shape.length
    if (!distinctAxes(axes, rank)) refuse(name, inputs, `distinct axes of the array, not ${Shape.print(axes)}`, axesHint(rank))
    if (p === "argMax" && axes.length !== 1) refuse(name, inputs, "one axis", "reshape the axes into one first")
    if (p !== "reduceSum" && axes.some((axis) => x.shape[axis] === 0))
      refuse(name, inputs, "at least one element along each reduced axis", "an empty array has no largest or smallest element")
    return { dtype: p === "argMax" ? "i32" : x.dtype, shape: Shape.without(x.shape, axes) }
  }

/** One row of a table for each name of a family of primitives. */
const rows = <N extends Primitive, R>(names: ReadonlyArray<N>, row: (name: N) => R): { readonly [P in N]: R } =>
  Object.fromEntries(names.map((name) => [name, row(name)])) as { readonly [P in N]: R }

const positive = (operation: string, inputs: ReadonlyArray<Spec>, sizes: Shape.Shape, rank: number, what: string): void => {
  if (sizes.length !== rank || sizes.some((n) => !Number.isInteger(n) || n < 1))
    refuse(
      operation,
      inputs,
      `${what} of ${rank} whole numbers above 0, not ${Shape.print(sizes)}`,
      "give one for each spatial axis",
    )
}

/** Whether these are axes of an array of this rank, counted from 0, and each is named once. */
const distinctAxes = (axes: Shape.Shape, rank: number): boolean =>
  axes.every((axis, i) => Number.isInteger(axis) && axis >= 0 && axis < rank && axes.indexOf(axis) === i)

const axesHint = (rank: number): string => (rank === 0 ? "a scalar has no axes" : `axes from 0 to ${rank - 1}, each once`)

const spaceOf = (spec: Spec): Shape.Shape => spec.shape.slice(1, -1)

/** How many places a window of `window` elements, `dilation` apart, can stand in along each padded spatial axis. */
const places = (
  operation: string,
  inputs: ReadonlyArray<Spec>,
  space: Shape.Shape,
  window: Shape.Shape,
  {
    dilation,
    padding,
    strides,
  }: { readonly dilation: Shape.Shape; readonly padding: ConvParams["padding"]; readonly strides: Shape.Shape },
): Array<number> => {
  const rank = space.length
  positive(operation, inputs, window, rank, "a window")
  positive(operation, inputs, strides, rank, "strides")
  positive(operation, inputs, dilation, rank, "a dilation")
  if (
    padding.length !== rank ||
    padding.some(([low, high]) => !Number.isInteger(low) || !Number.isInteger(high) || low < 0 || high < 0)
  )
    refuse(operation, inputs, `${rank} pairs of padding, none negative`, "give [low, high] for each spatial axis")
  return space.map((extent, i) => {
    const [low, high] = padding[i] ?? [0, 0]
    const reach = ((window[i] ?? 1) - 1) * (dilation[i] ?? 1) + 1
    const room = extent + low + high - reach
    if (room < 0)
      refuse(
        operation,
        inputs,
        `at least ${reach} elements along spatial axis ${i} for a window of ${window[i]}, not ${extent + low + high}`,
        "a smaller window, or more padding (same)",
      )
    return Math.floor(room / (strides[i] ?? 1)) + 1
  })
}

const images = (operation: string, inputs: ReadonlyArray<Spec>, x: Spec): void => {
  wantKind(operation, inputs, ["f32"])
  if (x.shape.length < 3)
    refuse(
      operation,
      inputs,
      "[batch, …space, channels], with at least one spatial axis",
      "reshape to add the axis that is missing",
    )
}

const convolution = (operation: string, inputs: ReadonlyArray<Spec>, x: Spec, kernel: Spec, params: ConvParams): Spec => {
  images(operation, inputs, x)
  wantRank(operation, inputs, kernel, x.shape.length, "a kernel [...window, channels / groups, filters] of the input's rank")
  const channels = x.shape.at(-1) ?? 0
  const perGroup = kernel.shape.at(-2) ?? 0
  const filters = kernel.shape.at(-1) ?? 0
  const { groups } = params
  if (!Number.isInteger(groups) || groups < 1 || channels % groups !== 0)
    refuse(operation, inputs, `channels in ${groups} equal groups, not ${channels}`, "groups that divide the channels, or 1")
  if (perGroup * groups !== channels)
    refuse(
      operation,
      inputs,
      groups === 1
        ? `a kernel for ${channels} channels, not ${perGroup}`
        : `a kernel for ${channels} channels in ${groups} groups of ${channels / groups}, not of ${perGroup}`,
      `a kernel of ${Shape.print([...kernel.shape.slice(0, -2), channels / groups, filters])}`,
    )
  if (filters % groups !== 0)
    refuse(operation, inputs, `filters in ${groups} equal groups, not ${filters}`, "filters divisible by the groups")
  const out = places(operation, inputs, spaceOf(x), kernel.shape.slice(0, -2), params)
  return { dtype: "f32", shape: [x.shape[0] ?? 0, ...out, filters] }
}

const windowed = (operation: string, inputs: ReadonlyArray<Spec>, x: Spec, params: WindowParams): Spec => {
  images(operation, inputs, x)
  const dilation = params.window.map(() => 1)
  if (spaceOf(x).includes(0))
    refuse(operation, inputs, "at least one element along each spatial axis", "a window over padding alone would hold nothing")
  if (params.padding.some(([low, high], i) => low >= (params.window[i] ?? 1) || high >= (params.window[i] ?? 1)))
    refuse(operation, inputs, "padding smaller than the window", "a window that lies in the padding alone would hold nothing")
  const out = places(operation, inputs, spaceOf(x), params.window, { ...params, dilation })
  return { dtype: "f32", shape: [x.shape[0] ?? 0, ...out, x.shape.at(-1) ?? 0] }
}

const expect = (operation: string, inputs: ReadonlyArray<Spec>, spec: Spec, wanted: Spec, what: string): void => {
  if (!Shape.equals(spec.shape, wanted.shape))
    refuse(operation, inputs, `${what} of ${Shape.print(wanted.shape)}`, "check where it came from")
}

/** The shape rule of each primitive. */
export const shapeRules: { readonly [P in Primitive]: ShapeRule<P> } = {
  ...rows(unary, unaryRule),
  ...rows(binary, binaryRule),
  ...rows(comparison, comparisonRule),
  ...rows(reduction, reductionRule),

  not: (_, inputs) => {
    const x = one("not", inputs)
    wantKind("not", inputs, ["bool"])
    return x
  },
  where: (_, inputs) => {
    arity("where", inputs, 3)
    const [condition = scalar, a = scalar, b = scalar] = inputs
    if (condition.dtype !== "bool") refuse("where", inputs, "a bool first", "compare: Tensor.greater(x, 0)")
    sameKind("where", a, b)
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
      sameKind("concat", first, x)
      if (!Shape.equals(Shape.without(x.shape, [axis]), Shape.without(first.shape, [axis])))
        refuse("concat", inputs, `shapes that agree but for axis ${axis}`, "slice, pad or reshape the odd one")
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
    wantKind("scatterAdd", [updates], ["f32", "i32"])
    if (!Shape.equals(updates.shape.slice(0, indices.shape.length), indices.shape))
      refuse("scatterAdd", inputs, "updates whose first axes are the indices' shape", "one row of updates for each index")
    return { dtype: updates.dtype, shape: [count, ...updates.shape.slice(indices.shape.length)] }
  },
  dot: (_, inputs) => {
    const [a, b] = two("matmul", inputs)
    wantKind("matmul", inputs, ["f32", "i32"])
    sameKind("matmul", a, b)
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
  conv: (params, inputs) => {
    const [x, kernel] = two("conv", inputs)
    return convolution("conv", inputs, x, kernel, params)
  },
  convInputGrad: ({ space, ...params }, inputs) => {
    const [cotangent, kernel] = two("convInputGrad", inputs)
    const shape = [cotangent.shape[0] ?? 0, ...space, (kernel.shape.at(-2) ?? 0) * params.groups]
    const x: Spec = { dtype: "f32", shape: valid("convInputGrad", inputs, shape) }
    expect("convInputGrad", inputs, cotangent, convolution("convInputGrad", inputs, x, kernel, params), "a cotangent")
    return x
  },
  convKernelGrad: ({ window, ...params }, inputs) => {
    const [x, cotangent] = two("convKernelGrad", inputs)
    const kernel: Spec = {
      dtype: "f32",
      shape: [...window, (x.shape.at(-1) ?? 0) / params.groups, cotangent.shape.at(-1) ?? 0],
    }
    expect("convKernelGrad", inputs, cotangent, convolution("convKernelGrad", inputs, x, kernel, params), "a cotangent")
    return kernel
  },
  windowSum: (params, inputs) => windowed("sumPool", inputs, one("sumPool", inputs), params),
  windowSumGrad: ({ space, ...params }, inputs) => {
    const cotangent = one("windowSumGrad", inputs)
    const shape = [cotangent.shape[0] ?? 0, ...space, cotangent.shape.at(-1) ?? 0]
    const x: Spec = { dtype: "f32", shape: valid("windowSumGrad", inputs, shape) }
    expect("windowSumGrad", inputs, cotangent, windowed("windowSumGrad", inputs, x, params), "a cotangent")
    return x
  },
  windowMax: (params, inputs) => windowed("maxPool", inputs, one("maxPool", inputs), params),
  windowMaxGrad: (params, inputs) => {
    const [x, cotangent] = two("windowMaxGrad", inputs)
    expect("windowMaxGrad", inputs, cotangent, windowed("windowMaxGrad", inputs, x, params), "a cotangent")
    return x
  },
  windowMaxPick: (params, inputs) => {
    const [x, from] = two("windowMaxPick", inputs)
    sameShape("windowMaxPick", x, from)
    return windowed("windowMaxPick", inputs, x, params)
  },
  threefry: (_, inputs) => {
    const [key, counters] = two("Key", inputs)
    wantKind("Key", inputs, ["i32"])
    if (!Shape.equals(key.shape, [2])) refuse("Key", inputs, "a key of i32[2] first", "Key.make(seed)")
    if (counters.shape.at(-1) !== 2) refuse("Key", inputs, "counters of i32[…, 2]", "pairs of high and low words")
    return counters
  },
  argsort: (_, inputs) => {
    const x = one("argsort", inputs)
    if (x.shape.length === 0) refuse("argsort", inputs, "an axis to sort along", "a scalar has nothing to sort")
    return { dtype: "i32", shape: x.shape }
  },
  scan: ({ body, carries, constants, length }, inputs) => {
    if (![length, constants, carries].every((n) => Number.isInteger(n) && n >= 0))
      refuse("scan", inputs, "a length and counts that are whole numbers", "the sequences' first axis as the length")
    if (body.outputs.length < carries)
      refuse("scan", inputs, `a body that gives ${carries} carries, not ${body.outputs.length}`, "return every part of the carry")
    if (inputs.length !== body.inputs.length || inputs.length < constants + carries)
      refuse(
        "scan",
        inputs,
        `${body.inputs.length} arrays, as its body takes`,
        "give the constants, the carries and the sequences",
      )
    inputs.forEach((input, i) => {
      const wanted = body.inputs[i] ?? scalar
      const shape = i < constants + carries ? wanted.shape : [length, ...wanted.shape]
      if (input.dtype !== wanted.dtype || !Shape.equals(input.shape, shape))
        refuse(
          "scan",
          inputs,
          `${wanted.dtype}${Shape.print(shape)} as input ${i}`,
          "what the body's argument has, with the length first for a sequence",
        )
    })
    const outs = body.outputs.map((value) => specOf(body, value))
    let total = 0
    outs.forEach((out, i) => {
      if (out.dtype !== "f32") refuse("scan", [out], "f32 results of its body", 'Tensor.cast(x, "f32") inside the body')
      const carry = body.inputs[constants + i] ?? scalar
      if (i < carries && !Shape.equals(out.shape, carry.shape))
        refuse("scan", [out], `carry ${i} as it was, f32${Shape.print(carry.shape)}`, "keep what grows as the rows of `kept`")
      total += Shape.size(out.shape) * (i < carries ? 1 : length)
    })
    return { dtype: "f32", shape: [total] }
  },
}

/** What is known of the result of a primitive. Throws `ShapeError` when it cannot take these inputs. */
export const infer = <P extends Primitive>(primitive: P, params: Params[P], inputs: ReadonlyArray<Spec>): Spec => {
  const rule = shapeRules[primitive] as ShapeRule<P>
  const out = rule(params, inputs)
  valid(callName(primitive), inputs, out.shape)
  return out
}

/** What is known of a program's value, by its number. */
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
