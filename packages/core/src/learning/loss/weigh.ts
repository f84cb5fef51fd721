/** Products of a probability and a logarithm, where a probability of 0 gives 0. */
import type { Tensor } from "../../language/Expr.ts"
import * as T from "../../tensor/Tensor.ts"

/** Whether x is one of the two infinities. */
export const isInfinite = (x: Tensor): Tensor => T.equal(T.abs(x), Number.POSITIVE_INFINITY)

/**
 * p · x, and 0 where p is 0 and x infinite: the limit of p log p. A class with a logit of -Infinity has probability 0. It adds
 * nothing to the loss unless it is the true class, and its gradient is 0 as well.
 *
 * `Tensor.toArray(weigh(Tensor.make([0, 0.5]), Tensor.make([-Infinity, 2]))) // => [0, 1]`
 */
export const weigh = (p: Tensor, x: Tensor): Tensor => T.mul(p, T.where(T.and(T.equal(p, 0), isInfinite(x)), 0, x))
