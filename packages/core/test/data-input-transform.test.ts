/** Rows that stay bytes: the net that prepares them makes of them what it makes of rows prepared beforehand, to the bit. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Result, Stream } from "effect"
import {
  Engine,
  Evaluate,
  InputTransform,
  Key,
  Layers,
  Loss,
  NDArray,
  Net,
  Optimizer,
  Params,
  Preprocess,
  Score,
  Table,
  Tensor,
  Train,
  Wasm,
} from "../src/index.ts"

const ok = <A, E>(result: Result.Result<A, E>): A => Result.getOrThrow(result)

const rows = 70
const pixels = NDArray.make(
  "u8",
  [rows, 3, 3, 2],
  Uint8Array.from({ length: rows * 18 }, (_, i) => (i * 7919) % 256),
)
const labels = NDArray.make(
  "u8",
  [rows],
  Uint8Array.from({ length: rows }, (_, i) => i % 3),
)
const raw = { inputs: pixels, targets: labels }

const specs = {
  "between 0 and 1": {},
  "up to another white": { scale: { max: 16 } },
  "as they are": { scale: "none" },
  "standardised by channel": { normalize: "auto" },
  "centred by channel": { normalize: "center" },
  "less the mean image": { normalize: "mean_image" },
} as const

const bare = Net.sequential({ flat: Layers.flatten, out: Layers.dense({ units: 3, activation: "tanh" }) })

const bits = (tree: unknown): ReadonlyArray<number> =>
  Params.leaves(tree).flatMap((leaf) => {
    const { data } = Tensor.read(leaf)
    return [...new Uint8Array(data.buffer, data.byteOffset, data.byteLength)]
  })

describe("bytes that a net prepares", () => {
  for (const [name, options] of Object.entries(specs))
    it.effect(`give the same predictions and the same weights as floats prepared beforehand: ${name}`, () =>
      Effect.gen(function* () {
        const fitted = ok(Preprocess.fit({ image: { size: [3, 3], channels: 2, ...options } }, raw))
        const floats = ok(Preprocess.dataset(fitted, raw))
        const bytes = ok(InputTransform.dataset(fitted, raw))
        const net = InputTransform.net(fitted.input, bare)
        assert.strictEqual(bytes.inputs.dtype, "u8")
        assert.deepStrictEqual(bytes.inputs.shape, floats.inputs.shape)
        assert.deepStrictEqual(bytes.classes, floats.classes)
        assert.deepStrictEqual(ok(InputTransform.numbers(fitted.input, bytes.inputs)), floats.inputs)

        const { params, state } = bare.init(Key.make(1), [3, 3, 2])
        const weights = { params, state }
        const expected = yield* Evaluate.predict(bare, weights, floats.inputs)
        assert.deepStrictEqual(bits([yield* Evaluate.predict(net, weights, bytes.inputs)]), bits([expected]))
        assert.deepStrictEqual(bits([yield* Evaluate.predict(net, weights, floats.inputs)]), bits([expected]))

        const trained = (net_: typeof net, data: typeof bytes) =>
          Train.run({
            net: net_,
            data,
            validation: data,
            loss: Loss.categoricalCrossEntropy(),
            optimizer: Optimizer.adam(0.01),
            scores: { accuracy: Score.accuracy },
            seed: 2,
            epochs: 2,
            batch: 16,
          }).pipe(
            Stream.filter((event) => event._tag === "Finished"),
            Stream.runCollect,
            Effect.map(([last]) => ({ weights: bits(last?.params), history: last?.history })),
          )
        assert.deepStrictEqual(yield* trained(net, bytes), yield* trained(bare, floats))
      }).pipe(Effect.provide(Wasm.layer({ threads: 1 }))),
    )

  it.effect("leave what the net says of itself as it is", () =>
    Effect.sync(() => {
      const fitted = ok(Preprocess.fit({ image: { size: [3, 3], channels: 2 } }, raw))
      const net = InputTransform.net(fitted.input, bare)
      assert.deepStrictEqual(Net.describe(net, [3, 3, 2]), Net.describe(bare, [3, 3, 2]))
      assert.deepStrictEqual(bits(net.init(Key.make(1), [3, 3, 2])), bits(bare.init(Key.make(1), [3, 3, 2])))
    }),
  )

  it.effect("are refused where samples have another size; a table is prepared at once", () =>
    Effect.sync(() => {
      const fitted = ok(Preprocess.fit({ image: { size: [3, 3], channels: 2 } }, raw))
      const other = InputTransform.inputs(fitted, { inputs: NDArray.make("u8", [1, 4], new Uint8Array(4)) })
      assert.strictEqual(
        Result.isFailure(other) ? other.failure.message : "",
        "a sample has the shape [4]; wanted [3, 3, 2], as in training",
      )
      const table = Table.make(
        ["a", "b"],
        [
          ["1", "0"],
          ["3", "1"],
        ],
      )
      const columns = { a: { type: "number", scale: "minmax" }, b: { type: "class" } } as const
      const record = ok(Preprocess.fit({ columns }, table))
      assert.deepStrictEqual(ok(InputTransform.dataset(record, table)), ok(Preprocess.dataset(record, table)))
      assert.strictEqual(InputTransform.net(record.input, bare), bare)
    }),
  )

  it.effect("agree with floats on Reference to what rounding them beforehand comes to", () =>
    Effect.gen(function* () {
      const fitted = ok(Preprocess.fit({ image: { size: [3, 3], channels: 2 } }, raw))
      const { params, state } = bare.init(Key.make(1), [3, 3, 2])
      const of = (inputs: NDArray.NDArray) => Evaluate.predict(InputTransform.net(fitted.input, bare), { params, state }, inputs)
      const [bytes, floats] = [yield* of(pixels), yield* of(ok(Preprocess.inputs(fitted, raw)))]
      for (const [i, x] of bytes.data.entries()) assert.closeTo(x, floats.data[i] ?? Number.NaN, 1e-6)
    }).pipe(Effect.provide(Engine.layerReference)),
  )
})
