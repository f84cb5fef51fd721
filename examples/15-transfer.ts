// Transfer by freezing layers. A net learns from many points to classify the four arms of a spiral. A second task, whether a
// point is on one of two opposite arms, has few points: the layers are frozen, and only a new head is trained. It is more
// accurate than the same net trained from random weights on these few points.
import { Key, Layers, Loss, Net, Optimizer, Score, Tensor, Toys, Train, type Tree, Wasm } from "@adjoint/core"
import { Effect } from "effect"

const arms = (key: Key.Key, count: number) => Toys.spirals(key, { classes: 4, count, turns: 0.75 })

/** The same points for the second task: 0 for arms 0 and 2, 1 for arms 1 and 3. */
const opposite = (key: Key.Key, count: number) => {
  const { inputs, targets } = arms(key, count)
  return { inputs, targets: Tensor.read(Tensor.rem(targets, 2)) }
}

const features = Net.sequential([
  Layers.dense({ units: 64, activation: "relu" }),
  Layers.dense({ units: 64, activation: "relu" }),
])
const netOf = (classes: number) => Net.sequential({ features, head: Layers.dense({ units: classes }) })

const common = { loss: Loss.categoricalCrossEntropy(), scores: { accuracy: Score.accuracy }, seed: 17, batch: 32 }
const accuracyOf = ({ history }: Train.Finished) => (history.at(-1)?.validation?.accuracy ?? 0).toFixed(3)

const adam = Optimizer.adam(0.005)
const isFeature = ([layer]: Tree.Path) => layer === "features"
const frozen = Optimizer.chain(adam, Optimizer.freeze(isFeature))

const program = Effect.gen(function* () {
  const learned = yield* Train.finished({
    ...common,
    net: netOf(4),
    data: arms(Key.make(1), 800),
    validation: arms(Key.make(2), 400),
    optimizer: adam,
    epochs: 60,
  })
  console.log("which arm, learned from 800 points:", accuracyOf(learned))

  const net = netOf(2)
  const { head } = net.init(Key.make(3), [2]).params
  const start = { params: { ...learned.params, head }, state: learned.state }

  console.log("\nwhich two arms: points  from nothing  transferred")
  for (const count of [16, 32, 64, 128]) {
    const few = { ...common, net, data: opposite(Key.make(4), count), validation: opposite(Key.make(5), 400), epochs: 100 }
    const scratch = yield* Train.finished({ ...few, optimizer: adam })
    const transfer = yield* Train.finished({ ...few, start, optimizer: frozen })
    console.log(String(count).padStart(22), accuracyOf(scratch).padStart(13), accuracyOf(transfer).padStart(12))
  }
})

await Effect.runPromise(Effect.provide(program, Wasm.layer()))

// Prints:
// which arm, learned from 800 points: 0.973
//
// which two arms: points  from nothing  transferred
//                     16         0.610        0.688
//                     32         0.625        0.907
//                     64         0.610        0.902
//                    128         0.887        0.922
