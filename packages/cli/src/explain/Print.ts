/** What `explain` finds, as text. */
import type { Style } from "../terminal/Style.ts"
import { hanging, indented, wrapped } from "../terminal/Text.ts"
import type { CodeFound, EntryFound, ExitCodeFound, Found, KeyFound, OptionFound } from "./Found.ts"

interface Look {
  readonly width: number
  readonly style: Style
}

const written = (value: unknown): string => (Array.isArray(value) ? `[${value.map(written).join(", ")}]` : String(value))

const block = (title: string, rows: ReadonlyArray<string>, { style }: Look): ReadonlyArray<string> =>
  rows.length === 0 ? [] : ["", style("faint", title), ...rows]

const paragraph = (text: string, { width }: Look): ReadonlyArray<string> => indented(wrapped(text, width - 2), "  ")

const optionLines = ({ main, options, rule }: EntryFound, { style, width }: Look): ReadonlyArray<string> => {
  const longest = Math.max(0, ...Object.keys(options).map(({ length }) => length))
  const each = Object.entries(options).flatMap(([name, { default: value, doc, required, wanted }]) => {
    const usual = value !== undefined ? `default ${written(value)}` : required ? "required" : "may be left out"
    const bare = name === main ? "; a bare value sets it" : ""
    const [first = "", ...rest] = wrapped(`${wanted}, ${usual}${bare}`, width - longest - 4)
    return [
      `  ${style("accent", name.padEnd(longest))}  ${first}`,
      ...[...rest, ...wrapped(doc, width - longest - 4)].map((row) => `${" ".repeat(longest + 4)}${row}`),
    ]
  })
  return [...each, ...(rule === undefined ? [] : [`  with ${rule}`])]
}

const entry = (found: EntryFound, look: Look): string => {
  const { style, width } = look
  const { advice, alias, aliases, derivative, doc, example, formula, name, source, table } = found
  if (alias !== undefined) {
    const { alias: _, ...own } = found
    return `${style("strong", name)} ${style("faint", table)}: another name of ${alias}\n\n${entry({ ...own, name: alias }, look)}`
  }
  const formulas = [formula, derivative].flatMap((row) => (row === undefined ? [] : hanging(row, width, "    ")))
  return [
    `${style("strong", name)} ${style("faint", table)}${aliases.length === 0 ? "" : style("faint", `, also ${aliases.join(", ")}`)}`,
    "",
    ...wrapped(doc, width),
    ...(formulas.length === 0 ? [] : ["", ...formulas]),
    ...block("options", optionLines(found, look), look),
    ...(advice === undefined ? [] : block("when to use it", paragraph(advice, look), look)),
    ...block("in a model file", example === undefined ? [] : indented(example.split("\n"), "  "), look),
    ...(source === undefined ? [] : block("source", paragraph(source, look), look)),
    ...(table === "activation" ? ["", style("faint", `adjoint plot ${name} draws it`)] : []),
  ].join("\n")
}

/** Entries by table, those of one table on one line. */
const byTable = (entries: OptionFound["entries"]): ReadonlyArray<string> => {
  const defaults = new Set(entries.map(({ default: value }) => written(value)))
  const tables = [...new Set(entries.map(({ table }) => table))]
  return tables.map((table) => {
    const names = entries
      .filter((each) => each.table === table)
      .map(({ default: value, name }) => (defaults.size === 1 || value === undefined ? name : `${name} (default ${written(value)})`))
    return `${table}: ${names.join(", ")}`
  })
}

const option = ({ doc, entries, name, wanted }: OptionFound, look: Look): string => {
  const { style, width } = look
  const values = new Set(entries.map(({ default: value }) => value))
  const [only] = values
  const usual = values.size === 1 && only !== undefined ? `, default ${written(only)}` : ""
  return [
    `${style("strong", name)} ${style("faint", "option")}`,
    "",
    ...wrapped(doc, width),
    ...block("value", paragraph(`${wanted}${usual}`, look), look),
    ...block("of", byTable(entries).flatMap((row) => hanging(row, width, "  ")), look),
  ].join("\n")
}

const key = ({ doc, name, path, wanted }: KeyFound, look: Look): string => {
  const { style, width } = look
  return [
    `${style("strong", name)} ${style("faint", `key of the model file, ${path}`)}`,
    ...(doc === "" ? [] : ["", ...wrapped(doc, width)]),
    ...(wanted === undefined || wanted === "" ? [] : block("value", paragraph(wanted, look), look)),
  ].join("\n")
}

const example = (title: string, text: string | undefined): ReadonlyArray<string> =>
  text === undefined ? [] : ["", title, ...indented(text.trimEnd().split("\n"), "    ")]

const diagnostic = ({ code, explanation, phase, right, severity, title, wrong }: CodeFound, { style, width }: Look): string =>
  [
    `${style(severity === "error" ? "bad" : "warn", `${severity}[${code}]`)}${style("strong", `: ${title}`)} ${style("faint", `(${phase})`)}`,
    "",
    ...wrapped(explanation, width),
    ...example("wrong", wrong),
    ...example("right", right),
  ].join("\n")

const exitCode = ({ code, doc }: ExitCodeFound, { style, width }: Look): string =>
  [`${style("strong", String(code))} ${style("faint", "exit code")}`, "", ...wrapped(doc, width)].join("\n")

const printers: {
  readonly [K in Found["kind"]]: (found: Extract<Found, { readonly kind: K }>, look: Look) => string
} = { entry, option, key, diagnostic, exit_code: exitCode }

const printed = <K extends Found["kind"]>(found: Extract<Found, { readonly kind: K }>, look: Look): string => {
  const print = printers[found.kind as K]
  return print(found, look)
}

/** All that a word means, one after the other; of more than one thing, a line says first which they are. */
export const print = (found: ReadonlyArray<Found>, look: Look): string => found.map((each) => printed(each, look)).join("\n\n\n")
