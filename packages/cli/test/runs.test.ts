/** `runs` and `compare`: lists of runs, and runs side by side. */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { sampleSpread } from "@adjoint/core/data/sampleSpread"
import * as fc from "fast-check"
import { beforeAll, describe, expect, test } from "vitest"
import { compare } from "../src/evaluate/Comparison.ts"
import { jsonSchema } from "../src/json/Events.ts"
import { accepts } from "./jsonSchema.ts"
import { folder, jsonLines, run } from "./world.ts"

const moons = `schema: 1
name: moons
data: { source: { moons: { count: 80 } }, split: { val: 20%, test: 20%, stratify: label, seed: 3 } }
model: { layers: [{ dense: { units: 4, activation: relu } }, { head: label }] }
train: { seed: 5, epochs: 2, batch: 16, metrics: [accuracy, log_loss], optimizer: { adam: { lr: 0.02 } } }
`
const directory = folder({ "moons.yaml": moons })
const file = join(directory, "moons.yaml")
const runs = join(directory, "runs")
const adjoint = (...args: ReadonlyArray<string>) => run([...args, "--runs", runs])
const events = async (...args: ReadonlyArray<string>) => {
  const { code, stdout } = await adjoint(...args, "--json")
  const lines = jsonLines(stdout)
  for (const line of lines) expect([line, accepts(jsonSchema(), line, jsonSchema())]).toEqual([line, true])
  return { code, lines }
}
const summary = (number: string) => JSON.parse(readFileSync(join(runs, "moons", number, "summary.json"), "utf8"))

beforeAll(async () => {
  for (const set of [["train.seed=1"], ["train.seed=2", "data.split.seed=4"], ["train.seed=3"], ["train.batch=8", "name=other"]])
    expect(await adjoint("train", file, ...set.flatMap((one) => ["--set", one]))).toMatchObject({ code: 0 })
})

describe("runs", () => {
  test("lists every run with its seed and its scores, the newest last", async () => {
    const { stdout } = await adjoint("runs")
    expect(stdout).toMatch(
      /^run +status +started +seed +epochs +time +scores\nmoons\/0001 {2}finished {2}\d{4}-\d\d-\d\d \d\d:\d\d/,
    )
    expect(
      stdout
        .trimEnd()
        .split("\n")
        .slice(1)
        .map((line) => line.split(/ +/)[0]),
    ).toEqual(["moons/0001", "moons/0002", "moons/0003", "other/0001"])
    const { lines } = await events("runs", "moons")
    expect(lines.map(({ number, seed, splitSeed }) => [number, seed, splitSeed])).toEqual([
      [1, 1, 3],
      [2, 2, 4],
      [3, 3, 3],
    ])
    expect(lines[1]).toMatchObject({ status: "finished", test: summary("0002").test, best: { monitor: "val.loss" } })
  })

  test("sorts by a score, the best first, whichever way it is better", async () => {
    for (const [sort, sign] of [
      ["test.accuracy", -1],
      ["val.log_loss", 1],
      ["test.loss", 1],
    ] as const) {
      const [part = "", name = ""] = sort.split(".")
      const { lines } = await events("runs", "--sort", sort)
      const values = lines.map((line) => line[part][name])
      expect(values).toEqual([...values].sort((a, b) => sign * (a - b)))
    }
  })

  test("tells a damaged run, one that was killed, and names and scores that are not there", async () => {
    mkdirSync(join(runs, "bad/0001"), { recursive: true })
    writeFileSync(join(runs, "bad/0001/command.json"), "{")
    const killed = join(runs, "killed/0001")
    mkdirSync(killed, { recursive: true })
    for (const name of ["command.json", "seeds.json"])
      writeFileSync(join(killed, name), readFileSync(join(runs, "moons/0001", name)))
    writeFileSync(join(killed, "env.json"), JSON.stringify({ host: "another", pid: 1 }))
    const listed = await adjoint("runs", "bad", "killed")
    expect(listed.stdout).toMatch(/\nbad\/0001 {5}damaged\nkilled\/0001 {2}running /)
    expect(listed.stderr).toContain("bad/0001/command.json is not what a run writes")
    expect((await events("runs", "--status", "damaged")).lines).toMatchObject([{ name: "bad", problem: expect.any(String) }])
    expect(await adjoint("compare", "bad/1", "moons/1")).toMatchObject({ code: 7 })
    rmSync(join(runs, "bad"), { recursive: true })
    rmSync(join(runs, "killed"), { recursive: true })
    expect(await adjoint("runs", "mons")).toMatchObject({ code: 2, stderr: expect.stringContaining("there are runs of moons") })
    expect(await adjoint("runs", "--sort", "test.acuracy")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--sort test.accuracy"),
    })
    expect(await run(["runs", "--runs", join(directory, "none")])).toMatchObject({ code: 0, stdout: "" })
  })
})

describe("compare", () => {
  test("runs that differ by their seeds alone are one model: mean and deviation", async () => {
    const { lines } = await events("compare", "moons")
    const scores = ["0001", "0002", "0003"].map((number) => summary(number).test.log_loss)
    const mean = (scores[0] + scores[1] + scores[2]) / 3
    const deviation = Math.sqrt(scores.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 2)
    const row = lines[0].scores.find(({ name }: { readonly name: string }) => name === "test.log_loss")
    expect(row.values).toEqual(scores)
    expect(row.mean).toBeCloseTo(mean, 12)
    expect(row.deviation).toBeCloseTo(deviation, 12)
    expect(lines[0]).toMatchObject({
      isOneModel: true,
      differs: [
        { path: "data.split.seed", values: [3, 4, 3] },
        { path: "train.seed", values: [1, 2, 3] },
      ],
    })
    const { stdout } = await adjoint("compare", "moons")
    expect(stdout).toMatch(/^ +moons\/0001 {2}moons\/0002 {2}moons\/0003 {2}mean ± deviation\nseed +1 +2 +3\n/)
    expect(stdout).toMatch(/\ntest\.log_loss +\d\.\d+ +\d\.\d+ +\d\.\d+ +\d\.\d+ ± 0\.\d+\n/)
    expect(stdout).toMatch(/\n\ndiffers: data\.split\.seed, train\.seed\n$/)
  })

  test("a run that was repeated has no deviation: it says nothing of how its scores vary", async () => {
    cpSync(join(runs, "moons/0001"), join(runs, "moons/0008"), { recursive: true })
    const { lines } = await events("compare", "moons/1", "moons/2", "moons/8")
    rmSync(join(runs, "moons/0008"), { recursive: true })
    expect(lines[0].isOneModel).toBe(false)
    expect(lines[0].scores.every((row: object) => !("mean" in row))).toBe(true)
  })

  test("other runs have no mean, and what differs is named", async () => {
    const { lines } = await events("compare", "moons/1", "other/latest")
    expect(lines[0].isOneModel).toBe(false)
    expect(lines[0].scores.every((row: object) => !("mean" in row))).toBe(true)
    expect(lines[0].differs.map(({ path }: { readonly path: string }) => path)).toEqual(["name", "train.seed", "train.batch"])
  })

  test("a narrow screen has the columns in blocks", async () => {
    const { stdout } = await run(["compare", "moons", "other", "--runs", runs], { screen: 60, env: { NO_COLOR: "1" } })
    expect(stdout.split("\n").filter((line) => line.includes("moons/0001") || line.includes("other/0001"))).toHaveLength(2)
    expect(Math.max(...stdout.split("\n").map(({ length }) => length))).toBeLessThanOrEqual(60)
  })

  test("one run alone is refused, and the same run twice is one", async () => {
    for (const all of [["moons/1"], ["moons/1", "moons/0001"], ["other"]])
      expect(await adjoint("compare", ...all)).toMatchObject({ code: 2, stdout: "" })
  })

  test("finds each place where plain documents differ, with the value of each run", () => {
    const document = fc.record({ a: fc.integer({ max: 3 }), b: fc.record({ c: fc.boolean(), d: fc.integer({ max: 2 }) }) })
    fc.assert(
      fc.property(fc.array(document, { minLength: 2, maxLength: 5 }), (documents) => {
        const { differs } = compare(documents.map((one, i) => ({ reference: `r/${i}`, document: one, beside: {} })))
        const wanted = (
          [
            { path: "a", values: documents.map(({ a }) => a) },
            { path: "b.c", values: documents.map(({ b }) => b.c) },
            { path: "b.d", values: documents.map(({ b }) => b.d) },
          ] as ReadonlyArray<{ readonly path: string; readonly values: ReadonlyArray<unknown> }>
        ).filter(({ values }) => new Set(values).size > 1)
        expect([...differs].sort((x, y) => (x.path < y.path ? -1 : 1))).toEqual(wanted)
      }),
    )
    expect(sampleSpread([2, 4, 4, 4, 5, 5, 7, 9])).toEqual({ mean: 5, deviation: Math.sqrt(32 / 7) })
  })
})
