/** Tables on disk have the cells of tables in memory, and the folder of temporary files is removed, however its process ends. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { hostname, tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fc from "fast-check"
import * as Scratch from "../src/data/Scratch.ts"
import { ScratchError } from "../src/data/ScratchError.ts"
import * as SpilledTable from "../src/data/SpilledTable.ts"
import * as TableColumn from "../src/data/TableColumn.ts"
import { Table } from "../src/index.ts"

const base = mkdtempSync(join(tmpdir(), "adjoint-scratch-"))
afterAll(() => rmSync(base, { recursive: true, force: true }))

const cell = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.integer().map(String),
  fc.tuple(fc.integer({ min: -999_999, max: 999_999 }), fc.integer({ min: 0, max: 9 })).map(([n, k]) => (n / 10 ** k).toFixed(k)),
  fc.constantFrom(
    "",
    " ",
    "NA",
    "yes",
    "no",
    "-0",
    "0",
    "00",
    "01",
    "1.",
    ".5",
    "1e5",
    "1e-7",
    "0.0000001",
    "Infinity",
    "NaN",
    "0x10",
    "é,\n",
  ),
  fc.string({ unit: "binary" }),
)

describe("a table on disk", () => {
  it.effect("has the text of every cell, in any blocks and over many chunks", () =>
    Effect.gen(function* () {
      const scratch = yield* Scratch.make(base)
      let files = 0
      fc.assert(
        fc.property(
          fc.array(fc.tuple(cell, fc.constantFrom("1", "2.5", "a")), { minLength: 1, maxLength: 60 }),
          fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 6 }),
          fc.boolean(),
          (rows, sizes, isLong) => {
            // Many rows fill several chunks, and few distinct cells become indices.
            const all = isLong
              ? Array.from({ length: 2 * SpilledTable.chunkRows + 5 }, (_, i) => rows[(i * i) % rows.length] ?? [])
              : rows
            const file = scratch.file(`${files++}`)
            const writer = SpilledTable.writer(file, (name) => name !== "unused")
            const step = isLong ? 5000 : 1
            for (let at = 0, i = 0; at < all.length; i++) {
              const block = all.slice(at, at + (sizes[i % sizes.length] ?? 1) * step)
              const lines = at
              writer.add(
                Table.make(
                  ["mixed", "unused", "few"],
                  block.map(([mixed = "", few = ""]) => [mixed, "x", few]),
                  (row) => 2 * (lines + row) + 2,
                ),
              )
              at += block.length
            }
            const table = writer.end()
            assert.deepStrictEqual([table.size, table.columns], [all.length, ["mixed", "unused", "few"]])
            assert.throws(() => table.column(1), /column 1 of 3 is not stored/)
            for (const [index, at] of [
              [0, 0],
              [2, 1],
            ] as const) {
              const column = table.column(index)
              const some = isLong
                ? [0, 1, SpilledTable.chunkRows - 1, SpilledTable.chunkRows, all.length - 1]
                : all.map((_, i) => i)
              for (const row of some) assert.strictEqual(column.text(row), all[row]?.[at])
            }
            for (const row of [0, all.length >> 1, all.length - 1]) assert.strictEqual(table.line(row), 2 * row + 2)
            file.remove()
          },
        ),
        { numRuns: 40 },
      )
    }),
  )

  it.effect("keeps numbers as numbers, with blanks and words between them, and texts that look like numbers as texts", () =>
    Effect.gen(function* () {
      const file = (yield* Scratch.make(base)).file("numbers")
      const writer = SpilledTable.writer(file, () => true)
      const blanks = TableColumn.ofTexts(["", ""])
      const values = [1, -2.5, Number.NaN, 1e-7, 1e21, Number.NaN]
      writer.add(
        Table.fromColumns([
          ["late", blanks],
          ["texts", blanks],
        ]),
      )
      writer.add(
        Table.fromColumns([
          ["late", TableColumn.ofNumbers(values, new Map([[5, "?"]]))],
          // A file may write 1234 so.
          ["texts", TableColumn.ofTexts(["1.234", "7", "", "-0", "1e5", "x"])],
        ]),
      )
      const table = writer.end()
      const rows = Array.from({ length: table.size }, (_, i) => i)
      const [late, texts] = [table.column(0), table.column(1)]
      assert.deepStrictEqual([...(late.numbers?.(rows) ?? [])], [NaN, NaN, ...values])
      assert.deepStrictEqual(rows.map(late.text), ["", "", "1", "-2.5", "", "1e-7", "1e+21", "?"])
      assert.isUndefined(texts.numbers)
      assert.deepStrictEqual(rows.map(texts.text), ["", "", "1.234", "7", "", "-0", "1e5", "x"])
    }),
  )
})

describe("the folder of temporary files", () => {
  const folders = () => readdirSync(base).filter((name) => name.startsWith("adjoint-rows-"))

  it.effect("is removed with its files when its scope ends", () =>
    Effect.gen(function* () {
      const before = folders()
      yield* Effect.scoped(
        Effect.map(Scratch.make(base), ({ file, folder }) => {
          file("a").append(Uint8Array.of(1, 2))
          assert.isTrue(existsSync(join(folder, "a")))
        }),
      )
      assert.deepStrictEqual(folders(), before)
    }),
  )

  it.effect("that a process of this machine left is removed by the next one, and others stay", () =>
    Effect.gen(function* () {
      const left = (name: string, owner: object): void => {
        mkdirSync(join(base, name))
        writeFileSync(join(base, name, "owner.json"), JSON.stringify(owner))
      }
      // The largest number of a process that Linux gives is 2²².
      left("adjoint-rows-ended", { host: hostname(), pid: 2 ** 30 })
      left("adjoint-rows-elsewhere", { host: `${hostname()}-2`, pid: 2 ** 30 })
      left("adjoint-rows-running", { host: hostname(), pid: process.pid })
      left("other", { host: hostname(), pid: 2 ** 30 })
      mkdirSync(join(base, "adjoint-rows-begun"))
      yield* Effect.scoped(Scratch.make(base))
      assert.deepStrictEqual(
        ["ended", "elsewhere", "running", "begun"].filter((name) => existsSync(join(base, `adjoint-rows-${name}`))),
        ["elsewhere", "running", "begun"],
      )
      assert.isTrue(existsSync(join(base, "other")))
    }),
  )

  it.effect("says how much space is needed and free, and what else is wrong", () =>
    Effect.gen(function* () {
      const scratch = yield* Scratch.make(base)
      const full = yield* Effect.flip(Scratch.using(() => scratch.check(1e15)))
      assert.instanceOf(full, ScratchError)
      assert.match(full.message, /the rows need 1,000,000,000,000,000 bytes there, and [\d,]+ are free$/)
      const file = join(base, "a-file")
      writeFileSync(file, "")
      const wrong = yield* Effect.flip(Effect.scoped(Scratch.make(join(file, "in"))))
      assert.match(wrong.message, /a-file\/in: rows cannot be kept there: ENOTDIR/)
      assert.match(new ScratchError({ folder: "/t", cause: "ENOSPC" }).message, /no space left on device/)
    }),
  )
})
