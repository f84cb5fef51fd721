/** TensorFlow.js with the backend that the request names: `wasm`, or `cpu`, which is plain JavaScript. */
import type { Tensor } from "@tensorflow/tfjs"
import { readFloats, readImages, readIntegers, readWeights, shapeOf } from "../inputs.ts"
import { type Activation, classes, features, learning, type Network } from "../network.ts"
import type { TaskOf } from "../protocol.ts"
import { type Job, repeated, serve } from "./serve.ts"

type TensorFlow = typeof import("@tensorflow/tfjs")

type Parameters = ReadonlyArray<{ readonly w: Tensor; readonly b: Tensor }>

const parametersOf = (tf: TensorFlow, folder: string, network: Network): Parameters => {
  const weights = readWeights(folder, network)
  return learning(network).map((layer, i) => {
    const { b, w } = weights[i] ?? { b: new Float32Array(), w: new Float32Array() }
    return { w: tf.variable(tf.tensor(w, shapeOf(layer))), b: tf.variable(tf.tensor(b, [b.length])) }
  })
}

/** What the fused product calls them. */
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

const train = (tf: TensorFlow, { batch, network }: TaskOf<"train">, folder: string): Job => {
  const parameters = parametersOf(tf, folder, network)
  const x = tf.tensor(readFloats(folder, "x"), [batch, ...network.input])
  const target = tf.oneHot(tf.tensor(readIntegers(folder, "labels"), [batch], "int32"), classes(network))
  const optimizer = adam(tf)
  return repeated(() => {
    const cost = optimizer.minimize(() => tf.losses.softmaxCrossEntropy(target, forward(tf, network, parameters, x)), true)
    const value = cost.dataSync()
    cost.dispose()
    return value
  })
}

const epoch = (tf: TensorFlow, { batch, network, rows }: TaskOf<"epoch">, folder: string): Job => {
  const images = tf.tensor(readImages(folder), [rows, features(network)])
  const labels = tf.tensor(readIntegers(folder, "labels"), [rows], "int32")
  return repeated(() => {
    const parameters = parametersOf(tf, folder, network)
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

const infer = (tf: TensorFlow, { batch, network, rows }: TaskOf<"infer">, folder: string): Job => {
  const width = features(network)
  const images = readImages(folder)
  const parameters = parametersOf(tf, folder, network)
  const probabilities = new Float32Array(rows * classes(network))
  return repeated(() => {
    for (let at = 0; at < rows; at += batch) {
      const y = tf.tidy(() => {
        const x = tf.tensor(images.subarray(at * width, (at + batch) * width), [batch, width])
        return tf.softmax(forward(tf, network, parameters, x))
      })
      probabilities.set(y.dataSync(), at * classes(network))
      y.dispose()
    }
    return probabilities
  })
}

/** y = f(), again and again, to where y is there; it is read only when it is asked for. */
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
  const array = (folder: string, name: string, shape: ReadonlyArray<number>) => tf.tensor(readFloats(folder, name), shape)
  return {
    version: tf.version.tfjs,
    threads: wasm?.getThreadsCount() ?? 1,
    jobs: {
      product: ({ n }, folder) => {
        const [a, b] = [array(folder, "a", [n, n]), array(folder, "b", [n, n])]
        return mapped(tf, () => tf.matMul(a, b))
      },
      chain: ({ elements }, folder) => {
        const x = array(folder, "x", [elements])
        return mapped(tf, () => {
          const gate = tf.sigmoid(tf.add(tf.mul(x, 1.5), 0.25))
          return tf.log(tf.add(tf.sqrt(tf.exp(tf.sub(tf.tanh(tf.mul(gate, x)), 0.5))), 1))
        })
      },
      softmax: ({ columns, rows }, folder) => {
        const x = array(folder, "x", [rows, columns])
        return mapped(tf, () => tf.softmax(x))
      },
      train: (task, folder) => train(tf, task, folder),
      epoch: (task, folder) => epoch(tf, task, folder),
      infer: (task, folder) => infer(tf, task, folder),
    },
  }
})
