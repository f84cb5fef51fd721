/**
 * Activations: the functions between a net's affine maps, elementwise or (softmax and the gated ones) along an axis. An entry
 * of the table also has what an initializer needs: its gain, and the family of initializers that suits it.
 */
import type { Activation, ActivationTraits } from "./activation/Activation.ts"
import { rows as gates } from "./activation/gates.ts"
import { rows as plain } from "./activation/plain.ts"
import { rows as probabilities } from "./activation/probabilities.ts"
import { rows as rectifiers } from "./activation/rectifiers.ts"
import { rows as sigmoids } from "./activation/sigmoids.ts"
import type { Table, Traits } from "./Entry.ts"

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

/** Every activation, by its name in a model file. */
export const table = { ...plain, ...sigmoids, ...rectifiers, ...gates, ...probabilities } satisfies Table<
  Activation,
  Traits<ActivationTraits>
>

/** The name of an activation. */
export type Name = keyof typeof table
