/** `adjoint sweep`: how much the weights should cost, by training with one λ after the other. */
import * as Sweep from "@adjoint/core/training/Sweep"
import { build } from "@adjoint/dsl/build/Build"
import type { ModelFile } from "@adjoint/dsl/Document"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { emitNow } from "../json/Emit.ts"
import { type Choice, engineOf } from "../model/Engines.ts"
import { open, sound } from "../model/ModelFile.ts"
import { fits, located } from "../model/Step.ts"
import { type Training, training as trainingOf } from "../model/Training.ts"
import * as Lines from "../progress/Lines.ts"
import { warned } from "../report/Checked.ts"
import { UsageError } from "../report/Failure.ts"
import { configOf } from "../run/Config.ts"
import { bar } from "../terminal/Bar.ts"
import * as Format from "../terminal/Format.ts"
import type { Style } from "../terminal/Style.ts"
import { message, result } from "../terminal/Write.ts"

/** The penalties that a λ belongs to, as `regularize` has them. */
type Penalty = "l1" | "l2"

export interface Options extends Choice, Omit<Sweep.Range, "count"> {
  /** How many λ are tried besides 0. */
  readonly steps: number
  readonly file: string
  readonly set: ReadonlyArray<string>
  readonly penalty: Penalty
  readonly json: boolean
}

const wrong = (text: string, hint: string) => Effect.fail(new UsageError({ message: text, hint }))

/** More runs than this are a mistake. */
const mostSteps = 100

const rangeOf = ({ from, steps, to }: Options): Effect.Effect<Sweep.Range, UsageError> => {
  if (!(from > 0 && to > from && Number.isFinite(to)))
    return wrong(`λ cannot rise from ${from} to ${to}`, "both more than 0, the first less than the second: --from 1e-6 --to 0.1")
  if (steps < 2 || steps > mostSteps) return wrong(`a sweep of ${steps} steps`, `from 2 to ${mostSteps}`)
  return Effect.succeed({ from, to, count: steps })
}

/** The same document with another λ. */
const withLambda = (document: ModelFile, penalty: Penalty, lambda: number): ModelFile => ({
  ...document,
  train: { ...document.train, regularize: { ...document.train.regularize, [penalty]: lambda } },
})

/** The sweep of a model: its runs differ in nothing but λ. Fails with `UsageError` for a model whose runs cannot be compared. */
const sweepOf = (training: Training, penalty: Penalty, range: Sweep.Range) =>
  Effect.gen(function* () {
    const { built, checked, prepared, sound: model } = training
    const { mode, monitor } = built.earlyStop ?? built.best
    if (prepared.val === undefined)
      return yield* wrong("a sweep goes by the scores of validation rows, and there are none", "--set data.split.val=20%")
    if (!monitor.startsWith("val."))
      return yield* wrong(`a sweep by ${monitor} would choose 0: the training rows suffer by what it raises`, "monitor: val.loss")
    if (built.pretrain !== undefined)
      return yield* wrong("a sweep does not pre-train", "sweep the model without its `pretrain` section")
    const config = (lambda: number) => {
      // Only λ is another than in the document that was checked.
      const other = build({ ...checked, document: withLambda(model.document, penalty, lambda) })
      return configOf({ ...training, built: other })
    }
    return { config, lambdas: Sweep.lambdas(range), monitor: { monitor, mode } }
  })

/** A λ, short. */
const strength = (lambda: number): string =>
  lambda === 0
    ? "0"
    : lambda
        .toExponential(2)
        .replace(/\.?0+e/, "e")
        .replace("e+0", "")

const scoreOf = (monitor: string, { value }: Sweep.Point): string =>
  value === undefined ? "diverged" : Format.score(monitor, value)

const barWidth = 24

/** How far a value is from the worst to the best. */
const shareOf = (points: ReadonlyArray<Sweep.Point>, best: Sweep.Scored) => {
  const values = points.flatMap(({ value }) => (value === undefined || !Number.isFinite(value) ? [] : [value]))
  const worst = values.reduce(
    (far, value) => (Math.abs(value - best.value) > Math.abs(far - best.value) ? value : far),
    best.value,
  )
  return (value: number): number => (worst === best.value ? 1 : (value - worst) / (best.value - worst))
}

/** A row for each λ, with a bar that is the longer the better. */
const table = ({ below, best, points }: Sweep.SweepFinished, monitor: string, style: Style): ReadonlyArray<string> => {
  const isNew = below !== undefined && points.every(({ lambda }) => lambda !== below.lambda)
  const all = [...points, ...(isNew ? [below] : [])].sort((a, b) => a.lambda - b.lambda)
  const [left, right] = [
    Math.max(1, ...all.map(({ lambda }) => strength(lambda).length)),
    Math.max(monitor.length, ...all.map((point) => scoreOf(monitor, point).length)),
  ]
  const share = best === undefined ? undefined : shareOf(all, best)
  return [
    `  ${style("faint", `${"λ".padStart(left)}  ${monitor.padStart(right)}`)}`,
    ...all.map((point) => {
      const { done, left: rest } = bar(
        Number.isFinite(point.value) && share !== undefined ? share(point.value ?? 0) : 0,
        barWidth,
      )
      const mark = point.lambda === best?.lambda ? style("good", "best") : point === below ? style("accent", "just below it") : ""
      const drawn = `${style("accent", done)}${style("faint", rest)}`
      return `  ${strength(point.lambda).padStart(left)}  ${scoreOf(monitor, point).padStart(right)}  ${drawn}  ${mark}`.trimEnd()
    }),
  ]
}

/** What to do with what was found. */
const advice = ({ below, best, points }: Sweep.SweepFinished, penalty: Penalty, style: Style): ReadonlyArray<string> => {
  const tries = style("accent", "try:")
  if (best === undefined) return ["", style("bad", "every run diverged")]
  if (below === undefined || best.lambda === 0) return ["", "no λ of these is better than none"]
  if (points.every(({ lambda }) => lambda <= best.lambda))
    return [
      "",
      "the best λ is the largest that was tried; a larger one may be better still",
      `${tries} --from ${strength(best.lambda / 10)} --to ${strength(best.lambda * 100)}`,
    ]
  return ["", `${tries} --set train.regularize.${penalty}=${below.lambda}`]
}

/** Trains with each λ and prints the results. Nothing is kept. */
export const run = (options: Options) =>
  Effect.gen(function* () {
    const range = yield* rangeOf(options)
    const { json, penalty } = options
    const model = yield* sound(yield* open(options.file, { sets: options.set }))
    yield* json ? warned(options.file, model.reading.diagnostics) : Lines.warnings(model)
    const training = yield* trainingOf(model)
    yield* fits(training)
    const sweep = yield* sweepOf(training, penalty, range)
    const { monitor } = sweep.monitor
    const inJson = (event: Sweep.SweepEvent) => {
      switch (event._tag) {
        case "SweepStarted":
          return emitNow({ event: "sweep_started", penalty, lambdas: event.lambdas, ...event.monitor })
        case "LambdaScored": {
          const { _tag, ...point } = event
          return emitNow({ event: "lambda_scored", penalty, ...point })
        }
        case "SweepFinished": {
          const { _tag, ...found } = event
          return emitNow({ event: "sweep_finished", penalty, ...found })
        }
      }
    }
    const inWords = (event: Sweep.SweepEvent) => {
      switch (event._tag) {
        case "SweepStarted":
          return message((style) =>
            [
              style("strong", `${penalty} of ${model.document.name}`),
              Format.counted(event.lambdas.length, "run"),
              Format.counted(model.document.train.epochs, "epoch"),
            ].join(style("faint", " · ")),
          )
        case "LambdaScored":
          return message((style) => style("faint", `${penalty} ${strength(event.lambda)}: ${monitor} ${scoreOf(monitor, event)}`))
        case "SweepFinished":
          return result((style) => [...table(event, monitor, style), ...advice(event, penalty, style)].join("\n"))
      }
    }
    yield* Stream.runForEach(Sweep.run(sweep), json ? inJson : inWords).pipe(Effect.mapError(located(training)))
  }).pipe(Effect.scoped, Effect.provide(engineOf(options)))
