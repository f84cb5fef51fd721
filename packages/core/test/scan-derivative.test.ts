import { describe, expect, it } from "vitest"
import { fuse } from "../src/compiler/Fuse.ts"
import type { Equation, Params } from "../src/language/Primitive.ts"
import { trace } from "../src/language/Program.ts"
import * as Key from "../src/tensor/Key.ts"
import * as T from "../src/tensor/Tensor.ts"
import { checkGrads } from "../src/testing/checkGrads.ts"
import { grad, valueAndGrad } from "../src/transform/Autodiff.ts"

const [rounds, batch, units] = [4, 3, 2]
const draw = (name: string, shape: ReadonlyArray<number>): T.Tensor => T.read(Key.normal(Key.fold(Key.make(5), name), shape))

interface Weights {
  readonly w: T.Tensor
  readonly h: T.Tensor
  readonly xs: T.Tensor
}

const weights: Weights = {
  w: draw("w", [units, units]),
  h: draw("h", [batch, units]),
  xs: draw("xs", [rounds, batch, units]),
}

type Step = (h: T.Tensor, x: T.Tensor, w: T.Tensor) => T.Tensor

/** The sum of squares of all states of a loop. */
const cost =
  (step: Step, reverse = false) =>
  ({ h, w, xs }: Weights): T.Tensor => {
    const { carry, kept } = T.scan(
      (sofar: T.Tensor, x: T.Tensor) => {
        const next = step(sofar, x, w)
        return { carry: next, kept: next }
      },
      h,
      xs,
      { reverse },
    )
    return T.add(T.sum(T.mul(kept, kept)), T.sum(carry))
  }

const recurrent: Step = (h, x, w) => T.tanh(T.add(x, T.matmul(h, w)))

/** Loops whose rounds use the weights in other ways. */
const steps: { readonly [name: string]: Step } = {
  "a product of the carry": recurrent,
  "a product of the row": (h, x, w) => T.tanh(T.add(h, T.matmul(x, w))),
  "a product of what the round computed": (h, x, w) => T.tanh(T.matmul(T.add(T.sin(h), x), w)),
  "two products": (h, x, w) => T.tanh(T.add(T.matmul(h, w), T.matmul(T.sin(T.matmul(x, w)), w))),
  "a product and each element": (h, x, w) => T.tanh(T.add(T.mul(x, T.sum(T.sin(w))), T.matmul(h, w))),
  "a product from the left": (h, x, w) => T.tanh(T.add(x, T.transpose(T.matmul(w, T.transpose(h))))),
  "a product with its own transpose": (h, x, w) => T.tanh(T.add(x, T.matmul(h, T.matmul(w, T.transpose(w))))),
  "a product with a batch": (h, x, w) => T.tanh(T.sum(T.matmul(T.stack([h, x]), w), { axes: [0] })),
  "nothing of them": (h, x) => T.tanh(T.add(h, x)),
}

describe("the derivative of a loop agrees with central differences where a round uses the weights for", () => {
  for (const [name, step] of Object.entries(steps))
    it(name, () => {
      checkGrads(cost(step), weights, { order: 2 })
      checkGrads(cost(step, true), weights)
    })

  it("a product in a loop without rounds", () => {
    const none = { ...weights, xs: T.zeros([0, batch, units]) }
    expect(T.toArray(grad(cost(recurrent))(none).w)).toEqual([
      [0, 0],
      [0, 0],
    ])
  })
})

describe("a gradient through a loop", () => {
  const { h, w, xs } = weights
  const given = [w, h, xs] as const
  const program = trace(
    (w, h, xs) => {
      const { grad, value } = valueAndGrad(cost(recurrent))({ w, h, xs } as Weights)
      return [value, grad.w, grad.h, grad.xs]
    },
    given.map(({ shape }) => ({ dtype: "f32", shape })),
  )
  const { kernels } = fuse(program)
  const loops = kernels.flatMap((kernel) =>
    kernel.tag === "single" && kernel.equation.primitive === "scan" ? [kernel.equation] : [],
  )
  const products = ({ params }: Equation): number =>
    (params as unknown as Params["scan"]).body.equations.filter(({ primitive }) => primitive === "dot").length

  it("computes the rounds once forwards and once backwards", () => {
    expect(loops.length).toBe(2)
  })

  it("keeps the products of a round instead of repeating them", () => {
    expect(loops.map(products)).toEqual([1, 1])
  })

  it("sums the products for the weights as one, over the rows of all rounds", () => {
    const over = kernels.flatMap((kernel) => (kernel.tag === "product" ? [[kernel.m, kernel.k, kernel.n]] : []))
    expect(over).toEqual([[units, rounds * batch, units]])
  })
})
