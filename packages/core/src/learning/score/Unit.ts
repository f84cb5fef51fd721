/**
 * What a target was measured in. A net may learn a price as its distance from the mean price in standard deviations, or as
 * a logarithm; a person wants to read how many dollars it is off. A unit is the way back, column by column.
 */
import type { Tensor } from "../../language/Expr.ts"
import * as T from "../../tensor/Tensor.ts"

/** The way from what a net learns to what was measured: curve(scale · x + shift). */
export interface Unit {
  readonly scale: number
  readonly shift: number
  readonly curve: "none" | "expm1"
}

/** What a net's number was measured as. `Score.restore({ scale: 2, shift: 10, curve: "none" }, 1.5) // => 13` */
export const restore = ({ curve, scale, shift }: Unit, x: number): number => {
  const straight = x * scale + shift
  return curve === "expm1" ? Math.expm1(straight) : straight
}

/** Whether numbers are as far apart for the net as they were measured; a shift moves both. */
export const isKept = ({ curve, scale }: Unit): boolean => scale === 1 && curve === "none"

/** One number for each column, or for all of them. */
const row = (values: ReadonlyArray<number>): Tensor =>
  values.every((value) => value === values[0]) ? T.scalar(values[0] ?? 1) : T.make(values)

/**
 * How far outputs are from targets of the same shape, column by column as measured; no units are the net's own.
 *
 * A difference is stretched, instead of one taken of what was stretched, since that would lose the digits in which output
 * and target are alike: of exponentials it is eᵇ (eᵃ⁻ᵇ - 1).
 */
export const difference = (output: Tensor, target: Tensor, units: ReadonlyArray<Unit> = []): Tensor => {
  if (units.every(isKept)) return T.sub(output, target)
  // Of one column any shape will do; several are the last axis.
  const columns = (x: Tensor): Tensor => (units.length === 1 ? x : T.reshape(x, [-1, units.length]))
  const scale = row(units.map((unit) => unit.scale))
  const apart = T.mul(T.sub(columns(output), columns(target)), scale)
  if (units.every(({ curve }) => curve === "none")) return apart
  const straight = T.add(T.mul(columns(target), scale), row(units.map(({ shift }) => shift)))
  const curved = T.mul(T.exp(straight), T.expm1(apart))
  if (units.every(({ curve }) => curve === "expm1")) return curved
  return T.where(
    T.make(
      units.map(({ curve }) => curve === "expm1"),
      "bool",
    ),
    curved,
    apart,
  )
}
