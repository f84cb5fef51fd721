/** Adjoint through its public interface, with the engine of the request. The inputs of a task are a step's state, which stays in the engine. */
import { Activation, Autodiff, Compile, Engine, Loss, NDArray, Net, Optimizer, Score, Tensor, Train, Wasm } from "@adjoint/core"
import manifest from "@adjoint/core/package.json" with { type: "json" }
import * as Effect from "effect/Effect"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { type Given, shapeOf, type Weights } from "../inputs.ts"
import { classes, features, learning, type Network, type Activation as Nonlinearity } from "../network.ts"
import type { TaskOf } from "../protocol.ts"
import { type Job, repeated, serve } from "./serve.ts"

const engines = {
  portable: (threads: number) => Wasm.layer({ threads }),
  fast: (threads: number) => Wasm.layer({ threads, numerics: "fast" }),
} as const

const loss = Loss.categoricalCrossEntropy()
const adam = Optimizer.adam(0.001)

const array = (shape: ReadonlyArray<number>, numbers: Float32Array): Tensor.Tensor => NDArray.make("f32", shape, numbers)

type Parameters = ReadonlyArray<{ readonly w: Tensor.Tensor; readonly b: Tensor.Tensor }>

const parametersOf = (weights: ReadonlyArray<Weights>, network: Network): Parameters =>
  learning(network).map((layer, i) => {
    const { b, w } = weights[i] ?? { w: new Float32Array(), b: new Float32Array() }
    return { w: array(shapeOf(layer), w), b: array([b.length], b) }
  })

const nonlinearities: { readonly [A in Nonlinearity]: (x: Tensor.Tensor) => Tensor.Tensor } = {
  identity: (x) => x,
  relu: Activation.relu,
  sigmoid: Activation.sigmoid,
}

const forward = ({ layers }: Network, parameters: Parameters, input: Tensor.Tensor): Tensor.Tensor => {
  let next = 0
  return layers.reduce<Tensor.Tensor>((x, layer) => {
    if (layer.kind === "pool") return Tensor.maxPool(x, { window: layer.size })
    const { b, w } = parameters[next++] as Parameters[number]
    if (layer.kind === "conv") return Activation.relu(Tensor.add(Tensor.conv(x, w, { pad: layer.pad }), b))
    const flat: Tensor.Tensor = Tensor.reshape(x, [x.shape[0] ?? 0, layer.rows])
    return nonlinearities[layer.activation](Tensor.add(Tensor.matmul(flat, w), b))
  }, input)
}

const chain = (x: Tensor.Tensor): Tensor.Tensor => {
  const gate = Tensor.sigmoid(Tensor.add(Tensor.mul(x, 1.5), 0.25))
  return Tensor.log(Tensor.add(Tensor.sqrt(Tensor.exp(Tensor.sub(Tensor.tanh(Tensor.mul(gate, x)), 0.5))), 1))
}

/** The step of a task whose arrays stay in the engine: it has no batch, and its result is part of the state or its output. */
type Resident<S> = (state: S) => { readonly state: S; readonly output: ReadonlyArray<Tensor.Tensor> }

/** Compiles for the lifetime of this process. */
type Prepare = <A, E>(job: Effect.Effect<A, E, Engine.Engine | Scope.Scope>) => Promise<A>

const resident = async <S>(
  prepare: Prepare,
  f: Resident<S>,
  initial: S,
  result: (state: S, output: ReadonlyArray<Tensor.Tensor>) => Tensor.Tensor,
): Promise<Job> => {
  const step = await prepare(Compile.step((state: S, _: ReadonlyArray<Tensor.Tensor>) => f(state), initial))
  let last: ReadonlyArray<Tensor.Tensor> = []
  return {
    run: (times) => {
      last = Effect.runSync(step.run(Array.from({ length: times }, () => []))).at(-1) ?? []
    },
    result: () => Tensor.read(result(Effect.runSync(step.state), last)).data,
  }
}

/** Repeats y = f(x); x and y stay in the engine. */
const mapped = <X>(prepare: Prepare, f: (x: X) => Tensor.Tensor, x: X): Promise<Job> =>
  resident(
    prepare,
    (state: { readonly x: X; readonly y: Tensor.Tensor }) => ({ state: { x: state.x, y: f(state.x) }, output: [] }),
    { x, y: Tensor.zeros(f(x).shape) },
    ({ y }) => y,
  )

const expressions = ({ count }: TaskOf<"expressions">, { a, b, x }: Given<"expressions">): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => {
    const [from, to] = [i * 4, (i + 1) * 4]
    const product = Tensor.matmul(array([2, 2], a.subarray(from, to)), array([2, 2], b.subarray(from, to)))
    return Tensor.toNumber(Tensor.add(Tensor.sum(product), Tensor.mean(Tensor.tanh(array([3], x.subarray(i * 3, (i + 1) * 3))))))
  })

const train = (prepare: Prepare, { batch, network }: TaskOf<"train">, given: Given<"train">): Promise<Job> => {
  const parameters = parametersOf(given.weights, network)
  const x = array([batch, ...network.input], given.x)
  const y = NDArray.make("i32", [batch], given.labels)
  return resident(
    prepare,
    (now) => {
      const { grad, value } = Autodiff.valueAndGrad((at: Parameters) => loss(forward(network, at, now.x), now.y))(now.parameters)
      const { state: optimizer, updates } = adam.update(grad, now.optimizer, now.parameters)
      return { state: { ...now, parameters: Optimizer.apply(now.parameters, updates), optimizer }, output: [value] }
    },
    { parameters, optimizer: adam.init(parameters), x, y },
    (_, [value = Tensor.scalar(Number.NaN)]) => value,
  )
}

/** `Train.run`, as a user's program calls it; compilation is included. */
const epoch = (
  runtime: ManagedRuntime.ManagedRuntime<Engine.Engine, never>,
  task: TaskOf<"epoch">,
  given: Given<"epoch">,
): Job => {
  const { batch, network, rows } = task
  const parameters = parametersOf(given.weights, network)
  const net = Net.stateless({
    kind: "benchmark",
    shape: () => [classes(network)],
    init: () => parameters,
    apply: (at: Parameters, x) => forward(network, at, x),
  })
  const data = {
    inputs: NDArray.make("f32", [rows, features(network)], given.images),
    targets: NDArray.make("i32", [rows], given.labels),
  }
  const run = Train.run({ net, loss, optimizer: adam, data, scores: { accuracy: Score.accuracy }, seed: 1, epochs: 1, batch })
  const scored = Stream.runFold(
    run,
    () => ({ loss: Number.NaN, accuracy: Number.NaN }),
    (sofar, event) =>
      event._tag === "EpochScored" ? { loss: event.train.loss ?? Number.NaN, accuracy: Number(event.train.accuracy) } : sofar,
  )
  let last: ReadonlyArray<number> = []
  return {
    run: async (times) => {
      for (let i = 0; i < times; i++) {
        const { accuracy, loss: mean } = await runtime.runPromise(scored)
        last = [mean, accuracy]
      }
    },
    result: () => last,
  }
}

const infer = async (prepare: Prepare, { batch, network, rows }: TaskOf<"infer">, given: Given<"infer">): Promise<Job> => {
  const parameters = parametersOf(given.weights, network)
  const { images } = given
  const width = features(network)
  const batches = Array.from({ length: rows / batch }, (_, i) =>
    NDArray.make("f32", [batch, width], images.subarray(i * batch * width, (i + 1) * batch * width)),
  )
  const classify = await prepare(
    Compile.compile(
      (x: Tensor.Tensor) => Activation.softmax(forward(network, parameters, x)),
      NDArray.make("f32", [batch, width], images.subarray(0, batch * width)),
    ),
  )
  const probabilities = new Float32Array(rows * classes(network))
  const all = Effect.gen(function* () {
    for (const [i, x] of batches.entries()) {
      probabilities.set(Tensor.read(yield* classify(x)).data, i * batch * classes(network))
    }
  })
  return {
    run: (times) => {
      for (let i = 0; i < times; i++) Effect.runSync(all)
    },
    result: () => probabilities,
  }
}

await serve(async ({ backend, threads: wanted }) => {
  const runtime = ManagedRuntime.make(engines[backend as keyof typeof engines](wanted))
  const scope = Scope.makeUnsafe()
  const { name, numerics, threads } = await runtime.runPromise(Engine.Engine)
  const prepare: Prepare = (job) => runtime.runPromise(Effect.provideService(job, Scope.Scope, scope))
  return {
    version: `${manifest.version}, ${name} engine, ${numerics}`,
    threads,
    jobs: {
      product: ({ n, read }, { a, b }) => {
        const operands = () => ({ a: array([n, n], a), b: array([n, n], b) })
        const product = (of: ReturnType<typeof operands>) => Tensor.matmul(of.a, of.b)
        return read ? repeated(() => Tensor.read(product(operands())).data) : mapped(prepare, product, operands())
      },
      chain: ({ elements, read }, { x }) =>
        read ? repeated(() => Tensor.read(chain(array([elements], x))).data) : mapped(prepare, chain, array([elements], x)),
      softmax: ({ columns, rows }, { x }) => mapped(prepare, (at) => Activation.softmax(at), array([rows, columns], x)),
      expressions: (task, given) => repeated(() => expressions(task, given)),
      train: (task, given) => train(prepare, task, given),
      epoch: (task, given) => epoch(runtime, task, given),
      infer: (task, given) => infer(prepare, task, given),
    },
  }
})
