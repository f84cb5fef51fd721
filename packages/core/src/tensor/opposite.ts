/** The same elements ordered the other way round, so that the largest of one are the smallest of the other. */
import type { Tensor } from "../language/Expr.ts"
import { cast, neg, xor } from "./elementwise.ts"

/** Floats are negated; whole numbers have their bits turned, since the least of them has no negative. */
export const opposite = (x: Tensor): Tensor => (x.dtype === "f32" ? neg(x) : xor(cast(x, "i32"), -1))
