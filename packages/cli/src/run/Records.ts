/** The records of a run folder: plain data that is read back. */
import { arch, availableParallelism, cpus, hostname, platform, release } from "node:os"
import { join } from "node:path"
import { systemReason } from "@adjoint/core/data/systemReason"
import type { Engine } from "@adjoint/core/engines/Engine"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { RunError } from "../report/Failure.ts"
import { files } from "./RunFolder.ts"

/** How the run was asked for. */
export const Command = Schema.Struct({
  version: Schema.Literal(1),
  /** The model file as it was typed, and what its paths are taken from. */
  file: Schema.String,
  directory: Schema.String,
  set: Schema.Array(Schema.String),
  engine: Schema.String,
  /** How it rounded. */
  numerics: Schema.String,
  /** The run that this one resumes. */
  parent: Schema.optionalKey(Schema.String),
  /** The hash of resolved.yaml. */
  resolved: Schema.String,
  /** The model, the training and the data of the run, as a hash. */
  fingerprint: Schema.String,
  started: Schema.String,
})
export type Command = typeof Command.Type

/** The machine and the software of a run. */
export const environment = (
  engine: Pick<Engine["Service"], "lanes" | "name" | "numerics" | "threads">,
  packages: { readonly [name: string]: string },
) => ({
  version: 1,
  host: hostname(),
  pid: process.pid,
  node: process.version,
  os: `${platform()} ${release()}`,
  arch: arch(),
  cpu: cpus()[0]?.model ?? "unknown",
  cores: availableParallelism(),
  engine: engine.name,
  numerics: engine.numerics,
  ...(engine.lanes === undefined ? {} : { lanes: engine.lanes }),
  threads: engine.threads,
  packages,
})

/** The named streams that all randomness of a run comes from: each is a seed and the names folded into its key. */
export const seeds = (train: number, split: number) => {
  const stream = (seed: number, ...path: ReadonlyArray<string>) => ({ seed, path })
  return {
    version: 1,
    streams: {
      "data.toy": stream(split, "toy"),
      "data.split": stream(split, "split"),
      "train.pretrain": stream(train, "pretrain"),
      "train.init": stream(train, "init"),
      "train.shuffle": stream(train, "shuffle"),
      "train.step": stream(train, "step"),
    },
  }
}

/** The text of a file of a run. Fails with `RunError` when it is not there. */
export const readText = (directory: string, file: string): Effect.Effect<string, RunError, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    return yield* fs.readFileString(join(directory, file))
  }).pipe(
    Effect.mapError(
      (error) =>
        new RunError({
          message: `${join(directory, file)} cannot be read: ${systemReason(error)}`,
          hint: "is this a run's folder?",
        }),
    ),
  )

/** A record of a run. Fails with `RunError` when it is not one. */
export const readRecord = <A>(
  directory: string,
  file: string,
  schema: Schema.Codec<A, unknown>,
): Effect.Effect<A, RunError, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const text = yield* readText(directory, file)
    const decoded = Schema.decodeResult(Schema.fromJsonString(schema), { onExcessProperty: "ignore" })(text)
    if (Result.isSuccess(decoded)) return decoded.success
    const why = decoded.failure.message.replaceAll(/\s*\n\s*/g, " ")
    return yield* new RunError({
      message: `${join(directory, file)} is not what a run writes: ${why}`,
      hint: file === files.summary ? "delete it: the run is then opened by its checkpoints" : "restore it from a copy",
    })
  })
