/**
 * Runs and type-checks every example of the docstrings, of README.md and of docs/: `expression // => value`.
 * The rules are in CONTRIBUTING.md.
 */
import { execFile } from "node:child_process"
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { promisify } from "node:util"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { isTensor } from "../packages/core/src/language/Expr.ts"
import { toArray } from "../packages/core/src/tensor/read.ts"
import {
  type Check,
  moduleOf,
  type Outcome,
  type Scope,
  type Snippet,
  snippetsOfModule,
  snippetsOfPage,
} from "../scripts/doc-examples.ts"

const root = join(import.meta.dirname, "..")
const generated = join(import.meta.dirname, ".doc-examples")
const recorder = "../../scripts/doc-examples.ts"

beforeAll(() => {
  rmSync(generated, { recursive: true, force: true })
  mkdirSync(generated)
})
afterAll(() => rmSync(generated, { recursive: true, force: true }))

const load = (path: string): Promise<Readonly<Record<string, unknown>>> => import(pathToFileURL(path).href)

const packageScope = async (name: string): Promise<Scope> => ({
  from: `@adjoint/${name}`,
  names: Object.keys(await load(join(root, "packages", name, "src/index.ts"))),
})

/** The names for a one-line example in a docstring: the exports of the module, and those that users import. */
const scopesOf = async (path: string): Promise<ReadonlyArray<Scope>> => {
  const [, name = "", source] = /^packages\/(\w+)\/(src)?/.exec(path) ?? []
  const own: ReadonlyArray<Scope> =
    source === undefined || path.endsWith("/main.ts")
      ? []
      : [{ from: `../../${path}`, names: Object.keys(await load(join(root, path))) }]
  return [...own, ...(name === "dsl" ? [await packageScope("dsl")] : []), await packageScope("core")]
}

/** A value for comparison: a tensor becomes its elements. */
const plain = (value: unknown): unknown => (isTensor(value) ? toArray(value) : value)

/** The expected and the actual result of an example. */
const sides = ({ code, line, expected, outcome }: Check, path: string) => {
  const at = `${path}:${line}: ${code}`
  const actual: Outcome =
    "thrown" in expected && "thrown" in outcome
      ? { thrown: outcome.thrown.slice(0, expected.thrown.length) }
      : "printed" in expected && "value" in outcome
        ? { printed: outcome.value }
        : "value" in outcome
          ? { value: plain(outcome.value) }
          : outcome
  return { expected: { at, ...expected }, actual: { at, ...actual } }
}

const run = async (snippet: Snippet, scopes: ReadonlyArray<Scope>, path: string): Promise<ReadonlyArray<Check>> => {
  const file = join(generated, `${path.replaceAll(/[^\w]+/g, "-")}-${snippet.line}.ts`)
  writeFileSync(file, moduleOf(snippet, scopes, recorder))
  const { checks }: { readonly checks?: ReadonlyArray<Check> } = await load(file)
  return checks ?? []
}

const files: ReadonlyArray<readonly [path: string, snippets: ReadonlyArray<Snippet>]> = [
  ...globSync("packages/*/src/**/*.ts", { cwd: root }),
  ...globSync(["README.md", "CONTRIBUTING.md", "docs/**/*.md", "packages/*/README.md"], { cwd: root }),
]
  .map((path) => path.replaceAll("\\", "/"))
  .sort()
  .map((path) => {
    const text = readFileSync(join(root, path), "utf8")
    return [path, path.endsWith(".md") ? snippetsOfPage(text) : snippetsOfModule(text)] as const
  })
  .filter(([, snippets]) => snippets.length > 0)

test.each(files)("%s", async (path, snippets) => {
  const scopes = await scopesOf(path)
  const found: Array<Check> = []
  for (const snippet of snippets) found.push(...(await run(snippet, scopes, path)))
  const compared = found.map((check) => sides(check, path))
  expect(found.length).toBeGreaterThanOrEqual(snippets.length)
  expect(compared.map(({ actual }) => actual)).toEqual(compared.map(({ expected }) => expected))
})

test("the examples type-check", { timeout: 60_000 }, async () => {
  const tsconfig = join(generated, "tsconfig.json")
  writeFileSync(
    tsconfig,
    JSON.stringify({ extends: "../../tsconfig.check.json", compilerOptions: { incremental: false }, include: ["*.ts"] }),
  )
  // Threads of the compiler check some types more than once.
  const args = [join(root, "node_modules/typescript/bin/tsc"), "-p", tsconfig, "--singleThreaded"]
  const complaints = await promisify(execFile)(process.execPath, args, { cwd: root }).then(
    () => "",
    ({ stdout, stderr }) => `${stdout}${stderr}`,
  )
  expect(complaints).toBe("")
})

describe("examples are found", () => {
  test("in docstrings, as code spans and blocks, with their lines", () => {
    const text = [
      "const x = `not // => an example`",
      "/** One more. `next(1) // => 2` */",
      "export const next = 1",
      "/**",
      ' * A list. `quoted() // => "`a`"` `next(2) // => 3`.',
      " *",
      " * ```ts",
      " * const y = next(1)",
      " * y // => 2",
      " * ```",
      " * Without an arrow: `next(3)`",
      " */",
    ].join("\n")
    expect(snippetsOfModule(text)).toEqual([
      { line: 2, code: "next(1) // => 2" },
      { line: 8, code: "const y = next(1)\ny // => 2\n" },
      { line: 5, code: 'quoted() // => "`a`"' },
      { line: 5, code: "next(2) // => 3" },
    ])
  })

  test("on pages, in blocks of TypeScript only", () => {
    const page = "# T\n\n```ts\nf(1) // => 2\n```\n\n```ts\nno(example)\n```\n\n```sh\nrun // => 3\n```\n"
    expect(snippetsOfPage(page)).toEqual([{ line: 4, code: "f(1) // => 2\n" }])
  })

  test("in this repository", () => {
    expect(files.flatMap(([, snippets]) => snippets).length).toBeGreaterThan(20)
  })
})

describe("an example holds or not", () => {
  const planted: ReadonlyArray<readonly [code: string, holds: boolean]> = [
    ["[1, 2].length // => 2", true],
    ["[1, 2].length // => 3", false],
    ["const n = 1 + 1 // => 2", true],
    ["const n = 1 + 1 // => 1", false],
    ["await Promise.resolve({ a: [1] }) // => { a: [1] }", true],
    ["[1,\n 2].map((x) =>\n x * 2) // => [2, 4]", true],
    ['[1, 2].map(String)\n// => [\n//      "1",\n//      "2",\n//    ]', true],
    ['[1, 2].map(String)\n// => [\n//      "1",\n//      "3",\n//    ]', false],
    ['console.log("a\\n  b\\n\\nc")\n// => a\n//      b\n//\n//    c', true],
    ['console.log("a\\n  b")\n// => a\n//    b', false],
    ['console.log("a\\n  b")\n// => a', false],
    ['console.log("a", [1, 2]) // => a [ 1, 2 ]', true],
    ['console.log("a") // => b', false],
    ["JSON.parse('{') // => throws Expected property name", true],
    ["JSON.parse('1') // => throws Expected property name", false],
    ["JSON.parse('{') // => 1", false],
    ['import { basename } from "node:path"\nbasename("a/b") // => "b"', true],
    ['import { Tensor } from "@adjoint/core"\nTensor.make([1, 2]) // => [1, 2]', true],
    ['import { Tensor } from "@adjoint/core"\nTensor.make([1, 2]) // => [1, 3]', false],
  ]
  test.each(planted.map(([code, holds], i) => ({ code, holds, i })))("$code", async ({ code, holds, i }) => {
    const [found] = await run({ line: 1, code }, [], `planted-${i}`)
    if (found === undefined) throw new Error("no example found")
    const { expected, actual } = sides(found, "planted")
    if (holds) expect(actual).toEqual(expected)
    else expect(actual).not.toEqual(expected)
  })

  test("or is refused where nothing can be compared", () => {
    expect(() => moduleOf({ line: 7, code: "f(() => {\n  g() // => 1\n})" }, [], recorder)).toThrow(
      "line 8: `// =>` follows no statement",
    )
    expect(() => moduleOf({ line: 7, code: "type A = 1 // => 1" }, [], recorder)).toThrow("line 7: `// =>` follows neither")
  })
})
