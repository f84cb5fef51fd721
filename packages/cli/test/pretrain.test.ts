/** Pre-training through the command: what it tells, what it leaves in the run's folder, and going on where it stopped. */
import { cpSync, existsSync, readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import { inflateSync } from "node:zlib"
import { beforeAll, describe, expect, test } from "vitest"
import { examples, folder, jsonLines, run } from "./world.ts"

const runs = folder()
const file = join(examples, "digits-dbn.yaml")

const short = ["pretrain[0].rbm.epochs=3", "pretrain[1].rbm.epochs=2", "train.epochs=2", "evaluate.fail_under={}"]
const sets = (all: ReadonlyArray<string>): ReadonlyArray<string> => all.flatMap((set) => ["--set", set])
const train = (...rest: ReadonlyArray<string>) => run(["train", file, "--runs", runs, ...sets(short), ...rest])

let whole: Awaited<ReturnType<typeof run>>
beforeAll(async () => {
  whole = await train()
})

const at = (number: string, path: string, root = runs): string => join(root, "digits-dbn", number, path)
const bytes = (path: string): string => readFileSync(path).toString("base64")
const lines = (path: string): ReadonlyArray<Record<string, unknown>> => jsonLines(readFileSync(path, "utf8"))

/** The pixels of a picture: its width, its height, and as many channels as its header says. */
const pictureOf = (path: string) => {
  const file = readFileSync(path)
  expect(file.subarray(1, 4).toString()).toBe("PNG")
  const [width, height] = [file.readUInt32BE(16), file.readUInt32BE(20)]
  const length = file.readUInt32BE(33)
  const rows = inflateSync(file.subarray(41, 41 + length))
  return { width, height, pixels: new Set(rows).size, bytes: rows.length }
}

describe("a run that is pre-trained", () => {
  test("tells of its machines, then of the net", () => {
    expect(whole.code).toBe(0)
    const told = whole.stderr.split("\n").map((line) => line.replace(/ {2}.*/, ""))
    expect(told.filter((line) => /^(pre-training|h\d |epoch)/.test(line))).toEqual([
      "pre-training 1/2",
      "h1 1/3",
      "h1 2/3",
      "h1 3/3",
      "pre-training 2/2",
      "h2 1/2",
      "h2 2/2",
      "epoch 1/2",
      "epoch 2/2",
    ])
    expect(whole.stderr).toContain("pre-training 1/2  h1: 64 bernoulli units → 100, 1,400 rows")
    expect(whole.stderr).toMatch(
      /h1 3\/3 {2}train\.error 0\.\d+ {2}train\.free_energy -\d.* {2}val\.error 0\.\d+ {2}val\.free_energy -\d/,
    )
  })

  test("keeps the scores of each epoch of its machines, and their weights", () => {
    const scores = lines(at("0001", "pretrain/metrics.jsonl"))
    expect(scores.map(({ epoch, layer, stage }) => [stage, layer, epoch])).toEqual([
      [1, "h1", 1],
      [1, "h1", 2],
      [1, "h1", 3],
      [2, "h2", 1],
      [2, "h2", 2],
    ])
    const errors = scores.flatMap((line) => (line.stage === 1 ? [Number(line["train.error"])] : []))
    expect(errors).toEqual(errors.toSorted((a, b) => b - a))
    const header = readFileSync(at("0001", "pretrain/1-h1.safetensors")).subarray(8).toString("latin1")
    expect(JSON.parse(header.slice(0, header.indexOf("}}") + 2))).toMatchObject({ w: { dtype: "F32", shape: [64, 100] } })
    const events = lines(at("0001", "events.ndjson")).map(({ event }) => event)
    expect(events.filter((event) => String(event).startsWith("stage_") || event === "pretrained")).toEqual([
      "stage_started",
      ...["stage_epoch", "stage_epoch", "stage_epoch", "stage_finished"],
      "stage_started",
      ...["stage_epoch", "stage_epoch", "stage_finished"],
      "pretrained",
    ])
  })

  test("draws what the first machine looks for, and images as the machines give them back", () => {
    const filters = pictureOf(at("0001", "plots/filters.png"))
    // 100 filters of 8×8 in rows of ten, a pixel apart, seven times as large.
    expect(filters).toMatchObject({ width: 7 * 91, height: 7 * 91, bytes: 7 * 91 * (7 * 91 + 1) })
    expect(filters.pixels).toBeGreaterThan(100)
    // The images, and what comes back from one machine and from two.
    expect(pictureOf(at("0001", "plots/reconstructions.png"))).toMatchObject({ width: 7 * 145, height: 7 * 28 })
  })

  test("starts from another place than the same net without, from the same seed", async () => {
    const without = await train("--set", "pretrain=[]")
    expect(without.code).toBe(0)
    expect(without.stderr).not.toContain("pre-training")
    const [pre, drawn] = ["0001", "0002"].map((number) => lines(at(number, "metrics.jsonl"))[0]?.["train.loss"])
    expect(pre).not.toBe(drawn)
    expect(existsSync(at("0002", "pretrain"))).toBe(false)
  })

  test("is evaluated like any other", async () => {
    const evaluated = await run(["evaluate", "digits-dbn/0001", "--runs", runs])
    expect(evaluated).toMatchObject({ code: 0, stderr: "" })
    const [, accuracy] = /accuracy +([\d.]+%)/.exec(evaluated.stdout) ?? []
    expect(whole.stdout).toContain(`test.accuracy ${accuracy}`)
  })

  test("is reported to programs as events", async () => {
    const { code, stdout } = await run(["train", file, "--runs", folder(), "--json", ...sets(short)])
    expect(code).toBe(0)
    const events = jsonLines(stdout)
    expect(events.find(({ event }) => event === "stage_started")).toMatchObject({
      stage: 1,
      stages: 2,
      layer: "h1",
      units: "bernoulli",
      visible: 64,
      hidden: 100,
      rows: { train: 1400, val: 197 },
    })
    expect(Object.keys(events.find(({ event }) => event === "stage_epoch"))).toEqual([
      ...["version", "event", "time", "stage", "stages", "layer", "epoch"],
      ...["train", "milliseconds", "rowsPerSecond", "val"],
    ])
  })

  test("is shown at a terminal", async () => {
    const shown = await run(["train", file, "--runs", folder(), ...sets(short)], { columns: 100 })
    expect(shown.code).toBe(0)
    expect(shown.stderr).toMatch(/pre-training 1\/2 {2}h1: .*\n/)
    expect(shown.stderr).toMatch(/h2 2\/2 {2}train\.error .*\n/)
    expect(shown.stderr).toContain("━")
  })
})

describe("resumed", () => {
  /** What an interruption in the second stage leaves of the run: its first machine, and no checkpoint of the net. */
  const broken = (rest: ReadonlyArray<string> = []): string => {
    const root = folder()
    cpSync(join(runs, "digits-dbn", "0001"), at("0001", "", root), { recursive: true })
    for (const path of ["pretrain/2-h2.safetensors", "checkpoints/best", "checkpoints/last", "summary.json", "plots", ...rest])
      rmSync(at("0001", path, root), { recursive: true })
    return root
  }
  const resume = (root: string) => run(["train", "--resume", "digits-dbn/0001", "--runs", root])

  test("in its second stage, it does not repeat the first, and ends with the same bits", async () => {
    const root = broken()
    const { code, stderr } = await resume(root)
    expect(code).toBe(0)
    expect(stderr).not.toContain("pre-training 1/2")
    expect(stderr).toContain("pre-training 2/2")
    for (const path of ["pretrain/1-h1.safetensors", "pretrain/2-h2.safetensors", "checkpoints/last/weights.safetensors"])
      expect(bytes(at("0002", path, root))).toBe(bytes(at("0001", path)))
    expect(bytes(at("0002", "pretrain/metrics.jsonl", root))).toBe(bytes(at("0001", "pretrain/metrics.jsonl")))
  })

  test("in its first stage, it begins again", async () => {
    const root = broken(["pretrain/1-h1.safetensors"])
    const { code, stderr } = await resume(root)
    expect(code).toBe(0)
    expect(stderr).toContain("pre-training 1/2")
    expect(bytes(at("0002", "checkpoints/last/weights.safetensors", root))).toBe(
      bytes(at("0001", "checkpoints/last/weights.safetensors")),
    )
  })

  test("while the net learns, no machine learns again, and what was kept of them goes along", async () => {
    const { code, stderr } = await run(["train", "--resume", "digits-dbn/0001", "--runs", runs, "--set", "train.epochs=3"])
    expect(code).toBe(0)
    expect(stderr).not.toContain("pre-training")
    expect(stderr).toContain("epoch 3/3")
    expect(bytes(at("0003", "pretrain/2-h2.safetensors"))).toBe(bytes(at("0001", "pretrain/2-h2.safetensors")))
  })

  test("it refuses another model", async () => {
    const { code, stderr } = await run([
      "train",
      "--resume",
      "digits-dbn/0001",
      "--runs",
      broken(),
      "--set",
      "pretrain[1].rbm.lr=0.01",
    ])
    expect(code).toBe(7)
    expect(stderr).toMatch(/error\[T516\]: `pretrain\[1\]\.rbm\.lr` is `0\.01`, and \S+digits-dbn\/0001 began with `/)
  })
})

test("a machine that diverges is reported with its layer's line, and a smaller rate to try", async () => {
  const gaussian = ["pretrain[0].rbm.visible=gaussian", "pretrain[0].rbm.lr=500"]
  const { code, stderr } = await run(["train", file, "--runs", folder(), ...sets([...short, ...gaussian])])
  expect(code).toBe(5)
  expect(stderr).toMatch(/the reconstruction of h1 became (NaN|-?Infinity) in step \d+/)
  expect(stderr).toContain("digits-dbn.yaml:16:7")
  expect(stderr).toContain("--set pretrain[0].rbm.lr=50")
})

test("Bernoulli units on data that goes beyond 0 and 1 are refused once the rows are read", async () => {
  const { code, stderr } = await run(["train", file, "--runs", folder(), "--set", "data.image.scale={ max: 8 }"])
  expect(code).toBe(3)
  expect(stderr).toContain("error[T514]: Bernoulli units need values from 0 to 1, but the data has values from 0 to 2")
})
