/**
 * How the engine rounds sums of products: `portable` rounds each product and each sum, which every host does
 * equally; `fast` rounds a product and its sum once, with relaxed SIMD's multiply-add. A module uses one of the two
 * throughout. Only sums of products within one primitive depend on it, so that under either a primitive has the same bits fused
 * with others and alone.
 */
import { f32x4, type V128 } from "./Value.ts"

export type Numerics = "portable" | "fast"

/** Four floats, or the same one four times. */
type Floats = V128 | number

type MultiplyAdd = (a: Floats, b: Floats, c: Floats) => V128

const multiplyAdds: { readonly [N in Numerics]: MultiplyAdd } = {
  portable: (a, b, c) => f32x4.add(c, f32x4.mul(a, b)),
  fast: f32x4.relaxed_madd,
}

/** a × b + c, as the module that is being written rounds it. */
export const multiplyAdd = ({ numerics }: { readonly numerics: Numerics }, a: Floats, b: Floats, c: Floats): V128 =>
  multiplyAdds[numerics](a, b, c)
