/** Loops inside a program: a body that runs over the rows of sequences and passes a carry from round to round. */
import { provideLoops } from "../backend/loops.ts"
import { closures } from "../language/closures.ts"
import { endless, placeholder, type Tensor, write } from "../language/Expr.ts"
import { capture } from "../language/Program.ts"
import { checkUnchanged, type Like, refill, type Tensors, tensors } from "../language/TensorTree.ts"
import * as Shape from "../types/Shape.ts"
import { refuse } from "../types/ShapeError.ts"
import { asFloats, floatSpec, fromFloats } from "./asFloats.ts"
import { loopDerivative, scanDerivative } from "./loopDerivative.ts"
import { reshape, slice } from "./structure.ts"

loopDerivative.provide(scanDerivative)
provideLoops()

/** The result of a round: the next carry, and the values to keep. */
export interface Round<C, Y> {
  readonly carry: C
  readonly kept: Y
}

/** The tensors that floats stand for, each of the dtype of another. */
export const typed = (floats: ReadonlyArray<Tensor>, like: ReadonlyArray<Tensor>): ReadonlyArray<Tensor> =>
  floats.map((x, i) => fromFloats(x, like[i]?.dtype ?? "f32"))

/** The tensors of a loop's flat result, which are floats of these shapes, each of the dtype of another. */
export const resultsOf = (
  flat: Tensor,
  shapes: ReadonlyArray<Shape.Shape>,
  like: ReadonlyArray<Tensor>,
): ReadonlyArray<Tensor> => {
  let from = 0
  const floats = shapes.map((shape) => {
    const start = from
    from += Shape.size(shape)
    return reshape(slice(flat, [start], [from]), shape)
  })
  return typed(floats, like)
}

/**
 * Runs `f` over the rows of `sequences` (every leaf [length, …]), first to last or, with `reverse`, last to first. `f` takes
 * the carry and one row of each sequence. It returns the next carry, of the same dtypes and shapes, and the values to keep of
 * the round. The result is the last carry and the kept rows, stacked [length, …]. All may be trees of tensors of any dtype, such
 * as keys. Throws `ShapeError`.
 *
 * ```ts
 * import { Tensor } from "@adjoint/core"
 *
 * const { carry, kept } = Tensor.scan(
 *   ({ count, sum }, x: Tensor.Tensor) => {
 *     const next = { count: Tensor.add(count, 1), sum: Tensor.add(sum, x) }
 *     return { carry: next, kept: next.sum }
 *   },
 *   { count: Tensor.scalar(0, "i32"), sum: Tensor.scalar(0) },
 *   Tensor.make([1, 2, 3]),
 * )
 * Tensor.print(kept) // => "[1, 3, 6]"
 * Tensor.toNumber(carry.count) // => 3
 * ```
 */
export const scan = <C, const X, Y>(
  f: (carry: C, row: Tensors<X>) => Round<Like<NoInfer<C>>, Y>,
  init: C,
  sequences: X,
  { reverse = false }: { readonly reverse?: boolean } = {},
): Round<C, Tensors<Y>> => {
  const carries = tensors(init)
  const rows = tensors(sequences)
  const length = rows[0]?.shape[0] ?? refuse("scan", rows, "at least one sequence of rows", "Tensor.range(n) to run n rounds")
  if (rows.some(({ shape }) => shape[0] !== length))
    refuse("scan", rows, `sequences of one length, as ${length} of the first`, 'Tensor.at(x, "0:n") to cut the longer ones')
  const extent = endless()
  const carryArguments = carries.map((carry) => placeholder("f32", floatSpec(carry).shape, extent))
  const rowArguments = rows.map(({ dtype, shape }) => placeholder(dtype, shape.slice(1), extent))
  const round = f(refill(init, typed(carryArguments, carries)), refill(sequences as Tensors<X>, rowArguments))
  checkUnchanged("scan", init, round.carry, "a carry like the first", "return growing values as the rows of `kept`")
  const values = [...tensors(round.carry), ...tensors(round.kept)]
  const outputs = values.map(asFloats)
  const constants = closures(outputs, new Set<Tensor>([...carryArguments, ...rowArguments]))
  const body = capture([...constants, ...carryArguments, ...rowArguments], outputs)
  const flat = write("scan", { body, constants: constants.length, carries: carries.length, length, reverse }, [
    ...constants,
    ...carries.map(asFloats),
    ...rows,
  ])
  const results = resultsOf(
    flat,
    outputs.map(({ shape }, i) => (i < carries.length ? shape : [length, ...shape])),
    values,
  )
  return {
    carry: refill(init, results.slice(0, carries.length)),
    kept: refill(round.kept as Tensors<Y>, results.slice(carries.length)),
  }
}
