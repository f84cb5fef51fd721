/** `search` in processes of its own: killed, resumed, joined and interrupted. */
import { spawn } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import { expect, test } from "vitest"
import { inherited, main, spawned, when } from "./process.ts"
import { folder, run } from "./world.ts"

const model = `schema: 1
name: moons
data: { source: { moons: { count: 120, noise: 0.2 } }, split: { seed: 3 } }
model:
  layers:
    # how wide
    - dense: { units: { $search: [4, 8], default: 4 }, activation: relu }
    - head: label
train:
  seed: 5
  epochs: 6
  metrics: [accuracy]
  optimizer: { adam: { lr: { $search: { log: [1e-3, 1e-1] }, default: 1e-2 } } }
search: { maximize: val.accuracy, minimize: model.params, trials: 6, pending: 3, seed: 2, where: ["model.params < 40"] }
`

/** Two noisy kinds of points. */
const rows = Array.from(
  { length: 90 },
  (_, i) => `${Math.sin(7 * i) + (i % 2)},${Math.cos(5 * i) - (i % 2)},${i % 2 ? "b" : "a"}`,
)
const table = `x,y,kind\n${rows.join("\n")}\n`
const ofTable = model
  .replace(
    /^data: .*$/m,
    'data: { source: points.csv, columns: { kind: class, "*": number }, split: { train: 60%, val: 40%, seed: 3 } }',
  )
  .replace("head: label", "head: kind")

const directory = folder({ "moons.yaml": model, "table.yaml": ofTable, "points.csv": table })
/** Where a worker has nothing but the table, under its hash. */
const elsewhere = folder({ [createHash("sha256").update(table).digest("hex")]: table })
const at = (...path: ReadonlyArray<string>) => join(directory, ...path)

/** A trial as it is exported, without the time that it took. */
const trialsOf = (exported: string): ReadonlyArray<string> =>
  exported
    .trim()
    .split("\n")
    .map((line) => line.slice(0, line.lastIndexOf(",")))

const search = (store: string, ...rest: ReadonlyArray<string>) =>
  spawned(["search", "table.yaml", "--store", store, "-o", `${store}.yaml`, ...rest], { cwd: directory })

const exported = async (store: string) => trialsOf((await run(["search", "--store", at(store), "--export", "csv"])).stdout)

test("a search that is killed is resumed, shared with a worker and extended to the trials of one that was not", async () => {
  const whole = await search("whole.sqlite", "--trials", "5", "--parallel", "1")
  expect(whole.stderr).toContain("study moons · 2 dimensions")
  expect(whole.code).toBe(0)

  const killed = await spawned(["search", "table.yaml", "--store", "again.sqlite", "--trials", "5", "--parallel", "1"], {
    cwd: directory,
    meanwhile: when("trial 1 ", "SIGKILL"),
  })
  expect(killed.code).toBe(-1)
  const refused = await search("again.sqlite")
  expect(refused.code).toBe(2)
  expect(refused.stderr).toContain("--resume continues or joins it")
  const worker = spawned(["worker", "--store", at("again.sqlite"), "--data", ".", "--parallel", "1"], { cwd: elsewhere })
  const both = await Promise.all([search("again.sqlite", "--resume", "--parallel", "1"), worker])
  expect(both.map(({ code }) => code)).toEqual([0, 0])
  expect(both[1].stderr).toContain("study moons has ended: this worker ran ")
  expect(await exported("again.sqlite")).toEqual(await exported("whole.sqlite"))
  const idle = await run(["worker", "--store", at("whole.sqlite")])
  expect([idle.code, idle.stderr]).toEqual([0, `${at("whole.sqlite")} has no more trials to run\n`])
  for (const name of ["history", "slices", "pareto"]) expect(existsSync(at("moons", `${name}.svg`))).toBe(true)

  // The file of the best trial has its score, keeps the comments, and has nothing to search.
  const best = readFileSync(at("whole.sqlite.yaml"), "utf8")
  expect(best).toContain("# how wide")
  expect(best).not.toContain("search")
  const { code, stderr, stdout } = await run(["train", at("whole.sqlite.yaml"), "--runs", at("runs"), "--json"])
  expect([code, stderr.includes("error")]).toEqual([0, false])
  const epochs = stdout.split("\n").filter((line) => line.includes('"event":"epoch"'))
  const accuracy = JSON.parse(epochs.at(-1) ?? "{}").val.accuracy
  const rows = (await exported("whole.sqlite")).slice(1).map((line) => line.split(","))
  expect(Math.max(...rows.map(([, , value]) => Number(value)))).toBe(accuracy)
})

test("an interrupted search ends at once and says how it continues", async () => {
  const started = { at: 0 }
  const child = spawn(
    process.execPath,
    [main, "search", "moons.yaml", "--store", "stopped.sqlite", "--set", "train.epochs=100000"],
    {
      cwd: directory,
      env: inherited,
    },
  )
  let heard = ""
  child.stderr.on("data", (chunk: Buffer) => {
    heard += chunk.toString()
    if (started.at === 0 && heard.includes("at a time")) {
      started.at = performance.now()
      setTimeout(() => child.kill("SIGINT"), 300)
    }
  })
  const code = await new Promise((resolve) => child.on("close", resolve))
  expect(code).toBe(130)
  // The main thread hears the signal: what is computed beside it waits for nothing.
  expect(heard).toContain("SIGINT: ending the trials that run; Ctrl-C again stops at once")
  expect(heard).toContain("try: adjoint search moons.yaml --set train.epochs=100000 --store stopped.sqlite --resume")
  expect(performance.now() - started.at).toBeLessThan(5000)
  rmSync(at("stopped.sqlite"), { force: true })
})

test("flags that no search could have are refused before anything is written", async () => {
  const place = folder({ "moons.yaml": model })
  const file = join(place, "moons.yaml")
  const store = join(place, "s.sqlite")
  const said = async (...flags: ReadonlyArray<string>) => {
    const named = flags.includes("--store") ? flags : ["--store", store, ...flags]
    const { code, stderr } = await run(["search", file, ...named])
    return `${code} ${stderr.split("\n")[0]}`
  }
  expect(await said("--trials", "0")).toBe("2 error: 0 trials")
  expect(await said("--trials", "-3")).toBe("2 error: -3 trials")
  expect(await said("--study", "")).toBe("2 error: the name of the study is empty")
  expect(await said("--store", "")).toBe("2 error: the name of the database is empty")
  expect(await said("--parallel", "-1")).toBe("2 error: -1 trials at a time")
  expect(await said("--cores", "1", "--threads", "2")).toBe("2 error: 1 core for trials of 2 threads each")
  expect(await said("--memory", "much")).toBe("2 error: `much` is no size of memory")
  expect(await said("--serve-data", "here")).toBe("2 error: no address to serve the data at")
  expect(await said("--store", "/proc/none/s.sqlite")).toBe("7 error: /proc/none/s.sqlite: its folder cannot be made")
  expect(await said("-o", join(place, ".", "moons.yaml"))).toBe(`2 error: the best trial would overwrite ${file}`)
  expect(await said("-o", store)).toBe(`2 error: the best trial would overwrite the database ${store}`)
  expect(await said("-o", place)).toBe(`2 error: ${place} is a folder`)
  expect(await said("--store", join(file, "s.sqlite"))).toBe(`7 error: ${join(file, "s.sqlite")}: its folder cannot be made`)
  expect(readdirSync(place)).toEqual(["moons.yaml"])
})

test("a search whose conditions refuse every point says so", async () => {
  const place = folder({ "moons.yaml": model.replace("model.params < 40", "model.params < 1") })
  const { stderr } = await run([
    "search",
    join(place, "moons.yaml"),
    "--store",
    join(place, "s.sqlite"),
    "--set",
    "search.sampler=grid",
  ])
  expect(stderr).toContain("every point breaks a condition of `search.where`")
})
