/** Runs whose scored weights are the mean over time of those that are trained. */
import {
  type Checkpoint,
  Engine,
  Evaluate,
  Key,
  Layers,
  Loop,
  Loss,
  Net,
  Optimizer,
  Params,
  Score,
  Tensor,
  Toys,
  Train,
} from "@adjoint/core"
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem, Stream } from "effect"

const decay = 0.9
const optimizer = Optimizer.average(Optimizer.sgd(0.5), { decay })
type State = ReturnType<typeof optimizer.init>
type Left = Checkpoint.Checkpoint<Params.Params, Params.Params, State>

const config: Train.Config<Params.Params, Params.Params, State> = {
  net: Net.sequential([
    Layers.dense({ units: 6, activation: "tanh" }),
    Layers.dropout(0.2),
    Layers.dense({ units: 2 }),
  ]) as Net.Net,
  loss: Loss.categoricalCrossEntropy(),
  optimizer,
  scored: ({ optimizer: { mean } }) => mean,
  data: Toys.moons(Key.make(7), { count: 60 }),
  validation: Toys.moons(Key.make(8), { count: 30 }),
  scores: { accuracy: Score.accuracy },
  seed: 3,
  epochs: 4,
  batch: 16,
}

/** A run to its end, and the checkpoints that it leaves. */
const ran = (over: Partial<typeof config> = {}) =>
  Effect.gen(function* () {
    const left: Array<Left> = []
    const saving = {
      save: (kind: "best" | "last", checkpoint: Left) =>
        Effect.sync(() => {
          if (kind === "last") left.push(checkpoint)
          return { directory: "" }
        }),
    }
    const events = yield* Stream.runCollect(Train.run({ ...config, saving, ...over }))
    const last = events.at(-1)
    if (last?._tag !== "Finished") throw new Error(`the run ended with ${last?._tag}`)
    return { ...last, left }
  }).pipe(Effect.provide(Engine.layerReference))

const numbers = (tree: unknown) => Params.leaves(tree).map((leaf) => [...Tensor.read(leaf).data])

describe("scored weights", () => {
  it.effect("are the mean, which is what is scored and given at the end", () =>
    Effect.gen(function* () {
      const { history, left, state: net, params } = yield* ran()
      const state = left.at(-1)?.state
      assert.deepStrictEqual(numbers(params), numbers(state?.optimizer.mean))
      assert.notDeepEqual(numbers(params), numbers(state?.params))
      const { loss, net: model, scores, validation: dataset } = config
      if (dataset === undefined) return assert.fail("there is validation")
      const again = yield* Effect.provide(
        Evaluate.evaluate(model, { params, state: net }, { data: dataset, loss, scores: scores ?? {} }),
        Engine.layerReference,
      )
      assert.deepStrictEqual(history.at(-1)?.validation, again)
    }),
  )

  it.effect("change nothing about training", () =>
    Effect.gen(function* () {
      const [mean, trained] = [yield* ran(), yield* ran({ scored: ({ params }) => params })]
      assert.deepStrictEqual(numbers(mean.left.at(-1)?.state), numbers(trained.left.at(-1)?.state))
      assert.deepStrictEqual(numbers(trained.params), numbers(trained.left.at(-1)?.state.params))
    }),
  )

  it.effect("are those of the best epoch where it is restored, and a resumed run gives the same bits", () =>
    Effect.gen(function* () {
      // The first epoch is the best: no later epoch improves by `minDelta`.
      const earlyStop = { monitor: "val.loss", mode: "min", minDelta: 10, patience: 9, restoreBest: true } as const
      const whole = yield* ran({ earlyStop })
      const [first, second] = whole.left
      if (first === undefined || second === undefined) return assert.fail("nothing was saved")
      assert.deepStrictEqual(numbers(whole.params), numbers(first.state.optimizer.mean))
      const best = { params: first.state.optimizer.mean, state: first.state.state }
      const resumed = yield* ran({ earlyStop, resume: { last: second, best } })
      assert.deepStrictEqual(numbers(resumed.params), numbers(whole.params))
      assert.deepStrictEqual(numbers(resumed.left.at(-1)?.state), numbers(whole.left.at(-1)?.state))
      assert.deepStrictEqual(resumed.history, whole.history)
    }),
  )

  it.effect("follow steps that a plateau has shortened", () =>
    Effect.gen(function* () {
      // No epoch improves by `minDelta`, so that steps after the first epoch do not change the weights, and the mean follows them.
      const plateau = { monitor: "val.loss", mode: "min", minDelta: 10, factor: 1e-30, patience: 1 } as const
      const { left } = yield* ran({ plateau, epochs: 5 })
      const [still, end] = [left[1]?.state, left.at(-1)?.state]
      assert.deepStrictEqual(numbers(end?.params), numbers(still?.params))
      const far = (state: typeof end) =>
        Tensor.toNumber(
          Params.globalNorm(Params.zip((a, b) => Tensor.sub(a, b), state?.params as Params.Params, state?.optimizer.mean)),
        )
      // Three epochs of four batches.
      assert.approximately(far(end) / far(still), decay ** 12, 1e-4)
    }),
  )
})

it.effect("a program that resumes from its folder keeps the best averaged weights of all its starts, to the bit", () =>
  Effect.gen(function* () {
    const folder = `${yield* (yield* FileSystem.FileSystem).makeTempDirectoryScoped()}/runs/average`
    const stopping = {
      ...config,
      epochs: 8,
      earlyStop: { monitor: "val.loss", mode: "min", patience: 4, restoreBest: true },
    } as const
    const whole = yield* Train.finished(stopping)
    assert.isUndefined(yield* Train.resumeFrom(folder, stopping))
    const program = Effect.gen(function* () {
      return Train.run({ ...stopping, saving: Loop.saveIn(folder), resume: yield* Train.resumeFrom(folder, stopping) })
    })
    for (const epoch of [1, 2, 5])
      yield* (yield* program).pipe(
        Stream.takeUntil((event) => event._tag === "EpochScored" && event.epoch >= epoch),
        Stream.runDrain,
      )
    const end = (yield* Stream.runCollect(yield* program)).at(-1)
    if (end?._tag !== "Finished") throw new Error(`the run ended with ${end?._tag}`)
    assert.deepStrictEqual(numbers(end.params), numbers(whole.params))
    assert.deepStrictEqual([end.best, end.weights, end.history], [whole.best, whole.weights, whole.history])
  }).pipe(Effect.scoped, Effect.provide([Engine.layerReference, NodeServices.layer])),
)
