import { readFileSync } from "node:fs"
import { words } from "@adjoint/core/data/Blank"
import * as Column from "@adjoint/core/data/Column"
import type { AnyKind as AnyColumn } from "@adjoint/core/data/columns/Kind"
import * as Source from "@adjoint/core/data/Source"
import type { AnyKind as AnySource } from "@adjoint/core/data/sources/Kind"
import { describe, expect, it } from "vitest"
import * as Render from "../src/diagnostic/Render.ts"
import { read } from "../src/Read.ts"
import { fromText } from "../src/source/Source.ts"
import { completed } from "./reading.ts"

const page = readFileSync(new URL("../../../docs/model-file.md", import.meta.url), "utf8")

interface Block {
  readonly kind: string
  readonly text: string
}

const blocks: ReadonlyArray<Block> = Array.from(
  page.matchAll(/^```(yaml(?: wrong)?|text)\n(.*?)^```$/gms),
  ([, kind = "", text = ""]) => ({ kind, text }),
)

const said = (text: string): string => {
  const source = fromText("model.yaml", completed(text))
  return Render.all(read(source).diagnostics, source)
}

describe("docs/model-file.md", () => {
  const cases = blocks.flatMap((block, i) =>
    block.kind === "text" ? [] : [{ block, next: blocks[i + 1], line: block.text.split("\n")[0] }],
  )

  it.each(cases)("$line …: says what the page says it says", ({ block, next }) => {
    const message = said(block.text)
    if (block.kind === "yaml wrong") expect(next?.kind).toBe("text")
    if (next?.kind === "text") for (const part of next.text.trimEnd().split("\n\n")) expect(message).toContain(part)
    else expect(message).toBe("")
  })

  it("names every kind of file and of column with its options, and every word for a blank", () => {
    const section = page.slice(page.indexOf("### data"), page.indexOf("### model"))
    const options = [...Object.values<AnySource>(Source.kinds), ...Object.values<AnyColumn>(Column.kinds)].flatMap(({ fields }) =>
      Object.keys(fields),
    )
    for (const name of [...Object.keys(Source.kinds), ...Object.keys(Column.kinds), ...options, ...words])
      expect(section).toContain(name)
  })

  it("has examples", () => {
    expect(cases.length).toBeGreaterThan(5)
  })
})
