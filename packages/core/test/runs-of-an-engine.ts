/** Training, a loop, pre-training, predictions and a failure on one engine, as plain values: engines of the same numerics agree. */
import { Effect, Stream } from "effect"
import {
  type Checkpoint,
  CheckpointError,
  Evaluate,
  Key,
  Layers,
  LearningRate,
  Loop,
  Loss,
  NDArray,
  Net,
  Optimizer,
  Params,
  Pretrain,
  Regularizer,
  Score,
  Tensor,
  Toys,
  Train,
} from "../src/index.ts"

const data = Toys.moons(Key.make(7), { count: 46 })
const validation = Toys.moons(Key.make(8), { count: 30 })

const config = {
  net: Net.sequential([Layers.dense({ units: 5, activation: "tanh" }), Layers.dropout(0.2), Layers.dense({ units: 2 })]),
  loss: Loss.categoricalCrossEntropy(),
  penalty: Regularizer.l2(1e-3),
  optimizer: Optimizer.adam(LearningRate.cosine({ lr: 0.02, steps: 100 })),
  data,
  validation,
  scores: { accuracy: Score.accuracy },
  plateau: { monitor: "train.loss", mode: "min", minDelta: 10, factor: 0.5, patience: 1 },
  seed: 3,
  epochs: 3,
  // 46 rows in batches of 10: the last batch of an epoch is short.
  batch: 10,
} as const

type Last = Checkpoint.Checkpoint<Params.Params, Params.Params, ReturnType<typeof config.optimizer.init>>

const bytes = (tree: unknown): ReadonlyArray<number> =>
  Params.leaves(tree).flatMap((leaf) => {
    const { data: numbers } = Tensor.read(leaf)
    return [...new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength)]
  })

/** A run that is interrupted after seven steps, and resumed from its checkpoint. */
const resumed = Effect.gen(function* () {
  const saved: Array<Last> = []
  const saving = {
    save: (kind: "best" | "last", checkpoint: Last) =>
      Effect.sync(() => {
        if (kind === "last") saved.push(checkpoint)
        return { directory: kind }
      }),
  }
  yield* Effect.exit(
    Train.run({ ...config, saving }).pipe(
      Stream.runForEach((event) => (event._tag === "Stepped" && event.step >= 7 ? Effect.interrupt : Effect.void)),
    ),
  )
  const last = saved.at(-1)
  if (last === undefined)
    return yield* new CheckpointError({ file: "last", got: "no checkpoint", wanted: "one of the interrupted run", hint: "" })
  return yield* Train.finished({ ...config, resume: { last } })
})

const loop = Loop.finished({
  state: { w: Tensor.scalar(0) as Tensor.Tensor },
  step: ({ w }, x: Tensor.Tensor, key) => ({
    state: { w: Tensor.add(Tensor.mul(w, 0.5), Tensor.mean(Tensor.mul(x, Key.uniform(key, [])))) },
    output: { mean: Tensor.mean(x), w },
  }),
  data: data.inputs,
  batch: 8,
  seed: 5,
  epochs: 2,
})

const pretrained = Pretrain.run({
  inputs: NDArray.make(
    "f32",
    [30, 6],
    Float32Array.from({ length: 180 }, (_, i) => Number(i % 7 < 3)),
  ),
  seed: 3,
  stages: [
    {
      layer: "h1",
      hidden: 4,
      visible: "bernoulli",
      method: { cd: 1 },
      epochs: 2,
      batch: 8,
      learningRate: 0.25,
      momentum: [0.5, 0.9],
      l2: 1e-4,
    },
  ],
}).pipe(
  Stream.runCollect,
  Effect.map((events) => events.flatMap((event) => (event._tag === "Pretrained" ? event.machines : []))),
)

/** What an engine computes. */
export const runs = Effect.gen(function* () {
  const whole = yield* Train.run(config).pipe(Stream.runCollect)
  const { history, params, state, step } = yield* Train.finished(config)
  const after = yield* resumed
  const predicted = yield* Evaluate.predict(config.net, { params, state }, validation.inputs)
  const nonFinite = yield* Effect.flip(Train.finished({ ...config, optimizer: Optimizer.sgd(1e30) }))
  return {
    losses: whole.flatMap((event) => (event._tag === "Stepped" ? event.losses : [])),
    history,
    step,
    params: bytes(params),
    resumed: bytes(after.params),
    predicted: bytes(predicted),
    loop: bytes((yield* loop).state),
    pretrained: (yield* pretrained).flatMap(bytes),
    nonFinite: { ...nonFinite },
  }
})
