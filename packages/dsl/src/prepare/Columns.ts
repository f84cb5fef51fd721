/** Compares the declared columns with those of the table. */
import * as Column from "@adjoint/core/data/Column"
import { dataError, type Reason } from "@adjoint/core/data/DataError"
import { nearest } from "@adjoint/core/data/Nearest"
import type { Data } from "../Document.ts"
import type { Finding, Location } from "../diagnostic/Diagnostic.ts"
import { finding, type Place } from "./DataFinding.ts"

const absent = (column: string, columns: ReadonlyArray<string>): Reason => ({
  _tag: "NoColumn",
  column,
  nearest: nearest(column, columns),
  columns,
})

/** Findings for missing and undeclared columns, and for targets. */
export const check = (data: Data, columns: ReadonlyArray<string>, place: Place): ReadonlyArray<Finding> => {
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
  const rest = Object.hasOwn(said, "*") || forgotten.length === 0 ? [] : [say({ _tag: "UnlistedColumns", columns: forgotten })]
  const { stratify } = data.split
  const groups =
    stratify === undefined || columns.includes(stratify)
      ? []
      : [say(absent(stratify, columns), { path: ["data", "split", "stratify"] })]
  return [
    ...missing.map((name) => say(absent(name, columns))),
    ...rest,
    ...groups,
    ...withoutTarget(data),
    ...severalTargets(data),
    ...invented(data),
  ]
}

/** A table with one column: the delimiter is probably wrong. */
const oneColumn = (name: string, { source }: Place): Finding => ({
  code: "D301",
  message: `the data has only one column, \`${name}\``,
  at: { path: source },
  help: 'set the character between the cells, as in `{ csv: { path: …, delimiter: " " } }` for spaces',
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

/** More than one target, of which one is of names: a head predicts one column of classes, or columns of numbers. */
const severalTargets = ({ columns = {} }: Data): ReadonlyArray<Finding> => {
  const targets = Object.entries(columns).filter(([, column]) => Column.isTarget(column))
  const [first, ...others] = targets
  if (first === undefined || targets.every(([, { type }]) => type === "number")) return []
  return others.map(([name]) => ({
    code: "D303",
    message: `\`${first[0]}\` and \`${name}\` are both targets, but a model predicts one column of classes, or columns of numbers`,
    at: { path: ["data", "columns", name] },
    related: [{ at: { path: ["data", "columns", first[0]] }, label: "also a target" }],
    help: "keep the one that the head predicts; an input is `category`, `binary` or `number`",
  }))
}

/** Targets whose missing values would be replaced: scores against them would be meaningless. */
const invented = ({ columns = {} }: Data): ReadonlyArray<Finding> =>
  Object.entries(columns).flatMap(([name, column]): ReadonlyArray<Finding> => {
    if (!Column.isTarget(column) || !("missing" in column) || column.missing === undefined || column.missing === "drop") return []
    const at = { path: ["data", "columns", name, "missing"] }
    const title = "`missing: drop` removes rows without a target"
    return [
      {
        code: "D305",
        message: `\`${name}\` is a target: replacing blanks by \`${column.missing}\` would score rows against an invented value`,
        at,
        help: title,
        fix: { title, at, text: "drop" },
      },
    ]
  })
