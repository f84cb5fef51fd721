/** The measured networks in jax-js. Passing an array consumes it; `.ref` keeps it for another use. */
import type { Array as JaxArray } from "@jax-js/jax"
import type { Weights } from "../inputs.ts"
import { type Activation, type Layer, type LayerOf, type Network, parameterShapes } from "../network.ts"

export type Jax = typeof import("@jax-js/jax")

/** The shape that a layer's parameter has here: channels are first, also in what is added to images. */
const shapeHere = (layer: Layer, shape: ReadonlyArray<number>): ReadonlyArray<number> => {
  if (layer.kind === "batchNorm") return [1, layer.channels, 1, 1]
  if (layer.kind !== "conv") return shape
  return shape.length === 1 ? [1, layer.to, 1, 1] : [layer.to, layer.from, layer.size, layer.size]
}

/** The parameters of all layers, one after the other. */
export const parametersOf = ({ numpy: np }: Jax, weights: ReadonlyArray<Weights>, { layers }: Network): ReadonlyArray<JaxArray> =>
  layers.flatMap((layer, i) =>
    Object.entries(parameterShapes(layer)).map(([name, shape]) =>
      np.array(weights[i]?.[name] ?? new Float32Array()).reshape(shapeHere(layer, shape)),
    ),
  )

type Apply<L> = (jax: Jax, layer: L, x: JaxArray, parameter: (name: string) => JaxArray) => JaxArray

/** x · W + b over the last axis. */
const dense = ({ numpy: np }: Jax, x: JaxArray, w: JaxArray, b: JaxArray): JaxArray => {
  const { shape } = x
  if (shape.length === 2) return np.matmul(x, w).add(b)
  const y = np.matmul(x.reshape([-1, shape.at(-1) ?? 1]), w).add(b)
  return y.reshape([...shape.slice(0, -1), -1])
}

const layerNorm = ({ nn }: Jax, x: JaxArray, gamma: JaxArray, beta: JaxArray): JaxArray =>
  nn.standardize(x, -1).mul(gamma).add(beta)

const attention: Apply<LayerOf<"transformer">> = (jax, { heads, units }, x, parameter) => {
  const [batch = 0, time = 0] = x.shape
  const split = (name: string, from: JaxArray): JaxArray =>
    dense(jax, from, parameter(`attention.w${name}`), parameter(`attention.b${name}`)).reshape([
      batch,
      time,
      heads,
      units / heads,
    ])
  const mixed = jax.nn.dotProductAttention(split("q", x.ref), split("k", x.ref), split("v", x), { isCausal: true })
  return dense(jax, mixed.reshape([batch, time, units]), parameter("attention.wo"), parameter("attention.bo"))
}

/** Batch normalization leaves out the running statistics, which no loss needs. */
const applies: { readonly [K in Layer["kind"]]: Apply<LayerOf<K>> } = {
  dense: (jax, { activation, image, rows }, x, parameter) => {
    const activations: { readonly [A in Activation]: (x: JaxArray) => JaxArray } = {
      identity: (y) => y,
      relu: jax.nn.relu,
      sigmoid: jax.nn.sigmoid,
    }
    const flat = image === undefined ? x : x.reshape([x.shape[0] ?? 0, rows])
    return activations[activation](dense(jax, flat, parameter("w"), parameter("b")))
  },
  conv: ({ lax, nn }, { bias, pad }, x, parameter) => {
    const y = lax.convGeneralDilated(x, parameter("w"), [1, 1], pad === "same" ? "SAME" : "VALID")
    return bias ? nn.relu(y.add(parameter("b"))) : y
  },
  batchNorm: ({ nn }, _, x, parameter) => nn.relu(nn.standardize(x, [0, 2, 3]).mul(parameter("gamma")).add(parameter("beta"))),
  pool: ({ lax, numpy: np }, { size }, x) => lax.reduceWindow(x, np.max, [size, size], [size, size]),
  embedding: ({ numpy: np }, _, x, parameter) => np.take(parameter("w"), x, 0),
  positions: (_, __, x, parameter) => x.add(parameter("w")),
  transformer: (jax, layer, x, parameter) => {
    const normalized = layerNorm(jax, x.ref, parameter("norm1.gamma"), parameter("norm1.beta"))
    const attended = x.add(attention(jax, layer, normalized, parameter))
    const again = layerNorm(jax, attended.ref, parameter("norm2.gamma"), parameter("norm2.beta"))
    const hidden = jax.nn.gelu(dense(jax, again, parameter("dense1.w"), parameter("dense1.b")), { approximate: false })
    return attended.add(dense(jax, hidden, parameter("dense2.w"), parameter("dense2.b")))
  },
  layerNorm: (jax, _, x, parameter) => layerNorm(jax, x, parameter("gamma"), parameter("beta")),
  lstm: (jax, { units }, x, parameter) => {
    const { nn, numpy: np } = jax
    const [batch = 0, time = 0] = x.shape
    const sums = dense(jax, x, parameter("wx"), parameter("b"))
    const wh = parameter("wh")
    let [h, c] = [np.zeros([batch, units]), np.zeros([batch, units])]
    for (let t = 0; t < time; t++) {
      const gates = sums.ref.slice([], t).add(np.matmul(h, wh.ref))
      const [i, f, g, o] = np.split(gates, 4, 1) as [JaxArray, JaxArray, JaxArray, JaxArray]
      c = nn
        .sigmoid(f)
        .mul(c)
        .add(nn.sigmoid(i).mul(np.tanh(g)))
      h = nn.sigmoid(o).mul(np.tanh(c.ref))
    }
    for (const used of [sums, wh, c]) used.dispose()
    return h
  },
  mean: (_, __, x) => x.mean(1),
}

/** The output of a network. Layers take their parameters by name, each once. */
export const forward = (jax: Jax, { layers }: Network, parameters: ReadonlyArray<JaxArray>, input: JaxArray) => {
  let next = 0
  return layers.reduce((x, layer) => {
    const own = new Map(Object.keys(parameterShapes(layer)).map((name) => [name, parameters[next++]]))
    return (applies[layer.kind] as Apply<Layer>)(jax, layer, x, (name) => {
      const found = own.get(name)
      if (found === undefined) throw new Error(`${layer.kind} has no parameter ${name}`)
      return found
    })
  }, input)
}
