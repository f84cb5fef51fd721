/** Columns of many kinds, from the model file through training to evaluation and prediction. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { beforeAll, describe, expect, test } from "vitest"
import { examples, folder, jsonLines, run } from "./world.ts"

const tickets = join(examples, "data/tickets.csv")

const tags = `schema: 1
name: tags
data:
  source: ${tickets}
  columns:
    ticket: id
    customer: id
    opened: { type: date, parts: [month, hour], cyclic: true }
    product: { type: category, hash: 4 }
    priority: { type: ordinal, order: [low, normal, high, urgent], role: target, missing: drop }
    tags: { type: set, role: target, missing: empty }
    "*": ignore
  split: { seed: 1 }
model: { layers: [{ dense: { units: 4, activation: relu } }, { head: priority }, { head: tags }] }
train: { seed: 1, epochs: 2, batch: 32 }
`

const work = folder({ "tags.yaml": tags })
const runs = join(work, "runs")

beforeAll(async () => {
  for (const file of [join(examples, "tickets.yaml"), join(work, "tags.yaml")])
    expect(await run(["train", file, "--runs", runs])).toMatchObject({ code: 0 })
}, 60_000)

const predicted = (stdin: string, model: string, ...flags: ReadonlyArray<string>) =>
  run(["predict", model, "--runs", runs, ...flags], { stdin })

const rows = readFileSync(tickets, "utf8").trim().split("\n")
const [header = ""] = rows

describe("predict", () => {
  test("repeats the name of a row, also beside an error, and `null` for a blank one", async () => {
    const good = "2023-08-05T09:00,urgent,chair,broken,1,no"
    const wrong = "2023-08-05T09:00,urgentt,chair,broken,1,no"
    const { code, stdout } = await predicted(
      [header, `T1,c1,${good}`, `T2,c1,${wrong}`, `,c1,${good}`, ""].join("\n"),
      "tickets/1",
    )
    expect(code).toBe(4)
    const [first, second, third] = jsonLines(stdout)
    expect(first).toMatchObject({ row: 1, id: "T1", prediction: "no" })
    expect(second).toEqual({
      row: 2,
      id: "T2",
      error: `stdin:3: row 2, column \`priority\`: got "urgentt", wanted one of "low", "normal", "high", "urgent"; try: "urgent", or add it to \`order\``,
    })
    expect(third).toEqual({ ...first, row: 3, id: null })
    const events = await predicted(`${header}\nT1,c1,${good}\n`, "tickets/1", "--json")
    expect(jsonLines(events.stdout)).toEqual([{ version: 1, event: "predicted", ...first }])
  })

  test("takes records with lists, numbers and without the columns that are no inputs", async () => {
    const record = { opened: "2023-08-05T09:00", priority: "low", product: "chair" }
    const lines = [
      { ...record, ticket: 7, tags: ["broken", "late"] },
      { ...record, tags: "broken|late" },
      { ...record, tags: null },
      { ...record, tags: ["unheard"] },
      { ...record, tags: "", opened: ["2023-08-05"] },
    ]
    const { code, stdout } = await predicted(lines.map((line) => JSON.stringify(line)).join("\n"), "tickets/1")
    expect(code).toBe(4)
    const [listed, joined, none, unknown, list] = jsonLines(stdout)
    expect(listed).toEqual({ ...joined, row: 1, id: "7" })
    expect(joined.id).toBe(null)
    expect(none.probability).not.toBe(joined.probability)
    expect(unknown.error).toContain('column `tags`: got "unheard", wanted one of')
    expect(list.error).toContain("column `opened`: got a list;")
  })

  test("answers a set with a list, an ordinal with a class in its order, and several names of rows by column", async () => {
    const { code, stdout } = await predicted(rows.slice(0, 3).join("\n"), "tags/1")
    expect(code).toBe(0)
    for (const answer of jsonLines(stdout)) {
      expect(Object.keys(answer.id)).toEqual(["ticket", "customer"])
      expect(Object.keys(answer.probabilities.priority)).toEqual(["low", "normal", "high", "urgent"])
      const likely = Object.entries(answer.probabilities.tags).flatMap(([name, p]) => (Number(p) > 0.5 ? [name] : []))
      expect(answer.prediction.tags).toEqual(likely)
      expect(Object.keys(answer.probabilities.tags)).toEqual(["broken", "colour", "invoice", "late", "refund"])
    }
  })
})

describe("a run", () => {
  test("stores what it learned as numbers", () => {
    const fitted = JSON.parse(readFileSync(join(runs, "tickets/0001/preprocess.json"), "utf8"))
    expect(fitted).toMatchObject({ ids: ["ticket"], weight: { name: "weight", fill: null } })
    expect(fitted.weight.divide).toBeGreaterThan(1)
    const [, priority, product] = fitted.input.columns
    expect(priority).toMatchObject({ order: ["low", "normal", "high", "urgent"], subtract: 0, divide: 3 })
    expect(product.categories.at(-1)).toBe("other")
  })

  test("evaluates to the scores that it reported, in which rows have their weights", async () => {
    const { stdout } = await run(["evaluate", "tickets/1", "--runs", runs, "--json"])
    const found = jsonLines(stdout).find(({ event }) => event === "evaluated")
    const summary = JSON.parse(readFileSync(join(runs, "tickets/0001/summary.json"), "utf8"))
    expect(found.test).toEqual(summary.test)
    // The confusion counts rows, and accuracy their weights.
    const counts: ReadonlyArray<ReadonlyArray<number>> = found.confusion
    const right = counts.reduce((sum, row, i) => sum + (row[i] ?? 0), 0)
    expect(found.test.accuracy).not.toBe(right / counts.flat().reduce((sum, n) => sum + n, 0))
  })
})
