import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, FileSystem, type Path, Stream } from "effect"
import {
  Checkpoint,
  CheckpointError,
  Engine,
  Key,
  Layers,
  LearningRate,
  Loss,
  NDArray,
  Net,
  NonFinite,
  Optimizer,
  Params,
  Regularizer,
  Safetensors,
  Score,
  Tensor,
  Toys,
  Train,
  type TrainEvent,
  Wasm,
} from "../src/index.ts"
import * as Doubles from "../src/testing/doubles.ts"

const data = Toys.moons(Key.make(7), { count: 96 })
const validation = Toys.moons(Key.make(8), { count: 40 })

const net = Net.sequential([Layers.dense({ units: 8, activation: "tanh" }), Layers.dropout(0.2), Layers.dense({ units: 2 })])

const config = {
  net,
  loss: Loss.categoricalCrossEntropy(),
  penalty: Regularizer.l2(1e-3),
  optimizer: Optimizer.adam(LearningRate.cosine({ lr: 0.02, steps: 100 })),
  data,
  validation,
  scores: { accuracy: Score.accuracy },
  seed: 3,
  epochs: 6,
  // 96 rows in batches of 20: the last batch of an epoch is short.
  batch: 20,
} as const

/** What an interruption leaves. */
type Left = Checkpoint.Checkpoint<Params.Params, Params.Params, ReturnType<typeof config.optimizer.init>>

type Event = TrainEvent<Params.Params, Params.Params>

/** The default engine of these runs. */
const wasm = Wasm.layer({ threads: 1 })

const collect = <P, S, O, R = never>(run: Train.Config<P, S, O, R>, engine = wasm) =>
  Train.run(run).pipe(Stream.runCollect, Effect.provide(engine))

const bytes = (tree: unknown): ReadonlyArray<number> =>
  Params.leaves(tree).flatMap((leaf) => {
    const { data: numbers } = Tensor.read(leaf)
    return [...new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength)]
  })

const finished = (events: ReadonlyArray<Event>): Extract<Event, { readonly _tag: "Finished" }> => {
  const last = events.at(-1)
  if (last?._tag !== "Finished") throw new Error(`the run ended with ${last?._tag}`)
  return last
}

const tags = (events: ReadonlyArray<Event>): ReadonlyArray<string> =>
  events.map(({ _tag }) => _tag).filter((tag, i, all) => tag !== all[i - 1])

describe("Train.run", () => {
  it.effect("tells how a run goes, and learns", () =>
    Effect.gen(function* () {
      const events = yield* collect({ ...config, epochs: 2 })
      assert.deepStrictEqual(tags(events), ["Started", "Stepped", "EpochScored", "Stepped", "EpochScored", "Finished"])
      const [first, last] = finished(events).history
      assert.isBelow(last?.train.loss ?? Number.NaN, first?.train.loss ?? Number.NaN)
      const losses = events.flatMap((event) => (event._tag === "Stepped" ? event.losses : []))
      assert.strictEqual(losses.length, 10)
    }),
  )

  it.effect("gives the same bits for the same seed, and others for another", () =>
    Effect.gen(function* () {
      const [a, b, other] = [yield* collect(config), yield* collect(config), yield* collect({ ...config, seed: 4 })]
      assert.deepStrictEqual(bytes(finished(a).params), bytes(finished(b).params))
      assert.notDeepEqual(bytes(finished(a).params), bytes(finished(other).params))
    }),
  )

  it.effect("scores the whole validation set, however it is cut", () =>
    Effect.gen(function* () {
      const { history, params, state } = finished(yield* collect({ ...config, epochs: 1 }, Engine.layerReference))
      const outputs = net.apply(params, state, validation.inputs, { mode: "infer" }).y
      assert.closeTo(history[0]?.validation?.loss ?? 0, Doubles.toNumber(config.loss(outputs, validation.targets)), 1e-12)
      assert.strictEqual(history[0]?.validation?.accuracy, Score.of(Score.accuracy, outputs, validation.targets))
    }),
  )

  it.effect("stops early, and returns the best epoch's parameters", () =>
    Effect.gen(function* () {
      const kept = new Map<number, ReadonlyArray<number>>()
      const events = yield* collect({
        ...config,
        epochs: 60,
        optimizer: Optimizer.sgd(0.5),
        earlyStop: { monitor: "val.loss", mode: "min", patience: 3, restoreBest: true },
        saving: {
          save: (kind, { progress, state }) =>
            Effect.sync(() => {
              if (kind === "last") kept.set(progress.epoch, bytes(state.params))
              return { directory: kind }
            }),
        },
      })
      const stop = events.find((event) => event._tag === "StoppedEarly")
      assert.isDefined(stop)
      const { best, history, params } = finished(events)
      assert.strictEqual(history.length, (best?.epoch ?? 0) + 3)
      const losses = history.map(({ validation: scores }) => scores?.loss ?? Number.NaN)
      assert.strictEqual(best?.value, Math.min(...losses))
      assert.deepStrictEqual(bytes(params), kept.get(best?.epoch ?? -1))
    }),
  )
})

/** Runs until `stopAt` steps are done, is interrupted there, and gives the checkpoint it leaves. */
const interrupted = (stopAt: number) =>
  Effect.gen(function* () {
    let left: Left | undefined
    const saving = {
      every: 1000,
      save: (kind: string, checkpoint: Left) =>
        Effect.sync(() => {
          if (kind === "last") left = checkpoint
          return { directory: kind }
        }),
    }
    const run = Train.run({ ...config, saving })
    const fiber = yield* Effect.forkChild(
      run.pipe(
        Stream.runForEach((event) => (event._tag === "Stepped" && event.step >= stopAt ? Effect.interrupt : Effect.void)),
        Effect.provide(wasm),
      ),
    )
    yield* Fiber.await(fiber)
    return left
  })

describe("a plateau", () => {
  // Nothing counts as better, so that the rate is lowered every two epochs.
  const plateau = { monitor: "val.loss", mode: "min", minDelta: 10, factor: 0.5, patience: 2 } as const
  const rate = 0.05
  const slowing = {
    ...config,
    optimizer: Optimizer.sgd(rate),
    plateau,
  } as const

  it.effect("lowers the rate when the score does not get better, and the record says so", () =>
    Effect.gen(function* () {
      const { history } = finished(yield* collect({ ...slowing, epochs: 7 }))
      assert.deepStrictEqual(
        history.map(({ learningRate }) => learningRate / rate),
        [1, 1, 1, 0.5, 0.5, 0.25, 0.25],
      )
    }),
  )

  it.effect("is resumed where it was", () =>
    Effect.gen(function* () {
      type Slowed = Checkpoint.Checkpoint<Params.Params, Params.Params, ReturnType<typeof slowing.optimizer.init>>
      let left: Slowed | undefined
      const saving = {
        save: (kind: "best" | "last", checkpoint: Slowed) =>
          Effect.sync(() => {
            if (kind === "last" && checkpoint.progress.epoch === 4) left = checkpoint
            return { directory: "" }
          }),
      }
      const whole = finished(yield* collect({ ...slowing, epochs: 6, saving }))
      if (left === undefined) throw new Error("nothing was saved")
      const resumed = finished(yield* collect({ ...slowing, epochs: 6, resume: { last: left } }))
      assert.deepStrictEqual(bytes(resumed.params), bytes(whole.params))
      assert.deepStrictEqual(resumed.history, whole.history)
    }),
  )
})

it.effect("gives NaN for a score that is not defined of the rows", () =>
  Effect.gen(function* () {
    const one = { ...validation, targets: NDArray.make("i32", [40], new Int32Array(40)) }
    const scores = { accuracy: Score.accuracy, auroc: Score.auroc }
    const { history } = finished(yield* collect({ ...config, validation: one, scores, epochs: 1 }))
    assert.deepStrictEqual(Object.keys(history[0]?.validation ?? {}), ["loss", "accuracy", "auroc"])
    assert.isNaN(history[0]?.validation?.auroc)
    assert.deepStrictEqual(Object.keys(history[0]?.train ?? {}), ["loss", "accuracy", "auroc"])
  }),
)

it.effect("starts from given weights", () =>
  Effect.gen(function* () {
    const first = finished(yield* collect({ ...config, epochs: 2 }))
    const again = finished(yield* collect({ ...config, optimizer: Optimizer.freeze(() => true), epochs: 1, start: first }))
    assert.deepStrictEqual(bytes(again.params), bytes(first.params))
  }),
)

describe("interruption and resume", () => {
  it.effect("goes on bit for bit from wherever it was stopped", () =>
    Effect.gen(function* () {
      const whole = finished(yield* collect(config))
      for (const stopAt of [1, 5, 7, 18]) {
        const last = yield* interrupted(stopAt)
        assert.isDefined(last)
        if (last === undefined) continue
        assert.isAtLeast(last.progress.step, stopAt)
        assert.isBelow(last.progress.step, 30)
        const resumed = finished(yield* collect({ ...config, resume: { last } }))
        assert.deepStrictEqual(bytes(resumed.params), bytes(whole.params))
        assert.deepStrictEqual(resumed.history, whole.history)
      }
    }),
  )

  it.effect("goes on bit for bit from the files of a checkpoint", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const directory = `${yield* fs.makeTempDirectoryScoped()}/last`
      const whole = finished(yield* collect(config))
      const last = yield* interrupted(8)
      if (last === undefined) return assert.fail("no checkpoint was left")
      yield* Checkpoint.save(directory, last)
      const back = yield* Checkpoint.load(directory, last.state)
      assert.deepStrictEqual(back.progress, last.progress)
      const resume = { last: back }
      const resumed = finished(yield* collect({ ...config, resume }))
      assert.deepStrictEqual(bytes(resumed.params), bytes(whole.params))
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
  )

  it.effect("keeps apart leaves whose names hold dots", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const directory = `${yield* fs.makeTempDirectoryScoped()}/last`
      const params = { a: { b: Tensor.make([1]) }, "a.b": Tensor.make([2]), "a\\.b": Tensor.make([3]) }
      const last = yield* interrupted(1)
      if (last === undefined) return assert.fail("no checkpoint was left")
      const state = { ...last.state, params }
      yield* Checkpoint.save(directory, { ...last, state })
      const back = yield* Checkpoint.load(directory, state)
      assert.deepStrictEqual(bytes(back.state.params), bytes(params))
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
  )

  it.effect("is refused for another run", () =>
    Effect.gen(function* () {
      const last = yield* interrupted(1)
      if (last === undefined) return assert.fail("no checkpoint was left")
      const other = { ...config, fingerprint: "another model", resume: { last } }
      const error = yield* Effect.flip(collect(other))
      assert.instanceOf(error, CheckpointError)
    }),
  )
})

describe("a validation loss that is not finite", () => {
  // Squared, the error of row 17 is more than a float holds.
  const overflowing = (row: number) => {
    const targets = new Float32Array(30).fill(1)
    targets[row] = 1e30
    return { inputs: NDArray.make("f32", [30, 1], new Float32Array(30)), targets: NDArray.make("f32", [30, 1], targets) }
  }
  const fine = {
    inputs: NDArray.make("f32", [30, 1], new Float32Array(30)),
    targets: NDArray.make("f32", [30, 1], new Float32Array(30).fill(1)),
  }
  const regression = {
    net: Net.sequential([Layers.dense({ units: 1 })]),
    loss: Loss.meanSquaredError,
    optimizer: Optimizer.sgd(0.1),
    data: fine,
    seed: 1,
    batch: 10,
  }

  it.effect("is recorded, is never the best, and is traced to its row once", () =>
    Effect.gen(function* () {
      const saved: Array<string> = []
      const events = yield* collect({
        ...regression,
        validation: overflowing(17),
        epochs: 3,
        saving: {
          save: (kind, { progress }) =>
            Effect.sync(() => {
              saved.push(`${kind} ${progress.epoch}`)
              return { directory: "" }
            }),
        },
      })
      const { best, history } = finished(events as ReadonlyArray<Event>)
      assert.deepStrictEqual(
        history.map(({ validation: scores }) => scores?.loss),
        [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
      )
      assert.isUndefined(best)
      assert.deepStrictEqual(saved, ["last 1", "last 2", "last 3"])
      const traced = events.filter((event) => event._tag === "NonFiniteScore")
      assert.deepStrictEqual(traced, [
        { _tag: "NonFiniteScore", part: "val", epoch: 1, tensor: "loss", layer: "", value: Number.POSITIVE_INFINITY, rows: [17] },
      ])
    }),
  )

  it.effect("of finite losses whose sum is not is traced to the largest", () =>
    Effect.gen(function* () {
      const targets = new Float32Array(30).fill(1e19)
      targets[4] = 1.5e19
      const validation = { ...fine, targets: NDArray.make("f32", [30, 1], targets) }
      const events = yield* collect({ ...regression, validation, epochs: 1 })
      const [found] = events.filter((event) => event._tag === "NonFiniteScore")
      assert.deepInclude({ ...found }, { tensor: "loss", value: Number.POSITIVE_INFINITY, rows: [4] })
    }),
  )

  it.effect("survives the files of a checkpoint, from which the run is resumed to the same bits", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const directory = `${yield* fs.makeTempDirectoryScoped()}/last`
      const run = { ...regression, validation: overflowing(3) }
      const { params, state } = run.net.init(Key.make(0), [1])
      const like = { params, state, optimizer: run.optimizer.init(params), step: Tensor.scalar(0, "i32") }
      const whole = finished((yield* collect({ ...run, epochs: 4 })) as ReadonlyArray<Event>)
      const saving: Train.Saving<typeof params, typeof state, typeof like.optimizer, FileSystem.FileSystem | Path.Path> = {
        save: (_, checkpoint) => Checkpoint.save(directory, checkpoint),
      }
      yield* Train.run({ ...run, epochs: 2, saving }).pipe(Stream.runDrain, Effect.provide(wasm))
      const last = yield* Checkpoint.load(directory, like)
      assert.strictEqual(last.progress.history[1]?.validation?.loss, Number.POSITIVE_INFINITY)
      const resumed = finished((yield* collect({ ...run, epochs: 4, resume: { last } })) as ReadonlyArray<Event>)
      assert.deepStrictEqual(resumed.history, whole.history)
      assert.deepStrictEqual(bytes(resumed.params), bytes(whole.params))
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
  )

  it.effect("for patience epochs ends a run that watches it, whose last weights are given", () =>
    Effect.gen(function* () {
      const stop = { monitor: "val.loss", mode: "min", patience: 2, restoreBest: true } as const
      const events = yield* collect({ ...regression, validation: overflowing(17), epochs: 9, earlyStop: stop })
      assert.deepStrictEqual(
        events.filter(({ _tag }) => _tag === "StoppedEarly"),
        [{ _tag: "StoppedEarly", monitor: "val.loss", epoch: 2 }],
      )
      assert.strictEqual(finished(events as ReadonlyArray<Event>).weights, "last")
    }),
  )

  it.effect("leaves a plateau to lower the rate", () =>
    Effect.gen(function* () {
      const plateau = { monitor: "val.loss", mode: "min", factor: 0.5, patience: 1 } as const
      const { history } = finished(
        (yield* collect({ ...regression, validation: overflowing(0), epochs: 3, plateau })) as ReadonlyArray<Event>,
      )
      assert.deepStrictEqual(
        history.map(({ learningRate }) => learningRate),
        [0.1, 0.05, 0.025],
      )
    }),
  )

  it.effect("of a token that an embedding does not have names the layer and the rows", () =>
    Effect.gen(function* () {
      const tokens = (outside: number) =>
        NDArray.make(
          "f32",
          [6, 2],
          Float32Array.from({ length: 12 }, (_, i) => (i === 9 ? outside : i % 5)),
        )
      const targets = NDArray.make("i32", [6], Int32Array.of(0, 1, 0, 1, 0, 1))
      const events = yield* collect({
        ...regression,
        net: Net.sequential({
          words: Layers.embedding({ tokens: 5, units: 2 }),
          flat: Layers.flatten,
          out: Layers.dense({ units: 2 }),
        }),
        loss: Loss.categoricalCrossEntropy(),
        data: { inputs: tokens(0), targets },
        validation: { inputs: tokens(5), targets },
        epochs: 1,
      })
      const [found] = events.filter((event) => event._tag === "NonFiniteScore")
      assert.deepInclude({ ...found }, { tensor: "activation", layer: "words", rows: [4] })
    }),
  )
})

describe("non-finite values", () => {
  const fails = (over: object, engine?: typeof wasm) =>
    Effect.flip(collect({ ...config, ...over } as unknown as typeof config, engine))

  it.effect("in the data: names the rows", () =>
    Effect.gen(function* () {
      const numbers = Float64Array.from(data.inputs.data)
      numbers[2 * 41 + 1] = Number.NaN
      const error = yield* fails({ data: { ...data, inputs: NDArray.make("f32", data.inputs.shape, numbers) } })
      assert.instanceOf(error, NonFinite)
      assert.deepInclude({ ...(error as NonFinite) }, { tensor: "input", layer: "", epoch: 1, rows: [41] })
    }),
  )

  it.effect("from a layer: names it, and the rows, in the doubles of Reference", () =>
    Effect.gen(function* () {
      const numbers = Float64Array.from(data.inputs.data)
      numbers[2 * 17] = -3e200
      const square = Net.pure("square", (x) => Tensor.square(x))
      const run = {
        net: Net.sequential({ first: Layers.dense({ units: 4 }), square, head: Layers.dense({ units: 2 }) }),
        data: { ...data, inputs: NDArray.make("f32", data.inputs.shape, numbers) },
      }
      const error = yield* fails(run, Engine.layerReference)
      assert.deepInclude(
        { ...(error as NonFinite) },
        { tensor: "activation", layer: "square", value: Number.POSITIVE_INFINITY, rows: [17] },
      )
    }),
  )

  it.effect("from a layer whose numbers only a float does not hold: names it on the engine that computes in floats", () =>
    Effect.gen(function* () {
      const numbers = Float64Array.from(data.inputs.data)
      numbers[2 * 17] = -1e30
      const square = Net.pure("square", (x) => Tensor.square(x))
      const root = Net.pure("root", (x) => Tensor.tanh(Tensor.mul(x, 1e-60)))
      const run = {
        net: Net.sequential({ first: Layers.dense({ units: 4 }), square, root, head: Layers.dense({ units: 2 }) }),
        data: { ...data, inputs: NDArray.make("f32", data.inputs.shape, numbers) },
        epochs: 1,
      }
      const error = yield* fails(run)
      assert.deepInclude(
        { ...(error as NonFinite) },
        { tensor: "activation", layer: "square", value: Number.POSITIVE_INFINITY, rows: [17] },
      )
    }),
  )

  it.effect("from a step that is far too long: the run ends before it is saved", () =>
    Effect.gen(function* () {
      const saved: Array<boolean> = []
      const saving = {
        save: (kind: string, { state }: Checkpoint.Checkpoint) =>
          Effect.sync(() => {
            saved.push(Params.leaves(state).every((leaf) => Tensor.read(leaf).data.every(Number.isFinite)))
            return { directory: kind }
          }),
      }
      const error = yield* fails({ optimizer: Optimizer.sgd(1e38), saving, epochs: 20 })
      assert.instanceOf(error, NonFinite)
      assert.isTrue(saved.every((finite) => finite))
    }),
  )

  it.effect("leave no checkpoint when the run is interrupted before a loss has shown them", () =>
    Effect.gen(function* () {
      const saved: Array<string> = []
      const saving = {
        save: (kind: string) =>
          Effect.as(
            Effect.sync(() => saved.push(kind)),
            { directory: kind },
          ),
      }
      // Finite at first, with a gradient that is NaN.
      const penalty = (params: Params.Params) => Tensor.sqrt(Tensor.mul(Regularizer.l2(1)(params), 0))
      yield* Train.run({ ...config, penalty, saving }).pipe(
        Stream.runForEach((event) => (event._tag === "Started" ? Effect.void : Effect.interrupt)),
        Effect.provide(wasm),
        Effect.exit,
      )
      assert.deepStrictEqual(saved, [])
    }),
  )

  it.effect("in a gradient alone: names the parameter", () =>
    Effect.gen(function* () {
      // The square root has an infinite slope at 0, where its value is fine.
      const root = Net.pure("root", (x) => Tensor.sqrt(Tensor.mul(x, 0)))
      const error = yield* fails({
        net: Net.sequential({ first: Layers.dense({ units: 4 }), root, head: Layers.dense({ units: 2 }) }),
      })
      assert.deepInclude({ ...(error as NonFinite) }, { tensor: "gradient", layer: "first.b", step: 1 })
    }),
  )
})

describe("Safetensors", () => {
  it("gives back the arrays it was given", () => {
    const arrays = new Map([
      [
        "dense1.w",
        Tensor.make([
          [1.5, -0],
          [Number.NaN, 1e300],
        ]),
      ],
      ["__proto__", Tensor.make([true, false])],
      ["step", Tensor.scalar(7, "i32")],
      ["empty", NDArray.make("u8", [0, 3], new Uint8Array())],
      ["single", NDArray.make("f32", [2], Float32Array.of(0.1, 2))],
    ])
    const back = Safetensors.decode(Safetensors.encode(arrays), "x")
    assert.strictEqual(back._tag, "Success")
    if (back._tag !== "Success") return
    assert.deepStrictEqual([...back.success.keys()].sort(), [...arrays.keys()].sort())
    for (const [name, array] of arrays) assert.isTrue(NDArray.equals(array, back.success.get(name) ?? Tensor.make([])), name)
  })

  it("refuses bytes that are damaged anywhere, without throwing", () => {
    const whole = Safetensors.encode(new Map([["w", Tensor.make([1, 2, 3])]]))
    for (let length = 0; length < whole.length; length++)
      assert.strictEqual(Safetensors.decode(whole.subarray(0, length), "x")._tag, "Failure", `${length} bytes`)
    const huge = whole.slice()
    huge.set([255, 255, 255, 255, 255, 255, 255, 127])
    assert.strictEqual(Safetensors.decode(huge, "x")._tag, "Failure")
  })

  const w = { dtype: "F32", shape: [2], data_offsets: [0, 8] }
  const withHeader = (header: unknown): Uint8Array => {
    const json = new TextEncoder().encode(JSON.stringify(header))
    const bytes = new Uint8Array(8 + json.length + 8)
    new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true)
    bytes.set(json, 8)
    return bytes
  }

  it("passes over what a header says beside the arrays", () => {
    assert.strictEqual(Safetensors.decode(withHeader({ __metadata__: { format: "pt" }, w }), "x")._tag, "Success")
  })

  it.each([
    ["null", null],
    ["a list", [w]],
    ["a number for an array", { w: 1 }],
    ["a kind there is not", { w: { ...w, dtype: "toString" } }],
    ["a shape of parts", { w: { ...w, shape: [0.5, 4] } }],
    ["a shape below 0", { w: { ...w, shape: [-1, -2] } }],
    ["a shape that is text", { w: { ...w, shape: "2" } }],
    ["one offset", { w: { ...w, data_offsets: [8] } }],
    ["no offsets", { w: { dtype: "F32", shape: [2] } }],
    ["a word more", { w: { ...w, stride: 1 } }],
  ])("refuses a header that holds %s", (_, header) => {
    assert.strictEqual(Safetensors.decode(withHeader(header), "x")._tag, "Failure")
  })
})
