/** Shared by normalizations: scaling to variance 1, and a learned scale and shift. */
import type { Tensor } from "../../language/Expr.ts"
import * as T from "../../tensor/Tensor.ts"
import type * as Shape from "../../types/Shape.ts"
import { refuse } from "../../types/ShapeError.ts"

/** The learned scale γ and shift β. They are not weights, so weight decay does not apply to them. */
export type Learned = { readonly gamma: Tensor; readonly beta: Tensor }

/** The initial γ = 1 and β = 0. */
export const learned = (shape: Shape.Shape): Learned => ({ gamma: T.ones(shape), beta: T.zeros(shape) })

/** γ · centred / √(variance + ε) + β, all broadcast to x. */
export const scaled = (centred: Tensor, variance: Tensor, eps: number, { beta, gamma }: Learned): Tensor =>
  T.add(T.mul(centred, T.div(gamma, T.sqrt(T.add(variance, eps)))), beta)

/** The size of the last axis. Throws `ShapeError` for samples without axes. */
export const channelsOf = (kind: string, input: Shape.Shape): number =>
  input.at(-1) ?? refuse(kind, [{ dtype: "f32", shape: input }], "at least one axis of features", "a reshape to [1] before it")
