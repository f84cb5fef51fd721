/** Walking a recipe backwards: from the cotangents of some results to those of the variables they were made of. */
import { type Expr, type Extent, marker, openExtent, recipeOf, type Tensor } from "../language/Expr.ts"
import type { Primitive } from "../language/Primitive.ts"
import { order } from "../language/Walk.ts"
import { add } from "../tensor/elementwise.ts"
import { type Derivative, type Derivatives, derivatives } from "./Derivative.ts"
import { scanDerivative } from "./scanDerivative.ts"

/** Each input under a new identity, so that what is made of it can be told from what merely uses it. */
export const variables = (inputs: ReadonlyArray<Tensor>, extent: Extent): ReadonlyArray<Expr> =>
  inputs.map((x) => marker(x, extent))

/** The expressions on the way from the variables to the outputs, inputs first. */
const between = (from: ReadonlyArray<Expr>, outputs: ReadonlyArray<Tensor>): ReadonlyArray<Expr> => {
  const depends = new Set<Tensor>(from)
  const steps = order(outputs, (x) => depends.has(x))
  return steps.filter((step) => {
    if (step.recipe?.inputs.some((input) => depends.has(input)) !== true) return false
    depends.add(step)
    return true
  })
}

/** The cotangent of each variable, `undefined` where nothing flows back to it, from one for each output. */
export const pullBack = (
  from: ReadonlyArray<Expr>,
  outputs: ReadonlyArray<Tensor>,
  cotangents: ReadonlyArray<Tensor>,
): ReadonlyArray<Tensor | undefined> => {
  const found = new Map<Tensor, Tensor>()
  const flow = (to: Tensor, cotangent: Tensor | undefined): void => {
    if (cotangent === undefined || to.dtype !== "f32") return
    const accumulated = found.get(to)
    found.set(to, accumulated === undefined ? cotangent : add(accumulated, cotangent))
  }
  const steps = between(from, outputs)
  const reached = new Set<Tensor>([...from, ...steps])
  outputs.forEach((output, i) => {
    if (reached.has(output)) flow(output, cotangents[i])
  })
  for (const step of [...steps].reverse()) {
    const cotangent = found.get(step)
    if (cotangent === undefined) continue
    found.delete(step)
    const { inputs, params, primitive } = recipeOf(step)
    const derivative = all[primitive] as Derivative<Primitive>
    derivative(cotangent, { params, inputs, output: step }).forEach((back, i) => {
      const input = inputs[i]
      if (input !== undefined && reached.has(input)) flow(input, back)
    })
  }
  return from.map((variable) => found.get(variable))
}

const all: Derivatives<Primitive> = {
  ...derivatives,
  scan: scanDerivative((f, inputs, cotangents) => {
    const extent = openExtent()
    const from = variables(inputs, extent)
    const back = pullBack(from, f(...from), cotangents)
    extent.open = false
    return back
  }),
}
