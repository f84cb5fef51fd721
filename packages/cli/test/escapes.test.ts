/** Names from files reach neither a terminal nor a pipe as they are, whatever the verb. */
import { spawnSync } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { expect, test } from "vitest"
import { guarded, own } from "../src/terminal/Guard.ts"
import { style } from "../src/terminal/Style.ts"
import { main } from "./process.ts"
import { folder, run } from "./world.ts"

/** Clears the screen, rings, starts a C1 sequence, turns the direction, hides, breaks the line, and looks like our own red. */
const hostile = "\u001b[2J\u0007\u009b31m\u202e\u200b\u2028\u001b[31mred"

const rows = Array.from({ length: 60 }, (_, i) => `${i % 9},${i % 7},${i % 3 === 0 ? "a" : `"${hostile}\nnext"`}`)
const data = `x${hostile},y,label\n${rows.join("\n")}\n`
const quoted = (text: string): string =>
  JSON.stringify(text).replaceAll(/[\u007f-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`)
const file = "rows.csv"

const model = (source: string) => `schema: 1
name: e
data:
  source: { csv: { path: ${quoted(source)} } }
  columns: { label: class, "*": number }
  split: { val: 20%, test: 20%, seed: 1 }
model: { layers: [{ dense: 4 }, { head: label }] }
train: { epochs: 1, batch: 16 }
`

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const unsafe = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/u

const files = { "m.yaml": model(file), [file]: data, "missing.yaml": model(`no${hostile}.csv`) }

const verbs: ReadonlyArray<ReadonlyArray<string>> = [
  ["check", "m.yaml"],
  ["check", "missing.yaml"],
  ["inspect", "m.yaml"],
  ["train", "m.yaml"],
  ["evaluate", "e/0001"],
  ["predict", "e/0001", file],
  ["predict", "e/0001", "m.yaml"],
  ["sweep", "m.yaml", "--steps", "1"],
  ["check", "m.yaml", "--json"],
  ["evaluate", "e/0001", "--json"],
  ["train", "missing.yaml", "--json"],
]

test("no verb writes a control character of a name to a pipe", { timeout: 120_000 }, () => {
  const cwd = folder(files)
  for (const args of verbs) {
    const { stderr, stdout } = spawnSync(process.execPath, [main, ...args], {
      cwd,
      encoding: "utf8",
      env: { ...process.env, FORCE_COLOR: "", NO_COLOR: "1" },
    })
    expect(stdout + stderr, args.join(" ")).not.toMatch(unsafe)
    expect(stdout + stderr, args.join(" ")).not.toBe("")
  }
  for (const picture of readdirSync(join(cwd, "runs/e/0001"), { recursive: true, encoding: "utf8" }))
    if (picture.endsWith(".svg")) expect(readFileSync(join(cwd, "runs/e/0001", picture), "utf8")).not.toMatch(unsafe)
})

test("JSON escapes what is unsafe, so that a program reads the name as it is", { timeout: 60_000 }, async () => {
  const directory = folder(files)
  const runs = join(directory, "runs")
  await run(["train", join(directory, "m.yaml"), "--runs", runs])
  const { stdout } = await run(["evaluate", "e/0001", "--runs", runs, "--json"])
  expect(stdout).not.toMatch(unsafe)
  expect(JSON.parse(stdout).classes.map(({ name }: { readonly name: string }) => name)).toContain(`${hostile}\nnext`)
})

test("with colours, the only sequences are our own", () => {
  const look = style(true)
  expect(guarded(`${look("bad", `a${hostile}`)} \u001b[31m${own("\r\u001b[K")}`)).toBe(
    "\u001b[31ma\ufffd[2J\ufffd\ufffd31m\ufffd\ufffd\ufffd\ufffd[31mred\u001b[39m \ufffd[31m\r\u001b[K",
  )
})

test("a name of a class takes one line of a table, as wide as the terminal shows it", { timeout: 60_000 }, async () => {
  const wide = "日本"
  const directory = folder({ "m.yaml": model("w.csv"), "w.csv": data.replaceAll(`"${hostile}\nnext"`, wide) })
  const runs = join(directory, "runs")
  await run(["train", join(directory, "m.yaml"), "--runs", runs])
  const { stdout } = await run(["evaluate", "e/0001", "--runs", runs])
  const lines = stdout.split("\n")
  // The two characters take four columns, so the other class stands three blanks further right.
  const cells = lines.filter((line) => line.includes("0.") || line.includes("1.0")).map((line) => line.replace(/\d.*/, ""))
  expect(cells).toContain(`   ${wide}     `)
  expect(cells).toContain("      a     ")
})
