/** A search while it runs, shown on a terminal, in a log or to a program. */
import * as Leaderboard from "@adjoint/core/search/Leaderboard"
import type { Trial } from "@adjoint/core/search/Trial"
import * as Effect from "effect/Effect"
import { emitNow } from "../json/Emit.ts"
import { hasColour, isLive } from "../terminal/Capability.ts"
import { own } from "../terminal/Guard.ts"
import { style } from "../terminal/Style.ts"
import { World } from "../terminal/World.ts"
import type { StudyEvent } from "./Join.ts"
import * as Show from "./Show.ts"

export interface Progress {
  readonly tell: (event: StudyEvent) => Effect.Effect<void, never, World>
  readonly end: Effect.Effect<void, never, World>
}

/** The line is drawn at most 10 times a second. */
const interval = 100

const back = own("\r\u001b[K")

/** What shows a search, as the streams and the flag `--json` allow. `trials` is how many are wanted. */
export const progress = (board: Show.Board, trials: number | undefined, json: boolean): Effect.Effect<Progress, never, World> =>
  Effect.map(World, ({ env, stderr }) => {
    if (json) return { tell: inJson(board), end: Effect.void }
    const drawsOver = isLive(env, stderr)
    const look = style(hasColour(env, stderr))
    const write = (text: string) => Effect.sync(() => void stderr.write(text))
    let done = 0
    const running = new Set<number>()
    const started = Date.now()
    let [fresh, drawn, isDrawn] = [0, 0, false]
    let best: Trial | undefined

    const draw = Effect.suspend(() => {
      if (!drawsOver || Date.now() - drawn < interval) return Effect.void
      drawn = Date.now()
      isDrawn = true
      const each = fresh === 0 ? undefined : (Date.now() - started) / fresh
      const left = each === undefined || trials === undefined ? undefined : each * (trials - done)
      return write(back + Show.standing(board, { done, trials, running: running.size, best, left }, stderr.columns(), look))
    })
    const clear = Effect.suspend(() => {
      const there = isDrawn
      isDrawn = false
      return there ? write(back) : Effect.void
    })

    const finished = ({ isKnown, trial }: Extract<StudyEvent, { readonly _tag: "TrialFinished" }>) => {
      running.delete(trial.number)
      if (trial.state !== "refused") done++
      best = Leaderboard.best([...(best === undefined ? [] : [best]), trial], board.objectives)
      const isBest = best?.number === trial.number
      if (isKnown || trial.state === "refused") return Effect.void
      fresh++
      // A terminal shows the trials that lead; a log shows all.
      if (drawsOver && !isBest) return Effect.void
      return Effect.andThen(clear, write(`${Show.line(board, trial, isBest, look, drawsOver ? stderr.columns() : undefined)}\n`))
    }

    return {
      tell: (event) =>
        Effect.suspend(() => {
          if (event._tag === "TrialStarted") running.add(event.number)
          const shown = event._tag === "TrialFinished" ? finished(event) : Effect.void
          return Effect.andThen(shown, draw)
        }),
      end: clear,
    }
  })

const inJson =
  (board: Show.Board): Progress["tell"] =>
  (event) => {
    switch (event._tag) {
      case "TrialStarted":
        return emitNow({ event: "trial_started", number: event.number, point: Show.pointOf(board, event.point) })
      case "TrialReported":
        return emitNow({ event: "trial_reported", number: event.number, step: event.step, value: event.value })
      case "TrialFinished":
        return emitNow({
          event: "trial",
          isKnown: event.isKnown,
          ...Show.record(board, event.trial),
        })
      default:
        return Effect.void
    }
  }
