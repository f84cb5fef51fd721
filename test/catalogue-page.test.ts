/** docs/catalogue.md has the content of the tables. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { expect, test } from "vitest"
import { page } from "../scripts/catalogue-page.ts"

test("docs/catalogue.md is what `node scripts/catalogue-page.ts` writes", () => {
  expect(readFileSync(join(import.meta.dirname, "../docs/catalogue.md"), "utf8")).toBe(page())
})

test("it has every name of the tables, and no alias twice", () => {
  const text = page()
  expect(text).toContain("| `swish`, `silu` ")
  expect(text.match(/^\| `silu`/gm)).toBeNull()
  for (const heading of ["Activations", "Initializers", "Layers", "Losses", "Optimizers", "Learning-rate schedules", "Metrics"])
    expect(text).toContain(`\n## ${heading}\n`)
})
