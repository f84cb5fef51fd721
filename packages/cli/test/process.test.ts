/** What only a process of its own shows: signals, pipes, folders, and what is loaded. */
import { spawn } from "node:child_process"
import { existsSync, mkdirSync, readFileSync } from "node:fs"
import { join, relative } from "node:path"
import { text } from "node:stream/consumers"
import { expect, test } from "vitest"
import { inherited, main, root, sources, spawned, when } from "./process.ts"
import { examples, folder, run } from "./world.ts"

const model = `schema: 1
name: long
data: { source: { moons: { count: 900, noise: 0.2 } }, split: { val: 10%, test: 10%, seed: 3 } }
model: { layers: [{ dense: { units: 16, activation: relu } }, { dropout: 0.1 }, { head: label }] }
train:
  seed: 5
  epochs: 40
  batch: 8
  optimizer: { adam: { lr: 0.005 } }
  metrics: [accuracy]
  callbacks: [{ early_stop: { monitor: val.loss, patience: 39 } }]
`

test("a run that was interrupted, and one that was killed, end with the bits of one that was not", {
  timeout: 60_000,
}, async () => {
  const directory = folder({ "long.yaml": model })
  const at = (...names: ReadonlyArray<string>) => join(directory, ...names)
  const train = (runs: string, ...args: ReadonlyArray<string>) => ["train", ...args, "--runs", at(runs)]
  const [whole, interrupted, killed] = await Promise.all([
    spawned(train("whole", at("long.yaml"))),
    spawned(train("interrupted", at("long.yaml")), { meanwhile: when("epoch 3/", "SIGINT") }),
    spawned(train("killed", at("long.yaml")), { meanwhile: when("epoch 6/", "SIGKILL") }),
  ])
  expect(whole.code).toBe(0)

  expect(interrupted).toMatchObject({ code: 130, stdout: "" })
  expect(interrupted.stderr).toContain("next: adjoint train --resume long/0001")
  expect(interrupted.stderr).not.toContain("epoch 40/40")
  expect(JSON.parse(readFileSync(at("interrupted/long/0001/summary.json"), "utf8")).status).toBe("interrupted")
  expect(existsSync(at("interrupted/long/0001/checkpoints/last/weights.safetensors"))).toBe(true)

  expect(killed.code).toBe(-1)
  expect(existsSync(at("killed/long/0001/summary.json"))).toBe(false)

  const resumed = await Promise.all(["interrupted", "killed"].map((runs) => spawned(train(runs, "--resume", "long/0001"))))
  expect(resumed.map(({ code }) => code)).toEqual([0, 0])
  for (const runs of ["interrupted", "killed"]) {
    const same = (file: string) =>
      readFileSync(at(runs, "long/0002", file)).equals(readFileSync(at("whole/long/0001", file))) ? "same" : `${runs}: ${file}`
    const files = ["best/weights", "last/weights", "last/optimizer"].map((name) => `checkpoints/${name}.safetensors`)
    expect([...files, "metrics.csv", "metrics.jsonl", "model.yaml", "resolved.yaml", "preprocess.json"].map(same)).toEqual(
      Array(8).fill("same"),
    )
    expect(JSON.parse(readFileSync(at(runs, "long/0002/command.json"), "utf8")).parent).toBe(at(runs, "long/0001"))
    const test_ = (path: string) => JSON.parse(readFileSync(at(path), "utf8")).test
    expect(test_(`${runs}/long/0002/summary.json`)).toEqual(test_("whole/long/0001/summary.json"))
  }
  const again = await run(train("interrupted", "--resume", "long/0002"))
  expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining("is complete") })
  const other = await run(train("interrupted", "--resume", "long/0001", "--set", "train.batch=16"))
  expect(other).toMatchObject({ code: 7, stderr: expect.stringContaining("`train.batch` is `16`, and ") })
  const elsewhere = await run(train("interrupted", "--resume", "long/0001", "--engine", "reference"))
  expect(elsewhere).toMatchObject({ code: 7, stderr: expect.stringContaining("--engine wasm") })
})

test.concurrent("a Node that is too old is named, with the oldest that is not", async () => {
  const { engines } = JSON.parse(readFileSync(join(root, "packages/cli/package.json"), "utf8"))
  const old =
    'data:text/javascript,Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.19.1" } })'
  const { code, stderr } = await spawned(["check"], { node: ["--import", old] })
  expect(stderr).toBe(`adjoint needs Node ${engines.node.replace(">=", "")} or later; this is Node 20.19.1\n`)
  expect(code).toBe(2)
})

test.concurrent("paths are taken from where the command was typed", { timeout: 60_000 }, async () => {
  const directory = folder({ "long.yaml": model })
  mkdirSync(join(directory, "inner"))
  const script = { npm_lifecycle_event: "adjoint", INIT_CWD: join(directory, "inner") }
  const args = ["train", "../long.yaml", "--set", "train.epochs=1", "--set", "train.callbacks=[]"]
  const { code, stderr, stdout } = await spawned(args, { env: script })
  expect(code).toBe(0)
  expect(stdout).toMatch(/^runs\/long\/0001 {2}/)
  expect(stderr).toContain("npx pnpm@12 adjoint evaluate long/0001")
  expect(existsSync(join(directory, "inner/runs/long/0001/summary.json"))).toBe(true)
  // Somebody else's script is in their own folder already.
  const other = await spawned(["check", "long.yaml"], {
    cwd: directory,
    env: { ...script, npm_lifecycle_event: "build" },
  })
  expect(other).toMatchObject({ code: 0, stdout: "ok long.yaml\n" })
})

test.concurrent("a reader that goes away ends the command in silence", { timeout: 60_000 }, async () => {
  const directory = folder({ "long.yaml": model, "rows.jsonl": "[1, 0]\n".repeat(4000) })
  const short = ["--set", "train.epochs=1", "--set", "train.callbacks=[]"]
  expect(await run(["train", join(directory, "long.yaml"), "--runs", directory, ...short])).toMatchObject({ code: 0 })
  const command = `"${process.execPath}" "${main}" predict long/1 rows.jsonl --runs . | head -n 1; echo "\${PIPESTATUS[0]}"`
  const shell = spawn("bash", ["-c", command], { cwd: directory, env: inherited })
  const [stdout, stderr] = await Promise.all([text(shell.stdout), text(shell.stderr)])
  const [first = "", code] = stdout.split("\n")
  expect(JSON.parse(first)).toMatchObject({ row: 1 })
  expect({ code, stderr }).toEqual({ code: "0", stderr: "" })
})

test.concurrent("help loads neither core nor dsl, nor all of effect", { timeout: 60_000 }, async () => {
  const hook = `data:text/javascript,${encodeURIComponent(
    `import { registerHooks } from "node:module"
     registerHooks({ load: (url, context, next) => { process.stderr.write(url + "\\n"); return next(url, context) } })`,
  )}`
  const { code, stderr, stdout } = await spawned(["--help"], { script: sources, node: ["--import", hook] })
  const loaded = stderr.split("\n").filter((url) => url.startsWith("file:"))
  expect(code).toBe(0)
  expect(stdout).toContain("SUBCOMMANDS")
  expect(loaded.some((url) => url.endsWith("packages/cli/src/command/Adjoint.ts"))).toBe(true)
  // What may be written to a terminal is decided in two short files, which import nothing else.
  const text = ["packages/dsl/src/diagnostic/Printable.ts", "packages/core/src/types/escaped.ts"]
  const others = loaded.filter((url) => !text.some((file) => url.endsWith(file)))
  expect(others.filter((url) => /packages\/(core|dsl)\/|effect\/dist\/index\.js|packages\/cli\/src\/verbs/.test(url))).toEqual([])
})

test.concurrent("the demo reads at least 96 % of the digits it never saw, and draws ten", { timeout: 60_000 }, async () => {
  const runs = relative(root, folder())
  const { code, stderr, stdout } = await spawned(["--runs", runs], { script: join(examples, "demo.ts") })
  expect({ code, stderr: stderr.includes("error") }).toEqual({ code: 0, stderr: false })
  const [, accuracy = "0"] = /test accuracy (\d+\.\d\d)%/.exec(stdout) ?? []
  expect(Number(accuracy)).toBeGreaterThanOrEqual(96)
  expect(stdout.match(/\d ✓|\d ✗ it is \d/g)).toHaveLength(10)
  expect(stdout).toContain(`run folder    ${join(runs, "digits/0001")}`)
  expect(existsSync(join(root, runs, "digits/0001/checkpoints/best/weights.safetensors"))).toBe(true)
})

test("a lack of memory is reported at the layer that needs it, and the run's folder records the failure", async () => {
  const wide = model.replace("units: 16", "units: 1024").replace("{ dropout: 0.1 }", "{ dense: 1024 }")
  const directory = folder({ "wide.yaml": wide })
  const limited = { cwd: directory, node: ["--wasm-max-mem-pages=256"] }
  const { code, stderr } = await spawned(["train", "wide.yaml"], limited)
  expect(code).toBe(3)
  expect(stderr).toMatch(
    /error\[T517\]: this run needs [\d,]+ bytes of memory, and the host cannot provide it\n {2}--> wide\.yaml:4:67\n/,
  )
  expect(stderr).toMatch(/\^{5} learns f32\[1024, 1024\] of 4,194,304 bytes\n {2}= help: a smaller `dense2`\n/)
  const summary = JSON.parse(readFileSync(join(directory, "runs/long/0001/summary.json"), "utf8"))
  expect(summary).toMatchObject({ status: "failed", failure: expect.stringContaining("the host cannot provide it") })
})
