/** The report of a run: tables in Markdown for people, and all figures as JSON for programs. */
import type { Computed } from "./ceiling.ts"
import type { Contender } from "./contenders.ts"
import type { EventLoop } from "./eventLoop.ts"
import { printBytes, printTime, significant } from "./figures.ts"
import { growths } from "./growth.ts"
import type { Machine } from "./machine.ts"
import { compared, type MeasuredRow, type Outcome } from "./measure.ts"
import { tolerances } from "./protocol.ts"
import type { Section } from "./rows.ts"
import { isRough } from "./statistics.ts"

/** Bytes, uncompressed and compressed. */
export interface Size {
  readonly minified: number
  readonly gzip: number
  readonly brotli: number
}

/** The sizes of a program, or why it could not be bundled. */
export type Bundle = { readonly label: string } & (Size | { readonly reason: string })

export interface MeasuredSection {
  readonly section: Section
  readonly rows: ReadonlyArray<MeasuredRow>
}

export interface Run {
  /** yyyy-mm-dd */
  readonly date: string
  readonly machine: Machine
  /** The description of the images and trained weights. */
  readonly data: string
  readonly sections: ReadonlyArray<MeasuredSection>
  readonly bundles: ReadonlyArray<Bundle>
  readonly eventLoops: ReadonlyArray<EventLoop>
  /** The machine's ceiling of computing. */
  readonly ceilings: ReadonlyArray<Computed>
}

/** The name of the run's files, from date and processor: `2026-11-20-amd-epyc`. */
export const fileName = ({ date, machine }: Run): string =>
  `${date}-${machine.cpu
    .toLowerCase()
    .replaceAll(/\((?:r|tm)\)/gu, "")
    .replaceAll(/[^a-z0-9]+/gu, "-")
    .replaceAll(/^-|-$/gu, "")}`

const factor = (x: number): string => (x >= 10 ? x.toFixed(0) : x.toPrecision(2))

const medianOf = (outcome: Outcome | undefined): number | undefined =>
  outcome?.kind === "measured" ? outcome.time.median : undefined

/** Its time divided by ours. */
const ratioOf = ({ outcomes, row }: MeasuredRow, contender: Contender): number | undefined => {
  const [ours, theirs] = [medianOf(outcomes.get(row.ours)), medianOf(outcomes.get(contender))]
  return ours === undefined || theirs === undefined ? undefined : theirs / ours
}

const percent = (share: number): string => `${(share * 100).toFixed(0)} %`

/** The least time that the machine's ceiling allows, divided by its time. */
const shareOf = ({ least, outcomes }: MeasuredRow, contender: Contender): number | undefined => {
  const outcome = outcomes.get(contender)
  if (outcome?.kind !== "measured") return undefined
  const bound = least?.get(outcome.threads) ?? 0
  return bound === 0 ? undefined : bound / outcome.time.median
}

/** Numbered footnotes of a table; equal ones are merged. */
class Remarks {
  readonly #texts: Array<string> = []

  mark(text: string): string {
    if (!this.#texts.includes(text)) this.#texts.push(text)
    return `(${this.#texts.indexOf(text) + 1})`
  }

  print(): string {
    return this.#texts.length === 0 ? "" : `\n${this.#texts.map((text, i) => `${i + 1}. ${text}\n`).join("")}`
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
        ...(outcome.isSpoiled ? [`busy ${percent(outcome.disturbed)}`] : []),
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

const sentence = (text: string): string => `${text[0]?.toUpperCase()}${text.slice(1)}.`

/** The exponent of each contender's growth. */
const printGrowth = (measured: MeasuredSection, picture: string | undefined): string => {
  const found = growths(measured.rows)
  if (found.length === 0) return ""
  const contenders = [...new Set(found.flatMap(({ curves }) => curves.map(({ contender }) => contender)))]
  const powers = table(
    ["time ∝ sizeᵖ, p by", ...contenders],
    found.map(({ curves, with: what }) => [
      what,
      ...contenders.map((name) => curves.find(({ contender }) => contender === name)?.exponent?.toFixed(2) ?? ""),
    ]),
  )
  const shown = picture === undefined ? "" : `![The times of a step in double logarithms: by batch, width, depth](${picture})\n\n`
  return `${shown}The exponent is that of the line of least squares in double logarithms, over the upper half of the sizes.\n\n${powers}\n`
}

/** The shares of the ceiling of a row, for the contenders of one library with ours. */
const shares = (row: MeasuredRow, columns: ReadonlyArray<Contender>): string =>
  columns
    .filter(({ arguments: program }) => program.join() === row.row.ours.arguments.join())
    .flatMap((contender) => {
      const share = shareOf(row, contender)
      return share === undefined ? [] : [percent(share)]
    })
    .join(" · ")

const printSection = (measured: MeasuredSection, picture: string | undefined): string => {
  const { rows, section } = measured
  const columns = columnsOf(measured)
  const remarks = new Remarks()
  const hasShares = rows.some((row) => shares(row, columns) !== "")
  const body = table(
    ["", ...columns.map(({ label }) => label), ...(hasShares ? ["of the ceiling"] : [])],
    rows.map((each) => [
      each.row.name,
      ...columns.map((contender) => cell(each, contender, remarks)),
      ...(hasShares ? [shares(each, columns)] : []),
    ]),
  )
  return `## ${section.title}\n\n${sentence(section.unit)}\n\n${printGrowth(measured, picture)}${body}${remarks.print()}\n`
}

const printBundles = (bundles: ReadonlyArray<Bundle>): string =>
  bundles.length === 0
    ? ""
    : `## Bundle size\n\nWhat a page loads for the least program that trains something (\`bench/programs\`), bundled and minified by rolldown, with what the program fetches when it starts; the factor is to ours.\n\n${table(
        ["", "minified", "gzip", "brotli"],
        bundles.map((bundle) => {
          if ("reason" in bundle) return [bundle.label, `cannot: ${bundle.reason}`, "", ""]
          const ours = bundles.find((each) => !("reason" in each))
          const size = (kind: "minified" | "gzip" | "brotli"): string =>
            ours === undefined || "reason" in ours || ours === bundle
              ? printBytes(bundle[kind])
              : `${printBytes(bundle[kind])} · ${factor(bundle[kind] / ours[kind])}×`
          return [bundle.label, size("minified"), size("gzip"), size("brotli")]
        }),
      )}\n`

const milliseconds = (x: number): string => `${x < 10 ? x.toFixed(1) : x.toFixed(0)} ms`

const printEventLoops = (all: ReadonlyArray<EventLoop>): string =>
  all.length === 0
    ? ""
    : `## Event loop\n\nHow long requests that are due every 2 ms wait while the same process trains, on the calling thread (\`Wasm.layer()\`) and in a worker (\`Wasm.worker()\`), and how long an interruption of the run takes. The longest block is the most processor time of the thread between two answers, which other programs do not lengthen.\n\n${table(
        ["", "median", "99 %", "worst", "longest block", "interruption", "steps a second"],
        all.map((each) =>
          "reason" in each
            ? [each.label, `cannot: ${each.reason}`, "", "", "", "", ""]
            : [
                each.label,
                ...[each.median, each.p99, each.worst, each.longest, each.interruption].map(milliseconds),
                significant(each.stepsPerSecond),
              ],
        ),
      )}\n`

/** The peak memory of each contender, in the sections that have it. */
const printMemory = (sections: ReadonlyArray<MeasuredSection>): string => {
  const chosen = sections.filter(({ section }) => section.memory)
  if (chosen.length === 0) return ""
  const columns = [...new Set(chosen.flatMap(columnsOf))]
  const memoryOf = ({ outcomes }: MeasuredRow, contender: Contender): number | undefined => {
    const outcome = outcomes.get(contender)
    return outcome?.kind === "measured" ? outcome.memory : undefined
  }
  const rows = chosen.flatMap((each) =>
    each.rows.map((row) => [
      `${each.section.title}: ${row.row.name}`,
      ...columns.map((contender) => {
        const [ours, theirs] = [memoryOf(row, row.row.ours), memoryOf(row, contender)]
        if (theirs === undefined) return ""
        const ratio = ours === undefined || contender === row.row.ours ? "" : ` · ${factor(theirs / ours)}×`
        return `${printBytes(theirs)}${ratio}`
      }),
    ]),
  )
  return `## Memory\n\nThe most memory that the process of a row had at a time (peak resident set), with its language, its library and the inputs; the factor is to ours.\n\n${table(["", ...columns.map(({ label }) => label)], rows)}\n`
}

const participants = (sections: ReadonlyArray<MeasuredSection>): string => {
  const found = new Map<string, readonly [version: string, threads: string]>()
  for (const { outcomes } of sections.flatMap(({ rows }) => rows)) {
    for (const [{ label }, outcome] of outcomes)
      if (outcome.kind === "measured") found.set(label, [outcome.version, String(outcome.threads)])
  }
  return table(
    ["", "version", "threads"],
    [...found].map(([label, cells]) => [label, ...cells]),
  )
}

/** The share of the cores that other processes used, for each figure. */
const disturbances = (sections: ReadonlyArray<MeasuredSection>): ReadonlyArray<number> =>
  sections
    .flatMap(({ rows }) => rows.flatMap(({ outcomes }) => [...outcomes.values()]))
    .flatMap((outcome) => (outcome.kind === "measured" ? [outcome.disturbed] : []))

/** Reports whether other processes used the machine. */
const printBusy = (shares: ReadonlyArray<number>): string => {
  if (shares.length === 0) return ""
  const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length
  const quiet = mean < 0.04
  return `${quiet ? "The machine was quiet" : "The machine was shared with other work, so figures are rough"}: while contenders were timed, other programs took ${percent(mean)} of its cores on average and ${percent(Math.max(...shares))} at most.`
}

const method = (sections: ReadonlyArray<MeasuredSection>): string => {
  if (sections.length === 0) return "No times were measured."
  const chosen = sections.map(({ section }) => section)
  const repeated = chosen.filter(({ timed }) => timed === "repetition")
  const budgets = new Set(repeated.map(({ plan }) => `${plan.rounds} × ${plan.budget} ms`))
  const medians = [
    ...(budgets.size === 0 ? [] : [`of repetitions (for ${[...budgets].join(" or ")})`]),
    ...chosen
      .filter(({ timed }) => timed !== "repetition")
      .map(({ plan, title }) => `under "${title}" of ${plan.processes} new process${plan.processes === 1 ? "" : "es"}`),
  ]
  return `A figure is the median ${medians.join(", ")}, contenders taking turns; \`~\` marks one whose middle half of repetitions spreads over more than a quarter of it. The factor says how many times as long as ours, the first figure of its row, it took: above 1, ours is faster. Everyone starts from the same numbers, and only those were timed whose first results agree with ours to ${tolerances.train} of their size: for training, the losses of ${compared.train} steps, of a start the first alone. Of an epoch, the mean loss and the accuracy agree to ${tolerances.epoch}, since each library shuffles in its own way. \`busy\` marks a figure that other programs spoiled, with their share of the cores, although its row was repeated for up to ${Math.max(...chosen.map(({ plan }) => plan.patience)) / 1000} s more.`
}

/** The ceiling of the machine, and how rows are compared with it. */
const printCeiling = (ceilings: ReadonlyArray<Computed>): string =>
  ceilings.length === 0
    ? ""
    : `The ceiling: in registers, ${ceilings
        .map(
          ({ operations, threads }) =>
            `${threads} thread${threads === 1 ? "" : "s"} of this machine can do ${significant(operations / 1e6)} GFLOP/s`,
        )
        .join(
          " and ",
        )}, measured in this run. The last column says what share of it Adjoint reaches, for each of its columns: the time for the operations of the row's products alone, or for a copy of as many bytes as it has to read and write, whichever is longer, divided by its time.\n\n`

/** The run as a page; `picture` is the file with the picture of growth. */
export const markdown = ({ bundles, ceilings, data, date, eventLoops, machine, sections }: Run, picture?: string): string =>
  `# Speed on ${machine.cpu}, ${date}

${[
  `${machine.cores} cores, ${machine.memory} GiB, ${machine.system}, Node ${machine.node}; Adjoint in ${machine.lanes}-bit lanes.`,
  printBusy(disturbances(sections)),
  sentence(data),
]
  .filter((part) => part !== "")
  .join(" ")}

${method(sections)}

${printCeiling(ceilings)}${sections.map((each) => printSection(each, picture)).join("")}${printMemory(sections)}${printEventLoops(eventLoops)}${printBundles(bundles)}## Who took part

${participants(sections)}`

/** The run with every figure. */
export const json = ({ bundles, ceilings, data, date, eventLoops, machine, sections }: Run): unknown => ({
  date,
  machine,
  ceilings,
  data,
  disturbed: disturbances(sections),
  tolerances,
  sections: sections.map(({ rows, section: { key, plan, timed, title, unit } }) => ({
    key,
    title,
    unit,
    timed,
    plan,
    rows: rows.map((measured) => ({
      name: measured.row.name,
      task: measured.row.task,
      ours: measured.row.ours.label,
      ...(measured.row.operations === undefined ? {} : { operations: measured.row.operations }),
      ...(measured.row.grows === undefined ? {} : { grows: measured.row.grows }),
      outcomes: Object.fromEntries(
        [...measured.outcomes].map(([contender, outcome]) => [
          contender.label,
          { ...outcome, ratio: ratioOf(measured, contender), share: shareOf(measured, contender) },
        ]),
      ),
    })),
    growth: growths(rows),
  })),
  eventLoops,
  bundles,
})
