/**
 * Rows that are larger than memory: tables are stored on disk column by column, and fitted a column at a time; arrays stay in their
 * files, and are fitted block by block. Both are prepared block by block into a file, from which training reads them. Targets and the
 * numbers of rows stay in memory.
 */
import { createHash } from "node:crypto"
import { tmpdir } from "node:os"
import * as Column from "@adjoint/core/data/Column"
import { DataError } from "@adjoint/core/data/DataError"
import * as FileStore from "@adjoint/core/data/FileStore"
import type { FittedColumns, FittedSeries, FittedTree } from "@adjoint/core/data/Fitted"
import * as Gzip from "@adjoint/core/data/Gzip"
import * as Load from "@adjoint/core/data/Load"
import type * as Preprocess from "@adjoint/core/data/Preprocess"
import { isTable } from "@adjoint/core/data/Preprocess"
import * as PreprocessTree from "@adjoint/core/data/PreprocessTree"
import * as RawArray from "@adjoint/core/data/RawArray"
import { release } from "@adjoint/core/data/release"
import * as Scratch from "@adjoint/core/data/Scratch"
import { ScratchError } from "@adjoint/core/data/ScratchError"
import * as Series from "@adjoint/core/data/Series"
import * as Source from "@adjoint/core/data/Source"
import * as SpilledTable from "@adjoint/core/data/SpilledTable"
import * as StoredArray from "@adjoint/core/data/StoredArray"
import type { Table } from "@adjoint/core/data/Table"
import * as TableInput from "@adjoint/core/data/TableInput"
import * as TableStream from "@adjoint/core/data/TableStream"
import { NDArray } from "@adjoint/core/types/NDArray"
import * as Shape from "@adjoint/core/types/Shape"
import * as Tree from "@adjoint/core/types/Tree"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { type Data, type Named, useOf } from "../Document.ts"
import type { Path } from "../source/Path.ts"
import { contentOf } from "./ContentOf.ts"
import { isOne } from "./Facts.ts"
import { type Document as Described, prepareWith } from "./Prepare.ts"
import type { Part, Prepared, Storage } from "./Prepared.ts"
import type { PrepareError } from "./PrepareError.ts"
import * as Progress from "./Progress.ts"
import {
  filesOf,
  imagesOf,
  type Keep,
  namedColumns,
  type Read,
  type Rows,
  read,
  refused,
  resolve,
  usesOf,
  wantedOf,
  withImages,
} from "./Reading.ts"
import { areArrays, readArrays } from "./StreamedArrays.ts"

/** From how many bytes of their files on tables and arrays are streamed, and the folder of the temporary files. */
export interface Settings {
  readonly from: number
  readonly arraysFrom: number
  readonly folder: string
}

/** Tables of 64 MiB and arrays of 128 MiB and more are streamed, through the system's folder of temporary files. */
export const usual: Settings = { from: 2 ** 26, arraysFrom: 2 ** 27, folder: tmpdir() }

/** The settings: the usual ones, unless others are provided. */
export const Streaming = Context.Reference<Settings>("@adjoint/dsl/prepare/Streamed/Streaming", { defaultValue: () => usual })

/** How many bytes a byte of a packed file is counted for. */
const packed = 8

/** Whether a file is gzipped. */
const isGzip = (file: string) => Effect.map(Load.start(file, 2), Gzip.isGzip)

/** The bytes of a file, as far as they are known before it is unpacked. */
const sizeOf = (file: string, isPacked: boolean) =>
  Effect.map(Effect.all([Load.size(file), isGzip(file)]), ([size, isZipped]) => (isPacked || isZipped ? packed * size : size))

/** Whether an archive (zip) has a packed file at its beginning. */
const isDeflated = (file: string) => Effect.map(Load.start(file, 10), (start) => start[0] === 0x50 && start[8] === 8)

/** Images whose sizes are estimated. */
const seenImages = 4

/** The bytes of the images of a folder, from the sizes of the first. */
const folderBytes = (use: Source.Use, path: string, data: Pick<Data, "image">) =>
  Effect.gen(function* () {
    const folder = yield* Load.folder(path)
    const kind = Source.kindOf(use.name)
    const some = { ...folder, files: folder.files.slice(0, seenImages) }
    const reading = kind === undefined ? undefined : Source.first(kind, use, { path: some }, wantedOf(data as Read))
    const first = reading === undefined ? undefined : yield* Effect.promise(async () => reading)
    if (first === undefined || Result.isFailure(first) || isTable(first.success.raw)) return 0
    return Shape.size(first.success.raw.inputs.shape.slice(1)) * folder.files.length
  })

/** Bytes that show how long the rows of a table are. */
const head = 2 ** 16

/** The bytes of the images beside a table, whose rows are counted by the length of the first ones. */
const imageBytes = (use: Source.Use, file: string, data: Data) =>
  Effect.gen(function* () {
    const images = imagesOf(data, Object.keys(data.columns ?? {}))
    const kind = Source.kindOf(use.name)
    if (images.length === 0 || kind === undefined) return 0
    const [size, path] = [yield* Load.size(file), yield* Load.start(file, head)]
    const reading = Source.first(kind, use, { path })
    const first = reading === undefined ? undefined : yield* Effect.promise(async () => reading)
    if (first === undefined || Result.isFailure(first) || !isTable(first.success.raw)) return 0
    const rows = (first.success.raw.size * size) / Math.max(1, path.length)
    return rows * images.reduce((sum, { taken }) => sum + taken.height * taken.width * taken.channels, 0)
  })

/** The bytes of the arrays of a source, as far as they are known before they are read. */
const arrayBytes = (use: Source.Use, data: Pick<Data, "image">, directory: string) =>
  Effect.gen(function* () {
    let bytes = 0
    for (const { isFolder, path } of filesOf(use)) {
      const file = resolve(directory, path)
      if (isFolder) bytes += yield* folderBytes(use, file, data)
      else bytes += yield* sizeOf(file, yield* isDeflated(file))
    }
    return bytes
  })

/** Whether all rows of a document are tables that can be streamed. */
const areTables = ({ arrays, columns, split, source, test }: Data): boolean =>
  arrays === undefined &&
  columns !== undefined &&
  split.unlabelled === undefined &&
  [source, ...(test === undefined ? [] : [test])].every(
    (each) => Source.hasBlocks(useOf(each)) && filesOf(useOf(each)).length === 1,
  )

/**
 * Whether the rows of a document are streamed: they can be, and its files are large. Files that cannot be read are not streamed:
 * reading them reports the error.
 */
const isLarge = (data: Data, directory: string, { arraysFrom, from }: Settings) =>
  Effect.gen(function* () {
    const hasTables = areTables(data)
    if (!hasTables && !areArrays(data)) return false
    let bytes = 0
    for (const use of [data.source, ...(data.test === undefined ? [] : [data.test])].map(useOf)) {
      if (!hasTables) {
        bytes += yield* arrayBytes(use, data, directory)
        continue
      }
      for (const { path } of filesOf(use)) {
        const file = resolve(directory, path)
        bytes += yield* sizeOf(file, Source.kindOf(use.name)?.isPacked === true)
        bytes += yield* imageBytes(use, file, data)
      }
    }
    return bytes >= (hasTables ? from : arraysFrom)
  }).pipe(Effect.orElseSucceed(() => false))

/** The columns that are stored: those that the document does not ignore, and those that the split or the slices name. */
const isUsed = (data: Read): ((name: string) => boolean) => {
  const { columns = {} } = data
  const named = namedColumns(data)
  return (name) => {
    const column = Column.declared(columns, name)
    return named.has(name) || column?.type !== "ignore"
  }
}

/** Bytes between two reports of progress. */
const reported = 2 ** 26

/** The bytes of the file after which the space for all of it is estimated. */
const enough = 2 ** 22

/** The blocks of a table; `seen` gets the bytes of its file in order. A kind whose bytes are not read in their order is hashed first. */
const blocksIn = (
  scratch: Scratch.Scratch,
  use: ReturnType<typeof useOf>,
  file: string,
  wanted: NonNullable<Parameters<typeof Source.blocks>[1]>,
  seen: (bytes: Uint8Array) => void,
): Stream.Stream<Table, DataError, FileSystem.FileSystem> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const reader = yield* Effect.promise(() => Source.blocks(use, wanted))
      if (reader !== undefined) return TableStream.blocks(file, reader, seen)
      let path = yield* contentOf(file)
      if (yield* isGzip(file)) {
        const spill = scratch.file("unpacked")
        yield* Stream.runForEach(Load.unpacked(file, seen), (bytes) => Effect.sync(() => spill.append(bytes)))
        path = spill.path
      } else yield* Stream.runForEach(Load.stream(file), (bytes) => Effect.sync(() => seen(bytes)))
      const store = yield* FileStore.open(path)
      const groups = Source.groups(use, store, wanted)
      if (groups === undefined) return yield* Effect.die("a table that is streamed has blocks")
      return TableStream.groups(file, groups)
    }),
  )

/** Reads a table of one file onto the disk. */
const readTable = (scratch: Scratch.Scratch, data: Read, source: Named, at: Path, directory: string, keep: Keep = "used") =>
  Effect.gen(function* () {
    const use = useOf(source)
    const [named] = filesOf(use)
    if (named === undefined) return yield* Effect.die("a table that is streamed has one file")
    const stored = keep === "all" ? () => true : isUsed(data)
    const wanted = { ...wantedOf(data), use: usesOf(data, Source.tableOptionsOf(use), keep), keeps: keep }
    const file = resolve(directory, named.path)
    const place = { data, source: at, file: [...at, use.name, named.option] }
    const bytes = yield* Load.size(file).pipe(refused(place))
    yield* Progress.report({ _tag: "Reading", file: named.path, bytes })
    const hash = createHash("sha256")
    let done = 0
    let told = 0
    let isEstimated = false
    const spill = yield* Scratch.using(() => scratch.file(`${at.join("-")}.columns`))
    let written = 0
    const counting = {
      ...spill,
      append: (some: Uint8Array) => {
        written += some.length
        return spill.append(some)
      },
    }
    const writer = SpilledTable.writer(counting, stored)
    const blocks: Stream.Stream<unknown, DataError | ScratchError, FileSystem.FileSystem> = Stream.mapEffect(
      blocksIn(scratch, use, file, wanted, (some) => {
        hash.update(some)
        done += some.length
      }),
      (block) =>
        Effect.gen(function* () {
          yield* Scratch.using(() => {
            writer.add(block)
            if (isEstimated || done < enough || written === 0) return
            isEstimated = true
            // The columns, and then about as many bytes of prepared rows.
            scratch.check(Math.ceil(2 * written * (bytes / done)))
          })
          if (done - told < reported) return
          told = done
          yield* Progress.report({ _tag: "Streaming", file: named.path, done, bytes })
        }),
    )
    yield* Stream.runDrain(blocks).pipe(Effect.catchTag("DataError", (error) => Effect.fail(error).pipe(refused(place))))
    const raw = yield* Scratch.using(writer.end)
    const files = [{ path: named.path, bytes: done, sha256: hash.digest("hex") }]
    const pixels = () => {
      const { append, read } = scratch.file(`${at.join("-")}.pixels${images++}`)
      return { limit: Number.MAX_SAFE_INTEGER, append, read }
    }
    let images = 0
    return yield* withImages(data, { raw, files, place: { ...place, name: file } }, named.path, directory, pixels)
  })

/** The most numbers that are prepared at once. */
const numbersAtOnce = 2 ** 23

/** The rows of a table that are prepared at once: a chunk, or a part of one if a row becomes many numbers. */
const sizeOfBlocks = (width: number): number => {
  let size = SpilledTable.chunkRows
  while (size > 1 && size * width > numbersAtOnce) size /= 2
  return size
}

/** The block that a row is read with: a chunk of a table, or a part of one whose rows become many numbers; or some megabytes of arrays. */
const blockSizeOf = (raw: Rows["raw"], fitted: FittedTree): number => {
  if (PreprocessTree.hasNamedArrays(raw))
    return Math.min(...Object.values(raw.arrays).map(({ array }) => RawArray.rowsAtOnce(array)))
  if (!isTable(raw)) return RawArray.rowsAtOnce(raw.inputs)
  const sample = PreprocessTree.sample(fitted)
  const samples = isOne(sample) ? [sample] : Object.values(sample)
  const width = samples.reduce((sum, each) => sum + Shape.size(each), 0)
  return sizeOfBlocks(width)
}

/** The rows of a part in blocks that lie within one block of their source each. */
const blocksOf = (size: number, rows: Preprocess.Rows): ReadonlyArray<readonly [start: number, end: number]> => {
  const blocks: Array<readonly [number, number]> = []
  for (let start = 0; start < rows.length; ) {
    const block = Math.floor((rows[start] ?? 0) / size)
    let end = start + 1
    while (end < rows.length && Math.floor((rows[end] ?? 0) / size) === block) end++
    blocks.push([start, end])
    start = end
  }
  return blocks
}

/** What stays in memory of prepared rows. */
type Held = Pick<Part, "targets" | "weights">

/** Arrays of all rows of a part, which those of blocks are copied into. */
const collector = (rows: number) => {
  let all: ReadonlyArray<NDArray> | undefined
  return ({ targets, weights }: Held, start: number): Held => {
    const tree = { targets, ...(weights === undefined ? {} : { weights }) } as unknown
    const leaves = Tree.leaves(tree) as ReadonlyArray<NDArray>
    const widthOf = ({ data, shape }: NDArray): number => data.length / Math.max(1, shape[0] ?? 1)
    all ??= leaves.map((leaf) => {
      const Same = leaf.data.constructor as new (length: number) => NDArray["data"]
      return new NDArray(leaf.dtype, [rows, ...leaf.shape.slice(1)], new Same(rows * widthOf(leaf)))
    })
    for (const [i, leaf] of leaves.entries()) all[i]?.data.set(leaf.data, start * widthOf(leaf))
    return Tree.withLeaves(tree, all) as Held
  }
}

/** The rows of one input of windows in a file, each at its place among those of its series. */
const storedWindows = (
  scratch: Scratch.Scratch,
  name: string,
  input: FittedColumns,
  table: Table,
  { first, rows }: Series.Spread,
  window: number,
): Effect.Effect<StoredArray.StoredArray, DataError | ScratchError, Scope.Scope> =>
  Effect.gen(function* () {
    // The table is read in the order of its rows, and each prepared row is written to its place.
    const places = Int32Array.from(rows, (_, place) => place).sort((a, b) => (rows[a] ?? 0) - (rows[b] ?? 0))
    const width = TableInput.names(input).length
    const stride = 4 * width
    const file = yield* Scratch.using(() => scratch.file(`${name}.rows`))
    yield* Scratch.using(() => scratch.check(stride * rows.length))
    const inOrder = places.map((place) => rows[place] ?? 0)
    for (const [start, end] of blocksOf(sizeOfBlocks(width), inOrder)) {
      const block = yield* Scratch.using(() => TableInput.inputs(input, table, inOrder.subarray(start, end))).pipe(
        Effect.flatMap(Effect.fromResult),
      )
      yield* Scratch.using(() => {
        const bytes = StoredArray.records(block)
        for (let i = start; i < end; ) {
          const place = places[i] ?? 0
          let next = i + 1
          while (next < end && places[next] === place + next - i) next++
          file.write(place * stride, bytes.subarray((i - start) * stride, (next - start) * stride))
          i = next
        }
      })
      yield* Effect.yieldNow
    }
    yield* Scratch.using(file.close)
    return StoredArray.windows(yield* FileStore.open(file.path), width, window, first)
  })

/** The windows of a part: their rows are in a file once, and each window is read from there. */
const storedSeries = (
  scratch: Scratch.Scratch,
  name: string,
  fitted: FittedTree & { readonly series: FittedSeries },
  table: Table,
  ends: Preprocess.Rows,
): Effect.Effect<Part, DataError | ScratchError, Scope.Scope> =>
  Effect.gen(function* () {
    const looking = <A>(f: () => Result.Result<A, DataError>) => Effect.flatMap(Scratch.using(f), Effect.fromResult)
    const spread = yield* looking(() => Series.spread(fitted.series, table, ends))
    const inputs: Array<readonly [name: string, array: StoredArray.StoredArray]> = []
    for (const [i, [own, input]] of PreprocessTree.inputsOf(fitted).entries()) {
      if (input.type !== "columns") return yield* Effect.die("a series is made of columns")
      inputs.push([own, yield* storedWindows(scratch, `${name}${i === 0 ? "" : i}`, input, table, spread, fitted.series.window)])
    }
    const beside = yield* looking(() => PreprocessTree.beside(fitted, table, ends))
    const [only] = inputs
    const isOneInput = PreprocessTree.hasOneInput(fitted.input) && only !== undefined
    return { ...beside, inputs: isOneInput ? only[1] : Object.fromEntries(inputs) }
  })

/** The prepared rows of a part: inputs in a file, targets in memory. */
const storedPart = (
  scratch: Scratch.Scratch,
  name: string,
  fitted: FittedTree,
  raw: Rows["raw"],
  rows: Preprocess.Rows,
): Effect.Effect<Part, DataError | ScratchError, Scope.Scope> =>
  Effect.gen(function* () {
    const { series } = fitted
    if (series !== undefined && isTable(raw) && rows.length > 0)
      return yield* storedSeries(scratch, name, { ...fitted, series }, raw, rows)
    const prepared = (start: number, end: number) =>
      Scratch.using(() =>
        PreprocessTree.dataset(
          fitted,
          raw,
          Array.from({ length: end - start }, (_, i) => rows[start + i] ?? 0),
        ),
      ).pipe(Effect.flatMap(Effect.fromResult))
    const file = yield* Scratch.using(() => scratch.file(`${name}.rows`))
    const collect = collector(rows.length)
    let done: { readonly like: Part<PreprocessTree.Arrays>; readonly held: Held } | undefined
    for (const [start, end] of blocksOf(blockSizeOf(raw, fitted), rows)) {
      const block = yield* prepared(start, end)
      yield* Scratch.using(() => {
        const bytes = StoredArray.records(block.inputs)
        if (done === undefined) scratch.check((bytes.length / (end - start)) * rows.length)
        file.append(bytes)
        release(bytes)
      })
      done = { like: done?.like ?? block, held: collect(block, start) }
      yield* Effect.yieldNow
    }
    if (done === undefined) return yield* Effect.map(prepared(0, 0), (none): Part => none)
    yield* Scratch.using(file.close)
    const store = yield* FileStore.open(file.path)
    const { held, like } = done
    return { ...like, ...held, inputs: StoredArray.stored(like.inputs, store, rows.length) as Part["inputs"] }
  })

/** The same; errors are findings of the document. */
const partOf = (
  scratch: Scratch.Scratch,
  name: string,
  fitted: FittedTree,
  { place, raw }: Rows,
  rows: Preprocess.Rows,
): Effect.Effect<Part, PrepareError | ScratchError, Scope.Scope> =>
  storedPart(scratch, name, fitted, raw, rows).pipe(
    Effect.catchTag("DataError", (error) => Effect.fail(error).pipe(refused(place))),
    Effect.tap(() => Progress.report({ _tag: "Prepared", part: name, rows: rows.length })),
  )

/** The rows of a source: a table on disk, or arrays in files. */
const readSource = (
  scratch: Scratch.Scratch,
  data: Read,
  source: Named,
  at: Path,
  directory: string,
  keep: Keep,
  from: number,
): Effect.Effect<Rows, PrepareError | ScratchError, FileSystem.FileSystem | Scope.Scope> =>
  Source.kindOf(useOf(source).name)?.inFiles === undefined
    ? readTable(scratch, data, source, at, directory, keep)
    : readArrays(scratch, data, source, at, directory, from)

/** A failure of a temporary file, or of a file that changed, that was thrown while rows were looked at. */
const guarded = <A, E, R>(
  reading: Effect.Effect<A, E, R>,
  place: Rows["place"],
): Effect.Effect<A, E | PrepareError | ScratchError, R> =>
  Effect.catchDefect(reading, (defect): Effect.Effect<never, PrepareError | ScratchError> => {
    if (defect instanceof DataError) return Effect.fail(defect).pipe(refused(place))
    return defect instanceof ScratchError ? Effect.fail(defect) : Effect.die(defect)
  })

/** Rows on disk, in a folder of their own. What was read of the sources is removed when all parts are prepared. */
const onDisk = (scratch: Scratch.Scratch, from: number) => {
  const files: Array<Scratch.ScratchFile> = []
  const ofSources: Scratch.Scratch = {
    ...scratch,
    file: (name) => {
      const file = scratch.file(name)
      files.push(file)
      return file
    },
  }
  const storage: Storage<PreprocessTree.RowArrays, ScratchError, FileSystem.FileSystem | Scope.Scope> = {
    read: (data, source, at, directory) => readSource(ofSources, data, source, at, directory, "used", from),
    part: (name, fitted, rows, which) => partOf(scratch, name, fitted, rows, which),
  }
  const removeSources = Effect.sync(() => {
    for (const { remove } of files) remove()
  })
  return { storage, removeSources }
}

/** The rows of a source, in memory or on disk. */
export interface ReadRows extends Rows {
  /** Some of them, prepared: on disk if these are. Fails with `DataError` for a row that does not fit. */
  readonly part: (
    fitted: FittedTree,
    raw: Rows["raw"],
    which: Preprocess.Rows,
  ) => Effect.Effect<Part, DataError | ScratchError, Scope.Scope>
}

/**
 * The rows of a source as they are read: those of a large table are on disk, in temporary files that go with the scope, others in
 * memory. Fails as `read` does, and with `ScratchError` where the folder of temporary files cannot be written.
 */
export const readRows = (
  data: Read,
  source: Named,
  at: Path,
  directory: string,
): Effect.Effect<ReadRows, PrepareError | ScratchError, FileSystem.FileSystem | Scope.Scope> =>
  Effect.gen(function* () {
    const settings = yield* Streaming
    const { test: _, ...own } = { ...data, source }
    if (!(yield* isLarge(own, directory, settings))) {
      const part: ReadRows["part"] = (fitted, raw, which) => Effect.fromResult(PreprocessTree.dataset(fitted, raw, which))
      return { ...(yield* read(data, source, at, directory)), part }
    }
    const scratch = yield* Scratch.make(settings.folder)
    const rows = yield* guarded(readSource(scratch, data, source, at, directory, "all", settings.from), { data, source: at })
    return { ...rows, part: (fitted, raw, which) => storedPart(scratch, "rows", fitted, raw, which) }
  })

/** A document whose rows are prepared. */
interface Document extends Described {
  readonly pretrain?: ReadonlyArray<unknown>
}

/** Whether the rows of a document are streamed: tables and arrays with files as large as `Streaming` has it, and no pre-training. */
export const isStreamed = (
  { data, pretrain = [] }: Document,
  directory: string,
): Effect.Effect<boolean, never, FileSystem.FileSystem> =>
  data === undefined || pretrain.length > 0
    ? Effect.succeed(false)
    : Effect.flatMap(Streaming, (settings) => isLarge(data, directory, settings))

/**
 * `prepare` with rows on disk, in a folder of temporary files that goes with the scope: the same rows to the bit. Fails with
 * `ScratchError` where that folder cannot be written, or its disk has too little room.
 */
export const prepareStreamed = (
  document: Document,
  directory: string,
  options: { readonly fitted?: FittedTree } = {},
): Effect.Effect<Prepared, PrepareError | ScratchError, FileSystem.FileSystem | Scope.Scope> =>
  Effect.gen(function* () {
    const { folder, from } = yield* Streaming
    const { data } = document
    const { removeSources, storage } = onDisk(yield* Scratch.make(folder), from)
    const preparing = prepareWith(document, directory, options, storage)
    const prepared = yield* data === undefined ? preparing : guarded(preparing, { data, source: ["data", "source"] })
    yield* removeSources
    return prepared
  })
