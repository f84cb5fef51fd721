/**
 * What a search costs beside its trials: `node scripts/coordinator-cost.ts [trials] [workers] [sampler] [store]`. A search plans a
 * thousand trials of a toy and runs none, workers run them around the same database. Printed are the processor time of the search
 * against the wall time, from its start to its end with pictures and leaderboard, and the peak of its memory, as the system counts
 * them in /proc. The goal is at most 5 % of one core and 150 MB. `store` is the address of a PostgreSQL, or a file unless given.
 */
import { execFileSync, spawn } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { command, setup } from "./bundle-command.ts"

const [, , trials = "1000", workers = "2", sampler = "tpe", store = "toy.sqlite"] = process.argv

const model = `schema: 1
name: toy
data: { source: { moons: { count: 200, noise: 0.2 } }, split: { train: 50%, val: 50%, seed: 3 } }
model:
  layers:
    - dense: { units: { $search: { int: [2, 32], log: true }, default: 4 }, activation: { $search: [relu, tanh, gelu], default: relu } }
    - head: label
train:
  seed: 5
  epochs: 100
  metrics: [accuracy]
  optimizer: { adam: { lr: { $search: { log: [1e-4, 1] }, default: 1e-2 } } }
search: { minimize: val.loss, sampler: ${sampler}, pending: 8 }
`

/** Processor seconds and the peak of resident memory of a process that runs, from /proc. */
const usageOf = (pid: number): { readonly seconds: number; readonly peak: number } | undefined => {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ")
    const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]
    return { seconds: (Number(fields[11]) + Number(fields[12])) / ticks, peak: Number(peak) * 1024 }
  } catch {
    return undefined
  }
}

await setup()

const ticks = Number(execFileSync("getconf", ["CLK_TCK"]))

const folder = mkdtempSync(join(tmpdir(), "adjoint-coordinator-"))
writeFileSync(join(folder, "toy.yaml"), model)

const start = (...args: ReadonlyArray<string>) => {
  const child = spawn(process.execPath, [command, ...args], { cwd: folder, stdio: ["ignore", "ignore", "pipe"] })
  let heard = ""
  child.stderr.on("data", (chunk: Buffer) => {
    heard = `${heard}${chunk.toString()}`.slice(-2000)
  })
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve))
  return { child, ended, heard: () => heard }
}

const began = performance.now()
const search = start("search", "toy.yaml", "--trials", trials, "--parallel", "0", "--store", store)
const others = Array.from({ length: Number(workers) }, () =>
  start("worker", "--wait", "--store", store, "--study", "toy", "--parallel", "1"),
)
let last = { seconds: 0, peak: 0 }
const polling = setInterval(() => {
  const now = usageOf(search.child.pid ?? 0)
  // A process that ended has counted its time, and has no memory any more.
  if (now !== undefined) last = { seconds: now.seconds, peak: Math.max(last.peak, now.peak || 0) }
}, 50)
const code = await search.ended
const wall = (performance.now() - began) / 1000
clearInterval(polling)
const times = others.map(({ child }) => usageOf(child.pid ?? 0)?.seconds ?? 0)
for (const { child } of others) child.kill("SIGKILL")
await Promise.all(others.map(({ ended }) => ended))
rmSync(folder, { recursive: true, force: true })
if (code !== 0) throw new Error(search.heard())

const share = (100 * last.seconds) / wall
console.log(
  `${trials} trials, ${sampler}, ${workers} workers: ${wall.toFixed(1)} s, ${((1000 * wall) / Number(trials)).toFixed(0)} ms a trial`,
)
console.log(`workers: ${times.map((seconds) => seconds.toFixed(1)).join(" s, ")} s of processor time`)
console.log(
  `the search: ${last.seconds.toFixed(2)} s of processor time, ${share.toFixed(1)} % of one core, and at most ${(last.peak / 1e6).toFixed(0)} MB`,
)
