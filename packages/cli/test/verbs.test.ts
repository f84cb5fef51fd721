/** Each verb as a person or a program uses it, over small models. */
import { createHash } from "node:crypto"
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { offeredLanes } from "@adjoint/core/backend/wasm/assembler/hostLanes"
import { offered } from "@adjoint/core/backend/wasm/assembler/hostNumerics"
import { beforeAll, describe, expect, test, vi } from "vitest"
import { verbs } from "../src/command/Adjoint.ts"
import { examples, folder, jsonLines, run } from "./world.ts"

const moons = `schema: 1
name: moons
data: { source: { moons: { count: 120 } }, split: { val: 20%, test: 20%, stratify: label, seed: 3 } }
model: { layers: [{ dense: { units: 8, activation: relu } }, { head: label }] }
train: { seed: 5, epochs: 4, batch: 16, optimizer: { adam: { lr: 0.02 } }, metrics: [accuracy] }
`

const flowers = `schema: 1
name: flowers
data:
  source: ${join(examples, "data/iris.csv")}
  columns: { "*": { type: number, scale: standard }, species: class }
  split: { val: 20%, test: 20%, stratify: species, seed: 1 }
model: { layers: [{ dense: { units: 8, activation: relu } }, { head: species }] }
train: { seed: 1, epochs: 30, batch: 16, optimizer: { adam: { lr: 0.02 } } }
`

const directory = folder({ "moons.yaml": moons, "flowers.yaml": flowers })
const runs = join(directory, "runs")
const file = (name: string) => join(directory, name)
const inRun = (number: string, name: string, model = "moons") => join(runs, model, number, name)
const json = (path: string) => JSON.parse(readFileSync(path, "utf8"))

beforeAll(async () => {
  expect(await run(["train", file("moons.yaml"), "--runs", runs])).toMatchObject({ code: 0 })
  expect(await run(["train", file("flowers.yaml"), "--runs", runs])).toMatchObject({ code: 0 })
})

describe("train", () => {
  test("keeps everything that there is to know of a run", () => {
    expect(readdirSync(join(runs, "moons", "0001")).sort()).toEqual([
      "checkpoints",
      "command.json",
      "data.lock.json",
      "env.json",
      "events.ndjson",
      "metrics.csv",
      "metrics.jsonl",
      "model.yaml",
      "preprocess.json",
      "resolved.yaml",
      "seeds.json",
      "summary.json",
    ])
    expect(readdirSync(inRun("0001", "checkpoints")).sort()).toEqual(["best", "last"])
    expect(readFileSync(inRun("0001", "model.yaml"), "utf8")).toBe(moons)
    expect(json(inRun("0001", "data.lock.json"))).toMatchObject({ files: [], rows: { train: 72, val: 24, test: 24 } })
    expect(json(inRun("0001", "data.lock.json", "flowers")).files[0].sha256).toMatch(/^[0-9a-f]{64}$/)
    expect(json(inRun("0001", "seeds.json")).streams).toMatchObject({ "train.init": { seed: 5 }, "data.split": { seed: 3 } })
    expect(json(inRun("0001", "env.json"))).toMatchObject({ node: process.version, engine: "wasm", numerics: "portable" })
    expect(json(inRun("0001", "summary.json"))).toMatchObject({
      status: "finished",
      weights: "last",
      epochs: 4,
      steps: 20,
      parameters: 8 * 3 + 9,
      best: { monitor: "val.loss" },
      test: { accuracy: expect.any(Number), loss: expect.any(Number) },
      baseline: { kind: "majority", accuracy: 0.5 },
    })
  })

  test("writes metrics twice: as JSON lines and as a table", () => {
    const rows = jsonLines(readFileSync(inRun("0001", "metrics.jsonl"), "utf8"))
    const [header, ...cells] = readFileSync(inRun("0001", "metrics.csv"), "utf8").trim().split("\n")
    expect(header).toBe("epoch,step,lr,train.loss,train.accuracy,val.loss,val.accuracy")
    expect(cells.map((row) => row.split(",").map(Number))).toEqual(rows.map((row) => Object.values(row)))
    expect(rows.map(({ epoch, step }) => [epoch, step])).toEqual([
      [1, 5],
      [2, 10],
      [3, 15],
      [4, 20],
    ])
  })

  test("the resolved model file is a model file of the same run", async () => {
    const again = join(directory, "again")
    expect(await run(["train", inRun("0001", "resolved.yaml"), "--runs", again])).toMatchObject({ code: 0 })
    const weights = (root: string) => readFileSync(join(root, "moons/0001/checkpoints/last/weights.safetensors"))
    expect(weights(again).equals(weights(runs))).toBe(true)
    expect(readFileSync(join(again, "moons/0001/resolved.yaml"), "utf8")).toBe(
      readFileSync(inRun("0001", "resolved.yaml"), "utf8"),
    )
  })

  test("says where the run is and how good it is on stdout, all else on stderr", async () => {
    const { stderr, stdout } = await run(["train", file("moons.yaml"), "--runs", runs])
    const [folderOf = ""] = stdout.split("  ")
    expect(stdout).toMatch(/^\S+moons\/\d{4} {2}test\.loss 0\.\d{4} {2}test\.accuracy \d+\.\d\d%\n$/)
    expect(existsSync(join(folderOf, "summary.json"))).toBe(true)
    expect(stderr).toContain("33 parameters · 72/24/24 rows · seed 5 · wasm portable")
    expect(stderr).toMatch(/baselines: majority \(always `0`\) accuracy 50\.00% · linear accuracy \d\d\.\d\d%\n/)
    expect(stderr.match(/^epoch \d\/4 {2}train\.loss .* rows\/s/gm)).toHaveLength(4)
    expect(stderr).toContain("next: adjoint evaluate moons/0002 --runs")
    expect(stderr).not.toContain("\u001b")
  })

  test("names a command of a part that has rows where the split leaves none to test", async () => {
    const set = ["--set", "data.split={ train: 80%, val: 20%, seed: 1 }", "--set", "name=untested"]
    const { code, stderr } = await run(["train", file("moons.yaml"), ...set, "--runs", runs])
    expect(code).toBe(0)
    const [, command = ""] = /next: adjoint (evaluate .*)\n/.exec(stderr) ?? []
    expect(command).toMatch(/ --split val$/)
    expect(await run(command.split(" "))).toMatchObject({ code: 0 })
  })

  test("draws a line over and over on a terminal, and colours it unless told not to", async () => {
    const args = ["train", file("moons.yaml"), "--runs", runs]
    const live = await run(args, { columns: 80 })
    expect(live.stderr).toContain("\r\u001b[K")
    expect(live.stderr).toContain("▸")
    expect(live.stderr).toMatch(/epoch {2}train\.loss {2}val\.loss {2}val\.accuracy/)
    expect(live.stderr).toContain("\u001b[32m")
    const plain = await run(args, { columns: 80, env: { NO_COLOR: "1" } })
    expect(plain.stderr.replaceAll("\u001b[K", "")).not.toContain("\u001b")
    const logged = await run(args, { columns: 80, env: { CI: "true" } })
    expect(logged.stderr).not.toContain("\r")
  })

  test("--json tells events on stdout and nothing else", async () => {
    const { code, stderr, stdout } = await run(["train", file("moons.yaml"), "--runs", runs, "--json"])
    const events = jsonLines(stdout)
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
    expect(events.every(({ time, version }) => version === 1 && !Number.isNaN(Date.parse(time)))).toBe(true)
    const kinds = events.map(({ event }) => event).filter((event) => event !== "stepped")
    expect([...new Set(kinds)].sort()).toEqual(["checkpoint", "epoch", "finished", "run", "started", "summary"])
    expect(kinds.filter((event) => event === "epoch")).toHaveLength(4)
    expect(events.at(-1)).toMatchObject({ event: "summary", status: "finished", test: { accuracy: expect.any(Number) } })
  })

  test("--threads says how many threads compute, and changes no bit", async () => {
    const weights = []
    for (const threads of ["1", "2"]) {
      const kept = join(directory, `threads${threads}`)
      const { code } = await run(["train", file("moons.yaml"), "--runs", kept, "--threads", threads])
      expect(code).toBe(0)
      expect(json(join(kept, "moons/0001/env.json"))).toMatchObject({ threads: Number(threads) })
      weights.push(readFileSync(join(kept, "moons/0001/checkpoints/last/weights.safetensors")))
    }
    expect(weights[0]).toEqual(weights[1])
  })

  test("--numerics is recorded as the engine has it, and a run goes on only in its own", async () => {
    const fast = offered("fast")
    const kept = join(directory, "fast")
    const trained = await run(["train", file("moons.yaml"), "--runs", kept, "--numerics", "fast"])
    expect(trained).toMatchObject({ code: 0, stderr: expect.stringContaining(`· wasm ${fast}`) })
    expect(json(join(kept, "moons/0001/env.json"))).toMatchObject({ engine: "wasm", numerics: fast })
    expect(json(join(kept, "moons/0001/command.json"))).toMatchObject({ engine: "wasm", numerics: fast })
    for (const verb of ["evaluate", "predict"]) {
      const args = verb === "predict" ? ["-"] : []
      const used = await run([verb, "moons/1", ...args, "--runs", kept, "--numerics", "fast"], { stdin: "[1, 0]\n" })
      expect(used).toMatchObject({ code: 0 })
    }
    const further = ["train", "--resume", "moons/0001", "--runs", kept, "--set", "train.epochs=5", "--numerics"]
    if (fast === "fast") {
      const refused = await run([...further, "portable"])
      expect(refused).toMatchObject({ code: 7, stdout: "", stderr: expect.stringContaining("computed in fast numerics") })
      expect(refused.stderr).toContain("--numerics fast")
    }
    expect(await run([...further, fast])).toMatchObject({ code: 0 })
    expect(json(join(kept, "moons/0002/summary.json"))).toMatchObject({ epochs: 5 })
  })

  test("--lanes is recorded as the engine has it, and leaves the bits as they are", async () => {
    const weights: Array<Buffer> = []
    for (const [lanes, used] of [
      ["128", 128],
      ["256", offeredLanes(256)],
    ] as const) {
      const kept = join(directory, `lanes-${lanes}`)
      const { code, stdout } = await run(["train", file("moons.yaml"), "--runs", kept, "--lanes", lanes, "--json"])
      expect(code).toBe(0)
      expect(json(join(kept, "moons/0001/env.json"))).toMatchObject({ engine: "wasm", lanes: used })
      expect(stdout).toMatch(new RegExp(`"event":"started".*"lanes":${used},`))
      weights.push(readFileSync(join(kept, "moons/0001/checkpoints/last/weights.safetensors")))
    }
    expect(weights[0]).toEqual(weights[1])
    const planned = await run(["train", file("moons.yaml"), "--dry-run", "--json", "--lanes", "128"])
    expect(JSON.parse(planned.stdout)).toMatchObject({ event: "planned", lanes: 128 })
  })

  test("ADJOINT_LANES chooses the lanes where no flag does, and is refused if there are no such lanes", async () => {
    vi.stubEnv("ADJOINT_LANES", "128")
    const planned = await run(["train", file("moons.yaml"), "--dry-run", "--json"])
    expect(JSON.parse(planned.stdout)).toMatchObject({ lanes: 128 })
    vi.stubEnv("ADJOINT_LANES", "512")
    for (const args of [["train", file("moons.yaml"), "--dry-run"], ["doctor"]]) {
      const refused = await run(args)
      expect(refused).toMatchObject({
        code: 2,
        stdout: "",
        stderr: expect.stringContaining("ADJOINT_LANES is 512; it wants 128 or 256"),
      })
      expect(refused.stderr).toContain("try: leave ADJOINT_LANES unset, or set it to 128")
    }
    vi.unstubAllEnvs()
  })

  test("--set changes a value, and is recorded", async () => {
    const { stdout } = await run([
      "train",
      file("moons.yaml"),
      "--runs",
      runs,
      "--set",
      "train.epochs=2",
      "--set",
      "train.optimizer=sgd",
    ])
    const [at = ""] = stdout.split("  ")
    expect(json(join(at, "command.json")).set).toEqual(["train.epochs=2", "train.optimizer=sgd"])
    expect(json(join(at, "summary.json")).epochs).toBe(2)
    expect(readFileSync(join(at, "resolved.yaml"), "utf8")).toContain("sgd:")
    const wrong = await run(["train", file("moons.yaml"), "--runs", runs, "--set", "train.shedule=cosine"])
    expect(wrong).toMatchObject({ code: 3, stderr: expect.stringContaining("--set train.shedule=cosine") })
    expect(wrong.stderr).toContain("did you mean `schedule`?")
    expect(await run(["train", file("moons.yaml"), "--set", "train.epochs"])).toMatchObject({ code: 2 })
  })

  test("--dry-run writes nothing", async () => {
    const none = join(directory, "none")
    const { code, stderr } = await run(["train", file("moons.yaml"), "--runs", none, "--dry-run"])
    expect(code).toBe(0)
    expect(stderr).toContain("33 parameters")
    expect(existsSync(none)).toBe(false)
  })

  test("a run that diverges names the layer's line and exits with 5", async () => {
    writeFileSync(
      file("wild.yaml"),
      moons.replace("adam: { lr: 0.02 }", "sgd: { lr: 1.0e38 }").replace("name: moons", "name: wild"),
    )
    const { code, stderr } = await run(["train", file("wild.yaml"), "--runs", runs])
    expect(code).toBe(5)
    expect(stderr).toMatch(/error: .* became (NaN|-?Infinity) in step \d+ \(epoch 1\), rows/)
    expect(stderr).toMatch(/wild\.yaml:4:\d+/)
    expect(stderr).toContain("try: --set train.optimizer.sgd.lr=1e+37, or --set train.regularize.clip_norm=1")
    expect(stderr).not.toMatch(/^\s+at /m)
    expect(json(inRun("0001", "summary.json", "wild"))).toMatchObject({
      status: "failed",
      failure: expect.stringMatching(/ became (NaN|-?Infinity) in step \d+/),
    })
  })

  test("a score under fail_under exits with 6, after the run was kept", async () => {
    writeFileSync(file("high.yaml"), `${moons.replace("name: moons", "name: high")}evaluate: { fail_under: { accuracy: 1.5 } }\n`)
    const { code, stderr } = await run(["train", file("high.yaml"), "--runs", runs])
    expect(code).toBe(6)
    expect(stderr).toContain("under the 150.00% asked for")
    expect(json(inRun("0001", "summary.json", "high")).status).toBe("finished")
    expect(await run(["evaluate", "high/0001", "--runs", runs])).toMatchObject({ code: 6 })
  })

  test("runs made at once get numbers of their own", async () => {
    const at = join(directory, "crowd")
    const all = await Promise.all(
      [1, 2, 3, 4].map(() => run(["train", file("moons.yaml"), "--runs", at, "--set", "train.epochs=1"])),
    )
    expect(all.map(({ code }) => code)).toEqual([0, 0, 0, 0])
    expect(readdirSync(join(at, "moons")).sort()).toEqual(["0001", "0002", "0003", "0004"])
  })
})

describe("evaluate", () => {
  test("gives the scores that the run ended with", async () => {
    const { code, stdout } = await run(["evaluate", "moons/0001", "--runs", runs, "--json"])
    const [event] = jsonLines(stdout)
    expect(code).toBe(0)
    expect(event).toMatchObject({ version: 1, event: "evaluated", split: "test", rows: 24 })
    expect(event.test).toEqual(json(inRun("0001", "summary.json")).test)
    expect(event.confusion.flat().reduce((sum: number, n: number) => sum + n, 0)).toBe(24)
  })

  test("weighs classes by the rows that were learned from, as training did", async () => {
    const kept = join(directory, "weighed")
    const weighed = ["--runs", kept, "--set", "train.regularize.class_weight=balanced"]
    await run(["train", file("moons.yaml"), ...weighed])
    const { stdout } = await run(["evaluate", "moons/1", "--runs", kept, "--json"])
    expect(jsonLines(stdout)[0].test).toEqual(json(join(kept, "moons/0001/summary.json")).test)
  })

  test("shows a person a table, and other rows when asked", async () => {
    const { stdout } = await run(["evaluate", "flowers/1", "--runs", runs, "--split", "val"])
    expect(stdout).toContain("flowers/0001 · val · 30 rows")
    expect(stdout).toMatch(/accuracy {2}\d/)
    expect(stdout).toContain("truth down, prediction across")
    expect(stdout).toContain("versicolor")
  })

  test("a run is found by number, name or folder; what is not there is said", async () => {
    const scores = async (reference: string) =>
      jsonLines((await run(["evaluate", reference, "--runs", runs, "--json"])).stdout)[0].test
    const first = await scores("moons/0001")
    expect(await scores("moons/1")).toEqual(first)
    expect(await scores(join(runs, "moons", "0001"))).toEqual(first)
    expect(await run(["evaluate", "1", "--runs", runs])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("there are several runs 1"),
    })
    expect(await run(["evaluate", "77", "--runs", runs])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("flowers/0001"),
    })
  })

  test("data that changed since is refused", async () => {
    const at = folder({ "rows.csv": readFileSync(join(examples, "data/iris.csv")) })
    writeFileSync(join(at, "model.yaml"), flowers.replace(join(examples, "data/iris.csv"), "./rows.csv"))
    expect(await run(["train", join(at, "model.yaml"), "--runs", at])).toMatchObject({ code: 0 })
    writeFileSync(join(at, "rows.csv"), readFileSync(join(at, "rows.csv"), "utf8").replace("5.1", "5.2"))
    const { code, stderr } = await run(["evaluate", "flowers/1", "--runs", at])
    expect(code).toBe(7)
    expect(stderr).toContain("./rows.csv changed since")
    expect(await run(["predict", "flowers/1", join(at, "rows.csv"), "--runs", at])).toMatchObject({ code: 0 })
  })

  test("a run of a version that let bounds of a part without rows pass is a run", async () => {
    const set = ["--set", "data.split={ train: 80%, val: 20%, seed: 1 }", "--set", "name=unheld"]
    const bounds = ["--set", "evaluate.fail_under={ accuracy: 0.999 }"]
    const refused = await run(["train", file("moons.yaml"), ...set, ...bounds, "--runs", runs])
    expect(refused).toMatchObject({ code: 3, stdout: "" })
    expect(refused.stderr).toContain("error[T524]: `fail_under` bounds scores of the test rows, and there are none")
    expect(await run(["train", file("moons.yaml"), ...set, "--runs", runs])).toMatchObject({ code: 0 })
    const own = join(runs, "unheld/0001")
    const resolved = readFileSync(join(own, "resolved.yaml"), "utf8")
    const older = resolved.replace(/fail_under: ?\{\}/, "fail_under: { accuracy: 0.999 }")
    expect(older).not.toBe(resolved)
    writeFileSync(join(own, "resolved.yaml"), older)
    const command = JSON.parse(readFileSync(join(own, "command.json"), "utf8"))
    const sha = createHash("sha256").update(older).digest("hex")
    writeFileSync(join(own, "command.json"), JSON.stringify({ ...command, resolved: sha }))
    expect(await run(["evaluate", "unheld/1", "--split", "val", "--runs", runs])).toMatchObject({ code: 0 })
  })

  test("a damaged run is refused", async () => {
    const at = join(directory, "damaged")
    await run(["train", file("moons.yaml"), "--runs", at, "--set", "train.epochs=1"])
    const weights = join(at, "moons/0001/checkpoints/last/weights.safetensors")
    writeFileSync(weights, readFileSync(weights).subarray(0, 40))
    expect(await run(["evaluate", "moons/1", "--runs", at])).toMatchObject({
      code: 7,
      stderr: expect.stringMatching(/^error: .*weights/),
    })
    writeFileSync(join(at, "moons/0001/command.json"), "{")
    expect(await run(["evaluate", "moons/1", "--runs", at])).toMatchObject({
      code: 7,
      stderr: expect.stringContaining("command.json"),
    })
  })
})

test("a checkpoint of another run is refused, however whole it is", async () => {
  const at = join(directory, "swapped")
  const short = ["--runs", at, "--set", "train.epochs=1"]
  expect(await run(["train", file("moons.yaml"), ...short])).toMatchObject({ code: 0 })
  expect(await run(["train", file("moons.yaml"), ...short, "--set", "train.seed=6"])).toMatchObject({ code: 0 })
  cpSync(join(at, "moons/0002/checkpoints"), join(at, "moons/0001/checkpoints"), { recursive: true })
  for (const args of [
    ["evaluate", "moons/1"],
    ["predict", "moons/1", "-"],
  ])
    expect(await run([...args, "--runs", at], { stdin: "[0, 1]\n" })).toMatchObject({
      code: 7,
      stdout: "",
      stderr: expect.stringContaining("is a checkpoint of another run"),
    })
})

describe("inspect", () => {
  test("counts parameters and multiply-adds by layer", async () => {
    const { stdout } = await run(["inspect", join(examples, "digits.yaml")])
    expect(stdout).toContain("dense1    dense    [64] → [128]           8,320          8,192")
    const { stdout: text } = await run(["inspect", "moons/1", "--runs", runs, "--json"])
    const told = JSON.parse(text)
    expect(told).toMatchObject({ version: 1, input: [2], parameters: 33, multiplyAdds: 24 })
    // Forward and the gradients of the weights for both layers, and back through the second to the first.
    expect(told.step).toMatchObject({ rows: 16, multiplyAdds: 16 * (24 + 24 + 8) })
    // At the least, the parameters and Adam's two means of them.
    expect(told.step.bytes).toBeGreaterThan(3 * 4 * 33)
    expect(stdout).toMatch(
      /\n\na step of training on 32 rows: 647,168 multiply-adds in \d+ kernels, \d{3},\d{3} bytes of memory\n$/,
    )
  })
})

describe("a model that does not fit into memory", () => {
  const vast = moons
    .replace("name: moons", "name: vast")
    .replace("count: 120", "count: 12000")
    .replace("units: 8", "units: 150000")
    .replace("batch: 16", "batch: 7200")

  const wants =
    /error\[T517\]: a step of training on 7,200 rows needs 8,\d{3},\d{3},\d{3} bytes of memory, and one memory holds 4,294,967,296/

  test("is said by check, in its place, and mended", async () => {
    const at = folder({ "vast.yaml": vast })
    const { code, stdout } = await run(["check", join(at, "vast.yaml")])
    expect(code).toBe(3)
    expect(stdout).toMatch(wants)
    expect(stdout).toContain(`  --> ${join(at, "vast.yaml")}:5:37\n`)
    expect(stdout).toMatch(/ -+ makes f32\[7200, 150000\] of 4,320,000,000 bytes\n/)
    expect(stdout).toMatch(
      /= help: `batch: 1800`, which takes \d,\d{3},\d{3},\d{3} bytes, or a smaller `dense1` {2}\[fix available\]/,
    )
    expect(await run(["check", join(at, "vast.yaml"), "--fix"])).toMatchObject({ code: 0 })
    expect(readFileSync(join(at, "vast.yaml"), "utf8")).toBe(vast.replace("batch: 7200", "batch: 1800"))
  })

  test("is said by check where few layers are planned, and left to train where many are", async () => {
    const deep = (times: number, units: number) =>
      moons.replace("layers: [", `layers: [{ repeat: { times: ${times}, layers: [{ dense: ${units} }] } }, `)
    const at = folder({ "few.yaml": deep(8, 20_000), "many.yaml": deep(301, 3260) })
    expect(await run(["check", join(at, "few.yaml")])).toMatchObject({ code: 3, stdout: expect.stringContaining("error[T517]") })
    expect(await run(["check", join(at, "many.yaml")])).toMatchObject({ code: 0 })
  })

  test("is not refused by the engine that knows no such bound", async () => {
    const at = folder({ "vast.yaml": vast })
    expect(await run(["train", join(at, "vast.yaml"), "--dry-run", "--engine", "reference"])).toMatchObject({ code: 0 })
  })

  test("is said by inspect beneath the layers, by sweep, and by train, which begins no run", async () => {
    const at = folder({ "vast.yaml": vast })
    const inspected = await run(["inspect", join(at, "vast.yaml")])
    expect(inspected.code).toBe(0)
    expect(inspected.stdout).toMatch(/^layer .*\n(.*\n)*total .*\n\n/)
    expect(inspected.stdout).toMatch(wants)
    const { step } = JSON.parse((await run(["inspect", join(at, "vast.yaml"), "--json"])).stdout)
    expect(step).toMatchObject({ rows: 7200, diagnostics: [{ code: "T517", span: { line: 5, column: 37 } }] })
    const { code, stderr } = await run(["train", join(at, "vast.yaml"), "--runs", at, "--set", "train.epochs=1"])
    expect(code).toBe(3)
    expect(stderr).toMatch(wants)
    expect(existsSync(join(at, "vast"))).toBe(false)
    expect(await run(["sweep", join(at, "vast.yaml")])).toMatchObject({ code: 3, stderr: expect.stringMatching(wants) })
  })

  test("because of what was set outside says which", async () => {
    const at = folder({ "model.yaml": vast.replace("batch: 7200", "batch: 16") })
    const { code, stderr } = await run(["train", join(at, "model.yaml"), "--dry-run", "--set", "train.batch=7200"])
    expect(code).toBe(3)
    expect(stderr).toMatch(wants)
    expect(stderr).toContain("--> --set train.batch=7200: train.batch")
    expect(stderr).toContain("or a smaller `dense1`")
  })

  test("and one of layers that not even hold their weights has no table", async () => {
    const at = folder({ "vast.yaml": vast.replace("{ head", "{ dense: 50000 }, { head") })
    const { code, stderr, stdout } = await run(["inspect", join(at, "vast.yaml")])
    expect({ code, stdout }).toEqual({ code: 3, stdout: "" })
    expect(stderr).toContain("error[T517]: a step of training on 7,200 rows needs an array of 2³¹ elements or more")
  })
})

describe("check", () => {
  test("--fix mends what it can", async () => {
    const at = folder({ "model.yaml": moons.replace("lr: 0.02", "learning_rate: 0.02").replace("epochs", "epoch") })
    const { code, stderr, stdout } = await run(["check", join(at, "model.yaml"), "--fix"])
    expect({ code, stdout }).toEqual({ code: 0, stdout: `ok ${join(at, "model.yaml")}\n` })
    expect(stderr).toContain("2 edits written")
    expect(readFileSync(join(at, "model.yaml"), "utf8")).toBe(moons)
  })

  test("--strict makes advice an error", async () => {
    const at = folder({ "model.yaml": moons.replace("activation: relu", "activation: sigmoid") })
    expect(await run(["check", join(at, "model.yaml")])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("warning[A604]"),
    })
    expect(await run(["check", join(at, "model.yaml"), "--strict"])).toMatchObject({ code: 3 })
  })
})

describe("words about words", () => {
  test("schema prints a JSON Schema, small enough for an editor", async () => {
    const { stdout } = await run(["schema"])
    expect(Buffer.byteLength(stdout)).toBeLessThan(200_000)
    expect(JSON.parse(stdout)).toMatchObject({ $schema: "https://json-schema.org/draft/2020-12/schema", type: "object" })
  })

  test("explain prints a code's page", async () => {
    expect((await run(["explain", "g401"])).stdout).toContain("incompatible shapes")
    expect(await run(["explain", "G999"])).toMatchObject({ code: 2, stderr: expect.stringContaining("there are G401") })
  })

  test.each([
    [["trian"], "try: train"],
    [["help", "trian"], "try: train"],
    [["trian", "--help"], "try: train"],
    [["qqq"], "try: one of init, check, inspect, train"],
    [["train", "--rnus", "x"], "--runs"],
    [["train"], "which model file?"],
    [["evaluate"], "run"],
    [["train", "a.yaml", "b.yaml"], "b.yaml"],
    [["train", "a.yaml", "--engine", "magic"], "magic"],
    [["train", "a.yaml", "--numerics", "magic"], "magic"],
    [["train", "a.yaml", "--engine", "reference", "--numerics", "fast"], "leave out --numerics"],
    [["train", "a.yaml", "--lanes", "64"], '"128" | "256"'],
    [["doctor", "--lanes", "wide"], '"128" | "256"'],
    [["train", "a.yaml", "--engine", "reference", "--lanes", "128"], "leave out --lanes"],
    [["train", "a.yaml", "--threads", "0"], "from 1 to 256"],
  ])("%j is a usage error: said on stderr, exit code 2", async (args, says) => {
    const ran = await run(args)
    expect(ran).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining(says) })
  })

  test("help that was asked for is a result", async () => {
    const { code, stderr, stdout } = await run(["train", "--help"])
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
    expect(stdout).toContain("--resume RUN")
    expect(await run(["help", "train"])).toEqual({ code, stderr, stdout })
    for (const verb of verbs) {
      const { stdout: help } = await run(["help", verb])
      const [, description = ""] = help.split("\n")
      expect([verb, description]).toEqual([verb, expect.stringMatching(/^ {2}[A-Z][^.]*$/)])
      expect([verb, help.split("EXAMPLES\n")[1]?.trimEnd().split("\n").length ?? 0]).toEqual([
        verb,
        expect.toSatisfy((n) => n >= 2),
      ])
    }
    const whole = await run(["--help"])
    expect(whole.stdout).toContain("adjoint <subcommand> [flags]")
    for (const args of [[], ["help"]]) expect(await run(args)).toEqual(whole)
    expect((await run(["--version"])).stdout).toMatch(/^adjoint \d+\.\d+\.\d+\n$/)
  })
})
