/** What a diagnosis concludes from its numbers, and the documentation of a diagnosis: plain data. */

/** A value outside of what is healthy: what it is, and what to try. */
export interface Concern {
  /** What is wrong, with the numbers. */
  readonly message: string
  readonly advice: string
  /** The layer that shows it: names from the outermost net to the layer, joined by dots. */
  readonly layer?: string
  /** A learning rate that is likely to work. */
  readonly learningRate?: number
}

/** The documentation of a diagnosis. */
export interface Facts {
  /** One sentence: what it measures. */
  readonly doc: string
  /** The values that a healthy run has. */
  readonly healthy: string
  /** What to do otherwise. */
  readonly advice: string
  /** Paper or course, and year. */
  readonly source: string
  /** Whether it looks at untrained weights, at trained ones, or at any. */
  readonly weights: "untrained" | "trained" | "any"
}

/** A number with three digits, as messages show it. `shown(0.0012345) // => "0.00123"` */
export const shown = (x: number): string => {
  if (!Number.isFinite(x)) return String(x)
  const size = Math.abs(x)
  const text = size !== 0 && (size < 1e-3 || size >= 1e5) ? x.toExponential(1) : String(Number(x.toPrecision(3)))
  return text.replace("e+", "e").replace(".0e", "e")
}
