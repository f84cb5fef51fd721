import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Result, type Scope } from "effect"
import {
  Autodiff,
  Compile,
  Engine,
  Evaluate,
  Key,
  Layers,
  Loop,
  Loss,
  type NDArray,
  Optimizer,
  ShapeError,
  Tensor,
  Toys,
  Train,
} from "../src/index.ts"
import { delayed } from "./delayed-engine.ts"

type T = Tensor.Tensor

/** Fits one number to the mean of a batch. */
const descend = (state: { readonly w: T; readonly seen: T }, batch: T) => {
  const { grad, value } = Autodiff.valueAndGrad((w: T) => Tensor.mean(Tensor.square(Tensor.sub(w, batch))))(state.w)
  return {
    state: { w: Tensor.sub(state.w, Tensor.mul(grad, 0.1)), seen: Tensor.add(state.seen, 1) },
    output: { loss: value },
  }
}

const start = { w: Tensor.scalar(0), seen: Tensor.scalar(0, "i32") }

const engines = { reference: Engine.layerReference, "an engine that answers later": delayed }

describe.each(Object.entries(engines))("on %s", (_, layer) => {
  const on = <A, E>(effect: Effect.Effect<A, E, Engine.Engine | Scope.Scope>) => effect.pipe(Effect.scoped, Effect.provide(layer))

  describe("Compile.compile", () => {
    it.effect("runs a function of trees and gives its results in the same tree", () =>
      on(
        Effect.gen(function* () {
          const f = yield* Compile.compile(
            ({ a, b }: { readonly a: T; readonly b: T }) => ({ sum: Tensor.add(a, b), both: [a, b] }),
            { a: Tensor.zeros([2]), b: Tensor.zeros([2]) },
          )
          const { both, sum } = yield* f({ a: Tensor.make([1, 2]), b: Tensor.make([10, 20]) })
          assert.deepStrictEqual(Tensor.toArray(sum), [11, 22])
          assert.deepStrictEqual(both.map(Tensor.toArray), [
            [1, 2],
            [10, 20],
          ])
        }),
      ),
    )

    it.effect("makes the ShapeError of a function that is wrong a typed failure, before anything runs", () =>
      on(
        Effect.gen(function* () {
          const wrong = yield* Effect.result(Compile.compile((x: T) => Tensor.matmul(x, x), Tensor.zeros([2, 3])))
          assert.instanceOf(Result.isFailure(wrong) ? wrong.failure : undefined, ShapeError)
        }),
      ),
    )

    it.effect("refuses arguments of another shape", () =>
      on(
        Effect.gen(function* () {
          const f = yield* Compile.compile((x: T) => Tensor.neg(x), Tensor.zeros([2]))
          const got = yield* Effect.result(f(Tensor.zeros([3])))
          assert.isTrue(Result.isFailure(got))
          if (Result.isFailure(got))
            assert.strictEqual(
              got.failure.message,
              "a compiled function got f32[3]; it wants f32[2]. Try: the arrays the program was traced for",
            )
        }),
      ),
    )

    it.effect("leaves what is no ShapeError a defect", () =>
      on(
        Effect.gen(function* () {
          const f = Compile.compile(
            (_: T): T => {
              throw new RangeError("not ours")
            },
            Tensor.zeros([2]),
          )
          const exit = yield* Effect.exit(f)
          assert.isTrue(Exit.hasDies(exit))
        }),
      ),
    )
  })

  describe("Compile.step", () => {
    it.effect("reads and replaces the state after the runs that were called before, also while they are compiled", () =>
      on(
        Effect.gen(function* () {
          const count = (state: T, batch: T) => ({ state: Tensor.add(state, batch), output: {} })
          const step = yield* Compile.step(count, Tensor.scalar(0))
          const running = yield* Effect.forkChild(step.run([Tensor.scalar(1)]), { startImmediately: true })
          assert.strictEqual(Tensor.toNumber(yield* step.state), 1)
          yield* Fiber.join(running)

          const other = yield* Compile.step(count, Tensor.scalar(0))
          const compiling = yield* Effect.forkChild(other.run([Tensor.scalar(1)]), { startImmediately: true })
          yield* other.load(Tensor.scalar(10))
          yield* Fiber.join(compiling)
          yield* other.run([Tensor.scalar(2)])
          assert.strictEqual(Tensor.toNumber(yield* other.state), 12)
        }),
      ),
    )

    it.effect("keeps the state from batch to batch, whatever the batches' sizes", () =>
      on(
        Effect.gen(function* () {
          const step = yield* Compile.step(descend, start)
          const outputs = yield* step.run([
            Tensor.ones([4]),
            Tensor.ones([4]),
            Tensor.ones([2]),
            Tensor.ones([4]),
          ] as ReadonlyArray<T>)
          const expected = [1, 0.64, 0.4096, 0.262144]
          outputs.forEach(({ loss }, i) => {
            assert.closeTo(Tensor.toNumber(loss), expected[i] ?? 0, 1e-15)
          })
          assert.strictEqual(Tensor.toNumber((yield* step.state).seen), 4)
        }),
      ),
    )

    it.effect("gives snapshots that later steps do not touch, and goes back to one", () =>
      on(
        Effect.gen(function* () {
          const step = yield* Compile.step(descend, start)
          yield* step.run([Tensor.ones([4])])
          const snapshot = yield* step.state
          const before = [...(snapshot.w as NDArray.NDArray).data]
          const [ahead] = yield* step.run([Tensor.ones([4])])
          assert.deepStrictEqual([...(snapshot.w as NDArray.NDArray).data], before)
          yield* step.load(snapshot)
          const [again] = yield* step.run([Tensor.ones([4]) as T])
          assert.strictEqual(Tensor.toNumber(again?.loss as T), Tensor.toNumber(ahead?.loss as T))
        }),
      ),
    )

    it.effect("hands out outputs that are read later, and in any order", () =>
      on(
        Effect.gen(function* () {
          const step = yield* Compile.step(descend, start)
          const first = yield* step.submit([Tensor.ones([4]), Tensor.ones([2])])
          const second = yield* step.submit([Tensor.ones([4])])
          yield* Effect.asVoid(step.submit([Tensor.ones([4])]))
          assert.closeTo(Tensor.toNumber((yield* second)[0]?.loss as T), 0.4096, 1e-15)
          assert.deepStrictEqual((yield* first).length, 2)
          assert.closeTo(Tensor.toNumber((yield* first)[1]?.loss as T), 0.64, 1e-15)
          assert.strictEqual(Tensor.toNumber((yield* step.state).seen), 4)
        }),
      ),
    )

    it.effect("does not mix the runs of several fibers, whatever their batches' sizes", () =>
      on(
        Effect.gen(function* () {
          const step = yield* Compile.step(descend, start)
          const runs = Array.from({ length: 12 }, (_, i) =>
            step.run(Array.from({ length: 1 + (i % 3) }, (_, j) => Tensor.ones([1 + ((i + j) % 4)]))),
          )
          const outputs = yield* Effect.all(runs, { concurrency: "unbounded" })
          const losses = outputs.flat().map(({ loss }) => Tensor.toNumber(loss))
          for (const [i, loss] of losses.toSorted((a, b) => b - a).entries()) assert.closeTo(loss, 0.64 ** i, 1e-12)
          assert.strictEqual(Tensor.toNumber((yield* step.state).seen), losses.length)
        }),
      ),
    )

    it.live("lets other work of the process run every few milliseconds, between two steps", () =>
      on(
        Effect.gen(function* () {
          const step = yield* Compile.step(descend, start)
          const batch = Tensor.ones([4])
          yield* step.run([batch])
          // The time of the processor, since the thread may lose its core to other programs.
          const used = () => process.threadCpuUsage().user / 1000
          const started = used()
          let last = started
          let longest = 0
          let turns = 0
          const turn = (): void => {
            turns++
            longest = Math.max(longest, used() - last)
            last = used()
            next = setImmediate(turn)
          }
          let next = setImmediate(turn)
          yield* step.run(Array.from({ length: 20_000 }, () => batch))
          clearImmediate(next)
          assert.isAbove(turns, 3)
          assert.isBelow(longest, (used() - started) / 3)
        }),
      ),
    )

    it.effect("refuses a step whose state changes its shape", () =>
      on(
        Effect.gen(function* () {
          const step = yield* Compile.step((w: T, x: T) => ({ state: Tensor.add(w, x), output: w }), Tensor.scalar(0))
          const got = yield* Effect.result(step.run([Tensor.ones([3])]))
          assert.isTrue(Result.isFailure(got))
          if (Result.isFailure(got))
            assert.strictEqual(
              got.failure.message,
              "Compile.step wants a new state like the old: it was f32[] and became f32[3]. Try: return every part of the state with the shape and dtype it came in",
            )
        }),
      ),
    )

    it.effect("names each part of the state that changed, is missing or is new", () =>
      on(
        Effect.gen(function* () {
          type State = Readonly<Record<string, T>>
          const wrong: ReadonlyArray<readonly [State, string]> = [
            [{ b: Tensor.zeros([2]), w: Tensor.zeros([4]) }, "w was f32[3] and became f32[4]"],
            [{ w: Tensor.zeros([3]) }, "b is missing"],
            [{ b: Tensor.zeros([2], "i32"), w: Tensor.zeros([3]) }, "b was f32[2] and became i32[2]"],
            [{ b: Tensor.zeros([2]), v: Tensor.scalar(1), w: Tensor.zeros([3]) }, "v is new"],
            [{ a: Tensor.scalar(1), c: Tensor.scalar(1) }, "b is missing, w is missing, a is new and 1 more"],
            [{ b: { "": Tensor.zeros([2]) } as never, w: Tensor.zeros([3]) }, "b is missing, b. is new"],
          ]
          for (const [next, said] of wrong) {
            const first: State = { b: Tensor.zeros([2]), w: Tensor.zeros([3]) }
            const step = yield* Compile.step((_: State, x: T) => ({ state: next, output: x }), first)
            const error = yield* Effect.flip(step.run([Tensor.scalar(1)]))
            assert.include(error.message, `a new state like the old: ${said}. Try:`)
          }
        }),
      ),
    )

    it.effect("loads no other state, and keeps the one that it has", () =>
      on(
        Effect.gen(function* () {
          const step = yield* Compile.step((state: typeof start, x: T) => descend(state, x), start)
          const wrong: ReadonlyArray<readonly [unknown, string]> = [
            [{ seen: start.seen }, "w is missing"],
            [{ ...start, w: Tensor.zeros([2]) }, "w was f32[] and became f32[2]"],
          ]
          for (const [state, said] of wrong) {
            const error = yield* Effect.flip(step.load(state as typeof start))
            assert.include(error.message, `a state like the one it was compiled for: ${said}.`)
          }
          yield* step.run([Tensor.make([1, 2])])
          assert.strictEqual(Tensor.toNumber((yield* step.state).seen), 1)
        }),
      ),
    )
  })
})

describe("without an engine", () => {
  it.effect("a program says what to add", () =>
    Effect.gen(function* () {
      const net = Layers.dense({ units: 2 })
      const data = Toys.xor(Key.make(1))
      const run = { net, loss: Loss.categoricalCrossEntropy(), optimizer: Optimizer.sgd(0.1), data, seed: 1, epochs: 1, batch: 4 }
      const state = { w: Tensor.zeros([2]) }
      const loop = {
        state,
        data: data.inputs,
        step: (now: typeof state) => ({ state: now, output: Tensor.sum(now.w) }),
        seed: 1,
        epochs: 1,
        batch: 4,
      }
      const weights = net.init(Key.make(1), [2])
      const programs: ReadonlyArray<Effect.Effect<unknown, unknown, Engine.Engine>> = [
        Train.finished(run),
        Loop.finished(loop),
        Evaluate.evaluate(net, weights, run),
        Evaluate.predict(net, weights, data.inputs),
        Effect.scoped(Compile.compile(Tensor.neg, state.w)),
        Effect.scoped(Compile.step((now: typeof state, _: T) => ({ state: now, output: now.w }), state)),
      ]
      for (const program of programs) {
        // As in JavaScript, where no type checker asks for the engine.
        const exit = yield* Effect.exit(program as Effect.Effect<unknown, unknown>)
        assert.include(String(exit), "no engine: add Effect.provide(Wasm.layer())")
      }
    }),
  )
})
