/**
 * Which layers have units of their own. A layer that only passes numbers on has none: raw inputs are no units, whatever joins,
 * scales or flattens them, and units that a layer joins or flattens are those of the layers before it.
 */
import { recipeIfAny, type Tensor } from "../language/Expr.ts"
import type { Primitive } from "../language/Primitive.ts"
import { factsOf } from "../language/primitiveFacts.ts"
import { order } from "../language/Walk.ts"

/** Whether a primitive copies elements of its inputs, in whatever order. */
const isCopy = (primitive: Primitive): boolean => ["copy", "identity", "rearrangement"].includes(factsOf(primitive).kind)

/** The tensors that depend on parameters, among those that outputs are computed from; the parameters too. */
const learnedOf = (outputs: ReadonlyArray<Tensor>, parameters: ReadonlyArray<Tensor>): ReadonlySet<Tensor> => {
  const learned = new Set(parameters)
  for (const x of order(outputs, (x) => learned.has(x)))
    if (recipeIfAny(x)?.inputs.some((input) => learned.has(input)) === true) learned.add(x)
  return learned
}

/**
 * For each output whether its layer computes units from parameters: from its own, or from the outputs of a layer with some.
 * `outputs` are those of the layers that have no others inside, in the order in which they are computed.
 */
export const ownUnits = (outputs: ReadonlyArray<Tensor>, parameters: ReadonlyArray<Tensor>): ReadonlyArray<boolean> => {
  const learned = learnedOf(outputs, parameters)
  const isParameter = new Set(parameters)
  const earlier = new Set<Tensor>()
  return outputs.map((output) => {
    const sources = [output].filter((x) => !earlier.has(x))
    earlier.add(output)
    // Back through joins and reshapes: to something that the layer computes, or to the layers before it.
    for (const x of sources) {
      const recipe = recipeIfAny(x)
      if (!learned.has(x)) continue
      if (isParameter.has(x) || recipe === undefined || !isCopy(recipe.primitive)) return true
      sources.push(...recipe.inputs.filter((input) => !earlier.has(input)))
    }
    return false
  })
}
