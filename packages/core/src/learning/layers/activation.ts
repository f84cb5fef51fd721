/** Activations as layers: on their own, and as what follows the weights of a layer. */
import * as Activation from "../Activation.ts"
import { make } from "../Entry.ts"
import { type Net, pure } from "../Net.ts"

/** An activation, or the name of one with its usual options. */
export type ActivationLike = Activation.Activation | Activation.Name

/** The activation that is meant. */
export const activationOf = (like: ActivationLike): Activation.Activation =>
  typeof like === "string" ? make(Activation.table, { name: like, options: {} }) : like

/** An activation as a layer of its own; `kind` is what it is called in names and descriptions. */
export const activation = (like: ActivationLike, kind = typeof like === "string" ? like : "activation"): Net => {
  const { apply, net } = activationOf(like)
  return net ?? pure(kind, apply)
}
