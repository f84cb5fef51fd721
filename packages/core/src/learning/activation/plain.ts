/** The two simplest activations: the identity and the step function. */
import type { Tensor } from "../../language/Expr.ts"
import * as T from "../../tensor/Tensor.ts"
import { alias } from "../Entry.ts"
import { type Activation, type FactsOf, linearGain, make, maker } from "./Activation.ts"

/** x. */
export const identity = (x: Tensor): Tensor => x

/** 1 where x > 0, 0 elsewhere. `Tensor.print(Activation.step(Tensor.make([-1, 0, 2]))) // => "[0, 0, 1]"` */
export const step = (x: Tensor): Tensor => T.cast(T.greater(x, 0), "f32")

const identityMaker = maker({
  options: {},
  make: (): Activation => make(identity, { gain: linearGain, suits: "xavier" }),
})

const identityFacts = {
  doc: "The input, unchanged.",
  formula: "f(z) = z",
  derivative: "f′(z) = 1",
  source: "Linear regression: Legendre, Nouvelles méthodes pour la détermination des orbites des comètes, 1805",
  advice:
    "For the output of a regression, and of any net whose loss takes logits. Two layers with only the identity between them are equivalent to one.",
  synonyms: ["none", "no_activation"],
  traits: { slope: 1, role: "identity" },
} as const

/** Activations by name. */
export const makers = {
  identity: identityMaker,
  linear: identityMaker,
  step: maker({
    options: {},
    make: (): Activation => make(step, { gain: linearGain, suits: "xavier" }),
  }),
}

/** What is documented of each. */
export const facts = {
  identity: identityFacts,
  linear: alias("identity", identityFacts),
  step: {
    doc: "1 above zero and 0 elsewhere: the step function of the perceptron.",
    formula: "f(z) = 1 if z > 0 else 0",
    derivative: "f′(z) = 0 (there is none at 0; 0 is taken)",
    source:
      "McCulloch and Pitts, A logical calculus of the ideas immanent in nervous activity, 1943; Rosenblatt, The perceptron, 1958",
    advice:
      "For nets with fixed weights. Its derivative is 0 everywhere, so layers before it cannot learn by gradients: use sigmoid or relu to train.",
    synonyms: ["heaviside", "binary_step"],
    traits: { slope: 0, role: "hidden" },
  },
} satisfies FactsOf<typeof makers>
