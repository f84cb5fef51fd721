/** The values of a program, equal steps once. */
import type { Equation, Params, Primitive, Program } from "../../language/Primitive.ts"
import { factsOf, isKind } from "../../language/primitiveFacts.ts"
import type { DType } from "../../words/DType.ts"
import type { NDArray } from "../../words/NDArray.ts"
import type { Spec } from "../../words/ShapeError.ts"
import type { Storage } from "../Plan.ts"
import { ofParams } from "../Signature.ts"

/** A value of the program after equal ones were made one. */
export interface Value extends Spec {
  readonly from:
    | { readonly tag: "storage"; readonly storage: Storage }
    | { readonly tag: "literal"; readonly value: number }
    | { readonly tag: "step"; readonly equation: Equation; readonly inputs: ReadonlyArray<number> }
}

/** Whether an equation is computed element by element, by the loop that needs it. */
export const isElementwise = ({ primitive }: Equation): boolean => isKind(primitive, "elementwise")

/** Whether an element costs more to compute again than to store once and load. */
export const isCostly = (primitive: Primitive): boolean => {
  const { cost, kind } = factsOf(primitive)
  return kind === "elementwise" && (cost === "slowInstruction" || cost === "function")
}

/** Products of floats have a kernel; those of whole numbers are rare and stand alone. */
export const isProduct = ({ out, primitive }: Equation): boolean => isKind(primitive, "product") && out.dtype === "f32"

const keyOf = ({ params, primitive }: Equation, inputs: ReadonlyArray<number>): string | undefined =>
  primitive === "scan" ? undefined : `${primitive} ${ofParams(params)} ${inputs.join(" ")}`

/** The parameters of a step whose primitive is known. */
export const paramsOf = <P extends Primitive>(_: P, { params }: Equation): Params[P] => params as unknown as Params[P]

/** Steps whose double, rounded to a float, is the float they give, where they are given floats. */
const foldable: { readonly [P in Primitive]?: (x: number, y: number) => number } = {
  neg: (x) => -x,
  abs: Math.abs,
  sqrt: Math.sqrt,
  add: (x, y) => x + y,
  sub: (x, y) => x - y,
  mul: (x, y) => x * y,
  div: (x, y) => x / y,
}

/**
 * What a step gives whose inputs are numbers known beforehand: where these are floats exactly, so that rounding at each step
 * and rounding at none come to the same, and the result is a normal one.
 */
const fold = ({ out, primitive }: Equation, inputs: ReadonlyArray<Value>): number | undefined => {
  const operation = foldable[primitive]
  if (operation === undefined || out.shape.length > 0 || out.dtype !== "f32") return undefined
  const known = inputs.flatMap(({ from }) => (from.tag === "literal" && Math.fround(from.value) === from.value ? from.value : []))
  if (known.length < inputs.length) return undefined
  const made = operation(known[0] ?? 0, known[1] ?? 0)
  const size = Math.abs(Math.fround(made))
  return made === 0 || (size >= 2 ** -126 && size < Number.POSITIVE_INFINITY) ? made : undefined
}

/** Whether a step cuts a value at a bound: it is `where(x ≤ b, b, x)`. */
const isCut = (
  { out, primitive }: Equation,
  [condition = 0, bound, x]: ReadonlyArray<number>,
  values: ReadonlyArray<Value>,
): boolean => {
  const from = values[condition]?.from
  if (primitive !== "where" || out.dtype !== "f32" || from?.tag !== "step") return false
  return from.equation.primitive === "lessEqual" && from.inputs[0] === x && from.inputs[1] === bound
}

/** The program's values, equal steps once. Values of the program are mapped to these by `number`. */
export const eliminateCommonSubexpressions = (
  program: Program,
): { readonly values: ReadonlyArray<Value>; readonly outputs: ReadonlyArray<number> } => {
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
  const literal = (dtype: DType, value: number): number =>
    add({ dtype, shape: [], from: { tag: "literal", value } }, `literal ${dtype} ${Object.is(value, -0) ? "-0" : value}`)
  const constant = (array: NDArray, index: number): number => {
    const { dtype, shape } = array
    if (shape.length > 0) return add({ dtype, shape, from: { tag: "storage", storage: { tag: "constant", index, array } } })
    return literal(dtype, array.data[0] as number)
  }
  program.inputs.forEach(({ dtype, shape }, index) => {
    number.push(add({ dtype, shape, from: { tag: "storage", storage: { tag: "input", index } } }))
  })
  for (const [index, array] of program.constants.entries()) number.push(constant(array, index))
  /** For each comparison by which a value was cut, what came of that. */
  const cut = new Map<number, number>()
  /** The result answers such a comparison just as the value does; asked of it, a derivative does not keep the value. */
  const asked = (value: number): number => {
    const result = cut.get(value)
    const { from, ...spec } = values[value] as Value
    if (result === undefined || from.tag !== "step") return value
    const inputs = [result, ...from.inputs.slice(1)]
    return add({ ...spec, from: { ...from, inputs } }, keyOf(from.equation, inputs))
  }
  for (const equation of program.equations) {
    const given = equation.inputs.map((value) => number[value] as number)
    const cuts = isCut(equation, given, values)
    const inputs = cuts ? given : given.map(asked)
    const { dtype, shape } = equation.out
    const known = fold(
      equation,
      inputs.map((input) => values[input] as Value),
    )
    if (isKind(equation.primitive, "identity")) number.push(inputs[0] as number)
    else if (known !== undefined) number.push(literal("f32", known))
    else {
      const made = add({ dtype, shape, from: { tag: "step", equation, inputs } }, keyOf(equation, inputs))
      number.push(made)
      if (cuts) cut.set(given[0] as number, made)
    }
  }
  return { values, outputs: program.outputs.map((value) => number[value] as number) }
}
