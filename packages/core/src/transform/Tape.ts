/** The reverse pass: from the cotangents of results to the cotangents of the variables they depend on. */
import { type Expr, type Extent, marker, openExtent, recipeOf, type Tensor } from "../language/Expr.ts"
import type { Primitive } from "../language/Primitive.ts"
import { order } from "../language/Walk.ts"
import { loopDerivative, type PullThrough } from "../tensor/loopDerivative.ts"
import { type Derivative, type Derivatives, derivatives } from "./Derivative.ts"
import { sumOfCotangents } from "./sumOfCotangents.ts"

/** Each input under a new identity, which distinguishes this differentiation's variables from other uses of the inputs. */
export const variables = (inputs: ReadonlyArray<Tensor>, extent: Extent): ReadonlyArray<Expr> =>
  inputs.map((x) => marker(x, extent))

/** The marks, and the expressions between the variables or marks and the outputs, inputs first. */
const between = (from: ReadonlyArray<Expr>, marks: ReadonlySet<Tensor>, outputs: ReadonlyArray<Tensor>): ReadonlyArray<Expr> => {
  const depends = new Set<Tensor>(from)
  const expressions = order(outputs, (x) => depends.has(x))
  return expressions.filter((x) => {
    if (!marks.has(x) && x.recipe?.inputs.some((input) => depends.has(input)) !== true) return false
    depends.add(x)
    return true
  })
}

/**
 * The cotangent of each variable, from a cotangent for each output; `undefined` if no output depends on it. Marks are expressions
 * on the way, between which and the outputs the pass goes as well: `passed` gets their cotangents.
 */
export const pullBack = (
  from: ReadonlyArray<Expr>,
  outputs: ReadonlyArray<Tensor>,
  cotangents: ReadonlyArray<Tensor>,
  marks: ReadonlySet<Tensor> = new Set(),
  passed: (mark: Tensor, cotangent: Tensor) => void = () => undefined,
): ReadonlyArray<Tensor | undefined> => {
  const accumulated = new Map<Tensor, Array<Tensor>>()
  const accumulate = (to: Tensor, cotangent: Tensor | undefined): void => {
    if (cotangent === undefined || to.dtype !== "f32") return
    const earlier = accumulated.get(to)
    if (earlier === undefined) accumulated.set(to, [cotangent])
    else earlier.push(cotangent)
  }
  const total = (of: Tensor): Tensor | undefined => {
    const terms = accumulated.get(of)
    return terms && sumOfCotangents(terms)
  }
  const expressions = between(from, marks, outputs)
  const reached = new Set<Tensor>([...from, ...expressions])
  outputs.forEach((output, i) => {
    if (reached.has(output)) accumulate(output, cotangents[i])
  })
  for (const expression of [...expressions].reverse()) {
    const cotangent = total(expression)
    if (cotangent === undefined) continue
    if (marks.has(expression)) passed(expression, cotangent)
    accumulated.delete(expression)
    const { inputs, params, primitive } = recipeOf(expression)
    const derivative = all[primitive] as Derivative<Primitive>
    derivative(cotangent, { params, inputs, output: expression }).forEach((back, i) => {
      const input = inputs[i]
      if (input !== undefined && reached.has(input)) accumulate(input, back)
    })
  }
  return from.map(total)
}

/** The cotangents of inputs through the round of a loop. */
const pullThrough: PullThrough = (f, inputs, cotangents) => {
  const extent = openExtent()
  const from = variables(inputs, extent)
  const back = pullBack(from, f(...from), cotangents)
  extent.open = false
  return back
}

const all: Derivatives<Primitive> = {
  ...derivatives,
  scan: (cotangent, use) => loopDerivative.get()(pullThrough)(cotangent, use),
}
