/**
 * Random well-typed programs over all primitives, for tests that compare two ways of running a program. A program is built
 * from a list of steps, each a primitive and some numbers that choose its parameters and inputs. It shrinks well: steps are
 * removed, and choices become 0, the simplest parameters.
 */
// Provide what some of the primitives need that are drawn.
import "../tensor/images.ts"
import "../tensor/loop.ts"
import "../transform/custom.ts"
import * as fc from "fast-check"
import { binary, type Equation, type Primitive, type Program, unary } from "../language/Primitive.ts"
import { print } from "../language/Program.ts"
import { infer, shapeRules } from "../language/ShapeRule.ts"
import { allocate } from "../types/DType.ts"
import { NDArray } from "../types/NDArray.ts"
import * as Shape from "../types/Shape.ts"
import { printSpec, type Spec } from "../types/ShapeError.ts"
import { array, type ElementOptions } from "./arbitraries.ts"
import { choosers } from "./choosers.ts"
import type { Chosen, Draft, Draw } from "./Draft.ts"

const drawFrom = (choices: ReadonlyArray<number>, emptyAxes: boolean): Draw => {
  let used = 0
  const below = (n: number): number => (n < 2 ? 0 : (choices[used++] ?? 0) % n)
  return { below, from: (list) => list[below(list.length)] ?? list[0], emptyAxes }
}

/** The maximum size of a result. */
const maxSize = 400

type Value =
  | { readonly tag: "input"; readonly spec: Spec }
  | { readonly tag: "constant"; readonly spec: Spec; readonly array: NDArray }
  | { readonly tag: "equation"; readonly spec: Spec; readonly chosen: Chosen<Primitive>; readonly primitive: Primitive }

interface Building extends Draft {
  readonly step: (primitive: Primitive) => void
  readonly finish: (outputs: ReadonlyArray<number>) => Program
  readonly values: ReadonlyArray<Value>
}

const drafting = (draw: Draw, given: ReadonlyArray<Spec>, inner: boolean): Building => {
  const values: Array<Value> = given.map((spec) => ({ tag: "input", spec }))
  const specOf = (value: number): Spec => (values[value] as Value).spec
  const push = (value: Value): number => values.push(value) - 1
  const fresh = (spec: Spec): number => {
    if (!inner && draw.below(4) < 3) return push({ tag: "input", spec })
    const data = allocate(spec.dtype, Shape.size(spec.shape)).map((_, i) => (draw.below(9) + i) % (spec.dtype === "bool" ? 2 : 5))
    return push({ tag: "constant", spec, array: new NDArray(spec.dtype, spec.shape, data) })
  }
  const matching = (fits: (spec: Spec) => boolean): ReadonlyArray<number> =>
    values.flatMap(({ spec }, i) => (fits(spec) ? [i] : [])).reverse()
  const find: Draft["find"] = (fits, otherwise) => {
    const found = matching(fits)
    return found[draw.below(found.length + 1)] ?? fresh(otherwise())
  }
  const add: Draft["add"] = (primitive, chosen) => {
    const spec = infer(primitive, chosen.params, chosen.inputs.map(specOf))
    if (Shape.size(spec.shape) > maxSize) return undefined
    return push({ tag: "equation", spec, primitive, chosen: chosen as Chosen<Primitive> })
  }
  /** Another value that is cast, flattened, cut or padded, and reshaped to the given spec. */
  const adapted = (value: number, { dtype, shape }: Spec): number | undefined => {
    const size = Shape.size(shape)
    const has = Shape.size(specOf(value).shape)
    const cast = add("cast", { params: { dtype }, inputs: [value] })
    const flat = cast === undefined ? undefined : add("reshape", { params: { shape: [has] }, inputs: [cast] })
    if (flat === undefined) return undefined
    const fitted =
      has >= size
        ? add("slice", { params: { start: [0], limit: [size], stride: [1] }, inputs: [flat] })
        : add("pad", { params: { low: [0], high: [size - has], interior: [0], value: 1 }, inputs: [flat] })
    return fitted === undefined ? undefined : add("reshape", { params: { shape }, inputs: [fitted] })
  }
  const supply: Draft["supply"] = (spec) => {
    const found = matching(({ dtype, shape }) => dtype === spec.dtype && Shape.equals(shape, spec.shape))
    const choice = draw.below(found.length + 2)
    const other = values.length === 0 ? undefined : values.length - 1 - draw.below(values.length)
    if (choice === found.length + 1 && other !== undefined) return adapted(other, spec) ?? fresh(spec)
    return found[choice] ?? fresh(spec)
  }
  const body: Draft["body"] = (inputs, wanted, others) => {
    const draft = drafting(draw, inputs, true)
    for (let steps = draw.below(4); steps > 0; steps--) draft.step(draw.from(plain))
    const outputs = wanted.map((spec) => draft.supply(spec))
    for (let i = 0; i < others; i++)
      outputs.push(
        draft.find(
          ({ dtype }) => dtype === "f32",
          () => ({ dtype: "f32", shape: [2] }),
        ),
      )
    return draft.finish(outputs)
  }
  const draft: Draft = { draw, inner, find, supply, specOf, add, body }
  const step = <P extends Primitive>(primitive: P): void => {
    const chosen = choosers[primitive](draft)
    if (chosen !== undefined) add(primitive, chosen)
  }
  return { ...draft, values, step, finish: (outputs) => numbered(values, outputs) }
}

const plain: readonly [Primitive, ...ReadonlyArray<Primitive>] = [
  ...unary,
  ...binary,
  "where",
  "cast",
  "reduceSum",
  "reduceMax",
  "broadcast",
  "slice",
  "pad",
  "concat",
  "gather",
  "scatterAdd",
  "dot",
  "conv",
  "scan",
]

/** The program, with its values in the order of programs: inputs, constants, equations. */
const numbered = (values: ReadonlyArray<Value>, outputs: ReadonlyArray<number>): Program => {
  const order = (["input", "constant", "equation"] as const).flatMap((tag) =>
    values.flatMap((value, i) => (value.tag === tag ? [i] : [])),
  )
  const numbers = new Map(order.map((value, i) => [value, i]))
  const numberOf = (value: number): number => numbers.get(value) ?? -1
  return {
    inputs: values.flatMap((value) => (value.tag === "input" ? [value.spec] : [])),
    constants: values.flatMap((value) => (value.tag === "constant" ? [value.array] : [])),
    equations: values.flatMap(
      (value): ReadonlyArray<Equation> =>
        value.tag === "equation"
          ? [
              {
                primitive: value.primitive,
                params: value.chosen.params,
                inputs: value.chosen.inputs.map(numberOf),
                out: value.spec,
              },
            ]
          : [],
    ),
    outputs: outputs.map(numberOf),
  }
}

/** Which programs to make. */
export interface ProgramOptions {
  /** The primitives to choose from: all unless given. */
  readonly primitives?: ReadonlyArray<Primitive>
  readonly maxSteps?: number
  /** Whether many axes have length 0, including channels and spatial axes; otherwise only a few have. */
  readonly emptyAxes?: boolean
}

const everything = Object.keys(shapeRules) as ReadonlyArray<Primitive>

/** A program that passes `Program.check`. Its outputs are all values that no equation uses, so that every equation matters. */
export const program = ({
  emptyAxes = false,
  maxSteps = 8,
  primitives = everything,
}: ProgramOptions = {}): fc.Arbitrary<Program> => {
  const step = fc.record({
    primitive: fc.constantFrom(...primitives),
    choices: fc.array(fc.nat(5039), { maxLength: 24, size: "max" }),
  })
  return fc.array(step, { maxLength: maxSteps, size: "max" }).map((steps) => {
    let current = drawFrom([], emptyAxes)
    const draw: Draw = { below: (n) => current.below(n), from: (list) => current.from(list), emptyAxes }
    const draft = drafting(draw, [], false)
    for (const { choices, primitive } of steps) {
      current = drawFrom(choices, emptyAxes)
      draft.step(primitive)
    }
    const used = new Set(draft.values.flatMap((value) => (value.tag === "equation" ? value.chosen.inputs : [])))
    return draft.finish(draft.values.flatMap((_, i) => (used.has(i) ? [] : [i])))
  })
}

export interface ProgramWithInputs {
  readonly program: Program
  readonly inputs: ReadonlyArray<NDArray>
}

const numbersOf = ({ data }: NDArray): string => `[${Array.from(data, (x) => (Object.is(x, -0) ? "-0" : String(x))).join(", ")}]`

/** The program, its inputs and its constants as text. */
const printCase = ({ inputs, program: drawn }: ProgramWithInputs): string =>
  [
    print(drawn),
    ...inputs.map((input) => `of ${printSpec(input)} ${numbersOf(input)}`),
    ...drawn.constants.map((constant) => `with ${printSpec(constant)} ${numbersOf(constant)}`),
  ].join("\n")

/** A program, and arrays as its inputs. A counterexample is reported as a printed program. */
export const programWithInputs = (options: ProgramOptions & ElementOptions = {}): fc.Arbitrary<ProgramWithInputs> =>
  program(options).chain((drawn) =>
    fc.tuple(...drawn.inputs.map(({ dtype, shape }) => array(dtype, shape, options))).map((inputs) => {
      const withInputs = { program: drawn, inputs }
      return { ...withInputs, [fc.toStringMethod]: () => printCase(withInputs) }
    }),
  )
