/** Whether the heads of a model predict the columns or arrays that are targets, each of them once. */
import { type Data, layerOf, type Model } from "../Document.ts"
import type { Finding } from "../diagnostic/Diagnostic.ts"
import { scalar } from "../diagnostic/Fix.ts"
import { getsSuggestion, listed, meaning } from "../diagnostic/Suggest.ts"
import { type HeadAt, headsOf, severalHeads } from "../net/Heads.ts"
import { isName } from "../schema/Fields.ts"
import type { Path } from "../source/Path.ts"
import { declared, hasParts, having, type Parts } from "./Parts.ts"

/** The place of a column in its head. */
const placeOf = (model: Model, { index, path }: HeadAt, column: number): Path => {
  const layer = model.layers[index]
  const item = layer === undefined ? undefined : layerOf(layer)
  const target = [...path, "head", "target"]
  return item?._tag === "Head" && typeof item.head.target !== "string" ? [...target, column] : target
}

/** All mismatches of heads and targets. */
export const check = (data: Data, model: Model, columns: Parts): ReadonlyArray<Finding> => {
  const several = severalHeads(model)
  const all = headsOf(model)
  const [only] = all
  // One head of one column may predict all targets that are numbers.
  if (several === undefined && (only === undefined || only.columns.length < 2)) return single(data, only, columns)
  if (!hasParts(data)) {
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
        findings.push(...ofHead(columns, { name, path }, getsSuggestion(findings.length, columns.all.size)))
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
    if (columns.what === "array" && head.columns.length > 1)
      findings.push({
        code: "D303",
        message: "a head of several arrays: a head predicts one array, which may have several numbers for each row",
        at: { path: [...head.path, "head"], on: "key" },
        help: "write a head for each",
      })
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
const ofHead = (
  columns: Parts,
  { name, path }: { readonly name: string; readonly path: Path },
  isDetailed = true,
): ReadonlyArray<Finding> => {
  const column = columns.all.get(name)
  if (column === undefined && !columns.isWhole) return []
  if (column?.role === "target") return []
  const at = { path }
  // A suggestion compares the name with all that are there, which for thousands of mistakes takes seconds.
  if (!isDetailed) return [{ code: "D303", message: `the head predicts \`${name}\`, which is no target`, at }]
  const names = having(columns, "target")
  const meant = column === undefined ? meaning(name, names) : undefined
  const [only, second] = meant?.names ?? []
  const message =
    column === undefined
      ? `the head predicts \`${name}\`, which is no ${columns.what} of the data`
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
          : `give the ${columns.what} the type \`class\` or \`role: target\``),
      ...(only === undefined || second !== undefined
        ? {}
        : { fix: { title: `predict \`${only}\``, at, text: scalar(only), was: name } }),
    },
  ]
}

const kinds = { numbers: "a number", binary: "yes or no", class: "one of several classes", labels: "a set" } as const

/** A head of columns that do not go together. */
const mixed = ({ all }: Parts, { columns, path }: HeadAt): ReadonlyArray<Finding> => {
  const typed = columns.flatMap((name) => {
    const column = all.get(name)
    const kind = column?.target
    return kind === undefined ? [] : [{ name, kind }]
  })
  const [first] = typed
  if (first === undefined || columns.length < 2) return []
  const other = typed.find(({ kind }) => kind !== first.kind || kind === "class" || kind === "labels")
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
const unpredicted = (data: Data, columns: Parts, predicted: ReadonlySet<string>): ReadonlyArray<Finding> =>
  having(columns, "target").flatMap(
    (name): ReadonlyArray<Finding> =>
      predicted.has(name)
        ? []
        : [
            {
              code: "D303",
              message: `\`${name}\` is a target, but no head predicts it`,
              at: declared(data, name),
              help: `add \`- head: ${name}\` to the layers, or make the ${columns.what} an input, or ${columns.what === "array" ? "remove" : "ignore"} it`,
            },
          ],
  )

/** Several targets that one output cannot predict, under one head of one column, or without a head. */
const single = (data: Data, only: HeadAt | undefined, columns: Parts): ReadonlyArray<Finding> => {
  const targets = having(columns, "target").flatMap((name) => {
    const column = columns.all.get(name)
    return column === undefined ? [] : [{ name, kind: column.target }]
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
