/** Windows of series whose rows are on disk are those of series in memory, to the bit. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Scratch from "@adjoint/core/data/Scratch"
import * as SpilledTable from "@adjoint/core/data/SpilledTable"
import * as Table from "@adjoint/core/data/Table"
import { Effect } from "effect"
import * as fc from "fast-check"
import { afterAll, describe, expect, test } from "vitest"
import { dataIn, failureOf, inMemory, onDisk } from "./streaming.ts"

const scratch = mkdtempSync(join(tmpdir(), "adjoint-streamed-series-"))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

const mixed = (i: number): number => (Math.imul(i + 1, 2654435761) >>> 8) / 2 ** 24
const columns = `{
  time: ignore, shop: group, load: { type: number, role: target, scale: standard },
  heat: { type: number, missing: mean, scale: minmax }, day: category }`

/** Rows of several shops, which take turns by the hour, with a blank here and there, and a missing hour. */
const rowsOf = (shops: number, hours: number) =>
  Array.from({ length: shops * hours }, (_, i) => {
    const [hour, shop] = [Math.floor(i / shops), i % shops]
    const time = new Date(Date.UTC(2026, 0, 1, hour)).toISOString().slice(0, 16)
    return {
      time,
      shop: `s${shop}`,
      load: 50 * mixed(i) - 20,
      heat: i % 11 === 3 ? "" : mixed(i + 7),
      day: ["mon", "tue"][hour % 2],
    }
  })

const write = (name: string, rows: ReadonlyArray<object>): void =>
  writeFileSync(join(scratch, name), `time,shop,load,heat,day\n${rows.map((row) => Object.values(row).join(",")).join("\n")}\n`)

const same = async (section: string): Promise<void> => {
  const data = dataIn(section)
  expect(await onDisk(data, scratch)).toEqual(await inMemory(data, scratch))
}

describe("a series that is streamed gives the windows, the fitted record and the places of one in memory", () => {
  write("one.csv", rowsOf(1, 60))
  write("three.csv", rowsOf(3, 30))
  write(
    "gaps.csv",
    rowsOf(3, 40).filter((_, i) => i % 29 !== 17),
  )
  const three = "source: three.csv, split: { val: 30%, test: 30% }"

  test.each([
    ["of one series", "{ source: one.csv, split: { val: 20%, test: 20% }, series: { time: time, window: 4 }, columns: COLUMNS }"],
    [
      "in the order of the table",
      "{ source: one.csv, split: { val: 20%, test: 20% }, series: { window: 3, step: 2 }, columns: COLUMNS }",
    ],
    ["of several", `{ ${three}, series: { time: time, group: shop, window: 4, horizon: [1, 3] }, columns: COLUMNS }`],
    ["with overlap", `{ ${three}, series: { time: time, group: shop, window: 2, overlap: true }, columns: COLUMNS }`],
    [
      "with gaps",
      "{ source: gaps.csv, split: { test: 30% }, series: { time: time, group: shop, window: 3, gaps: split }, columns: COLUMNS }",
    ],
    [
      "with test rows of their own",
      `{ source: three.csv, test: one.csv, split: { val: 20% }, series: { time: time, group: shop, window: 3 }, columns: COLUMNS }`,
    ],
  ])("%s", async (_, section) => {
    await same(section.replace("COLUMNS", columns))
    await same(
      section
        .replace("COLUMNS", columns.replace("heat: { type: number, missing: mean", "heat: { type: number, missing: drop"))
        .replace("time: time, ", "time: time, gaps: split, ")
        .replace("gaps: split, window: 3, gaps: split", "window: 3, gaps: split"),
    )
  })

  test("of several inputs and of a class", async () => {
    const model = "model: { inputs: { a: [heat], b: [day] }, layers: [{ flatten: {}, from: a }, { dense: 2 }, { head: load }] }"
    await same(`{ ${three}, series: { time: time, group: shop, window: 4 }, columns: ${columns} }\n${model}`)
    const classes = columns.replace("day: category", "day: class").replace("role: target, ", "")
    await same(`{ ${three}, series: { time: time, group: shop, window: 4 }, columns: ${classes} }`)
  })

  test("is refused at the same place", async () => {
    const rows = rowsOf(2, 40)
    write(
      "wrong.csv",
      rows.map((row, i) => (i === 70 ? { ...row, heat: "warm" } : row)),
    )
    write("late.csv", [...rows.slice(0, 9), ...rows.slice(4)])
    for (const name of ["wrong.csv", "late.csv"]) {
      const data = dataIn(
        `{ source: ${name}, split: { test: 20% }, series: { time: time, group: shop, window: 3 }, columns: ${columns} }`,
      )
      const found = await failureOf(onDisk(data, scratch))
      expect(found).toContain(name)
      expect(found).toEqual(await failureOf(inMemory(data, scratch)))
    }
  })
})

test("a column on disk gives its numbers and texts in any order of rows", () =>
  Effect.runPromise(
    Effect.gen(function* () {
      const folder = yield* Scratch.make(join(scratch, "columns"))
      const size = 2 * SpilledTable.chunkRows + 5
      const writer = SpilledTable.writer(folder.file("a"), () => true)
      const numbers = Float64Array.from({ length: size }, (_, i) => mixed(i))
      writer.add(
        Table.fromColumns([
          [
            "n",
            { size, text: (row) => String(numbers[row]), numbers: (rows) => Float64Array.from(rows, (row) => numbers[row] ?? 0) },
          ],
          ["t", { size, text: (row) => `t${row % 7}` }],
        ]),
      )
      const table = writer.end()
      yield* Effect.sync(() =>
        fc.assert(
          fc.property(fc.array(fc.nat(size - 1), { maxLength: 50 }), (rows) => {
            expect(table.column(0).numbers?.(rows)).toEqual(Float64Array.from(rows, (row) => numbers[row] ?? 0))
            expect(rows.map(table.column(1).text)).toEqual(rows.map((row) => `t${row % 7}`))
          }),
        ),
      )
    }).pipe(Effect.scoped),
  ))
