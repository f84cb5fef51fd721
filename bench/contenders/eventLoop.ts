/**
 * Trains a network for some seconds and measures how long the event loop of the process lets others wait meanwhile: a request is
 * due every 2 ms, and its delay is the time until the loop could answer it. Then it interrupts the run and measures how long that
 * takes. Its argument is a `Request`; it prints `Delays` as JSON.
 */
import * as Wasm from "@adjoint/core/engines/Wasm"
import * as Loss from "@adjoint/core/learning/Loss"
import * as Optimizer from "@adjoint/core/learning/Optimizer"
import * as Key from "@adjoint/core/tensor/Key"
import * as Tensor from "@adjoint/core/tensor/Tensor"
import * as Train from "@adjoint/core/training/Train"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import type { Delays, Request } from "../eventLoop.ts"
import { answers } from "../network.ts"
import { netOf } from "./nets.ts"

/** Milliseconds between two requests. */
const interval = 2

/** Records the delay of every request that is due until it is stopped. */
const requests = () => {
  const delays: Array<number> = []
  let due = performance.now() + interval
  const answer = (): void => {
    const now = performance.now()
    // While the loop is blocked, requests arrive all the same.
    for (; due <= now; due += interval) delays.push(now - due)
    timer = setTimeout(answer, Math.max(1, due - now))
  }
  let timer = setTimeout(answer, interval)
  return () => {
    clearTimeout(timer)
    return delays.toSorted((a, b) => a - b)
  }
}

/** The delays during some seconds. */
const delaysIn = (seconds: number): Effect.Effect<Pick<Delays, "median" | "p99" | "worst">> =>
  Effect.gen(function* () {
    const stop = requests()
    yield* Effect.sleep(1000 * seconds)
    const delays = stop()
    const at = (share: number): number => delays[Math.min(delays.length - 1, Math.floor(share * delays.length))] ?? Number.NaN
    return { median: at(0.5), p99: at(0.99), worst: at(1) }
  })

const idle = (seconds: number): Effect.Effect<Delays> =>
  Effect.map(delaysIn(seconds), (delays) => ({ ...delays, stepsPerSecond: 0, interruption: 0 }))

const training = (engine: "layer" | "worker", { batch, network, seconds }: Request): Effect.Effect<Delays, Train.TrainError> =>
  Effect.gen(function* () {
    const rows = 8 * batch
    const key = Key.make(1)
    const labels = Tensor.floor(Tensor.mul(Key.uniform(Key.fold(key, "labels"), [rows]), answers(network)))
    const run = Train.run({
      net: netOf(network),
      loss: Loss.categoricalCrossEntropy(),
      optimizer: Optimizer.adam(0.001),
      data: {
        inputs: Tensor.read(Key.normal(Key.fold(key, "inputs"), [rows, ...network.input])),
        targets: Tensor.read(Tensor.cast(labels, "i32")),
      },
      seed: 1,
      epochs: 1e6,
      batch,
    })
    let steps = 0
    const fiber = yield* Effect.forkChild(
      Stream.runForEach(run, (event) =>
        Effect.sync(() => {
          if (event._tag === "Stepped") steps += event.losses.length
        }),
      ),
    )
    // The first steps compile.
    while (steps < 2 && fiber.pollUnsafe() === undefined) yield* Effect.sleep(5)
    const before = { steps, time: performance.now() }
    const delays = yield* delaysIn(seconds)
    const stepsPerSecond = ((steps - before.steps) / (performance.now() - before.time)) * 1000
    const started = performance.now()
    yield* Fiber.interrupt(fiber)
    return { ...delays, stepsPerSecond, interruption: performance.now() - started }
  }).pipe(Effect.provide(engine === "worker" ? Wasm.worker() : Wasm.layer()))

const request: Request = JSON.parse(process.argv[2] ?? "")
const measured: Effect.Effect<Delays, Train.TrainError> =
  request.engine === "none" ? idle(request.seconds) : training(request.engine, request)
console.log(JSON.stringify(await Effect.runPromise(measured)))
