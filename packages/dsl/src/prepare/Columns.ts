/** Compares the declared columns with those of the table. */
import * as Column from "@adjoint/core/data/Column"
import { dataError, type Reason } from "@adjoint/core/data/DataError"
import * as Infer from "@adjoint/core/data/Infer"
import { nearest } from "@adjoint/core/data/Nearest"
import type { Table } from "@adjoint/core/data/Table"
import { columnsOf, type Data, type Model } from "../Document.ts"
import type { Finding, Location } from "../diagnostic/Diagnostic.ts"
import { finding, type Place } from "./DataFinding.ts"
import * as Ends from "./Ends.ts"
import * as Proposed from "./Proposed.ts"

const absent = (column: string, columns: ReadonlyArray<string>): Reason => ({
  _tag: "NoColumn",
  column,
  nearest: nearest(column, columns),
  columns,
})

/** Findings for missing and undeclared columns, for targets, and for the model's inputs and heads. */
export const check = (
  { data, model }: { readonly data: Data; readonly model?: Model | undefined },
  table: Table,
  place: Place,
): ReadonlyArray<Finding> => {
  if (data.columns === undefined) return [undeclared(table)]
  const { columns } = table
  const said = data.columns ?? {}
  const say = (reason: Reason, at?: Location): Finding => {
    const found = finding(dataError(reason), place)
    if (at === undefined) return found
    return { ...found, at, ...(found.fix === undefined ? {} : { fix: { ...found.fix, at } }) }
  }
  const named = Object.keys(said).filter((name) => name !== "*")
  const missing = named.filter((name) => !columns.includes(name))
  // A column with a mistyped name is not undeclared.
  const meant = new Set(missing.flatMap((name) => nearest(name, columns).slice(0, 1)))
  const forgotten = columns.filter((name) => !Object.hasOwn(said, name) && !meant.has(name))
  if (columns.length === 1 && named.length > 1 && missing.length > 0) return [oneColumn(columns[0] ?? "", place)]
  const rest =
    Object.hasOwn(said, "*") || forgotten.length === 0
      ? []
      : [unlisted(say({ _tag: "UnlistedColumns", columns: forgotten }), table, forgotten)]
  const ofSeries = (["time", "group"] as const).flatMap((key) => {
    const name = data.series?.[key]
    return name === undefined || columns.includes(name) ? [] : [say(absent(name, columns), { path: ["data", "series", key] })]
  })
  const ofSplit = columnsOf(data.split).flatMap(([name, path]) =>
    columns.includes(name) ? [] : [say(absent(name, columns), { path: ["data", "split", ...path] })],
  )
  return [
    ...ofSeries,
    ...missing.map((name) => say(absent(name, columns))),
    ...rest,
    ...ofSplit,
    ...grouped(data),
    ...lone(data),
    ...withoutTarget(data),
    ...(model === undefined ? [] : Ends.check(data, model, columns)),
    ...invented(data),
  ]
}

/** The finding of columns that are not declared, with what they probably are. */
const unlisted = (found: Finding, table: Table, names: ReadonlyArray<string>): Finding => {
  const [only, ...others] = names
  const guess =
    only === undefined || others.length > 0 ? undefined : Infer.column(table.column(table.columns.indexOf(only)), only)
  const seen = guess === undefined ? "they look like" : "it looks like"
  const why = guess === undefined ? "" : ` (${guess.reason})`
  return { ...found, help: `${seen} ${Proposed.inWords(table, names)}${why}; or add \`"*": ignore\`` }
}

/** A table without declared columns. */
const undeclared = (table: Table): Finding => ({
  code: "D302",
  message: "`columns` is missing in data: it declares the type of each column of the table",
  at: { path: ["data"], on: "key" },
  help: `the columns look like ${Proposed.inWords(table, table.columns)}; give the one to predict the type \`class\`, or \`role: target\``,
})

/** A table with one column: the delimiter is probably wrong. */
const oneColumn = (name: string, { source }: Place): Finding => ({
  code: "D301",
  message: `the data has only one column, \`${name}\``,
  at: { path: source },
  help: 'set the character between the cells, as in `{ csv: { path: …, delimiter: " " } }` for spaces',
})

/** The columns of a role, by name. */
const having = ({ columns = {} }: Data, role: Column.Role): ReadonlyArray<string> =>
  Object.entries(columns).flatMap(([name, column]) => (Column.roleOf(column) === role ? [name] : []))

/** A split in the order of the rows, which cannot keep the groups of a column together. */
const grouped = ({ series, split, ...data }: Data): ReadonlyArray<Finding> => {
  const { by, group } = split
  const [column] = having({ ...data, split }, "group")
  // The groups of series are series of their own, each divided in its order.
  if (by === undefined || group !== undefined || column === undefined || series !== undefined) return []
  return [
    {
      code: "D304",
      message: "a split in the order of the rows cannot keep groups together",
      at: { path: ["data", "split", "by"], on: "key" },
      related: [{ at: { path: ["data", "columns", column], on: "key" }, label: "the groups" }],
      help: "remove `by`, or make the column `ignore`",
    },
  ]
}

/** A second weight or a second group, of which a row has one. */
const lone = (data: Data): ReadonlyArray<Finding> =>
  (["weight", "group"] as const).flatMap((role): ReadonlyArray<Finding> => {
    const [first, second] = having(data, role)
    if (first === undefined || second === undefined) return []
    return [
      {
        code: "D305",
        message: `\`${second}\` is a second ${role}: a row has one`,
        at: { path: ["data", "columns", second], on: "key" },
        related: [{ at: { path: ["data", "columns", first], on: "key" }, label: `the first ${role}` }],
        help: "make one of them `ignore`",
      },
    ]
  })

/** A table without a column to predict. */
const withoutTarget = ({ columns = {} }: Data): ReadonlyArray<Finding> =>
  Object.values(columns).some(Column.isTarget)
    ? []
    : [
        {
          code: "D303",
          message: "no column is the target",
          at: { path: ["data", "columns"], on: "key" },
          help: "give one the type `class`, or `role: target`",
        },
      ]

/** Targets whose missing values would be replaced: scores against them would be meaningless. */
const invented = ({ columns = {} }: Data): ReadonlyArray<Finding> =>
  Object.entries(columns).flatMap(([name, column]): ReadonlyArray<Finding> => {
    const value = Column.inventedOf(column)
    if (value === undefined) return []
    const at = { path: ["data", "columns", name, "missing"] }
    const title = "`missing: drop` removes rows without a target"
    return [
      {
        code: "D305",
        message: `\`${name}\` is a target: replacing blanks by \`${value}\` would score rows against an invented value`,
        at,
        help: title,
        fix: { title, at, text: "drop" },
      },
    ]
  })
