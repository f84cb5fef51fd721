/** jax-js on its WebAssembly device, each task under one `jit`, except reads outside a program. It has no optimizers, so Adam is written out. */
import type { Array as JaxArray } from "@jax-js/jax"
import type { Given, Weights } from "../inputs.ts"
import { classes, features, type Network } from "../network.ts"
import type { TaskOf } from "../protocol.ts"
import { channelsFirst } from "./channelsFirst.ts"
import { installedVersion } from "./installedVersion.ts"
import { forward, type Jax, parametersOf } from "./jaxLayers.ts"
import { type Job, repeated, serve } from "./serve.ts"

/** A batch of inputs: images have their channels before their height and width. */
const inputsOf = ({ numpy: np }: Jax, { batch, network }: TaskOf<"train">, x: Float32Array | Int32Array): JaxArray => {
  const given = np.array(x).reshape([batch, ...network.input])
  return network.input.length === 3 ? given.transpose([0, 3, 1, 2]) : given
}

interface Moments {
  readonly mu: JaxArray
  readonly nu: JaxArray
}

/** The state of a training step. It includes β₁ᵗ and β₂ᵗ, so that one compiled step works for every t. */
interface State {
  readonly parameters: ReadonlyArray<JaxArray>
  readonly moments: ReadonlyArray<Moments>
  readonly powers: readonly [JaxArray, JaxArray]
}

const initial = (jax: Jax, weights: ReadonlyArray<Weights>, network: Network): State => {
  const { numpy: np } = jax
  const parameters = parametersOf(jax, weights, network)
  return {
    parameters,
    moments: parameters.map(({ shape }) => ({ mu: np.zeros(shape), nu: np.zeros(shape) })),
    powers: [np.array(1), np.array(1)],
  }
}

type Step = Pick<TaskOf<"train">, "loss" | "network" | "optimizer">

/** A compiled step; returns the state, the loss and the number of right answers in the batch. */
const compiledStep = (jax: Jax, { loss: of, network, optimizer }: Step) => {
  const { jit, nn, numpy: np, valueAndGrad } = jax
  const [rate, beta1, beta2, epsilon, decay] = [0.001, 0.9, 0.999, 1e-8, 0.01]

  const losses: { readonly [L in Step["loss"]]: (y: JaxArray, x: JaxArray, labels: JaxArray) => readonly [JaxArray, JaxArray] } =
    {
      classes: (y, x, labels) => {
        x.dispose()
        const logits = y.reshape([-1, classes(network)])
        const right = np.equal(np.argmax(logits.ref, -1), labels.ref).astype(np.float32).sum()
        const each = nn.logSoftmax(logits, -1).mul(nn.oneHot(labels, classes(network)))
        return [each.sum(-1).mean().mul(-1), right]
      },
      reconstruction: (y, x, labels) => {
        labels.dispose()
        return [np.square(y.sub(x)).mean(), np.array(0)]
      },
    }
  const loss = (parameters: ReadonlyArray<JaxArray>, x: JaxArray, labels: JaxArray) =>
    losses[of](forward(jax, network, parameters, x.ref), x, labels)

  return jit(({ moments, parameters, powers }: State, x: JaxArray, labels: JaxArray) => {
    const [[value, right], grads] = valueAndGrad(loss, { hasAux: true })(
      parameters.map((p) => p.ref),
      x,
      labels,
    )
    const [power1, power2] = [powers[0].mul(beta1), powers[1].mul(beta2)]
    const correct1 = np.subtract(1, power1.ref)
    const correct2 = np.subtract(1, power2.ref)
    const next = parameters.map((p, i) => {
      const g = grads[i] as JaxArray
      const { mu: oldMu, nu: oldNu } = moments[i] as Moments
      const mu = oldMu.mul(beta1).add(g.ref.mul(1 - beta1))
      const nu = oldNu.mul(beta2).add(g.ref.mul(g).mul(1 - beta2))
      const muHat = mu.ref.div(correct1.ref)
      const nuHat = nu.ref.div(correct2.ref)
      const isDecayed = optimizer === "adamw" && p.shape.length > 1
      const decayed = isDecayed ? p.mul(1 - rate * decay) : p
      return { p: decayed.sub(muHat.div(np.sqrt(nuHat).add(epsilon)).mul(rate)), mu, nu }
    })
    correct1.dispose()
    correct2.dispose()
    const state: State = {
      parameters: next.map(({ p }) => p),
      moments: next.map(({ mu, nu }) => ({ mu, nu })),
      powers: [power1, power2],
    }
    return { value, right, state }
  })
}

const train = (jax: Jax, task: TaskOf<"train">, given: Given<"train">): Job => {
  const { numpy: np } = jax
  const { network } = task
  const step = compiledStep(jax, task)
  const x = inputsOf(jax, task, given.x)
  const labels = np.array(given.labels)
  let now = initial(jax, given.weights, network)
  return repeated(() => {
    const { right, state, value } = step(now, x.ref, labels.ref)
    right.dispose()
    now = state
    return value.data()
  })
}

/** The numbers below n in random order (Fisher and Yates). */
const shuffled = (n: number): Int32Array => {
  const order = Int32Array.from({ length: n }, (_, i) => i)
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1))
    const [a = 0, b = 0] = [order[i], order[j]]
    order[i] = b
    order[j] = a
  }
  return order
}

const epoch = (jax: Jax, { batch, network, rows }: TaskOf<"epoch">, { images, labels, weights }: Given<"epoch">): Job => {
  const { numpy: np } = jax
  const width = features(network)
  const step = compiledStep(jax, { network, loss: "classes", optimizer: "adam" })
  const once = async (): Promise<ReadonlyArray<number>> => {
    let now = initial(jax, weights, network)
    let [loss, right] = [0, 0]
    const order = shuffled(rows)
    for (let at = 0; at < rows; at += batch) {
      const chosen = order.subarray(at, at + batch)
      const x = new Float32Array(chosen.length * width)
      chosen.forEach((row, i) => {
        x.set(images.subarray(row * width, (row + 1) * width), i * width)
      })
      const made = step(now, np.array(x).reshape([chosen.length, width]), np.array(chosen.map((row) => labels[row] ?? 0)))
      now = made.state
      loss += ((await made.value.data())[0] ?? Number.NaN) * chosen.length
      right += (await made.right.data())[0] ?? Number.NaN
    }
    const { moments, parameters, powers } = now
    for (const used of [...parameters, ...moments.flatMap(({ mu, nu }) => [mu, nu]), ...powers]) used.dispose()
    return [loss / rows, right / rows]
  }
  return repeated(once)
}

const infer = (jax: Jax, { batch, network, rows }: TaskOf<"infer">, { images, weights }: Given<"infer">): Job => {
  const { jit, nn, numpy: np } = jax
  const width = features(network)
  const parameters = parametersOf(jax, weights, network)
  const classify = jit((at: ReadonlyArray<JaxArray>, x: JaxArray) => nn.softmax(forward(jax, network, at, x), -1))
  const probabilities = new Float32Array(rows * classes(network))
  return repeated(async () => {
    for (let at = 0; at < rows; at += batch) {
      const x = np.array(images.subarray(at * width, (at + batch) * width)).reshape([batch, width])
      const y = classify(
        parameters.map((p) => p.ref),
        x,
      )
      probabilities.set(await y.data(), at * classes(network))
    }
    return probabilities
  })
}

const expressions = ({ numpy: np }: Jax, { count }: TaskOf<"expressions">, { a, b, x }: Given<"expressions">): Job => {
  const results = new Float32Array(count)
  const matrix = (numbers: Float32Array, i: number): JaxArray => np.array(numbers.subarray(i * 4, (i + 1) * 4)).reshape([2, 2])
  return repeated(async () => {
    for (let i = 0; i < count; i++) {
      const sum = np.matmul(matrix(a, i), matrix(b, i)).sum()
      const mean = np.tanh(np.array(x.subarray(i * 3, (i + 1) * 3))).mean()
      results.set(await sum.add(mean).data(), i)
    }
    return results
  })
}

/** Repeats y = f(...x) until y is computed; it is read only for `results`. */
const mapped = (f: (...x: ReadonlyArray<JaxArray>) => JaxArray, ...x: ReadonlyArray<JaxArray>): Job => {
  let y: JaxArray | undefined
  return {
    run: async (times) => {
      for (let i = 0; i < times; i++) {
        y?.dispose()
        y = f(...x.map((each) => each.ref))
        await y.blockUntilReady()
      }
    },
    result: () => y?.ref.data() ?? [],
  }
}

await serve(async () => {
  const jax = await import("@jax-js/jax")
  const { jit, nn, numpy: np } = jax
  await jax.init("wasm")
  jax.defaultDevice("wasm")
  const array = (shape: ReadonlyArray<number>, numbers: Float32Array) => np.array(numbers).reshape(shape)
  const chain = (x: JaxArray): JaxArray => {
    const gate = nn.sigmoid(x.ref.mul(1.5).add(0.25))
    return np.log(np.sqrt(np.exp(np.tanh(gate.mul(x)).sub(0.5))).add(1))
  }
  return {
    // It does not export its version.
    version: installedVersion("@jax-js/jax"),
    // It uses only the browser's `Worker` for threads, which Node lacks.
    threads: 1,
    arrange: channelsFirst,
    jobs: {
      product: ({ n, read }, { a, b }) =>
        read
          ? repeated(() => np.matmul(array([n, n], a), array([n, n], b)).data())
          : mapped(
              jit((x, y) => np.matmul(x as JaxArray, y as JaxArray)),
              array([n, n], a),
              array([n, n], b),
            ),
      chain: ({ read }, { x }) =>
        read
          ? repeated(() => chain(np.array(x)).data())
          : mapped(
              jit((at) => chain(at as JaxArray)),
              np.array(x),
            ),
      softmax: ({ columns, rows }, { x }) =>
        mapped(
          jit((at) => nn.softmax(at as JaxArray, -1)),
          array([rows, columns], x),
        ),
      expressions: (task, given) => expressions(jax, task, given),
      train: (task, given) => train(jax, task, given),
      epoch: (task, given) => epoch(jax, task, given),
      infer: (task, given) => infer(jax, task, given),
    },
  }
})
