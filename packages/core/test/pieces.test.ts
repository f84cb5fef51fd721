/** Work in pieces, and the turns of others between them. */
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { expect, test, vi } from "vitest"
import { inTurns } from "../src/engines/turns.ts"
import { Key, Layers, Loss, Net, Optimizer, ShapeError, Tensor, Train } from "../src/index.ts"
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

it.live("others have their turn between pieces that take long, and not between short ones", () =>
  Effect.gen(function* () {
    const turnsIn = (milliseconds: number) => {
      let time = 0
      vi.spyOn(performance, "now").mockImplementation(() => time)
      let turns = 0
      const count = (): void => {
        turns++
        next = setImmediate(count)
      }
      let next = setImmediate(count)
      function* work(): Pieces<number> {
        for (let i = 0; i < 4; i++) {
          time += milliseconds
          yield
        }
        clearImmediate(next)
        vi.restoreAllMocks()
        return turns
      }
      return inTurns(work())
    }
    assert.isAtLeast(yield* turnsIn(4), 4)
    assert.strictEqual(yield* turnsIn(0), 0)
    const refused = inTurns(
      (function* (): Pieces<Tensor.Tensor> {
        yield
        return Tensor.add(Tensor.ones([2]), Tensor.ones([3] as ReadonlyArray<number>))
      })(),
    )
    assert.instanceOf(yield* Effect.flip(refused), ShapeError)
  }),
)

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
