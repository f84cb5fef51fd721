/** Scores that are not finite, and results that are worse than no model: kept as they are, and said aloud. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { beforeAll, describe, expect, test } from "vitest"
import { folder, jsonLines, run } from "./world.ts"

/** y = 2x, but for some rows. */
const rows = (count: number, other: { readonly [row: number]: string } = {}) =>
  `x,y\n${Array.from({ length: count }, (_, i) => `${(i % 7) / 7},${other[i] ?? (2 * (i % 7)) / 7}`).join("\n")}\n`

const model = (name: string, { data = "", train = "" }: { readonly data?: string; readonly train?: string }) => `schema: 1
name: ${name}
data:
  source: rows.csv
  columns: { x: number, y: { type: number, role: target } }
  ${data}
model: { layers: [{ head: y }] }
train: { seed: 3, epochs: 6, batch: 8, optimizer: { adam: 0.05 }, metrics: [mae, rmse]${train} }
lint: { allow: [A601, A602, A603, A604, A605, A606, A607, A608, A609, A610, A611, A612] }
`

const directory = folder({
  "rows.csv": rows(40),
  "test.csv": rows(5, { 3: "1e30" }),
  "infinite.yaml": model("infinite", { data: "split: { val: 10, seed: 2 }\n  test: test.csv" }),
  "late.csv": rows(40, { 39: "1e30" }),
  "val.yaml": model("val", {
    data: "split: { val: 24, seed: 3 }",
    train: ", callbacks: [{ early_stop: { patience: 2, restore_best: true } }]",
  }).replace("rows.csv", "late.csv"),
})
const runs = join(directory, "runs")
const adjoint = (...args: ReadonlyArray<string>) => run([...args, "--runs", runs])
const train = (file: string, ...args: ReadonlyArray<string>) => adjoint("train", join(directory, file), ...args)
const json = (run: string, file: string) => JSON.parse(readFileSync(join(runs, run, file), "utf8"))
const lines = (run: string, file: string) => jsonLines(readFileSync(join(runs, run, file), "utf8"))

describe("a run whose test loss is infinite", () => {
  beforeAll(async () => {
    const { code, stderr, stdout } = await train("infinite.yaml")
    expect(code).toBe(0)
    expect(stdout).toContain("test.loss Infinity")
    expect(stderr).toContain("warning: test.loss is not finite: the loss is Infinity for line 5 of the source")
    expect(stderr).toContain("add `scale: standard` to the target column")
  })

  test("keeps the score in its records", () => {
    expect(json("infinite/0001", "summary.json")).toMatchObject({
      status: "finished",
      test: { loss: "Infinity", rmse: "Infinity" },
    })
    expect(lines("infinite/0001", "events.ndjson")).toContainEqual(
      expect.objectContaining({ event: "non_finite_score", part: "test", tensor: "loss", value: "Infinity", rows: [3] }),
    )
  })

  test("is opened by every later command", async () => {
    const evaluated = await adjoint("evaluate", "infinite/0001", "--json")
    expect(evaluated.code).toBe(0)
    expect(JSON.parse(evaluated.stdout)).toMatchObject({ test: { loss: "Infinity" } })
    const again = await adjoint("evaluate", "infinite/0001")
    expect(again.stderr).toContain("test.loss is not finite")
    expect((await adjoint("predict", "infinite/0001", join(directory, "test.csv"))).code).toBe(0)
    const resumed = await adjoint("train", "--resume", "infinite/0001", "--set", "train.epochs=7")
    expect(resumed.code).toBe(0)
    expect(json("infinite/0002", "summary.json")).toMatchObject({ epochs: 7, test: { loss: "Infinity" } })
  })
})

test("a validation loss that is infinite is recorded, never the best, and located", async () => {
  const { code, stderr } = await train("val.yaml")
  expect(stderr).toContain("warning: val.loss is not finite: the loss is Infinity for line 41 of the source")
  expect(stderr).toContain("stopped early after epoch 2")
  expect(stderr).not.toContain(" best")
  expect(code).toBe(0)
  expect(lines("val/0001", "metrics.jsonl").map((line) => line["val.loss"])).toEqual(["Infinity", "Infinity"])
  expect(readFileSync(join(runs, "val/0001/metrics.csv"), "utf8")).toContain(",Infinity,")
  expect(json("val/0001", "summary.json")).toMatchObject({ weights: "last", weightsEpoch: 2, val: { loss: "Infinity" } })
  expect(json("val/0001", "checkpoints/last/state.json").history[1].validation.loss).toBe("Infinity")
  expect((await adjoint("evaluate", "val/0001", "--split", "val")).stdout).toContain("Infinity")
})

describe("a token that an embedding does not have", () => {
  const table = (outside: (row: number) => boolean, count = 40) =>
    `a,b,kind\n${Array.from({ length: count }, (_, i) => `${i % 10},${outside(i) ? 12 : (i * 3) % 10},${i % 2 === 0 ? "u" : "v"}`).join("\n")}\n`
  const words = (name: string, rest: string) => `schema: 1
name: ${name}
data:
  source: ${name}.csv
  columns: { "*": number, kind: class }
  ${rest}
model: { layers: [{ embedding: { tokens: 10, units: 2 } }, flatten, { head: kind }] }
train: { seed: 1, epochs: 2, batch: 10 }
evaluate: { fail_above: { log_loss: 0.1 } }
`
  const there = folder({
    "trained.csv": table((row) => row === 17),
    "trained.yaml": words("trained", "split: { train: 40 }").replace("{ log_loss: 0.1 }", "{}"),
    // More than the check reads whole.
    "large.csv": `a,b,kind,note\n${Array.from({ length: 4000 }, (_, i) => `${i % 10},${i === 17 ? 12 : (i * 3) % 10},${i % 2 === 0 ? "u" : "v"},${"-".repeat(1100)}`).join("\n")}\n`,
    "large.yaml": words("large", "split: { val: 0 }")
      .replace("kind: class }", "kind: class, note: ignore }")
      .replace("{ log_loss: 0.1 }", "{}"),
    "tested.csv": table(() => false),
    "other.csv": table((row) => row === 3, 6),
    "tested.yaml": words("tested", "test: other.csv\n  split: { train: 40 }").replace(
      "epochs: 2",
      "epochs: 2, metrics: [log_loss]",
    ),
  })

  test("in training rows: the check names row and token", async () => {
    const { code, stderr, stdout } = await run(["check", join(there, "trained.yaml")])
    expect(code).toBe(3)
    expect(stderr + stdout).toContain(
      "error[D306]: token 12 in line 19, column `b`, is outside the embedding, whose tokens are 0 to 9",
    )
    expect(stdout).toContain("help: `tokens: 13` includes it; or correct the data")
  })

  test("in training: the advice is about the token, not about the rate", async () => {
    const { code, stderr } = await run(["train", join(there, "large.yaml"), "--runs", join(there, "runs")])
    expect(code).toBe(5)
    expect(stderr).toContain("the activation of embedding1 became NaN")
    expect(stderr).toContain("(in the source: line 19)")
    expect(stderr).toContain("try: token 12 is outside the embedding, whose tokens are 0 to 9: correct these rows")
    expect(stderr).toContain("--set model.layers[0].embedding.tokens=13")
    expect(stderr).not.toContain(".lr=")
  })

  test("in test rows: the check says so, and leaves the run to be trained", async () => {
    const { code, stdout } = await run(["check", join(there, "tested.yaml")])
    expect(code).toBe(0)
    expect(stdout).toContain("warning[A614]: token 12 in line 5, column `b`, of the test rows is outside the embedding")
  })

  test("in test rows: a score that is NaN fails what it is held to", async () => {
    const { code, stderr, stdout } = await run(["train", join(there, "tested.yaml"), "--runs", join(there, "runs")])
    expect(stderr).toContain("warning: test.loss is not finite: the activation of embedding1 is NaN for line 5 of the source")
    expect(stderr).toContain("token 12 is outside the embedding")
    expect(stdout).toContain("test.log_loss NaN")
    expect(stderr).toContain("test.log_loss is NaN, wanted at most 0.1000")
    expect(code).toBe(6)
  })
})

describe("a run that is worse than an answer without inputs", () => {
  const large = `x,y\n${Array.from({ length: 60 }, (_, i) => `${i / 60},${1e6 + 1e5 * (i % 5)}`).join("\n")}\n`
  const there = folder({
    "rows.csv": large,
    "large.yaml": model("large", { data: "split: { val: 20, seed: 1 }" }).replace("metrics: [mae, rmse]", "metrics: [mae]"),
    "kinds.csv": `x,kind\n${Array.from({ length: 60 }, (_, i) => `${(i * 7) % 11},${i % 3 === 0 ? "rare" : "usual"}`).join("\n")}\n`,
    "kinds.yaml": `schema: 1
name: kinds
data: { source: kinds.csv, columns: { x: { type: number, scale: standard }, kind: class }, split: { val: 20, seed: 1 } }
model: { layers: [{ head: kind }] }
train: { seed: 3, epochs: 1, batch: 8, optimizer: { sgd: 1e-9 } }
`,
  })
  const train = (file: string) => run(["train", join(there, file), "--runs", join(there, "runs")])
  const summary = (name: string) => JSON.parse(readFileSync(join(there, "runs", name, "0001/summary.json"), "utf8"))

  test("says so at the end, with the edit for a target that is not scaled", async () => {
    const { code, stderr } = await train("large.yaml")
    expect(code).toBe(0)
    expect(stderr).toMatch(
      /warning: val\.loss \S+ is worse than always answering the mean \(\S+\)\n {2}try: --set data\.columns\.y\.scale=standard/,
    )
    expect(summary("large").worseThanBaseline).toBe("val.loss")
    const better = await run([
      "train",
      join(there, "large.yaml"),
      "--runs",
      join(there, "runs"),
      "--set",
      "data.columns.y.scale=standard",
      "--set",
      "train.epochs=60",
    ])
    expect(better.stderr).not.toContain("worse than")
  })

  test("also of classes", async () => {
    const { stderr } = await train("kinds.yaml")
    expect(stderr).toMatch(/warning: val\.accuracy \S+ is worse than always answering `usual`/)
    expect(summary("kinds").worseThanBaseline).toBe("val.accuracy")
  })
})

describe("the weights that a run stands for", () => {
  const there = folder({
    "rows.csv": rows(40),
    "test.csv": rows(10),
    "last.yaml": model("last", { data: "split: { val: 10, seed: 2 }\n  test: test.csv" }).replace("adam: 0.05", "sgd: 1.2"),
    "best.yaml": model("best", {
      data: "split: { val: 10, seed: 2 }\n  test: test.csv",
      train: ", callbacks: [{ early_stop: { patience: 3, restore_best: true } }]",
    }).replace("adam: 0.05", "sgd: 1.2"),
  })

  test.each(["last", "best"])("are said where another epoch was the best: the %s", async (name) => {
    const at = join(there, "runs", name, "0001")
    const { stderr } = await run(["train", join(there, `${name}.yaml`), "--runs", join(there, "runs")])
    const { best, epochs, val, weights, weightsEpoch } = JSON.parse(readFileSync(join(at, "summary.json"), "utf8"))
    expect(best.epoch).toBeLessThan(epochs)
    expect(weights).toBe(name)
    expect(weightsEpoch).toBe(name === "best" ? best.epoch : epochs)
    expect(stderr).toContain(`kept and scored on test: the weights of epoch ${weightsEpoch}, the ${name}`)
    const recorded = readFileSync(join(at, "metrics.jsonl"), "utf8").split("\n")[weightsEpoch - 1] ?? ""
    expect(JSON.parse(recorded)["val.loss"]).toBe(val.loss)
  })
})

describe("a run whose rate is far too high", () => {
  const text = (guard: string) => `schema: 1
name: high
data: { source: rows.csv, columns: { x: number, y: { type: number, role: target } }, split: { val: 10, seed: 2 } }
model: { layers: [{ dense: { units: 8, activation: relu } }, { head: y }] }
train: { seed: 3, epochs: 4, batch: 8, optimizer: { sgd: { lr: 1e6, momentum: 0.9 } }, schedule: constant${guard} }
lint: { allow: [A620, A611] }
`
  const other = folder({
    "rows.csv": rows(40),
    "stop.yaml": text(""),
    "twice.yaml": text(", callbacks: [{ nan_guard: { rewind: { factor: 0.1, times: 2 } } }]"),
    "back.yaml": text(", callbacks: [{ nan_guard: { rewind: { factor: 1e-9, times: 2 } } }, { watch_layers: { steps: 8 } }]"),
    "short.yaml": text(", callbacks: [watch_layers]").replace("1e6", "1e-3"),
  })
  const out = join(other, "runs")
  const events = (name: string) =>
    jsonLines(readFileSync(join(out, name, "events.ndjson"), "utf8")) as ReadonlyArray<{ readonly event: string }>

  test("stops, or goes back with a lower one, as its model file says", async () => {
    const stopped = await run(["train", join(other, "stop.yaml"), "--runs", out])
    expect(stopped.code).toBe(5)
    const back = await run(["train", join(other, "back.yaml"), "--runs", out])
    expect(back.code).toBe(0)
    expect(back.stderr).toMatch(
      /warning: the loss became Infinity in step \d+ \(epoch 1\): back to the start, with 1e-9 of the learning rate/,
    )
    expect(events("high/0002").filter(({ event }) => event === "rewound")).toEqual([
      expect.objectContaining({ tensor: "loss", epoch: 1, to: { epoch: 0, step: 0 }, factor: 1e-9, times: 1 }),
    ])
    const layers = events("high/0002").filter(({ event }) => event === "layers")
    expect(layers.map((event) => (event as unknown as { readonly epoch: number }).epoch)).toEqual([1, 2, 4])
    expect(layers[0]).toMatchObject({ layers: [{ layer: "dense1", units: 8 }, { layer: "head1" }] })
  })

  test("says that the layers of so short a run are not measured unless `steps` is given", async () => {
    const { code, stderr } = await run(["train", join(other, "short.yaml"), "--runs", out])
    expect(code).toBe(0)
    expect(stderr.match(/warning: watch_layers measures no layers: .* more than 5 % of a run of 16 steps\n/g)).toHaveLength(1)
    expect(stderr).toContain("`watch_layers: { steps: 1 }` measures them after each epoch")
  })

  test("that the last rewind leaves too high gets one below it as advice, without digits of a product", async () => {
    const { code, stderr } = await run(["train", join(other, "twice.yaml"), "--runs", out])
    expect(code).toBe(5)
    expect(stderr).toContain("back to the start, with 0.01 of the learning rate")
    expect(stderr).toMatch(/try: --set train\.optimizer\.sgd\.lr=1000[,\n]/)
  })
})
