/** Each model file is trained by the command without a warning, and scores what README.md says. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import { afterAll, expect, test } from "vitest"
import { command } from "../../scripts/bundle-command.ts"
import { examples, folder } from "./promised.ts"
import { limit, run } from "./run.ts"

const read = (name: string): string => readFileSync(new URL(name, folder), "utf8")

const readme = read("README.md")

/** The model files of the table, and their scores. */
const models = [...readme.matchAll(/^\| \[([\w-]+\.yaml)\].*\| `([^`]+)` +\|$/gm)].map(([, name = "", scores = ""]) => ({
  name,
  scores,
}))

test("README.md lists every program, and every model file whose data is here", () => {
  expect([...readme.matchAll(/^\| \[(\d\d-[\w-]+\.ts)\]/gm)].map(([, name]) => name)).toEqual(examples)
  const files = readdirSync(folder).filter((name) => name.endsWith(".yaml") && !/data\/(?:fashion-)?mnist\//.test(read(name)))
  expect(models.map(({ name }) => name).sort()).toEqual(files.sort())
})

const runs = mkdtempSync(join(tmpdir(), "adjoint-"))
afterAll(() => rmSync(runs, { recursive: true }))

test.concurrent.for(models)("$name scores what README.md says", limit, async ({ name, scores }, { signal }) => {
  const { stderr, stdout } = await run(
    signal,
    pathToFileURL(command),
    "train",
    fileURLToPath(new URL(name, folder)),
    "--no-report",
    "--runs",
    runs,
  )
  expect(stdout.trim().split(/ {2,}/).slice(1).join("  ")).toBe(scores)
  expect(stderr).not.toContain("warning")
})
