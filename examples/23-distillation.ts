// Distillation (Hinton, Vinyals and Dean, 2015): a small net learns from what a large one thinks of images without labels.
import { Activation, Dataset, Key, Layers, Loop, Loss, Net, Optimizer, Score, Tensor, Train, Wasm } from "@adjoint/core"
import { Console, Effect } from "effect"
import * as Digits from "./data/digits.ts"

const teacher = Net.sequential([Layers.dense({ units: 128, activation: "relu" }), Layers.dense({ units: 10 })])
const student = Net.sequential([Layers.dense({ units: 12, activation: "relu" }), Layers.dense({ units: 10 })])
const settings = { loss: Loss.categoricalCrossEntropy(), scores: { accuracy: Score.accuracy }, seed: 17, batch: 32 }
const few = Dataset.take(
  Digits.train,
  Array.from({ length: 300 }, (_, row) => row),
)
const labelled = { ...settings, optimizer: Optimizer.adam(0.005), data: few, validation: Digits.validation, epochs: 40 }

const first = student.init(Key.make(1), [64])
type Params = typeof first.params

/** A loop in which the student learns the teacher's probabilities, softened by a temperature. */
export const loopFrom = (taught: Train.Finished<typeof first.params, typeof first.state>) => {
  const temperature = 3
  const soft = (logits: Tensor.Tensor) => Tensor.div(logits, temperature)
  const answer = (params: Params, x: Tensor.Tensor) => Net.infer(student, { ...first, params }, x)
  return Loop.minimize({
    params: first.params,
    optimizer: Optimizer.adam(0.005),
    loss: (params, x) => settings.loss(soft(answer(params, x)), Activation.softmax(soft(Net.infer(teacher, taught, x)))),
    data: Digits.train.inputs,
    validation: {
      data: { x: Digits.validation.inputs, y: Digits.validation.targets },
      scores: ({ params }, { x, y }) => ({
        accuracy: Tensor.mean(Tensor.cast(Tensor.equal(Tensor.argMax(answer(params, x)), y), "f32")),
      }),
    },
    seed: 17,
    epochs: 40,
    batch: 32,
  })
}

export const taught = Train.finished({ ...labelled, net: teacher })

const program = Effect.gen(function* () {
  const large = yield* taught
  const alone = yield* Train.finished({ ...labelled, net: student })
  const distilled = yield* Loop.finished(loopFrom(large))
  for (const [name, { history }] of Object.entries({ teacher: large, "student alone": alone, distilled }))
    yield* Console.log(`${name}: accuracy ${history.at(-1)?.validation?.accuracy?.toFixed(3)}`)
})
await Effect.runPromise(program.pipe(Effect.provide(Wasm.layer())))

// Prints:
// teacher: accuracy 0.884
// student alone: accuracy 0.851
// distilled: accuracy 0.888
