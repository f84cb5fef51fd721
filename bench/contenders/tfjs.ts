/** TensorFlow.js with the backend that the request names: `wasm`, or `cpu`, which is plain JavaScript. */
import { readFloats, readTraining, type Training } from "../inputs.ts"
import { type Job, serve } from "./serve.ts"

type TensorFlow = typeof import("@tensorflow/tfjs")

const trainingStep = (tf: TensorFlow, { classes, labels, layers, x }: Training): Job => {
  const params = layers.map(({ b, columns, rows, w }) => ({
    w: tf.variable(tf.tensor2d(w, [rows, columns])),
    b: tf.variable(tf.tensor1d(b)),
  }))
  const batch = tf.tensor2d(x, [labels.length, x.length / labels.length])
  const target = tf.oneHot(tf.tensor1d(labels, "int32"), classes)
  const adam = tf.train.adam(0.001, 0.9, 0.999, 1e-8)
  const loss = () => {
    const logits = params.reduce(
      (a, { b: bias, w: b }, i) => tf.fused.matMul({ a, b, bias, activation: i < params.length - 1 ? "relu" : "linear" }),
      batch,
    )
    return tf.losses.softmaxCrossEntropy(target, logits)
  }
  return () => {
    const cost = adam.minimize(loss, true)
    const value = cost.dataSync()
    cost.dispose()
    return value
  }
}

await serve(async ({ backend }) => {
  const tf = await import("@tensorflow/tfjs")
  const wasm = backend === "wasm" ? await import("@tensorflow/tfjs-backend-wasm") : undefined
  if (!(await tf.setBackend(backend))) throw new Error(`its ${backend} backend does not start`)
  return {
    version: tf.version.tfjs,
    threads: wasm?.getThreadsCount() ?? 1,
    jobs: {
      adam: (task, folder) => trainingStep(tf, readTraining(folder, task)),
      matmul: ({ n }, folder) => {
        const matrix = (name: string) => tf.tensor2d(readFloats(folder, name), [n, n])
        const [a, b] = [matrix("a"), matrix("b")]
        return () => {
          const product = tf.matMul(a, b)
          const values = product.dataSync()
          product.dispose()
          return values
        }
      },
    },
  }
})
