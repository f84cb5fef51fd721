/**
 * Updates the recorded output of the examples: the comments at the end of programs, and the scores and the picture of
 * examples/README.md. For changes that must change bits; read the diff before you commit it.
 */
import { execFileSync } from "node:child_process"
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

const root = join(import.meta.dirname, "..")
const examples = join(root, "examples")

const run = (...args: ReadonlyArray<string>): string =>
  execFileSync(process.execPath, args, { cwd: root, encoding: "utf8", stdio: "pipe" })

for (const name of readdirSync(examples).filter((each) => /^\d\d-.*\.ts$/.test(each))) {
  const file = join(examples, name)
  const program = readFileSync(file, "utf8").replace(/\n*^\/\/ Prints:\n(?:\/\/.*\n)+$/m, "\n")
  const lines = run(file)
    .trimEnd()
    .split("\n")
    .map((line) => `// ${line}`.trimEnd())
  writeFileSync(file, `${program.trimEnd()}\n\n// Prints:\n${lines.join("\n")}\n`)
}

run(join(examples, "13-optimizer-race.ts"), join(examples, "pictures/optimizer-race.svg"))

const runs = mkdtempSync(join(tmpdir(), "adjoint-"))
const readme = join(examples, "README.md")
const page = readFileSync(readme, "utf8").replaceAll(
  /^(\| \[([\w-]+\.yaml)\].*\| )(`[^`]+` +)\|$/gm,
  (_, before: string, name: string, cell: string) => {
    const printed = run("packages/cli/src/main.ts", "train", join(examples, name), "--runs", runs)
    const scores = printed.trim().split(/ {2,}/).slice(1).join("  ")
    return `${before}${`\`${scores}\` `.padEnd(cell.length)}|`
  },
)
writeFileSync(readme, page)
rmSync(runs, { recursive: true })
