/**
 * `pnpm fuzz-readers [minutes] [seed]`: changed copies of valid files of every reader, read whole and piece by piece, cut anywhere. A
 * reader must give rows or a `DataError` with one line of text; it must not throw, hang, or take much memory, and delimited text and
 * lines of JSON must give the same rows or the same error whichever way they are read. A seed that fails is printed with what
 * happened and written to `failing-seeds.txt`. New seeds start for the given minutes (default 5), from the given one on, or from a
 * new one; 0 minutes and a seed read one file. The last line counts the files.
 */
import { spawn } from "node:child_process"
import { appendFileSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { gzipSync } from "node:zlib"
import { DataError } from "@adjoint/core/data/DataError"
import { pieces } from "@adjoint/core/data/GzipPieces"
import * as Idx from "@adjoint/core/data/Idx"
import * as decodeImage from "@adjoint/core/data/image/decode"
import * as Npy from "@adjoint/core/data/Npy"
import * as Npz from "@adjoint/core/data/Npz"
import * as Parquet from "@adjoint/core/data/Parquet"
import { isTable, type Raw } from "@adjoint/core/data/Raw"
import * as Source from "@adjoint/core/data/Source"
import type { Table } from "@adjoint/core/data/Table"
import * as Safetensors from "@adjoint/core/training/Safetensors"
import * as NDArray from "@adjoint/core/types/NDArray"
import * as Result from "effect/Result"

const root = join(import.meta.dirname, "..")
const kept = join(root, "failing-seeds.txt")
const recorded = (name: string) => JSON.parse(readFileSync(join(root, "packages/core/test/recorded", name), "utf8"))

/** Milliseconds that one file may take, on a busy machine too, and bytes of the process. */
const patience = 60_000
const mostBytes = 1.5 * 2 ** 30

/** A mixing of 32 bits (Wellons, lowbias32). */
const mixed = (n: number): number => {
  let x = n | 0
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d)
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b)
  return (x ^ (x >>> 16)) >>> 0
}

/** Random numbers of a seed. */
const randomOf = (seed: number) => {
  let count = 0
  const below = (n: number): number => mixed(Math.imul(seed, 0x9e3779b1) ^ mixed(count++)) % Math.max(1, n)
  const of = <A>(all: ReadonlyArray<A>): A => all[below(all.length)] as A
  return { below, of }
}

type Random = ReturnType<typeof randomOf>

/** A valid file. */
interface Valid {
  readonly kind: string
  readonly options?: Source.Use["options"]
  readonly bytes: Uint8Array
}

const text = (content: string): Uint8Array => new TextEncoder().encode(content)

const validFiles = (): ReadonlyArray<Valid> => {
  const rows = Array.from({ length: 60 }, (_, i) => [
    i,
    (i * 37) / 8 - 9,
    ["red", "the\nblue", "a,b", 'say "x"', ""][i % 5],
    i % 7 === 0 ? "NA" : 1e6 * i,
  ])
  const quoted = (cell: unknown): string =>
    /[",\n]/.test(String(cell)) ? `"${String(cell).replaceAll('"', '""')}"` : String(cell)
  const csv = `id,size,colour,count\n${rows.map((row) => row.map(quoted).join(",")).join("\n")}\n`
  const marks = `made by hand\nsep\n# x\n${rows.map(([a, b, , d]) => `${a};${String(b).replace(".", ",")};ü;${String(d)};`).join("\r\n")}\r\n`
  const lines = rows
    .map(([id, size, colour, count]) =>
      JSON.stringify({ id, size, colour, ...(count === "NA" ? {} : { count }), list: [id, size] }),
    )
    .join("\n")
  const numbers = NDArray.make(
    "f32",
    [6, 2],
    Float32Array.from({ length: 12 }, (_, i) => i / 3),
  )
  const classes = NDArray.make("i32", [6], Int32Array.of(0, 1, 2, 0, 1, 2))
  const bytes = NDArray.make(
    "u8",
    [6, 3, 3],
    Uint8Array.from({ length: 54 }, (_, i) => i),
  )
  const named = { inputs: "x", targets: "y" }
  const tables = recorded("tables-pyarrow.json").files as { readonly [name: string]: string }
  const images = recorded("images-pillow.json").cases as ReadonlyArray<{ readonly file: string }>
  const spaced = rows.map(([a, b]) => `  ${a}\t ${b}   x `).join("\n")
  return [
    { kind: "csv", bytes: text(csv) },
    { kind: "csv", bytes: text(`\uFEFF${csv.replaceAll("\n", "\r\n")}`) },
    { kind: "csv", bytes: gzipSync(csv) },
    { kind: "csv", bytes: Buffer.from(`\uFEFF${csv}`, "utf16le") },
    { kind: "csv", options: { delimiter: " ", header: false }, bytes: text(spaced) },
    {
      kind: "csv",
      options: {
        delimiter: ";",
        encoding: "latin1",
        skip: 2,
        names: ["a", "b", "c", "d"],
        comment: "#",
        decimal: ",",
        thousands: ".",
        blanks: [-9, "ü"],
      },
      bytes: Buffer.from(marks, "latin1"),
    },
    { kind: "tsv", bytes: text(csv.replaceAll(",", "\t")) },
    { kind: "jsonl", bytes: text(lines) },
    { kind: "jsonl", options: { blanks: { id: [3] } }, bytes: gzipSync(lines) },
    ...Object.entries(tables).map(([name, file]) => ({
      kind: name.endsWith(".parquet") ? "parquet" : "arrow",
      bytes: Buffer.from(file, "base64"),
    })),
    { kind: "idx", bytes: Idx.encode(bytes) },
    { kind: "idx", bytes: gzipSync(Idx.encode(numbers)) },
    { kind: "npy", bytes: Npy.encode(numbers) },
    { kind: "npy", bytes: Npy.encode(bytes) },
    {
      kind: "npz",
      options: named,
      bytes: Npz.encode([
        ["x", numbers],
        ["y", classes],
      ]),
    },
    {
      kind: "npz",
      options: { inputs: "f16", targets: "text" },
      bytes: readFileSync(join(root, "packages/core/test/recorded/numpy-2.4.6.npz")),
    },
    {
      kind: "safetensors",
      options: named,
      bytes: Safetensors.encode(
        new Map<string, NDArray.NDArray>([
          ["x", numbers],
          ["y", classes],
        ]),
      ),
    },
    ...images.map(({ file }) => ({ kind: "image", bytes: Buffer.from(file, "base64") })),
  ]
}

/** Bytes that mean something to some reader. */
const tokens: ReadonlyArray<Uint8Array> = [
  ...[
    "\0",
    "\r",
    "\n",
    "\r\n",
    '"',
    '""',
    ",",
    "\t",
    ";",
    "{",
    "}",
    "[",
    "]",
    '{"id":1,"id":2}\n',
    "null",
    "1e999",
    "-0",
    "NaN",
    "\uFEFF",
    "é",
    "#",
    "=",
    "sep=;\n",
    "__proto__",
    "PAR1",
    "ARROW1",
  ].map(text),
  Uint8Array.of(0xff, 0xfe),
  Uint8Array.of(0xff, 0xff, 0xff, 0x7f),
  Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f),
  Uint8Array.of(0x80),
  Uint8Array.of(0x1f, 0x8b),
  new Uint8Array(64),
]

/** A change of a file. */
const changes: ReadonlyArray<(bytes: Uint8Array, random: Random, others: ReadonlyArray<Valid>) => Uint8Array> = [
  (bytes, { below }) => bytes.slice(0, below(bytes.length + 1)),
  (bytes, { below }) => {
    const copy = bytes.slice()
    copy[below(bytes.length)] = below(256)
    return copy
  },
  (bytes, { below }) => {
    const copy = bytes.slice()
    const at = below(bytes.length)
    copy[at] = (copy[at] ?? 0) ^ (1 << below(8))
    return copy
  },
  (bytes, random) => {
    const at = random.below(bytes.length + 1)
    return Buffer.concat([bytes.subarray(0, at), random.of(tokens), bytes.subarray(at)])
  },
  (bytes, random) => {
    const copy = bytes.slice()
    const token = random.of(tokens)
    copy.set(
      token.subarray(0, Math.max(0, bytes.length)),
      Math.max(0, random.below(bytes.length - token.length + 1)) * +(token.length <= bytes.length),
    )
    return copy.subarray(0, bytes.length)
  },
  (bytes, { below }) => {
    const [from, to] = [below(bytes.length), below(bytes.length)]
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(Math.min(from, to))])
  },
  (bytes, { below }) => {
    const at = below(bytes.length)
    const block = bytes.subarray(at, at + 1 + below(200))
    return Buffer.concat([bytes.subarray(0, at), ...Array.from({ length: 1 + below(20) }, () => block), bytes.subarray(at)])
  },
  (bytes, random, others) => Buffer.concat([bytes.subarray(0, random.below(bytes.length)), random.of(others).bytes]),
]

/** The file of a seed. */
const fileOf = (seed: number, all: ReadonlyArray<Valid>): Valid => {
  const random = randomOf(seed)
  const valid = random.of(all)
  let { bytes } = valid
  for (let count = random.below(5); count > 0 && bytes.length > 0; count--) bytes = random.of(changes)(bytes, random, all)
  return { ...valid, bytes: new Uint8Array(bytes) }
}

/** The cells of a table, each read as a text and as a number. */
const cellsOf = (table: Table): ReadonlyArray<string> =>
  table.columns.flatMap((name, i) => {
    const column = table.column(i)
    column.numbers?.(Int32Array.from({ length: table.size }, (_, row) => row))
    return [name, ...Array.from({ length: table.size }, (_, row) => `${table.line(row)}:${column.text(row)}`)]
  })

const printed = (read: Result.Result<unknown, DataError>): string => {
  if (Result.isSuccess(read)) return JSON.stringify(read.success)
  const { failure } = read
  if (!(failure instanceof DataError) || failure.message === "" || /\p{Cc}/u.test(failure.message))
    throw new TypeError(`an error that is no line of text: ${JSON.stringify(failure.message)}`)
  return failure.message
}

const rawOf = (raw: Raw): unknown => (isTable(raw) ? cellsOf(raw) : [raw.inputs.shape, raw.targets?.shape, raw.classes])

/** The rows of a file, read whole. */
const whole = async ({ bytes, kind, options = {} }: Valid): Promise<string> => {
  if (kind === "image") return printed(Result.map(decodeImage.decode(bytes), ({ data }) => data.length))
  if (kind === "npy") {
    const rows = Result.flatMap(Npy.openRows(bytes.subarray(0, 2 ** 16)), (found) => Result.succeed(found?.shape))
    return `${printed(rows)} ${printed(Result.map(Npy.decode(bytes), ({ data }) => data.length))} ${printed(Npy.decodeLabels(bytes))}`
  }
  if (kind === "idx") return printed(Result.map(Idx.decode(bytes), ({ shape }) => shape))
  const own = Source.kindOf(kind)
  if (own === undefined) throw new TypeError(kind)
  const read = await Source.read(own, { name: kind, options }, { path: bytes })
  return printed(
    Result.map(
      Result.mapError(read, ({ error }) => error),
      rawOf,
    ),
  )
}

/** The rows of a file, read block by block. */
const byBlocks = async ({ bytes, kind, options = {} }: Valid, random: Random): Promise<string | undefined> => {
  const use = { name: kind, options }
  const tables: Array<Table> = []
  const add = (table: Table | undefined): void => {
    if (table !== undefined) tables.push(table)
  }
  if (kind === "parquet") {
    const file = { size: bytes.length, read: async ([at = 0]: Float64Array, length: number) => bytes.slice(at, at + length) }
    for await (const table of Parquet.groups(file)) {
      if (Result.isFailure(table)) return printed(table)
      add(table.success)
    }
  } else {
    const reader = await Source.blocks(use)
    if (reader === undefined) return undefined
    async function* cut() {
      for (let at = 0; at < bytes.length; ) {
        const end = at + 1 + random.below(Math.max(1, bytes.length))
        yield bytes.slice(at, end)
        at = end
      }
    }
    try {
      for await (const piece of pieces(cut())) {
        const read = reader.push(piece)
        if (Result.isFailure(read)) return printed(read)
        add(read.success)
      }
    } catch (error) {
      if (error instanceof DataError) return printed(Result.fail(error))
      throw error
    }
    const last = reader.end()
    if (Result.isFailure(last)) return printed(last)
    add(last.success)
  }
  const { columns = [] } = tables.at(-1) ?? {}
  return JSON.stringify(
    columns.flatMap((name, i) => [
      name,
      ...tables.flatMap((table) =>
        Array.from(
          { length: table.size },
          (_, row) => `${table.line(row)}:${i < table.columns.length ? table.column(i).text(row) : ""}`,
        ),
      ),
    ]),
  )
}

/** Kinds whose results do not depend on how they are read. */
const same = new Set(["csv", "tsv", "jsonl"])

/** Reads the file of a seed. Throws for what must not be. */
const tried = async (seed: number, all: ReadonlyArray<Valid>): Promise<void> => {
  const file = fileOf(seed, all)
  const start = performance.now()
  const [once, blocks] = [await whole(file), await byBlocks(file, randomOf(seed + 1))]
  const isOwn = same.has(file.kind) && !(file.bytes[0] === 0x1f && file.bytes[1] === 0x8b)
  if (isOwn && blocks !== undefined && blocks !== once)
    throw new Error(`${file.kind}: whole: ${once.slice(0, 300)} blocks: ${blocks.slice(0, 300)}`)
  const [milliseconds, held] = [performance.now() - start, process.memoryUsage.rss()]
  if (milliseconds > patience / 4) throw new Error(`${file.kind}: ${Math.round(milliseconds)} ms`)
  if (held > mostBytes) throw new Error(`${file.kind}: ${held} bytes of memory`)
}

/** Reads files of seeds, and prints each seed before its file is read. */
const work = async (first: number, until: number): Promise<void> => {
  const all = validFiles()
  for (let seed = first; Date.now() < until || seed === first; seed++) {
    process.stdout.write(`${seed}\n`)
    try {
      await tried(seed, all)
    } catch (error) {
      process.stdout.write(
        `! ${seed} ${error instanceof Error ? (error.stack ?? error.message).replaceAll("\n", " | ") : String(error)}\n`,
      )
    }
  }
}

/** A new seed, most likely far from those of earlier runs. */
const newSeed = (): number => Math.imul(Date.now() | 0, 0x9e3779b1) >>> 2

const failed = (seed: number, what: string): void => {
  process.stdout.write(`seed ${seed}: ${what}\n`)
  appendFileSync(kept, `fuzz-readers ${seed}: ${what}\n`)
}

/** Runs a process of files until a time; returns the seed after its last file. One that says nothing for too long is stopped. */
const supervised = (first: number, until: number): Promise<number> =>
  new Promise((done) => {
    let [last, failures] = [first, 0]
    const child = spawn(
      process.execPath,
      ["--no-warnings", "--max-old-space-size=1024", import.meta.filename, "--worker", String(first), String(until)],
      { stdio: ["ignore", "pipe", "pipe"] },
    )
    let timer = setTimeout(() => child.kill("SIGKILL"), patience)
    createInterface({ input: child.stdout }).on("line", (line) => {
      clearTimeout(timer)
      timer = setTimeout(() => child.kill("SIGKILL"), patience)
      const [, seed, what] = /^! (\d+) (.*)$/.exec(line) ?? []
      if (what === undefined) last = Number(line)
      else {
        failures++
        failed(Number(seed), what)
      }
    })
    let errors = ""
    child.stderr.on("data", (some: Buffer) => {
      errors = `${errors}${some.toString()}`.slice(-2000)
    })
    child.on("close", (code, signal) => {
      clearTimeout(timer)
      if (code !== 0) failed(last, `the process ended: ${signal ?? code} ${errors.replaceAll("\n", " | ")}`)
      if (code !== 0 || failures > 0) process.exitCode = 1
      done(last + 1)
    })
  })

const [minutes = "5", seed, until] = process.argv.slice(2)
if (minutes === "--worker") await work(Number(seed), Number(until))
else {
  const end = Date.now() + Number(minutes) * 60_000
  const first = seed === undefined ? newSeed() : Number(seed)
  if (!Number.isFinite(end) || !Number.isInteger(first)) throw new RangeError("try: pnpm fuzz-readers 5 1000")
  let next = first
  do next = await supervised(next, Math.min(end, Date.now() + 60_000))
  while (Date.now() < end)
  process.stdout.write(`${next - first} files from seed ${first} on\n`)
}
