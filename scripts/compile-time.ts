/**
 * Measures the first compilation of a training step (Adam, softmax cross-entropy) in a process, from the traced program to a
 * module that can run; and of the gradients of 128 samples (`vmap` of `grad`), from the function of one sample on. Each network is
 * compiled in several separate processes; the median is printed.
 *
 *     node scripts/compile-time.ts
 */
import { execFileSync } from "node:child_process"
import { compileJob } from "@adjoint/core/backend/wasm/compile"
import { folded } from "@adjoint/core/engines/Compile"
import { tensors } from "@adjoint/core/language/TensorTree"
import * as Layers from "@adjoint/core/learning/Layers"
import * as Loss from "@adjoint/core/learning/Loss"
import * as Net from "@adjoint/core/learning/Net"
import * as Optimizer from "@adjoint/core/learning/Optimizer"
import * as Key from "@adjoint/core/tensor/Key"
import * as Tensor from "@adjoint/core/tensor/Tensor"
import { initial, trainStep } from "@adjoint/core/training/trainStep"
import * as Autodiff from "@adjoint/core/transform/Autodiff"
import * as Transform from "@adjoint/core/transform/Transform"

const relu = "relu"
const mlp = (...units: ReadonlyArray<number>) =>
  Net.sequential([...units.map((n) => Layers.dense({ units: n, activation: relu })), Layers.dense({ units: 10 })])
const conv = (filters: number) => Layers.conv2d({ filters, kernel: 3, pad: "same", activation: relu })
const cnn = Net.sequential([
  conv(16),
  Layers.maxPool({ window: 2 }),
  conv(32),
  Layers.maxPool({ window: 2 }),
  Layers.flatten,
  Layers.dense({ units: 128, activation: relu }),
  Layers.dense({ units: 10 }),
])

const networks = {
  "64-32-10, batch 32": () => compile(mlp(32), 32, [64]),
  "784-128-10, batch 128": () => compile(mlp(128), 128, [784]),
  "784-512-256-10, batch 128": () => compile(mlp(512, 256), 128, [784]),
  "CNN 1→16→32, 3×3, dense 128, batch 64": () => compile(cnn, 64, [28, 28, 1]),
  "gradients of 128 samples, 64-32-10": () => compilePerSample(mlp(32), [64]),
  "gradients of 128 samples, CNN 1→8, 3×3, 8×8": () =>
    compilePerSample(Net.sequential([conv(8), Layers.flatten, Layers.dense({ units: 10 })]), [8, 8, 1]),
} as const

const compile = <P, S>(net: Net.Net<P, S>, batch: number, sample: ReadonlyArray<number>): number => {
  const x = Tensor.read(Tensor.zeros([batch, ...sample]))
  const y = Tensor.read(Tensor.zeros([batch], "i32"))
  const data = { inputs: x, targets: y }
  const config = { net, loss: Loss.categoricalCrossEntropy(), optimizer: Optimizer.adam(0.001), data, seed: 1, epochs: 1, batch }
  const state = initial(config)
  const step = trainStep(config)
  const { program } = folded(
    (now: typeof state, given: { readonly x: Tensor.Tensor; readonly y: Tensor.Tensor }) => {
      const made = step(now, given)
      return [made.state, made.output]
    },
    state,
    { x, y },
  )
  const started = performance.now()
  compileJob({ program, resident: tensors(state).length }, options)
  return performance.now() - started
}

const options = { threads: 1, minSharedWork: 0, numerics: "portable", lanes: 128 } as const

const compilePerSample = <P, S>(net: Net.Net<P, S>, sample: ReadonlyArray<number>): number => {
  const { params, state } = net.init(Key.make(1), sample)
  const x = Tensor.read(Tensor.zeros([128, ...sample]))
  const y = Tensor.read(Tensor.zeros([128], "i32"))
  const loss = (weights: P, input: Tensor.Tensor, target: Tensor.Tensor): Tensor.Tensor => {
    const { y: logits } = net.apply(weights, state, Tensor.expandAxis(input, 0), { mode: "infer" })
    return Loss.categoricalCrossEntropy()(logits, Tensor.expandAxis(target, 0))
  }
  const started = performance.now()
  const { program } = folded(Transform.vmap(Autodiff.grad(loss), { in: [null, 0, 0] }), params, x, y)
  compileJob({ program, resident: 0 }, options)
  return performance.now() - started
}

const processes = 7
const [asked] = process.argv.slice(2)
if (asked === undefined)
  for (const name of Object.keys(networks)) {
    const times = Array.from({ length: processes }, () =>
      Number(execFileSync(process.execPath, [import.meta.filename, name], { encoding: "utf8" })),
    ).sort((a, b) => a - b)
    console.log(
      `${name}: ${times[Math.floor(processes / 2)]?.toFixed(1)} ms, ${times[0]?.toFixed(1)} to ${times.at(-1)?.toFixed(1)}`,
    )
  }
else console.log(networks[asked as keyof typeof networks]())
