// A page that trains a net in a worker: it can be scrolled, clicked and drawn meanwhile.
import { Engine, Key, Layers, Loss, Net, Optimizer, Score, Tensor, Toys, Train, Wasm } from "@adjoint/core"
import { Effect, Fiber, Stream } from "effect"

const net = Net.sequential([Layers.dense({ units: 32, activation: "tanh" }), Layers.dense({ units: 2 })])

/** Trains and prints a line for each tenth epoch. Returns a function that stops it. */
export const train = (print: (line: string) => void): (() => void) => {
  const run = Effect.gen(function* () {
    const { threads } = yield* Engine.Engine
    print(`in a worker, on ${threads} ${threads === 1 ? "thread" : "threads"}`)
    yield* Stream.runForEach(
      Train.run({
        net,
        loss: Loss.categoricalCrossEntropy(),
        scores: { accuracy: Score.accuracy },
        optimizer: Optimizer.adam(0.02),
        data: Toys.moons(Key.make(1), { count: 400 }),
        validation: Toys.moons(Key.make(2), { count: 100 }),
        seed: 17,
        epochs: 30,
        batch: 32,
      }),
      (event) =>
        Effect.sync(() => {
          if (event._tag === "EpochScored" && event.epoch % 10 === 0)
            print(`epoch ${event.epoch}: accuracy ${event.validation?.accuracy}`)
          if (event._tag === "Finished") {
            const point = Net.infer(net, event, Tensor.make([[0.5, 1]]))
            print(`(0.5, 1) belongs to moon ${Tensor.toArray(Tensor.argMax(point, -1))}`)
          }
        }),
    )
  })
  const fiber = Effect.runFork(
    run.pipe(
      Effect.provide(Wasm.worker()),
      Effect.catch(({ message }) => Effect.sync(() => print(message))),
    ),
  )
  return () => {
    Effect.runFork(Fiber.interrupt(fiber))
  }
}
