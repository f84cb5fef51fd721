// A transformer learns to write, letter by letter: causal attention with rotary positions, keys and values shared by pairs of
// heads, and one table of vectors for input and output. It writes with the keys and values that it has kept of earlier letters.
import { readFileSync } from "node:fs"
import { Key, Layers, Loss, Optimizer, Sequence, Tensor, Train, Wasm } from "@adjoint/core"
import { Console, Effect } from "effect"

const text = readFileSync(new URL("data/the-house-that-jack-built.txt", import.meta.url), "utf8")
const letters = [...new Set(text)].sort()
const tokens = [...text].map((letter) => letters.indexOf(letter))

const length = 64
const starts = Array.from({ length: Math.floor((tokens.length - length) / 6) }, (_, i) => 6 * i)
const pieces = (moved: number) =>
  Sequence.pad(
    starts.map((start) => tokens.slice(start + moved, start + moved + length)),
    { dtype: "i32" },
  )

const block = { heads: 4, keyHeads: 2, causal: true, rotary: true, dropout: 0 }
const net = Sequence.tied(
  { tokens: letters.length, units: 32 },
  Sequence.stack([Sequence.transformer(block), Sequence.transformer(block), Sequence.each(Layers.layerNorm())]),
)

const program = Effect.gen(function* () {
  const trained = yield* Train.finished({
    net,
    loss: Sequence.loss(Loss.categoricalCrossEntropy()),
    optimizer: Optimizer.adam(0.01),
    data: { inputs: pieces(0), targets: pieces(1).x },
    seed: 17,
    epochs: 7,
    batch: 16,
  })
  const perplexities = trained.history.map(({ train }) =>
    Math.exp(train.loss ?? Number.NaN)
      .toFixed(2)
      .padStart(5),
  )
  yield* Console.log("perplexity", ...perplexities)
  const start = "This is the"
  const prompt = Sequence.pad([Array.from(start, (letter) => letters.indexOf(letter))], { dtype: "i32" })
  const choose = Sequence.draw({ temperature: 0.8, topP: 0.9 })
  const written = Sequence.generate(net, trained, { prompt, count: length - start.length, key: Key.make(1), choose })
  yield* Console.log(`\n${Array.from(Tensor.read(written.x).data, (token) => letters[token]).join("")}`)
})

await Effect.runPromise(program.pipe(Effect.provide(Wasm.layer())))

// Prints:
// perplexity  7.60  2.80  1.72  1.37  1.22  1.16  1.14
//
// This is the man all tattered and torn,
// That kissed the maiden al
