/**
 * Shapes in types: for literal sizes the TypeScript compiler checks them and explains a mismatch. A size of type `number` is
 * checked at run time, when the operation is called.
 */
import type { Tensor } from "../language/Expr.ts"
import type { Shape } from "../types/Shape.ts"

/** An operand of an elementwise operation: a tensor, or a number that broadcasts to the other's shape. */
export type Operand = Tensor | number

/** The type of an argument that cannot be accepted; its only field says why. */
export interface Mismatch<out Message extends string> {
  readonly "shapes do not fit": Message
}

/** A shape of known rank without `readonly`, as it reads best in an editor. */
export type Plain<S extends Shape> = number extends S["length"] ? Shape : { -readonly [K in keyof S]: S[K] }

/** The shape of an operand; a number has none. */
export type ShapeOf<X> = X extends number ? [] : X extends { readonly shape: infer S extends Shape } ? S : Shape

type PrintSize<N extends number> = number extends N ? "number" : `${N}`

type Print<S extends Shape> = S extends readonly [infer N extends number, ...infer Rest extends Shape]
  ? Rest extends readonly []
    ? PrintSize<N>
    : `${PrintSize<N>}, ${Print<Rest>}`
  : ""

/** Whether two sizes can be equal; a size that is not one literal may be. */
type Same<M extends number, N extends number> = [M & N] extends [never] ? false : true

/** The size that two sizes broadcast to: never if they cannot, `number` if it is not known. */
type Join<M extends number, N extends number> = [M] extends [1]
  ? N
  : [N] extends [1]
    ? M
    : Same<M, N> extends true
      ? number extends M
        ? N
        : M
      : 1 extends M | N
        ? number
        : never

type Ranked<S extends Shape> = number extends S["length"] ? false : true

type Stretch<A extends Shape, B extends Shape, Tail extends ReadonlyArray<number> = []> = A extends readonly [
  ...infer RestA extends Shape,
  infer M extends number,
]
  ? B extends readonly [...infer RestB extends Shape, infer N extends number]
    ? [Join<M, N>] extends [never]
      ? never
      : Stretch<RestA, RestB, [Join<M, N>, ...Tail]>
    : [...A, ...Tail]
  : [...B, ...Tail]

type Stretched<A extends Shape, B extends Shape> = [Ranked<A>, Ranked<B>] extends [true, true] ? Stretch<A, B> : Shape

/** A tensor of the shape of another. */
export type Alike<X> = Tensor<ShapeOf<X>>

/** The shape of an elementwise operation on two operands. A number leaves the other's shape as it is. */
export type Broadcast<X, Y> = Y extends number
  ? ShapeOf<X>
  : X extends number
    ? ShapeOf<Y>
    : [Stretched<ShapeOf<X>, ShapeOf<Y>>] extends [never]
      ? Shape
      : Plain<Stretched<ShapeOf<X>, ShapeOf<Y>>>

/** `unknown` if two operands broadcast to one shape, or their shapes are not known; else the reason why they do not. */
export type Stretches<X, Y> = Y extends number
  ? unknown
  : X extends number
    ? unknown
    : [Stretched<ShapeOf<X>, ShapeOf<Y>>] extends [never]
      ? Mismatch<`[${Print<ShapeOf<X>>}] and [${Print<ShapeOf<Y>>}] do not stretch to one shape`>
      : unknown

/** The shape that `reshape` returns: -1 is a size that it computes. */
export type Reshaped<S extends Shape> = number extends S["length"]
  ? Shape
  : { -readonly [K in keyof S]: S[K] extends -1 ? number : S[K] }

/** The shape of a product of two matrices. */
export type Product<A extends Shape, B extends Shape> = A extends readonly [infer M extends number, number]
  ? B extends readonly [number, infer N extends number]
    ? [M, N]
    : Shape
  : Shape

/** `unknown` if the inner sizes of two matrices agree; else the reason why they do not. */
export type Multiplies<A extends Shape, B extends Shape> = A extends readonly [number, infer K extends number]
  ? B extends readonly [infer L extends number, number]
    ? Same<K, L> extends true
      ? unknown
      : Mismatch<`[${Print<A>}] has ${K} columns, but [${Print<B>}] has ${L} rows`>
    : unknown
  : unknown

/** The shape of a transposed matrix. */
export type Transposed<S extends Shape> = S extends readonly [infer M extends number, infer N extends number] ? [N, M] : Shape
