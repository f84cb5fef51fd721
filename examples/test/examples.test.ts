/** Each example is run and prints what the comment at its end says. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, onTestFinished, test } from "vitest"
import { examples, folder, promised } from "./promised.ts"
import { limit, run } from "./run.ts"

test("there are examples", () => {
  expect(examples.length).toBeGreaterThanOrEqual(15)
})

test.concurrent.for(examples)("%s prints what it says", limit, async (name, { signal }) => {
  const { stdout } = await run(signal, new URL(name, folder))
  expect(promised(name)).not.toBe("")
  expect(stdout.replaceAll(/[ \t]+$/gm, "")).toBe(promised(name))
})

test("the picture of the optimizers is the one that is kept", limit, async ({ signal }) => {
  const directory = mkdtempSync(join(tmpdir(), "adjoint-"))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const file = join(directory, "race.svg")
  await run(signal, new URL("13-optimizer-race.ts", folder), file)
  expect(readFileSync(file, "utf8")).toBe(readFileSync(new URL("pictures/optimizer-race.svg", folder), "utf8"))
})
