/** Operations on the bits of whole numbers that are written in primitives. `and`, `or`, `xor` and `shiftRight` are primitives. */
import type { Tensor } from "../language/Expr.ts"
import { named, refuse } from "../types/ShapeError.ts"
import { make } from "./create.ts"
import { less, mul, not, shiftRight, where, xor } from "./elementwise.ts"
import { operands } from "./operands.ts"
import { take } from "./select.ts"
import type { Alike, Broadcast, Operand, Stretches } from "./Typed.ts"

/** All bits inverted; of a bool, the other one. `Tensor.print(Tensor.bitNot(Tensor.make([0, 5], "i32"))) // => "[-1, -6]"` */
export const bitNot = named(
  "bitNot",
  <X extends Tensor>(x: X): Alike<X> => (x.dtype === "bool" ? not(x) : xor(x, -1)) as Alike<X>,
)

/** 2⁰, 2¹ … 2³¹ as i32, the last one negative. */
const powers = /* @__PURE__ */ make(
  Array.from({ length: 32 }, (_, i) => (1 << i) | 0),
  "i32",
)

const integers = (operation: string, x: Operand, y: Operand): readonly [Tensor, Tensor] => {
  const both = operands(operation, x, y) as readonly [Tensor, Tensor]
  if (both.some(({ dtype }) => dtype !== "i32")) refuse(operation, both, "i32 elements", 'Tensor.cast(x, "i32")')
  return both
}

/** The bits of x shifted left by y; new bits are 0, and so is the result if y is not from 0 to 31. */
export const shiftLeft = named(
  "shiftLeft",
  <X extends Operand, Y extends Operand>(x: X, y: Y & Stretches<X, Y>): Tensor<Broadcast<X, Y>> => {
    const [a, b] = integers("shiftLeft", x, y)
    return mul(a, take(powers, b)) as Tensor<Broadcast<X, Y>>
  },
)

/** The bits of x shifted right by y, with the sign of x: x / 2ʸ rounded down, for y from 0 to 31. */
export const shiftRightSigned = named(
  "shiftRightSigned",
  <X extends Operand, Y extends Operand>(x: X, y: Y & Stretches<X, Y>): Tensor<Broadcast<X, Y>> => {
    const [a, b] = integers("shiftRightSigned", x, y)
    return where(less(a, 0), xor(shiftRight(xor(a, -1), b), -1), shiftRight(a, b)) as Tensor<Broadcast<X, Y>>
  },
)
