/** Whether the values of a column differ between two parts of the rows. */
import { type NameCodes, ofNames } from "./NameCodes.ts"
import { codesOf, sortedOf, type Values } from "./summary.ts"

/** The largest difference between the cumulative shares of two samples (Kolmogorov, 1933; Smirnov, 1939), from 0 to 1. */
export const largestGap = (a: Float64Array, b: Float64Array): number => {
  const [x, y] = [sortedOf(a), sortedOf(b)]
  let [i, j, gap] = [0, 0, 0]
  while (i < x.length && j < y.length) {
    const value = Math.min(x[i] ?? 0, y[j] ?? 0)
    while (i < x.length && (x[i] ?? 0) <= value) i++
    while (j < y.length && (y[j] ?? 0) <= value) j++
    gap = Math.max(gap, Math.abs(i / x.length - j / y.length))
  }
  return gap
}

/** Half of the sum of the differences between the shares of all names, and how many names there are. */
const variationOf = (a: NameCodes, b: NameCodes): { readonly variation: number; readonly kinds: number } => {
  const [n, m] = [known(a), known(b)]
  if (n === 0 || m === 0) return { variation: 0, kinds: a.size + b.size }
  let sum = 0
  let kinds = a.size
  for (const [code, count] of a.counts.entries()) sum += Math.abs(count / n - (b.counts[b.codeOf(a, code)] ?? 0) / m)
  for (const [code, count] of b.counts.entries()) {
    if (a.codeOf(b, code) >= 0) continue
    sum += count / m
    kinds++
  }
  return { variation: sum / 2, kinds }
}

/** How many rows are not blank. */
const known = ({ counts }: NameCodes): number => counts.reduce((sum, count) => sum + count, 0)

/** Half of the sum of the differences between the shares of all names: the total variation, from 0 to 1. */
export const totalVariation = (a: ReadonlyArray<string>, b: ReadonlyArray<string>): number =>
  variationOf(ofNames(a), ofNames(b)).variation

/** Differences below this are small, however many rows show them. */
const small = 0.15

/** How often chance alone makes equal parts differ. */
const level = 0.001

/**
 * The largest gap between two samples of numbers, if chance does not explain it: at the level 0.001 of the Kolmogorov–Smirnov test,
 * divided among `tests` tests that are made together (Bonferroni, 1936). Undefined otherwise, and for fewer than two numbers.
 */
export const numbersDrift = (a: Float64Array, b: Float64Array, tests = 1): number | undefined => {
  const [n, m] = [sortedOf(a).length, sortedOf(b).length]
  if (n < 2 || m < 2) return undefined
  const gap = largestGap(a, b)
  return gap > small && gap > Math.sqrt((Math.log((2 * tests) / level) / 2) * (1 / n + 1 / m)) ? gap : undefined
}

/**
 * The difference between the values of a column in two parts, if chance does not explain it: for numbers as `numbersDrift`
 * has it; for names, when the total variation is more than three times what equal parts of these sizes have on
 * average. Undefined otherwise.
 */
export const drift = (a: Values, b: Values): number | undefined => {
  if (a.numbers !== undefined && b.numbers !== undefined) return numbersDrift(a.numbers, b.numbers)
  const [codesA, codesB] = [codesOf(a), codesOf(b)]
  const [n, m] = [known(codesA), known(codesB)]
  if (n < 2 || m < 2) return undefined
  const noise = Math.sqrt(1 / n + 1 / m)
  const { kinds, variation } = variationOf(codesA, codesB)
  return variation > small && variation > (3 / 2) * noise * Math.sqrt((2 / Math.PI) * kinds) ? variation : undefined
}
