/** TensorFlow.js with the backend that the request names: `wasm`, or `cpu`, which is plain JavaScript. */
import type { Tensor } from "@tensorflow/tfjs"
import { type Given, shapeOf, type Weights } from "../inputs.ts"
import { type Activation, classes, features, learning, type Network } from "../network.ts"
import type { TaskOf } from "../protocol.ts"
import { type Job, repeated, serve } from "./serve.ts"

type TensorFlow = typeof import("@tensorflow/tfjs")

type Parameters = ReadonlyArray<{ readonly w: Tensor; readonly b: Tensor }>

const parametersOf = (tf: TensorFlow, weights: ReadonlyArray<Weights>, network: Network): Parameters =>
  learning(network).map((layer, i) => {
    const { b, w } = weights[i] ?? { b: new Float32Array(), w: new Float32Array() }
    return { w: tf.variable(tf.tensor(w, shapeOf(layer))), b: tf.variable(tf.tensor(b, [b.length])) }
  })

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

const forward = (tf: TensorFlow, { layers }: Network, parameters: Parameters, input: Tensor): Tensor => {
  let next = 0
  return layers.reduce((x, layer) => {
    if (layer.kind === "pool") return tf.maxPool(x, layer.size, layer.size, "valid")
    const { b: bias, w } = parameters[next++] as Parameters[number]
    if (layer.kind === "conv") return tf.fused.conv2d({ x, filter: w, strides: 1, pad: layer.pad, bias, activation: "relu" })
    const a = layer.image === undefined ? x : tf.reshape(x, [x.shape[0] ?? 0, layer.rows])
    return tf.fused.matMul({ a, b: w, bias, activation: activations[layer.activation] })
  }, input)
}

const adam = (tf: TensorFlow) => tf.train.adam(0.001, 0.9, 0.999, 1e-8)

const train = (tf: TensorFlow, { batch, network }: TaskOf<"train">, given: Given<"train">): Job => {
  const parameters = parametersOf(tf, given.weights, network)
  const x = tf.tensor(given.x, [batch, ...network.input])
  const target = tf.oneHot(tf.tensor(given.labels, [batch], "int32"), classes(network))
  const optimizer = adam(tf)
  return repeated(() => {
    const cost = optimizer.minimize(() => tf.losses.softmaxCrossEntropy(target, forward(tf, network, parameters, x)), true)
    const value = cost.dataSync()
    cost.dispose()
    return value
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
    for (const { b, w } of parameters) tf.dispose([w, b])
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
