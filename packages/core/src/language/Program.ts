/**
 * A program is a traced function of tensors: a list of equations that prints, which engines run, transforms rewrite and tests
 * compare.
 */
import { make as makeArray, NDArray } from "../types/NDArray.ts"
import * as Shape from "../types/Shape.ts"
import { printSpec, refuse, type Spec } from "../types/ShapeError.ts"
import { type Expr, endless, placeholder, recipeOf, type Tensor, write } from "./Expr.ts"
import type { Equation, Program } from "./Primitive.ts"
import { infer, shapeRules, specOf } from "./ShapeRule.ts"
import { order } from "./Walk.ts"

export type { Equation, Program } from "./Primitive.ts"
export { specOf } from "./ShapeRule.ts"

/**
 * The program of a function: calls it once on placeholders of the given dtypes and shapes and lists the equations that its results
 * need. Tensors the function closes over become constants, or equations of the program where they are recipes. Throws
 * `ShapeError` when the function is wrong, or closes over the argument of another function that is being traced.
 */
export const trace = (f: (...inputs: ReadonlyArray<Tensor>) => ReadonlyArray<Tensor>, inputs: ReadonlyArray<Spec>): Program => {
  const arguments_ = placeholders(inputs)
  return capture(arguments_, f(...arguments_))
}

/** Arguments of these dtypes and shapes for a function that is traced. Throws `ShapeError` for invalid shapes. */
export const placeholders = (inputs: ReadonlyArray<Spec>): ReadonlyArray<Tensor> => {
  checkShapes("Program.trace", inputs)
  const extent = endless()
  return inputs.map(({ dtype, shape }) => placeholder(dtype, shape, extent))
}

/**
 * The program from some expressions to others: the equations that compute `outputs` from `inputs`.
 * Expressions in `computed` become constants of these values.
 */
export const capture = (
  inputs: ReadonlyArray<Tensor>,
  outputs: ReadonlyArray<Tensor>,
  computed: ReadonlyMap<Tensor, NDArray> = new Map(),
): Program => {
  const values = new Map<Tensor, number>(inputs.map((input, i) => [input, i]))
  const expressions = order(outputs, (x) => values.has(x) || x.value !== undefined || computed.has(x))
  for (const expression of expressions) refuseForeign(expression)
  const constants: Array<NDArray> = []
  const constant = (x: NDArray): void => {
    if (!values.has(x)) values.set(x, inputs.length + constants.push(x) - 1)
  }
  const known = (x: Tensor): Tensor => (values.has(x) || x instanceof NDArray ? x : (x.value ?? computed.get(x) ?? x))
  /** A tensor without its identities, which the program omits. */
  const bare = (x: Tensor): Tensor => {
    let at = known(x)
    while (!(at instanceof NDArray) && !values.has(at) && at.recipe?.primitive === "identity")
      at = known(at.recipe.inputs[0] ?? at)
    return at
  }
  // Constants are numbered in the order in which equations use them, so that tracing again gives the same program.
  for (const expression of expressions) {
    const { inputs: from, primitive } = recipeOf(expression)
    if (primitive !== "identity") for (const input of from) constantOf(bare(input), constant)
  }
  for (const output of outputs) constantOf(bare(output), constant)
  const numberOf = (x: Tensor): number =>
    values.get(known(x)) ?? refuse("trace", [x], "a value of this program", "return tensors that the function computed")
  const equations: Array<Equation> = []
  for (const expression of expressions) {
    const { inputs: from, params, primitive } = recipeOf(expression)
    if (primitive === "identity") values.set(expression, numberOf(from[0] ?? expression))
    else {
      const { dtype, shape } = expression
      const equation = { primitive, params, inputs: from.map(numberOf), out: { dtype, shape } }
      values.set(expression, inputs.length + constants.length + equations.push(equation) - 1)
    }
  }
  return { inputs: inputs.map(({ dtype, shape }) => ({ dtype, shape })), constants, equations, outputs: outputs.map(numberOf) }
}

/** Throws `ShapeError` for an argument of another traced or differentiated function, which cannot be a constant of this program. */
const refuseForeign = ({ dtype, recipe, shape, variableOf }: Expr): void => {
  const foreign =
    recipe === undefined
      ? "another function that is being traced"
      : variableOf?.open === true && variableOf.running
        ? "a function that is being differentiated"
        : undefined
  if (foreign !== undefined)
    refuse(
      "trace",
      [{ dtype, shape }],
      `a function that uses its own arguments, not those of ${foreign}`,
      "pass the tensor as an argument",
    )
}

const constantOf = (x: Tensor, keep: (x: NDArray) => void): void => {
  if (x instanceof NDArray) keep(x)
}

/** The program applied to tensors: its equations as expressions of them. Throws `ShapeError` when the inputs do not fit. */
export const inline = (program: Program, inputs: ReadonlyArray<Tensor>): ReadonlyArray<Tensor> => {
  accept("Program.inline", program, inputs)
  const values: Array<Tensor> = [...inputs, ...program.constants]
  const at = (value: number): Tensor =>
    values[value] ?? refuse("Program.inline", inputs, "values that are defined before they are used", "Program.check")
  for (const { inputs: from, params, primitive } of program.equations) values.push(write(primitive, params, from.map(at)))
  return program.outputs.map(at)
}

/** Throws `ShapeError` unless the arrays have the dtypes and shapes that the program takes. */
export const accept = (operation: string, program: Program, inputs: ReadonlyArray<Spec>): void => {
  const wanted = program.inputs
  const fits =
    inputs.length === wanted.length &&
    inputs.every((x, i) => x.dtype === wanted[i]?.dtype && Shape.equals(x.shape, wanted[i].shape))
  if (!fits) refuse(operation, inputs, wanted.map(printSpec).join(" and ") || "nothing", "the arrays the program was traced for")
}

/** Throws `ShapeError` unless every equation uses only earlier values and has the shape of its primitive's rule, also in loops. */
export const check = (program: Program): void => {
  const { constants, equations, inputs: given } = program
  checkShapes("Program.check", [...given, ...constants])
  for (const { data, dtype, shape } of constants) makeArray(dtype, shape, data)
  const first = given.length + constants.length
  equations.forEach(({ inputs, out, params, primitive }, i) => {
    if (!Object.hasOwn(shapeRules, primitive)) refuse("Program.check", [out], `a primitive, not ${primitive}`, "trace it again")
    if (!inputs.every((value) => Number.isInteger(value) && value >= 0 && value < first + i))
      refuse(primitive, [out], "values that are defined before it", "order the equations")
    if ("body" in params) check(params.body)
    if ("backward" in params) check(params.backward)
    const inferred = infer(
      primitive,
      params,
      inputs.map((value) => specOf(program, value)),
    )
    if (inferred.dtype !== out.dtype || !Shape.equals(inferred.shape, out.shape))
      refuse(primitive, [out], `a result of ${printSpec(inferred)}`, "trace it again")
  })
  for (const value of program.outputs) specOf(program, value)
}

const checkShapes = (operation: string, specs: ReadonlyArray<Spec>): void => {
  for (const spec of specs) if (!Shape.isValid(spec.shape)) refuse(operation, [spec], Shape.wanted, "check the shape's numbers")
}

const letters = (value: number): string =>
  (value < 26 ? "" : letters(Math.floor(value / 26) - 1)) + String.fromCharCode(97 + (value % 26))

const printParam = (param: unknown): string => {
  if (Array.isArray(param)) return `[${param.map(printParam).join(", ")}]`
  if (typeof param === "object" && param !== null && "equations" in param)
    return `(${print(param as Program)
      .split("\n")
      .join("\n  ")})`
  return Object.is(param, -0) ? "-0" : String(param)
}

/** The program as text: its inputs, its constants, one line for each equation, and its outputs. */
export const print = (program: Program): string => {
  const inlined = new Map<number, string>()
  program.constants.forEach((constant, i) => {
    if (constant.shape.length === 0) inlined.set(program.inputs.length + i, printParam(constant.data[0]))
  })
  const named = new Map<number, string>()
  const total = program.inputs.length + program.constants.length + program.equations.length
  for (let value = 0; value < total; value++) if (!inlined.has(value)) named.set(value, letters(named.size))
  const name = (value: number): string => named.get(value) ?? inlined.get(value) ?? "?"
  const typed = (value: number): string => `${name(value)}: ${printSpec(specOf(program, value))}`
  const inputs = program.inputs.map((_, i) => typed(i)).join(", ")
  const constants = program.constants.flatMap((_, i) =>
    inlined.has(program.inputs.length + i) ? [] : [typed(program.inputs.length + i)],
  )
  const equations = program.equations.map(({ inputs: from, params, primitive }, i) => {
    const given = Object.entries(params).map(([key, param]) => `${key}: ${printParam(param)}`)
    const words = [primitive, ...(given.length > 0 ? [`{ ${given.join(", ")} }`] : []), ...from.map(name)]
    return `  ${typed(program.inputs.length + program.constants.length + i)} = ${words.join(" ")}`
  })
  return [
    `program (${inputs}) {`,
    ...(constants.length > 0 ? [`  with ${constants.join(", ")}`] : []),
    ...equations,
    `  ${["return", program.outputs.map(name).join(", ")].join(" ").trimEnd()}`,
    "}",
  ].join("\n")
}
