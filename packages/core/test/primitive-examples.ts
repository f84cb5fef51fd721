/** Example uses of every primitive: the lists that the laws of primitive-laws.test.ts run over. */
// Provides the rules of `custom`, which is among them.
import "../src/transform/custom.ts"
import type { Params, Primitive } from "../src/language/Primitive.ts"
import { trace } from "../src/language/Program.ts"
import * as T from "../src/tensor/Tensor.ts"
import type { DType } from "../src/types/DType.ts"
import { make, type NDArray } from "../src/types/NDArray.ts"
import * as Shape from "../src/types/Shape.ts"

/** One use of a primitive. `flat` says that nothing flows back through it. */
export interface Example<P extends Primitive = Primitive> {
  readonly params: Params[P]
  readonly inputs: ReadonlyArray<NDArray>
  readonly flat?: true
}

/** A use that any primitive of a family can have. */
interface Shared<Parameters = Readonly<Record<never, never>>> {
  readonly params: Parameters
  readonly inputs: ReadonlyArray<NDArray>
  readonly flat?: true
}

/** Numbers between `low` and `high`, all different and none where a function jumps or has a kink, in no order. */
const floats = (shape: Shape.Shape, low = -2, high = 2, seed = 0): NDArray =>
  make(
    "f32",
    shape,
    Float64Array.from(
      { length: Shape.size(shape) },
      (_, i) => low + (high - low) * (((i + 1) * 0.754877666 + seed * 0.569840291) % 1),
    ),
  )

const positive = (...shape: Shape.Shape): NDArray => floats(shape, 0.4, 2.6)

const whole = (dtype: DType, shape: Shape.Shape, ...elements: ReadonlyArray<number>): NDArray =>
  make(dtype, shape, dtype === "i32" ? Int32Array.from(elements) : Uint8Array.from(elements))

const i32 = (...elements: ReadonlyArray<number>): NDArray => whole("i32", [elements.length], ...elements)
const bools = (...elements: ReadonlyArray<number>): NDArray => whole("bool", [elements.length], ...elements)
const bytes = (...elements: ReadonlyArray<number>): NDArray => whole("u8", [elements.length], ...elements)

const numbers = (shape: Shape.Shape, ...elements: ReadonlyArray<number>): NDArray =>
  make("f32", shape, Float64Array.from(elements))
const x23 = floats([2, 3])
const other = floats([2, 3], -2, 2, 1)

const smooth = (low = -2, high = 2): ReadonlyArray<Shared> => [
  { params: {}, inputs: [floats([2, 3], low, high)] },
  { params: {}, inputs: [floats([], low, high)] },
  { params: {}, inputs: [floats([2, 0], low, high)] },
]

const arithmetic: ReadonlyArray<Shared> = [
  { params: {}, inputs: [x23, other] },
  { params: {}, inputs: [floats([]), floats([], -2, 2, 2)] },
  { params: {}, inputs: [i32(7, -7, 2 ** 31 - 1, -(2 ** 31)), i32(2, 2, 5, -1)] },
]

const bitwise: ReadonlyArray<Shared> = [
  { params: {}, inputs: [i32(0b1100, -1, 5), i32(0b1010, 3, 0)] },
  { params: {}, inputs: [bools(0, 0, 1, 1), bools(0, 1, 0, 1)] },
]

const compared: ReadonlyArray<Shared> = [
  { params: {}, inputs: [x23, other], flat: true },
  { params: {}, inputs: [i32(1, 2, 3), i32(3, 2, 1)] },
  { params: {}, inputs: [bools(0, 1), bools(1, 1)] },
  { params: {}, inputs: [bytes(0, 255), bytes(1, 255)] },
]

const reduced: ReadonlyArray<Shared<{ readonly axes: Shape.Shape }>> = [
  { params: { axes: [1] }, inputs: [x23] },
  { params: { axes: [2, 0] }, inputs: [floats([2, 3, 2])] },
  { params: { axes: [0] }, inputs: [floats([5])] },
  { params: { axes: [] }, inputs: [x23] },
  { params: { axes: [0] }, inputs: [i32(4, -9, 7)] },
]

/** A window of 2 over 5 in steps of 2, and one of 3 × 2 over 5 × 4 with everything turned on. */
const pooled1 = { window: [2], stride: [2], padding: [[1, 0]], dilation: [1] } as const
const pooled2 = {
  window: [3, 2],
  stride: [2, 1],
  dilation: [1, 2],
  padding: [
    [2, 1],
    [0, 1],
  ],
} as const

const conv1 = { stride: [2], padding: [[1, 2]], dilation: [2], groups: 1 } as const
const conv2 = {
  stride: [2, 1],
  padding: [
    [1, 0],
    [0, 2],
  ],
  dilation: [1, 2],
  groups: 2,
} as const

/** A loop with a constant, two carries, rows of floats and of whole numbers, and something kept. */
const body = trace(
  (w, c, d, r, n) => {
    const next = T.tanh(T.add(T.mul(w, c), r))
    return [next, T.add(d, T.sum(T.mul(next, c))), T.mul(next, T.cast(n, "f32"))]
  },
  [
    { dtype: "f32", shape: [2] },
    { dtype: "f32", shape: [2] },
    { dtype: "f32", shape: [] },
    { dtype: "f32", shape: [2] },
    { dtype: "i32", shape: [] },
  ],
)

const scanned = (length: number, reverse: boolean): Example<"scan"> => ({
  params: { body, constants: 1, carries: 2, length, reverse },
  inputs: [floats([2]), floats([2], -1, 1), floats([]), floats([length, 2], -1, 1, 3), i32(...[3, -1, 2, 5].slice(0, length))],
})

/** A loop with a guard, a sequence or a constant; it is not 0, where the loop is not continuous in it. */
const guarded = (constants: number): Example<"scan"> => {
  const scalar = { dtype: "f32", shape: [] } as const
  const guarding = constants === 0 ? make("f32", [3], Float64Array.from([1, -1, 2])) : make("f32", [], Float64Array.from([1]))
  const rows = floats([3])
  const body = trace(
    (a, b, c) => {
      const [carry, x] = (constants === 0 ? [a, c] : [b, c]) as readonly [T.Tensor, T.Tensor]
      return [T.mul(T.sin(carry), x), T.add(carry, x)]
    },
    [scalar, scalar, scalar],
  )
  return {
    params: { body, constants, carries: 1, length: 3, reverse: false, guard: constants === 0 ? 1 : 0 },
    inputs: constants === 0 ? [floats([]), guarding, rows] : [guarding, floats([]), rows],
  }
}

/** Examples of each primitive, exhaustive by type. */
export const examples: { readonly [P in Primitive]: ReadonlyArray<Example<P>> } = {
  neg: [...smooth(), { params: {}, inputs: [i32(0, 5, -(2 ** 31))] }],
  abs: [...smooth(), { params: {}, inputs: [i32(0, 5, -5)] }],
  sign: [
    { params: {}, inputs: [x23], flat: true },
    { params: {}, inputs: [i32(0, 5, -5)] },
  ],
  floor: [{ params: {}, inputs: [x23], flat: true }],
  exp: smooth(),
  expm1: smooth(),
  log: smooth(0.3, 3),
  log1p: smooth(-0.7, 3),
  sqrt: smooth(0.3, 3),
  sin: smooth(),
  cos: smooth(),
  atan: smooth(),
  tanh: smooth(),
  erf: smooth(-4, 4),
  sigmoid: smooth(-6, 6),
  add: arithmetic,
  sub: arithmetic,
  mul: arithmetic,
  div: [
    { params: {}, inputs: [x23, positive(2, 3)] },
    { params: {}, inputs: [i32(7, -7, 3), i32(2, 2, 0)] },
  ],
  rem: [
    {
      params: {},
      inputs: [make("f32", [4], Float64Array.of(5.3, -5.3, 5.3, -5.3)), make("f32", [4], Float64Array.of(2, 2, -2, -2))],
    },
    { params: {}, inputs: [i32(7, -7, 3), i32(2, 2, 0)] },
  ],
  pow: [
    { params: {}, inputs: [positive(2, 3), floats([2, 3], -2.5, 2.5)] },
    { params: {}, inputs: [positive(), floats([])] },
  ],
  max: arithmetic,
  min: arithmetic,
  and: bitwise,
  or: bitwise,
  xor: bitwise,
  shiftRight: [{ params: {}, inputs: [i32(-1, 256, 7), i32(28, 4, 0)] }],
  equal: compared,
  less: compared,
  lessEqual: compared,
  reduceSum: [...reduced, { params: { axes: [1] }, inputs: [floats([2, 0])] }],
  reduceMax: reduced,
  reduceMin: reduced,
  argMax: [
    { params: { axes: [1] }, inputs: [x23], flat: true },
    { params: { axes: [0] }, inputs: [floats([3, 2, 2])], flat: true },
    { params: { axes: [0] }, inputs: [i32(4, 9, 9)] },
  ],
  not: [{ params: {}, inputs: [bools(0, 1)] }],
  where: [
    { params: {}, inputs: [bools(0, 1, 1), floats([3]), floats([3], -2, 2, 1)] },
    { params: {}, inputs: [bools(0, 1), bytes(1, 2), bytes(3, 4)] },
  ],
  cast: [
    { params: { dtype: "i32" }, inputs: [x23], flat: true },
    { params: { dtype: "bool" }, inputs: [x23], flat: true },
    { params: { dtype: "f32" }, inputs: [x23] },
    { params: { dtype: "f32" }, inputs: [i32(1, -2)] },
    { params: { dtype: "u8" }, inputs: [i32(1, -2, 300)] },
  ],
  iota: [
    { params: { shape: [3], axis: 0, dtype: "i32" }, inputs: [] },
    { params: { shape: [2, 3], axis: 0, dtype: "f32" }, inputs: [] },
    { params: { shape: [0, 3], axis: 1, dtype: "u8" }, inputs: [] },
  ],
  identity: [{ params: {}, inputs: [x23] }],
  stop: [{ params: {}, inputs: [x23], flat: true }],
  // The derivative that it is given need not be that of its value: transform-custom.test.ts has examples with one.
  custom: [
    {
      params: { backward: trace(() => [], [x23, x23, { dtype: "i32", shape: [2] }]) },
      inputs: [x23, i32(3, -1)],
      flat: true,
    },
  ],
  reshape: [
    { params: { shape: [3, 2] }, inputs: [x23] },
    { params: { shape: [] }, inputs: [floats([1, 1])] },
    { params: { shape: [0, 7] }, inputs: [floats([3, 0])] },
  ],
  transpose: [
    { params: { order: [1, 0] }, inputs: [x23] },
    { params: { order: [2, 0, 1] }, inputs: [floats([2, 3, 4])] },
    { params: { order: [] }, inputs: [floats([])] },
  ],
  broadcast: [
    { params: { shape: [4, 2, 3] }, inputs: [floats([2, 1])] },
    { params: { shape: [2, 3] }, inputs: [floats([])] },
    { params: { shape: [2, 0] }, inputs: [floats([1])] },
  ],
  slice: [
    { params: { start: [0, 1], limit: [2, 3], stride: [1, 1] }, inputs: [x23] },
    { params: { start: [1, 0], limit: [5, 4], stride: [2, 3] }, inputs: [floats([6, 4])] },
    { params: { start: [2], limit: [2], stride: [1] }, inputs: [floats([3])] },
  ],
  pad: [
    { params: { low: [1, 0], high: [0, 2], interior: [0, 0], value: 0.5 }, inputs: [x23] },
    { params: { low: [1, 2], high: [2, 0], interior: [2, 1], value: 0 }, inputs: [x23] },
    { params: { low: [1], high: [1], interior: [3], value: -1 }, inputs: [floats([0])] },
    { params: { low: [1], high: [1], interior: [1], value: 1 }, inputs: [bools(0, 1)] },
  ],
  concat: [
    { params: { axis: 1 }, inputs: [x23, floats([2, 1]), floats([2, 0])] },
    { params: { axis: 0 }, inputs: [floats([2])] },
    { params: { axis: 0 }, inputs: [bytes(1, 2), bytes(3)] },
  ],
  reverse: [
    { params: { axes: [0, 1] }, inputs: [x23] },
    { params: { axes: [] }, inputs: [x23] },
    { params: { axes: [0] }, inputs: [floats([0, 2])] },
  ],
  gather: [
    { params: {}, inputs: [floats([4, 2]), whole("i32", [2, 2], 3, 0, 3, 1)] },
    { params: {}, inputs: [floats([4]), whole("i32", [], 2)] },
    { params: {}, inputs: [bytes(7, 8), i32(1, 2, -1)] },
  ],
  scatterAdd: [
    { params: { rows: 3 }, inputs: [i32(2, 0, 2, 5, -1), floats([5, 2])] },
    { params: { rows: 2 }, inputs: [whole("i32", [], 1), floats([3])] },
    { params: { rows: 2 }, inputs: [i32(0, 0), i32(4, 5)] },
  ],
  dot: [
    { params: {}, inputs: [x23, floats([3, 4])] },
    { params: {}, inputs: [floats([2, 2, 3]), floats([2, 3, 1], -2, 2, 1)] },
    { params: {}, inputs: [floats([2, 0]), floats([0, 3])] },
    { params: {}, inputs: [whole("i32", [1, 2], 65536, 3), whole("i32", [2, 1], 65536, 2)] },
  ],
  conv: [
    { params: conv1, inputs: [floats([2, 6, 2]), floats([3, 2, 2], -1, 1)] },
    { params: conv2, inputs: [floats([1, 5, 4, 4]), floats([2, 2, 2, 4], -1, 1)] },
  ],
  convInputGrad: [
    { params: { ...conv1, space: [6] }, inputs: [floats([2, 3, 2]), floats([3, 2, 2], -1, 1)] },
    { params: { ...conv2, space: [5, 4] }, inputs: [floats([1, 3, 4, 4]), floats([2, 2, 2, 4], -1, 1)] },
  ],
  convKernelGrad: [
    { params: { ...conv1, window: [3] }, inputs: [floats([2, 6, 2]), floats([2, 3, 2], -1, 1)] },
    { params: { ...conv2, window: [2, 2] }, inputs: [floats([1, 5, 4, 4]), floats([1, 3, 4, 4], -1, 1)] },
  ],
  windowSum: [
    { params: pooled1, inputs: [floats([2, 5, 2])] },
    { params: pooled2, inputs: [floats([1, 5, 4, 2])] },
  ],
  windowSumGrad: [
    { params: { ...pooled1, space: [5] }, inputs: [floats([2, 3, 2])] },
    { params: { ...pooled2, space: [5, 4] }, inputs: [floats([1, 3, 3, 2])] },
  ],
  windowMax: [
    { params: pooled1, inputs: [floats([2, 5, 2])] },
    { params: pooled2, inputs: [floats([1, 5, 4, 2])] },
  ],
  windowMaxGrad: [
    { params: pooled1, inputs: [floats([2, 5, 2]), floats([2, 3, 2], -1, 1)] },
    { params: pooled2, inputs: [floats([1, 5, 4, 2]), floats([1, 3, 3, 2], -1, 1)] },
  ],
  windowMaxPick: [
    { params: pooled1, inputs: [floats([2, 5, 2]), floats([2, 5, 2], -1, 1, 5)] },
    { params: pooled2, inputs: [floats([1, 5, 4, 2]), floats([1, 5, 4, 2], -1, 1, 5)] },
  ],
  threefry: [
    { params: {}, inputs: [i32(1, 2), whole("i32", [2, 2], 0, 0, 0, 1)] },
    { params: {}, inputs: [i32(1, 2), i32(0, 0)] },
  ],
  argsort: [
    { params: {}, inputs: [x23], flat: true },
    { params: {}, inputs: [i32(3, 1, 2)] },
    { params: {}, inputs: [bools(1, 0)] },
  ],
  matrix: [
    // Eigenvalues far apart: those of `floats([3, 3])` differ by 0.003, too little for finite differences.
    { params: { operation: "eigh" }, inputs: [floats([3, 3], -2, 2, 3)] },
    { params: { operation: "eigh" }, inputs: [floats([2, 2, 2], -2, 2, 1)] },
    { params: { operation: "eigh" }, inputs: [floats([1, 1])] },
    { params: { operation: "cholesky" }, inputs: [numbers([3, 3], 4, 1, 0, 1, 3, -1, 0, -1, 2)] },
    { params: { operation: "solve" }, inputs: [numbers([2, 2], 3, 1, -1, 2), floats([2, 3])] },
    { params: { operation: "solve" }, inputs: [numbers([2, 2, 2], 0, 2, 1, 1, 3, 1, -1, 2), floats([2, 2, 1])] },
    {
      params: { operation: "triangularSolve", lower: true, transposed: false, unit: false },
      inputs: [numbers([2, 2], 2, 5, 1, 3), floats([2, 2])],
    },
    {
      params: { operation: "triangularSolve", lower: false, transposed: true, unit: false },
      inputs: [numbers([2, 2], 2, 1, 5, 3), floats([2, 2])],
    },
    {
      params: { operation: "triangularSolve", lower: false, transposed: false, unit: true },
      inputs: [numbers([2, 2], 2, 1, 5, 3), floats([2, 1])],
    },
    { params: { operation: "determinant" }, inputs: [numbers([3, 3], 2, 1, 0, 1, -3, 1, 0, 1, 1)] },
    { params: { operation: "qr" }, inputs: [numbers([3, 2], 2, 1, 0.5, -1, 1, 2)] },
    { params: { operation: "qr" }, inputs: [numbers([1, 2, 2], 1, 2, -3, 1)] },
    { params: { operation: "svd" }, inputs: [numbers([3, 2], 2, 1, 0.5, -1, 1, 2)] },
    { params: { operation: "svd" }, inputs: [numbers([1, 2, 2], 1, 2, -3, 1)] },
  ],
  scan: [
    scanned(4, false),
    scanned(3, true),
    scanned(0, false),
    guarded(0),
    guarded(1),
    {
      params: {
        body: trace((x) => [T.square(x)], [{ dtype: "f32", shape: [2] }]),
        constants: 0,
        carries: 0,
        length: 3,
        reverse: false,
      },
      inputs: [floats([3, 2])],
    },
  ],
}
