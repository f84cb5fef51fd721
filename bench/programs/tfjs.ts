/** The common code of the programs with TensorFlow.js, for any backend. */
import "@tensorflow/tfjs-core/dist/register_all_gradients.js"
import { fused, losses, oneHot, train as optimizers, randomNormal, tensor, variable, zeros } from "@tensorflow/tfjs-core"

export const train = (): void => {
  const x = tensor(Float32Array.of(0, 0, 0, 1, 1, 0, 1, 1), [4, 2])
  const y = oneHot(tensor(Int32Array.of(0, 1, 1, 0), [4], "int32"), 2)
  const [w1, b1] = [variable(randomNormal([2, 8])), variable(zeros([8]))]
  const [w2, b2] = [variable(randomNormal([8, 2])), variable(zeros([2]))]
  const adam = optimizers.adam(0.05)
  for (let epoch = 1; epoch <= 200; epoch++) {
    const cost = adam.minimize(() => {
      const hidden = fused.matMul({ a: x, b: w1, bias: b1, activation: "sigmoid" })
      return losses.softmaxCrossEntropy(y, fused.matMul({ a: hidden, b: w2, bias: b2, activation: "linear" }))
    }, true)
    console.log(epoch, cost.dataSync()[0])
    cost.dispose()
  }
}
