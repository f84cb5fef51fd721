import { readFileSync } from "node:fs"
import { join } from "node:path"
import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import * as Key from "../src/tensor/Key.ts"
import * as T from "../src/tensor/Tensor.ts"
import { unitRoot } from "../src/tensor/unitRoots.ts"
import { assertAllClose } from "../src/testing/allClose.ts"
import { checkGrads } from "../src/testing/checkGrads.ts"
import { vmap } from "../src/transform/Transform.ts"
import { caseCount } from "./case-count.ts"

interface Recorded {
  readonly numpy: string
  readonly cases: ReadonlyArray<{
    readonly name: string
    readonly n?: number
    readonly inputs: ReadonlyArray<ReadonlyArray<number>>
    readonly result: ReadonlyArray<ReadonlyArray<number>>
  }>
}

const recorded: Recorded = JSON.parse(readFileSync(join(import.meta.dirname, "recorded/fft-numpy-1.24.2.json"), "utf8"))

const largest = (x: T.Tensor): number => T.toNumber(T.max(T.abs(x)))

const partsOf = ({ im, re }: T.Complex): ReadonlyArray<T.Tensor> => [re, im]

const calls: { readonly [name: string]: (x: T.Complex, n: number) => ReadonlyArray<T.Tensor> } = {
  fft: (x) => partsOf(T.fft(x)),
  ifft: (x) => partsOf(T.ifft(x)),
  rfft: ({ re }) => partsOf(T.rfft(re)),
  irfft: (x, n) => [T.irfft(x, { n })],
  fftn: (x) => partsOf(T.fftn(x)),
  "fft axis 1": (x) => partsOf(T.fft(x, { axis: 1 })),
  fftfreq: (_, n) => [T.fftfreq(n, 0.5)],
}

test("gives what NumPy gives", () => {
  expect(recorded.numpy).toBe("1.24.2")
  for (const { inputs, n = 0, name, result } of recorded.cases) {
    const [re = T.zeros([1]), im = re] = inputs.map((x): T.Tensor => T.make(x))
    const found = calls[name]?.({ re, im }, n) ?? []
    expect(found.length).toBe(result.length)
    for (const [i, each] of found.entries()) {
      const wanted: T.Tensor = T.make(result[i] ?? [])
      assertAllClose(each, wanted, { rtol: 1e-6, atol: 1e-6 * largest(T.concat([T.flatten(wanted), T.ones([1])])) })
    }
  }
})

describe("laws", () => {
  const numbers = fc.record({
    seed: fc.nat(1000),
    n: fc.oneof(fc.integer({ min: 1, max: 300 }), fc.constantFrom(64, 128, 256, 263, 512, 1000, 1024)),
  })
  const drawn = ({ n, seed }: { readonly n: number; readonly seed: number }): T.Complex => ({
    re: Key.normal(Key.make(seed), [n]),
    im: Key.normal(Key.make(seed + 1), [n]),
  })

  test("of any length: the sum of the definition, its inverse, and Parseval's", () => {
    fc.assert(
      fc.property(numbers, (of) => {
        const { n } = of
        const x = drawn(of)
        const found = T.fft(x)
        const [re, im] = [T.read(x.re).data, T.read(x.im).data]
        for (const k of [0, 1, Math.floor(n / 2), n - 1]) {
          let [sumRe, sumIm] = [0, 0]
          for (let j = 0; j < n; j++) {
            const [cos, sin] = unitRoot((j * k) % n, n)
            sumRe += (re[j] ?? 0) * cos + (im[j] ?? 0) * sin
            sumIm += (im[j] ?? 0) * cos - (re[j] ?? 0) * sin
          }
          const atol = 4e-6 * Math.sqrt(n)
          expect(Math.abs((T.read(found.re).data[k % n] ?? 0) - sumRe)).toBeLessThan(atol)
          expect(Math.abs((T.read(found.im).data[k % n] ?? 0) - sumIm)).toBeLessThan(atol)
        }
        const back = T.ifft(found)
        for (const [a, b] of [
          [back.re, x.re],
          [back.im, x.im],
        ] as const)
          expect(largest(T.sub(a, b))).toBeLessThan(1e-5)
        const energy = ({ im, re }: T.Complex): number => T.toNumber(T.add(T.sum(T.square(re)), T.sum(T.square(im))))
        expect(Math.abs(energy(found) / n / energy(x) - 1)).toBeLessThan(1e-5)
        expect(largest(T.sub(T.irfft(T.rfft(x.re), { n }), x.re))).toBeLessThan(1e-5)
      }),
      { numRuns: caseCount(40) },
    )
  })

  test("a convolution is a product of transforms", () => {
    const [a, b] = [Key.normal(Key.make(1), [96]), Key.normal(Key.make(2), [96])]
    const [fa, fb] = [T.fft(a), T.fft(b)]
    const product = {
      re: T.sub(T.mul(fa.re, fb.re), T.mul(fa.im, fb.im)),
      im: T.add(T.mul(fa.re, fb.im), T.mul(fa.im, fb.re)),
    }
    const rolled = T.stack(Array.from({ length: 96 }, (_, i) => T.roll(b, i)))
    assertAllClose(T.ifft(product).re, T.matmul(a, rolled), { rtol: 0, atol: 1e-4 })
  })

  test("gradients agree with finite differences, and a batch is its rows", () => {
    const x = { re: Key.normal(Key.make(3), [2, 70]), im: Key.normal(Key.make(4), [2, 70]) }
    checkGrads((z: T.Complex) => T.fft(z), x)
    checkGrads((z: T.Complex) => T.irfft(z, { n: 139 }), x)
    checkGrads((y: T.Tensor) => T.rfft(y, { axis: 0 }), x.re)
    const rows = vmap((y: T.Tensor) => T.fft(y).im)(x.re)
    expect(T.toArray(rows)).toEqual(T.toArray(T.fft(x.re).im))
  })
})

test("roots of unity have the precision of doubles, and their symmetries exactly", () => {
  for (const n of [1, 2, 3, 4, 8, 12, 97, 1000, 65_536])
    for (const k of [0, 1, 2, 3, 5, Math.floor(n / 8), Math.floor(n / 4), Math.floor(n / 2), n - 1]) {
      const [cos, sin] = unitRoot(k, n)
      expect(Math.abs(cos - Math.cos((2 * Math.PI * (k % n)) / n))).toBeLessThan(1e-15)
      expect(Math.abs(sin - Math.sin((2 * Math.PI * (k % n)) / n))).toBeLessThan(1e-15)
      expect(unitRoot(-k, n)).toEqual([cos, sin === 0 ? 0 : -sin])
    }
  expect([0, 1, 2, 3, 4].map((k) => unitRoot(k, 4))).toEqual([
    [1, 0],
    [0, 1],
    [-1, 0],
    [0, -1],
    [1, 0],
  ])
})

test("what cannot be transformed is refused", () => {
  expect(() => T.fft(T.scalar(1))).toThrowErrorMatchingInlineSnapshot(
    `[ShapeError: fft got f32[]; it wants an axis of the tensor, not -1. Try: axis: -1]`,
  )
  expect(() => T.fft(T.zeros([3, 0]))).toThrowErrorMatchingInlineSnapshot(
    `[ShapeError: fft got f32[3, 0]; it wants at least one number along the axis. Try: another axis]`,
  )
  expect(() => T.fft({ re: T.ones([3]), im: T.ones([4]) })).toThrowErrorMatchingInlineSnapshot(
    `[ShapeError: fft got f32[3] and f32[4]; it wants real and imaginary parts of one shape. Try: Tensor.zerosLike(re)]`,
  )
  expect(() => T.irfft(T.rfft(T.ones([8])), { n: 12 })).toThrowErrorMatchingInlineSnapshot(
    `[ShapeError: irfft got f32[5]; it wants n / 2 + 1 numbers of a transform, of n = 12. Try: n: 9 or n: 8]`,
  )
})
