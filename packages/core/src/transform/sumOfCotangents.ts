/**
 * The sum of the cotangents that a value gets from its uses. The derivative of a slice is its cotangent among zeros. Those of
 * slices side by side, as of all parts of a split, are concatenated instead of added: one pass instead of one for each, and
 * as many zeros fewer.
 */
import { recipeIfAny, type Tensor, write } from "../language/Expr.ts"
import type { Params } from "../language/Primitive.ts"
import { add } from "../tensor/elementwise.ts"
import { concat } from "../tensor/structure.ts"
import type * as Shape from "../types/Shape.ts"

/** A tensor among zeros, at a place along one axis. */
interface Part {
  readonly whole: Tensor
  readonly inner: Tensor
  readonly axis: number
  readonly start: number
  readonly end: number
}

const partOf = (x: Tensor): Part | undefined => {
  const recipe = recipeIfAny(x)
  if (recipe?.primitive !== "pad") return undefined
  const { high, interior, low, value } = recipe.params as unknown as Params["pad"]
  const [inner = x] = recipe.inputs
  const axes = inner.shape.flatMap((_, axis) => (low[axis] !== 0 || high[axis] !== 0 ? [axis] : []))
  const [axis] = axes
  const isPart = axes.length === 1 && value === 0 && interior.every((n) => n === 0) && [...low, ...high].every((n) => n >= 0)
  if (!isPart || axis === undefined) return undefined
  const start = low[axis] ?? 0
  return { whole: x, inner, axis, start, end: start + (inner.shape[axis] ?? 0) }
}

/** Parts side by side as one, among zeros where they do not fill the axis. */
const joined = (run: ReadonlyArray<Part>, shape: Shape.Shape): Tensor => {
  const [first, last] = [run[0] as Part, run.at(-1) as Part]
  if (first === last) return first.whole
  const { axis, start } = first
  const whole = concat(
    run.map(({ inner }) => inner),
    axis,
  )
  const size = shape[axis] ?? 0
  if (start === 0 && last.end === size) return whole
  const along = (n: number): Shape.Shape => shape.map((_, i) => (i === axis ? n : 0))
  return write("pad", { low: along(start), high: along(size - last.end), interior: along(0), value: 0 }, [whole])
}

/** The parts in runs of those that lie side by side. */
const runsOf = (parts: ReadonlyArray<Part>): ReadonlyArray<ReadonlyArray<Part>> => {
  const runs: Array<Array<Part>> = []
  for (const part of [...parts].sort((a, b) => a.axis - b.axis || a.start - b.start)) {
    const run = runs.at(-1)
    const before = run?.at(-1)
    if (run !== undefined && before?.axis === part.axis && before.end === part.start) run.push(part)
    else runs.push([part])
  }
  return runs
}

/** The sum of one or more cotangents of one value. */
export const sumOfCotangents = (terms: ReadonlyArray<Tensor>): Tensor => {
  const [first] = terms as readonly [Tensor, ...ReadonlyArray<Tensor>]
  if (terms.length === 1) return first
  const others: Array<Tensor> = []
  const parts: Array<Part> = []
  for (const term of terms) {
    const part = partOf(term)
    if (part === undefined) others.push(term)
    else parts.push(part)
  }
  const all = [...others, ...runsOf(parts).map((run) => joined(run, first.shape))]
  return all.reduce((sum, term) => add(sum, term))
}
