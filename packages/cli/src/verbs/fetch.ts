/** `adjoint data fetch`: downloads public datasets once, checks their bytes, and shows how a model file reads them. */
import { join, resolve } from "node:path"
import { nearest } from "@adjoint/core/data/Nearest"
import { systemReason } from "@adjoint/core/data/systemReason"
import { printable } from "@adjoint/dsl/diagnostic/Printable"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import type { PlatformError } from "effect/PlatformError"
import { addressesOf, cacheOf, ownFolderOf } from "../fetch/Cache.ts"
import { type Dataset, type DatasetFile, datasets } from "../fetch/Datasets.ts"
import { download, isGenuine, type OnProgress, type Undelivered } from "../fetch/Download.ts"
import { emit } from "../json/Emit.ts"
import { FetchError, UsageError } from "../report/Failure.ts"
import { makeFolder } from "../run/Files.ts"
import { bar } from "../terminal/Bar.ts"
import { hasColour, isLive } from "../terminal/Capability.ts"
import * as Format from "../terminal/Format.ts"
import { own } from "../terminal/Guard.ts"
import { style } from "../terminal/Style.ts"
import { World } from "../terminal/World.ts"
import { message, result } from "../terminal/Write.ts"

export interface Options {
  readonly names: ReadonlyArray<string>
  readonly to: string | undefined
  readonly json: boolean
}

/** A file that is on the disk. */
interface Present {
  readonly file: DatasetFile
  readonly path: string
  /** Where it was downloaded from; undefined if it was there already. */
  readonly address: string | undefined
}

const barWidth = 20

/** Milliseconds between two reports of progress: on a line of a terminal, and in a log. */
const [liveEvery, plainEvery] = [100, 10_000]

/** The progress of a download, on the line of the terminal where there is one, or else as a line of a log. */
const progressOf = (name: string, world: World["Service"]) => {
  const { env, stderr } = world
  const live = isLive(env, stderr)
  const look = style(hasColour(env, stderr))
  let drawn = live ? Number.NEGATIVE_INFINITY : performance.now()
  const onProgress: OnProgress = (done, total) =>
    Effect.sync(() => {
      const now = performance.now()
      if (now - drawn < (live ? liveEvery : plainEvery)) return
      drawn = now
      const sizes = total === undefined ? Format.bytes(done) : `${Format.bytes(done)} of ${Format.bytes(total)}`
      if (!live) return void stderr.write(own(`${name} ${sizes}\n`))
      const { done: filled, left } = bar(total === undefined ? 0 : done / total, barWidth)
      stderr.write(own(`\r\u001b[K${name} ${look("accent", filled)}${look("faint", left)} ${sizes}`))
    })
  const clear = Effect.sync(() => {
    if (live && drawn > Number.NEGATIVE_INFINITY) stderr.write(own("\r\u001b[K"))
  })
  return { onProgress, clear }
}

/** What to try when no address gives a file. */
const hintOf = (failures: ReadonlyArray<Undelivered>, { dataset, file }: { readonly dataset: string; readonly file: string }) => {
  const isOffline = failures.every(({ kind }) => kind === "unreachable")
  const first = isOffline ? "connect to a network, name a server that has it (ADJOINT_MIRROR=http://…)," : "try later,"
  return `${first} or put ${file} into a folder ${dataset} and name the folder above it (ADJOINT_DATA=DIR)`
}

/** A file that cannot be written, as on a full disk: what is there of it stays, and the next call resumes after it. */
const unwritten = (path: string) => (error: PlatformError) =>
  Effect.fail(
    new FetchError({
      message: `${printable(path)}: ${systemReason(error)}`,
      hint: "a folder on a disk with room, where you may write: --to DIR, or XDG_CACHE_HOME=DIR",
      isUnwritten: true,
    }),
  )

/** Downloads a file from the first address that gives it. */
const downloaded = (dataset: string, file: DatasetFile, path: string) =>
  Effect.gen(function* () {
    const world = yield* World
    const { clear, onProgress } = progressOf(file.name, world)
    const failures: Array<Undelivered> = []
    for (const address of addressesOf(world.env, dataset, file)) {
      const failure = yield* download(path, address, file, onProgress).pipe(
        Effect.ensuring(clear),
        Effect.as(undefined),
        Effect.catchTag("Undelivered", (error) => Effect.succeed(error)),
      )
      if (failure === undefined) return address
      failures.push(failure)
    }
    return yield* new FetchError({
      message: `${dataset}: ${file.name} cannot be downloaded\n${failures.map(({ address, reason }) => `  ${printable(`${address}: ${reason}`)}`).join("\n")}`,
      hint: hintOf(failures, { dataset, file: file.name }),
    })
  })

/** A file of the user's own folder, in the dataset's folder there or beside it. */
const fromOwnFolder = (folder: string, dataset: string, file: DatasetFile) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const places = [join(folder, dataset, file.name), join(folder, file.name)] as const
    for (const path of places) if (yield* isGenuine(path, file)) return path
    const damaged = yield* Effect.filter([...places], (path) => fs.exists(path))
    return yield* new FetchError({
      message:
        damaged[0] === undefined
          ? `${dataset}: there is no ${file.name} in ${printable(folder)}, which ADJOINT_DATA names`
          : `${printable(damaged[0])} has other bytes than the ${file.name} of ${dataset}`,
      hint: `${printable(places[0])} with the ${file.bytes} bytes of SHA-256 ${file.sha256}, or no ADJOINT_DATA, to download it`,
    })
  })

/** The files of a dataset: those that are there already, and the others downloaded. */
const fetched = (name: string, { files }: Dataset, to: string | undefined) =>
  Effect.gen(function* () {
    const { env } = yield* World
    const fs = yield* FileSystem.FileSystem
    const given = ownFolderOf(env)
    const folder = to === undefined ? join(cacheOf(env), name) : resolve(to)
    const present: Array<Present> = []
    const fetchOne = (file: DatasetFile, path: string) =>
      Effect.gen(function* () {
        if (yield* isGenuine(path, file)) return { file, path, address: undefined }
        if (given === undefined) {
          yield* makeFolder(folder)
          return { file, path, address: yield* downloaded(name, file, path) }
        }
        const source = yield* fromOwnFolder(given, name, file)
        if (to === undefined) return { file, path: source, address: undefined }
        yield* makeFolder(folder)
        yield* fs.copyFile(source, path)
        return { file, path, address: undefined }
      }).pipe(Effect.catchTag("PlatformError", unwritten(path)))
    for (const file of files) present.push(yield* fetchOne(file, join(folder, file.name)))
    return present
  })

const known = Object.keys(datasets)

const checkNames = (names: ReadonlyArray<string>) => {
  const unknown = names.find((name) => !Object.hasOwn(datasets, name))
  if (unknown === undefined) return Effect.void
  const near = nearest(unknown, known)
  return Effect.fail(
    new UsageError({
      message: `there is no dataset \`${unknown}\``,
      hint: near.length > 0 ? near.join(" or ") : `one of ${known.join(", ")}`,
    }),
  )
}

/** A path as a model file takes it: quoted where YAML would read something else. */
const quoted = (path: string): string => (/^[\w./-]+$/.test(path) ? path : JSON.stringify(path))

/** Prints what is known, or fetches the named datasets. */
export const run = ({ json, names, to }: Options) =>
  Effect.gen(function* () {
    if (names.length === 0)
      return yield* result((look) => known.map((name) => `${look("accent", name.padEnd(14))}${datasets[name]?.doc}`).join("\n"))
    yield* checkNames(names)
    for (const name of names) {
      const dataset = datasets[name]
      if (dataset === undefined) continue
      const files = yield* fetched(name, dataset, to)
      const pathOf = (file: string): string => quoted(files.find((each) => each.file.name === file)?.path ?? file)
      const section = dataset.section(pathOf)
      if (json)
        yield* emit({
          event: "fetched",
          dataset: name,
          folder: join(files[0]?.path ?? "", ".."),
          files: files.map(({ address, file, path }) => ({
            name: file.name,
            path,
            bytes: file.bytes,
            sha256: file.sha256,
            ...(address === undefined ? {} : { address }),
          })),
          section,
        })
      else {
        yield* message((look) =>
          [
            `${look("accent", name)}: ${dataset.doc} ${look("faint", dataset.source)}`,
            ...files.map(
              ({ address, path }) =>
                `${look("good", "✓")} ${path}${look("faint", address === undefined ? ", there already" : "")}`,
            ),
          ].join("\n"),
        )
        yield* result(`data:\n${section.map((line) => `  ${line}`).join("\n")}`)
      }
    }
  })
