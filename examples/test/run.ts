/** Runs a program in a process of its own, as a person does. */
import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"

/**
 * How long a program may take. It computes for a few seconds, but shares its cores: with other programs of the machine, and with
 * four programs that are tested at the same time.
 */
export const limit = { timeout: 300_000 }

/** What a program writes. Fails when it does not end well. The signal of a test ends it: it does not outlive a test that fails. */
export const run = (
  signal: AbortSignal,
  file: URL,
  ...args: ReadonlyArray<string>
): Promise<{ readonly stdout: string; readonly stderr: string }> =>
  promisify(execFile)(process.execPath, [fileURLToPath(file), ...args], { signal })
