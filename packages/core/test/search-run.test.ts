import { Key, Leaderboard, NonFinite, Pruner, Sampler, Search, Space, Study, type Trial } from "@adjoint/core"
import { wordsOf } from "@adjoint/core/search/draws"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Stream } from "effect"
import { TestClock } from "effect/testing"
import * as fc from "fast-check"
import { expect, test } from "vitest"
import { spaces } from "./search-spaces.ts"

const space = Space.struct({
  x: Space.float(-1, 1),
  kind: Space.branch({ bowl: {}, tent: { slope: Space.log(0.1, 10) } }),
}).dimensions

/** A sampler whose points depend on everything that it may know: the results it was told, their order, and the pending points. */
const curious: Sampler.Sampler<{ readonly words: ReadonlyArray<number>; readonly heard: ReadonlyArray<number> }> = {
  name: "curious",
  objectives: "one",
  init: (_, key) => ({ words: wordsOf(key), heard: [] }),
  ask: ({ heard, words }, pending) => {
    const all = [...words, ...heard, ...pending.flatMap((point) => Object.values(point))]
    const mixed = all.reduce((sum, x, i) => (sum * 31 + x * (i + 1)) % 1, 0.1)
    return { point: Space.pointAt(space, [Math.abs(mixed), Math.abs((mixed * 7) % 1), 0.3]), state: { words, heard } }
  },
  tell: ({ heard, words }, trial) => ({
    words,
    heard: [...heard, trial.number, ...(trial.values ?? [-1]), ...trial.reports.map(({ value }) => value)],
  }),
}

/** A pruner whose decisions depend on all that it may know. */
const wary: Pruner.Pruner = ({ number, reports }, known) =>
  known.reduce((sum, trial) => sum + trial.number + trial.reports.length, number + reports.length) % 11 === 0

const sumOfSquares = (point: Space.Point): number => Object.values(point).reduce((sum, x) => sum + x * x, 0)

/** Sleeps for a time that differs by trial and by run, reports three times, and gives a value of the point and the key. */
const objective =
  (delays: ReadonlyArray<number>): Search.Search["objective"] =>
  (point, { key, number, report }) =>
    Effect.gen(function* () {
      for (let step = 1; step <= 3; step++) {
        yield* Effect.sleep(1 + (delays[(number * 3 + step) % delays.length] ?? 0))
        yield* report(step, sumOfSquares(point) / step)
      }
      return sumOfSquares(point) + (wordsOf(key)[0] % 1000)
    })

const describeSearch = (changes: Partial<Search.Search> & { readonly delays?: ReadonlyArray<number> } = {}): Search.Search => ({
  space,
  sampler: curious as Sampler.Sampler,
  pruner: wary,
  objective: objective(changes.delays ?? [0]),
  objectives: [{ name: "height", mode: "min" }],
  trials: 20,
  pending: 4,
  key: Key.make(3),
  ...changes,
})

/** Runs a search in simulated time. */
const inTime = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(effect)
    yield* TestClock.adjust("1 hour")
    return yield* Fiber.join(fiber)
  })

const run = (search: Search.Search) => inTime(Search.finished(Search.run(search)))

describe("the trials of a search", () => {
  const delays = fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 1, maxLength: 12 })

  it.effect("do not depend on the parallelism or on which trial finishes first", () =>
    Effect.gen(function* () {
      const alone = yield* run(describeSearch())
      assert.isAbove(new Set(alone.trials.map(({ state }) => state)).size, 1)
      for (const drawn of fc.sample(delays, 4))
        for (const parallel of [1, 2, 3, 4])
          assert.deepStrictEqual(yield* run(describeSearch({ delays: drawn, parallel })), alone)
    }),
  )

  it.effect("do not depend on interruptions", () =>
    Effect.gen(function* () {
      const whole = yield* run(describeSearch())
      for (const [i, drawn] of fc.sample(delays, 3).entries()) {
        let known: ReadonlyArray<Trial> = []
        let ran = 0
        for (;;) {
          const events = yield* inTime(
            Search.run(describeSearch({ delays: drawn, parallel: 3, known })).pipe(
              Stream.takeUntil((event) => event._tag === "TrialFinished" && !event.isKnown && event.trial.number % (i + 2) === 0),
              Stream.runCollect,
            ),
          )
          const ended = events.flatMap((event) => (event._tag === "TrialFinished" ? [event] : []))
          ran += ended.filter(({ isKnown }) => !isKnown).length
          known = ended.map(({ trial }) => trial)
          const last = events.at(-1)
          if (last?._tag !== "SearchFinished") continue
          assert.deepStrictEqual(last, whole)
          break
        }
        assert.strictEqual(ran, 20)
      }
    }),
  )

  it.effect("are the first of a longer search", () =>
    Effect.gen(function* () {
      const { trials } = yield* run(describeSearch({ trials: 30 }))
      assert.deepStrictEqual((yield* run(describeSearch())).trials, trials.slice(0, 20))
    }),
  )

  it.effect("depend on the key, on `pending` and on the pruner", () =>
    Effect.gen(function* () {
      const { trials } = yield* run(describeSearch())
      for (const change of [{ key: Key.make(4) }, { pending: 5 }, { pruner: Pruner.none() }])
        assert.notDeepEqual((yield* run(describeSearch(change))).trials, trials)
    }),
  )
})

describe("a trial", () => {
  const one = (objective: Search.Search["objective"], more: Partial<Search.Search> = {}) =>
    Search.finished(Search.run(describeSearch({ objective, trials: 1, pruner: Pruner.none(), ...more }))).pipe(
      Effect.map(({ trials }) => trials[0]),
    )

  it.effect("that diverges is a result", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* one(() => Effect.succeed(Number.NaN)))?.state, "diverged")
      const diverged = new NonFinite({ tensor: "loss", layer: "", value: Number.NaN, rows: [0], epoch: 1, step: 1 })
      const search: Search.Search<unknown, NonFinite> = {
        ...describeSearch({ trials: 1 }),
        objective: () => Effect.fail(diverged),
      }
      const { best, trials } = yield* Search.finished(Search.run(search))
      assert.deepStrictEqual([trials[0]?.state, best], ["diverged", undefined])
    }),
  )

  it.effect("that the pruner stops is interrupted where it reports", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const trial = yield* one(
        (_, { report }) =>
          Effect.gen(function* () {
            yield* report(1, 5)
            seen.push("one")
            yield* report(2, 6)
            seen.push("two")
            return 6
          }).pipe(Effect.onInterrupt(() => Effect.sync(() => seen.push("interrupted")))),
        { pruner: ({ reports }) => reports.length === 2 },
      )
      assert.deepStrictEqual(seen, ["one", "interrupted"])
      assert.deepStrictEqual([trial?.state, trial?.cost, trial?.values], ["pruned", 2, undefined])
    }),
  )

  it.effect("that fails ends the search with its error, and interrupts the others", () =>
    Effect.gen(function* () {
      let interrupted = 0
      const search: Search.Search<unknown, "broken"> = {
        ...describeSearch({ parallel: 3 }),
        objective: (_, { number }) =>
          number === 2
            ? Effect.fail("broken" as const)
            : Effect.never.pipe(Effect.onInterrupt(() => Effect.sync(() => interrupted++))),
      }
      assert.strictEqual(yield* Effect.flip(Search.finished(Search.run(search))), "broken")
      assert.strictEqual(interrupted, 2)
    }),
  )

  it.effect("is interrupted when the stream ends", () =>
    Effect.gen(function* () {
      const started = yield* Deferred.make<void>()
      let interrupted = 0
      const search = describeSearch({
        parallel: 2,
        objective: (_, { number }) =>
          Effect.andThen(number === 1 ? Deferred.succeed(started, undefined) : Effect.void, Effect.never).pipe(
            Effect.onInterrupt(() => Effect.sync(() => interrupted++)),
          ),
      })
      const fiber = yield* Effect.forkChild(Stream.runDrain(Search.run(search)))
      yield* Deferred.await(started)
      yield* Fiber.interrupt(fiber)
      assert.strictEqual(interrupted, 2)
    }),
  )
})

describe("a search", () => {
  it.effect("maximizes by giving samplers and pruners negated values", () =>
    Effect.gen(function* () {
      const height =
        (sign: number): Search.Search["objective"] =>
        (point, { report }) =>
          Effect.as(report(1, sign * (point.x ?? 0)), sign * sumOfSquares(point))
      const pruner = Pruner.median({ after: 3 })
      const low = yield* run(describeSearch({ objective: height(1), pruner }))
      const high = yield* run(describeSearch({ objective: height(-1), pruner, objectives: [{ name: "height", mode: "max" }] }))
      assert.deepStrictEqual(
        high.trials.map(({ number, point, state }) => [number, point, state]),
        low.trials.map(({ number, point, state }) => [number, point, state]),
      )
      assert.strictEqual(high.best?.number, low.best?.number)
      assert.include(
        low.trials.map(({ state }) => state),
        "pruned",
      )
    }),
  )

  it.effect("refuses points before they run, and counts the others alone", () =>
    Effect.gen(function* () {
      const search = describeSearch({ sampler: Sampler.random(), where: (point) => (point.x ?? 0) > 0, pruner: Pruner.none() })
      const { trials } = yield* run({ ...search, parallel: 3 })
      const [refused, rest] = [
        trials.filter(({ state }) => state === "refused"),
        trials.filter(({ state }) => state !== "refused"),
      ]
      assert.deepStrictEqual([rest.length, refused.length > 3], [20, true])
      assert.isTrue(refused.every(({ point }) => (point.x ?? 0) <= 0))
      assert.deepStrictEqual(
        trials.map(({ number }) => number),
        Array.from(trials.keys()),
      )
      assert.deepStrictEqual((yield* run(search)).trials, trials)
      const none = yield* run({ ...search, where: () => false })
      assert.deepStrictEqual([none.trials.length, none.best], [Study.mostRefusals, undefined])
    }),
  )

  const refusal = <E>(search: Search.Search<unknown, E>) => Effect.flip(Search.finished(Search.run(search)))

  it.effect("is refused with the place of the mistake", () =>
    Effect.gen(function* () {
      const wrong = { name: "lr", _tag: "Float", low: 0, high: 1, log: true } as const
      const known = (yield* run(describeSearch({ trials: 3 }))).trials
      for (const [change, argument] of [
        [{ space: [] }, "space"],
        [{ space: [wrong] }, "space.lr"],
        [{ trials: 0 }, "trials"],
        [{ pending: 0 }, "pending"],
        [{ parallel: 5 }, "parallel"],
        [{ objectives: [] }, "objectives"],
        [{ objective: () => Effect.succeed([1, 2]) }, "objective"],
        [{ known: [...known, ...known] }, "known"],
        [{ known, key: Key.make(9) }, "known"],
      ] as const)
        assert.strictEqual((yield* refusal(describeSearch(change)))["argument" as never], argument)
    }),
  )
})

describe("the plan", () => {
  test("never starts more trials than may be pending, and tells the sampler the oldest first", () => {
    const results = fc.array(fc.nat(), { minLength: 40, maxLength: 40 })
    fc.assert(
      fc.property(results, fc.integer({ min: 1, max: 5 }), (choices, pending) => {
        const study = describeSearch({ pending })
        let progress = Study.begin(study)
        const running: Array<Study.Start> = []
        const points: Array<Space.Point> = []
        for (const choice of [...choices, ...choices, ...choices]) {
          const [step, after] = Study.next(study, progress)
          progress = after
          if (step._tag === "Start") {
            points.push(step.point)
            running.push(step)
            expect(step.known).toHaveLength(Math.max(0, step.number - pending + 1))
          } else if (step._tag === "Wait") {
            expect(running.map(({ number }) => number)).toContain(step.number)
          }
          expect(running.length).toBeLessThanOrEqual(pending)
          const [ended] = choice % 2 === 0 || step._tag !== "Start" ? running.splice(choice % Math.max(1, running.length), 1) : []
          if (ended !== undefined) {
            const { number, point } = ended
            progress = Study.finish(progress, { number, point, state: "complete", values: [sumOfSquares(point)], reports: [] })
          }
        }
        const finished = Study.finished(progress)
        expect(finished.map(({ number }) => number)).toEqual(Array.from({ length: 20 }, (_, i) => i))
        expect(Study.next(study, progress)[0]).toEqual({ _tag: "Done" })
        expect(JSON.parse(JSON.stringify(progress))).toEqual(progress)
      }),
      { numRuns: 30 },
    )
  })
})

describe("samplers", () => {
  const points = (sampler: Sampler.Sampler, of: Space.Space, n: number): ReadonlyArray<Space.Point> => {
    let state = sampler.init(of, Key.make(5))
    const found: Array<Space.Point> = []
    for (let i = 0; i < n; i++) {
      const asked = sampler.ask(state, [])
      if (asked === undefined) break
      found.push(asked.point)
      state = sampler.tell(asked.state, { number: i, point: asked.point, state: "complete", values: [i], reports: [] })
    }
    return found
  }

  test("grid asks for each point once", () => {
    fc.assert(
      fc.property(spaces({ discrete: true, max: 4 }), (of) => {
        const n = Space.size(of)
        fc.pre(n <= 300)
        const found = points(Sampler.grid(), of, n + 5)
        expect(found.length).toBe(n)
        expect(new Set(found.map((point) => JSON.stringify(point))).size).toBe(n)
        expect(found.every((point) => Space.contains(of, point))).toBe(true)
      }),
      { numRuns: 50 },
    )
  })

  test("grid divides a continuous dimension evenly on its scale", () => {
    const of: Space.Space = [
      { name: "lr", _tag: "Float", low: 0.001, high: 0.1, log: true },
      { name: "on", _tag: "Choice", size: 2 },
    ]
    expect(points(Sampler.grid({ levels: 3 }), of, 9).map(({ lr, on }) => [lr, on])).toEqual([
      [0.001, 0],
      [0.001, 1],
      [0.01, 0],
      [0.01, 1],
      [0.1, 0],
      [0.1, 1],
    ])
    expect(Sampler.gridSize(of, 3)).toBe(6)
  })
})

test("a leaderboard has the complete trials, the best first and equal ones in their order", () => {
  const values = fc.array(fc.option(fc.integer({ min: 0, max: 5 }), { nil: undefined }), { maxLength: 12 })
  fc.assert(
    fc.property(values, fc.constantFrom("min" as const, "max" as const), (all, mode) => {
      const trials = all.map(
        (value, number): Trial =>
          value === undefined
            ? { number, point: {}, state: "pruned", reports: [] }
            : { number, point: {}, state: "complete", values: [value], reports: [] },
      )
      const rows = Leaderboard.of(trials.toReversed(), [{ name: "score", mode }])
      expect(rows).toHaveLength(all.filter((value) => value !== undefined).length)
      for (const [i, row] of rows.entries()) {
        const before = rows[i - 1]
        if (before === undefined) expect(row.place).toBe(1)
        else if (before.value === row.value) {
          expect(row.place).toBe(before.place)
          expect(row.trial.number).toBeGreaterThan(before.trial.number)
        } else {
          expect(row.place).toBe(i + 1)
          expect(mode === "min" ? row.value > before.value : row.value < before.value).toBe(true)
        }
      }
    }),
  )
})

test("among equal first values the best trial is the one that is better in the others", () => {
  const trial = (number: number, values: ReadonlyArray<number>): Trial => {
    return { number, point: {}, state: "complete", values, reports: [] }
  }
  const objectives = [
    { name: "accuracy", mode: "max" },
    { name: "loss", mode: "min" },
  ] as const
  const trials = [trial(0, [0.9, 0.5]), trial(1, [0.9, 0.3]), trial(2, [0.8, 0.1]), trial(3, [0.9, 0.3])]
  const rows = Leaderboard.of(trials, objectives)
  expect(rows.map(({ place, trial: { number } }) => [place, number])).toEqual([
    [1, 1],
    [1, 3],
    [1, 0],
    [4, 2],
  ])
})
