/** Statistics of layers while a run trains, and when they are taken. */
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import { programWork } from "../engines/Compile.ts"
import type { Program } from "../language/Primitive.ts"
import type { TrainState } from "./Checkpoint.ts"
import type { Config, LayerWatch } from "./Config.ts"
import { bounded, firstOf, type Problem } from "./checkData.ts"
import type { Emit } from "./eventStream.ts"
import { misspeltIn, type Names } from "./knownSettings.ts"
import type { EndsOf, LayersMeasured, LayersSkipped } from "./LayerReport.ts"
import { evenSamples, layerStatisticsIf } from "./layerStatistics.ts"

export type { LayerWatch } from "./Config.ts"
export type { LayersMeasured, LayersSkipped } from "./LayerReport.ts"

/** After which epochs the layers of a run are measured. */
export interface Watch {
  /** Epochs between two measurements: 1 unless given. */
  readonly every?: number
  /** Steps between two measurements, at least. Unless given, `pace` decides, which bounds their cost. */
  readonly steps?: number
  /** The ends of the bounded activation of a layer, near which its outputs count as saturated. */
  readonly endsOf?: EndsOf
}

/** The numbers of a layer that a run looks at: their mean and deviation differ from those of all by about a hundredth of a deviation. */
export const watchedNumbers = 8192

/** The options of `watch_layers` in a model file. */
export const watchOptions = {
  every: { kind: "epochs", doc: "Epochs between two measurements.", synonyms: ["interval", "period"], default: 1 },
  steps: {
    kind: "integer",
    doc: "Steps between two measurements, at least. Unless given, 500 or as many as keep the cost under 5 % of the run; one that is too short for that is not measured.",
    optional: true,
    minimum: 1,
  },
} as const

/**
 * About how many milliseconds of a common processor things take. They stand for a clock, so that a run measures its layers after
 * the same epochs on every machine. `node scripts/watching-cost.ts` shows whether they still hold.
 */
const milliseconds = {
  /** A step, besides its work. */
  step: 0.01,
  /** A unit of `programWork`. */
  work: 5e-8,
  /** The compilation of a measurement, and of each of its equations, in a process that has compiled little. */
  compilation: 40,
  equation: 0.1,
  /** The host's part of a measurement. */
  reading: 0.5,
} as const

/** A measurement keeps what a step does not, and V8 optimizes its code late. */
const stepsOfMeasurement = 2.5

/** About how many milliseconds a step, the compilation of its measurement and a measurement take, by the program that measures. */
export const estimate = (program: Program) => {
  const step = milliseconds.step + milliseconds.work * programWork(program)
  return {
    step,
    compilation: milliseconds.compilation + milliseconds.equation * program.equations.length,
    measurement: milliseconds.reading + stepsOfMeasurement * step,
  }
}

/** The share of a run that all of it may take by the estimate, and that of the repeated measurements. */
const share = { all: 0.04, repeated: 0.01 } as const

/**
 * The steps between two measurements, at least, for a run of so many steps and the program that measures; `undefined` if the run
 * is too short for one. It depends on nothing else, so a run measures the same on every machine.
 */
export const pace = (program: Program, steps: number): number | undefined => {
  const { compilation, measurement, step } = estimate(program)
  const every = Math.max(500, Math.ceil(measurement / (share.repeated * step)))
  // The first epoch is measured in any case.
  const cost = compilation + measurement * (1 + steps / every)
  return cost > share.all * steps * step ? undefined : every
}

/**
 * Whether the layers are measured after an epoch, given the steps done before and after it. After the first epoch they are; it
 * depends on nothing else, so a resumed run measures the same.
 *
 * `isDue({ every: 1, steps: 100 }, { epoch: 2, before: 90, step: 120 }) // => true`
 */
export const isDue = (
  { every = 1, steps }: { readonly every?: number; readonly steps: number },
  { before, epoch, step }: { readonly epoch: number; readonly before: number; readonly step: number },
): boolean => epoch === 1 || (epoch % every === 0 && Math.floor(step / steps) > Math.floor(before / steps))

const names: Names<Watch> = { every: true, steps: true, endsOf: true }

const problemOf = (watch: Watch): Problem =>
  misspeltIn("watch.", watch, names) ??
  firstOf([
    bounded("watch.every", watch.every ?? 1, { ...watchOptions.every, kind: "integer", minimum: 1 }),
    watch.steps === undefined ? undefined : bounded("watch.steps", watch.steps, watchOptions.steps),
  ])

/** Measures the layers of a run of `steps` steps after its epochs. Its program is compiled when a measurement is first due. */
const measuredBy = <P, S, O, R, X, Y, T>(
  watch: Watch,
  { batch, data, loss, net, optimizer, penalty, seed }: Config<P, S, O, R, X, Y, T>,
  first: TrainState<P, S, O>,
  steps: number,
  emit: Emit<LayersMeasured | LayersSkipped>,
) =>
  Effect.gen(function* () {
    const scope = yield* Effect.scope
    const stepping = { loss, net, optimizer, seed, ...(penalty === undefined ? {} : { penalty }) }
    const rows = yield* evenSamples<X, T>(data, batch)
    let every = watch.steps
    const isWorth = (program: Program): boolean => {
      every ??= pace(program, steps)
      return every !== undefined
    }
    const measuring = { endsOf: watch.endsOf, numbers: watchedNumbers }
    const prepare = Scope.provide(layerStatisticsIf<P, S, O, X, Y, T>(isWorth, stepping, first, rows, measuring), scope)
    // Not `Effect.cached`: it can expire, so a page would load clocks and durations.
    let measure: Effect.Success<typeof prepare> | undefined
    let isSkipped = false
    return Effect.fnUntraced(function* (
      state: TrainState<P, S, O>,
      at: { readonly epoch: number; readonly before: number; readonly step: number },
    ) {
      const isDueNow = () => every !== undefined && isDue({ ...watch, steps: every }, at)
      // Only its program shows when a measurement is due.
      if (isSkipped || (every !== undefined && !isDueNow())) return
      measure ??= yield* prepare
      isSkipped = measure === undefined
      if (measure === undefined) return yield* emit({ _tag: "LayersSkipped", steps })
      if (!isDueNow()) return
      const layers = yield* measure(state, rows)
      yield* emit({ _tag: "LayersMeasured", epoch: at.epoch, step: at.step, layers })
    })
  })

/**
 * `watch` of `Train.run`: the layers are measured after epochs and reported in `LayersMeasured`, or once in `LayersSkipped` if the
 * run is too short for that. No bit of the run depends on it. A bundler drops it from a page that does not use it.
 *
 * `Watch.layers({ steps: 100 }).problem // => undefined`
 */
export const layers = (watch: Watch = {}): LayerWatch => ({
  problem: problemOf(watch),
  measured: (config, first, steps, emit) => measuredBy(watch, config, first, steps, emit),
})
