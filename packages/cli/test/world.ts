/** A world of the tests' own: what is written is kept, and nothing is asked of the process. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"
import { afterAll } from "vitest"
import { execute } from "../src/command/Execute.ts"
import type { World } from "../src/terminal/World.ts"

export interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface Circumstances {
  readonly stdin?: string | Uint8Array
  readonly env?: { readonly [name: string]: string }
  /** The width of the terminal that stderr is; without it, it is none. */
  readonly columns?: number
  /** The same of stdout. */
  readonly screen?: number
  /** Whether a run that is trained has pictures and a report, which most tests do not look at. */
  readonly report?: boolean
}

/** Runs the command in this process. */
export const run = async (
  args: ReadonlyArray<string>,
  { columns, env = {}, report = false, screen, stdin }: Circumstances = {},
): Promise<Ran> => {
  const written = { stdout: "", stderr: "" }
  const sink = (name: keyof typeof written) => ({
    write: (text: string) => {
      written[name] += text
      return true
    },
    drained: () => Promise.resolve(),
    isTerminal: (name === "stderr" ? columns : screen) !== undefined,
    columns: () => (name === "stderr" ? columns : (screen ?? columns)) ?? 80,
  })
  const world: World["Service"] = {
    env,
    stdout: sink("stdout"),
    stderr: sink("stderr"),
    entry: new URL("../src/main.ts", import.meta.url),
    beginRun: () => {},
    setSaving: () => {},
    stdin: {
      isTerminal: stdin === undefined,
      bytes: async function* () {
        yield typeof stdin === "string" ? new TextEncoder().encode(stdin) : (stdin ?? new Uint8Array())
      },
    },
  }
  const asked = args[0] === "train" && !report ? ["train", "--no-report", ...args.slice(1)] : args
  const code = await Effect.runPromise(execute(asked, world))
  return { code, ...written }
}

/** A folder that is gone after the tests, with files in it. */
export const folder = (files: { readonly [name: string]: string | Uint8Array } = {}): string => {
  const directory = mkdtempSync(join(tmpdir(), "adjoint-"))
  afterAll(() => rmSync(directory, { recursive: true, force: true }))
  for (const [name, content] of Object.entries(files)) writeFileSync(join(directory, name), content)
  return directory
}

/** The examples of the repository. */
export const examples = join(import.meta.dirname, "../../../examples")

/** The values of lines of JSON. */
export const jsonLines = (text: string) =>
  text
    .trim()
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line))
