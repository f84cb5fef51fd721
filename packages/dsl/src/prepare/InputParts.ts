/** Whether the inputs of a model are made of the columns or arrays that the data has for them, each of them once. */
import { rest } from "@adjoint/core/data/PreprocessTree"
import type { Data, Model } from "../Document.ts"
import type { Finding } from "../diagnostic/Diagnostic.ts"
import { scalar } from "../diagnostic/Fix.ts"
import { getsSuggestion, listed, meaning } from "../diagnostic/Suggest.ts"
import { isName } from "../schema/Fields.ts"
import type { Path } from "../source/Path.ts"
import { declared, hasParts, having, type Parts } from "./Parts.ts"

/** All mismatches of inputs. */
export const check = (data: Data, { inputs: groups }: Model, columns: Parts): ReadonlyArray<Finding> => {
  if (groups === undefined) return data.arrays === undefined ? [] : severalArrays(columns)
  const root = ["model", "inputs"]
  if (!hasParts(data))
    return [
      {
        code: "D307",
        message: "named inputs are made of the columns of a table or of named arrays, and this data has none",
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
    if (columns.what === "array" && names.length > 1)
      findings.push({
        code: "D307",
        message: `the input \`${input}\` has ${names.length} arrays, and an input is one array`,
        at: { path: [...root, input] },
        help: "make an input of each, and join their branches with `concat`",
      })
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
        if (name !== rest)
          findings.push(...ofInput(data, columns, { input, name, path }, getsSuggestion(findings.length, columns.all.size)))
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
  return [...findings, ...unread(data, columns, seen), ...emptyRest(groups, columns, seen)]
}

/** An input of all other columns, where there are no others. */
const emptyRest = (
  groups: NonNullable<Model["inputs"]>,
  columns: Parts,
  seen: ReadonlyMap<string, Path>,
): ReadonlyArray<Finding> => {
  const path = seen.get(rest)
  const input = Object.keys(groups).find((name) => groups[name]?.every((column) => column === rest))
  if (path === undefined || input === undefined || !columns.isWhole) return []
  if (!having(columns, "input").every((name) => seen.has(name))) return []
  return [
    {
      code: "D307",
      message: `no ${columns.what} is left for the input \`${input}\``,
      at: { path },
      help: `remove it and the layers that read it, or move a ${columns.what} to it from another input`,
    },
  ]
}

/** Named arrays that are inputs, of which a model without named inputs takes one. */
const severalArrays = (columns: Parts): ReadonlyArray<Finding> => {
  const names = having(columns, "input")
  return names.length < 2
    ? []
    : [
        {
          code: "D307",
          message: `the data has ${names.length} arrays of inputs, ${listed(names, "and")}, and the model has one input`,
          at: { path: ["data", "arrays"], on: "key" },
          help: `name them in the model: \`inputs: { ${names.map((name) => `${name}: ${name}`).join(", ")} }\``,
        },
      ]
}

/** A column of an input that is no input of the data. */
const ofInput = (
  data: Data,
  columns: Parts,
  { input, name, path }: { readonly input: string; readonly name: string; readonly path: Path },
  isDetailed: boolean,
): ReadonlyArray<Finding> => {
  const column = columns.all.get(name)
  const at = { path }
  if (column === undefined) {
    if (!columns.isWhole) return []
    const message = `the data has no ${columns.what} \`${name}\` for the input \`${input}\``
    // A suggestion compares the name with all that are there, which for thousands of mistakes takes seconds.
    if (!isDetailed) return [{ code: "D301", message, at }]
    const names = having(columns, "input")
    const meant = meaning(name, names)
    const [only, second] = meant?.names ?? []
    return [
      {
        code: "D301",
        message,
        at,
        help: meant?.help ?? `the ${columns.what}s of inputs are ${listed(names.slice(0, 12), "and")}`,
        ...(only === undefined || second !== undefined
          ? {}
          : { fix: { title: `write \`${only}\``, at, text: scalar(only), was: name } }),
      },
    ]
  }
  const { role } = column
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
const unread = (data: Data, columns: Parts, seen: ReadonlyMap<string, Path>): ReadonlyArray<Finding> => {
  if (seen.has(rest)) return []
  return having(columns, "input").flatMap(
    (name): ReadonlyArray<Finding> =>
      seen.has(name)
        ? []
        : [
            {
              code: "D307",
              message: `the ${columns.what} \`${name}\` is in no input`,
              at: declared(data, name),
              related: [{ at: { path: ["model", "inputs"], on: "key" }, label: "the inputs" }],
              help:
                columns.what === "array"
                  ? `make an input of it, as in \`${name}: ${name}\`, or remove it`
                  : `add it to one of the inputs, ignore it (\`${name}: ignore\`), or make an input of all others: \`rest: "*"\``,
            },
          ],
  )
}
