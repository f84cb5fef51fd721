/** Runs the command in this thread. */
import process from "node:process"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { codeOf, execute } from "../Execute.ts"
import { exitCodes } from "../ExitCode.ts"
import { output, reportLoss } from "./Output.ts"
import { acknowledgement, signals } from "./Signals.ts"

/** Runs the command and sets the exit code of the process. */
export const runHere = async (args: ReadonlyArray<string>): Promise<void> => {
  const [stdout, stderr] = [output("stdout", process.stdout), output("stderr", process.stderr)]
  let hasRun = false
  const { code: heard, setSaving } = signals((signal) => {
    stderr.write(acknowledgement(signal))
    void Effect.runFork(Fiber.interrupt(running))
  })
  const running = Effect.runFork(
    execute(args, {
      env: process.env,
      stdout: {
        ...stdout,
        write: (text) => {
          stdout.write(text)
          return hasRun || stdout.failure() === undefined
        },
      },
      stderr: {
        ...stderr,
        write: (text) => {
          stderr.write(text)
          return true
        },
      },
      stdin: { isTerminal: process.stdin.isTTY === true, bytes: () => process.stdin },
      setSaving: (isSaving) => {
        hasRun ||= isSaving
        setSaving(isSaving)
      },
    }),
  )
  const code = await Effect.runPromise(codeOf(running))
  process.stdin.destroy()
  const isCut = code === exitCodes.interrupted && heard() === undefined
  // An output that fails says so a moment after it was written to.
  process.on("exit", () => {
    const isLost = reportLoss([stdout, stderr], hasRun)
    process.exitCode = code === exitCodes.interrupted ? heard() : code
    if (isCut || code === exitCodes.ok) process.exitCode = isLost ? exitCodes.unwritten : exitCodes.ok
  })
}
