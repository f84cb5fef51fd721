/** The values of a program, after common subexpression elimination. */

import { providedForLoops } from "../../language/loops.ts"
import type { Equation, Params, Primitive, Program } from "../../language/Primitive.ts"
import { factsOf, isKind } from "../../language/primitiveFacts.ts"
import type { DType } from "../../types/DType.ts"
import type { NDArray } from "../../types/NDArray.ts"
import type { Pieces } from "../../types/Pieces.ts"
import type { Spec } from "../../types/ShapeError.ts"
import type { Storage } from "../Plan.ts"
import { ofParams } from "../Signature.ts"

/** A value of the program; equal values are one. */
export interface Value extends Spec {
  readonly from:
    | { readonly tag: "storage"; readonly storage: Storage }
    | { readonly tag: "literal"; readonly value: number }
    | { readonly tag: "equation"; readonly equation: Equation; readonly inputs: ReadonlyArray<number> }
}

/** For each loop that another extends, the last one that does. */
export const extensions = providedForLoops<(program: Program) => ReadonlyMap<Equation, Equation>>()

/** Whether an equation is computed element by element, by the loop that needs it. */
export const isElementwise = ({ primitive }: Equation): boolean => isKind(primitive, "elementwise")

/** Whether an element costs more to compute again than to store once and load. */
export const isCostly = (primitive: Primitive): boolean => {
  const { cost, kind } = factsOf(primitive)
  return kind === "elementwise" && (cost === "slowInstruction" || cost === "function")
}

/** Products of floats have a kernel that follows strides; those of integers are rare and have one on dense arrays. */
export const isProduct = ({ out, primitive }: Equation): boolean => isKind(primitive, "product") && out.dtype === "f32"

const keyOf = ({ params, primitive }: Equation, inputs: ReadonlyArray<number>): string =>
  `${primitive} ${ofParams(params)} ${inputs.join(" ")}`

/** The parameters of an equation whose primitive is known. */
export const paramsOf = <P extends Primitive>(_: P, { params }: Equation): Params[P] => params as unknown as Params[P]

/** Primitives of which the double result, rounded to a float, is the float result, if the operands are floats. */
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
 * The result of an equation of known scalars, as a double. The scalars are exact floats, so that rounding once equals rounding
 * at each step; `undefined` where the result is not a normal float.
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

/** Whether an equation clamps a value at a lower bound: it is `where(x ≤ b, b, x)`. */
const isClamp = (
  { out, primitive }: Equation,
  [condition = 0, bound, x]: ReadonlyArray<number>,
  values: ReadonlyArray<Value>,
): boolean => {
  const from = values[condition]?.from
  if (primitive !== "where" || out.dtype !== "f32" || from?.tag !== "equation") return false
  return from.equation.primitive === "lessEqual" && from.inputs[0] === x && from.inputs[1] === bound
}

/** The values of a program, and the numbers of its outputs among them. */
export interface Values {
  readonly values: ReadonlyArray<Value>
  readonly outputs: ReadonlyArray<number>
}

/** Equations, or values, between two pieces of planning. */
export const valuesOfPiece = 64

/** The program's values without common subexpressions. */
export function* eliminateCommonSubexpressions(program: Program): Pieces<Values> {
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
  const loops = new Map<Equation, number>()
  const loop = (equation: Equation, inputs: ReadonlyArray<number>): number => {
    const { dtype, shape } = equation.out
    const found = loops.get(equation) ?? add({ dtype, shape, from: { tag: "equation", equation, inputs } })
    loops.set(equation, found)
    return found
  }
  /** The first elements of a loop's result: the result of a loop that it extends. */
  const beginningOf = (longer: number, { out: { dtype, shape } }: Equation): number => {
    const params = { start: [0], limit: shape, stride: [1] }
    const equation: Equation = { primitive: "slice", params, inputs: [longer], out: { dtype, shape } }
    return add({ dtype, shape, from: { tag: "equation", equation, inputs: [longer] } }, keyOf(equation, [longer]))
  }
  /** For each comparison by which a value was clamped, the clamped value. */
  const clamped = new Map<number, number>()
  /** The same comparison of the clamped value, which has the same answer: a derivative that uses it does not keep the original. */
  const ofClamped = (value: number): number => {
    const result = clamped.get(value)
    const { from, ...spec } = values[value] as Value
    if (result === undefined || from.tag !== "equation") return value
    const inputs = [result, ...from.inputs.slice(1)]
    return add({ ...spec, from: { ...from, inputs } }, keyOf(from.equation, inputs))
  }
  const extended = program.equations.some(({ primitive }) => primitive === "scan") ? extensions.get()(program) : undefined
  for (const [i, equation] of program.equations.entries()) {
    if (i % valuesOfPiece === 0) yield
    const given = equation.inputs.map((value) => number[value] as number)
    const clamps = isClamp(equation, given, values)
    const inputs = clamps ? given : given.map(ofClamped)
    const { dtype, shape } = equation.out
    const known = fold(
      equation,
      inputs.map((input) => values[input] as Value),
    )
    const longer = extended?.get(equation)
    if (isKind(equation.primitive, "identity")) number.push(inputs[0] as number)
    else if (longer !== undefined) number.push(beginningOf(loop(longer, inputs), equation))
    else if (equation.primitive === "scan") number.push(loop(equation, inputs))
    else if (known !== undefined) number.push(literal("f32", known))
    else {
      const made = add({ dtype, shape, from: { tag: "equation", equation, inputs } }, keyOf(equation, inputs))
      number.push(made)
      if (clamps) clamped.set(given[0] as number, made)
    }
  }
  return { values, outputs: program.outputs.map((value) => number[value] as number) }
}
