/** The recorded rate of a run is the one that its steps applied, with schedules, plateaus and accumulation. */
import { Engine, Key, Layers, LearningRate, Loss, Net, Optimizer, Params, Tensor, Toys, Train, Wasm } from "@adjoint/core"
import { shortest } from "@adjoint/core/training/Rate"
import { assert, describe, it } from "@effect/vitest"
import { Effect, type Layer, Stream } from "effect"
import * as fc from "fast-check"

/** Gradients of 1, so that an update is the rate itself, with its sign turned. */
const ones = Optimizer.stateless((grads) => Params.map(grads, Tensor.onesLike))

/** Stores the last updates. */
const probe: Optimizer.Optimizer = {
  init: (params) => Params.zerosLike(params) as Params.Params,
  update: (updates) => ({ updates, state: updates as Params.Params }),
}

/** Steps of a rate, of which the last one is remembered. */
const stepping = (rate: LearningRate.LearningRate) =>
  Optimizer.chain(ones, Optimizer.scaleByLearningRate(rate), probe) as unknown as Optimizer.Optimizer

const rates: { readonly [name: string]: LearningRate.LearningRate } = {
  constant: LearningRate.constant(0.05),
  step: LearningRate.step({ lr: 0.3, every: 3, factor: 0.7 }),
  cosine: LearningRate.cosine({ lr: 0.1, steps: 17 }),
  exponential: LearningRate.exponential({ lr: 0.2, factor: 0.93 }),
  warmup: LearningRate.warmup(5, LearningRate.constant(0.1)),
}

const around: { readonly [name: string]: (inner: Optimizer.Optimizer) => Optimizer.Optimizer<unknown> } = {
  nothing: (inner) => inner,
  "a chain": (inner) => Optimizer.chain(Optimizer.clipByGlobalNorm(1), inner, Optimizer.maxNorm(3)),
  "several batches": (inner) => Optimizer.accumulate(3, inner),
  "a slow copy": (inner) => Optimizer.lookahead(inner, { every: 2 }),
  "a mean": (inner) => Optimizer.average(Optimizer.chain(Optimizer.clipByValue(1), inner)),
}

const data = Toys.moons(Key.make(7), { count: 20 })

/** A run of 5 steps an epoch, with the update that the last step of each epoch applied. */
const ran = (optimizer: Optimizer.Optimizer<unknown>, plateau: Train.Config<unknown, unknown, unknown>["plateau"]) => {
  const applied: Array<number> = []
  const find = (state: unknown): unknown => {
    if (Array.isArray(state)) {
      const inside: ReadonlyArray<unknown> = state.map(find)
      return state.length === 3 && inside.every((each) => each === undefined)
        ? state[2]
        : inside.find((each) => each !== undefined)
    }
    return typeof state === "object" && state !== null && "inner" in state ? find(state.inner) : undefined
  }
  const config: Train.Config<Params.Params, Params.Params, unknown> = {
    net: Net.sequential([Layers.dense({ units: 2 })]) as Net.Net,
    loss: Loss.categoricalCrossEntropy(),
    optimizer,
    data,
    seed: 3,
    epochs: 5,
    batch: 4,
    ...(plateau === undefined ? {} : { plateau }),
    saving: {
      save: (kind, { state }) =>
        Effect.sync(() => {
          const [leaf] = Params.leaves(find(state.optimizer))
          if (kind === "last" && leaf !== undefined) applied.push(-(Tensor.read(leaf).data[0] ?? Number.NaN))
          return { directory: "" }
        }),
    },
  }
  return Effect.map(Train.finished(config), ({ history }) => ({
    applied,
    recorded: history.map(({ learningRate }) => learningRate),
  }))
}

// Nothing counts as an improvement.
const plateau = { monitor: "train.loss", mode: "min", minDelta: 1e9, factor: 0.3, patience: 1 } as const

const engines: { readonly [name: string]: readonly [Layer.Layer<Engine.Engine>, (x: number) => number] } = {
  wasm: [Wasm.layer({ threads: 1 }), Math.fround],
  reference: [Engine.layerReference, (x) => x],
}

describe("the recorded rate is the one that was applied", () => {
  for (const [name, [engine, rounded]] of Object.entries(engines))
    it.effect.each(
      Object.keys(around).flatMap((outer) =>
        Object.keys(rates).flatMap((rate) => [[outer, rate, false] as const, [outer, rate, true] as const]),
      ),
    )(`${name}: %s around %s, with a plateau: %s`, ([outer, rate, slows]) =>
      Effect.gen(function* () {
        const optimizer = around[outer]?.(stepping(rates[rate] ?? LearningRate.constant(0))) ?? probe
        const { applied, recorded } = yield* ran(optimizer, slows ? plateau : undefined)
        assert.strictEqual(recorded.length, 5)
        assert.deepStrictEqual(recorded.map(rounded), applied)
        if (slows) assert.isBelow(recorded[4] ?? 1, (recorded[1] ?? 0) * 0.9)
      }).pipe(Effect.provide(engine)),
    )
})

it.effect("a chain around a schedule is slowed by a plateau as the schedule alone is", () =>
  Effect.gen(function* () {
    const bare = yield* ran(stepping(LearningRate.constant(0.05)), plateau)
    const chained = yield* ran(Optimizer.chain(Optimizer.clipByGlobalNorm(1e9), stepping(LearningRate.constant(0.05))), plateau)
    assert.deepStrictEqual(chained, bare)
    assert.deepStrictEqual(
      bare.recorded.map((rate) => Number((rate / 0.05).toFixed(6))),
      [1, 1, 0.3, 0.09, 0.027],
    )
  }).pipe(Effect.provide(Wasm.layer({ threads: 1 }))),
)

it("a float is recorded as the shortest number that rounds to it", () => {
  fc.assert(
    fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (x) => {
      assert.isTrue(Object.is(Math.fround(shortest(x)), x) || x === 0)
      assert.isAtMost(String(shortest(x)).length, String(x).length)
    }),
  )
  assert.strictEqual(shortest(Math.fround(0.001)), 0.001)
})

it.effect("is 0 for an optimizer without one", () =>
  Effect.gen(function* () {
    const { history } = yield* Train.finished({
      net: Net.sequential([Layers.dense({ units: 2 })]),
      loss: Loss.categoricalCrossEntropy(),
      optimizer: Optimizer.scale(-0.1),
      data,
      seed: 1,
      epochs: 1,
      batch: 20,
    })
    assert.strictEqual(history[0]?.learningRate, 0)
  }).pipe(Effect.provide(Wasm.layer({ threads: 1 }))),
)

it.effect("an event reports the rate of the epoch it closes, not of the next", () =>
  Effect.gen(function* () {
    const events = yield* Stream.runCollect(
      Train.run({
        net: Net.sequential([Layers.dense({ units: 2 })]),
        loss: Loss.categoricalCrossEntropy(),
        optimizer: Optimizer.sgd(LearningRate.step({ lr: 1, every: 5, factor: 0.5 })),
        data,
        seed: 1,
        epochs: 3,
        batch: 4,
      }),
    )
    const scored = events.flatMap((event) => (event._tag === "EpochScored" ? [event.learningRate] : []))
    assert.deepStrictEqual(scored, [1, 0.5, 0.25])
  }).pipe(Effect.provide(Wasm.layer({ threads: 1 }))),
)
