/** A plan done kernel by kernel with the definitions of Reference, on slots that a test provides. */

import { type Access, type Kernel, loopOf, type Rows, type Term } from "../src/compiler/Plan.ts"
import type { Params, Primitive } from "../src/language/Primitive.ts"
import type { Definition } from "../src/reference/Definition.ts"
import { offsets } from "../src/reference/offsets.ts"
import * as Reference from "../src/reference/Reference.ts"
import { allocate } from "../src/types/DType.ts"
import { NDArray } from "../src/types/NDArray.ts"
import * as Shape from "../src/types/Shape.ts"
import type { Spec } from "../src/types/ShapeError.ts"

const definition = (primitive: Primitive, params: unknown, inputs: ReadonlyArray<NDArray>, out: Spec): NDArray => {
  const row = Reference.definitions[primitive] as Definition<Primitive>
  return new NDArray(out.dtype, out.shape, row(params as Params[Primitive], inputs, out))
}

/** What stands in an array where a loop's access leads, densely. */
const visit = ({ data, dtype }: NDArray, shape: Shape.Shape, { offset, strides }: Access): NDArray => {
  const places = offsets(shape, strides, offset)
  const out = allocate(dtype, places.length)
  places.forEach((place, i) => {
    out[i] = data[place] as number
  })
  return new NDArray(dtype, shape, out)
}

/** What the terms of a loop come to, each as an array of the loop's shape. */
const body = (terms: ReadonlyArray<Term>, shape: Shape.Shape, slots: Slots): ReadonlyArray<NDArray> => {
  const made: Array<NDArray> = []
  for (const term of terms) {
    const out = { dtype: term.dtype, shape }
    if (term.tag === "load") made.push(visit(slots.read(term.slot), shape, term.access))
    else if (term.tag === "literal")
      made.push(new NDArray(term.dtype, shape, allocate(term.dtype, Shape.size(shape)).fill(term.value)))
    else if (term.tag === "index") {
      const counted = allocate(term.dtype, Shape.size(shape))
      counted.set(offsets(shape, term.access.strides, term.access.offset))
      made.push(new NDArray(term.dtype, shape, counted))
    } else
      made.push(
        definition(
          term.primitive,
          { dtype: term.dtype },
          term.inputs.map((input) => made[input] as NDArray),
          out,
        ),
      )
  }
  return made
}

/** Where the arrays of a plan's slots are. */
export interface Slots {
  readonly spec: (slot: number) => Spec
  readonly read: (slot: number) => NDArray
  readonly write: (slot: number, array: NDArray) => void
}

/** Does one kernel: what it reads it reads before it writes. Members of one kernel run one after the other. */
export const runKernel = (kernel: Kernel, slots: Slots): void => {
  if (kernel.tag === "rows") for (const member of kernel.members) runOne(member, slots)
  else runOne(kernel, slots)
}

const runOne = (kernel: Exclude<Kernel, Rows>, slots: Slots): void => {
  if (kernel.tag === "loop") {
    const made = body(kernel.terms, kernel.shape, slots)
    for (const { slot, term } of kernel.stores) slots.write(slot, made[term] as NDArray)
  } else if (kernel.tag === "reduce") {
    const operand = body(kernel.terms, kernel.shape, slots)[kernel.term] as NDArray
    const axes = kernel.shape.map((_, axis) => axis).slice(kernel.kept)
    slots.write(kernel.slot, definition(kernel.primitive, { axes }, [operand], slots.spec(kernel.slot)))
  } else if (kernel.tag === "product") {
    const { a, b, batch, k, m, n } = kernel
    const operand = ({ batch: steps, column, offset, row, slot }: typeof a, rows: number, columns: number) =>
      visit(slots.read(slot), [...batch, rows, columns], { offset, strides: [...steps, row, column] })
    slots.write(kernel.slot, definition("dot", {}, [operand(a, m, k), operand(b, k, n)], slots.spec(kernel.slot)))
  } else {
    const { params, primitive } = kernel.equation
    const inputs = kernel.inputs.map(({ shape, slot }) => {
      const { data, dtype } = slots.read(slot)
      return new NDArray(dtype, shape, data)
    })
    slots.write(kernel.slot, definition(primitive, params, inputs, slots.spec(kernel.slot)))
  }
  const loop = kernel.tag === "loop" ? undefined : loopOf(kernel)
  if (loop !== undefined) runOne(loop, slots)
}
