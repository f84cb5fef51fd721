/** Operations that are written in primitives: what they mean beyond what NumPy's recorded answers say. */
import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import * as T from "../src/tensor/Tensor.ts"
import { allClose } from "../src/testing/allClose.ts"
import { array, axes, broadcastable, shape, subscripts } from "../src/testing/arbitraries.ts"
import type { DType } from "../src/words/DType.ts"
import { all as kinds } from "../src/words/DType.ts"
import { equals, make, type NDArray } from "../src/words/NDArray.ts"
import * as Shape from "../src/words/Shape.ts"
import { ShapeError } from "../src/words/ShapeError.ts"

const lowest = -(2 ** 31)

const same = (x: T.Tensor, y: T.Tensor): void => {
  expect(equals(T.read(x), T.read(y)), allClose(x, y).report).toBe(true)
}

const any = (options = {}) =>
  fc.constantFrom(...kinds).chain((dtype) => shape(options).chain((of) => array(dtype, of, { special: true })))

describe("order", () => {
  test("the least whole number is the smallest, though it has no negative", () => {
    const x = T.make([3, lowest, 0, 2 ** 31 - 1], "i32")
    expect(T.toNumber(T.argMin(x))).toBe(1)
    expect(T.toNumber(T.argMax(x))).toBe(3)
    expect(T.toArray(T.argsort(x, { descending: true }))).toEqual([3, 0, 2, 1])
    expect(T.toArray(T.topK(x, 2).values)).toEqual([2 ** 31 - 1, 3])
  })

  test("bools and bytes are ordered too", () => {
    expect(T.toArray(T.sort(T.make([true, false, true]), { descending: true }))).toEqual([true, true, false])
    const bytes = T.make([3, 255, 0], "u8")
    expect(T.toArray(T.argsort(bytes, { descending: true }))).toEqual([1, 0, 2])
    expect(
      [T.argMax(bytes), T.argMin(bytes), T.argMax(T.make([false, true])), T.argMin(T.make([true, false]))].map(T.toNumber),
    ).toEqual([1, 2, 1, 1])
  })

  test("descending is stable, with NaN last", () => {
    expect(T.toArray(T.argsort(T.make([1, Number.NaN, 2, 1, 2]), { descending: true }))).toEqual([2, 4, 0, 3, 1])
  })

  test("along another axis", () => {
    expect(
      T.toArray(
        T.argsort(
          T.make([
            [3, 1],
            [2, 2],
            [1, 3],
          ]),
          { axis: 0 },
        ),
      ),
    ).toEqual([
      [2, 0],
      [1, 1],
      [0, 2],
    ])
    expect(
      T.toArray(
        T.argMax(
          T.make([
            [3, 1],
            [2, 2],
            [1, 3],
          ]),
          0,
        ),
      ),
    ).toEqual([0, 2])
  })

  test("topK gives the largest with their places, row by row", () => {
    const { indices, values } = T.topK(
      T.make([
        [1, 5, 3],
        [9, 7, 8],
      ]),
      2,
    )
    expect(T.toArray(values)).toEqual([
      [5, 3],
      [9, 8],
    ])
    expect(T.toArray(indices)).toEqual([
      [1, 2],
      [0, 2],
    ])
    expect(() => T.topK(T.make([1, 2]), 3)).toThrow(ShapeError)
  })

  test("sorting is ordering by argsort, for arrays of every kind", () => {
    fc.assert(
      fc.property(any({ minRank: 1, maxRank: 2 }), fc.boolean(), (x, descending) => {
        const order = T.argsort(x, { descending })
        const sorted = T.read(T.sort(x, { descending }))
        const width = x.shape.at(-1) ?? 0
        const places = T.read(order).data
        sorted.data.forEach((element, i) => {
          const row = Math.floor(i / width) * width
          expect(element).toBe(x.data[row + (places[i] as number)])
          const next = sorted.data[i + 1]
          if (next !== undefined && (i + 1) % width !== 0 && !Number.isNaN(next))
            expect(descending ? element >= next : element <= next).toBe(true)
        })
      }),
      { numRuns: 60 },
    )
  })
})

describe("lookups", () => {
  const table = T.make([
    [1, 2],
    [3, 4],
    [5, 6],
  ])

  test("take: a list counts from the end, a tensor outside reads NaN", () => {
    expect(T.toArray(T.take(table, [-1, 0]))).toEqual([
      [5, 6],
      [1, 2],
    ])
    expect(T.toArray(T.take(table, T.make([2, -1, 3], "i32")))).toEqual([
      [5, 6],
      [Number.NaN, Number.NaN],
      [Number.NaN, Number.NaN],
    ])
    expect(T.toArray(T.take(table, T.make([[1], [0]], "i32"), 1))).toEqual([
      [[2], [1]],
      [[4], [3]],
      [[6], [5]],
    ])
    expect(T.toArray(T.take(T.make([7, 8], "u8"), T.make([5], "i32")))).toEqual([0])
    expect(() => T.take(table, [3])).toThrow(ShapeError)
    expect(() => T.take(table, T.make([0.5]))).toThrow(ShapeError)
  })

  test("at counts a tensor's indices from the end as a list's", () => {
    expect(T.toArray(T.at(table, T.make([-1], "i32"), T.make([-2], "i32")))).toEqual([5])
    expect(T.toArray(T.at(table, T.make([3, 1], "i32"), T.make([0, 5], "i32")))).toEqual([Number.NaN, Number.NaN])
  })

  test("pick takes one element of each row, and never another row's", () => {
    expect(T.toArray(T.pick(table, T.make([1, 0, 1], "i32")))).toEqual([2, 3, 6])
    expect(T.toArray(T.pick(table, T.make([2, -1, 0], "i32")))).toEqual([Number.NaN, Number.NaN, 5])
    expect(() => T.pick(table, T.make([0, 1], "i32"))).toThrow(ShapeError)
    expect(() => T.pick(table, T.make([0, 1, 0]))).toThrow(ShapeError)
  })

  test("oneHot and scatterAdd turn picks round", () => {
    expect(T.toArray(T.oneHot(T.make([2, 0, 7], "i32"), 3))).toEqual([
      [0, 0, 1],
      [1, 0, 0],
      [0, 0, 0],
    ])
    expect(T.toArray(T.scatterAdd(T.make([0, 2, 0, 9], "i32"), T.make([1, 2, 4, 8]), 3))).toEqual([5, 0, 2])
  })

  test("any subscripts give what indexing element by element gives", () => {
    fc.assert(
      fc.property(
        shape({ minRank: 1, maxRank: 3, maxSize: 4 }).chain((of) => fc.tuple(fc.constant(of), subscripts(of, { lists: true }))),
        ([of, subs]) => {
          const x = T.reshape(T.range(Shape.size(of), "f32"), of)
          const picked = T.read(T.at(x, ...subs))
          const inside = picked.data.every((n) => Number.isInteger(n) && n >= 0 && n < Shape.size(of))
          expect(inside).toBe(true)
          // Lists as tensors name the same elements.
          same(picked, T.at(x, ...subs.map((s) => (Array.isArray(s) ? T.make(s, "i32") : s))))
        },
      ),
      { numRuns: 150 },
    )
  })
})

describe("structure", () => {
  const ranked = any({ minRank: 1 })

  test("what is split is joined again, what is stacked comes apart, what is turned twice is as before", () => {
    fc.assert(
      fc.property(ranked, fc.nat(), fc.nat(), (x, a, b) => {
        const axis = a % x.shape.length
        const n = x.shape[axis] ?? 0
        const cut = b % (n + 1)
        same(T.concat(T.split(x, [cut, n - cut], axis), axis), x)
        same(T.squeeze(T.expandAxis(x, -1), [-1]), x)
        same(T.flip(T.flip(x, [axis]), [axis]), x)
        same(T.transpose(T.transpose(x)), x)
        same(T.swapAxes(T.swapAxes(x, 0, -1), 0, -1), x)
        same(T.at(T.stack([x, x], axis), ...x.shape.slice(0, axis).map(() => ":"), 1), x)
        same(T.reshape(T.flatten(x), x.shape), x)
        same(
          T.slice(
            T.pad(
              x,
              x.shape.map(() => [1, 2] as const),
            ),
            x.shape.map(() => 1),
            x.shape.map((size) => size + 1),
          ),
          x,
        )
      }),
      { numRuns: 80 },
    )
  })

  test("a sum over axes is the sum over one after the other, in any order", () => {
    fc.assert(
      fc.property(
        shape({ maxRank: 3 }).chain((of) => fc.tuple(array("f32", of), axes(of.length))),
        ([x, over]) => {
          const oneByOne = [...over].sort((m, n) => n - m).reduce<T.Tensor>((sum, axis) => T.sum(sum, { axes: axis }), x)
          // Multiples of 1/64, so every order of summation gives the same.
          same(T.sum(x, { axes: over }), oneByOne)
          same(T.reshape(T.sum(x, { axes: over, keepAxes: true }), oneByOne.shape), oneByOne)
        },
      ),
      { numRuns: 80 },
    )
  })

  test("operands that stretch give what stretched operands give", () => {
    fc.assert(
      fc.property(
        broadcastable(2).chain(({ shapes: [a = [], b = []], stretched }) =>
          fc.tuple(array("f32", a, { special: true }), array("f32", b, { special: true }), fc.constant(stretched)),
        ),
        ([a, b, stretched]) => {
          expect(T.add(a, b).shape).toEqual(stretched)
          same(T.mul(a, b), T.mul(T.broadcastTo(a, stretched), T.broadcastTo(b, stretched)))
          same(T.where(T.less(a, b), a, b), T.where(T.less(T.broadcastTo(a, stretched), b), T.broadcastTo(a, stretched), b))
        },
      ),
      { numRuns: 80 },
    )
  })

  test("reshape works one size out", () => {
    expect(T.reshape(T.zeros([2, 3, 4]), [-1, 6]).shape).toEqual([4, 6])
    expect(T.reshape(T.zeros([0, 3]), [-1, 3]).shape).toEqual([0, 3])
  })
})

describe("numbers take the kind of the other operand", () => {
  test.each<[DType, number]>([
    ["f32", 0.5],
    ["i32", 3],
  ])("%s", (dtype, n) => expect(T.add(T.make([1, 2], dtype), n).dtype).toBe(dtype))

  test("and are refused where they do not fit it", () => {
    expect(() => T.add(T.make([1], "i32"), 0.5)).toThrow(ShapeError)
    expect(() => T.add(T.make([1], "i32"), 2 ** 31)).toThrow(ShapeError)
    expect(() => T.equal(T.make([true]), 2)).toThrow(ShapeError)
    expect(() => T.less(T.make([1], "u8"), 256)).toThrow(ShapeError)
    expect(() => T.pad(T.make([true]), [[1, 1]], 2)).toThrow(ShapeError)
  })
})

describe("arrays from lists", () => {
  test("f32, or bool from booleans, or as told", () => {
    expect(
      [T.make(1), T.make([true]), T.make([1], "u8"), T.make([]), T.make([[], []])].map(({ dtype, shape: of }) => [dtype, of]),
    ).toEqual([
      ["f32", []],
      ["bool", [1]],
      ["u8", [1]],
      ["f32", [0]],
      ["f32", [2, 0]],
    ])
  })

  test("uneven lists and numbers that are none of the kind are refused", () => {
    const wrong: ReadonlyArray<() => unknown> = [
      () => T.make([[1, 2], [3]]),
      () => T.make([1, [2]]),
      () => T.make([[1], 2]),
      () => T.make([1.5], "i32"),
      () => T.make([Number.NaN], "i32"),
      () => T.make([2], "bool"),
      () => T.make([-1], "u8"),
      () => make("bool", [1], Uint8Array.of(2)),
      () => make("f32", [2], new Float32Array(3)),
      () => make("i32", [2], new Float32Array(2)),
      () => make("f32", [-1], new Float32Array(1)),
    ]
    for (const f of wrong) expect(f).toThrow(ShapeError)
  })

  test("toArray turns make round, whatever the kind", () => {
    fc.assert(
      fc.property(any({ minSize: 1 }), (x: NDArray) => same(T.make(T.toArray(x), x.dtype), x)),
      { numRuns: 60 },
    )
  })
})

describe("casts cut towards zero and to what fits", () => {
  test.each<[DType, ReadonlyArray<number | boolean>]>([
    ["i32", [0, -2, 2, 2 ** 31 - 1, lowest, 0]],
    ["u8", [0, 0, 2, 255, 0, 0]],
    ["bool", [true, true, true, true, true, true]],
  ])("%s", (dtype, wanted) => {
    expect(T.toArray(T.cast(T.make([-0.7, -2.9, 2.9, 1e20, Number.NEGATIVE_INFINITY, Number.NaN]), dtype))).toEqual(wanted)
  })
})

describe("printed", () => {
  const printed: Readonly<Record<string, readonly [T.Tensor, string]>> = {
    "a scalar": [T.scalar(2.5), "2.5"],
    "five digits": [T.make([1 / 3, 1e-7, 123456.789, 1e20]), "[0.33333, 1e-7, 123460, 100000000000000000000]"],
    "what is no number": [T.make([Number.NaN, Number.POSITIVE_INFINITY, -0]), "[NaN, Infinity, 0]"],
    bools: [T.make([true, false]), "[true, false]"],
    "a matrix": [
      T.make([
        [1, 2],
        [3, 4],
      ]),
      "[[1, 2],\n [3, 4]]",
    ],
    "three axes, a blank line between matrices": [
      T.reshape(T.range(8), [2, 2, 2]),
      "[[[0, 1],\n  [2, 3]],\n\n [[4, 5],\n  [6, 7]]]",
    ],
    nothing: [T.zeros([0]), "[]"],
    "rows of nothing": [T.zeros([2, 0]), "[[],\n []]"],
    "the ends of a long one": [T.range(2000), "[0, 1, 2, …, 1997, 1998, 1999]"],
  }
  test.each(Object.entries(printed))("%s", (_, [x, text]) => expect(T.print(x)).toBe(text))
})
