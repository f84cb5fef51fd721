/**
 * Adjoint through its public interface, with the engine of the request. The inputs of a task are a step's state, which stays in
 * the engine. Modules are imported by their paths, as a program does that has to start fast: the root loads `Train` and Effect's
 * streams too, which only the epoch needs.
 */

import * as Compile from "@adjoint/core/engines/Compile"
import * as Engine from "@adjoint/core/engines/Engine"
import * as Wasm from "@adjoint/core/engines/Wasm"
import * as Activation from "@adjoint/core/learning/Activation"
import * as Loss from "@adjoint/core/learning/Loss"
import type * as Net from "@adjoint/core/learning/Net"
import * as Optimizer from "@adjoint/core/learning/Optimizer"
import * as Params from "@adjoint/core/learning/Params"
import manifest from "@adjoint/core/package.json" with { type: "json" }
import * as Key from "@adjoint/core/tensor/Key"
import * as Tensor from "@adjoint/core/tensor/Tensor"
import * as Autodiff from "@adjoint/core/transform/Autodiff"
import * as NDArray from "@adjoint/core/types/NDArray"
import * as Effect from "effect/Effect"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Scope from "effect/Scope"
import type { Given, Weights } from "../inputs.ts"
import { answers, classes, features, type Network } from "../network.ts"
import type { TaskOf } from "../protocol.ts"
import { netOf } from "./nets.ts"
import { type Job, repeated, serve } from "./serve.ts"

const engines = {
  portable: (threads: number) => Wasm.layer({ threads }),
  fast: (threads: number) => Wasm.layer({ threads, numerics: "fast" }),
} as const

const losses: { readonly [L in TaskOf<"train">["loss"]]: Loss.Loss } = {
  classes: Loss.categoricalCrossEntropy(),
  reconstruction: Loss.meanSquaredError,
}
const optimizers: { readonly [O in TaskOf<"train">["optimizer"]]: Optimizer.Optimizer } = {
  adam: Optimizer.adam(0.001),
  adamw: Optimizer.adamw(0.001),
}

const array = (shape: ReadonlyArray<number>, numbers: Float32Array): Tensor.Tensor => NDArray.make("f32", shape, numbers)

/** A net for a network, with the given weights in place of drawn ones. */
const weighted = (network: Network, weights: ReadonlyArray<Weights>): Net.Net => {
  const net = netOf(network)
  return {
    ...net,
    init: (key, input) => {
      const { params, state } = net.init(key, input)
      const given = Params.map(params, ({ shape }, [layer, ...path]) =>
        array(shape, weights[Number.parseInt(String(layer), 10)]?.[path.join(".")] ?? new Float32Array()),
      )
      return { params: given, state }
    },
  }
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

const train = (prepare: Prepare, task: TaskOf<"train">, given: Given<"train">): Promise<Job> => {
  const { batch, network } = task
  const [loss, optimizer] = [losses[task.loss], optimizers[task.optimizer]]
  const net = weighted(network, given.weights)
  const key = Key.make(0)
  const { params, state } = net.init(key, network.input)
  const shape = [batch, ...network.input]
  const x = given.x instanceof Int32Array ? NDArray.make("i32", shape, given.x) : array(shape, given.x)
  const answered = answers(network) === 1 ? [batch] : [batch, answers(network)]
  const y = task.loss === "classes" ? NDArray.make("i32", answered, given.labels) : x
  return resident(
    prepare,
    (now) => {
      const cost = (at: Params.Params) => {
        const applied = net.apply(at, now.state, now.x, { mode: "train", key })
        return { value: loss(applied.y, now.y), aux: applied.state }
      }
      const { aux, grad, value } = Autodiff.valueAndGradAux(cost)(now.params)
      const next = optimizer.update(grad, now.optimizer, now.params)
      const params = Optimizer.apply(now.params, next.updates)
      return { state: { ...now, params, state: aux, optimizer: next.state }, output: [value] }
    },
    { params, state, optimizer: optimizer.init(params), x, y },
    (_, [value = Tensor.scalar(Number.NaN)]) => value,
  )
}

/** `Train.run`, as a user's program calls it; compilation is included. */
const epoch = async (
  runtime: ManagedRuntime.ManagedRuntime<Engine.Engine, never>,
  task: TaskOf<"epoch">,
  given: Given<"epoch">,
): Promise<Job> => {
  const [Score, Train, Stream] = await Promise.all([
    import("@adjoint/core/learning/Score"),
    import("@adjoint/core/training/Train"),
    import("effect/Stream"),
  ])
  const { batch, network, rows } = task
  const net = weighted(network, given.weights)
  const [loss, optimizer] = [losses.classes, optimizers.adam]
  const data = {
    inputs: NDArray.make("f32", [rows, features(network)], given.images),
    targets: NDArray.make("i32", [rows], given.labels),
  }
  const run = Train.run({ net, loss, optimizer, data, scores: { accuracy: Score.accuracy }, seed: 1, epochs: 1, batch })
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
  const net = weighted(network, given.weights)
  const { params, state } = net.init(Key.make(0), network.input)
  const { images } = given
  const width = features(network)
  const batches = Array.from({ length: rows / batch }, (_, i) =>
    NDArray.make("f32", [batch, width], images.subarray(i * batch * width, (i + 1) * batch * width)),
  )
  const classify = await prepare(
    Compile.compile(
      (x: Tensor.Tensor) => Activation.softmax(net.apply(params, state, x, { mode: "infer" }).y),
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
  const engine = await runtime.runPromise(Engine.Engine)
  const prepare: Prepare = (job) => runtime.runPromise(Effect.provideService(job, Scope.Scope, scope))
  return {
    // Lanes are known once a program is prepared; before that, asking for them would take time of a start.
    get version() {
      const { lanes, name, numerics } = engine
      return `${manifest.version}, ${name} engine, ${numerics}${lanes === undefined ? "" : `, lanes of ${lanes} bits`}`
    },
    threads: engine.threads,
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
