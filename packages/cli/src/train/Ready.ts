/** A run that is ready to begin: nothing has been written yet, and nothing about it is wrong. */
import { Engine } from "@adjoint/core/engines/Engine"
import type * as Rbm from "@adjoint/core/learning/Rbm"
import * as Effect from "effect/Effect"
import { open, sound } from "../model/ModelFile.ts"
import { fits } from "../model/Step.ts"
import { type Training, training as trainingOf } from "../model/Training.ts"
import * as Lines from "../progress/Lines.ts"
import { warned } from "../report/Checked.ts"
import { type Config, configOf } from "../run/Config.ts"
import * as Machines from "../run/Machines.ts"
import { notRunning, resumeFrom, same, sameModel } from "../run/Resume.ts"
import { hasCheckpoint } from "../run/Run.ts"
import type { Job } from "./Job.ts"

export interface Ready {
  readonly job: Job
  readonly training: Training
  readonly config: Config
  /** The machines that are trained already; missing where the training of the net itself has begun, or where it has none. */
  readonly machines?: ReadonlyArray<Rbm.Params>
}

/** Where training begins: at the first step, at a machine, or at the checkpoint of the run that is resumed. */
const beginningOf = ({ parent }: Job, training: Training, config: Config) =>
  Effect.gen(function* () {
    const engine = yield* Engine
    const stages = training.built.pretrain
    if (parent === undefined) return stages === undefined ? { config } : { config, machines: [] }
    if (stages !== undefined && !(yield* hasCheckpoint(parent.directory, "last"))) {
      yield* same(parent, training, engine)
      return { config, machines: yield* Machines.finished(parent.directory, stages) }
    }
    const resume = yield* resumeFrom(parent, training, config, engine)
    return { config: resume === undefined ? config : { ...config, resume } }
  })

/** Reads and checks all that a job needs, and reports the warnings. Fails unless the run can begin, or resume its parent. */
export const prepare = (job: Job, { json }: { readonly json: boolean }) =>
  Effect.gen(function* () {
    const { directory, file, parent, sets } = job
    const model = yield* sound(yield* open(file, { directory, sets }))
    if (parent !== undefined) {
      yield* notRunning(parent)
      yield* sameModel(parent, model)
    }
    // The warnings of a fold are those of the whole.
    if (!job.isFold) yield* json ? warned(file, model.reading.diagnostics) : Lines.warnings(model)
    const training = yield* trainingOf(model, parent === undefined ? {} : { fitted: parent.fitted })
    yield* fits(training)
    return { job, training, ...(yield* beginningOf(job, training, configOf(training))) } satisfies Ready as Ready
  })
