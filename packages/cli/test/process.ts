/** The command in a process of its own. */
import { type ChildProcess, spawn } from "node:child_process"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import { command } from "../../../scripts/bundle-command.ts"
import type { Ran } from "./world.ts"

/** The command, bundled as users get it. */
export const main = command

/** The command's sources, which scripts of the repository start. */
export const sources = join(import.meta.dirname, "../src/main.ts")

/** The repository. */
export const root = join(import.meta.dirname, "../../..")

const { FORCE_COLOR: _, NO_COLOR: __, ...rest } = process.env
/** The environment of the tests without what turns colours on or off. */
export const inherited = rest

export interface Surroundings {
  readonly cwd?: string
  readonly env?: { readonly [name: string]: string }
  readonly node?: ReadonlyArray<string>
  readonly script?: string
  /** Is handed the process when it is there. */
  readonly meanwhile?: (child: ChildProcess) => void
}

/** Runs the command in a process of its own. A process that a signal ended has no exit code: -1 here. */
export const spawned = async (args: ReadonlyArray<string>, surroundings: Surroundings = {}): Promise<Ran> => {
  const { cwd = root, env = {}, meanwhile, node = [], script = main } = surroundings
  const child = spawn(process.execPath, [...node, script, ...args], { cwd, env: { ...inherited, ...env } })
  child.stdin.end()
  meanwhile?.(child)
  const ended = new Promise<number>((resolve) => child.on("close", (code) => resolve(code ?? -1)))
  const [code, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)])
  return { code, stdout, stderr }
}

/** Sends a signal when the command has said something. */
export const when = (said: string, signal: NodeJS.Signals) => (child: ChildProcess) => {
  let heard = ""
  child.stderr?.on("data", (chunk: Buffer) => {
    if (heard.includes(said)) return
    heard += chunk.toString()
    if (heard.includes(said)) child.kill(signal)
  })
}
