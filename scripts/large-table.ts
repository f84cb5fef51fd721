/**
 * Writes a CSV table of a given size and a model file beside it, to train on rows that are larger than memory:
 * `node scripts/large-table.ts FOLDER BYTES [COLUMNS]`. The rows depend only on their numbers.
 */
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from "node:fs"
import { join } from "node:path"

const [folder, size, width = "40"] = process.argv.slice(2)
if (folder === undefined || size === undefined || !/^\d+$/.test(size) || !/^[1-9]\d*$/.test(width)) {
  process.stderr.write("node scripts/large-table.ts FOLDER BYTES [COLUMNS]\n")
  process.exit(2)
}

const names = Array.from({ length: Number(width) }, (_, i) => `x${i + 1}`)
const places = ["north", "east", "south", "west", "the middle"]

/** A mixing of 32 bits (Wellons, lowbias32): the numbers of a row follow from the row's own. */
const mixed = (n: number): number => {
  let x = n | 0
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d)
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b)
  return (x ^ (x >>> 16)) >>> 0
}

const rowOf = (row: number): string => {
  const cells: Array<string> = []
  let sum = 0
  for (const [i] of names.entries()) {
    const value = mixed(row * names.length + i) / 2 ** 31 - 1
    sum += i % 2 === 0 ? value : -value
    // A few blanks, which the model file fills.
    cells.push(i === 1 && row % 97 === 0 ? "" : String(Math.round(value * 1e7) / 1e7))
  }
  const place = places[mixed(row ^ 0x5bd1e995) % places.length] ?? ""
  return `${row},${cells.join(",")},${place},${sum + (place === "north" ? 1 : 0) > 0 ? "yes" : "no"}\n`
}

mkdirSync(folder, { recursive: true })
const file = openSync(join(folder, "large.csv"), "w")
let written = writeSync(file, `id,${names.join(",")},place,answer\n`)
let row = 0
while (written < Number(size)) {
  let block = ""
  while (block.length < 2 ** 20 && written + block.length < Number(size)) block += rowOf(row++)
  written += writeSync(file, block)
}
closeSync(file)

const columns = names.map((name, i) => `    ${name}: { type: number, ${i === 1 ? "missing: median, " : ""}scale: standard }`)
writeFileSync(
  join(folder, "large.yaml"),
  `schema: 1
name: large
data:
  source: { csv: ./large.csv }
  split: { val: 5%, test: 5%, seed: 1 }
  columns:
    id: ignore
${columns.join("\n")}
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
