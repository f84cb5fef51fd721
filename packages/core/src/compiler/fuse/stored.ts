/** Which values of a program are stored in memory; the others are computed where a loop needs them. */
import type { Params, Primitive } from "../../language/Primitive.ts"
import { isKind } from "../../language/primitiveFacts.ts"
import type { Pieces } from "../../types/Pieces.ts"
import * as Shape from "../../types/Shape.ts"
import { isRearrangement } from "./indexMap.ts"
import { isCostly, isElementwise, isProduct, paramsOf, type Value, valuesOfPiece } from "./values.ts"

/** The most equations that a loop computes for one value, so that hosts compile its body well. */
const longest = 64

/** The values that a program's outputs need, and which of them are stored. */
export interface Stored {
  readonly used: ReadonlySet<number>
  readonly isStored: (value: number) => boolean
  /** The value in whose slot a value is stored: a reshape has the data of its input. */
  readonly alias: (value: number) => number
  /** For a stored value that is consecutive elements of another stored one: that value, and the first element. */
  readonly part: (value: number) => Part | undefined
}

/** Consecutive elements of a value, from `offset` on. */
export interface Part {
  readonly of: number
  readonly offset: number
}

/** Whether a value is in memory wherever it is used: it is given, or a kernel of its own computes it. */
const isMade = ({ from }: Value): boolean => {
  if (from.tag !== "equation") return from.tag === "storage"
  const { primitive } = from.equation
  return !isElementwise(from.equation) && !isKind(primitive, "index") && !isKind(primitive, "rearrangement")
}

/** The first element of a slice whose elements are consecutive in its input. */
const consecutive = (shape: Shape.Shape, { limit, start, stride }: Params["slice"]): number | undefined => {
  const out = shape.map((_, axis) => (limit[axis] ?? 0) - (start[axis] ?? 0))
  // Axes before the first that is longer than 1 have one element, axes after it all.
  const first = out.findIndex((n) => n !== 1)
  const isWhole = shape.every((n, axis) => (first >= 0 && axis <= first) || first < 0 || out[axis] === n)
  if (!isWhole || stride.some((n, axis) => n !== 1 && out[axis] !== 1)) return undefined
  return Shape.strides(shape).reduce((sum, step, axis) => sum + step * (start[axis] ?? 0), 0)
}

/** Decides for all values: backwards from the outputs what must be stored, then forwards what is cheaper to store. */
export function* decide(values: ReadonlyArray<Value>, outputs: ReadonlyArray<number>, hasParts: boolean): Pieces<Stored> {
  const at = (value: number): Value => values[value] as Value
  const aliases = values.map((_, value) => value)
  values.forEach(({ from }, value) => {
    if (from.tag === "equation" && from.equation.primitive === "reshape")
      aliases[value] = aliases[from.inputs[0] as number] as number
  })
  const alias = (value: number): number => aliases[value] as number
  const results = new Set(outputs.map(alias))
  /** Outputs are arrays of their own, and what is sliced must be in memory anyway. */
  const part = (value: number): Part | undefined => {
    if (!hasParts) return undefined
    let offset = 0
    for (let of = value; ; ) {
      const { from } = at(of)
      if (from.tag !== "equation" || from.equation.primitive !== "slice" || results.has(of)) return undefined
      const [input = 0] = from.inputs
      const before = consecutive(at(input).shape, paramsOf("slice", from.equation))
      if (before === undefined) return undefined
      offset += before
      of = alias(input)
      if (isMade(at(of))) return { of, offset }
    }
  }
  const stored = new Set<number>()
  const used = new Set<number>()
  const users = new Map<number, number>()
  const store = (value: number): void => {
    stored.add(alias(value))
    used.add(alias(value))
  }

  /** A value that a loop computes from: stored where the loop cannot compute it in place, or would compute it repeatedly. */
  const operand = (value: number, expanded: boolean): void => {
    const { from } = at(value)
    used.add(value)
    users.set(value, (users.get(value) ?? 0) + 1)
    if (from.tag !== "equation" || isKind(from.equation.primitive, "index")) return
    const { equation, inputs } = from
    if (isElementwise(equation) ? expanded : !isRearrangement(equation, at(inputs[0] ?? value))) store(value)
  }
  /** An operand of a product: stored, but for rearrangements, which become the strides of the product. */
  const backed = (value: number): void => {
    let base = value
    for (;;) {
      const { from } = at(base)
      used.add(base)
      const [input] = from.tag === "equation" ? from.inputs : []
      if (from.tag !== "equation" || input === undefined || !isRearrangement(from.equation, at(input))) break
      base = input
    }
    store(base)
  }
  outputs.forEach(store)
  for (let value = values.length - 1; value >= 0; value--) {
    if (value % valuesOfPiece === 0) yield
    const { from } = at(value)
    if (from.tag !== "equation" || !used.has(value)) continue
    const { equation, inputs } = from
    const { primitive } = equation
    const grows = (input: number): boolean =>
      primitive === "broadcast" && Shape.size(at(input).shape) < Shape.size(equation.out.shape)
    const whole = stored.has(alias(value)) ? part(alias(value)) : undefined
    if (whole !== undefined) store(whole.of)
    else if (isProduct(equation)) inputs.forEach(backed)
    else if (isElementwise(equation) || isKind(primitive, "reduction") || isRearrangement(equation, at(inputs[0] ?? value)))
      for (const input of inputs) operand(input, grows(input))
    else if (!isKind(primitive, "index")) inputs.forEach(store)
  }

  const costs: Array<number> = []
  const lengths: Array<number> = []
  const isUsedAgain = (value: number): boolean => (users.get(value) ?? 0) > 1
  /** Whether a value is one instruction on a number and another value that loops read anyway, such as √½ x. */
  const isScaled = (primitive: Primitive, inputs: ReadonlyArray<number>, cost: number): boolean => {
    const [input, ...others] = inputs.filter((input) => !isNumber(input))
    return input !== undefined && others.length === 0 && isUsedAgain(input) && !isCostly(primitive) && cost <= 2
  }
  const numbers = new Set<number>()
  const isNumber = (value: number): boolean => at(value).from.tag === "literal" || numbers.has(value)
  for (const [value, { from }] of values.entries()) {
    if (value % valuesOfPiece === 0) yield
    if (from.tag === "equation" && from.equation.primitive === "broadcast" && from.inputs.every(isNumber)) numbers.add(value)
    let [cost, length] = [0, 0]
    if (from.tag === "equation" && used.has(value) && !stored.has(alias(value))) {
      const { primitive } = from.equation
      cost = isKind(primitive, "elementwise") ? (isCostly(primitive) ? 2 : 1) : 0
      length = 1
      for (const input of from.inputs) {
        cost += costs[input] ?? 0
        length += lengths[input] ?? 0
      }
      const isWorth = cost > 1 && !isScaled(primitive, from.inputs, cost)
      const again = isKind(primitive, "elementwise") && isUsedAgain(value) && isWorth
      if (again || length > longest) {
        store(value)
        cost = 0
        length = 0
      }
    }
    costs.push(cost)
    lengths.push(length)
  }
  return {
    used,
    alias,
    isStored: (value) => stored.has(alias(value)),
    part: (value) => (stored.has(value) ? part(value) : undefined),
  }
}
