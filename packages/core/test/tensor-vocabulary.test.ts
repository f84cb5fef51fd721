/** The operations that are written in primitives, compared with the results of NumPy 1.24.2 (recorded/record-vocabulary.py). */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import { trace } from "../src/language/Program.ts"
import * as Key from "../src/tensor/Key.ts"
import * as T from "../src/tensor/Tensor.ts"
import { assertAllClose, type Tolerance } from "../src/testing/allClose.ts"
import { checkGrads } from "../src/testing/checkGrads.ts"
import type { DType } from "../src/types/DType.ts"
import { make, type NDArray } from "../src/types/NDArray.ts"
import type * as Shape from "../src/types/Shape.ts"
import { ShapeError } from "../src/types/ShapeError.ts"
import { modes } from "./engine-modes.ts"
import { whole } from "./one-by-one.ts"

interface RecordedArray {
  readonly dtype: DType
  readonly shape: Shape.Shape
  readonly data: ReadonlyArray<number | string | boolean>
}

/** The arguments beside the arrays; a case has those of its operation. */
interface Options {
  readonly axes: never
  readonly axis: number
  readonly bins: number
  readonly correction?: number
  readonly counts: number
  readonly k: number
  readonly length: number
  readonly mode: never
  readonly n: number
  readonly ord?: number | string
  readonly padding: ReadonlyArray<readonly [number, number]>
  readonly q: number
  readonly shift: number
  readonly side?: "left" | "right"
  readonly source: number
  readonly start: number
  readonly step: number
  readonly stop: number
  readonly subscript: string
  readonly to: number
}

interface Case {
  readonly name: string
  readonly inputs: ReadonlyArray<RecordedArray>
  readonly options: Options
  readonly outputs: ReadonlyArray<RecordedArray>
}

const recorded: { readonly numpy: string; readonly cases: ReadonlyArray<Case> } = JSON.parse(
  readFileSync(join(import.meta.dirname, "recorded/vocabulary-numpy-1.24.2.json"), "utf8"),
)

const array = ({ data, dtype, shape }: RecordedArray): NDArray => {
  const storage = { f32: Float64Array, i32: Int32Array, u8: Uint8Array, bool: Uint8Array }[dtype]
  return make(dtype, shape, storage.from(data.map(Number)))
}

type Call = (inputs: ReadonlyArray<T.Tensor>, options: Options) => T.Tensor | ReadonlyArray<T.Tensor>

const one =
  (f: (x: T.Tensor, options: Options) => T.Tensor): Call =>
  ([x], options) =>
    f(x as T.Tensor, options)

const two =
  (f: (x: T.Tensor, y: T.Tensor, options: Options) => T.Tensor): Call =>
  ([x, y], options) =>
    f(x as T.Tensor, y as T.Tensor, options)

const binary = (f: (x: T.Tensor, y: never) => T.Tensor): Call => two((x, y) => f(x, y as never))

/** What depends on the values of its inputs: it is not part of a program. */
const eager: { readonly [name: string]: Call } = {
  unique: one((x) => {
    const { counts, indices, inverse, values } = T.unique(x)
    return [values, indices, T.flatten(inverse), counts] as unknown as T.Tensor
  }),
  nonzero: one((x) => T.nonzero(x) as unknown as T.Tensor),
  compress: two((x, mask) => T.compress(x, mask)),
}

const calls: { readonly [name: string]: Call } = {
  tan: one(T.tan),
  asin: one(T.asin),
  acos: one(T.acos),
  atan: one(T.atan),
  sinh: one(T.sinh),
  cosh: one(T.cosh),
  asinh: one(T.asinh),
  acosh: one(T.acosh),
  atanh: one(T.atanh),
  log2: one(T.log2),
  log10: one(T.log10),
  exp2: one(T.exp2),
  rsqrt: one(T.rsqrt),
  round: one(T.round),
  trunc: one(T.trunc),
  isNaN: one(T.isNaN),
  isFinite: one(T.isFinite),
  atan2: binary(T.atan2),
  hypot: binary(T.hypot),
  logAddExp: binary(T.logAddExp),
  mod: binary(T.mod),
  bitNot: one(T.bitNot),
  shiftLeft: binary(T.shiftLeft),
  shiftRightSigned: binary(T.shiftRightSigned),
  cumsum: one(T.cumsum),
  cumprod: one(T.cumprod),
  cummax: one(T.cummax),
  cummin: one(T.cummin),
  diff: one(T.diff),
  linspace: (_, { n, start, stop }) => T.linspace(start, stop, n),
  arange: (_, { start, step, stop }) => T.arange(start, stop, step),
  meshgrid: (axes) => T.meshgrid(...axes),
  tril: one((x, { k }) => T.tril(x, k)),
  triu: one((x, { k }) => T.triu(x, k)),
  diagonal: one((x, { k }) => T.diagonal(x, k)),
  trace: one((x, { k }) => T.trace(x, k)),
  diag: one((x, { k }) => T.diag(x, k)),
  einsum: (xs, { subscript }) => T.einsum(subscript, ...xs),
  tensordot: two((x, y, { axes }) => T.tensordot(x, y, axes)),
  dot: two((x, y) => T.dot(x, y)),
  outer: two((x, y) => T.outer(x, y)),
  kron: two((x, y) => T.kron(x, y)),
  cross: two((x, y) => T.cross(x, y)),
  vecdot: two((x, y) => T.vecdot(x, y)),
  norm: one((x, { ord, ...options }) => T.norm(x, { ...(ord === undefined ? {} : { ord: Number(ord) }), ...options })),
  tile: one((x, { counts }) => T.tile(x, counts)),
  repeat: one((x, { axis, counts }) => T.repeat(x, counts, axis)),
  roll: one((x, { axis, shift }) => T.roll(x, shift, axis ?? undefined)),
  moveAxis: one((x, { source, to }) => T.moveAxis(x, source, to)),
  padWith: one((x, { mode, padding }) => T.padWith(x, padding, mode)),
  prod: one(T.prod),
  any: one(T.any),
  all: one(T.all),
  std: one(T.std),
  median: one(T.median),
  quantile: one((x, { q, ...options }) => T.quantile(x, q, options)),
  percentile: one((x, { q, ...options }) => T.percentile(x, q, options)),
  peakToPeak: one(T.peakToPeak),
  average: two((x, weights, options) => T.average(x, weights, options)),
  cov: one(T.cov),
  corrcoef: one(T.corrcoef),
  searchSorted: two((sorted, values, options) => T.searchSorted(sorted, values, options)),
  binCount: ([x, weights], { length }) => T.binCount(x as T.Tensor, length, weights),
  histogram: one((x, { bins }) => {
    const { counts, edges } = T.histogram(x, { bins })
    return [counts, edges] as unknown as T.Tensor
  }),
  takeAlongAxis: two((x, which, { axis }) => T.takeAlongAxis(x, which, axis)),
  scatter: ([x, which, updates], options) => T.scatter(x as T.Tensor, which as T.Tensor, updates as T.Tensor, options),
}

const names = [...new Set(recorded.cases.map(({ name }) => name))]

const listOf = (out: T.Tensor | ReadonlyArray<T.Tensor>): ReadonlyArray<T.Tensor> =>
  Array.isArray(out) ? out : [out as T.Tensor]

const doubles: Tolerance = { rtol: 1e-12, atol: 1e-12 }

test("the recording is NumPy's", () => expect(recorded.numpy).toBe("1.24.2"))

const casesOf = (name: string) => recorded.cases.filter((each) => each.name === name)

const titled = ({ inputs, name, options }: Case): string =>
  `${name} ${JSON.stringify(options)} of ${inputs.map(({ data, shape }) => `[${shape}] ${data.slice(0, 20)}`).join(" and ")}`

describe("in doubles", () => {
  test.each(names)("%s", (name) => {
    const call = calls[name] ?? eager[name]
    for (const each of casesOf(name)) {
      const got = listOf((call as Call)(each.inputs.map(array), each.options))
      expect(
        got.map(({ dtype, shape }) => ({ dtype, shape })),
        titled(each),
      ).toEqual(each.outputs.map(({ dtype, shape }) => ({ dtype, shape })))
      for (const [i, x] of got.entries()) assertAllClose(x, array(each.outputs[i] as RecordedArray), doubles)
    }
  })
})

describe("by the engine, in floats", () => {
  const [mode] = modes
  test.each(names.filter((name) => Object.hasOwn(calls, name)))("%s", (name) => {
    for (const each of casesOf(name)) {
      const inputs = each.inputs.map(array)
      const program = trace((...xs) => listOf((calls[name] as Call)(xs as ReadonlyArray<T.Tensor>, each.options)), inputs)
      const got = whole(mode as (typeof modes)[number], program, inputs)
      for (const [i, x] of got.entries()) assertAllClose(x, array(each.outputs[i] as RecordedArray), { rtol: 5e-6, atol: 5e-6 })
    }
  })
})

describe("gradients", () => {
  const normal = (...shape: ReadonlyArray<number>): NDArray => T.read(Key.normal(Key.fold(Key.make(7), String(shape)), shape))
  const inside = (...shape: ReadonlyArray<number>): NDArray => T.read(T.mul(T.tanh(normal(...shape)), 0.9))
  const [x, y, square, above] = [normal(3, 4), normal(3, 4), normal(3, 3), T.read(T.add(T.abs(normal(3, 4)), 1.1))]
  const index = T.make([2, 0, 2], "i32")
  const flows: { readonly [name: string]: readonly [(...xs: ReadonlyArray<T.Tensor>) => T.Tensor, ...ReadonlyArray<NDArray>] } = {
    tan: [(a) => T.tan(a as T.Tensor), inside(3, 4)],
    asin: [(a) => T.asin(a as T.Tensor), inside(3, 4)],
    acos: [(a) => T.acos(a as T.Tensor), inside(3, 4)],
    atanh: [(a) => T.atanh(a as T.Tensor), inside(3, 4)],
    sinh: [(a) => T.sinh(a as T.Tensor), x],
    cosh: [(a) => T.cosh(a as T.Tensor), x],
    asinh: [(a) => T.asinh(a as T.Tensor), x],
    acosh: [(a) => T.acosh(a as T.Tensor), above],
    log2: [(a) => T.log2(a as T.Tensor), above],
    log10: [(a) => T.log10(a as T.Tensor), above],
    exp2: [(a) => T.exp2(a as T.Tensor), x],
    rsqrt: [(a) => T.rsqrt(a as T.Tensor), above],
    atan2: [(a, b) => T.atan2(a as T.Tensor, b as T.Tensor), x, y],
    hypot: [(a, b) => T.hypot(a as T.Tensor, b as T.Tensor), x, y],
    logAddExp: [(a, b) => T.logAddExp(a as T.Tensor, b as T.Tensor), x, y],
    cumsum: [(a) => T.cumsum(a as T.Tensor, { axis: 0 }), x],
    cumprod: [(a) => T.cumprod(a as T.Tensor), T.read(T.mul(x, T.make([1, 1, 0, 1])))],
    cummax: [(a) => T.cummax(a as T.Tensor, { reverse: true }), x],
    diff: [(a) => T.diff(a as T.Tensor, { n: 2 }), x],
    tril: [(a) => T.tril(a as T.Tensor, -1), square],
    diagonal: [(a) => T.diagonal(a as T.Tensor, 1), square],
    diag: [(a) => T.diag(a as T.Tensor, -1), x],
    einsum: [(a, b, c) => T.einsum("ij,kj,kl->il", a as T.Tensor, b as T.Tensor, c as T.Tensor), x, y, square],
    tensordot: [(a, b) => T.tensordot(a as T.Tensor, b as T.Tensor, [[1], [1]]), x, y],
    kron: [(a, b) => T.kron(a as T.Tensor, b as T.Tensor), square, x],
    norm: [(a) => T.norm(a as T.Tensor, { axes: 1 }), x],
    normalize: [(a) => T.normalize(a as T.Tensor, { axes: 0, ord: 3 }), x],
    tile: [(a) => T.tile(a as T.Tensor, [2, 2]), x],
    repeat: [(a) => T.repeat(a as T.Tensor, [1, 0, 2], 0), x],
    roll: [(a) => T.roll(a as T.Tensor, 5), x],
    padWith: [
      (a) =>
        T.padWith(
          a as T.Tensor,
          [
            [2, 1],
            [0, 6],
          ],
          "reflect",
        ),
      x,
    ],
    prod: [(a) => T.prod(a as T.Tensor, { axes: 1 }), T.read(T.mul(x, T.make([1, 0, 1, 1])))],
    std: [(a) => T.std(a as T.Tensor, { axes: 1, correction: 1 }), x],
    quantile: [(a) => T.quantile(a as T.Tensor, [0.3, 0.5], { axes: 1 }), x],
    average: [(a, w) => T.average(a as T.Tensor, w as T.Tensor, { axes: 1 }), x, T.make([1, 2, 0.5, 1])],
    corrcoef: [(a) => T.corrcoef(a as T.Tensor), x],
    takeAlongAxis: [(a) => T.takeAlongAxis(a as T.Tensor, T.argsort(x)), x],
    "scatter, set": [(a, u) => T.scatter(a as T.Tensor, index, u as T.Tensor), normal(5, 4), x],
    "scatter, add": [(a, u) => T.scatter(a as T.Tensor, index, u as T.Tensor, { mode: "add" }), normal(5, 4), x],
    "scatter, max": [(a, u) => T.scatter(a as T.Tensor, index, u as T.Tensor, { mode: "max" }), normal(5, 4), x],
    depthToSpace: [(a) => T.depthToSpace(T.reshape(a as T.Tensor, [1, 1, 1, 12]), 2), x],
  }

  test.each(Object.keys(flows))("of %s are those of finite differences", (name) => {
    const [f, ...at] = flows[name] as (typeof flows)[string]
    checkGrads(
      (xs: ReadonlyArray<T.Tensor>) => T.sum(T.mul(f(...xs), T.add(T.sin(T.mul(T.iota(f(...xs).shape, -1, "f32"), 1.7)), 2))),
      at,
    )
  })
})

describe("laws", () => {
  test("accumulated sums end in the sum, whatever the length", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 70 }), fc.boolean(), (n, reverse) => {
        const x = T.range(n)
        expect(T.toNumber(T.at(T.cumsum(x, { reverse }), reverse ? 0 : -1))).toBe((n * (n - 1)) / 2)
      }),
    )
  })

  test("spaceToDepth undoes depthToSpace", () => {
    const x = T.reshape(T.range(2 * 3 * 2 * 8, "f32"), [2, 3, 2, 8])
    const spread = T.depthToSpace(x, 2)
    expect(spread.shape).toEqual([2, 6, 4, 2])
    assertAllClose(T.spaceToDepth(spread, 2), x)
    // The first pixel's block of channels is its square of pixels.
    expect(T.toArray(T.at(spread, 0, ":2", ":2", 0))).toEqual([
      [0, 2],
      [4, 6],
    ])
  })

  test("of updates to one row the last one is set, and rows without an update keep their values", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -2, max: 6 }), { maxLength: 12 }), (which) => {
        const updates = T.make(which.map((_, i) => 100 + i))
        const wanted = [0, 1, 2, 3, 4]
        which.forEach((row, i) => {
          if (row >= 0 && row < 5) wanted[row] = 100 + i
        })
        const target = T.range(5, "f32")
        const indices = make("i32", [which.length], Int32Array.from(which))
        expect(T.toArray(T.scatter(target, indices, T.reshape(updates, [which.length])))).toEqual(wanted)
      }),
    )
  })

  test("einsum of any three matrices is the product of their products", () => {
    const size = fc.integer({ min: 0, max: 4 })
    fc.assert(
      fc.property(size, size, size, size, (i, j, k, l) => {
        const [a, b, c] = [T.iota([i, j], 0, "f32"), T.iota([j, k], 1, "f32"), T.iota([k, l], 0, "f32")]
        const product = T.matmul<T.Tensor, T.Tensor>(T.matmul<T.Tensor, T.Tensor>(a, b), c)
        assertAllClose(T.einsum("ij,jk,kl", a, b, c), product)
      }),
    )
  })

  test("a traced function cannot ask for values", () => {
    const ask = () => trace((x) => [T.unique(x as T.Tensor).values], [T.range(3)])
    expect(ask).toThrow(ShapeError)
  })
})
