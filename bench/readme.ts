/** The quotation of a record in the repository's README, between two marks. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Schema } from "effect"

const begin = "<!-- written by `pnpm bench --readme` -->"
const end = "<!-- until here -->"

const Record = Schema.Struct({
  date: Schema.String,
  machine: Schema.Struct({ cpu: Schema.String, cores: Schema.Int, system: Schema.String, node: Schema.String }),
  sections: Schema.Array(
    Schema.Struct({
      rows: Schema.Array(
        Schema.Struct({
          outcomes: Schema.Record(
            Schema.String,
            Schema.Struct({ kind: Schema.String, version: Schema.optionalKey(Schema.String) }),
          ),
        }),
      ),
    }),
  ),
})
const decode = Schema.decodeUnknownSync(Schema.fromJsonString(Record))

/** A table with columns padded to their widest cells: names left-aligned, figures right-aligned. */
const aligned = (table: ReadonlyArray<string>): string => {
  const cells = table.map((row) =>
    row
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
  const widths = (cells[0] ?? []).map((_, i) =>
    Math.max(3, ...cells.map((row) => (/^-+:?$/u.test(row[i] ?? "") ? 0 : (row[i] ?? "").length))),
  )
  const padded = cells.map((row, line) =>
    row.map((cell, i) => {
      const width = widths[i] ?? 0
      if (line === 1) return i === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`
      return i === 0 ? cell.padEnd(width) : cell.padStart(width)
    }),
  )
  return padded.map((row) => `| ${row.join(" | ")} |`).join("\n")
}

/** The table under a heading of a page. */
const tableUnder = (page: string, heading: string): ReadonlyArray<string> => {
  const [, section = ""] = page.split(`\n## ${heading}\n`)
  return (
    section
      .split(/^## /mu)[0]
      ?.split("\n")
      .filter((line) => line.startsWith("|")) ?? []
  )
}

/** A library's name without its engine or threads. */
const nameOf = (label: string): string => label.split(",")[0] ?? label

/** The README's quotation of a record: the training steps, with date, machine and versions. */
export const quotation = (name: string, page: string, record: string): string => {
  const { date, machine, sections } = decode(record)
  const outcomes = sections.flatMap(({ rows }) => rows.flatMap((row) => Object.entries(row.outcomes)))
  const peers = new Map(
    outcomes.flatMap(([label, { version }]) =>
      version === undefined || label.startsWith("Adjoint") ? [] : [[nameOf(label), version] as const],
    ),
  )
  const against = [...peers].map(([peer, version]) => `${peer} ${version}`).join(", ")
  const where = `${machine.cores} cores of an ${machine.cpu}, ${machine.system}, Node ${machine.node}`
  return `${aligned(tableUnder(page, "Training step"))}

Measured on ${date} with \`npx pnpm@12 bench\`: ${where}, ${against}. Before timing, the first losses of each library were compared with Adjoint's. [The full record](bench/results/${name}.md) has all rows; [bench](bench/README.md) explains the method.`
}

/** A README with its quotation replaced; undefined if it lacks the marks. */
export const replaced = (readme: string, quoted: string): string | undefined => {
  const [from, to] = [readme.indexOf(begin), readme.indexOf(end)]
  return from < 0 || to < from ? undefined : `${readme.slice(0, from)}${begin}\n\n${quoted}\n\n${readme.slice(to)}`
}

const results = join(import.meta.dirname, "results")

/** The name of the newest record. */
export const newest = (): string | undefined =>
  readdirSync(results)
    .filter((file) => file.endsWith(".json"))
    .map((file) => file.slice(0, -".json".length))
    .toSorted()
    .at(-1)

/** A README that quotes the newest record; undefined without a record or without the marks. */
export const renewed = (readme: string): string | undefined => {
  const name = newest()
  if (name === undefined) return undefined
  const read = (extension: string): string => readFileSync(join(results, `${name}.${extension}`), "utf8")
  return replaced(readme, quotation(name, read("md"), read("json")))
}

/** Updates the README of the repository. */
export const renew = (): void => {
  const path = join(import.meta.dirname, "../README.md")
  const page = renewed(readFileSync(path, "utf8"))
  if (page === undefined) throw new Error(`there is no record in ${results}, or README.md lacks the marks around what it quotes`)
  writeFileSync(path, page)
}
