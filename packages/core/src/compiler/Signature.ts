/**
 * The signature of a program: a text that two programs share exactly when the same code computes both. Arrays that a program
 * closes over are data of that code, like its inputs, so only their dtype and shape count. Scalars, and arrays in the bodies of
 * loops, become part of the code, so their values count.
 */
import type { Equation, Program } from "../language/Primitive.ts"
import type { NDArray } from "../types/NDArray.ts"
import { printSpec } from "../types/ShapeError.ts"

/** Longer arrays in the bodies of loops are compared by reference, which costs less than reading them. */
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

/** The parameters of an equation as text: the same text for equal parameters, and for no others. */
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

/** The signature of a program. The results of equations are left out, since they follow from the rest. */
export const ofProgram = (program: Program): string => text(program, false)
