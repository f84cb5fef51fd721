import { execFile } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"
import { promisify } from "node:util"
import { expect, test } from "vitest"

const folder = new URL("..", import.meta.url)
const examples = readdirSync(folder).filter((name) => /^\d\d-.*\.ts$/.test(name))

/** The comment an example ends with: what it prints. */
const promised = (source: string): string => {
  const [, comment] = /^\/\/ Prints:\n((?:\/\/.*\n)+)$/m.exec(source) ?? []
  return (comment ?? "").replaceAll(/^\/\/ ?/gm, "")
}

test("there are examples", () => {
  expect(examples.length).toBeGreaterThanOrEqual(5)
})

test.concurrent.each(examples)("%s prints what it says", async (name) => {
  const file = new URL(name, folder)
  const { stdout } = await promisify(execFile)(process.execPath, [file.pathname])
  const trimmed = stdout.replaceAll(/[ \t]+$/gm, "")
  expect(promised(readFileSync(file, "utf8"))).not.toBe("")
  expect(trimmed).toBe(promised(readFileSync(file, "utf8")))
})
