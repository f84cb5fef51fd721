/**
 * Masks with holes: time steps that a mask leaves out influence nothing, whatever they hold. A row has the results and gradients of
 * the row without these steps, in attention, recurrent layers, pooling and losses.
 */
import { Autodiff, Key, Layers, Loss, Net, Optimizer, Params, Score, Sequence, Tensor, Train, Wasm } from "@adjoint/core"
import { assertAllClose } from "@adjoint/core/testing/allClose"
import { Effect } from "effect"
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { exactly } from "./exactly.ts"

type T = Tensor.Tensor

const close = { rtol: 1e-9, atol: 1e-11 }
const infer: Net.Context = { mode: "infer" }
const [time, features] = [6, 4]

interface Case {
  readonly init: (key: Key.Key, input: { readonly x: ReadonlyArray<number>; readonly length: ReadonlyArray<number> }) => unknown
  readonly value: (params: Params.Params, sequences: Sequence.Padded) => T
}

const ofSteps = (net: Net.Net<never, never, Sequence.Padded, Sequence.Padded>): Case => ({
  init: (key, input) => net.init(key, input).params,
  value: (params, sequences) =>
    net.apply(params as never, net.init(Key.make(0), { x: [time, features], length: [] }).state, sequences, infer).y.x,
})

const block = { heads: 2, hidden: 5, dropout: 0 }
const perStep: { readonly [name: string]: Case } = {
  attention: ofSteps(Sequence.attention({ heads: 2 }) as never),
  "causal attention": ofSteps(Sequence.attention({ heads: 4, keyHeads: 2, causal: true }) as never),
  "two transformer blocks": ofSteps(
    Sequence.stack([Sequence.transformer(block), Sequence.transformer({ ...block, causal: true })]) as never,
  ),
  gru: ofSteps(Sequence.gru({ units: 3 }) as never),
  "lstm in both directions, dense": ofSteps(
    Net.sequential([
      Sequence.bidirectional(Sequence.lstm({ units: 2 })),
      Sequence.each(Layers.dense({ units: 3, activation: "tanh" })),
    ]) as never,
  ),
}

/** A batch of one row whose holes hold junk, and the same row without them. */
const rows = fc
  .record({
    seed: fc.integer({ min: 0, max: 1000 }),
    length: fc.integer({ min: 1, max: time }),
    mask: fc.array(fc.boolean(), { minLength: time, maxLength: time }),
    junk: fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, 1e30, 3),
  })
  .map(({ junk, length, mask, seed }) => {
    const kept = mask.flatMap((keeps, i) => (keeps && i < length ? [i] : []))
    const x = Tensor.read(Key.normal(Key.make(seed), [1, time, features]))
    const keep = Tensor.make([mask.map((keeps) => (keeps ? 1 : 0))])
    const isKept = Tensor.read(Tensor.greater(keep, 0))
    return {
      seed,
      kept,
      isKept,
      length: Tensor.make([length], "i32"),
      x: Tensor.read(Tensor.where(Tensor.expandAxis(isKept, -1), x, junk)),
      short: Tensor.read(Tensor.take(Tensor.transpose(x, [1, 0, 2]), Tensor.make(kept, "i32"))),
    }
  })
  .filter(({ kept }) => kept.length > 0)

const pulled = (f: Case["value"], params: Params.Params, sequences: Sequence.Padded, u: T) => {
  const { pull, value } = Autodiff.vjp(
    (at: { readonly params: Params.Params; readonly x: T }) => f(at.params, { ...sequences, x: at.x }),
    { params, x: sequences.x },
  )
  return { value, back: pull(u) }
}

/** The values at these time steps, [steps, …], of x [1, time, …]. */
const atSteps = (x: T, steps: ReadonlyArray<number>): T =>
  Tensor.take(Tensor.transpose(x, [1, 0, 2]), Tensor.make([...steps], "i32"))

const maskOf = (rows: ReadonlyArray<ReadonlyArray<{ readonly isKept: boolean }>>) =>
  Tensor.read(Tensor.greater(Tensor.make(rows.map((row) => row.map(({ isKept }) => (isKept ? 1 : 0)))), 0))

describe("a row with holes has the results and gradients of the row without these steps", () => {
  test.each(Object.keys(perStep))("%s", (name) => {
    const { init, value } = perStep[name] as Case
    const params = init(Key.make(3), { x: [time, features], length: [] }) as Params.Params
    fc.assert(
      fc.property(rows, ({ isKept, kept, length, seed, short, x }) => {
        const alone = Tensor.read(Tensor.transpose(short, [1, 0, 2]))
        const size = Tensor.make([kept.length], "i32")
        const u = Tensor.read(Key.normal(Key.make(seed + 1), [1, time, value(params, { x, length }).shape[2] ?? 0]))
        const whole = exactly((p: Params.Params, from: T, to: T) => pulled(value, p, { x: from, length, mask: isKept }, to))(
          params,
          x,
          u,
        )
        const without = exactly((p: Params.Params, from: T, to: T) => pulled(value, p, { x: from, length: size }, to))(
          params,
          alone,
          Tensor.read(Tensor.transpose(atSteps(u, kept), [1, 0, 2])),
        )
        assertAllClose(atSteps(whole.value, kept), Tensor.transpose(without.value, [1, 0, 2]), close)
        assertAllClose(atSteps(whole.back.x, kept), Tensor.transpose(without.back.x, [1, 0, 2]), close)
        const left = Tensor.where(Tensor.expandAxis(Sequence.mask({ x, length, mask: isKept }), -1), 0, whole.back.x)
        // The residual connection of a block passes a gradient to the step itself; nothing else reaches a hole.
        if (!name.includes("transformer")) expect(Tensor.toNumber(Tensor.max(Tensor.abs(left)))).toBe(0)
        const wanted = Params.leaves(without.back.params)
        for (const [i, leaf] of Params.leaves(whole.back.params).entries()) assertAllClose(leaf, wanted[i] as T, close)
      }),
      { numRuns: 12 },
    )
  })

  test("the memory of a decoder", () => {
    const net = Sequence.stack([Sequence.decoder({ heads: 2, hidden: 5, keyHeads: 1 })])
    const input = { x: [5, 4], length: [], memory: { x: [time, features], length: [] } }
    const { params, state } = net.init(Key.make(8), input)
    const target = { x: Tensor.read(Key.normal(Key.make(6), [1, 5, 4])), length: Tensor.make([4], "i32") }
    const u = Tensor.read(Key.normal(Key.make(7), [1, 5, 4]))
    const value = (p: Params.Params, memory: Sequence.Padded): T => net.apply(p, state, { ...target, memory }, infer).y.x
    fc.assert(
      fc.property(rows, ({ isKept, kept, length, short, x }) => {
        const whole = exactly((p: Params.Params, from: T) => pulled(value, p, { x: from, length, mask: isKept }, u))(params, x)
        const size = Tensor.make([kept.length], "i32")
        const alone = Tensor.read(Tensor.transpose(short, [1, 0, 2]))
        const without = exactly((p: Params.Params, from: T) => pulled(value, p, { x: from, length: size }, u))(params, alone)
        assertAllClose(whole.value, without.value, close)
        assertAllClose(atSteps(whole.back.x, kept), Tensor.transpose(without.back.x, [1, 0, 2]), close)
        const left = Tensor.where(Tensor.expandAxis(Sequence.mask({ x, length, mask: isKept }), -1), 0, whole.back.x)
        expect(Tensor.toNumber(Tensor.max(Tensor.abs(left)))).toBe(0)
        const wanted = Params.leaves(without.back.params)
        for (const [i, leaf] of Params.leaves(whole.back.params).entries()) assertAllClose(leaf, wanted[i] as T, close)
      }),
      { numRuns: 10 },
    )
  })

  const pools = { mean: Sequence.mean, max: Sequence.max, last: Sequence.last }
  test.each(Object.keys(pools) as ReadonlyArray<keyof typeof pools>)("pooling by %s", (name) => {
    const pool = (sequences: Sequence.Padded): T => Net.infer(pools[name], { params: {}, state: {} }, sequences)
    fc.assert(
      fc.property(rows, ({ isKept, kept, length, short, x }) => {
        const alone = { x: Tensor.transpose(short, [1, 0, 2]), length: Tensor.make([kept.length], "i32") }
        assertAllClose(pool({ x, length, mask: isKept }), pool(alone), { rtol: 1e-5, atol: 1e-6 })
      }),
    )
  })

  test("losses and scores", () => {
    fc.assert(
      fc.property(rows, ({ isKept, kept, length, short, x }) => {
        const alone = { x: Tensor.transpose(short, [1, 0, 2]), length: Tensor.make([kept.length], "i32") }
        const labels = Array.from({ length: time }, (_, i) => i % features)
        const targets = Tensor.make([labels], "i32")
        const few = Tensor.make([kept.map((i) => labels[i] ?? 0)], "i32")
        for (const over of ["steps", "rows"] as const) {
          const loss = Sequence.loss(Loss.categoricalCrossEntropy(), { over })
          assertAllClose(loss({ x, length, mask: isKept }, targets), loss(alone, few), { rtol: 1e-5, atol: 1e-6 })
        }
        const accuracy = Sequence.score(Score.accuracy)
        expect(Score.of(accuracy, { x, length, mask: isKept }, targets)).toBeCloseTo(Score.of(accuracy, alone, few), 6)
      }),
    )
  })
})

test("a dataset with a mask trains as the dataset without the holes does", async () => {
  const count = 40
  const bits = [...Tensor.read(Key.bernoulli(Key.make(2), 0.6, [count, time])).data]
  const rows = Array.from({ length: count }, (_, i) => {
    const steps = [...Tensor.read(Key.normal(Key.fold(Key.make(1), i), [time])).data]
    return steps.map((x, t) => ({ x, isKept: bits[i * time + t] === 1 }))
  })
  const targets = Tensor.make(rows.map((row) => [row.reduce((sum, { isKept, x }) => sum + (isKept ? x : 0), 0)]))
  const pad = (of: ReadonlyArray<ReadonlyArray<number>>) =>
    Sequence.pad(
      of.map((row) => row.map((x) => [x])),
      { time },
    )
  const holes = { ...pad(rows.map((row) => row.map(({ isKept, x }) => (isKept ? x : 1e30)))), mask: maskOf(rows) }
  const without = pad(rows.map((row) => row.filter(({ isKept }) => isKept).map(({ x }) => x)))
  const net = Net.sequential([Sequence.gru({ units: 4 }), Sequence.mean, Layers.dense({ units: 1 })])
  const trained = (inputs: typeof holes | typeof without) => {
    const config = { net, loss: Loss.meanSquaredError, optimizer: Optimizer.sgd(0.1), data: { inputs, targets } }
    const run = Train.finished({ ...config, seed: 1, epochs: 3, batch: 8 })
    return Effect.runPromise(Effect.provide(run, Wasm.layer({ threads: 1 })))
  }
  const [a, b] = [await trained(holes), await trained(without)]
  const wanted = Params.leaves(b.params)
  for (const [i, leaf] of Params.leaves(a.params).entries()) assertAllClose(leaf, wanted[i] as T, { rtol: 1e-4, atol: 1e-5 })
})

test("a row of holes alone gives zeros", () => {
  const x = Tensor.full([1, 3, 4], Number.NaN)
  const mask = Tensor.equal(Tensor.zeros([1, 3]), 1)
  const sequences = { x, length: Tensor.make([3], "i32"), mask }
  const layer = Sequence.attention({ heads: 2 })
  const { params, state } = layer.init(Key.make(1), { x: [3, 4], length: [] })
  expect([...Tensor.read(Net.infer(layer, { params, state }, sequences).x).data]).toEqual(Array(12).fill(0))
  expect(Tensor.toArray(Net.infer(Sequence.last, { params: {}, state: {} }, sequences))).toEqual([[0, 0, 0, 0]])
})

test("a mask of another type or shape is refused", () => {
  const sequences = { x: Tensor.ones([2, 3, 4]), length: Tensor.make([3, 3], "i32") }
  expect(() => Sequence.mask({ ...sequences, mask: Tensor.ones([2, 3]) })).toThrow("a mask bool[batch, time]")
  expect(() => Sequence.mask({ ...sequences, mask: Tensor.equal(Tensor.ones([2, 4]), 1) })).toThrow("a mask bool[batch, time]")
})
