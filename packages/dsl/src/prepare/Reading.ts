/** Reads the sources of a model file: the raw rows, and a record of the files. */
import { createHash } from "node:crypto"
import { dirname, isAbsolute, join } from "node:path"
import * as Column from "@adjoint/core/data/Column"
import type * as Csv from "@adjoint/core/data/Csv"
import { ofColumns } from "@adjoint/core/data/columnUses"
import { DataError } from "@adjoint/core/data/DataError"
import type { Folder } from "@adjoint/core/data/Folder"
import { type Store as PixelStore, withPixels } from "@adjoint/core/data/image/readColumn"
import * as Load from "@adjoint/core/data/Load"
import { namesOf } from "@adjoint/core/data/NamedArrays"
import type { TreeRaw } from "@adjoint/core/data/PreprocessTree"
import { all, isTable } from "@adjoint/core/data/Raw"
import * as Source from "@adjoint/core/data/Source"
import * as Toys from "@adjoint/core/data/Toys"
import { make, type Use } from "@adjoint/core/learning/Entry"
import * as Key from "@adjoint/core/tensor/Key"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Result from "effect/Result"
import { columnsOf, type Data, type Named, useOf } from "../Document.ts"
import type { Path } from "../source/Path.ts"
import { finding, type Place } from "./DataFinding.ts"
import { PrepareError } from "./PrepareError.ts"
import * as Progress from "./Progress.ts"

/** A file that rows were read from; `path` is as the model file has it. */
export interface FileRecord {
  readonly path: string
  readonly bytes: number
  readonly sha256: string
}

/** Rows of one source, with their place in the document, for errors. */
export interface Rows {
  readonly raw: TreeRaw
  readonly files: ReadonlyArray<FileRecord>
  readonly place: Place
}

type Reading<A> = Effect.Effect<A, PrepareError, FileSystem.FileSystem>

/** A data error as a finding of the document. */
export const refused =
  (place: Place) =>
  <A, R>(effect: Effect.Effect<A, DataError, R>): Effect.Effect<A, PrepareError, R> =>
    Effect.mapError(effect, (error) => new PrepareError({ findings: [finding(error, place)] }))

/** Where a path of a model file leads. Paths are taken from the model file's own folder. */
export const resolve = (directory: string, path: string): string => (isAbsolute(path) ? path : join(directory, path))

/** The options of a source that name files, with the files. */
export const filesOf = Source.filesOf

/** An array inside an archive is named after it: `weights.npz/W1.npy`. */
const inFile = ({ file: inner, reason }: DataError, file: string): DataError =>
  new DataError({ file: inner === undefined ? file : `${file}/${inner}`, reason })

/** The rows of a generated source. They depend only on the source's options and the seed of the split. */
const generate = (use: Use, { split }: Data): TreeRaw => {
  const { classes, inputs, targets } = make(Toys.entries, use)(Key.fold(Key.make(split.seed), "toy"))
  return { inputs, targets, ...(classes === undefined ? {} : { classes }) }
}

/** The data of a document, with the columns that are scored in groups, which are read even if they are ignored. */
export interface Read extends Data {
  readonly slices?: ReadonlyArray<string>
}

/** The columns that something else than preprocessing reads: the split, the order and the groups of series, and scores of groups. */
export const namedColumns = ({ series, slices = [], split }: Read): ReadonlySet<string> =>
  new Set([
    ...columnsOf(split).map(([name]) => name),
    ...[series?.time, series?.group].flatMap((name) => (name === undefined ? [] : [name])),
    ...slices,
  ])

/** What a document uses of its rows. */
export const wantedOf = (data: Read): Source.Wanted => {
  const { columns, image } = data
  const named = namedColumns(data)
  return {
    ...(image === undefined ? {} : { image }),
    ...(columns === undefined
      ? {}
      : {
          isUsed: (name) => {
            const column = Column.declared(columns, name)
            return named.has(name) || (column !== undefined && Column.roleOf(column) !== undefined)
          },
        }),
  }
}

/** Which columns of a text a reader keeps: those that the document uses, or all, for what looks at ignored ones too. */
export type Keep = "used" | "all"

/** How the columns of a table are stored. Columns that the split or the slices name are texts. */
export const usesOf = (data: Read, options: Csv.Options, keep: Keep): NonNullable<Csv.Options["use"]> => {
  const { columns } = data
  if (columns === undefined) return () => "text"
  const named = namedColumns(data)
  const { decimal, thousands } = options
  const use = ofColumns(
    columns,
    { ...(decimal === undefined ? {} : { decimal }), ...(thousands === undefined ? {} : { thousands }) },
    named,
  )
  return keep === "used" ? use : (name) => (use(name) === "ignore" ? "text" : use(name))
}

/** A folder, and the record of the files that were read of it: their bytes, and a hash of their names and hashes in the order of reading. */
export const recorded = (path: string, folder: Folder): { readonly folder: Folder; readonly record: () => FileRecord } => {
  const hash = createHash("sha256")
  let bytes = 0
  const read = async (file: string): ReturnType<Folder["read"]> => {
    const content = await folder.read(file)
    if (Result.isSuccess(content)) {
      bytes += content.success.length
      hash.update(`${createHash("sha256").update(content.success).digest("hex")}  ${file}\n`)
    }
    return content
  }
  return { folder: { files: folder.files, read }, record: () => ({ path, bytes, sha256: hash.copy().digest("hex") }) }
}

/** The columns of a table that are paths of images, with how each becomes numbers. */
export const imagesOf = ({ columns = {} }: Data, names: ReadonlyArray<string>) =>
  names.flatMap((name) => {
    const column = Column.whole(Column.declared(columns, name) ?? "ignore")
    if (column.type !== "image") return []
    const { background = "white", channels = 1, size } = column
    return [{ name, taken: { height: size[0], width: size[1], channels, background } }]
  })

/**
 * The same rows with the pixels of a table's columns of images, whose paths are relative to the folder of its file; in memory, or in
 * the store that `create` makes for each column.
 */
export const withImages = (
  data: Data,
  rows: Rows,
  path: string | undefined,
  directory: string,
  create?: () => PixelStore,
): Reading<Rows> =>
  Effect.gen(function* () {
    const { raw } = rows
    const images = isTable(raw) ? imagesOf(data, raw.columns) : []
    if (!isTable(raw) || images.length === 0 || path === undefined) return rows
    const folder = dirname(resolve(directory, path))
    const services = yield* Effect.context<FileSystem.FileSystem>()
    const files = yield* Load.below(folder)
    const open = (file: string) => Effect.runPromiseWith(services)(Effect.result(files.bytes(file)))
    const { folder: seen, record } = recorded(dirname(path), { files: [], read: open })
    let table = raw
    for (const { name, taken } of images) {
      const before = table
      const read = yield* Effect.promise(() => withPixels(before, name, taken, all(before), seen.read, create?.()))
      table = yield* Effect.fromResult(read).pipe(refused(rows.place))
    }
    return { ...rows, raw: table, files: [...rows.files, record()] }
  })

/** Reads the rows of a source. `at` is where the document has it: `data.source` or `data.test`. */
export const read = (data: Read, source: Named, at: Path, directory: string, keep: Keep = "all"): Reading<Rows> =>
  Effect.flatMap(readRows(data, source, at, directory, keep), (rows) =>
    withImages(data, rows, filesOf(useOf(source))[0]?.path, directory),
  )

/** What a reader refuses, as a finding at the option that it is about. */
export const readRefusal =
  (data: Read, source: Named, at: Path, directory: string) =>
  ({ error, option }: Source.Refused): PrepareError => {
    const use = useOf(source)
    const named = filesOf(use)
    const [first] = named
    const placeOf = (name: string): Place => ({ data, source: at, file: [...at, use.name, name] })
    const own = named.find((file) => file.option === option)
    // An option that is not a file selects something in the first file.
    const file = own ?? (error.file === undefined ? undefined : first)
    const located = file === undefined ? error : inFile(error, resolve(directory, file.path))
    const place = own === undefined && data.arrays !== undefined && first !== undefined ? placeOf(first.option) : placeOf(option)
    return new PrepareError({ findings: [finding(located, place)] })
  }

const readRows = (data: Read, source: Named, at: Path, directory: string, keep: Keep): Reading<Rows> =>
  Effect.gen(function* () {
    const use = useOf(source)
    const kind = Source.kindOf(use.name)
    if (kind === undefined) return { raw: generate(use, data), files: [], place: { data, source: at } }
    const named = filesOf(use)
    const [first] = named
    const placeOf = (option: string): Place => ({ data, source: at, file: [...at, use.name, option] })
    const place: Place =
      first === undefined ? { data, source: at } : { ...placeOf(first.option), name: resolve(directory, first.path) }
    if (kind.table !== undefined && first !== undefined) {
      const { option, path } = first
      const file = resolve(directory, path)
      const bytes = yield* Load.size(file).pipe(refused(placeOf(option)))
      yield* Progress.report({ _tag: "Reading", file: path, bytes })
      const hash = createHash("sha256")
      let done = 0
      const options = Source.tableOptionsOf(use)
      const raw = yield* Load.csv(file, { ...options, use: usesOf(data, options, keep) }, (piece) => {
        hash.update(piece)
        done += piece.length
      }).pipe(refused(placeOf(option)))
      return { raw, files: [{ path, bytes: done, sha256: hash.digest("hex") }], place }
    }
    const files: Array<() => FileRecord> = []
    const contents: Array<readonly [string, Uint8Array | Folder]> = []
    for (const { isFolder, option, path } of named) {
      const file = resolve(directory, path)
      if (isFolder) {
        const { folder, record } = recorded(path, yield* Load.folder(file).pipe(refused(placeOf(option))))
        files.push(record)
        contents.push([option, folder])
        continue
      }
      yield* Progress.report({ _tag: "Reading", file: path, bytes: yield* Load.size(file).pipe(refused(placeOf(option))) })
      const bytes = yield* Load.bytes(file).pipe(refused(placeOf(option)))
      const record = { path, bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") }
      files.push(() => record)
      contents.push([option, bytes])
    }
    const bytesOf = Object.fromEntries(contents)
    const reading: Source.Reading<TreeRaw> =
      (data.arrays === undefined ? undefined : Source.named(kind, bytesOf, namesOf(data.arrays))) ??
      Source.read(kind, use, bytesOf, wantedOf(data))
    const found = reading instanceof Promise ? yield* Effect.promise(() => reading) : reading
    const raw = yield* Effect.fromResult(Result.mapError(found, readRefusal(data, source, at, directory)))
    return { raw, files: files.map((record) => record()), place }
  })
