/** What a search leaves: its leaderboard, its pictures, and the model file of the best trial. */
import { dirname, join } from "node:path"
import * as Importance from "@adjoint/core/search/Importance"
import * as Leaderboard from "@adjoint/core/search/Leaderboard"
import * as Pareto from "@adjoint/core/search/Pareto"
import type { Trial } from "@adjoint/core/search/Trial"
import { printable } from "@adjoint/dsl/diagnostic/Printable"
import * as Effect from "effect/Effect"
import { type Material, pictures } from "../figures/Search.ts"
import { emitNow } from "../json/Emit.ts"
import type { Training } from "../model/Training.ts"
import { svg } from "../plot/Svg.ts"
import * as Lines from "../progress/Lines.ts"
import { makeFolder, writeWhole } from "../run/Files.ts"
import { World } from "../terminal/World.ts"
import { message, result } from "../terminal/Write.ts"
import { type Plan, textAt } from "./Plan.ts"
import * as Show from "./Show.ts"

/** A search whose trials have all ended. */
export interface Ended {
  readonly plan: Plan
  readonly training: Training
  /** The name of the study. */
  readonly name: string
  readonly trials: ReadonlyArray<Trial>
  readonly seconds: ReadonlyMap<number, number>
}

/** Where the results go. */
export interface Places {
  /** The model file of the best trial. */
  readonly best: string
  /** The folder of the pictures. */
  readonly pictures: string
}

/** Trials of the leaderboard. */
const shown = 5

/** Importances that are worth a word. */
const mostWords = 4

const materialOf = ({ plan: { board, study }, trials }: Ended, importance: ReadonlyMap<string, number>): Material => ({
  trials,
  objectives: study.objectives,
  importance,
  dimensions: board.dimensions.map((dimension, i) => {
    const { log = false } = { log: false, ...study.space[i] }
    return { ...dimension, ...(log ? { log } : {}) }
  }),
})

/** `importance: lr 61%, dropout 27%`. */
const importanceWords = ({ plan: { board } }: Ended, importance: ReadonlyMap<string, number>): ReadonlyArray<string> => {
  const sorted = [...importance].toSorted(([, a], [, b]) => b - a).slice(0, mostWords)
  const words = sorted.map(([name, share]) => {
    const title = board.dimensions.find((dimension) => dimension.name === name)?.title ?? printable(name)
    return `${title} ${Math.round(100 * share)}%`
  })
  return words.length === 0 ? [] : [`importance: ${words.join(", ")}`]
}

/** How much of the differences of the first objective each dimension explains; nothing where there are too few trials. */
const importanceOf = ({ plan: { study }, trials }: Ended): ReadonlyMap<string, number> =>
  new Map(Importance.of(study.space, trials, { key: study.key }).map(({ name, share }) => [name, share]))

/** The numbers of the trials that no other one is better than in all objectives. */
const frontOf = ({ plan: { study }, trials }: Ended): ReadonlySet<number> =>
  new Set(Pareto.front(trials, study.objectives).map(({ number }) => number))

/** Draws the pictures into their folder and gives their files. */
const draw = (ended: Ended, importance: ReadonlyMap<string, number>, front: ReadonlySet<number>, folder: string) =>
  Effect.gen(function* () {
    const files: Array<string> = []
    for (const { figure, name } of pictures(materialOf(ended, importance), front)) {
      if (files.length === 0) yield* makeFolder(folder)
      const file = join(folder, `${name}.svg`)
      yield* writeWhole(file, svg(figure))
      files.push(file)
    }
    return files
  })

const ofTime = (seconds: number | undefined) => (seconds === undefined ? {} : { seconds })

/** Writes the results and prints them. */
export const leave = (ended: Ended, places: Places, isJson: boolean) =>
  Effect.gen(function* () {
    const { name, plan, seconds, training, trials } = ended
    const { stdout } = yield* World
    const { objectives } = plan.study
    const board = Show.boardOf(plan.board)
    const best = Leaderboard.best(trials, objectives)
    const importance = importanceOf(ended)
    const front = frontOf(ended)
    yield* draw(ended, importance, front, places.pictures)
    if (best !== undefined) {
      yield* makeFolder(dirname(places.best))
      yield* writeWhole(places.best, yield* textAt(training, best.point))
    }
    if (isJson)
      return yield* emitNow({
        event: "search_finished",
        study: name,
        trials: trials.length,
        ...(best === undefined
          ? {}
          : { best: Show.record(board, { ...best, ...ofTime(seconds.get(best.number)) }), file: places.best }),
        ...(objectives.length > 1 ? { front: [...front] } : {}),
        importance: Object.fromEntries(importance),
      })
    if (best === undefined)
      return yield* Lines.warning(
        `no trial was completed: ${Show.counts(trials)}`,
        trials.every(({ state }) => state === "refused")
          ? "every point breaks a condition of `search.where`: allow more, or search smaller values"
          : "search lower learning rates, or more trials",
      )
    yield* result((style) => Show.leaderboard(board, trials, seconds, shown, stdout.columns(), style).join("\n"))
    yield* message((style) => style("faint", `  …  ${[Show.counts(trials), ...importanceWords(ended, importance)].join(" · ")}`))
    yield* message(`  wrote ${printable(places.best)} and ${printable(places.pictures)} · the test rows were not looked at`)
    yield* message((style) => `  ${style("accent", "next:")} adjoint train ${printable(places.best)}`)
  })
