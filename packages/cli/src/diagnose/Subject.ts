/** The subject of `diagnose`: a model file with untrained weights, or a run with its trained ones. */
import { join } from "node:path"
import type { Arrays, Values } from "@adjoint/core/data/PreprocessTree"
import type { Subject } from "@adjoint/core/diagnosis/Diagnosis"
import { checkShapes } from "@adjoint/core/engines/Compile"
import type { Params } from "@adjoint/core/learning/Params"
import * as Checkpoint from "@adjoint/core/training/Checkpoint"
import * as Train from "@adjoint/core/training/Train"
import { build } from "@adjoint/dsl/build/Build"
import { read } from "@adjoint/dsl/Read"
import type { Positions } from "@adjoint/dsl/source/Positions"
import { fromText, type Source } from "@adjoint/dsl/source/Source"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import { open, sound } from "../model/ModelFile.ts"
import { fits } from "../model/Step.ts"
import { type Training, training as trainingOf } from "../model/Training.ts"
import { type Config, configOf } from "../run/Config.ts"
import { find } from "../run/Find.ts"
import { readText } from "../run/Records.ts"
import { checkpointOf, standing } from "../run/Run.ts"
import { files } from "../run/RunFolder.ts"
import { load, rowsOf } from "../run/Trained.ts"

/** What is diagnosed, and the text that findings are located in. */
export interface Diagnosed {
  readonly subject: Subject<Params, Params, Params, Values, Values, Arrays>
  readonly training: Training
  readonly isTrained: boolean
  readonly source: Source
  readonly positions: Positions
}

interface Options {
  /** A model file, or a run. */
  readonly subject: string
  readonly runs: string
  readonly set: ReadonlyArray<string>
}

/** Whether a word names a model file, and not a run. */
const isFile = (path: string) =>
  Effect.gen(function* () {
    if (/\.(ya?ml|json)$/i.test(path)) return true
    const fs = yield* FileSystem.FileSystem
    return (yield* fs.stat(path)).type === "File"
  }).pipe(Effect.orElseSucceed(() => false))

/** A model file, with the weights that its training begins with. */
const ofModel = ({ set, subject: file }: Options) =>
  Effect.gen(function* () {
    const training = yield* trainingOf(yield* sound(yield* open(file, { sets: set })))
    yield* fits(training)
    const config = configOf(training)
    const state = yield* checkShapes(() => Train.initial(config))
    const { positions, source } = training.sound.reading
    return { subject: { ...config, state }, training, isTrained: false, source, positions } satisfies Diagnosed
  })

/** The model file as it was written, if it is still the document of the run. */
const written = (directory: string) =>
  Effect.gen(function* () {
    const reading = read(fromText(join(directory, files.model), yield* readText(directory, files.model)))
    return reading.document === undefined ? undefined : reading
  })

/** A run, with the weights that it stands for. */
const ofRun = ({ runs, subject }: Options) =>
  Effect.gen(function* () {
    const directory = yield* find(subject, runs)
    const trained = yield* load(directory)
    const { checked, document, reading, run } = trained
    const prepared = yield* rowsOf(trained)
    const training: Training = {
      sound: { document, reading, directory: run.command.directory, facts: {} },
      prepared,
      checked,
      // The loss may weigh classes by how many rows each has.
      built: build({ ...checked, facts: prepared.facts }),
      fingerprint: run.command.fingerprint,
    }
    const config: Config = configOf(training)
    const first = yield* checkShapes(() => Train.initial(config))
    const checkpoint = checkpointOf(directory, yield* standing(run, training.built))
    const { state } = yield* Checkpoint.load(checkpoint, first)
    const params = config.scored?.(state) ?? state.params
    const { positions, source } = (yield* written(directory)) ?? reading
    return {
      subject: { ...config, state: { ...state, params } },
      training,
      isTrained: true,
      source,
      positions,
    } satisfies Diagnosed
  })

/** Reads the subject; nothing is computed yet. */
export const subjectOf = (options: Options) =>
  Effect.gen(function* () {
    if (yield* isFile(options.subject)) return yield* ofModel(options)
    return yield* ofRun(options)
  })
