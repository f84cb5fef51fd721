/**
 * Activations: the functions between a net's affine maps, elementwise or (softmax and the gated ones) along an axis. An entry
 * of the table also has what an initializer needs: its gain, and the family of initializers that suits it.
 */
import type { Activation, FactsOf } from "./activation/Activation.ts"
import * as gates from "./activation/gates.ts"
import * as plain from "./activation/plain.ts"
import * as probabilities from "./activation/probabilities.ts"
import * as rectifiers from "./activation/rectifiers.ts"
import * as sigmoids from "./activation/sigmoids.ts"
import { documented, type Makers } from "./Entry.ts"

export {
  type Activation,
  type ActivationFacts,
  type ActivationFunction,
  type ActivationTraits,
  type Family,
  make,
  type Section,
} from "./activation/Activation.ts"
export { type Approximate, gelu, glu, hardSwish, mish, swiglu, swish } from "./activation/gates.ts"
export { identity, step } from "./activation/plain.ts"
export { logSoftmax, softmax } from "./activation/probabilities.ts"
export {
  elu,
  leakyRelu,
  prelu,
  relu,
  relu6,
  rrelu,
  type Share,
  type Slopes,
  selu,
  seluAlpha,
  seluScale,
  softplus,
} from "./activation/rectifiers.ts"
export { hardSigmoid, hardTanh, logSigmoid, sigmoid, softsign, tanh } from "./activation/sigmoids.ts"

/** The options and the constructor of every activation, by its name. */
export const makers = {
  ...plain.makers,
  ...sigmoids.makers,
  ...rectifiers.makers,
  ...gates.makers,
  ...probabilities.makers,
} satisfies Makers<Activation>

// A call, since a bundler keeps an object that spreads others.
/* @__NO_SIDE_EFFECTS__ */ const facts = (): FactsOf<typeof makers> => ({
  ...plain.facts,
  ...sigmoids.facts,
  ...rectifiers.facts,
  ...gates.facts,
  ...probabilities.facts,
})

/** Every activation, by its name in a model file. */
export const table = documented(makers, facts())

/** The name of an activation. */
export type Name = keyof typeof makers
