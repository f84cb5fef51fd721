/** An operation refuses under its own name: the one that its caller wrote. */
import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import * as Activation from "../src/learning/Activation.ts"
import * as T from "../src/tensor/Tensor.ts"
import { array, shape } from "../src/testing/arbitraries.ts"
import { all as kinds } from "../src/types/DType.ts"
import { ShapeError } from "../src/types/ShapeError.ts"

/** What random calls are made of: arrays of any kind and shape, small numbers that need not be whole, and kinds. */
interface Given {
  readonly x: T.Tensor
  readonly y: T.Tensor
  readonly z: T.Tensor
  readonly n: number
  readonly m: number
  readonly kind: (typeof kinds)[number]
}

const tensor = fc.constantFrom(...kinds).chain((dtype) => shape({ maxRank: 4, maxSize: 3 }).chain((of) => array(dtype, of)))

const number = fc.oneof(fc.integer({ min: -4, max: 4 }), fc.constantFrom(0.5, 300, -1.5))

const given: fc.Arbitrary<Given> = fc.record({
  x: tensor,
  y: tensor,
  z: tensor,
  n: number,
  m: number,
  kind: fc.constantFrom(...kinds),
})

type Call = (given: Given) => unknown

const unary =
  (f: (x: T.Tensor) => unknown): Call =>
  ({ x }) =>
    f(x)
const binary =
  (f: (x: T.Tensor, y: T.Tensor) => unknown): Call =>
  ({ x, y }) =>
    f(x, y)
const reduction =
  (f: (x: T.Tensor, options: T.Reduce) => unknown): Call =>
  ({ x, n, m }) =>
    f(x, { axes: m > 1 ? [n, m] : n })
const window =
  (f: (x: T.Tensor, options: T.PoolOptions) => unknown): Call =>
  ({ x, n, m }) =>
    f(x, { window: n, stride: m, dilation: Math.abs(m), ceil: n > 2 })

/** Every operation that takes tensors, called with any inputs (`axisOf` takes the name to refuse under). A new operation needs a row here. */
const calls: {
  readonly [Name in Exclude<keyof typeof T, "isTensor" | "axisOf" | "read" | "readAll" | "toArray" | "print">]: Call
} = {
  neg: unary(T.neg),
  abs: unary(T.abs),
  sign: unary(T.sign),
  floor: unary(T.floor),
  exp: unary(T.exp),
  expm1: unary(T.expm1),
  log: unary(T.log),
  log1p: unary(T.log1p),
  sqrt: unary(T.sqrt),
  sin: unary(T.sin),
  cos: unary(T.cos),
  atan: unary(T.atan),
  tanh: unary(T.tanh),
  erf: unary(T.erf),
  sigmoid: unary(T.sigmoid),
  not: unary(T.not),
  square: unary(T.square),
  ceil: unary(T.ceil),
  stopGradient: unary(T.stopGradient),
  flatten: unary(T.flatten),
  zerosLike: unary(T.zerosLike),
  onesLike: unary(T.onesLike),
  toNumber: unary(T.toNumber),
  add: binary(T.add),
  sub: binary(T.sub),
  mul: binary(T.mul),
  div: ({ x, y, n, m }) => T.div(m > 2 ? n : x, m < -2 ? n : y),
  quotient: ({ x, y, n, m }) => T.quotient(m > 2 ? n : x, m < -2 ? n : y),
  rem: binary(T.rem),
  pow: binary(T.pow),
  maximum: binary(T.maximum),
  minimum: ({ x, n }) => T.minimum(x, n),
  and: binary(T.and),
  or: binary(T.or),
  xor: binary(T.xor),
  shiftRight: binary(T.shiftRight),
  equal: binary(T.equal),
  less: binary(T.less),
  lessEqual: binary(T.lessEqual),
  greater: binary(T.greater),
  greaterEqual: binary(T.greaterEqual),
  notEqual: binary(T.notEqual),
  matmul: binary((x, y) => T.matmul(x, y as T.Tensor<never>)),
  where: ({ x, y, z, n, m }) => T.where(m > 0 ? T.make([true, false]) : z, x, m > 2 ? n : y),
  cast: ({ x, kind }) => T.cast(x, kind),
  clamp: ({ x, n, m }) => T.clamp(x, n, m),
  scalar: ({ n, kind }) => T.scalar(n, kind),
  make: ({ n, m, kind }) => T.make([n, n > 0 ? m : [m]], kind),
  full: ({ n, m, kind }) => T.full([n, 2], m, kind),
  zeros: ({ n, m }) => T.zeros([n, m]),
  ones: ({ n, m }) => T.ones([n, m]),
  iota: ({ n, m, kind }) => T.iota([2, n], m, kind),
  range: ({ n, kind }) => T.range(n, kind),
  eye: ({ n }) => T.eye(n),
  sum: reduction(T.sum),
  max: reduction(T.max),
  min: reduction(T.min),
  mean: reduction(T.mean),
  variance: reduction(T.variance),
  logSumExp: reduction(T.logSumExp),
  argMax: ({ x, n }) => T.argMax(x, n),
  argMin: ({ x, n }) => T.argMin(x, n),
  reshape: ({ x, n, m }) => T.reshape(x, [n, m]),
  broadcastTo: ({ x, n, m }) => T.broadcastTo(x, [n, m, 2]),
  transpose: ({ x, n, m }) => T.transpose(x, [n, m]),
  swapAxes: ({ x, n, m }) => T.swapAxes(x, n, m),
  expandAxis: ({ x, n }) => T.expandAxis(x, n),
  squeeze: ({ x, n, m }) => T.squeeze(x, m > 0 ? undefined : [n, m]),
  pad: ({ x, n, m }) => T.pad(x, [[n, m]], n),
  concat: ({ x, y, n, m }) => T.concat(m > 3 ? [] : [x, y], n),
  stack: ({ x, y, n, m }) => T.stack(m > 3 ? [] : m > 1 ? [x, T.cast(x, "f32")] : m > 0 ? [x, x] : [x, y], n),
  flip: ({ x, n, m }) => T.flip(x, m > 0 ? [n, n] : [n]),
  slice: ({ x, n, m }) => T.slice(x, [n], [m]),
  split: ({ x, n, m }) => T.split(x, [n, m], n),
  take: ({ x, y, n, m }) => T.take(x, m > 0 ? [n] : y, m),
  pick: binary(T.pick),
  oneHot: ({ x, n }) => T.oneHot(x, n),
  scatterAdd: ({ x, y, n }) => T.scatterAdd(x, y, n),
  argsort: ({ x, n, m }) => T.argsort(x, { axis: n, descending: m > 0 }),
  eigh: unary(T.eigh),
  fft: ({ x, n }) => T.fft(x, { axis: n }),
  ifft: ({ x, y }) => T.ifft({ re: x, im: y }),
  fftn: ({ x, n, m }) => T.fftn(x, [n, m]),
  ifftn: ({ x, n, m }) => T.ifftn(x, [n, m]),
  rfft: ({ x, n }) => T.rfft(x, { axis: n }),
  irfft: ({ x, y, n }) => T.irfft({ re: x, im: y }, { axis: n }),
  fftfreq: ({ n }) => T.fftfreq(n),
  cholesky: unary(T.cholesky),
  solve: binary(T.solve),
  triangularSolve: ({ x, y, n, m }) => T.triangularSolve(x, y, { lower: n > 0, transposed: m > 0 }),
  inv: unary(T.inv),
  det: unary(T.det),
  slogdet: unary(T.slogdet),
  qr: unary(T.qr),
  svd: unary(T.svd),
  pinv: unary(T.pinv),
  lstsq: binary(T.lstsq),
  matrixRank: unary(T.matrixRank),
  matrixPower: ({ x, n }) => T.matrixPower(x, n),
  sort: ({ x, n, m }) => T.sort(x, { axis: n, descending: m > 0 }),
  topK: ({ x, n }) => T.topK(x, n),
  at: ({ x, y, n, m }) => T.at(x, n, m > 1 ? y : m > 0 ? [n, m] : "...", `${m}:${n}`),
  conv: ({ x, y, n, m }) => T.conv(x, y, { stride: m > 1 ? n : 1, groups: m, pad: n > 0 ? "same" : [n] }),
  convTranspose: ({ x, y, n, m }) =>
    T.convTranspose(x, y, { stride: m > 1 ? n : 1, groups: m, outputPadding: n, pad: n > 0 ? "same" : [n] }),
  maxPool: window(T.maxPool),
  sumPool: window(T.sumPool),
  avgPool: window(T.avgPool),
  resize: ({ x, n, m }) => T.resize(x, n, m > 0 ? {} : { method: "cubic", scale: m + 3 }),
  tan: unary(T.tan),
  asin: unary(T.asin),
  acos: unary(T.acos),
  sinh: unary(T.sinh),
  cosh: unary(T.cosh),
  asinh: unary(T.asinh),
  acosh: unary(T.acosh),
  atanh: unary(T.atanh),
  log2: unary(T.log2),
  log10: unary(T.log10),
  exp2: unary(T.exp2),
  rsqrt: unary(T.rsqrt),
  round: unary(T.round),
  trunc: unary(T.trunc),
  isNaN: unary(T.isNaN),
  isFinite: unary(T.isFinite),
  atan2: binary(T.atan2),
  hypot: binary(T.hypot),
  logAddExp: binary(T.logAddExp),
  mod: binary(T.mod),
  bitNot: unary(T.bitNot),
  shiftLeft: binary(T.shiftLeft),
  shiftRightSigned: binary(T.shiftRightSigned),
  associativeScan: ({ x, y, n }) => T.associativeScan((_, after) => after, [x, y], { axis: n }),
  cumsum: ({ x, n }) => T.cumsum(x, { axis: n }),
  cumprod: ({ x, n }) => T.cumprod(x, { axis: n }),
  cummax: ({ x, n }) => T.cummax(x, { axis: n }),
  cummin: ({ x, n }) => T.cummin(x, { axis: n }),
  diff: ({ x, n, m }) => T.diff(x, { axis: n, n: m }),
  linspace: ({ n, m }) => T.linspace(n, m, m),
  arange: ({ n, m }) => T.arange(n, m, n),
  meshgrid: ({ x, y }) => T.meshgrid(x, y),
  tril: ({ x, n }) => T.tril(x, n),
  triu: ({ x, n }) => T.triu(x, n),
  diagonal: ({ x, n }) => T.diagonal(x, n),
  trace: ({ x, n }) => T.trace(x, n),
  diag: ({ x, n }) => T.diag(x, n),
  einsum: ({ x, y, m }) => T.einsum(m > 1 ? "ij,jk" : m > 0 ? "...i,i->..." : "ii,j", x, y),
  tensordot: ({ x, y, n, m }) => T.tensordot(x, y, m > 0 ? n : [[n], [m]]),
  dot: binary((x, y) => T.dot(x, y)),
  outer: binary((x, y) => T.outer(x, y)),
  kron: binary((x, y) => T.kron(x, y)),
  cross: binary((x, y) => T.cross(x, y)),
  vecdot: binary((x, y) => T.vecdot(x, y)),
  norm: ({ x, n, m }) => T.norm(x, { axes: n, ord: m }),
  normalize: ({ x, n, m }) => T.normalize(x, { axes: n, ord: m }),
  tile: ({ x, n, m }) => T.tile(x, [n, m]),
  repeat: ({ x, n, m }) => T.repeat(x, n, m),
  roll: ({ x, n, m }) => T.roll(x, n, m > 2 ? undefined : m),
  moveAxis: ({ x, n, m }) => T.moveAxis(x, n, m),
  padWith: ({ x, n, m }) => T.padWith(x, [[n, m]], m > 0 ? "reflect" : "wrap"),
  depthToSpace: ({ x, n }) => T.depthToSpace(x, n),
  spaceToDepth: ({ x, n }) => T.spaceToDepth(x, n),
  any: reduction(T.any),
  all: reduction(T.all),
  prod: reduction(T.prod),
  std: reduction(T.std),
  median: reduction(T.median),
  quantile: ({ x, n, m }) => T.quantile(x, n, { axes: m }),
  percentile: ({ x, n, m }) => T.percentile(x, [n], { axes: m }),
  peakToPeak: reduction(T.peakToPeak),
  average: ({ x, y, n }) => T.average(x, y, { axes: n }),
  cov: unary((x) => T.cov(x)),
  corrcoef: unary((x) => T.corrcoef(x)),
  searchSorted: binary((x, y) => T.searchSorted(x, y)),
  binCount: ({ x, y, n, m }) => T.binCount(x, n, m > 0 ? y : undefined),
  histogram: ({ x, n, m }) => T.histogram(x, { bins: n, range: [m, n] }),
  compress: binary((x, mask) => T.compress(x, mask)),
  nonzero: unary((x) => T.nonzero(x)),
  unique: unary((x) => T.unique(x)),
  takeAlongAxis: ({ x, y, n }) => T.takeAlongAxis(x, y, n),
  scatter: ({ x, y, z, n, m }) => T.scatter(x, m > 1 ? [n] : y, z, { axis: m, mode: m > 0 ? "set" : "max" }),
  scan: ({ x, y }) => T.scan((carry: T.Tensor, row: T.Tensor) => ({ carry, kept: row }), x, y),
  cond: ({ x, y, z }) =>
    T.cond(
      x,
      () => y,
      () => z,
    ),
  whileLoop: ({ x, y, z }) =>
    T.whileLoop(
      () => x,
      () => z,
      y,
    ),
}

const refuses = (name: string, call: Call, of: Given): boolean => {
  try {
    call(of)
    return false
  } catch (error) {
    expect(error).toBeInstanceOf(ShapeError)
    expect((error as ShapeError).operation).toBe(name)
    return true
  }
}

/** Operations that take everything. */
const takesAll = new Set(["cast", "stopGradient", "flatten", "zerosLike", "onesLike", "unique", "isNaN", "isFinite"])

describe("a refusal has the name of the operation that was called:", () => {
  test.each(Object.entries(calls))("Tensor.%s", (name, call) => {
    let refused = 0
    fc.assert(
      fc.property(given, (of) => {
        if (refuses(name, call, of)) refused++
      }),
      { numRuns: 300 },
    )
    expect(refused > 0).toBe(!takesAll.has(name))
  })

  const activations: { readonly [name: string]: (x: T.Tensor, axis?: number) => unknown } = {
    softmax: Activation.softmax,
    logSoftmax: Activation.logSoftmax,
    relu: Activation.relu,
    relu6: Activation.relu6,
    leakyRelu: (x) => Activation.leakyRelu(x),
    elu: (x) => Activation.elu(x),
    selu: Activation.selu,
    softplus: (x) => Activation.softplus(x),
    sigmoid: Activation.sigmoid,
    tanh: Activation.tanh,
    hardTanh: (x) => Activation.hardTanh(x),
    hardSigmoid: Activation.hardSigmoid,
    softsign: Activation.softsign,
    logSigmoid: Activation.logSigmoid,
    swish: (x) => Activation.swish(x),
    hardSwish: Activation.hardSwish,
    gelu: (x) => Activation.gelu(x),
    mish: Activation.mish,
    glu: Activation.glu,
    swiglu: (x) => Activation.swiglu(x),
  }

  test.each(Object.entries(activations))("Activation.%s", (name, f) => {
    fc.assert(
      fc.property(given, (of) => {
        refuses(name, ({ n, x }) => f(x, n), of)
      }),
      { numRuns: 200 },
    )
  })

  test("a transposed convolution names its own kernel, not the convolution whose gradient it is", () => {
    const x = T.zeros([1, 4, 3])
    expect(() => T.convTranspose(x, T.zeros([2, 5, 2]))).toThrow(
      "convTranspose got f32[1, 4, 3] and f32[2, 5, 2]; it wants a kernel for 3 channels, not 2. Try: a kernel of [2, 5, 3]: channels come last, filters before them",
    )
    expect(() => T.convTranspose(x, T.zeros([5, 3]))).toThrow(
      "convTranspose got f32[1, 4, 3] and f32[5, 3]; it wants a kernel [...window, filters / groups, channels]",
    )
    expect(() => T.convTranspose(x, T.zeros([2, 5, 3]), { groups: 2 })).toThrow("it wants channels in 2 equal groups, not 3")
    expect(() => T.convTranspose(T.zeros([4, 3]), T.zeros([5, 3]))).toThrow("at least one spatial axis")
  })

  test("an array is made of numbers, whatever the JSON of a request holds", () => {
    for (const [wrong, got] of [
      [null, "null"],
      [[[null]], "null"],
      [[["1", "2"]], "string"],
      [{}, "object"],
      [[1, undefined], "undefined"],
      [[{ length: "x" }], "object"],
    ] as const)
      expect(() => T.make(wrong as never)).toThrow(`it wants numbers, not ${got}. Try: look at element`)
    expect(T.toArray(T.make([Float32Array.of(1, 2), [3, 4]] as never))).toEqual([
      [1, 2],
      [3, 4],
    ])
  })

  test("a comparison that is turned round describes its operands in the caller's order", () => {
    expect(() => T.greater(T.range(3), T.zeros([3]))).toThrow(
      "greater got i32[3] and f32[3]; it wants both of one dtype. Try: Tensor.cast the first to f32",
    )
    expect(() => T.less(T.range(3), T.zeros([3]))).toThrow(
      "less got i32[3] and f32[3]; it wants both of one dtype. Try: Tensor.cast the first to f32",
    )
  })
})
