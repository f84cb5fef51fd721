/**
 * Reference: the definition of every primitive, in plain loops over doubles. It is slow and simple; every engine must agree
 * with it.
 */
import { type Expr, known, type Tensor } from "../language/Expr.ts"
import type { Primitive, Program } from "../language/Primitive.ts"
import { NDArray } from "../types/NDArray.ts"
import { doubles } from "./Arithmetic.ts"
import { type Definition, type Definitions, imagesBy, scanBy } from "./Definition.ts"
import { elementwise } from "./elementwise.ts"
import { type Apply, readBy, runBy } from "./interpret.ts"
import { product } from "./product.ts"
import { structure } from "./structure.ts"
import { threefry } from "./threefry.ts"

/** The definition of each primitive. */
export const definitions: Definitions<Primitive> = {
  ...elementwise(doubles),
  ...structure(doubles),
  dot: product(doubles),
  ...imagesBy(doubles),
  threefry,
  scan: scanBy((body) => (inputs) => run(body, inputs), doubles),
}

const apply: Apply = (primitive, params, inputs, out) => {
  const definition = definitions[primitive] as Definition<typeof primitive>
  return new NDArray(out.dtype, out.shape, definition(params, inputs, out))
}

/** The outputs of a program for these inputs. Throws `ShapeError` if the inputs have other specs than the program's. */
export const run: (program: Program, inputs: ReadonlyArray<NDArray>) => ReadonlyArray<NDArray> = runBy("Reference.run", apply)

/**
 * The values of tensors, in doubles. Computes expressions, each once. Tensors that were read before keep their values. Throws
 * `ShapeError` inside a traced function.
 */
export const read: (targets: ReadonlyArray<Tensor>) => ReadonlyArray<NDArray> = readBy(apply)

const kept = new WeakMap<Expr, NDArray>()

/**
 * Like `read`, but the tensors stay expressions: a later `Tensor.read` computes them in its own engine. The doubles are cached
 * separately, so each expression is still computed once here. Throws `ShapeError` inside a traced function.
 */
export const peek: (targets: ReadonlyArray<Tensor>) => ReadonlyArray<NDArray> = readBy(apply, {
  numbersOf: (x) => known(x) ?? kept.get(x as Expr),
  keep: (step, value) => {
    kept.set(step, value)
  },
})
