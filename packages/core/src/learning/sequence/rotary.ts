/** Rotary positions: pairs of features are turned by an angle that grows with the position. */
import type { Tensor } from "../../language/Expr.ts"
import * as T from "../../tensor/Tensor.ts"

/** The angles of positions f32[time] for vectors of a width: t / 10000^(2i / width), [time, width / 2]. */
export const angles = (positions: Tensor, width: number): Tensor => {
  const half = width / 2
  const powers = T.pow(1e4, T.mul(T.cast(T.range(half), "f32"), 2 / width))
  return T.div(T.expandAxis(positions, -1), powers)
}

/**
 * Vectors x [..., time, width] whose pairs of neighbours (2i, 2i + 1) are turned by angles [time, width / 2]. The product of two
 * vectors then depends on the distance of their positions (Su et al., RoFormer, 2021).
 */
export const rotate = (x: Tensor, by: Tensor): Tensor => {
  const width = x.shape.at(-1) ?? 0
  const [a, b] = T.split(T.reshape(x, [...x.shape.slice(0, -1), width / 2, 2]), [1, 1], -1) as readonly [Tensor, Tensor]
  const [cos, sin] = [T.expandAxis(T.cos(by), -1), T.expandAxis(T.sin(by), -1)]
  const turned = T.concat([T.sub(T.mul(a, cos), T.mul(b, sin)), T.add(T.mul(a, sin), T.mul(b, cos))], -1)
  return T.reshape(turned, x.shape)
}
