/** A minimal program that trains with jax-js: exclusive or. */
import { defaultDevice, init, type Array as JaxArray, jit, nn, numpy as np, random, valueAndGrad } from "@jax-js/jax"

await init("wasm")
defaultDevice("wasm")

const x = np.array(Float32Array.of(0, 0, 0, 1, 1, 0, 1, 1)).reshape([4, 2])
const y = nn.oneHot(np.array(Int32Array.of(0, 1, 1, 0)), 2)

type Parameters = ReadonlyArray<JaxArray>

const loss = ([w1, b1, w2, b2]: Parameters, input: JaxArray, target: JaxArray): JaxArray => {
  const hidden = np.tanh(np.matmul(input, w1 as JaxArray).add(b1 as JaxArray))
  const logits = np.matmul(hidden, w2 as JaxArray).add(b2 as JaxArray)
  return nn.logSoftmax(logits, -1).mul(target).sum(-1).mean().mul(-1)
}

const step = jit((parameters: Parameters, input: JaxArray, target: JaxArray) => {
  const [value, grads] = valueAndGrad(loss)(
    parameters.map((p) => p.ref),
    input,
    target,
  )
  return { value, parameters: parameters.map((p, i) => p.sub((grads[i] as JaxArray).mul(0.5))) }
})

const [key1, key2] = [random.key(1), random.key(2)]
let parameters: Parameters = [random.normal(key1, [2, 8]), np.zeros([8]), random.normal(key2, [8, 2]), np.zeros([2])]
for (let epoch = 1; epoch <= 200; epoch++) {
  const made = step(parameters, x.ref, y.ref)
  parameters = made.parameters
  console.log(epoch, (await made.value.data())[0])
}
