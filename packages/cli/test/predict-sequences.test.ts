/** `train` and `predict` of texts and of series: rows as tokens, and the last window of each series. */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { beforeAll, describe, expect, test } from "vitest"
import { folder, jsonLines, run } from "./world.ts"

const models = {
  words: `schema: 1
name: words
data:
  source: words.csv
  columns: { note: { type: text, tokens: characters }, kind: class }
  split: { train: 80%, val: 0%, test: 20%, seed: 1 }
model: { layers: [{ embedding: 4 }, { gru: 6 }, { head: kind }] }
train: { seed: 1, epochs: 30, batch: 8, optimizer: { adam: { lr: 0.05 } } }
`,
  shops: `schema: 1
name: shops
data:
  source: shops.csv
  columns: { sold: { type: number, role: target, scale: standard }, "*": ignore }
  series: { window: 4, horizon: 2, time: day, group: shop }
  split: { train: 70%, val: 0%, test: 30% }
model: { layers: [flatten, { head: sold }] }
train: { seed: 1, epochs: 80, batch: 8, optimizer: { adam: { lr: 0.05 } } }
`,
}

const notes = ["yes please", "oh yes", "yes!", "no thanks", "no", "oh no"]

/** Days of two shops, which sell one more each day. */
const days = Array.from({ length: 30 }, (_, day) => [`${day},a,${day}`, `${day},b,${100 + day}`]).flat()

const header = "day,shop,sold"

const rows = Array.from({ length: 60 }, (_, i) => `${notes[i % 6]},${i % 6 < 3 ? "y" : "n"}`)

const directory = folder({
  ...Object.fromEntries(Object.entries(models).map(([name, text]) => [`${name}.yaml`, text])),
  "words.csv": `note,kind\n${rows.join("\n")}\n`,
  "shops.csv": `${header}\n${days.join("\n")}\n`,
})
const runs = join(directory, "runs")

const predict = async (name: string, file: string, text: string) => {
  const path = join(directory, file)
  writeFileSync(path, text)
  const done = await run(["predict", `${name}/1`, path, "--runs", runs])
  return { ...done, lines: jsonLines(done.stdout) }
}

beforeAll(async () => {
  for (const name of Object.keys(models))
    expect(await run(["train", join(directory, `${name}.yaml`), "--runs", runs])).toMatchObject({ code: 0 })
}, 60_000)

describe("sequences", () => {
  test("texts of a table and of lines of JSON have the same predictions, alone and among others", async () => {
    const table = await predict("words", "new.csv", "note\nyes yes\nno no no\n")
    expect(table.lines).toMatchObject([{ prediction: "y" }, { prediction: "n" }])
    const lines = await predict("words", "new.jsonl", '{"note":"no no no"}\n')
    expect(lines.lines).toMatchObject([{ ...table.lines[1], row: 1 }])
  })

  test("a series is predicted from its last window, by the name of the series", async () => {
    const { code, lines } = await predict("shops", "last.csv", `${header}\n${days.slice(-12).join("\n")}\n`)
    expect(code).toBe(0)
    expect(lines.map(({ id }) => id)).toEqual([
      { shop: "a", day: "29" },
      { shop: "b", day: "29" },
    ])
    const [a, b] = lines.map(({ prediction }) => prediction as { readonly [name: string]: number })
    for (const [shop, first] of [
      [a, 30],
      [b, 130],
    ] as const) {
      expect(Math.abs((shop?.["sold+1"] ?? 0) - first)).toBeLessThan(2)
      expect(Math.abs((shop?.["sold+2"] ?? 0) - first - 1)).toBeLessThan(2)
    }
  })

  test("rows of before the last windows change nothing, and lines of JSON are rows too", async () => {
    const last = days.slice(-8)
    const short = await predict("shops", "short.csv", `${header}\n${last.join("\n")}\n`)
    expect((await predict("shops", "all.csv", readFileSync(join(directory, "shops.csv"), "utf8"))).lines).toEqual(short.lines)
    const records = last.map((line) => {
      const [day = "", shop, sold = ""] = line.split(",")
      return JSON.stringify({ day: Number(day), shop, sold: Number(sold) })
    })
    expect((await predict("shops", "short.jsonl", `${records.join("\n")}\n`)).lines).toEqual(short.lines)
  })

  test("a series that is too short, or has a gap, is a line with its place; the others are predicted", async () => {
    const rows = [...days.slice(-12).filter((row) => !row.startsWith("28,a")), "1,c,5"]
    const { code, lines, stderr } = await predict("shops", "gap.csv", `${header}\n${rows.join("\n")}\n`)
    expect(code).not.toBe(0)
    expect(lines[0]?.error).toBe(
      `${join(directory, "gap.csv")}:11: row 10, column \`day\`: got "29", which is 2 after line 8, wanted 1, as between most rows; try: add the rows that are missing, or \`gaps: split\`, so that no window crosses the gap`,
    )
    expect(lines[1]).toHaveProperty("prediction")
    expect(lines[2]?.error).toContain("gap.csv:13: row 12, column `day`: got 1 row of its series up to here, wanted 4")
    expect(stderr).toContain("2 of 3 rows have no prediction")
  })

  test("a file without a column that windows need is refused", async () => {
    const { code, stderr } = await predict("shops", "lacks.csv", "day,sold\n1,2\n")
    expect(code).toBe(4)
    expect(stderr).toContain("lacks.csv: there is no column `shop`")
  })
})
