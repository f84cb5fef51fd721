/** The table of layers on screens of some width. */
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { examples, folder, run } from "./world.ts"

const name = (which: string) => `a_layer_with_a_very_long_name_of_which_the_${which}`

const directory = folder({
  "long.yaml": `schema: 1
data: { source: { moons: { count: 60 } }, split: { seed: 1 } }
model: { layers: [{ dense: 8, name: ${name("first_is_one")} }, relu, { dense: 8, name: ${name("second_is_two")} }, { head: label }] }
`,
})

const tableOf = async (file: string, screen?: number) => {
  const { code, stdout } = await run(["inspect", file], { env: { NO_COLOR: "1" }, ...(screen === undefined ? {} : { screen }) })
  expect(code).toBe(0)
  return stdout.split("\n\n")[0] ?? ""
}

describe("inspect", () => {
  test.each([60, 80, 120])("has a table that fits %i columns", async (screen) => {
    for (const file of [join(directory, "long.yaml"), join(examples, "digits-lenet.yaml")]) {
      const lines = (await tableOf(file, screen)).split("\n")
      expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(screen)
      expect(lines.at(-1)).toMatch(/^total /)
    }
  })

  test("leaves out what goes in and the middle of names where there is no room", async () => {
    expect(`${await tableOf(join(directory, "long.yaml"), 60)}\n`).toMatchInlineSnapshot(`
      "layer                kind   [2] →  parameters  multiply-adds
      a_layer_w…st_is_one  dense  → [8]          24             16
      relu1                relu   → [8]           0              0
      a_layer_w…nd_is_two  dense  → [8]          72             64
      head1                dense  → [1]           9              8
      total                                     105             88
      "
    `)
  })

  test("has all of it in a pipe", async () => {
    const table = await tableOf(join(directory, "long.yaml"))
    expect(table).toContain(`${name("second_is_two")}  dense  [8] → [8]`)
    expect(await tableOf(join(directory, "long.yaml"), 200)).toBe(table)
  })
})
