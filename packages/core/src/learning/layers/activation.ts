/** Activations as layers, and as part of a layer with weights. */
import * as Activation from "../Activation.ts"
import { linearGain } from "../activation/Activation.ts"
import { make } from "../Entry.ts"
import { type Net, pure } from "../Net.ts"

/** An activation: any function of a tensor, with or without facts, or the name of one with its default options. */
export type ActivationLike = Activation.ActivationFunction | Activation.Activation | Activation.Name

const hasFacts = (like: Activation.ActivationFunction | Activation.Activation): like is Activation.Activation => "gain" in like

/** The activation itself. A plain function gets the gain of a linear unit. */
export const activationOf = (like: ActivationLike): Activation.Activation => {
  if (typeof like === "string") return make(Activation.makers, { name: like, options: {} })
  return hasFacts(like) ? like : Activation.make(like, { gain: linearGain, suits: "xavier" })
}

/** An activation as a layer. `kind` is used in names and descriptions. */
export const activation = (like: ActivationLike, kind = typeof like === "string" ? like : "activation"): Net => {
  const follows = activationOf(like)
  return follows.net ?? pure(kind, follows)
}
