/** Statistics of layers while a run trains: when they are taken, and the event that reports them. */
import { bounded, firstOf, type Problem } from "./checkData.ts"
import type { EndsOf, LayerStatistics } from "./LayerReport.ts"

/** After which epochs the layers of a run are measured. */
export interface Watch {
  /** Epochs between two measurements: 1 unless given. */
  readonly every?: number
  /** Steps between two measurements, at least, which bounds their cost: 500 unless given. */
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
    doc: "Steps between two measurements, at least: one takes about as long as ten steps.",
    default: 500,
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

/**
 * Whether the layers are measured after an epoch, given the steps done before and after it. After the first epoch they are; it
 * depends on nothing else, so a resumed run measures the same.
 *
 * `isDue({ every: 1, steps: 100 }, { epoch: 2, before: 90, step: 120 }) // => true`
 */
export const isDue = (
  { every = 1, steps = watchOptions.steps.default }: Watch,
  { before, epoch, step }: { readonly epoch: number; readonly before: number; readonly step: number },
): boolean => epoch === 1 || (epoch % every === 0 && Math.floor(step / steps) > Math.floor(before / steps))

/** A problem with the settings of a watch. */
export const watchingLayers = (watch: Watch | undefined): Problem =>
  watch === undefined
    ? undefined
    : firstOf([
        bounded("watch.every", watch.every ?? 1, { ...watchOptions.every, kind: "integer", minimum: 1 }),
        bounded("watch.steps", watch.steps ?? watchOptions.steps.default, watchOptions.steps),
      ])
