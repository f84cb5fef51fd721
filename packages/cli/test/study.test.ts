/** A study in a database: what several processes compute together, whoever finishes first and whoever dies. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join as joinPath } from "node:path"
import * as Pruner from "@adjoint/core/search/Pruner"
import * as Sampler from "@adjoint/core/search/Sampler"
import type { SearchEvent } from "@adjoint/core/search/SearchEvent"
import type { Study } from "@adjoint/core/search/Study"
import * as Key from "@adjoint/core/tensor/Key"
import { fromText } from "@adjoint/dsl/source/Source"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as SqlClient from "effect/sql/SqlClient"
import { afterAll, describe, expect, test } from "vitest"
import { ofSource, sound } from "../src/model/ModelFile.ts"
import { training as trainingOf } from "../src/model/Training.ts"
import { admitting, bytesOf, threadBytes, unlimited } from "../src/study/Budget.ts"
import { inStore } from "../src/study/Connected.ts"
import { join, queues } from "../src/study/Join.ts"
import { planOf } from "../src/study/Plan.ts"
import * as Sqlite from "../src/study/Sqlite.ts"
import * as Store from "../src/study/Store.ts"
import type { Threads } from "../src/study/Threads.ts"
import type { Task } from "../src/study/Trial.ts"
import { World } from "../src/terminal/World.ts"

const folder = mkdtempSync(joinPath(tmpdir(), "study-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const study: Study = {
  space: [
    { name: "x", _tag: "Float", low: -1, high: 1 },
    { name: "kind", _tag: "Choice", size: 2 },
  ],
  sampler: Sampler.random(),
  objectives: [{ name: "val.loss", mode: "min" }],
  key: Key.make(3),
  pending: 4,
}

const definition: Store.Definition = {
  version: 1,
  text: "schema: 1\n",
  file: "m.yaml",
  directory: folder,
  set: [],
  fingerprint: "f",
  started: "2026-01-01T00:00:00.000Z",
  board: { dimensions: [], objectives: [] },
}

/** Threads whose trials take some milliseconds and give a value that depends on the point alone. */
const threads = (counted: Array<number>, milliseconds: (number: number) => number): Threads => ({
  run: ({ number, texts: [text] }: Task, goesOn) =>
    Effect.gen(function* () {
      counted.push(number)
      const value = Number(text)
      for (let step = 1; step <= 3; step++) {
        yield* Effect.sleep(milliseconds(number))
        if (!goesOn(step, value + 1 / step)) return { state: "stopped" }
      }
      return value > 0.9 ? { state: "diverged" } : { state: "complete", values: [value] }
    }),
})

const taskOf: Parameters<typeof join>[0]["taskOf"] = ({ number, point }) => ({
  number,
  texts: [String((point.x ?? 0) ** 2)],
  file: "m.yaml",
  directory: folder,
  objectives: [],
  data: [],
})

const layerOf = (path: string) => Layer.mergeAll(Store.layer, queues).pipe(Layer.provideMerge(Sqlite.layer(path)))

interface Process {
  readonly parallel: number
  readonly milliseconds?: (number: number) => number
}

/** Takes part in the study of a file as one process does. */
const takePart = (path: string, trials: number, process: Process, counted: Array<number> = []) =>
  takePartIn(layerOf(path), trials, process, counted)

const takePartIn = (
  layer: ReturnType<typeof layerOf>,
  trials: number,
  { milliseconds = () => 1, parallel }: Process,
  counted: Array<number> = [],
) => {
  const events: Array<SearchEvent> = []
  return Effect.gen(function* () {
    const store = yield* Store.Store
    yield* store.create({ name: "s", definition, trials }, [])
    yield* store.extend("s", trials)
    const { trials: finished } = yield* join(
      {
        name: "s",
        study,
        pruner: Pruner.median({ after: 3 }),
        parallel,
        threads: threads(counted, milliseconds),
        admit: unlimited,
        taskOf,
      },
      (event) => Effect.sync(() => void events.push(event)),
    )
    return {
      trials: finished.map(({ number, point, reports, state, values }) => ({ number, point, reports, state, values })),
      events,
    }
  }).pipe(Effect.provide(layer), Effect.scoped)
}

const file = (name: string) => joinPath(folder, `${name}.sqlite`)

test("the trials do not depend on how many run at a time, nor on which of them is slow", async () => {
  const one = await Effect.runPromise(takePart(file("one"), 12, { parallel: 1 }))
  const four = await Effect.runPromise(takePart(file("four"), 12, { parallel: 4, milliseconds: (n) => (n % 3 === 0 ? 8 : 1) }))
  expect(four.trials).toEqual(one.trials)
  expect(one.trials.map(({ number }) => number)).toEqual(Array.from({ length: 12 }, (_, i) => i))
  expect(new Set(one.trials.map(({ state }) => state)).size).toBeGreaterThan(1)
})

test("trials that may start at the same time are offered in one transaction", async () => {
  const offers: Array<number> = []
  const counting = Layer.effect(
    Store.Store,
    Effect.map(Store.Store, (store) => ({
      ...store,
      together: <A, E, R>(self: Effect.Effect<A, E, R>) =>
        Effect.suspend(() => {
          offers.push(1)
          return store.together(self)
        }),
    })),
  ).pipe(Layer.provide(Store.layer))
  const layer = Layer.mergeAll(counting, queues).pipe(Layer.provideMerge(Sqlite.layer(file("offers"))))
  await Effect.runPromise(takePartIn(layer, 12, { parallel: 4, milliseconds: (n) => (n < 4 ? 20 * (4 - n) : 1) }))
  // Trials 0 to 3 end from the last to the first: with 4 pending no other may start before all have, but four at once then.
  expect(offers.length).toBeLessThan(9)
  expect(offers.length).toBeGreaterThan(1)
})

describe("a database that fails", () => {
  const failed = (path: string, before: Effect.Effect<unknown, unknown, SqlClient.SqlClient>, after: () => void = () => {}) =>
    Effect.runPromise(
      Effect.gen(function* () {
        yield* before
        yield* (yield* Store.Store).create({ name: "s", definition, trials: 200 }, [])
        after()
        const process = { parallel: 2, threads: threads([], () => 0), admit: unlimited, taskOf }
        return yield* join({ name: "s", study, pruner: Pruner.none(), ...process }, () => Effect.void)
      }).pipe(inStore(path), Effect.flip),
    )

  test("since the disk is full says so, and how to go on", async () => {
    const few = Effect.flatMap(SqlClient.SqlClient, (sql) => sql`PRAGMA max_page_count = 20`)
    expect(await failed(file("full"), few)).toMatchObject({
      _tag: "RunError",
      message: expect.stringContaining("full.sqlite: database or disk is full"),
      hint: "free some space, and go on with --resume",
    })
  })

  test("also where its queue dies of it", async () => {
    const few = Effect.orDie(Effect.flatMap(SqlClient.SqlClient, (sql) => sql`SELECT * FROM nowhere`))
    expect(await failed(file("dead"), few)).toMatchObject({ _tag: "RunError", message: expect.stringContaining("nowhere") })
  })

  test("since its file was deleted while it ran says so: its trials would be lost", async () => {
    const path = file("deleted")
    const gone = () => rmSync(path)
    expect(await failed(path, Effect.void, gone)).toMatchObject({
      _tag: "RunError",
      message: expect.stringContaining("deleted.sqlite: the file was deleted or replaced while it was in use"),
    })
  })
})

test("two processes around one file share the trials, and each counts once", async () => {
  const [path, alone] = [file("two"), await Effect.runPromise(takePart(file("alone"), 16, { parallel: 1 }))]
  const [first, second]: [Array<number>, Array<number>] = [[], []]
  const both = await Effect.runPromise(
    Effect.all(
      [
        takePart(path, 16, { parallel: 2, milliseconds: () => 10 }, first),
        Effect.delay(takePart(path, 16, { parallel: 2, milliseconds: () => 10 }, second), "40 millis"),
      ],
      { concurrency: 2 },
    ),
  )
  for (const { trials } of both) expect(trials).toEqual(alone.trials)
  expect([...first, ...second].toSorted((a, b) => a - b)).toEqual(Array.from({ length: 16 }, (_, i) => i))
  expect(second.length).toBeGreaterThan(0)
})

test("an interrupted study continues with the trials that were running, and can be extended", async () => {
  const [path, alone] = [file("again"), await Effect.runPromise(takePart(file("whole"), 12, { parallel: 1 }))]
  const counted: Array<number> = []
  await Effect.runPromise(
    Effect.gen(function* () {
      const running = yield* Effect.forkChild(takePart(path, 8, { parallel: 2, milliseconds: () => 10 }, counted))
      while (counted.length < 5) yield* Effect.sleep("5 millis")
      yield* Fiber.interrupt(running)
    }),
  )
  const before = counted.length
  const resumed = await Effect.runPromise(takePart(path, 8, { parallel: 3 }, counted))
  expect(resumed.trials).toEqual(alone.trials.slice(0, 8))
  // Only the two that were running were run again.
  expect(counted.length).toBeLessThanOrEqual(8 + 2)
  expect(counted.length).toBeGreaterThan(before)
  const extended = await Effect.runPromise(takePart(path, 12, { parallel: 1 }, counted))
  expect(extended.trials).toEqual(alone.trials)
  expect(extended.events.filter((event) => event._tag === "TrialFinished" && event.isKnown)).toHaveLength(8)
})

test("a file that is no database is a typed error", async () => {
  const error = await Effect.runPromise(
    Effect.flip(Effect.scoped(Effect.provide(Store.Store, layerOf(joinPath(folder, "none", "x.sqlite"))))),
  )
  expect(error._tag).toBe("SqlError")
})

test("scores that are not finite are no reports, and a trial that makes no right model fails alone", async () => {
  const uneven: Threads = {
    run: ({ number }, goesOn) =>
      Effect.sync(() => {
        if (number === 1) return { state: "failed", problem: "too large" }
        goesOn(1, number === 2 ? Number.POSITIVE_INFINITY : 0.5)
        goesOn(2, 0.25)
        return { state: "complete", values: [number === 3 ? Number.NaN : 0.25] }
      }),
  }
  const { records } = await Effect.gen(function* () {
    yield* (yield* Store.Store).create({ name: "s", definition, trials: 5 }, [])
    return yield* join(
      { name: "s", study, pruner: Pruner.median({ after: 3 }), parallel: 1, threads: uneven, admit: unlimited, taskOf },
      () => Effect.void,
    )
  }).pipe(Effect.provide(layerOf(file("uneven"))), Effect.scoped, Effect.runPromise)
  const at = (number: number) => records.get(number)
  expect([0, 1, 2, 3, 4].map((number) => at(number)?.state)).toEqual(["complete", "failed", "complete", "diverged", "complete"])
  expect(at(1)?.problem).toBe("too large")
  expect(at(2)?.reports).toEqual([{ step: 2, value: 0.25 }])
})

test("sizes of memory", () => {
  expect(["8GB", "1.5 GiB", "512mb", "1e3MB", "8", "-1GB", "0GB", "GB"].map(bytesOf)).toEqual([
    8e9,
    1.5 * 2 ** 30,
    512e6,
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
  ])
})

/** Trials of a file with a wide layer under a memory budget: what each takes, and how many ran at a time. */
const underBudget = (limit: (bytes: number) => number) =>
  Effect.gen(function* () {
    const text = `schema: 1
data: { source: { moons: { count: 40 } }, split: { train: 50%, val: 50%, seed: 1 } }
model: { layers: [{ dense: { $search: [8, 2000], default: 8 } }, { head: label }] }
train: { batch: 20 }
`
    const model = yield* sound(yield* ofSource(fromText("m.yaml", text)))
    const plan = yield* planOf(yield* trainingOf(model), { needsBytes: true })
    const name = "model.layers[0].dense"
    const [small, large] = [0, 1].map((choice) => (plan.bytesAt({ [name]: choice }) ?? 0) + threadBytes) as [number, number]
    const admit = yield* admitting(model, plan.bytesAt, limit(large))
    const running = { now: 0, most: 0 }
    const trial = Effect.gen(function* () {
      running.most = Math.max(running.most, ++running.now)
      yield* Effect.sleep("20 millis")
      running.now--
    })
    const starts = [1, 1, 1].map((choice, number) => ({ number, point: { [name]: choice } }))
    const exit = yield* Effect.result(Effect.forEach(starts, (start) => admit(start, trial), { concurrency: "unbounded" }))
    return { small, large, most: running.most, exit }
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer), Effect.provideService(World, quiet), Effect.runPromise)

const sink = { write: () => true, drained: () => Promise.resolve(), isTerminal: false, columns: () => 80 }
const quiet = { env: {}, stdout: sink, stderr: sink, setSaving: () => {} } as unknown as World["Service"]

test("trials start while their memory fits, and one that alone does not fit is located", async () => {
  const two = await underBudget((bytes) => 2 * bytes + 2 ** 20)
  // Two inputs, 2000 units, two classes: weights, their gradients and moments, a batch, and transposed copies.
  expect(two.large - two.small).toBeGreaterThan(4 * 1992 * 5 * 3)
  expect(two.most).toBe(2)
  expect(two.exit._tag).toBe("Success")
  const none = await underBudget((bytes) => bytes - 1)
  if (none.exit._tag === "Success") throw new Error("it fits")
  const [found] = none.exit.failure.diagnostics
  expect(found).toMatchObject({ code: "T530", span: { line: 3, column: 28 }, file: "m.yaml" })
  expect(found?.message).toMatch(
    /^trial 0 needs [\d,]+ bytes of memory, and `--memory` allows [\d,]+, with `model\.layers\[0\]\.dense` 2000$/,
  )
  expect(none.most).toBe(0)
})
