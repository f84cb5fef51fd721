/** The kinds of column and the kinds of file that model files name, read off core's entries. */
import * as Column from "@adjoint/core/data/Column"
import { defaultOf, type Field, type Fields, isOptional, scales } from "@adjoint/core/data/Field"
import * as Source from "@adjoint/core/data/Source"
import type { EntryFound } from "./Found.ts"

type Kind = Field["kind"]

const words: { readonly [K in Kind]: (field: Extract<Field, { readonly kind: K }>) => string } = {
  path: () => "the path of a file",
  folder: () => "the path of a folder",
  text: () => "text",
  boolean: () => "true or false",
  character: (field) => ["one character", ...field.words].join(", or "),
  choice: ({ of }) => of.join(" | "),
  missing: ({ constant, of }) => {
    const given = constant === undefined ? "" : constant === "number" ? ", or a number" : ", or { constant: a text }"
    return `${of.join(" | ")}${given}`
  },
  choices: ({ of }) => `a list of ${of.join(" | ")}`,
  amount: () => "a number of rows, or a share such as 1%",
  bins: () => "a whole number > 1, a list of edges, or { quantiles: a number }",
  count: () => "a whole number > 0",
  nonNegative: () => "a number >= 0",
  share: () => "a share such as 95%",
  options: ({ fields }) => `{ ${Object.keys(fields).join(", ")} }`,
  names: () => "a list of names",
  words: () => "a list of words, or such lists by the names of columns",
  bounds: () => "[low, high], or { quantiles: [low, high] }",
  scale: () => `${scales.join(" | ")}, or { minmax: [low, high] }`,
  size: () => "[height, width]",
  white: () => "unit | none, or { max: a number }",
  tokens: () => "bytes | characters | words, or { byte_pairs: a number }, { words: a number }, { characters: a number }",
  length: () => "a whole number > 0, or a share such as 95%",
}

const wantedOf = <K extends Kind>(field: Extract<Field, { readonly kind: K }>): string => {
  const say = words[field.kind as K]
  return say(field)
}

const optionsOf = (fields: Fields): EntryFound["options"] =>
  Object.fromEntries(
    Object.entries(fields).map(([name, field]) => {
      const value = defaultOf(field)
      const usual = value === undefined ? {} : { default: value }
      return [name, { wanted: wantedOf(field), doc: field.doc, ...usual, required: !isOptional(field) }] as const
    }),
  )

const columns = (): ReadonlyArray<EntryFound> =>
  Object.entries(Column.kinds).map(([name, { advice, doc, fields, ...rest }]) => ({
    kind: "entry",
    table: "column kind",
    name,
    aliases: [],
    doc,
    advice,
    options: optionsOf(fields),
    ...("rule" in rest && rest.rule !== undefined ? { rule: rest.rule.wanted } : {}),
    example: `data: { columns: { NAME: ${columnOf(name, fields)} } }`,
  }))

/** A column as a file says it: its type alone, or with the options that it needs. */
const columnOf = (name: string, fields: Fields): string => {
  const required = Object.entries(fields).flatMap(([option, field]) =>
    isOptional(field) ? [] : [`${option}: ${field.kind === "names" ? "[low, high]" : "…"}`],
  )
  return required.length === 0 ? name : `{ type: ${name}, ${required.join(", ")} }`
}

/** A source as a file says it: its path alone where it has one, else its files. */
const spelled = (name: string, fields: Fields, main: string | undefined): string => {
  const required = Object.entries(fields).filter(([, field]) => !isOptional(field))
  const only = required.length === 1 && required[0]?.[0] === main
  const place = ([, { kind }]: (typeof required)[number]) => (kind === "folder" ? "FOLDER" : "FILE")
  return only && required[0] !== undefined
    ? `{ ${name}: ${place(required[0])} }`
    : `{ ${name}: { ${required.map((field) => `${field[0]}: ${place(field)}`).join(", ")} } }`
}

const sources = (): ReadonlyArray<EntryFound> =>
  Object.entries(Source.kinds).map(([name, { advice, doc, fields, ...rest }]) => {
    const main = "main" in rest ? rest.main : undefined
    return {
      kind: "entry",
      table: "source",
      name,
      aliases: [],
      doc,
      advice,
      options: optionsOf(fields),
      ...(main === undefined ? {} : { main }),
      example: `data: { source: ${spelled(name, fields, main)} }`,
    }
  })

const all = (): ReadonlyArray<EntryFound> => [...columns(), ...sources()]

/** The kinds of a name. */
export const find = (word: string): ReadonlyArray<EntryFound> => all().filter(({ name }) => name === word)

/** The names of all kinds. */
export const names: ReadonlyArray<string> = all().map(({ name }) => name)
