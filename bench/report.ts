/** What is written down of a run: a table for people, in Markdown, and all figures for programs, as JSON. */
import type { Contender } from "./contenders.ts"
import type { Machine } from "./machine.ts"
import { type Outcome, type Outcomes, plan } from "./measure.ts"
import { tolerance } from "./protocol.ts"
import type { Row, Section } from "./rows.ts"
import { isRough } from "./statistics.ts"

export interface MeasuredRow {
  readonly row: Row
  readonly outcomes: Outcomes
}

export interface MeasuredSection {
  readonly section: Section
  readonly rows: ReadonlyArray<MeasuredRow>
}

export interface Run {
  /** yyyy-mm-dd */
  readonly date: string
  readonly machine: Machine
  /** The share of the cores that other programs took, at a look between any two rows. */
  readonly busy: ReadonlyArray<number>
  readonly sections: ReadonlyArray<MeasuredSection>
}

/** The name of the run's files, of the date and the processor: `2026-11-20-amd-epyc`. */
export const fileName = ({ date, machine }: Run): string =>
  `${date}-${machine.cpu
    .toLowerCase()
    .replaceAll(/\((?:r|tm)\)/gu, "")
    .replaceAll(/[^a-z0-9]+/gu, "-")
    .replaceAll(/^-|-$/gu, "")}`

const significant = (x: number): string => (x >= 100 ? x.toFixed(0) : x.toPrecision(3))

const factor = (x: number): string => (x >= 10 ? x.toFixed(0) : x.toPrecision(2))

/** A time in the unit that suits it. `printTime(0.0254) // => "25.4 µs"` */
export const printTime = (milliseconds: number): string => {
  // The bounds are where three figures round up to the next unit.
  if (milliseconds < 0.9995) return `${significant(milliseconds * 1e3)} µs`
  return milliseconds < 999.5 ? `${significant(milliseconds)} ms` : `${significant(milliseconds / 1e3)} s`
}

const medianOf = (outcome: Outcome | undefined): number | undefined =>
  outcome?.kind === "measured" ? outcome.time.median : undefined

/** How many times as long as ours it took. */
const ratioOf = ({ outcomes, row }: MeasuredRow, contender: Contender): number | undefined => {
  const [ours, theirs] = [medianOf(outcomes.get(row.ours)), medianOf(outcomes.get(contender))]
  return ours === undefined || theirs === undefined ? undefined : theirs / ours
}

/** Remarks at a table's foot, numbered as they come; equal ones are one. */
class Remarks {
  readonly #texts: Array<string> = []

  mark(text: string): string {
    if (!this.#texts.includes(text)) this.#texts.push(text)
    return `(${this.#texts.indexOf(text) + 1})`
  }

  print(): string {
    return this.#texts.map((text, i) => `${i + 1}. ${text}\n`).join("")
  }
}

const cell = (measured: MeasuredRow, contender: Contender, remarks: Remarks): string => {
  const { outcomes, row } = measured
  const outcome = outcomes.get(contender)
  if (outcome === undefined) return ""
  const { label } = contender
  switch (outcome.kind) {
    case "measured": {
      const ratio = ratioOf(measured, contender)
      return [
        `${isRough(outcome.time) ? "~ " : ""}${printTime(outcome.time.median)}`,
        ...(row.operations === undefined ? [] : [`${significant(row.operations / outcome.time.median / 1e6)} GFLOP/s`]),
        ...(contender === row.ours || ratio === undefined ? [] : [`${factor(ratio)}×`]),
      ].join(" · ")
    }
    case "absent":
      return `not installed ${remarks.mark(`${label}: ${outcome.reason}`)}`
    case "cannot":
      return `cannot ${remarks.mark(`${label}: ${outcome.reason}`)}`
    case "disagrees":
      return `disagrees ${remarks.mark(`${label} gets ${outcome.results.join(", ")}, not ${outcome.wanted.join(", ")}`)}`
  }
}

const columnsOf = ({ rows }: MeasuredSection): ReadonlyArray<Contender> => [
  ...new Set(rows.flatMap(({ outcomes }) => [...outcomes.keys()])),
]

const table = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string =>
  [head, head.map((_, i) => (i === 0 ? "---" : "---:")), ...rows].map((cells) => `| ${cells.join(" | ")} |\n`).join("")

const printSection = (measured: MeasuredSection): string => {
  const { rows, section } = measured
  const columns = columnsOf(measured)
  const remarks = new Remarks()
  const body = table(
    ["", ...columns.map(({ label }) => label)],
    rows.map((each) => [each.row.name, ...columns.map((contender) => cell(each, contender, remarks))]),
  )
  const foot = remarks.print()
  return `## ${section.title}\n\n${section.unit[0]?.toUpperCase()}${section.unit.slice(1)}.\n\n${body}${foot === "" ? "" : `\n${foot}`}`
}

const participants = (sections: ReadonlyArray<MeasuredSection>): string => {
  const found = new Map<Contender, readonly [version: string, threads: string]>()
  for (const { outcomes } of sections.flatMap(({ rows }) => rows)) {
    for (const [contender, outcome] of outcomes)
      if (outcome.kind === "measured") found.set(contender, [outcome.version, String(outcome.threads)])
  }
  return table(
    ["", "version", "threads"],
    [...found].map(([{ label }, cells]) => [label, ...cells]),
  )
}

const percent = (share: number): string => `${(share * 100).toFixed(0)} %`

/** Says whether the machine was ours alone. */
const printBusy = (busy: ReadonlyArray<number>): string => {
  const mean = busy.reduce((sum, share) => sum + share, 0) / busy.length
  const quiet = mean < 0.03
  return `${quiet ? "The machine was quiet" : "The machine was shared with other work, so figures are rough"}: between rows, other programs took ${percent(mean)} of its cores on average and ${percent(Math.max(...busy))} at most.`
}

/** The run as a page. */
export const markdown = ({ busy, date, machine, sections }: Run): string =>
  `# Speed on ${machine.cpu}, ${date}

${machine.cores} cores, ${machine.memory} GiB, ${machine.system}, Node ${machine.node}. ${printBusy(busy)}

A figure is the median of repetitions over ${plan.rounds} rounds of ${plan.budget} ms (of ${plan.starts} processes under "Start-up"), contenders taking turns; \`~\` marks one whose middle half of repetitions spreads over more than a quarter of it. The factor says how many times as long as ours, the first column, it took: above 1, ours is faster. Everyone starts from the same numbers, and only those were timed whose first results, for training the losses of ${plan.times.adam} steps, agree with ours to ${tolerance} of their size.

${sections.map(printSection).join("\n")}
## Who took part

${participants(sections)}`

/** The run with every figure. */
export const json = ({ busy, date, machine, sections }: Run): unknown => ({
  date,
  machine,
  busy,
  plan: { ...plan, tolerance },
  sections: sections.map(({ rows, section: { timed, title, unit } }) => ({
    title,
    unit,
    timed,
    rows: rows.map((measured) => ({
      name: measured.row.name,
      task: measured.row.task,
      ours: measured.row.ours.label,
      ...(measured.row.operations === undefined ? {} : { operations: measured.row.operations }),
      outcomes: Object.fromEntries(
        [...measured.outcomes].map(([contender, outcome]) => [
          contender.label,
          { ...outcome, ratio: ratioOf(measured, contender) },
        ]),
      ),
    })),
  })),
})
