/** The resolved model file of a run, held against the hash that the run recorded of it. */
import { join } from "node:path"
import { differences } from "@adjoint/dsl/check/Differences"
import { openWith, read } from "@adjoint/dsl/Read"
import { print } from "@adjoint/dsl/source/Path"
import { fromText } from "@adjoint/dsl/source/Source"
import * as Override from "@adjoint/dsl/text/Override"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Result from "effect/Result"
import { sha256 } from "../model/Hash.ts"
import { RunError } from "../report/Failure.ts"
import { type Command, readText } from "./Records.ts"
import { files } from "./RunFolder.ts"

/** Differences that a message lists; of more it gives the count. */
const most = 3

const printValue = (value: unknown): string => {
  const text = JSON.stringify(value) ?? "nothing"
  return text.length > 60 ? `${text.slice(0, 59)}…` : text
}

/** The keys in which a resolved file differs from the model file and the `--set` that it was resolved from. */
const changes = (resolved: string, model: string, set: ReadonlyArray<string>): ReadonlyArray<string> => {
  const overrides = Result.all(set.map(Override.parse))
  if (Result.isFailure(overrides)) return []
  const then = openWith(fromText(files.model, model), overrides.success)
  const now = read(fromText(files.resolved, resolved)).decoded
  if (Result.isFailure(then) || then.success.decoded === undefined || now === undefined) return []
  return differences(now, then.success.decoded).map(
    ({ path, ...each }) => `\`${print(path)}\` is ${printValue(each.now)}, and the run began with ${printValue(each.then)}`,
  )
}

/** Fails with `RunError` unless the resolved model file of a run is the one that the run wrote; the error lists what differs. */
export const checkResolved = (
  directory: string,
  { resolved: recorded, set }: Command,
): Effect.Effect<void, RunError, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const resolved = yield* readText(directory, files.resolved)
    if (sha256(resolved) === recorded) return
    const model = yield* Effect.orElseSucceed(readText(directory, files.model), () => "")
    const found = changes(resolved, model, set)
    const rest = found.length > most ? [`and ${found.length - most} more`] : []
    return yield* new RunError({
      message: [`${join(directory, files.resolved)} was changed after the run wrote it`, ...found.slice(0, most), ...rest].join(
        "\n  ",
      ),
      hint: `restore it, or train a changed copy of ${files.model} as a new run`,
    })
  })
