/** The fast reader of plain YAML equals the YAML library wherever it reads a text at all. */
import { globSync, readFileSync } from "node:fs"
import { join } from "node:path"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { fromText } from "../src/source/Source.ts"
import * as PlainYaml from "../src/text/PlainYaml.ts"
import { parseAny } from "../src/text/Yaml.ts"

/** Whether the fast reader reads a text; if so, the result must be the library's. */
const isRead = (text: string): boolean => {
  const source = fromText("m.yaml", text)
  const plain = PlainYaml.read(source)
  if (plain === undefined || "excessAt" in plain) return false
  const { data, diagnostics, positions } = parseAny(source)
  expect(diagnostics).toEqual([])
  expect(plain.data).toEqual(data)
  expect([...plain.places]).toEqual([...positions.places])
  return true
}

const files = globSync("{packages,examples,docs}/**/*.yaml", {
  cwd: join(import.meta.dirname, "../../.."),
  exclude: ["**/node_modules"],
})
  .map((path) => readFileSync(join(import.meta.dirname, "../../..", path), "utf8"))
  .filter(({ length }) => length < 20_000)

const scalar = fc.constantFrom(
  ...["a", "b c", "x.y", "a:b", "a#b", "./p.csv", "../q", "$x", "70%", "3 epochs", "é", '"q"', "'s'", '"a: b"', "''", "relu"],
  ...[
    "1",
    "-0",
    "0.50",
    ".5",
    "-2e-3",
    "007",
    "123456789012345678",
    "+1",
    "1.",
    ".inf",
    "0x1F",
    "0o7",
    "true",
    "False",
    "null",
    "~",
  ],
)
const comment = fc.constantFrom("", "", "", " # c", "  ")
const key = fc.constantFrom("k", "key", "x.y", '"q"', "'s'", "a b", "a-b", "1", "true", "*", "k ", "constructor")

const flow: fc.Memo<string> = fc.memo((n) => {
  if (n <= 1) return scalar
  const comma = fc.constantFrom(", ", ",", " , ", ",\n      ")
  const items = fc.array(flow(), { maxLength: 3 })
  const pairs = fc.array(fc.tuple(key, flow()), { maxLength: 3 })
  return fc.oneof(
    scalar,
    fc.tuple(items, comma).map(([all, between]) => `[${all.join(between)}]`),
    fc.tuple(pairs, comma).map(([all, between]) => `{ ${all.map(([k, v]) => `${k}: ${v}`).join(between)} }`),
  )
})

/** What a key or a `-` holds: a value on its line, or a block, with the blanks and comments around them. */
type Held = { readonly value: string } | { readonly block: Block; readonly by: number; readonly isCompact: boolean }
interface Block {
  readonly isList: boolean
  readonly entries: ReadonlyArray<{ readonly key: string; readonly held: Held; readonly after: string; readonly between: string }>
}

const block: fc.Memo<Block> = fc.memo((n) => {
  const value = flow(2).map((text): Held => ({ value: text }))
  const nested = fc.record({
    block: n <= 1 ? fc.constant<Block>({ isList: true, entries: [] }) : block(),
    by: fc.nat(3),
    isCompact: fc.boolean(),
  })
  const entry = fc.record({
    key,
    held: n <= 1 ? value : fc.oneof(value, nested),
    after: comment,
    between: fc.constantFrom("", "", "", "", "\n", "# c\n", "  # c\n", "    # c\n", "   \n"),
  })
  return fc.record({
    isList: fc.boolean(),
    entries: fc.uniqueArray(entry, { minLength: 1, maxLength: 3, selector: ({ key }) => key.trim() }),
  })
})

const printed = ({ entries, isList }: Block, indent: number): string =>
  entries
    .map(({ after, between, held, key }) => {
      const opener = `${" ".repeat(indent)}${isList ? "-" : `${key}:`}`
      if ("value" in held) return `${opener} ${held.value}${after}\n${between}`
      const inner = printed(held.block, indent + (isList ? Math.max(held.by, 1) + 1 : held.by))
      return isList && held.isCompact
        ? `${opener}${" ".repeat(Math.max(held.by, 1))}${inner.trimStart()}${between}`
        : `${opener}${after}\n${between}${inner}`
    })
    .join("")

const edits = fc.array(
  fc.tuple(
    fc.nat(),
    fc.nat(4),
    fc.constantFrom(
      ...[" ", "  ", "\n", "\n  ", "- ", ": ", ":", "{", "}", "[", "]", ",", "#", " # c", "\n# c\n", '"', "'", "\\", "?"],
      ...["\t", "&a ", "*a", "!t ", "|", ">", "%", "@", "\n---\n", "\n...\n", "<<: ", "__proto__: ", "\u00a0", "\r", "~", "-"],
    ),
  ),
  { maxLength: 3 },
)

describe("the fast reader", () => {
  it("reads most model files", () => {
    const read = files.filter(isRead)
    expect(files.length).toBeGreaterThan(10)
    expect(read.length).toBeGreaterThan(files.length * 0.8)
  })

  it("equals the library for blocks and brackets", () => {
    let read = 0
    fc.assert(
      fc.property(block(3), fc.boolean(), fc.boolean(), (whole, isCut, isWindows) => {
        const lines = printed(whole, 0)
        const text = isWindows ? lines.replaceAll("\n", "\r\n") : lines
        if (isRead(isCut ? text.trimEnd() : text)) read++
      }),
      { numRuns: 1000 },
    )
    expect(read).toBeGreaterThan(100)
  })

  it("equals the library for model files with random edits", () => {
    let read = 0
    fc.assert(
      fc.property(fc.constantFrom(...files), edits, (file, changes) => {
        const text = changes.reduce((before, [where, cut, put]) => {
          const at = where % (before.length + 1)
          return before.slice(0, at) + put + before.slice(at + cut)
        }, file)
        if (isRead(text)) read++
      }),
      { numRuns: 1000 },
    )
    expect(read).toBeGreaterThan(100)
  })

  // Both were found by the properties above.
  it.each(["- k:\n    - {}\n    # c\n- a\n", "a:\n  b: [\n  ]\n", "-\n    k:\n    - {}\n    # c\n- a\n"])(
    "reads %j like the library, or not at all",
    (text) => {
      expect(isRead(text)).toBe(false)
    },
  )

  it("leaves what it does not know to the library", () => {
    for (const text of [
      "",
      "a",
      "- ",
      "a:",
      "a: &x 1",
      "a: !t 1",
      "a: |\n  b",
      "a: b\n  c",
      "a: 1\na: 2",
      '"a\\n": 1',
      "a:\n\tb: 1",
    ])
      expect(PlainYaml.read(fromText("m.yaml", text)), text).toBeUndefined()
    expect(PlainYaml.read(fromText("m.yaml", "[".repeat(100) + "]".repeat(100)))).toBeUndefined()
    expect(PlainYaml.read(fromText("m.yaml", `[${"a,".repeat(100_000)}]`))).toEqual({ excessAt: "[".length + 2 * 51_999 })
  })
})
