/** Activations as layers, and as part of a layer with weights. */
import * as Activation from "../Activation.ts"
import { make } from "../Entry.ts"
import { type Net, pure } from "../Net.ts"

/** An activation, or the name of one with its default options. */
export type ActivationLike = Activation.Activation | Activation.Name

/** The activation itself. */
export const activationOf = (like: ActivationLike): Activation.Activation =>
  typeof like === "string" ? make(Activation.table, { name: like, options: {} }) : like

/** An activation as a layer. `kind` is used in names and descriptions. */
export const activation = (like: ActivationLike, kind = typeof like === "string" ? like : "activation"): Net => {
  const { apply, net } = activationOf(like)
  return net ?? pure(kind, apply)
}
