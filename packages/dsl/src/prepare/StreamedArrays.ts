/** Arrays that are larger than memory: their rows stay in their files, or in temporary ones where these are packed, or images. */
import { createHash } from "node:crypto"
import { DataError } from "@adjoint/core/data/DataError"
import * as FileBytes from "@adjoint/core/data/FileBytes"
import type { Folder } from "@adjoint/core/data/Folder"
import * as Gzip from "@adjoint/core/data/Gzip"
import * as Load from "@adjoint/core/data/Load"
import { namesOf } from "@adjoint/core/data/NamedArrays"
import { openBytes } from "@adjoint/core/data/openBytes"
import type * as Scratch from "@adjoint/core/data/Scratch"
import * as Source from "@adjoint/core/data/Source"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import { type Data, type Named, useOf } from "../Document.ts"
import type { Path } from "../source/Path.ts"
import { contentOf } from "./ContentOf.ts"
import * as Progress from "./Progress.ts"
import { type FileRecord, filesOf, type Read, type Rows, readRefusal, recorded, refused, resolve } from "./Reading.ts"

/** Whether all rows of a document are arrays that can stay in files. */
export const areArrays = ({ columns, series, source, split, test }: Data): boolean =>
  columns === undefined &&
  series === undefined &&
  split.unlabelled === undefined &&
  [source, ...(test === undefined ? [] : [test])].every((each) => Source.kindOf(useOf(each).name)?.inFiles !== undefined)

/** Arrays of more bytes stay in their file; the others of the same file are read. */
const smallArray = 2 ** 24

/** Bytes that show the header of an array. */
const head = 2 ** 20

/** The bytes that a packed file is to become, if its first ones declare them. */
const declaredBytes = (use: Source.Use, first: Uint8Array): number | undefined =>
  Result.match(Gzip.start(first, first.length), {
    onSuccess: (start) => Source.kindOf(use.name)?.declared?.(start),
    onFailure: () => undefined,
  })

/** A file of a source, its bytes unpacked, and its record. */
const fileOf = (scratch: Scratch.Scratch, use: Source.Use, path: string, file: string, name: string) =>
  Effect.gen(function* () {
    const hash = createHash("sha256")
    let bytes = 0
    const seen = (piece: Uint8Array): void => {
      hash.update(piece)
      bytes += piece.length
    }
    const record = (): FileRecord => ({ path, bytes, sha256: hash.digest("hex") })
    const first = yield* Load.start(file, head)
    if (!Gzip.isGzip(first)) {
      const opened = yield* openBytes(yield* contentOf(file))
      yield* Stream.runForEach(Load.stream(file), (piece) => Effect.sync(() => seen(piece)))
      return { opened, record: record() }
    }
    const spill = scratch.file(name)
    const limit = declaredBytes(use, first) ?? Number.POSITIVE_INFINITY
    let size = 0
    // One byte more than is declared shows that there are too many.
    yield* Stream.runForEachWhile(Load.unpacked(file, seen), (piece) =>
      Effect.sync(() => {
        const fresh = piece.subarray(0, limit + 1 - size)
        spill.append(fresh)
        size += fresh.length
        return size <= limit
      }),
    )
    return { opened: FileBytes.grown(spill, size), record: record() }
  })

/** Reads the arrays of a source: headers, and small arrays whole. Throws `ScratchError` as a defect. */
export const readArrays = (scratch: Scratch.Scratch, data: Read, source: Named, at: Path, directory: string, from: number) =>
  Effect.gen(function* () {
    const use = useOf(source)
    const named = filesOf(use)
    const placeOf = (option: string) => ({ data, source: at, file: [...at, use.name, option] })
    const records: Array<() => FileRecord> = []
    const files: Array<readonly [string, FileBytes.FileBytes | Folder]> = []
    for (const { isFolder, option, path } of named) {
      const file = resolve(directory, path)
      if (isFolder) {
        const { folder, record } = recorded(path, yield* Load.folder(file).pipe(refused(placeOf(option))))
        records.push(record)
        files.push([option, folder])
        continue
      }
      yield* Progress.report({ _tag: "Reading", file: path, bytes: yield* Load.size(file).pipe(refused(placeOf(option))) })
      const name = `${at.join("-")}.${option}`
      const { opened, record } = yield* fileOf(scratch, use, path, file, name).pipe(refused(placeOf(option)))
      records.push(() => record)
      files.push([option, opened])
    }
    let created = 0
    const found = yield* Effect.tryPromise({
      try: async () =>
        Source.inFiles(use, Object.fromEntries(files), {
          limit: Math.min(smallArray, from),
          create: () => scratch.file(`${at.join("-")}.${created++}`),
          ...(data.arrays === undefined ? {} : { names: namesOf(data.arrays) }),
          ...(data.image === undefined ? {} : { image: data.image }),
        }),
      catch: (error) => error,
    }).pipe(
      Effect.catch((error) => (error instanceof DataError ? Effect.fail(error) : Effect.die(error))),
      refused(placeOf(named[0]?.option ?? "")),
    )
    if (found === undefined) return yield* Effect.die("arrays that stay in files have a reader")
    const raw = yield* Effect.fromResult(Result.mapError(found, readRefusal(data, source, at, directory)))
    const [first] = named
    const place = first === undefined ? { data, source: at } : { ...placeOf(first.option), name: resolve(directory, first.path) }
    return { raw, files: records.map((record) => record()), place } satisfies Rows
  })
