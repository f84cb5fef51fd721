/**
 * What the lines of a model file are annotated with. Gradients and dead units follow from the run's weights and its rows, so that a
 * later report has the same bytes. Times do not: they are measured once, kept in the run's folder as a record, and read from there.
 */
import { join } from "node:path"
import type { Arrays, Values } from "@adjoint/core/data/PreprocessTree"
import { type LayerStatistics, layers } from "@adjoint/core/diagnosis/Diagnosis"
import { Engine } from "@adjoint/core/engines/Engine"
import type { Params } from "@adjoint/core/learning/Params"
import { scalar } from "@adjoint/core/tensor/Tensor"
import type { Prepared } from "@adjoint/dsl/prepare/Prepared"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Schema from "effect/Schema"
import { leavesOf } from "../model/Layers.ts"
import { layerTimes } from "../model/LayerTimes.ts"
import { configOf } from "../run/Config.ts"
import { writeJson } from "../run/Files.ts"
import { readRecord } from "../run/Records.ts"
import { files } from "../run/RunFolder.ts"
import { lossOver, type Trained } from "../run/Trained.ts"

const Times = Schema.Struct({
  version: Schema.Literal(1),
  batch: Schema.Int,
  /** Milliseconds for a batch, by layer. */
  milliseconds: Schema.Record(Schema.String, Schema.Finite),
})

const hasTimes = (directory: string) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => Effect.orElseSucceed(fs.exists(join(directory, files.times)), () => false))

/** Measures how long each layer takes, and records it in the run's folder: where there is no record yet, or `again`. */
export const recordTimes = ({ built, run: { directory } }: Trained, prepared: Prepared, { again = false } = {}) =>
  Effect.gen(function* () {
    if (!again && (yield* hasTimes(directory))) return
    const milliseconds = yield* layerTimes(leavesOf(built.net, prepared.facts.sample), built.batch)
    const record: typeof Times.Type = { version: 1, batch: built.batch, milliseconds }
    yield* writeJson(join(directory, files.times), record)
  })

/** The milliseconds of each layer, as they were recorded. */
export const timesOf = (directory: string) =>
  Effect.gen(function* () {
    if (!(yield* hasTimes(directory))) return undefined
    const { milliseconds } = yield* readRecord(directory, files.times, Times)
    return new Map(Object.entries(milliseconds))
  })

/** Training rows that layers are measured on, at most; the reference engine is some thousand times slower. */
const mostRows = { reference: 16, other: 256 } as const

/** The statistics of each layer for the run's weights, on evenly spaced training rows; none where they cannot be computed. */
export const statisticsOf = (
  trained: Trained,
  prepared: Prepared,
): Effect.Effect<ReadonlyArray<LayerStatistics>, never, Engine> =>
  Effect.gen(function* () {
    const { name } = yield* Engine
    const { built, run, weights } = trained
    const config = configOf({ built, prepared, fingerprint: run.command.fingerprint })
    const optimizer = config.optimizer.init(weights.params)
    return yield* layers<Params, Params, Params, Values, Values, Arrays>({
      ...config,
      loss: lossOver(trained, prepared),
      batch: name === "reference" ? mostRows.reference : mostRows.other,
      state: { params: weights.params, state: weights.state, optimizer, step: scalar(0, "i32") },
    })
  }).pipe(Effect.catch(() => Effect.succeed([])))
