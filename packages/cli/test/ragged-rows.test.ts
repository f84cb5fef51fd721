/** Rows with too few or too many cells: train and evaluate refuse the file at the first, predict answers the others. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { beforeAll, describe, expect, test } from "vitest"
import { folder, jsonLines, run } from "./world.ts"

const rows = Array.from({ length: 20 }, (_, i) => `${i},${i % 3},${i % 2 === 0 ? "a" : "b"}\n`).join("")
const directory = folder({
  "rows.csv": `x,z,y\n${rows}`,
  "rows.yaml": `schema: 1
name: rows
data: { source: rows.csv, columns: { x: number, z: number, y: class }, split: { val: 20%, seed: 1 } }
model: { layers: [{ head: y }] }
train: { seed: 1, epochs: 1, batch: 8 }
`,
})
const at = (name: string): string => join(directory, name)
const ragged = 'x,z,y\n1,2,a\n3\n\n4,5,b,6,7\n"8",9,a\n'
const [few, many] = ["ragged.csv:3: row 2 has 1 cell, wanted 3, one for each column", "ragged.csv:5: row 3 has 5 cells, wanted 3"]

beforeAll(async () => {
  writeFileSync(at("ragged.csv"), ragged)
  expect(await run(["train", at("rows.yaml"), "--runs", at("runs")])).toMatchObject({ code: 0 })
})

describe("a row with a wrong number of cells", () => {
  test("is a row that fails when others are predicted", async () => {
    const { code, stderr, stdout } = await run(["predict", "rows/1", at("ragged.csv"), "--runs", at("runs")])
    expect(code).toBe(4)
    expect(jsonLines(stdout)).toMatchObject([
      { row: 1, prediction: expect.any(String) },
      { row: 2, error: expect.stringContaining(few) },
      { row: 3, error: expect.stringContaining(many) },
      { row: 4, prediction: expect.any(String) },
    ])
    for (const place of [few, many]) expect(stderr).toContain(place)
    writeFileSync(at("whole.csv"), "x,z,y\n1,2,a\n8,9,a\n")
    const whole = await run(["predict", "rows/1", at("whole.csv"), "--runs", at("runs")])
    const answers = (text: string) =>
      jsonLines(text).flatMap(({ error, row: _, ...answer }) => (error === undefined ? [answer] : []))
    expect(answers(stdout)).toEqual(answers(whole.stdout))
  })
  test("rows before a mistake that ends the file are answered first", async () => {
    writeFileSync(at("cut.csv"), Buffer.from("x,z,y\n1,2,a\n8,9,a\n3,\xff,b\n4,5,b\n", "latin1"))
    const { code, stderr, stdout } = await run(["predict", "rows/1", at("cut.csv"), "--runs", at("runs")])
    expect(code).toBe(4)
    expect(jsonLines(stdout)).toMatchObject([
      { row: 1, prediction: expect.any(String) },
      { row: 2, prediction: expect.any(String) },
    ])
    expect(stderr).toContain("cut.csv:4: this is not UTF-8 text: byte 20 is 0xFF")
  })
  test("is refused where rows are learned from or scored", async () => {
    writeFileSync(at("wrong.yaml"), `schema: 1\ndata: { source: ragged.csv, columns: { "*": number, y: class } }\n`)
    for (const [args, env] of [
      [["train", at("rows.yaml"), "--set", "data.source=ragged.csv", "--runs", at("others")], {}],
      [["train", at("rows.yaml"), "--set", "data.source=ragged.csv", "--runs", at("others")], { ADJOINT_STREAM_FROM: "1" }],
      [["evaluate", "rows/1", at("ragged.csv"), "--runs", at("runs")], {}],
      [["data", at("wrong.yaml")], {}],
    ] as const) {
      const { code, stderr } = await run(args, { env })
      expect(code).toBe(4)
      expect(stderr).toContain(few)
    }
  })
})
