/** `data`: the rows of a model file, column by column or array by array, and what looks wrong with them. */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { decode } from "@adjoint/core/data/image/decode"
import type { Pixels } from "@adjoint/core/data/image/Pixels"
import * as Npz from "@adjoint/core/data/Npz"
import * as NDArray from "@adjoint/core/types/NDArray"
import * as Result from "effect/Result"
import { beforeAll, describe, expect, test } from "vitest"
import { halfBlocks } from "../src/terminal/HalfBlocks.ts"
import { root } from "./process.ts"
import { folder, run } from "./world.ts"

const people = Array.from({ length: 60 }, (_, i) => {
  const returned = i % 3 === 0
  return [
    100 + i,
    20 + (i % 25),
    i % 7 === 0 ? "" : i % 2 === 0 ? "Rome" : "Oslo",
    returned ? "yes" : "no",
    returned ? "gold" : "none",
  ]
})
const csv = ["id,age,city,returned,card", ...people.map((row) => row.join(","))].join("\n")
const yaml = (columns: string) => `schema: 1
name: people
data:
  source: people.csv
  columns:
    returned: { type: binary, role: target }
${columns}
  split: { train: 70%, val: 30%, seed: 1 }
model: { layers: [{ dense: 4, activation: relu }, { head: returned }] }
train: { epochs: 1, seed: 1, batch: 8, optimizer: adam }
`

let directory = ""
const at = (name: string) => join(directory, name)

beforeAll(() => {
  directory = folder({
    "people.csv": `${csv}\n`,
    "good.yaml": yaml(`    age: { type: number, scale: standard }
    city: { type: category, missing: category }
    "*": ignore`),
    "leak.yaml": yaml(`    id: number
    age: number
    card: category
    city: ignore`),
    "blank.yaml": yaml(`    age: number
    city: category
    "*": ignore`),
    "wrong.yaml": yaml(`    age: nmber`),
  })
})

describe("data", () => {
  test("shows columns, inputs and samples", async () => {
    const { code, stdout } = await run(["data", at("good.yaml"), "--sample", "1"])
    expect(code).toBe(0)
    expect(stdout).toMatchInlineSnapshot(`
      "60 rows: 42 to learn from, 18 to validate

      column    type      blank  what it holds                  returned
      id        ignore           █▆▇▆▅▇▆▅  101 … 159, mean 128  r 0.18
      age       number           ▇███▅█▇▇  20 … 44, mean 31.2   r 0.09
      city      category      3  Oslo 54% · Rome 46%            Oslo 38% · Rome 33%
      returned  binary           no 64% · yes 36%               is the target
      card      ignore           none 64% · gold 36%            none 0% · gold 100%

      goes with returned most: age, 0.09 of 1

      inputs (4): age · city= · city=Oslo · city=Rome

      line 3: id=101 · age=21 · city=Oslo · returned=no · card=none
        → age -1.44 · city= 0 · city=Oslo 1 · city=Rome 0
      "
    `)
  })

  test("fits the terminal it is shown on", async () => {
    for (const screen of [60, 80, 140]) {
      const { stdout } = await run(["data", at("leak.yaml")], { screen, env: { NO_COLOR: "1" } })
      expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(Math.max(80, screen))
    }
  })

  test("warns of a column that gives the answer away, and of an identifier, at their places", async () => {
    const { code, stderr } = await run(["data", at("leak.yaml")])
    expect(code).toBe(0)
    expect(stderr).toContain(
      `warning[A631]: \`card\` alone tells \`returned\` in 100% of the training rows\n  --> ${at("leak.yaml")}:9:5`,
    )
    expect(stderr).toContain(
      `warning[A632]: \`id\` has another value in every training row, as an identifier has\n  --> ${at("leak.yaml")}:7:5`,
    )
  })

  test("shows rows that cannot be prepared, and why not", async () => {
    const { code, stderr, stdout } = await run(["data", at("blank.yaml")])
    expect(code).toBe(4)
    expect(stdout).toMatch(/^city +category +3 /m)
    expect(stderr).toMatch(/error\[D305\].*column `city`: got a blank/)
    expect(stdout).not.toContain("inputs (")
  })

  test("refuses a file whose data section cannot be read", async () => {
    expect(await run(["data", at("wrong.yaml")])).toMatchObject({
      code: 3,
      stdout: "",
      stderr: expect.stringContaining("number"),
    })
    expect(await run(["data", at("none.yaml")])).toMatchObject({
      code: 3,
      stdout: "",
      stderr: expect.stringContaining("no such file"),
    })
    expect(await run(["data", at("good.yaml"), "--sample", "0"])).toMatchObject({ code: 2 })
  })

  test("gives programs all of it", async () => {
    const profiled = JSON.parse((await run(["data", at("leak.yaml"), "--json"])).stdout)
    expect(profiled).toMatchObject({ event: "profiled", rows: { train: 42, val: 18, test: 0 }, target: "returned" })
    expect(profiled.columns).toContainEqual(
      expect.objectContaining({ name: "card", type: "category", isInput: true, distinct: 2 }),
    )
    expect(profiled.diagnostics.map(({ code }: { readonly code: string }) => code)).toEqual(
      expect.arrayContaining(["A631", "A632"]),
    )
  })

  test("counts the classes of images, and draws some", async () => {
    const { code, stdout } = await run(["data", join(root, "examples/digits.yaml"), "--sample", "8"])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^inputs {2}u8\[8, 8\] {2}0 … 16\.00/m)
    expect(stdout).toMatch(/^9 .*━.* 126 {2}10\.02%$/m)
    const lines = stdout.trimEnd().split("\n")
    expect(lines.at(-1)).toMatch(/^\d {8}\d {8}\d/)
    expect(lines.at(-2)).toMatch(/[▀▄█]/)
    expect(stdout).toMatch(/^as read, 0 … 16\.00$/m)
    expect(stdout).toMatch(/^as the net is given them, 0 … 1\.0000$/m)
  })
})

describe("test rows in a source of their own", () => {
  const warnings = async (file: string) => {
    const { stdout } = await run(["data", at(file), "--json"])
    const { diagnostics, rows } = JSON.parse(stdout)
    return { rows, said: diagnostics.map(({ code, message }: Record<string, string>) => `${code} ${message}`) }
  }

  test("are compared with the training rows of a table, value by value", async () => {
    const rows = people.map(([, age, city, returned]) => [age, city, returned])
    const copies = [rows[1], rows[2], rows[4]].map((row) => row?.join(","))
    const others = Array.from({ length: 60 }, (_, i) => `${70 + i},Rome,no`)
    writeFileSync(
      at("later.csv"),
      `city,age,returned\n${[...copies, ...others].map((row) => row?.replace(/^(\d+),(\w*)/, "$2,$1")).join("\n")}\n`,
    )
    writeFileSync(
      at("later.yaml"),
      `schema: 1
data:
  source: people.csv
  test: later.csv
  columns: { returned: { type: binary, role: target }, age: number, city: { type: category, missing: category }, "*": ignore }
  split: { val: 20%, by: order }
model: { layers: [{ head: returned }] }
`,
    )
    const { rows: counts, said } = await warnings("later.yaml")
    expect(counts).toEqual({ train: 48, val: 12, test: 63 })
    expect(said).toContain("A635 3 rows of the test part are in the training part too, in all inputs and the target")
    expect(said.join()).toMatch(/A636 `age` differs between the training part and the test part by 9\d%/)
  })

  test("are compared with the training rows of arrays", async () => {
    const pixels = (from: number, count: number) =>
      NDArray.make(
        "u8",
        [count, 2, 2],
        Uint8Array.from({ length: 4 * count }, (_, i) => ((from + (i >> 2)) * (1 + (i & 3))) % 251),
      )
    const labels = (count: number) =>
      NDArray.make(
        "u8",
        [count],
        Uint8Array.from({ length: count }, (_, i) => i % 2),
      )
    writeFileSync(
      at("a.npz"),
      Npz.encode([
        ["x", pixels(0, 40)],
        ["y", labels(40)],
      ]),
    )
    writeFileSync(
      at("b.npz"),
      Npz.encode([
        ["x", pixels(36, 10)],
        ["y", labels(10)],
      ]),
    )
    writeFileSync(
      at("arrays.yaml"),
      `schema: 1
data:
  source: { npz: { path: a.npz, inputs: x, targets: "y" } }
  test: { npz: { path: b.npz, inputs: x, targets: "y" } }
  split: { train: 100% }
model: { layers: [flatten, { head: label }] }
`,
    )
    const { rows, said } = await warnings("arrays.yaml")
    expect(rows).toEqual({ train: 40, val: 0, test: 10 })
    expect(said).toEqual([
      "A635 4 rows of the test part are in the training part too, in all inputs and the target",
      "A636 number 1 of each row of `inputs` differs between the training part and the test part by 90%",
    ])
  })
})

test("dates are shown from the first to the last, in the terminal and to programs", async () => {
  const day = (i: number): string => `${String((i % 28) + 1).padStart(2, "0")}/0${(i % 9) + 1}/2024 1${i % 10}:30`
  writeFileSync(
    at("dates.csv"),
    `when,back\n${people.map((_, i) => `${i === 5 ? "" : day(i)},${i % 2 === 0 ? "a" : "b"}`).join("\n")}\n`,
  )
  writeFileSync(
    at("dates.yaml"),
    `schema: 1
data:
  source: dates.csv
  columns: { back: { type: binary, role: target }, when: { type: date, format: "DD/MM/YYYY HH:mm", missing: drop } }
  split: { train: 100% }
model: { layers: [{ head: back }] }
`,
  )
  const { stdout } = await run(["data", at("dates.yaml")])
  expect(stdout).toMatch(/^when +date +[▁▂▃▄▅▆▇█]{8} +2024-01-01 … 2024-09-27 /m)
  const { columns } = JSON.parse((await run(["data", at("dates.yaml"), "--json"])).stdout)
  expect(columns[0].period).toMatchObject({ first: "2024-01-01 10:30", last: "2024-09-27 16:30" })
})

describe("samples", () => {
  const pictureOf = (file: string): Pixels => Result.getOrThrow(decode(readFileSync(file)))

  test("of a table are given to programs, and drawn with a line for each row", async () => {
    const plots = join(at("plots"), "rows")
    const { stdout } = await run(["data", at("good.yaml"), "--sample", "2", "--plot", plots, "--json"])
    const { pictures, samples } = JSON.parse(stdout)
    expect(samples).toHaveLength(2)
    expect(samples[0]).toEqual({
      row: 1,
      line: 3,
      cells: { id: "101", age: "21", city: "Oslo", returned: "no", card: "none" },
      given: { inputs: { shape: [4], numbers: [expect.closeTo(-1.44, 2), 0, 1, 0] } },
    })
    expect(pictures).toEqual([join(plots, "samples-given.png")])
    // Four numbers and two rows, 16 pixels for each, and a gap of 16 around them. 0 is middle grey, and 3 is white.
    const { channels, data, height, width } = pictureOf(pictures[0])
    expect({ channels, height, width }).toEqual({ channels: 1, height: 64, width: 96 })
    const first = [0, 1, 2, 3].map((i) => data[24 * width + 16 * i + 24])
    expect(first).toEqual(samples[0].given.inputs.numbers.map((x: number) => Math.round((255 * (x + 3)) / 6)))
  })

  test("of images are drawn as they were read and as the net is given them", async () => {
    const plots = at("images")
    const { stderr, stdout } = await run(["data", join(root, "examples/digits.yaml"), "--plot", plots])
    expect(stdout).not.toMatch(/as read/)
    expect(stderr).toContain(`wrote ${join(plots, "samples-read.png")}\nwrote ${join(plots, "samples-given.png")}\n`)
    const [read, given] = ["read", "given"].map((name) => pictureOf(join(plots, `samples-${name}.png`)))
    // Sixteen images of 8 by 8, eight in a line, twelve pixels for each of theirs.
    expect([read?.width, read?.height]).toEqual([(8 * 9 + 1) * 12, (2 * 9 + 1) * 12])
    // They are divided by 16, which does not change how they look.
    expect(given).toEqual(read)
  })
})

test("two pixels are one character", () => {
  const pixels = [1, 0, 0, 1, 1, 1]
  expect(halfBlocks({ height: 3, width: 2, channels: 1, pixels }, false)).toEqual(["▀▄", "▀▀"])
  const [line = ""] = halfBlocks({ height: 2, width: 1, channels: 3, pixels: [1, 0, 0, 0, 0, 1] }, true)
  expect(line).toContain("38;2;255;0;0")
  expect(line).toContain("48;2;0;0;255")
})
