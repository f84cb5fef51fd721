/** TensorFlow.js with the backend that the request names: `wasm`, or `cpu`, which is plain JavaScript. */
import type { Tensor, Variable } from "@tensorflow/tfjs"
import type { Given, Weights } from "../inputs.ts"
import {
  type Activation,
  answers,
  classes,
  features,
  type Layer,
  type LayerOf,
  type Network,
  parameterShapes,
} from "../network.ts"
import type { TaskOf } from "../protocol.ts"
import { type Job, repeated, serve } from "./serve.ts"

type TensorFlow = typeof import("@tensorflow/tfjs")

/** The variables of each layer by name. */
type Parameters = ReadonlyArray<Readonly<Record<string, Variable>>>

const parametersOf = (tf: TensorFlow, weights: ReadonlyArray<Weights>, { layers }: Network): Parameters =>
  layers.map((layer, i) =>
    Object.fromEntries(
      Object.entries(parameterShapes(layer)).map(([name, shape]) => [
        name,
        tf.variable(tf.tensor(weights[i]?.[name] ?? new Float32Array(), shape)),
      ]),
    ),
  )

/** The numbers of y = f(); all tensors are disposed of. */
const readOut = (tf: TensorFlow, f: () => Tensor): Float32Array => {
  const y = tf.tidy(f)
  const numbers = y.dataSync()
  y.dispose()
  return numbers
}

/** Their names in the fused product. */
const activations: { readonly [A in Activation]: "linear" | "relu" | "sigmoid" } = {
  identity: "linear",
  relu: "relu",
  sigmoid: "sigmoid",
}

type Apply<L> = (tf: TensorFlow, layer: L, x: Tensor, parameter: (name: string) => Tensor) => Tensor

const dense = (
  tf: TensorFlow,
  x: Tensor,
  w: Tensor,
  bias: Tensor,
  activation: "linear" | "relu" | "sigmoid" = "linear",
): Tensor => {
  const [rows = 0, columns = 0] = w.shape
  const y = tf.fused.matMul({ a: tf.reshape(x, [-1, rows]), b: w, bias, activation })
  return x.shape.length === 2 ? y : tf.reshape(y, [...x.shape.slice(0, -1), columns])
}

const layerNorm = (tf: TensorFlow, x: Tensor, gamma: Tensor, beta: Tensor): Tensor => {
  const { mean, variance } = tf.moments(x, -1, true)
  return tf.add(tf.mul(tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, 1e-5))), gamma), beta)
}

const gelu = (tf: TensorFlow, x: Tensor): Tensor => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1))

const attention: Apply<LayerOf<"transformer">> = (tf, { heads, units }, x, parameter) => {
  const [batch = 0, time = 0] = x.shape
  const split = (name: string): Tensor => {
    const y = dense(tf, x, parameter(`attention.w${name}`), parameter(`attention.b${name}`))
    return tf.transpose(tf.reshape(y, [batch, time, heads, units / heads]), [0, 2, 1, 3])
  }
  const scores = tf.mul(tf.matMul(split("q"), split("k"), false, true), 1 / Math.sqrt(units / heads))
  const later = tf.tensor(
    Float32Array.from({ length: time * time }, (_, i) => (i % time > Math.floor(i / time) ? Number.NEGATIVE_INFINITY : 0)),
    [time, time],
  )
  const mixed = tf.transpose(tf.matMul(tf.softmax(tf.add(scores, later)), split("v")), [0, 2, 1, 3])
  return dense(tf, tf.reshape(mixed, [batch, time, units]), parameter("attention.wo"), parameter("attention.bo"))
}

/** Batch normalization leaves out the running statistics, which no loss needs. */
const applies: { readonly [K in Layer["kind"]]: Apply<LayerOf<K>> } = {
  dense: (tf, { activation, image, rows }, x, parameter) =>
    dense(tf, image === undefined ? x : tf.reshape(x, [-1, rows]), parameter("w"), parameter("b"), activations[activation]),
  conv: (tf, { bias, pad }, x, parameter) =>
    bias
      ? tf.fused.conv2d({ x, filter: parameter("w"), strides: 1, pad, bias: parameter("b"), activation: "relu" })
      : tf.conv2d(x, parameter("w"), 1, pad),
  batchNorm: (tf, _, x, parameter) => {
    const { mean, variance } = tf.moments(x, [0, 1, 2])
    return tf.relu(tf.batchNorm(x, mean, variance, parameter("beta"), parameter("gamma"), 1e-5))
  },
  pool: (tf, { size }, x) => tf.maxPool(x, size, size, "valid"),
  embedding: (tf, _, x, parameter) => tf.gather(parameter("w"), x),
  positions: (tf, _, x, parameter) => tf.add(x, parameter("w")),
  transformer: (tf, layer, x, parameter) => {
    const attended = tf.add(
      x,
      attention(tf, layer, layerNorm(tf, x, parameter("norm1.gamma"), parameter("norm1.beta")), parameter),
    )
    const normalized = layerNorm(tf, attended, parameter("norm2.gamma"), parameter("norm2.beta"))
    const hidden = gelu(tf, dense(tf, normalized, parameter("dense1.w"), parameter("dense1.b")))
    return tf.add(attended, dense(tf, hidden, parameter("dense2.w"), parameter("dense2.b")))
  },
  layerNorm: (tf, _, x, parameter) => layerNorm(tf, x, parameter("gamma"), parameter("beta")),
  lstm: (tf, { units }, x, parameter) => {
    const [batch = 0] = x.shape
    let h = tf.zeros([batch, units])
    let c = h
    for (const sums of tf.unstack(dense(tf, x, parameter("wx"), parameter("b")), 1)) {
      const [i, f, g, o] = tf.split(tf.add(sums, tf.matMul(h, parameter("wh"))), 4, 1) as [Tensor, Tensor, Tensor, Tensor]
      c = tf.add(tf.mul(tf.sigmoid(f), c), tf.mul(tf.sigmoid(i), tf.tanh(g)))
      h = tf.mul(tf.sigmoid(o), tf.tanh(c))
    }
    return h
  },
  mean: (tf, _, x) => tf.mean(x, 1),
}

const forward = (tf: TensorFlow, { layers }: Network, parameters: Parameters, input: Tensor): Tensor =>
  layers.reduce(
    (x, layer, i) =>
      (applies[layer.kind] as Apply<Layer>)(tf, layer, x, (name) => {
        const found = parameters[i]?.[name]
        if (found === undefined) throw new Error(`${layer.kind} has no parameter ${name}`)
        return found
      }),
    input,
  )

const adam = (tf: TensorFlow) => tf.train.adam(0.001, 0.9, 0.999, 1e-8)

const train = (tf: TensorFlow, { batch, loss, network, optimizer: name }: TaskOf<"train">, given: Given<"train">): Job => {
  const parameters = parametersOf(tf, given.weights, network)
  const x = tf.tensor(given.x, [batch, ...network.input], given.x instanceof Int32Array ? "int32" : "float32")
  const rows = batch * answers(network)
  const target = tf.oneHot(tf.tensor(given.labels, [rows], "int32"), classes(network))
  const costs: { readonly [L in typeof loss]: (y: Tensor) => Tensor } = {
    classes: (y) => tf.losses.softmaxCrossEntropy(target, tf.reshape(y, [rows, classes(network)])),
    reconstruction: (y) => tf.losses.meanSquaredError(x, y),
  }
  const optimizer = adam(tf)
  const matrices = parameters.flatMap((layer) => Object.values(layer)).filter(({ shape }) => shape.length > 1)
  return repeated(() => {
    const { grads, value } = tf.variableGrads(() => costs[loss](forward(tf, network, parameters, x)))
    // It has no AdamW; the gradients are those of the weights before the decay.
    if (name === "adamw") for (const w of matrices) tf.tidy(() => w.assign(tf.mul(w, 1 - 0.001 * 0.01)))
    optimizer.applyGradients(grads)
    tf.dispose(grads)
    const numbers = value.dataSync()
    value.dispose()
    return numbers
  })
}

const epoch = (tf: TensorFlow, { batch, network, rows }: TaskOf<"epoch">, given: Given<"epoch">): Job => {
  const images = tf.tensor(given.images, [rows, features(network)])
  const labels = tf.tensor(given.labels, [rows], "int32")
  return repeated(() => {
    const parameters = parametersOf(tf, given.weights, network)
    const optimizer = adam(tf)
    const order = Int32Array.from(tf.util.createShuffledIndices(rows))
    let [loss, right] = [0, 0]
    for (let at = 0; at < rows; at += batch) {
      const [some, hits] = tf.tidy(() => {
        const chosen = tf.tensor(order.subarray(at, at + batch), [Math.min(batch, rows - at)], "int32")
        const [x, y] = [tf.gather(images, chosen), tf.gather(labels, chosen)]
        let logits: Tensor = x
        const cost = optimizer.minimize(() => {
          logits = tf.keep(forward(tf, network, parameters, x))
          return tf.losses.softmaxCrossEntropy(tf.oneHot(y, classes(network)), logits)
        }, true)
        const sum = tf.sum(tf.cast(tf.equal(tf.argMax(logits, -1), y), "int32"))
        const found = [(cost.dataSync()[0] ?? Number.NaN) * (chosen.shape[0] ?? 0), sum.dataSync()[0] ?? Number.NaN] as const
        logits.dispose()
        return found
      })
      loss += some
      right += hits
    }
    optimizer.dispose()
    for (const layer of parameters) tf.dispose(Object.values(layer))
    return [loss / rows, right / rows]
  })
}

const infer = (tf: TensorFlow, { batch, network, rows }: TaskOf<"infer">, { images, weights }: Given<"infer">): Job => {
  const width = features(network)
  const parameters = parametersOf(tf, weights, network)
  const probabilities = new Float32Array(rows * classes(network))
  return repeated(() => {
    for (let at = 0; at < rows; at += batch) {
      const some = readOut(tf, () => {
        const x = tf.tensor(images.subarray(at * width, (at + batch) * width), [batch, width])
        return tf.softmax(forward(tf, network, parameters, x))
      })
      probabilities.set(some, at * classes(network))
    }
    return probabilities
  })
}

const expressions = (tf: TensorFlow, { count }: TaskOf<"expressions">, { a, b, x }: Given<"expressions">): Job => {
  const matrix = (numbers: Float32Array, i: number): Tensor => tf.tensor(numbers.subarray(i * 4, (i + 1) * 4), [2, 2])
  const expression = (i: number): Tensor => {
    const sum = tf.sum(tf.matMul(matrix(a, i), matrix(b, i)))
    return tf.add(sum, tf.mean(tf.tanh(tf.tensor(x.subarray(i * 3, (i + 1) * 3), [3]))))
  }
  return repeated(() => Float32Array.from({ length: count }, (_, i) => readOut(tf, () => expression(i))[0] ?? Number.NaN))
}

/** Repeats y = f() until y is computed; it is read only for `results`. */
const mapped = (tf: TensorFlow, f: () => Tensor): Job => {
  let y: Tensor | undefined
  return {
    run: (times) => {
      for (let i = 0; i < times; i++) {
        y?.dispose()
        y = tf.tidy(f)
      }
    },
    result: () => y?.dataSync() ?? [],
  }
}

await serve(async ({ backend }) => {
  const tf = await import("@tensorflow/tfjs")
  const wasm = backend === "wasm" ? await import("@tensorflow/tfjs-backend-wasm") : undefined
  if (!(await tf.setBackend(backend))) throw new Error(`its ${backend} backend does not start`)
  const chain = (x: Tensor): Tensor => {
    const gate = tf.sigmoid(tf.add(tf.mul(x, 1.5), 0.25))
    return tf.log(tf.add(tf.sqrt(tf.exp(tf.sub(tf.tanh(tf.mul(gate, x)), 0.5))), 1))
  }
  return {
    version: tf.version.tfjs,
    threads: wasm?.getThreadsCount() ?? 1,
    jobs: {
      product: ({ n, read }, given) => {
        const operands = () => [tf.tensor(given.a, [n, n]), tf.tensor(given.b, [n, n])] as const
        if (read) return repeated(() => readOut(tf, () => tf.matMul(...operands())))
        const [a, b] = operands()
        return mapped(tf, () => tf.matMul(a, b))
      },
      chain: ({ elements, read }, given) => {
        if (read) return repeated(() => readOut(tf, () => chain(tf.tensor(given.x, [elements]))))
        const x = tf.tensor(given.x, [elements])
        return mapped(tf, () => chain(x))
      },
      softmax: ({ columns, rows }, given) => {
        const x = tf.tensor(given.x, [rows, columns])
        return mapped(tf, () => tf.softmax(x))
      },
      expressions: (task, given) => expressions(tf, task, given),
      train: (task, given) => train(tf, task, given),
      epoch: (task, given) => epoch(tf, task, given),
      infer: (task, given) => infer(tf, task, given),
    },
  }
})
