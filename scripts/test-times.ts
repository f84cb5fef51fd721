/**
 * Where the processor time of the tests goes: runs each project with one worker, and prints the seconds of the project and of its
 * longest files. `node scripts/test-times.ts [project …]`, on Linux. On a busy machine the times are up to twice as long.
 */
import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { TestTime } from "./record-test-time.ts"

const projects =
  process.argv.length > 2 ? process.argv.slice(2) : ["core", "engine", "processes", "dsl", "cli", "examples", "repository"]
const root = join(import.meta.dirname, "..")
const directory = mkdtempSync(join(tmpdir(), "adjoint-times-"))

/** How many files of a project are printed. */
const longest = 12

const cell = (seconds: number): string => seconds.toFixed(1).padStart(9)

/** Seconds of processor time of a project's run. */
const measure = (project: string): number => {
  const file = join(directory, project)
  const shell = 'node_modules/.bin/vitest run --project "$0" --maxWorkers=1 >&2; times'
  const env = { ...process.env, CI: "true", TEST_TIMES: file }
  const { stdout } = spawnSync("bash", ["-c", shell, project], {
    cwd: root,
    env,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  })
  // The last line of `times` has the user and the system time of the children.
  const [, ofChildren = ""] = stdout.trim().split("\n")
  const total = [...ofChildren.matchAll(/(\d+)m([\d.]+)s/g)].reduce((sum, [, m, s]) => sum + 60 * Number(m) + Number(s), 0)
  const files = readFileSync(file, "utf8")
    .trim()
    .split("\n")
    .map((line): TestTime => JSON.parse(line))
  const sum = ({ children, imports, own }: TestTime): number => children + imports + own
  console.log(`\n${project.padEnd(48)}${cell(total)}\n${"".padEnd(48)}  imports      own children`)
  for (const time of files.toSorted((a, b) => sum(b) - sum(a)).slice(0, longest))
    console.log(`  ${time.file.padEnd(46)}${cell(time.imports)}${cell(time.own)}${cell(time.children)}`)
  return total
}

try {
  const total = projects.reduce((sum, project) => sum + measure(project), 0)
  console.log(`\n${"all".padEnd(48)}${cell(total)}`)
} finally {
  rmSync(directory, { recursive: true })
}
