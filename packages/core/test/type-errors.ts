/** What the TypeScript compiler says about wrong lines of code, and about a file that it must accept. */
import { execFile } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

const here = import.meta.dirname
const root = join(here, "../../..")

/** Wrong lines of a file, after the lines of its head. */
export interface WrongLines {
  readonly head: ReadonlyArray<string>
  readonly lines: ReadonlyArray<string>
}

/** The messages of the compiler: one for each wrong line of each file, empty where it accepts the line, and all the others. */
export interface TypeErrors {
  readonly wrong: ReadonlyArray<ReadonlyArray<string>>
  readonly accepted: ReadonlyArray<string>
}

/** Compiles accepted files of this folder, and files of wrong lines. */
export const typeErrors = async (accepted: ReadonlyArray<string>, wrong: ReadonlyArray<WrongLines>): Promise<TypeErrors> => {
  const folder = mkdtempSync(join(tmpdir(), "adjoint-types-"))
  const core = JSON.stringify(join(here, "../src/index.ts"))
  const files = wrong.map(({ head, lines }, i) => ({ name: `wrong${i}.ts`, first: head.length + 1, head, lines }))
  for (const { head, lines, name } of files) {
    const text = [...head.map((line) => line.replaceAll('"@adjoint/core"', core)), ...lines, "export {}"]
    writeFileSync(join(folder, name), text.join("\n"))
  }
  const tsconfig = {
    extends: join(root, "tsconfig.check.json"),
    compilerOptions: { incremental: false, rootDir: "/", typeRoots: [join(root, "node_modules/@types")] },
    files: [...files.map(({ name }) => name), ...accepted.map((file) => join(here, file))],
  }
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(tsconfig))
  // Threads of the compiler check some types more than once.
  const tsc = [join(root, "node_modules/typescript/bin/tsc"), "-p", folder, "--pretty", "false", "--singleThreaded"]
  const output = await new Promise<string>((resolve) => {
    execFile(process.execPath, tsc, { cwd: folder }, (_, stdout) => resolve(stdout))
  })
  rmSync(folder, { recursive: true, force: true })
  const errors = output.split(/^(?=\S+\(\d+,\d+\): )/m)
  const at = (place: string): string => errors.filter((error) => error.startsWith(place)).join("")
  return {
    wrong: files.map(({ first, lines, name }) => lines.map((_, i) => at(`${name}(${first + i},`))),
    accepted: errors.filter((error) => error !== "" && !files.some(({ name }) => error.startsWith(`${name}(`))),
  }
}
