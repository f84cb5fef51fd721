// SELU over fifty layers keeps mean 0 and variance 1 (Klambauer et al., 2017), under its conditions: LeCun's initial weights,
// standardized inputs, alpha dropout, a plain chain of layers. Each of them is broken here.
import { Initializer, Key, Layers, Net, Tensor } from "@adjoint/core"
import { line, type Result, show, shown } from "./experiment.ts"

const [depth, width] = [50, 48]
const x = Key.normal(Key.make(1), [48, width])

interface Setting {
  readonly init?: Layers.InitializerLike
  readonly input?: (x: Tensor.Tensor) => Tensor.Tensor
  readonly after?: Net.Net
  readonly residual?: boolean
}

/** The variance of the outputs of each layer. */
const variances = ({
  after,
  init = Initializer.lecun("normal"),
  input = (z) => z,
  residual = false,
}: Setting): ReadonlyArray<number> => {
  const dense = Layers.dense({ units: width, activation: "selu", init })
  const chain = after === undefined ? dense : Net.sequential([dense, after])
  const layer: Net.Net = residual
    ? Net.graph([
        ["d", { net: chain }],
        ["sum", { join: "add", from: ["input", "d"] }],
      ])
    : chain
  let y: Tensor.Tensor = input(x)
  return Array.from({ length: depth }, (_, i) => {
    const { params, state } = layer.init(Key.fold(Key.make(2), i), [width])
    // Read layer by layer, so that all layers run the same small program.
    const output = layer.apply(params, state, y, { mode: "train", key: Key.fold(Key.make(3), i) }).y
    const [next, variance] = Tensor.readAll([output, Tensor.variance(output)])
    y = next ?? y
    return variance?.data[0] ?? Number.NaN
  })
}

export const experiment = async () => {
  const all = {
    "all conditions": variances({}),
    he_normal: variances({ init: Initializer.he("normal") }),
    "normal(0.01)": variances({ init: Initializer.normal(0.01) }),
    "inputs × 10 + 5, unscaled": variances({ input: (z) => Tensor.add(Tensor.mul(z, 10), 5) }),
    dropout: variances({ after: Layers.dropout(0.2) }),
    "alpha dropout": variances({ after: Layers.alphaDropout(0.2) }),
    "residual branches": variances({ residual: true }),
  }
  const last = Object.fromEntries(Object.entries(all).map(([name, each]) => [name, each.at(-1) ?? Number.NaN])) as {
    readonly [N in keyof typeof all]: number
  }
  const first = all["inputs × 10 + 5, unscaled"][0] ?? Number.NaN
  return {
    finding: `variance after ${depth} layers of selu: ${Object.entries(last)
      .map(([name, each]) => `${name} ${shown(each)}`)
      .join(", ")}; unscaled inputs have ${shown(first)} after the first layer`,
    numbers: { last, first },
    figure: {
      title: "The variance of outputs through fifty layers of selu",
      x: "layer",
      y: "variance",
      logY: true,
      // Of the signal that fades only the beginning fits beside the others.
      lines: Object.entries(all).map(([name, each]) =>
        line(
          name,
          each.map((y) => (y < 1e-9 ? 0 : y)),
        ),
      ),
    },
  } satisfies Result
}

if (import.meta.main) await show(experiment)
