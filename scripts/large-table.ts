/**
 * Writes a table of a given size and a model file beside it, to train on rows that are larger than memory:
 * `node scripts/large-table.ts FOLDER BYTES [COLUMNS] [csv|jsonl|parquet|arrow]`. The rows depend only on their numbers, and are the
 * same in every kind of file, apart from blanks, which Parquet and Arrow are written without.
 */
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from "node:fs"
import { join } from "node:path"
import { arrowWriter } from "./tables/arrow.ts"
import { parquetWriter, type Values } from "./tables/parquet.ts"

const [folder, size, width = "40", kind = "csv"] = process.argv.slice(2)
const kinds = ["csv", "jsonl", "parquet", "arrow"]
if (folder === undefined || size === undefined || !/^\d+$/.test(size) || !/^[1-9]\d*$/.test(width) || !kinds.includes(kind)) {
  process.stderr.write(`node scripts/large-table.ts FOLDER BYTES [COLUMNS] [${kinds.join("|")}]\n`)
  process.exit(2)
}

const names = Array.from({ length: Number(width) }, (_, i) => `x${i + 1}`)
const places = ["north", "east", "south", "west", "the middle"]
const columns = ["id", ...names, "place", "answer"]

/** A mixing of 32 bits (Wellons, lowbias32): the numbers of a row follow from the row's own. */
const mixed = (n: number): number => {
  let x = n | 0
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d)
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b)
  return (x ^ (x >>> 16)) >>> 0
}

/** The cells of a row; a blank is `null`. */
const rowOf = (row: number): ReadonlyArray<number | string | null> => {
  const cells: Array<number | null> = []
  let sum = 0
  for (const [i] of names.entries()) {
    const value = mixed(row * names.length + i) / 2 ** 31 - 1
    sum += i % 2 === 0 ? value : -value
    // A few blanks, which the model file fills.
    cells.push(i === 1 && row % 97 === 0 ? null : Math.round(value * 1e7) / 1e7)
  }
  const place = places[mixed(row ^ 0x5bd1e995) % places.length] ?? ""
  return [row, ...cells, place, sum + (place === "north" ? 1 : 0) > 0 ? "yes" : "no"]
}

/** The texts of rows from one on, up to some bytes. */
const textOf = (from: number, most: number): string => {
  let block = ""
  for (let row = from; block.length < most; row++) {
    const cells = rowOf(row)
    block +=
      kind === "csv"
        ? `${cells.map((cell) => cell ?? "").join(",")}\n`
        : `${JSON.stringify(Object.fromEntries(columns.map((name, i) => [name, cells[i]])))}\n`
  }
  return block
}

/** Rows of a row group or a record batch. */
const together = 2 ** 16

/** The columns of some rows; texts by their names. */
const columnsOf = (from: number): ReadonlyArray<Values> => {
  const numbers = columns.map(() => new Float64Array(together))
  const texts = columns.map((): Array<string> => [])
  for (let i = 0; i < together; i++)
    for (const [c, cell] of rowOf(from + i).entries())
      if (typeof cell === "string") texts[c]?.push(cell)
      else if (numbers[c] !== undefined) numbers[c][i] = cell ?? 0
  return columns.map((_, c) => ((texts[c] ?? []).length > 0 ? (texts[c] ?? []) : (numbers[c] ?? new Float64Array(0))))
}

mkdirSync(folder, { recursive: true })
const file = openSync(join(folder, `large.${kind}`), "w")
let written = 0
const put = (bytes: string | Uint8Array): void => {
  written += typeof bytes === "string" ? writeSync(file, bytes) : writeSync(file, bytes)
}
let row = 0
if (kind === "csv" || kind === "jsonl") {
  if (kind === "csv") put(`${columns.join(",")}\n`)
  while (written < Number(size)) {
    const block = textOf(row, Math.min(2 ** 20, Number(size) - written))
    put(block)
    row += block.split("\n").length - 1
  }
} else {
  const writer = (kind === "parquet" ? parquetWriter : arrowWriter)(columns, put)
  while (written < Number(size)) {
    writer.add(columnsOf(row))
    row += together
  }
  writer.end()
}
closeSync(file)

const described = names.map((name, i) => `    ${name}: { type: number, ${i === 1 ? "missing: median, " : ""}scale: standard }`)
writeFileSync(
  join(folder, "large.yaml"),
  `schema: 1
name: large
data:
  source: { ${kind}: ./large.${kind} }
  split: { val: 5%, test: 5%, seed: 1 }
  columns:
    id: ignore
${described.join("\n")}
    place: category
    answer: class
model:
  layers:
    - dense: { units: 32, activation: relu }
    - head: answer
train:
  loss: auto
  optimizer: { adam: { lr: 0.001 } }
  epochs: 1
  batch: 256
  seed: 1
  metrics: [accuracy]
`,
)
process.stdout.write(`${row} rows, ${written} bytes\n`)
