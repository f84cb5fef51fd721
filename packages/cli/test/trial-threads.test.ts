/** The threads of a search: when they start, when they serve again, and when they end. */
import process from "node:process"
import type { Worker } from "node:worker_threads"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { expect, onTestFinished, test } from "vitest"
import * as Threads from "../src/study/Threads.ts"
import type { Task } from "../src/study/Trial.ts"

/** A thread that ends its trials at once but for those with a negative number, and tells for how many it was asked. */
const entry = new URL(
  `data:text/javascript,${encodeURIComponent(`
    import { parentPort } from "node:worker_threads"
    let asked = 0
    parentPort.on("message", ({ tag, task }) => {
      if (tag !== "run") return
      asked++
      parentPort.postMessage({ tag: "report", number: task.number, step: 1, value: asked })
      if (task.number < 0) return
      parentPort.postMessage({ tag: "ended", number: task.number, outcome: { state: "complete", values: [asked] } })
    })
  `)}`,
)

const choice = { engine: "wasm", numerics: undefined, lanes: undefined, threads: 1 } as const

const taskOf = (number: number): Task => ({ number, file: "m.yaml", directory: ".", texts: [], objectives: [], data: [] })

/** The threads that start from here on in this test. */
const started = (): ReadonlyArray<Worker> => {
  const all: Array<Worker> = []
  const add = (worker: Worker) => void all.push(worker)
  process.on("worker", add)
  onTestFinished(() => void process.off("worker", add))
  return all
}

test("a thread serves one trial after the other, and ends with the scope", async () => {
  const workers = started()
  const outcomes = await Effect.runPromise(
    Effect.gen(function* () {
      const threads = yield* Threads.make(entry, choice)
      return yield* Effect.forEach([0, 1, 2], (number) => threads.run(taskOf(number), () => true))
    }).pipe(Effect.scoped),
  )
  expect(outcomes).toEqual([1, 2, 3].map((asked) => ({ state: "complete", values: [asked] })))
  expect(workers.map(({ threadId }) => threadId)).toEqual([-1])
})

test("an interrupted search terminates its threads and starts no other in their place", async () => {
  const workers = started()
  let reports = 0
  const running = Effect.runFork(
    Effect.gen(function* () {
      const threads = yield* Threads.make(entry, choice)
      const run = (number: number) => threads.run(taskOf(number), () => ++reports > 0)
      yield* Effect.forEach([-1, -2], run, { concurrency: "unbounded" })
    }).pipe(Effect.scoped),
  )
  await expect.poll(() => reports).toBe(2)
  await Effect.runPromise(Fiber.interrupt(running))
  // Threads that have ended have the number -1.
  expect(workers.map(({ threadId }) => threadId)).toEqual([-1, -1])
})

test("a thread that ended in a trial fails it, and another one serves the next", async () => {
  const workers = started()
  const outcome = await Effect.runPromise(
    Effect.gen(function* () {
      const threads = yield* Threads.make(entry, choice)
      const kill = () => {
        void workers[0]?.terminate()
        return true
      }
      const failed = yield* Effect.flip(threads.run(taskOf(-1), kill))
      expect(failed).toMatchObject({ _tag: "TrialFailed", number: -1, message: expect.stringContaining("its thread ended") })
      return yield* threads.run(taskOf(0), () => true)
    }).pipe(Effect.scoped),
  )
  expect(outcome).toEqual({ state: "complete", values: [1] })
  expect(workers).toHaveLength(2)
})
