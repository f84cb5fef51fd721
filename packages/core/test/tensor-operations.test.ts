/** Operations that are written in primitives: what they mean beyond what NumPy's recorded answers say. */
import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import { logSoftmax, softmax } from "../src/learning/Activation.ts"
import * as T from "../src/tensor/Tensor.ts"
import { allClose } from "../src/testing/allClose.ts"
import { array, axes, broadcastable, shape, subscripts } from "../src/testing/arbitraries.ts"
import { checkGrads } from "../src/testing/checkGrads.ts"
import { valueAndGrad, vjp } from "../src/transform/Autodiff.ts"
import type { DType } from "../src/types/DType.ts"
import { all as kinds } from "../src/types/DType.ts"
import { equals, make, type NDArray } from "../src/types/NDArray.ts"
import * as Shape from "../src/types/Shape.ts"
import { ShapeError } from "../src/types/ShapeError.ts"

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

  /** The lanes of an array along an axis, each as the places of its elements. */
  const lanes = (of: Shape.Shape, axis: number): ReadonlyArray<ReadonlyArray<number>> => {
    const step = Shape.strides(of)[axis] ?? 1
    const n = of[axis] ?? 0
    const starts = Array.from({ length: Shape.size(of) }, (_, i) => i).filter((i) => Math.floor(i / step) % n === 0)
    return starts.map((start) => Array.from({ length: n }, (_, k) => start + k * step))
  }

  /** Places within a lane in order: stable, NaN last whichever way it goes. */
  const ordered = (values: ReadonlyArray<number>, descending: boolean): ReadonlyArray<number> => {
    const none = (i: number): number => (Number.isNaN(values[i]) ? 1 : 0)
    const compare = (i: number, j: number): number => {
      const [a = 0, b = 0] = [values[i], values[j]]
      return none(i) - none(j) || (a === b ? 0 : a < b === descending ? 1 : -1) || i - j
    }
    return values.map((_, i) => i).sort((i, j) => (none(i) + none(j) === 2 ? i - j : compare(i, j)))
  }

  test("sort and argsort go along any axis, counted from either end, as lists are sorted", () => {
    fc.assert(
      fc.property(any({ minRank: 1, maxRank: 3 }), fc.nat(2), fc.boolean(), fc.boolean(), (x, k, fromEnd, descending) => {
        const axis = k % x.shape.length
        const options = { axis: fromEnd ? axis - x.shape.length : axis, descending }
        const sorted = new Array<number>(x.data.length)
        const places = new Array<number>(x.data.length)
        for (const lane of lanes(x.shape, axis)) {
          const values = lane.map((i) => x.data[i] ?? 0)
          ordered(values, descending).forEach((from, to) => {
            sorted[lane[to] ?? 0] = values[from] ?? 0
            places[lane[to] ?? 0] = from
          })
        }
        expect([...T.read(T.argsort(x, options)).data]).toEqual(places)
        expect([...T.read(T.sort(x, options)).data].map((n) => n + 0)).toEqual(sorted.map((n) => n + 0))
        expect(T.sort(x, options).shape).toEqual(x.shape)
      }),
    )
  })

  test("the derivative of sorting along an axis takes each element's cotangent back to its place", () => {
    const x = T.make([
      [3, 1, 2],
      [0.5, 7, -1],
    ])
    const cotangent = T.make([
      [1, 10, 100],
      [1000, 1e4, 1e5],
    ])
    const back = (options: T.SortOptions) => T.toArray(vjp((at) => T.sort(at, options), x).pull(cotangent))
    expect(back({ axis: 0 })).toEqual([
      [1000, 10, 1e5],
      [1, 1e4, 100],
    ])
    expect(back({ axis: 1, descending: true })).toEqual([
      [1, 100, 10],
      [1e4, 1000, 1e5],
    ])
    for (const axis of [0, 1, -2]) checkGrads((at: T.Tensor) => T.sort(at, { axis }), x)
  })
})

describe("of no elements", () => {
  const empty = (...of: ReadonlyArray<number>): T.Tensor => T.zeros(of)

  test("logSumExp is the logarithm of 0, softmax is empty, along any axis", () => {
    expect(T.toNumber(T.logSumExp(empty(0)))).toBe(Number.NEGATIVE_INFINITY)
    expect(T.toArray(T.logSumExp(empty(2, 0), { axes: -1 }))).toEqual([Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY])
    expect(T.toArray(T.logSumExp(empty(2, 0), { axes: -1, keepAxes: true }))).toEqual([
      [Number.NEGATIVE_INFINITY],
      [Number.NEGATIVE_INFINITY],
    ])
    expect(T.toArray(T.logSumExp(empty(0, 3), { axes: 1 }))).toEqual([])
    expect(T.toArray(T.logSumExp(empty(0, 3), { axes: 0 }))).toEqual(Array(3).fill(Number.NEGATIVE_INFINITY))
    for (const f of [softmax, logSoftmax])
      for (const [of, axis] of [
        [[0], -1],
        [[2, 0], 1],
        [[0, 2], 0],
        [[0, 2], 1],
        [[2, 0, 3], -1],
      ] as const) {
        const y = T.read(f(T.zeros([...of]), axis))
        expect([y.shape, y.data.length]).toEqual([of, 0])
      }
  })

  test("sums are 0, means and variances NaN, and nothing is the largest", () => {
    expect(T.toArray(T.sum(empty(2, 0), { axes: 1 }))).toEqual([0, 0])
    expect(T.toArray(T.mean(empty(2, 0), { axes: 1 }))).toEqual([Number.NaN, Number.NaN])
    expect(T.toArray(T.variance(empty(0, 2), { axes: 0 }))).toEqual([Number.NaN, Number.NaN])
    for (const f of [T.max, T.min]) {
      expect(() => f(empty(2, 0), { axes: 1 })).toThrow("at least one element along each reduced axis")
      expect(T.toArray(f(empty(0, 2), { axes: 1 }))).toEqual([])
    }
    expect(T.toArray(T.argMax(empty(0, 2), 1))).toEqual([])
    expect(T.toArray(T.sort(empty(2, 0)))).toEqual([[], []])
    expect(T.toArray(T.topK(empty(2, 0), 0).values)).toEqual([[], []])
  })

  test("gradients are empty, and those of what stands beside it are what they were", () => {
    const mixed = ({ x, y }: { readonly x: T.Tensor; readonly y: T.Tensor }): T.Tensor =>
      T.add(T.sum(T.exp(T.logSumExp(x, { axes: -1 }))), T.add(T.sum(softmax(x)), T.sum(T.square(y))))
    const { grad, value } = valueAndGrad(mixed)({ x: empty(2, 0), y: T.make([3]) })
    expect(T.toNumber(value)).toBe(9)
    expect([T.toArray(grad.x), T.toArray(grad.y)]).toEqual([[[], []], [6]])
  })
})

describe("whole numbers", () => {
  test("are not divided without a word: quotient cuts, div of floats does not", () => {
    expect(() => T.div(T.make([1], "i32"), T.make([2], "i32"))).toThrow(
      'div got i32[1] and i32[1]; it wants f32 elements. Try: Tensor.cast(x, "f32") to divide exactly, or Tensor.quotient to divide whole numbers towards zero',
    )
    expect(() => T.div(1, T.make([2], "i32"))).toThrow(ShapeError)
    expect(() => T.quotient(T.make([1]), 2)).toThrow("quotient got f32[1]; it wants i32 elements")
    expect(T.toNumber(T.div(1, 4))).toBe(0.25)
  })

  test("x is y times the quotient and the remainder; of a division by zero both are 0", () => {
    const word = fc.oneof(fc.integer({ min: lowest, max: 2 ** 31 - 1 }), fc.integer({ min: -9, max: 9 }))
    fc.assert(
      fc.property(word, word, (x, y) => {
        const [a, b] = [T.make([x], "i32"), T.make([y], "i32")]
        const expected = y === 0 ? 0 : Math.trunc(x / y) | 0
        expect(T.toArray(T.quotient(a, b))).toEqual([expected + 0])
        expect(T.toArray(T.rem(a, b))).toEqual([(y === 0 ? 0 : x % y) + 0])
        if (y !== 0) expect(T.toArray(T.add(T.mul(T.quotient(a, b), b), T.rem(a, b)))).toEqual([x + 0])
      }),
    )
  })

  test("print whole, of every kind; floats print with five digits", () => {
    expect(T.print(T.make([2147483647, -98765432, lowest, 0], "i32"))).toBe("[2147483647, -98765432, -2147483648, 0]")
    expect(T.print(T.make([0, 255], "u8"))).toBe("[0, 255]")
    expect(T.print(T.make([true, false]))).toBe("[true, false]")
    expect(T.print(T.make([12345678, -0.1234567, -0]))).toBe("[12346000, -0.12346, 0]")
    fc.assert(
      fc.property(fc.integer({ min: lowest, max: 2 ** 31 - 1 }), (x) => {
        expect(T.print(T.scalar(x, "i32"))).toBe(String(x))
      }),
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

  test("uneven lists and numbers outside the dtype are refused", () => {
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

  test("toArray inverts make, for every dtype", () => {
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
