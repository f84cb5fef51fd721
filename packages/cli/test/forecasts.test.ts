/** Forecasts: each series has a panel of its own, and rows are drawn in the order of time, however the table has them. */
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { expect, test } from "vitest"
import { folder, run } from "./world.ts"

const days = Array.from(
  { length: 40 },
  (_, i) => `2024-${i < 31 ? "01" : "02"}-${String(i < 31 ? i + 1 : i - 30).padStart(2, "0")}`,
)
const shops = days.flatMap((day, i) => [`${day},b<i>,${i}`, `${day},a,${100 - i}`])
/** The time rises by 7 modulo 41 from row to row, and y with the time. */
const shuffled = Array.from({ length: 40 }, (_, i) => (7 * (i + 1)) % 41).map((t) => `${t},${t % 5},${t}`)

const model = (name: string, columns: string, rest: string, head: string) => `schema: 1
name: ${name}
data:
  source: ${name}.csv
  columns: ${columns}
  ${rest}
model: { layers: [flatten, { dense: { units: 2 } }, { head: ${head} }] }
train: { seed: 1, epochs: 1, batch: 8 }
`
const directory = folder({
  "shops.csv": ["day,shop,sales", ...shops].join("\n"),
  "shops.yaml": model(
    "shops",
    "{ day: date, shop: group, sales: { type: number, role: target } }",
    "series: { time: day, window: 3, horizon: 1 }\n  split: { by: order, test: 30% }",
    "sales",
  ),
  "shuffled.csv": ["t,x,y", ...shuffled].join("\n"),
  "shuffled.yaml": model(
    "shuffled",
    "{ t: ignore, x: number, y: { type: number, role: target } }",
    "split: { by: { order: t }, test: 10 }",
    "y",
  ).replace("flatten, ", ""),
})

const drawn = async (name: string) => {
  const args = ["train", join(directory, `${name}.yaml`), "--runs", join(directory, "runs")]
  expect(await run(args, { report: true })).toMatchObject({ code: 0, stderr: expect.not.stringContaining("report was not") })
  return readFileSync(join(directory, `runs/${name}/0001/plots/forecast.svg`), "utf8")
}

test("of several series, one is not drawn after the other", async () => {
  const svg = await drawn("shops")
  expect(svg).toContain(">a</text>")
  expect(svg).toContain(">b&lt;i&gt;</text>")
  expect(svg).toContain("in the order of time of 2 series")
  expect(existsSync(join(directory, "runs/shops/0001/plots/filters-first-layer.svg"))).toBe(false)
})

test("of rows that a column puts in order, the truth is drawn in that order", async () => {
  const svg = await drawn("shuffled")
  // The first line is the truth, which rises with the time: on the screen y falls.
  const [, path = ""] = /<path class="line" stroke="var\(--tone7\)" d="([^"]+)"/u.exec(svg) ?? []
  const heights = [...path.matchAll(/[ML][\d.]+,([\d.]+)/gu)].map(([, y]) => Number(y))
  expect(heights).toHaveLength(10)
  expect(heights).toEqual(heights.toSorted((a, b) => b - a))
})
