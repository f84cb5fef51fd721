import { readFileSync } from "node:fs"
import { join } from "node:path"
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { symmetricEigen } from "../src/reference/symmetricEigen.ts"
import * as Key from "../src/tensor/Key.ts"
import * as T from "../src/tensor/Tensor.ts"
import { assertAllClose } from "../src/testing/allClose.ts"
import { checkGrads } from "../src/testing/checkGrads.ts"
import { grad } from "../src/transform/Autodiff.ts"
import { size } from "../src/types/Shape.ts"

interface Recorded {
  readonly numpy: string
  readonly matrices: ReadonlyArray<{
    readonly matrix: ReadonlyArray<ReadonlyArray<number>>
    readonly values: ReadonlyArray<number>
    readonly vectors: ReadonlyArray<ReadonlyArray<number>>
  }>
}

const recorded: Recorded = JSON.parse(readFileSync(join(import.meta.dirname, "recorded/numpy-eigh-2.4.6.json"), "utf8"))

const swap = (x: T.Tensor): T.Tensor => T.swapAxes(x, -1, -2)

/** V diag(f(λ)) Vᵀ */
const rebuilt = ({ values, vectors }: T.Eigh): T.Tensor => T.matmul(T.mul(vectors, T.expandAxis(values, -2)), swap(vectors))

const symmetric = (seed: number, shape: ReadonlyArray<number>): T.Tensor => {
  const x = Key.normal(Key.make(seed), shape)
  return T.mul(T.add(x, swap(x)), 0.5)
}

const largest = (x: T.Tensor): number => (size(x.shape) === 0 ? 0 : T.toNumber(T.max(T.abs(x))))

describe("eigh", () => {
  test("has the laws A = V Λ Vᵀ, Vᵀ V = I, Σ λ = trace, ascending values, and a positive largest component", () => {
    const sizes = fc.tuple(fc.nat(1000), fc.integer({ min: 0, max: 9 }), fc.constantFrom([], [1], [3], [2, 2], [0]))
    fc.assert(
      fc.property(sizes, fc.constantFrom(1e-30, 1, 1e15), ([seed, n, batch], scale) => {
        const a = T.mul(symmetric(seed, [...batch, n, n]), scale)
        const found = T.eigh(a)
        expect(found.values.shape).toEqual([...batch, n])
        expect(found.vectors.shape).toEqual([...batch, n, n])
        const atol = 2e-6 * scale * Math.max(1, n)
        expect(largest(T.sub(rebuilt(found), a))).toBeLessThanOrEqual(atol)
        const identity = T.broadcastTo(T.eye(n), [...batch, n, n])
        expect(largest(T.sub(T.matmul(swap(found.vectors), found.vectors), identity))).toBeLessThanOrEqual(1e-6)
        const trace = T.sum(T.mul(a, T.eye(n)), { axes: [-1, -2] })
        expect(largest(T.sub(T.sum(found.values, { axes: [-1] }), trace))).toBeLessThanOrEqual(atol)
        const { data } = T.read(found.values)
        for (let i = 1; i < data.length; i++) if (i % n !== 0) expect(data[i]).toBeGreaterThanOrEqual(data[i - 1] ?? 0)
        if (n > 0 && size(batch) > 0) {
          const most = T.max(found.vectors, { axes: [-2] })
          const least = T.neg(T.min(found.vectors, { axes: [-2] }))
          expect(T.toNumber(T.min(T.sub(most, T.mul(least, 0.99))))).toBeGreaterThanOrEqual(0)
        }
      }),
      { numRuns: 60 },
    )
  })

  test("gives what NumPy gives", () => {
    expect(recorded.numpy).toBe("2.4.6")
    for (const { matrix, values, vectors } of recorded.matrices) {
      const found = T.eigh(T.make(matrix))
      const scale = Math.max(...values.map(Math.abs))
      assertAllClose(found.values, T.make(values), { rtol: 1e-6, atol: 1e-7 * scale })
      assertAllClose(found.vectors, T.make(vectors), { rtol: 0, atol: 2e-6 })
      const exact = symmetricEigen(matrix.flat(), matrix.length)
      for (const [i, value] of values.entries()) expect(Math.abs((exact.values[i] ?? 0) - value)).toBeLessThan(1e-14 * scale)
    }
  })

  test("decomposes equal eigenvalues, zeros, a single number and nothing, exactly", () => {
    expect(T.toArray(T.eigh(T.zeros([3, 3])).values)).toEqual([0, 0, 0])
    expect(T.toArray(T.eigh(T.zeros([3, 3])).vectors)).toEqual(T.toArray(T.eye(3)))
    expect(T.toArray(T.eigh(T.mul(T.eye(4), 7)).values)).toEqual([7, 7, 7, 7])
    expect(T.toArray(T.eigh(T.make([[-5]])).values)).toEqual([-5])
    expect(T.toArray(T.eigh(T.make([[-5]])).vectors)).toEqual([[1]])
    expect(T.eigh(T.zeros([0, 0])).vectors.shape).toEqual([0, 0])
    const diagonal = T.eigh(
      T.make([
        [3, 0, 0],
        [0, 1, 0],
        [0, 0, 2],
      ]),
    )
    expect(T.toArray(diagonal.values)).toEqual([1, 2, 3])
    expect(T.toArray(diagonal.vectors)).toEqual([
      [0, 0, 1],
      [1, 0, 0],
      [0, 1, 0],
    ])
    // Rank 1: four of the five eigenvalues are equal.
    const ones = T.eigh(T.ones([5, 5]))
    assertAllClose(ones.values, T.make([0, 0, 0, 0, 5]), { rtol: 0, atol: 1e-6 })
    assertAllClose(rebuilt(ones), T.ones([5, 5]), { rtol: 0, atol: 1e-6 })
  })

  test("uses (A + Aᵀ) / 2, and makes everything NaN of a matrix with a number that is not finite, alone in its batch", () => {
    expect(
      T.toArray(
        T.eigh(
          T.make([
            [2, 0],
            [2, 2],
          ]),
        ).values,
      ),
    ).toEqual(
      T.toArray(
        T.eigh(
          T.make([
            [2, 1],
            [1, 2],
          ]),
        ).values,
      ),
    )
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const { values, vectors } = T.eigh(
        T.make([
          [
            [1, bad],
            [bad, 1],
          ],
          [
            [4, 0],
            [0, 3],
          ],
        ]),
      )
      expect([...T.read(values).data].slice(0, 2).every(Number.isNaN)).toBe(true)
      expect([...T.read(vectors).data].slice(0, 4).every(Number.isNaN)).toBe(true)
      expect([...T.read(values).data].slice(2)).toEqual([3, 4])
    }
  })

  test("decomposes 256 × 256 to the precision of doubles", () => {
    const a = T.read(symmetric(3, [256, 256]))
    const found = symmetricEigen(a.data, 256)
    let off = 0
    for (const v of [0, 100, 255])
      for (let i = 0; i < 256; i++) {
        let sum = 0
        for (let j = 0; j < 256; j++) sum += (a.data[i * 256 + j] ?? 0) * (found.vectors[v * 256 + j] ?? 0)
        off = Math.max(off, Math.abs(sum - (found.values[v] ?? 0) * (found.vectors[v * 256 + i] ?? 0)))
      }
    expect(off).toBeLessThan(1e-12)
  })
})

describe("the derivative of eigh", () => {
  const f = (a: T.Tensor): T.Tensor => {
    const { values, vectors } = T.eigh(a)
    return T.add(T.sum(T.mul(T.sin(values), T.make([1, 2, 3]))), T.sum(T.mul(T.square(vectors), T.make([1, -2, 3]))))
  }

  test("agrees with central differences in both modes, to the second order", () => {
    checkGrads(f, symmetric(5, [3, 3]), { order: 2 })
  })

  test("is symmetric, also for a matrix that is not", () => {
    const found = grad(f)(
      T.make([
        [1, 2, 0],
        [0, 3, 1],
        [4, 0, 5],
      ]),
    )
    assertAllClose(found, swap(found), { rtol: 0, atol: 0 })
  })

  test("of an eigenvalue is v vᵀ, and of the trace the identity, with equal eigenvalues too", () => {
    const a = symmetric(7, [4, 4])
    const { vectors } = T.eigh(a)
    const last = T.slice(vectors, [0, 3], [4, 4])
    assertAllClose(grad((x: T.Tensor) => T.max(T.eigh(x).values))(a), T.matmul(last, swap(last)), { rtol: 0, atol: 1e-6 })
    assertAllClose(grad((x: T.Tensor) => T.sum(T.eigh(x).values))(T.eye(3)), T.eye(3), { rtol: 0, atol: 1e-6 })
  })

  test("of a function of the space that vectors span is right where their eigenvalues are equal", () => {
    const a = T.matmul(T.make([[1], [2], [2]]), T.make([[1, 2, 2]]))
    const weights = symmetric(11, [3, 3])
    const onKernel = (x: T.Tensor): T.Tensor => {
      const basis = T.slice(T.eigh(x).vectors, [0, 0], [3, 2])
      return T.sum(T.mul(weights, T.matmul(basis, swap(basis))))
    }
    checkGrads(onKernel, a, { order: 1 })
  })
})
