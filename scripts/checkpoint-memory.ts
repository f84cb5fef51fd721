/**
 * The memory and the time of a training step of a net of 64 blocks, which keeps its intermediate values, or recomputes
 * those of each block (`Net.checkpoint`). The figures of docs/transformations.md:
 * `node scripts/checkpoint-memory.ts`.
 */

import { Autodiff, Compile, Key, Layers, Net, Tensor, Tree } from "@adjoint/core"
import { prepare } from "@adjoint/core/backend/wasm/prepare"

const [depth, width, batch] = [64, 64, 512]

const inner = Net.sequential({
  norm: Layers.layerNorm(),
  up: Layers.dense({ units: 4 * width, activation: "gelu" }),
  down: Layers.dense({ units: width }),
})
const block: typeof inner = {
  ...inner,
  apply: (params, state, x, context) => {
    const { state: next, y } = inner.apply(params, state, x, context)
    return { y: Tensor.add(x, y), state: next }
  },
}

const nets = {
  "keeps all values": Net.repeat(depth, block),
  "recomputes those of each block": Net.repeat(depth, Net.checkpoint(block)),
}

/** Milliseconds of the fastest of some runs. */
const fastest = (run: () => void): number =>
  Math.min(
    ...Array.from({ length: 7 }, () => {
      const started = performance.now()
      run()
      return performance.now() - started
    }),
  )

const measured = (net: Net.Net<unknown, unknown>) => {
  const { params, state } = net.init(Key.make(1), [width])
  const step = (params: unknown, x: Tensor.Tensor) => {
    const loss = (params: unknown): Tensor.Tensor =>
      Tensor.mean(Tensor.square(net.apply(params, state, x, { mode: "train", key: Key.make(2) }).y))
    const { grad, value } = Autodiff.valueAndGrad(loss)(params)
    const gradients = Tree.leaves(grad) as ReadonlyArray<Tensor.Tensor>
    const leaves = Tree.leaves(params) as ReadonlyArray<Tensor.Tensor>
    return [leaves.map((leaf, i) => Tensor.sub(leaf, Tensor.mul(gradients[i] as Tensor.Tensor, 0.01))), value] as const
  }
  const x = Tensor.read(Key.normal(Key.make(3), [batch, width]))
  const numbers = (Tree.leaves(params) as ReadonlyArray<Tensor.Tensor>).map((leaf) => Tensor.read(leaf))
  const { program } = Compile.folded(step, params, x)
  const { bytes, load, release, run, state: after } = prepare({ program, resident: numbers.length })
  load(numbers)
  run([x])
  const trained = after().flatMap(({ data }) => [...data])
  const time = fastest(() => run([x]))
  release()
  return { bytes, time, trained }
}

const kept = measured(nets["keeps all values"] as never)
for (const [name, net] of Object.entries(nets)) {
  const { bytes, time, trained } = measured(net as never)
  const isSame = trained.length === kept.trained.length && trained.every((x, i) => Object.is(x, kept.trained[i]))
  const share = kept.bytes / bytes
  process.stdout.write(
    `${name}: ${(bytes / 1e6).toFixed(1)} MB (1 / ${share.toFixed(1)}), ${time.toFixed(0)} ms, ${isSame ? "the same" : "other"} bits\n`,
  )
}
