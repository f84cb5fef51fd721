/** A run that was put together wrongly is refused before anything is computed, with what was given, what is wanted and what to try. */
import {
  ConfigError,
  type Dataset,
  type Engine,
  Evaluate,
  Key,
  Layers,
  Loop,
  Loss,
  NDArray,
  Net,
  Optimizer,
  type Params,
  Pretrain,
  Score,
  ShapeError,
  Sweep,
  Tensor,
  Toys,
  Train,
  Wasm,
} from "@adjoint/core"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import * as fc from "fast-check"

const data = Toys.moons(Key.make(7), { count: 64 })
const net = Net.sequential({ hidden: Layers.dense({ units: 4, activation: "tanh" }), out: Layers.dense({ units: 2 }) })

const config = {
  net: net as unknown as Net.Net,
  loss: Loss.categoricalCrossEntropy(),
  optimizer: Optimizer.sgd(0.1) as unknown as Optimizer.Optimizer,
  data,
  scores: { accuracy: Score.accuracy },
  seed: 3,
  epochs: 1,
  batch: 32,
} satisfies Train.Config<Params.Params, Params.Params, Params.Params>

type Config = Train.Config<Params.Params, Params.Params, Params.Params>

const ran = <A, E>(effect: Effect.Effect<A, E, Engine.Engine>) => Effect.provide(effect, Wasm.layer({ threads: 1 }))

/** The refusal of a run, which reports nothing before. */
const refused = (over: Partial<Config>) =>
  Effect.gen(function* () {
    const events: Array<string> = []
    const error = yield* Effect.flip(
      ran(Stream.runForEach(Train.run({ ...config, ...over }), ({ _tag }) => Effect.sync(() => events.push(_tag)))),
    )
    assert.deepStrictEqual(events, [])
    if (!(error instanceof ConfigError)) throw new Error(`the run failed with ${error._tag}: ${error.message}`)
    return error
  })

const firstTargets = (n: number): NDArray.NDArray =>
  NDArray.make("i32", [n], data.targets.data.slice(0, n) as Int32Array<ArrayBuffer>)

const empty: Dataset.Dataset = {
  inputs: NDArray.make("f32", [0, 2], new Float32Array()),
  targets: NDArray.make("i32", [0], new Int32Array()),
}

const watching = { monitor: "train.loss", mode: "min" } as const

/** What is given beside a run that is right, and the argument that the refusal names. */
const wrong: ReadonlyArray<readonly [string, Partial<Config>, string]> = [
  ["64 inputs with 10 targets", { data: { ...data, targets: firstTargets(10) } }, "data"],
  ["no rows", { data: empty }, "data"],
  ["inputs without axes", { data: { ...data, inputs: NDArray.make("f32", [], Float32Array.of(1)) } }, "data.inputs"],
  ["a class without a name", { data: { ...data, classes: ["one"] } }, "data.targets"],
  ["validation rows without as many targets", { validation: { ...data, targets: firstTargets(3) } }, "validation"],
  ["no validation rows", { validation: empty }, "validation"],
  [
    "validation rows of another shape",
    { validation: { inputs: NDArray.make("f32", [1, 3], new Float32Array(3)), targets: firstTargets(1) } },
    "validation.inputs",
  ],
  [
    "validation targets of another kind",
    {
      validation: {
        inputs: NDArray.make("f32", [1, 2], new Float32Array(2)),
        targets: NDArray.make("f32", [1], new Float32Array(1)),
      },
    },
    "validation.targets",
  ],
  ...[0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY].map((batch) => [`batch ${batch}`, { batch }, "batch"] as const),
  ...[-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY].map((epochs) => [`epochs ${epochs}`, { epochs }, "epochs"] as const),
  ...[-1, 0.5, Number.NaN, 2 ** 60].map((seed) => [`seed ${seed}`, { seed }, "seed"] as const),
  ["checkpoints every 0 epochs", { saving: { save: () => Effect.succeed({ directory: "" }), every: 0 } }, "saving.every"],
  ["a score called loss", { scores: { loss: Score.accuracy } }, "scores.loss"],
  [
    "an early stop by a score of another name",
    { earlyStop: { monitor: "train.acuracy", mode: "max", patience: 2 } },
    "earlyStop.monitor",
  ],
  [
    "an early stop by validation rows that are not there",
    { earlyStop: { monitor: "val.loss", mode: "min", patience: 2 } },
    "earlyStop.monitor",
  ],
  ["an early stop without a part", { earlyStop: { monitor: "loss", mode: "min", patience: 2 } }, "earlyStop.monitor"],
  ["an early stop without patience", { earlyStop: { ...watching, patience: 0 } }, "earlyStop.patience"],
  ["an early stop of a mode that is none", { earlyStop: { ...watching, mode: "auto" as "min", patience: 1 } }, "earlyStop.mode"],
  ["an early stop of a delta below 0", { earlyStop: { ...watching, minDelta: -1, patience: 1 } }, "earlyStop.minDelta"],
  ["a best by a score of another name", { best: { monitor: "train.f1", mode: "max" } }, "best.monitor"],
  [
    "a plateau of a score of another name",
    { plateau: { monitor: "train.los", mode: "min", factor: 0.1, patience: 1 } },
    "plateau.monitor",
  ],
  ...[1, 2, -0.1, Number.NaN].map(
    (factor) => [`a plateau of factor ${factor}`, { plateau: { ...watching, factor, patience: 1 } }, "plateau.factor"] as const,
  ),
  ["a plateau without patience", { plateau: { ...watching, factor: 0.1, patience: 0 } }, "plateau.patience"],
  ["a plateau of a part of an epoch", { plateau: { ...watching, factor: 0.1, patience: 1, cooldown: 0.5 } }, "plateau.cooldown"],
  ["a plateau of a floor above 1", { plateau: { ...watching, factor: 0.1, patience: 1, least: 2 } }, "plateau.least"],
  [
    "a plateau of an optimizer without a rate",
    {
      epochs: 2,
      plateau: { ...watching, factor: 0.1, patience: 1 },
      optimizer: Optimizer.scale(-0.1) as unknown as Optimizer.Optimizer,
    },
    "plateau",
  ],
  ["a plateau that lowers nothing", { epochs: 9, plateau: { ...watching, factor: 0.1, patience: 1, least: 1 } }, "plateau.least"],
  [
    "a plateau that waits for the whole run",
    { epochs: 3, plateau: { ...watching, factor: 0.1, patience: 3 } },
    "plateau.patience",
  ],
  ["an early stop that waits for the whole run", { epochs: 3, earlyStop: { ...watching, patience: 3 } }, "earlyStop.patience"],
  [
    "a best that the early stop overrules",
    { epochs: 3, earlyStop: { ...watching, patience: 1 }, best: { monitor: "train.accuracy", mode: "max" } },
    "best",
  ],
  [
    "a best with another direction than that of the early stop",
    { epochs: 3, earlyStop: { ...watching, patience: 1 }, best: { ...watching, mode: "max" } },
    "best",
  ],
]

describe("Train.run refuses", () => {
  it.effect.each(wrong)("%s", ([, over, argument]) =>
    Effect.gen(function* () {
      const error = yield* refused(over)
      assert.strictEqual(error.argument, argument)
      for (const said of [error.got, error.wanted, error.hint]) assert.isAbove(said.length, 0)
    }),
  )

  it.effect("and names the row and the label of a class that has no output, among the rows to learn from or to validate", () =>
    Effect.gen(function* () {
      const labelled = (label: number, row: number) => {
        const targets = Int32Array.from(data.targets.data)
        targets[row] = label
        return { inputs: data.inputs, targets: NDArray.make("i32", [64], targets) }
      }
      for (const [label, row] of [
        [2, 41],
        [-1, 0],
        [7, 63],
      ] as const)
        for (const part of ["data", "validation"] as const)
          assert.strictEqual(
            (yield* refused({ [part]: labelled(label, row) })).message,
            `${part}.targets: got class ${label} in row ${row}, wanted class numbers from 0 to 1; try: number the classes from 0, or give the last layer an output for each class`,
          )
      const weights = net.init(Key.make(1), [2])
      const error = yield* Effect.flip(ran(Evaluate.evaluate(net, weights, { data: labelled(9, 5), loss: config.loss })))
      assert.include(error.message, "data.targets: got class 9 in row 5")
    }),
  )

  it.effect("a net whose shape lies, by its own kind and not by the loss", () =>
    Effect.gen(function* () {
      const liar = Net.pure(
        "liar",
        (x) => x,
        () => [5],
      )
      const { loss } = config
      const error = yield* Effect.flip(
        ran(Train.finished({ net: liar, loss, optimizer: Optimizer.sgd(0.1), data, seed: 1, epochs: 1, batch: 16 })),
      )
      assert.strictEqual(
        error.message,
        'liar got f32[16, 2]; it wants an output of 16 rows of [5]: so says its `shape` for [2]. Try: correct `shape` or `apply` of "liar", which must agree',
      )
    }),
  )

  it.effect("and says how many rows there are of each", () =>
    Effect.gen(function* () {
      const { message } = yield* refused({ data: { ...data, targets: firstTargets(10) } })
      assert.strictEqual(
        message,
        "data: got 64 inputs and 10 targets, wanted one target for each input; try: create it with Dataset.make, and split inputs and targets together",
      )
    }),
  )

  it.effect(
    "a setting that does not exist, with the nearest name, also in a loop and in the settings that have names of their own",
    () =>
      Effect.gen(function* () {
        const stop = { monitor: "train.loss", mode: "min", patience: 1, restoreBst: true } as const
        const wrong: ReadonlyArray<readonly [object, string]> = [
          [{ earlystop: stop }, "earlystop: got a setting that does not exist, wanted one of "],
          [{ valdiation: data }, "valdiation: got a setting that does not exist, wanted one of "],
          [{ optimiser: config.optimizer }, "net, loss, penalty, optimizer, scores, start, scored; try: optimizer"],
          [{ earlyStop: stop }, "earlyStop.restoreBst: got a setting that does not exist, wanted one of monitor, mode, "],
        ]
        for (const [over, says] of wrong) assert.include((yield* refused(over as never)).message, says)
        assert.include((yield* refused({ valdiation: data } as never)).message, "; try: validation")
        assert.include((yield* refused({ earlyStop: stop } as never)).message, "; try: earlyStop.restoreBest")
        const loop = { state: { w: Tensor.scalar(1) }, data: { x: data.inputs }, seed: 1, epochs: 1, batch: 4, optimiser: {} }
        const step = (state: typeof loop.state) => ({ state, output: state.w })
        const error = yield* Effect.flip(ran(Stream.runDrain(Loop.run({ ...loop, step }))))
        assert.include(error.message, "optimiser: got a setting that does not exist")
        assert.include(error.message, "; try: optimizers")
        // A setting that is left open is none, and a wider record may have names of its own.
        yield* ran(Stream.runDrain(Loop.run({ ...loop, ...{ optimiser: undefined, test: data }, step })))
      }),
  )

  it.effect("and proposes the nearest score", () =>
    Effect.gen(function* () {
      const stop = { monitor: "val.acuracy", mode: "max", patience: 2 } as const
      assert.strictEqual(
        (yield* refused({ earlyStop: stop, validation: data })).message,
        'earlyStop.monitor: got "val.acuracy", wanted a score of this run; try: "val.accuracy"',
      )
      assert.strictEqual(
        (yield* refused({ earlyStop: { ...stop, monitor: "val.accuracy" } })).message,
        'earlyStop.monitor: got "val.accuracy", wanted a score of the training rows, since there are no validation rows; try: validation: rows to score',
      )
    }),
  )

  it.effect("a freeze of a layer that is not there, with those that are", () =>
    Effect.gen(function* () {
      for (const transformation of [Optimizer.freeze(["hiden"]), Optimizer.scaleByLayer({ hiden: 0.5 })]) {
        const optimizer = Optimizer.chain(Optimizer.sgd(0.1), transformation) as unknown as Optimizer.Optimizer
        const error = yield* Effect.flip(ran(Train.finished({ ...config, optimizer })))
        assert.instanceOf(error, ShapeError)
        assert.include(error.message, '"hiden"')
        assert.include(error.message, "one of hidden, out")
      }
      const nothing = Optimizer.freeze(([first]) => first === "hiden")
      const error = yield* Effect.flip(
        ran(
          Train.finished({
            ...config,
            optimizer: Optimizer.chain(Optimizer.sgd(0.1), nothing) as unknown as Optimizer.Optimizer,
          }),
        ),
      )
      assert.instanceOf(error, ShapeError)
    }),
  )

  it.effect("a checkpoint that is further than the run shall go", () =>
    Effect.gen(function* () {
      const kept: Array<NonNullable<Config["resume"]>["last"]> = []
      yield* ran(
        Train.finished({
          ...config,
          epochs: 3,
          saving: {
            save: (kind, checkpoint) =>
              Effect.sync(() => {
                if (kind === "last") kept.push(checkpoint)
                return { directory: "" }
              }),
          },
        }),
      )
      const last = kept.at(-1)
      if (last === undefined) return assert.fail("nothing was saved")
      assert.strictEqual((yield* refused({ epochs: 2, resume: { last } })).argument, "epochs")
      const begun = { ...last, progress: { ...last.progress, batch: 1 } }
      assert.strictEqual((yield* refused({ epochs: 3, resume: { last: begun } })).argument, "epochs")
      const restoring = { ...watching, patience: 2, restoreBest: true }
      assert.strictEqual((yield* refused({ epochs: 3, earlyStop: restoring, resume: { last } })).argument, "resume.best")
      // As far as it is: it only has to be ended.
      const { history } = yield* ran(Train.finished({ ...config, epochs: 3, resume: { last } }))
      assert.strictEqual(history.length, 3)
    }),
  )
})

it.effect("a batch larger than the data is all of it", () =>
  Effect.gen(function* () {
    const one = yield* ran(Train.finished({ ...config, batch: 64 }))
    const larger = yield* ran(Train.finished({ ...config, batch: 1000 }))
    assert.deepStrictEqual(larger.history, one.history)
  }),
)

it.effect("layers by name take their share of a step, and frozen ones none", () =>
  Effect.gen(function* () {
    const weights = (transformation: Optimizer.Optimizer<unknown>) =>
      Effect.map(
        ran(
          Train.finished({
            ...config,
            optimizer: Optimizer.chain(Optimizer.sgd(0.1), transformation) as unknown as Optimizer.Optimizer,
          }),
        ),
        ({ params }) =>
          params as unknown as { readonly hidden: { readonly w: Tensor.Tensor }; readonly out: { readonly w: Tensor.Tensor } },
      )
    const start = net.init(Key.fold(Key.make(3), "init"), [2]).params as unknown as {
      readonly hidden: { readonly w: Tensor.Tensor }
    }
    const frozen = yield* weights(Optimizer.freeze(["hidden"]))
    assert.deepStrictEqual(Tensor.toArray(frozen.hidden.w), Tensor.toArray(start.hidden.w))
    assert.notDeepEqual(Tensor.toArray(frozen.out.w), Tensor.toArray((yield* weights(Optimizer.freeze(["out"]))).out.w))
    const halved = yield* weights(Optimizer.scaleByLayer({ out: 0.5, "out.w": 0.5 }))
    const quarter = yield* weights(Optimizer.scaleByPath((path) => (path[0] === "out" ? (path[1] === "w" ? 0.25 : 0.5) : 1)))
    assert.deepStrictEqual(Tensor.toArray(halved.out.w), Tensor.toArray(quarter.out.w))
  }),
)

describe("Train.run takes", () => {
  const taken: ReadonlyArray<readonly [string, Partial<Config>]> = [
    ["an early stop that ends with the best epoch", { earlyStop: { ...watching, patience: 3, restoreBest: true } }],
    [
      "a plateau and an early stop that can act",
      { earlyStop: { ...watching, patience: 2 }, plateau: { ...watching, factor: 0.1, patience: 2 } },
    ],
    ["a best with the monitor of the early stop", { earlyStop: { ...watching, minDelta: 0.1, patience: 2 }, best: watching }],
    ["what watches a run of no epochs", { epochs: 0, earlyStop: { ...watching, patience: 2 } }],
  ]
  it.effect.each(taken)("%s", ([, over]) =>
    Effect.gen(function* () {
      const { _tag } = yield* ran(Train.finished({ ...config, epochs: 3, ...over }))
      assert.strictEqual(_tag, "Finished")
    }),
  )
})

describe("a class number out of range", () => {
  it.effect("is named by its row of the data, also in a loss of your own and in a loop", () =>
    Effect.gen(function* () {
      const labels = data.targets.data.map((label, i) => (i === 37 ? 5 : label)) as Int32Array<ArrayBuffer>
      const wrong = { inputs: data.inputs, targets: NDArray.make("i32", [64], labels) }
      const loss = Loss.categoricalCrossEntropy()
      const own = yield* Effect.flip(ran(Train.finished({ ...config, data: wrong, loss: (y, t) => Tensor.mul(loss(y, t), 0.5) })))
      assert.instanceOf(own, ShapeError)
      assert.include(own.message, "class numbers from 0 to 1, not class 5 in row 37")
      const start = config.net.init(Key.make(1), [2])
      const looped = yield* Effect.flip(
        ran(
          Loop.finished({
            state: { params: start.params },
            data: { x: wrong.inputs, y: wrong.targets },
            step: ({ params }, { x, y }) => ({
              state: { params },
              output: loss(config.net.apply(params, start.state, x, { mode: "infer" }).y, y),
            }),
            seed: 1,
            epochs: 1,
            batch: 10,
          }),
        ),
      )
      assert.instanceOf(looped, ShapeError)
      assert.include(looped.message, "class numbers from 0 to 1, not class 5 in row 37")
    }),
  )
})

describe("other entry points refuse", () => {
  it.effect("Evaluate: rows that do not match, none, and a score called loss", () =>
    Effect.gen(function* () {
      const finished = yield* ran(Train.finished(config))
      const { loss } = config
      for (const [dataset, scores] of [
        [{ ...data, targets: firstTargets(10) }, {}],
        [empty, {}],
        [data, { loss: Score.accuracy }],
      ] as const)
        assert.instanceOf(
          yield* Effect.flip(ran(Evaluate.evaluate(config.net, finished, { data: dataset, loss, scores }))),
          ConfigError,
        )
      assert.instanceOf(yield* Effect.flip(ran(Evaluate.predict(config.net, finished, empty.inputs))), ConfigError)
    }),
  )

  const sweep = {
    config: (lambda: number) => ({ ...config, seed: lambda === 0 ? 1 : 2 }),
    lambdas: [0, 0.1],
    monitor: { monitor: "train.loss", mode: "min" },
  } as const

  it.effect.each([
    ["no λ", { lambdas: [] }, "lambdas"],
    ["a λ below 0", { lambdas: [-1, 0] }, "lambdas[0]"],
    ["a λ out of order", { lambdas: [0, 0.1, 0.1] }, "lambdas[2]"],
    ["a λ that is NaN", { lambdas: [0, Number.NaN] }, "lambdas[1]"],
    ["a score that its runs do not have", { monitor: { monitor: "val.loss", mode: "min" } }, "monitor.monitor"],
  ] as const)("Sweep: %s", ([, over, argument]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(ran(Stream.runDrain(Sweep.run({ ...sweep, ...over }))))
      assert.strictEqual(error instanceof ConfigError ? error.argument : error, argument)
    }),
  )

  it("Sweep.lambdas: ends and steps out of bounds", () => {
    for (const range of [
      { from: 0, to: 1, count: 3 },
      { from: 1, to: 1, count: 3 },
      { from: 1, to: Number.POSITIVE_INFINITY, count: 3 },
      { from: 1, to: 2, count: 1 },
      { from: 1, to: 2, count: 2.5 },
    ])
      assert.throws(() => Sweep.lambdas(range), ShapeError)
  })

  const inputs = NDArray.make("f32", [6, 3], new Float32Array(18))
  const stage = {
    layer: "hidden",
    hidden: 2,
    visible: "bernoulli",
    method: { cd: 1 },
    learningRate: 0.1,
    epochs: 1,
    batch: 2,
    momentum: 0.5,
  } as const
  const machine = { a: Tensor.zeros([3]), b: Tensor.zeros([2]), w: Tensor.zeros([2, 3]) }

  it.effect.each([
    ["no rows", { inputs: NDArray.make("f32", [0, 3], new Float32Array()) }, "inputs"],
    ["no validation rows", { validation: NDArray.make("f32", [0, 3], new Float32Array()) }, "validation"],
    ["validation rows of another width", { validation: NDArray.make("f32", [2, 4], new Float32Array(8)) }, "validation"],
    ["a seed below 0", { seed: -1 }, "seed"],
    ["no hidden units", { stages: [{ ...stage, hidden: 0 }] }, "stages[0].hidden"],
    ["a batch of 0", { stages: [{ ...stage, batch: 0 }] }, "stages[0].batch"],
    ["half an epoch", { stages: [{ ...stage, epochs: 0.5 }] }, "stages[0].epochs"],
    ["a rate of 0", { stages: [{ ...stage, learningRate: 0 }] }, "stages[0].learningRate"],
    ["a momentum of 1", { stages: [{ ...stage, momentum: 1 }] }, "stages[0].momentum"],
    ["a momentum above 1", { stages: [{ ...stage, momentum: [0.5, 1.5] }] }, "stages[0].momentum"],
    ["a decay below 0", { stages: [{ ...stage, l2: -1 }] }, "stages[0].l2"],
    ["chains of no size", { stages: [{ ...stage, method: { pcd: { steps: 1, particles: 0 } } }] }, "stages[0].particles"],
    ["a setting that does not exist", { stages: [{ ...stage, sparsness: 1 }] }, "stages[0].sparsness"],
    ["a layer twice", { stages: [stage, stage] }, "stages[1].layer"],
    ["more machines than stages", { done: [machine, machine] }, "done"],
    ["a machine of another shape", { done: [machine] }, "done[0].w"],
  ] as const)("Pretrain: %s", ([, over, argument]) =>
    Effect.gen(function* () {
      const run = Pretrain.run({ inputs, stages: [stage], seed: 1, ...over })
      const error = yield* Effect.flip(ran(Stream.runDrain(run)))
      assert.strictEqual(error instanceof ConfigError ? error.argument : error, argument)
    }),
  )
})

it.effect("Evaluate takes the last event of a run for its weights", () =>
  Effect.gen(function* () {
    const finished = yield* ran(Train.finished({ ...config, validation: data }))
    const scores = yield* ran(Evaluate.evaluate(config.net, finished, { data, loss: config.loss, scores: config.scores }))
    assert.deepStrictEqual(scores, finished.history[0]?.validation)
    const again = yield* ran(Train.finished({ ...config, epochs: 0, start: finished }))
    assert.deepStrictEqual(
      yield* ran(Evaluate.evaluate(config.net, again, { data, loss: config.loss, scores: config.scores })),
      scores,
    )
  }),
)

it("any number of inputs and targets either trains or is refused by its rows", () =>
  fc.assert(
    fc.asyncProperty(fc.nat(5), fc.nat(5), async (n, m) => {
      const rows = {
        inputs: NDArray.make("f32", [n, 2], new Float32Array(2 * n)),
        targets: NDArray.make("i32", [m], new Int32Array(m)),
      }
      const result = await Effect.runPromise(Effect.result(ran(Train.finished({ ...config, data: rows }))))
      assert.strictEqual(result._tag, n === m && n > 0 ? "Success" : "Failure")
    }),
    { numRuns: 30 },
  ))
