/** The scores of some rows as a table: each with its interval, and what the answer that looks at no input scores. */
import type { Scores } from "@adjoint/core/training/Progress"
import { columns, printable } from "@adjoint/dsl/diagnostic/Printable"
import { cell, laid } from "../terminal/Cells.ts"
import * as Format from "../terminal/Format.ts"
import type { Style } from "../terminal/Style.ts"
import { shortened } from "../terminal/Text.ts"
import { few, type ScoredSlices } from "./Groups.ts"
import type { Baseline, Intervals } from "./Judged.ts"

export interface Table {
  readonly scores: Scores
  readonly intervals: Intervals
  readonly baseline?: Baseline | undefined
  readonly units: Format.Units
}

/** A name is cut to so many columns in a heading. */
const widestAnswer = 24

const answerOf = (answer: Baseline["answer"]): string => {
  if (typeof answer === "string") return `always \`${shortened(printable(answer), widestAnswer)}\``
  if (!Array.isArray(answer)) return "always the same"
  return answer.length === 1 ? `always ${Format.decimal(answer[0] ?? Number.NaN)}` : "always the means"
}

const padded = (text: string, width: number): string => `${text}${" ".repeat(Math.max(0, width - columns(text)))}`

const right = (text: string, width: number): string => `${" ".repeat(Math.max(0, width - columns(text)))}${text}`

/** An interval, with the digits of its score. */
export const printInterval = (name: string, { high, low }: { readonly low: number; readonly high: number }): string =>
  `${Format.score(name, low)} … ${Format.score(name, high)}`

/** The lines of a table: a heading and a line for each score. */
export const printTable = ({ baseline, intervals, scores, units }: Table, style: Style): ReadonlyArray<string> => {
  const names = Object.keys(scores)
  const rows = names.map((name) => {
    const interval = Object.hasOwn(intervals, name) ? intervals[name] : undefined
    const always = baseline !== undefined && Object.hasOwn(baseline.scores, name) ? baseline.scores[name] : undefined
    const unit = Format.unit(name, units)
    return {
      name,
      value: Format.score(name, scores[name] ?? Number.NaN),
      unit: unit === undefined ? "" : ` ${unit}`,
      interval: interval === undefined ? "" : printInterval(name, interval),
      always: always === undefined || Number.isNaN(always) ? "" : Format.score(name, always),
    }
  })
  const head = {
    name: "",
    value: "",
    unit: "",
    interval: "95 %",
    always: baseline === undefined ? "" : answerOf(baseline.answer),
  }
  const widest = (field: keyof typeof head): number => Math.max(...[head, ...rows].map(({ [field]: text }) => columns(text)))
  const [value, unit, interval, always] = [widest("value"), widest("unit"), widest("interval"), widest("always")]
  const left = Math.max(...names.map((name) => columns(printable(name))))
  const hasIntervals = rows.some((row) => row.interval !== "")
  const line = (parts: ReadonlyArray<string>) => `  ${parts.join("  ")}`.trimEnd()
  const heading = line([
    " ".repeat(left + 2 + value + unit),
    ...(hasIntervals ? [right(head.interval, interval)] : []),
    right(head.always, always),
  ])
  return [
    ...(hasIntervals || baseline !== undefined ? [style("faint", heading)] : []),
    ...rows.map((row) =>
      line([
        padded(printable(row.name), left),
        `${style("strong", right(row.value, value))}${style("faint", padded(row.unit, unit))}`,
        ...(hasIntervals ? [right(row.interval, interval)] : []),
        ...(baseline === undefined ? [] : [style("faint", right(row.always, always))]),
      ]).trimEnd(),
    ),
  ]
}

/** Names of groups are cut to so many columns. */
const widestGroup = 28

/** The scores of groups: a table for each column, with the interval of the first score, and a word where the rows are few. */
export const printSlices = (slices: ScoredSlices | undefined, style: Style): ReadonlyArray<string> =>
  Object.entries(slices ?? {}).flatMap(([column, groups]) => {
    const all = [...new Set(groups.flatMap(({ scores }) => Object.keys(scores)))]
    const metrics = all.filter((name) => !/(^|\.)loss$/su.test(name))
    const names = metrics.length === 0 ? all : metrics
    const faint = (text: string) => cell(text, (own) => style("faint", own))
    const headings = names.flatMap((name, i) => [faint(printable(name)), ...(i === 0 ? [faint("95 %")] : [])])
    const rows = groups.map(({ intervals, rows, scores, value }) => [
      cell(shortened(printable(value), widestGroup)),
      cell(Format.count(rows)),
      ...names.flatMap((name, i) => {
        const score = Object.hasOwn(scores, name) ? scores[name] : undefined
        const interval = Object.hasOwn(intervals, name) ? intervals[name] : undefined
        const text = score === undefined || Number.isNaN(score) ? "–" : Format.score(name, score)
        return [
          cell(text, (own) => style("strong", own)),
          ...(i === 0 ? [cell(interval === undefined ? "" : printInterval(name, interval))] : []),
        ]
      }),
      cell(rows < few ? "few rows" : "", (own) => style("warn", own)),
    ])
    const aligns = ["left" as const, "right" as const, ...headings.map(() => "right" as const), "left" as const]
    const head = [faint(`by ${shortened(printable(column), widestGroup)}`), faint("rows"), ...headings, cell("")]
    return ["", ...laid([head, ...rows], aligns).map((line) => `  ${line}`)]
  })
