/** Batches in shards: the same loss and gradient as the whole batch, and the same bits whoever computes them. */
import {
  Autodiff,
  type Checkpoint,
  Dataset,
  Engine,
  Key,
  Layers,
  Loss,
  NDArray,
  Net,
  Optimizer,
  type Params,
  Regularizer,
  Score,
  Sequence,
  Shards,
  Tensor,
  Toys,
  Train,
  Tree,
  Wasm,
} from "@adjoint/core"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer, Stream } from "effect"
import * as fc from "fast-check"
import { expect } from "vitest"
import { cutRows, shardSizes } from "../src/training/shardRows.ts"
import { shardKey } from "../src/training/shardStep.ts"
import { shardSum } from "../src/training/shardSum.ts"
import { toEnd } from "../src/types/Pieces.ts"

const wasm = Wasm.layer({ threads: 1 })

const f32 = (numbers: ReadonlyArray<number>) => NDArray.make("f32", [numbers.length], Float64Array.from(numbers))

const numbers = (tree: unknown): ReadonlyArray<number> =>
  Tree.leaves(tree as never).flatMap((leaf) => [...Tensor.read(leaf).data])

const close = (got: unknown, wanted: unknown, digits = 5) => {
  const [a, b] = [numbers(got), numbers(wanted)]
  expect(a).toHaveLength(b.length)
  for (const [i, value] of a.entries()) expect(value).toBeCloseTo(b[i] ?? Number.NaN, digits)
}

describe("the cut of a batch", () => {
  it("has sizes that differ by at most one, none of them 0, and all rows in order", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 40 }), (rows, shards) => {
        const sizes = shardSizes(rows, shards)
        const all = Int32Array.from({ length: rows }, (_, i) => 7 * i)
        expect(sizes).toHaveLength(Math.min(rows, shards))
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
        expect(Math.min(...sizes)).toBeGreaterThan(0)
        expect(cutRows(all, shards).flatMap((part) => [...part])).toEqual([...all])
        expect(cutRows(all, shards).map(({ length }) => length)).toEqual(sizes)
      }),
    )
  })
})

/** The sum in its order, as it is defined: neighbours, then neighbours of those. */
const sumOf = (values: ReadonlyArray<number>): number => {
  if (values.length === 1) return values[0] ?? 0
  const pairs = Array.from({ length: Math.ceil(values.length / 2) }, (_, i) => {
    const [a = 0, b] = values.slice(2 * i, 2 * i + 2)
    return b === undefined ? a : Math.fround(a + b)
  })
  return sumOf(pairs)
}

describe("the sum of shards", () => {
  it("has one order, whatever the order of arrival, and changes no summand", () => {
    const values = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 20 })
    fc.assert(
      fc.property(
        values.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray([...all.keys()], { minLength: all.length }))),
        ([all, order]) => {
          const sum = shardSum(all.length)
          const summands = all.map((x) => f32([x, 1]))
          for (const shard of order) toEnd(sum.add(shard, [summands[shard] as NDArray.NDArray]))
          expect([...(sum.total()[0]?.data ?? [])]).toEqual([sumOf(all), all.length])
          expect(summands.map(({ data }) => data[0])).toEqual(all)
        },
      ),
    )
  })
})

const adam = Optimizer.adam(0.05)
type State = ReturnType<typeof adam.init>
type Config = Train.Config<Params.Params, Params.Params, State>

const moons = (over: Partial<Config> = {}): Config => ({
  net: Net.sequential([
    Layers.dense({ units: 6, activation: "tanh" }),
    Layers.batchNorm(),
    Layers.dropout(0.3),
    Layers.dense({ units: 2 }),
  ]) as Net.Net,
  loss: Loss.categoricalCrossEntropy(),
  optimizer: adam,
  scores: { accuracy: Score.accuracy, auc: Score.auroc },
  data: Toys.moons(Key.make(1), { count: 57 }),
  validation: Toys.moons(Key.make(2), { count: 20 }),
  seed: 5,
  epochs: 2,
  batch: 20,
  ...over,
})

/** What a run ends with, without its times. */
const finished = (config: Config, layer: Layer.Layer<Engine.Engine, Engine.EngineError> = wasm) =>
  Effect.map(Effect.provide(Train.finished(config), layer), ({ history, params, state }) => ({
    history,
    params: numbers(params),
    state: numbers(state),
  }))

/** An engine of which each run waits for some turns of others, and which fails at run number `dies`. */
const unsteady = (turns: (run: number) => number, dies = Number.POSITIVE_INFINITY): Layer.Layer<Engine.Engine> =>
  Layer.effect(
    Engine.Engine,
    Effect.map(Engine.Engine.current, (engine) => {
      let run = 0
      return Engine.Engine.of({
        ...engine,
        prepare: (job) =>
          Effect.map(engine.prepare(job), (executable) => ({
            ...executable,
            run: (inputs) =>
              Effect.gen(function* () {
                const own = run++
                const wait = turns(own)
                if (wait === Number.POSITIVE_INFINITY) return yield* Effect.never
                for (let turn = 0; turn < wait; turn++) yield* Effect.yieldNow
                if (own >= dies) return yield* new Engine.EngineError({ engine: "wasm", doing: "go on", cause: "it was killed" })
                return yield* executable.run(inputs)
              }),
          })),
      })
    }),
  ).pipe(Layer.provide(wasm))

describe("a run in shards", () => {
  it.effect("has the loss and the gradient of whole batches: weights of rows, heads, a penalty, clipping, a short batch", () =>
    Effect.gen(function* () {
      const x = Tensor.read(Key.normal(Key.make(3), [23, 3]))
      const kind = Tensor.read(Tensor.cast(Tensor.greater(Tensor.at(x, ":", 0), 0), "i32"))
      const price = Tensor.read(Tensor.sum(x, { axes: 1, keepAxes: true }))
      const config = {
        net: Net.graph(
          {
            hidden: { net: Layers.dense({ units: 4, activation: "tanh" }) },
            kind: { net: Layers.dense({ units: 2 }), from: "hidden" },
            price: { net: Layers.dense({ units: 1 }), from: "hidden" },
          },
          { outputs: ["kind", "price"] },
        ),
        loss: Loss.heads({ kind: Loss.categoricalCrossEntropy(), price: [Loss.meanSquaredError, 0.5] }),
        penalty: Regularizer.l2(0.1),
        optimizer: Optimizer.accumulate(2, Optimizer.chain(Optimizer.clipByGlobalNorm(0.5), Optimizer.sgd(0.1))),
        scores: Score.heads({ kind: { accuracy: Score.accuracy }, price: { mae: Score.meanAbsoluteError } }),
        data: { inputs: x, targets: { kind, price }, weights: f32(Array.from({ length: 23 }, (_, row) => (row % 4) / 1.5)) },
        seed: 3,
        epochs: 2,
        batch: 9,
      } as unknown as Config
      const [one, several] = [yield* finished(config), yield* finished({ ...config, shards: Shards.of(4) })]
      close(f32(several.params), f32(one.params))
      const scoresOf = ({ history }: typeof one) => f32(history.flatMap(({ train }) => Object.values(train)))
      expect(Object.keys(several.history[0]?.train ?? {})).toEqual(Object.keys(one.history[0]?.train ?? {}))
      close(scoresOf(several), scoresOf(one))
    }),
  )

  it.effect("has the loss of all time steps of a batch, however they are divided between shards", () =>
    Effect.gen(function* () {
      const length = Int32Array.of(5, 1, 2, 0, 1, 4, 0, 0, 3, 5)
      const x = Tensor.read(Key.normal(Key.make(4), [10, 5, 2]))
      const config = {
        net: Sequence.each(Layers.dense({ units: 1 })),
        loss: Sequence.loss(Loss.meanSquaredError),
        optimizer: Optimizer.sgd(0.1),
        data: {
          inputs: { x, length: NDArray.make("i32", [10], length) },
          targets: Tensor.read(Tensor.sum(x, { axes: 2, keepAxes: true })),
        },
        seed: 3,
        epochs: 3,
        batch: 10,
      } as unknown as Config
      const [one, several] = [yield* finished(config), yield* finished({ ...config, shards: Shards.of(5) })]
      close(f32(several.params), f32(one.params))
      close(f32(several.history.map(({ train }) => train.loss ?? 0)), f32(one.history.map(({ train }) => train.loss ?? 0)))
    }),
  )

  it.effect(
    "is the step of its definition: keys by the number of the shard, statistics of each shard, their mean as the state",
    () =>
      Effect.gen(function* () {
        const shards = 3
        const config = moons({ epochs: 1, batch: 57, shards: Shards.of(shards) })
        const first = Train.initial(config)
        const [order] = yield* Effect.provide(
          Stream.runCollect(Train.run(config)).pipe(Effect.map((events) => [events.at(-1)])),
          wasm,
        )
        if (order?._tag !== "Finished") return assert.fail("it ends")
        // One batch: its rows are all rows, in the order that the engine draws.
        const { batchLoader } = yield* Effect.promise(() => import("../src/training/BatchLoader.ts"))
        const rows = yield* Effect.provide(
          Effect.scoped(Effect.flatMap(batchLoader(config), ({ epoch }) => Effect.map(epoch(0), (from) => from(0, 1)[0]))),
          wasm,
        )
        const parts = cutRows(Int32Array.from(rows ?? []), shards).map((own, shard) => {
          const { inputs, targets } = Dataset.take(config.data, own)
          const key = shardKey(config.seed, first.step, shard)
          const applied = (params: Params.Params) => config.net.apply(params, first.state, inputs, { mode: "train", key })
          const gradient = Autodiff.grad((params: Params.Params) => config.loss(applied(params).y, targets))(first.params)
          return { size: own.length, gradient, state: applied(first.params).state }
        })
        const mean = (of: (part: (typeof parts)[number]) => unknown) =>
          parts
            .map((part) => Tree.map(of(part) as Params.Params, (leaf) => Tensor.mul(leaf as Tensor.Tensor, part.size / 57)))
            .reduce(
              (sum, next) => Tree.zip((a, b) => Tensor.add(a as Tensor.Tensor, b as Tensor.Tensor), sum, next) as typeof sum,
            )
        const { updates } = config.optimizer.update(
          mean(({ gradient }) => gradient),
          first.optimizer,
          first.params,
        )
        close(order.params, Optimizer.apply(first.params, updates), 4)
        close(
          order.state,
          mean(({ state }) => state),
        )
      }),
  )

  it("refuses a sum of heads whose losses divide by different numbers", () => {
    const steps = Sequence.loss(Loss.meanSquaredError) as unknown as Loss.LossFunction
    const heads = Loss.heads({ a: Loss.meanSquaredError, b: steps })
    const tensors = { a: Tensor.zeros([1]), b: Tensor.zeros([1]) }
    expect(() => Loss.denominatorOf(heads, tensors, tensors)).toThrow(
      /heads whose losses are means over rows, which that of b is not/,
    )
    const rows = Sequence.loss(Loss.meanSquaredError, { over: "rows" }) as unknown as Loss.LossFunction
    expect(Loss.denominatorOf(Loss.heads({ a: Loss.meanSquaredError, b: rows }), tensors, tensors)).toBeUndefined()
  })

  it.effect("has the same bits for any workers, any order of arrival, and any that fail", () =>
    Effect.gen(function* () {
      const config = moons({ shards: Shards.of(8), epochs: 1, data: Toys.moons(Key.make(1), { count: 40 }) })
      const alone = yield* finished(config)
      const crews = [
        Shards.workers(3, () => unsteady((run) => (7 * run) % 5)),
        Shards.workers(8, () => unsteady((run) => (5 * run) % 11)),
        // Each worker fails after some shards, and is replaced.
        Shards.workers(2, () => unsteady((run) => run % 3, 6)),
        // One computes nothing at all, one fails in the middle of the second step, the third one stays.
        Shards.both(
          Shards.workers(1, () => unsteady(() => 1, 0)),
          Shards.both(
            {
              serve: (serve) =>
                Effect.provide(
                  Effect.flatMap(Engine.Engine.current, (engine) => serve(engine)),
                  unsteady(() => 0, 7),
                ),
            },
            Shards.workers(1, () => unsteady(() => 9)),
          ),
        ),
      ]
      for (const workers of crews) assert.deepStrictEqual(yield* finished({ ...config, workers }), alone)
    }),
  )

  it.live("has the same bits where a worker computes for ever: another one gets its shard when that is late", () =>
    Effect.gen(function* () {
      const config = moons({ shards: Shards.of(4), epochs: 1 })
      const workers = Shards.both(
        Shards.workers(1, () => unsteady((run) => (run === 3 ? Number.POSITIVE_INFINITY : 0))),
        Shards.workers(1, () => unsteady(() => 1)),
      )
      assert.deepStrictEqual(yield* finished({ ...config, workers }), yield* finished(config))
    }),
  )

  it.effect("has the same bits where workers get rows instead of row numbers, and where sizes of shards differ", () =>
    Effect.gen(function* () {
      const workers: Shards.Workers = { ...Shards.workers(2, () => unsteady(() => 1)), getRows: true }
      for (const shards of [5, 7]) {
        const config = moons({ shards: Shards.of(shards) })
        assert.deepStrictEqual(yield* finished({ ...config, workers }), yield* finished(config))
      }
    }),
  )

  it.effect("with one shard has the bits of a run without shards", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* finished(moons({ shards: Shards.of(1) })), yield* finished(moons()))
    }),
  )

  it.effect("resumes to the same bits after an interruption, with other workers", () =>
    Effect.gen(function* () {
      const config = moons({ shards: Shards.of(4), epochs: 3 })
      const whole = yield* finished(config)
      let left: Checkpoint.Checkpoint<Params.Params, Params.Params, State> | undefined
      const saving: NonNullable<Config["saving"]> = {
        save: (kind, checkpoint) =>
          Effect.sync(() => {
            if (kind === "last") left = checkpoint
            return { directory: "" }
          }),
      }
      let steps = 0
      const running = Train.run({ ...config, saving, workers: Shards.workers(3, () => unsteady(() => 2)) }).pipe(
        Stream.runForEach((event) => (event._tag === "Stepped" && ++steps === 4 ? Effect.interrupt : Effect.void)),
        Effect.provide(wasm),
      )
      assert.isTrue(Exit.hasInterrupts(yield* Effect.exit(running)))
      if (left === undefined) return assert.fail("a checkpoint was saved")
      assert.isBelow(left.progress.step, 9)
      assert.deepStrictEqual(yield* finished({ ...config, resume: { last: left } }), whole)
    }),
  )

  it.effect("gives up a step that no worker ends, and then has the state of before", () =>
    Effect.gen(function* () {
      const config = moons({ shards: Shards.of(4) })
      let left: Checkpoint.Checkpoint<Params.Params, Params.Params, State> | undefined
      const saving: NonNullable<Config["saving"]> = {
        save: (_, checkpoint) =>
          Effect.sync(() => {
            left = checkpoint
            return { directory: "" }
          }),
      }
      let computed = 0
      // It computes the first step, and of the second one two shards.
      const stuck = unsteady(() => (computed++ < 6 ? 0 : Number.POSITIVE_INFINITY))
      const fiber = yield* Effect.forkChild(
        Effect.provide(Stream.runDrain(Train.run({ ...config, saving, workers: Shards.workers(1, () => stuck) })), wasm),
      )
      while (computed < 7) yield* Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 1)))
      yield* Fiber.interrupt(fiber)
      if (left === undefined) return assert.fail("a checkpoint was saved")
      assert.strictEqual(left.progress.step, 1)
      assert.deepStrictEqual(yield* finished({ ...config, resume: { last: left } }), yield* finished(config))
    }),
  )

  it.effect("finds the row of a non-finite value in its shard", () =>
    Effect.gen(function* () {
      const { inputs: x, targets } = Toys.moons(Key.make(1), { count: 57 })
      const inputs = NDArray.make(
        "f32",
        [57, 2],
        Float64Array.from(x.data, (value, i) => (i === 42 ? Number.NaN : value)),
      )
      const error = yield* Effect.flip(finished(moons({ shards: Shards.of(4), data: { inputs, targets } })))
      assert.strictEqual(error._tag, "NonFinite")
      assert.deepInclude(error, { tensor: "input", rows: [21] })
    }),
  )

  it.effect("fails with the error of the last worker, and with that of mathematics", () =>
    Effect.gen(function* () {
      const broken = yield* Effect.flip(
        finished(moons({ shards: Shards.of(4), workers: Shards.workers(2, () => unsteady(() => 0, 0)) })),
      )
      assert.match(broken.message, /it was killed/)
      const fast = Layer.effect(
        Engine.Engine,
        Effect.map(Engine.Engine.current, (engine) => Engine.Engine.of({ ...engine, numerics: "other" })),
      ).pipe(Layer.provide(wasm))
      const other = yield* Effect.flip(finished(moons({ shards: Shards.of(4), workers: Shards.workers(1, () => fast) })))
      assert.match(other.message, /its numerics are wasm other; the run's are wasm portable/)
      // Shards of one row have no variance.
      const alone = yield* Effect.flip(finished(moons({ shards: Shards.of(20) })))
      assert.match(alone.message, /batch_norm/)
    }),
  )

  it.effect.each([
    [{ shards: Shards.of(0) }, /`?shards`?.*0/],
    [{ shards: Shards.of(1.5) }, /shards.*1\.5/],
    [{ shards: Shards.of(21) }, /at most the 20 rows of a batch/],
    [{ workers: Shards.workers(1, () => wasm) }, /workers for a batch in one piece/],
    [{ shards: 4 as never }, /shards.*4.*Shards\.of/s],
  ] as const)("refuses %o", ([over, message]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(finished(moons(over)))
      assert.strictEqual(error._tag, "ConfigError")
      assert.match(error.message, message)
    }),
  )
})
