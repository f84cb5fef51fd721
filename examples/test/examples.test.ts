/** Each example is run and prints what the comment at its end says. */
import { execFile } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { expect, onTestFinished, test } from "vitest"
import { examples, folder, promised } from "./promised.ts"

const run = async (name: string, ...args: ReadonlyArray<string>): Promise<string> => {
  const { stdout } = await promisify(execFile)(process.execPath, [new URL(name, folder).pathname, ...args])
  return stdout.replaceAll(/[ \t]+$/gm, "")
}

test("there are examples", () => {
  expect(examples.length).toBeGreaterThanOrEqual(15)
})

test.concurrent.each(examples)("%s prints what it says", async (name) => {
  expect(promised(name)).not.toBe("")
  expect(await run(name)).toBe(promised(name))
})

test("the picture of the optimizers is the one that is kept", async () => {
  const directory = mkdtempSync(join(tmpdir(), "adjoint-"))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const file = join(directory, "race.svg")
  await run("13-optimizer-race.ts", file)
  expect(readFileSync(file, "utf8")).toBe(readFileSync(new URL("pictures/optimizer-race.svg", folder), "utf8"))
})
