/** Creation of tensors from numbers and shapes. */
import { type Tensor, write } from "../language/Expr.ts"
import { allocate, type DType, fits, range as wordsOf } from "../types/DType.ts"
import { NDArray } from "../types/NDArray.ts"
import * as Shape from "../types/Shape.ts"
import { named, refuse } from "../types/ShapeError.ts"
import { broadcastTo, cast, equal, scalar } from "./elementwise.ts"
import type { Alike, Plain } from "./Typed.ts"

/** Numbers (or bools) in nested lists, as deep as the array has axes. */
export type Nested = number | boolean | ReadonlyArray<Nested>

/** Whether it is a list: JSON of a request may be anything. */
const isList = (at: Nested | undefined): at is ReadonlyArray<Nested> => Array.isArray(at) || ArrayBuffer.isView(at)

const shapeOf = (nested: Nested): Array<number> => {
  const shape: Array<number> = []
  for (let at: Nested | undefined = nested; isList(at); at = at[0]) shape.push(at.length)
  return shape
}

const firstElement = (nested: Nested): number | boolean | undefined => {
  let at: Nested | undefined = nested
  while (isList(at)) at = at[0]
  return at
}

/**
 * An array from a number or nested lists of numbers: `f32`, or `bool` when the first element is a boolean, unless
 * `dtype` says otherwise. Throws `ShapeError` if lists at one depth have different lengths, a number does not fit `dtype`, or
 * an element is no number.
 *
 * `Tensor.make([[1, 2], [3, 4]]).shape // => [2, 2]`
 */
export const make = (nested: Nested, dtype: DType = typeof firstElement(nested) === "boolean" ? "bool" : "f32"): NDArray => {
  const shape = shapeOf(nested)
  const data = allocate(dtype, Shape.size(shape))
  let next = 0
  const fill = (at: Nested, axis: number): void => {
    const even = isList(at) ? at.length === shape[axis] : axis === shape.length
    if (!even) refuse("make", [{ dtype, shape }], "lists of one length at each depth", `look at the lists around element ${next}`)
    if (isList(at)) for (const inner of at) fill(inner, axis + 1)
    else {
      if (typeof at !== "number" && typeof at !== "boolean")
        refuse("make", [{ dtype, shape }], `numbers, not ${at === null ? "null" : typeof at}`, `look at element ${next}`)
      const x = Number(at)
      if (!fits(dtype, x))
        refuse("make", [{ dtype, shape }], `${wordsOf(dtype)}, not ${x}`, `Tensor.cast(Tensor.make(x), "${dtype}")`)
      data[next++] = x
    }
  }
  fill(nested, 0)
  return new NDArray(dtype, shape, data)
}

/** A shape filled with one number. Throws `ShapeError` for an invalid shape. */
export const full = named(
  "full",
  <const S extends Shape.Shape>(shape: S, value: number, dtype: DType = "f32"): Tensor<Plain<S>> => {
    if (!Shape.isValid(shape)) refuse("full", [{ dtype, shape }], Shape.wanted, "check the shape's numbers")
    return broadcastTo(scalar(value, dtype), shape) as Tensor<Plain<S>>
  },
)

/** A shape filled with 0. `Tensor.print(Tensor.zeros([2, 2])) // => "[[0, 0],\n [0, 0]]"` */
export const zeros = named(
  "zeros",
  <const S extends Shape.Shape>(shape: S, dtype: DType = "f32"): Tensor<Plain<S>> => full<S>(shape, 0, dtype),
)

/** A shape filled with 1. */
export const ones = named(
  "ones",
  <const S extends Shape.Shape>(shape: S, dtype: DType = "f32"): Tensor<Plain<S>> => full<S>(shape, 1, dtype),
)

/** Zeros of the shape and dtype of `x`. */
export const zerosLike = <X extends Tensor>(x: X): Alike<X> => full(x.shape, 0, x.dtype) as Alike<X>

/** Ones of the shape and dtype of `x`. */
export const onesLike = <X extends Tensor>(x: X): Alike<X> => full(x.shape, 1, x.dtype) as Alike<X>

/** 0, 1, 2 … along one axis of a shape. */
export const iota = <const S extends Shape.Shape>(shape: S, axis = 0, dtype: DType = "i32"): Tensor<Plain<S>> =>
  write("iota", { shape, axis: Shape.axis(axis, shape.length) ?? axis, dtype }, []) as Tensor<Plain<S>>

/** The whole numbers from 0 to n - 1. `Tensor.print(Tensor.range(3)) // => "[0, 1, 2]"` */
export const range = named(
  "range",
  <const N extends number>(n: N, dtype: DType = "i32"): Tensor<[N]> => iota([n], 0, dtype) as Tensor<[N]>,
)

/** The identity matrix of n rows. */
export const eye = named(
  "eye",
  <const N extends number>(n: N): Tensor<[N, N]> => cast(equal(iota([n, n], 0), iota([n, n], 1)), "f32") as Tensor<[N, N]>,
)
