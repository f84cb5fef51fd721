/**
 * The lengths of programs that the field writes often: lines of code, without blank lines and lines of comments alone, as the
 * formatter breaks them. Imports, data and printing count.
 */
import { readFileSync } from "node:fs"
import { expect, test } from "vitest"
import { folder } from "./promised.ts"

const linesOf = (code: string): number => {
  const lines = code.replaceAll(/^\s*\/\*[\s\S]*?\*\/\s*$/gm, "").split("\n")
  return lines.filter((line) => line.trim() !== "" && !line.trim().startsWith("//")).length
}

/** The first block of TypeScript after a heading of a page. */
const firstBlock = (page: string, heading: string): string =>
  new RegExp(`^## ${heading}$[\\s\\S]*?^\`\`\`ts\\n([\\s\\S]*?)^\`\`\``, "m").exec(page)?.[1] ?? ""

const limits = {
  "17-two-heads.ts": 40,
  "19-vae.ts": 45,
  "20-gan.ts": 60,
  "24-masked-lstm.ts": 30,
  "25-char-transformer.ts": 60,
  "26-maml.ts": 30,
  "27-pinn.ts": 30,
}

test.each(Object.entries(limits))("%s has at most %i lines of code", (name, limit) => {
  const lines = linesOf(readFileSync(new URL(name, folder), "utf8"))
  expect(lines).toBeGreaterThan(limit / 2)
  expect(lines).toBeLessThanOrEqual(limit)
})

test("the layer of your own on its page has at most 10", () => {
  const block = firstBlock(readFileSync(new URL("../docs/extend.md", folder), "utf8"), "A layer")
  expect(linesOf(block)).toBeGreaterThan(4)
  expect(linesOf(block)).toBeLessThanOrEqual(10)
})

test("lines are counted without blank lines and comments", () => {
  expect(linesOf("/** a\n * b\n */\nconst a = 1 // c\n\n// d\nconst b = [\n  2,\n]\n")).toBe(4)
})
