/** Progress for logs and pipes: one line an epoch, nothing drawn over. */
import * as Effect from "effect/Effect"
import * as Format from "../terminal/Format.ts"
import { message } from "../terminal/Write.ts"
import type { Progress } from "./Progress.ts"
import * as Stages from "./Stages.ts"

type Scores = { readonly [score: string]: number }

/**
 * The scores of an epoch in its line. With several heads that would be six scores and more for each: the line has the losses of
 * both parts, and the scores of each head but its loss, of the validation rows if there are some. The files of the run have all.
 */
const shown = ({ train, validation }: { readonly train: Scores; readonly validation?: Scores }): ReadonlyArray<string> => {
  const hasHeads = Object.keys(train).some((score) => score.includes("."))
  const part = (name: string, scores: Scores = {}) =>
    Object.entries(scores)
      .filter(([score]) => {
        if (!hasHeads || score === "loss") return true
        return !score.endsWith(".loss") && (name === "val" || validation === undefined)
      })
      .map(([score, value]) => `${name}.${score} ${Format.score(score, value)}`)
  return [...part("train", train), ...part("val", validation)]
}

/** Prints one line for each epoch. */
export const plain = (): Progress => {
  let epochs = 0
  let machineEpochs = 0
  return {
    tell: (event) => {
      if (event._tag === "Started") {
        epochs = event.epochs
        return event.from.step === 0 ? Effect.void : message(`resumed after epoch ${event.from.epoch}, batch ${event.from.batch}`)
      }
      if (event._tag === "StageStarted") {
        machineEpochs = event.epochs
        return message(Stages.header(event))
      }
      if (event._tag === "StageScored") return message(Stages.row(event, machineEpochs))
      if (event._tag !== "EpochScored") return Effect.void
      const { best, epoch, learningRate, milliseconds, rowsPerSecond } = event
      const cells = [
        `epoch ${epoch}/${epochs}`,
        ...shown(event),
        `lr ${Format.rate(learningRate)}`,
        `${Format.count(rowsPerSecond)} rows/s`,
        Format.duration(milliseconds),
        ...(best ? ["best"] : []),
      ]
      return message(cells.join("  "))
    },
    end: Effect.void,
  }
}
