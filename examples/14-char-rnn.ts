// A recurrent net learns to write, letter by letter. It reads a nursery rhyme and predicts each next letter; then it reads its
// own predictions. Perplexity, e to the loss, is the effective number of letters that it chooses between.
import { readFileSync } from "node:fs"
import { Compile, Dataset, Key, Layers, Loss, NDArray, Net, Optimizer, Tensor, Train, Wasm } from "@adjoint/core"
import { Effect, Result } from "effect"

const text = readFileSync(new URL("data/the-house-that-jack-built.txt", import.meta.url), "utf8")
const letters = [...new Set(text)].sort()
const tokens = [...text].map((letter) => letters.indexOf(letter))

const length = 48
const starts = Array.from({ length: Math.floor((tokens.length - length) / 6) }, (_, i) => 6 * i)

/** Pieces of the text, shifted by some letters: [pieces, length]. */
const pieces = (moved: number) => {
  const rows = starts.map((start) => tokens.slice(start + moved, start + moved + length))
  return Tensor.read(Tensor.make(rows, "i32"))
}

const net = Net.sequential([
  Layers.embedding({ tokens: letters.length, units: 16 }),
  Layers.gru({ units: 64, returnSequences: true }),
  Layers.dense({ units: letters.length }),
])

/** `count` letters that a net generates after a given first one, each drawn with the net's probabilities. */
const sample = Effect.fnUntraced(function* (
  logits: (tokens: Tensor.Tensor) => Tensor.Tensor,
  { count, first, key }: { readonly first: string; readonly count: number; readonly key: Key.Key },
) {
  const tokens = Int32Array.of(letters.indexOf(first), ...new Int32Array(count - 1))
  const read = yield* Compile.compile(logits, NDArray.make("i32", [1, count], tokens))
  for (let i = 1; i < count; i++) {
    const next = yield* read(NDArray.make("i32", [1, count], tokens.slice()))
    tokens[i] = Tensor.toNumber(Key.categorical(Key.fold(key, i), Tensor.at(next, 0, i - 1)))
  }
  return Array.from(tokens, (token) => letters[token]).join("")
})

const program = Effect.gen(function* () {
  const trained = yield* Train.finished({
    net,
    loss: Loss.categoricalCrossEntropy(),
    optimizer: Optimizer.adam(0.01),
    data: Result.getOrThrow(Dataset.make(pieces(0), pieces(1))),
    seed: 17,
    epochs: 12,
    batch: 32,
  })
  const perplexities = trained.history.map(({ train }) => Math.exp(train.loss ?? Number.NaN))
  console.log("epoch     ", ...trained.history.map(({ epoch }) => String(epoch).padStart(5)))
  console.log("perplexity", ...perplexities.map((perplexity) => perplexity.toFixed(2).padStart(5)))
  const logits = (tokens: Tensor.Tensor) => net.apply(trained.params, trained.state, tokens, { mode: "infer" }).y
  console.log(`\n${yield* sample(logits, { first: "T", count: 200, key: Key.make(1) })}`)
})

await Effect.runPromise(program.pipe(Effect.scoped, Effect.provide(Wasm.layer())))

// Prints:
// epoch          1     2     3     4     5     6     7     8     9    10    11    12
// perplexity 11.02  3.20  1.92  1.51  1.34  1.25  1.21  1.17  1.15  1.14  1.12  1.12
//
// This is the rat,
// That ate the malt,
// That lay in the house that Jack built.
//
// This is the rat,
// That ate the malt,
// That lay in the house that Jack built.
//
// This is the rat,
// That ate the malt,
// That lay in
