/** The kernels and the memory of one training step, planned without running it. */
import { folded } from "../engines/Compile.ts"
import { type Footprint, footprint } from "../engines/Wasm.ts"
import type { Program } from "../language/Program.ts"
import { tensors } from "../language/TensorTree.ts"
import { zeros } from "../tensor/create.ts"
import type { Spec } from "../types/ShapeError.ts"
import { fitsInEngine } from "./BatchLoader.ts"
import type { Config } from "./Config.ts"
import { type Batch, initial, trainStep } from "./trainStep.ts"

/** A step as the WebAssembly engine runs it on one thread. Its memory holds the parameters, the optimizer's state, the batch, intermediate tensors, and the data if it fits. */
export interface PlannedStep extends Footprint {
  readonly program: Program
}

/** The data of a step: one sample and one target, without the axis of rows. */
export interface StepData {
  readonly sample: Spec
  readonly target: Spec
  /** The number of rows; with it the plan counts the data that the engine holds. */
  readonly rows?: number
}

/** The part of a run's description that a step depends on. */
export type StepConfig<P, S, O, R> = Omit<Config<P, S, O, R>, "data" | "epochs">

/**
 * Plans the training step on a batch of such samples and targets; it reads no data. Throws `ShapeError`, also for an array
 * that is too large, and `EngineError` for a step that does not fit into one memory.
 */
export const planStep = <P, S, O, R>(config: StepConfig<P, S, O, R>, { rows, sample, target }: StepData): PlannedStep => {
  const dataOf = (count: number) => ({
    inputs: zeros([count, ...sample.shape], sample.dtype),
    targets: zeros([count, ...target.shape], target.dtype),
  })
  type Data = ReturnType<typeof dataOf>
  const runOn = (data: Data) => ({ ...config, data: data as Config<P, S, O, R>["data"], epochs: 1 })
  const batch = dataOf(config.batch)
  const all = rows === undefined ? undefined : dataOf(rows)
  const start = initial(runOn(batch))
  const listed = (state: typeof start, data: Data, given: Batch) => {
    const result = trainStep(runOn(data))(state, given)
    return [result.state, result.output]
  }
  const { program } =
    all !== undefined && fitsInEngine([all.inputs, all.targets])
      ? folded(listed, start, all, { rows: zeros([config.batch], "i32") })
      : folded((state: typeof start, data: Data) => listed(state, data, { x: data.inputs, y: data.targets }), start, batch)
  return { program, ...footprint({ program, resident: tensors(start).length }) }
}
