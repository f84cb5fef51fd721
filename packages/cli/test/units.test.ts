/** Scores of a target that the net learns scaled, or as a logarithm, are in the unit that it was measured in. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { beforeAll, describe, expect, test } from "vitest"
import { folder, run } from "./world.ts"

interface House {
  readonly area: number
  readonly price: number
  readonly rent: number
}

/** Houses whose prices are hundreds of thousands, and whose rents are some hundreds, neither quite a line of the area. */
const houses = (count: number, from: number): ReadonlyArray<House> =>
  Array.from({ length: count }, (_, i) => {
    const area = 40 + (((from + i) * 37) % 110)
    return { area, price: 3000 * area + 40_000 * Math.sin(area), rent: 7 * area + 90 * Math.cos(area) }
  })

const csv = (rows: ReadonlyArray<House>): string =>
  ["area,price,rent", ...rows.map(({ area, price, rent }) => `${area},${price},${rent}`)].join("\n")

const model = (name: string, price: string, rent: string, train = "metrics: [mae, mse, rmse, r2]") => `schema: 1
name: ${name}
data:
  source: houses.csv
  test: others.csv
  columns: { area: { type: number, scale: standard }, price: ${price}, rent: ${rent} }
  split: { val: 20%, seed: 1 }
model: { layers: [{ dense: { units: 4, activation: tanh } }, { head: price }] }
train: { seed: 1, epochs: 6, batch: 16, optimizer: { adam: { lr: 0.02 } }, ${train} }
`

const target = (how: string) => `{ type: number, role: target, ${how} }`

const others = houses(30, 3)
const directory = folder({
  "houses.csv": csv(houses(100, 0)),
  "others.csv": csv(others),
  "scaled.yaml": model("scaled", target("scale: standard"), "ignore"),
  "logarithm.yaml": model("logarithm", target("transform: log1p, scale: standard"), "ignore"),
  "two.yaml": model("two", target("transform: log1p"), target("scale: { minmax: [-1, 1] }")),
  "bare.yaml": model("bare", target("scale: standard"), "ignore", "metrics: []"),
  "patient.yaml": model(
    "patient",
    target("scale: standard"),
    "ignore",
    "callbacks: [{ early_stop: { monitor: val.mae, min_delta: 1e9, patience: 2 } }]",
  ),
})
const runs = join(directory, "runs")
const file = (name: string) => join(directory, name)
const kept = (name: string, what: string) => join(runs, name, "0001", what)
const json = (text: string) => JSON.parse(text)

const ran: { [name: string]: Awaited<ReturnType<typeof run>> } = {}

beforeAll(async () => {
  for (const name of ["scaled", "logarithm", "two", "bare", "patient"])
    ran[name] = await run(["train", file(`${name}.yaml`), "--runs", runs])
})

const mean = (xs: ReadonlyArray<number>): number => xs.reduce((sum, x) => sum + x, 0) / xs.length

/** The scores of what `predict` answers, by their definitions, in doubles. */
const byHand = async (name: string, columns: ReadonlyArray<"price" | "rent">) => {
  const { stdout } = await run(["predict", `${name}/0001`, file("others.csv"), "--runs", runs])
  const said = stdout
    .trim()
    .split("\n")
    .map((line) => json(line).prediction)
  const apart = columns.map((column) =>
    others.map((house, i) => (columns.length === 1 ? said[i] : said[i][column]) - house[column]),
  )
  const mse = mean(apart.map((each) => mean(each.map((d) => d * d))))
  const r2 = columns.map((column, k) => {
    const middle = mean(others.map((house) => house[column]))
    return 1 - mean((apart[k] ?? []).map((d) => d * d)) / mean(others.map((house) => (house[column] - middle) ** 2))
  })
  return { mae: mean(apart.map((each) => mean(each.map(Math.abs)))), mse, rmse: Math.sqrt(mse), r2: mean(r2) }
}

describe.each([
  ["scaled", ["price"], { mae: "price", mse: "price²", rmse: "price" }],
  ["logarithm", ["price"], { mae: "price", mse: "price²", rmse: "price" }],
  ["two", ["price", "rent"], { mae: "price and rent", mse: "price² and rent²", rmse: "price and rent" }],
] as const)("%s", (name, columns, units) => {
  test("scores are those of what predict answers", async () => {
    expect(ran[name]).toMatchObject({ code: 0 })
    const { stdout } = await run(["evaluate", `${name}/0001`, "--runs", runs, "--json"])
    const evaluated = json(stdout)
    const wanted = await byHand(name, columns)
    // A prediction is rounded to a float, of which the net's own output has as many digits.
    for (const [score, value] of Object.entries(wanted)) expect(evaluated.test[score] / value).toBeCloseTo(1, 5)
    expect(evaluated.units).toEqual(units)
    const summary = json(readFileSync(kept(name, "summary.json"), "utf8"))
    expect(summary.test).toEqual(evaluated.test)
    expect(summary.units).toEqual(units)
  })
})

test("the unit of every score is said to a person, and the loss is called scaled", async () => {
  const { stderr = "", stdout = "" } = ran.scaled ?? {}
  expect(stderr).toContain("scores: loss scaled, mae in units of price, mse in units of price², rmse in units of price\n")
  expect(stderr).toMatch(/baselines: mean mse \d\.\d\de\+\d+, scaled \d\.\d{4} · linear mae \S+ \(in units of \w+\)/)
  expect(stderr).toMatch(/best val\.loss \d\.\d{4} \(scaled\) in epoch/)
  expect(stdout).toMatch(/test\.loss \d\.\d{4} \(scaled\) {2}test\.mae \d{5,6} \(in units of price\)/)
  const { stdout: evaluated } = await run(["evaluate", "scaled/0001", "--runs", runs])
  expect(evaluated).toMatch(/^ {2}loss +\d\.\d{4} scaled /m)
  expect(evaluated).toMatch(/^ {2}mse +\S+ in units of price² /m)
  expect(evaluated).toMatch(/^ {2}r2 +-?\d\.\d{4} {3,}/m)
})

test("the units are reported to a program before any score", async () => {
  const { stdout } = await run(["train", file("scaled.yaml"), "--runs", join(directory, "told"), "--json"])
  const events = stdout.trim().split("\n").map(json)
  const units = { mae: "price", mse: "price²", rmse: "price" }
  expect(events[0]).toMatchObject({ event: "run", units })
  expect(events.at(-1)).toMatchObject({ event: "summary", units })
})

test("what watches a score sees what is shown", () => {
  const { code, stderr } = ran.patient ?? { code: -1, stderr: "" }
  expect(code).toBe(0)
  const [, shown, epoch] =
    /stopped early after epoch 3, best val\.mae (\d+) \(in units of price\) in epoch (\d)/.exec(stderr) ?? []
  expect(epoch).toBe("1")
  const [first] = readFileSync(kept("patient", "metrics.jsonl"), "utf8").split("\n")
  expect(Math.round(json(first ?? "")["val.mae"])).toBe(Number(shown))
})

test("the weights are those of a run without scores", () => {
  const weights = (name: string) => readFileSync(kept(name, "checkpoints/last/weights.safetensors"))
  expect(weights("scaled").equals(weights("bare"))).toBe(true)
})

test("a run that is taken up scores as one that went through", async () => {
  const parts = join(directory, "parts")
  const train = (...args: ReadonlyArray<string>) => run(["train", ...args, "--runs", parts])
  expect(await train(file("logarithm.yaml"), "--set", "train.epochs=2")).toMatchObject({ code: 0 })
  expect(await train("--resume", "logarithm/0001", "--set", "train.epochs=6")).toMatchObject({ code: 0 })
  const metrics = (root: string, number: string) => readFileSync(join(root, "logarithm", number, "metrics.jsonl"), "utf8")
  expect(metrics(parts, "0002")).toBe(metrics(runs, "0001"))
})
