/** Files that are whole or not there: written beside their place, synced, then renamed into it. */
import * as Json from "@adjoint/core/training/json"
import { makeFolder as makeWithAbove } from "@adjoint/core/training/makeFolder"
import * as NodePath from "@effect/platform-node/NodePath"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as PlatformError from "effect/PlatformError"

type Write = Effect.Effect<void, PlatformError.PlatformError, FileSystem.FileSystem>

/** The same failure, with the name of the requested file. */
const of =
  (file: string) =>
  (error: PlatformError.PlatformError): PlatformError.PlatformError => {
    const { reason } = error
    if (reason._tag === "BadArgument") return error
    const { _tag, cause, method, module } = reason
    return PlatformError.systemError({ _tag, cause, method, module, pathOrDescriptor: file })
  }

/** Makes a folder and those above it. */
export const makeFolder = (folder: string): Write => Effect.provide(makeWithAbove(folder), NodePath.layer)

/** Writes a file in one piece, replacing the one that is there. */
export const writeWhole = (file: string, content: string | Uint8Array): Write =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const aside = `${file}.${process.pid}.new`
    yield* Effect.scoped(
      Effect.gen(function* () {
        const handle = yield* fs.open(aside, { flag: "w" })
        yield* handle.writeAll(typeof content === "string" ? new TextEncoder().encode(content) : content)
        yield* handle.sync
      }),
    ).pipe(Effect.tapError(() => Effect.ignore(fs.remove(aside, { force: true }))))
    yield* fs.rename(aside, file)
  }).pipe(Effect.mapError(of(file)), Effect.uninterruptible)

/** Writes a value as a file of JSON; non-finite numbers as texts. */
export const writeJson = (file: string, value: unknown): Write => writeWhole(file, `${Json.print(value, 2)}\n`)

/** Adds a line to a file that is only ever added to. */
export const appendLine = (file: string, line: string): Write =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => fs.writeFileString(file, `${line}\n`, { flag: "a" }))
