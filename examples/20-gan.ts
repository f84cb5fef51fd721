// A generative adversarial network (Goodfellow et al., 2014): two nets with an optimizer each, in one loop. It is stopped,
// and resumed from its files to the same bits.
import { Key, Layers, Loop, Loss, Net, Optimizer, Params, Tensor, Toys, Wasm } from "@adjoint/core"
import { NodeServices } from "@effect/platform-node"
import { Console, Effect, FileSystem, Stream } from "effect"

const hidden = () => Layers.dense({ units: 32, activation: "leaky_relu" })
const generator = Net.sequential([hidden(), hidden(), Layers.dense({ units: 2 })])
const critic = Net.sequential([hidden(), hidden(), Layers.dense({ units: 1 })])
const [g, d] = [generator.init(Key.make(1), [4]), critic.init(Key.make(2), [2])]
const draw = (params: typeof g.params, noise: Tensor.Tensor) => Net.infer(generator, { ...g, params }, noise)
const loss = Loss.binaryCrossEntropy()
const judged = (params: typeof d.params, x: Tensor.Tensor, isReal: number) =>
  loss(Net.infer(critic, { ...d, params }, x), Tensor.full([x.shape[0] ?? 0, 1], isReal))
const optimizer = Optimizer.adam(0.002, { beta1: 0.5 })
const state = {
  generator: g.params,
  critic: d.params,
  generatorOptimizer: optimizer.init(g.params),
  criticOptimizer: optimizer.init(d.params),
}

export const loop = Loop.config({
  state,
  step: (s, real, key) => {
    const noise = Key.normal(key, [real.shape[0] ?? 0, 4])
    const fake = draw(s.generator, noise)
    const c = Optimizer.minimize(optimizer, s.critic, s.criticOptimizer, (p) =>
      Tensor.add(judged(p, real, 1), judged(p, fake, 0)),
    )
    const f = Optimizer.minimize(optimizer, s.generator, s.generatorOptimizer, (p) => judged(c.params, draw(p, noise), 1))
    return {
      state: { generator: f.params, critic: c.params, generatorOptimizer: f.state, criticOptimizer: c.state },
      output: { critic: c.value, generator: f.value },
    }
  },
  data: Toys.moons(Key.make(3), { count: 400, noise: 0.05 }).inputs,
  optimizers: { generatorOptimizer: optimizer, criticOptimizer: optimizer },
  seed: 17,
  epochs: 120,
  batch: 50,
})

const numbers = (tree: unknown) => JSON.stringify(Params.leaves(tree).map(Tensor.toArray))
const program = Effect.gen(function* () {
  const folder = yield* (yield* FileSystem.FileSystem).makeTempDirectoryScoped()
  const saving = Loop.saveIn(folder, { every: 20 })
  const saved = Effect.map(Loop.resumeFrom(folder, state), (resume) => Loop.run({ ...loop, saving, resume }))
  yield* Stream.runDrain(Stream.takeUntil(yield* saved, (event) => event._tag === "Stepped" && event.step >= 500))
  const [resumed, whole] = [yield* Stream.runCollect(yield* saved), yield* Loop.finished(loop)]
  const end = resumed.find((event) => event._tag === "Finished")
  yield* Console.log(`the same bits: ${numbers(end?.state) === numbers(whole.state)}`)
  yield* Console.log(Tensor.print(draw(whole.state.generator, Key.normal(Key.make(5), [6, 4]))))
})
await Effect.runPromise(program.pipe(Effect.scoped, Effect.provide([Wasm.layer(), NodeServices.layer])))

// Prints:
// the same bits: true
// [[-0.87398, 0.28854],
//  [-0.88338, 0.36034],
//  [1.929, 0.27119],
//  [0.27429, 0.87345],
//  [-0.88635, 0.55422],
//  [0.22629, 1.0076]]
