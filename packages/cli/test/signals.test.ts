/** Signals: the first is heard at once and saves the run, the second ends the process, and verbs without a run just end. */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import { setTimeout } from "node:timers/promises"
import { gzipSync } from "node:zlib"
import { beforeAll, describe, expect, test } from "vitest"
import { inherited, main } from "./process.ts"
import { folder, run } from "./world.ts"

const long = `schema: 1
name: long
data: { source: { moons: { count: 600, noise: 0.2 } }, split: { val: 10%, test: 10%, seed: 3 } }
model: { layers: [{ dense: { units: 16, activation: relu } }, { head: label }] }
train: { seed: 5, epochs: 100000, batch: 8, optimizer: { adam: { lr: 0.005 } } }
`

/** A step of it takes seconds on one thread. */
const wide = `schema: 1
name: wide
data: { source: { moons: { count: 3200, noise: 0.2 } }, split: { val: 10%, seed: 3 } }
model: { layers: [{ dense: { units: 1200, activation: relu } }, { dense: { units: 1200, activation: relu } }, { head: label }] }
train: { seed: 5, epochs: 1000, batch: 2800, optimizer: { sgd: { lr: 0.01 } } }
`

const directory = folder({ "long.yaml": long, "wide.yaml": wide })

interface Running {
  readonly child: ChildProcess
  /** Resolves with the milliseconds until stderr has said something. */
  readonly says: (what: string) => Promise<number>
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>
  readonly stderr: () => string
  /** All that it prints on stdout. */
  readonly stdout: Promise<string>
}

const start = (command: string, args: ReadonlyArray<string>, env: { readonly [name: string]: string } = {}): Running => {
  const child = spawn(command, args, { cwd: directory, env: { ...inherited, ...env }, stdio: ["ignore", "pipe", "pipe"] })
  const stdout = text(child.stdout)
  let heard = ""
  child.stderr?.on("data", (chunk: Buffer) => {
    heard += chunk.toString()
    child.emit("heard")
  })
  child.setMaxListeners(0)
  const says = async (what: string) => {
    const from = performance.now()
    while (!heard.includes(what)) {
      if (child.exitCode !== null || child.signalCode !== null) throw new Error(`ended without saying ${what}:\n${heard}`)
      await Promise.race([once(child, "heard"), once(child, "close")])
    }
    return performance.now() - from
  }
  const ended = once(child, "close").then(([code, signal]) => ({ code, signal }))
  return { child, says, ended, stderr: () => heard, stdout }
}

const train = (name: string, runs: string, ...rest: ReadonlyArray<string>): Running =>
  start(process.execPath, [main, "train", `${name}.yaml`, "--runs", runs, ...rest])

const statusOf = (runs: string, name: string) =>
  JSON.parse(readFileSync(join(directory, runs, name, "0001/summary.json"), "utf8")).status

describe("while a run trains", { timeout: 120_000 }, () => {
  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)("%s saves it and exits with %i", async (signal, code) => {
    const { child, ended, says, stderr, stdout } = train("long", signal)
    await says("epoch 2/")
    child.kill(signal)
    expect(await says(`${signal}: finishing this step and saving`)).toBeLessThan(1000)
    expect(await ended).toMatchObject({ code, signal: null })
    // Nothing about the run: it has no result.
    expect(await stdout).toBe("")
    expect(stderr()).toContain(`next: adjoint train --resume long/0001 --runs ${signal}`)
    expect(statusOf(signal, "long")).toBe("interrupted")
    expect(await run(["train", "--resume", "latest", "--dry-run", "--runs", join(directory, signal)])).toMatchObject({ code: 0 })
  })

  test("a signal is heard within a second however long a step takes, and a second one ends the process in the middle of it", async () => {
    const { child, ended, says } = train("wide", "long-step", "--threads", "1")
    // The next step is under way.
    await says("epoch 1/")
    child.kill("SIGTERM")
    expect(await says("SIGTERM: finishing this step and saving; a signal again stops at once")).toBeLessThan(1000)
    child.kill("SIGTERM")
    const from = performance.now()
    expect(await ended).toMatchObject({ code: null, signal: "SIGTERM" })
    expect(performance.now() - from).toBeLessThan(1000)
  })

  test("one signal lets a long step finish and saves", async () => {
    const { child, ended, says } = train(
      "wide",
      "one",
      "--threads",
      "1",
      "--set",
      "data.source.moons.count=1000",
      "--set",
      "train.batch=900",
    )
    await says("epoch 1/")
    child.kill("SIGINT")
    expect(await says("SIGINT: finishing this step and saving; Ctrl-C again stops at once")).toBeLessThan(1000)
    expect(await ended).toMatchObject({ code: 130, signal: null })
    expect(statusOf("one", "wide")).toBe("interrupted")
  })

  test("a signal ends it when nobody takes its output either", async () => {
    const events = join(directory, "stuck/long/0001/events.ndjson")
    const seldom = ["--set", "train.callbacks=[{ checkpoint: { every: 1000 epochs, keep: [last] } }]"]
    const args = [main, "train", "long.yaml", "--json", "--runs", "stuck", ...seldom]
    // Its stdout is a pipe that is full soon.
    const child = spawn(process.execPath, args, { cwd: directory, env: inherited, stdio: ["ignore", "pipe", "ignore"] })
    while (!existsSync(events) || statSync(events).size < 200_000) {
      expect(child.exitCode).toBeNull()
      await setTimeout(100)
    }
    child.kill("SIGINT")
    const sent = performance.now()
    const [code] = await once(child, "exit")
    expect(code).toBe(130)
    expect(performance.now() - sent).toBeLessThan(10_000)
    expect(statusOf("stuck", "long")).toBe("interrupted")
    child.stdout.destroy()
  })

  test("nohup lets it survive SIGHUP", async () => {
    // Shells say in `_` which program they start; Node forgets at its start that a signal is ignored.
    const { child, ended, says } = start("nohup", [process.execPath, main, "train", "long.yaml", "--runs", "nohup"], {
      _: "/usr/bin/nohup",
    })
    await says("epoch 2/")
    child.kill("SIGHUP")
    await setTimeout(500)
    expect(child).toMatchObject({ exitCode: null, signalCode: null })
    child.kill("SIGINT")
    expect(await ended).toMatchObject({ code: 130, signal: null })
  })
})

/** A net whose step takes seconds to compile. */
const deep = long
  .replace("name: long", "name: deep")
  .replace(
    /model: .*/,
    "model: { layers: [{ repeat: { times: 30, layers: [{ repeat: { times: 50, layers: [{ dense: 4 }] } }] } }, { head: label }] }",
  )

test("a signal while a step is compiled ends the process at once, and the run can be resumed", { timeout: 60_000 }, async () => {
  writeFileSync(join(directory, "deep.yaml"), deep)
  const { child, ended, says } = train("deep", "compiling")
  await says("baselines:")
  child.kill("SIGTERM")
  const sent = performance.now()
  expect(await ended).toMatchObject({ code: null, signal: "SIGTERM" })
  expect(performance.now() - sent).toBeLessThan(1000)
  expect(await run(["train", "--resume", "latest", "--dry-run", "--runs", join(directory, "compiling")])).toMatchObject({
    code: 0,
  })
})

describe("without a run", { timeout: 60_000 }, () => {
  beforeAll(() => {
    // A small file of many rows, which take seconds to read.
    const cell = `1.${"5".repeat(30)}`
    const rows = gzipSync(`${cell},${cell},a\n`.repeat(200_000))
    writeFileSync(join(directory, "big.csv.gz"), Buffer.concat([gzipSync("x,y,label\n"), ...Array(80).fill(rows)]))
    const data = "data: { source: { csv: big.csv.gz } }"
    writeFileSync(join(directory, "big.yaml"), long.replace(/data: .*/, data))
  })

  test.each([
    ["train", "SIGTERM"],
    ["sweep", "SIGINT"],
  ] as const)("%s ends at once while it reads data: %s", async (verb, signal) => {
    const { child, ended } = start(process.execPath, [main, verb, "big.yaml"])
    await setTimeout(1200)
    child.kill(signal)
    const sent = performance.now()
    expect(await ended).toMatchObject({ code: null, signal })
    expect(performance.now() - sent).toBeLessThan(1000)
  })
})
