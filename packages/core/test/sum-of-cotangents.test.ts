import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { trace } from "../src/language/Program.ts"
import * as T from "../src/tensor/Tensor.ts"
import * as Doubles from "../src/testing/doubles.ts"
import { grad } from "../src/transform/Autodiff.ts"

interface Range {
  readonly axis: number
  readonly from: number
  readonly to: number
  readonly step: number
}

const shape = [4, 6]

/** The elements of a tensor in a range of one axis. */
const sliceOf = (x: T.Tensor, { axis, from, step, to }: Range): T.Tensor => {
  const along = (n: number, other: ReadonlyArray<number>) => shape.map((_, i) => (i === axis ? n : (other[i] ?? 0)))
  return T.slice(x, along(from, [0, 0]), along(to, shape), along(step, [1, 1]))
}

const range: fc.Arbitrary<Range> = fc
  .record({ axis: fc.integer({ min: 0, max: 1 }), a: fc.nat(6), b: fc.nat(6), step: fc.constantFrom(1, 1, 1, 2) })
  .map(({ a, axis, b, step }) => {
    const [from = 0, to = 0] = [a, b].map((n) => Math.min(n, shape[axis] ?? 0)).sort((x, y) => x - y)
    return { axis, from, to, step }
  })

describe("the cotangents of slices", () => {
  it("add up to the weights of the slices that each element is in", () => {
    fc.assert(
      fc.property(fc.array(range, { maxLength: 6 }), fc.boolean(), (ranges, isUsedWhole) => {
        const cost = (x: T.Tensor): T.Tensor =>
          ranges.reduce<T.Tensor>(
            (sum, part, i) => T.add(sum, T.mul(T.sum(sliceOf(x, part)), 2 ** i)),
            isUsedWhole ? T.sum(T.mul(x, 64)) : T.scalar(0),
          )
        const wanted = Array.from({ length: 4 }, (_, i) =>
          Array.from({ length: 6 }, (_, j) =>
            ranges.reduce(
              (sum, { axis, from, step, to }, k) => {
                const at = axis === 0 ? i : j
                return sum + (at >= from && at < to && (at - from) % step === 0 ? 2 ** k : 0)
              },
              isUsedWhole ? 64 : 0,
            ),
          ),
        )
        expect(Doubles.toArray(grad(cost)(T.ones(shape)))).toEqual(wanted)
      }),
    )
  })

  it("are concatenated where they lie side by side", () => {
    const primitives = (f: (x: T.Tensor) => T.Tensor): ReadonlyArray<string> => {
      const { equations } = trace((x) => [grad(f)(x as T.Tensor)], [{ dtype: "f32", shape }])
      return equations.map(({ primitive }) => primitive).filter((primitive) => primitive === "pad" || primitive === "concat")
    }
    const squares = (...parts: ReadonlyArray<T.Tensor>) =>
      parts.reduce<T.Tensor>((sum, x) => T.add(sum, T.sum(T.mul(x, x))), T.scalar(0))
    expect(primitives((x) => squares(...T.split(x, [2, 3, 1], 1)))).toEqual(["concat"])
    const [left, right] = [0, 2].map((from) => ({ axis: 1, from, to: from + 2, step: 1 })) as [Range, Range]
    expect(primitives((x) => squares(sliceOf(x, right), sliceOf(x, left)))).toEqual(["concat", "pad"])
    expect(primitives((x) => squares(sliceOf(x, left)))).toEqual(["pad"])
  })
})
