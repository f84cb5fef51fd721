/**
 * How strongly one column and the target go together, from 0 to 1 whatever their types: the correlation of two quantities
 * (Pearson, 1895), the correlation ratio of a quantity and names (Fisher, 1925), and V of two kinds of names (Cramér, 1946).
 */
import { mostCommon, type NameCodes, ofNames } from "./NameCodes.ts"
import { codesOf, type Values } from "./summary.ts"

/** The rows of a name: how many, and the mean of the target there; of names, the share of each. */
export interface Group {
  readonly name: string
  readonly rows: number
  /** The mean of a target of numbers, or the share of the second of two names. */
  readonly mean?: number
}

/** A column beside the target. */
export interface Relation {
  /** From 0, nothing in common, to 1. */
  readonly strength: number
  /** The correlation, from -1 to 1, of two quantities, or of a quantity and the second of two names. */
  readonly correlation?: number
  /** The target in the rows of each of the column's most common names. */
  readonly groups?: ReadonlyArray<Group>
  /**
   * The share of rows whose target is the most common one among the rows with the same cell: 1 if the column alone tells the
   * target. Absent for a target of quantities, and for a column with more than one value for five rows.
   */
  readonly told?: number
}

/** Groups that are listed. */
const listed = 6

const meanOf = (values: ArrayLike<number>): number => {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i] as number
  return sum / values.length
}

/** Pearson's correlation; 0 if one of both is constant. */
export const correlation = (x: ArrayLike<number>, y: ArrayLike<number>): number => {
  const [mx, my] = [meanOf(x), meanOf(y)]
  let [xy, xx, yy] = [0, 0, 0]
  for (let i = 0; i < x.length; i++) {
    const [dx, dy] = [(x[i] ?? 0) - mx, (y[i] ?? 0) - my]
    xy += dx * dy
    xx += dx * dx
    yy += dy * dy
  }
  return xx > 0 && yy > 0 ? Math.max(-1, Math.min(1, xy / Math.sqrt(xx * yy))) : 0
}

/** The names of some rows by their codes. */
interface Names {
  readonly codes: Int32Array
  /** How many rows have each code; 0 for codes of other rows. */
  readonly counts: Int32Array
}

const distinctOf = ({ counts }: Names): number => counts.reduce((sum, count) => sum + (count > 0 ? 1 : 0), 0)

const allOf = ({ codes, counts }: NameCodes): Names => ({ codes, counts })

/** The names of these rows. */
const namesOf = ({ codes, size }: NameCodes, rows: Int32Array): Names => {
  const own = rows.map((row) => codes[row] as number)
  const counts = new Int32Array(size)
  for (const code of own) counts[code] = (counts[code] as number) + 1
  return { codes: own, counts }
}

/** The sum of the values of each name. */
const sumsOf = ({ codes, counts }: Names, values: ArrayLike<number>): Float64Array => {
  const sums = new Float64Array(counts.length)
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i] as number
    sums[code] = (sums[code] as number) + (values[i] as number)
  }
  return sums
}

const ratioOf = (names: Names, values: ArrayLike<number>): number => {
  const mean = meanOf(values)
  let total = 0
  for (let i = 0; i < values.length; i++) total += ((values[i] as number) - mean) ** 2
  const sums = sumsOf(names, values)
  let between = 0
  for (const [code, count] of names.counts.entries())
    if (count > 0) between += count * ((sums[code] as number) / count - mean) ** 2
  return total > 0 ? Math.sqrt(Math.min(1, between / total)) : 0
}

/** The correlation ratio η of quantities in groups: the root of the share of their variance that the groups explain. */
export const correlationRatio = (names: ReadonlyArray<string>, values: ArrayLike<number>): number =>
  ratioOf(allOf(ofNames(names, true)), values)

/** Pairs of names that are counted in a table of all pairs. */
const dense = 2 ** 22

/** Calls `each` with every pair of names that some row has, and how many rows have it; pairs of one name of `a` follow each other. */
const eachPair = (a: Names, b: Names, each: (a: number, b: number, count: number) => void): void => {
  const width = b.counts.length
  if (a.counts.length * width <= dense) {
    const counts = new Int32Array(a.counts.length * width)
    for (let i = 0; i < a.codes.length; i++) {
      const at = (a.codes[i] as number) * width + (b.codes[i] as number)
      counts[at] = (counts[at] as number) + 1
    }
    for (const [at, count] of counts.entries()) if (count > 0) each(Math.floor(at / width), at % width, count)
    return
  }
  const pairs = Float64Array.from(a.codes, (code, i) => code * width + (b.codes[i] as number)).sort()
  for (let start = 0; start < pairs.length; ) {
    const pair = pairs[start] as number
    let end = start + 1
    while (end < pairs.length && pairs[end] === pair) end++
    each(Math.floor(pair / width), pair % width, end - start)
    start = end
  }
}

const associationOf = (a: Names, b: Names): number => {
  const smaller = Math.min(distinctOf(a), distinctOf(b)) - 1
  if (smaller < 1) return 0
  let squares = 0
  eachPair(a, b, (one, other, count) => {
    squares += count ** 2 / ((a.counts[one] as number) * (b.counts[other] as number))
  })
  return Math.sqrt(Math.min(1, Math.max(0, squares - 1) / smaller))
}

/** Cramér's V of two kinds of names; 0 if one of both is constant. */
export const cramersV = (a: ReadonlyArray<string>, b: ReadonlyArray<string>): number =>
  associationOf(allOf(ofNames(a, true)), allOf(ofNames(b, true)))

/** The share of rows whose target is the most common one among the rows with the same name. */
const toldBy = (names: Names, targets: Names): number => {
  let right = 0
  let [last, most] = [-1, 0]
  eachPair(names, targets, (name, _, count) => {
    if (name !== last) {
      right += most
      most = 0
      last = name
    }
    most = Math.max(most, count)
  })
  return (right + most) / names.codes.length
}

/** A column of numbers with more distinct values than this is a quantity, one with fewer may be names. */
const fewNames = 20

/** A target as it is compared: names, or quantities. */
export interface Target {
  readonly values: Values
  readonly isQuantity: boolean
}

/**
 * The relation of a column with the target, over the rows where neither is blank; undefined if there are fewer than two, and
 * for names of which every row has one of its own, which go with any target.
 */
export const relate = (column: Values, target: Target): Relation | undefined => {
  const [own, other] = [codesOf(column), codesOf(target.values)]
  const rows = knownIn(own, other)
  if (rows.length < 2) return undefined
  const chosen = (values: Float64Array | undefined): Float64Array => Float64Array.from(rows, (row) => values?.[row] ?? 0)
  const names = namesOf(own, rows)
  const numbers = column.numbers === undefined ? undefined : chosen(column.numbers)
  const distinct = distinctOf(names)
  if (numbers === undefined && distinct === rows.length) return undefined
  const targets = namesOf(other, rows)
  const measured = target.isQuantity ? chosen(target.values.numbers) : secondOf(targets, (code) => other.nameOf(code))
  const isNamed = numbers === undefined || distinct <= fewNames
  const sums = isNamed && measured !== undefined ? sumsOf(names, measured) : undefined
  const groups =
    sums === undefined
      ? undefined
      : mostCommon(names.counts, (code) => own.nameOf(code), listed).map(
          ({ code, name, rows: count }): Group => ({ name, rows: count, mean: (sums[code] as number) / count }),
        )
  const told = target.isQuantity || distinct > rows.length / 5 ? {} : { told: toldBy(names, targets) }
  const more = { ...(groups === undefined ? {} : { groups }), ...told }
  if (numbers !== undefined && measured !== undefined) {
    const r = correlation(numbers, measured)
    return { strength: Math.abs(r), correlation: r, ...more }
  }
  if (numbers !== undefined) return { strength: ratioOf(targets, numbers), ...more }
  return { strength: target.isQuantity ? ratioOf(names, measured ?? []) : associationOf(names, targets), ...more }
}

/** The rows where neither of two columns is blank. */
const knownIn = ({ codes: a }: NameCodes, { codes: b }: NameCodes): Int32Array => {
  const rows = new Int32Array(a.length)
  let count = 0
  for (let i = 0; i < a.length; i++) if ((a[i] as number) >= 0 && (b[i] ?? -1) >= 0) rows[count++] = i
  return rows.subarray(0, count)
}

/** 1 where a row has the second of two names, in their order, and 0 elsewhere; `undefined` if there are not two. */
const secondOf = (targets: Names, nameOf: (code: number) => string): Float64Array | undefined => {
  if (distinctOf(targets) !== 2) return undefined
  const [one = 0, other = 0] = Array.from(targets.counts.keys()).filter((code) => (targets.counts[code] ?? 0) > 0)
  const second = nameOf(one) < nameOf(other) ? other : one
  return Float64Array.from(targets.codes, (code) => (code === second ? 1 : 0))
}
