/** The pages for users of other libraries: each name of Adjoint in their tables exists. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { expect, test } from "vitest"
import * as core from "../packages/core/src/index.ts"

const root = join(import.meta.dirname, "..")
const modules: Readonly<Record<string, unknown>> = core
const pages = [
  "docs/coming-from-pytorch.md",
  "docs/coming-from-jax-and-keras.md",
  "docs/extend.md",
  "docs/tensor-names.md",
  "docs/transformations.md",
]

/** Names such as `Layers.dense` in code spans, and those that follow without their module: `Layers.maxPool`, `avgPool`. */
const namesIn = (page: string): ReadonlyArray<readonly [module: string, name: string]> =>
  [...page.replaceAll(/^```[\s\S]*?^```/gm, "").matchAll(/`[^`\n]*`/g)].flatMap(([span]) =>
    [...span.matchAll(/(?<![\w.])([A-Z][A-Za-z]+)\.([a-z]\w*)/g)].flatMap(([, module = "", name = ""]) =>
      Object.hasOwn(modules, module) ? [[module, name] as const] : [],
    ),
  )

test.each(pages)("the names on %s exist", (path) => {
  const names = namesIn(readFileSync(join(root, path), "utf8"))
  expect(names.length).toBeGreaterThan(10)
  const missing = names.filter(([module, name]) => !Object.hasOwn(modules[module] as object, name))
  expect(missing.map((each) => each.join("."))).toEqual([])
})

test("a name that does not exist is found", () => {
  expect(namesIn("| `nn.Linear` | `Layers.denze({ units })`, `Net.graph` |")).toEqual([
    ["Layers", "denze"],
    ["Net", "graph"],
  ])
})
