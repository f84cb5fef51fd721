/** A loop around any step: the bits of `Train.run`, exact resume, events, refusals, and the search for non-finite values. */
import {
  Autodiff,
  CheckpointError,
  ConfigError,
  Key,
  Layers,
  LearningRate,
  Loop,
  Loss,
  NDArray,
  Net,
  NonFinite,
  Optimizer,
  Params,
  ShapeError,
  Tensor,
  Toys,
  Train,
  Wasm,
} from "@adjoint/core"
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem, Stream } from "effect"
import * as fc from "fast-check"

const wasm = Wasm.layer({ threads: 1 })

const { inputs, targets } = Toys.moons(Key.make(7), { count: 50 })
const unseen = Toys.moons(Key.make(8), { count: 30 })
const net = Net.sequential([Layers.dense({ units: 6, activation: "tanh" }), Layers.dropout(0.2), Layers.dense({ units: 2 })])
const loss = Loss.categoricalCrossEntropy()

const bytes = (tree: unknown): ReadonlyArray<number> =>
  Params.leaves(tree).flatMap((leaf) => {
    const { data } = Tensor.read(leaf)
    return [...new Uint8Array(data.buffer, data.byteOffset, data.byteLength)]
  })

/** A step that does what `Train.run` does. */
const stepOf =
  <O>(optimizer: Optimizer.Optimizer<O>) =>
  (
    {
      optimizer: before,
      params,
      state,
    }: { readonly params: Params.Params; readonly state: Params.Params; readonly optimizer: O },
    { x, y }: { readonly x: Tensor.Tensor; readonly y: Tensor.Tensor },
    key: Key.Key,
  ) => {
    const { aux, grad, value } = Autodiff.valueAndGradAux((p: Params.Params) => {
      const applied = net.apply(p as never, state as never, x, { mode: "train", key })
      return { value: loss(applied.y, y), aux: applied.state }
    })(params)
    const { state: next, updates } = optimizer.update(grad, before, params)
    return {
      state: { params: Optimizer.apply(params, updates), state: aux as Params.Params, optimizer: next },
      output: { loss: value },
    }
  }

const start = net.init(Key.fold(Key.make(3), "init"), [2])

const loopOf = <O>(optimizer: Optimizer.Optimizer<O>, epochs = 4) => {
  const params: Params.Params = start.params
  return {
    state: { params, state: start.state as Params.Params, optimizer: optimizer.init(params) },
    step: stepOf(optimizer),
    data: { x: inputs, y: targets },
    validation: {
      data: { x: unseen.inputs, y: unseen.targets },
      scores: (
        { params, state }: { readonly params: Params.Params; readonly state: Params.Params },
        { x, y }: { readonly x: Tensor.Tensor; readonly y: Tensor.Tensor },
      ) => loss(net.apply(params as never, state as never, x, { mode: "infer" }).y, y),
    },
    optimizers: { optimizer },
    seed: 3,
    epochs,
    // 50 rows in batches of 12: the last batch of an epoch is short.
    batch: 12,
  }
}

describe("a step that does what Train.run does", () => {
  const optimizers: { readonly [name: string]: Optimizer.Optimizer } = {
    sgd: Optimizer.sgd(0.3) as never,
    "adam with a schedule": Optimizer.adam(LearningRate.cosine({ lr: 0.05, steps: 20 })),
    "a clipped chain": Optimizer.chain(Optimizer.clipByGlobalNorm(0.5), Optimizer.momentum(0.1)) as never,
  }
  const settings: {
    readonly [name: string]: Pick<
      Loop.Config<unknown, unknown, Tensor.Tensor, unknown, never, Tensor.Tensor>,
      "earlyStop" | "plateau"
    >
  } = {
    "no callbacks": {},
    "a plateau": { plateau: { monitor: "val.loss", mode: "min", minDelta: 0.05, factor: 0.5, patience: 1 } },
    "an early stop": { earlyStop: { monitor: "val.loss", mode: "min", minDelta: 0.05, patience: 2, restoreBest: true } },
  }
  it.effect.each(Object.keys(optimizers).flatMap((name) => Object.keys(settings).map((setting) => [name, setting] as const)))(
    "gives its bits, its history and its events: %s, %s",
    ([name, setting]) =>
      Effect.gen(function* () {
        const optimizer = optimizers[name] as Optimizer.Optimizer
        const looped = yield* Stream.runCollect(Loop.run({ ...loopOf(optimizer, 6), ...settings[setting] }))
        const trained = yield* Stream.runCollect(
          Train.run({
            net,
            loss,
            optimizer,
            data: { inputs, targets },
            validation: unseen,
            seed: 3,
            epochs: 6,
            batch: 12,
            ...settings[setting],
          } as never) as Stream.Stream<never>,
        )
        const [a, b] = [looped.at(-1), trained.at(-1) as unknown as Train.Finished<Params.Params>]
        if (a?._tag !== "Finished") return assert.fail(`it ended with ${a?._tag}`)
        assert.deepStrictEqual(bytes(a.state.params), bytes(b.params))
        assert.deepStrictEqual(a.history, b.history)
        assert.deepStrictEqual([a.best, a.weights, a.step], [b.best, b.weights, b.step])
        const tags = (events: ReadonlyArray<{ readonly _tag: string }>) =>
          events.map(({ _tag }) => _tag).filter((tag) => tag !== "Stepped")
        assert.deepStrictEqual(tags(looped), tags(trained))
      }).pipe(Effect.provide(wasm)),
  )
})

describe("resume", () => {
  const optimizer = Optimizer.adam(LearningRate.cosine({ lr: 0.05, steps: 20 }))
  const config = {
    ...loopOf(optimizer),
    plateau: { monitor: "train.loss", mode: "min", minDelta: 0.5, factor: 0.5, patience: 1 },
    earlyStop: { monitor: "val.loss", mode: "min", patience: 3, restoreBest: true },
  } as const
  type State = typeof config.state

  /** Interrupts the loop after a number of steps, in one of the middle of an epoch or at its end. */
  const leftAt = (steps: number) =>
    Effect.gen(function* () {
      let [last, best]: [Loop.Checkpoint<State> | undefined, State | undefined] = [undefined, undefined]
      const saving: Loop.Saving<State> = {
        every: 1000,
        save: (kind, checkpoint) =>
          Effect.sync(() => {
            if (kind === "last") last = checkpoint
            else best = checkpoint.state.params
            return { directory: kind }
          }),
      }
      yield* Loop.run({ ...config, saving }).pipe(
        Stream.takeUntil((event) => event._tag === "Stepped" && event.step >= steps),
        Stream.runDrain,
      )
      return last === undefined
        ? undefined
        : { last: last as Loop.Checkpoint<State>, ...(best === undefined ? {} : { best: best as State }) }
    })

  it("at any step equals the uninterrupted loop", { timeout: 60_000 }, () =>
    fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 19 }), async (steps) => {
        const [whole, resumed, at] = await Effect.runPromise(
          Effect.gen(function* () {
            const resume = yield* leftAt(steps)
            return [
              yield* Loop.finished(config),
              yield* Loop.finished({ ...config, resume }),
              resume?.last.progress.step,
            ] as const
          }).pipe(Effect.provide(wasm)),
        )
        assert.isAtLeast(at ?? 0, steps)
        assert.deepStrictEqual(bytes(resumed.state), bytes(whole.state))
        assert.deepStrictEqual(resumed.history, whole.history)
        assert.deepStrictEqual([resumed.best, resumed.weights, resumed.step], [whole.best, whole.weights, whole.step])
      }),
      { numRuns: 12 },
    ),
  )

  it.effect("from a folder: the same program starts and resumes", () =>
    Effect.gen(function* () {
      const folder = `${yield* (yield* FileSystem.FileSystem).makeTempDirectoryScoped()}/new/loop`
      const program = Effect.gen(function* () {
        return Loop.run({ ...config, saving: Loop.saveIn(folder), resume: yield* Loop.resumeFrom(folder, config.state) })
      })
      assert.isUndefined(yield* Loop.resumeFrom(folder, config.state))
      const stopped = (yield* program).pipe(
        Stream.takeUntil((event) => event._tag === "Stepped" && event.step >= 12),
        Stream.runDrain,
      )
      yield* stopped
      const started = yield* Stream.runHead(yield* program)
      assert.isAtLeast(started._tag === "Some" && started.value._tag === "Started" ? started.value.from.step : 0, 12)
      const last = yield* Stream.runCollect(yield* program)
      const whole = yield* Loop.finished(config)
      const end = last.at(-1)
      assert.deepStrictEqual(end?._tag === "Finished" ? bytes(end.state) : [], bytes(whole.state))
    }).pipe(Effect.scoped, Effect.provide([wasm, NodeServices.layer])),
  )

  it.effect("of another loop is refused", () =>
    Effect.gen(function* () {
      const resume = yield* leftAt(3)
      const error = yield* Effect.flip(Loop.finished({ ...config, fingerprint: "another", resume }))
      assert.instanceOf(error, CheckpointError)
    }).pipe(Effect.provide(wasm)),
  )
})

describe("outputs", () => {
  const rows = NDArray.make("f32", [5, 1], Float32Array.of(1, 2, 3, 4, 5))
  const counting = {
    state: { sum: Tensor.scalar(0), steps: Tensor.scalar(0, "i32") },
    step: ({ steps, sum }: { readonly sum: Tensor.Tensor; readonly steps: Tensor.Tensor }, x: Tensor.Tensor) => ({
      state: { sum: Tensor.add(sum, Tensor.sum(x)), steps: Tensor.add(steps, 1) },
      output: { mean: Tensor.mean(x), of: [{ large: Tensor.mean(Tensor.cast(Tensor.greater(x, 2.5), "f32")) }] },
    }),
    data: rows,
    seed: 1,
    epochs: 2,
    batch: 2,
  }

  const leftOver = {
    state: { params: counting.state, state: {}, optimizer: {}, step: Tensor.scalar(0, "i32") },
    progress: { version: 1, seed: 1, fingerprint: "", epoch: 0, batch: 0, step: 0, sums: { rows: 0, of: {} }, history: [] },
  } as const

  it.effect("are a tree of numbers, and an epoch reports their means over the rows", () =>
    Effect.gen(function* () {
      const events = yield* Stream.runCollect(Loop.run(counting))
      const stepped = events.flatMap((event) => (event._tag === "Stepped" ? event.outputs : []))
      assert.strictEqual(stepped.length, 6)
      assert.deepStrictEqual(Object.keys(stepped[0] ?? {}), ["mean", "of.0.large"])
      const end = events.at(-1)
      if (end?._tag !== "Finished") return assert.fail("no end")
      assert.strictEqual(end.history[0]?.train.mean, 3)
      assert.closeTo(end.history[0]?.train["of.0.large"] ?? 0, 0.6, 1e-7)
      assert.deepStrictEqual([Tensor.toNumber(end.state.sum), Tensor.toNumber(end.state.steps)], [30, 6])
    }).pipe(Effect.provide(wasm)),
  )

  const problems: ReadonlyArray<readonly [string, object, RegExp]> = [
    [
      "a monitor that no output has",
      { earlyStop: { monitor: "train.maen", mode: "min", patience: 1 } },
      /^earlyStop\.monitor: got "train\.maen".*"train\.mean"/,
    ],
    [
      "a monitor of rows that are not there",
      { best: { monitor: "val.mean", mode: "min" } },
      /^best\.monitor: got "val\.mean".*no validation rows/,
    ],
    [
      "a plateau without optimizers",
      { plateau: { monitor: "train.mean", mode: "min", factor: 0.5, patience: 1 } },
      /^plateau: got no optimizers/,
    ],
    [
      "an optimizer of no field",
      { optimizers: { d: Optimizer.sgd(1) } },
      /^optimizers\.d: got a field that the state does not have.*steps/,
    ],
    [
      "unequal rows",
      { data: { x: rows, y: NDArray.make("f32", [4], new Float32Array(4)) } },
      /^data: got 5 rows in x and 4 rows in y/,
    ],
    ["a batch of 0", { batch: 0 }, /^batch: got 0/],
    ["no rows", { data: NDArray.make("f32", [0, 1], new Float32Array(0)) }, /^data: got no rows/],
    [
      "a plateau that waits for the whole loop",
      { plateau: { monitor: "train.mean", mode: "min", factor: 0.5, patience: 2 } },
      /^plateau\.patience: got 2, wanted fewer epochs than the 2 of the run/,
    ],
    [
      "an early stop that waits for the whole loop",
      { earlyStop: { monitor: "train.mean", mode: "min", patience: 2 } },
      /^earlyStop\.patience: got 2/,
    ],
    [
      "a best that the early stop overrules",
      { earlyStop: { monitor: "train.mean", mode: "min", patience: 1 }, best: { monitor: "train.of.0.large", mode: "min" } },
      /^best: got the min of "train.of.0.large", wanted the monitor of earlyStop, the min of "train.mean"/,
    ],
    [
      "a checkpoint of another state",
      { resume: { last: { ...leftOver, state: { ...leftOver.state, params: { sum: Tensor.zeros([2]) } } } } },
      /^resume\.last: got another state: steps is missing/,
    ],
    ["a state without tensors", { state: {} }, /^state: got no tensor/],
  ]
  it.effect.each(problems)("refuses %s", ([, part, message]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Loop.finished({ ...counting, ...part } as typeof counting))
      assert.instanceOf(error, ConfigError)
      assert.match(error.message, message)
    }).pipe(Effect.provide(wasm)),
  )

  it.effect("refuses an optimizer without a rate where a plateau should lower it", () =>
    Effect.gen(function* () {
      const { init, update } = Optimizer.sgd(0.1)
      const plateau = { monitor: "train.loss", mode: "min", factor: 0.5, patience: 1 } as const
      const silent = Optimizer.chain(Optimizer.clipByGlobalNorm(1), { init, update })
      const error = yield* Effect.flip(Loop.finished({ ...loopOf(silent), plateau }))
      assert.match(error.message, /^plateau: got the optimizer optimizer, whose state has no learning rate/)
    }).pipe(Effect.provide(wasm)),
  )

  it.effect("refuses an output of several numbers, and a state of another shape", () =>
    Effect.gen(function* () {
      const several = yield* Effect.flip(
        Loop.finished({
          ...counting,
          step: (state: typeof counting.state, x: Tensor.Tensor) => ({ state, output: { each: x } }),
        }),
      )
      assert.instanceOf(several, ShapeError)
      assert.match(several.message, /one number as the output each/)
      const grown = yield* Effect.flip(
        Loop.finished({
          ...counting,
          step: ({ steps }: typeof counting.state, x: Tensor.Tensor) => ({ state: { steps, sum: x }, output: Tensor.mean(x) }),
        }),
      )
      assert.instanceOf(grown, ShapeError)
      assert.match(grown.message, /^Loop\.run wants a new state like the old: sum was f32\[\] and became f32\[2, 1\]\./)
    }).pipe(Effect.provide(wasm)),
  )
})

describe("a non-finite value", () => {
  const x = NDArray.make(
    "f32",
    [20, 1],
    Float32Array.from({ length: 20 }, (_, i) => i + 1),
  )
  const growing = (state: { readonly a: Tensor.Tensor }, batch: Tensor.Tensor) => ({
    state: { a: Tensor.mul(state.a, 1e9) },
    output: { size: Tensor.mul(Tensor.mean(batch), 0) },
  })
  const found = <S extends object>(config: Loop.Config<S, NDArray.NDArray, unknown>) =>
    Effect.map(Effect.flip(Loop.finished(config)), (error) => {
      assert.instanceOf(error, NonFinite)
      return error as NonFinite
    })
  const settings = { seed: 1, epochs: 3, batch: 4 }

  it.effect("in the state is found at its step, although no output shows it", () =>
    Effect.gen(function* () {
      // 1e9 ** 5 is more than a float holds: the fifth of 5 steps of the first epoch.
      const error = yield* found({ ...settings, state: { a: Tensor.scalar(1) }, step: growing, data: x })
      assert.match(error.message, /^the state of a became Infinity in step 5 \(epoch 1\), rows \d+/)
    }).pipe(Effect.provide(wasm)),
  )

  it.effect("in an output and in a row is named", () =>
    Effect.gen(function* () {
      const step = (state: { readonly a: Tensor.Tensor }, batch: Tensor.Tensor) => ({
        state: { a: Tensor.add(state.a, 1) },
        output: { d: Tensor.log(Tensor.sub(9, state.a)), g: Tensor.mean(batch) },
      })
      const output = yield* found({ ...settings, state: { a: Tensor.scalar(0) }, step, data: x })
      assert.match(output.message, /^the output d became -Infinity in step 10 \(epoch 2\)/)
      const damaged = NDArray.make(
        "f32",
        [20, 1],
        x.data.map((value, i) => (i === 13 ? Number.NaN : value)),
      )
      const input = yield* found({ ...settings, state: { a: Tensor.scalar(0) }, step, data: damaged })
      assert.deepStrictEqual([input.tensor, input.rows], ["input", [13]])
    }).pipe(Effect.provide(wasm)),
  )
})
