/**
 * Runs trials in a worker, one after the other: a trial is a plain model file, which is read, checked and trained as `train` does
 * it, without a run folder. Each epoch is reported; the search stops a trial that it prunes.
 */
import { parentPort, workerData } from "node:worker_threads"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { MinimumLogLevel } from "effect/References"
import type { Choice } from "../model/Engines.ts"
import { engineOf } from "../model/Engines.ts"
import { isFailure, text } from "../report/Report.ts"
import { style } from "../terminal/Style.ts"
import { type Sink, World } from "../terminal/World.ts"
import { withData } from "./DataFiles.ts"
import { type Outcome, type Task, trial } from "./Trial.ts"

/** What the thread is started with. */
export interface Start {
  readonly trials: Choice
  /** The files that trials read, each with the place of its content, where they have other places than the model file says. */
  readonly data?: ReadonlyArray<readonly [path: string, place: string]>
}

/** What the search asks for. */
export type Request = { readonly tag: "run"; readonly task: Task } | { readonly tag: "stop"; readonly number: number }

/** What the thread answers. `failed` is a failure that every trial would have, such as a file that is gone. */
export type Answer =
  | { readonly tag: "report"; readonly number: number; readonly step: number; readonly value: number }
  | { readonly tag: "ended"; readonly number: number; readonly outcome: Outcome }
  | { readonly tag: "failed"; readonly number: number; readonly message: string }

const silent: Sink = { write: () => true, drained: () => Promise.resolve(), isTerminal: false, columns: () => 80 }

const worldOf = (entry: URL): World["Service"] => ({
  entry,
  env: process.env,
  stdout: silent,
  stderr: silent,
  stdin: { isTerminal: false, bytes: async function* () {} },
  beginRun: () => {},
  setSaving: () => {},
})

/** The text of a failure, as the command prints it. */
const messageOf = (cause: Cause.Cause<unknown>): string => {
  const error = Cause.squash(cause)
  return isFailure(error) ? text(error, style(false), false) : Cause.pretty(cause)
}

/** Answers requests until the thread is terminated. `entry` is the module that started it. */
export const runTrials = (entry: URL): void => {
  const { data, trials: choice } = workerData as Start
  const port = parentPort
  if (port === null) throw new Error("a search starts this, as a worker")
  const answer = (what: Answer) => port.postMessage(what)
  let running: { readonly number: number; readonly fiber: Fiber.Fiber<unknown, unknown> } | undefined

  const start = (task: Task) => {
    const { number } = task
    const fiber = Effect.runFork(
      trial(task, (step, value) => Effect.sync(() => answer({ tag: "report", number, step, value }))).pipe(
        Effect.scoped,
        Effect.provide(engineOf(choice)),
        (running) => (data === undefined ? running : withData(data)(running)),
        Effect.provide(NodeServices.layer),
        Effect.provideService(MinimumLogLevel, "None"),
        Effect.provideService(World, worldOf(entry)),
      ),
    )
    running = { number, fiber }
    fiber.addObserver((exit) => {
      running = undefined
      if (Exit.isSuccess(exit)) answer({ tag: "ended", number, outcome: exit.value })
      // The search that stopped it has its result.
      else if (!Cause.hasInterruptsOnly(exit.cause)) answer({ tag: "failed", number, message: messageOf(exit.cause) })
      else answer({ tag: "ended", number, outcome: { state: "stopped" } })
    })
  }

  port.on("message", (request: Request) => {
    if (request.tag === "run") start(request.task)
    else if (running?.number === request.number) void Effect.runFork(Fiber.interrupt(running.fiber))
  })
}
