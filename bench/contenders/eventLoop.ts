/**
 * Trains a network for some seconds and measures how long the event loop of the process lets others wait meanwhile: a request is
 * due every 2 ms, and its delay is the time until the loop could answer it. Then it interrupts the run and measures how long that
 * takes. Its argument is a `DelayRequest`; it prints `Delays` as JSON.
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
import { answers } from "../network.ts"
import type { DelayRequest, Delays } from "../protocol.ts"
import { netOf } from "./nets.ts"

/** Milliseconds between two requests. */
const interval = 2

/** The processor time of this thread, in milliseconds. */
const processorTime = (): number => {
  const { system, user } = process.threadCpuUsage()
  return (system + user) / 1000
}

const sorted = (numbers: ReadonlyArray<number>): ReadonlyArray<number> => numbers.toSorted((a, b) => a - b)
const at = (numbers: ReadonlyArray<number>, share: number): number =>
  numbers[Math.min(numbers.length - 1, Math.floor(share * numbers.length))] ?? Number.NaN

/**
 * Records the delay of every request that is due until it is stopped, and the processor time of this thread between two answers.
 * Between requests it sleeps, as a server does: a probe that polls the loop would take a core away from the training.
 */
const requests = () => {
  const delays: Array<number> = []
  const blocks: Array<number> = []
  let due = performance.now() + interval
  let used = processorTime()
  const answer = (): void => {
    const now = performance.now()
    // While the loop is blocked, requests arrive all the same.
    for (; due <= now; due += interval) delays.push(now - due)
    const before = used
    used = processorTime()
    blocks.push(used - before)
    timer = setTimeout(answer, Math.max(1, due - now))
  }
  let timer = setTimeout(answer, interval)
  return () => {
    clearTimeout(timer)
    const all = sorted(delays)
    return { median: at(all, 0.5), p99: at(all, 0.99), worst: at(all, 1), longest: at(sorted(blocks), 1) }
  }
}

/** The delays during some seconds. */
const delaysIn = (seconds: number): Effect.Effect<ReturnType<ReturnType<typeof requests>>> =>
  Effect.gen(function* () {
    const stop = requests()
    yield* Effect.sleep(1000 * seconds)
    return stop()
  })

const idle = (seconds: number): Effect.Effect<Delays> =>
  Effect.map(delaysIn(seconds), (delays) => ({ ...delays, stepsPerSecond: 0, interruption: 0 }))

const training = (
  engine: "layer" | "worker",
  { batch, network, rows, seconds }: DelayRequest,
): Effect.Effect<Delays, Train.TrainError> =>
  Effect.gen(function* () {
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

const request: DelayRequest = JSON.parse(process.argv[2] ?? "")
const measured: Effect.Effect<Delays, Train.TrainError> =
  request.engine === "none" ? idle(request.seconds) : training(request.engine, request)
console.log(JSON.stringify(await Effect.runPromise(measured)))
