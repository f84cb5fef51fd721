/** The machines of a run's pre-training on the disk: one file of weights each, and a line of scores for each epoch. */
import { join } from "node:path"
import { systemReason } from "@adjoint/core/data/systemReason"
import type * as Rbm from "@adjoint/core/learning/Rbm"
import { readAll } from "@adjoint/core/tensor/read"
import { CheckpointError } from "@adjoint/core/training/CheckpointError"
import * as Json from "@adjoint/core/training/json"
import type { Stage } from "@adjoint/core/training/Pretrain"
import type { PretrainEvent } from "@adjoint/core/training/PretrainEvent"
import * as Safetensors from "@adjoint/core/training/Safetensors"
import type { NDArray } from "@adjoint/core/types/NDArray"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import type * as PlatformError from "effect/PlatformError"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { appendLine, writeWhole } from "./Files.ts"
import { files } from "./RunFolder.ts"

const names = ["a", "b", "w"] as const

/** Where a machine is kept; `stage` is counted from 1. */
const fileOf = (directory: string, stage: number, layer: string): string =>
  join(directory, files.pretrain, `${stage}-${layer}.safetensors`)

const unread = (file: string) => (error: PlatformError.PlatformError) =>
  new CheckpointError({
    file,
    got: systemReason(error),
    wanted: "the weights of a machine",
    hint: "check the rights of the file",
  })

const unwritten = (file: string) => (error: PlatformError.PlatformError) => {
  const hint = "check the disk's space and rights"
  return new CheckpointError({
    file,
    got: systemReason(error),
    wanted: "to write the weights of a machine",
    hint,
    isUnwritten: true,
  })
}

/** Writes the weights of a trained machine. */
export const save = (
  directory: string,
  stage: number,
  layer: string,
  machine: Rbm.Params,
): Effect.Effect<void, CheckpointError, FileSystem.FileSystem> => {
  const arrays = readAll(names.map((name) => machine[name]))
  const bytes = Safetensors.encode(new Map(names.map((name, i) => [name, arrays[i] as NDArray])))
  const file = fileOf(directory, stage, layer)
  return Effect.mapError(writeWhole(file, bytes), unwritten(file))
}

/** The most bytes of a machine's file: 4 GiB. */
const limit = 2 ** 32

const load = (file: string, visible: number | undefined, hidden: number) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const { size } = yield* fs.stat(file)
    const wrong = (got: string) =>
      new CheckpointError({ file, got, wanted: `a, b and w of a machine with ${hidden} hidden units`, hint: "train afresh" })
    if (size > BigInt(limit)) return yield* wrong(`${size} bytes`)
    const arrays = yield* Effect.fromResult(Safetensors.decode(yield* fs.readFile(file), file))
    const [a, b, w] = names.map((name) => arrays.get(name))
    const below = visible ?? a?.shape[0] ?? 0
    if (a === undefined || b === undefined || w === undefined || arrays.size !== names.length)
      return yield* wrong([...arrays.keys()].join(", "))
    const shapes = [a.shape, b.shape, w.shape].map((shape) => shape.join("×")).join(", ")
    return shapes === `${below}, ${hidden}, ${below}×${hidden}` ? { a, b, w } : yield* wrong(`arrays of ${shapes}`)
  }).pipe(Effect.catchTag("PlatformError", (error) => unread(file)(error)))

/** The trained machines of a run, from the first one on. */
export const finished = (
  directory: string,
  stages: ReadonlyArray<Stage>,
): Effect.Effect<ReadonlyArray<Rbm.Params>, CheckpointError, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const machines: Array<Rbm.Params> = []
    for (const [i, { hidden, layer }] of stages.entries()) {
      const file = fileOf(directory, i + 1, layer)
      if (!(yield* Effect.orElseSucceed(fs.exists(file), () => false))) break
      machines.push(yield* load(file, stages[i - 1]?.hidden, hidden))
    }
    return machines
  })

const metrics = "metrics.jsonl"

const Line = Schema.fromJsonString(Schema.Struct({ stage: Schema.Int }))

/** The lines of scores that are of the first so many machines. */
const linesOf = (text: string, count: number): ReadonlyArray<string> =>
  text.split("\n").filter((line) => {
    const read = Schema.decodeResult(Line)(line)
    return Result.isSuccess(read) && read.success.stage <= count
  })

/** Creates the folder of the machines, with the first `count` of those of a run that this one resumes. */
export const begin = (
  directory: string,
  stages: ReadonlyArray<Stage>,
  from?: { readonly directory: string; readonly count: number },
): Effect.Effect<void, PlatformError.PlatformError, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    yield* fs.makeDirectory(join(directory, files.pretrain))
    if (from === undefined || from.count === 0) return
    for (const [i, { layer }] of stages.slice(0, from.count).entries())
      yield* fs.copyFile(fileOf(from.directory, i + 1, layer), fileOf(directory, i + 1, layer))
    const scores = join(from.directory, files.pretrain, metrics)
    const lines = (yield* fs.exists(scores)) ? linesOf(yield* fs.readFileString(scores), from.count) : []
    yield* writeWhole(join(directory, files.pretrain, metrics), lines.map((line) => `${line}\n`).join(""))
  })

/** An epoch of a machine as a row, like those of metrics.jsonl. */
export const row = ({ epoch, layer, stage, train, validation }: Extract<PretrainEvent, { readonly _tag: "StageScored" }>) => ({
  stage,
  layer,
  epoch,
  "train.error": train.error,
  "train.free_energy": train.freeEnergy,
  ...(validation === undefined ? {} : { "val.error": validation.error, "val.free_energy": validation.freeEnergy }),
})

/** Records the scores of a machine's epoch. */
export const note = (
  directory: string,
  event: PretrainEvent,
): Effect.Effect<void, PlatformError.PlatformError, FileSystem.FileSystem> =>
  event._tag === "StageScored" ? appendLine(join(directory, files.pretrain, metrics), Json.print(row(event))) : Effect.void
