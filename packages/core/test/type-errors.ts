/** What the TypeScript compiler says about wrong lines of code, and about a file that it must accept. */
import { execFile } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

const here = import.meta.dirname
const root = join(here, "../../..")

/** The messages of the compiler: one for each wrong line, empty where it accepts the line, and those about the accepted file. */
export interface TypeErrors {
  readonly wrong: ReadonlyArray<string>
  readonly accepted: ReadonlyArray<string>
}

/** Compiles an accepted file of this folder, and a file of wrong lines after the lines of `head`. */
export const typeErrors = async (
  accepted: string,
  head: ReadonlyArray<string>,
  wrong: ReadonlyArray<string>,
): Promise<TypeErrors> => {
  const folder = mkdtempSync(join(tmpdir(), "adjoint-types-"))
  const core = JSON.stringify(join(here, "../src/index.ts"))
  const first = [...head.map((line) => line.replaceAll('"@adjoint/core"', core))]
  writeFileSync(join(folder, "wrong.ts"), [...first, ...wrong, "export {}"].join("\n"))
  const tsconfig = {
    extends: join(root, "tsconfig.check.json"),
    compilerOptions: { incremental: false, rootDir: "/", typeRoots: [join(root, "node_modules/@types")] },
    files: ["wrong.ts", join(here, accepted)],
  }
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(tsconfig))
  const tsc = [join(root, "node_modules/typescript/bin/tsc"), "-p", folder, "--pretty", "false"]
  const output = await new Promise<string>((resolve) => {
    execFile(process.execPath, tsc, { cwd: folder }, (_, stdout) => resolve(stdout))
  })
  rmSync(folder, { recursive: true, force: true })
  const errors = output.split(/^(?=\S+\(\d+,\d+\): )/m)
  return {
    wrong: wrong.map((_, i) => errors.filter((error) => error.startsWith(`wrong.ts(${first.length + i + 1},`)).join("")),
    accepted: errors.filter((error) => error !== "" && !error.startsWith("wrong.ts(")),
  }
}
