/** Each example is run and prints what the comment at its end says. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, onTestFinished, test } from "vitest"
import { examples, folder, promised } from "./promised.ts"
import { run } from "./run.ts"

test("there are examples", () => {
  expect(examples.length).toBeGreaterThanOrEqual(15)
})

test.concurrent.each(examples)("%s prints what it says", { timeout: 60_000 }, async (name) => {
  const { stdout } = await run(new URL(name, folder))
  expect(promised(name)).not.toBe("")
  expect(stdout.replaceAll(/[ \t]+$/gm, "")).toBe(promised(name))
})

test("the picture of the optimizers is the one that is kept", { timeout: 60_000 }, async () => {
  const directory = mkdtempSync(join(tmpdir(), "adjoint-"))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const file = join(directory, "race.svg")
  await run(new URL("13-optimizer-race.ts", folder), file)
  expect(readFileSync(file, "utf8")).toBe(readFileSync(new URL("pictures/optimizer-race.svg", folder), "utf8"))
})
