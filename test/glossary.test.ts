/** docs/glossary.md: one row for each term, and each name in the column "where" exists. */
import { globSync, readFileSync } from "node:fs"
import { dirname, join, normalize } from "node:path/posix"
import { describe, expect, test } from "vitest"
import { codes } from "../packages/dsl/src/index.ts"

const root = join(import.meta.dirname, "..")
const read = (path: string): string => readFileSync(join(root, path), "utf8")
const sources = new Map(
  globSync("packages/*/src/**/*.ts", { cwd: root })
    .map((path) => path.replaceAll("\\", "/"))
    .map((path) => [path, read(path)] as const),
)

/** The names that a module exports, those of `export *` included. */
const exportsOf = (path: string): ReadonlyArray<string> => {
  const text = sources.get(path) ?? ""
  const declared = /^export (?:declare )?(?:abstract )?(?:const|function\*?|class|interface|type|namespace) (\w+)/gm
  const renamed = /^export (?:type )?\* as (\w+)/gm
  return [
    ...[declared, renamed].flatMap((pattern) => [...text.matchAll(pattern)].map(([, name = ""]) => name)),
    ...[...text.matchAll(/^export (?:type )?\{([^}]*)\}/gm)].flatMap(([, list = ""]) =>
      list.split(",").map((item) =>
        item
          .trim()
          .replace(/^type /, "")
          .replace(/^\w+ as /, ""),
      ),
    ),
    ...[...text.matchAll(/^export \* from "(\.[^"]*)"/gm)].flatMap(([, from = ""]) =>
      exportsOf(normalize(join(dirname(path), from))),
    ),
  ]
}

const exported: ReadonlySet<string> = new Set([...sources.keys()].flatMap(exportsOf))
const paths = [...sources.keys()]

/** Whether a code span of the column "where" names something: a type, a member of a module, a file, a folder, a key, a flag or codes. */
const exists = (name: string): boolean => {
  if (/^--[a-z-]+$/.test(name)) return read("docs/command.md").includes(`\`${name}`)
  if (/^[a-z]+:$/.test(name))
    return new RegExp(`^ *(- )?${name}|\`${name.slice(0, -1)}[:\`]`, "m").test(read("docs/model-file.md"))
  if (/^[A-Z]\dxx$/.test(name)) return Object.keys(codes).some((code) => code.startsWith(name.slice(0, 2)))
  if (name.endsWith("/")) return paths.some((path) => path.includes(`/${name}`))
  if (name.includes("/")) return paths.some((path) => path.endsWith(`/${name}.ts`))
  const [, module_, member] = /^([A-Z]\w*)(?:<[\w, ]+>)?(?:\.(\w+))?$/.exec(name) ?? []
  if (module_ === undefined) return false
  if (member === undefined) return exported.has(module_)
  return paths.some((path) => path.endsWith(`/${module_}.ts`) && exportsOf(path).includes(member))
}

interface Row {
  readonly term: string
  readonly where: string
}

const rows: ReadonlyArray<Row> = read("docs/glossary.md")
  .split("\n")
  .filter((line) => line.startsWith("| ") && !/^\| (term|-)/.test(line))
  .map((line) => line.split("|").map((cell) => cell.trim()))
  .map(([, term = "", , where = ""]) => ({ term, where }))

describe("docs/glossary.md", () => {
  test("has one row for each term", () => {
    const terms = rows.flatMap(({ term }) => term.replaceAll(/[`()]/g, "").split(", "))
    expect(terms.length).toBeGreaterThan(50)
    expect(terms.filter((term, i) => terms.indexOf(term) !== i)).toEqual([])
  })

  test("names only what exists", () => {
    const named = rows.flatMap(({ term, where }) => [...where.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => [term, name]))
    expect(named.length).toBeGreaterThan(50)
    expect(named.filter(([, name = ""]) => !exists(name))).toEqual([])
  })

  test.each([
    ["Tensor<S>", true],
    ["Tenor", false],
    ["Optimizer.chain", true],
    ["Optimizer.chian", false],
    ["Score.r2", true],
    ["language/Primitive", true],
    ["language/Primitives", false],
    ["compiler/", true],
    ["machines/", false],
    ["--resume", true],
    ["--resumed", false],
    ["blocks:", true],
    ["bricks:", false],
    ["A6xx", true],
    ["A9xx", false],
    ["some words", false],
  ])("%s: %s", (name, there) => {
    expect(exists(name)).toBe(there)
  })
})
