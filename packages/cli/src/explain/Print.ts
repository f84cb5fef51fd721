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

/** Names with what stands beside and below each. */
const listed = (
  rows: ReadonlyArray<readonly [name: string, beside: string, below: string]>,
  { style, width }: Look,
): ReadonlyArray<string> => {
  const longest = Math.max(0, ...rows.map(([{ length }]) => length))
  return rows.flatMap(([name, beside, below]) => {
    const [first = "", ...rest] = [beside, below].flatMap((text) => (text === "" ? [] : wrapped(text, width - longest - 4)))
    return [`  ${style("accent", name.padEnd(longest))}  ${first}`, ...rest.map((row) => `${" ".repeat(longest + 4)}${row}`)]
  })
}

const optionLines = ({ main, options, rule }: EntryFound, look: Look): ReadonlyArray<string> => {
  const rows = Object.entries(options).map(([name, { default: value, doc, required, wanted }]) => {
    const usual = value !== undefined ? `default ${written(value)}` : required ? "must be said" : "may be left out"
    return [name, `${wanted}, ${usual}${name === main ? "; a bare value sets it" : ""}`, doc] as const
  })
  return [...listed(rows, look), ...(rule === undefined ? [] : [`  with ${rule}`])]
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
      .map(({ default: value, name }) =>
        defaults.size === 1 || value === undefined ? name : `${name} (default ${written(value)})`,
      )
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
    ...block(
      "of",
      byTable(entries).flatMap((row) => hanging(row, width, "  ")),
      look,
    ),
  ].join("\n")
}

const key = ({ doc, example, keys = {}, name, path, wanted }: KeyFound, look: Look): string => {
  const { style, width } = look
  return [
    `${style("strong", name)} ${style("faint", `key of the model file, ${path}`)}`,
    ...(doc === "" ? [] : ["", ...wrapped(doc, width)]),
    ...(wanted === undefined || wanted === "" ? [] : block("value", paragraph(wanted, look), look)),
    ...block(
      "keys",
      listed(
        Object.entries(keys).map(([inner, { doc, wanted }]) => [inner, wanted, doc] as const),
        look,
      ),
      look,
    ),
    ...block("in a model file", indented(hanging(example, width - 2, ""), "  "), look),
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

/** What each thing is, in a line. */
const kinds: { readonly [K in Found["kind"]]: (found: Extract<Found, { readonly kind: K }>) => string } = {
  entry: ({ name, table }) => `${name}, ${table}`,
  option: ({ entries, name }) => `${name}, option of ${entries.map((each) => each.name).join(", ")}`,
  key: ({ path }) => `${path}, key of the model file`,
  diagnostic: ({ code, title }) => `${code}, ${title}`,
  exit_code: ({ code }) => `${code}, exit code`,
}

const kindOf = <K extends Found["kind"]>(found: Extract<Found, { readonly kind: K }>): string => {
  const say = kinds[found.kind as K]
  return say(found)
}

/** All that a word means, one after the other; of more than one thing, a list says first which they are. */
export const print = (found: ReadonlyArray<Found>, look: Look): string => {
  const list = found.length < 2 ? [] : found.flatMap((each) => hanging(kindOf(each), look.width, "  "))
  const head = list.length === 0 ? [] : [[`${found.length} things are called so`, ...list].join("\n")]
  return [...head, ...found.map((each) => printed(each, look))].join("\n\n\n")
}
