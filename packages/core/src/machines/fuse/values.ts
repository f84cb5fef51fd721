/** The values of a program, equal steps once. */
import {
  binary,
  comparison,
  type Equation,
  type Params,
  type Primitive,
  type Program,
  reduction,
  unary,
} from "../../language/Primitive.ts"
import type { NDArray } from "../../words/NDArray.ts"
import type { Spec } from "../../words/ShapeError.ts"
import type { Home } from "../Plan.ts"
import { ofParams } from "../Signature.ts"

/** A value of the program after equal ones were made one. */
export interface Value extends Spec {
  readonly from:
    | { readonly tag: "home"; readonly home: Home }
    | { readonly tag: "literal"; readonly value: number }
    | { readonly tag: "step"; readonly equation: Equation; readonly inputs: ReadonlyArray<number> }
}

/** Steps that make each element of the elements at its own place. */
export const elementwise: ReadonlySet<Primitive> = new Set<Primitive>([
  ...unary,
  ...binary,
  ...comparison,
  "not",
  "where",
  "cast",
])
/** Steps that combine along axes. */
export const reductions: ReadonlySet<Primitive> = new Set<Primitive>(reduction)
const same: ReadonlySet<Primitive> = new Set<Primitive>(["identity", "stop"])

/** Steps that cost more to do again than to store once and load. */
export const costly: ReadonlySet<Primitive> = new Set<Primitive>([
  "exp",
  "expm1",
  "log",
  "log1p",
  "sin",
  "cos",
  "tanh",
  "erf",
  "sigmoid",
  "pow",
  "div",
  "rem",
  "sqrt",
])

/** Products of floats have a kernel; those of whole numbers are rare and done outside. */
export const isProduct = ({ out, primitive }: Equation): boolean => primitive === "dot" && out.dtype === "f32"

const keyOf = ({ params, primitive }: Equation, inputs: ReadonlyArray<number>): string | undefined =>
  primitive === "scan" ? undefined : `${primitive} ${ofParams(params)} ${inputs.join(" ")}`

/** The parameters of a step whose primitive is known. */
export const paramsOf = <P extends Primitive>(_: P, { params }: Equation): Params[P] => params as unknown as Params[P]

/** The program's values, equal steps once. Values of the program are mapped to these by `number`. */
export const share = (program: Program): { readonly values: ReadonlyArray<Value>; readonly outputs: ReadonlyArray<number> } => {
  const values: Array<Value> = []
  const known = new Map<string, number>()
  const number: Array<number> = []
  const add = (value: Value, key?: string): number => {
    const found = key === undefined ? undefined : known.get(key)
    if (found !== undefined) return found
    const at = values.push(value) - 1
    if (key !== undefined) known.set(key, at)
    return at
  }
  const constant = (array: NDArray, index: number): number => {
    const { dtype, shape } = array
    if (shape.length > 0) return add({ dtype, shape, from: { tag: "home", home: { tag: "constant", index, array } } })
    const value = array.data[0] as number
    return add({ dtype, shape, from: { tag: "literal", value } }, `literal ${dtype} ${Object.is(value, -0) ? "-0" : value}`)
  }
  program.inputs.forEach(({ dtype, shape }, index) => {
    number.push(add({ dtype, shape, from: { tag: "home", home: { tag: "input", index } } }))
  })
  for (const [index, array] of program.constants.entries()) number.push(constant(array, index))
  for (const equation of program.equations) {
    const inputs = equation.inputs.map((value) => number[value] as number)
    const { dtype, shape } = equation.out
    if (same.has(equation.primitive)) number.push(inputs[0] as number)
    else number.push(add({ dtype, shape, from: { tag: "step", equation, inputs } }, keyOf(equation, inputs)))
  }
  return { values, outputs: program.outputs.map((value) => number[value] as number) }
}
