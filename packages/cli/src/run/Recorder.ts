/** Writes a run's folder: its description when it begins, its events while it runs, and its summary at the end. */
import { join } from "node:path"
import { print as printFitted } from "@adjoint/core/data/Fitted"
import type { EpochRecord } from "@adjoint/core/training/Progress"
import { toYaml } from "@adjoint/dsl/Write"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import type * as PlatformError from "effect/PlatformError"
import { lineAt } from "../json/Line.ts"
import type { Summary } from "../json/Summary.ts"
import { sha256 } from "../model/Hash.ts"
import type { Training } from "../model/Training.ts"
import { type RunEvent, written } from "./Events.ts"
import { appendLine, writeJson, writeWhole } from "./Files.ts"
import * as Machines from "./Machines.ts"
import * as Metrics from "./Metrics.ts"
import { type Command, type environment, seeds } from "./Records.ts"
import { files } from "./RunFolder.ts"

type Write = Effect.Effect<void, PlatformError.PlatformError, FileSystem.FileSystem>

export interface Beginning {
  /** The model file as it was written. */
  readonly model: string
  readonly training: Training
  readonly command: Omit<Command, "resolved" | "version">
  readonly environment: ReturnType<typeof environment>
  /** The epochs of the run that this one resumes. */
  readonly history: ReadonlyArray<EpochRecord>
}

const appendEpoch = (directory: string, record: EpochRecord): Write =>
  Effect.gen(function* () {
    yield* appendLine(join(directory, files.metrics), Metrics.jsonLine(record))
    yield* appendLine(join(directory, files.metricsTable), Metrics.csvLine(record))
  })

/** Writes the description of a run, after `inherit` has copied what it takes from another: the folder is a run from then on. */
export const begin = <E, R>(
  directory: string,
  { command, environment, history, model, training }: Beginning,
  inherit: Effect.Effect<void, E, R>,
) =>
  Effect.gen(function* () {
    const { prepared, sound } = training
    const { document } = sound
    const resolved = toYaml(document)
    const at = (file: string) => join(directory, file)
    yield* writeWhole(at(files.model), model)
    yield* writeWhole(at(files.resolved), resolved)
    yield* writeJson(at(files.environment), environment)
    yield* writeJson(at(files.seeds), seeds(document.train.seed, document.data?.split.seed ?? 0))
    yield* writeJson(at(files.lock), prepared.lock)
    yield* writeWhole(at(files.preprocess), printFitted(prepared.fitted))
    const [first] = history
    if (first !== undefined) yield* writeWhole(at(files.metricsTable), `${Metrics.csvHeader(first)}\n`)
    yield* Effect.forEach(history, (record) => appendEpoch(directory, record))
    yield* inherit
    yield* writeJson(at(files.command), { version: 1, ...command, resolved: sha256(resolved) } satisfies Command)
  })

/** Records an event of a run; steps are too many to be recorded. */
export const note = (directory: string, event: RunEvent): Write =>
  Effect.gen(function* () {
    if (event._tag === "Stepped" || event._tag === "StageStepped") return
    yield* appendLine(join(directory, files.events), lineAt(written(event), new Date()))
    if (event._tag === "StageScored") yield* Machines.note(directory, event)
    if (event._tag !== "EpochScored") return
    if (event.epoch === 1) yield* writeWhole(join(directory, files.metricsTable), `${Metrics.csvHeader(event)}\n`)
    yield* appendEpoch(directory, event)
  })

/** Writes the summary of a run. */
export const end = (directory: string, summary: Summary): Write => writeJson(join(directory, files.summary), summary)
