/**
 * A plan is a program as an engine runs it: few kernels, each one pass over memory, and the slots of memory they read and
 * write. How a primitive rounds and in which order it sums depends on its operands' shapes alone, so a plan has the bits of
 * the program's equations computed one by one.
 */
import type { Equation, Reduction } from "../language/Primitive.ts"
import type { OfKind } from "../language/primitiveFacts.ts"
import type { DType } from "../types/DType.ts"
import type { NDArray } from "../types/NDArray.ts"
import * as Shape from "../types/Shape.ts"
import { printSpec, type Spec } from "../types/ShapeError.ts"

/** Primitives that compute each element from the elements at the same index. */
export type Elementwise = OfKind<"elementwise">

/** What an array in memory is: an input of the program, a constant, a result of its kernels, or consecutive elements of another array. */
export type Storage =
  | { readonly tag: "input"; readonly index: number }
  | { readonly tag: "constant"; readonly index: number; readonly array: NDArray }
  | { readonly tag: "own" }
  | { readonly tag: "part"; readonly of: number; readonly offset: number }

/** A dense array in the engine's memory. */
export interface Slot extends Spec {
  readonly storage: Storage
}

/** How a loop steps through a slot: a stride in elements for each of the loop's axes, from `offset`. */
export interface Access {
  readonly offset: number
  readonly strides: ReadonlyArray<number>
}

/** One value in the body of a loop; `inputs` are earlier terms. */
export type Term =
  | { readonly tag: "load"; readonly slot: number; readonly dtype: DType; readonly access: Access }
  | { readonly tag: "literal"; readonly value: number; readonly dtype: DType }
  /** An affine function of the loop's indices. */
  | { readonly tag: "index"; readonly dtype: DType; readonly access: Access }
  | { readonly tag: "apply"; readonly primitive: Elementwise; readonly dtype: DType; readonly inputs: ReadonlyArray<number> }

/** A term written to a slot, densely in the order of the loop. */
export interface Store {
  readonly slot: number
  readonly term: number
}

/** One pass over `shape` that computes each store's term for every element. */
export interface Loop {
  readonly tag: "loop"
  readonly shape: Shape.Shape
  readonly terms: ReadonlyArray<Term>
  readonly stores: ReadonlyArray<Store>
}

/**
 * One pass that reduces: the loop's first `kept` axes are those of the result, the others are reduced. `order` is the
 * order of a sum: `rows` where the operand's last axis is reduced (sixteen partial sums, by index modulo 16), `columns`
 * where it is kept (one sum). Each of these sums is a cascade (`reference/sumOrder`).
 */
export interface Reduce {
  readonly tag: "reduce"
  readonly primitive: Reduction
  readonly shape: Shape.Shape
  readonly kept: number
  readonly order: "rows" | "columns"
  readonly terms: ReadonlyArray<Term>
  readonly term: number
  readonly slot: number
}

/** A matrix operand: the slot and its strides along batch, row and column. */
export interface Matrix {
  readonly slot: number
  readonly offset: number
  readonly batch: ReadonlyArray<number>
  readonly row: number
  readonly column: number
}

/** A kernel with one result, and perhaps an epilogue that runs on each region of it as soon as that is complete. */
interface WithEpilogue {
  readonly slot: number
  /** A loop over the shape of the result, which it reads only at the elements that it is about to write. */
  readonly epilogue?: Loop
}

/** Products of matrices, m × k by k × n, for every index of the batch axes; each element sums over k in a cascade (`reference/sumOrder`). */
export interface Product extends WithEpilogue {
  readonly tag: "product"
  readonly batch: Shape.Shape
  readonly m: number
  readonly n: number
  readonly k: number
  readonly a: Matrix
  readonly b: Matrix
}

/** A single equation with a kernel of its own, on dense arrays: a primitive that is neither a loop, a reduction nor a product. */
export interface Single extends WithEpilogue {
  readonly tag: "single"
  readonly equation: Equation
  readonly inputs: ReadonlyArray<View>
}

/** A slot under another shape of as many elements: the result of a reshape. */
export interface View {
  readonly slot: number
  readonly shape: Shape.Shape
}

/**
 * Loops and reductions over the same rows, the leading axes of all of them: they run for some rows at a time, one after the other,
 * so that a row is in the cache when the next member reads it. What members write, others read in the same row only.
 */
export interface Rows {
  readonly tag: "rows"
  readonly shape: Shape.Shape
  readonly members: ReadonlyArray<Loop | Reduce>
}

/** One kernel of a plan. It has at least one element to write: a slot without elements is written by none. */
export type Kernel = Loop | Reduce | Product | Single | Rows

/** The kernels that a kernel consists of, in order: itself, unless it has members. */
export const membersOf = (kernel: Kernel): ReadonlyArray<Exclude<Kernel, Rows>> =>
  kernel.tag === "rows" ? kernel.members : [kernel]

/** Kernels in order, and the slots of the program's outputs. */
export interface Plan {
  readonly inputs: ReadonlyArray<Spec>
  readonly slots: ReadonlyArray<Slot>
  readonly kernels: ReadonlyArray<Kernel>
  /** For each output of the program, its slot and shape. */
  readonly outputs: ReadonlyArray<View>
}

/** The loop of a kernel: itself, or its epilogue. */
export const loopOf = (kernel: Exclude<Kernel, Rows>): Loop | undefined => {
  if (kernel.tag === "loop") return kernel
  return kernel.tag === "reduce" ? undefined : kernel.epilogue
}

/** The slots that a kernel reads at any elements: those of its operands, without those of its loop. */
const operands = (kernel: Exclude<Kernel, Rows>): ReadonlyArray<number> => {
  if (kernel.tag === "product") return [kernel.a.slot, kernel.b.slot]
  if (kernel.tag === "single") return kernel.inputs.map(({ slot }) => slot)
  return kernel.tag === "reduce" ? loads(kernel.terms) : []
}

const loads = (terms: ReadonlyArray<Term>): ReadonlyArray<number> =>
  terms.flatMap((term) => (term.tag === "load" ? [term.slot] : []))

/** The slots a kernel reads. */
export const reads = (kernel: Kernel): ReadonlyArray<number> => [
  ...new Set(membersOf(kernel).flatMap((member) => [...operands(member), ...loads(loopOf(member)?.terms ?? [])])),
]

/** The slots a kernel writes. */
export const writes = (kernel: Kernel): ReadonlyArray<number> =>
  membersOf(kernel).flatMap((member) => {
    const stores = loopOf(member)?.stores.map(({ slot }) => slot) ?? []
    return member.tag === "loop" ? stores : [member.slot, ...stores]
  })

/** Whether an access over these axes stays in row i of a slot with rows of `size` elements, where its leading axes are at row i. */
const staysInRow = ({ offset, strides }: Access, shape: Shape.Shape, rows: Shape.Shape, size: number): boolean => {
  const dense = Shape.strides(rows)
  const reach = strides.slice(rows.length).map((stride, i) => stride * ((shape[rows.length + i] ?? 1) - 1))
  const lowest = reach.reduce((sum, x) => sum + Math.min(0, x), offset)
  const highest = reach.reduce((sum, x) => sum + Math.max(0, x), offset)
  return rows.every((n, axis) => n === 1 || strides[axis] === (dense[axis] ?? 0) * size) && lowest >= 0 && highest < size
}

/** Whether a loop or a reduction over these leading rows reads a slot, whose rows have `size` elements, in the same row only. */
export const readsInRow = (kernel: Loop | Reduce, slot: number, rows: Shape.Shape, size: number): boolean =>
  kernel.terms.every((term) => term.tag !== "load" || term.slot !== slot || staysInRow(term.access, kernel.shape, rows, size))

/** Whether a kernel reads a slot only at the element that its loop is about to write. */
export const readsInPlace = (kernel: Exclude<Kernel, Rows>, slot: number): boolean => {
  const loop = loopOf(kernel)
  return (
    loop !== undefined &&
    !operands(kernel).includes(slot) &&
    loop.terms.every((term) => term.tag !== "load" || term.slot !== slot || isDense(term.access, loop.shape))
  )
}

/** Whether an access visits a slot of this shape densely in order. */
export const isDense = ({ offset, strides }: Access, shape: Shape.Shape): boolean => {
  const dense = Shape.strides(shape)
  return offset === 0 && strides.every((stride, axis) => stride === dense[axis] || shape[axis] === 1)
}

const printAccess = ({ offset, strides }: Access, shape: Shape.Shape): string =>
  isDense({ offset, strides }, shape) ? "" : `[${offset === 0 ? "" : `${offset} + `}${strides.join(" ")}]`

const printTerm = (terms: ReadonlyArray<Term>, shape: Shape.Shape, i: number): string => {
  const term = terms[i]
  if (term === undefined) return "?"
  if (term.tag === "load") return `s${term.slot}${printAccess(term.access, shape)}`
  if (term.tag === "literal") return Object.is(term.value, -0) ? "-0" : String(term.value)
  if (term.tag === "index") return `index[${term.access.offset} + ${term.access.strides.join(" ")}]`
  const cast = term.primitive === "cast" ? `_${term.dtype}` : ""
  return `${term.primitive}${cast}(${term.inputs.map((input) => printTerm(terms, shape, input)).join(", ")})`
}

const printMatrix = ({ batch, column, offset, row, slot }: Matrix): string =>
  `s${slot}[${offset === 0 ? "" : `${offset} + `}${[...batch, row, column].join(" ")}]`

const printStores = ({ shape, stores, terms }: Loop): string =>
  stores.map(({ slot, term }) => `s${slot} = ${printTerm(terms, shape, term)}`).join("; ")

const printKernel = (kernel: Kernel): string => {
  const shape = "shape" in kernel ? Shape.print(kernel.shape) : ""
  const then = "epilogue" in kernel && kernel.epilogue ? `; ${printStores(kernel.epilogue)}` : ""
  switch (kernel.tag) {
    case "loop":
      return `loop ${shape} ${printStores(kernel)}`
    case "reduce":
      return `reduce ${shape} keeping ${kernel.kept} by ${kernel.order}: s${kernel.slot} = ${kernel.primitive} ${printTerm(kernel.terms, kernel.shape, kernel.term)}`
    case "product":
      return `product ${Shape.print([...kernel.batch, kernel.m, kernel.k, kernel.n])} s${kernel.slot} = ${printMatrix(kernel.a)} × ${printMatrix(kernel.b)}${then}`
    case "single":
      return `single s${kernel.slot} = ${kernel.equation.primitive} ${kernel.inputs.map(({ slot }) => `s${slot}`).join(" ")}${then}`
    case "rows":
      return `rows ${shape} { ${kernel.members.map(printKernel).join(" } { ")} }`
  }
}

/** A kernel in a few words, for profiles and reports: `product [128, 784, 10]`. */
export const nameOf = (kernel: Kernel): string => {
  switch (kernel.tag) {
    case "loop":
      return `loop ${Shape.print(kernel.shape)}`
    case "reduce":
      return `${kernel.primitive} ${Shape.print(kernel.shape)} by ${kernel.order}`
    case "product":
      return `product ${Shape.print([...kernel.batch, kernel.m, kernel.k, kernel.n])}`
    case "single":
      return `${kernel.equation.primitive} ${Shape.print(kernel.equation.out.shape)}`
    case "rows":
      return `rows ${Shape.print(kernel.shape)} of ${kernel.members.length} kernels`
  }
}

/** The plan as text: a line for each slot, one for each kernel, and the outputs. */
export const print = ({ kernels, outputs, slots }: Plan): string =>
  [
    ...slots.map((slot, i) => `s${i}: ${printSpec(slot)}${slot.storage.tag === "own" ? "" : ` ${slot.storage.tag}`}`),
    ...kernels.map(printKernel),
    `return ${outputs.map(({ slot }) => `s${slot}`).join(" ")}`,
  ].join("\n")
