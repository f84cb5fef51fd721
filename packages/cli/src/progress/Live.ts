/** Progress for a person at a terminal: a table that grows by a row an epoch, and below it a line drawn over and over. */
import type { StageStarted, StageStepped } from "@adjoint/core/training/PretrainEvent"
import type { EpochScored, Started, Stepped } from "@adjoint/core/training/TrainEvent"
import * as Effect from "effect/Effect"
import { bar } from "../terminal/Bar.ts"
import { hasColour } from "../terminal/Capability.ts"
import * as Format from "../terminal/Format.ts"
import { own } from "../terminal/Guard.ts"
import { sparkline } from "../terminal/Sparkline.ts"
import { type Style, style } from "../terminal/Style.ts"
import { World } from "../terminal/World.ts"
import type { Progress } from "./Progress.ts"
import * as Stages from "./Stages.ts"
import { type Table, table } from "./Table.ts"

/** The line is drawn at most 20 times a second. */
const interval = 50

/** As many losses as the small curve is made of. */
const remembered = 240

/** The loss that is shown is the mean of so many steps: one batch alone says little. */
const smoothed = 16

const back = own("\r\u001b[K")

/** A stretch of the line; `text` without its look counts for the width. */
interface Piece {
  readonly text: string
  readonly shown: string
}

/** Pieces from the left as far as there is room, so that the line never wraps. */
const fit = (pieces: ReadonlyArray<Piece>, width: number): string => {
  let used = 0
  let out = ""
  for (const { shown, text } of pieces) {
    if (used + text.length + 1 > width) break
    out += `${used === 0 ? "" : " "}${shown}`
    used += text.length + 1
  }
  return out
}

const plain = (text: string): Piece => ({ text, shown: text })

interface Clock {
  readonly started: number
  /** Batches that were done when this process resumed the run. */
  readonly from: number
}

/** How far a run is: this epoch, and in milliseconds what is left of it and, at most, of the run. */
const remaining = (event: Stepped, { epochs }: Started, clock: Clock, now: number) => {
  const done = (event.epoch - 1) * event.batches + event.batch
  const each = (now - clock.started) / Math.max(1, done - clock.from)
  return { epoch: each * (event.batches - event.batch), run: each * (epochs * event.batches - done) }
}

const line = (
  event: Stepped,
  started: Started,
  clock: Clock,
  losses: ReadonlyArray<number>,
  width: number,
  look: Style,
): string => {
  const share = event.batch / event.batches
  const { done, left } = bar(share, width >= 100 ? 24 : 16)
  const time = remaining(event, started, clock, Date.now())
  const curve = sparkline(losses, 12)
  const recent = losses.slice(-smoothed)
  return fit(
    [
      { text: `▸ ${event.epoch}/${started.epochs}`, shown: `${look("accent", "▸")} ${event.epoch}/${started.epochs}` },
      { text: done + left, shown: `${look("accent", done)}${look("faint", left)}` },
      plain(`${Math.floor(100 * share)}%`.padStart(4)),
      plain(`loss ${Format.decimal(recent.reduce((sum, loss) => sum + loss, 0) / recent.length)}`),
      { text: curve, shown: look("accent", curve) },
      plain(`· run ≤ ${Format.duration(time.run)}`),
      plain(`· epoch ${Format.duration(time.epoch)}`),
      plain(`· ${event.batch}/${event.batches}`),
    ],
    width - 1,
  )
}

/** The line of a machine in training. */
const machineLine = (event: StageStepped, { epochs, layer }: StageStarted, width: number, look: Style): string => {
  const share = event.batch / event.batches
  const { done, left } = bar(share, width >= 100 ? 24 : 16)
  return fit(
    [
      { text: `▸ ${layer} ${event.epoch}/${epochs}`, shown: `${look("accent", "▸")} ${layer} ${event.epoch}/${epochs}` },
      { text: done + left, shown: `${look("accent", done)}${look("faint", left)}` },
      plain(`${Math.floor(100 * share)}%`.padStart(4)),
      plain(`error ${Format.decimal(event.errors.at(-1) ?? 0)}`),
      plain(`· ${event.batch}/${event.batches}`),
    ],
    width - 1,
  )
}

/** Draws the progress of a run on the terminal that stderr is. */
/** Whether an event is reported in lines of its own, which take the place of the drawn one. */
const hasLinesOfItsOwn = ({ _tag }: { readonly _tag: string }): boolean =>
  _tag === "LayersSkipped" || _tag === "NonFiniteScore" || _tag === "OldCheckpointKept" || _tag === "Rewound"

export const live = (): Progress => {
  let machine: StageStarted | undefined
  let started: Started | undefined
  let clock: Clock = { started: 0, from: 0 }
  let rows: Table | undefined
  let losses: ReadonlyArray<number> = []
  let drawn = 0
  let isDrawn = false

  const write = (text: string) =>
    Effect.map(World, ({ stderr }) => {
      stderr.write(text)
    })

  const clear = Effect.suspend(() => {
    const there = isDrawn
    isDrawn = false
    return there ? write(back) : Effect.void
  })

  const draw = (event: Stepped, run: Started) =>
    Effect.flatMap(World, ({ env, stderr }) => {
      drawn = Date.now()
      isDrawn = true
      return write(back + line(event, run, clock, losses, stderr.columns(), style(hasColour(env, stderr))))
    })

  /** A row takes the line's place, which then begins again below it. */
  const tellRow = (event: EpochScored, run: Started) =>
    Effect.flatMap(World, ({ env, stderr }) => {
      const look = style(hasColour(env, stderr))
      const isFirst = rows === undefined
      rows ??= table(event, run, stderr.columns())
      const mark = event.best ? ` ${look("good", "●")}` : ""
      const header = isFirst ? `${look("faint", rows.header)}\n` : ""
      const next: Stepped = {
        _tag: "Stepped",
        epoch: event.epoch + 1,
        batch: 0,
        batches: run.batchesPerEpoch,
        step: event.step,
        losses: [],
        milliseconds: 0,
      }
      return Effect.gen(function* () {
        yield* clear
        yield* write(`${header}${rows?.row(event)}${mark}\n`)
        if (event.epoch < run.epochs) yield* draw(next, run)
      })
    })

  const drawMachine = (event: StageStepped, of: StageStarted) =>
    Effect.flatMap(World, ({ env, stderr }) => {
      drawn = Date.now()
      isDrawn = true
      return write(back + machineLine(event, of, stderr.columns(), style(hasColour(env, stderr))))
    })

  /** A line of its own, where the drawn one stood. */
  const say = (text: string) => Effect.andThen(clear, write(`${text}\n`))

  return {
    tell: (event) =>
      Effect.suspend(() => {
        if (event._tag === "StageStarted") {
          machine = event
          return say(Stages.header(event))
        }
        if (event._tag === "StageStepped")
          return machine === undefined || Date.now() - drawn < interval ? Effect.void : drawMachine(event, machine)
        if (event._tag === "StageScored") return say(Stages.row(event, machine?.epochs ?? event.epoch))
        if (event._tag === "Started") {
          started = event
          clock = { started: Date.now(), from: event.from.step }
          return Effect.void
        }
        if (hasLinesOfItsOwn(event)) return clear
        if (started === undefined) return Effect.void
        if (event._tag === "EpochScored") return tellRow(event, started)
        if (event._tag !== "Stepped") return Effect.void
        losses = [...losses, ...event.losses].slice(-remembered)
        return Date.now() - drawn < interval ? Effect.void : draw(event, started)
      }),
    end: clear,
  }
}
