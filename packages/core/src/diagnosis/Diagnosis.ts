/**
 * Diagnoses of a net and its training: what is measured, what is healthy, and what to try otherwise. Each is a function of a subject,
 * a run with its state, which it reads by value: no diagnosis changes a bit of the run.
 */
import * as Baselines from "./baselines.ts"
import type { Facts } from "./Concern.ts"
import * as DeadUnits from "./deadUnits.ts"
import * as GapOf from "./gap.ts"
import * as Gradients from "./gradients.ts"
import * as First from "./initialLoss.ts"
import * as LayersOf from "./layers.ts"
import * as Few from "./overfit.ts"
import * as Rates from "./rateRange.ts"
import * as Updates from "./updates.ts"

export type { EndsOf, LayerStatistics, WeightNorms } from "../training/LayerReport.ts"
export { evenRows } from "../training/layerStatistics.ts"
export { type Ends, type Spread, spreadOf } from "../training/Spread.ts"
export { type Baselines, baselines } from "./baselines.ts"
export type { Concern, Facts } from "./Concern.ts"
export { type DeadUnits, deadUnits } from "./deadUnits.ts"
export { type Gap, gap } from "./gap.ts"
export { type GradientNorm, gradientNorms } from "./gradients.ts"
export { type InitialLoss, initialLoss } from "./initialLoss.ts"
export { layers } from "./layers.ts"
export { constant, linear, type Rows } from "./linear.ts"
export { type Overfit, type OverfitOptions, overfit } from "./overfit.ts"
export { bandOf, type RateOptions, type RatePoint, type RateRange, rateRange } from "./rateRange.ts"
export type { Subject } from "./Subject.ts"
export { type UpdateRatio, updateRatios } from "./updates.ts"

/** Every diagnosis by its name on the command line, in the order in which they are made. */
export const table = {
  initial_loss: First.facts,
  overfit: Few.facts,
  learning_rate: Rates.facts,
  layers: LayersOf.facts,
  gradients: Gradients.facts,
  updates: Updates.facts,
  dead_units: DeadUnits.facts,
  gap: GapOf.facts,
  baselines: Baselines.facts,
} satisfies { readonly [name: string]: Facts }

/** The name of a diagnosis. */
export type Name = keyof typeof table

/** What is wrong with the result of each diagnosis, by its name; empty where all is healthy. */
export const concerns = {
  initial_loss: First.concerns,
  overfit: Few.concerns,
  learning_rate: Rates.concerns,
  layers: LayersOf.concerns,
  gradients: Gradients.concerns,
  updates: Updates.concerns,
  dead_units: DeadUnits.concerns,
  gap: GapOf.concerns,
  baselines: Baselines.concerns,
} satisfies { readonly [N in Name]: unknown }
