import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { floorsOf, importsOf, type Rules, readRules, readSources, type Source, violations } from "../scripts/architecture.ts"

const root = join(import.meta.dirname, "..")

const rules: Rules = {
  packages: ["core", "dsl", "cli"],
  floors: ["types", "tensor", "training"],
  pureFloors: new Set(["types", "tensor"]),
  allowedInPure: new Set(["effect/Data"]),
  seams: [{ folder: "packages/core/src/tensor/hidden/", importers: ["packages/core/src/tensor/"] }],
  orders: [
    { folder: "packages/core/src/types/", parts: ["low", "high"] },
    { folder: "packages/dsl/src/", parts: ["Document", "schema", "check"] },
    { folder: "packages/cli/src/", parts: ["terminal", "verbs"] },
    { folder: "bench/", parts: ["network", "contenders"] },
  ],
}

const sources = (files: Record<string, string>): ReadonlyArray<Source> =>
  Object.entries(files).map(([path, text]) => ({ path: /^(bench|scripts)\//.test(path) ? path : `packages/${path}`, text }))

describe("the checker catches", () => {
  const planted: Record<string, readonly [files: Record<string, string>, message: string]> = {
    "a circle of two": [
      { "core/src/types/A.ts": `import "./B.ts"`, "core/src/types/B.ts": `import "./A.ts"` },
      "import cycle: packages/core/src/types/A.ts -> packages/core/src/types/B.ts -> packages/core/src/types/A.ts",
    ],
    "a circle of types only": [
      { "dsl/src/A.ts": `import type { B } from "./B.ts"`, "dsl/src/B.ts": `export type B = import("./A.ts").A` },
      "import cycle: packages/dsl/src/A.ts -> packages/dsl/src/B.ts -> packages/dsl/src/A.ts",
    ],
    "a module that imports itself": [
      { "cli/src/A.ts": `export * as A from "./A.ts"` },
      "import cycle: packages/cli/src/A.ts -> packages/cli/src/A.ts",
    ],
    "an import from a floor above": [
      { "core/src/types/A.ts": `\nexport { b } from "../tensor/B.ts"`, "core/src/tensor/B.ts": "export const b = 1" },
      "packages/core/src/types/A.ts:2: imports ../tensor/B.ts: tensor is a floor above types; imports point down",
    ],
    "a floor that imports the index": [
      { "core/src/tensor/A.ts": `import { types } from "../index.ts"`, "core/src/index.ts": "export const types = 1" },
      "packages/core/src/tensor/A.ts:1: imports ../index.ts: the floors do not import what gathers them",
    ],
    "a folder that is no floor": [
      { "core/src/attic/A.ts": "" },
      "packages/core/src/attic/A.ts: attic is not a floor of docs/architecture.md",
    ],
    "core importing dsl": [
      { "core/src/training/A.ts": `import "@adjoint/dsl"` },
      "packages/core/src/training/A.ts:1: imports @adjoint/dsl: packages depend in one direction, cli -> dsl -> core",
    ],
    "dsl importing cli, lazily": [
      { "dsl/src/A.ts": `export const f = () => import("@adjoint/cli")` },
      "packages/dsl/src/A.ts:1: imports @adjoint/cli: packages depend in one direction, cli -> dsl -> core",
    ],
    "a path into another package": [
      { "dsl/src/A.ts": `import "../../core/src/types/Shape.ts"` },
      "packages/dsl/src/A.ts:1: imports ../../core/src/types/Shape.ts: a package is imported by its name, not by a path into it",
    ],
    "Effect on a pure floor": [
      { "core/src/types/A.ts": `import { Effect } from "effect"` },
      "packages/core/src/types/A.ts:1: imports effect: types is pure; of Effect it may import only effect/Data",
    ],
    "all of Effect": [
      { "dsl/src/A.ts": `import { Effect } from "effect"` },
      "packages/dsl/src/A.ts:1: imports effect: it loads all of Effect at every start; import the module, as in effect/Effect",
    ],
    "an import across a seam": [
      { "core/src/training/A.ts": `import "../tensor/hidden/B.ts"`, "core/src/tensor/hidden/B.ts": "" },
      "packages/core/src/training/A.ts:1: imports ../tensor/hidden/B.ts: packages/core/src/tensor/hidden/ is hidden behind packages/core/src/tensor/",
    ],
    "an import across a seam, from another package": [
      { "cli/src/A.ts": `import "@adjoint/core/tensor/hidden/B"` },
      "packages/cli/src/A.ts:1: imports @adjoint/core/tensor/hidden/B: packages/core/src/tensor/hidden/ is hidden behind packages/core/src/tensor/",
    ],
    "an import up the order of inner folders": [
      { "core/src/types/low/A.ts": `import "../high/B.ts"`, "core/src/types/high/B.ts": "" },
      "packages/core/src/types/low/A.ts:1: imports ../high/B.ts: high is above low; imports point down",
    ],
    "an import up the floors of dsl": [
      { "dsl/src/schema/A.ts": `import "../check/B.ts"`, "dsl/src/check/B.ts": "" },
      "packages/dsl/src/schema/A.ts:1: imports ../check/B.ts: check is above schema; imports point down",
    ],
    "a floor of dsl that imports what gathers them": [
      { "dsl/src/check/A.ts": `import "../Read.ts"`, "dsl/src/Read.ts": "" },
      "packages/dsl/src/check/A.ts:1: imports ../Read.ts: packages/dsl/src/ is above check; imports point down",
    ],
    "a file that is a floor and imports another": [
      { "dsl/src/Document.ts": `import "./schema/A.ts"`, "dsl/src/schema/A.ts": "" },
      "packages/dsl/src/Document.ts:1: imports ./schema/A.ts: schema is above Document; imports point down",
    ],
    "a folder of dsl that is no floor": [
      { "dsl/src/attic/A.ts": "" },
      "packages/dsl/src/attic/A.ts: attic has no place in the order of packages/dsl/src/",
    ],
    "an import up the floors of cli": [
      { "cli/src/terminal/A.ts": `import "../verbs/B.ts"`, "cli/src/verbs/B.ts": "" },
      "packages/cli/src/terminal/A.ts:1: imports ../verbs/B.ts: verbs is above terminal; imports point down",
    ],
    "a floor of cli that imports a file above all": [
      { "cli/src/verbs/A.ts": `import "../B.ts"`, "cli/src/B.ts": "" },
      "packages/cli/src/verbs/A.ts:1: imports ../B.ts: packages/cli/src/ is above verbs; imports point down",
    ],
    "a circle in the benchmark": [
      { "bench/a.ts": `import type { B } from "./b.ts"`, "bench/b.ts": `import "./a.ts"` },
      "import cycle: bench/a.ts -> bench/b.ts -> bench/a.ts",
    ],
    "a circle of scripts": [
      { "scripts/a.ts": `import "./b.ts"`, "scripts/b.ts": `import "./a.ts"` },
      "import cycle: scripts/a.ts -> scripts/b.ts -> scripts/a.ts",
    ],
    "an import up the order of the benchmark": [
      { "bench/contenders/a.ts": `import "../main.ts"`, "bench/main.ts": "" },
      "bench/contenders/a.ts:1: imports ../main.ts: bench/ is above contenders; imports point down",
    ],
    "an inner folder that imports a file above it": [
      { "core/src/types/high/A.ts": `import "../B.ts"`, "core/src/types/B.ts": "" },
      "packages/core/src/types/high/A.ts:1: imports ../B.ts: packages/core/src/types/ is above high; imports point down",
    ],
    "a file named for nothing": [
      { "core/src/types/utils.ts": "" },
      "packages/core/src/types/utils.ts: name a file for the one thing in it",
    ],
  }

  test.each(Object.entries(planted))("%s", (_, [files, message]) => {
    expect(violations(rules, sources(files))).toContain(message)
  })
})

test("the checker accepts what the rules allow", () => {
  const fine = sources({
    "core/src/index.ts": `export * as A from "./training/A.ts"`,
    "core/src/types/B.ts": `import { Data } from "effect/Data"\nimport { inspect } from "node:util"`,
    "core/src/training/A.ts": `import * as Effect from "effect/Effect"\nimport * as B from "../types/B.ts"`,
    "core/src/tensor/C.ts": `import "./hidden/D.ts"`,
    "core/src/types/high/E.ts": `import "../low/F.ts"`,
    "core/src/types/G.ts": `import "./high/E.ts"`,
    "dsl/src/A.ts": `import { Shape } from "@adjoint/core"\nimport "./check/B.ts"`,
    "dsl/src/check/B.ts": `import "../Document.ts"\nimport "../schema/C.ts"`,
    "cli/src/A.ts": `import { ModelFile } from "@adjoint/dsl"\nimport { Shape } from "@adjoint/core"`,
    "bench/contenders/a.ts": `import "../network.ts"\nimport "@adjoint/core/tensor/hidden/D"`,
    "scripts/a.ts": `import "../packages/core/src/tensor/hidden/D.ts"\nimport { Effect } from "effect"`,
  })
  expect(violations(rules, fine)).toEqual([])
})

test("all imports are found, and nothing else", () => {
  const text = `// import "./comment.ts"
const s = 'import "./string.ts"'
import a, { type B } from "./a.ts"
export { c } from "./c.ts"
const d = async () => (await import("./d.ts")).d
type E = import("./e.ts").E`
  expect(importsOf({ path: "packages/core/src/x.ts", text }).map(({ specifier, line }) => `${line} ${specifier}`)).toEqual([
    "3 ./a.ts",
    "4 ./c.ts",
    "5 ./d.ts",
    "6 ./e.ts",
  ])
})

test("the floors are read from docs/architecture.md", () => {
  const table = (...names: ReadonlyArray<string>) =>
    ["| floor | files |", "| --- | --- |", ...names.map((name) => `| \`${name}\` | \`Expr\` |`)].join("\n")
  const document = `In \`packages/core/src\`:\n\n${table("types", "language")}\n\nIn \`packages/dsl/src\`:\n\n${table("Document", "schema")}\n\n${table("other")}\n`
  expect(floorsOf(document, "core")).toEqual(["types", "language"])
  expect(floorsOf(document, "dsl")).toEqual(["Document", "schema"])
  const { floors, orders, pureFloors } = readRules(root)
  expect(floors).toEqual(expect.arrayContaining([...pureFloors, "training"]))
  const cli = orders.find(({ folder }) => folder === "packages/cli/src/")?.parts ?? []
  expect(cli).toEqual(expect.arrayContaining(["terminal", "json", "report", "model", "run", "verbs", "command"]))
  const dsl = orders.find(({ folder }) => folder === "packages/dsl/src/")?.parts ?? []
  expect(dsl).toEqual(expect.arrayContaining(["Document", "source", "diagnostic", "schema", "check", "build"]))
})

test("no floor above the engines imports the WebAssembly engine", () => {
  const importer = (path: string) => ({ path, text: `import { footprint } from "@adjoint/core/engines/Wasm"` })
  const found = violations(readRules(root), [
    { path: "packages/core/src/training/A.ts", text: `import "../engines/Wasm.ts"` },
    { path: "packages/core/src/learning/A.ts", text: `import "../engines/Wasm.ts"` },
    importer("packages/dsl/src/check/A.ts"),
    importer("packages/cli/src/run/A.ts"),
    importer("packages/dsl/src/build/Memory.ts"),
  ])
  expect(found.filter((line) => line.includes("packages/core/src/engines/Wasm.ts is hidden behind"))).toHaveLength(4)
})

test("the repository keeps its own rules", () => {
  const found = readSources(root)
  expect(found.length).toBeGreaterThan(5)
  expect(violations(readRules(root), found)).toEqual([])
})
