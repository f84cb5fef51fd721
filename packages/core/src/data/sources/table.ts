/** Delimited text: comma-separated and tab-separated values. */
import * as Result from "effect/Result"
import { textsOf } from "../BlankWords.ts"
import * as Csv from "../Csv.ts"
import * as CsvBlocks from "../CsvBlocks.ts"
import { encodings } from "../csv/Encoding.ts"
import type { DataError } from "../DataError.ts"
import type { Filled } from "../Field.ts"
import * as Gzip from "../Gzip.ts"
import type { Table } from "../Table.ts"
import * as Text from "../Text.ts"
import { about, type BlockReader, type First, kind, type Read } from "./Kind.ts"
import { blanks, path } from "./options.ts"

/** A table from the bytes of a file, gzipped or not. */
export const parse = (bytes: Uint8Array, options: Csv.Options): Result.Result<Table, DataError> =>
  Result.flatMap(Gzip.unpack(bytes, Text.limit), (text) => Csv.parse(text, options))

/** Bytes of text that show the columns and some rows of a table. */
const enough = 2 ** 18

/** The table in the first bytes of a file, without the last row, which may be cut off. */
const first = (bytes: Uint8Array, options: Csv.Options): Read<First> => {
  const unpacked = Gzip.isGzip(bytes) ? Gzip.start(bytes, bytes.length) : Result.succeed(bytes)
  const rows = Result.flatMap(unpacked, (text) => Csv.start(text.subarray(0, enough), options))
  return about(
    "path",
    Result.map(rows, (raw) => ({ raw })),
  )
}

/** A reader of a table that arrives in pieces. */
const blocksOf = (options: Csv.Options, use: Csv.Options["use"]): BlockReader =>
  CsvBlocks.reader({ ...options, ...(use === undefined ? {} : { use }) })

const fields = {
  path,
  header: {
    kind: "boolean",
    doc: "Whether the first line names the columns. Default: true, or false with `names`.",
    synonyms: ["has_header"],
    optional: true,
  },
  names: {
    kind: "names",
    least: 1,
    doc: "The names of the columns of a file without a header, or instead of its header. Without both they are c1, c2, …",
    synonyms: ["column_names", "new_columns", "colnames"],
    optional: true,
  },
  skip: {
    kind: "count",
    doc: "The number of lines before the header, or before the first row of a file without one, that are left out.",
    synonyms: ["skiprows", "skip_header", "skip_lines"],
    optional: true,
  },
  comment: {
    kind: "character",
    doc: "The character at the start of lines that are comments.",
    words: [],
    synonyms: ["comment_prefix", "comments"],
    optional: true,
  },
  encoding: {
    kind: "choice",
    doc: "How characters are stored. Default: UTF-8, or UTF-16 if the file starts with a byte order mark.",
    of: encodings,
    synonyms: ["charset"],
    optional: true,
  },
  decimal: { kind: "choice", doc: "The decimal mark of all columns of numbers. Default: `.`", of: [".", ","], optional: true },
  thousands: {
    kind: "character",
    doc: "The mark between groups of three digits in all columns of numbers, such as the comma in 1,721. Default: none.",
    words: [],
    optional: true,
  },
  blanks,
} as const

const { path: _, ...others } = fields

const delimiter = {
  kind: "character",
  doc: "The character between cells; a space means any number of spaces. `auto` chooses the most frequent of `,` `;` tab `|` in the first record.",
  words: ["auto"],
  synonyms: ["sep", "separator"],
  default: "auto",
} as const

/** The options of the reader. */
const optionsOf = ({ path: _, blanks, ...options }: Filled<typeof fields> & { readonly delimiter: string }): Csv.Options => ({
  ...(Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Csv.Options),
  ...(blanks === undefined ? {} : { blanks: textsOf(blanks) }),
})

/** A table of comma-separated values. */
export const csv = kind({
  doc: "A table of comma-separated values.",
  advice: "The file may have any name: `{ csv: ./housing.data }`. A first line `sep=;` is understood.",
  endings: ["csv"],
  fields: { path, delimiter, ...others },
  main: "path",
  read: (options, files) => about("path", parse(files.path, optionsOf(options))),
  first: (options, files) => first(files.path, optionsOf(options)),
  table: optionsOf,
  blocks: (options, { use }) => blocksOf(optionsOf(options), use),
})

const ofTabs = (options: Filled<typeof fields>): Csv.Options => optionsOf({ ...options, delimiter: "\t" })

/** A table of tab-separated values. */
export const tsv = kind({
  doc: "A table of tab-separated values.",
  advice: "The same as `csv` with a tab as the delimiter.",
  endings: ["tsv"],
  fields,
  main: "path",
  read: (options, files) => about("path", parse(files.path, ofTabs(options))),
  first: (options, files) => first(files.path, ofTabs(options)),
  table: ofTabs,
  blocks: (options, { use }) => blocksOf(ofTabs(options), use),
})
