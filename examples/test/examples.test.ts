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

const race = "13-optimizer-race.ts"

const prints = async (name: string, signal: AbortSignal, ...args: ReadonlyArray<string>): Promise<void> => {
  const { stdout } = await run(signal, new URL(name, folder), ...args)
  expect(promised(name)).not.toBe("")
  expect(stdout.replaceAll(/[ \t]+$/gm, "")).toBe(promised(name))
}

test.concurrent.for(examples.filter((name) => name !== race))("%s prints what it says", limit, (name, { signal }) =>
  prints(name, signal),
)

test(`${race} prints what it says, and the picture of the optimizers is the one that is kept`, limit, async ({ signal }) => {
  const directory = mkdtempSync(join(tmpdir(), "adjoint-"))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const file = join(directory, "race.svg")
  await prints(race, signal, file)
  expect(readFileSync(file, "utf8")).toBe(readFileSync(new URL("pictures/optimizer-race.svg", folder), "utf8"))
})
