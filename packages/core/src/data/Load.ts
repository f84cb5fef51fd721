/** Reads data files: the only module of `data` that accesses the disk. Every error names the file. */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import type { PlatformError } from "effect/PlatformError"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import type { NDArray } from "../types/NDArray.ts"
import * as Csv from "./Csv.ts"
import { DataError, inFile, type Reason } from "./DataError.ts"
import { fill, type Written } from "./Field.ts"
import { byBytes, type Folder } from "./Folder.ts"
import { fileTypes } from "./fileTypes.ts"
import * as GzipPieces from "./GzipPieces.ts"
import * as Idx from "./Idx.ts"
import { nearest } from "./Nearest.ts"
import * as Npy from "./Npy.ts"
import * as Npz from "./Npz.ts"
import { type Arrays, isTable, type Raw } from "./Raw.ts"
import type { Image } from "./Spec.ts"
import { arrow as Arrow } from "./sources/arrow.ts"
import { images as Images } from "./sources/images.ts"
import { parse as jsonl } from "./sources/jsonl.ts"
import type { Reading, Wanted } from "./sources/Kind.ts"
import { parquet as Parquet } from "./sources/parquet.ts"
import { systemReason } from "./systemReason.ts"
import type { Table } from "./Table.ts"

type Load<A> = Effect.Effect<A, DataError, FileSystem.FileSystem>

/** The largest file that Node reads in one call. */
const maxFileBytes = 2 ** 31 - 1

/**
 * The size of a regular file, in bytes. Fails with `NotFound` (naming files of similar names), and with `NotReadable` for
 * folders, pipes and devices, which are never opened: reading them might not end.
 */
export const size = Effect.fn("Load.size")(function* (file: string): Effect.fn.Return<number, DataError, FileSystem.FileSystem> {
  const fs = yield* FileSystem.FileSystem
  const { size, type } = yield* fs.stat(file).pipe(Effect.catch(refused(file)))
  if (type !== "File") return yield* fail(file, { _tag: "NotReadable", cause: `it is a ${fileTypes[type]}, not a regular file` })
  return Number(size)
})

/**
 * The bytes of a file. A file of size 0 is not opened: files of `/proc` report that size. Fails as `size` does, with
 * `NotReadable`, and with `TooLarge`.
 */
export const bytes = Effect.fn("Load.bytes")(function* (
  file: string,
): Effect.fn.Return<Uint8Array, DataError, FileSystem.FileSystem> {
  const fs = yield* FileSystem.FileSystem
  const length = yield* size(file)
  if (length === 0) return new Uint8Array()
  if (length > maxFileBytes)
    return yield* fail(file, { _tag: "TooLarge", what: "the file", got: BigInt(length), limit: maxFileBytes, unit: "bytes" })
  return yield* fs.readFile(file).pipe(Effect.catch(refused(file)))
})

/** The first bytes of a file, at most `limit`. Fails as `size` does, and with `NotReadable`. */
export const start = Effect.fn("Load.start")(function* (
  file: string,
  limit: number,
): Effect.fn.Return<Uint8Array, DataError, FileSystem.FileSystem> {
  const fs = yield* FileSystem.FileSystem
  const content = new Uint8Array(Math.min(limit, yield* size(file)))
  if (content.length === 0) return content
  const read = Effect.scoped(Effect.flatMap(fs.open(file, { flag: "r" }), (handle) => handle.read(content)))
  return content.subarray(0, Number(yield* read.pipe(Effect.catch(refused(file)))))
})

/** Whether a path is that of a folder. */
export const isFolder = (path: string): Effect.Effect<boolean, never, FileSystem.FileSystem> =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => fs.stat(path)).pipe(
    Effect.map(({ type }) => type === "Directory"),
    Effect.orElseSucceed(() => false),
  )

/** Whether one path is another or below it. Both have no links and no `..`. */
const isBelow = (root: string, path: string): boolean =>
  path === root || (path.startsWith(root) && /[/\\]/.test(`${root.slice(-1)}${path.charAt(root.length)}`))

/** Reads files below a folder by their paths in it. */
export interface Below {
  /** The bytes of a file. Fails as `bytes` does, and with `NotReadable` for a link that leads out of the folder. */
  readonly bytes: (file: string) => Load<Uint8Array>
  /** Fails with `NotFound`, and with `NotReadable` for a path that leads out of the folder. */
  readonly check: (file: string) => Load<void>
}

/**
 * Reads files below a folder. Links are followed inside the folder alone: what a folder or a table from elsewhere names is never
 * another file of this machine.
 */
export const below = (root: string): Effect.Effect<Below, never, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const folder = yield* Effect.cached(fs.realPath(root).pipe(Effect.catch(refused(root))))
    const check = (file: string): Load<void> =>
      Effect.gen(function* () {
        const path = `${root}/${file}`
        const place = yield* fs.realPath(path).pipe(Effect.catch(refused(path)))
        if (!isBelow(yield* folder, place))
          return yield* fail(path, { _tag: "NotReadable", cause: "a link leads out of the folder; try: a copy of the file" })
      })
    return { bytes: (file) => Effect.flatMap(check(file), () => bytes(`${root}/${file}`)), check }
  })

/** Folders within folders deeper than this are refused: a link may lead to a folder above it. */
const deepest = 16

/**
 * The files below a folder, without hidden ones. Fails with `NotFound`, and with `NotReadable` for what is no folder, for
 * more than 16 folders within each other, and for a link to a folder elsewhere; a link to a file elsewhere is refused when it is read.
 */
export const folder = Effect.fn("Load.folder")(function* (
  path: string,
): Effect.fn.Return<Folder, DataError, FileSystem.FileSystem> {
  const fs = yield* FileSystem.FileSystem
  const { type } = yield* fs.stat(path).pipe(Effect.catch(refused(path)))
  if (type !== "Directory") return yield* fail(path, { _tag: "NotReadable", cause: `it is a ${fileTypes[type]}, not a folder` })
  const files = yield* below(path)
  const names: Array<string> = []
  const pending: Array<string> = [""]
  for (let inside = pending.pop(); inside !== undefined; inside = pending.pop()) {
    const at = `${path}/${inside}`
    if (inside !== "") yield* files.check(inside.slice(0, -1))
    if (inside.split("/").length > deepest)
      return yield* fail(at, { _tag: "NotReadable", cause: `there are more than ${deepest} folders within each other` })
    for (const name of yield* fs.readDirectory(at).pipe(Effect.catch(refused(at)))) {
      if (name.startsWith(".")) continue
      // Asking for the type of each of many files would take seconds; names with an ending are rarely folders.
      const isFile =
        /\.(png|jpe?g)$/i.test(name) ||
        (yield* fs.stat(`${at}${name}`).pipe(Effect.catch(refused(`${at}${name}`)))).type !== "Directory"
      if (isFile) names.push(`${inside}${name}`)
      else pending.push(`${inside}${name}/`)
    }
  }
  const services = yield* Effect.context<FileSystem.FileSystem>()
  const read = (file: string) =>
    Effect.runPromiseWith(services)(
      // Readers of a folder name its files by their paths in it.
      Effect.result(Effect.mapError(files.bytes(file), ({ reason }) => new DataError({ file, reason }))),
    )
  return { files: names.sort(byBytes), read }
})

/** The bytes of a file of any size, piece by piece; a file of size 0 is not opened. Fails as `size` does, and with `NotReadable`. */
export const stream = (file: string): Stream.Stream<Uint8Array, DataError, FileSystem.FileSystem> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      if ((yield* size(file)) === 0) return Stream.empty
      return fs.stream(file, { chunkSize: piece }).pipe(Stream.catch((error) => Stream.fromEffect(refused(file)(error))))
    }),
  )

/** Bytes read at a time. */
const piece = 2 ** 18

const fail = (file: string, reason: Reason): Effect.Effect<never, DataError> => Effect.fail(new DataError({ file, reason }))

const refused =
  (file: string) =>
  (error: PlatformError): Load<never> => {
    if (error.reason._tag !== "NotFound") return fail(file, { _tag: "NotReadable", cause: systemReason(error) })
    return Effect.flatMap(neighbours(file), (names) => {
      const own = nameOf(file)
      const others = names.filter((name) => stemOf(name) === stemOf(own) && !/\.ya?ml$/i.test(name)).slice(0, 3)
      const placed = (found: ReadonlyArray<string>) => found.map((name) => `${folderOf(file)}${name}`)
      return fail(file, { _tag: "NotFound", nearest: placed(nearest(own, names)), others: placed(others) })
    })
  }

/** The path up to its last separator, which is `/`, or on Windows `\\` too. */
const folderOf = (file: string): string => file.slice(0, /[^/\\]*[/\\]*$/.exec(file)?.index)

const nameOf = (file: string): string => file.slice(folderOf(file).length).replace(/[/\\]+$/, "")

/** A name without its endings. */
const stemOf = (name: string): string => /^.[^.]*/su.exec(name)?.[0] ?? name

const neighbours = (file: string): Effect.Effect<ReadonlyArray<string>, never, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    return yield* fs.readDirectory(folderOf(file) || ".")
  }).pipe(Effect.orElseSucceed(() => []))

const decoded =
  <A>(decode: (bytes: Uint8Array) => Result.Result<A, DataError>) =>
  (file: string): Load<A> =>
    Effect.flatMap(bytes(file), (content) => Effect.fromResult(Result.mapError(decode(content), (error) => within(error, file))))

/** An array inside an archive is named after it: `weights.npz/W1.npy`. */
const within = (error: DataError, file: string): DataError =>
  error.file === undefined ? inFile(error, file) : new DataError({ file: `${file}/${error.file}`, reason: error.reason })

/**
 * The bytes of a file piece by piece, unpacked if they are gzip; `each` gets them as they are on disk. Fails as `stream` does, and
 * with `Truncated` and `Corrupt`.
 */
export const unpacked = (
  file: string,
  each: (packed: Uint8Array) => void,
): Stream.Stream<Uint8Array, DataError, FileSystem.FileSystem> =>
  Stream.unwrap(
    Effect.map(Stream.toAsyncIterableEffect(Stream.tap(stream(file), (piece) => Effect.sync(() => each(piece)))), (packed) =>
      Stream.fromAsyncIterable(GzipPieces.pieces(packed), (error) =>
        error instanceof DataError
          ? inFile(error, file)
          : new DataError({ file, reason: { _tag: "NotReadable", cause: String(error) } }),
      ),
    ),
  )

/**
 * A CSV file, gzipped or not, as a table. It is read piece by piece, so memory holds the table and never the file. `each`
 * receives the bytes of the file, to compute a hash.
 *
 * Fails as `size` and `Csv.parse` do, with `NotReadable`, `Truncated` and `Corrupt`, and with `TooLarge` for a text of more than
 * `Csv.maxBytes` bytes.
 */
export const csv = Effect.fn("Load.csv")(function* (
  file: string,
  options: Csv.Options = {},
  each: (bytes: Uint8Array) => void = () => {},
): Effect.fn.Return<Table, DataError, FileSystem.FileSystem> {
  const reader = Csv.reader(options)
  const within = <A>(result: Result.Result<A, DataError>) =>
    Effect.fromResult(Result.mapError(result, (error) => inFile(error, file)))
  let length = 0
  yield* Stream.runForEach(unpacked(file, each), (piece) => {
    length += piece.length
    return length <= Csv.maxBytes
      ? within(reader.push(piece))
      : fail(file, { _tag: "TooLarge", what: "the text", got: BigInt(length), limit: Csv.maxBytes, unit: "bytes" })
  })
  return yield* within(reader.end())
})

/** Lines of JSON, gzipped or not, as a table. Fails as `bytes`, `Gzip.unpack` and `JsonLines.decode` do. */
export const jsonLines = (file: string): Load<Table> => decoded((content) => jsonl(content))(file)

/** Reads a table by the entry of its kind, which loads its reader. */
const tableBy =
  (kind: {
    readonly read: (
      options: { path: string; blanks: undefined },
      files: { readonly path: Uint8Array },
      wanted: Wanted,
    ) => Reading<Raw>
  }) =>
  (file: string): Load<Table> =>
    Effect.gen(function* () {
      const path = yield* bytes(file)
      const read = yield* Effect.promise(async () => kind.read({ path: file, blanks: undefined }, { path }, {}))
      const raw = yield* Effect.fromResult(Result.mapError(read, ({ error }) => within(error, file)))
      return isTable(raw) ? raw : yield* Effect.die(new TypeError(`${file} is no table`))
    })

/** A Parquet file as a table. Fails as `bytes` and the kind `parquet` do, with the row group and the column. */
export const parquet: (file: string) => Load<Table> = tableBy(Parquet)

/** An Arrow file or stream, or Feather of version 2, as a table. Fails as `bytes` and the kind `arrow` do, with the record batch and the column. */
export const arrow: (file: string) => Load<Table> = tableBy(Arrow)

/**
 * Images in folders, one for each class, as bytes [images, height, width, channels] with their labels. `image` is the size and
 * the channels of all; without it all have those of the first. Fails as `folder` and the kind `images` do.
 */
export const images = (path: string, image?: Image, options: Omit<Written<typeof Images.fields>, "path"> = {}): Load<Arrays> =>
  Effect.gen(function* () {
    const below = yield* folder(path)
    const filled = fill(Images.fields, { path, ...options })
    const read = yield* Effect.promise(async () => Images.read(filled, { path: below }, image === undefined ? {} : { image }))
    const raw = yield* Effect.fromResult(Result.mapError(read, ({ error }) => within(error, path)))
    return isTable(raw) ? yield* Effect.die(new TypeError(`${path} is a table`)) : raw
  })

/** An idx file, gzipped or not, as an array. Fails as `bytes` and `Idx.decode` do. */
export const idx = (file: string): Load<NDArray> => decoded((content) => Idx.decode(content))(file)

/** An .npy file as an array. Fails as `bytes` and `Npy.decode` do. */
export const npy = (file: string): Load<NDArray> => decoded(Npy.decode)(file)

/** An .npz file as named arrays. Fails as `bytes` and `Npz.decode` do. */
export const npz = (file: string): Load<Npz.Arrays> => decoded((content) => Npz.decode(content))(file)
