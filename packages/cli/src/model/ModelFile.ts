/** A model file from the disk: read, its data looked at, and everything that is wrong with it reported at once. */
import { dirname } from "node:path"
import { type DataError, print } from "@adjoint/core/data/DataError"
import * as Load from "@adjoint/core/data/Load"
import type { ScratchError } from "@adjoint/core/data/ScratchError"
import type { ModelFile } from "@adjoint/dsl/Document"
import { type Diagnostic, diagnostic, hasErrors, locate, sort } from "@adjoint/dsl/diagnostic/Diagnostic"
import type { Facts } from "@adjoint/dsl/prepare/Facts"
import { prepare } from "@adjoint/dsl/prepare/Prepare"
import type { Prepared } from "@adjoint/dsl/prepare/Prepared"
import type { PrepareError } from "@adjoint/dsl/prepare/PrepareError"
import { preview } from "@adjoint/dsl/prepare/Preview"
import { isStreamed, prepareStreamed, type Settings, Streaming, usual as usualStreaming } from "@adjoint/dsl/prepare/Streamed"
import { openWith, type Reading, withFacts } from "@adjoint/dsl/Read"
import type { Source } from "@adjoint/dsl/source/Source"
import { fromBytes, maxBytes, ofSize } from "@adjoint/dsl/text/Bytes"
import * as Override from "@adjoint/dsl/text/Override"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import { Refused, UsageError } from "../report/Failure.ts"
import { loading } from "../terminal/Loading.ts"
import { World } from "../terminal/World.ts"

/** A model file that was read, whether or not it can be used. */
export interface Opened {
  readonly reading: Reading
  /** What its paths are taken from. */
  readonly directory: string
  readonly facts: Facts
  /** The rows, where they were few enough to be prepared while the file was checked. */
  readonly prepared?: Prepared
}

/** A model file that can be used. */
export interface Sound extends Opened {
  readonly document: ModelFile
}

const unreadable = (error: DataError, file: string): Diagnostic =>
  diagnostic({ code: "Y009", message: print(error.reason), file, path: [] })

/** The text of a model file. */
export const sourceOf = (file: string): Effect.Effect<Source, Refused, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    // The size is asked before a byte is read: files of /proc have none, and reading one of them may never end.
    const size = yield* fs.stat(file).pipe(
      Effect.map(({ size, type }) => (type === "File" ? Number(size) : undefined)),
      Effect.orElseSucceed(() => undefined),
    )
    if (size !== undefined && (size === 0 || size > maxBytes)) return yield* new Refused({ diagnostics: [ofSize(file, size)] })
    const bytes = yield* Effect.mapError(Load.bytes(file), (error) => new Refused({ diagnostics: [unreadable(error, file)] }))
    const source = fromBytes(file, bytes)
    return yield* Effect.mapError(Effect.fromResult(source), (found) => new Refused({ diagnostics: [found] }))
  })

const usage = (message: string): UsageError => new UsageError({ message: `--set: ${message}` })

const overridesOf = (sets: ReadonlyArray<string>): Effect.Effect<ReadonlyArray<Override.Override>, UsageError> =>
  Effect.mapError(Effect.fromResult(Result.all(sets.map(Override.parse))), usage)

interface Options {
  readonly directory?: string
  readonly sets?: ReadonlyArray<string> | undefined
}

/**
 * Reads a model file, with what `--set` says put into it, and looks at its data. Fails only where there is no text to
 * speak of, and for a `--set` that makes no sense; what is wrong with the file is among its diagnostics.
 */
export const open = (
  file: string,
  options: Options = {},
): Effect.Effect<Opened, Refused | UsageError, FileSystem.FileSystem | World> =>
  Effect.flatMap(sourceOf(file), (source) => ofSource(source, options))

/** The same of a text that may not be on the disk; its paths are taken as if it were. */
export const ofSource = (
  source: Source,
  { directory = dirname(source.file), sets = [] }: Options = {},
): Effect.Effect<Opened, UsageError, FileSystem.FileSystem | World> =>
  Effect.gen(function* () {
    const overrides = yield* overridesOf(sets)
    const opened = yield* Effect.mapError(Effect.fromResult(openWith(source, overrides)), usage)
    const known = yield* loading(preview(opened.sections, directory))
    const { facts, prepared } = known
    return { reading: withFacts(opened, known), directory, facts, ...(prepared === undefined ? {} : { prepared }) }
  })

/** The same, if it can be used. Fails with everything that is wrong with it. */
export const sound = (opened: Opened): Effect.Effect<Sound, Refused> => {
  const { diagnostics, document, source } = opened.reading
  return document === undefined || hasErrors(diagnostics)
    ? Effect.fail(new Refused({ diagnostics, source }))
    : Effect.succeed({ ...opened, document })
}

/** The rows that a model file describes, prepared once, with what is wrong with them located in the file. Large tables are streamed. */
export const dataOf = (
  { directory, document, prepared, reading: { positions, source } }: Sound,
  options: Parameters<typeof prepare>[2] = {},
): Effect.Effect<Prepared, Refused | ScratchError, FileSystem.FileSystem | Scope.Scope | World> => {
  const refused = ({ findings }: PrepareError) =>
    new Refused({ diagnostics: sort(findings.map((finding) => locate(finding, positions))), source })
  return Effect.gen(function* () {
    const preparing = Effect.gen(function* () {
      if (!(yield* isStreamed(document, directory)))
        return prepared !== undefined && options.fitted === undefined ? prepared : yield* prepare(document, directory, options)
      return yield* prepareStreamed(document, directory, options)
    })
    return yield* loading(streaming(preparing, document, directory)).pipe(
      Effect.catchTag("PrepareError", (error) => Effect.fail(refused(error))),
    )
  })
}

/** Reads rows that may be streamed, as the environment says. A signal then ends the reading in order, so that its files are removed. */
export const streaming = <A, E, R>(
  reading: Effect.Effect<A, E, R>,
  document: Parameters<typeof isStreamed>[0],
  directory: string,
): Effect.Effect<A, E, R | World | FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const { env, setSaving } = yield* World
    const own = Effect.gen(function* () {
      if (!(yield* isStreamed(document, directory))) return yield* reading
      setSaving(true)
      return yield* Effect.ensuring(
        reading,
        Effect.sync(() => setSaving(false)),
      )
    })
    return yield* Effect.provideService(own, Streaming, settingsOf(env))
  })

/** Where streaming begins and its folder, as the environment has them. */
const settingsOf = ({ ADJOINT_CACHE: folder = "", ADJOINT_STREAM_FROM: from = "" }: World["Service"]["env"]): Settings => ({
  ...(/^\d+$/.test(from) ? { from: Number(from), arraysFrom: Number(from) } : usualStreaming),
  folder: folder === "" ? usualStreaming.folder : folder,
})
