/** Loops whose carries and kept rows are of any dtype, in trees: the engine, Reference, reading and batches agree on them. */
import { describe, expect, it } from "vitest"
import { trace } from "../src/language/Program.ts"
import * as Reference from "../src/reference/Reference.ts"
import * as Key from "../src/tensor/Key.ts"
import * as T from "../src/tensor/Tensor.ts"
import { checkGrads } from "../src/testing/checkGrads.ts"
import { vmap } from "../src/transform/Transform.ts"
import type { NDArray } from "../src/types/NDArray.ts"
import { expectSame } from "./expect-same.ts"
import { whole } from "./one-by-one.ts"

interface Carry {
  readonly key: T.Tensor
  readonly counts: { readonly whole: T.Tensor; readonly small: T.Tensor }
  readonly flag: T.Tensor
  readonly x: T.Tensor
}

const rounds = (x: T.Tensor, start: T.Tensor, rows: T.Tensor) => {
  const init: Carry = {
    key: Key.make(3),
    counts: { whole: start, small: T.make([250, 7], "u8") },
    flag: T.make([true, false]),
    x,
  }
  const { carry, kept } = T.scan(
    ({ counts, flag, key, x }: Carry, row: T.Tensor) => {
      const [next = key, own = key] = Key.split(key)
      const whole = T.add(T.mul(counts.whole, 1_000_003), T.cast(row, "i32"))
      const carry = {
        key: next,
        counts: { whole, small: T.cast(T.rem(T.add(T.cast(counts.small, "i32"), 1), 256), "u8") },
        flag: T.not(flag),
        x: T.add(T.mul(x, row), T.where(flag, T.sin(x), 1)),
      }
      return { carry, kept: { whole, bits: Key.bits(own, [2]), flag, x } }
    },
    init,
    rows,
  )
  return [carry.key, carry.counts.whole, carry.counts.small, carry.flag, carry.x, kept.whole, kept.bits, kept.flag, kept.x]
}

const inputs = [T.make([1, -2]), T.make([-2147483648, 2147483647], "i32"), T.make([0.5, -3, 2])].map((x) => T.read(x))

/** The same rounds without a loop. */
const unrolled = (start: ReadonlyArray<number>, rows: ReadonlyArray<number>): ReadonlyArray<number> =>
  rows.reduce((now, row) => now.map((x) => (Math.imul(x, 1_000_003) + Math.trunc(row)) | 0), start)

describe("a loop carries and keeps tensors of any dtype", () => {
  const program = trace((x, start, rows) => rounds(x as T.Tensor, start as T.Tensor, rows as T.Tensor), inputs)

  it("with the bits of Reference for all that is not a float", () => {
    const compiled = whole("portable", program, inputs)
    const reference = Reference.run(program, inputs)
    const exact = (all: ReadonlyArray<NDArray>) => all.filter(({ dtype }) => dtype !== "f32")
    expect(exact(compiled)).toHaveLength(7)
    expectSame(exact(compiled), exact(reference))
    expect([...(compiled[1] as NDArray).data]).toEqual(unrolled([-2147483648, 2147483647], [0.5, -3, 2]))
    expect([...(compiled[2] as NDArray).data]).toEqual([253, 10])
  })

  it("with the bits of reading it", () => {
    expectSame(
      whole("portable", program, inputs),
      rounds(...(inputs as unknown as [T.Tensor, T.Tensor, T.Tensor])).map((x) => T.read(x)),
    )
  })

  it("and for each sample of a batch", () => {
    const starts = T.make(
      [
        [1, 2],
        [-3, 2147483647],
      ],
      "i32",
    )
    const [x, , rows] = inputs as unknown as [T.Tensor, T.Tensor, T.Tensor]
    const together = vmap(rounds, { in: [null, 0, null] })(x, starts, rows)
    for (const [i, start] of [T.at(starts, 0), T.at(starts, 1)].entries())
      expectSame(
        together.map((all) => T.read(T.at(all, i))),
        rounds(x, start, rows).map((one) => T.read(one)),
      )
  })

  it("and the floats among them have gradients", () => {
    const [x, start, rows] = inputs as unknown as [T.Tensor, T.Tensor, T.Tensor]
    const cost = ([x, rows]: readonly [T.Tensor, T.Tensor]): T.Tensor => {
      const results = rounds(x, start, rows)
      return T.add(T.sum(results[4] as T.Tensor), T.sum(T.square(results[8] as T.Tensor)))
    }
    expect(() => checkGrads(cost, [x, rows] as const)).not.toThrow()
  })
})
