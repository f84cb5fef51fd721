import { readFileSync } from "node:fs"
import { join } from "node:path"
import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import * as Key from "../src/tensor/Key.ts"
import * as T from "../src/tensor/Tensor.ts"
import { assertAllClose } from "../src/testing/allClose.ts"
import { checkGrads } from "../src/testing/checkGrads.ts"
import { vmap } from "../src/transform/Transform.ts"
import { size } from "../src/types/Shape.ts"
import { caseCount } from "./case-count.ts"

type Nested = number | ReadonlyArray<Nested>

interface Recorded {
  readonly numpy: string
  readonly scipy: string
  readonly cases: ReadonlyArray<{ readonly name: string; readonly inputs: ReadonlyArray<Nested>; readonly result: Nested }>
}

const recorded: Recorded = JSON.parse(readFileSync(join(import.meta.dirname, "recorded/linalg-numpy-1.24.2.json"), "utf8"))

const swap = (x: T.Tensor): T.Tensor => T.swapAxes(x, -1, -2)

const largest = (x: T.Tensor): number => (size(x.shape) === 0 ? 0 : T.toNumber(T.max(T.abs(x))))

/** A symmetric matrix without small eigenvalues. */
const definite = (x: T.Tensor): T.Tensor => T.add(T.matmul(x, swap(x)), T.eye(x.shape.at(-1) ?? 0))

const calls: { readonly [name: string]: (a: T.Tensor, b: T.Tensor) => ReadonlyArray<T.Tensor> } = {
  solve: (a, b) => [T.solve(a, b)],
  inv: (a) => [T.inv(a)],
  det: (a) => [T.det(a)],
  slogdet: (a) => {
    const { logAbs, sign } = T.slogdet(a)
    return [T.stack([sign, logAbs], 0)]
  },
  cholesky: (a) => [T.cholesky(a)],
  matrixPower: (a) => [T.matrixPower(a, 5)],
  matrixRank: (a) => [T.matrixRank(a, 1e-6)],
  pinv: (a) => [T.pinv(a, 1e-6)],
  lstsq: (a, b) => [T.lstsq(a, b)],
  qr: (a) => [T.qr(a).q, T.qr(a).r],
  svd: (a) => [T.svd(a).u, T.svd(a).s, T.svd(a).vt],
  ...Object.fromEntries(
    [0, 1].flatMap((lower) =>
      [0, 1].map((transposed) => [
        `triangularSolve ${lower} ${transposed}`,
        (a: T.Tensor, b: T.Tensor) => [T.triangularSolve(a, b, { lower: lower === 1, transposed: transposed === 1 })],
      ]),
    ),
  ),
}

test("gives what NumPy and SciPy give", () => {
  expect([recorded.numpy, recorded.scipy]).toEqual(["1.24.2", "1.10.1"])
  for (const { inputs, name, result } of recorded.cases) {
    const [a, b] = inputs.map((each) => T.make(each as never) as T.Tensor) as [T.Tensor, T.Tensor]
    const found = calls[name]?.(a, b ?? a) ?? []
    const wanted = (name === "qr" || name === "svd" ? (result as ReadonlyArray<Nested>) : [result]).map((x) => T.make(x as never))
    expect(found.length).toBe(wanted.length)
    for (const [i, each] of found.entries()) {
      const scale = largest(wanted[i] as T.Tensor)
      assertAllClose(T.cast(each, "f32"), wanted[i] as T.Tensor, { rtol: 2e-6, atol: 2e-6 * scale })
    }
  }
})

describe("laws", () => {
  const matrices = fc.tuple(fc.nat(1000), fc.integer({ min: 0, max: 6 }), fc.nat(3), fc.constantFrom([], [2], [1, 2], [0]))

  test("A X = B, A A⁻¹ = I, log |det A| and det A agree", () => {
    fc.assert(
      fc.property(matrices, ([seed, n, k, batch]) => {
        const a = T.add(Key.normal(Key.make(seed), [...batch, n, n]), T.mul(T.eye(n), 4))
        const b = Key.normal(Key.make(seed + 1), [...batch, n, k])
        expect(largest(T.sub(T.matmul(a, T.solve(a, b)), b))).toBeLessThan(1e-4)
        expect(largest(T.sub(T.matmul(a, T.inv(a)), T.eye(n)))).toBeLessThan(1e-4)
        const { logAbs, sign } = T.slogdet(a)
        const det = T.det(a)
        expect(det.shape).toEqual(batch)
        expect(largest(T.sub(T.div(T.mul(sign, T.exp(logAbs)), det), 1))).toBeLessThan(1e-5)
      }),
      { numRuns: caseCount(40) },
    )
  })

  test("A = L Lᵀ, A = Q R and A = U S Vᵀ, with orthonormal columns and rows, of any shape", () => {
    fc.assert(
      fc.property(matrices, fc.constantFrom(1e-20, 1, 1e15), ([seed, n, more, batch], scale) => {
        const x = Key.normal(Key.make(seed), [...batch, n, n])
        const l = T.cholesky(definite(x))
        expect(largest(T.sub(T.matmul(l, swap(l)), definite(x)))).toBeLessThan(1e-4)
        expect(largest(T.triu(l, 1))).toBe(0)
        for (const [m, k] of [
          [n + more, n],
          [n, n + more],
        ] as const) {
          const a = T.mul(Key.normal(Key.make(seed + 1), [...batch, m, k]), scale)
          const atol = 4e-6 * scale
          const [{ q, r }, { s, u, vt }] = [T.qr(a), T.svd(a)]
          const identity = T.eye(Math.min(m, k))
          expect(largest(T.sub(T.matmul(q, r), a))).toBeLessThan(atol)
          expect(largest(T.sub(T.matmul(T.mul(u, T.expandAxis(s, -2)), vt), a))).toBeLessThan(atol)
          for (const columns of [q, u, swap(vt)])
            expect(largest(T.sub(T.matmul(swap(columns), columns), identity))).toBeLessThan(2e-6)
          expect(largest(T.tril(r, -1))).toBe(0)
          const { data } = T.read(s)
          for (let i = 1; i < data.length; i++)
            if (i % Math.min(m, k) !== 0) expect(data[i]).toBeLessThanOrEqual(data[i - 1] ?? 0)
        }
      }),
      { numRuns: caseCount(40) },
    )
  })

  test("a pseudo-inverse has the four laws of Penrose, also where columns depend on each other", () => {
    const a = T.matmul(Key.normal(Key.make(1), [5, 2]), Key.normal(Key.make(2), [2, 4]))
    const p = T.pinv(a)
    expect(T.toNumber(T.matrixRank(a))).toBe(2)
    expect(largest(T.sub(T.matmul(T.matmul(a, p), a), a))).toBeLessThan(1e-5)
    expect(largest(T.sub(T.matmul(T.matmul(p, a), p), p))).toBeLessThan(1e-5)
    expect(largest(T.sub(T.matmul(a, p), swap(T.matmul(a, p))))).toBeLessThan(4e-6)
    expect(largest(T.sub(T.matmul(p, a), swap(T.matmul(p, a))))).toBeLessThan(4e-6)
  })

  test("small singular values are as precise as large ones", () => {
    const a = T.make([
      [1, 0],
      [0, 1e-9],
      [0, 0],
    ])
    expect(T.toArray(T.svd(a).s)).toEqual([1, Math.fround(1e-9)])
    // A rank of one: the second column of U is any that is orthogonal to the first.
    const { s, u } = T.svd(T.ones([3, 2]))
    expect(T.read(s).data[1]).toBe(0)
    expect(largest(T.sub(T.matmul(swap(u), u), T.eye(2)))).toBeLessThan(1e-6)
  })
})

describe("what has no answer", () => {
  test("is NaN or infinite, and alone in its batch", () => {
    const batch = T.make([
      [
        [1, 2],
        [2, 4],
      ],
      [
        [4, 2],
        [2, 5],
      ],
    ])
    expect(T.toArray(T.det(batch))).toEqual([0, 16])
    expect(T.toArray(T.slogdet(batch).sign)).toEqual([0, 1])
    expect(T.read(T.slogdet(batch).logAbs).data[0]).toBe(Number.NEGATIVE_INFINITY)
    const inverses = [...T.read(T.inv(batch)).data]
    expect(inverses.slice(0, 4).some(Number.isFinite)).toBe(false)
    expect(inverses.slice(4).every(Number.isFinite)).toBe(true)
    const roots = [...T.read(T.cholesky(T.sub(batch, T.mul(T.eye(2), 1.5)))).data]
    expect(roots.slice(0, 4).every(Number.isNaN)).toBe(true)
    expect(roots.slice(4).every(Number.isFinite)).toBe(true)
    expect([...T.read(T.svd(T.make([[Number.NaN], [1]])).s).data]).toEqual([Number.NaN])
  })

  test("is refused with what was wanted", () => {
    expect(() => T.inv(T.ones([2, 3]))).toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: inv got f32[2, 3]; it wants square matrices [..., n, n]. Try: Tensor.pinv(x)]`,
    )
    expect(() => T.solve(T.ones([2, 2]), T.ones([3]))).toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: solve got f32[2, 2] and f32[3]; it wants square matrices [..., n, n] with [..., n, k] or a vector [n]. Try: Tensor.lstsq solves by least squares where there are more equations than unknowns]`,
    )
    expect(() => T.qr(T.ones([3]))).toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: qr got f32[3]; it wants matrices [..., m, n]. Try: Tensor.expandAxis makes a vector a matrix]`,
    )
    expect(() => T.lstsq(T.ones([3, 2]), T.ones([2]))).toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: lstsq got f32[3, 2] and f32[2]; it wants A [..., m, n] with B [..., m, k] or a vector [m]. Try: check the rows of both]`,
    )
    expect(() => T.svd(T.cast(T.ones([3, 2]), "i32"))).toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: svd got i32[3, 2]; it wants f32 elements. Try: Tensor.cast(x, "f32")]`,
    )
    expect(() => T.matrixPower(T.eye(2), 0.5)).toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: matrixPower got f32[2, 2]; it wants a whole power, not 0.5. Try: 2]`,
    )
  })
})

describe("derivatives", () => {
  const a = T.make([
    [2, 1, 0.5],
    [-1, 3, 1],
    [0.5, -1, 2],
  ])
  const b = T.make([
    [1, 2],
    [0, -1],
    [3, 1],
  ])
  const tall = T.make([
    [2, 1],
    [0.5, -1],
    [1, 2],
    [0, 1.5],
  ])
  const functions: {
    readonly [name: string]: readonly [f: (x: T.Tensor, y: T.Tensor) => T.Tensor, xs: ReadonlyArray<T.Tensor>]
  } = {
    solve: [T.solve, [a, b]],
    inv: [T.inv, [a]],
    det: [T.det, [a]],
    slogdet: [(x: T.Tensor) => T.slogdet(x).logAbs, [a]],
    cholesky: [(x: T.Tensor) => T.cholesky(definite(x)), [a]],
    triangularSolve: [(x: T.Tensor, y: T.Tensor) => T.triangularSolve(x, y, { lower: true, transposed: true }), [a, b]],
    qr: [(x: T.Tensor) => T.concat([T.qr(x).q, T.qr(x).r], 0), [tall]],
    "qr of a wide matrix": [(x: T.Tensor) => T.qr(x).r, [swap(tall)]],
    svd: [(x: T.Tensor) => T.concat([T.svd(x).u, T.expandAxis(T.svd(x).s, 0), T.svd(x).vt], 0), [tall]],
    "svd of a wide matrix": [(x: T.Tensor) => T.svd(x).u, [swap(tall)]],
    lstsq: [T.lstsq, [tall, T.concat([b, T.ones([1, 2])], 0)]],
    pinv: [(x: T.Tensor) => T.pinv(x), [tall]],
    matrixPower: [(x: T.Tensor) => T.matrixPower(x, -3), [a]],
  }
  test.each(Object.entries(functions))("of %s agree with finite differences", (_, [f, xs]) => {
    checkGrads((given: ReadonlyArray<T.Tensor>) => f(...(given as [T.Tensor, T.Tensor])), xs)
  })

  test("flow through what equal singular values have in common", () => {
    const f = (x: T.Tensor): T.Tensor => T.sum(T.svd(x).s)
    checkGrads(f, T.mul(T.eye(3), T.make([3, 3, 1])))
  })

  test("of a batch are those of its matrices", () => {
    const batch = Key.normal(Key.make(5), [3, 2, 2])
    const inverses = vmap((x: T.Tensor) => T.inv(x))(batch)
    expect(T.toArray(inverses)).toEqual(T.toArray(T.inv(batch)))
  })
})
