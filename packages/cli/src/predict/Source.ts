/** Which reader takes a file or a pipe: by the end of its name, by its first bytes, or as the run's own rows were read. */
import * as BlankWords from "@adjoint/core/data/BlankWords"
import type { DataError } from "@adjoint/core/data/DataError"
import type { Words } from "@adjoint/core/data/Field"
import type { FittedTree } from "@adjoint/core/data/Fitted"
import { isJpeg } from "@adjoint/core/data/image/Jpeg"
import { isPng } from "@adjoint/core/data/image/Png"
import type { Open } from "@adjoint/core/data/image/readColumn"
import { inputColumns } from "@adjoint/core/data/PreprocessTree"
import { isTable } from "@adjoint/core/data/Raw"
import * as Recorded from "@adjoint/core/data/Source"
import type { ByteStore } from "@adjoint/core/data/StoredArray"
import type { Table } from "@adjoint/core/data/Table"
import * as Result from "effect/Result"
import { archive, idx, npy, wholeRows } from "./ArrayFile.ts"
import { delimited } from "./Delimited.ts"
import { fromArray } from "./fromArray.ts"
import { fromTable } from "./fromTable.ts"
import { image } from "./images.ts"
import { jsonLines } from "./JsonLines.ts"
import { lastWindows } from "./lastWindows.ts"
import type { Read, Reader, Rows } from "./Rows.ts"

/** What reading rows needs to know of a run. */
export interface Run {
  readonly run: { readonly fitted: FittedTree }
  /** Reads the files that the rows name, by paths relative to the folder of their file. */
  readonly open?: Open
}

/** The options with which a run's own rows were read, as far as a file of this kind has them, or else its defaults. */
const optionsOf = ({ run: { fitted } }: Run, name: string): Recorded.Use["options"] =>
  Recorded.recorded({ name, options: Recorded.optionsFor(Recorded.of(fitted), name) }).options

/** Delimited text of a kind. */
const text = (run: Run, name: "csv" | "tsv"): Reader =>
  delimited(run.run.fitted, Recorded.tableOptionsOf({ name, options: optionsOf(run, name) }), run.open)

/** Lines of JSON; those that name images are read whole. */
const lines = (run: Run): Reader => {
  const { fitted } = run.run
  const hasImages = inputColumns(fitted)?.some(({ type }) => type === "image") === true
  const { blanks } = optionsOf(run, "jsonl")
  const words = blanks === undefined ? undefined : BlankWords.textsOf(blanks as Words)
  return hasImages ? asSource(run, "jsonl", Recorded.kinds.jsonl) : jsonLines(fitted, words)
}

/** How names of files of these endings end. */
const ended = (endings: ReadonlyArray<string>): RegExp => new RegExp(`\\.(${endings.join("|")})(\\.gz)?$`, "i")

/** Reads a file of a kind whole, as in training: named arrays by the names of the inputs, others as a table or as one array. */
const asSource = (run: Run, name: string, kind: Recorded.AnyKind): Reader => {
  const { fitted } = run.run
  const options = optionsOf(run, name)
  const named = kind.named as Parameters<typeof archive>[0] | undefined
  if (named !== undefined) return archive(named, String(options.inputs))(fitted)
  return wholeRows(async (path) => {
    const raw = await Recorded.read(kind, { name, options }, { path }, { isUsed: isUsedIn(run) })
    return Result.flatMap(
      Result.mapError(raw, ({ error }) => error),
      (rows) => (isTable(rows) ? Result.succeed(fromTable(fitted, rows, run.open)) : fromArray(fitted, rows.inputs)),
    )
  })
}

/** Whether a column is one that was fitted: others may have any values. */
const isUsedIn = ({ run: { fitted } }: Run): ((column: string) => boolean) => {
  const columns = inputColumns(fitted)
  return (column) => columns?.some(({ name }) => name === column) ?? true
}

/** Reads a table block by block; `undefined` for a kind that is not read so. */
const inBlocks = async (run: Run, name: string): Promise<Reader | undefined> => {
  const reader = await Recorded.blocks({ name, options: optionsOf(run, name) }, { isUsed: isUsedIn(run) })
  const rows = (table: Table | undefined): ReadonlyArray<Rows> =>
    table === undefined ? [] : [fromTable(run.run.fitted, table, run.open)]
  return reader && { push: (bytes) => Result.map(reader.push(bytes), rows), end: async () => Result.map(reader.end(), rows) }
}

type Kinds = ReadonlyArray<readonly [name: string, ending: RegExp, read: (run: Run) => Reader | Promise<Reader>]>

/** The kinds that are read row by row, or are no source of their own. */
const own: Kinds = [
  ["csv", ended(["csv"]), (run) => text(run, "csv")],
  ["tsv", ended(["tsv"]), (run) => text(run, "tsv")],
  ["jsonl", ended(["jsonl", "ndjson", "json"]), lines],
  ["npy", ended(["npy"]), ({ run }) => npy(run.fitted)],
  ["idx", /idx[^/\\]*$/i, ({ run }) => idx(run.fitted)],
  ["png", ended(["png"]), ({ run }) => image(run.fitted)],
  ["jpg", ended(["jpe?g"]), ({ run }) => image(run.fitted)],
]

/** The kinds of file by the ends of their names. */
const kinds: Kinds = [
  ...own,
  ...Object.entries<Recorded.AnyKind>(Recorded.kinds).flatMap(([name, kind]): Kinds => {
    const isOther = kind.endings.length > 0 && own.every(([each]) => each !== name)
    const read = async (run: Run) => (await inBlocks(run, name)) ?? asSource(run, name, kind)
    return isOther ? [[name, ended(kind.endings), read]] : []
  }),
]

/** The kinds of file that can be predicted, in words. */
export const kindNames = kinds.map(([name]) => name).join(", ")

/** The kind of a file, by the end of its name; other names are of the kind of the run's own source. */
const kindOf = ({ run: { fitted } }: Run, file: string): Kinds[number] | undefined =>
  kinds.find(([, ending]) => ending.test(file)) ?? kinds.find(([name]) => name === Recorded.of(fitted)?.name)

/** The reader of a file; `undefined` for a file of no known kind. */
export const readerOf = async (run: Run, file: string): Promise<Reader | undefined> => {
  const reader = await kindOf(run, file)?.[2](run)
  return reader === undefined ? undefined : lastWindows(run.run.fitted, reader)
}

/** Reads a file whose bytes are not read in their order, such as Parquet; `undefined` for other kinds. */
export const groupsOf = (run: Run, file: string): ((store: ByteStore) => AsyncIterable<Read>) | undefined => {
  const { fitted } = run.run
  const [name = ""] = kindOf(run, file) ?? []
  if (Recorded.kindOf(name)?.groups === undefined) return undefined
  return async function* (store) {
    let group: Read = Result.succeed([])
    const reader = lastWindows(fitted, { push: () => group, end: async () => Result.succeed([]) })
    const groups = Recorded.groups({ name, options: optionsOf(run, name) }, store, { isUsed: isUsedIn(run) }) ?? []
    for await (const table of groups) {
      group = Result.map(table, (rows) => [fromTable(fitted, rows, run.open)])
      yield reader.push(nothing)
    }
    yield await reader.end()
  }
}

const nothing = new Uint8Array(0)

/** Whether bytes begin with these characters. */
const begins = (bytes: Uint8Array, characters: string): boolean =>
  Array.from(characters).every((character, i) => bytes[i] === character.charCodeAt(0))

/** The reader of bytes that begin so. */
const recognized = (run: Run, bytes: Uint8Array): Reader => {
  const { fitted } = run.run
  const kind = Object.entries<Recorded.AnyKind>(Recorded.kinds).find(([, { magic = [] }]) =>
    magic.some((characters) => begins(bytes, characters)),
  )
  if (kind !== undefined) return asSource(run, ...kind)
  if (bytes[0] === 0x93) return npy(fitted)
  if (isPng(bytes) || isJpeg(bytes)) return image(fitted)
  if (bytes[0] === 0 && bytes[1] === 0) return idx(fitted)
  const first = bytes.find((byte) => byte > 0x20 && byte < 0x80)
  return first === 0x7b || first === 0x5b ? lines(run) : text(run, Recorded.of(fitted)?.name === "tsv" ? "tsv" : "csv")
}

/** A reader that waits for the first bytes that are no blanks, and goes by them. */
export const readerByContent = (run: Run): Reader => {
  let chosen: Reader | undefined
  let blank: ReadonlyArray<Uint8Array> = []
  const begin = (bytes: Uint8Array): Result.Result<ReadonlyArray<Rows>, DataError> => {
    const reader = lastWindows(run.run.fitted, recognized(run, bytes))
    chosen = reader
    return Result.map(Result.all([...blank, bytes].map((piece) => reader.push(piece))), (rows) => rows.flat())
  }
  return {
    push: (bytes) => {
      if (chosen !== undefined) return chosen.push(bytes)
      if (bytes.every((byte) => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d))) {
        blank = [...blank, bytes]
        return Result.succeed([])
      }
      return begin(bytes)
    },
    end: async () => {
      const begun = chosen === undefined ? begin(new Uint8Array(0)) : Result.succeed([])
      return Result.isFailure(begun) ? begun : ((await chosen?.end()) ?? begun)
    },
  }
}
