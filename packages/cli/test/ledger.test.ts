/** A bookkeeper's table in a folder with a space in its name: negative numbers in parentheses, a blank in a new row. */
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { beforeAll, expect, test } from "vitest"
import { folder, run } from "./world.ts"

const directory = folder()
const at = (name: string): string => join(directory, name)
const runs = at("my runs")
const line = (i: number): string => `${i % 3 === 0 ? `(${i}.50)` : `${i}.50`},${i % 3 === 0 ? "out" : "in"}`

beforeAll(async () => {
  mkdirSync(at("pictures/a"), { recursive: true })
  writeFileSync(at("ledger.csv"), `amount,kind\n${Array.from({ length: 60 }, (_, i) => line(i)).join("\n")}\n`)
  writeFileSync(
    at("ledger.yaml"),
    `schema: 1
name: ledger
data:
  source: ledger.csv
  columns: { amount: { type: number, missing: drop, scale: standard }, kind: class }
  split: { val: 20, test: 10, stratify: kind, seed: 1 }
model: { layers: [{ dense: 4 }, { head: kind }] }
train: { seed: 1, epochs: 2, batch: 8, optimizer: { adam: { lr: 0.05 } }, metrics: [accuracy] }
`,
  )
})

test("it is learned from, and the next command is quoted", async () => {
  const { code, stderr } = await run(["train", at("ledger.yaml"), "--runs", runs])
  expect(code).toBe(0)
  expect(stderr).toContain(`adjoint evaluate ledger/0001 --runs '${runs}'`)
})

test("a new row in parentheses is answered, and a blank one is told to have a value", async () => {
  const rows = at("rows.csv")
  writeFileSync(rows, 'amount,kind\n(4.50),in\n-4.5,in\n"",in\n')
  const { code, stderr, stdout } = await run(["predict", "ledger/0001", "--runs", runs, rows])
  const [first, second, third] = stdout
    .trim()
    .split("\n")
    .map((each) => JSON.parse(each))
  expect(first.probabilities).toEqual(second.probabilities)
  expect([code, third.error !== undefined]).toEqual([4, true])
  expect(`${JSON.stringify(third)}${stderr}`).toContain("nothing replaces a blank in this run")
  expect(`${JSON.stringify(third)}${stderr}`).not.toContain("missing: drop")
})

test("a target of init is refused where the data has no columns", async () => {
  expect(await run(["init", at("ledger.csv"), "--target", "kind", "-o", at("own.yaml")])).toMatchObject({ code: 0 })
  writeFileSync(at("pictures/a/one.png"), "")
  expect(await run(["init", at("pictures"), "--target", "kind"])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("pictures has no columns: its target is `label`"),
  })
})
