/** However a run ends, it can be resumed to the result of a run that nothing ended. */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { beforeAll, describe, expect, test } from "vitest"
import { type Fault, faulty } from "./faults.ts"
import { spawned } from "./process.ts"
import { folder, type Ran, run } from "./world.ts"

/** A learning rate that makes the last weights worse than the best. */
const model = `schema: 1
name: moons
data: { source: { moons: { count: 300, noise: 0.3 } }, split: { val: 20%, test: 20%, seed: 3 } }
model: { layers: [{ dense: { units: 8, activation: relu } }, { dropout: 0.1 }, { head: label }] }
train: { seed: 5, epochs: 4, batch: 8, optimizer: { adam: { lr: 0.3 } }, metrics: [accuracy] }
`

const restoring = model
  .replace("name: moons", "name: restoring")
  .replace("epochs: 4", "epochs: 20")
  .replace("metrics: [accuracy]", "metrics: [accuracy], callbacks: [{ early_stop: { monitor: val.loss, patience: 2 } }]")

const folds = model.replace("name: moons", "name: folds").replace("val: 20%", "folds: 2").replace("epochs: 4", "epochs: 1")

const directory = folder({ "moons.yaml": model, "restoring.yaml": restoring, "folds.yaml": folds })
const whole = join(directory, "whole")

const json = (...path: ReadonlyArray<string>) => JSON.parse(readFileSync(join(...path), "utf8"))

/** What must not depend on how often a run was ended. */
const resultOf = (runs: string, reference: string) => {
  const { parent: _, seconds: __, ...summary } = json(runs, reference, "summary.json")
  const files = ["last/weights", "last/optimizer", "best/weights"].map((name) => `checkpoints/${name}.safetensors`)
  const bytes = (file: string) => readFileSync(join(runs, reference, file)).toString("base64")
  return { summary, files: [...files, "metrics.jsonl", "metrics.csv"].map(bytes) }
}

const scores = async (runs: string, reference: string) => {
  const { code, stderr, stdout } = await run(["evaluate", reference, "--json", "--runs", runs])
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
  return JSON.parse(stdout).test
}

const train = (runs: string, ...args: ReadonlyArray<string>) => ["train", ...args, "--runs", runs]

const names = ["moons", "restoring"] as const

beforeAll(async () => {
  for (const name of names) expect(await run(train(whole, join(directory, `${name}.yaml`)))).toMatchObject({ code: 0 })
}, 60_000)

/** A copy of the runs that ended well. */
const copied = (): string => {
  const runs = folder()
  cpSync(whole, runs, { recursive: true })
  return runs
}

describe("a run that ended between its last checkpoint and its summary", () => {
  test.each(names)("is resumed to its result: %s", async (name) => {
    const runs = copied()
    rmSync(join(runs, name, "0001/summary.json"))
    // The weights that it ended with, not the best so far.
    expect(await scores(runs, `${name}/0001`)).toEqual(await scores(whole, `${name}/0001`))
    expect(await run(train(runs, "--resume", `${name}/0001`))).toMatchObject({ code: 0 })
    expect(resultOf(runs, `${name}/0002`)).toEqual(resultOf(whole, `${name}/0001`))
    expect(json(runs, name, "0002/summary.json").parent).toBe(join(runs, name, "0001"))
    expect(await scores(runs, `${name}/0002`)).toEqual(await scores(whole, `${name}/0001`))
    const again = await run(train(runs, "--resume", `${name}/0002`))
    expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining("is complete") })
  })

  test("is resumed to its result when the summary says that it was interrupted", async () => {
    const runs = copied()
    const file = join(runs, "moons/0001/summary.json")
    const { test: _, ...summary } = json(file)
    writeFileSync(file, JSON.stringify({ ...summary, status: "interrupted" }))
    expect(await run(train(runs, "--resume", "moons/0001"))).toMatchObject({ code: 0 })
    expect(resultOf(runs, "moons/0002")).toEqual(resultOf(whole, "moons/0001"))
  })
})

test("a run that ended before its first checkpoint is resumed from its first step", async () => {
  const runs = copied()
  const ended = join(runs, "moons/0001")
  for (const file of ["checkpoints", "summary.json", "metrics.jsonl", "metrics.csv", "events.ndjson"])
    rmSync(join(ended, file), { recursive: true })
  mkdirSync(join(ended, "checkpoints"))
  expect(await run(train(runs, "--resume", "moons/0001"))).toMatchObject({ code: 0 })
  expect(resultOf(runs, "moons/0002")).toEqual(resultOf(whole, "moons/0001"))
})

test("a run that resumes another can be resumed before it has a checkpoint of its own", async () => {
  const runs = copied()
  rmSync(join(runs, "moons/0001/summary.json"))
  // The process that wrote it, which is this one, has ended.
  const environment = join(runs, "moons/0001/env.json")
  writeFileSync(environment, readFileSync(environment, "utf8").replace(/"pid": \d+/, '"pid": 999999999'))
  const fault: Fault = { under: "runs-", what: "kill", at: 1, matching: "0002.summary" }
  const under = join(runs, "runs-")
  mkdirSync(under)
  cpSync(join(runs, "moons"), join(under, "moons"), { recursive: true })
  expect(await spawned(train(under, "--resume", "moons/0001"), { node: faulty(fault) })).toMatchObject({ code: -1 })
  expect(existsSync(join(under, "moons/0002/checkpoints/last/weights.safetensors"))).toBe(true)
  expect(await run(train(under, "--resume", "moons/0002"))).toMatchObject({ code: 0 })
  expect(resultOf(under, "moons/0003")).toEqual(resultOf(whole, "moons/0001"))
})

test("a run does not end before an epoch whose weights it has kept as the best", async () => {
  const runs = copied()
  // As killed between the two checkpoints of the best epoch: the last is of the epoch before.
  const ended = join(runs, "restoring/0001")
  const { best, epochs } = json(ended, "summary.json")
  expect(epochs).toBeGreaterThan(best.epoch)
  expect(best.epoch).toBeGreaterThan(1)
  const early = folder()
  const epochsBefore = ["--set", `train.epochs=${best.epoch - 1}`]
  expect(await run(train(early, join(directory, "restoring.yaml"), ...epochsBefore))).toMatchObject({ code: 0 })
  rmSync(join(ended, "summary.json"))
  rmSync(join(ended, "checkpoints/last"), { recursive: true })
  cpSync(join(early, "restoring/0001/checkpoints/last"), join(ended, "checkpoints/last"), { recursive: true })
  const refused = await run(train(runs, "--resume", "restoring/0001", ...epochsBefore))
  expect(refused).toMatchObject({
    code: 2,
    stderr: expect.stringContaining(`is of epoch ${best.epoch}, and training is to end after epoch ${best.epoch - 1}`),
  })
  expect(await run(train(runs, "--resume", "restoring/0001"))).toMatchObject({ code: 0 })
  expect(resultOf(runs, "restoring/0002")).toEqual(resultOf(whole, "restoring/0001"))
})

/** Trains as a process that a fault hits; its runs lie in a folder that no other file is in. */
const hit = async (fault: Omit<Fault, "under">, name: string = "moons"): Promise<Ran & { readonly runs: string }> => {
  const runs = join(folder(), "faulty")
  const ran = await spawned(train(runs, join(directory, `${name}.yaml`)), {
    cwd: directory,
    node: faulty({ under: "faulty", ...fault }),
  })
  return { ...ran, runs }
}

const resumed = async (runs: string, name = "moons") => {
  expect(await run(train(runs, "--resume", "latest"))).toMatchObject({ code: 0 })
  const last = readdirSync(join(runs, name)).sort().at(-1) ?? ""
  expect(resultOf(runs, `${name}/${last}`)).toEqual(resultOf(whole, `${name}/0001`))
}

describe("kill -9", { timeout: 60_000 }, () => {
  test.each([
    ["when the best checkpoint is half written", "best.new.weights", 2],
    ["between the two renames of a checkpoint", "last$", 3],
    ["when a line of scores is half written", "metrics.jsonl", 2],
    ["when the summary is half written", "summary.json.*new", 2],
    ["before the summary is renamed", "summary.json$", 1],
  ])("%s", async (_, matching, at) => {
    const { code, runs } = await hit({ what: "kill", matching, at })
    expect(code).toBe(-1)
    expect(existsSync(join(runs, "moons/0001/summary.json"))).toBe(false)
    await resumed(runs)
    // The next start has removed what was left.
    const left = readdirSync(runs, { recursive: true }).filter((file) => /\.(new|old)$/.test(String(file)))
    expect(left).toEqual([])
  })

  test("while a folder is begun leaves a folder that is no run", async () => {
    const { code, runs } = await hit({ what: "kill", matching: "command.json$", at: 1 })
    expect(code).toBe(-1)
    expect(existsSync(join(runs, "moons/0001/resolved.yaml"))).toBe(true)
    expect(await run(train(runs, "--resume", "moons/0001"))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("there is no run moons/0001"),
    })
    expect(await run(["evaluate", "latest", "--runs", runs])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("train a model first"),
    })
    expect(await run(train(runs, join(directory, "moons.yaml")))).toMatchObject({ code: 0 })
    expect(resultOf(runs, "moons/0002")).toEqual(resultOf(whole, "moons/0001"))
  })
})

describe("a file that cannot be written", { timeout: 60_000 }, () => {
  test.each([
    ["ENOSPC", "checkpoints.last.new", "checkpoints/last: got no space left on device"],
    ["ENOSPC", "metrics.jsonl", "metrics.jsonl: no space left on device"],
    ["ENOSPC", "summary.json", "summary.json: no space left on device"],
    ["EROFS", "events.ndjson", "events.ndjson: read-only file system"],
  ] as const)("ends the run with its name: %s, %s", async (what, matching, says) => {
    const { code, runs, stderr } = await hit({ what, matching, at: 2, lasts: true })
    expect({ code, stderr }).toEqual({ code: 8, stderr: expect.stringContaining(`error: ${join(runs, "moons/0001", says)}`) })
    expect(stderr).toContain("adjoint train --resume moons/0001")
    await resumed(runs)
  })

  test("of a fold says how the whole is resumed, and how the report of the fold is made", async () => {
    const { runs, ...ended } = await hit({ what: "ENOSPC", matching: "1-2.0001.summary.json", at: 1, lasts: true }, "folds")
    expect(ended).toMatchObject({ code: 8, stderr: expect.stringContaining(`adjoint train --resume folds/0001 --runs ${runs}`) })
    const reported = await hit({ what: "ENOSPC", matching: "1-2.0001.report.html", at: 1, lasts: true }, "folds")
    const fold = join(reported.runs, "folds/0001/folds/1-2/0001")
    expect(reported).toMatchObject({ code: 0, stderr: expect.stringContaining(`adjoint report ${fold}`) })
    expect(await run(["report", fold])).toMatchObject({ code: 0 })
  })

  test("at the beginning leaves no folder", async () => {
    const { code, runs, stderr } = await hit({ what: "ENOSPC", matching: "seeds.json", at: 1, lasts: true })
    expect({ code, stderr }).toEqual({ code: 8, stderr: expect.stringContaining("seeds.json: no space left on device") })
    expect(readdirSync(join(runs, "moons"))).toEqual([])
  })

  test("is a warning for an old checkpoint that cannot be deleted", async () => {
    const { code, runs, stderr } = await hit({ what: "EACCES", only: "rm", matching: "\\.old$", at: 1, lasts: true })
    expect(code).toBe(0)
    expect(stderr).toContain(
      `warning: an old checkpoint could not be deleted: ${join(runs, "moons/0001/checkpoints/last.1.old")}: permission denied\n`,
    )
    expect(resultOf(runs, "moons/0001")).toEqual(resultOf(whole, "moons/0001"))
  })
})

test("a new run tidies the folders of runs that have ended, and of no others", async () => {
  const runs = copied()
  const at = (number: string) => join(runs, "moons", number)
  cpSync(at("0001"), at("0002"), { recursive: true })
  cpSync(at("0001"), at("0003"), { recursive: true })
  // One was killed; the other may still be running in this process's parent.
  for (const [number, pid] of [
    ["0002", 2 ** 30],
    ["0003", process.ppid],
  ] as const) {
    rmSync(join(at(number), "summary.json"))
    writeFileSync(join(at(number), "env.json"), JSON.stringify({ ...json(at(number), "env.json"), pid }))
  }
  for (const number of ["0001", "0002", "0003"]) {
    writeFileSync(join(at(number), "summary.json.77.new"), "{")
    mkdirSync(join(at(number), "checkpoints/last.new"))
    cpSync(join(at(number), "checkpoints/last"), join(at(number), "checkpoints/last.old"), { recursive: true })
    cpSync(join(at(number), "checkpoints/best"), join(at(number), "checkpoints/best.old"), { recursive: true })
    rmSync(join(at(number), "checkpoints/best"), { recursive: true })
  }
  expect(await run(train(runs, join(directory, "moons.yaml")))).toMatchObject({ code: 0 })
  for (const number of ["0001", "0002"]) {
    expect(readdirSync(join(at(number), "checkpoints")).sort()).toEqual(["best", "last"])
    expect(readdirSync(at(number))).not.toContain("summary.json.77.new")
  }
  expect(readdirSync(join(at("0003"), "checkpoints")).sort()).toEqual(["best.old", "last", "last.new", "last.old"])
  expect(readdirSync(at("0003"))).toContain("summary.json.77.new")
})

describe("a resolved model file that was changed", () => {
  const runs = folder()
  const file = join(runs, "moons/0001/resolved.yaml")
  beforeAll(() => {
    cpSync(whole, runs, { recursive: true })
    writeFileSync(file, readFileSync(file, "utf8").replace("batch: 8", "batch: 16"))
  })
  const commands = [
    ["evaluate", "moons/0001"],
    ["predict", "moons/0001"],
    ["inspect", "moons/0001"],
    ["train", "--resume", "moons/0001"],
  ]

  test.each(commands)("is refused with the key that differs: %s", async (...args) => {
    const { code, stderr, stdout } = await run([...args, "--runs", runs])
    expect({ code, stdout }).toEqual({ code: 7, stdout: "" })
    expect(stderr).toBe(
      `error: ${file} was changed after the run wrote it\n  \`train.batch\` is 16, and the run began with 8\n` +
        "  try: restore it, or train a changed copy of model.yaml as a new run\n",
    )
  })
})
