/** The picture of an activation and its derivative. */
import { type Curves, extent, pieces } from "./Curve.ts"
import type { Figure, Mark, Tone } from "./Figure.ts"

/** What stands around the curves. */
export interface Caption {
  readonly title: string
  /** The formulas of f and f′, for the legend. */
  readonly formula: string
  readonly derivative: string
}

/** A curve in pieces, broken where it jumps; the first has its name. */
const curve = (
  z: ReadonlyArray<number>,
  y: ReadonlyArray<number>,
  tone: Tone,
  label: string,
  dashed?: true,
): ReadonlyArray<Mark> =>
  pieces(z, y).map((points, i) => ({
    kind: "line",
    points,
    tone,
    ...(i === 0 ? { label } : {}),
    ...(dashed === undefined ? {} : { dashed }),
  }))

/** A function as a line and its derivative as a dashed one. */
export const figure = (curves: Curves, { derivative, formula, title }: Caption): Figure => {
  const { f, slope, z } = curves
  return {
    kind: "panels",
    columns: 1,
    title,
    description: `${title} and its derivative`,
    panels: [
      {
        x: { label: "z", domain: [z[0] ?? 0, z.at(-1) ?? 1] },
        y: { domain: extent(curves) },
        height: 340,
        marks: [...curve(z, slope, 1, derivative, true), ...curve(z, f, 0, formula)],
      },
    ],
  }
}
