/** Runs, evaluation and compilation are visible to Effect's tracer, metrics and loggers, and none of that changes a bit. */
import {
  Autodiff,
  Compile,
  type Engine,
  Evaluate,
  Key,
  Layers,
  Loop,
  Loss,
  NDArray,
  Net,
  Optimizer,
  Params,
  Pretrain,
  RunMetrics,
  Score,
  Sweep,
  Tensor,
  Toys,
  Train,
  Wasm,
} from "@adjoint/core"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Logger, Metric, References, Stream, Tracer } from "effect"

const data = Toys.moons(Key.make(1), { count: 20 })
const net = Net.sequential({ hidden: Layers.dense({ units: 4, activation: "tanh" }), out: Layers.dense({ units: 2 }) })
const config = {
  net,
  loss: Loss.categoricalCrossEntropy(),
  optimizer: Optimizer.sgd(0.1),
  data,
  validation: data,
  scores: { accuracy: Score.accuracy },
  seed: 1,
  epochs: 2,
  batch: 8,
} as const

/** A tracer that keeps its spans, in the order in which they start. */
const tracing = () => {
  const spans: Array<Tracer.NativeSpan> = []
  const tracer = Tracer.make({
    span: (options) => {
      const span = new Tracer.NativeSpan(options)
      spans.push(span)
      return span
    },
  })
  return { spans, tracer }
}

/** Spans as lines, indented below their parents. */
const printed = (spans: ReadonlyArray<Tracer.NativeSpan>, parent?: Tracer.AnySpan, depth = 0): ReadonlyArray<string> =>
  spans
    .filter((span) => (span.parent._tag === "Some" ? span.parent.value : undefined) === parent)
    .flatMap((span) => [`${"  ".repeat(depth)}${span.name}`, ...printed(spans, span, depth + 1)])

const named = (spans: ReadonlyArray<Tracer.NativeSpan>, name: string) => spans.filter((span) => span.name === name)
const attributesOf = (span: Tracer.NativeSpan | undefined) => Object.fromEntries(span?.attributes ?? [])

/** Runs an effect on one thread with a tracer, and gives its spans. */
const traced = <A, E>(effect: Effect.Effect<A, E, Engine.Engine>) =>
  Effect.gen(function* () {
    const { spans, tracer } = tracing()
    const exit = yield* Effect.exit(
      effect.pipe(Effect.provide(Wasm.layer({ threads: 1 })), Effect.provideService(Tracer.Tracer, tracer)),
    )
    for (const { name, status } of spans) assert.strictEqual(status._tag, "Ended", name)
    return { exit, spans }
  })

const saving = {
  save: (kind: string) => Effect.succeed({ directory: `runs/${kind}` }).pipe(Effect.withSpan("upload")),
}

/** A number is learned: the mean of the rows. */
const rows = NDArray.make("f32", [6, 1], Float32Array.of(1, 2, 3, 4, 5, 6))
const optimizer = Optimizer.sgd(0.1)
const start = { mean: Tensor.zeros([1]) }
const loop = {
  state: { params: start, optimizer: optimizer.init(start) },
  step: (
    { optimizer: before, params }: { readonly params: { readonly mean: Tensor.Tensor }; readonly optimizer: never },
    x: Tensor.Tensor,
  ) => {
    const { grad, value } = Autodiff.valueAndGrad((at: typeof params) => Tensor.mean(Tensor.square(Tensor.sub(at.mean, x))))(
      params,
    )
    const next = optimizer.update(grad, before, params)
    return { state: { params: Optimizer.apply(params, next.updates), optimizer: next.state as never }, output: value }
  },
  optimizers: { optimizer },
  data: rows,
  seed: 1,
  epochs: 2,
  batch: 3,
} as never as Loop.Config<
  { readonly params: typeof start; readonly optimizer: ReturnType<typeof optimizer.init> },
  NDArray.NDArray,
  Tensor.Tensor
>

describe("spans", () => {
  it.effect("of a training run are its epochs, its checkpoints and what it compiles", () =>
    Effect.gen(function* () {
      const { spans } = yield* traced(Effect.withSpan(Train.finished({ ...config, saving }), "mine"))
      const [mine] = spans
      assert.deepStrictEqual(printed(spans), [
        "mine",
        "  Train.run",
        // The engine draws the order of the rows.
        "    Compile.compile",
        ...["    Train.epoch", "      Compile.step", "      Compile.step", "      Compile.step"],
        ...["      Train.checkpoint", "        upload", "      Train.checkpoint", "        upload"],
        "    Train.epoch",
        ...["      Train.checkpoint", "        upload", "      Train.checkpoint", "        upload"],
      ])
      assert.strictEqual(mine?.name, "mine")
      assert.deepStrictEqual(attributesOf(named(spans, "Train.run")[0]), {
        "adjoint.seed": 1,
        "adjoint.epochs": 2,
        "adjoint.batch.size": 8,
        "adjoint.engine.name": "wasm",
        "adjoint.engine.numerics": "portable",
        "adjoint.engine.threads": 1,
      })
      const epoch = attributesOf(named(spans, "Train.epoch")[1])
      assert.deepInclude(epoch, { "adjoint.epoch": 2, "adjoint.step": 6, "adjoint.learning_rate": 0.1, "adjoint.best": true })
      assert.containsAllKeys(epoch, [
        "adjoint.train.loss",
        "adjoint.train.accuracy",
        "adjoint.val.loss",
        "adjoint.rows_per_second",
      ])
      assert.deepStrictEqual(attributesOf(named(spans, "Train.checkpoint")[3]), {
        "adjoint.checkpoint.kind": "last",
        "adjoint.checkpoint.directory": "runs/last",
        "adjoint.epoch": 2,
        "adjoint.step": 6,
      })
      const [step] = named(spans, "Compile.step")
      assert.deepInclude(attributesOf(step), { "adjoint.engine.name": "wasm", "adjoint.inputs": "rows: i32[8]" })
      assert.isAbove(Number(attributesOf(step)["adjoint.program.equations"]), 10)
    }),
  )

  it.effect("of a loop, of evaluation, of pre-training and of a sweep have their names", () =>
    Effect.gen(function* () {
      const looped = yield* traced(Stream.runDrain(Loop.run(loop)))
      assert.deepStrictEqual(printed(looped.spans), [
        "Loop.run",
        "  Compile.compile",
        "  Loop.epoch",
        "    Compile.step",
        "  Loop.epoch",
      ])
      const weights = net.init(Key.make(1), [2])
      const evaluated = yield* traced(Evaluate.evaluate(net, weights, config))
      assert.deepStrictEqual(printed(evaluated.spans), ["Evaluate.evaluate", "  Compile.step"])
      assert.containsAllKeys(attributesOf(evaluated.spans[0]), ["adjoint.rows", "adjoint.score.loss", "adjoint.score.accuracy"])
      const predicted = yield* traced(Evaluate.predict(net, weights, data.inputs))
      assert.deepStrictEqual(printed(predicted.spans), ["Evaluate.predict", "  Compile.step"])
      assert.deepStrictEqual(attributesOf(predicted.spans[0]), { "adjoint.rows": 20 })
      const compiled = yield* traced(Effect.scoped(Compile.compile((x: Tensor.Tensor) => Tensor.exp(x), Tensor.zeros([2]))))
      assert.deepStrictEqual(printed(compiled.spans), ["Compile.compile"])
      assert.deepInclude(attributesOf(compiled.spans[0]), { "adjoint.inputs": "0: f32[2]", "adjoint.program.equations": 1 })
      const stage = {
        layer: "h1",
        hidden: 2,
        visible: "bernoulli",
        method: { cd: 1 },
        learningRate: 0.1,
        epochs: 1,
        batch: 6,
        momentum: 0,
      } as const
      const ones = NDArray.make("f32", [6, 3], new Float32Array(18).fill(1))
      const pretrained = yield* traced(Stream.runDrain(Pretrain.run({ inputs: ones, stages: [stage], seed: 1 })))
      assert.deepStrictEqual(printed(pretrained.spans).slice(0, 4), [
        "Pretrain.run",
        "  Pretrain.stage",
        "    Compile.compile",
        "    Pretrain.epoch",
      ])
      assert.deepInclude(attributesOf(pretrained.spans[1]), { "adjoint.layer": "h1", "adjoint.stage": 1 })
      const monitor = { monitor: "val.loss", mode: "min" } as const
      const swept = yield* traced(Stream.runDrain(Sweep.run({ config: () => ({ ...config, epochs: 1 }), lambdas: [0], monitor })))
      assert.deepStrictEqual(printed(swept.spans).slice(0, 3), ["Sweep.run", "  Sweep.lambda", "    Train.run"])
    }),
  )

  it.effect("of a run that fails and of one that is interrupted end with it", () =>
    Effect.gen(function* () {
      const inputs = NDArray.make("f32", data.inputs.shape, new Float32Array(data.inputs.data.length).fill(Number.NaN))
      const failed = yield* traced(Train.finished({ ...config, data: { ...data, inputs } }))
      assert.strictEqual(failed.exit._tag, "Failure")
      for (const { name, status } of failed.spans.filter(({ name }) => name.startsWith("Train.")))
        assert.strictEqual(status._tag === "Ended" ? status.exit._tag : "", "Failure", name)
      const stopped = Train.run({ ...config, epochs: 1000, saving }).pipe(
        Stream.takeUntil(({ _tag }) => _tag === "Stepped"),
        Stream.runDrain,
      )
      const { spans } = yield* traced(stopped)
      assert.deepStrictEqual(
        named(spans, "Train.checkpoint").map((span) => attributesOf(span)["adjoint.checkpoint.kind"]),
        ["last"],
      )
    }),
  )
})

describe("metrics", () => {
  const measured = <A, E>(effect: Effect.Effect<A, E, Engine.Engine>) =>
    Effect.gen(function* () {
      const value = yield* effect
      return { value, snapshot: yield* Metric.snapshot }
    }).pipe(Effect.provide(Wasm.layer({ threads: 1 })), Effect.provideService(Metric.MetricRegistry, new Map()))

  const numbers = (snapshot: ReadonlyArray<Metric.Metric.Snapshot>) =>
    Object.fromEntries(
      snapshot.flatMap(({ attributes = {}, id, state, type }) => {
        const { "adjoint.part": part, "adjoint.score": score } = attributes as { readonly [name: string]: string }
        const name = part === undefined ? id : `${id} ${part}.${score}`
        return type === "Gauge" || type === "Counter"
          ? [
              [
                name,
                Number(
                  (state as { readonly value?: number; readonly count?: number }).value ??
                    (state as { readonly count?: number }).count,
                ),
              ],
            ]
          : []
      }),
    )

  it.effect("have the loss, the rate and the speed of a run", () =>
    Effect.gen(function* () {
      const { snapshot, value } = yield* measured(Stream.runCollect(Train.run(config)))
      const stepped = value.flatMap((event) => (event._tag === "Stepped" ? event.losses : []))
      const finished = value.at(-1)
      if (finished?._tag !== "Finished") return assert.fail("no end")
      const last = finished.history.at(-1)
      const found = numbers(snapshot)
      assert.strictEqual(found["adjoint.loss"], stepped.at(-1))
      assert.strictEqual(found["adjoint.learning_rate"], 0.1)
      assert.strictEqual(found["adjoint.rows"], 40)
      assert.strictEqual(found["adjoint.steps"], 6)
      assert.isAbove(found["adjoint.rows_per_second"] ?? 0, 0)
      assert.strictEqual(found["adjoint.score train.loss"], last?.train.loss)
      assert.strictEqual(found["adjoint.score val.accuracy"], last?.validation?.accuracy)
      assert.isTrue(
        snapshot.every(({ attributes }) => (attributes as { readonly [name: string]: string })["adjoint.run"] === "Train"),
      )
    }),
  )

  it.effect("of a loop are those of its loss, and attributes tell runs apart", () =>
    Effect.gen(function* () {
      const { value: last } = yield* measured(
        Effect.gen(function* () {
          yield* Effect.provideService(Loop.finished(loop), Metric.CurrentMetricAttributes, { model: "a" })
          yield* Effect.provideService(Loop.finished({ ...loop, epochs: 1 }), Metric.CurrentMetricAttributes, { model: "b" })
          const steps = (model: string) =>
            Effect.map(
              Metric.value(Metric.withAttributes(RunMetrics.steps, { "adjoint.run": "Loop", model })),
              ({ count }) => count,
            )
          return [yield* steps("a"), yield* steps("b")]
        }),
      )
      assert.deepStrictEqual(last, [4, 2])
    }),
  )
})

describe("logs", () => {
  const logging = () => {
    const lines: Array<string> = []
    const logger = Logger.make<unknown, void>(({ fiber, logLevel, message }) => {
      const { "adjoint.epoch": epoch } = fiber.getRef(References.CurrentLogAnnotations)
      lines.push(`${logLevel} ${[message].flat().join(" ")} (${String(epoch)})`)
    })
    return { layer: Logger.layer([logger]), lines }
  }

  it.effect("go to the Logger: progress as Debug, what is not as it should be as Warn", () =>
    Effect.gen(function* () {
      const { layer, lines } = logging()
      const keeping = {
        save: (kind: "best" | "last") =>
          Effect.succeed({ directory: kind, ...(kind === "best" ? { undeleted: { path: "best.old", reason: "busy" } } : {}) }),
      }
      const run = Train.finished({ ...config, epochs: 1, saving: keeping }).pipe(
        Effect.provide([Wasm.layer({ threads: 1 }), layer]),
      )
      yield* Effect.provideService(run, References.MinimumLogLevel, "Debug")
      assert.deepStrictEqual(lines, [
        "Debug Train.run: epoch 1 is scored (1)",
        "Debug Train.run: the best checkpoint is written (1)",
        "Warn Train.run: an old best checkpoint cannot be deleted: busy (undefined)",
        "Debug Train.run: the last checkpoint is written (1)",
      ])
      lines.length = 0
      yield* Effect.provideService(run, References.MinimumLogLevel, "Info")
      assert.deepStrictEqual(
        lines.map((line) => line.slice(0, 4)),
        ["Warn"],
      )
      lines.length = 0
      yield* Effect.provideService(run, References.MinimumLogLevel, "None")
      assert.deepStrictEqual(lines, [])
    }),
  )
})

describe("the bits", () => {
  it.effect("are the same with a tracer, with metrics and with logs as without", () =>
    Effect.gen(function* () {
      const bits = ({ history, params }: Train.Finished<unknown, unknown>) =>
        JSON.stringify([Params.leaves(params as Params.Params).map(Tensor.toArray), history])
      const trained = Effect.provide(
        Effect.map(Train.finished({ ...config, net: Net.sequential([net, Layers.dropout(0.2)]) }), bits),
        Wasm.layer({ threads: 1 }),
      )
      const alone = yield* trained
      const { tracer } = tracing()
      const seen = yield* trained.pipe(
        Effect.withSpan("outer"),
        Effect.provideService(Tracer.Tracer, tracer),
        Effect.provideService(References.MinimumLogLevel, "All"),
        Effect.provide(Logger.layer([Logger.make(() => undefined)])),
      )
      assert.strictEqual(seen, alone)
    }),
  )
})
