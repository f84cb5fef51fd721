/**
 * `pnpm check`: all static checks of the sources. All steps run even if one fails, so that one run shows all mistakes; the
 * exit code is 1 if any step failed.
 */
import { spawnSync } from "node:child_process"
import { join, resolve } from "node:path"

const root = join(import.meta.dirname, "..")

interface Step {
  readonly name: string
  readonly command: string
  readonly arguments: ReadonlyArray<string>
  /** Text that the output must contain, so that a tool that read no files does not pass. */
  readonly confirms?: (output: string) => boolean
}

const steps: ReadonlyArray<Step> = [
  {
    name: "format and lint",
    command: "tools/node_modules/.bin/biome",
    arguments: ["ci", "--error-on-warnings", `--colors=${process.stdout.isTTY ? "force" : "off"}`, "."],
  },
  { name: "types", command: "node_modules/.bin/tsc", arguments: ["-b"] },
  { name: "architecture", command: process.execPath, arguments: ["scripts/architecture.ts"] },
  {
    name: "forgotten yield*",
    command: "tools/node_modules/.bin/effect-tsgo",
    arguments: ["diagnostics", "--project", "tsconfig.json", "--format", "text", "--strict"],
    confirms: (output) => {
      const [, checked, all] = /Checked (\d+) files out of (\d+)/.exec(output) ?? []
      return checked !== undefined && checked === all && Number(checked) > 0
    },
  },
]

const passes = ({ name, command, arguments: args, confirms }: Step): boolean => {
  const start = performance.now()
  const { status, stdout, stderr, error } = spawnSync(resolve(root, command), args, {
    cwd: root,
    encoding: "utf8",
    env: process.env,
  })
  const passed = status === 0 && (confirms?.(stdout) ?? true)
  if (!passed) process.stdout.write(`${error?.message ?? ""}${stdout}${stderr}\n`)
  console.log(`${passed ? "✓" : "✗"} ${name} (${((performance.now() - start) / 1000).toFixed(1)} s)`)
  return passed
}

const failed = steps.filter((step) => !passes(step)).length
console.log(`${steps.length - failed} passed, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0
