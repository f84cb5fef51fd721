/** What `evaluate` says of classes, be there few or many. */
import { join } from "node:path"
import { columns } from "@adjoint/dsl/diagnostic/Printable"
import { beforeAll, describe, expect, test } from "vitest"
import { type Classes, printClasses } from "../src/verbs/evaluateClasses.ts"
import { examples, folder, run } from "./world.ts"

const flowers = `schema: 1
name: flowers
data:
  source: ${join(examples, "data/iris.csv")}
  columns: { "*": { type: number, scale: standard }, species: class }
  split: { val: 20%, test: 20%, stratify: species, seed: 1 }
model: { layers: [{ dense: { units: 8, activation: relu } }, { head: species }] }
train: { seed: 1, epochs: 10, batch: 16, optimizer: { adam: { lr: 0.02 } } }
`
const directory = folder({ "flowers.yaml": flowers })
const runs = join(directory, "runs")
const plain = (_: string, text: string): string => text

beforeAll(async () => {
  expect(await run(["train", join(directory, "flowers.yaml"), "--runs", runs])).toMatchObject({ code: 0 })
})

describe("evaluate", () => {
  test("reports precision, recall and F1 of each class, as the confusion matrix has them", async () => {
    const { stdout } = await run(["evaluate", "flowers/1", "--runs", runs, "--json"])
    const { classes, confusion } = JSON.parse(stdout) as Required<Classes>
    expect(classes.map(({ name }) => name)).toEqual(["setosa", "versicolor", "virginica"])
    classes.forEach(({ f1, precision, recall, support }, k) => {
      const right = confusion[k]?.[k] ?? Number.NaN
      expect(support).toBe(10)
      expect(recall).toBeCloseTo(right / 10, 12)
      expect(precision).toBeCloseTo(right / confusion.reduce((sum, row) => sum + (row[k] ?? 0), 0), 12)
      expect(f1).toBeCloseTo((2 * precision * recall) / (precision + recall), 12)
    })
    const shown = (await run(["evaluate", "flowers/1", "--runs", runs])).stdout
    expect(shown).toMatch(/class {2}precision {5}recall {9}f1 {2}support\n {6}setosa {5}\d\.\d{4}/)
  })
})

/** Classes of a hundred samples each, of which as many are right as their number says. */
const alike = (count: number): Required<Classes> => ({
  confusion: Array.from({ length: count }, (_, i) =>
    Array.from({ length: count }, (_, j) => (j === i ? i + 1 : j === (i + 1) % count ? 99 - i : 0)),
  ),
  classes: Array.from({ length: count }, (_, i) => ({
    name: `c${i}`,
    precision: (i + 1) / 100,
    recall: (i + 1) / 100,
    f1: (i + 1) / 100,
    support: 100,
  })),
})

describe("printClasses", () => {
  test("of ten classes shows the matrix and a line for each", () => {
    expect(`${printClasses(alike(10), { style: plain, width: 80 }).join("\n")}\n`).toMatchInlineSnapshot(`
      "
        truth down, prediction across
            c0 c1 c2 c3 c4 c5 c6 c7 c8 c9
        c0   1 99  ·  ·  ·  ·  ·  ·  ·  ·
        c1   ·  2 98  ·  ·  ·  ·  ·  ·  ·
        c2   ·  ·  3 97  ·  ·  ·  ·  ·  ·
        c3   ·  ·  ·  4 96  ·  ·  ·  ·  ·
        c4   ·  ·  ·  ·  5 95  ·  ·  ·  ·
        c5   ·  ·  ·  ·  ·  6 94  ·  ·  ·
        c6   ·  ·  ·  ·  ·  ·  7 93  ·  ·
        c7   ·  ·  ·  ·  ·  ·  ·  8 92  ·
        c8   ·  ·  ·  ·  ·  ·  ·  ·  9 91
        c9  90  ·  ·  ·  ·  ·  ·  ·  · 10

        class  precision     recall         f1  support
           c0     0.0100     0.0100     0.0100      100
           c1     0.0200     0.0200     0.0200      100
           c2     0.0300     0.0300     0.0300      100
           c3     0.0400     0.0400     0.0400      100
           c4     0.0500     0.0500     0.0500      100
           c5     0.0600     0.0600     0.0600      100
           c6     0.0700     0.0700     0.0700      100
           c7     0.0800     0.0800     0.0800      100
           c8     0.0900     0.0900     0.0900      100
           c9     0.1000     0.1000     0.1000      100
      "
    `)
  })

  test("of a hundred shows those that fare worst, and where the others are", () => {
    const lines = printClasses(alike(100), { style: plain, width: 80 })
    expect(lines.slice(0, 4)).toEqual(["", "  confused most: how often, truth → prediction", "  99 c0 → c1", "  98 c1 → c2"])
    expect(lines).toHaveLength(2 + 10 + 2 + 20 + 1)
    expect(lines[14]).toBe("     c0     0.0100     0.0100     0.0100      100")
    expect(lines.at(-1)).toBe("  the 20 of 100 classes with the lowest f1; --json has all")
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(80)
  })

  test.each([60, 80, 120])("fits a screen of %i columns whatever the names are, and tells the classes apart", (width) => {
    for (const count of [3, 12, 20, 40]) {
      const { classes, confusion } = alike(count)
      const named = classes.map((each, i) => ({ ...each, name: `class-${"long-".repeat(8)}${i}-${"name-".repeat(6)}日本` }))
      const lines = printClasses({ confusion, classes: named }, { style: plain, width })
      expect(Math.max(...lines.map(columns))).toBeLessThanOrEqual(width)
      const report = lines.slice(lines.findIndex((line) => line.includes("precision")) + 1).slice(0, Math.min(count, 20))
      expect(new Set(report.map((line) => line.split(/ {2,}/)[1])).size).toBe(report.length)
    }
  })

  test("heads the matrix with numbers where the names have no room", () => {
    const { classes, confusion } = alike(3)
    const named = classes.map((each, i) => ({ ...each, name: `a rather long name ${i}` }))
    expect(printClasses({ confusion, classes: named }, { style: plain, width: 60 }).slice(2, 6)).toEqual([
      "                           1  2  3",
      "  a rather long name 0 1   1 99  ·",
      "  a rather long name 1 2   ·  2 98",
      "  a rather long name 2 3  97  ·  3",
    ])
  })
})
