import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { Autodiff, Program, Tensor } from "../src/index.ts"
import type { Params, Primitive } from "../src/language/Primitive.ts"
import { fuse } from "../src/machines/Fuse.ts"
import { type Access, type Kernel, type Plan, print, type Term } from "../src/machines/Plan.ts"
import type { Meaning } from "../src/meaning/Meaning.ts"
import { positions } from "../src/meaning/Positions.ts"
import * as Reference from "../src/meaning/Reference.ts"
import { programWithInputs } from "../src/testing/programs.ts"
import { allocate } from "../src/words/DType.ts"
import { NDArray } from "../src/words/NDArray.ts"
import * as Shape from "../src/words/Shape.ts"
import type { Spec } from "../src/words/ShapeError.ts"

const meaning = (primitive: Primitive, params: unknown, inputs: ReadonlyArray<NDArray>, out: Spec): NDArray => {
  const row = Reference.meanings[primitive] as Meaning<Primitive>
  return new NDArray(out.dtype, out.shape, row(params as Params[Primitive], inputs, out))
}

/** What stands in an array where a loop's access leads, densely. */
const visit = ({ data, dtype }: NDArray, shape: Shape.Shape, { offset, strides }: Access): NDArray => {
  const places = positions(shape, strides, offset)
  const out = allocate(dtype, places.length)
  places.forEach((place, i) => {
    out[i] = data[place] as number
  })
  return new NDArray(dtype, shape, out)
}

/** What the terms of a loop come to, each as an array of the loop's shape. */
const body = (
  terms: ReadonlyArray<Term>,
  shape: Shape.Shape,
  slots: ReadonlyArray<NDArray | undefined>,
): ReadonlyArray<NDArray> => {
  const made: Array<NDArray> = []
  for (const term of terms) {
    const out = { dtype: term.dtype, shape }
    if (term.tag === "load") made.push(visit(slots[term.slot] as NDArray, shape, term.access))
    else if (term.tag === "literal")
      made.push(new NDArray(term.dtype, shape, allocate(term.dtype, Shape.size(shape)).fill(term.value)))
    else if (term.tag === "index") {
      const counted = allocate(term.dtype, Shape.size(shape))
      counted.set(positions(shape, term.access.strides, term.access.offset))
      made.push(new NDArray(term.dtype, shape, counted))
    } else
      made.push(
        meaning(
          term.primitive,
          { dtype: term.dtype },
          term.inputs.map((input) => made[input] as NDArray),
          out,
        ),
      )
  }
  return made
}

const runKernel = (kernel: Kernel, slots: Array<NDArray | undefined>, specs: ReadonlyArray<Spec>): void => {
  const put = (slot: number, array: NDArray): void => {
    const { dtype, shape } = specs[slot] as Spec
    slots[slot] = new NDArray(dtype, shape, array.data)
  }
  if (kernel.tag === "loop") {
    const made = body(kernel.terms, kernel.shape, slots)
    for (const { slot, term } of kernel.stores) put(slot, made[term] as NDArray)
  } else if (kernel.tag === "reduce") {
    const operand = body(kernel.terms, kernel.shape, slots)[kernel.term] as NDArray
    const axes = kernel.shape.map((_, axis) => axis).slice(kernel.kept)
    put(kernel.slot, meaning(kernel.primitive, { axes }, [operand], specs[kernel.slot] as Spec))
  } else if (kernel.tag === "product") {
    const { a, b, batch, k, m, n } = kernel
    const operand = ({ batch: steps, column, offset, row, slot }: typeof a, rows: number, columns: number) =>
      visit(slots[slot] as NDArray, [...batch, rows, columns], { offset, strides: [...steps, row, column] })
    put(kernel.slot, meaning("dot", {}, [operand(a, m, k), operand(b, k, n)], specs[kernel.slot] as Spec))
  } else {
    const { params, primitive } = kernel.equation
    const inputs = kernel.inputs.map(
      ({ shape, slot }) => new NDArray((slots[slot] as NDArray).dtype, shape, (slots[slot] as NDArray).data),
    )
    put(kernel.slot, meaning(primitive, params, inputs, specs[kernel.slot] as Spec))
  }
}

/** A plan done kernel by kernel with the meanings of Reference. */
const runPlan = ({ kernels, outputs, slots }: Plan, inputs: ReadonlyArray<NDArray>): ReadonlyArray<NDArray> => {
  const held = slots.map(({ home }) =>
    home.tag === "input" ? inputs[home.index] : home.tag === "constant" ? home.array : undefined,
  )
  for (const kernel of kernels) runKernel(kernel, held, slots)
  return outputs.map(({ slot }) => held[slot] as NDArray)
}

describe("Fuse", () => {
  it("gives plans that mean what their programs mean", () => {
    fc.assert(
      fc.property(programWithInputs({ maxSteps: 12 }), ({ inputs, program }) => {
        const expected = Reference.run(program, inputs)
        const got = runPlan(fuse(program), inputs)
        got.forEach((array, i) => {
          expect([...array.data]).toEqual([...(expected[i] as NDArray).data])
        })
      }),
      { numRuns: 1000 },
    )
  })

  it("makes few passes of many steps", () => {
    const step = (w: Tensor.Tensor, v: Tensor.Tensor, x: Tensor.Tensor, y: Tensor.Tensor) => {
      const loss = (at: Tensor.Tensor) => Tensor.mean(Tensor.square(Tensor.sub(Tensor.tanh(Tensor.matmul(x, at)), y)))
      const { grad, value } = Autodiff.valueAndGrad(loss)(w)
      const velocity = Tensor.add(Tensor.mul(v, 0.9), Tensor.mul(grad, 0.1))
      return [Tensor.sub(w, velocity), velocity, value]
    }
    const f32 = (...shape: ReadonlyArray<number>): Spec => ({ dtype: "f32", shape })
    const program = Program.trace(
      (w, v, x, y) => step(w as Tensor.Tensor, v as Tensor.Tensor, x as Tensor.Tensor, y as Tensor.Tensor),
      [f32(8, 2), f32(8, 2), f32(4, 8), f32(4, 2)],
    )
    expect(print(fuse(program))).toMatchInlineSnapshot(`
      "s0: f32[8, 2] input
      s1: f32[8, 2] input
      s2: f32[4, 8] input
      s3: f32[4, 2] input
      s4: f32[4, 2]
      s5: f32[4, 2]
      s6: f32[4, 2]
      s7: f32[8, 2]
      s8: f32[8, 2]
      s9: f32[8, 2]
      s10: f32[]
      s11: f32[]
      product [4, 8, 2] s4 = s2[8 1] × s0[2 1]
      loop [4, 2] s5 = sub(tanh(s4), s3); s6 = mul(add(mul(div(1, 8), sub(tanh(s4), s3)), mul(div(1, 8), sub(tanh(s4), s3))), sub(1, mul(tanh(s4), tanh(s4))))
      product [8, 4, 2] s7 = s2[1 8] × s6[2 1]
      loop [8, 2] s8 = add(mul(s1, 0.9), mul(s7, 0.1)); s9 = sub(s0, add(mul(s1, 0.9), mul(s7, 0.1)))
      reduce [4, 2] keeping 0 by rows: s10 = reduceSum mul(s5, s5)
      loop [] s11 = div(s10, 8)
      return s9 s8 s11"
    `)
  })
})
