/** A run is resumed with the model file that it began with; another file is refused, with the keys that differ. */
import { cpSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { beforeAll, expect, test } from "vitest"
import { folder, run } from "./world.ts"

const model = `schema: 1
name: moons
vars: { width: 8 }
data: { source: { moons: { count: 120 } }, split: { val: 20%, seed: 3 } }
model: { layers: [{ dense: { units: $width, activation: relu } }, { head: label }] }
train: { seed: 5, epochs: 2, batch: 16, optimizer: { adam: { lr: 0.02 } }, metrics: [accuracy] }
`

const directory = folder({ "moons.yaml": model })
const runs = join(directory, "runs")
const began = join(runs, "moons/0001")

/** What is said of going on with the run by another text, from its place on, the run and the file called by short names. */
const refused = async (text: string, ...args: ReadonlyArray<string>) => {
  const file = join(directory, "other.yaml")
  writeFileSync(file, text)
  const { code, stderr, stdout } = await run(["train", file, "--resume", "moons/0001", "--runs", runs, ...args])
  expect({ code, stdout }).toEqual({ code: 7, stdout: "" })
  expect(readdirSync(join(runs, "moons"))).toEqual(["0001"])
  return stderr.replaceAll(began, "RUN").replaceAll(file, "m.yaml")
}

beforeAll(async () => {
  expect(await run(["train", join(directory, "moons.yaml"), "--runs", runs])).toMatchObject({ code: 0 })
})

test("each key that differs is shown where it stands, with what the run began with", async () => {
  const other = model
    .replace("batch: 16", "batch: 32")
    .replace("adam: { lr: 0.02 }", "sgd: { lr: 0.1 }")
    .replace("width: 8", "width: 9")
    .replace("metrics: [accuracy]", "average: 0.5")
  expect(await refused(other)).toMatchInlineSnapshot(`
    "error[T516]: \`model.layers[0].dense.units\` is \`9\`, and RUN began with \`8\`
      --> m.yaml:5:37
    3 | vars: { width: 9 }
      |         ----- \`width\` is set here
    ...
    5 | model: { layers: [{ dense: { units: $width, activation: relu } }, { head: label }] }
      |                                     ^^^^^^
      = help: write \`units: 8\` to resume the run; to keep the change, start a new run, without --resume

    error[T516]: \`train.metrics\` is \`auto\`, and RUN began with \`[accuracy]\`
      --> m.yaml:6:1
    6 | train: { seed: 5, epochs: 2, batch: 32, optimizer: { sgd: { lr: 0.1 } }, average: 0.5 }
      | ^^^^^
      = help: put it back as it is in RUN/resolved.yaml to resume the run; to keep the change, start a new run, without --resume

    error[T516]: \`train.batch\` is \`32\`, and RUN began with \`16\`
      --> m.yaml:6:37
    6 | train: { seed: 5, epochs: 2, batch: 32, optimizer: { sgd: { lr: 0.1 } }, average: 0.5 }
      |                                     ^^
      = help: write \`batch: 16\` to resume the run; to keep the change, start a new run, without --resume

    error[T516]: \`train.optimizer\` is \`sgd\`, and RUN began with \`adam\`
      --> m.yaml:6:52
    6 | train: { seed: 5, epochs: 2, batch: 32, optimizer: { sgd: { lr: 0.1 } }, average: 0.5 }
      |                                                    ^^^^^^^^^^^^^^^^^^^^
      = help: put it back as it is in RUN/resolved.yaml to resume the run; to keep the change, start a new run, without --resume

    error[T516]: \`train.average\` is \`0.5\`, and RUN began without it
      --> m.yaml:6:83
    6 | train: { seed: 5, epochs: 2, batch: 32, optimizer: { sgd: { lr: 0.1 } }, average: 0.5 }
      |                                                                                   ^^^
      = help: remove it to resume the run; to keep the change, start a new run, without --resume

    5 errors
    "
  `)
})

test("a layer between others is shown once", async () => {
  const text = await refused(model.replace("{ head: label }", "{ dropout: 0.1 }, { head: label }"))
  expect(text).toContain("`model.layers[1]` is `dropout`, and RUN began with `head`")
  expect(text).toContain("\n1 error")
})

test("a value that --set changed is reported as that of --set, to a person and to a program", async () => {
  const args = ["train", "--resume", "moons/0001", "--runs", runs, "--set", "train.batch=4", "--json"]
  const { code, stderr, stdout } = await run(args)
  expect(code).toBe(7)
  expect(stderr).toContain("--> --set train.batch=4: train.batch")
  expect(stderr).toContain("help: remove `--set train.batch=4` to resume the run")
  const failed = JSON.parse(stdout)
  expect(failed).toMatchObject({ event: "failed", exit: 7, error: "Changed" })
  expect(failed.diagnostics).toMatchObject([{ code: "T516", path: ["train", "batch"] }])
})

test("another column than the run had is reported as such, not by its effect on the rows", async () => {
  const rows = "a,b,kind\n1,2,x\n3,1,y\n2,2,x\n5,0,y\n"
  writeFileSync(join(directory, "rows.csv"), rows)
  const table = (columns: string, target: string) => `schema: 1
name: table
data: { source: rows.csv, columns: { a: number, ${columns} }, split: { train: 100%, seed: 1 } }
model: { layers: [{ head: ${target} }] }
train: { epochs: 1, batch: 2, callbacks: [] }
lint: { allow: [A611, A612] }
`
  const file = join(directory, "table.yaml")
  writeFileSync(file, table("b: ignore, kind: class", "kind"))
  expect(await run(["train", file, "--runs", runs])).toMatchObject({ code: 0 })
  writeFileSync(file, table("b: { type: number, role: target }, kind: ignore", "b"))
  const { code, stderr } = await run(["train", file, "--resume", "table/0001", "--runs", runs])
  expect(code).toBe(7)
  expect(stderr).toMatch(/`data\.columns\.b\.type` is `number`, and \S+ began with `ignore`\n {2}--> \S+table\.yaml:3:60/)
})

test("the number of epochs may change, and what is not of training", async () => {
  const again = model.replace("epochs: 2", "epochs: 3").replace("name: moons", "name: more").concat("evaluate: { split: val }\n")
  const file = join(directory, "more.yaml")
  writeFileSync(file, again)
  expect(await run(["train", file, "--resume", "moons/0001", "--runs", runs])).toMatchObject({ code: 0 })
  expect(JSON.parse(readFileSync(join(runs, "more/0001/summary.json"), "utf8"))).toMatchObject({ epochs: 3 })
})

test("a run that another process still writes is refused with that process; one whose number was given away is resumed", async () => {
  const copy = folder()
  cpSync(runs, copy, { recursive: true })
  const at = join(copy, "moons/0001")
  rmSync(join(at, "summary.json"))
  const env = join(at, "env.json")
  const record = JSON.parse(readFileSync(env, "utf8"))
  writeFileSync(env, JSON.stringify({ ...record, pid: process.ppid }))
  const resume = () => run(["train", join(directory, "moons.yaml"), "--resume", "moons/0001", "--runs", copy])
  expect(await resume()).toEqual({
    code: 2,
    stdout: "",
    stderr: `error: ${at} is still running, in process ${process.ppid}
  try: wait for its end, or interrupt it (kill -INT ${process.ppid}): then it saves what it has done
`,
  })
  expect(readdirSync(join(copy, "moons"))).toEqual(["0001"])
  if (process.platform !== "linux") return
  // The run began long before that process.
  utimesSync(env, 1000, 1000)
  expect(await resume()).toMatchObject({ code: 0 })
})
