/**
 * The original units of targets. A net may learn a standardized price, or its logarithm, while a person reads errors in
 * dollars. A unit is the inverse of that scaling, for one column.
 */
import type { Tensor } from "../../language/Expr.ts"
import * as T from "../../tensor/Tensor.ts"

/** The map from a net's number to the original unit: curve(scale · x + shift). */
export interface Unit {
  readonly scale: number
  readonly shift: number
  readonly curve: "none" | "expm1"
}

/** A net's number in the original unit. `Score.restore({ scale: 2, shift: 10, curve: "none" }, 1.5) // => 13` */
export const restore = ({ curve, scale, shift }: Unit, x: number): number => {
  const linear = x * scale + shift
  return curve === "expm1" ? Math.expm1(linear) : linear
}

/** Whether differences are the same for the net and in the original unit. A shift does not change differences. */
export const isKept = ({ curve, scale }: Unit): boolean => scale === 1 && curve === "none"

/** One number for each column, or for all of them. */
const row = (values: ReadonlyArray<number>): Tensor =>
  values.every((value) => value === values[0]) ? T.scalar(values[0] ?? 1) : T.make(values)

/**
 * The differences of outputs and targets of the same shape, in the original unit of each column; without units, unchanged.
 *
 * Differences are scaled, instead of subtracting scaled numbers, which would lose digits by cancellation. For exponentials the
 * difference is eᵇ (eᵃ⁻ᵇ - 1).
 */
export const difference = (output: Tensor, target: Tensor, units: ReadonlyArray<Unit> = []): Tensor => {
  if (units.every(isKept)) return T.sub(output, target)
  // One column can have any shape; several are the last axis.
  const columns = (x: Tensor): Tensor => (units.length === 1 ? x : T.reshape(x, [-1, units.length]))
  const scale = row(units.map((unit) => unit.scale))
  const apart = T.mul(T.sub(columns(output), columns(target)), scale)
  if (units.every(({ curve }) => curve === "none")) return apart
  const linear = T.add(T.mul(columns(target), scale), row(units.map(({ shift }) => shift)))
  const curved = T.mul(T.exp(linear), T.expm1(apart))
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
