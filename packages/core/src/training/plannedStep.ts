/** What one step of a training takes of the machine, planned and not run. */
import { folded } from "../engines/Compile.ts"
import type { Program } from "../language/Program.ts"
import { tensors } from "../language/TensorTree.ts"
import { planJob } from "../machines/wasm/compiled.ts"
import { zeros } from "../tensor/create.ts"
import type { Spec } from "../words/ShapeError.ts"
import type { Config } from "./Config.ts"
import { initial, type Samples, trainStep } from "./trainStep.ts"

/** A step as the WebAssembly engine would do it on one thread. */
export interface PlannedStep {
  readonly program: Program
  readonly kernels: number
  /** All of its memory: parameters, the optimizer's state, the batch, and what is in between. */
  readonly bytes: number
}

/**
 * Plans the step of a training on a batch of such samples and targets; the data itself is not looked at. Throws `ShapeError`,
 * and `EngineError` for a step that does not fit into one memory.
 */
export const plannedStep = <P, S, O, R>(
  config: Omit<Config<P, S, O, R>, "data" | "epochs">,
  { sample, target }: { readonly sample: Spec; readonly target: Spec },
): PlannedStep => {
  const rows = ({ dtype, shape }: Spec) => zeros([config.batch, ...shape], dtype)
  const batch: Samples = { x: rows(sample), y: rows(target) }
  const placeholder = { inputs: batch.x, targets: batch.y } as Config<P, S, O, R>["data"]
  const whole = { ...config, data: placeholder, epochs: 1 }
  const start = initial(whole)
  const step = trainStep(whole)
  const listed = (state: typeof start, given: Samples) => {
    const made = step(state, given)
    return [made.state, made.output]
  }
  const { program } = folded(listed, start, batch)
  const { memory, plan } = planJob({ program, resident: tensors(start).length }, { threads: 1, least: 0 })
  return { program, kernels: plan.kernels.length, bytes: memory.bytes }
}
