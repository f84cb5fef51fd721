/**
 * Text that says what a program is: two programs have it in common exactly when the same code computes both. Arrays that a
 * program closes over are data of that code like its inputs, so they are told by kind and shape; single numbers, and what
 * stands in the bodies of loops, become part of the code, and are told by value.
 */
import type { Equation, Program } from "../language/Primitive.ts"
import type { NDArray } from "../words/NDArray.ts"
import { printSpec } from "../words/ShapeError.ts"

/** Longer arrays in the bodies of loops are told by who they are, which costs less than reading them. */
const longest = 1024

const numbers = new WeakMap<NDArray, number>()
let numbered = 0

const identity = (array: NDArray): number => {
  const known = numbers.get(array)
  if (known !== undefined) return known
  numbers.set(array, numbered)
  return numbered++
}

const number = (x: number): string => (Object.is(x, -0) ? "-0" : String(x))

const constant = (array: NDArray, isInner: boolean): string => {
  const { data, shape } = array
  if (shape.length > 0 && !isInner) return printSpec(array)
  const numbers = data.length > longest ? `#${identity(array)}` : Array.from(data, number).join(" ")
  return `${printSpec(array)} ${numbers}`
}

const param = (value: unknown): string => {
  if (typeof value === "number") return number(value)
  if (Array.isArray(value)) return `[${value.map(param).join(" ")}]`
  if (typeof value === "object" && value !== null && "equations" in value) return `(${text(value as Program, true)})`
  return String(value)
}

/** The parameters of a step as text: the same for equal ones, and for no others. */
export const ofParams = (params: Equation["params"]): string =>
  Object.entries(params)
    .map(([name, value]) => `${name} ${param(value)}`)
    .join(" ")

const text = ({ constants, equations, inputs, outputs }: Program, isInner: boolean): string =>
  [
    inputs.map(printSpec).join(" "),
    constants.map((array) => constant(array, isInner)).join("\n"),
    ...equations.map(({ inputs, params, primitive }) => `${primitive} ${ofParams(params)} ${inputs.join(" ")}`),
    outputs.join(" "),
  ].join("\n")

/** A program as text. What each step gives is left out, since it follows from the rest. */
export const ofProgram = (program: Program): string => text(program, false)
