/** Output that nobody reads any more, or that a full disk takes: a run goes on and its exit code says so. */
import { spawn } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import { beforeAll, describe, expect, test } from "vitest"
import { inherited, main, spawned } from "./process.ts"
import { folder, run } from "./world.ts"

const model = `schema: 1
name: moons
data: { source: { moons: { count: 300, noise: 0.3 } }, split: { val: 20%, test: 20%, seed: 3 } }
model: { layers: [{ dense: { units: 8, activation: relu } }, { head: label }] }
train: { seed: 5, epochs: 40, batch: 8, optimizer: { adam: { lr: 0.01 } }, metrics: [accuracy] }
`

const directory = folder({ "moons.yaml": model, "rows.jsonl": "[1, 0]\n".repeat(4000), "bad.yaml": "schema: 1\nname: x\n" })

beforeAll(async () => {
  const train = ["train", join(directory, "moons.yaml"), "--runs"]
  expect(await run([...train, directory])).toMatchObject({ code: 0 })
  expect(await run([...train, join(directory, "few"), ...few.split(" ")])).toMatchObject({ code: 0 })
}, 60_000)

/** Runs a line of bash in which `adjoint` is the command; the last line of its output is the command's exit code. */
const shell = async (line: string) => {
  const define = `adjoint() { "${process.execPath}" "${main}" "$@"; }; ${line}`
  const bash = spawn("bash", ["-c", define], { cwd: directory, env: inherited })
  const [stdout, stderr] = await Promise.all([text(bash.stdout), text(bash.stderr)])
  const lines = stdout.trimEnd().split("\n")
  return { code: Number(lines.at(-1)), stdout: lines.slice(0, -1).join("\n"), stderr }
}

/** Prints the exit code of the first command of a pipe. */
const first = "echo $PIPESTATUS"

/** Where the first byte fails, few epochs are enough: their lines need not fill a pipe. */
const few = "--set train.epochs=2"

const summary = (runs: string) => JSON.parse(readFileSync(join(directory, runs, "moons/0001/summary.json"), "utf8"))

describe("a run", { timeout: 60_000 }, () => {
  test.each([
    ["events-head", `--json | head -n 1; ${first}`, 40, "error: stdout cannot be written: broken pipe\n"],
    ["events-full", `${few} --json > /dev/full; echo $?`, 2, "error: stdout cannot be written: no space left on device\n"],
    ["progress-head", `2>&1 | head -n 1; ${first}`, 40, ""],
    ["progress-full", `${few} 2> /dev/full; echo $?`, 2, ""],
    ["both-full", `${few} > /dev/full 2>&1; echo $?`, 2, ""],
  ])("goes on to its result without its output, and exits with 8: %s", async (runs, rest, epochs, said) => {
    const { code, stderr } = await shell(`adjoint train moons.yaml --runs ${runs} ${rest}`)
    expect(code).toBe(8)
    expect(stderr.slice(-said.length || stderr.length)).toBe(said)
    expect(summary(runs)).toMatchObject({ status: "finished", epochs, test: summary(epochs === 2 ? "few" : ".").test })
  })

  test("that had no outputs at all ends well", async () => {
    expect(await shell(`adjoint train moons.yaml --runs closed ${few} >&- 2>&-; echo $?`)).toMatchObject({ code: 0 })
    expect(summary("closed")).toMatchObject({ status: "finished" })
  })

  test("whose score is too low says that, not that its output was lost", async () => {
    const low = `${few} --set 'evaluate.fail_under={ accuracy: 1.0 }'`
    expect(await shell(`adjoint train moons.yaml --runs low ${low} > /dev/full; echo $?`)).toMatchObject({ code: 6 })
  })
})

describe("a verb that only prints", { timeout: 60_000 }, () => {
  test.each([
    "explain relu",
    "schema",
    "plot relu -o relu.svg",
    "predict moons/1 rows.jsonl --runs .",
    "evaluate moons/1 --runs .",
  ])("ends in silence when its reader has enough: %s", async (command) => {
    const { code, stderr, stdout } = await shell(`adjoint ${command} | head -n 1; ${first}`)
    expect({ code, stderr: command.startsWith("plot") ? "" : stderr }).toEqual({ code: 0, stderr: "" })
    expect(stdout.split("\n")).toHaveLength(1)
  })

  test.each(["explain relu", "schema", "predict moons/1 rows.jsonl --runs .", "evaluate moons/1 --runs ."])(
    "says that the disk is full: %s",
    async (command) => {
      expect(await shell(`adjoint ${command} > /dev/full; echo $?`)).toEqual({
        code: 8,
        stdout: "",
        stderr: "error: stdout cannot be written: no space left on device\n",
      })
    },
  )

  test("keeps the exit code of what it found when nobody reads that", async () => {
    expect(await shell(`adjoint check bad.yaml 2>&1 | true; ${first}`)).toMatchObject({ code: 3 })
    expect(await shell("adjoint check bad.yaml > /dev/full 2>&1; echo $?")).toMatchObject({ code: 3 })
  })
})

describe("on two threads", { timeout: 60_000 }, () => {
  const two = ["--threads", "2"]
  const options = { cwd: directory }

  test("doctor prints its answers", async () => {
    const { code, stderr, stdout } = await spawned(["doctor", ...two], options)
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
    expect(stdout).toContain("threads       2, as asked for\n")
    expect(stdout).toMatch(/✓ a training run on 2 threads ends with the known bits\n\nall is well\n$/)
  })

  test("train, evaluate, predict and sweep print theirs", async () => {
    const trained = await spawned(["train", "moons.yaml", "--runs", "two", ...few.split(" "), ...two], options)
    expect(trained).toMatchObject({ code: 0, stdout: expect.stringMatching(/^two\/moons\/0001 {2}test\.loss /) })
    expect(existsSync(join(directory, "two/moons/0001/summary.json"))).toBe(true)
    const evaluated = await spawned(["evaluate", "latest", "--runs", "two", "--json", ...two], options)
    expect(evaluated.code).toBe(0)
    expect(JSON.parse(evaluated.stdout).test).toEqual(summary("two").test)
    const predicted = await spawned(["predict", "latest", "rows.jsonl", "--runs", "two", ...two], options)
    expect(predicted.code).toBe(0)
    expect(predicted.stdout.trimEnd().split("\n")).toHaveLength(4000)
    const swept = await spawned(["sweep", "moons.yaml", "--steps", "2", "--set", "train.epochs=2", ...two], options)
    expect(swept).toMatchObject({ code: 0, stdout: expect.stringContaining("best") })
  })
})
