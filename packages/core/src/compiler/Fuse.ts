/**
 * From a program to a plan. Common subexpressions are eliminated; rearrangements (transpose, broadcast, slice, reverse) become
 * strides; elementwise equations become terms in the loop that needs them, and loops over one shape are joined. Stored values
 * are those that several kernels need, and the operands of products.
 */
import type { Equation, Program } from "../language/Primitive.ts"
import { isKind } from "../language/primitiveFacts.ts"
import { inPieces, type Pieces } from "../types/Pieces.ts"
import * as Shape from "../types/Shape.ts"
import { compilerFactsOf } from "./compilerFacts.ts"
import { bodyOf, type Source, visitReads } from "./fuse/body.ts"
import { accessOf, type IndexMap, identityMap, isRearrangement, through } from "./fuse/indexMap.ts"
import { joinRows } from "./fuse/rows.ts"
import { decide, type Stored } from "./fuse/stored.ts"
import { eliminateCommonSubexpressions, isElementwise, isProduct, paramsOf, type Value, valuesOfPiece } from "./fuse/values.ts"
import { lowerBound } from "./lowerBound.ts"
import type { Kernel, Loop, Matrix, Plan, Reduce, Rows, Slot, Storage, View } from "./Plan.ts"

/** A kernel under construction: the values of its loop, and the value computed before it unless the kernel is a loop. */
interface Draft {
  readonly first: number | undefined
  /** The shape of its loop or possible epilogue; absent where it takes none. */
  readonly shape: Shape.Shape | undefined
  readonly makes: Array<number>
}

/** The most values that one loop stores: each is a stream of its own through the caches. */
const most = 12

/** The slots of values, created on first use. */
const slotsOf = (at: (value: number) => Value, { alias, part }: Stored) => {
  const slots: Array<Slot> = []
  const numbers = new Map<number, number>()
  const slot = (value: number): number => {
    const own = alias(value)
    const found = numbers.get(own)
    if (found !== undefined) return found
    const { dtype, from, shape } = at(own)
    const whole = part(own)
    const kept: Storage = from.tag === "storage" ? from.storage : { tag: "own" }
    const storage: Storage = whole === undefined ? kept : { tag: "part", of: slot(whole.of), offset: whole.offset }
    const made = slots.push({ dtype, shape, storage }) - 1
    numbers.set(own, made)
    return made
  }
  return { slots, slot }
}

/**
 * The values in an order in which each comes after its inputs. Scalars that depend on inputs and on each other only, such as an
 * optimizer's step count, come first, so that the first loop that could use them finds them.
 */
const scalarsFirst = (values: ReadonlyArray<Value>): ReadonlyArray<number> => {
  const early = new Set<number>()
  values.forEach(({ from, shape }, value) => {
    if (Shape.size(shape) === 1 && (from.tag !== "equation" || from.inputs.every((input) => early.has(input)))) early.add(value)
  })
  const later = values.flatMap((_, value) => (early.has(value) ? [] : [value]))
  return [...early, ...later]
}

/** Epilogues work row by row. Shorter rows fill too few vectors, which matters for results of more elements. */
const shortRow = 8
const fewElements = 256

/** In larger products the epilogue's operands would evict the packed operand from the second-level cache. */
const largeProduct = 2 ** 18

const takesEpilogue = (equation: Equation): boolean => {
  const { shape } = equation.out
  const size = Shape.size(shape)
  if ((shape.at(-1) ?? 1) < shortRow && size > fewElements) return false
  if (isKind(equation.primitive, "product")) return isProduct(equation) && size <= largeProduct
  return compilerFactsOf(equation.primitive).epilogue
}

/**
 * The kernels in order: each stored value joins the first loop over its shape that comes after everything it reads, or the
 * epilogue of what it reads.
 */
function* draft(
  source: Source,
  values: ReadonlyArray<Value>,
): Pieces<{ readonly drafts: ReadonlyArray<Draft>; readonly maker: ReadonlyMap<number, number> }> {
  const { at, stored } = source
  const drafts: Array<Draft> = []
  const maker = new Map<number, number>()
  /** The loops of each shape that are not full, in order. */
  const open = new Map<string, Array<number>>()
  const openOf = (shape: Shape.Shape): Array<number> => {
    const key = shape.join()
    const found = open.get(key) ?? []
    open.set(key, found)
    return found
  }
  const isLooped = (value: number): boolean => {
    const { from } = at(value)
    if (from.tag !== "equation") return from.tag === "literal"
    const { equation, inputs } = from
    return isElementwise(equation) || isKind(equation.primitive, "index") || isRearrangement(equation, at(inputs[0] ?? value))
  }
  for (const [i, value] of scalarsFirst(values).entries()) {
    if (i % valuesOfPiece === 0) yield
    const { from, shape } = at(value)
    if (from.tag === "storage" || stored.alias(value) !== value || !stored.used.has(value) || !stored.isStored(value)) continue
    if (stored.part(value) !== undefined) continue
    if (!isLooped(value)) {
      const loops = from.tag === "equation" && takesEpilogue(from.equation) ? shape : undefined
      maker.set(value, drafts.push({ first: value, shape: loops, makes: [] }) - 1)
      continue
    }
    let earliest = 0
    const inPlaceOf = new Set<number>()
    visitReads(source, value, shape, (read, dense) => {
      const whole = stored.part(read)?.of
      const by = maker.get(whole ?? read)
      if (by === undefined) return
      const inPlace = dense && whole === undefined
      earliest = Math.max(earliest, inPlace ? by : by + 1)
      if (inPlace) inPlaceOf.add(by)
    })
    const takes = (i: number): boolean => {
      const { first, makes, shape: other } = drafts[i] as Draft
      return i >= earliest && first !== undefined && other !== undefined && makes.length < most && Shape.equals(other, shape)
    }
    const loops = openOf(shape)
    const place = lowerBound(loops, (loop) => loop < earliest)
    const found = Math.min(loops[place] ?? drafts.length, ...[...inPlaceOf].filter(takes))
    maker.set(value, found)
    const joined = drafts[found]
    if (joined === undefined) loops.push(drafts.push({ first: undefined, shape, makes: [value] }) - 1)
    else if (joined.makes.push(value) === most && joined.first === undefined) loops.splice(place, 1)
  }
  return { drafts, maker }
}

/** The stored values that are read at other elements than their loop computes, or by another kernel. */
const wantedOf = (
  source: Source,
  drafts: ReadonlyArray<Draft>,
  maker: ReadonlyMap<number, number>,
  outputs: ReadonlyArray<number>,
) => {
  const { at, stored } = source
  const wanted = new Set<number>(outputs.map(stored.alias))
  const want = (read: number): void => void wanted.add(stored.part(read)?.of ?? read)
  drafts.forEach(({ first, makes, shape = [] }, i) => {
    for (const value of makes)
      visitReads(source, value, shape, (read, inPlace) => {
        if (maker.get(read) !== i || !inPlace) want(read)
      })
    const from = first === undefined ? undefined : at(first).from
    if (from?.tag === "equation")
      for (const input of from.inputs)
        visitReads(source, input, at(input).shape, want, identityMap(at(input).shape.length), false)
  })
  return wanted
}

/** How a product steps through one of its operands. */
const matrix = ({ at, slot, stored }: Source, value: number): Matrix => {
  const rank = at(value).shape.length
  let [base, map] = [value, identityMap(rank)]
  for (;;) {
    const { from } = at(base)
    const [input] = from.tag === "equation" ? from.inputs : []
    if (stored.isStored(base) || from.tag !== "equation" || input === undefined) break
    map = through(from.equation, at(input), map) ?? map
    base = input
  }
  const { offset, strides } = accessOf(at(base).shape, map, rank)
  return { slot: slot(base), offset, batch: strides.slice(0, -2), row: strides.at(-2) ?? 0, column: strides.at(-1) ?? 0 }
}

/** A reduction over its operand's axes, those of the result first. */
const reduce = (source: Source, value: number, primitive: Reduce["primitive"], axes: Shape.Shape, operand: number): Reduce => {
  const { shape } = source.at(operand)
  const all = shape.map((_, axis) => axis)
  const order = [...all.filter((axis) => !axes.includes(axis)), ...all.filter((axis) => axes.includes(axis))]
  const map: IndexMap = {
    offsets: all.map(() => 0),
    coefficients: all.map((axis) => order.map((loopAxis) => (loopAxis === axis ? 1 : 0))),
  }
  const looped = order.map((axis) => shape[axis] ?? 1)
  const { term, terms } = bodyOf(source, looped, new Set())
  return {
    tag: "reduce",
    primitive,
    shape: looped,
    kept: shape.length - axes.length,
    order: axes.includes(shape.length - 1) ? "rows" : "columns",
    term: term(operand, map, false),
    terms,
    slot: source.slot(value),
  }
}

const loop = (source: Source, shape: Shape.Shape, makes: ReadonlyArray<number>, wanted: ReadonlySet<number>): Loop => {
  const { term, terms } = bodyOf(source, shape, new Set(makes))
  const stores = makes.flatMap((value) =>
    wanted.has(value) ? [{ slot: source.slot(value), term: term(value, identityMap(shape.length), true) }] : [],
  )
  return { tag: "loop", shape, terms, stores }
}

/** Kernels between two pieces of planning. */
const kernelsOfPiece = 16

function* planning(program: Program, { hasParts = true }: { readonly hasParts?: boolean } = {}): Pieces<Plan> {
  const { outputs, values } = yield* eliminateCommonSubexpressions(program)
  yield
  const stored = yield* decide(values, outputs, hasParts)
  yield
  const at = (value: number): Value => values[value] as Value
  const { slot, slots } = slotsOf(at, stored)
  // Inputs stand first, in order, whether they are used or not.
  values.forEach(({ from }, value) => {
    if (from.tag === "storage" && from.storage.tag === "input") slot(value)
  })
  const source: Source = { at, stored, slot }
  const { drafts, maker } = yield* draft(source, values)
  yield
  const wanted = wantedOf(source, drafts, maker, outputs)
  yield
  const view = (value: number): View => ({ slot: slot(value), shape: at(value).shape })

  const alone = (value: number): Exclude<Kernel, Loop | Rows> => {
    const { from, shape } = at(value)
    if (from.tag !== "equation") throw new Error("an input or a constant has no kernel")
    const { equation, inputs } = from
    const [first = 0, second = 0] = inputs
    if (isProduct(equation)) {
      const [m = 0, n = 0] = shape.slice(-2)
      const k = at(first).shape.at(-1) ?? 0
      const [a, b] = [matrix(source, first), matrix(source, second)]
      return { tag: "product", batch: shape.slice(0, -2), m, n, k, a, b, slot: slot(value) }
    }
    if (isKind(equation.primitive, "reduction"))
      return reduce(source, value, equation.primitive, paramsOf("reduceSum", equation).axes, first)
    return { tag: "single", equation, inputs: inputs.map(view), slot: slot(value) }
  }
  const isEmpty = (value: number): boolean => Shape.size(at(value).shape) === 0
  const kernelOf = ({ first, makes, shape = [] }: Draft): Kernel | undefined => {
    // A result without elements needs no kernel, so every kernel has at least one element to write.
    if (isEmpty(first ?? makes[0] ?? 0)) return undefined
    const kernel = first === undefined ? undefined : alone(first)
    const made = loop(source, shape, makes, wanted)
    if (kernel === undefined) return made.stores.length > 0 ? made : undefined
    return kernel.tag === "reduce" || made.stores.length === 0 ? kernel : { ...kernel, epilogue: made }
  }
  const kernels: Array<Kernel> = []
  for (const [i, each] of drafts.entries()) {
    const kernel = kernelOf(each)
    if (kernel !== undefined) kernels.push(kernel)
    if (i % kernelsOfPiece === 0) yield
  }
  return { inputs: program.inputs, slots, kernels: joinRows(kernels, slots), outputs: outputs.map(view) }
}

/** The plan of a program, in which slots may be parts of others unless asked not to. It can be made in pieces. */
export const fuse = inPieces(planning)
