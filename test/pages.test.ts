/** The pages: their links lead somewhere, and their quotations match the quoted files. */
import { execFileSync } from "node:child_process"
import { existsSync, globSync, readFileSync, statSync } from "node:fs"
import { dirname, join } from "node:path"
import { describe, expect, test } from "vitest"
import { newest, renewed } from "../bench/readme.ts"
import { exitCodes, meanings } from "../packages/cli/src/report/ExitCode.ts"
import { files } from "../packages/cli/src/run/RunFolder.ts"

const root = join(import.meta.dirname, "..")
const read = (path: string): string => readFileSync(join(root, path), "utf8")

const pages = globSync(["*.md", "docs/**/*.md", "examples/*.md", "examples/data/*.md", "packages/*/*.md", "bench/*.md"], {
  cwd: root,
  exclude: ["**/node_modules/**"],
}).map((path) => path.replaceAll("\\", "/"))

const withoutCode = (page: string): string => page.replaceAll(/^```[\s\S]*?^```/gm, "").replaceAll(/`[^`\n]*`/g, "")

/** The targets of a page's links, without other sites. */
const linksOf = (page: string): ReadonlyArray<string> =>
  [...withoutCode(page).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, to = ""]) => (/^[a-z]+:/.test(to) ? [] : [to]))

/** The anchors of a page, as GitHub derives them from headings. */
const anchorsOf = (page: string): ReadonlyArray<string> =>
  [...page.replaceAll(/^```[\s\S]*?^```/gm, "").matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
      .replaceAll(" ", "-"),
  )

/** Whether a link from a page leads somewhere. */
const leads = (page: string, link: string): boolean => {
  const [path = "", anchor] = link.split("#")
  const target = path === "" ? page : join(dirname(page), path)
  if (!existsSync(join(root, target))) return false
  return anchor === undefined || (statSync(join(root, target)).isFile() && anchorsOf(read(target)).includes(anchor))
}

/** The marks that a merge leaves where it failed, also after a formatter has wrapped them. */
const conflict = /<{7}|(?:> ?){7}/

test("no page has the marks of a failed merge", () => {
  expect(["| <<<<<<< HEAD |", "> > > > > > > branch", ">>>>>>> branch", "a <- b"].map((line) => conflict.test(line))).toEqual([
    true,
    true,
    true,
    false,
  ])
  expect(pages.filter((page) => conflict.test(read(page)))).toEqual([])
})

test.each(pages)("the links of %s lead somewhere", (page) => {
  expect(linksOf(read(page)).filter((link) => !leads(page, link))).toEqual([])
})

test("broken links are found", () => {
  const page =
    "[a](README.md) [b](nowhere.md) `[c](no.md)` [d](https://example.org) [e](#why) [f](README.md#nothing)\n```\n[g](no.md)\n```\n"
  expect(linksOf(page)).toEqual(["README.md", "nowhere.md", "#why", "README.md#nothing"])
  expect(linksOf(page).filter((link) => !leads("README.md", link))).toEqual(["nowhere.md", "README.md#nothing"])
})

describe("README.md", () => {
  const readme = read("README.md")

  test("quotes the model file of the demo", () => {
    expect([...readme.matchAll(/^```yaml\n([\s\S]*?)^```/gm)].map(([, text]) => text)).toEqual([read("examples/digits.yaml")])
  })

  test("quotes the newest record of the benchmark as `pnpm bench --readme` does", () => {
    expect(readme).toContain(`(bench/results/${newest()}.md)`)
    expect(renewed(readme)).toBe(readme)
  })
})

describe("docs/command.md", () => {
  const page = read("docs/command.md")
  const sessions = [...page.matchAll(/^```console\n\$ npx pnpm@12 adjoint (.*)\n([\s\S]*?)^```/gm)]

  test.each(sessions.map(([, typed = "", printed = ""]) => [typed, printed]))("adjoint %s", (typed, printed) => {
    const args = [join(root, "packages/cli/src/main.ts"), ...typed.split(" ")]
    expect(execFileSync(process.execPath, args, { cwd: root, encoding: "utf8" })).toBe(printed)
  })

  test("lists every exit code", () => {
    const listed = [...page.matchAll(/^\| `(\d+)` *\| (.*?) *\|$/gm)].map(([, code, meaning]) => [Number(code), meaning])
    expect(sessions.length).toBeGreaterThan(0)
    expect(listed).toEqual(Object.entries(exitCodes).map(([name, code]) => [code, meanings[name as keyof typeof meanings]]))
  })

  test("lists the files of a run folder", () => {
    expect(Object.values(files).filter((file) => !page.includes(`\`${file}`))).toEqual([])
  })
})
