/** jax-js on its WebAssembly device, the whole training step under one `jit`. It has no optimizers of its own: Adam is written out. */
import { readFileSync } from "node:fs"
import type { Array as JaxArray } from "@jax-js/jax"
import { readFloats, readTraining, type Training } from "../inputs.ts"
import { type Job, serve } from "./serve.ts"

type Jax = typeof import("@jax-js/jax")

/** It does not export its version. */
const installedVersion = (): string =>
  JSON.parse(readFileSync(new URL("../node_modules/@jax-js/jax/package.json", import.meta.url), "utf8")).version

/** What an array stands for is used up where it is passed; `.ref` says that it is needed once more. */
const trainingStep = ({ jit, nn, numpy: np, valueAndGrad }: Jax, { classes, labels, layers, x }: Training): Job => {
  const [rate, beta1, beta2, epsilon] = [0.001, 0.9, 0.999, 1e-8]

  const loss = (params: ReadonlyArray<JaxArray>, batch: JaxArray, target: JaxArray): JaxArray => {
    let y = batch
    for (let i = 0; i < layers.length; i++) {
      const [w, b] = [params[2 * i], params[2 * i + 1]]
      if (w === undefined || b === undefined) break
      y = np.matmul(y, w).add(b)
      if (i < layers.length - 1) y = nn.relu(y)
    }
    return nn.logSoftmax(y, -1).mul(target).sum(-1).mean().mul(-1)
  }

  interface Moments {
    readonly mu: JaxArray
    readonly nu: JaxArray
  }

  /** β₁ᵗ and β₂ᵗ are kept in the state, so that one compiled step serves every t. */
  const step = jit(
    (
      params: ReadonlyArray<JaxArray>,
      moments: ReadonlyArray<Moments>,
      powers: readonly [JaxArray, JaxArray],
      batch: JaxArray,
      target: JaxArray,
    ) => {
      const [value, grads] = valueAndGrad(loss)(
        params.map((p) => p.ref),
        batch,
        target,
      )
      const [power1, power2] = [powers[0].mul(beta1), powers[1].mul(beta2)]
      const correct1 = np.subtract(1, power1.ref)
      const correct2 = np.subtract(1, power2.ref)
      const next = params.map((p, i) => {
        const g = grads[i] as JaxArray
        const { mu: oldMu, nu: oldNu } = moments[i] as Moments
        const mu = oldMu.mul(beta1).add(g.ref.mul(1 - beta1))
        const nu = oldNu.mul(beta2).add(g.ref.mul(g).mul(1 - beta2))
        const muHat = mu.ref.div(correct1.ref)
        const nuHat = nu.ref.div(correct2.ref)
        return { p: p.sub(muHat.div(np.sqrt(nuHat).add(epsilon)).mul(rate)), mu, nu }
      })
      correct1.dispose()
      correct2.dispose()
      return {
        value,
        params: next.map(({ p }) => p),
        moments: next.map(({ mu, nu }) => ({ mu, nu })),
        powers: [power1, power2] as const,
      }
    },
  )

  const batch = np.array(x).reshape([labels.length, x.length / labels.length])
  const target = nn.oneHot(np.array(labels), classes)
  let params: ReadonlyArray<JaxArray> = layers.flatMap(({ b, columns, rows, w }) => [
    np.array(w).reshape([rows, columns]),
    np.array(b),
  ])
  let moments: ReadonlyArray<Moments> = params.map(({ shape }) => ({ mu: np.zeros(shape), nu: np.zeros(shape) }))
  let powers: readonly [JaxArray, JaxArray] = [np.array(1), np.array(1)]
  return () => {
    const next = step(params, moments, powers, batch.ref, target.ref)
    params = next.params
    moments = next.moments
    powers = next.powers
    return next.value.data()
  }
}

await serve(async () => {
  const jax = await import("@jax-js/jax")
  await jax.init("wasm")
  jax.defaultDevice("wasm")
  return {
    version: installedVersion(),
    // It makes threads of the browser's `Worker` only, which Node does not have.
    threads: 1,
    jobs: {
      adam: (task, folder) => trainingStep(jax, readTraining(folder, task)),
      matmul: ({ n }, folder) => {
        const matrix = (name: string) => jax.numpy.array(readFloats(folder, name)).reshape([n, n])
        const [a, b] = [matrix("a"), matrix("b")]
        const multiply = jax.jit((x: JaxArray, y: JaxArray) => jax.numpy.matmul(x, y))
        return () => multiply(a.ref, b.ref).data()
      },
    },
  }
})
