/**
 * What the compiler says about shapes. This file is checked, not run: each `@ts-expect-error` stands over a line that
 * must be refused, and every other line must be accepted as it is, without casts. The messages are held by
 * types.test.ts.
 */
import { Autodiff, type Shape, Tensor, Tree } from "@adjoint/core"

type T<S extends Shape.Shape = Shape.Shape> = Tensor.Tensor<S>

/** Whether two types are the same one. */
type Same<A, B> = (<X>() => X extends A ? 1 : 2) extends <X>() => X extends B ? 1 : 2 ? true : false
const holds = <_ extends true>(): void => undefined

declare const plain: T
declare const n: number
declare const sizes: ReadonlyArray<number>
declare const list: ReadonlyArray<T>
declare const operand: number | T
declare const m43: T<[4, 3]>
declare const v3: T<[3]>
declare const v4: T<[4]>
declare const rows: T<[number, 3]>

// Literal shapes are worked out.
const sum = Tensor.add(m43, v3)
holds<Same<typeof sum, T<[4, 3]>>>()
const outer = Tensor.mul(Tensor.zeros([4, 1]), v3)
holds<Same<typeof outer, T<[4, 3]>>>()
const scaled = Tensor.mul(2, Tensor.exp(m43))
holds<Same<typeof scaled, T<[4, 3]>>>()
const product = Tensor.matmul(m43, Tensor.zeros([3, 5]))
holds<Same<typeof product, T<[4, 5]>>>()
const turned = Tensor.transpose(m43)
holds<Same<typeof turned, T<[3, 4]>>>()
const total = Tensor.sum(m43)
holds<Same<typeof total, T<[]>>>()
const unknownRows = Tensor.add(rows, v3)
holds<Same<typeof unknownRows, T<[number, 3]>>>()
const counted = Tensor.range(5)
holds<Same<typeof counted, T<[5]>>>()
const clamped = Tensor.clamp(m43, 0, 1)
holds<Same<typeof clamped, T<[4, 3]>>>()
const compared = Tensor.greater(m43, 0)
holds<Same<typeof compared, T<[4, 3]>>>()
const folded = Tensor.reshape(plain, [-1, 3])
holds<Same<typeof folded, T<[number, 3]>>>()

// What does not fit is refused.
// @ts-expect-error: 4 rows are not 3 columns
Tensor.add(m43, v4)
// @ts-expect-error: nor the other way round
Tensor.sub(v4, m43)
// @ts-expect-error: for comparisons as well
Tensor.less(m43, v4)
// @ts-expect-error: the wrong order
Tensor.matmul(Tensor.zeros([784, 128]), Tensor.zeros([64, 784]))
// @ts-expect-error: known where it matters
Tensor.matmul(rows, Tensor.zeros([4, 2]))
// @ts-expect-error: through operations in between
Tensor.matmul(Tensor.tanh(Tensor.add(m43, 1)), Tensor.transpose(Tensor.ones([5, 4])))
// @ts-expect-error: a shape that is no list of numbers
Tensor.zeros(["3"])

// Unknown shapes never get in the way.
const everything: ReadonlyArray<T> = [
  sum,
  outer,
  scaled,
  product,
  turned,
  total,
  unknownRows,
  folded,
  Tensor.make([1, 2]),
  Tensor.scalar(1),
]
const several: ReadonlyArray<T> = [
  Tensor.add(plain, m43),
  Tensor.add(m43, plain),
  Tensor.matmul(plain, m43),
  Tensor.matmul(m43, plain),
  Tensor.add(Tensor.zeros([n, 3]), m43),
  Tensor.add(Tensor.zeros(sizes), m43),
  Tensor.add(Tensor.zeros(plain.shape, "i32"), plain),
  Tensor.add(Tensor.reshape(plain, [-1, 3]), Tensor.zeros([6, 3])),
  Tensor.matmul(Tensor.reshape(plain, [-1, 784]), Tensor.zeros([784, 128])),
  Tensor.add(Tensor.zeros([n > 1 ? 2 : 3]), Tensor.zeros([2])),
  Tensor.add(Tensor.zeros([n > 1 ? 1 : 3]), Tensor.zeros([2])),
  Tensor.add(operand, operand),
  Tensor.add(operand, m43),
  Tensor.add(n, m43),
  Tensor.where(Tensor.greater(m43, 0), m43, v3),
  list.reduce((x, y) => Tensor.add(x, y)),
  list.reduce<T>(Tensor.add, Tensor.scalar(0)),
  Tensor.matmul(Tensor.zeros([2, 4, 3]), Tensor.zeros([3, 5])),
  Tensor.matmul(v3, m43),
]
const asFunction: (x: T, y: T) => T = Tensor.add
const table: Readonly<Record<string, (x: T, y: T) => T>> = { add: Tensor.add, mul: Tensor.mul, matmul: Tensor.matmul }

// Functions over any shape are written without casts, and keep the shape where they can.
const twice = <S extends Shape.Shape>(x: T<S>): T => Tensor.add(x, x)
const softplus = <S extends Shape.Shape>(x: T<S>): T<S> => Tensor.log1p(Tensor.exp(x))
const squash = <S extends Shape.Shape>(x: T<S>): T<S> => Tensor.div(Tensor.sub(1, Tensor.neg(x)), 2)
const either = <A extends Shape.Shape, B extends Shape.Shape>(x: T<A>, y: T<B>): T => Tensor.add(x, y)
const project = <A extends Shape.Shape>(x: T<A>, w: T): T => Tensor.matmul(x, w)
const grown = <N extends number>(size: N): T => Tensor.add(Tensor.eye(size), Tensor.zeros([size, size]))
const inner = <K extends number>(x: T<[number, K]>, w: T<[K, 5]>): T => Tensor.matmul(x, w)
const any = <X extends Tensor.Operand>(x: X, y: T): T => Tensor.mul(x, y)

// Derivatives keep the shape of trees, and hand out tensors, not the arrays they were called on.
interface Layer {
  readonly w: T<[3, 2]>
  readonly b: T<[2]>
}
declare const layer: Layer
const loss = ({ b, w }: Layer, x: T): T => Tensor.sum(Tensor.add(Tensor.matmul(x, w), b))
const back = Autodiff.grad(loss)(layer, plain)
holds<Same<typeof back, Layer>>()
const pulled = Autodiff.vjp((x) => Tensor.square(x), Tensor.make([1, 2])).pull(plain)
holds<Same<typeof pulled, T>>()
// @ts-expect-error: what flows back is a recipe, it has no numbers before it is read
pulled.data
const pair = Autodiff.vjp(({ b, w }: Layer) => Tensor.add(w, b), layer).pull(plain)
holds<Same<typeof pair, Layer>>()
const moved = Autodiff.jvp(({ w }: Layer) => ({ out: Tensor.exp(w) }), layer, layer).tangent
holds<Same<typeof moved, { out: T<[3, 2]> }>>()
const norms: { readonly w: T; readonly b: T } = Tree.map(back, (leaf) => Tensor.sum(Tensor.square(leaf)))

export { any, asFunction, either, everything, grown, inner, norms, project, several, softplus, squash, table, twice }
