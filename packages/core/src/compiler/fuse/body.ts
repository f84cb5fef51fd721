/** The body of a loop: the terms that its stores need, each once. */
import { isKind } from "../../language/primitiveFacts.ts"
import * as Shape from "../../types/Shape.ts"
import { type Elementwise, isDense, type Term } from "../Plan.ts"
import { accessOf, type IndexMap, identityMap, through } from "./indexMap.ts"
import type { Stored } from "./stored.ts"
import { isElementwise, paramsOf, type Value } from "./values.ts"

/** The values that bodies are built from, which of them are stored, and in which slots. */
export interface Source {
  readonly at: (value: number) => Value
  readonly stored: Stored
  readonly slot: (value: number) => number
}

/** Terms under construction. */
export interface Body {
  readonly terms: ReadonlyArray<Term>
  /** The term of a value whose axes are mapped to the loop's. `made` means that the loop computes it itself, whether it is stored or not. */
  readonly term: (value: number, map: IndexMap, made: boolean) => number
}

/** Whether a loop reads a value, at each iteration, just at the element that it is about to compute. */
export const isInPlace = ({ at, stored }: Source, value: number, map: IndexMap, shape: Shape.Shape): boolean =>
  Shape.equals(at(stored.alias(value)).shape, shape) && isDense(accessOf(at(value).shape, map, shape.length), shape)

/** A body of a loop over `shape`. The values in `makes` are computed by the loop and need not be loaded where they are read in place. */
export const bodyOf = (source: Source, shape: Shape.Shape, makes: ReadonlySet<number>): Body => {
  const { at, slot, stored } = source
  const rank = shape.length
  const terms: Array<Term> = []
  const known = new Map<string, number>()
  const add = (key: string, make: () => Term): number => {
    const found = known.get(key)
    if (found !== undefined) return found
    const term = make()
    const index = terms.push(term) - 1
    known.set(key, index)
    return index
  }
  const term = (value: number, map: IndexMap, made: boolean): number => {
    const { dtype, from, shape: own } = at(value)
    if (from.tag === "literal") return add(`literal ${value}`, () => ({ tag: "literal", value: from.value, dtype }))
    const access = accessOf(own, map, rank)
    const key = `${value} ${access.offset} ${access.strides.join(" ")}`
    const load = (): Term => ({ tag: "load", slot: slot(value), dtype, access })
    if (from.tag === "storage") return add(`load ${key}`, load)
    if (stored.isStored(value) && !made) {
      const alias = stored.alias(value)
      if (!makes.has(alias) || !isInPlace(source, value, map, shape)) return add(`load ${key}`, load)
      if (alias !== value) return term(alias, identityMap(rank), true)
    }
    const { equation, inputs } = from
    if (isKind(equation.primitive, "index")) {
      const { axis } = paramsOf("iota", equation)
      const strides = Array.from({ length: rank }, (_, i) => map.coefficients[axis]?.[i] ?? 0)
      return add(`index ${key}`, () => ({ tag: "index", dtype, access: { offset: map.offsets[axis] ?? 0, strides } }))
    }
    if (!isElementwise(equation)) {
      const [input = value] = inputs
      return term(input, through(equation, at(input), map) ?? map, false)
    }
    return add(`apply ${key}`, () => ({
      tag: "apply",
      primitive: equation.primitive as Elementwise,
      dtype,
      inputs: inputs.map((input) => term(input, map, false)),
    }))
  }
  return { terms, term }
}

/** Calls `visit` for every stored value that computing `value` in a loop reads, with whether it is read in place. */
export const visitReads = (
  source: Source,
  value: number,
  shape: Shape.Shape,
  visit: (read: number, inPlace: boolean) => void,
  map: IndexMap = identityMap(shape.length),
  top = true,
): void => {
  const { at, stored } = source
  const { from } = at(value)
  if (!top && stored.isStored(value)) {
    visit(stored.alias(value), isInPlace(source, value, map, shape))
    return
  }
  if (from.tag !== "equation" || isKind(from.equation.primitive, "index")) return
  for (const input of from.inputs) visitReads(source, input, shape, visit, through(from.equation, at(input), map) ?? map, false)
}
