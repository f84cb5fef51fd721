/** Progress for logs and pipes: one line an epoch, nothing drawn over. */
import * as Effect from "effect/Effect"
import * as Format from "../terminal/Format.ts"
import { message } from "../terminal/Write.ts"
import type { Progress } from "./Progress.ts"
import * as Stages from "./Stages.ts"

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
      const part = (name: string, scores: { readonly [score: string]: number } = {}) =>
        Object.entries(scores).map(([score, value]) => `${name}.${score} ${Format.score(score, value)}`)
      const { best, epoch, learningRate, milliseconds, rowsPerSecond, train, validation } = event
      const cells = [
        `epoch ${epoch}/${epochs}`,
        ...part("train", train),
        ...part("val", validation),
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
