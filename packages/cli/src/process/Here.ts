/** Runs the command in this thread. */
import process from "node:process"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { codeOf, execute } from "../command/Execute.ts"
import { end, output } from "./Output.ts"
import { acknowledgement, signals } from "./Signals.ts"

/** Runs the command and sets the exit code of the process. `entry` is the module that starts the process and its threads. */
export const runHere = async (args: ReadonlyArray<string>, entry: URL): Promise<void> => {
  const [stdout, stderr] = [output("stdout", process.stdout), output("stderr", process.stderr)]
  let hasRun = false
  const { code: heard, setSaving } = signals((signal) => {
    stderr.write(acknowledgement(signal, args))
    void Effect.runFork(Fiber.interrupt(running))
  })
  const running = Effect.runFork(
    execute(args, {
      entry,
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
      beginRun: () => {
        hasRun = true
      },
      setSaving,
    }),
  )
  const code = await Effect.runPromise(codeOf(running))
  process.stdin.destroy()
  end({ code, hasRun, outputs: [stdout, stderr], signalled: heard() })
}
