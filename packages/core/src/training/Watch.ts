/** Statistics of layers while a run trains: when they are taken, and the events that report them. */
import { programWork } from "../engines/Compile.ts"
import type { Program } from "../language/Primitive.ts"
import { bounded, firstOf, type Problem } from "./checkData.ts"
import type { EndsOf, LayerStatistics } from "./LayerReport.ts"

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

/** The layers of the net as they are in one step after an epoch. */
export interface LayersMeasured {
  readonly _tag: "LayersMeasured"
  readonly epoch: number
  readonly step: number
  readonly layers: ReadonlyArray<LayerStatistics>
}

/** The layers are not measured, since that would take more than 5 % of a run of so many steps. */
export interface LayersSkipped {
  readonly _tag: "LayersSkipped"
  readonly steps: number
}

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

/** A problem with the settings of a watch. */
export const watchingLayers = (watch: Watch | undefined): Problem =>
  watch === undefined
    ? undefined
    : firstOf([
        bounded("watch.every", watch.every ?? 1, { ...watchOptions.every, kind: "integer", minimum: 1 }),
        watch.steps === undefined ? undefined : bounded("watch.steps", watch.steps, watchOptions.steps),
      ])
