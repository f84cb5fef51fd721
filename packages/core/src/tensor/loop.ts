/** Loops inside a program: a body that runs over the rows of sequences and passes a carry from round to round. */
import { provideLoops } from "../backend/loops.ts"
import { closures } from "../language/closures.ts"
import { endless, placeholder, type Tensor, write } from "../language/Expr.ts"
import { capture } from "../language/Program.ts"
import { checkUnchanged, type Like, refill, type Tensors, tensors } from "../language/TensorTree.ts"
import * as Shape from "../types/Shape.ts"
import { refuse } from "../types/ShapeError.ts"
import { loopDerivative, scanDerivative } from "./loopDerivative.ts"
import { reshape, slice } from "./structure.ts"

loopDerivative.provide(scanDerivative)
provideLoops()

/** The result of a round: the next carry, and the values to keep (f32). */
export interface Round<C, Y> {
  readonly carry: C
  readonly kept: Y
}

/**
 * Runs `f` over the rows of `sequences` (every leaf [length, …]), first to last or, with `reverse`, last to first. `f` takes
 * the carry and one row of each sequence. It returns the next carry, of the same f32 shapes, and the values to keep of the
 * round. The result is the last carry and the kept rows, stacked [length, …]. Throws `ShapeError`.
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
  const carryArguments = carries.map(({ dtype, shape }) => placeholder(dtype, shape, extent))
  const rowArguments = rows.map(({ dtype, shape }) => placeholder(dtype, shape.slice(1), extent))
  const round = f(refill(init, carryArguments), refill(sequences as Tensors<X>, rowArguments))
  checkUnchanged("scan", init, round.carry, "a carry like the first", "return growing values as the rows of `kept`")
  const outputs = [...tensors(round.carry), ...tensors(round.kept)]
  const constants = closures(outputs, new Set<Tensor>([...carryArguments, ...rowArguments]))
  const body = capture([...constants, ...carryArguments, ...rowArguments], outputs)
  const flat = write("scan", { body, constants: constants.length, carries: carries.length, length, reverse }, [
    ...constants,
    ...carries,
    ...rows,
  ])
  const shapes = outputs.map(({ shape }, i) => (i < carries.length ? shape : [length, ...shape]))
  let from = 0
  const results = shapes.map((shape) => {
    const start = from
    from += Shape.size(shape)
    return reshape(slice(flat, [start], [from]), shape)
  })
  return {
    carry: refill(init, results.slice(0, carries.length)),
    kept: refill(round.kept as Tensors<Y>, results.slice(carries.length)),
  }
}
