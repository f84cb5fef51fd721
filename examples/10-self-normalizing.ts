// Self-normalizing networks (Klambauer et al., 2017). Mean 0 and variance 1 are a fixed point of selu with weights of variance
// 1 / fan_in: other means and variances move towards it from layer to layer. With other activations they move away from it, and
// of the two kinds of dropout only alpha_dropout keeps it.
import { Key, Layers, Net, Tensor } from "@adjoint/core"

const width = 96

/** Sixteen dense layers, each followed by the layers in `after`. */
const stack = (activation: "selu" | "tanh" | "relu", ...after: ReadonlyArray<Net.Net>) =>
  Net.repeat(16, Net.sequential([Layers.dense({ units: width, activation, init: "lecun_normal" }), ...after]))

/** Mean and variance of the output of each of the sixteen for x. */
const moments = (net: Net.Net, x: Tensor.Tensor) => {
  const { params, state } = net.init(Key.make(2), [width])
  const seen: Array<readonly [mean: number, variance: number]> = []
  const observe: Net.Observe = (layer, y) => {
    // Layers inside one of the sixteen have names like `3.dense1`.
    if (!layer.includes(".")) seen.push([Tensor.toNumber(Tensor.mean(y)), Tensor.toNumber(Tensor.variance(y))])
  }
  net.apply(params, state, x, { mode: "train", key: Key.make(3), observe })
  return seen
}

const standard = Key.normal(Key.make(1), [width, width])
const elsewhere = Tensor.add(Tensor.mul(standard, 1.5), 0.5)

const experiments = [
  ["selu", moments(stack("selu"), standard)],
  ["selu, from 0.5 and 2.25", moments(stack("selu"), elsewhere)],
  ["selu, alpha_dropout", moments(stack("selu", Layers.alphaDropout(0.1)), standard)],
  ["selu, dropout", moments(stack("selu", Layers.dropout(0.1)), standard)],
  ["tanh", moments(stack("tanh"), standard)],
  ["relu", moments(stack("relu"), standard)],
] as const

// Adding 0 turns -0 into 0.
const shown = (x: number) => (Math.round(100 * x) / 100 + 0).toFixed(2).padStart(6)

const layers = [1, 2, 4, 8, 16]
console.log("mean and variance after layer")
console.log("".padEnd(23), ...layers.map((layer) => String(layer).padStart(13)))
for (const [name, after] of experiments) {
  const shownLayers = after.filter((_, i) => layers.includes(i + 1))
  console.log(name.padEnd(23), ...shownLayers.map(([mean, variance]) => `${shown(mean)} ${shown(variance)}`))
}

// Prints:
// mean and variance after layer
//                                     1             2             4             8            16
// selu                      0.00   0.99  -0.02   0.99  -0.01   0.97  -0.01   0.99   0.01   1.08
// selu, from 0.5 and 2.25   0.13   2.04   0.06   1.77   0.04   1.37  -0.01   1.11  -0.02   1.02
// selu, alpha_dropout      -0.01   1.00  -0.01   0.98   0.01   0.99   0.00   1.02  -0.01   1.03
// selu, dropout             0.00   1.08  -0.01   1.19   0.01   1.31   0.03   1.55   0.08   1.65
// tanh                      0.00   0.39  -0.01   0.24   0.00   0.12   0.00   0.06   0.00   0.04
// relu                      0.39   0.34   0.28   0.17   0.14   0.04   0.03   0.00   0.00   0.00
