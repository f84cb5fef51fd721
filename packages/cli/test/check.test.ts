/** `adjoint check`: several files, and fixes that leave files which check. */
import { chmodSync, existsSync, lstatSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import process from "node:process"
import { describe, expect, test } from "vitest"
import { folder, run } from "./world.ts"

const right = `schema: 1
data: { source: { moons: { count: 120 } } }
model: { layers: [{ dense: { units: 8, activation: relu } }, { head: label }] }
train: { epochs: 4, batch: 16, optimizer: { adam: { lr: 0.02 } } }
`

const wrong = right.replace("lr: 0.02", "learning_rate: 0.02")
const advised = right.replace("activation: relu", "init: xavier, activation: relu")

const read = (path: string): string => readFileSync(path, "utf8")

describe("several files", () => {
  test("are checked one after the other, and one that is wrong decides the exit code", async () => {
    const at = folder({ "a.yaml": right, "b.yaml": wrong, "c.yaml": right })
    const files = ["a.yaml", "b.yaml", "c.yaml"].map((name) => join(at, name))
    const { code, stderr, stdout } = await run(["check", ...files])
    expect({ code, stderr }).toEqual({ code: 3, stderr: "" })
    expect(stdout).toMatch(/^ok .*a\.yaml\nerror\[S101\][\s\S]*b\.yaml:4:53\n[\s\S]*1 error\nok .*c\.yaml\n$/)
    expect(await run(["check", join(at, "a.yaml"), join(at, "c.yaml")])).toMatchObject({ code: 0 })
  })

  test("are an event each, and then that the command failed", async () => {
    const at = folder({ "a.yaml": right, "b.yaml": wrong })
    const [a, b] = [join(at, "a.yaml"), join(at, "b.yaml")]
    const { code, stdout } = await run(["check", a, b, join(at, "none.yaml"), "--json"])
    expect(code).toBe(3)
    const fix = { text: "lr", title: "rename to `lr`" }
    const found = { file: b, code: "S101", span: { line: 4, column: 53 }, fix }
    const none = join(at, "none.yaml")
    const events = stdout.trimEnd().split("\n")
    expect(events.map((line) => JSON.parse(line))).toMatchObject([
      { version: 1, event: "checked", file: a, errors: 0, warnings: 0, diagnostics: [] },
      { version: 1, event: "checked", file: b, errors: 1, warnings: 0, diagnostics: [found] },
      { version: 1, event: "checked", file: none, errors: 1, warnings: 0, diagnostics: [{ file: none, code: "Y009" }] },
      { version: 1, event: "failed", exit: 3, error: "Refused" },
    ])
    const edited = await run(["check", b, "--fix", "--json"])
    expect(edited.code).toBe(0)
    expect(JSON.parse(edited.stdout)).toMatchObject({ event: "checked", file: b, edits: 1, errors: 0, diagnostics: [] })
  })

  test("are at least one", async () => {
    expect(await run(["check"])).toMatchObject({ code: 2 })
  })
})

describe("--fix", () => {
  test("mends errors and leaves advice, --fix=advice mends both", async () => {
    const at = folder({ "model.yaml": advised })
    const file = join(at, "model.yaml")
    const first = await run(["check", "--fix", file])
    expect(first).toMatchObject({ code: 0, stdout: expect.stringContaining("warning[A603]") })
    expect(read(file)).toBe(advised.replace("xavier", "xavier_uniform"))
    const second = await run(["check", "--fix=advice", file])
    expect(second).toMatchObject({ code: 0, stdout: `ok ${file}\n` })
    expect(read(file)).toBe(advised.replace("xavier", "he_uniform"))
    expect(await run(["check", "--fix=everything", file])).toMatchObject({ code: 2 })
  })

  test("writes nothing where the file would still not check, and says what is left", async () => {
    const text = wrong.replace("units: 8", "units: 8.5")
    const at = folder({ "model.yaml": text })
    const { code, stderr } = await run(["check", "--fix", join(at, "model.yaml")])
    expect(code).toBe(3)
    expect(stderr).toContain("nothing written, since 1 edit would leave 1 error")
    expect(stderr).toContain("S103 in line 3: model.layers[0].dense.units: expected a whole number > 0, got 8.5")
    expect(read(join(at, "model.yaml"))).toBe(text)
  })

  test("says of each file what was done", async () => {
    const at = folder({ "a.yaml": wrong, "b.yaml": right })
    const { code, stderr } = await run(["check", "--fix", join(at, "a.yaml"), join(at, "b.yaml")])
    expect(code).toBe(0)
    expect(stderr).toBe(
      `${join(at, "a.yaml")}:4: rename to \`lr\`\n1 edit written to ${join(at, "a.yaml")}\n${join(at, "b.yaml")}: nothing to fix\n`,
    )
  })

  test("keeps the mode of the file and follows links", async () => {
    const at = folder({ "model.yaml": wrong })
    const [file, link, linked] = [join(at, "model.yaml"), join(at, "link.yaml"), join(at, "linked.yaml")]
    chmodSync(file, 0o640)
    symlinkSync("model.yaml", link)
    symlinkSync("link.yaml", linked)
    expect(await run(["check", "--fix", linked])).toMatchObject({ code: 0 })
    expect(read(file)).toBe(right)
    expect(lstatSync(link).isSymbolicLink() && lstatSync(linked).isSymbolicLink()).toBe(true)
    expect(statSync(file).mode & 0o7777).toBe(0o640)
    expect(readdirSync(at).toSorted()).toEqual(["link.yaml", "linked.yaml", "model.yaml"])
  })

  test.skipIf(process.getuid?.() !== 0)("keeps the owner of the file", async () => {
    const { chownSync } = await import("node:fs")
    const at = folder({ "model.yaml": wrong })
    chownSync(join(at, "model.yaml"), 12345, 54321)
    expect(await run(["check", "--fix", join(at, "model.yaml")])).toMatchObject({ code: 0 })
    expect(statSync(join(at, "model.yaml"))).toMatchObject({ uid: 12345, gid: 54321 })
  })

  test.skipIf(process.getuid?.() === 0)("leaves a file whose folder cannot be written", async () => {
    const at = folder({ "model.yaml": wrong })
    chmodSync(at, 0o500)
    const { code } = await run(["check", "--fix", join(at, "model.yaml")])
    chmodSync(at, 0o700)
    expect(code).not.toBe(0)
    expect(read(join(at, "model.yaml"))).toBe(wrong)
  })
})

const table = `kind,width,height
${Array.from({ length: 60 }, (_, i) => `${["a", "b", "c"][i % 3]},${(i * 7) % 13},${(i * 5) % 11}`).join("\n")}
`

const ofTable = `schema: 1
data:
  source: table.csv
  columns:
    kind: class
    "*": { type: number, scale: standard }
  split: { train: 60%, val: 20%, test: 20% }
model:
  layers:
    - dense: { units: 8, activation: relu }
    - head: kind
train: { epochs: 4, batch: 16 }
`

/** What check says of a file beside the table, and the file after --fix. */
const checked = async (text: string) => {
  const at = folder({ "table.csv": table, "model.yaml": text })
  const file = join(at, "model.yaml")
  const { stdout } = await run(["check", file, "--json"])
  const { diagnostics } = JSON.parse(stdout.split("\n")[0] ?? "") as {
    readonly diagnostics: ReadonlyArray<{
      readonly code: string
      readonly help?: string
      readonly message: string
      readonly span?: { readonly line: number; readonly column: number }
    }>
  }
  const said = diagnostics.map(({ code, help, span }) => [code, `${span?.line}:${span?.column}`, help])
  const fixed = await run(["check", "--fix", file])
  return { said, fixed: fixed.code === 0 ? read(file) : undefined }
}

describe("what the data says", () => {
  test.each([
    ["a mistyped target", ["kind: class", "kin: class"], "D301", "5:5", /^did you mean `kind`\? the columns are/, true],
    ["a column named as elsewhere", ['"*":', 'Wi_dth: number\n    "*":'], "D301", "6:5", /^did you mean `width`\?/, undefined],
    ["a head in another case", ["head: kind", "head: Kind"], "D303", "11:13", /^predict `kind`, or give/, true],
    [
      "no columns",
      [/ {2}columns:[^\n]*\n[^\n]*\n[^\n]*\n/, ""],
      "D302",
      "2:1",
      /^the columns look like `kind: category, width: number, height: number`; give the one to predict/,
      false,
    ],
    ["two targets", ['"*"', 'width: class\n    "*"'], "D303", "6:12", /^add `- head: width`; an input is `category`/, false],
    ["a type by another name", ["type: number", "type: float"], "S104", "6:18", /^did you mean `number`\?$/, true],
    ["a scale by another name", ["scale: standard", "scale: zscore"], "S103", "6:33", /^did you mean `standard`\?$/, true],
    [
      "a kind of file that is not read",
      ["table.csv", "table.xlsx"],
      "S103",
      "3:11",
      /^\.xlsx files are not supported: save the table as CSV/,
      false,
    ],
    [
      "an address",
      ["table.csv", "https://example.org/table.csv"],
      "S103",
      "3:11",
      /^download the file, and write its path$/,
      false,
    ],
    [
      "a batch larger than the data",
      ["batch: 16", "batch: 64"],
      "T506",
      "12:28",
      /^`train: \{ batch: 36 \}` at most$/,
      undefined,
    ],
  ] as const)("%s", async (_, [from, to], code, at, help, isSame) => {
    const { fixed, said } = await checked(ofTable.replace(from, to))
    expect(said).toContainEqual([code, at, expect.stringMatching(help)])
    if (isSame === true) expect(fixed).toBe(ofTable)
    if (isSame === false) expect(fixed).toBeUndefined()
    if (isSame === undefined) expect(fixed).toBeDefined()
  })

  test("images of another size", async () => {
    const idx = (type: number, shape: ReadonlyArray<number>, fill: (i: number) => number): Uint8Array => {
      const count = shape.reduce((product, n) => product * n, 1)
      const bytes = new Uint8Array(4 + 4 * shape.length + count)
      bytes.set([0, 0, type, shape.length])
      shape.forEach((n, i) => void new DataView(bytes.buffer).setUint32(4 + 4 * i, n))
      for (let i = 0; i < count; i++) bytes[4 + 4 * shape.length + i] = fill(i)
      return bytes
    }
    const text = `schema: 1
data:
  source: { idx: { images: i.idx, labels: l.idx } }
  image: { size: [7, 9] }
model: { layers: [flatten, { dense: { units: 8, activation: relu } }, { head: label }] }
train: { epochs: 4, batch: 16 }
`
    const at = folder({
      "model.yaml": text,
      "i.idx": idx(8, [60, 5, 4], (i) => i % 256),
      "l.idx": idx(8, [60], (i) => i % 3),
    })
    const file = join(at, "model.yaml")
    expect(await run(["check", file])).toMatchObject({ stdout: expect.stringContaining("help: the images are `size: [5, 4]`") })
    expect(await run(["check", "--fix", file])).toMatchObject({ code: 0 })
    expect(read(file)).toBe(text.replace("[7, 9]", "[5, 4]"))
  })
})

test("a file that is not there is not made", async () => {
  const at = folder()
  expect(await run(["check", "--fix", join(at, "model.yaml")])).toMatchObject({ code: 3 })
  expect(existsSync(join(at, "model.yaml"))).toBe(false)
  writeFileSync(join(at, "empty.yaml"), "")
  expect(await run(["check", "--fix", join(at, "empty.yaml")])).toMatchObject({ code: 3 })
})
