/**
 * Tests that a run survives a kill at any point. First it trains without a fault. Then it trains repeatedly: each time the
 * process is killed before one of the operations that change its run folder, or at a random time, and the run is resumed until
 * it has a result, often with further kills. Each run must end with the bits of the weights and the summary of the undisturbed
 * run, and `evaluate` must report the same scores.
 *
 *     node scripts/crash-points.ts                          every operation, then 40 random times
 *     node scripts/crash-points.ts --every 5 --random 10    every fifth operation, then 10 random times
 *     node scripts/crash-points.ts --seed 7                 other random times
 *     node scripts/crash-points.ts --fault ENOSPC           a full disk in place of a kill
 */
import { spawn } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import { parseArgs } from "node:util"
import { type Fault, faulty } from "../packages/cli/test/faults.ts"

const { values } = parseArgs({
  options: {
    every: { type: "string", default: "1" },
    random: { type: "string", default: "40" },
    seed: { type: "string", default: "1" },
    fault: { type: "string", default: "kill" },
  },
})

const what = values.fault as Fault["what"]
const main = join(import.meta.dirname, "../packages/cli/src/main.ts")

/** The models: one keeps its last weights, one keeps earlier, better ones, and one has pre-training. */
const models: { readonly [name: string]: string } = {
  last: `schema: 1
name: last
data: { source: { moons: { count: 300, noise: 0.3 } }, split: { val: 20%, test: 20%, seed: 3 } }
model: { layers: [{ dense: { units: 12, activation: relu } }, { dropout: 0.1 }, { head: label }] }
train: { seed: 5, epochs: 4, batch: 8, optimizer: { adam: { lr: 0.2 } }, metrics: [accuracy] }
`,
  best: `schema: 1
name: best
data: { source: { moons: { count: 300, noise: 0.3 } }, split: { val: 20%, test: 20%, seed: 3 } }
model: { layers: [{ dense: { units: 12, activation: relu } }, { head: label }] }
train:
  seed: 5
  epochs: 9
  batch: 8
  optimizer: { adam: { lr: 0.3 } }
  metrics: [accuracy]
  callbacks: [{ early_stop: { monitor: val.loss, patience: 2 } }, { checkpoint: { every: 2 epochs } }]
`,
  pretrained: `schema: 1
name: pretrained
data: { source: { moons: { count: 200, noise: 0.3 } }, split: { val: 20%, test: 20%, seed: 3 } }
model: { layers: [{ dense: { units: 6, activation: sigmoid }, name: h1 }, { dense: { units: 4, activation: sigmoid }, name: h2 }, { head: label }] }
pretrain: [{ rbm: { layer: h1, visible: gaussian, epochs: 2, batch: 16, lr: 0.01 } }, { rbm: { layer: h2, epochs: 2, batch: 16, lr: 0.1 } }]
train: { seed: 5, epochs: 2, batch: 8, optimizer: { adam: { lr: 0.05 } }, metrics: [accuracy] }
`,
}

interface Ended {
  readonly code: number | string
  readonly stdout: string
  readonly stderr: string
}

interface How {
  readonly fault?: Fault
  readonly killAfter?: number
  readonly countTo?: string
}

const adjoint = async (
  directory: string,
  args: ReadonlyArray<string>,
  { countTo, fault, killAfter }: How = {},
): Promise<Ended> => {
  const env = countTo === undefined ? process.env : { ...process.env, ADJOINT_COUNT: countTo }
  const flags = fault === undefined ? [] : faulty(fault)
  const child = spawn(process.execPath, [...flags, main, ...args], { cwd: directory, env, stdio: ["ignore", "pipe", "pipe"] })
  const timer = killAfter === undefined ? undefined : setTimeout(() => child.kill("SIGKILL"), killAfter)
  const ended = new Promise<number | string>((resolve) => child.on("close", (code, signal) => resolve(code ?? signal ?? "?")))
  const [code, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)])
  clearTimeout(timer)
  return { code, stdout, stderr }
}

/** Numbers in [0, 1) from a seed. */
const randoms = (seed: number): (() => number) => {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

const newestOf = (directory: string, name: string): string | undefined => {
  const folder = join(directory, "runs", name)
  if (!existsSync(folder)) return undefined
  return readdirSync(folder)
    .sort()
    .map((number) => join(folder, number))
    .findLast((run) => existsSync(join(run, "command.json")))
}

const summaryOf = (run: string) => {
  const file = join(run, "summary.json")
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined
}

const isComplete = (run: string): boolean => ["finished", "stopped early"].includes(summaryOf(run)?.status)

/** Everything that must not depend on kills. */
const resultOf = async (directory: string, name: string): Promise<string> => {
  const run = newestOf(directory, name) ?? ""
  const { parent: _, seconds: __, ...summary } = summaryOf(run)
  const hash = (file: string) =>
    createHash("sha256")
      .update(readFileSync(join(run, file)))
      .digest("hex")
      .slice(0, 16)
  const files = [
    "checkpoints/last/weights.safetensors",
    "checkpoints/last/optimizer.safetensors",
    "checkpoints/best/weights.safetensors",
  ]
  const evaluated = await adjoint(directory, ["evaluate", "latest", "--json"])
  if (evaluated.code !== 0) throw new Error(`evaluate: exit code ${evaluated.code}\n${evaluated.stderr}`)
  const { scores } = JSON.parse(evaluated.stdout.split("\n")[0] ?? "")
  const left = readdirSync(join(directory, "runs", name), { recursive: true }).filter((file) => /\.(new|old)$/.test(String(file)))
  const inIt = left.filter((file) => String(file).startsWith(run.slice(-4)))
  return JSON.stringify([...[...files, "metrics.csv", "metrics.jsonl"].map(hash), summary, scores, inIt])
}

const tally = new Map<string, number>()
const count = (line: string) => tally.set(line, (tally.get(line) ?? 0) + 1)

/** The state of the run that a killed process left. */
const stateOf = (directory: string, name: string): string => {
  const run = newestOf(directory, name)
  if (run === undefined) return "no run yet"
  if (isComplete(run)) return "complete"
  return existsSync(join(run, "checkpoints/last")) ? "a run with a checkpoint" : "a run without a checkpoint"
}

/** Trains until there is a result; `kills` describes the end of each process except the last. Returns the number of processes. */
const train = async (directory: string, name: string, kills: ReadonlyArray<How>): Promise<number> => {
  for (let i = 0; i < kills.length + 4; i++) {
    const run = newestOf(directory, name)
    const begun = run === undefined ? [`${name}.yaml`] : ["--resume", `${name}/latest`]
    const how = kills[i] ?? {}
    const { code, stderr } = await adjoint(directory, ["train", ...begun], how)
    const now = newestOf(directory, name)
    if (now !== undefined && isComplete(now)) return i + 1
    count(`${code === "SIGKILL" ? "killed" : `exit ${code}`}: ${stateOf(directory, name)}`)
    const isWanted = code === "SIGKILL" || (how.fault !== undefined && code === 8)
    if (!isWanted) throw new Error(`${name}: exit code ${code}\n${stderr}`)
  }
  throw new Error(`${name}: no result after ${kills.length + 4} processes`)
}

const fresh = (name: string): string => {
  const directory = mkdtempSync(join(tmpdir(), "adjoint-crash-"))
  writeFileSync(join(directory, `${name}.yaml`), models[name] ?? "")
  return directory
}

const random = randoms(Number(values.seed))
let wrong = 0
for (const name of Object.keys(models)) {
  const whole = fresh(name)
  const counted = join(whole, "count")
  const none: Fault = { under: "runs/", what, at: 0 }
  const started = performance.now()
  const { code, stderr } = await adjoint(whole, ["train", `${name}.yaml`], { fault: none, countTo: counted })
  const took = performance.now() - started
  if (code !== 0) throw new Error(`${name}: exit code ${code}\n${stderr}`)
  const wanted = await resultOf(whole, name)
  const operations = Number(readFileSync(counted, "utf8"))

  const attempt = async (title: string, kills: ReadonlyArray<How>) => {
    const directory = fresh(name)
    try {
      const processes = await train(directory, name, kills)
      const got = await resultOf(directory, name)
      if (got === wanted) count(`${name}: the same result after ${processes} ${processes === 1 ? "process" : "processes"}`)
      else throw new Error(`got    ${got}\nwanted ${wanted}`)
    } catch (error) {
      wrong++
      console.log(`✗ ${name}, ${title}: ${error instanceof Error ? error.message : error}`)
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
  }

  const hit = (at: number): How => ({ fault: { ...none, at } })
  for (let at = 1; at <= operations; at += Number(values.every))
    await attempt(
      `operation ${at} of ${operations}`,
      at % 2 === 0 ? [hit(at)] : [hit(at), hit(1 + Math.floor(random() * operations))],
    )
  if (what === "kill")
    for (let i = 0; i < Number(values.random); i++) {
      const times = Array.from({ length: 1 + Math.floor(random() * 3) }, () => ({ killAfter: Math.round(random() * took * 1.1) }))
      await attempt(`at ${times.map(({ killAfter }) => `${killAfter} ms`).join(", ")}`, times)
    }
  console.log(`${name}: ${operations} operations on files in ${Math.round(took)} ms`)
  rmSync(whole, { recursive: true, force: true })
}
for (const [line, times] of [...tally].sort()) console.log(`${String(times).padStart(5)}  ${line}`)
console.log(wrong === 0 ? "all results are the same" : `${wrong} wrong`)
process.exitCode = wrong === 0 ? 0 : 1
