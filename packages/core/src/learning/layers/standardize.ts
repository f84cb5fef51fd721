/** What normalizations share: numbers brought to mean 0 and variance 1, then to a mean and a scale that are learned. */
import type { Tensor } from "../../language/Expr.ts"
import * as T from "../../tensor/Tensor.ts"
import type * as Shape from "../../types/Shape.ts"
import { refuse } from "../../types/ShapeError.ts"

/** The learned scale γ and shift β. Neither is a weight: decay leaves them alone. */
export type Learned = { readonly gamma: Tensor; readonly beta: Tensor }

/** γ = 1 and β = 0: nothing is learned yet. */
export const learned = (shape: Shape.Shape): Learned => ({ gamma: T.ones(shape), beta: T.zeros(shape) })

/** γ · centred / √(variance + ε) + β, each stretched to x. */
export const scaled = (centred: Tensor, variance: Tensor, eps: number, { beta, gamma }: Learned): Tensor =>
  T.add(T.mul(centred, T.div(gamma, T.sqrt(T.add(variance, eps)))), beta)

/** The size of the last axis. Throws `ShapeError` for samples without axes. */
export const channelsOf = (kind: string, input: Shape.Shape): number =>
  input.at(-1) ?? refuse(kind, [{ dtype: "f32", shape: input }], "at least one axis of features", "a reshape to [1] before it")
