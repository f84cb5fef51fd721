/**
 * Reference: what every primitive means, in plain loops over doubles. It is slow and obvious; every engine is held to it.
 */
import { type Expr, known, recipeOf, type Tensor } from "../language/Expr.ts"
import type { Equation, Params, Primitive, Program } from "../language/Primitive.ts"
import { accept } from "../language/Program.ts"
import { order } from "../language/Walk.ts"
import { allocate } from "../words/DType.ts"
import { NDArray } from "../words/NDArray.ts"
import * as Shape from "../words/Shape.ts"
import type { Spec } from "../words/ShapeError.ts"
import { elementwise } from "./elementwise.ts"
import { linear } from "./linear.ts"
import type { Meaning, Meanings } from "./Meaning.ts"
import { structure } from "./structure.ts"
import { threefry } from "./threefry.ts"

const row = (x: NDArray, i: number): NDArray => {
  const shape = x.shape.slice(1)
  const width = Shape.size(shape)
  return new NDArray(x.dtype, shape, x.data.subarray(i * width, (i + 1) * width))
}

/** The meaning of a loop, its rounds run by whatever `prepare` makes of the body. */
export const scanBy =
  (prepare: (body: Program) => (inputs: ReadonlyArray<NDArray>) => ReadonlyArray<NDArray>): Meaning<"scan"> =>
  ({ body, carries, constants, length, reverse }, inputs, out) => {
    const result = allocate("f32", Shape.size(out.shape))
    const once = prepare(body)
    const fixed = inputs.slice(0, constants)
    const sequences = inputs.slice(constants + carries)
    let carry = inputs.slice(constants, constants + carries)
    const kept = body.outputs.length - carries
    const starts: Array<number> = []
    for (let round = 0; round < length; round++) {
      const i = reverse ? length - 1 - round : round
      const made = once([...fixed, ...carry, ...sequences.map((x) => row(x, i))])
      carry = made.slice(0, carries)
      if (round === 0) {
        let offset = carry.reduce((sum, x) => sum + x.data.length, 0)
        for (const x of made.slice(carries)) {
          starts.push(offset)
          offset += x.data.length * length
        }
      }
      for (let k = 0; k < kept; k++) {
        const { data } = made[carries + k] as NDArray
        result.set(data, (starts[k] ?? 0) + i * data.length)
      }
    }
    let offset = 0
    for (const { data } of carry) {
      result.set(data, offset)
      offset += data.length
    }
    return result
  }

/** The meaning of each primitive. */
export const meanings: Meanings<Primitive> = {
  ...elementwise,
  ...structure,
  ...linear,
  threefry,
  scan: scanBy((body) => (inputs) => run(body, inputs)),
}

const apply = <P extends Primitive>(primitive: P, params: Params[P], inputs: ReadonlyArray<NDArray>, out: Spec): NDArray => {
  const meaning = meanings[primitive] as Meaning<P>
  return new NDArray(out.dtype, out.shape, meaning(params, inputs, out))
}

const lastUses = ({ equations, outputs }: Program): ReadonlyMap<number, number> => {
  const last = new Map<number, number>()
  equations.forEach((equation, i) => {
    for (const value of equation.inputs) last.set(value, i)
  })
  for (const value of outputs) last.set(value, equations.length)
  return last
}

/** The numbers of a program's outputs for the numbers of its inputs. Throws `ShapeError` when the inputs are not what it takes. */
export const run = (program: Program, inputs: ReadonlyArray<NDArray>): ReadonlyArray<NDArray> => {
  accept("Reference.run", program, inputs)
  const values: Array<NDArray | undefined> = [...inputs, ...program.constants]
  const last = lastUses(program)
  program.equations.forEach(({ inputs: from, out, params, primitive }: Equation, i) => {
    values.push(
      apply(
        primitive,
        params,
        from.map((value) => values[value] as NDArray),
        out,
      ),
    )
    for (const value of from) if (last.get(value) === i) values[value] = undefined
  })
  return program.outputs.map((value) => values[value] as NDArray)
}

/** The numbers of tensors: computes what is still a recipe, each step once. Throws `ShapeError` inside a traced function. */
export const read = (targets: ReadonlyArray<Tensor>): ReadonlyArray<NDArray> => {
  const steps: Array<Expr | undefined> = order(targets, (x) => x.value !== undefined)
  steps.forEach((step, i) => {
    if (step === undefined) return
    const { inputs, params, primitive } = recipeOf(step)
    step.settle(apply(primitive, params, inputs.map(known) as ReadonlyArray<NDArray>, step))
    steps[i] = undefined
  })
  return targets.map(known) as ReadonlyArray<NDArray>
}
