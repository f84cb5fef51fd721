/**
 * Kills and interrupts a search at random moments and compares what is left: `node scripts/search-faults.ts [kills] [seed]`. A study in
 * an SQLite file is killed with SIGKILL, resumed and killed again; after the last kill it runs to its end, and its trials and its
 * leaderboard must be those of a study that nobody interrupted. After every kill, each trial counts once, none that was finished
 * before is lost, and at most as many as ran at a time are run again. Then it is interrupted with SIGINT as often: printed is how long
 * the process takes to end.
 */
import { spawn } from "node:child_process"
import { createHash } from "node:crypto"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { command, setup } from "./bundle-command.ts"

const kills = Number(process.argv[2] ?? 30)
const seed = Number(process.argv[3] ?? 1)
const parallel = 2

/** High learning rates diverge, and the pruner stops some trials: all kinds of results. */
const model = `schema: 1
name: moons
data: { source: { moons: { count: 200, noise: 0.2 } }, split: { train: 50%, val: 50%, seed: 3 } }
model: { layers: [{ dense: { units: { $search: [4, 8, 16], default: 4 }, activation: relu } }, { head: label }] }
train:
  seed: 5
  epochs: 150
  optimizer: { sgd: { lr: { $search: { log: [1e-3, 1e12] }, default: 1e-2 } } }
search: { minimize: val.loss, pending: 6, seed: 2, pruner: { median: { after: 3 } } }
`

const folder = mkdtempSync(join(tmpdir(), "adjoint-faults-"))
writeFileSync(join(folder, "moons.yaml"), model)

/** The numbers of a linear congruential generator: the moments differ from seed to seed, and the load decides what they meet. */
let state = seed
const uniform = (): number => {
  state = (state * 1103515245 + 12345) % 2147483648
  return state / 2147483648
}

const started = (store: string, ...rest: ReadonlyArray<string>) => {
  const args = ["search", "moons.yaml", "--store", store, "--parallel", String(parallel), "--json", ...rest]
  const child = spawn(process.execPath, [command, ...args], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] })
  let heard = ""
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (heard += chunk.toString()))
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve))
  return { child, ended, heard: () => heard }
}

interface Row {
  readonly number: number
  readonly trial: string
}

/** The trials in a database without the time and the process of each. */
const trialsIn = (store: string): ReadonlyArray<string> => {
  const database = new DatabaseSync(join(folder, store))
  try {
    const rows = database
      .prepare("SELECT number, trial FROM adjoint_trial ORDER BY number")
      .all() as unknown as ReadonlyArray<Row>
    return rows.map(({ trial }) => {
      const { host: _, pid: __, seconds: ___, ...rest } = JSON.parse(trial)
      return JSON.stringify(rest)
    })
  } catch {
    // Killed before it made its tables.
    return []
  } finally {
    database.close()
  }
}

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

const startedTrials = (heard: string): number =>
  heard.split("\n").filter((line) => line.includes('"event":"trial_started"')).length

const hashOf = (trials: ReadonlyArray<string>): string =>
  createHash("sha256").update(trials.join("\n")).digest("hex").slice(0, 16)

const fail = (message: string): never => {
  throw new Error(message)
}

/** Ends a study `times` times at random moments and compares it with the whole one. */
const interrupted = async (
  signal: "SIGINT" | "SIGKILL",
  times: number,
  store: string,
  whole: ReadonlyArray<string>,
  each: number,
) => {
  const delays: Array<number> = []
  let [runs, again, done] = [0, 0, 0]
  let before: ReadonlyArray<string> = []
  while (done < times) {
    const isNew = runs === 0
    const { child, ended, heard } = started(store, "--trials", String(whole.length), ...(isNew ? [] : ["--resume"]))
    runs++
    let hasEnded = false
    void ended.then(() => (hasEnded = true))
    while (!hasEnded && !heard().includes(isNew || uniform() < 0.8 ? "search_started" : '"event":"trial_started"')) await sleep(2)
    await sleep(each * uniform())
    const at = performance.now()
    child.kill(signal)
    const code = await ended
    if (code === 0) fail(`the study ended after ${done} interruptions: more trials are needed for ${times}`)
    if (signal === "SIGINT") {
      if (code !== 130) fail(`exit code ${code}:\n${heard()}`)
      delays.push(performance.now() - at)
    }
    done++
    const after = trialsIn(store)
    if (before.some((trial) => !after.includes(trial))) fail("a finished trial was lost or has another result")
    if (new Set(after).size !== after.length) fail("a trial counts twice")
    const lost = startedTrials(heard()) - (after.length - before.length)
    if (lost > parallel) fail(`${lost} trials that had started were lost`)
    again += Math.max(0, lost)
    before = after
  }
  const last = started(store, "--trials", String(whole.length), "--resume")
  if ((await last.ended) !== 0) fail(last.heard())
  const got = trialsIn(store)
  if (hashOf(got) !== hashOf(whole)) fail(`the trials differ: ${hashOf(got)}, not ${hashOf(whole)}`)
  const finals = [last.heard()].map((text) => JSON.stringify(JSON.parse(text.trim().split("\n").at(-1) ?? "{}").best?.values))
  console.log(`${times} × ${signal}: ${got.length} trials, ${again} ran again, leaderboard ${hashOf(got)}, best ${finals.join()}`)
  if (delays.length > 0) {
    const sorted = delays.toSorted((a, b) => a - b)
    const at = (share: number) => Math.round(sorted[Math.floor(share * (sorted.length - 1))] ?? 0)
    console.log(`from the signal to the end of the process: median ${at(0.5)} ms, longest ${at(1)} ms`)
  }
}

await setup()
try {
  const trials = 2 * kills + 20
  const began = performance.now()
  const one = started("whole.sqlite", "--trials", String(trials))
  if ((await one.ended) !== 0) fail(one.heard())
  const whole = trialsIn("whole.sqlite")
  const states = whole.map((trial) => String(JSON.parse(trial).state))
  const counts = [...new Set(states)].map((name) => `${states.filter((each) => each === name).length} ${name}`)
  const each = (1000 * ((performance.now() - began) / 1000)) / trials
  console.log(`uninterrupted: ${counts.join(", ")}, leaderboard ${hashOf(whole)}, ${each.toFixed(0)} ms a trial`)
  for (const signal of ["SIGKILL", "SIGINT"] as const) await interrupted(signal, kills, `${signal}.sqlite`, whole, 2 * each)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
