/** The compiler accepts and refuses what tensor-types.ts says, and refuses in words a person can act on. */
import { beforeAll, expect, test } from "vitest"
import { type TypeErrors, typeErrors } from "./type-errors.ts"

/** Wrong lines, and what the compiler's message says of each. */
const wrong: ReadonlyArray<readonly [code: string, says: string]> = [
  ["Tensor.matmul(Tensor.zeros([784, 128]), Tensor.zeros([64, 784]))", "[784, 128] has 128 columns, but [64, 784] has 64 rows"],
  ["Tensor.add(Tensor.zeros([4, 3]), Tensor.zeros([4]))", "[4, 3] and [4] do not stretch to one shape"],
  ["Tensor.less(Tensor.zeros([2]), Tensor.zeros([5, 3]))", "[2] and [5, 3] do not stretch to one shape"],
  [
    "Tensor.matmul(Tensor.reshape(x, [-1, 784]), Tensor.zeros([10, 2]))",
    "[number, 784] has 784 columns, but [10, 2] has 10 rows",
  ],
  ["Tensor.mul(Tensor.transpose(Tensor.ones([2, 3])), Tensor.ones([2, 3]))", "[3, 2] and [2, 3] do not stretch to one shape"],
]

let errors: TypeErrors

beforeAll(async () => {
  const head = ['import { Tensor } from "@adjoint/core"', "declare const x: Tensor.Tensor"]
  errors = await typeErrors(
    "tensor-types.ts",
    head,
    wrong.map(([code]) => code),
  )
}, 60_000)

test("what fits is accepted without casts, what does not is refused", () => {
  expect(errors.accepted).toEqual([])
})

test.each(wrong.map(([code, says], i) => ({ code, says, i })))("$code", ({ i, says }) => {
  expect(errors.wrong[i]).toContain(`Mismatch<"${says}">`)
})
