/**
 * A profile of a table: what each column holds, how it goes with the target, and what may be wrong with the rows: columns that
 * give the answer away, identifiers, constants, repeated rows, rows shared between parts, and parts that differ.
 */
import type * as DateFormat from "./DateFormat.ts"
import { drift } from "./profile/drift.ts"
import { firstEqual } from "./profile/duplicates.ts"
import { type Relation, relate, type Target } from "./profile/relation.ts"
import { type Summary, summarize, valuesOf } from "./profile/summary.ts"
import type { Rows } from "./Raw.ts"
import type { Table } from "./Table.ts"
import type { TableColumn } from "./TableColumn.ts"

export type { Group, Relation } from "./profile/relation.ts"
export type { NameCount, Period, Spread, Summary } from "./profile/summary.ts"

/** The parts of the rows, by name; `train` is what the others are compared with. */
export type Parts = { readonly [part: string]: Rows }

/** What to profile. */
export interface Request {
  /** The rows of each part; columns are summarized over the rows of `train`. */
  readonly parts: Parts
  /** The column that is to be predicted, if there is one, and whether it is a quantity. */
  readonly target?: { readonly column: string; readonly isQuantity: boolean }
  /** The columns that the net is given. Others are only summarized. */
  readonly inputs: ReadonlyArray<string>
  /** The readers of columns of dates. */
  readonly dates?: ReadonlyMap<string, DateFormat.Reader>
}

/** A column. */
export interface ColumnProfile extends Summary {
  readonly name: string
  readonly isInput: boolean
  readonly relation?: Relation
}

/** What may be wrong. `share` and `difference` are from 0 to 1. */
export type Suspicion =
  | { readonly _tag: "Leak"; readonly column: string; readonly share: number }
  | { readonly _tag: "Identifier"; readonly column: string }
  | { readonly _tag: "Constant"; readonly column: string }
  | { readonly _tag: "Duplicates"; readonly rows: number }
  | { readonly _tag: "Shared"; readonly part: string; readonly rows: number }
  | { readonly _tag: "Drift"; readonly column: string; readonly part: string; readonly difference: number }

/** A profile. */
export interface Profile {
  readonly rows: { readonly [part: string]: number }
  readonly columns: ReadonlyArray<ColumnProfile>
  readonly suspicions: ReadonlyArray<Suspicion>
}

/** A column alone tells the target if it does so in this share of the rows. */
const telling = 0.995

/** A correlation that only a copy of the target has. */
const copying = 0.9999

const isLeak = ({ correlation, told }: Relation, mostCommon: number): boolean =>
  (told !== undefined && told >= telling && mostCommon < telling) || (told === undefined && Math.abs(correlation ?? 0) >= copying)

/** Fewer rows say nothing about identifiers. */
const leastRows = 20

/** Whether every row has another name, or the numbers count the rows. */
const isIdentifier = ({ blanks, distinct, isWhole, spread }: Summary, rows: number): boolean => {
  if (rows < leastRows || distinct < rows - blanks || distinct < rows / 2) return false
  return spread === undefined || (isWhole && spread.greatest - spread.least < 2 * rows)
}

const shareOfMostCommon = ({ blanks, names }: Summary, rows: number): number =>
  rows > blanks ? (names[0]?.rows ?? 0) / (rows - blanks) : 0

/**
 * Profiles a table. Columns are summarized over the training rows alone, so that nothing is learned from the others; those are
 * only compared with them.
 *
 * ```ts
 * const table = Table.make(["x", "y"], [["1", "a"], ["1", "a"], ["2", "b"], ["2", "b"]])
 * const { columns } = Profile.profile(table, {
 *   parts: { train: [0, 1, 2, 3] },
 *   target: { column: "y", isQuantity: false },
 *   inputs: ["x"],
 * })
 * columns[0]?.relation?.strength // => 1
 * ```
 */
export const profile = (table: Table, { dates, inputs, parts, target: asked }: Request): Profile => {
  const { train = [] } = parts
  const others = Object.entries(parts).filter(([name, rows]) => name !== "train" && rows.length > 0)
  const columnOf = (name: string) => table.column(table.columns.indexOf(name))
  const valuesIn = (name: string, rows: Rows) => valuesOf(columnOf(name), rows, dates?.get(name))
  const target: (Target & { readonly name: string; readonly summary: Summary }) | undefined =
    asked === undefined
      ? undefined
      : (() => {
          const values = valuesIn(asked.column, train)
          return { values, isQuantity: asked.isQuantity, name: asked.column, summary: summarize(values) }
        })()
  const suspicions: Array<Suspicion> = []
  const columns = table.columns.map((name): ColumnProfile => {
    const values = valuesIn(name, train)
    const summary = summarize(values)
    const isInput = inputs.includes(name)
    const relation = target === undefined || name === target.name ? undefined : relate(values, target)
    suspicions.push(
      ...suspicionsOf({
        name,
        summary,
        isInput,
        relation,
        rows: train.length,
        target: target?.summary,
        isTarget: name === target?.name,
      }),
    )
    if (isInput || name === target?.name)
      for (const [part, rows] of others) {
        const difference = drift(values, valuesIn(name, rows))
        if (difference !== undefined) suspicions.push({ _tag: "Drift", column: name, part, difference })
      }
    return { name, isInput, ...summary, ...(relation === undefined ? {} : { relation }) }
  })
  const compared = [...inputs, ...(target === undefined ? [] : [target.name])].map(columnOf)
  return {
    rows: Object.fromEntries(Object.entries(parts).map(([part, rows]) => [part, rows.length])),
    columns,
    suspicions: [...suspicions, ...repeated(compared, parts)],
  }
}

interface Suspected {
  readonly name: string
  readonly summary: Summary
  readonly isInput: boolean
  readonly isTarget: boolean
  readonly relation: Relation | undefined
  readonly rows: number
  readonly target: Summary | undefined
}

/** What may be wrong with one column. */
const suspicionsOf = ({ isInput, isTarget, name, relation, rows, summary, target }: Suspected): ReadonlyArray<Suspicion> => {
  if (isTarget || !isInput) return []
  if (relation !== undefined && target !== undefined && isLeak(relation, shareOfMostCommon(target, rows)))
    return [{ _tag: "Leak", column: name, share: relation.told ?? relation.strength }]
  if (isIdentifier(summary, rows)) return [{ _tag: "Identifier", column: name }]
  return summary.distinct <= 1 && summary.blanks === 0 && rows > 1 ? [{ _tag: "Constant", column: name }] : []
}

/** Rows that are in the training rows more than once, and rows of other parts that are in the training rows too. */
export const repeated = (columns: ReadonlyArray<TableColumn>, parts: Parts): ReadonlyArray<Suspicion> => {
  const named = [["train", parts.train ?? []] as const, ...Object.entries(parts).filter(([name]) => name !== "train")]
  const all = Int32Array.from(named.flatMap(([, rows]) => Array.from(rows)))
  const first = columns.length === 0 ? Int32Array.from(all, (_, i) => i) : firstEqual(columns, all)
  const trained = parts.train?.length ?? 0
  const suspicions: Array<Suspicion> = []
  let from = 0
  for (const [part, { length }] of named) {
    const equal = first.subarray(from, from + length).filter((at, i) => at !== from + i && at < trained).length
    if (equal > 0) suspicions.push(part === "train" ? { _tag: "Duplicates", rows: equal } : { _tag: "Shared", part, rows: equal })
    from += length
  }
  return suspicions
}
