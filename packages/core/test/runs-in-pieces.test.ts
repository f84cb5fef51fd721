/** Runs that take long are done in pieces: others have their turn meanwhile, and no other call of the program comes in between. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber } from "effect"
import type { SyncExecutable } from "../src/backend/Executable.ts"
import { prepare } from "../src/backend/wasm/prepare.ts"
import * as Compile from "../src/engines/Compile.ts"
import { inProcess } from "../src/engines/inProcess.ts"
import { letOthersRun } from "../src/engines/letOthersRun.ts"
import { Key, Program, Tensor, Wasm } from "../src/index.ts"
import { NDArray } from "../src/types/NDArray.ts"
import type { Pieces } from "../src/types/Pieces.ts"

const array = (x: number): NDArray => new NDArray("f32", [1], Float32Array.of(x))
const number = (x: NDArray | undefined): number => x?.data[0] ?? Number.NaN

const busy = (milliseconds: number): void => {
  const end = performance.now() + milliseconds
  while (performance.now() < end);
}

/** A program that adds its input to its state in so many pieces of a millisecond, between which the state is half old and half new. */
const slow = (count: number) => {
  const log: Array<string> = []
  let state = 0
  const run = (input: ReadonlyArray<NDArray>): ReadonlyArray<NDArray> => {
    state += number(input[0])
    return [array(state)]
  }
  function* pieces([x]: ReadonlyArray<NDArray>): Pieces<ReadonlyArray<NDArray>> {
    const name = number(x)
    log.push(`begin ${name}`)
    let isDone = false
    try {
      for (let i = 0; i < count; i++) {
        state += name / count
        busy(1)
        yield
      }
      isDone = true
      return [array(state)]
    } finally {
      log.push(`${isDone ? "end" : "given up"} ${name}`)
    }
  }
  const executable: SyncExecutable = {
    load: ([x]) => {
      state = number(x)
    },
    run,
    pieces,
    state: () => [array(state)],
    lend: () => [array(state)],
  }
  return { executable, log }
}

/** Turns of the event loop while an effect runs. */
const turnsDuring = <A, E>(effect: Effect.Effect<A, E>) =>
  Effect.suspend(() => {
    let turns = 0
    let next: NodeJS.Immediate
    const count = (): void => {
      turns++
      next = setImmediate(count)
    }
    next = setImmediate(count)
    return Effect.map(effect, () => {
      clearImmediate(next)
      return turns
    })
  })

describe("a run in pieces", () => {
  it.live("lets others have their turn every few milliseconds", () =>
    Effect.gen(function* () {
      const { executable } = slow(16)
      const { run } = inProcess(executable)
      assert.isAtLeast(yield* turnsDuring(Effect.flatten(run([[array(1)]]))), 3)
    }),
  )

  it.live("of two fibers at once, or beside a reading of the state, comes whole after the one before it", () =>
    Effect.gen(function* () {
      const { executable, log } = slow(8)
      const { load, run, state } = inProcess(executable)
      const first = yield* Effect.forkChild(Effect.flatten(run([[array(1)], [array(2)]])), { startImmediately: true })
      const read = yield* Effect.forkChild(state, { startImmediately: true })
      const second = yield* Effect.forkChild(Effect.flatten(run([[array(4)]])), { startImmediately: true })
      const loaded = yield* Effect.forkChild(load([array(100)]), { startImmediately: true })
      const [a, b] = [yield* Fiber.join(first), yield* Fiber.join(second)]
      yield* Fiber.join(loaded)
      assert.deepStrictEqual(
        [...a, ...b].map(([x]) => number(x)),
        [1, 3, 7],
      )
      assert.deepStrictEqual((yield* Fiber.join(read)).map(number), [3])
      assert.deepStrictEqual((yield* state).map(number), [100])
      assert.deepStrictEqual(log, ["begin 1", "end 1", "begin 2", "end 2", "begin 4", "end 4"])
    }),
  )

  it.live("that changes the state ends before an interruption, and the runs after it are not begun", () =>
    Effect.gen(function* () {
      const { executable, log } = slow(12)
      const { run, state } = inProcess(executable)
      yield* letOthersRun
      const fiber = yield* Effect.forkChild(Effect.flatten(run([[array(1)], [array(2)]])), { startImmediately: true })
      yield* Fiber.interrupt(fiber)
      assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(fiber)))
      assert.deepStrictEqual(log, ["begin 1", "end 1"])
      assert.closeTo(number((yield* state)[0]), 1, 1e-9)
      // The next call is not held up by the one that was interrupted.
      assert.closeTo(number((yield* Effect.flatten(run([[array(4)]])))[0]?.[0]), 5, 1e-9)
    }),
  )

  it.live("of a program that keeps its state is given up at once", () =>
    Effect.gen(function* () {
      const { executable, log } = slow(1000)
      const { run } = inProcess(executable, true)
      yield* letOthersRun
      const fiber = yield* Effect.forkChild(Effect.flatten(run([[array(1)]])), { startImmediately: true })
      yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual(log, ["begin 1", "given up 1"])
    }),
  )
})

it.live("a step that two fibers run at once has the bits of one run after the other, and leaves the thread free", () =>
  Effect.gen(function* () {
    const size = 640
    const normal = (name: string) => Tensor.read(Tensor.mul(Key.normal(Key.fold(Key.make(3), name), [size, size]), 0.04))
    const [state, a, b] = [normal("state"), normal("a"), normal("b")]
    const program = Program.trace((s, x) => [Tensor.matmul(s as Tensor.Tensor, x as Tensor.Tensor)], [state, a])
    const whole = prepare({ program, resident: 1 })
    whole.load([state])
    for (const x of [a, b]) whole.run([x])
    const [wanted] = whole.state()
    const step = yield* Compile.step((s: Tensor.Tensor, x: Tensor.Tensor) => ({ state: Tensor.matmul(s, x), output: {} }), state)
    const both = Effect.gen(function* () {
      const first = yield* Effect.forkChild(step.run([a]), { startImmediately: true })
      const second = yield* Effect.forkChild(step.run([b]), { startImmediately: true })
      yield* Fiber.join(first)
      yield* Fiber.join(second)
    })
    assert.isAtLeast(yield* turnsDuring(both), 4)
    assert.deepStrictEqual(Tensor.read(yield* step.state).data, wanted?.data)
  }).pipe(Effect.scoped, Effect.provide(Wasm.layer({ threads: 1 }))),
)
