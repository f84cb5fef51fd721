/** Whether the named inputs and the heads of a model are made of the columns that the data has for them. */
import * as Column from "@adjoint/core/data/Column"
import type { Role } from "@adjoint/core/data/columns/Kind"
import { rest } from "@adjoint/core/data/PreprocessTree"
import { type Data, layerOf, type Model } from "../Document.ts"
import type { Finding, Location } from "../diagnostic/Diagnostic.ts"
import { scalar } from "../diagnostic/Fix.ts"
import { listed, meaning } from "../diagnostic/Suggest.ts"
import { type HeadAt, headsOf, severalHeads } from "../net/Heads.ts"
import { isName } from "../schema/Fields.ts"
import type { Path } from "../source/Path.ts"

/** The columns of a table with what the document says of each. `isWhole`: there are no others, so a name that is not here is wrong. */
interface Columns {
  readonly all: ReadonlyMap<string, Column.Column>
  readonly isWhole: boolean
}

/** The columns of the document, and those of the table, if they are known. */
const columnsOf = ({ columns = {} }: Data, table: ReadonlyArray<string> | undefined): Columns => {
  const others = Object.hasOwn(columns, rest) ? columns[rest] : undefined
  const named = Object.entries(columns).filter(([name]) => name !== rest)
  const more = (table ?? []).flatMap((name) =>
    Object.hasOwn(columns, name) || others === undefined ? [] : [[name, others] as const],
  )
  return {
    all: new Map([...named, ...more]),
    isWhole: table !== undefined || others === undefined,
  }
}

/** The place in the document that declares a column. */
const declared = ({ columns = {} }: Data, name: string): Location => ({
  path: ["data", "columns", Object.hasOwn(columns, name) ? name : rest],
  on: "key",
})

const having = ({ all }: Columns, role: Role): ReadonlyArray<string> =>
  [...all].flatMap(([name, column]) => (Column.roleOf(column) === role ? [name] : []))

/** All mismatches. `table` has the names of the table's columns, where they are known. */
export const check = (data: Data, model: Model, table?: ReadonlyArray<string>): ReadonlyArray<Finding> => {
  const columns = columnsOf(data, table)
  return [...inputs(data, model, columns), ...heads(data, model, columns)]
}

const inputs = (data: Data, { inputs: groups }: Model, columns: Columns): ReadonlyArray<Finding> => {
  if (groups === undefined) return []
  const root = ["model", "inputs"]
  if (data.columns === undefined)
    return [
      {
        code: "D307",
        message: "named inputs are made of the columns of a table, and this data has none",
        at: { path: root, on: "key" },
        help: "remove `inputs`: the layers read the data's one input",
      },
    ]
  if (Object.keys(groups).length === 0)
    return [
      {
        code: "D307",
        message: "there are no inputs",
        at: { path: root },
        help: "name one or more, as in `inputs: { body: [Age] }`",
      },
    ]
  const seen = new Map<string, Path>()
  const findings: Array<Finding> = []
  for (const [input, names] of Object.entries(groups)) {
    if (!isName(input))
      findings.push({
        code: "S106",
        message: `\`${input}\` is not the name of an input: a letter or \`_\`, then letters, digits and \`_\`, 64 at most`,
        at: { path: [...root, input], on: "key" },
        help: "layers read inputs by these names",
      })
    for (const [i, name] of names.entries()) {
      const path = [...root, input, i]
      const before = seen.get(name)
      if (before === undefined) {
        seen.set(name, path)
        if (name !== rest) findings.push(...ofInput(data, columns, { input, name, path }))
      } else
        findings.push({
          code: "D307",
          message: name === rest ? '`"*"` is in two inputs' : `\`${name}\` is in two inputs`,
          at: { path },
          related: [{ at: { path: before }, label: "first used here" }],
          help: "keep one of them; any number of layers may read an input with `from`",
        })
    }
  }
  return [...findings, ...unread(data, columns, seen)]
}

/** A column of an input that is no input of the data. */
const ofInput = (
  data: Data,
  columns: Columns,
  { input, name, path }: { readonly input: string; readonly name: string; readonly path: Path },
): ReadonlyArray<Finding> => {
  const column = columns.all.get(name)
  const at = { path }
  if (column === undefined) {
    if (!columns.isWhole) return []
    const names = having(columns, "input")
    const meant = meaning(name, names)
    const [only, second] = meant?.names ?? []
    return [
      {
        code: "D301",
        message: `the data has no column \`${name}\` for the input \`${input}\``,
        at,
        help: meant?.help ?? `the columns of inputs are ${listed(names.slice(0, 12), "and")}`,
        ...(only === undefined || second !== undefined ? {} : { fix: { title: `write \`${only}\``, at, text: scalar(only) } }),
      },
    ]
  }
  const role = Column.roleOf(column)
  if (role === "input") return []
  return [
    {
      code: "D307",
      message: role === "target" ? `\`${name}\` is a target, not an input` : `\`${name}\` is ignored, so it cannot be an input`,
      at,
      related: [{ at: declared(data, name), label: role === "target" ? "a target" : "ignored" }],
      help:
        role === "target"
          ? "remove it: a net that sees its target learns nothing else"
          : "give the column a type, such as `number`",
      ...(role === "target" ? { fix: { title: `remove \`${name}\``, remove: path } } : {}),
    },
  ]
}

/** Columns of the data that are in no input. */
const unread = (data: Data, columns: Columns, seen: ReadonlyMap<string, Path>): ReadonlyArray<Finding> => {
  if (seen.has(rest)) return []
  return having(columns, "input").flatMap(
    (name): ReadonlyArray<Finding> =>
      seen.has(name)
        ? []
        : [
            {
              code: "D307",
              message: `the column \`${name}\` is in no input`,
              at: declared(data, name),
              related: [{ at: { path: ["model", "inputs"], on: "key" }, label: "the inputs" }],
              help: `add it to one of the inputs, ignore it (\`${name}: ignore\`), or make an input of all others: \`rest: "*"\``,
            },
          ],
  )
}

/** The place of a column in its head. */
const placeOf = (model: Model, { index, path }: HeadAt, column: number): Path => {
  const layer = model.layers[index]
  const item = layer === undefined ? undefined : layerOf(layer)
  const target = [...path, "head", "target"]
  return item?._tag === "Head" && typeof item.head.target !== "string" ? [...target, column] : target
}

const heads = (data: Data, model: Model, columns: Columns): ReadonlyArray<Finding> => {
  const several = severalHeads(model)
  const all = headsOf(model)
  const [only] = all
  // One head of one column may predict all targets that are numbers.
  if (several === undefined && (only === undefined || only.columns.length < 2)) return single(data, only, columns)
  if (data.columns === undefined) {
    const last = all.at(-1)
    // Without a table there is one target, which a head of another name does not predict.
    return last === undefined
      ? []
      : [
          {
            code: "D303",
            message:
              several === undefined
                ? "a head of several columns, but the data has one target"
                : `${all.length} heads, but the data has one target`,
            at: { path: [...last.path, "head"], on: "key" },
            help: "several targets are columns of a table",
          },
        ]
  }
  const seen = new Map<string, Path>()
  const findings: Array<Finding> = []
  for (const head of all) {
    if (several !== undefined && !isName(head.name)) findings.push(nameless(head))
    if (several !== undefined && !head.isNamed) findings.push(nameless(head))
    for (const [i, name] of head.columns.entries()) {
      const path = placeOf(model, head, i)
      const before = seen.get(name)
      if (before === undefined) {
        seen.set(name, path)
        findings.push(...ofHead(columns, { name, path }))
      } else
        findings.push({
          code: "D303",
          message: `two heads predict \`${name}\``,
          at: { path },
          related: [{ at: { path: before }, label: "first predicted here" }],
          help: "keep one of them",
        })
    }
    findings.push(...mixed(columns, head))
  }
  return [...findings, ...unpredicted(data, columns, new Set(seen.keys()))]
}

/** A head whose scores have no name. */
const nameless = ({ columns, isNamed, path }: HeadAt): Finding => {
  const [column = ""] = columns
  const made = columns.length > 1 ? "labels" : column.replaceAll(/[^A-Za-z0-9_]+/gu, "_").replace(/^(?=\d)/u, "_")
  const text = isName(made) ? made : "target"
  return {
    code: "G406",
    message: isNamed
      ? `\`${column}\` cannot name a head: names have letters, digits and \`_\``
      : "a head of several columns needs a name among several heads",
    at: { path: [...path, "head"], on: "key" },
    help: `\`name: ${text}\`: its scores are then \`${text}.loss\` and so on`,
    fix: { title: `add \`name: ${text}\``, at: { path: [...path, "name"] }, text, main: "" },
  }
}

/** A column of a head that is no target. */
const ofHead = (columns: Columns, { name, path }: { readonly name: string; readonly path: Path }): ReadonlyArray<Finding> => {
  const column = columns.all.get(name)
  if (column === undefined && !columns.isWhole) return []
  if (column !== undefined && Column.isTarget(column)) return []
  const names = having(columns, "target")
  const at = { path }
  const meant = column === undefined ? meaning(name, names) : undefined
  const [only, second] = meant?.names ?? []
  const message =
    column === undefined
      ? `the head predicts \`${name}\`, which is no column of the data`
      : `the head predicts \`${name}\`, which is no target`
  return [
    {
      code: "D303",
      message,
      at,
      help:
        meant?.help ??
        (column === undefined
          ? names.length === 0
            ? "no column is a target: give one the type `class`, or `role: target`"
            : `the targets are ${listed(names.slice(0, 12), "and")}`
          : `give the column the type \`class\` or \`role: target\``),
      ...(only === undefined || second !== undefined
        ? {}
        : { fix: { title: `predict \`${only}\``, at, text: scalar(only), was: name } }),
    },
  ]
}

const kinds = { numbers: "a number", binary: "yes or no", class: "one of several classes" } as const

/** A head of columns that do not go together. */
const mixed = ({ all }: Columns, { columns, path }: HeadAt): ReadonlyArray<Finding> => {
  const typed = columns.flatMap((name) => {
    const column = all.get(name)
    const kind = column === undefined ? undefined : Column.targetOf(column)
    return kind === undefined ? [] : [{ name, kind }]
  })
  const [first] = typed
  if (first === undefined || columns.length < 2) return []
  const other = typed.find(({ kind }) => kind !== first.kind || kind === "class")
  if (other === undefined) return []
  const two = other === first ? (typed[1] ?? first) : other
  return [
    {
      code: "D303",
      message: `a head predicts several numbers or several answers of yes and no, but \`${first.name}\` is ${kinds[first.kind]} and \`${two.name}\` is ${kinds[two.kind]}`,
      at: { path: [...path, "head"], on: "key" },
      help: `write a head for each: \`- head: ${first.name}\` and \`- head: ${two.name}\``,
    },
  ]
}

/** Targets without a head. */
const unpredicted = (data: Data, columns: Columns, predicted: ReadonlySet<string>): ReadonlyArray<Finding> =>
  having(columns, "target").flatMap(
    (name): ReadonlyArray<Finding> =>
      predicted.has(name)
        ? []
        : [
            {
              code: "D303",
              message: `\`${name}\` is a target, but no head predicts it`,
              at: declared(data, name),
              help: `add \`- head: ${name}\` to the layers, or make the column an input, or ignore it`,
            },
          ],
  )

/** Several targets that one output cannot predict, under one head of one column, or without a head. */
const single = (data: Data, only: HeadAt | undefined, columns: Columns): ReadonlyArray<Finding> => {
  const targets = having(columns, "target").flatMap((name) => {
    const column = columns.all.get(name)
    return column === undefined ? [] : [{ name, kind: Column.targetOf(column) }]
  })
  const [first, second] = targets
  if (first === undefined || second === undefined || targets.every(({ kind }) => kind === "numbers")) return []
  const [own = first.name] = only?.columns ?? []
  if (only !== undefined && !targets.some(({ name }) => name === own))
    return ofHead(columns, { name: own, path: [...only.path, "head", "target"] })
  const names = targets.map(({ name }) => scalar(name)).join(", ")
  const together = targets.every(({ kind }) => kind === "binary") ? `, or one head for all: \`- head: [${names}]\`` : ""
  return targets
    .filter(({ name }) => name !== own)
    .map(({ name }) => ({
      code: "D303",
      message: `\`${own}\` and \`${name}\` are both targets, but ${only === undefined ? "the layers have one output" : `the head predicts \`${own}\` alone`}`,
      at: { path: declared(data, name).path },
      related: [{ at: { path: declared(data, own).path }, label: "also a target" }],
      help: `add \`- head: ${name}\`${together}; an input is \`category\`, \`binary\` or \`number\`, without \`role: target\``,
    }))
}
