/**
 * Where a worker finds the data of a study: under the names that they had where the study began, in a folder, or on an HTTP server.
 * A file is taken only if it has the recorded bytes; what is downloaded is kept by its hash and found there the next time.
 */
import { basename, isAbsolute, join, relative, sep } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { printable } from "@adjoint/dsl/diagnostic/Printable"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Schedule from "effect/Schedule"
import { cacheOf } from "../fetch/Cache.ts"
import { download, isGenuine, type Undelivered } from "../fetch/Download.ts"
import { FetchError } from "../report/Failure.ts"
import { makeFolder } from "../run/Files.ts"
import { World } from "../terminal/World.ts"
import type { DataFile } from "./DataFile.ts"

/** Whether a place is an address. `isHttp("http://127.0.0.1:8123") // => true` */
export const isHttp = (place: string): boolean => /^https?:\/\//i.test(place)

/** The name of a file in the folder of its model file; undefined for one that is not below it. */
const nameWithin = (directory: string, { path }: DataFile): string | undefined => {
  const name = relative(directory, path)
  return name === "" || name.split(sep).includes("..") || isAbsolute(name) ? undefined : name
}

const contentOf = ({ bytes, sha256 }: DataFile) => ({ name: sha256, bytes, sha256 })

/** Whether a regular file has the recorded bytes. Its size is compared before it is read. */
const isContent = (path: string, file: DataFile) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const { size, type } = yield* fs.stat(path)
    return type === "File" && Number(size) === file.bytes && (yield* isGenuine(path, contentOf(file)))
  }).pipe(Effect.orElseSucceed(() => false))

const missing = (file: DataFile, where: string, hint: string) =>
  new FetchError({ message: `the study's file ${printable(basename(file.path))} of ${file.bytes} bytes ${where}`, hint })

/** In a folder a file has its name in the folder of the model file, its last name, or its hash as its name. */
const inFolder = (folder: string, directory: string, file: DataFile) =>
  Effect.gen(function* () {
    const names = [file.sha256, nameWithin(directory, file), basename(file.path)].filter((name) => name !== undefined)
    for (const path of new Set(names.map((name) => join(folder, name)))) if (yield* isContent(path, file)) return path
    return yield* missing(
      file,
      `is not in ${printable(folder)}`,
      `put it there under its name or as ${file.sha256}, which is the SHA-256 of its bytes`,
    )
  })

/** At most one process of this machine downloads at a time: the lock is one of SQLite, so it ends with its process. */
const alone = <A, E, R>(folder: string, effect: Effect.Effect<A, E, R>) => {
  const lock = Effect.acquireRelease(
    Effect.try({
      try: () => {
        const database = new DatabaseSync(join(folder, "lock.sqlite"))
        try {
          database.exec("BEGIN EXCLUSIVE")
          return database
        } catch (error) {
          database.close()
          throw error
        }
      },
      catch: String,
    }),
    (database) => Effect.sync(() => database.close()),
  )
  const isLocked = (error: string) => /locked|busy/i.test(error)
  const waiting = Effect.retry(lock, Schedule.spaced("200 millis").pipe(Schedule.while(({ input }) => isLocked(String(input)))))
  return Effect.scoped(Effect.andThen(Effect.orDie(waiting), effect))
}

/** The addresses of a file: by its hash, as `search --serve-data` serves it, or by its name, as a server of files does. */
const addressesOf = (base: string, directory: string, file: DataFile): ReadonlyArray<string> => {
  const root = base.replace(/\/+$/, "")
  const name = nameWithin(directory, file) ?? basename(file.path)
  return [`${root}/${file.sha256}`, `${root}/${name.split(sep).map(encodeURIComponent).join("/")}`]
}

/** How often a server that does not answer, or whose connection breaks, is tried; the next attempt resumes after the bytes that came. */
const attempts = 5

const downloaded = (base: string, directory: string, file: DataFile, folder: string) =>
  Effect.gen(function* () {
    const path = join(folder, file.sha256)
    if (yield* isContent(path, file)) return path
    const failures: Array<Undelivered> = []
    for (let attempt = 0; attempt < attempts; attempt++) {
      failures.length = 0
      for (const address of addressesOf(base, directory, file)) {
        const failure = yield* download(path, address, contentOf(file), () => Effect.void).pipe(
          Effect.as(undefined),
          Effect.catchTag("Undelivered", (error) => Effect.succeed(error)),
        )
        if (failure === undefined) return path
        failures.push(failure)
      }
      if (failures.every(({ kind }) => kind === "forged" || kind === "refused")) break
      yield* Effect.sleep("1 second")
    }
    const said = failures.map(({ address, reason }) => `  ${printable(`${address}: ${reason}`)}`).join("\n")
    return yield* missing(
      file,
      `cannot be downloaded\n${said}`,
      "the address that `search --serve-data` printed, a server of the folder of the model file, or a folder: --data DIR",
    )
  })

/** Each file of a study with the place of its content on this machine. */
export const located = (place: string | undefined, directory: string, files: ReadonlyArray<DataFile>) =>
  Effect.gen(function* () {
    const { env } = yield* World
    const find = (file: DataFile, folder: string) => {
      if (place === undefined)
        return Effect.gen(function* () {
          if (yield* isContent(file.path, file)) return file.path
          const fs = yield* FileSystem.FileSystem
          const isChanged = yield* Effect.orElseSucceed(fs.exists(file.path), () => false)
          return yield* missing(
            file,
            isChanged
              ? `has changed since the study began: ${printable(file.path)} has other bytes`
              : `is not at ${printable(file.path)} on this machine`,
            "name a folder or a server that has it: --data DIR or --data http://…",
          )
        })
      return isHttp(place) ? downloaded(place, directory, file, folder) : inFolder(place, directory, file)
    }
    const each = (folder: string) =>
      Effect.forEach(files, (file) => Effect.map(find(file, folder), (at) => [file.path, at] as const))
    if (place === undefined || !isHttp(place) || files.length === 0) return yield* each("")
    const folder = join(cacheOf(env), "content")
    yield* makeFolder(folder)
    return yield* alone(folder, each(folder))
  })
