/** Runs the command in a worker: what it prints goes to the supervisor as messages, and an interruption comes from there. */
import process from "node:process"
import { parentPort, workerData } from "node:worker_threads"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { codeOf, execute } from "../command/Execute.ts"
import type { Sink } from "../terminal/World.ts"

/** What the supervisor says of a stream. */
export interface StreamFacts {
  readonly isTerminal: boolean
  readonly columns: number
}

export type Streams = { readonly [name in "stdout" | "stderr"]: StreamFacts }

/** What a worker is started with. */
export interface Start {
  readonly args: ReadonlyArray<string>
  readonly streams: Streams
}

/** What the worker reports. */
export type Report =
  | { readonly tag: "write"; readonly name: keyof Streams; readonly text: string }
  | { readonly tag: "begun" }
  | { readonly tag: "saving"; readonly isSaving: boolean }

/** What the supervisor asks for. */
export type Request = { readonly tag: "interrupt" } | { readonly tag: "resized"; readonly streams: Streams }

/** Runs the command that the supervisor has and ends the worker with its exit code. `entry` is the module that started it. */
export const runBeside = async (entry: URL): Promise<void> => {
  const { args, streams: first } = workerData as Start
  const port = parentPort
  if (port === null) throw new Error("a supervisor starts this, as a worker")
  const report = (what: Report) => port.postMessage(what)
  let streams = first
  const sink = (name: keyof Streams): Sink => ({
    write: (text) => {
      report({ tag: "write", name, text })
      return true
    },
    drained: () => Promise.resolve(),
    isTerminal: streams[name].isTerminal,
    columns: () => streams[name].columns,
  })
  const running = Effect.runFork(
    execute(args, {
      entry,
      env: process.env,
      stdout: sink("stdout"),
      stderr: sink("stderr"),
      stdin: { isTerminal: true, bytes: async function* () {} },
      beginRun: () => report({ tag: "begun" }),
      setSaving: (isSaving) => report({ tag: "saving", isSaving }),
    }),
  )
  // The open port keeps the worker alive.
  port.on("message", (request: Request) => {
    if (request.tag === "interrupt") void Effect.runFork(Fiber.interrupt(running))
    else streams = request.streams
  })
  process.exitCode = await Effect.runPromise(codeOf(running))
  port.close()
}
