/**
 * The metrics of runs, as Effect's `Metric`s. Each has the attribute `adjoint.run`: `Train`, `Loop` or `Pretrain`. To tell runs apart
 * that go on at the same time, provide attributes of your own: `Effect.provideService(Metric.CurrentMetricAttributes, { model: "a" })`.
 */
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import type { EpochRecord } from "./Progress.ts"

/** The loss of the last step. A loop has it if its output is one number or has a field `loss`; pre-training has the reconstruction error. */
export const loss = /* @__PURE__ */ Metric.gauge("adjoint.loss", { description: "The loss of the last step." })

/** The learning rate of the last step of the last epoch. */
export const learningRate = /* @__PURE__ */ Metric.gauge("adjoint.learning_rate", {
  description: "The learning rate of the last step of an epoch.",
})

/** Training rows per second, in the last burst of steps. */
export const rowsPerSecond = /* @__PURE__ */ Metric.gauge("adjoint.rows_per_second", { description: "Training rows per second." })

/** Training rows so far; a row counts once in each epoch. */
export const rows = /* @__PURE__ */ Metric.counter("adjoint.rows", { description: "Training rows so far.", incremental: true })

/** Steps so far. */
export const steps = /* @__PURE__ */ Metric.counter("adjoint.steps", { description: "Steps so far.", incremental: true })

/** The scores of the last epoch, with the attributes `adjoint.part` (`train` or `val`) and `adjoint.score`, such as `accuracy`. */
export const score = /* @__PURE__ */ Metric.gauge("adjoint.score", { description: "A score of the last epoch." })

/** A burst of steps. */
export interface Burst {
  readonly loss: number | undefined
  readonly steps: number
  readonly rows: number
  readonly milliseconds: number
}

/** Updates the metrics of a run. */
export interface Updates {
  readonly burst: (burst: Burst) => Effect.Effect<void>
  readonly epoch: (record: EpochRecord) => Effect.Effect<void>
}

/** How a run of a kind updates its metrics. */
export const updatesOf = (run: string): Updates => {
  const of = <Input, State>(metric: Metric.Metric<Input, State>) => Metric.withAttributes(metric, { "adjoint.run": run })
  const [lossOf, rateOf, speedOf, rowsOf, stepsOf, scoreOf] = [
    of(loss),
    of(learningRate),
    of(rowsPerSecond),
    of(rows),
    of(steps),
    of(score),
  ]
  return {
    burst: Effect.fnUntraced(function* ({ loss, milliseconds, rows, steps }) {
      if (loss !== undefined) yield* Metric.update(lossOf, loss)
      yield* Metric.update(speedOf, (1000 * rows) / Math.max(milliseconds, 0.001))
      yield* Metric.update(rowsOf, rows)
      yield* Metric.update(stepsOf, steps)
    }),
    epoch: Effect.fnUntraced(function* ({ learningRate, train, validation = {} }) {
      yield* Metric.update(rateOf, learningRate)
      for (const [part, scores] of Object.entries({ train, val: validation }))
        for (const [name, value] of Object.entries(scores))
          yield* Metric.update(Metric.withAttributes(scoreOf, { "adjoint.part": part, "adjoint.score": name }), value)
    }),
  }
}
