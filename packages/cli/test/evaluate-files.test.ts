/** `evaluate RUN FILE`: new labelled rows, with intervals, beside the answer that looks at no input. */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { wilson } from "@adjoint/core/learning/Interval"
import { beforeAll, describe, expect, test } from "vitest"
import { jsonSchema } from "../src/json/Events.ts"
import { accepts } from "./jsonSchema.ts"
import { folder, jsonLines, run } from "./world.ts"

/** One person in four votes yes, and the older the more often. */
const people = Array.from({ length: 160 }, (_, i) => {
  const age = 18 + ((i * 13) % 60)
  const vote = age > 60 && i % 7 !== 0 ? "yes" : "no"
  return {
    age: i % 20 === 3 ? "" : String(age),
    town: ["a", "b", "c"][i % 3],
    vote,
    income: (900 + age * 31 + (i % 9) * 40).toFixed(0),
  }
})

const table = (rows: typeof people, columns: ReadonlyArray<keyof (typeof people)[number]>, delimiter = ";") =>
  [columns.join(delimiter), ...rows.map((row) => columns.map((name) => row[name]).join(delimiter))].join("\n")

const base = `schema: 1
name: NAME
data:
  source: { csv: { path: people.csv, delimiter: ";" } }
  columns:
    age: { type: number, scale: standard, missing: MISSING }
    town: TOWN
    vote: VOTE
    income: INCOME
  split: { val: 20%, test: 20%, seed: 3 }
model: { layers: [{ dense: { units: 6, activation: relu } }, HEADS] }
train: { seed: 2, epochs: 8, batch: 16, optimizer: { adam: 0.03 } MORE }
`
const filled = (values: { readonly [name: string]: string }) =>
  Object.entries({ MISSING: "median", TOWN: "category", VOTE: "ignore", INCOME: "ignore", MORE: "", ...values }).reduce(
    (text, [name, value]) => text.replace(name, value),
    base,
  )

const directory = folder({
  "people.csv": table(people, ["age", "town", "vote", "income"], ";"),
  "votes.yaml": filled({
    NAME: "votes",
    VOTE: "{ type: binary, role: target }",
    HEADS: "{ head: vote }",
    MORE: ", metrics: [accuracy, auroc, f1], regularize: { class_weight: balanced }",
  }),
  "incomes.yaml": filled({
    NAME: "incomes",
    MISSING: "drop",
    INCOME: "{ type: number, role: target, scale: standard }",
    HEADS: "{ head: income }",
    MORE: ", metrics: [mae, r2]",
  }),
  "both.yaml": filled({
    NAME: "both",
    VOTE: "{ type: binary, role: target }",
    INCOME: "{ type: number, role: target, scale: standard }",
    HEADS: "{ head: vote }, { head: income, from: dense1 }",
  }).replace("relu } }", "relu }, name: dense1 }"),
})
const runs = ["--runs", join(directory, "runs")]
const file = (name: string, text?: string): string => {
  if (text !== undefined) writeFileSync(join(directory, name), text)
  return join(directory, name)
}

beforeAll(async () => {
  for (const name of ["votes", "incomes", "both"])
    expect(await run(["train", file(`${name}.yaml`), ...runs])).toMatchObject({ code: 0 })
})

const evaluated = async (...args: ReadonlyArray<string>) => {
  const { code, stdout } = await run(["evaluate", ...args, ...runs, "--json"])
  const [event] = jsonLines(stdout)
  expect(accepts(jsonSchema(), event, jsonSchema())).toBe(true)
  return { code, event }
}

describe("evaluate RUN FILE", () => {
  test("scores new rows with fewer columns in another order, beside the answer that looks at no input", async () => {
    const rows = people.slice(0, 50)
    const path = file("new.csv", table(rows, ["vote", "town", "age"]))
    const { code, event } = await evaluated("votes/1", path)
    expect(code).toBe(0)
    expect(event).toMatchObject({ event: "evaluated_files", files: [path], rows: 50 })
    const always = rows.filter(({ vote }) => vote === "no").length / 50
    expect(event.baseline).toMatchObject({ answer: "no", scores: { accuracy: always, auroc: 0.5, f1: 0 } })
    expect(event.intervals.accuracy).toEqual(wilson(event.scores.accuracy, 50))
    expect(event.confusion.flat().reduce((sum: number, n: number) => sum + n, 0)).toBe(50)
    const { stdout } = await run(["evaluate", "votes/1", path, ...runs])
    expect(stdout).toMatch(/new\.csv · 50 rows\n +95 % +always `no`\n {2}loss {6}\d/)
    expect(stdout).toMatch(/\n {2}accuracy +\d\d\.\d\d% +\d\d\.\d\d% … \d+\.\d\d% +\d\d\.\d\d%\n/)
  })

  test("gives the run's own test rows the scores that they have as a part of its data", async () => {
    const all = await evaluated("votes/1", "--split", "train")
    const whole = await evaluated("votes/1", file("people.csv"))
    expect(whole.event.rows).toBe(160)
    expect(all.event.rows).toBe(96)
    // The loss weighs classes by the training rows, which the run recorded.
    const parts = await Promise.all(["train", "val", "test"].map((split) => evaluated("votes/1", "--split", split)))
    for (const score of ["loss", "accuracy"]) {
      const sum = parts.reduce((total, { event }) => total + event.rows * event[event.split][score], 0)
      expect(whole.event.scores[score]).toBeCloseTo(sum / 160, 6)
    }
    const summary = JSON.parse(readFileSync(join(directory, "runs/votes/0001/summary.json"), "utf8"))
    expect(parts[2]?.event.test).toEqual(summary.test)
  })

  test("regression: in the units of the target, rows with a blank left out as in training, and the training mean as baseline", async () => {
    const rows = people.slice(100)
    const { event } = await evaluated("incomes/1", file("more.csv", table(rows, ["income", "age", "town"])))
    const kept = rows.filter(({ age }) => age !== "")
    expect(event.rows).toBe(kept.length)
    expect(event.units).toEqual({ mae: "income" })
    const [mean = 0] = event.baseline.answer
    const mae = kept.reduce((sum, { income }) => sum + Math.abs(Number(income) - mean), 0) / kept.length
    expect(event.baseline.scores.mae).toBeCloseTo(mae, 2)
    expect(event.intervals.mae.low).toBeLessThan(event.scores.mae)
    expect(event.intervals.mae.high).toBeGreaterThan(event.scores.mae)
  })

  test("several heads: the answer of each", async () => {
    const { event } = await evaluated("both/1", file("people.csv"))
    expect(event.baseline.answer).toEqual({ vote: "no", income: [expect.any(Number)] })
    expect(Object.keys(event.intervals)).toEqual(
      expect.arrayContaining(["loss", "vote.loss", "income.loss", "vote.accuracy", "income.mae"]),
    )
    expect(event.intervals["vote.accuracy"]).toEqual(wilson(event.scores["vote.accuracy"], 160))
  })

  test("rows with weights count as often as they weigh", async () => {
    const [train, path] = [file("weighted.yaml"), file("heavy.csv")]
    writeFileSync(
      path,
      [`vote;age;town;heavy`, ...people.map(({ age, town, vote }, i) => `${vote};${age};${town};${1 + (i % 3)}`)].join("\n"),
    )
    writeFileSync(
      train,
      readFileSync(file("votes.yaml"), "utf8")
        .replace("name: votes", "name: weighted")
        .replace("people.csv", "heavy.csv")
        .replace("    income: ignore", "    heavy: weight"),
    )
    expect(await run(["train", train, ...runs])).toMatchObject({ code: 0, stderr: expect.not.stringContaining("internal error") })
    const { event } = await evaluated("weighted/1", "--split", "test")
    const summary = JSON.parse(readFileSync(join(directory, "runs/weighted/0001/summary.json"), "utf8"))
    expect(event.test).toEqual(summary.test)
    for (const score of ["loss", "accuracy", "auroc"]) {
      const { high, low } = event.intervals[score]
      expect(low < event.test[score] && event.test[score] < high).toBe(true)
    }
  })

  test("of a series: each window of the file, from its history in it", async () => {
    const hours = Array.from(
      { length: 160 },
      (_, i) =>
        `2026-01-${String(1 + Math.floor(i / 24)).padStart(2, "0")}T${String(i % 24).padStart(2, "0")}:00;${(10 + 5 * Math.sin(i / 4)).toFixed(3)}`,
    )
    writeFileSync(file("hours.csv"), ["hour;load", ...hours].join("\n"))
    writeFileSync(
      file("hours.yaml"),
      `schema: 1
name: hours
data:
  source: { csv: { path: hours.csv, delimiter: ";" } }
  columns: { load: { type: number, role: target, scale: standard }, "*": ignore }
  series: { window: 6, horizon: 1, time: hour }
  split: { train: 60%, val: 20%, test: 20% }
model: { layers: [flatten, { dense: 8 }, relu, { head: load }] }
train: { seed: 1, epochs: 6, batch: 16, optimizer: { adam: 0.02 }, metrics: [mae] }
`,
    )
    expect(await run(["train", file("hours.yaml"), ...runs])).toMatchObject({ code: 0 })
    writeFileSync(file("later.csv"), ["hour;load", ...hours.slice(100)].join("\n"))
    const { event } = await evaluated("hours/1", file("later.csv"))
    // 60 hours have 54 windows of 6 with an hour after them.
    expect(event).toMatchObject({ rows: 54, units: { mae: "load" } })
    expect(event.intervals.mae.high).toBeGreaterThan(event.scores.mae)
  })

  test.each<readonly [what: string, text: string, code: number, message: string]>([
    ["without the target", table(people, ["age", "town"]), 4, "bad-file.csv: there is no column `vote`"],
    ["without an input", table(people, ["age", "vote"]), 4, "bad-file.csv: there is no column `town`"],
    ["with a wrong cell", "age;town;vote\n20;a;no\nx;b;no\n", 4, 'bad-file.csv:3: row 2, column `age`: got "x"'],
    ["with a class that the run does not know", "age;town;vote\n20;a;perhaps\n", 4, "bad-file.csv:2: row 1, column `vote`"],
    ["with a blank target", "age;town;vote\n20;a;\n", 4, "bad-file.csv:2: row 1, column `vote`"],
    ["without rows", "age;town;vote\n", 4, "there is a header but no row"],
  ])("a file %s is refused with its place", async (_, text, code, message) => {
    const ran = await run(["evaluate", "votes/1", file("bad-file.csv", text), ...runs])
    expect(ran).toMatchObject({ code, stdout: "" })
    expect(ran.stderr).toContain(message)
  })

  test("files that make no sense together are refused", async () => {
    const path = file("people.csv")
    expect(await run(["evaluate", "votes/1", path, path, ...runs])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("rows of csv are in one file, not 2"),
    })
    expect(await run(["evaluate", "votes/1", path, "--split", "val", ...runs])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("leave out one of them"),
    })
    expect(await run(["evaluate", "votes/1", join(directory, "none.csv"), ...runs])).toMatchObject({ code: 4 })
  })
})
