/** How reductions combine elements, and the partial results of their loops. */
import type { Reduce } from "../../../compiler/Plan.ts"
import type { DType } from "../../../types/DType.ts"
import type { Code } from "../assembler/Code.ts"
import { f32x4, i32x4, type Local, type V128, v128 } from "../assembler/Value.ts"

/** How results are combined, and how a loop does it. */
export interface Combination {
  readonly start: V128
  readonly combine: (sofar: V128, x: V128) => V128
  /** A quicker way to combine many: at first the start. */
  readonly accumulate?: (code: Code) => Accumulator
}

/** A partial result of a loop. */
export interface Accumulator {
  readonly add: (x: V128) => void
  readonly value: () => Local<"v128">
  readonly clear: () => void
}

/**
 * Hosts compute the maximum of floats with nine instructions, since it is NaN if either is NaN, and 0 of −0 and 0. Four suffice
 * in a loop: those of `nearly`, which drops NaN and takes either zero, a mask of the NaNs, and what the signs of all elements
 * have in common, which decides about zeros.
 */
const extremum =
  (nearly: (sofar: V128, x: V128) => V128, start: V128, signs: (sofar: V128, x: V128) => V128, noSigns: V128) =>
  (code: Code): Accumulator => {
    const best = code.variable(start)
    const nans = code.variable(i32x4.const(0))
    const common = code.variable(noSigns)
    return {
      add: (given) => {
        const x = code.let(given)
        code.set(best, nearly(best, x))
        code.set(nans, v128.or(nans, f32x4.ne(x, x)))
        code.set(common, signs(common, x))
      },
      value: () => {
        const zero = v128.and(common, i32x4.const(-0x80000000))
        return code.let(v128.or(v128.bitselect(zero, best, f32x4.eq(best, 0)), nans))
      },
      clear: () => {
        code.set(best, start)
        code.set(nans, i32x4.const(0))
        code.set(common, noSigns)
      },
    }
  }

/** Reductions that combine elements. */
export type Folding = Exclude<Reduce["primitive"], "argMax">

const [least, greatest] = [f32x4.const(Number.NEGATIVE_INFINITY), f32x4.const(Number.POSITIVE_INFINITY)]

const combinations: { readonly [P in Folding]: { readonly float: Combination; readonly whole: Combination } } = {
  reduceSum: {
    float: { start: f32x4.const(0), combine: f32x4.add },
    whole: { start: i32x4.const(0), combine: i32x4.add },
  },
  reduceMax: {
    float: { start: least, combine: f32x4.max, accumulate: extremum(f32x4.pmax, least, v128.and, i32x4.const(-1)) },
    whole: { start: i32x4.const(-(2 ** 31)), combine: i32x4.max_s },
  },
  reduceMin: {
    float: { start: greatest, combine: f32x4.min, accumulate: extremum(f32x4.pmin, greatest, v128.or, i32x4.const(0)) },
    whole: { start: i32x4.const(2 ** 31 - 1), combine: i32x4.min_s },
  },
}

/** A partial result in locals. */
export const makeAccumulator = (code: Code, { accumulate, combine, start }: Combination): Accumulator => {
  if (accumulate !== undefined) return accumulate(code)
  const sofar = code.variable(start)
  return {
    add: (x) => code.set(sofar, combine(sofar, x)),
    value: () => sofar,
    clear: () => code.set(sofar, start),
  }
}

/** How a reduction combines elements. */
export const combinationOf = (primitive: Folding, dtype: DType): Combination =>
  combinations[primitive][dtype === "f32" ? "float" : "whole"]
