/** The kernels and the memory of one training step, planned without running it. */
import { folded } from "../engines/Compile.ts"
import type { Footprint, Job } from "../engines/Engine.ts"
import type { Tensor } from "../language/Expr.ts"
import type { Program } from "../language/Program.ts"
import { type Tensors, tensors } from "../language/TensorTree.ts"
import type { LossFunction } from "../learning/Loss.ts"
import { zeros } from "../tensor/create.ts"
import * as SpecTree from "../types/SpecTree.ts"
import { fitsInEngine } from "./BatchLoader.ts"
import type { Config } from "./Config.ts"
import type { ScoreTable } from "./Evaluate.ts"
import type { Batch } from "./Samples.ts"
import { initial, trainStep } from "./trainStep.ts"

/** A step as an engine runs it on one thread. Its memory holds the parameters, the optimizer's state, the batch, intermediate tensors, and the data if it fits. */
export interface PlannedStep extends Footprint {
  readonly program: Program
}

/** The data of a step: one sample and one target, each a tensor or a tree of tensors, without the axis of rows. */
export interface StepData {
  readonly sample: SpecTree.SpecTree
  readonly target: SpecTree.SpecTree
  /** The number of rows; with it the plan counts the data that the engine holds. */
  readonly rows?: number
}

/** The part of a run's description that a step depends on. `T` is the tree of targets, as tensors. */
export interface StepConfig<P, S, O, X = Tensor, Y = Tensor, T = Tensor>
  extends Pick<Config<P, S, O, never, X, Y>, "batch" | "net" | "optimizer" | "penalty" | "seed" | "start"> {
  readonly loss: LossFunction<Y, T, string>
  readonly scores?: ScoreTable<Y, T>
}

/** Zeros with this many rows for each spec: shapes alone, for tracing. */
const rowsOf = (specs: SpecTree.SpecTree, count: number): unknown =>
  SpecTree.map(specs, ({ dtype, shape }) => zeros([count, ...shape], dtype))

/**
 * Plans the training step on a batch of such samples and targets for the engine of this planner; it reads no data. Throws
 * `ShapeError`, also for an array that is too large, and what the planner throws for a step that does not fit.
 */
export const planStep = <P, S, O, X, Y, T>(
  config: StepConfig<P, S, O, X, Y, T>,
  { rows, sample, target }: StepData,
  plan: (job: Job) => Footprint,
): PlannedStep => {
  const dataOf = (count: number): Data => ({ inputs: rowsOf(sample, count), targets: rowsOf(target, count) })
  // The step of a run takes tensors for its data as well: only their shapes matter here.
  const runOn = (data: Data) => ({ ...config, data, epochs: 1 }) as unknown as Config<P, S, O, never, X, Y, unknown>
  const batch = dataOf(config.batch)
  const all = rows === undefined ? undefined : dataOf(rows)
  const start = initial(runOn(batch))
  const listed = (
    state: typeof start,
    data: Data,
    given: { readonly rows: Tensor } | { readonly x: unknown; readonly y: unknown },
  ) => {
    const result = trainStep(runOn(data))(state, given as Batch<X, Tensors<unknown>>)
    return [result.state, result.output]
  }
  const { program } =
    all !== undefined && fitsInEngine(tensors(all))
      ? folded(listed, start, all, { rows: zeros([config.batch], "i32") })
      : folded((state: typeof start, data: Data) => listed(state, data, { x: data.inputs, y: data.targets }), start, batch)
  return { program, ...plan({ program, resident: tensors(start).length }) }
}

/** Inputs and targets, trees of tensors. */
type Data = { readonly inputs: unknown; readonly targets: unknown }
