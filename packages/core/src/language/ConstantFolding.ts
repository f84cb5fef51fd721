/**
 * Constant folding: finds the expressions of a traced function that do not depend on its arguments and are worth computing
 * once, before the first call.
 */
import { NDArray } from "../types/NDArray.ts"
import { bytesOf } from "../types/ShapeError.ts"
import type { Expr, Tensor } from "./Expr.ts"
import type { Primitive } from "./Primitive.ts"
import { factsOf } from "./primitiveFacts.ts"
import { order } from "./Walk.ts"

/** Whether a primitive takes more than one instruction for each element, or its own pass over memory. Others cost almost nothing in the loop that uses them. */
const isExpensive = (primitive: Primitive): boolean => {
  const { cost } = factsOf(primitive)
  return cost === "function" || cost === "pass"
}

/** The maximum bytes of all folded constants together, and of each result in their subgraphs: 256 MiB. A program may never materialize larger results. */
const maxBytes = 2 ** 28

/** The sizes of a subgraph that depends on no argument. */
interface Subgraph {
  /** Bytes of its largest expensive result; 0 if nothing in it is expensive. */
  readonly expensive: number
  /** Bytes of its largest result. */
  readonly largest: number
}

const isKnown = (x: Tensor): x is NDArray => x instanceof NDArray || x.value !== undefined

/** The subgraphs among these expressions, which are listed inputs first. */
const subgraphsOf = (expressions: ReadonlyArray<Expr>): ReadonlyMap<Tensor, Subgraph> => {
  const subgraphs = new Map<Tensor, Subgraph>()
  for (const x of expressions) {
    const { recipe, variableOf } = x
    // The program refuses a variable of a running differentiation.
    if (recipe === undefined || (variableOf?.open === true && variableOf.running)) continue
    if (!recipe.inputs.every((input) => isKnown(input) || subgraphs.has(input))) continue
    const inner = recipe.inputs.flatMap((input) => subgraphs.get(input) ?? [])
    const own = bytesOf(x)
    subgraphs.set(x, {
      expensive: Math.max(isExpensive(recipe.primitive) ? own : 0, ...inner.map((subgraph) => subgraph.expensive)),
      largest: Math.max(own, ...inner.map((subgraph) => subgraph.largest)),
    })
  }
  return subgraphs
}

/**
 * The largest subgraphs of these outputs that depend on no argument and are worth computing once. Something in them is
 * expensive (random bits, a sort, a product, a reduction, a function such as exp …). The result is not larger than its largest
 * expensive part, so that no array is stored only because it was broadcast. All together take at most 256 MiB. Subgraphs that
 * only move, add or multiply elements stay in the program.
 */
export const foldable = (outputs: ReadonlyArray<Tensor>): ReadonlyArray<Expr> => {
  const expressions = order(outputs, isKnown)
  const subgraphs = subgraphsOf(expressions)
  const found = new Set<Expr>()
  const seen = new Set<Tensor>()
  const left: Array<Tensor> = [...outputs, ...expressions.flatMap((x) => (subgraphs.has(x) ? [] : (x.recipe?.inputs ?? [])))]
  for (let x = left.pop(); x !== undefined; x = left.pop()) {
    const subgraph = subgraphs.get(x)
    if (x instanceof NDArray || subgraph === undefined || seen.has(x)) continue
    seen.add(x)
    if (subgraph.expensive >= Math.max(bytesOf(x), 1) && subgraph.largest <= maxBytes) found.add(x)
    else left.push(...(x.recipe?.inputs ?? []))
  }
  let total = 0
  return expressions.filter((x) => {
    if (!found.has(x) || total + bytesOf(x) > maxBytes) return false
    total += bytesOf(x)
    return true
  })
}
