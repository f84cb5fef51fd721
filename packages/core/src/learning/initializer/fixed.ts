/** Initializers without randomness: the same weights for every key. */
import type { Tensor } from "../../language/Expr.ts"
import * as T from "../../tensor/Tensor.ts"
import { refuse } from "../../types/ShapeError.ts"
import { checkOptions } from "../OptionError.ts"
import type { Initializer } from "./Initializer.ts"
import { constantOptions, gainOption } from "./options.ts"

/** One number everywhere. */
export const constant = (value: number): Initializer => {
  checkOptions("constant", constantOptions, { value })
  return (_, shape) => T.full(shape, value)
}

/** 0 everywhere. */
export const zeros: Initializer = constant(0)

/** 1 everywhere. */
export const ones: Initializer = constant(1)

/**
 * `gain` where input and output have the same index, 0 elsewhere; for a kernel, in the middle of the window, so that a
 * convolution with `same` padding is the identity. Throws `ShapeError` for fewer than two axes.
 *
 * `Tensor.print(Initializer.identity()(Key.make(0), [2, 3], { fanIn: 2, fanOut: 3 })) // => "[[1, 0, 0],\n [0, 1, 0]]"`
 */
export const identity = (gain = 1): Initializer => {
  checkOptions("identity", { gain: gainOption }, { gain })
  return (_, shape) => {
    if (shape.length < 2) refuse("identity", [{ dtype: "f32", shape }], "a matrix or a kernel", "zeros for a bias")
    const window = shape.slice(0, -2)
    const isMiddle = window.map((size, axis) => T.equal(T.iota(shape, axis), Math.floor((size - 1) / 2)))
    const isSame = T.equal(T.iota(shape, -2), T.iota(shape, -1))
    const where = isMiddle.reduce<Tensor>((all, here) => T.and(all, here), isSame)
    return T.mul(T.cast(where, "f32"), gain)
  }
}
