/** Threefry-2x32 in operations of tensors, for keys that differ from element to element; the primitive has one key for all. */
import type { Tensor } from "../language/Expr.ts"
import { parity, rotations } from "../reference/threefry.ts"
import { add, mul, or, shiftRight, xor } from "../tensor/elementwise.ts"
import { element } from "../tensor/part.ts"
import { stack } from "../tensor/structure.ts"

const sum = (x: Tensor, y: Tensor | number): Tensor => add(x, y as never)

/** The bits of x shifted left by `by`, with those that leave it on the right. */
const rotate = (x: Tensor, by: number): Tensor => or<Tensor, Tensor>(mul(x, (1 << by) | 0), shiftRight(x, 32 - by))

/**
 * The random words of keys i32[…, 2] and counters i32[…, 2] whose axes before the last broadcast, as the primitive `threefry`
 * (Salmon, Moraes, Dror and Shaw, 2011).
 */
export const threefryOf = (keys: Tensor, counters: Tensor): Tensor => {
  const words = (of: Tensor): readonly [Tensor, Tensor] => {
    const last = of.shape.length - 1
    return [element(of, last, 0), element(of, last, 1)]
  }
  const [k0, k1] = words(keys)
  const [c0, c1] = words(counters)
  const schedule = [k0, k1, xor(xor<Tensor, Tensor>(k0, k1), parity)] as const
  let x = sum(c0, k0)
  let y = sum(c1, k1)
  for (let round = 0; round < 5; round++) {
    for (const by of rotations[round % 2] ?? []) {
      x = sum(x, y)
      y = xor<Tensor, Tensor>(rotate(y, by), x)
    }
    x = sum(x, schedule[(round + 1) % 3] as Tensor)
    y = sum(sum(y, schedule[(round + 2) % 3] as Tensor), round + 1)
  }
  return stack([x, y], -1)
}
