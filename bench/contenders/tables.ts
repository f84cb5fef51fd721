/** Readers of tables: a CSV file of numbers from the disk to numbers in memory, by the library that the request names. */
import { createReadStream, readFileSync } from "node:fs"
import type { Table } from "@adjoint/core/data/Table"
import { installedVersion } from "./installedVersion.ts"
import { type Library, serve } from "./serve.ts"

/** A reader of a file. What `read` returns is held until the next repetition; `sums` are those of its columns, and not timed. */
interface TableReader<T> {
  readonly version: string
  readonly read: (file: string) => Promise<T>
  readonly sums: (table: T) => ReadonlyArray<number>
}

const library = <T>({ read, sums, version }: TableReader<T>): Library => ({
  version,
  threads: 1,
  jobs: {
    table: (_, { file }) => {
      let last: { readonly table: T } | undefined
      return {
        run: async (times) => {
          for (let i = 0; i < times; i++) {
            // The table of the last repetition is not held while the next one is read.
            last = undefined
            last = { table: await read(file) }
          }
        },
        result: () => (last === undefined ? [] : sums(last.table)),
      }
    },
  },
})

type Row = ReadonlyArray<number>

const sumsOfRows = (rows: ReadonlyArray<Row>): ReadonlyArray<number> => {
  const sums = new Float64Array(rows[0]?.length ?? 0)
  for (const row of rows) for (const [i, value] of row.entries()) sums[i] = (sums[i] ?? 0) + value
  return [...sums]
}

/** Bytes of a piece in which a file is read. */
const highWaterMark = 2 ** 18

const libraries = {
  adjoint: async () => {
    const [Csv, Result, manifest] = await Promise.all([
      import("@adjoint/core/data/Csv"),
      import("effect/Result"),
      import("@adjoint/core/package.json", { with: { type: "json" } }),
    ])
    return library<Table>({
      version: manifest.default.version,
      read: async (file) => {
        const rows = Csv.reader({ use: () => "number" })
        for await (const piece of createReadStream(file, { highWaterMark })) Result.getOrThrow(rows.push(piece as Uint8Array))
        return Result.getOrThrow(rows.end())
      },
      sums: (table) => {
        const all = Int32Array.from({ length: table.size }, (_, row) => row)
        return table.columns.map(
          (_, index) =>
            table
              .column(index)
              .numbers?.(all)
              .reduce((sum, x) => sum + x, 0) ?? Number.NaN,
        )
      },
    })
  },
  "csv-parse": async () => {
    const { parse } = await import("csv-parse")
    return library<ReadonlyArray<Row>>({
      version: installedVersion("csv-parse"),
      read: async (file) => {
        const rows: Array<Row> = []
        const options = { from_line: 2, cast: (text: string) => Number(text) }
        for await (const row of createReadStream(file, { highWaterMark }).pipe(parse(options))) rows.push(row as unknown as Row)
        return rows
      },
      sums: sumsOfRows,
    })
  },
  papaparse: async () => {
    const { default: Papa } = await import("papaparse")
    return library<ReadonlyArray<Row>>({
      version: installedVersion("papaparse"),
      read: async (file) =>
        Papa.parse<Row>(readFileSync(file, "utf8"), { dynamicTyping: true, skipEmptyLines: true }).data.slice(1),
      sums: sumsOfRows,
    })
  },
} as const

await serve(({ backend }) => libraries[backend as keyof typeof libraries]())
