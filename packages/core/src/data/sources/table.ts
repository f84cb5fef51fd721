/** Delimited text: comma-separated and tab-separated values. */
import * as Result from "effect/Result"
import * as Csv from "../Csv.ts"
import * as CsvBlocks from "../CsvBlocks.ts"
import type { DataError } from "../DataError.ts"
import * as Gzip from "../Gzip.ts"
import type { Table } from "../Table.ts"
import * as Text from "../Text.ts"
import * as TextPieces from "../TextPieces.ts"
import { about, type BlockReader, type First, kind, type Read } from "./Kind.ts"
import { path } from "./options.ts"

/** A table from the bytes of a file, gzipped or not. */
export const parse = (bytes: Uint8Array, options: Csv.Options): Result.Result<Table, DataError> =>
  Result.flatMap(Gzip.unpack(bytes, Text.limit), (text) => Csv.parse(text, options))

/** Bytes of text that show the columns and some rows of a table. */
const enough = 2 ** 18

/** The table in the first bytes of a file, without the last line, which may be cut off. */
const first = (bytes: Uint8Array, options: Csv.Options): Read<First> => {
  const unpacked = Gzip.isGzip(bytes) ? Gzip.start(bytes, bytes.length) : Result.succeed(bytes)
  const rows = Result.flatMap(unpacked, (text) => {
    const start = text.subarray(0, enough)
    return Csv.parse(start.subarray(0, start.lastIndexOf(10) + 1), options)
  })
  return about(
    "path",
    Result.map(rows, (raw) => ({ raw })),
  )
}

/** A reader of a table that arrives in pieces. */
const blocks = (options: CsvBlocks.Options): BlockReader => {
  const decoder = TextPieces.decoder()
  const reader = CsvBlocks.reader(options)
  return {
    push: (bytes) => Result.flatMap(decoder.push(bytes), reader.push),
    end: () => Result.flatMap(decoder.end(), () => reader.end()),
  }
}

const header = {
  kind: "boolean",
  doc: "Whether the first line names the columns; without names they are c1, c2, …",
  synonyms: ["has_header"],
  default: true,
} as const

/** A table of comma-separated values. */
export const csv = kind({
  doc: "A table of comma-separated values.",
  advice: "The file may have any name: `{ csv: ./housing.data }`. A first line `sep=;` is understood.",
  endings: ["csv"],
  fields: {
    path,
    delimiter: {
      kind: "character",
      doc: "The character between cells; a space means any number of spaces. `auto` chooses the most frequent of `,` `;` tab `|` in the first record.",
      words: ["auto"],
      synonyms: ["sep", "separator"],
      default: "auto",
    },
    header,
  },
  main: "path",
  read: (options, files) => about("path", parse(files.path, options)),
  first: (options, files) => first(files.path, options),
  table: ({ delimiter, header }) => ({ delimiter, header }),
  blocks: ({ delimiter, header }) => blocks({ delimiter, header }),
})

/** A table of tab-separated values. */
export const tsv = kind({
  doc: "A table of tab-separated values.",
  advice: "The same as `csv` with a tab as the delimiter.",
  endings: ["tsv"],
  fields: { path, header },
  main: "path",
  read: ({ header }, files) => about("path", parse(files.path, { delimiter: "\t", header })),
  first: ({ header }, files) => first(files.path, { delimiter: "\t", header }),
  table: ({ header }) => ({ delimiter: "\t", header }),
  blocks: ({ header }) => blocks({ delimiter: "\t", header }),
})
