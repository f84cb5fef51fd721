/** Work in pieces, and the turns of others between them. */
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { expect, test, vi } from "vitest"
import { bucketed } from "../src/data/Order.ts"
import { inProcess } from "../src/engines/inProcess.ts"
import { letOthersRun } from "../src/engines/letOthersRun.ts"
import { inTurns } from "../src/engines/turns.ts"
import { Dataset, Key, Layers, Loss, NDArray, Net, Optimizer, ShapeError, Tensor, Train } from "../src/index.ts"
import { contentHash } from "../src/training/contentHash.ts"
import { normOf } from "../src/training/Spread.ts"
import { shardSum } from "../src/training/shardSum.ts"
import { trainStep } from "../src/training/trainStep.ts"
import { inPieces, type Pieces, piecesOf, toEnd } from "../src/types/Pieces.ts"

test("a function in pieces does all of them, and its callers may take them one by one", () => {
  const done: Array<string> = []
  const f = inPieces(function* (a: number, b: number): Pieces<number> {
    done.push("first")
    yield
    done.push("second")
    return a * b
  })
  expect(f(6, 7)).toBe(42)
  const pieces = piecesOf(f, 2, 3)
  expect(pieces.next().done).toBe(false)
  expect(done).toEqual(["first", "second", "first"])
  expect(pieces.next()).toEqual({ done: true, value: 6 })
  const whole = piecesOf((a: number) => a + 1, 2)
  expect(whole.next()).toEqual({ done: true, value: 3 })
})

/** A clock that stands still unless `work` passes; `most` is the most work between two turns of the event loop since it was reset. */
const watchedClock = Effect.acquireRelease(
  Effect.gen(function* () {
    let time = performance.now()
    const work = (milliseconds: number): void => {
      time += milliseconds
    }
    const clock = { turns: 0, most: 0, work }
    let last = time
    vi.spyOn(performance, "now").mockImplementation(() => time)
    const turn = (): void => {
      clock.turns++
      clock.most = Math.max(clock.most, time - last)
      last = time
      next = setImmediate(turn)
    }
    let next = setImmediate(turn)
    yield* letOthersRun
    clock.turns = 0
    return { clock, end: () => clearImmediate(next) }
  }),
  ({ end }) =>
    Effect.sync(() => {
      end()
      vi.restoreAllMocks()
    }),
).pipe(Effect.map(({ clock }) => clock))

function* working(clock: { readonly work: (milliseconds: number) => void }, milliseconds: number): Pieces<void> {
  for (let i = 0; i < 8; i++) {
    clock.work(milliseconds)
    yield
  }
}

it.live("others have their turn between pieces that take long, and not between short ones", () =>
  Effect.gen(function* () {
    const clock = yield* watchedClock
    yield* inTurns(working(clock, 0))
    assert.strictEqual(clock.turns, 0)
    yield* inTurns(working(clock, 4))
    assert.isAtLeast(clock.turns, 7)
    assert.strictEqual(clock.most, 4)
    const refused = inTurns(
      (function* (): Pieces<Tensor.Tensor> {
        yield
        return Tensor.add(Tensor.ones([2]), Tensor.ones([3] as ReadonlyArray<number>))
      })(),
    )
    assert.instanceOf(yield* Effect.flip(refused), ShapeError)
  }),
)

it("Effect.runSync runs work in pieces to its end, since nobody else can run", () => {
  let time = performance.now()
  vi.spyOn(performance, "now").mockImplementation(() => time)
  const passes = (milliseconds: number): void => {
    time += milliseconds
  }
  try {
    const work = working({ work: passes }, 10)
    expect(Effect.runSync(inTurns(work))).toBeUndefined()
    expect(work.next().done).toBe(true)
  } finally {
    vi.restoreAllMocks()
  }
})

it.live("work of many fibers, and many short calls of one, keep the event loop no longer than one long call", () =>
  Effect.gen(function* () {
    const clock = yield* watchedClock
    yield* Effect.all(
      Array.from({ length: 10 }, () => inTurns(working(clock, 1))),
      { concurrency: "unbounded" },
    )
    yield* letOthersRun
    assert.isAtMost(clock.most, 4)
    const ones = NDArray.make("f32", [1], Float32Array.of(1))
    const { run } = inProcess({
      load: () => {},
      run: (inputs) => {
        clock.work(1)
        return inputs
      },
      state: () => [],
      lend: () => [],
    })
    for (let i = 0; i < 20; i++) assert.deepStrictEqual(yield* Effect.flatten(run([[ones]])), [[ones]])
    const outputs = yield* Effect.flatten(run(Array.from({ length: 20 }, () => [ones])))
    assert.lengthOf(outputs, 20)
    yield* letOthersRun
    assert.isAtMost(clock.most, 6)
  }),
)

test("pieces of a hash, of a sum and of an order are a millisecond's worth for code that is not optimized yet", () => {
  const count = (pieces: Pieces<unknown>): number => [...pieces].length
  expect(count(piecesOf(contentHash, new Uint8Array(2 ** 20)))).toBeGreaterThanOrEqual(63)
  const sum = shardSum(2)
  const shard = [NDArray.make("f32", [2 ** 18], new Float32Array(2 ** 18).fill(0.5))]
  expect(count(sum.add(0, shard))).toBe(0)
  expect(count(sum.add(1, shard))).toBeGreaterThanOrEqual(8)
  expect(sum.total()[0]?.data[2 ** 18 - 1]).toBe(1)
  expect(count(bucketed(Key.make(1), 2 ** 16))).toBeGreaterThanOrEqual(16)
})

test("rows are gathered and joined in pieces, to the same rows", () => {
  const data = NDArray.make(
    "i32",
    [300, 2 ** 12],
    Int32Array.from({ length: 300 * 2 ** 12 }, (_, i) => i),
  )
  const rows = Int32Array.from({ length: 300 }, (_, i) => (i < 150 ? i + 10 : 300 - i))
  const pieces = piecesOf(Dataset.takeRows<NDArray.NDArray>, data, rows)
  let count = 0
  let taken = pieces.next()
  for (; taken.done !== true; taken = pieces.next()) count++
  expect(count).toBe(4)
  expect(Array.from(rows, (_, i) => taken.value?.data[i * 2 ** 12 + 1])).toEqual(Array.from(rows, (row) => row * 2 ** 12 + 1))
  expect([...piecesOf(Dataset.concatRows<NDArray.NDArray>, [data, data])]).toHaveLength(10)
  expect(Dataset.concatRows([data, data]).data.subarray(-3)).toEqual(data.data.subarray(-3))
  const many = NDArray.make(
    "i32",
    [5000],
    Int32Array.from({ length: 5000 }, (_, i) => i),
  )
  expect([...piecesOf(Dataset.takeRows<NDArray.NDArray>, many, many.data.toReversed())]).toHaveLength(2)
})

test("a norm is summed in pieces", () => {
  const pieces = piecesOf(normOf, [new Float32Array(2 ** 16).fill(0.5), new Float32Array(3)])
  expect([...pieces]).toHaveLength(9)
  expect(normOf([new Float32Array(2 ** 16).fill(0.5)])).toBe(128)
})

test("a training step is traced in three pieces: the loss, its gradient and the update", () => {
  const config = {
    net: Net.sequential([Layers.dense({ units: 3, activation: "relu" }), Layers.dense({ units: 2 })]),
    loss: Loss.meanSquaredError,
    optimizer: Optimizer.adam(0.1),
    data: { inputs: Tensor.read(Key.normal(Key.make(1), [4, 5])), targets: Tensor.read(Tensor.ones([4, 2])) },
    seed: 1,
    epochs: 1,
    batch: 4,
  }
  const [state, batch] = [Train.initial(config), { x: config.data.inputs, y: config.data.targets }]
  const step = trainStep(config)
  expect([...piecesOf(step, state, batch)]).toHaveLength(2)
  const loss = ({ output }: ReturnType<typeof step>) => Tensor.toNumber(output.cost)
  expect(loss(toEnd(piecesOf(step, state, batch)))).toBe(loss(step(state, batch)))
})
