import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import * as Key from "../src/tensor/Key.ts"
import * as T from "../src/tensor/Tensor.ts"
import { assertAllClose } from "../src/testing/allClose.ts"
import { shape } from "../src/testing/arbitraries.ts"
import { equals } from "../src/types/NDArray.ts"
import * as Shape from "../src/types/Shape.ts"
import { ShapeError } from "../src/types/ShapeError.ts"

const key = Key.make(20)
const n = 20_000

const numbers = (x: T.Tensor): ReadonlyArray<number> => [...T.read(x).data]

const mean = (xs: ReadonlyArray<number>): number => xs.reduce((sum, x) => sum + x, 0) / xs.length

/** The mean of the k-th powers. */
const moment = (xs: ReadonlyArray<number>, k: number): number => mean(xs.map((x) => x ** k))

test("a key gives the same numbers each time, independent of other draws", () => {
  fc.assert(
    fc.property(fc.nat(), shape({ maxSize: 3 }), (seed, of) => {
      const first = T.read(Key.uniform(Key.make(seed), of))
      T.read(Key.normal(Key.make(seed + 1), [3]))
      expect(equals(first, T.read(Key.uniform(Key.make(seed), of)))).toBe(true)
    }),
    { numRuns: 30 },
  )
})

test("each number depends on its place alone: a longer draw begins with a shorter one", () => {
  expect(numbers(Key.bits(key, [7])).slice(0, 4)).toEqual(numbers(Key.bits(key, [2, 2])))
})

test("shapes and kinds are as asked", () => {
  fc.assert(
    fc.property(shape({ maxSize: 3 }), (of) => {
      for (const [x, dtype] of [
        [Key.bits(key, of), "i32"],
        [Key.uniform(key, of), "f32"],
        [Key.normal(key, of), "f32"],
        [Key.bernoulli(key, 0.5, of), "bool"],
      ] as const) {
        expect(x.dtype).toBe(dtype)
        expect(x.shape).toEqual(of)
        expect(T.read(x).data.length).toBe(Shape.size(of))
      }
    }),
    { numRuns: 30 },
  )
})

describe("uniform", () => {
  test("stays in its bounds, the upper one left out", () => {
    const xs = numbers(Key.uniform(key, [n], { low: -3, high: 5 }))
    expect(xs.every((x) => x >= -3 && x < 5)).toBe(true)
    expect(Math.min(...xs)).toBeLessThan(-2.99)
    expect(Math.max(...xs)).toBeGreaterThan(4.99)
  })

  test("is stretched and moved to its bounds", () => {
    const unit = numbers(Key.uniform(key, [9]))
    const close = (options: { readonly low?: number; readonly high?: number }, f: (x: number) => number) =>
      assertAllClose(Key.uniform(key, [9], options), unit.map(f), { rtol: 1e-14 })
    close({ high: 10 }, (x) => 10 * x)
    close({ low: 0.25 }, (x) => 0.25 + 0.75 * x)
    close({ low: 2, high: 3 }, (x) => 2 + x)
  })

  test("passes the Kolmogorov-Smirnov test", () => {
    const sorted = [...numbers(Key.uniform(key, [n]))].sort((x, y) => x - y)
    const distance = Math.max(...sorted.map((x, i) => Math.max(Math.abs(x - i / n), Math.abs(x - (i + 1) / n))))
    // 1.63 / √n is exceeded once in a hundred keys by truly uniform numbers.
    expect(distance).toBeLessThan(1.63 / Math.sqrt(n))
  })

  test("the halves of the bits are as often 0 as 1, bit by bit", () => {
    const bits = numbers(Key.bits(key, [n]))
    for (let bit = 0; bit < 32; bit++) {
      const ones = bits.filter((word) => ((word >>> bit) & 1) === 1).length
      expect(Math.abs(ones - n / 2), `bit ${bit}`).toBeLessThan(4 * Math.sqrt(n / 4))
    }
  })
})

describe("normal", () => {
  const xs = numbers(Key.normal(key, [n]))

  // The standard errors of the first four moments of n normal numbers are √(1, 2, 15, 96) / √n.
  test.each([
    [1, 0, 1],
    [2, 1, 2],
    [3, 0, 15],
    [4, 3, 96],
  ])("moment %d is %d", (k, wanted, variance) => {
    expect(Math.abs(moment(xs, k) - wanted)).toBeLessThan(4 * Math.sqrt(variance / n))
  })

  test("is finite and reaches both tails", () => {
    expect(xs.every(Number.isFinite)).toBe(true)
    expect(Math.min(...xs)).toBeLessThan(-3.5)
    expect(Math.max(...xs)).toBeGreaterThan(3.5)
  })
})

describe("bernoulli", () => {
  test.each([0, 0.2, 0.5, 1])("is true with probability %d", (p) => {
    const share = mean(numbers(Key.bernoulli(key, p, [n])))
    expect(Math.abs(share - p)).toBeLessThanOrEqual(4 * Math.sqrt((p * (1 - p)) / n))
  })

  test("takes a probability for each element, and keeps the shape", () => {
    expect(T.toArray(Key.bernoulli(key, T.make([0, 1, 0]), [2, 3]))).toEqual([
      [false, true, false],
      [false, true, false],
    ])
    expect(() => Key.bernoulli(key, T.make([0, 1, 0]), [2])).toThrow(ShapeError)
  })
})

describe("categorical", () => {
  test("draws each class as often as softmax says, and never an impossible one", () => {
    const probabilities = [0.1, 0, 0.3, 0.6]
    const logits = T.broadcastTo(T.make(probabilities.map((p) => Math.log(p) + 5)), [n, 4])
    const drawn = numbers(Key.categorical(key, logits))
    for (const [place, p] of probabilities.entries()) {
      const share = drawn.filter((each) => each === place).length / n
      expect(Math.abs(share - p)).toBeLessThanOrEqual(4 * Math.sqrt((p * (1 - p)) / n))
    }
  })

  test("draws one class for each row", () => {
    const drawn = Key.categorical(key, T.zeros([2, 3, 5]))
    expect(drawn.dtype).toBe("i32")
    expect(drawn.shape).toEqual([2, 3])
    expect(Key.categorical(key, T.make([1])).shape).toEqual([])
    expect(() => Key.categorical(key, T.scalar(1))).toThrow(ShapeError)
  })
})

describe("permutation", () => {
  test("holds each number once", () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(40), (seed, size) => {
        const order = numbers(Key.permutation(Key.make(seed), size))
        expect([...order].sort((x, y) => x - y)).toEqual(Array.from({ length: size }, (_, i) => i))
      }),
      { numRuns: 50 },
    )
  })

  test("every order of three is as likely", () => {
    const draws = 3000
    const counts = new Map<string, number>()
    for (const at of Key.split(key, draws)) {
      const order = numbers(Key.permutation(at, 3)).join("")
      counts.set(order, (counts.get(order) ?? 0) + 1)
    }
    const expected = draws / 6
    const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
    expect(counts.size).toBe(6)
    // Five degrees of freedom: 20.5 is exceeded once in a thousand keys.
    expect(chiSquare).toBeLessThan(20.5)
  })
})

describe("fold", () => {
  const words = (x: T.Tensor) => numbers(x).join()

  test("names, numbers and tensors make keys of their own", () => {
    const names = ["", "a", "b", "ab", "ba", "dropout", "dropout1", "layer/dense", "é", "e\u0301"]
    const keys = [...names.map((name) => Key.fold(key, name)), ...[0, 1, -1, 2 ** 31].map((i) => Key.fold(key, i)), key]
    expect(new Set(keys.map(words)).size).toBe(keys.length)
    expect(words(Key.fold(key, T.make(7, "i32")))).toBe(words(Key.fold(key, 7)))
    expect(words(Key.fold(Key.fold(key, "a"), "b"))).not.toBe(words(Key.fold(Key.fold(key, "b"), "a")))
  })

  test("a name's key does not change from one release to the next", () => {
    expect(T.toArray(Key.fold(Key.make(0), "dropout"))).toMatchInlineSnapshot(`
      [
        -1490646509,
        843924026,
      ]
    `)
    expect(T.toArray(Key.fold(Key.make(0), ""))).toMatchInlineSnapshot(`
      [
        -1746961612,
        1119901644,
      ]
    `)
    expect(T.toArray(Key.fold(Key.make(17), "layer/é"))).toMatchInlineSnapshot(`
      [
        -2104168143,
        376465790,
      ]
    `)
  })

  test("what no key can be made of is refused", () => {
    for (const wrong of [0.5, Number.NaN, 2 ** 32, -(2 ** 31) - 1]) expect(() => Key.fold(key, wrong)).toThrow(ShapeError)
    expect(() => Key.fold(key, T.make([1, 2], "i32"))).toThrow(ShapeError)
    expect(() => Key.fold(key, T.scalar(1))).toThrow(ShapeError)
    for (const wrong of [-1, 0.5, Number.NaN, 2 ** 53]) expect(() => Key.make(wrong)).toThrow(ShapeError)
    expect(() => Key.split(key, -1)).toThrow(ShapeError)
    expect(() => Key.bits(T.make([1, 2, 3], "i32"), [2])).toThrow(ShapeError)
  })
})
