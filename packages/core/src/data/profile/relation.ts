/**
 * How strongly one column and the target go together, from 0 to 1 whatever their types: the correlation of two quantities
 * (Pearson, 1895), the correlation ratio of a quantity and names (Fisher, 1925), and V of two kinds of names (Cramér, 1946).
 */
import { countsOf, type Values } from "./summary.ts"

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

const meanOf = (values: ReadonlyArray<number>): number => values.reduce((sum, value) => sum + value, 0) / values.length

/** Pearson's correlation; 0 if one of both is constant. */
export const correlation = (x: ReadonlyArray<number>, y: ReadonlyArray<number>): number => {
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

const grouped = <A>(keys: ReadonlyArray<string>, values: ReadonlyArray<A>): ReadonlyMap<string, ReadonlyArray<A>> => {
  const groups = new Map<string, Array<A>>()
  for (const [i, key] of keys.entries()) {
    const group = groups.get(key)
    const value = values[i] as A
    if (group === undefined) groups.set(key, [value])
    else group.push(value)
  }
  return groups
}

/** The correlation ratio η of quantities in groups: the root of the share of their variance that the groups explain. */
export const correlationRatio = (names: ReadonlyArray<string>, values: ReadonlyArray<number>): number => {
  const mean = meanOf(values)
  const total = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  let between = 0
  for (const group of grouped(names, values).values()) between += group.length * (meanOf(group) - mean) ** 2
  return total > 0 ? Math.sqrt(Math.min(1, between / total)) : 0
}

/** Cramér's V of two kinds of names; 0 if one of both is constant. */
export const cramersV = (a: ReadonlyArray<string>, b: ReadonlyArray<string>): number => {
  const [inA, inB] = [countsOf(a), countsOf(b)]
  const smaller = Math.min(inA.size, inB.size) - 1
  if (smaller < 1) return 0
  let squares = 0
  for (const [name, group] of grouped(a, b))
    for (const [other, count] of countsOf(group)) squares += count ** 2 / ((inA.get(name) ?? 1) * (inB.get(other) ?? 1))
  return Math.sqrt(Math.min(1, Math.max(0, squares - 1) / smaller))
}

/** The share of rows whose target is the most common one among the rows with the same name. */
const toldBy = (names: ReadonlyArray<string>, targets: ReadonlyArray<string>): number => {
  let right = 0
  for (const group of grouped(names, targets).values()) right += Math.max(...countsOf(group).values())
  return right / names.length
}

/** A column of numbers with more distinct values than this is a quantity, one with fewer may be names. */
const fewNames = 20

/** A target as it is compared: names, or quantities. */
export interface Target extends Values {
  readonly isQuantity: boolean
}

/**
 * The relation of a column with the target, over the rows where neither is blank; undefined if there are fewer than two, and
 * for names of which every row has one of its own, which go with any target.
 */
export const relate = (column: Values, target: Target): Relation | undefined => {
  const rows: Array<number> = []
  for (const [i, name] of column.names.entries()) if (name !== "" && target.names[i] !== "") rows.push(i)
  if (rows.length < 2) return undefined
  const names = rows.map((i) => column.names[i] ?? "")
  const numbers = column.numbers === undefined ? undefined : rows.map((i) => column.numbers?.[i] ?? 0)
  const distinct = countsOf(names)
  if (numbers === undefined && distinct.size === rows.length) return undefined
  const targetNames = rows.map((i) => target.names[i] ?? "")
  const classes = [...countsOf(targetNames).keys()].sort()
  /** The target as numbers, where it is a quantity or one of two names. */
  const measured = target.isQuantity
    ? rows.map((i) => target.numbers?.[i] ?? 0)
    : classes.length === 2
      ? targetNames.map((name) => (name === classes[1] ? 1 : 0))
      : undefined
  const isNamed = numbers === undefined || distinct.size <= fewNames
  const groups =
    isNamed && measured !== undefined
      ? [...grouped(names, measured)]
          .sort(([a, one], [b, other]) => other.length - one.length || (a < b ? -1 : 1))
          .slice(0, listed)
          .map(([name, values]) => ({ name, rows: values.length, mean: meanOf(values) }))
      : undefined
  const told = target.isQuantity || distinct.size > rows.length / 5 ? {} : { told: toldBy(names, targetNames) }
  const more = { ...(groups === undefined ? {} : { groups }), ...told }
  if (numbers !== undefined && measured !== undefined) {
    const r = correlation(numbers, measured)
    return { strength: Math.abs(r), correlation: r, ...more }
  }
  if (numbers !== undefined) return { strength: correlationRatio(targetNames, numbers), ...more }
  return { strength: target.isQuantity ? correlationRatio(names, measured ?? []) : cramersV(names, targetNames), ...more }
}
