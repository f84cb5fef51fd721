/**
 * How far one step of an engine of floats may be from Reference, which computes in doubles: as far as its roundings explain,
 * and no further. Kinds other than f32 are exact. NaN, infinities and the signs of zeros are Reference's, but for what
 * leaves the range of floats on the way.
 */
import type { Primitive } from "../src/language/Primitive.ts"
import type { Equation, Program } from "../src/language/Program.ts"
import * as Reference from "../src/reference/Reference.ts"
import { NDArray } from "../src/types/NDArray.ts"

/** Primitives that add many products or elements. */
const summing = new Set<Primitive>([
  "reduceSum",
  "dot",
  "conv",
  "convInputGrad",
  "convKernelGrad",
  "windowSum",
  "windowSumGrad",
  "windowMaxGrad",
  "scatterAdd",
])

/** Half the distance from 1 to the next float. */
const unit = 2 ** -24
const smallest = 2 ** -149
/** What rounds to infinity. */
const tooLarge = 2 ** 128 - 2 ** 103
/** A product of floats has 48 bits, so one from here on is never lost below the smallest float. */
const safeProduct = 2 ** -101

const relative = 1.3e-6

/** The same arrays with each float replaced; where the maxima stand, which says only where to add, is left as it is. */
const floats = (primitive: Primitive, arrays: ReadonlyArray<NDArray>, f: (x: number) => number): ReadonlyArray<NDArray> =>
  arrays.map((array, i) =>
    array.dtype !== "f32" || (primitive === "windowMaxGrad" && i === 0)
      ? array
      : new NDArray(array.dtype, array.shape, Float64Array.from(array.data, f)),
  )

/** The least magnitude of a float that is not zero. */
const least = ({ data, dtype }: NDArray): number => {
  if (dtype !== "f32") return 1
  return Math.min(1, ...Array.from(data, Math.abs).filter((x) => x > 0))
}

/** Whether a sum of products may be `found` where it is `exact`, given how many terms there are and how much in all. */
const isSum = (found: number, exact: number, terms: number, total: number, isSafe: boolean): boolean => {
  if (Number.isNaN(exact)) return Number.isNaN(found)
  // A partial sum may leave the range of floats where the whole does not, and meet an infinity of the other sign.
  const mayOverflow = total * (1 + (terms + 1) * unit) >= tooLarge
  if (!Number.isFinite(exact)) return found === exact || (mayOverflow && Number.isNaN(found))
  if (!Number.isFinite(found)) return mayOverflow
  if (exact === 0 && found === 0) return Object.is(found, exact) || !isSafe
  // Each sum may be off by half the last place of what it adds up to, each product too, or by half the smallest float.
  return Math.abs(found - exact) <= (terms + 1) * (total * unit + smallest / 2)
}

/** Whether a function's value may be `found`: within two units of the last place of a subnormal, and the nearest float at the ends. */
const isValue = (found: number, exact: number): boolean => {
  const wanted = Math.fround(exact)
  if (Object.is(found, wanted)) return true
  if (wanted === 0 || !Number.isFinite(wanted)) return false
  return Math.abs(found - wanted) <= Math.max(Math.abs(wanted) * relative, 2 * smallest)
}

/** What is wrong with the result of a program of one step, or nothing. */
export const mistake = (single: Program, given: ReadonlyArray<NDArray>, got: NDArray): string | undefined => {
  const [{ params, primitive }] = single.equations as readonly [Equation]
  const run = (inputs: ReadonlyArray<NDArray>): NDArray => (Reference.run(single, inputs) as readonly [NDArray])[0]
  const exact = run(given).data
  const say = (i: number): string => `${primitive} ${JSON.stringify(params)} gave ${got.data[i]} at ${i}, Reference ${exact[i]}`
  const find = (isRight: (found: number, exact: number, i: number) => boolean): string | undefined => {
    for (let i = 0; i < exact.length; i++) if (!isRight(got.data[i] as number, exact[i] as number, i)) return say(i)
    return undefined
  }
  if (got.dtype !== "f32") return find(Object.is)
  if (!summing.has(primitive)) return find(isValue)
  // Most results are the nearest floats, and then there is nothing to allow for.
  if (find((found, x) => Object.is(found, Math.fround(x))) === undefined) return undefined
  const total = run(floats(primitive, given, (x) => (Number.isFinite(x) ? Math.abs(x) : 0))).data
  const terms = run(floats(primitive, given, () => 1)).data
  const isSafe = given.reduce((product, array) => product * least(array), 1) >= safeProduct
  return find((found, x, i) => isSum(found, x, terms[i] as number, total[i] as number, isSafe))
}
