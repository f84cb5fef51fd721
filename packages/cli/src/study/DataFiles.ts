/**
 * The files of the data of a study, by their content. The process that begins a study records which files it read; a worker elsewhere
 * finds files of the same content and reads them under the recorded names. A recorded name is only looked up in a table there: it
 * never becomes a path of the worker's machine.
 */
import { dirname, resolve } from "node:path"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as PlatformError from "effect/PlatformError"
import { sha256Of } from "../fetch/Download.ts"
import type { DataFile } from "./DataFile.ts"

/** A file system that records the files that are read through it. */
export const recording = (
  fs: FileSystem.FileSystem,
): { readonly fs: FileSystem.FileSystem; readonly seen: ReadonlySet<string> } => {
  const seen = new Set<string>()
  const noted = <A, R>(path: string, read: Effect.Effect<A, PlatformError.PlatformError, R>) =>
    Effect.tap(read, () => Effect.sync(() => void seen.add(resolve(path))))
  const recorder = FileSystem.make({
    ...fs,
    open: (path, options) => noted(path, fs.open(path, options)),
    readFile: (path) => noted(path, fs.readFile(path)),
  })
  return { fs: recorder, seen }
}

/** The sizes and hashes of files, in the order of their paths. */
export const hashed = (paths: Iterable<string>) =>
  Effect.forEach([...paths].toSorted(), (path) =>
    Effect.map(sha256Of(path), ({ bytes, sha256 }): DataFile => ({ path, bytes, sha256 })),
  )

const notFound = (method: string, path: string) =>
  Effect.fail(
    PlatformError.systemError({
      _tag: "NotFound",
      module: "FileSystem",
      method,
      description: "no such file",
      pathOrDescriptor: path,
    }),
  )

/** The names in each folder of some paths. */
const foldersOf = (paths: Iterable<string>): ReadonlyMap<string, ReadonlySet<string>> => {
  const folders = new Map<string, Set<string>>()
  for (const path of paths)
    for (let child = path; dirname(child) !== child; child = dirname(child)) {
      const folder = dirname(child)
      const names = folders.get(folder) ?? new Set()
      if (folders.has(folder) && names.has(child.slice(folder.length).replace(/^[/\\]/, ""))) break
      folders.set(folder, names.add(child.slice(folder.length).replace(/^[/\\]/, "")))
    }
  return folders
}

/**
 * A file system that has these files alone: each name, an absolute path, leads to the file where its content is. Every other path is
 * missing, whatever the disk has there.
 */
export const mapped = (
  fs: FileSystem.FileSystem,
  files: Iterable<readonly [name: string, place: string]>,
): FileSystem.FileSystem => {
  const places = new Map(files)
  const folders = foldersOf(places.keys())
  const at =
    <A, R>(method: string, use: (place: string) => Effect.Effect<A, PlatformError.PlatformError, R>) =>
    (path: string): Effect.Effect<A, PlatformError.PlatformError, R> => {
      const place = places.get(resolve(path))
      return place === undefined ? notFound(method, path) : use(place)
    }
  /** The folder that has the files is a folder like any other. */
  const infoAt = (path: string) => {
    const name = resolve(path)
    const place = places.get(name)
    if (place !== undefined) return fs.stat(place)
    return folders.has(name)
      ? Effect.map(
          fs.stat(dirname([...places.values()][0] ?? ".")),
          (info): FileSystem.File.Info => ({ ...info, type: "Directory" }),
        )
      : notFound("stat", path)
  }
  return FileSystem.make({
    ...fs,
    access: (path) => Effect.asVoid(infoAt(path)),
    stat: infoAt,
    lstat: infoAt,
    open: (path, options) => at("open", (place) => fs.open(place, { ...options, flag: "r" }))(path),
    readFile: at("readFile", fs.readFile),
    readLink: at("readLink", Effect.succeed),
    realPath: (path) => Effect.as(infoAt(path), resolve(path)),
    readDirectory: (path) => {
      const names = folders.get(resolve(path))
      return names === undefined ? notFound("readDirectory", path) : Effect.succeed([...names])
    },
  })
}

/** Runs an effect that reads these files alone, by their names. */
export const withData =
  (files: Iterable<readonly [name: string, place: string]>) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R | FileSystem.FileSystem> =>
    Effect.flatMap(FileSystem.FileSystem, (fs) => Effect.provideService(effect, FileSystem.FileSystem, mapped(fs, files)))
