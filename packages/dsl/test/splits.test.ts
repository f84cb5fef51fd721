/** How rows are divided: by group, in order of time, by a column, into folds; and what does not go together. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Table from "@adjoint/core/data/Table"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { Effect, Result } from "effect"
import * as fc from "fast-check"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { foldsOf, type Split } from "../src/Document.ts"
import * as Division from "../src/prepare/Division.ts"
import { known } from "../src/prepare/Known.ts"
import { preview } from "../src/prepare/Preview.ts"
import { read, withFacts } from "../src/Read.ts"
import { standard } from "../src/schema/Catalogue.ts"
import { fromText } from "../src/source/Source.ts"
import { completed, shown } from "./reading.ts"

const scratch = mkdtempSync(join(tmpdir(), "adjoint-splits-"))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

const { divide } = Division
const columns = ["x", "who", "day", "part", "kind"]
const cells = Array.from({ length: 40 }, (_, i) => [
  String(i),
  `p${i % 10}`,
  `2024-${String(1 + ((i * 7) % 12)).padStart(2, "0")}-01`,
  ["train", "Training", "dev", "test"][i % 4] ?? "",
  i % 2 === 0 ? "a" : "b",
])
const table = Table.make(columns, cells)
beforeAll(() => writeFileSync(join(scratch, "rows.csv"), [columns, ...cells].map((row) => row.join(",")).join("\n")))

const splitOf = (text: string): Split => {
  const data = read(fromText("m.yaml", completed(`data: { source: moons, split: ${text} }\n`))).decoded?.data
  if (data === undefined) throw new Error(shown(completed(`data: { source: moons, split: ${text} }\n`)))
  return data.split
}
const rows = (text: string) => known({ source: { moons: { count: 100 } }, split: splitOf(text) }, undefined, standard).rows

const divided = (text: string) =>
  Object.fromEntries(
    Object.entries(Result.getOrThrow(divide(table, splitOf(text)))).map(([name, rows]) => [name, Array.from(rows ?? [])]),
  )
const valuesIn = (rows: ReadonlyArray<number> = [], column: string) =>
  new Set(rows.map((row) => cells[row]?.[columns.indexOf(column)] ?? ""))

describe("without parts", () => {
  test.each(["{}", "{ seed: 3 }", "{ stratify: kind }", "{ group: who }", "{ by: order }", "{ by: { order: day } }"])(
    "%s has 15% for validation and 15% for testing",
    (text) => {
      const { test: held = [], train = [], val = [] } = divided(text)
      expect(train.length + val.length + held.length).toBe(40)
      for (const part of [val, held]) expect(Math.abs(part.length - 6)).toBeLessThanOrEqual(2)
    },
  )
  test("folds need none, and test rows only where they are set", () => {
    expect(Object.keys(divided("{ folds: 4 }")).sort()).toEqual(["train", "val"])
    expect(Object.keys(divided("{ folds: 4, test: 10 }")).sort()).toEqual(["test", "train", "val"])
  })
})

describe("group", () => {
  test("keeps the rows of a value together, with labels in proportion as far as possible", () => {
    for (const text of ["{ group: who, val: 20%, test: 20% }", "{ group: who, stratify: kind, val: 20%, test: 20% }"]) {
      const parts = Object.values(divided(text)).map((rows) => valuesIn(rows, "who"))
      expect(parts.reduce((sum, names) => sum + names.size, 0)).toBe(10)
      expect(parts.map(({ size }) => size).sort()).toEqual([2, 2, 6])
    }
    const { val } = divided("{ group: who, stratify: kind, val: 20%, test: 20% }")
    expect(valuesIn(val, "kind").size).toBe(2)
  })
})

describe("by", () => {
  test("order takes the rows as they stand: training rows first, then validation, then test rows", () => {
    const { test: held, train, val } = divided("{ by: order, val: 25%, test: 10 }")
    expect([train?.length, val, held]).toEqual([
      20,
      [20, 21, 22, 23, 24, 25, 26, 27, 28, 29],
      [30, 31, 32, 33, 34, 35, 36, 37, 38, 39],
    ])
    const next = [10, 11, 12, 13, 14, 15, 16, 17, 18, 19]
    expect(divided("{ by: order, train: 10, val: 10 }")).toEqual({ train: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], val: next })
  })
  test("a column orders by time: no training row is after a validation row", () => {
    const { test: held, train, val } = divided("{ by: { order: day }, val: 30%, test: 30% }")
    const latest = (rows: ReadonlyArray<number> = []) => [...valuesIn(rows, "day")].sort().at(-1) ?? ""
    const earliest = (rows: ReadonlyArray<number> = []) => [...valuesIn(rows, "day")].sort()[0] ?? ""
    expect(latest(train) <= earliest(val) && latest(val) <= earliest(held)).toBe(true)
  })
  test("numbers and dates rise as their column writes them, and a day that does not exist is refused", () => {
    const rows = [
      ["999", "02/03/2024", "2024-01-01T01:30+02:00"],
      ["1.234", "01/04/2024", "2023-12-31T23:45Z"],
      ["1,5", "31/12/2023", "2024-01-01T00:00Z"],
    ]
    const written = Table.make(["price", "day", "clock"], rows)
    const testRows = (order: string, columns: string) => {
      const data = `{ source: { csv: t.csv }, columns: ${columns}, split: { by: { order: ${order} }, val: 0, test: 1 } }`
      const found = read(fromText("m.yaml", completed(`data: ${data}\n`))).decoded?.data
      if (found === undefined) throw new Error(`${data} is no section of data`)
      return Result.map(divide(written, Division.splitOf(found)), ({ test: last }) => [...(last ?? [])])
    }
    const marks = `{ price: { type: number, decimal: ",", thousands: "." }, "*": number }`
    expect(testRows("price", marks)).toEqual(Result.succeed([1]))
    expect(testRows("day", '{ day: { type: date, format: DD/MM/YYYY }, "*": number }')).toEqual(Result.succeed([1]))
    // 23:30, 23:45 and 00:00 in UTC.
    expect(testRows("clock", '{ clock: date, "*": number }')).toEqual(Result.succeed([2]))
    const never = Table.make(["t"], [["2024-01-01"], ["2024-02-31"]])
    expect(Result.getOrThrow(Result.flip(divide(never, splitOf("{ by: { order: t } }")))).message).toContain(
      'row 2, column `t`: got "2024-02-31", wanted an ISO date such as 2024-03-31, as in the first row',
    )
  })
  test("cells that are neither numbers nor ISO dates are refused with their line", () => {
    const said = (column: string) =>
      Result.getOrThrow(Result.flip(divide(table, splitOf(`{ by: { order: ${column} } }`)))).message
    expect(said("who")).toBe(
      'line 1: row 1, column `who`: got "p0", wanted a number, or an ISO date such as 2024-03-31; try: rows are divided in this order',
    )
    const gaps = Table.make(["t"], [["1"], [" "], ["3"]])
    expect(Result.getOrThrow(Result.flip(divide(gaps, splitOf("{ by: { order: t } }")))).message).toContain(
      "row 2, column `t`: got a blank",
    )
  })
})

describe("column", () => {
  test("names the parts, in the words that people use", () => {
    const { test: held, train, val } = divided("{ column: part }")
    expect([train?.length, val?.length, held?.length]).toEqual([20, 10, 10])
    expect(valuesIn(val, "part")).toEqual(new Set(["dev"]))
  })
  test("lists the cells of each part; other rows are in none", () => {
    expect(splitOf("{ column: { name: who, train: [p0, p1], test: p2 } }").column).toEqual({
      name: "who",
      train: ["p0", "p1"],
      test: ["p2"],
    })
    const { test: held, train, val } = divided("{ column: { name: who, train: [p0, p1], test: p2 } }")
    expect([valuesIn(train, "who"), val, valuesIn(held, "who")]).toEqual([new Set(["p0", "p1"]), undefined, new Set(["p2"])])
    expect(divided("{ column: { name: x, train: [0, 1], val: 2 } }")).toEqual({ train: [0, 1], val: [2] })
  })
  test.each([
    ["{ column: kind }", 'line 1: row 1, column `kind`: got "a", wanted `train`, `val` or `test`'],
    ["{ column: { name: who, train: p0, val: p99 } }", "split part `column`: got no row of the part val, wanted one or more"],
    ["{ column: { name: who, train: p0, val: [p1, p0] } }", "split part `column`: got `p0` in train and in val"],
    ["{ column: { name: who, val: p0 } }", "split part `column`: got no row of the part train"],
  ])("%s is refused", (text, message) => {
    expect(Result.getOrThrow(Result.flip(divide(table, splitOf(text)))).message).toContain(message)
  })
})

describe("folds in the order of time", () => {
  const days = cells.map(([, , day]) => day ?? "")
  test("learn from all rows before those that they are validated on, and test rows come after all", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 9 }), fc.nat(10), fc.boolean(), (folds, tested, isColumn) => {
        const by = isColumn ? "{ order: day }" : "order"
        const all = Array.from({ length: folds }, (_, i) =>
          divided(`{ by: ${by}, folds: ${folds}, fold: ${i + 1}${tested === 0 ? "" : `, test: ${tested}`} }`),
        )
        const placeOf = (row: number): number =>
          isColumn
            ? cells.filter((_, i) => (days[i] ?? "") < (days[row] ?? "") || (days[i] === days[row] && i < row)).length
            : row
        const places = all.map((parts) =>
          Object.fromEntries(Object.entries(parts).map(([name, rows]) => [name, rows.map(placeOf)])),
        )
        for (const [i, { test = [], train = [], val = [], ...others }] of places.entries()) {
          expect(others).toEqual({})
          expect(Math.min(...val)).toBe(train.length)
          expect(Math.max(...train)).toBe(train.length - 1)
          expect(test.length).toBe(tested)
          for (const place of test) expect(place).toBeGreaterThanOrEqual(cells.length - tested)
          // The next fold learns from these validation rows too.
          const next = places[i + 1]?.train
          if (next !== undefined) expect(next.length).toBe(train.length + val.length)
        }
        const vals = places.flatMap(({ val = [] }) => val)
        expect(new Set(vals).size).toBe(vals.length)
        expect(Math.max(...vals)).toBe(cells.length - tested - 1)
      }),
      { numRuns: 20 },
    )
  })

  test("are counted before the rows are read, and refused where there are too few", () => {
    expect(rows("{ by: order, folds: 4 }")).toEqual({ train: 20, val: 20, test: 0 })
    expect(rows("{ by: order, folds: 4, fold: 3, test: 10% }")).toEqual({ train: 54, val: 18, test: 10 })
    const few = divide(table, splitOf("{ by: order, folds: 5, test: 36 }"))
    expect(Result.isFailure(few) && few.failure.message).toContain("at most 3, one less than the rows that they divide")
  })
})

describe("folds", () => {
  test("every row is in the validation rows of one fold of a repeat, and in no test rows", () => {
    const text = "{ folds: 4, repeats: 2, test: 8, stratify: kind, seed: 5 }"
    const all = foldsOf(splitOf(text))
    expect(all).toHaveLength(8)
    const drawn = all.map(({ fold, repeat }) => divided(text.replace("}", `, fold: ${fold}, repeat: ${repeat} }`)))
    const held = drawn[0]?.test ?? []
    for (const repeat of [1, 2]) {
      const own = drawn.filter((_, i) => all[i]?.repeat === repeat)
      const rows = own.flatMap(({ val = [] }) => val).concat(held)
      expect(rows.sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, i) => i))
      for (const { test: same, train = [], val = [] } of own) {
        expect(same).toEqual(held)
        expect(train.length + val.length).toBe(32)
        expect(val.filter((row) => row % 2 === 0)).toHaveLength(4)
      }
    }
    expect(drawn[0]?.val).not.toEqual(drawn[4]?.val)
  })
  test("without a fold it is the first, and with one it is the only one", () => {
    expect(divided("{ folds: 3 }")).toEqual(divided("{ folds: 3, fold: 1, repeat: 1 }"))
    expect(foldsOf(splitOf("{ folds: 3, fold: 2 }"))).toEqual([])
    expect(foldsOf(splitOf("{ folds: 2, repeats: 3, repeat: 2 }"))).toEqual([
      { repeat: 2, fold: 1 },
      { repeat: 2, fold: 2 },
    ])
    expect(foldsOf(splitOf("{ val: 10% }"))).toEqual([])
  })
  test("of a toy their rows are known before it is made", () => {
    expect(rows("{ folds: 3 }")).toEqual({ train: 67, val: 33, test: 0 })
    expect(rows("{ folds: 3, fold: 2, test: 10% }")).toEqual({ train: 60, val: 30, test: 10 })
  })
})

test("columns that only the split names are read, though they are ignored as inputs", async () => {
  const kinds = '{ x: number, kind: class, "*": ignore }'
  const model = "model: { layers: [{ dense: 8 }, relu, { head: kind }] }"
  for (const split of ["{ by: { order: day }, val: 25% }", "{ column: part }", "{ folds: 2, group: who }"]) {
    const text = completed(`data: { source: rows.csv, columns: ${kinds}, split: ${split} }\n${model}\n`)
    const { sections } = read(fromText("m.yaml", text))
    const { prepared: found } = await Effect.runPromise(preview(sections, scratch).pipe(Effect.provide(NodeFileSystem.layer)))
    const wanted = Result.getOrThrow(divide(table, splitOf(split)))
    expect(found?.origins.train?.rows).toEqual(wanted.train)
    expect(found?.origins.val?.rows).toEqual(wanted.val)
  }
})

describe("what does not go together is refused at its place", () => {
  const said = (text: string): ReadonlyArray<string> =>
    read(fromText("m.yaml", completed(`data: { source: { moons: { count: 100 } }, split: ${text} }\n`)))
      .diagnostics.filter(({ severity }) => severity === "error")
      .map(({ code, message, path }) => `${code} ${path.slice(2).join(".")}: ${message}`)
  test.each([
    [
      "{ column: part, val: 10%, stratify: label }",
      [
        "D310 val: `val` and `column` of the split exclude each other",
        "D310 stratify: `stratify` and `column` of the split exclude each other",
      ],
    ],
    ["{ by: order, group: who }", ["D310 group: `group` and `by` of the split exclude each other"]],
    ["{ by: order, folds: 2, repeats: 2 }", ["D310 repeats: `repeats` and `by` of the split exclude each other"]],
    ["{ by: order, folds: 2, val: 20% }", ["D310 val: `val` and `folds` of the split exclude each other"]],
    ["{ folds: 5, val: 20% }", ["D310 val: `val` and `folds` of the split exclude each other"]],
    ["{ repeats: 2 }", ["D310 repeats: `repeats` of the split needs `folds`"]],
    ["{ fold: 2 }", ["D310 fold: `fold` of the split needs `folds`"]],
    ["{ folds: 3, fold: 4 }", ["D310 fold: there is no fold 4: `folds` is 3"]],
    ["{ folds: 3, repeat: 2 }", ["D310 repeat: there is no repeat 2: `repeats` is 1"]],
    ["{ folds: 1 }", ["S103 folds: data.split.folds: expected a whole number >= 2, got 1"]],
    ["{ by: time }", ['S103 by: data.split.by: expected `order`, or `{ order: a column }`, got the text "time"']],
    ["{ n_splits: 5 }", ["S101 n_splits: unknown key `n_splits` in data.split"]],
  ])("%s", (text, messages) => {
    expect(said(text)).toEqual(messages)
  })

  const looked = async (split: string): Promise<ReadonlyArray<string>> => {
    const kinds = "{ x: number, who: ignore, day: ignore, part: ignore, kind: class }"
    const model = "model: { layers: [{ dense: 8 }, relu, { head: kind }] }"
    const text = completed(`data: { source: rows.csv, columns: ${kinds}, split: ${split} }\n${model}\n`)
    const reading = read(fromText("m.yaml", text))
    const known = await Effect.runPromise(preview(reading.sections, scratch).pipe(Effect.provide(NodeFileSystem.layer)))
    return withFacts(reading, known)
      .diagnostics.filter(({ severity }) => severity === "error")
      .map(
        ({ code, help, message, path }) => `${code} ${path.slice(1).join(".")}: ${message.replace(`${scratch}/`, "")} = ${help}`,
      )
  }
  test.each([
    [
      "{ group: whom }",
      "D301 split.group: the data has no column `whom` = did you mean `who`? the columns are `x`, `who`, `day`, `part`, `kind`",
    ],
    [
      "{ by: { order: dya } }",
      "D301 split.by.order: the data has no column `dya` = did you mean `day`? the columns are `x`, `who`, `day`, `part`, `kind`",
    ],
    [
      "{ column: prat }",
      "D301 split.column: the data has no column `prat` = did you mean `part`? the columns are `x`, `who`, `day`, `part`, `kind`",
    ],
    [
      "{ column: kind }",
      'D305 source.csv.path: rows.csv:2: row 1, column `kind`: got "a", wanted `train`, `val` or `test` = list the cells of each part: `column: { name: kind, train: …, test: … }`',
    ],
    [
      "{ folds: 30, group: who }",
      "D304 split.folds: split part `fold 1`: got no group, wanted one or more = use fewer or larger parts",
    ],
    [
      "{ folds: 50 }",
      "D304 split.folds: split part `folds`: got 50, wanted a whole number from 2 to 40, the number of rows = undefined",
    ],
  ])("%s", async (split, message) => {
    expect(await looked(split)).toEqual([message])
  })
})

test("labels that differ by blanks around them are one", () => {
  const split = { stratify: "kind", val: "30%", test: 7, seed: 2 } as const
  const tableOf = (pad: (i: number) => string) =>
    Table.make(
      ["kind"],
      Array.from({ length: 41 }, (_, i) => [`${pad(i)}${i % 3 === 0 ? "a" : "b"}${pad(i + 1)}`]),
    )
  const plain = divide(
    tableOf(() => ""),
    split,
  )
  expect(Result.isSuccess(plain)).toBe(true)
  expect(
    divide(
      tableOf((i) => " ".repeat(i % 4)),
      split,
    ),
  ).toEqual(plain)
})
