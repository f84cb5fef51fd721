/** Lines of JSON: a record of columns in each line. */
import * as Result from "effect/Result"
import type { DataError } from "../DataError.ts"
import * as Gzip from "../Gzip.ts"
import * as JsonLines from "../JsonLines.ts"
import type { Table } from "../Table.ts"
import type { IsUsed } from "../TypedTable.ts"
import { about, kind } from "./Kind.ts"
import { blanks, path } from "./options.ts"

/** A table from the bytes of a file, gzipped or not. Fails as `JsonLines.decode` and `Gzip.unpack` do. */
export const parse = (bytes: Uint8Array, isUsed?: IsUsed): Result.Result<Table, DataError> =>
  Result.flatMap(Gzip.unpack(bytes), (text) => JsonLines.decode(text, isUsed))

/** Bytes of text that show the columns and some rows. */
const enough = 2 ** 18

/** A table of records. */
export const jsonl = kind({
  doc: "Lines of JSON, each a record of columns.",
  advice: "Numbers stay numbers, `null` and a name that a record lacks are blanks, and a list of numbers is one cell.",
  endings: ["jsonl", "ndjson"],
  fields: { path, blanks },
  main: "path",
  read: (_, files, { isUsed }) => about("path", parse(files.path, isUsed)),
  blocks: (_, { isUsed }) => JsonLines.blocks(isUsed),
  first: (_, files, { isUsed }) => {
    const unpacked = Gzip.isGzip(files.path) ? Gzip.start(files.path, files.path.length) : Result.succeed(files.path)
    const rows = Result.flatMap(unpacked, (text) => {
      const start = text.subarray(0, enough)
      return JsonLines.decode(start.subarray(0, start.lastIndexOf(10) + 1), isUsed)
    })
    return about(
      "path",
      Result.map(rows, (raw) => ({ raw })),
    )
  },
})
