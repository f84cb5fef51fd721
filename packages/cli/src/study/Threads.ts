/** The threads of a search: each runs one trial at a time. They end with their scope, whatever they compute. */
import { Worker } from "node:worker_threads"
import { TaggedError } from "effect/Data"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Choice } from "../model/Engines.ts"
import type { Outcome, Task } from "./Trial.ts"
import type { Answer, Request, Start } from "./TrialThread.ts"

/** A trial could not be run at all; every trial would fail so. */
export class TrialFailed extends TaggedError("TrialFailed")<{ readonly number: number; readonly message: string }> {}

/** Whether a trial goes on after a report. */
export type Judge = (step: number, value: number) => boolean

export interface Threads {
  /** Runs a trial on a free thread, and stops it when a report is not good enough. */
  readonly run: (task: Task, goesOn: Judge) => Effect.Effect<Outcome, TrialFailed>
}

const runOn = (worker: Worker, task: Task, goesOn: Judge): Effect.Effect<Outcome, TrialFailed> =>
  Effect.callback((resume) => {
    const { number } = task
    const request = (what: Request) => worker.postMessage(what)
    let isStopped = false
    const heard = (answer: Answer) => {
      if (answer.number !== number) return
      if (answer.tag === "report") {
        // What a thread reports after it was asked to stop is of steps that the search does not count.
        if (isStopped || goesOn(answer.step, answer.value)) return
        isStopped = true
        request({ tag: "stop", number })
      } else if (answer.tag === "ended") end(Effect.succeed(isStopped ? { state: "stopped" } : answer.outcome))
      else end(Effect.fail(new TrialFailed({ number, message: answer.message })))
    }
    const broke = (error: unknown) =>
      end(Effect.fail(new TrialFailed({ number, message: error instanceof Error ? error.message : String(error) })))
    const exited = (code: number) => broke(new Error(`its thread ended with the code ${code}`))
    const end = (result: Effect.Effect<Outcome, TrialFailed>) => {
      worker.off("message", heard).off("error", broke).off("exit", exited)
      resume(result)
    }
    worker.on("message", heard).on("error", broke).on("exit", exited)
    request({ tag: "run", task })
    return Effect.sync(() => {
      worker.off("message", heard).off("error", broke).off("exit", exited)
    })
  })

const terminated = (worker: Worker): Effect.Effect<void> => Effect.asVoid(Effect.promise(() => worker.terminate()))

/**
 * Threads that start with the module `entry`, one for each trial that runs at a time, when they are first used. With `data` they read
 * these files alone. They are terminated with their scope.
 */
export const make = (entry: URL, choice: Choice, data?: Start["data"]): Effect.Effect<Threads, never, Scope.Scope> =>
  Effect.gen(function* () {
    const free = yield* Effect.acquireRelease(
      Effect.sync((): Array<Worker> => []),
      (idle) => Effect.forEach(idle, terminated, { concurrency: "unbounded", discard: true }),
    )
    const taken = Effect.sync(
      () =>
        free.pop() ??
        new Worker(entry, { workerData: { trials: choice, ...(data === undefined ? {} : { data }) } satisfies Start }),
    )
    return {
      run: (task, goesOn) =>
        Effect.acquireUseRelease(
          taken,
          (worker) => runOn(worker, task, goesOn),
          // A thread that was interrupted in a trial still computes it, and one that failed may be gone.
          (worker, exit) => (exit._tag === "Success" ? Effect.sync(() => void free.push(worker)) : terminated(worker)),
        ),
    }
  })
