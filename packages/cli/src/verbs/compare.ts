/** `adjoint compare`: runs side by side, with what differs between them. */
import { columns, printable } from "@adjoint/dsl/diagnostic/Printable"
import { read } from "@adjoint/dsl/Read"
import { fromText } from "@adjoint/dsl/source/Source"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { type Compared, type Comparison, compare, type ScoreRow } from "../evaluate/Comparison.ts"
import { emit } from "../json/Emit.ts"
import { RunError, UsageError } from "../report/Failure.ts"
import { find } from "../run/Find.ts"
import { namesIn, type Overview, overview, runsOf } from "../run/Overview.ts"
import { readRecord, readText } from "../run/Records.ts"
import { files } from "../run/RunFolder.ts"
import { type Cell, cell, laid } from "../terminal/Cells.ts"
import * as Format from "../terminal/Format.ts"
import type { Style } from "../terminal/Style.ts"
import { shortenedApart } from "../terminal/Text.ts"
import { World } from "../terminal/World.ts"
import { result } from "../terminal/Write.ts"

export interface Options {
  /** Runs, or names that stand for all runs of theirs. */
  readonly all: ReadonlyArray<string>
  readonly runs: string
  readonly json: boolean
}

/** The folders of the runs that are meant, each once. */
const foldersOf = ({ all, runs }: Options) =>
  Effect.gen(function* () {
    const names = yield* namesIn(runs)
    const folders = yield* Effect.forEach(all, (reference) =>
      Effect.gen(function* () {
        const own = names.includes(reference) ? yield* runsOf(runs, reference) : []
        return own.length > 0 ? own : [yield* find(reference, runs)]
      }),
    )
    const found = [...new Set(folders.flat())]
    if (found.length < 2)
      return yield* new UsageError({
        message: found.length === 1 ? `there is only ${found[0]} to compare` : "which runs?",
        hint: "adjoint compare digits/1 digits/2, or a name for all of its runs",
      })
    return found
  })

const Lock = Schema.Struct({
  files: Schema.Array(Schema.Struct({ path: Schema.String, sha256: Schema.String })),
})

/** A run with its document. Fails with `RunError` where its records cannot be read. */
const opened = (one: Overview) =>
  Effect.gen(function* () {
    const { command, directory, problem, reference, summary } = one
    if (command === undefined) return yield* new RunError({ message: problem ?? `${directory} has no record` })
    const { decoded } = read(fromText(files.resolved, yield* readText(directory, files.resolved)))
    if (decoded === undefined || (Result.isResult(decoded) && Result.isFailure(decoded)))
      return yield* new RunError({
        message: `${directory}/${files.resolved} is not a model file`,
        hint: "it was written by another version; train again",
      })
    const { files: data } = yield* readRecord(directory, files.lock, Lock)
    const hashes = Object.fromEntries(data.map(({ path, sha256 }) => [`data ${path}`, sha256.slice(0, 12)]))
    const beside = { engine: command.engine, numerics: command.numerics, ...hashes }
    return { reference, document: decoded, beside, ...(summary === undefined ? {} : { summary }) } satisfies Compared
  })

/** The most characters of a value in a cell. */
const widestValue = 28

/** A value in a cell: records and lists without the quotes of their keys. */
const printValue = (value: unknown): string => {
  if (value === undefined) return "–"
  const text = printable(typeof value === "string" ? value : JSON.stringify(value).replaceAll('"', "").replaceAll(":", ": "))
  return text.length > widestValue ? `${text.slice(0, widestValue - 1)}…` : text
}

/** The best of some scores, where one is. */
const best = ({ name, values }: ScoreRow): number | undefined => {
  const finite = values.filter((value) => value !== undefined && Number.isFinite(value)) as ReadonlyArray<number>
  const way = Format.better(name)
  if (way === undefined || finite.length < 2 || new Set(finite).size < 2) return undefined
  return way === "higher" ? Math.max(...finite) : Math.min(...finite)
}

/** The scores of rows that are not trained on, where there are any. */
const shownOf = (scores: ReadonlyArray<ScoreRow>): ReadonlyArray<ScoreRow> => {
  const others = scores.filter(({ name }) => !name.startsWith("train."))
  return others.length === 0 ? scores : others
}

type Line = ReadonlyArray<Cell>

const lines = (all: ReadonlyArray<Overview>, { differs, isOneModel, scores }: Comparison, style: Style): ReadonlyArray<Line> => {
  const faint = (text: string) => style("faint", text)
  const names = shortenedApart(
    all.map(({ reference }) => printable(reference)),
    28,
  )
  const row = (label: string, values: ReadonlyArray<Cell>, last = ""): Line => [
    cell(printable(label), faint),
    ...values,
    ...(isOneModel ? [cell(last)] : []),
  ]
  const text = (value: string | number | undefined) => cell(value === undefined ? "–" : String(value))
  return [
    row(
      "",
      names.map((name) => cell(name, (own) => style("strong", own))),
      "mean ± deviation",
    ),
    row(
      "seed",
      all.map(({ seed }) => text(seed)),
    ),
    ...(all.every(({ status }) => status === "finished")
      ? []
      : [
          row(
            "status",
            all.map(({ status }) => text(status)),
          ),
        ]),
    row(
      "epochs",
      all.map(({ summary }) => text(summary?.epochs)),
    ),
    row(
      "parameters",
      all.map(({ summary }) => text(summary === undefined ? undefined : Format.count(summary.parameters))),
    ),
    ...shownOf(scores).map((score) => {
      const winner = best(score)
      const { deviation, deviations, mean, name, values } = score
      const cells = values.map((value, i) =>
        value === undefined
          ? text(undefined)
          : cell(Format.spread(name, value, deviations?.[i]), value === winner ? (own) => style("good", own) : undefined),
      )
      const spread = mean === undefined ? "" : Format.spread(name, mean, deviation)
      return row(name, cells, spread)
    }),
    ...differs.map(({ path, values }) =>
      row(
        path,
        values.map((value) => cell(printValue(value), (own) => style("warn", own))),
      ),
    ),
  ]
}

const aligned = (rows: ReadonlyArray<Line>): ReadonlyArray<string> =>
  laid(rows, ["left", ...(rows[0] ?? []).slice(1).map(() => "right" as const)])

/** The widths of the columns. */
const widthsOf = (rows: ReadonlyArray<Line>): ReadonlyArray<number> =>
  (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => columns(row[i]?.text ?? ""))))

/** A column for each run, and where these are too many for the screen, as many of them as fit below each other. */
const table = (rows: ReadonlyArray<Line>, width: number): ReadonlyArray<string> => {
  const [label = 0, ...widths] = widthsOf(rows)
  const blocks: Array<{ readonly from: number; to: number }> = []
  let used = 0
  for (const [i, own] of widths.entries()) {
    const block = blocks.at(-1)
    if (block === undefined || used + 2 + own > width) {
      blocks.push({ from: i + 1, to: i + 2 })
      used = label + 2 + own
    } else {
      block.to = i + 2
      used += 2 + own
    }
  }
  return blocks.flatMap(({ from, to }, i) => [
    ...(i === 0 ? [] : [""]),
    ...aligned(rows.map(([first, ...rest]) => [first ?? cell(""), ...rest.slice(from - 1, to - 1)])),
  ])
}

/** Compares runs. Fails with `UsageError` for fewer than two, and with `RunError` for one whose records cannot be read. */
export const run = (options: Options) =>
  Effect.gen(function* () {
    const all = yield* Effect.forEach(yield* foldersOf(options), overview)
    const comparison = compare(yield* Effect.forEach(all, opened))
    const { differs, isOneModel, scores } = comparison
    if (options.json)
      return yield* emit({
        event: "compared",
        runs: all.map(({ directory, seed, splitSeed, status, summary }) => ({
          folder: directory,
          status,
          ...(seed === undefined ? {} : { seed }),
          ...(splitSeed === undefined ? {} : { splitSeed }),
          ...(summary === undefined ? {} : { epochs: summary.epochs, parameters: summary.parameters, seconds: summary.seconds }),
        })),
        scores: scores.map(({ deviations, values, ...rest }) => ({
          ...rest,
          values: values.map((value) => value ?? null),
          ...(deviations === undefined ? {} : { deviations: deviations.map((value) => value ?? null) }),
        })),
        differs: differs.map(({ path, values }) => ({ path, values: values.map((value) => value ?? null) })),
        isOneModel,
      })
    const { stdout } = yield* World
    return yield* result((style) => {
      const said = differs.map(({ path }) => printable(path))
      const what = said.length === 0 ? "nothing: the runs have the same model file, data and arithmetic" : said.join(", ")
      return [
        ...table(lines(all, comparison, style), stdout.isTerminal ? stdout.columns() : Number.POSITIVE_INFINITY),
        "",
        `${style("faint", "differs:")} ${what}`,
      ].join("\n")
    })
  })
