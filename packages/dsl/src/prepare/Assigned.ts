/** Which rows of a source are used, and in which part each of them is. */
import * as Preprocess from "@adjoint/core/data/Preprocess"
import * as PreprocessTree from "@adjoint/core/data/PreprocessTree"
import * as Table from "@adjoint/core/data/Table"
import * as Effect from "effect/Effect"
import { columnsOf, type Data } from "../Document.ts"
import { finding } from "./DataFinding.ts"
import { type Division, divide, splitOf } from "./Division.ts"
import type { Facts } from "./Facts.ts"
import { doubled } from "./Mismatches.ts"
import { PrepareError } from "./PrepareError.ts"
import { type Rows, refused } from "./Reading.ts"
import { type Described, specOf } from "./Spec.ts"
import { allWindows, hasSeries, windows } from "./Windows.ts"

/** The rows of a source that are used. */
const keptOf = (described: Described, { place, raw }: Rows) =>
  Effect.fromResult(PreprocessTree.keep(specOf(described), raw)).pipe(refused(place))

/** The rows removed by columns, over all sources. */
const droppedOf = (all: ReadonlyArray<Preprocess.Kept>): Pick<Facts, "dropped"> => {
  const counts = new Map<string, number>()
  for (const { dropped } of all) for (const { column, rows } of dropped) counts.set(column, (counts.get(column) ?? 0) + rows)
  return counts.size === 0 ? {} : { dropped: Array.from(counts, ([column, rows]) => ({ column, rows })) }
}

const divided = (data: Data, { place, raw }: Rows, rows: Preprocess.Rows): Effect.Effect<Division, PrepareError> => {
  const split = splitOf(data)
  return Effect.mapError(Effect.fromResult(divide(raw, split, rows)), (error) => {
    const found = finding(error, place)
    const { reason } = error
    const column = "column" in reason ? reason.column : undefined
    const [, path] = columnsOf(split).find(([name]) => name === column) ?? []
    if (path === undefined) return new PrepareError({ findings: [found] })
    const at = { path: ["data", "split", ...path] }
    if (reason._tag === "NoColumn") return new PrepareError({ findings: [{ ...found, at }] })
    // The groups of a column of that type have no place in the split.
    const [, own] = columnsOf(data.split).find(([name]) => name === column) ?? []
    const related = own === undefined ? {} : { related: [{ at, label: "the column that divides the rows" }] }
    return new PrepareError({ findings: [{ ...found, ...related }] })
  })
}

/** A source whose rows are series: the rows that columns leave out are no rows of it. */
const seriesRows = ({ data }: Described, rows: Rows, kept: Preprocess.Kept): Rows =>
  !hasSeries(data) || !Preprocess.isTable(rows.raw) ? rows : { ...rows, raw: Table.take(rows.raw, Array.from(kept.rows)) }

/** The rows of each part, of series the last rows of their windows, and the rows that preprocessing learns from. */
const partsOf = ({ data }: Described, rows: Rows, kept: Preprocess.Kept) =>
  !hasSeries(data) || !Preprocess.isTable(rows.raw)
    ? Effect.map(divided(data, rows, kept.rows), (parts) => ({ parts, train: parts.train ?? new Int32Array() }))
    : Effect.fromResult(windows(rows.raw, data)).pipe(refused(rows.place))

/** The rows of a separate source of test rows. */
const testRowsOf = ({ data }: Described, rows: Rows, kept: Preprocess.Kept) =>
  !hasSeries(data) || !Preprocess.isTable(rows.raw)
    ? Effect.succeed(kept.rows)
    : Effect.fromResult(allWindows(rows.raw, data)).pipe(refused(rows.place))

/** The rows of a document in their parts; each row is a number in its source. */
export interface Assigned {
  readonly source: Rows
  /** A source of test rows alone. */
  readonly separate: Rows | undefined
  /** The rows of each part of `source`. */
  readonly parts: Division
  /** The rows that preprocessing learns from. */
  readonly learned: Preprocess.Rows
  readonly train: Preprocess.Rows
  /** The test rows, of `separate` where there is one. */
  readonly test: Preprocess.Rows | undefined
  readonly dropped: Pick<Facts, "dropped">
}

/** Leaves out the rows that columns drop, and divides the others. Fails for test rows in two places, and as `divide` does. */
export const assign = (described: Described, whole: Rows, wholeTest: Rows | undefined): Effect.Effect<Assigned, PrepareError> =>
  Effect.gen(function* () {
    const kept = yield* keptOf(described, whole)
    const source = seriesRows(described, whole, kept)
    const { parts, train: learned } = yield* partsOf(described, source, kept)
    const own = { source, parts, learned, train: parts.train ?? new Int32Array() }
    if (wholeTest === undefined) return { ...own, separate: undefined, test: parts.test, dropped: droppedOf([kept]) }
    if (parts.test !== undefined) {
      const at = { path: ["data", "split", "column"] }
      return yield* Effect.fail(new PrepareError({ findings: [{ ...doubled, at }] }))
    }
    const keptTest = yield* keptOf(described, wholeTest)
    const separate = seriesRows(described, wholeTest, keptTest)
    const test = yield* testRowsOf(described, separate, keptTest)
    return { ...own, separate, test, dropped: droppedOf([kept, keptTest]) }
  })
