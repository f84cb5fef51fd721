/** The entries that advice and help texts propose, found by their traits. */
import * as Entry from "@adjoint/core/learning/Entry"
import * as Shape from "@adjoint/core/types/Shape"
import { ShapeError } from "@adjoint/core/types/ShapeError"
import { withDefaults } from "../net/Uses.ts"
import { type Catalogue, named } from "../schema/Catalogue.ts"

/** The usual activation of hidden layers, which does not saturate: relu. */
export const rectifier = ({ activation }: Catalogue): string | undefined =>
  Object.entries(activation).find(
    ([name, { alias, traits }]) =>
      alias === undefined && traits.role === "hidden" && withDefaults(activation, name)?.suits === "he",
  )?.[0]

/** The usual saturating activation of hidden layers, which is centred at 0: tanh. */
export const centred = ({ activation }: Catalogue): string | undefined =>
  Object.entries(activation).find(
    ([name, { alias, traits }]) =>
      alias === undefined && traits.role === "hidden" && traits.slope > 0 && withDefaults(activation, name)?.saturates === true,
  )?.[0]

/** The activation for a probability: sigmoid. */
export const probability = ({ activation }: Catalogue): string | undefined =>
  named(activation, ({ role }) => role === "probability")

/** The self-normalizing activation: selu. */
export const selfNormalizing = ({ activation }: Catalogue): string | undefined =>
  named(activation, ({ role }) => role === "self-normalizing")

/** The layer that makes a vector of any shape: flatten. */
export const flattening = ({ layer }: Catalogue): string | undefined =>
  Object.entries(layer).find(([, { options, traits }]) => traits.role === "shape" && Object.keys(options).length === 0)?.[0]

/** Names in a help text. `either(["relu", undefined, "tanh"]) // => "`relu` or `tanh`"` */
export const either = (names: ReadonlyArray<string | undefined>): string =>
  names.flatMap((name) => (name === undefined ? [] : [`\`${name}\``])).join(" or ")

/** The layer that changes the size of the last axis of a shape and nothing else, as a model file spells it. */
export const widening = ({ layer }: Catalogue, shape: Shape.Shape): string | undefined => {
  const units = shape.at(-1) ?? 1
  for (const [name, { alias, main, traits }] of Object.entries(layer)) {
    if (alias !== undefined || traits.role !== "weights" || traits.width === undefined) continue
    if (traits.over !== (shape.length > 1 ? "space" : "features")) continue
    const options = { [traits.width]: units, ...(traits.window === undefined ? {} : { [traits.window]: 1 }) }
    const made = outputOf(layer, name, options, shape)
    if (made === undefined || !Shape.equals(made, shape)) continue
    const [only, ...others] = Object.entries(options).map(([option, value]) => `${option}: ${value}`)
    return others.length === 0 && traits.width === main ? `${name}: ${units}` : `${name}: { ${[only, ...others].join(", ")} }`
  }
  return undefined
}

/** The output shape of a layer with these options; `undefined` if it does not accept the input. */
const outputOf = (
  table: Catalogue["layer"],
  name: string,
  options: { readonly [option: string]: unknown },
  input: Shape.Shape,
): Shape.Shape | undefined => {
  try {
    return Entry.make(table, { name, options }).shape(input)
  } catch (error) {
    if (error instanceof ShapeError) return undefined
    throw error
  }
}
