/**
 * One study by several processes around a real PostgreSQL, against the same study by one process around a file:
 * `node scripts/postgres-workers.ts [trials]`. A search plans and serves the data and runs no trial; two workers run trials in folders
 * of their own, without the model file; one of them is killed and a third joins late. Then all trials must be equal to the bit: points,
 * states, values and everything that they reported. Needs PostgreSQL 15 where Debian has it, and ends with a word without it.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import { chownSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Database from "../packages/cli/src/study/Database.ts"
import * as Store from "../packages/cli/src/study/Store.ts"

const programs = "/usr/lib/postgresql/15/bin"
const root = join(import.meta.dirname, "..")
const main = join(root, "packages/cli/src/main.ts")

const model = `schema: 1
name: irises
data:
  source: data/iris.csv
  columns: { species: class, "*": { type: number, scale: standard } }
  split: { train: 70%, val: 30%, seed: 3, stratify: species }
model:
  layers:
    - dense: { units: { $search: [4, 8, 16, 32], default: 8 }, activation: relu }
    - head: species
train:
  seed: 5
  epochs: 60
  metrics: [accuracy]
  optimizer: { adam: { lr: { $search: { log: [1e-3, 1] }, default: 1e-2 } } }
search: { minimize: val.loss, pending: 6, seed: 2, pruner: { median: { after: 4 } } }
`

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address()
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0))
    })
  })

/** Runs a program of PostgreSQL, which refuses to run as root. */
const asPostgres = (folder: string, ...command: ReadonlyArray<string>) =>
  process.getuid?.() === 0
    ? execFileSync("runuser", ["-u", "postgres", "--", ...command], { cwd: folder, stdio: "pipe" })
    : execFileSync(command[0] ?? "", command.slice(1), { cwd: folder, stdio: "pipe" })

/** A PostgreSQL of its own with an empty database, and what stops it. */
const startPostgres = async (folder: string) => {
  const [data, port] = [join(folder, "postgres"), await freePort()]
  mkdirSync(data)
  if (process.getuid?.() === 0) {
    const [uid, gid] = ["-u", "-g"].map((flag) => Number(execFileSync("id", [flag, "postgres"])))
    chownSync(data, uid ?? 0, gid ?? 0)
  }
  asPostgres(data, `${programs}/initdb`, "-D", data, "-U", "postgres", "-A", "trust", "-N")
  const options = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= `
  asPostgres(data, `${programs}/pg_ctl`, "-D", data, "-w", "-l", join(data, "log"), "-o", options, "start")
  return {
    address: `postgres://postgres@127.0.0.1:${port}/postgres`,
    stop: () => asPostgres(data, `${programs}/pg_ctl`, "-D", data, "-w", "-m", "immediate", "stop"),
  }
}

interface Started {
  readonly child: ChildProcess
  readonly ended: Promise<number | null>
  readonly heard: () => string
}

const children = new Set<ChildProcess>()

const start = (cwd: string, ...args: ReadonlyArray<string>): Started => {
  const env = { ...process.env, XDG_CACHE_HOME: join(cwd, "cache") }
  const child = spawn(process.execPath, [main, ...args], { cwd, env, stdio: ["ignore", "pipe", "pipe"] })
  children.add(child)
  let heard = ""
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (heard += chunk.toString()))
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve))
  return { child, ended, heard: () => heard }
}

const until = async (what: string, { child, heard }: Started, holds: (text: string) => boolean) => {
  for (let waited = 0; !holds(heard()); waited += 20) {
    if (waited > 120_000 || child.exitCode !== null) throw new Error(`no ${what}:\n${heard()}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** The trials of a study without the time and the process of each. */
const trialsOf = (store: string) =>
  Effect.gen(function* () {
    const trials = yield* (yield* Store.Store).finished("irises", 0)
    return trials.map(({ host: _, pid, seconds: __, ...trial }) => ({ pid, trial: JSON.stringify(trial) }))
  }).pipe(Effect.provide(Store.layer.pipe(Layer.provide(Database.layer(store)))), Effect.runPromise)

const count = (text: string): number => (text.match(/^(?:● )?trial \d/gm) ?? []).length

const compare = async (trials: number, folder: string) => {
  const home = join(folder, "home")
  mkdirSync(join(home, "data"), { recursive: true })
  writeFileSync(join(home, "irises.yaml"), model)
  copyFileSync(join(root, "examples/data/iris.csv"), join(home, "data/iris.csv"))
  const [first, second, third] = ["first", "second", "third"].map((name) => {
    mkdirSync(join(folder, name))
    return join(folder, name)
  }) as [string, string, string]

  const alone = start(home, "search", "irises.yaml", "--trials", String(trials), "--store", "alone.sqlite", "--parallel", "1")
  if ((await alone.ended) !== 0) throw new Error(alone.heard())
  const postgres = await startPostgres(folder)
  try {
    const at = ["--store", postgres.address]
    const search = start(home, "search", "irises.yaml", "--trials", String(trials), ...at, "--parallel", "0", "--serve-data", "0")
    await until("address", search, (text) => text.includes("the data are served at "))
    const data = /served at (\S+)/.exec(search.heard())?.[1] ?? ""
    const worker = (cwd: string) => start(cwd, "worker", ...at, "--data", data, "--parallel", "1")
    const killed = worker(first)
    const kept = worker(second)
    await until("trial of the worker that is killed", killed, (text) => count(text) >= 2)
    killed.child.kill("SIGKILL")
    const killedAt = performance.now()
    await until("trial after the kill", kept, (text) => count(text) >= 2)
    const late = worker(third)
    const codes = await Promise.all([search, kept, late].map(({ ended }) => ended))
    console.log(
      `the study ended ${((performance.now() - killedAt) / 1000).toFixed(1)} s after the kill, exit codes ${codes.join(", ")}`,
    )
    if (codes.some((code) => code !== 0)) throw new Error([search, kept, late].map(({ heard }) => heard()).join("\n---\n"))
    const [expected, got] = [await trialsOf(join(home, "alone.sqlite")), await trialsOf(postgres.address)]
    const ran = [killed, kept, late].map(({ child }) => got.filter(({ pid }) => pid === child.pid).length)
    console.log(`trials of the worker that was killed, of that which stayed, and of the late one: ${ran.join(", ")}`)
    const different = expected.filter(({ trial }, i) => got[i]?.trial !== trial)
    if (got.length !== trials || different.length > 0 || ran.includes(0))
      throw new Error(`${got.length} trials, of which ${different.length} differ from those of one process`)
    console.log(`${got.length} trials by three workers, one killed and one late: those of one process, to the bit`)
  } finally {
    for (const child of children) child.kill("SIGKILL")
    postgres.stop()
  }
}

if (existsSync(`${programs}/initdb`)) {
  const folder = mkdtempSync(join(tmpdir(), "adjoint-postgres-"))
  execFileSync("chmod", ["755", folder])
  await compare(Number(process.argv[2] ?? 30), folder).finally(() => rmSync(folder, { recursive: true, force: true }))
} else console.log(`skipped: there is no PostgreSQL 15 in ${programs} (apt-get install postgresql-15)`)
