/** Creates the folder of a run, which describes the run from then on. */
import { join, resolve } from "node:path"
import { Engine } from "@adjoint/core/engines/Engine"
import * as Effect from "effect/Effect"
import { versions } from "../model/Packages.ts"
import { tidy, tidyAll } from "../run/Leftovers.ts"
import * as Machines from "../run/Machines.ts"
import * as Recorder from "../run/Recorder.ts"
import { environment, readText } from "../run/Records.ts"
import { inherit } from "../run/Resume.ts"
import { allocate, files, remove } from "../run/RunFolder.ts"
import * as Folds from "./Folds.ts"
import type { Ready } from "./Ready.ts"

/** Copies what the run takes over from the one that it resumes: checkpoints, folds, and machines. */
const inheritAll = ({ job: { isFold, parent }, machines, training }: Ready, folder: string) =>
  Effect.gen(function* () {
    if (parent !== undefined) yield* inherit(parent.directory, folder)
    if (parent !== undefined && !isFold) yield* Folds.inherit(parent.directory, folder)
    const stages = training.built.pretrain
    if (stages === undefined) return
    const count = machines?.length ?? stages.length
    yield* Machines.begin(folder, stages, parent === undefined ? undefined : { directory: parent.directory, count })
  })

/** Creates the run's folder and writes the description of the run. A folder that cannot be completed is removed. */
export const begin = (ready: Ready) =>
  Effect.gen(function* () {
    const engine = yield* Engine
    const { config, job, training } = ready
    const { directory, file, parent, runs, sets } = job
    const { document, reading } = training.sound
    const again = job.repeats ? parent : undefined
    const name = job.name ?? document.name
    yield* tidyAll(join(runs, name))
    if (parent !== undefined) yield* Effect.ignore(tidy(parent.directory))
    const beginning: Recorder.Beginning = {
      model: again === undefined ? reading.source.text : yield* readText(again.directory, files.model),
      training,
      history: config.resume?.last.progress.history ?? [],
      environment: environment(engine, versions()),
      command: {
        file: again?.command.file ?? file,
        directory: resolve(directory),
        set: [...(again?.command.set ?? []), ...sets],
        engine: engine.name,
        numerics: engine.numerics,
        ...(parent === undefined ? {} : { parent: parent.directory }),
        fingerprint: training.fingerprint,
        started: new Date().toISOString(),
      },
    }
    const folder = yield* allocate(runs, name)
    yield* Recorder.begin(folder, beginning, inheritAll(ready, folder)).pipe(Effect.tapError(() => Effect.ignore(remove(folder))))
    return folder
  }).pipe(Effect.uninterruptible)
