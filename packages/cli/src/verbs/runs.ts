/** `adjoint runs`: the runs that there are, with their scores. */
import type { Scores } from "@adjoint/core/training/Progress"
import { columns, printable } from "@adjoint/dsl/diagnostic/Printable"
import { nearestNames } from "@adjoint/dsl/diagnostic/Suggest"
import * as Effect from "effect/Effect"
import { emit } from "../json/Emit.ts"
import { UsageError } from "../report/Failure.ts"
import { judgedPart, namesIn, type Overview, overview, runsOf, type Status } from "../run/Overview.ts"
import { type Cell, cell, laid } from "../terminal/Cells.ts"
import * as Format from "../terminal/Format.ts"
import type { Look, Style } from "../terminal/Style.ts"
import { shortened } from "../terminal/Text.ts"
import { World } from "../terminal/World.ts"
import { message, result } from "../terminal/Write.ts"

export interface Options {
  readonly names: ReadonlyArray<string>
  readonly runs: string
  readonly status: Status | undefined
  /** `started`, or the name of a score such as `test.accuracy`. */
  readonly sort: string
  readonly json: boolean
}

const looks: { readonly [S in Status]: Look } = {
  finished: "good",
  "stopped early": "good",
  interrupted: "warn",
  running: "accent",
  ended: "warn",
  failed: "bad",
  damaged: "bad",
}

/** The score of a name such as `test.accuracy`. */
const scoreOf = ({ summary }: Overview, sort: string): number | undefined => {
  const [, part, name = ""] = /^(train|val|test)\.(.+)$/su.exec(sort) ?? []
  const scores = part === undefined ? undefined : summary?.[part as "train" | "val" | "test"]
  return scores !== undefined && Object.hasOwn(scores, name) ? scores[name] : undefined
}

const startOf = ({ command }: Overview): number => (command === undefined ? 0 : Date.parse(command.started) || 0)

/** By time, the newest last as in a log; by a score, the best first, and those without it at the end. */
const sorted = (all: ReadonlyArray<Overview>, sort: string): ReadonlyArray<Overview> => {
  if (sort === "started") return all.toSorted((a, b) => startOf(a) - startOf(b))
  const sign = Format.better(sort) === "higher" ? -1 : 1
  const value = (one: Overview): number => {
    const score = scoreOf(one, sort)
    return score === undefined || Number.isNaN(score) ? Number.POSITIVE_INFINITY : sign * score
  }
  return all.toSorted((a, b) => value(a) - value(b) || startOf(a) - startOf(b))
}

const two = (n: number): string => String(n).padStart(2, "0")

/** A time as the reader's clock has it, without seconds. */
const printTime = (text: string): string => {
  const at = new Date(text)
  if (Number.isNaN(at.getTime())) return ""
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}`
}

/** As many scores as have room, the loss only where there is no other; those of a cross-validation with their deviation over the folds. */
const printScores = (scores: Scores | undefined, deviations: Scores | undefined, room: number): string => {
  const all = Object.entries(scores ?? {})
  const deviation = (name: string) => (deviations !== undefined && Object.hasOwn(deviations, name) ? deviations[name] : undefined)
  const metrics = all.filter(([name]) => !/(^|\.)loss$/su.test(name))
  const texts = (metrics.length === 0 ? all : metrics).map(
    ([name, value]) => `${printable(name)} ${Format.spread(name, value, deviation(name))}`,
  )
  const fitting = (n: number) => [...texts.slice(0, n), ...(n < texts.length ? [`+${texts.length - n}`] : [])].join("  ")
  let n = texts.length
  while (n > 1 && columns(fitting(n)) > room) n--
  return fitting(n)
}

/** The least room of scores on a narrow screen. */
const leastScores = 30

const row = (one: Overview, room: number, style: Style): ReadonlyArray<Cell> => {
  const { command, reference, seed, status, summary } = one
  const part = summary === undefined ? undefined : judgedPart(summary)
  const scores = part === undefined || summary === undefined ? undefined : summary[part]
  return [
    cell(shortened(printable(reference), 40), (text) => style("strong", text)),
    cell(status, (text) => style(looks[status], text)),
    cell(command === undefined ? "" : printTime(command.started), (text) => style("faint", text)),
    cell(seed === undefined ? "" : String(seed)),
    cell(summary === undefined ? "" : String(summary.epochs)),
    cell(summary === undefined ? "" : Format.duration(summary.seconds * 1000)),
    cell(part === undefined ? "" : part, (text) => style("faint", text)),
    cell(printScores(scores, part === undefined ? undefined : summary?.crossValidation?.deviation[part], room)),
  ]
}

const heading = ["run", "status", "started", "seed", "epochs", "time", "", "scores"]
const aligns = ["left", "left", "left", "right", "right", "right", "left", "left"] as const

/** The names that are listed. Fails with `UsageError` for a name that has no runs. */
const namesOf = ({ names, runs }: Options) =>
  Effect.gen(function* () {
    const there = yield* namesIn(runs)
    const absent = names.find((name) => !there.includes(name))
    if (absent === undefined) return names.length === 0 ? there : [...new Set(names)]
    const near = nearestNames(absent, there, 5)
    const hint = near.length === 0 ? "train a model first, or say where with --runs" : `there are runs of ${near.join(", ")}`
    return yield* new UsageError({ message: `there are no runs of ${absent} in ${runs}`, hint })
  })

const entryOf = ({ command, directory, name, number, problem, seed, splitSeed, status, summary }: Overview) => ({
  folder: directory,
  name,
  number,
  status,
  ...(command === undefined ? {} : { started: command.started, model: command.file }),
  ...(command?.parent === undefined ? {} : { parent: command.parent }),
  ...(seed === undefined ? {} : { seed }),
  ...(splitSeed === undefined ? {} : { splitSeed }),
  ...(summary === undefined
    ? {}
    : {
        epochs: summary.epochs,
        steps: summary.steps,
        parameters: summary.parameters,
        seconds: summary.seconds,
        ...(summary.best === undefined ? {} : { best: summary.best }),
        ...(summary.train === undefined ? {} : { train: summary.train }),
        ...(summary.val === undefined ? {} : { val: summary.val }),
        ...(summary.test === undefined ? {} : { test: summary.test }),
        ...(summary.crossValidation === undefined ? {} : { deviation: summary.crossValidation.deviation }),
        ...(summary.units === undefined ? {} : { units: summary.units }),
      }),
  ...(problem === undefined ? {} : { problem }),
})

/** Lists runs. A run whose records are damaged is listed with a warning. Fails with `UsageError` for a name without runs and a score that no run has. */
export const run = (options: Options) =>
  Effect.gen(function* () {
    const { json, sort, status } = options
    const folders = (yield* Effect.forEach(yield* namesOf(options), (name) => runsOf(options.runs, name))).flat()
    const all = yield* Effect.forEach(folders, overview)
    const chosen = all.filter((one) => status === undefined || one.status === status)
    if (sort !== "started" && chosen.length > 0 && chosen.every((one) => scoreOf(one, sort) === undefined)) {
      const parts = ["train", "val", "test"] as const
      const scores = chosen.flatMap(({ summary }) =>
        parts.flatMap((part) => Object.keys(summary?.[part] ?? {}).map((name) => `${part}.${name}`)),
      )
      const near = nearestNames(sort, [...new Set(scores), "started"], 6)
      return yield* new UsageError({ message: `no run has a score ${sort}`, hint: `--sort ${near.join(", ")}` })
    }
    const listed = sorted(chosen, sort)
    if (json) return yield* Effect.forEach(listed, (one) => emit({ event: "run_listed", ...entryOf(one) }), { discard: true })
    for (const { problem, reference } of listed)
      if (problem !== undefined)
        yield* message((style) => `${style("warn", "warning")}: ${printable(reference)}: ${printable(problem)}`)
    if (listed.length === 0) return yield* message((style) => style("faint", `no runs in ${printable(options.runs)}`))
    const { stdout } = yield* World
    return yield* result((style) => {
      const head = heading.map((text) => cell(text, (own) => style("faint", own)))
      const rows = (room: number) => [head, ...listed.map((one) => row(one, room, style))]
      const bare = laid(
        rows(0).map((cells) => cells.slice(0, -1).map(({ text }) => cell(text))),
        aligns,
      )
      const room = stdout.isTerminal
        ? Math.max(leastScores, stdout.columns() - Math.max(...bare.map(columns)) - 2)
        : Number.POSITIVE_INFINITY
      return laid(rows(room), aligns).join("\n")
    })
  })
