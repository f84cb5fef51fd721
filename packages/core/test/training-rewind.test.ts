/** A run that goes back after a non-finite value with a lower rate, and one that measures its layers: the same bits as without either. */
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem, Option, Stream } from "effect"
import * as fc from "fast-check"
import { expect, test } from "vitest"
import {
  Checkpoint,
  Compile,
  Key,
  Layers,
  Loop,
  Loss,
  Net,
  NonFinite,
  Optimizer,
  Params,
  Tensor,
  Toys,
  Train,
  type TrainEvent,
  Wasm,
} from "../src/index.ts"
import * as Watch from "../src/training/Watch.ts"

const data = Toys.linear(Key.make(7), { count: 60 })
const net = Net.sequential([Layers.dense({ units: 8, activation: "relu" }), Layers.dropout(0.1), Layers.dense({ units: 1 })])

/** With this rate the loss overflows in the first epoch. */
const [tooHigh, factor] = [2 ** 12, 2 ** -18]

const config = {
  net,
  loss: Loss.meanSquaredError,
  optimizer: Optimizer.momentum(tooHigh),
  data,
  seed: 3,
  epochs: 4,
  batch: 10,
} as const
const rewind = { factor, times: 3 }

type Event = TrainEvent<Params.Params, Params.Params>
type Left = Checkpoint.Checkpoint<Params.Params, Params.Params, ReturnType<typeof config.optimizer.init>>

const wasm = Wasm.layer({ threads: 1 })

const collect = <P, S, O, R = never>(run: Train.Config<P, S, O, R>) =>
  Train.run(run).pipe(Stream.runCollect, Effect.provide(wasm))

const bytes = (tree: unknown): string =>
  Params.leaves(tree)
    .map((leaf) => {
      const { data: numbers } = Tensor.read(leaf)
      return Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength).toString("hex")
    })
    .join(" ")

const finished = (events: ReadonlyArray<Event>): Extract<Event, { readonly _tag: "Finished" }> => {
  const last = events.at(-1)
  if (last?._tag !== "Finished") throw new Error(`the run ended with ${last?._tag}`)
  return last
}

/** Runs until `stopAt` says so of an event, is interrupted there, and returns the checkpoint that it leaves. */
const interrupted = (
  run: Train.Config<Params.Params, Params.Params, ReturnType<typeof config.optimizer.init>>,
  stopAt: (event: Event) => boolean,
) =>
  Effect.gen(function* () {
    let left: Left | undefined
    const saving = {
      save: (kind: "best" | "last", checkpoint: Left) =>
        Effect.sync(() => {
          if (kind === "last") left = checkpoint
          return { directory: "" }
        }),
    }
    yield* Train.run({ ...run, saving }).pipe(
      Stream.runForEach((event) => (stopAt(event) ? Effect.interrupt : Effect.void)),
      Effect.provide(wasm),
      Effect.exit,
    )
    return left ?? assert.fail("nothing was saved")
  })

describe("rewind", () => {
  it.effect("continues from the last good epoch as a run with the lower rate would have begun", () =>
    Effect.gen(function* () {
      const events = yield* collect({ ...config, rewind })
      const back = events.flatMap((event) => (event._tag === "Rewound" ? [event] : []))
      assert.deepStrictEqual(
        back.map(({ epoch, factor, times, to }) => ({ epoch, factor, times, to })),
        [{ epoch: 1, factor, times: 1, to: { epoch: 0, step: 0 } }],
      )
      assert.isFalse(Number.isFinite(back[0]?.value))
      const lower = finished(yield* collect({ ...config, optimizer: Optimizer.momentum(tooHigh * factor) }))
      assert.deepStrictEqual(bytes(finished(events).params), bytes(lower.params))
      assert.deepStrictEqual(finished(events).history, lower.history)
    }),
  )

  it.effect("goes back as often as it may, and then fails as every run does", () =>
    Effect.gen(function* () {
      const seen: Array<Event> = []
      const error = yield* Train.run({ ...config, rewind: { factor: 0.999, times: 2 } }).pipe(
        Stream.runForEach((event) => Effect.sync(() => seen.push(event))),
        Effect.provide(wasm),
        Effect.flip,
      )
      assert.instanceOf(error, NonFinite)
      const back = seen.flatMap((event) => (event._tag === "Rewound" ? [event] : []))
      assert.deepStrictEqual(
        back.map(({ times }) => times),
        [1, 2],
      )
      assert.closeTo(back[1]?.factor ?? 0, 0.999 ** 2, 1e-12)
    }),
  )

  /** A rate that rises until the run diverges in its third epoch: there is something to go back to. */
  const rising = {
    ...config,
    epochs: 6,
    rewind: { factor: 2 ** -12, times: 5 },
    optimizer: Optimizer.momentum((step: Tensor.Tensor) => Tensor.mul(Tensor.pow(4, Tensor.cast(step, "f32")), 1e-3)),
  }

  it.effect("has the same bits however often it is interrupted and resumed, before it goes back and after", () =>
    Effect.gen(function* () {
      const events = yield* collect(rising)
      const whole = finished(events)
      const back = events.flatMap((event) => (event._tag === "Rewound" ? [event] : []))
      assert.isAbove(back[0]?.to.epoch ?? 0, 0)
      const stops: ReadonlyArray<(event: Event) => boolean> = [
        (event) => event._tag === "Stepped" && event.step >= (back[0]?.to.step ?? 0) + 1,
        (event) => event._tag === "Rewound",
        (event) => event._tag === "EpochScored" && event.epoch === (back[0]?.to.epoch ?? 0) + 1,
      ]
      for (const stopAt of stops) {
        const last = yield* interrupted(rising as never, stopAt)
        const resumed = finished(yield* collect({ ...rising, resume: { last } } as typeof rising))
        assert.deepStrictEqual(bytes(resumed.params), bytes(whole.params))
        assert.deepStrictEqual(resumed.history, whole.history)
      }
    }),
  )

  it.effect("is kept in the files of a checkpoint", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const directory = `${yield* fs.makeTempDirectoryScoped()}/last`
      const last = yield* interrupted({ ...config, rewind } as never, (event) => event._tag === "Rewound")
      assert.strictEqual(last.progress.rewinds, 1)
      yield* Checkpoint.save(directory, last)
      assert.deepStrictEqual((yield* Checkpoint.load(directory, last.state)).progress, last.progress)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
  )

  it.effect("works with a plateau, whose factor it multiplies", () =>
    Effect.gen(function* () {
      const plateau = { monitor: "train.loss", mode: "min", minDelta: 1e9, factor: 0.5, patience: 1 } as const
      const { history } = finished(yield* collect({ ...config, rewind, plateau }))
      const rate = tooHigh * factor
      assert.deepStrictEqual(
        history.map(({ learningRate }) => learningRate / rate),
        [1, 1, 0.5, 0.25],
      )
    }),
  )

  it.effect("is one of loops too", () =>
    Effect.gen(function* () {
      const loop = (rate: number) =>
        Loop.minimize({
          params: { w: Tensor.scalar(3) },
          optimizer: Optimizer.sgd(rate),
          data: { x: data.inputs },
          loss: ({ w }, { x }) => Tensor.mean(Tensor.square(Tensor.mul(Tensor.sub(Tensor.mul(w, x), x), 1e10))),
          seed: 1,
          epochs: 3,
          batch: 60,
          rewind: { factor: 2 ** -140, times: 1 },
        })
      const events = yield* Loop.run(loop(2 ** 70)).pipe(Stream.runCollect, Effect.provide(wasm))
      assert.isTrue(events.some(({ _tag }) => _tag === "Rewound"))
      assert.strictEqual(events.at(-1)?._tag, "Finished")
    }),
  )

  it.effect("is refused out of its bounds, and without a rate", () =>
    Effect.gen(function* () {
      const refused = (run: Partial<typeof config> & { readonly rewind: { readonly factor: number; readonly times: number } }) =>
        collect({ ...config, ...run } as typeof config).pipe(Effect.flip, Effect.map(String))
      assert.match(yield* refused({ rewind: { factor: 1, times: 1 } }), /rewind\.factor/)
      assert.match(yield* refused({ rewind: { factor: 0.5, times: 0 } }), /rewind\.times/)
      assert.match(yield* refused({ rewind, optimizer: Optimizer.scale(-0.1) as never }), /learning rate in its state/)
    }),
  )
})

describe("watch", () => {
  const calm = { ...config, optimizer: Optimizer.momentum(0.01), epochs: 6 }

  it.effect("reports the layers after the epochs that are due, and changes no bit", () =>
    Effect.gen(function* () {
      const plain = finished(yield* collect(calm))
      const events = yield* collect({ ...calm, watch: Watch.layers({ steps: 12 }) })
      assert.deepStrictEqual(bytes(finished(events).params), bytes(plain.params))
      assert.deepStrictEqual(finished(events).history, plain.history)
      const seen = events.flatMap((event) => (event._tag === "LayersMeasured" ? [event] : []))
      assert.deepStrictEqual(
        seen.map(({ epoch, step }) => [epoch, step]),
        [
          [1, 6],
          [2, 12],
          [4, 24],
          [6, 36],
        ],
      )
      assert.deepStrictEqual(
        seen[0]?.layers.map(({ layer }) => layer),
        ["dense1", "dropout1", "dense2"],
      )
    }),
  )

  it.effect("says the same after a resume", () =>
    Effect.gen(function* () {
      const watched = { ...calm, watch: Watch.layers({ steps: 12 }) }
      const events = yield* collect(watched)
      const last = yield* interrupted(watched as never, (event) => event._tag === "EpochScored" && event.epoch === 3)
      const resumed = yield* collect({ ...watched, resume: { last } } as typeof watched)
      const after = (all: ReadonlyArray<Event>) => all.filter((event) => event._tag === "LayersMeasured" && event.epoch > 3)
      assert.deepStrictEqual(after(resumed), after(events))
    }),
  )

  const first = (of: typeof calm & { readonly watch: Watch.LayerWatch }) =>
    Train.run(of).pipe(
      Stream.filter((event) => event._tag === "LayersMeasured" || event._tag === "LayersSkipped"),
      Stream.runHead,
      Effect.provide(Wasm.layer({ threads: 1 })),
    )

  it.effect("at its usual interval measures no run that is too short for it, and says so once", () =>
    Effect.gen(function* () {
      const events = yield* collect({ ...calm, watch: Watch.layers() })
      assert.deepStrictEqual(
        events.flatMap((event) => (event._tag === "LayersMeasured" || event._tag === "LayersSkipped" ? [event] : [])),
        [{ _tag: "LayersSkipped", steps: 36 }],
      )
      assert.deepStrictEqual(bytes(finished(events).params), bytes(finished(yield* collect(calm)).params))
    }),
  )

  it.effect("at its usual interval measures a long run from the first epoch on", () =>
    Effect.gen(function* () {
      const event = Option.getOrThrow(yield* first({ ...calm, epochs: 1e6, watch: Watch.layers() }))
      assert.strictEqual(event._tag, "LayersMeasured")
      assert.strictEqual(event._tag === "LayersMeasured" && event.epoch, 1)
    }),
  )

  it.effect("refuses options that do not exist or are out of range, and what is no value of Watch.layers", () =>
    Effect.gen(function* () {
      const problem = (watch: unknown) =>
        Effect.map(Effect.flip(collect({ ...calm, watch: watch as Watch.LayerWatch })), ({ message }) => message)
      assert.match(yield* problem(Watch.layers({ every: 0 })), /watch\.every/)
      assert.match(yield* problem(Watch.layers({ steps: 1.5 })), /watch\.steps/)
      assert.match(yield* problem(Watch.layers({ evry: 2 } as never)), /watch\.evry.*every/s)
      assert.match(yield* problem({ steps: 12 }), /watch.*Watch\.layers/s)
    }),
  )

  test("takes at most 5 % of a run by its estimate", () => {
    const program = (units: number) =>
      Compile.program(
        (x: Tensor.Tensor, w: Tensor.Tensor) => Tensor.sigmoid(Tensor.matmul(x, w)),
        Tensor.zeros([32, units]),
        Tensor.zeros([units, units]),
      ).program
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 600 }), fc.integer({ min: 1, max: 1_000_000 }), (units, steps) => {
        const every = Watch.pace(program(units), steps)
        if (every === undefined) return
        const { compilation, measurement, step } = Watch.estimate(program(units))
        expect(every).toBeGreaterThanOrEqual(500)
        expect(compilation + measurement * (1 + Math.floor(steps / every))).toBeLessThanOrEqual(0.05 * steps * step)
        // A longer run is measured as often, and wider layers, whose steps take longer, not less often.
        expect(Watch.pace(program(units), steps + 1)).toBe(every)
        expect(Watch.pace(program(units + 1), steps)).toBeLessThanOrEqual(every)
      }),
    )
    expect(Watch.pace(program(8), 10)).toBe(undefined)
  })

  test("is due after the first epoch, and when an epoch crosses a multiple of its steps", () => {
    const usual = { steps: 500 }
    expect(Watch.isDue(usual, { epoch: 1, before: 0, step: 4 })).toBe(true)
    expect(Watch.isDue(usual, { epoch: 2, before: 4, step: 8 })).toBe(false)
    expect(Watch.isDue(usual, { epoch: 25, before: 480, step: 499 })).toBe(false)
    expect(Watch.isDue(usual, { epoch: 25, before: 480, step: 500 })).toBe(true)
    expect(Watch.isDue({ every: 2, ...usual }, { epoch: 25, before: 480, step: 500 })).toBe(false)
    expect(Watch.isDue({ every: 2, ...usual }, { epoch: 4, before: 900, step: 1200 })).toBe(true)
  })
})
