/**
 * The derivative of a loop is a loop in the opposite direction. A second forward loop records the carry at the start of each
 * round, and the matrix products of a round, from which the backward loop recomputes the other intermediate values of the
 * round. So memory grows with the carry and the products, not with all intermediate values. The forward loop begins with the
 * results of the original one, so that an engine computes only one of them.
 *
 * The cotangent of a constant is a sum over the rounds. Where a round's part of it is a product xᵀ y, as for the weights of a
 * recurrent layer, the sum is one product over the rows of all rounds, after the loop.
 *
 * It is below the other derivatives, since `loop.ts` provides it with all that loops need.
 */
import { type Expr, recipeIfAny, type Tensor, write } from "../language/Expr.ts"
import { providedForLoops } from "../language/loops.ts"
import type { Params } from "../language/Primitive.ts"
import { capture, inline, placeholders, specOf } from "../language/Program.ts"
import { order } from "../language/Walk.ts"
import * as Shape from "../types/Shape.ts"
import { refuse, type Spec } from "../types/ShapeError.ts"
import { zeros, zerosLike } from "./create.ts"
import { add } from "./elementwise.ts"
import { matmul } from "./product.ts"
import { reshape, split, transpose } from "./structure.ts"

/** The cotangents of some inputs through `f`, from one for each of its results. */
export type PullThrough = (
  f: (...inputs: ReadonlyArray<Tensor>) => ReadonlyArray<Tensor>,
  inputs: ReadonlyArray<Tensor>,
  cotangents: ReadonlyArray<Tensor>,
) => ReadonlyArray<Tensor | undefined>

/** From the cotangent of a loop's result to those of its inputs, in order. */
export type LoopDerivative = (
  cotangent: Tensor,
  use: { readonly params: Params["scan"]; readonly inputs: ReadonlyArray<Tensor> },
) => ReadonlyArray<Tensor | undefined>

export const loopDerivative = providedForLoops<(pullThrough: PullThrough) => LoopDerivative>()

/** The most rounds of a loop that has a derivative. Loops without a bound have more. */
export const mostSteps = 2 ** 31 - 2

/** The flat result of a loop, divided into tensors of the given shapes. */
const unflatten = (flat: Tensor, shapes: ReadonlyArray<Shape.Shape>): ReadonlyArray<Tensor> =>
  split(flat, shapes.map(Shape.size)).map((vector, i) => reshape(vector, shapes[i] ?? []))

const isFloat = ({ dtype }: Spec): boolean => dtype === "f32"

const shapeOf = ({ shape }: Spec): Shape.Shape => shape

/** The matrix products that results depend on, in the same order whenever the same program is inlined. */
const productsIn = (results: ReadonlyArray<Tensor>): ReadonlyArray<Expr> =>
  order(results, () => false).filter((x) => x.recipe?.primitive === "dot" && isFloat(x))

/** Which of some expressions others are computed from, themselves included. */
const usedBy = (targets: ReadonlyArray<Tensor>, from: ReadonlyArray<Expr>): ReadonlySet<Tensor> => {
  const stops = new Set<Tensor>(from)
  const met = new Set(targets)
  for (const x of order(targets, (x) => stops.has(x))) for (const input of x.recipe?.inputs ?? []) met.add(input)
  return met
}

/** The terms of a sum. */
const termsOf = (x: Tensor): ReadonlyArray<Tensor> => {
  const recipe = recipeIfAny(x)
  return recipe?.primitive === "add" && recipe.inputs.every(({ shape }) => Shape.equals(shape, x.shape))
    ? recipe.inputs.flatMap(termsOf)
    : [x]
}

/** x and y of a product xᵀ y of matrices. */
const factorsOf = (product: Tensor): readonly [x: Tensor, y: Tensor] | undefined => {
  const recipe = recipeIfAny(product)
  const [left, y] = recipe?.primitive === "dot" && product.shape.length === 2 ? recipe.inputs : []
  const turned = recipeIfAny(left)
  const [x] = turned?.primitive === "transpose" ? turned.inputs : []
  return x === undefined || y === undefined ? undefined : [x, y]
}

/** The tensor that identities only pass on. */
const bare = (x: Tensor): Tensor => {
  let at = x
  for (let recipe = recipeIfAny(at); recipe?.primitive === "identity"; recipe = recipeIfAny(at)) at = recipe.inputs[0] ?? at
  return at
}

/** The rows of all rounds, one after the other: [rounds, n, m] as [rounds · n, m]. */
const allRows = (sequence: Tensor): Tensor => {
  const [rounds = 0, n = 0, m = 0] = sequence.shape
  return reshape(sequence, [rounds * n, m])
}

/** A round's part of a cotangent that is a product xᵀ y: the constant that it belongs to, and the sequences of x and y. */
interface Outer {
  readonly constant: number
  readonly x: number
  readonly y: number
}

/** The cotangents of a loop's constants, carries and sequences. */
export const scanDerivative =
  (pullThrough: PullThrough): LoopDerivative =>
  (cotangent, { inputs, params }) => {
    const { body, carries, constants, guard, length, reverse } = params
    if (guard !== undefined && length > mostSteps)
      refuse(
        "whileLoop",
        [],
        "a bound on its rounds to be differentiated: the carry of each one is kept",
        "maxSteps: 100 as its last option",
      )
    const fixed = inputs.slice(0, constants)
    const rows = inputs.slice(constants + carries)
    const carryShapes = body.inputs.slice(constants, constants + carries).map(shapeOf)
    const keptShapes = body.outputs.slice(carries).map((value) => specOf(body, value).shape)
    const stacked = (shapes: ReadonlyArray<Shape.Shape>): ReadonlyArray<Shape.Shape> => shapes.map((shape) => [length, ...shape])
    const given = unflatten(cotangent, [...carryShapes, ...stacked(keptShapes)])

    // One round backwards, as expressions of its arguments and of the cotangents of its results.
    const arguments_ = placeholders(body.inputs)
    const carry = arguments_.slice(constants, constants + carries)
    const cotangents = placeholders([...carryShapes, ...keptShapes].map((shape): Spec => ({ dtype: "f32", shape })))
    let results: ReadonlyArray<Tensor> = []
    const round = (...xs: ReadonlyArray<Tensor>): ReadonlyArray<Tensor> => {
      results = inline(body, xs)
      return results
    }
    const back = pullThrough(round, arguments_, cotangents)
    const floats = (from: number, to: number): ReadonlyArray<Tensor> =>
      arguments_.slice(from, to).flatMap((x, i) => (isFloat(x) ? [back[from + i] ?? zerosLike(x)] : []))
    const toCarries = floats(constants, constants + carries)
    /** What the backward loop keeps of each round: the cotangents of rows, then other factors of products. */
    const kept: Array<Tensor> = [...floats(constants + carries, arguments_.length)]

    const isConstant = (x: Tensor): boolean => arguments_.slice(0, constants).includes(bare(x))
    /** The number of a sequence with these rows, among those of carries, rows and what is kept. */
    const sequenceOf = (x: Tensor): number => {
      const argument = arguments_.indexOf(bare(x))
      if (argument >= 0) return argument - constants
      const found = kept.indexOf(x)
      return arguments_.length - constants + (found < 0 ? kept.push(x) - 1 : found)
    }
    const outer: Array<Outer> = []
    const sums: Array<{ readonly constant: number; readonly term: Tensor }> = []
    for (const [constant, whole] of back.slice(0, constants).entries())
      for (const term of whole === undefined ? [] : termsOf(whole)) {
        const factors = factorsOf(term)
        if (factors === undefined || factors.some(isConstant)) sums.push({ constant, term })
        else outer.push({ constant, x: sequenceOf(factors[0]), y: sequenceOf(factors[1]) })
      }

    const products = productsIn(results)
    const met = usedBy([...toCarries, ...kept, ...sums.map(({ term }) => term)], products)
    const needed = products.flatMap((product, i) => (met.has(product) ? [i] : []))

    const again = placeholders(body.inputs)
    const forward = inline(body, again)
    const productsAgain = productsIn(forward)
    const recording = capture(again, [
      ...forward,
      ...again.slice(constants, constants + carries),
      ...needed.map((i) => productsAgain[i] as Expr),
    ])
    const recordedShapes = [...carryShapes, ...needed.map((i) => (products[i] as Expr).shape)]
    const recorded = unflatten(write("scan", { ...params, body: recording }, inputs), [
      ...carryShapes,
      ...stacked([...keptShapes, ...recordedShapes]),
    ]).slice(carries + keptShapes.length)

    // Carries: the cotangents of the carries, and sums over rounds. Sequences: what is recorded, the rows, the cotangents of kept values.
    const sofar = placeholders(sums.map(({ term }) => term))
    const backward = capture(
      [
        ...arguments_.slice(0, constants),
        ...cotangents.slice(0, carries),
        ...sofar,
        ...carry,
        ...needed.map((i) => products[i] as Expr),
        ...arguments_.slice(constants + carries),
        ...cotangents.slice(carries),
      ],
      [...toCarries, ...sums.map(({ term }, i) => add(sofar[i] as Tensor, term)), ...kept],
    )
    // The guard of each round is among what is recorded, or the constant or the sequence that it was.
    const guarded =
      guard === undefined
        ? {}
        : {
            guard: guard < constants ? guard : guard + carries + sums.length + (guard < constants + carries ? 0 : needed.length),
          }
    const sizes = { constants, carries: carries + sums.length, length, reverse: !reverse }
    const flat = write("scan", { body: backward, ...sizes, ...guarded }, [
      ...fixed,
      ...given.slice(0, carries),
      ...sums.map(({ term }) => zeros(term.shape)),
      ...recorded,
      ...rows,
      ...given.slice(carries),
    ])
    const found = unflatten(flat, [...carryShapes, ...sums.map(({ term }) => term.shape), ...stacked(kept.map(shapeOf))])
    const keptSequences = found.slice(carries + sums.length)
    const sequences = [...recorded.slice(0, carries), ...rows, ...keptSequences]
    const rowsOf = (sequence: number): Tensor => allRows(sequences[sequence] as Tensor)
    const toFixed = (x: Tensor, constant: number): Tensor => {
      const terms = [
        ...outer.filter((product) => product.constant === constant).map(({ x, y }) => matmul(transpose(rowsOf(x)), rowsOf(y))),
        ...sums.flatMap((sum, i) => (sum.constant === constant ? [found[carries + i] as Tensor] : [])),
      ]
      return terms.length === 0 ? zerosLike(x) : terms.reduce((sum, term) => add(sum, term))
    }
    const toRows = [...keptSequences]
    return [
      ...fixed.map((x, i) => (isFloat(x) ? toFixed(x, i) : undefined)),
      ...found.slice(0, carries),
      ...rows.map((x) => (isFloat(x) ? toRows.shift() : undefined)),
    ]
  }
