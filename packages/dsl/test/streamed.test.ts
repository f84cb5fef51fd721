/** Tables that are streamed through files on disk give the rows of tables in memory, to the bit. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { Effect } from "effect"
import * as fc from "fast-check"
import { afterAll, describe, expect, test } from "vitest"
import type { Data } from "../src/Document.ts"
import { isStreamed, prepareStreamed, Streaming } from "../src/prepare/Streamed.ts"
import { all, dataIn, inMemory as heldIn, numbersOf } from "./streaming.ts"

const recorded = JSON.parse(readFileSync(new URL("../../core/test/recorded/tables-pyarrow.json", import.meta.url), "utf8")) as {
  readonly files: { readonly [name: string]: string }
}

const scratch = mkdtempSync(join(tmpdir(), "adjoint-streamed-"))
const cache = join(scratch, "cache")
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

const streaming = { from: 1, arraysFrom: 1, folder: cache }

/** A section of data. */
const dataOf = (section: string): Data => dataIn(section).data

const inMemory = (data: Data) => heldIn({ data }, scratch)

const onDisk = (data: Data, settings = streaming) =>
  Effect.runPromise(
    Effect.gen(function* () {
      expect(yield* isStreamed({ data }, scratch)).toBe(true)
      const prepared = yield* prepareStreamed({ data }, scratch)
      expect(prepared.facts.isStored).toBe(true)
      // Of the temporary files those with prepared rows are left.
      const names = readdirSync(cache).flatMap((folder) => readdirSync(join(cache, folder)))
      expect(names.filter((name) => name.endsWith(".columns"))).toEqual([])
      expect(names).toContain("train.rows")
      return yield* Effect.promise(() => all(prepared))
    }).pipe(Effect.scoped, Effect.provideService(Streaming, settings), Effect.provide(NodeFileSystem.layer)),
  )

/** The cells of a row of the table, as CSV: quoted line ends, blanks, words, numbers in several forms. */
const row = fc.tuple(
  fc.oneof(fc.double({ noNaN: true, min: -1e6, max: 1e6 }).map(String), fc.constantFrom("", "1.50", "7", "-0")),
  fc.constantFrom("red", "green", '"the\nblue"', ""),
  fc.constantFrom("1", "2", "0.5"),
  fc.constantFrom("g1", "g2", "g3", "g4", "g5"),
  fc.constantFrom("yes", "no"),
)

const columns = `{
  size: { type: number, missing: median, clip: { quantiles: [0.1, 0.9] }, scale: standard },
  colour: { type: category, missing: category, unknown: zeros },
  weight: weight, id: ignore, team: ignore,
  answer: class }`

const csv = (rows: ReadonlyArray<ReadonlyArray<string>>): string =>
  `id,size,colour,weight,team,answer\n${rows.map((cells, i) => `${i},${cells.join(",")}\n`).join("")}`

describe("a table that is streamed", () => {
  test("gives the rows, the fitted record, the places and the hashes of one in memory", () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(row, { minLength: 30, maxLength: 60 }),
        fc.constantFrom(
          "{ val: 20%, test: 20%, seed: 3 }",
          "{ val: 5, seed: 4, stratify: answer }",
          "{ val: 30%, seed: 5, group: team }",
        ),
        fc.boolean(),
        async (rows, split, isPacked) => {
          const table = csv([
            ...rows,
            ["1", "red", "1", "g1", "yes"],
            ["2", "green", "1", "g2", "no"],
            ["3", "red", "2", "g3", "yes"],
          ])
          const name = isPacked ? "rows.csv.gz" : "rows.csv"
          writeFileSync(join(scratch, name), isPacked ? gzipSync(table) : table)
          const data = dataOf(`{ source: { csv: ${name} }, columns: ${columns}, split: ${split} }`)
          const whole = await Promise.allSettled([inMemory(data), onDisk(data)])
          const [held, streamed] = whole
          if (held.status === "fulfilled") expect(streamed).toEqual(held)
          else expect(streamed).toMatchObject({ status: "rejected", reason: held.reason })
          expect(readdirSync(cache)).toEqual([])
        },
      ),
      { numRuns: 8 },
    ))

  test("reads numbers with the marks of their file, also in columns that are texts because something else names them", async () => {
    writeFileSync(join(scratch, "marks.csv"), "price;trust;cost\n1.234;1,5;2,5\n2.345;0,5;3\n1,5;1;3\n7;1;4\n8;2;2\n")
    const ofFile = [`decimal: ",", thousands: "."`, "price: number, cost: { type: number, role: target }"]
    const marks = `type: number, decimal: ",", thousands: "."`
    const ofColumns = [`decimal: "."`, `price: { ${marks} }, cost: { ${marks}, role: target }`]
    for (const [options, own] of [ofFile, ofColumns]) {
      const source = `{ csv: { path: marks.csv, delimiter: ";", ${options} } }`
      const weight = options === ofFile[0] ? "weight" : "ignore"
      const data = dataOf(`{ source: ${source}, columns: { ${own}, trust: ${weight} }, split: { test: 1, by: order } }`)
      const read = (slices: ReadonlyArray<string>) =>
        Effect.gen(function* () {
          const prepared = yield* prepareStreamed({ data, evaluate: { slices, split: "test" } }, scratch)
          return yield* Effect.promise(() => numbersOf(prepared.train))
        }).pipe(
          Effect.scoped,
          Effect.provideService(Streaming, streaming),
          Effect.provide(NodeFileSystem.layer),
          Effect.runPromise,
        )
      const plain = await read([])
      expect(plain?.inputs[0]?.data).toEqual([1234, 2345, 1.5, 7])
      if (weight === "weight") expect(plain?.weights?.[0]?.data).toEqual([1.5, 0.5, 1, 1])
      expect(await read(["price", "trust", "cost"])).toEqual(plain)
    }
  })

  test("of JSON lines may have names that come late, texts among numbers, and words for blanks", async () => {
    const lines = Array.from({ length: 4500 }, (_, i) => {
      const late = i > 4000 && i % 3 === 0 ? { late: i % 5 === 0 ? String(i) : i } : {}
      const size = i % 50 === 0 ? null : i % 51 === 0 ? -999 : ((i * 37) % 101) / 8
      return JSON.stringify({ size, kind: `k${i % 7}`, ...late, skipped: { of: i }, answer: i % 2 === 0 })
    })
    for (const [name, pack] of [
      ["rows.jsonl", Buffer.from],
      ["rows.jsonl.gz", gzipSync],
    ] as const) {
      writeFileSync(join(scratch, name), pack(lines.join("\n")))
      const data =
        dataOf(`{ source: { jsonl: { path: ${name}, blanks: { size: [-999] } } }, split: { val: 20%, seed: 1 }, columns: {
        size: { type: number, missing: median, scale: standard }, late: { type: number, missing: mean, scale: minmax }, kind: category,
        skipped: ignore, answer: class } }`)
      const [memory, disk] = [await inMemory(data), await onDisk(data)]
      expect(disk).toEqual(memory)
      const [size] = memory.fitted.input.type === "columns" ? memory.fitted.input.columns : []
      expect(size).toMatchObject({ fill: 6.25, subtract: expect.closeTo(6.25, 1) })
    }
  })

  test.each(["snappy.parquet", "v2.parquet", "zstd.feather", "stream.arrows"])("of pyarrow: %s", async (name) => {
    writeFileSync(join(scratch, name), Buffer.from(recorded.files[name] ?? "", "base64"))
    const kind = name.endsWith(".parquet") ? "parquet" : "arrow"
    const data = dataOf(`{ source: { ${kind}: ${name} }, split: { val: 3, seed: 1 }, columns: {
      double: { type: number, missing: mean, scale: standard }, long: { type: number, missing: mean }, wide: ignore, pair: { type: vector, size: 2 },
      date: { type: date, parts: [month] }, text: { type: category, missing: category, unknown: zeros }, name: class, "*": ignore } }`)
    const [memory, disk] = [await inMemory(data), await onDisk(data)]
    expect(disk).toEqual(memory)
    expect(memory.lock.files).toMatchObject([{ path: name, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) }])
  })

  test("is read with the options of its file: marks, blanks, encoding, names", async () => {
    const cells = Array.from({ length: 200 }, (_, i) => {
      const size = i % 3 === 0 ? "NA" : i % 7 === 0 ? "k.A." : `1.${String(100 + i)},${i % 10}5`
      return `${size};${i % 2 === 0 ? "\xfc" : "b"};${i % 5 === 0 ? -9 : i}`
    })
    writeFileSync(join(scratch, "marks.txt"), Buffer.from(`made by hand\n${cells.join("\n")}\n`, "latin1"))
    const options = `encoding: latin1, skip: 1, names: [size, kind, count], decimal: ",", thousands: ".", blanks: { size: [k.A.], count: [-9] }`
    const data = dataOf(`{ source: { csv: { path: marks.txt, ${options} } }, split: { val: 20%, seed: 1 }, columns: {
      size: { type: number, missing: median, scale: standard }, count: { type: number, missing: mean }, kind: class } }`)
    const [memory, disk] = [await inMemory(data), await onDisk(data)]
    expect(disk).toEqual(memory)
    expect(memory.fitted.input).toMatchObject({ columns: [{ name: "size", decimal: ",", thousands: "." }, { name: "count" }] })
    expect(memory.facts.target).toMatchObject({ classes: ["b", "ü"] })
    // A point where a comma is the decimal mark is a mistake, on disk too.
    writeFileSync(
      join(scratch, "marks.txt"),
      `made by hand\n${cells.map((row) => row.replace("\xfc", "a")).join("\n")}\n1.5;b;3\n`,
    )
    for (const read of [inMemory, onDisk])
      await expect(read(data)).rejects.toThrow('row 201, column `size`: got "1.5", wanted a finite number')
  })

  test("may have its test rows in a file of their own", async () => {
    const rows = Array.from({ length: 40 }, (_, i) => [
      String(i / 8),
      i % 3 === 0 ? "red" : "green",
      "1",
      "g1",
      i % 2 === 0 ? "yes" : "no",
    ])
    writeFileSync(join(scratch, "train.csv"), csv(rows))
    writeFileSync(join(scratch, "test.csv"), csv(rows.slice(0, 11)))
    const data = dataOf(`{ source: train.csv, test: test.csv, columns: ${columns}, split: { val: 10, seed: 1 } }`)
    expect(await onDisk(data)).toEqual(await inMemory(data))
  })

  test("refuses a wrong cell at the place where one in memory refuses it", async () => {
    const rows = Array.from({ length: 30 }, (_, i) => [i === 20 ? "tall" : "1", "red", "1", "g1", i % 2 === 0 ? "yes" : "no"])
    writeFileSync(join(scratch, "wrong.csv"), csv(rows))
    const data = dataOf(`{ source: wrong.csv, columns: ${columns}, split: { seed: 1 } }`)
    const findings = async (run: (data: Data) => Promise<unknown>) =>
      (await run(data).catch((error: unknown) => error)) as { readonly findings: unknown }
    expect((await findings(onDisk)).findings).toEqual((await findings(inMemory)).findings)
    expect(JSON.stringify((await findings(onDisk)).findings)).toContain("wrong.csv:22")
  })

  test("is one from a size on, without pre-training, and of no other kind", async () => {
    writeFileSync(join(scratch, "sized.csv"), csv([["1", "red", "1", "g1", "yes"]]))
    const data = dataOf(`{ source: sized.csv, columns: ${columns} }`)
    const large = (from: number, rest: object = {}) =>
      Effect.runPromise(
        isStreamed({ data, ...rest }, scratch).pipe(
          Effect.provideService(Streaming, { from, arraysFrom: from, folder: cache }),
          Effect.provide(NodeFileSystem.layer),
        ),
      )
    expect([await large(50), await large(5000), await large(1, { pretrain: [{}] })]).toEqual([true, false, false])
    expect(await large(1, { data: { ...data, source: "moons" } })).toBe(false)
    expect(await large(1, { data: { ...data, source: { csv: { path: "none.csv" } } } })).toBe(false)
  })
})
