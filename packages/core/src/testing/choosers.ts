/** Random uses of each primitive: valid parameters, and inputs that fit them. */
import type { Binary, Comparison, ConvParams, Params, Primitive, Reduction, Unary, WindowParams } from "../language/Primitive.ts"
import type { DType } from "../types/DType.ts"
import type { Shape } from "../types/Shape.ts"
import type { Spec } from "../types/ShapeError.ts"
import type { Chosen, Draft, Draw } from "./Draft.ts"

type Chooser<P extends Primitive> = (draft: Draft) => Chosen<P> | undefined

const size = (draw: Draw): number => draw.from(draw.emptyAxes ? [2, 0, 1, 3] : [2, 1, 3, 4, 5, 0])

/** The number of channels or filters. */
const channelCount = (draw: Draw): number => draw.from(draw.emptyAxes ? [1, 0, 2] : [1, 2])

/** A size that is not 0. */
const extent = (draw: Draw): number => draw.from([2, 1, 3, 4])

const times = <A>(n: number, make: (i: number) => A): ReadonlyArray<A> => Array.from({ length: n }, (_, i) => make(i))

const shape = (draw: Draw, minRank = 0): Shape => times(minRank + draw.below(4 - minRank), () => size(draw))

const dtypes: readonly [DType, ...ReadonlyArray<DType>] = ["f32", "i32", "bool", "u8"]

/** A value of one of these dtypes, with at least `minRank` axes. */
const some = (draft: Draft, allowed: readonly [DType, ...ReadonlyArray<DType>] = dtypes, minRank = 0): number =>
  draft.find(
    ({ dtype, shape: s }) => allowed.includes(dtype) && s.length >= minRank,
    () => ({ dtype: draft.draw.from(allowed), shape: shape(draft.draw, minRank) }),
  )

const subset = (draw: Draw, rank: number): Shape => times(rank, (i) => i).filter(() => draw.below(2) === 1)

const signed: readonly [DType, ...ReadonlyArray<DType>] = ["f32", "i32"]

const onOne =
  <P extends Unary | "not">(...allowed: readonly [DType, ...ReadonlyArray<DType>]) =>
  (draft: Draft): Chosen<P> => ({ params: {} as Params[P], inputs: [some(draft, allowed)] })

const onTwo =
  <P extends Binary | Comparison>(...allowed: readonly [DType, ...ReadonlyArray<DType>]) =>
  (draft: Draft): Chosen<P> => {
    const x = some(draft, allowed)
    return { params: {} as Params[P], inputs: [x, draft.supply(draft.specOf(x))] }
  }

const reducing =
  <P extends Reduction>(nonEmpty: boolean) =>
  (draft: Draft): Chosen<P> => {
    const x = some(draft, signed)
    const { shape: s } = draft.specOf(x)
    const axes = subset(draft.draw, s.length).filter((axis) => !nonEmpty || s[axis] !== 0)
    return { params: { axes } as Params[P], inputs: [x] }
  }

interface Geometry {
  readonly rank: number
  readonly batch: number
  readonly window: Shape
  readonly stride: Shape
  readonly padding: ConvParams["padding"]
  readonly dilation: Shape
  readonly space: Shape
  readonly out: Shape
}

/** A window with at least one position. */
const geometry = (draw: Draw, dilated: boolean): Geometry => {
  const rank = draw.from([1, 2])
  const window = times(rank, () => draw.from([2, 1, 3]))
  const stride = times(rank, () => draw.from([1, 2, 3]))
  const dilation = times(rank, () => (dilated ? draw.from([1, 2]) : 1))
  const padding = window.map((n) => {
    const limit = dilated ? 3 : n
    return [draw.below(limit), draw.below(limit)] as const
  })
  const reach = window.map((n, i) => (n - 1) * (dilation[i] ?? 1) + 1)
  const pads = padding.map(([low, high]) => low + high)
  const space = reach.map((n, i) => Math.max(dilated && draw.emptyAxes ? 0 : 1, n - (pads[i] ?? 0)) + draw.below(4))
  const out = space.map((n, i) => Math.floor((n + (pads[i] ?? 0) - (reach[i] ?? 1)) / (stride[i] ?? 1)) + 1)
  return { rank, batch: draw.from([1, 2, 0]), window, stride, padding, dilation, space, out }
}

/** A convolution: its parameters, and the specs of input, kernel and output. */
const convolution = (draw: Draw) => {
  const g = geometry(draw, true)
  const groups = draw.from([1, 2])
  const [perGroup, filters] = [channelCount(draw), groups * channelCount(draw)]
  const params: ConvParams = { stride: g.stride, padding: g.padding, dilation: g.dilation, groups }
  return {
    ...g,
    params,
    x: float([g.batch, ...g.space, perGroup * groups]),
    kernel: float([...g.window, perGroup, filters]),
    y: float([g.batch, ...g.out, filters]),
  }
}

const pooling = (draw: Draw) => {
  const isDilated = draw.below(3) === 0
  const drawn = geometry(draw, isDilated)
  // With padding, a window of few elements that are far apart may hold nothing.
  const padding = drawn.padding.map(() => [0, 0] as const)
  const space = drawn.space.map((n, i) => Math.max(1, n + (drawn.padding[i]?.[0] ?? 0) + (drawn.padding[i]?.[1] ?? 0)))
  const g = isDilated ? { ...drawn, padding, space } : drawn
  const channels = channelCount(draw)
  const params: WindowParams = { window: g.window, stride: g.stride, padding: g.padding, dilation: g.dilation }
  return { ...g, params, x: float([g.batch, ...g.space, channels]), y: float([g.batch, ...g.out, channels]) }
}

const float = (s: Shape): Spec => ({ dtype: "f32", shape: s })

/** A random use of each primitive; `undefined` if the draft has no valid inputs for it. */
export const choosers: { readonly [P in Primitive]: Chooser<P> } = {
  neg: onOne("f32", "i32"),
  abs: onOne("f32", "i32"),
  sign: onOne("f32", "i32"),
  floor: onOne("f32"),
  exp: onOne("f32"),
  expm1: onOne("f32"),
  log: onOne("f32"),
  log1p: onOne("f32"),
  sqrt: onOne("f32"),
  sin: onOne("f32"),
  cos: onOne("f32"),
  atan: onOne("f32"),
  tanh: onOne("f32"),
  erf: onOne("f32"),
  sigmoid: onOne("f32"),
  add: onTwo("f32", "i32"),
  sub: onTwo("f32", "i32"),
  mul: onTwo("f32", "i32"),
  div: onTwo("f32", "i32"),
  rem: onTwo("f32", "i32"),
  pow: onTwo("f32"),
  max: onTwo("f32", "i32"),
  min: onTwo("f32", "i32"),
  and: onTwo("bool", "i32"),
  or: onTwo("bool", "i32"),
  xor: onTwo("bool", "i32"),
  shiftRight: onTwo("i32"),
  equal: onTwo("f32", "i32", "bool", "u8"),
  less: onTwo("f32", "i32", "bool", "u8"),
  lessEqual: onTwo("f32", "i32", "bool", "u8"),
  reduceSum: reducing(false),
  reduceMax: reducing(true),
  reduceMin: reducing(true),
  argMax: (draft) => {
    const x = draft.find(
      ({ dtype, shape: s }) => (dtype === "f32" || dtype === "i32") && s.some((n) => n > 0),
      () => ({ dtype: "f32", shape: [extent(draft.draw), size(draft.draw)] }),
    )
    const axes = draft.specOf(x).shape.flatMap((n, i) => (n > 0 ? [i] : []))
    return { params: { axes: [axes[draft.draw.below(axes.length)] ?? 0] }, inputs: [x] }
  },
  not: onOne("bool"),
  where: (draft) => {
    const x = some(draft)
    const spec = draft.specOf(x)
    return { params: {}, inputs: [draft.supply({ dtype: "bool", shape: spec.shape }), x, draft.supply(spec)] }
  },
  cast: (draft) => ({ inputs: [some(draft)], params: { dtype: draft.draw.from(dtypes) } }),
  iota: ({ draw }) => {
    const s = shape(draw, 1)
    return { params: { shape: s, axis: draw.below(s.length), dtype: draw.from(["i32", "f32", "u8"]) }, inputs: [] }
  },
  identity: (draft) => ({ params: {}, inputs: [some(draft)] }),
  stop: (draft) => ({ params: {}, inputs: [some(draft)] }),
  custom: (draft) => {
    const value = some(draft, ["f32"])
    const others = times(draft.draw.below(3), () => some(draft))
    const floats = others.filter((x) => draft.specOf(x).dtype === "f32")
    const given = [...floats, ...others.filter((x) => !floats.includes(x))]
    const specs = [value, value, ...given].map(draft.specOf)
    return { params: { backward: draft.body(specs, floats.map(draft.specOf), 0) }, inputs: [value, ...given] }
  },
  reshape: (draft) => {
    const x = some(draft)
    const { shape: s } = draft.specOf(x)
    const total = s.reduce((product, n) => product * n, 1)
    const half: Shape = total % 2 === 0 ? [2, total / 2] : [total]
    return { params: { shape: draft.draw.from([[total], [...s].reverse(), [1, ...s], half]) }, inputs: [x] }
  },
  transpose: (draft) => {
    const x = some(draft)
    const left = draft.specOf(x).shape.map((_, i) => i)
    const order = times(left.length, () => left.splice(draft.draw.below(left.length), 1)[0] ?? 0)
    return { params: { order }, inputs: [x] }
  },
  broadcast: (draft) => {
    const x = some(draft)
    const stretched = draft.specOf(x).shape.map((n) => (n === 1 ? size(draft.draw) : n))
    return { params: { shape: [...times(draft.draw.below(3), () => size(draft.draw)), ...stretched] }, inputs: [x] }
  },
  slice: (draft) => {
    const x = some(draft)
    const { shape: s } = draft.specOf(x)
    const start = s.map((n) => draft.draw.below(n + 1))
    const limit = s.map((n, i) => n - draft.draw.below(n - (start[i] ?? 0) + 1))
    return { params: { start, limit, stride: s.map(() => draft.draw.from([1, 2, 3])) }, inputs: [x] }
  },
  pad: (draft) => {
    const x = some(draft)
    const { dtype, shape: s } = draft.specOf(x)
    const some2 = (): Shape => s.map(() => draft.draw.below(3))
    const value = draft.draw.from(dtype === "f32" ? [0, -0.5, Number.NEGATIVE_INFINITY] : [0, 1])
    return { params: { low: some2(), high: some2(), interior: some2(), value }, inputs: [x] }
  },
  concat: (draft) => {
    const x = some(draft, dtypes, 1)
    const { dtype, shape: s } = draft.specOf(x)
    const axis = draft.draw.below(s.length)
    const more = times(draft.draw.below(3), () =>
      draft.supply({ dtype, shape: s.map((n, i) => (i === axis ? size(draft.draw) : n)) }),
    )
    return { params: { axis }, inputs: [x, ...more] }
  },
  reverse: (draft) => {
    const x = some(draft)
    return { params: { axes: subset(draft.draw, draft.specOf(x).shape.length) }, inputs: [x] }
  },
  gather: (draft) => ({ params: {}, inputs: [some(draft, dtypes, 1), some(draft, ["i32"])] }),
  scatterAdd: (draft) => {
    const indices = some(draft, ["i32"])
    const dtype = draft.draw.from(signed)
    const updates = draft.supply({ dtype, shape: [...draft.specOf(indices).shape, ...shape(draft.draw).slice(0, 2)] })
    return { params: { rows: size(draft.draw) }, inputs: [indices, updates] }
  },
  dot: (draft) => {
    const a = some(draft, signed, 2)
    const { dtype, shape: s } = draft.specOf(a)
    const b = draft.supply({ dtype, shape: [...s.slice(0, -2), s.at(-1) ?? 0, size(draft.draw)] })
    return { params: {}, inputs: [a, b] }
  },
  conv: (draft) => {
    const { kernel, params, x } = convolution(draft.draw)
    return { params, inputs: [draft.supply(x), draft.supply(kernel)] }
  },
  convInputGrad: (draft) => {
    const { kernel, params, space, y } = convolution(draft.draw)
    return { params: { ...params, space }, inputs: [draft.supply(y), draft.supply(kernel)] }
  },
  convKernelGrad: (draft) => {
    const { params, window, x, y } = convolution(draft.draw)
    return { params: { ...params, window }, inputs: [draft.supply(x), draft.supply(y)] }
  },
  windowSum: (draft) => {
    const { params, x } = pooling(draft.draw)
    return { params, inputs: [draft.supply(x)] }
  },
  windowSumGrad: (draft) => {
    const { params, space, y } = pooling(draft.draw)
    return { params: { ...params, space }, inputs: [draft.supply(y)] }
  },
  windowMax: (draft) => {
    const { params, x } = pooling(draft.draw)
    return { params, inputs: [draft.supply(x)] }
  },
  windowMaxGrad: (draft) => {
    const { params, x, y } = pooling(draft.draw)
    return { params, inputs: [draft.supply(x), draft.supply(y)] }
  },
  windowMaxPick: (draft) => {
    const { params, x } = pooling(draft.draw)
    return { params, inputs: [draft.supply(x), draft.supply(x)] }
  },
  threefry: (draft) => {
    const counters: Spec = { dtype: "i32", shape: [...shape(draft.draw).slice(0, 2), 2] }
    return { params: {}, inputs: [draft.supply({ dtype: "i32", shape: [2] }), draft.supply(counters)] }
  },
  argsort: (draft) => ({ params: {}, inputs: [some(draft, dtypes, 1)] }),
  matrix: (draft) => {
    const { draw } = draft
    const batch = shape(draw).slice(0, 1)
    const [n, m, k] = [size(draw), size(draw), size(draw)]
    const matrixOf = (rows: number, columns: number) => draft.supply(float([...batch, rows, columns]))
    const flag = (): boolean => draw.below(2) === 1
    const operation = draw.from(["eigh", "cholesky", "solve", "triangularSolve", "determinant", "qr", "svd"] as const)
    if (operation === "triangularSolve")
      return { params: { operation, lower: flag(), transposed: flag(), unit: flag() }, inputs: [matrixOf(n, n), matrixOf(n, k)] }
    if (operation === "solve") return { params: { operation }, inputs: [matrixOf(n, n), matrixOf(n, k)] }
    const isTall = operation === "qr" || operation === "svd"
    return { params: { operation }, inputs: [isTall ? matrixOf(n + m, n) : matrixOf(n, n)] }
  },
  scan: (draft) => {
    const { draw } = draft
    const small = (dtype: DType): Spec => ({ dtype, shape: times(draw.below(2), () => size(draw)) })
    // A guard is a constant or a sequence, and a condition: where the derivative of a program is measured, none changes.
    const kinds = ["nothing", "a constant", "a sequence"] as const
    const lengths = [2, 1, 3, 0]
    const choice = draw.below(kinds.length * lengths.length)
    const length = lengths[choice % lengths.length] ?? 0
    const guarding = kinds[Math.floor(choice / lengths.length)]
    const guardOf = (kind: typeof guarding): ReadonlyArray<Spec> => (kind === guarding ? [float([])] : [])
    const fixed = [...guardOf("a constant"), ...times(draw.below(3), () => small(draw.from(dtypes)))]
    const carried = times(draw.below(3), () => small("f32"))
    const rows = [...guardOf("a sequence"), ...times(draw.below(3), () => small(draw.from(dtypes)))]
    const guard = guarding === "a constant" ? 0 : fixed.length + carried.length
    const body = draft.body([...fixed, ...carried, ...rows], carried, draw.below(3))
    const sequences = rows.map(({ dtype, shape: s }): Spec => ({ dtype, shape: [length, ...s] }))
    const inputs = [...fixed, ...carried, ...sequences].map((spec, i) => {
      if (guarding === "nothing" || i !== guard) return draft.supply(spec)
      const condition = draft.supply({ dtype: "bool", shape: spec.shape })
      return draft.add("cast", { params: { dtype: "f32" }, inputs: [condition] }) ?? condition
    })
    const sizes = { constants: fixed.length, carries: carried.length, length }
    return { params: { body, ...sizes, reverse: draw.below(2) === 1, ...(guarding === "nothing" ? {} : { guard }) }, inputs }
  },
}
