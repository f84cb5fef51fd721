/** What a person sees while large data is read and prepared. */
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { folder, run } from "./world.ts"

const rows = Array.from({ length: 60_000 }, (_, i) => `${(i % 97) / 97},${(i % 89) / 89},${i % 2}`)

const model = `schema: 1
name: large
data: { source: { csv: large.csv }, columns: { a: number, b: number, y: class }, split: { seed: 1 } }
model: { layers: [{ head: y }] }
`

const directory = folder({
  "large.csv": ["a,b,y", ...rows].join("\n"),
  "large.yaml": model,
  "small.csv": ["a,b,y", ...rows.slice(0, 60)].join("\n"),
  "small.yaml": model.replaceAll("large", "small"),
})

const dry = (name: string) => ["train", join(directory, name), "--dry-run"]

const clear = "\r\u001b[K"

describe("while large data is read", () => {
  test("a line on the terminal says what happens, and is gone when it has happened", async () => {
    const { code, stderr, stdout } = await run(dry("large.yaml"), { columns: 80, env: { NO_COLOR: "1" } })
    expect({ code, stdout }).toEqual({ code: 0, stdout: "" })
    const [, ...drawn] = stderr.split(clear)
    expect(drawn.at(-1)).toMatch(/^dry run · /)
    expect(drawn.slice(0, -1)).toEqual(expect.arrayContaining(["reading large.csv, 2 MB…", "preparing 60,000 rows…"]))
    expect(drawn.slice(0, -1).every((line) => line === "" || line.endsWith("…"))).toBe(true)
  })

  test("the line is no wider than the terminal", async () => {
    const { stderr } = await run(dry("large.yaml"), { columns: 20, env: { NO_COLOR: "1" } })
    const lines = stderr.split(clear).slice(1, -1)
    expect(lines).toContain("reading large.csv,…")
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThan(20)
  })

  test("nothing of it is in a log, in CI, with --json, or of small data", async () => {
    const quiet = [
      await run(dry("large.yaml")),
      await run(dry("large.yaml"), { columns: 80, env: { CI: "true" } }),
      await run([...dry("large.yaml"), "--json"]),
      await run(dry("small.yaml"), { columns: 80 }),
    ]
    for (const { code, stderr } of quiet) {
      expect(code).toBe(0)
      expect(stderr).not.toContain(clear)
      expect(stderr).not.toContain("reading")
    }
  })
})
