// The effect of initial weights on a signal. It passes ten untrained layers: with small weights it fades to 0, with large ones
// tanh saturates at ±1, and the right size for tanh is too small for relu, which keeps only half of the signal: He's variance
// 2 / fan_in is Xavier's twice. With a file name it draws the deviations.
import { Initializer, Key, Layers, Net, Tensor } from "@adjoint/core"
import { draw, line } from "./experiments/experiment.ts"

const depth = 10
const width = 128
const x = Key.normal(Key.make(1), [width, width])

/** The output of each layer for x. */
const activations = (activation: "tanh" | "relu", init: Layers.InitializerLike): ReadonlyArray<Tensor.Tensor> => {
  const net = Net.repeat(depth, Layers.dense({ units: width, activation, init }))
  const { params, state } = net.init(Key.make(2), [width])
  const seen: Array<Tensor.Tensor> = []
  net.apply(params, state, x, { mode: "infer", observe: (_, y) => seen.push(y) })
  return Tensor.readAll(seen)
}

const deviation = (y: Tensor.Tensor): number => Tensor.toNumber(Tensor.sqrt(Tensor.variance(y)))

/** A histogram of numbers from -1 to 1 with 21 bars; the tallest is the most frequent. */
const histogram = (y: Tensor.Tensor): string => {
  const counts = new Map<number, number>()
  for (const bin of Tensor.read(Tensor.floor(Tensor.mul(Tensor.add(y, 1.05), 10))).data)
    counts.set(bin, (counts.get(bin) ?? 0) + 1)
  const height = (bin: number) => Math.ceil((8 * (counts.get(bin) ?? 0)) / Math.max(...counts.values()))
  return Array.from({ length: 21 }, (_, bin) => " ▁▂▃▄▅▆▇█"[height(bin)]).join("")
}

const experiments = (
  [
    ["tanh", "normal 0.01", Initializer.normal(0.01)],
    ["tanh", "normal 1", Initializer.normal(1)],
    ["tanh", "xavier_normal", Initializer.xavier("normal")],
    ["relu", "xavier_normal", Initializer.xavier("normal")],
    ["relu", "he_normal", Initializer.he("normal")],
  ] as const
).map(([activation, name, init]) => ({ name: `${activation}, ${name}`, layers: activations(activation, init) }))

const shown = (x: number) => (x < 0.005 ? x.toExponential(0) : x.toFixed(2)).padStart(5)

console.log("standard deviation after layer")
console.log("".padEnd(19), ...Array.from({ length: depth }, (_, i) => String(i + 1).padStart(5)))
for (const { layers, name } of experiments) console.log(name.padEnd(19), ...layers.map((y) => shown(deviation(y))))

const drawn = [1, 2, 4, 10]
console.log("\nfrom -1 to 1 after layer")
console.log("".padEnd(19), ...drawn.map((layer) => String(layer).padEnd(23)))
for (const { layers, name } of experiments.slice(0, 3))
  console.log(name.padEnd(19), ...layers.filter((_, i) => drawn.includes(i + 1)).map((y) => `|${histogram(y)}|`))

const last = experiments.map(({ layers, name }) => `${name} ${shown(deviation(layers.at(-1) ?? x)).trim()}`)
console.log(`\nafter ten layers: ${last.join("; ")}`)
draw({
  title: "The standard deviation of outputs through ten layers",
  x: "layer",
  y: "standard deviation",
  logY: true,
  lines: experiments.map(({ layers, name }) => line(name, layers.map(deviation))),
})

// Prints:
// standard deviation after layer
//                         1     2     3     4     5     6     7     8     9    10
// tanh, normal 0.01    0.11  0.01  1e-3  2e-4  2e-5  2e-6  2e-7  3e-8  3e-9 3e-10
// tanh, normal 1       0.96  0.96  0.96  0.96  0.96  0.96  0.96  0.96  0.96  0.96
// tanh, xavier_normal  0.63  0.49  0.41  0.35  0.32  0.29  0.27  0.25  0.24  0.23
// relu, xavier_normal  0.58  0.42  0.27  0.17  0.12  0.09  0.07  0.04  0.03  0.02
// relu, he_normal      0.82  0.84  0.76  0.68  0.68  0.74  0.76  0.67  0.63  0.51
//
// from -1 to 1 after layer
//                     1                       2                       4                       10
// tanh, normal 0.01   |      ▁▁▂▆█▆▂▁▁      | |         ▁█          | |          █          | |          █          |
// tanh, normal 1      |█▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁█| |█▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁█| |█▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁█| |█▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁█|
// tanh, xavier_normal |▄█▇▇▆▆▅▅▅▅▅▅▅▅▅▆▆▆▇█▄| |▁▃▅▆▇█▇████████▇▇▇▅▃▁| | ▁▁▂▃▄▆▇█████▇▆▅▃▂▁▁ | |  ▁▁▁▁▂▄▆███▆▄▂▁▁▁▁  |
//
// after ten layers: tanh, normal 0.01 3e-10; tanh, normal 1 0.96; tanh, xavier_normal 0.23; relu, xavier_normal 0.02; relu, he_normal 0.51
