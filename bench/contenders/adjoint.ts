/** Ours, through the public interface, with the engine that the request names. */
import { Autodiff, Compile, Engine, Key, Layers, Loss, NDArray, Net, Optimizer, type Params, Tensor, Wasm } from "@adjoint/core"
import manifest from "@adjoint/core/package.json" with { type: "json" }
import { Effect, ManagedRuntime, Scope } from "effect"
import { readFloats, readTraining, type Training } from "../inputs.ts"
import { serve } from "./serve.ts"

const engines = { wasm: (threads: number) => Wasm.layer({ threads }), reference: () => Engine.reference }

const loss = Loss.categoricalCrossEntropy()
const adam = Optimizer.adam(0.001)

const netOf = ({ layers }: Training): Net.Net =>
  Net.sequential(
    layers.map(({ columns: units }, i) => Layers.dense({ units, activation: i < layers.length - 1 ? "relu" : "identity" })),
  )

const paramsOf = ({ layers }: Training): Params.Params =>
  Object.fromEntries(
    layers.map(({ b, columns, rows, w }, i) => [
      `dense${i + 1}`,
      { w: NDArray.make("f32", [rows, columns], w), b: NDArray.make("f32", [columns], b) },
    ]),
  )

interface State {
  readonly params: Params.Params
  readonly optimizer: ReturnType<typeof adam.init>
}

interface Batch {
  readonly x: Tensor.Tensor
  readonly y: Tensor.Tensor
}

/** The next step of a training whose state stays with the engine: its loss. */
const trainingStep = (training: Training) => {
  const net = netOf(training)
  const params = paramsOf(training)
  const features = training.x.length / training.labels.length
  const { state } = net.init(Key.make(0), [features])
  const batch: Batch = {
    x: NDArray.make("f32", [training.labels.length, features], training.x),
    y: NDArray.make("i32", [training.labels.length], training.labels),
  }
  const advance = (now: State, { x, y }: Batch) => {
    const lossOf = (at: Params.Params) => loss(net.apply(at, state, x, { mode: "train", key: Key.make(0) }).y, y)
    const { grad, value } = Autodiff.valueAndGrad(lossOf)(now.params)
    const { state: optimizer, updates } = adam.update(grad, now.optimizer, now.params)
    return { state: { params: Optimizer.apply(now.params, updates), optimizer }, output: value }
  }
  return Effect.map(Compile.step(advance, { params, optimizer: adam.init(params) }), (step) =>
    Effect.map(step.run([batch]), (losses) => losses.map(Tensor.toNumber)),
  )
}

const matrixProduct = (n: number, folder: string) => {
  const matrix = (name: string) => NDArray.make("f32", [n, n], readFloats(folder, name))
  const [a, b] = [matrix("a"), matrix("b")]
  const product = (x: Tensor.Tensor, y: Tensor.Tensor): Tensor.Tensor => Tensor.matmul(x, y)
  return Effect.map(Compile.compile(product, a, b), (multiply) => Effect.map(multiply(a, b), (made) => Tensor.read(made).data))
}

await serve(async ({ backend, threads: wanted }) => {
  const runtime = ManagedRuntime.make(engines[backend as keyof typeof engines](wanted))
  const scope = Scope.makeUnsafe()
  const { name, numerics, threads } = await runtime.runPromise(Engine.Engine)
  // What is compiled lives as long as this process.
  const prepared = <A, E1, E2>(job: Effect.Effect<Effect.Effect<A, E1>, E2, Engine.Engine | Scope.Scope>) =>
    runtime.runPromise(Effect.provideService(job, Scope.Scope, scope)).then((once) => () => Effect.runPromise(once))
  return {
    version: `${manifest.version}, ${name} engine, ${numerics}`,
    threads,
    jobs: {
      adam: (task, folder) => prepared(trainingStep(readTraining(folder, task))),
      matmul: ({ n }, folder) => prepared(matrixProduct(n, folder)),
    },
  }
})
