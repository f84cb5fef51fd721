/**
 * Constant folding: which parts of a traced function are numbers already, because they depend on none of its arguments,
 * and are worth computing once beforehand instead of at every call.
 */
import { NDArray } from "../words/NDArray.ts"
import { bytesOf } from "../words/ShapeError.ts"
import type { Expr, Tensor } from "./Expr.ts"
import type { Primitive } from "./Primitive.ts"
import { factsOf } from "./primitiveFacts.ts"
import { order } from "./Walk.ts"

/** Whether a primitive takes more than one instruction an element, or a pass over memory of its own. All others cost next to nothing in the loop that uses them. */
const isDear = (primitive: Primitive): boolean => {
  const { cost } = factsOf(primitive)
  return cost === "function" || cost === "pass"
}

/** All parts together, and each of their steps, take no more bytes: 256 MiB. A program may never hold as a whole what is larger. */
const most = 2 ** 28

/** What is known of a part that depends on no argument. */
interface Part {
  /** Bytes of its largest dear result; 0 where nothing in it is dear. */
  readonly dear: number
  /** Bytes of its largest result. */
  readonly largest: number
}

const isKnown = (x: Tensor): x is NDArray => x instanceof NDArray || x.value !== undefined

/** The parts among these expressions, which come inputs first. */
const partsOf = (expressions: ReadonlyArray<Expr>): ReadonlyMap<Tensor, Part> => {
  const parts = new Map<Tensor, Part>()
  for (const x of expressions) {
    const { recipe, variableOf } = x
    // A variable of a differentiation that is under way is for the program to refuse.
    if (recipe === undefined || (variableOf?.open === true && variableOf.running)) continue
    if (!recipe.inputs.every((input) => isKnown(input) || parts.has(input))) continue
    const inner = recipe.inputs.flatMap((input) => parts.get(input) ?? [])
    const own = bytesOf(x)
    parts.set(x, {
      dear: Math.max(isDear(recipe.primitive) ? own : 0, ...inner.map((part) => part.dear)),
      largest: Math.max(own, ...inner.map((part) => part.largest)),
    })
  }
  return parts
}

/**
 * The largest parts of these outputs that depend on no argument and are worth computing once: something in them is dear
 * (random bits, a sort, a product, a reduction, a function such as exp …), the result is no larger than the largest of
 * what is dear in it, so that nothing is held only because it was repeated, and all together take at most 256 MiB. What only
 * moves numbers, or adds and multiplies them, stays in the program.
 */
export const foldable = (outputs: ReadonlyArray<Tensor>): ReadonlyArray<Expr> => {
  const expressions = order(outputs, isKnown)
  const parts = partsOf(expressions)
  const found = new Set<Expr>()
  const seen = new Set<Tensor>()
  const left: Array<Tensor> = [...outputs, ...expressions.flatMap((x) => (parts.has(x) ? [] : (x.recipe?.inputs ?? [])))]
  for (let x = left.pop(); x !== undefined; x = left.pop()) {
    const part = parts.get(x)
    if (x instanceof NDArray || part === undefined || seen.has(x)) continue
    seen.add(x)
    if (part.dear >= Math.max(bytesOf(x), 1) && part.largest <= most) found.add(x)
    else left.push(...(x.recipe?.inputs ?? []))
  }
  let held = 0
  return expressions.filter((x) => {
    if (!found.has(x) || held + bytesOf(x) > most) return false
    held += bytesOf(x)
    return true
  })
}
