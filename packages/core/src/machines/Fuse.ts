/**
 * From a program to a plan. Equal steps are shared; rearrangements (transpose, broadcast, slice, reverse) become the way
 * a loop steps through memory; elementwise steps become terms in the loop that needs them, and loops over one shape become
 * one. What is left to be stored is what several kernels need, or what a product or a sum takes apart.
 */
import {
  binary,
  comparison,
  type Equation,
  type Params,
  type Primitive,
  type Program,
  reduction,
  unary,
} from "../language/Primitive.ts"
import type { NDArray } from "../words/NDArray.ts"
import * as Shape from "../words/Shape.ts"
import type { Spec } from "../words/ShapeError.ts"
import {
  type Access,
  type Elementwise,
  type Home,
  isDense,
  type Kernel,
  type Matrix,
  type Plan,
  type Slot,
  type Store,
  type Term,
  type View,
} from "./Plan.ts"

/** A value of the program after equal ones were made one. */
interface Value extends Spec {
  readonly from:
    | { readonly tag: "home"; readonly home: Home }
    | { readonly tag: "literal"; readonly value: number }
    | { readonly tag: "step"; readonly equation: Equation; readonly inputs: ReadonlyArray<number> }
}

const elementwise: ReadonlySet<Primitive> = new Set<Primitive>([...unary, ...binary, ...comparison, "not", "where", "cast"])
const reductions: ReadonlySet<Primitive> = new Set<Primitive>(reduction)
const same: ReadonlySet<Primitive> = new Set<Primitive>(["identity", "stop"])

/** What a step costs to do again, next to storing its result once and loading it. */
const costly: ReadonlySet<Primitive> = new Set<Primitive>([
  "exp",
  "expm1",
  "log",
  "log1p",
  "sin",
  "cos",
  "tanh",
  "erf",
  "sigmoid",
  "pow",
  "div",
  "rem",
  "sqrt",
])

/** Products of floats have a kernel; those of whole numbers are rare and done outside. */
const isProduct = ({ out, primitive }: Equation): boolean => primitive === "dot" && out.dtype === "f32"

const keyOf = ({ params, primitive }: Equation, inputs: ReadonlyArray<number>): string | undefined =>
  primitive === "scan" ? undefined : `${primitive} ${JSON.stringify(params)} ${inputs.join(" ")}`

const paramsOf = <P extends Primitive>(_: P, { params }: Equation): Params[P] => params as unknown as Params[P]

/** The program's values, equal steps once. Values of the program are mapped to these by `number`. */
const share = (program: Program): { readonly values: ReadonlyArray<Value>; readonly outputs: ReadonlyArray<number> } => {
  const values: Array<Value> = []
  const known = new Map<string, number>()
  const number: Array<number> = []
  const add = (value: Value, key?: string): number => {
    const found = key === undefined ? undefined : known.get(key)
    if (found !== undefined) return found
    const at = values.push(value) - 1
    if (key !== undefined) known.set(key, at)
    return at
  }
  const constant = (array: NDArray): number => {
    const { dtype, shape } = array
    if (shape.length > 0) return add({ dtype, shape, from: { tag: "home", home: { tag: "constant", array } } })
    const value = array.data[0] as number
    return add({ dtype, shape, from: { tag: "literal", value } }, `literal ${dtype} ${Object.is(value, -0) ? "-0" : value}`)
  }
  program.inputs.forEach(({ dtype, shape }, index) => {
    number.push(add({ dtype, shape, from: { tag: "home", home: { tag: "input", index } } }))
  })
  for (const array of program.constants) number.push(constant(array))
  for (const equation of program.equations) {
    const inputs = equation.inputs.map((value) => number[value] as number)
    const { dtype, shape } = equation.out
    if (same.has(equation.primitive)) number.push(inputs[0] as number)
    else number.push(add({ dtype, shape, from: { tag: "step", equation, inputs } }, keyOf(equation, inputs)))
  }
  return { values, outputs: program.outputs.map((value) => number[value] as number) }
}

/** How the axes of a value follow those of a loop: an index is an offset and a share of each loop index. */
interface Follow {
  readonly offsets: ReadonlyArray<number>
  readonly shares: ReadonlyArray<ReadonlyArray<number>>
}

const straight = (rank: number): Follow => ({
  offsets: Array<number>(rank).fill(0),
  shares: Array.from({ length: rank }, (_, axis) => Array.from({ length: rank }, (__, i) => (i === axis ? 1 : 0))),
})

/** For each axis of a reshape's input, the axis of its result that it is, where the two differ by axes of size 1 only. */
const unitReshape = (from: Shape.Shape, to: Shape.Shape): ReadonlyArray<number | undefined> | undefined => {
  const longFrom = from.filter((n) => n !== 1)
  const longTo = to.flatMap((n, axis) => (n === 1 ? [] : [axis]))
  if (longFrom.length !== longTo.length || !longTo.every((axis, i) => to[axis] === longFrom[i])) return undefined
  let next = 0
  return from.map((n) => (n === 1 ? undefined : longTo[next++]))
}

/** How the axes of a rearrangement's input follow a loop, from how those of its result do; `undefined` for steps that are none. */
const through = (equation: Equation, input: Spec, { offsets, shares }: Follow): Follow | undefined => {
  const pickAxes = (axes: ReadonlyArray<number | undefined>): Follow => ({
    offsets: axes.map((axis) => (axis === undefined ? 0 : (offsets[axis] ?? 0))),
    shares: axes.map((axis) => (axis === undefined ? [] : (shares[axis] ?? []))),
  })
  switch (equation.primitive) {
    case "transpose": {
      const { order } = paramsOf("transpose", equation)
      return pickAxes(input.shape.map((_, axis) => order.indexOf(axis)))
    }
    case "broadcast": {
      const lead = equation.out.shape.length - input.shape.length
      return pickAxes(input.shape.map((n, axis) => (n === 1 ? undefined : axis + lead)))
    }
    case "reshape": {
      const axes = unitReshape(input.shape, equation.out.shape)
      return axes === undefined ? undefined : pickAxes(axes)
    }
    case "slice": {
      const { start, stride } = paramsOf("slice", equation)
      return {
        offsets: offsets.map((offset, axis) => offset * (stride[axis] ?? 1) + (start[axis] ?? 0)),
        shares: shares.map((share, axis) => share.map((n) => n * (stride[axis] ?? 1))),
      }
    }
    case "reverse": {
      const { axes } = paramsOf("reverse", equation)
      return {
        offsets: offsets.map((offset, axis) => (axes.includes(axis) ? (input.shape[axis] ?? 1) - 1 - offset : offset)),
        shares: shares.map((share, axis) => (axes.includes(axis) ? share.map((n) => (n === 0 ? 0 : -n)) : share)),
      }
    }
    default:
      return undefined
  }
}

/** The steps of a loop of this rank through a dense array whose axes follow it. */
const accessOf = (shape: Shape.Shape, { offsets, shares }: Follow, rank: number): Access => {
  const steps = Shape.strides(shape)
  const sum = (of: (axis: number) => number): number => steps.reduce((total, step, axis) => total + step * of(axis), 0)
  return {
    offset: sum((axis) => offsets[axis] ?? 0),
    strides: Array.from({ length: rank }, (_, i) => sum((axis) => shares[axis]?.[i] ?? 0)),
  }
}

/** Which values are stored, and under which other value's numbers (a reshape's are its input's). */
const decide = (values: ReadonlyArray<Value>, outputs: ReadonlyArray<number>) => {
  const alias = (value: number): number => {
    const { from } = values[value] as Value
    return from.tag === "step" && from.equation.primitive === "reshape" ? alias(from.inputs[0] as number) : value
  }
  const stored = new Set<number>()
  const used = new Set<number>()
  const users = new Map<number, number>()
  const store = (value: number): void => {
    stored.add(alias(value))
    used.add(alias(value))
  }
  const weigh = (value: number): number => {
    const { from } = values[value] as Value
    if (from.tag !== "step" || stored.has(alias(value))) return 0
    const own = elementwise.has(from.equation.primitive) ? (costly.has(from.equation.primitive) ? 2 : 1) : 0
    return from.inputs.reduce((total, input) => total + weigh(input), own)
  }
  /** What a loop over `value` needs below it. */
  const operand = (value: number, expanded: boolean): void => {
    const { from } = values[value] as Value
    used.add(value)
    if (from.tag !== "step") return
    const { equation, inputs } = from
    users.set(value, (users.get(value) ?? 0) + 1)
    const isMap = elementwise.has(equation.primitive)
    if (equation.primitive === "iota") return
    if (!isMap && through(equation, values[inputs[0] as number] as Value, straight(equation.out.shape.length)) === undefined)
      store(value)
    else if (isMap && expanded) store(value)
  }
  /** What a product needs below it: rearrangements of something stored. */
  const backed = (value: number): void => {
    const { from } = values[value] as Value
    used.add(value)
    if (from.tag === "step" && !elementwise.has(from.equation.primitive)) {
      const [input] = from.inputs
      if (
        input !== undefined &&
        through(from.equation, values[input] as Value, straight(from.equation.out.shape.length)) !== undefined
      ) {
        backed(input)
        return
      }
    }
    store(value)
  }
  outputs.forEach(store)
  for (let i = values.length - 1; i >= 0; i--) {
    const { from } = values[i] as Value
    if (from.tag !== "step" || !used.has(i)) continue
    const { equation, inputs } = from
    const { primitive } = equation
    if (elementwise.has(primitive)) {
      if ((users.get(i) ?? 0) > 1 && weigh(i) > 1) store(i)
      for (const input of inputs) operand(input, false)
    } else if (reductions.has(primitive)) for (const input of inputs) operand(input, false)
    else if (isProduct(equation)) inputs.forEach(backed)
    else if (primitive === "broadcast")
      for (const input of inputs) operand(input, Shape.size((values[input] as Value).shape) < Shape.size(equation.out.shape))
    else if (through(equation, values[inputs[0] ?? i] as Value, straight(equation.out.shape.length)) !== undefined)
      for (const input of inputs) operand(input, false)
    else if (primitive !== "iota") inputs.forEach(store)
  }
  return { stored, used, alias }
}

/** A loop under way: which stored values it makes. */
interface Draft {
  readonly shape: Shape.Shape
  readonly makes: Array<number>
}

/** The plan of a program. */
export const fuse = (program: Program): Plan => {
  const { outputs, values } = share(program)
  const { alias, stored, used } = decide(values, outputs)
  const at = (value: number): Value => values[value] as Value

  const slots: Array<Slot> = []
  const slotOf = new Map<number, number>()
  const slot = (value: number): number => {
    const own = alias(value)
    const found = slotOf.get(own)
    if (found !== undefined) return found
    const { dtype, from, shape } = at(own)
    const made = slots.push({ dtype, shape, home: from.tag === "home" ? from.home : { tag: "own" } }) - 1
    slotOf.set(own, made)
    return made
  }
  // Inputs stand first, in order, whether they are used or not.
  values.forEach(({ from }, value) => {
    if (from.tag === "home" && from.home.tag === "input") slot(value)
  })

  /** The index of the draft that makes a stored value; what comes from outside is there from the start. */
  const made = new Map<number, number>()
  const drafts: Array<Draft | { readonly value: number }> = []

  /** The drafts that must be done before a loop can compute `value`, and whether each is read at the loop's own place. */
  const needs = (
    value: number,
    follow: Follow,
    rank: number,
    shape: Shape.Shape,
    top: boolean,
    visit: (draft: number, inPlace: boolean) => void,
  ): void => {
    const { from } = at(value)
    const own = alias(value)
    if (!top && stored.has(own)) {
      const draft = made.get(own)
      if (draft !== undefined)
        visit(draft, Shape.equals(at(own).shape, shape) && isDense(accessOf(at(value).shape, follow, rank), shape))
      return
    }
    if (from.tag !== "step" || from.equation.primitive === "iota") return
    for (const input of from.inputs) needs(input, through(from.equation, at(input), follow) ?? follow, rank, shape, false, visit)
  }

  const place = (value: number): void => {
    const { from, shape } = at(value)
    if (from.tag !== "step") {
      if (from.tag === "literal") made.set(value, drafts.push({ shape, makes: [value] }) - 1)
      return
    }
    const { primitive } = from.equation
    const looping =
      elementwise.has(primitive) ||
      primitive === "iota" ||
      through(from.equation, at(from.inputs[0] ?? value), straight(shape.length)) !== undefined
    if (!looping) {
      made.set(value, drafts.push({ value }) - 1)
      return
    }
    let earliest = 0
    needs(value, straight(shape.length), shape.length, shape, true, (draft, inPlace) => {
      earliest = Math.max(earliest, inPlace ? draft : draft + 1)
    })
    const joined = drafts.findIndex((draft, i) => i >= earliest && "makes" in draft && Shape.equals(draft.shape, shape))
    if (joined >= 0) {
      ;(drafts[joined] as Draft).makes.push(value)
      made.set(value, joined)
    } else made.set(value, drafts.push({ shape, makes: [value] }) - 1)
  }
  values.forEach((_, value) => {
    if (used.has(value) && stored.has(value)) place(value)
  })

  /** The terms of a loop: what its stores need, each once. */
  const bodyOf = (rank: number, shape: Shape.Shape, inLoop: ReadonlySet<number>) => {
    const terms: Array<Term> = []
    const known = new Map<string, number>()
    const add = (key: string, term: () => Term): number => {
      const found = known.get(key)
      if (found !== undefined) return found
      const made_ = terms.push(term()) - 1
      known.set(key, made_)
      return made_
    }
    const build = (value: number, follow: Follow, top: boolean): number => {
      const { dtype, from, shape: own } = at(value)
      const access = accessOf(own, follow, rank)
      const key = `${value} ${access.offset} ${access.strides.join(" ")}`
      const isStored = stored.has(alias(value))
      const here = inLoop.has(alias(value)) && Shape.equals(at(alias(value)).shape, shape) && isDense(access, shape)
      if (from.tag === "literal") return add(`literal ${value}`, () => ({ tag: "literal", value: from.value, dtype }))
      if (isStored && !top && here && alias(value) !== value) return build(alias(value), straight(rank), true)
      if (isStored && !top && !here) return add(key, () => ({ tag: "load", slot: slot(value), dtype, access }))
      if (from.tag === "home") return add(key, () => ({ tag: "load", slot: slot(value), dtype, access }))
      const { equation, inputs } = from
      if (equation.primitive === "iota") {
        const { axis } = paramsOf("iota", equation)
        const strides = Array.from({ length: rank }, (_, i) => follow.shares[axis]?.[i] ?? 0)
        return add(`index ${key}`, () => ({ tag: "index", dtype, access: { offset: follow.offsets[axis] ?? 0, strides } }))
      }
      if (!elementwise.has(equation.primitive)) {
        const [input] = inputs as readonly [number]
        return build(input, through(equation, at(input), follow) ?? follow, false)
      }
      const found = known.get(`apply ${key}`)
      if (found !== undefined) return found
      const built = inputs.map((input) => build(input, follow, false))
      return add(`apply ${key}`, () => ({ tag: "apply", primitive: equation.primitive as Elementwise, dtype, inputs: built }))
    }
    return { terms, build }
  }

  /** Values that some kernel other than their own loop reads, or that the program gives. */
  const wanted = new Set<number>(outputs.map(alias))
  drafts.forEach((draft, i) => {
    const reading = (value: number, follow: Follow, rank: number, shape: Shape.Shape, top: boolean): void => {
      const { from } = at(value)
      const own = alias(value)
      if (!top && stored.has(own)) {
        const inPlace = Shape.equals(at(own).shape, shape) && isDense(accessOf(at(value).shape, follow, rank), shape)
        if (made.get(own) !== i || !inPlace) wanted.add(own)
        return
      }
      if (from.tag !== "step" || from.equation.primitive === "iota") return
      for (const input of from.inputs) reading(input, through(from.equation, at(input), follow) ?? follow, rank, shape, false)
    }
    if ("makes" in draft)
      for (const value of draft.makes) reading(value, straight(draft.shape.length), draft.shape.length, draft.shape, true)
    else {
      const { from } = at(draft.value)
      if (from.tag === "step") for (const input of from.inputs) reading(input, straight(at(input).shape.length), -1, [], false)
    }
  })

  const matrix = (value: number): Matrix => {
    const { shape } = at(value)
    const rank = shape.length
    let [base, follow] = [value, straight(rank)]
    for (;;) {
      const { from } = at(base)
      if (stored.has(alias(base)) || from.tag !== "step") break
      const [input] = from.inputs as readonly [number]
      follow = through(from.equation, at(input), follow) ?? follow
      base = input
    }
    const { offset, strides } = accessOf(at(base).shape, follow, rank)
    return { slot: slot(base), offset, batch: strides.slice(0, -2), row: strides.at(-2) ?? 0, column: strides.at(-1) ?? 0 }
  }

  const view = (value: number): View => ({ slot: slot(value), shape: at(value).shape })

  const kernelOf = (draft: Draft | { readonly value: number }): Kernel => {
    if ("makes" in draft) {
      const rank = draft.shape.length
      const { build, terms } = bodyOf(rank, draft.shape, new Set(draft.makes))
      const stores: Array<Store> = draft.makes.flatMap((value) =>
        wanted.has(value) ? [{ slot: slot(value), term: build(value, straight(rank), true) }] : [],
      )
      return { tag: "loop", shape: draft.shape, terms, stores }
    }
    const { from, shape } = at(draft.value)
    if (from.tag !== "step") throw new Error("only steps are drafted alone")
    const { equation, inputs } = from
    const [first = 0, second = 0] = inputs
    if (isProduct(equation)) {
      const [m = 0, n = 0] = shape.slice(-2)
      const batch = shape.slice(0, -2)
      return {
        tag: "product",
        batch,
        m,
        n,
        k: at(first).shape.at(-1) ?? 0,
        a: matrix(first),
        b: matrix(second),
        slot: slot(draft.value),
      }
    }
    if (reductions.has(equation.primitive)) {
      const { axes } = paramsOf("reduceSum", equation)
      const operand = at(first).shape
      const all = operand.map((_, axis) => axis)
      const order = [...all.filter((axis) => !axes.includes(axis)), ...all.filter((axis) => axes.includes(axis))]
      const looped = order.map((axis) => operand[axis] ?? 1)
      const follow: Follow = {
        offsets: all.map(() => 0),
        shares: all.map((axis) => order.map((loopAxis) => (loopAxis === axis ? 1 : 0))),
      }
      const { build, terms } = bodyOf(operand.length, looped, new Set())
      return {
        tag: "reduce",
        primitive: equation.primitive as "reduceSum",
        shape: looped,
        kept: operand.length - axes.length,
        order: axes.includes(operand.length - 1) ? "rows" : "columns",
        term: build(first, follow, false),
        terms,
        slot: slot(draft.value),
      }
    }
    return { tag: "outside", equation, inputs: inputs.map(view), slot: slot(draft.value) }
  }
  const kernels = drafts.map(kernelOf).filter((kernel) => kernel.tag !== "loop" || kernel.stores.length > 0)
  return { inputs: program.inputs, slots, kernels, outputs: outputs.map(view) }
}
