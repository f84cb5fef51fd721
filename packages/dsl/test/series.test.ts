/** Series in a model file: parts in time order, what windows are made of, and mistakes about them. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Arrays, arrayOf } from "@adjoint/core/data/PreprocessTree"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { Effect } from "effect"
import { afterAll, describe, expect, test } from "vitest"
import { horizonOf } from "../src/Document.ts"
import { baselines } from "../src/prepare/Baseline.ts"
import { known } from "../src/prepare/Known.ts"
import { prepare } from "../src/prepare/Prepare.ts"
import type { Prepared } from "../src/prepare/Prepared.ts"
import { standard } from "../src/schema/Catalogue.ts"
import { documentOf, shown } from "./reading.ts"

const folder = mkdtempSync(join(tmpdir(), "adjoint-series-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const write = (name: string, rows: ReadonlyArray<ReadonlyArray<string | number>>): string => {
  const file = join(folder, name)
  writeFileSync(file, `day,shop,heat,sold,busy\n${rows.map((row) => row.join(",")).join("\n")}\n`)
  return file
}

/** Days of two shops: sold are 0, 1, 2, … of the first and 100, 101, … of the second. */
const days = Array.from({ length: 20 }, (_, i) => [
  [`2026-01-${String(i + 1).padStart(2, "0")}`, "a", i / 10, i, i % 2],
  [`2026-01-${String(i + 1).padStart(2, "0")}`, "b", i / 10, 100 + i, i % 2],
]).flat()
const shops = write("shops.csv", days)

const columns = "sold: { type: number, role: target }, heat: number"

const file = (
  series: string,
  {
    from = shops,
    of = `${columns}, "*": ignore`,
    split = "train: 50%, val: 25%, test: 25%",
    head = "sold",
  }: { readonly from?: string; readonly of?: string; readonly split?: string; readonly head?: string } = {},
): string => `schema: 1
data: { source: { csv: ${from} }, columns: { ${of} }, series: { ${series} }, split: { ${split} } }
model: { layers: [{ gru: 4 }, { head: ${head} }] }
`

const preparing = (text: string) => prepare(documentOf(text), folder).pipe(Effect.provide(NodeFileSystem.layer))
const prepared = (text: string): Promise<Prepared<Arrays>> => Effect.runPromise(preparing(text))
const refused = async (text: string) => (await Effect.runPromise(Effect.flip(preparing(text)))).findings

const targets = ({ test: held, train, val }: Prepared<Arrays>): ReadonlyArray<ReadonlyArray<number>> =>
  [train, val, held].map((part) => (part === undefined ? [] : [...arrayOf(part.targets, "").data]))

describe("a series", () => {
  test("has windows in the parts of its times, and is scaled by the training rows", async () => {
    const rows = await prepared(file("window: 3, horizon: 1, time: day, group: shop"))
    // Ten days of training: targets are days 4 to 10 of both shops; five days each of the others.
    expect(targets(rows)).toEqual([
      [3, 4, 5, 6, 7, 8, 9, 103, 104, 105, 106, 107, 108, 109],
      [13, 14, 113, 114],
      [18, 19, 118, 119],
    ])
    expect(rows.facts).toMatchObject({ sample: [3, 2], rows: { train: 14, val: 4, test: 4 }, target: { names: ["sold"] } })
    expect([...arrayOf(rows.train.inputs, "").data.subarray(0, 6)].map((x) => Number(x.toFixed(3)))).toEqual([
      0, 0, 0.1, 1, 0.2, 2,
    ])
    const { origins } = rows
    expect(origins.val?.line?.(origins.val.rows[0] ?? 0)).toBe(26)
  })

  test("overlap lets windows begin in the rows before their part, and step leaves some out", async () => {
    const overlapping = await prepared(file("window: 3, time: day, group: shop, overlap: true"))
    expect(targets(overlapping)[1]).toEqual([10, 11, 12, 13, 14, 110, 111, 112, 113, 114])
    const stepping = await prepared(file("window: 3, time: day, group: shop, step: 3"))
    expect(targets(stepping)[0]).toEqual([3, 6, 9, 103, 106, 109])
  })

  test("several steps ahead are several outputs, with a column and names", async () => {
    const text = file("window: 2, horizon: [1, 3], time: day, group: shop")
    const { facts, val } = await prepared(text)
    expect(facts.target).toMatchObject({ names: ["sold+1", "sold+3"], columns: ["sold"] })
    expect(val && arrayOf(val.targets, "").shape).toEqual([2, 2])
    const { data, model } = documentOf(text)
    expect(known(data, model, standard)).toMatchObject({ sample: [2, 2], target: { columns: ["sold"] } })
    expect(horizonOf(3)).toEqual([1, 2, 3])
  })

  test("has naive forecasts beside the mean: the last value, and that of one window ago", async () => {
    const of = (series: string) =>
      Effect.map(preparing(file(`window: 3, time: day, group: shop, overlap: true, ${series}`)), baselines)
    const [mean, last, season] = (await Effect.runPromise(of("horizon: 1"))).map(({ answer }) => answer)
    expect([mean?.kind, last, season]).toEqual(["mean", { kind: "last", mse: 1 }, { kind: "season", mse: 9 }])
    const two = (await Effect.runPromise(of("horizon: [1, 3]"))).map(({ answer }) => answer)
    expect(two.slice(1)).toEqual([
      { kind: "last", mse: (1 + 9) / 2 },
      { kind: "season", mse: 9 },
    ])
    const far = (await Effect.runPromise(of("horizon: [4]"))).map(({ answer }) => answer)
    expect(far.slice(1)).toEqual([{ kind: "last", mse: 16 }])
  })

  test("a column of the type group tells series apart, and one of dates has the format of times", async () => {
    const written = days.map(([day, ...rest]) => [String(day).split("-").reverse().join("/"), ...rest])
    const of = `${columns}, shop: group, day: { type: date, format: DD/MM/YYYY, parts: [weekday] }, "*": ignore`
    const { facts, fitted } = await prepared(file("window: 3, time: day", { from: write("dated.csv", written), of }))
    expect(fitted.series).toEqual({ window: 3, horizon: [1], gaps: "error", time: "day", format: "DD/MM/YYYY", group: "shop" })
    expect(facts.sample).toEqual([3, 3])
  })

  test("a class is predicted from the past of the other columns", async () => {
    const of = 'busy: { type: class }, heat: number, "*": ignore'
    const { facts, train } = await prepared(file("window: 2, horizon: [2], time: day, group: shop", { of, head: "busy" }))
    expect(facts.sample).toEqual([2, 1])
    expect([...arrayOf(train.targets, "").data].slice(0, 3)).toEqual([1, 0, 1])
  })

  test("a split by order takes rows as they are in the file, also without series", async () => {
    const text = file("window: 1", { split: "by: order, val: 5, test: 5" }).replace(/series: \{.*?\}, /, "")
    const { origins } = await prepared(text.replace("{ gru: 4 }", "{ dense: 4 }"))
    const { test: held, train, val } = origins
    expect([train, val, held].map((part) => [part?.rows[0], part?.rows.length])).toEqual([
      [0, 30],
      [30, 5],
      [35, 5],
    ])
  })
})

describe("mistakes", () => {
  test("times that are not in order, and gaps, are at their line", async () => {
    const gap = write(
      "gap.csv",
      days.filter(([day, shop]) => shop === "a" && day !== "2026-01-05"),
    )
    expect(await refused(file("window: 3, time: day", { from: gap }))).toMatchObject([
      {
        code: "D305",
        message: expect.stringContaining('gap.csv:6: row 5, column `day`: got "2026-01-06", which is 2 days after line 5'),
      },
    ])
    expect(await refused(file("window: 3, time: day"))).toMatchObject([
      { help: "`group` names the column that tells several series apart" },
    ])
    const { facts } = await prepared(file("window: 3, time: day, gaps: split", { from: gap }))
    expect(facts.rows?.train).toBe(1 + 3)
  })

  test("a part without a window", async () => {
    expect(await refused(file("window: 5, time: day, group: shop"))).toMatchObject([
      {
        code: "D304",
        at: { path: ["data", "split", "val"] },
        message:
          "split part `val`: got 5 times, and no window with its targets among them, wanted at least 6 of one `shop` without a gap",
      },
    ])
  })

  test("columns that the table does not have", async () => {
    expect(await refused(file("window: 3, time: days, group: shops"))).toMatchObject([
      { code: "D301", at: { path: ["data", "series", "time"] }, fix: { text: "day" } },
      { code: "D301", at: { path: ["data", "series", "group"] }, fix: { text: "shop" } },
    ])
  })

  test.each([
    ["window: 0", "expected a whole number from 1 to 65536, got 0"],
    ["window: 3, horizon: [3, 1]", "expected rising steps, each of them once"],
    ["window: 3, horizon: soon", "expected a number of steps such as 3, or a list of rising steps such as [1, 24]"],
    ["lookback: 3", "did you mean `window`?"],
    ["horizon: 2", "`window` is missing"],
    ["window: 3, gaps: fill", "split"],
  ])("%s", (series, message) => {
    expect(shown(file(series))).toContain(message)
  })

  test("a class at several steps, and proportions of classes, do not go with a series", () => {
    const of = 'busy: class, heat: number, "*": ignore'
    expect(shown(file("window: 3, horizon: 2", { of, head: "busy" }))).toContain(
      "error[D308]: `busy` is no number, so it is predicted at one step ahead, not at 2",
    )
    expect(shown(file("window: 3", { split: "stratify: shop" }))).toContain(
      "error[D304]: a series takes rows in their order, so it cannot have a class in equal proportions",
    )
    expect(shown("schema: 1\ndata: { source: moons, series: { window: 3 } }\nmodel: { layers: [{ head: label }] }\n")).toContain(
      "error[D308]: `series` makes windows of the rows of a table",
    )
  })
})
