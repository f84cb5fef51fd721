/** Greedy pre-training: what it tells, that finished machines stay as they are, and that what it leaves helps a net. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Stream } from "effect"
import { expect, test } from "vitest"
import {
  Key,
  Layers,
  Loss,
  NDArray,
  Net,
  NonFinite,
  Optimizer,
  Params,
  Pretrain,
  type PretrainEvent,
  type Rbm,
  Score,
  ShapeError,
  Tensor,
  Train,
  Wasm,
} from "../src/index.ts"

const engine = Wasm.layer({ threads: 1 })

/** Noisy rows of one of four patterns, 16 numbers wide, with the number of the pattern. */
const rows = (key: Key.Key, n: number) => {
  const which = Array.from({ length: n }, (_, i) => i % 4)
  const clean = Tensor.make(which.map((kind) => Array.from({ length: 16 }, (_, unit) => Number(Math.floor(unit / 4) === kind))))
  const flips = Tensor.cast(Key.bernoulli(key, 0.15, [n, 16]), "f32")
  const inputs = Tensor.read(Tensor.abs(Tensor.sub(clean, flips)))
  return { inputs: NDArray.make("f32", [n, 4, 4], inputs.data), targets: NDArray.make("i32", [n], Int32Array.from(which)) }
}

const train = rows(Key.make(1), 410)
const validation = rows(Key.make(2), 200)

const how = {
  visible: "bernoulli",
  method: { cd: 1 },
  epochs: 5,
  // 410 rows in batches of 20: the last one is short.
  batch: 20,
  learningRate: 0.25,
  momentum: [0.5, 0.9],
  l2: 1e-4,
} as const

const config = {
  inputs: train.inputs,
  validation: validation.inputs,
  seed: 3,
  stages: [
    { ...how, layer: "h1", hidden: 12 },
    { ...how, layer: "h2", hidden: 8 },
  ],
} as const satisfies Pretrain.Config

const collect = <R = never>(run: Pretrain.Config<R>) => Pretrain.run(run).pipe(Stream.runCollect, Effect.provide(engine))

const machines = (events: ReadonlyArray<PretrainEvent>): ReadonlyArray<Rbm.Params> => {
  const last = events.at(-1)
  if (last?._tag !== "Pretrained") throw new Error(`it ended with ${last?._tag}`)
  return last.machines
}

const bytes = (tree: unknown): ReadonlyArray<number> =>
  Params.leaves(tree).flatMap((leaf) => {
    const { data } = Tensor.read(leaf)
    return [...new Uint8Array(data.buffer, data.byteOffset, data.byteLength)]
  })

describe("Pretrain.run", () => {
  it.effect("tells of each machine in turn, and each learns to reconstruct what it sees", () =>
    Effect.gen(function* () {
      const events = yield* collect(config)
      const tags = events.map(({ _tag }) => _tag).filter((tag, i, all) => tag !== all[i - 1])
      const epochs = Array.from({ length: how.epochs }, () => ["StageStepped", "StageScored"]).flat()
      const stage = ["StageStarted", ...epochs, "StageFinished"]
      assert.deepStrictEqual(tags, [...stage, ...stage, "Pretrained"])
      const started = events.flatMap((event) => (event._tag === "StageStarted" ? [event] : []))
      assert.deepStrictEqual(
        started.map(({ batchesPerEpoch, hidden, layer, rows, visible }) => ({ batchesPerEpoch, hidden, layer, rows, visible })),
        [
          { layer: "h1", visible: 16, hidden: 12, rows: { train: 410, validation: 200 }, batchesPerEpoch: 21 },
          { layer: "h2", visible: 12, hidden: 8, rows: { train: 410, validation: 200 }, batchesPerEpoch: 21 },
        ],
      )
      for (const [layer, share] of [
        ["h1", 0.6],
        ["h2", 1],
      ] as const) {
        const scored = events.flatMap((event) => (event._tag === "StageScored" && event.layer === layer ? [event] : []))
        const errors = scored.map((event) => event.train.error)
        assert.isBelow(errors.at(-1) ?? 1, share * (errors[0] ?? 0))
        const last = scored.at(-1)
        assert.closeTo(last?.validation?.error ?? 1, last?.train.error ?? 0, 0.01)
        assert.closeTo(last?.validation?.freeEnergy ?? 99, last?.train.freeEnergy ?? 0, 2)
      }
      const [first, second] = machines(events)
      assert.deepStrictEqual(first?.w.shape, [16, 12])
      assert.deepStrictEqual(second?.w.shape, [12, 8])
    }),
  )

  it.effect("gives the same bits every time, and goes on after machines that are done as if it had never stopped", () =>
    Effect.gen(function* () {
      const whole = machines(yield* collect(config))
      const saved = new Map<number, Rbm.Params>()
      const save = (stage: number, params: Rbm.Params) => Effect.sync(() => void saved.set(stage, params))
      const fiber = yield* Effect.forkChild(
        Pretrain.run({ ...config, save }).pipe(
          Stream.runForEach((event) => (event._tag === "StageStepped" && event.stage === 2 ? Effect.never : Effect.void)),
          Effect.provide(engine),
        ),
      )
      while (saved.size === 0) yield* Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 5)))
      yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual([...saved.keys()], [1])
      const events = yield* collect({ ...config, done: [...saved.values()] })
      assert.isTrue(events.every((event) => !("layer" in event) || event.layer === "h2"))
      assert.deepStrictEqual(bytes(machines(events)), bytes(whole))
    }),
  )

  it.effect("says where numbers stop being finite", () =>
    Effect.gen(function* () {
      const inputs = Tensor.read(Tensor.mul(Tensor.sub(train.inputs, 0.5), 100))
      const [first] = config.stages
      const error = yield* Effect.flip(
        collect({ ...config, inputs, stages: [{ ...first, visible: "gaussian", learningRate: 100 }] }),
      )
      assert.isTrue(error instanceof NonFinite)
      if (error instanceof NonFinite) {
        assert.match(error.message, /^the reconstruction of h1 became (NaN|Infinity) in step \d+ \(epoch 1\), rows \d/)
        assert.strictEqual(error.rows.length, 20)
      }
    }),
  )
})

const net = Net.sequential({
  flat: Layers.flatten,
  h1: Layers.dense({ units: 12, activation: "sigmoid" }),
  h2: Layers.dense({ units: 8, activation: "sigmoid" }),
  out: Layers.dense({ units: 4 }),
})

describe("unrolling", () => {
  const initial = net.init(Key.make(1), [4, 4])
  const machine = (visible: number, hidden: number) => ({
    w: Tensor.full([visible, hidden], 0.5),
    b: Tensor.full([hidden], -1),
  })

  test("puts weights and hidden biases where the layers have theirs, and leaves the rest", () => {
    const params = Pretrain.unroll(initial.params, [{ layer: ["h2"], machine: machine(12, 8) }])
    expect(bytes(params.h2)).toEqual(bytes(machine(12, 8)))
    expect(bytes([params.h1, params.out])).toEqual(bytes([initial.params.h1, initial.params.out]))
  })

  test("refuses a machine of another size, and a layer that is not there", () => {
    expect(() => Pretrain.unroll(initial.params, [{ layer: ["h1"], machine: machine(12, 8) }])).toThrow(ShapeError)
    expect(() => Pretrain.unroll(initial.params, [{ layer: ["h3"], machine: machine(12, 8) }])).toThrow(/h3\.w/)
  })

  it.effect("starts a net where a few labels go further", () =>
    Effect.gen(function* () {
      const learned = machines(yield* collect(config))
      const start = Pretrain.unroll(
        initial.params,
        learned.map((each, i) => ({ layer: [`h${i + 1}`], machine: each })),
      )
      const few = rows(Key.make(4), 4)
      const accuracy = (params: typeof initial.params) =>
        Train.run({
          net,
          loss: Loss.categoricalCrossEntropy(),
          optimizer: Optimizer.adam(0.01),
          data: few,
          validation,
          scores: { accuracy: Score.accuracy },
          seed: 5,
          start: { params, state: initial.state },
          epochs: 60,
          batch: 4,
        }).pipe(
          Stream.runCollect,
          Effect.provide(engine),
          Effect.map((events) => {
            const last = events.at(-1)
            return last?._tag === "Finished" ? (last.history.at(-1)?.validation?.accuracy ?? 0) : 0
          }),
        )
      const [pretrained, drawn] = [yield* accuracy(start), yield* accuracy(initial.params)]
      assert.isAbove(pretrained, 0.9)
      assert.isAbove(pretrained, drawn + 0.1)
    }),
  )
})
