/** Every verb prints lines that the published schema of events describes, whatever becomes of it. */
import type { ChildProcess } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { beforeAll, describe, expect, test } from "vitest"
import { verbs } from "../src/command/Adjoint.ts"
import { Event, jsonSchema } from "../src/json/Events.ts"
import { line } from "../src/json/Line.ts"
import { accepts } from "./jsonSchema.ts"
import { spawned } from "./process.ts"
import { type Circumstances, folder, run } from "./world.ts"

const flowers = `schema: 1
name: flowers
data:
  source: { csv: { path: flowers.csv } }
  columns: { length: { type: number, scale: standard }, kind: class }
  split: { seed: 1, val: 20%, test: 20% }
model: { layers: [{ dense: 4 }, relu, { head: kind }] }
train: { seed: 1, epochs: 2, batch: 8, metrics: [accuracy], optimizer: { adam: 0.01 } }
`

const machine = `schema: 1
name: pre
data: { source: { moons: { count: 60 } }, split: { seed: 1, val: 20%, test: 20% } }
model: { layers: [{ dense: { units: 4, activation: sigmoid }, name: h1 }, { head: label }] }
pretrain: [{ rbm: { layer: h1, epochs: 1, visible: gaussian } }]
train: { epochs: 2 }
`

const rows = Array.from({ length: 60 }, (_, i) => `${(i % 20) / 5},${i % 3 === 0 ? "rose" : "iris"}`)

const directory = folder({
  "flowers.yaml": flowers,
  "flowers.csv": ["length,kind", ...rows].join("\n"),
  "bad.yaml": flowers.replace("relu", "relo"),
  "wild.yaml": flowers.replace("adam: 0.01", "sgd: 1e30").replace("name: flowers", "name: wild"),
  "machine.yaml": machine,
  "strict.yaml": flowers.replace("name: flowers", "name: strict").concat("evaluate: { fail_under: { accuracy: 1.5 } }\n"),
  "new.csv": "length\n1.5\nx\n2\n",
})

const at = (file: string) => join(directory, file)

const runs = ["--runs", directory]

type Line = typeof Event.Encoded

const decode = Schema.decodeUnknownResult(Event, { onExcessProperty: "error" })

const published = jsonSchema()

/** The lines that a command printed, held to the schema. */
const lines = async (args: ReadonlyArray<string>, circumstances: Circumstances = {}) => {
  const { code, stdout } = await run([...args, "--json"], circumstances)
  const read = stdout.split("\n").slice(0, -1)
  for (const line of read) {
    const value: unknown = JSON.parse(line)
    const decoded = decode(value)
    expect([line, Result.isFailure(decoded) ? decoded.failure.message : undefined]).toEqual([line, undefined])
    expect([line, accepts(published, value, published)]).toEqual([line, true])
  }
  return { code, lines: read.map((line) => JSON.parse(line) as Line) }
}

const events = async (args: ReadonlyArray<string>, circumstances?: Circumstances) => {
  const { code, lines: read } = await lines(args, circumstances)
  return { code, events: [...new Set(read.map(({ event }) => event))] }
}

beforeAll(async () => {
  expect(await run(["train", at("flowers.yaml"), ...runs])).toMatchObject({ code: 0 })
})

describe("--json", () => {
  test("is a flag of every verb", async () => {
    const takers = await Promise.all(verbs.map(async (verb) => (await run(["help", verb])).stdout.includes("--json")))
    expect(verbs.filter((_, i) => takers[i] !== true)).toEqual([])
  })

  test.each<readonly [args: string, code: number, events: ReadonlyArray<Line["event"]>]>([
    ["check flowers.yaml", 0, ["checked"]],
    ["check bad.yaml", 3, ["checked", "failed"]],
    ["check missing.yaml", 3, ["checked", "failed"]],
    ["inspect flowers.yaml", 0, ["inspected"]],
    ["inspect bad.yaml", 3, ["failed"]],
    ["train flowers.yaml --dry-run", 0, ["planned"]],
    ["train bad.yaml", 3, ["failed"]],
    ["train", 2, ["failed"]],
    ["sweep flowers.yaml --steps 2 --set train.epochs=1", 0, ["sweep_started", "lambda_scored", "sweep_finished"]],
    ["sweep flowers.yaml --steps 1", 2, ["failed"]],
    ["diagnose flowers.yaml --only initial_loss,layers", 0, ["diagnosed"]],
    ["diagnose flowers.yaml --only gap", 2, ["failed"]],
    ["evaluate flowers/1", 0, ["evaluated"]],
    ["evaluate flowers/1 flowers.csv", 0, ["evaluated_files"]],
    ["evaluate flowers/1 new.csv", 4, ["failed"]],
    ["evaluate nothing/1", 2, ["failed"]],
    ["runs", 0, ["run_listed"]],
    ["runs nothing", 2, ["failed"]],
    ["compare flowers/1", 2, ["failed"]],
    ["predict flowers/1 flowers.csv", 0, ["predicted"]],
    ["predict flowers/1 new.csv", 4, ["predicted", "row_failed", "failed"]],
    ["predict flowers/1 missing.csv", 4, ["failed"]],
    ["schema", 0, ["schema"]],
    ["schema events", 0, ["schema"]],
    ["explain relu", 0, ["explained"]],
    ["explain lr", 0, ["explained"]],
    ["explain early_stop", 0, ["explained"]],
    ["explain G401", 0, ["explained"]],
    ["explain 3", 0, ["explained"]],
    ["explain qqq", 2, ["failed"]],
    ["plot elu", 0, ["plotted"]],
    ["plot elo", 2, ["failed"]],
    ["doctor --threads 1", 0, ["examined"]],
    ["doctor --threads 0", 2, ["failed"]],
    ["worker --join nowhere", 2, ["failed"]],
    ["worker", 2, ["failed"]],
    ["help", 0, ["help"]],
    ["help train", 0, ["help"]],
    ["help trian", 2, ["failed"]],
    ["predict --help", 0, ["help"]],
    ["--version", 0, ["version"]],
    ["", 0, ["help"]],
    ["trian", 2, ["failed"]],
    ["check", 2, ["failed"]],
    ["train flowers.yaml --epochz 5", 2, ["failed"]],
    ["evaluate flowers/1 --split nothing", 2, ["failed"]],
  ])("%s", async (text, code, expected) => {
    const args = text.split(" ").flatMap((word) => (word === "" ? [] : /\.(yaml|csv)$/.test(word) ? [at(word)] : [word]))
    const verb = args[0] ?? ""
    const takesRuns =
      ["inspect", "train", "evaluate", "diagnose", "predict", "runs", "compare"].includes(verb) && !args.includes("--help")
    expect(await events(takesRuns ? [...args, ...runs] : args)).toEqual({ code, events: expected })
  })

  test("of a run: its events, which the folder has too, and its summary", async () => {
    const { code, lines: told } = await lines(["train", at("machine.yaml"), ...runs])
    expect(code).toBe(0)
    // Steps are printed at most five times a second.
    const isSeldom = (event: string) => event === "stepped" || event === "stage_stepped"
    const names = new Set(told.map(({ event }) => event).filter((event) => !isSeldom(event)))
    const stages = ["stage_started", "stage_epoch", "stage_finished", "pretrained"]
    expect([...names]).toEqual(["run", ...stages, "started", "epoch", "checkpoint", "finished", "summary"])
    const kept = readFileSync(join(directory, "pre/0001/events.ndjson"), "utf8").trimEnd().split("\n")
    for (const line of kept) expect([line, accepts(published, JSON.parse(line), published)]).toEqual([line, true])
    expect(kept.map((line) => JSON.parse(line).event)).toEqual(
      told.map(({ event }) => event).filter((event) => event !== "run" && event !== "summary" && !isSeldom(event)),
    )
  })

  test("a run that a signal stops ends with its summary", { timeout: 30_000 }, async () => {
    const args = ["train", at("flowers.yaml"), ...runs, "--set", "name=stopped", "--set", "train.epochs=1000000", "--json"]
    const stop = (child: ChildProcess) => {
      child.stdout?.on("data", (chunk: Buffer) => {
        if (!child.killed && chunk.toString().includes('"event":"epoch"')) child.kill("SIGINT")
      })
    }
    const { code, stdout } = await spawned(args, { meanwhile: stop })
    const last: unknown = JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "")
    expect({ code, last }).toMatchObject({ code: 130, last: { event: "summary", status: "interrupted" } })
    expect(accepts(published, last, published)).toBe(true)
  })

  test("scores stand under the part of the data, in every event", async () => {
    const { lines: trained } = await lines(["train", at("flowers.yaml"), ...runs])
    const { lines: evaluated } = await lines(["evaluate", "flowers/2", ...runs])
    const scores = { loss: expect.any(Number), accuracy: expect.any(Number) }
    expect(trained.find(({ event }) => event === "epoch")).toMatchObject({ train: scores, val: scores })
    expect(trained.at(-1)).toMatchObject({ event: "summary", train: scores, val: scores, test: scores })
    expect(evaluated).toMatchObject([{ event: "evaluated", split: "test", rows: 12, test: scores }])
    expect(trained.at(-1)).toMatchObject({ test: (evaluated[0] as { readonly test?: unknown }).test })
  })

  test("of failures: the place of a divergence, the score that is too low", async () => {
    const { code, lines: told } = await lines(["train", at("wild.yaml"), ...runs])
    expect({ code, last: told.at(-1) }).toMatchObject({
      code: 5,
      last: { event: "failed", exit: 5, error: "Diverged", place: { file: at("wild.yaml"), line: expect.any(Number) } },
    })
    const strict = await lines(["train", at("strict.yaml"), ...runs])
    expect(strict.lines.slice(-2)).toMatchObject([{ event: "summary" }, { event: "failed", exit: 6, error: "FailUnder" }])
  })

  test("a usage error says what is wrong and what to try", async () => {
    expect((await lines(["trian"])).lines).toEqual([
      {
        version: 1,
        event: "failed",
        exit: 2,
        error: "UsageError",
        message: expect.stringContaining("trian"),
        hint: expect.stringContaining("train"),
      },
    ])
  })

  test("non-finite numbers are texts, which the schema reads back", () => {
    const said = { event: "evaluated", folder: "runs/x/0001", split: "val", rows: 2 } as const
    const value: unknown = JSON.parse(line({ ...said, val: { loss: Infinity, r2: Number.NaN, mae: -Infinity } }))
    expect(value).toEqual({ version: 1, ...said, val: { loss: "Infinity", r2: "NaN", mae: "-Infinity" } })
    expect(accepts(published, value, published)).toBe(true)
    expect(Result.getOrThrow(decode(value))).toMatchObject({ val: { loss: Infinity, r2: Number.NaN, mae: -Infinity } })
  })

  test("a picture is written only where one is asked for, and then named", async () => {
    const { lines: drawn } = await lines(["plot", "relu", "-o", at("relu.svg")])
    expect(drawn).toMatchObject([{ event: "plotted", file: at("relu.svg") }])
    expect(existsSync(at("relu.svg"))).toBe(true)
  })

  test("without it predictions are rows and nothing else", async () => {
    const { stdout } = await run(["predict", "flowers/1", at("new.csv"), ...runs])
    expect(
      stdout
        .split("\n")
        .slice(0, -1)
        .map((line) => Object.keys(JSON.parse(line))),
    ).toEqual([
      ["row", "prediction", "probability", "probabilities"],
      ["row", "error"],
      ["row", "prediction", "probability", "probabilities"],
    ])
  })
})

test("the schema refuses what no verb prints", () => {
  const failed = { version: 1, event: "failed", exit: 2, error: "UsageError", message: "?" }
  expect(accepts(published, failed, published)).toBe(true)
  for (const wrong of [
    { ...failed, more: 1 },
    { ...failed, version: 2 },
    { ...failed, event: "none" },
    { version: 1, event: "failed" },
  ]) {
    expect(accepts(published, wrong, published)).toBe(false)
    expect(Result.isFailure(decode(wrong))).toBe(true)
  }
})

test("docs/json-output.md lists every event as the schema describes it", () => {
  const page = readFileSync(join(import.meta.dirname, "../../../docs/json-output.md"), "utf8")
  const rows = [...page.matchAll(/^\| `([a-z_]+)` *\| .*? *\| (.*?) *\|$/gm)].map(([, name, said]) => [name, said])
  const forms = published.anyOf as ReadonlyArray<{ readonly title: string; readonly description: string }>
  expect(rows).toEqual(forms.map(({ description, title }) => [title, description]))
})
