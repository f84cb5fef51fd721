/** Large tables on the command line: the run of a streamed table is the run of the same table in memory, and its files go. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { beforeAll, describe, expect, test } from "vitest"
import { faulty } from "./faults.ts"
import { spawned, when } from "./process.ts"
import { folder, run } from "./world.ts"

const table = `size,colour,answer\n${Array.from({ length: 400 }, (_, i) => {
  const size = ((i * 37) % 101) / 8
  return `${i % 50 === 0 ? "" : size},${["red", "green", "blue"][i % 3]},${size > 6 === (i % 3 > 0) ? "yes" : "no"}\n`
}).join("")}`

const model = (epochs: number): string => `schema: 1
name: large
data:
  source: large.csv
  columns: { size: { type: number, missing: median, scale: standard }, colour: category, answer: class }
  split: { val: 20%, test: 20%, stratify: answer, seed: 3 }
model: { layers: [{ dense: { units: 8, activation: relu } }, { dropout: 0.1 }, { head: answer }] }
train: { seed: 5, epochs: ${epochs}, batch: 16, optimizer: { adam: { lr: 0.01 } }, metrics: [accuracy] }
`

const directory = folder({ "large.csv": table, "large.yaml": model(4), "long.yaml": model(4000) })
const [held, streamed] = [join(directory, "held"), join(directory, "streamed")]
const cache = join(directory, "cache")
const env = { ADJOINT_STREAM_FROM: "1", ADJOINT_CACHE: cache }

const file = (name: string): string => join(directory, name)

/** What must not depend on where the rows are. */
const resultOf = (runs: string, reference: string) => {
  const read = (name: string): string => readFileSync(join(runs, reference, name)).toString("base64")
  const { parent: _, seconds: __, ...summary } = JSON.parse(readFileSync(join(runs, reference, "summary.json"), "utf8"))
  const names = ["last/weights", "last/optimizer", "best/weights"].map((name) => `checkpoints/${name}.safetensors`)
  return { summary, files: [...names, "metrics.jsonl", "metrics.csv", "data.lock.json", "preprocess.json"].map(read) }
}

beforeAll(async () => {
  expect(await run(["train", file("large.yaml"), "--runs", held])).toMatchObject({ code: 0 })
  expect(await run(["train", file("large.yaml"), "--runs", streamed], { env })).toMatchObject({ code: 0 })
}, 60_000)

describe("a table that is streamed", () => {
  test("has the weights, the metrics and the summary of a table in memory, and leaves no file", () => {
    expect(resultOf(streamed, "large/0001")).toEqual(resultOf(held, "large/0001"))
    expect(readdirSync(cache)).toEqual([])
  })

  test("is evaluated and predicted from as a table in memory", async () => {
    const rows = file("rows.csv")
    writeFileSync(rows, "size,colour\n3,red\n9,blue\n")
    for (const args of [
      ["evaluate", "large/0001", "--json"],
      ["evaluate", "large/0001", "--split", "train"],
      ["predict", "large/0001", rows],
    ]) {
      const [a, b] = [await run([...args, "--runs", held]), await run([...args, "--runs", streamed], { env })]
      expect({ ...b, stdout: b.stdout.replaceAll(streamed, held) }).toEqual(a)
      expect(a.code).toBe(0)
    }
    expect(readdirSync(cache)).toEqual([])
  })

  test("is resumed after an interruption, in memory or not, to the same bits", async () => {
    const runs = folder()
    const args = ["train", file("long.yaml"), "--runs", runs]
    const stopped = await spawned(args, { env, meanwhile: when("epoch 3/", "SIGINT") })
    expect(stopped).toMatchObject({ code: 130, stderr: expect.stringContaining("large/0001") })
    expect(readdirSync(cache)).toEqual([])
    const { epoch } = JSON.parse(readFileSync(join(runs, "large/0001/checkpoints/last/state.json"), "utf8"))
    const until = ["--resume", "large/0001", "--runs", runs, "--set", `train.epochs=${epoch + 2}`]
    expect(await run(["train", ...until])).toMatchObject({ code: 0 })
    expect(await run(["train", ...until], { env })).toMatchObject({ code: 0 })
    expect(resultOf(runs, "large/0003")).toEqual(resultOf(runs, "large/0002"))
  })

  test("needs a folder for its files, with room: otherwise nothing is begun, and the exit code is 8", async () => {
    const runs = folder()
    const blocked = file("blocked")
    writeFileSync(blocked, "")
    const args = ["train", file("large.yaml"), "--runs", runs]
    const { code, stderr } = await run(args, { env: { ...env, ADJOINT_CACHE: join(blocked, "in") } })
    expect({ code, stderr: stderr.replaceAll(directory, "DIR") }).toEqual({
      code: 8,
      stderr: `error: DIR/blocked/in: rows cannot be kept there: ENOTDIR
  try: ADJOINT_CACHE=DIR, a folder on a disk with room, where you may write
`,
    })
    mkdirSync(cache, { recursive: true })
    const full = await spawned(args, { env, node: faulty({ under: cache, what: "ENOSPC", at: 2, only: "write", lasts: true }) })
    expect(full).toMatchObject({
      code: 8,
      stderr: expect.stringMatching(/cache\S*: rows cannot be kept there: no space left on device/),
    })
    expect([readdirSync(runs), readdirSync(cache)]).toEqual([[], []])
  })
})

describe("data and evaluate read a large table as one in memory", () => {
  const recorded = JSON.parse(
    readFileSync(join(import.meta.dirname, "../../core/test/recorded/tables-pyarrow.json"), "utf8"),
  ) as { readonly files: { readonly [name: string]: string } }
  const tables = {
    "rows.csv": table,
    "rows.jsonl": table
      .trim()
      .split("\n")
      .slice(1)
      .map((line) => line.split(","))
      .map(([size = "", colour, answer]) => JSON.stringify({ size: size === "" ? null : Number(size), colour, answer, rest: {} }))
      .join("\n"),
    "rows.parquet": Buffer.from(recorded.files["zstd.parquet"] ?? "", "base64"),
  }
  const columns = {
    "rows.csv": "{ size: { type: number, missing: median }, colour: category, answer: class }",
    "rows.jsonl": '{ size: { type: number, missing: median }, colour: category, answer: class, "*": ignore }',
    "rows.parquet": '{ double: { type: number, missing: mean }, byte: number, name: class, "*": ignore }',
  }
  test.each(Object.entries(tables))("data: %s", async (name, bytes) => {
    writeFileSync(file(name), bytes)
    const source = `schema: 1\ndata: { source: ${name}, columns: ${columns[name as keyof typeof columns]}, split: { val: 25%, seed: 1 } }\n`
    writeFileSync(file(`${name}.yaml`), source)
    for (const flags of [[], ["--json"], ["--sample", "2"]]) {
      const args = ["data", file(`${name}.yaml`), ...flags]
      const [a, b] = [await run(args), await run(args, { env })]
      expect(b).toEqual(a)
      expect(a.stdout).not.toBe("")
    }
    expect(readdirSync(cache)).toEqual([])
  })
  test("evaluate RUN FILE", async () => {
    for (const args of [
      ["evaluate", "large/0001", file("rows.csv"), "--json"],
      ["evaluate", "large/0001", file("rows.jsonl")],
      ["evaluate", "large/0001", file("rows.parquet")],
    ]) {
      const [a, b] = [await run([...args, "--runs", held]), await run([...args, "--runs", held], { env })]
      expect(b).toEqual(a)
    }
    expect(readdirSync(cache)).toEqual([])
  })
})
