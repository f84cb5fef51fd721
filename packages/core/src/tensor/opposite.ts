/** A map that reverses the order of elements: the largest becomes the smallest. */
import type { Tensor } from "../language/Expr.ts"
import { cast, neg, xor } from "./elementwise.ts"

/** Floats are negated; integers have their bits inverted, since the smallest integer has no negative. */
export const opposite = (x: Tensor): Tensor => (x.dtype === "f32" ? neg(x) : xor(cast(x, "i32"), -1))
