/** Runs over padded sequences: what a loop gives to any net, it gives to theirs. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { type Checkpoint, Layers, Loss, Net, Optimizer, Score, Sequence, Tensor, Train, Tree, Wasm } from "../src/index.ts"

const wasm = Wasm.layer({ threads: 1 })
const bits = (tree: unknown): ReadonlyArray<unknown> =>
  Tree.entries(tree).map(([path, leaf]) => [Tree.printPath(path), ...Tensor.read(leaf as Tensor.Tensor).data])

const lists = Array.from({ length: 40 }, (_, i) => Array.from({ length: 1 + ((i * 7) % 5) }, (_, t) => 1 + ((i * i + 3 * t) % 6)))
const inputs = Sequence.pad(lists, { dtype: "i32", time: 5 })
const common = { optimizer: Optimizer.adam(0.02), seed: 3, epochs: 4, batch: 16 } as const

const classifier = {
  ...common,
  net: Net.sequential([
    Sequence.each(Layers.embedding({ tokens: 8, units: 4 })),
    Sequence.lstm({ units: 5 }),
    Sequence.last,
    Layers.dropout(0.2),
    Layers.dense({ units: 2 }),
  ]),
  loss: Loss.categoricalCrossEntropy(),
  scores: { accuracy: Score.accuracy },
  data: {
    inputs,
    targets: Tensor.make(
      lists.map((list) => ((list.at(-1) ?? 0) > 3 ? 1 : 0)),
      "i32",
    ),
  },
}

const block = { heads: 2, keyHeads: 1, causal: true, rotary: true, dropout: 0.1 }
const writer = {
  ...common,
  net: Sequence.tied({ tokens: 8, units: 4 }, Sequence.stack([Sequence.transformer(block), Sequence.each(Layers.layerNorm())])),
  loss: Sequence.loss(Loss.categoricalCrossEntropy()),
  scores: { accuracy: Sequence.score(Score.accuracy) },
  data: { inputs, targets: inputs.x },
}

/** A run with its epochs ended at once, and after a stop in the second epoch. */
const endings = <P, S, O, X, Y, T>(config: Train.Config<P, S, O, never, X, Y, T>) =>
  Effect.gen(function* () {
    let left: Checkpoint.Checkpoint<P, S, O> | undefined
    const save = (_: string, checkpoint: Checkpoint.Checkpoint<P, S, O>) =>
      Effect.sync(() => {
        left = checkpoint
        return { directory: "" }
      })
    const events = yield* Train.run({ ...config, saving: { save } }).pipe(
      Stream.takeUntil((event) => event._tag === "Stepped" && event.step >= 4),
      Stream.runCollect,
    )
    if (left === undefined) throw new Error("no checkpoint was left")
    return { events, whole: yield* Train.finished(config), resumed: yield* Train.finished({ ...config, resume: { last: left } }) }
  })

describe("a run over padded sequences", () => {
  it.effect("of a masked LSTM emits events and resumes to the bit", () =>
    Effect.gen(function* () {
      const { events, resumed, whole } = yield* endings(classifier)
      assert.includeMembers(
        [...events].map(({ _tag }) => _tag as string),
        ["Started", "Stepped", "EpochScored"],
      )
      assert.deepStrictEqual(bits(resumed.params), bits(whole.params))
      assert.deepStrictEqual(resumed.history, whole.history)
    }).pipe(Effect.provide(wasm)),
  )

  it.effect("of a transformer with tied weights resumes to the bit, and learns", () =>
    Effect.gen(function* () {
      const { resumed, whole } = yield* endings(writer)
      assert.deepStrictEqual(bits(resumed.params), bits(whole.params))
      assert.isBelow(whole.history.at(-1)?.train.loss ?? 9, whole.history[0]?.train.loss ?? 0)
    }).pipe(Effect.provide(wasm)),
  )

  it.effect("names the layer where a number stops being finite", () =>
    Effect.gen(function* () {
      const { net } = classifier
      const { params, state } = net.init(Tensor.read(Tensor.make([1, 2], "i32")) as never, { x: [5], length: [] })
      const spoilt = Tree.map(params, (leaf) => leaf) as { readonly [layer: string]: { readonly [name: string]: Tensor.Tensor } }
      const start = { ...spoilt, lstm1: { ...spoilt.lstm1, b: Tensor.full([20], Number.NaN) } }
      const error = yield* Effect.flip(Train.finished({ ...classifier, start: { params: start, state } } as never))
      assert.include(String((error as { readonly message: string }).message), "lstm1")
    }).pipe(Effect.provide(wasm)),
  )
})
