/** What a database of studies holds: its studies, and the trials of one of them. */
import * as Leaderboard from "@adjoint/core/search/Leaderboard"
import { printable } from "@adjoint/dsl/diagnostic/Printable"
import * as Effect from "effect/Effect"
import { emit } from "../json/Emit.ts"
import { UsageError } from "../report/Failure.ts"
import { cell, laid } from "../terminal/Cells.ts"
import * as Format from "../terminal/Format.ts"
import { result } from "../terminal/Write.ts"
import * as Show from "./Show.ts"
import { Store, type Study } from "./Store.ts"

/** The board of a stored study. */
const boardOf = ({ definition: { board } }: Study): Show.Board => Show.boardOf(board)

/** Lists the studies of a database with their best trials. */
export const list = (isJson: boolean) =>
  Effect.gen(function* () {
    const { finished, studies } = yield* Store
    const all = yield* Effect.forEach(yield* studies, (study) =>
      Effect.map(finished(study.name, 0), (trials) => ({ study, trials })),
    )
    if (isJson)
      return yield* Effect.forEach(
        all,
        ({ study, trials }) => {
          const board = boardOf(study)
          const best = Leaderboard.best(trials, board.objectives)
          return emit({
            event: "study",
            study: study.name,
            model: study.definition.file,
            started: study.definition.started,
            trials: study.trials,
            finished: trials.length,
            ...(best === undefined ? {} : { best: Show.record(board, best) }),
          })
        },
        { discard: true },
      )
    if (all.length === 0) return yield* result("no studies")
    yield* result((style) => {
      const header = ["study", "model", "started", "trials", "best", ""].map((text) =>
        cell(text, (shown) => style("faint", shown)),
      )
      const rows = all.map(({ study, trials }) => {
        const board = boardOf(study)
        const best = Leaderboard.best(trials, board.objectives)
        const [name] = board.objectives.map((objective) => objective.name)
        const value = best?.values?.[0]
        return [
          cell(printable(study.name), (text) => style("strong", text)),
          cell(printable(study.definition.file)),
          cell(study.definition.started.slice(0, 16).replace("T", " "), (text) => style("faint", text)),
          cell(`${Format.count(trials.length)}/${Format.count(study.trials)}`),
          cell(value === undefined || name === undefined ? "" : `${printable(name)} ${Format.score(name, value)}`),
          cell(best === undefined ? "" : `trial ${best.number}`),
        ]
      })
      return laid([header, ...rows], ["left", "left", "left", "right", "left", "left"]).join("\n")
    })
  })

/** A cell of CSV (RFC 4180). */
const csv = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)

/** Prints the trials of a study by their numbers, with the values of their points. */
export const exported = (name: string | undefined, format: "csv" | "json") =>
  Effect.gen(function* () {
    const { finished, studies } = yield* Store
    const all = yield* studies
    const study = name === undefined && all.length === 1 ? all[0] : all.find((one) => one.name === name)
    if (study === undefined)
      return yield* new UsageError({
        message: name === undefined ? "which study?" : `there is no study ${printable(name)}`,
        hint:
          all.length === 0 ? "the database has none" : `--study ${all.map((one) => printable(one.name)).join(", or --study ")}`,
      })
    const board = boardOf(study)
    const trials = yield* finished(study.name, 0)
    if (format === "json")
      return yield* Effect.forEach(trials, (trial) => emit({ event: "exported_trial", ...Show.record(board, trial) }), {
        discard: true,
      })
    const header = [
      "number",
      "state",
      ...board.objectives.map((objective) => objective.name),
      ...board.columns.map((column) => column.name),
      "problem",
      "seconds",
    ]
    const rows = trials.map((trial) => {
      const point = Show.pointOf(board, trial.point)
      return [
        String(trial.number),
        trial.state,
        ...board.objectives.map((_, i) => String(trial.values?.[i] ?? "")),
        ...board.columns.map((column) => String(point[column.name] ?? "")),
        printable(trial.problem ?? ""),
        String(trial.seconds),
      ]
    })
    yield* result([header, ...rows].map((row) => row.map(csv).join(",")).join("\n"))
  })
