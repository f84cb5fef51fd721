// Why deep nets of sigmoids do not learn. Each layer multiplies the gradient by σ′ ≤ ¼ on the way back; relu′ is 1 for an
// active unit. So with each additional layer, less of the gradient reaches the first one. With a file name it draws the norms.
import { Autodiff, Key, Layers, Loss, Net, Tensor, Toys } from "@adjoint/core"
import { draw, line } from "./experiments/experiment.ts"

const { inputs, targets } = Toys.spirals(Key.make(1), { count: 100 })
const loss = Loss.categoricalCrossEntropy()
const width = 32

/** ‖dL/dW‖ of each layer, from the first to the last, of an untrained net. */
const gradientNorms = (activation: "sigmoid" | "relu", depth: number): ReadonlyArray<number> => {
  const net = Net.sequential({
    hidden: Net.repeat(depth - 1, Layers.dense({ units: width, activation })),
    out: Layers.dense({ units: 2 }),
  })
  const { params, state } = net.init(Key.make(2), [2])
  const cost = (theta: typeof params) => loss(net.apply(theta, state, inputs, { mode: "infer" }).y, targets)
  const { hidden, out } = Autodiff.grad(cost)(params)
  return [...hidden, out].map(({ w }) => Tensor.toNumber(Tensor.sqrt(Tensor.sum(Tensor.square(w)))))
}

const shown = (x: number) => x.toExponential(1).padStart(9)

console.log("first layer's gradient, and its share of the last layer's")
console.log("layers   sigmoid    share      relu    share")
for (const depth of [2, 3, 4, 5, 6, 7, 8, 9, 10]) {
  const columns = (["sigmoid", "relu"] as const).map((activation) => {
    const norms = gradientNorms(activation, depth)
    const [first = 0, last = 1] = [norms[0], norms.at(-1)]
    return `${shown(first)} ${shown(first / last)}`
  })
  console.log(`${String(depth).padStart(6)} ${columns.join(" ")}`)
}

console.log("\nall layers of ten")
console.log(" layer   sigmoid      relu")
const [sigmoid, relu] = [gradientNorms("sigmoid", 10), gradientNorms("relu", 10)]
for (const [i, norm] of sigmoid.entries()) console.log(`${String(i + 1).padStart(6)} ${shown(norm)} ${shown(relu[i] ?? 0)}`)

const share = (norms: ReadonlyArray<number>) => ((norms[0] ?? 0) / (norms.at(-1) ?? 1)).toExponential(1)
console.log(`\nof the last of ten layers' gradient, ${share(sigmoid)} reaches the first of sigmoid, and ${share(relu)} of relu`)
draw({
  title: "The gradient of each of ten layers",
  x: "layer",
  y: "norm",
  logY: true,
  lines: [line("sigmoid", sigmoid), line("relu", relu)],
})

// Prints:
// first layer's gradient, and its share of the last layer's
// layers   sigmoid    share      relu    share
//      2    3.6e-2    9.6e-2    8.6e-2    2.1e-1
//      3    9.2e-3    1.5e-1    3.3e-2    1.5e-1
//      4    1.7e-3    8.5e-3    5.9e-2    2.1e-1
//      5    3.2e-4    6.8e-4    5.0e-2    2.8e-1
//      6    9.8e-5    2.4e-4    1.3e-1    2.2e-1
//      7    2.0e-5    3.6e-5    5.1e-2    1.2e-1
//      8    3.6e-6    6.9e-6    2.3e-1    2.1e-1
//      9    7.9e-7    2.9e-6    4.4e-2    1.8e-1
//     10    1.6e-7    2.2e-6    2.4e-1    1.5e-1
//
// all layers of ten
//  layer   sigmoid      relu
//      1    1.6e-7    2.4e-1
//      2    5.4e-7    1.1e+0
//      3    2.3e-6    1.2e+0
//      4    1.4e-5    1.2e+0
//      5    5.5e-5    9.9e-1
//      6    2.6e-4    9.9e-1
//      7    1.3e-3    1.0e+0
//      8    5.7e-3    1.3e+0
//      9    2.4e-2    1.3e+0
//     10    7.0e-2    1.6e+0
//
// of the last of ten layers' gradient, 2.2e-6 reaches the first of sigmoid, and 1.5e-1 of relu
