/** Runs whose inputs, targets and predictions are trees. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Result, Stream } from "effect"
import {
  type Checkpoint,
  Dataset,
  Evaluate,
  Key,
  Layers,
  Loss,
  NDArray,
  Net,
  Optimizer,
  Params,
  Score,
  Sweep,
  Tensor,
  Toys,
  Train,
  Tree,
  Wasm,
} from "../src/index.ts"

type T = Tensor.Tensor

const wasm = Wasm.layer({ threads: 1 })

const bits = (tree: unknown): ReadonlyArray<unknown> =>
  Tree.entries(tree).map(([path, leaf]) => [Tree.printPath(path), ...Tensor.read(leaf as T).data])

/** Rows with two inputs and two targets: a kind of three, and a price that depends on both inputs. */
const rowsOf = (seed: number, count: number) => {
  const key = Key.make(seed)
  const size = Tensor.read(Key.normal(Key.fold(key, "size"), [count, 2]))
  const weight = Tensor.read(Key.normal(Key.fold(key, "weight"), [count, 1]))
  const price = Tensor.read(Tensor.add(Tensor.sum(size, { axes: 1, keepAxes: true }), Tensor.mul(weight, 2)))
  const kind = Tensor.read(Tensor.cast(Tensor.clamp(Tensor.add(Tensor.floor(Tensor.flatten(weight)), 1), 0, 2), "i32"))
  return { inputs: { size, weight }, targets: { kind, price } }
}

const data = rowsOf(1, 70)
const validation = rowsOf(2, 30)

const net = Net.graph(
  {
    both: { join: "concat", from: ["size", "weight"] },
    hidden: { net: Layers.dense({ units: 8, activation: "tanh" }) },
    drop: { net: Layers.dropout(0.2) },
    kind: { net: Layers.dense({ units: 3 }), from: "drop" },
    price: { net: Layers.dense({ units: 1 }), from: "drop" },
  },
  { inputs: ["size", "weight"], outputs: ["kind", "price"] },
)

const config = {
  net,
  loss: Loss.heads({ kind: Loss.categoricalCrossEntropy(), price: [Loss.meanSquaredError, 0.5] }),
  optimizer: Optimizer.adam(0.02),
  data,
  validation,
  scores: Score.heads({ kind: { accuracy: Score.accuracy }, price: { mae: Score.meanAbsoluteError } }),
  seed: 3,
  epochs: 4,
  // 70 rows in batches of 16: the last batch of an epoch is short.
  batch: 16,
} as const

type State = ReturnType<typeof config.optimizer.init>
type Left = Checkpoint.Checkpoint<ReturnType<typeof net.init>["params"], ReturnType<typeof net.init>["state"], State>

describe("two inputs and two outputs", () => {
  it.effect("train: both heads get better, and each is reported under its name", () =>
    Effect.gen(function* () {
      const { history } = yield* Train.finished({ ...config, epochs: 30 })
      const [first, last] = [history[0], history.at(-1)]
      const names = ["loss", "kind.loss", "price.loss", "kind.accuracy", "price.mae"]
      assert.deepStrictEqual(Object.keys(last?.train ?? {}), names)
      assert.deepStrictEqual(Object.keys(last?.validation ?? {}), names)
      for (const name of ["loss", "kind.loss", "price.loss", "price.mae"])
        assert.isBelow(last?.validation?.[name] ?? Number.NaN, (first?.validation?.[name] ?? Number.NaN) / 1.5, name)
      assert.isAbove(last?.validation?.["kind.accuracy"] ?? 0, 0.8)
      for (const { train } of history)
        assert.closeTo(train.loss ?? Number.NaN, (train["kind.loss"] ?? 0) + 0.5 * (train["price.loss"] ?? 0), 1e-6)
    }).pipe(Effect.provide(wasm)),
  )

  it.effect("give the same scores and predictions outside the run", () =>
    Effect.gen(function* () {
      const trained = yield* Train.finished(config)
      const { loss, scores } = config
      const scored = yield* Evaluate.evaluate(net, trained, { data: validation, loss, scores })
      assert.deepStrictEqual(scored, trained.history.at(-1)?.validation)
      const predicted = yield* Evaluate.predict(net, trained, validation.inputs)
      assert.deepStrictEqual(bits(predicted), bits(Net.infer(net, trained, validation.inputs)))
      assert.strictEqual(scored["kind.accuracy"], Score.of(Score.accuracy, predicted.kind, validation.targets.kind))
    }).pipe(Effect.provide(wasm)),
  )

  it.effect("resume to the bit from wherever they are stopped, with the losses of the heads", () =>
    Effect.gen(function* () {
      const whole = yield* Train.finished(config)
      for (const steps of [1, 4, 7, 12]) {
        let left: Left | undefined
        const saving = {
          save: (_: string, checkpoint: Left) =>
            Effect.sync(() => {
              left = checkpoint
              return { directory: "" }
            }),
        }
        yield* Train.run({ ...config, saving }).pipe(
          Stream.takeUntil((event) => event._tag === "Stepped" && event.step >= steps),
          Stream.runDrain,
        )
        if (left === undefined) return assert.fail("no checkpoint was left")
        const resumed = yield* Train.finished({ ...config, resume: { last: left } })
        assert.deepStrictEqual(bits(resumed.params), bits(whole.params))
        assert.deepStrictEqual(resumed.history, whole.history)
      }
    }).pipe(Effect.provide(wasm)),
  )

  it.effect("are watched by the score of a head", () =>
    Effect.gen(function* () {
      const { best, history, weights } = yield* Train.finished({
        ...config,
        earlyStop: { monitor: "val.price.loss", mode: "min", patience: 1, restoreBest: true },
      })
      assert.strictEqual(best?.value, Math.min(...history.map((record) => record.validation?.["price.loss"] ?? Number.NaN)))
      assert.strictEqual(weights, "best")
    }).pipe(Effect.provide(wasm)),
  )

  it.effect("are swept over a penalty like one output", () =>
    Effect.gen(function* () {
      const events = yield* Sweep.run({
        config: (lambda) => ({
          ...config,
          epochs: 1,
          penalty: (params) => Tensor.mul(Params.globalNorm(params), lambda),
        }),
        lambdas: [0, 0.1],
        monitor: { monitor: "val.kind.loss", mode: "min" },
      }).pipe(Stream.runCollect)
      assert.strictEqual(events.at(-1)?._tag, "SweepFinished")
    }).pipe(Effect.provide(wasm)),
  )
})

describe("a tree of one array", () => {
  const moons = Toys.moons(Key.make(7), { count: 50 })
  const layers: ReadonlyArray<readonly [string, Net.Node]> = [
    ["hidden", { net: Layers.dense({ units: 6, activation: "tanh" }) }],
    ["norm", { net: Layers.batchNorm() }],
    ["drop", { net: Layers.dropout(0.3) }],
    ["out", { net: Layers.dense({ units: 2 }) }],
  ]
  const common = { optimizer: Optimizer.adam(0.02), seed: 3, epochs: 3, batch: 16 }

  it.effect("trains as the array alone, bit for bit", () =>
    Effect.gen(function* () {
      const plain = yield* Train.finished({
        ...common,
        net: Net.graph(layers),
        loss: Loss.categoricalCrossEntropy(),
        data: moons,
        validation: moons,
        scores: { accuracy: Score.accuracy },
      })
      const named = { inputs: { input: moons.inputs }, targets: { out: moons.targets } }
      const tree = yield* Train.finished({
        ...common,
        net: Net.graph(layers, { inputs: ["input"], outputs: ["out"] }),
        loss: Loss.heads({ out: Loss.categoricalCrossEntropy() }),
        data: named,
        validation: named,
        scores: Score.heads({ out: { accuracy: Score.accuracy } }),
      })
      assert.deepStrictEqual(bits(tree.params), bits(plain.params))
      assert.deepStrictEqual(bits(tree.state), bits(plain.state))
      assert.deepStrictEqual(
        tree.history.map(({ train, validation: scores }) => [train.loss, train["out.accuracy"], scores?.loss]),
        plain.history.map(({ train, validation: scores }) => [train.loss, train.accuracy, scores?.loss]),
      )
      assert.deepStrictEqual(
        tree.history.map(({ train }) => train["out.loss"]),
        tree.history.map(({ train }) => train.loss),
      )
    }).pipe(Effect.provide(wasm)),
  )
})

describe("a loss that is any function", () => {
  /** An autoencoder's: the prediction is a tree with what the loss needs, and there are no targets. */
  interface Coded {
    readonly code: T
    readonly back: T
    readonly x: T
  }
  const encoder = Layers.dense({ units: 2, activation: "tanh" })
  const decoder = Layers.dense({ units: 3 })
  type Weights = { readonly encoder: Net.ParamsOf<typeof encoder>; readonly decoder: Net.ParamsOf<typeof decoder> }
  const autoencoder: Net.Net<Weights, Params.None, T, Coded> = Net.stateless({
    kind: "autoencoder",
    shape: (input) => ({ code: [2], back: input, x: input }),
    init: (key, input) => ({
      encoder: encoder.init(Key.fold(key, "encoder"), input).params,
      decoder: decoder.init(Key.fold(key, "decoder"), [2]).params,
    }),
    apply: (weights, x, context) => {
      const code = encoder.apply(weights.encoder, {}, x, context).y
      return { code, back: decoder.apply(weights.decoder, {}, code, context).y, x }
    },
  })
  const rows = Tensor.read(Key.normal(Key.make(4), [48, 3]))
  const run = {
    net: autoencoder,
    loss: ({ back, code, x }: Coded) =>
      Tensor.add(Loss.meanSquaredError(back, x), Tensor.mul(Tensor.mean(Tensor.square(code)), 0.01)),
    scores: { size: ({ code }: Coded) => Tensor.mean(Tensor.abs(code)) },
    optimizer: Optimizer.adam(0.05),
    data: { inputs: rows, targets: {} },
    seed: 1,
    epochs: 40,
    batch: 16,
  }

  it.effect("trains without targets, and its score is a function too", () =>
    Effect.gen(function* () {
      const { history } = yield* Train.finished(run)
      assert.isBelow(history.at(-1)?.train.loss ?? 1, (history[0]?.train.loss ?? 0) / 2)
      assert.isAbove(history.at(-1)?.train.size ?? 0, 0)
    }).pipe(Effect.provide(wasm)),
  )

  it.effect("is traced to the row whose loss is not finite, computed row by row", () =>
    Effect.gen(function* () {
      const inputs = new Float32Array(20)
      inputs[13] = 1e25
      const error = yield* Effect.flip(
        Train.finished({
          net: Net.sequential([Layers.dense({ units: 1, init: "ones" })]),
          loss: (y, t) => Tensor.mean(Tensor.square(Tensor.sub(y, t))),
          optimizer: Optimizer.sgd(0.1),
          data: { inputs: NDArray.make("f32", [20, 1], inputs), targets: NDArray.make("f32", [20, 1], new Float32Array(20)) },
          seed: 1,
          epochs: 1,
          batch: 20,
        }),
      )
      assert.strictEqual(error.message, "the loss became Infinity in step 1 (epoch 1), rows 13")
    }).pipe(Effect.provide(wasm)),
  )

  it.effect("that cannot be computed for a row alone is traced to the rows of its batch", () =>
    Effect.gen(function* () {
      const inputs = new Float32Array(4).fill(1e25)
      const error = yield* Effect.flip(
        Train.finished({
          net: Net.sequential([Layers.dense({ units: 1, init: "ones" })]),
          loss: (y, t) => Tensor.mean(Tensor.square(Tensor.reshape(Tensor.sub(y, t), [2, 2]))),
          optimizer: Optimizer.sgd(0.1),
          data: { inputs: NDArray.make("f32", [4, 1], inputs), targets: NDArray.make("f32", [4, 1], new Float32Array(4)) },
          seed: 1,
          epochs: 1,
          batch: 4,
        }),
      )
      assert.strictEqual(error.message, "the loss became Infinity in step 1 (epoch 1), rows 0, 1, 3, 2")
    }).pipe(Effect.provide(wasm)),
  )

  it.effect("of a head is traced to that head and its row, and an input to its name", () =>
    Effect.gen(function* () {
      const damaged = (tree: NDArray.NDArray, row: number, value: number) => {
        const numbers = Float32Array.from(tree.data)
        numbers[row * (numbers.length / 70)] = value
        return NDArray.make("f32", tree.shape, numbers)
      }
      const failing = (broken: typeof data) =>
        Effect.flip(Train.finished({ ...config, data: broken, batch: 70 })).pipe(Effect.map(({ message }) => message))
      assert.strictEqual(
        yield* failing({ ...data, targets: { ...data.targets, price: damaged(data.targets.price, 5, 1e30) } }),
        "the loss of price became Infinity in step 1 (epoch 1), rows 5",
      )
      assert.strictEqual(
        yield* failing({ ...data, inputs: { ...data.inputs, weight: damaged(data.inputs.weight, 7, Number.NaN) } }),
        "the input of weight became NaN in step 1 (epoch 1), rows 7",
      )
    }).pipe(Effect.provide(wasm)),
  )
})

describe("a variational autoencoder", () => {
  const encoder = Net.graph(
    {
      hidden: { net: Layers.dense({ units: 8, activation: "tanh" }) },
      mean: { net: Layers.dense({ units: 2 }), from: "hidden" },
      logVariance: { net: Layers.dense({ units: 2 }), from: "hidden" },
    },
    { outputs: ["mean", "logVariance"] },
  )
  /** The mean, and while training a normal number around it. */
  const sample = Net.pure(
    "sample",
    ({ logVariance, mean }: Net.OutputOf<typeof encoder>, context) =>
      context.mode === "infer"
        ? mean
        : Tensor.add(mean, Tensor.mul(Tensor.exp(Tensor.div(logVariance, 2)), Key.normal(context.key, mean.shape))),
    ({ mean }) => mean,
  )
  const vae = Net.graph(
    { code: { net: encoder }, z: { net: sample }, back: { net: Layers.dense({ units: 3 }) } },
    { outputs: ["code", "back"] },
  )
  type Output = Net.OutputOf<typeof vae>
  const divergence = ({ code: { logVariance, mean } }: Output): T =>
    Tensor.div(Tensor.mean(Tensor.sub(Tensor.add(Tensor.square(mean), Tensor.exp(logVariance)), Tensor.add(logVariance, 1))), 2)
  const rows = Tensor.read(Key.normal(Key.make(4), [50, 3]))
  const run = {
    net: vae,
    loss: (y: Output, x: T) => Tensor.add(Loss.meanSquaredError(y.back, x), Tensor.mul(divergence(y), 0.1)),
    scores: { divergence },
    optimizer: Optimizer.adam(0.02),
    data: { inputs: rows, targets: rows },
    seed: 5,
    epochs: 6,
    batch: 16,
  }

  it.effect("is one graph: it learns, draws from the keys of its steps, and resumes to the bit", () =>
    Effect.gen(function* () {
      const whole = yield* Train.finished(run)
      assert.isBelow(whole.history.at(-1)?.train.loss ?? 1, whole.history[0]?.train.loss ?? 0)
      assert.isAbove(whole.history.at(-1)?.train.divergence ?? 0, 0)
      type State = Checkpoint.Checkpoint<typeof whole.params, typeof whole.state, ReturnType<typeof run.optimizer.init>>
      let left: State | undefined
      const save = (_: string, checkpoint: State) =>
        Effect.sync(() => {
          left = checkpoint
          return { directory: "" }
        })
      yield* Train.run({ ...run, saving: { save } }).pipe(
        Stream.takeUntil((event) => event._tag === "Stepped" && event.step >= 6),
        Stream.runDrain,
      )
      if (left === undefined) return assert.fail("no checkpoint was left")
      const resumed = yield* Train.finished({ ...run, resume: { last: left } })
      assert.deepStrictEqual(bits(resumed.params), bits(whole.params))
    }).pipe(Effect.provide(wasm)),
  )
})

describe("refused before anything is computed", () => {
  const { kind, price } = data.targets
  const part = (array: NDArray.NDArray, count: number) => Dataset.slice(array, 0, count)
  const message = <E extends { readonly message: string }, R>(run: Effect.Effect<unknown, E, R>) =>
    Effect.map(Effect.flip(run), (error) => error.message)

  it.effect("arrays with different numbers of rows: both are named with how many they have", () =>
    Effect.gen(function* () {
      const cases = [
        [{ ...data, targets: { kind, price: part(price, 10) } }, "data: got 70 rows in inputs.size and 10 rows in targets.price"],
        [
          { ...data, inputs: { ...data.inputs, size: part(data.inputs.size, 64) } },
          "data: got 64 rows in inputs.size and 70 rows in inputs.weight",
        ],
      ] as const
      for (const [wrong, text] of cases) {
        assert.strictEqual(
          yield* message(Train.finished({ ...config, data: wrong })),
          `${text}, wanted as many rows in every array; try: create it with Dataset.make, and split all arrays together`,
        )
        assert.strictEqual(
          yield* message(Evaluate.evaluate(net, net.init(Key.make(1), { size: [2], weight: [1] }), { ...config, data: wrong })),
          `${text}, wanted as many rows in every array; try: create it with Dataset.make, and split all arrays together`,
        )
      }
      assert.strictEqual(
        yield* message(Train.finished({ ...config, validation: { ...validation, targets: { kind, price } } })),
        "validation: got 30 rows in inputs.size and 70 rows in targets.kind, wanted as many rows in every array; try: create it with Dataset.make, and split all arrays together",
      )
    }).pipe(Effect.provide(wasm)),
  )

  it.effect("an array without an axis of rows, no rows, validation rows of another structure or shape", () =>
    Effect.gen(function* () {
      const run = (changes: object) => message(Train.finished({ ...config, ...changes } as typeof config))
      assert.include(
        yield* run({ data: { ...data, targets: { kind, price: Tensor.scalar(1) } } }),
        "data.targets.price: got an array without axes",
      )
      const empty = Tree.map(data, (array) => part(array, 0))
      assert.include(yield* run({ data: empty }), "data.inputs.size: got no rows")
      assert.include(yield* run({ data: { inputs: {}, targets: data.targets } }), "data.inputs: got no array")
      assert.strictEqual(
        yield* run({ validation: { ...validation, targets: { kind: validation.targets.kind } } }),
        "validation.targets: got arrays { kind }, wanted arrays { kind, price }, as in data.targets; try: prepare both parts in the same way",
      )
      assert.strictEqual(
        yield* run({ validation: { ...validation, inputs: { ...validation.inputs, size: validation.inputs.weight } } }),
        "validation.inputs.size: got rows of shape [1], wanted rows of shape [2], as in data.inputs.size; try: preprocess both parts in the same way",
      )
    }).pipe(Effect.provide(wasm)),
  )

  it.effect("a score under the name of a head's loss, and a monitor that is not there", () =>
    Effect.gen(function* () {
      const scores: Evaluate.ScoreTable<never, never> = { "kind.loss": Score.accuracy }
      assert.include(
        yield* message(Train.finished({ ...config, scores } as never)),
        "scores.kind.loss: got a score called kind.loss, wanted another name",
      )
      const earlyStop = { monitor: "val.kind.los", mode: "min", patience: 1 }
      assert.include(
        yield* message(Train.finished({ ...config, earlyStop } as never)),
        'earlyStop.monitor: got "val.kind.los", wanted a score of this run; try: "val.kind.loss"',
      )
    }).pipe(Effect.provide(wasm)),
  )
})

describe("datasets of trees", () => {
  const made = Dataset.make(data.inputs, data.targets)

  it("are made of arrays with equal rows, and refused with two arrays that differ", () => {
    const { inputs, targets } = Result.getOrThrow(made)
    assert.strictEqual(inputs.size, data.inputs.size)
    assert.strictEqual(targets.kind, data.targets.kind)
    const { price } = data.targets
    const error = Result.getOrThrow(
      Result.flip(Dataset.make(data.inputs, { ...data.targets, price: Dataset.slice(price, 0, 69) })),
    )
    assert.strictEqual(error.message, "inputs.size has 70 rows but targets.price has 69; wanted as many rows in every array")
    assert.deepStrictEqual(error.reason, {
      _tag: "RowsDiffer",
      first: { array: "inputs.size", rows: 70 },
      other: { array: "targets.price", rows: 69 },
    })
  })

  it("are taken, sliced and joined array by array", () => {
    const dataset = Result.getOrThrow(made)
    const taken = Dataset.take(dataset, [3, 3, 69])
    assert.deepStrictEqual(bits(taken.inputs), bits(Tree.map(data.inputs, (array) => Dataset.takeRows(array, [3, 3, 69]))))
    assert.strictEqual(Dataset.size(taken), 3)
    assert.deepStrictEqual(Dataset.sample(taken), { size: [2], weight: [1] })
    const parts = [0, 20].map((from) => Dataset.slice(data.targets, from, from === 0 ? 20 : 70))
    assert.deepStrictEqual(bits(Dataset.concatRows(parts)), bits(data.targets))
    const joined = Dataset.concat(Dataset.take(dataset, [0, 1]), Dataset.take(dataset, [2]))
    assert.deepStrictEqual(bits(joined.inputs), bits(Dataset.slice(data.inputs, 0, 3)))
    assert.throws(() => Dataset.takeRows(data.inputs, [70]), /row numbers from 0 to 69, not 70/)
  })
})
