/** What is reported of the layers of a net in one step of training. */
import type { Ends, Spread } from "./Spread.ts"

/** The norms of a layer's weights in one step: √Σx² of each. */
export interface WeightNorms {
  readonly weights: number
  /** The gradient of the loss by the weights. */
  readonly gradient: number
  /** The step of the optimizer. */
  readonly update: number
  /** `update / weights`: about 1e-3 in a healthy run. */
  readonly ratio: number
}

/** The statistics of one layer in one step of training. */
export interface LayerStatistics {
  /** Names from the outermost net to the layer, joined by dots: `repeat1.0.dense1`. */
  readonly layer: string
  readonly output: Spread
  /** The gradient of the loss by the output. */
  readonly gradient: Spread
  /**
   * Outputs along the last axis (units, channels), and how many of them are 0 in every row and at every place. Layers that pass
   * inputs on, or join and reshape the outputs of others, have no units.
   */
  readonly units: number
  readonly dead: number
  /** Absent for a layer without weights. */
  readonly weights?: WeightNorms
}

/** The ends of the activation of a layer, where it has some: `saturated` counts outputs near them. */
export type EndsOf = (layer: string) => Ends | undefined

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
