/**
 * The profile of the data that a document describes: its columns, or the classes and numbers of its arrays, and what looks wrong,
 * as findings of the document. It looks at rows as they were read, so it also profiles rows that cannot be prepared.
 */
import * as Column from "@adjoint/core/data/Column"
import type * as DateFormat from "@adjoint/core/data/DateFormat"
import type { FittedTree } from "@adjoint/core/data/Fitted"
import { isTable } from "@adjoint/core/data/Preprocess"
import * as PreprocessTree from "@adjoint/core/data/PreprocessTree"
import * as Profile from "@adjoint/core/data/Profile"
import { percent } from "@adjoint/core/data/percent"
import * as Scratch from "@adjoint/core/data/Scratch"
import type { ScratchError } from "@adjoint/core/data/ScratchError"
import * as Table from "@adjoint/core/data/Table"
import * as TableColumn from "@adjoint/core/data/TableColumn"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import type { Data, Model } from "../Document.ts"
import type { Finding } from "../diagnostic/Diagnostic.ts"
import { arrayDrift } from "./ArrayDrift.ts"
import { finding } from "./DataFinding.ts"
import { type Division, divide, splitOf } from "./Division.ts"
import { declared, having, partsOf } from "./Parts.ts"
import type { PrepareError } from "./PrepareError.ts"
import type { Rows } from "./Reading.ts"
import * as RowBytes from "./RowBytes.ts"
import { type Described, specOf } from "./Spec.ts"
import { readRows } from "./Streamed.ts"
import { hasSeries, rowsOfParts } from "./Windows.ts"

/** The rows of each part, in the source. */
export interface Parts {
  readonly train: Int32Array
  readonly val: Int32Array
  readonly test: Int32Array
}

/** What is known of the data. */
export interface Profiled {
  readonly raw: PreprocessTree.TreeRaw
  readonly parts: Parts
  /** The number of test rows in a source of their own, which are compared with the training rows. */
  readonly ownTest?: number
  /** The profile of a table; absent for arrays. */
  readonly table?: Profile.Profile
  /** The column that is predicted, if there is one alone. */
  readonly target?: string
  /** What preparing the training rows learned; absent if they cannot be prepared. */
  readonly fitted?: FittedTree
  /** What looks wrong, and why rows cannot be prepared. */
  readonly findings: ReadonlyArray<Finding>
}

const none = new Int32Array()

const partsIn = ({ test = none, train = none, val = none }: Division): Parts => ({ train, val, test })

const counted = (n: number): string => `${n} ${n === 1 ? "row" : "rows"}`

const drifted = (what: string, part: string, difference: number, at: Finding["at"]): Finding => ({
  code: "A636",
  at,
  message: `${what} differs between the training part and the ${part} part by ${percent(difference)}`,
  help: "if the rows are in an order, such as time, scores of the other part say how well the net does on other rows than those it learned from",
})

/** A suspicion as a finding. */
const suspected = (data: Data, suspicion: Profile.Suspicion, target: string | undefined): Finding => {
  const at = "column" in suspicion ? declared(data, suspicion.column) : ({ path: ["data", "source"], on: "key" } as const)
  switch (suspicion._tag) {
    case "Leak":
      return {
        code: "A631",
        at,
        message: `\`${suspicion.column}\` alone tells \`${target}\` in ${percent(suspicion.share)} of the training rows`,
        help: "if it is known only after what is to be predicted, ignore it: scores with it say nothing about new rows",
      }
    case "Identifier":
      return {
        code: "A632",
        at,
        message: `\`${suspicion.column}\` has another value in every training row, as an identifier has`,
        help: "ignore it: nothing that is learned about it holds for a new row",
      }
    case "Constant":
      return {
        code: "A633",
        at,
        message: `\`${suspicion.column}\` has the same value in all training rows`,
        help: "ignore it: nothing can be learned from it",
      }
    case "Duplicates":
      return {
        code: "A634",
        at,
        message: `${counted(suspicion.rows)} of the training part ${suspicion.rows === 1 ? "repeats" : "repeat"} another one, in all inputs and the target`,
        help: "if they are copies, remove them from the file; with few columns rows may be equal by chance",
      }
    case "Shared":
      return {
        code: "A635",
        at,
        message: `${counted(suspicion.rows)} of the ${suspicion.part} part ${suspicion.rows === 1 ? "is" : "are"} in the training part too, in all inputs and the target`,
        help: "if they are copies, remove them from the file: the score on them says nothing about new rows",
      }
    case "Drift":
      return drifted(`\`${suspicion.column}\``, suspicion.part, suspicion.difference, at)
  }
}

/** Whether a column whose cells all differ is probably an identifier. Dates, vectors, sets and texts differ by nature. */
const mayIdentify = ({ columns = {} }: Data, name: string): boolean => {
  const column = Column.declared(columns, name)
  return column?.type === "category" || column?.type === "number"
}

/** The readers of the columns of dates. */
const datesOf = ({ columns = {} }: Data, names: ReadonlyArray<string>): ReadonlyMap<string, DateFormat.Reader> =>
  new Map(
    names.flatMap((name) => {
      const own = Column.declared(columns, name)
      const reader = own === undefined ? undefined : Column.dateReaderOf(Column.whole(own))
      return reader === undefined ? [] : [[name, reader] as const]
    }),
  )

/** The profile of a table, with its target. */
const ofTable = (
  { data }: Described,
  table: Table.Table,
  parts: Parts,
  test: Rows | undefined,
): Pick<Profiled, "table" | "target" | "findings"> => {
  const all = partsOf(data, table.columns)
  const isThere = (name: string): boolean => table.columns.includes(name)
  const [column, ...others] = having(all, "target").filter(isThere)
  const target =
    column === undefined || others.length > 0 ? undefined : { column, isQuantity: all.all.get(column)?.target === "numbers" }
  const inputs = having(all, "input").filter(isThere)
  const other = test !== undefined && isTable(test.raw) ? test.raw : undefined
  const both =
    other === undefined ? undefined : joined(table, other, [...inputs, ...(target === undefined ? [] : [target.column])])
  const profile = Profile.profile(both ?? table, {
    parts: { ...parts, ...(both === undefined ? {} : { test: rowsFrom(table.size, both.size - table.size) }) },
    inputs,
    dates: datesOf(data, table.columns),
    ...(target === undefined ? {} : { target }),
  })
  return {
    table: profile,
    ...(target === undefined ? {} : { target: target.column }),
    findings: profile.suspicions
      .filter((suspicion) => suspicion._tag !== "Identifier" || mayIdentify(data, suspicion.column))
      .map((suspicion) => suspected(data, suspicion, target?.column)),
  }
}

/** The rows of parts in a table, where `parts` count those that are kept. */
const inTable = (parts: Division, kept: ArrayLike<number>): Division =>
  Object.fromEntries(Object.entries(parts).map(([part, rows]) => [part, rows.map((row) => kept[row] ?? 0)]))

/** Which rows are in which part, and why they cannot be divided, if so: all are training rows then. */
const dividedOf = (
  described: Described,
  { place, raw }: Rows,
): { readonly parts: Parts; readonly findings: ReadonlyArray<Finding> } => {
  const { data } = described
  return Result.match(
    Result.flatMap(PreprocessTree.keep(specOf(described), raw), ({ rows }) =>
      hasSeries(data) && isTable(raw)
        ? Result.map(rowsOfParts(Table.take(raw, Array.from(rows)), data), (parts) => inTable(parts, rows))
        : divide(raw, splitOf(data), Int32Array.from(rows)),
    ),
    {
      onSuccess: (division) => ({ parts: partsIn(division), findings: [] }),
      onFailure: (error) => ({
        parts: partsIn({ train: Int32Array.from(PreprocessTree.all(raw)) }),
        findings: [finding(error, place)],
      }),
    },
  )
}

/** The rows that are profiled. */
interface Read {
  readonly source: Rows
  /** The rows of a source of its own for testing. */
  readonly test?: Rows
}

/**
 * The rows that are profiled; paths are relative to `directory`. A large table is read onto the disk; its rows are there as long as the
 * scope. Fails with the findings of a source that cannot be read, and with `ScratchError`.
 */
export const rowsOf = (
  data: Data,
  directory: string,
): Effect.Effect<Read, PrepareError | ScratchError, FileSystem.FileSystem | Scope.Scope> =>
  Effect.gen(function* () {
    const source = yield* readRows(data, data.source, ["data", "source"], directory)
    if (data.test === undefined) return { source }
    return { source, test: yield* readRows(data, data.test, ["data", "test"], directory) }
  })

/** Profiles rows of a document, a table column by column. Fails with `ScratchError` where rows on disk cannot be read. */
export const profiled = (
  { data, model }: { readonly data: Data; readonly model?: Model },
  { source, test }: Read,
): Effect.Effect<Profiled, ScratchError> => Scratch.using(() => profileOf({ data, model }, source, test))

/** The rows of a table, and after them those of a second one, in the columns of the first; undefined if it lacks one of `names`. */
const joined = (table: Table.Table, other: Table.Table, names: ReadonlyArray<string>): Table.Table | undefined => {
  const shared = table.columns.filter((name) => other.columns.includes(name))
  if (!names.every((name) => shared.includes(name))) return undefined
  const columnOf = ({ column, columns }: Table.Table, name: string) => column(columns.indexOf(name))
  return Table.fromColumns(shared.map((name) => [name, TableColumn.append(columnOf(table, name), columnOf(other, name))]))
}

/** Arrays that differ between the training part and another one. */
const driftOfArrays = (data: Data, raw: PreprocessTree.TreeRaw, parts: Parts, test: Rows | undefined): ReadonlyArray<Finding> => {
  const own = test === undefined ? [] : [{ name: "test", raw: test.raw, rows: rowsFrom(0, PreprocessTree.size(test.raw)) }]
  const others = (["val", "test"] as const).flatMap((name) =>
    parts[name].length === 0 ? [] : [{ name, raw, rows: parts[name] }],
  )
  return arrayDrift({ name: "train", raw, rows: parts.train }, [...others, ...own]).map(
    ({ array, difference, part, position }) => {
      const what = position === undefined ? `\`${array}\`` : `number ${position + 1} of each row of \`${array}\``
      const at = data.arrays === undefined ? ({ path: ["data", "source"], on: "key" } as const) : declared(data, array)
      return drifted(what, part, difference, at)
    },
  )
}

/** Rows of arrays that are equal, within the training part and between the parts; those of a source of its own are test rows. */
const ofArrays = (
  { data }: Described,
  raw: PreprocessTree.TreeRaw,
  parts: Parts,
  test: Rows | undefined,
): ReadonlyArray<Finding> => {
  const size = PreprocessTree.size(raw)
  const own = RowBytes.columns(raw)
  const others = test === undefined ? [] : RowBytes.columns(test.raw)
  const isJoined = others.length > 0 && others.length === own.length
  const columns = isJoined ? own.map((column, i) => TableColumn.append(column, others[i] ?? column)) : own
  const tested = isJoined && test !== undefined ? { test: rowsFrom(size, PreprocessTree.size(test.raw)) } : {}
  const repeated = Profile.repeated(columns, { ...parts, ...tested }).map((suspicion) => suspected(data, suspicion, undefined))
  return [...repeated, ...driftOfArrays(data, raw, parts, test)]
}

/** The numbers of `count` rows from one on. */
const rowsFrom = (first: number, count: number): Int32Array => Int32Array.from({ length: count }, (_, i) => first + i)

/** The profile of rows that were read. */
const profileOf = (described: Described, source: Rows, test: Rows | undefined): Profiled => {
  const { raw } = source
  const { findings, parts } = dividedOf(described, source)
  const fitted = PreprocessTree.fit(specOf(described), raw, parts.train)
  const unprepared = findings.length === 0 && Result.isFailure(fitted) ? [finding(fitted.failure, source.place)] : findings
  const table = isTable(raw) ? ofTable(described, raw, parts, test) : { findings: ofArrays(described, raw, parts, test) }
  return {
    raw,
    parts,
    ...(test === undefined ? {} : { ownTest: PreprocessTree.size(test.raw) }),
    ...(Result.isSuccess(fitted) ? { fitted: fitted.success } : {}),
    ...table,
    findings: [...unprepared, ...table.findings],
  }
}
