/** Which reader takes a file or a pipe: by the end of its name, by its first bytes, or as the run's own rows were read. */
import type * as Csv from "@adjoint/core/data/Csv"
import type { DataError } from "@adjoint/core/data/DataError"
import type { FittedTree } from "@adjoint/core/data/Fitted"
import { inputArrays } from "@adjoint/core/data/PreprocessTree"
import * as Recorded from "@adjoint/core/data/Source"
import * as Result from "effect/Result"
import { idx, named, npy, npz } from "./ArrayFile.ts"
import { delimited } from "./Delimited.ts"
import { jsonLines } from "./JsonLines.ts"
import type { Reader, Rows } from "./Rows.ts"

/** What reading rows needs to know of a run. */
export interface Run {
  readonly run: { readonly fitted: FittedTree }
}

const text = ({ run: { fitted } }: Run, options: Csv.Options = {}): Reader =>
  delimited(fitted, { ...Recorded.tableOptions(fitted), ...options })

/** An archive with the arrays of the inputs, by their names in training. */
const archive = ({ run: { fitted } }: Run): Reader => {
  const arrays = inputArrays(fitted)
  if (arrays !== undefined) return named(fitted, [...new Set(arrays.map(([name]) => name))])
  const own = Recorded.of(fitted)
  const { inputs } = (own?.name === "npz" ? own : Recorded.recorded({ name: "npz", options: {} })).options
  return npz(String(inputs))(fitted)
}

/** The kinds of file by the ends of their names. */
const kinds: ReadonlyArray<readonly [name: string, ending: RegExp, read: (run: Run) => Reader]> = [
  ["csv", /\.csv(\.gz)?$/i, (run) => text(run)],
  ["tsv", /\.tsv(\.gz)?$/i, (run) => text(run, { delimiter: "\t" })],
  ["jsonl", /\.(jsonl|ndjson|json)(\.gz)?$/i, ({ run }) => jsonLines(run.fitted)],
  ["npy", /\.npy(\.gz)?$/i, ({ run }) => npy(run.fitted)],
  ["npz", /\.npz(\.gz)?$/i, archive],
  ["idx", /idx[^/\\]*$/i, ({ run }) => idx(run.fitted)],
]

/** The kinds of file that can be predicted, in words. */
export const kindNames = kinds.map(([name]) => name).join(", ")

/** The reader of the kind that a run's own source is. */
const ownKind = (run: Run): Reader | undefined => {
  const own = Recorded.of(run.run.fitted)
  return kinds.find(([name]) => name === own?.name)?.[2](run)
}

/** The reader of a file, by the end of its name; other names are read as the run's own rows were. */
export const readerOf = (run: Run, name: string): Reader | undefined =>
  kinds.find(([, ending]) => ending.test(name))?.[2](run) ?? ownKind(run)

/** The reader of bytes that begin so. */
const recognized = (run: Run, bytes: Uint8Array): Reader => {
  const [a = 0, b = 0] = bytes
  if (a === 0x93) return npy(run.run.fitted)
  if (a === 0x50 && b === 0x4b) return archive(run)
  if (a === 0 && b === 0) return idx(run.run.fitted)
  const first = bytes.find((byte) => byte > 0x20 && byte < 0x80)
  return first === 0x7b || first === 0x5b ? jsonLines(run.run.fitted) : text(run)
}

/** A reader that waits for the first bytes that are no blanks, and goes by them. */
export const readerByContent = (run: Run): Reader => {
  let chosen: Reader | undefined
  let blank: ReadonlyArray<Uint8Array> = []
  const begin = (bytes: Uint8Array): Result.Result<ReadonlyArray<Rows>, DataError> => {
    const reader = recognized(run, bytes)
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
    end: () =>
      chosen === undefined ? Result.flatMap(begin(new Uint8Array(0)), () => chosen?.end() ?? Result.succeed([])) : chosen.end(),
  }
}
