/**
 * The law of padded sequences: results and all gradients are those of each row alone, whatever the padding holds. Computed in
 * doubles by Reference, and once by an engine.
 */
import { Autodiff, Compile, Key, Layers, Loss, Net, Params, Score, Sequence, Tensor, Wasm } from "@adjoint/core"
import { assertAllClose } from "@adjoint/core/testing/allClose"
import { Effect } from "effect"
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { exactly } from "./exactly.ts"

type T = Tensor.Tensor

const close = { rtol: 1e-10, atol: 1e-12 }
const features = 3

/** A net from padded sequences to one vector, or to sequences. */
type Case<Y> = Net.Net<Params.Params, Params.Params, Sequence.Padded, Y>

const pooled: { readonly [name: string]: Case<T> } = {
  "simple_rnn, last": Net.sequential([Sequence.simpleRnn({ units: 4 }), Sequence.last]),
  "lstm, mean": Net.sequential([Sequence.lstm({ units: 4 }), Sequence.mean]),
  "lstm backwards, max": Net.sequential([Sequence.lstm({ units: 4, reverse: true }), Sequence.max]),
  "gru, its final state": Sequence.final(Sequence.gru({ units: 4 })) as unknown as Case<T>,
  "gru with reset before, backwards": Sequence.final(
    Sequence.gru({ units: 4, reset: "before", reverse: true }),
  ) as unknown as Case<T>,
  "lstm in both directions": Sequence.final(Sequence.bidirectional(Sequence.lstm({ units: 3 }))) as unknown as Case<T>,
  "gru in both directions, dense, mean": Net.sequential([
    Sequence.bidirectional(Sequence.gru({ units: 2 })),
    Sequence.each(Layers.layerNorm()),
    Sequence.each(Layers.dense({ units: 3, activation: "gelu" })),
    Sequence.mean,
  ]),
}

const sequences: { readonly [name: string]: Case<Sequence.Padded> } = {
  dense: Net.sequential([Sequence.each(Layers.dense({ units: 2 }))]),
  "lstm, dense": Net.sequential([Sequence.lstm({ units: 4 }), Sequence.each(Layers.dense({ units: 2 }))]),
}

const shape = (time: number) => ({ x: [time, features], length: [] })

/** Numbers in the padding that would spoil everything they reach. */
const spoiled = (x: T, length: T, junk: number): T => Tensor.where(Tensor.expandAxis(Sequence.mask({ x, length }), -1), x, junk)

const batches = fc.record({
  time: fc.integer({ min: 1, max: 6 }),
  fractions: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 4 }),
  junk: fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, 1e30, 7, 0),
  seed: fc.integer({ min: 0, max: 1000 }),
})

/** A function's value, and its gradients for parameters and sequences, pulled from given cotangents. */
const pulled = (f: (params: Params.Params, x: T) => T, params: Params.Params, x: T, cotangent: T) => {
  const { pull, value } = Autodiff.vjp((at: { readonly params: Params.Params; readonly x: T }) => f(at.params, at.x), {
    params,
    x,
  })
  return { value, back: pull(cotangent) }
}

/** Holds a function of padded sequences to itself on each row alone. `shorten` cuts a row's result or cotangent to its length. */
const holds = (
  net: { readonly init: Case<unknown>["init"] },
  f: (params: Params.Params, sequences: Sequence.Padded) => T,
  width: (batch: number, time: number) => ReadonlyArray<number>,
  cut: (y: T, length: number) => T,
  {
    fractions,
    junk,
    seed,
    time,
  }: { readonly time: number; readonly fractions: ReadonlyArray<number>; readonly junk: number; readonly seed: number },
): void => {
  const lengths = fractions.map((fraction) => 1 + Math.floor(fraction * (time - 0.001)))
  const batch = lengths.length
  const length = Tensor.make(lengths, "i32")
  const { params } = net.init(Key.make(seed), shape(time))
  const x = Tensor.read(Key.normal(Key.make(seed + 1), [batch, time, features]))
  const u = Tensor.read(Key.normal(Key.make(seed + 2), [...width(batch, time)]))
  const all = exactly((at: Params.Params, from: T, to: T) => pulled((p, given) => f(p, { x: given, length }), at, from, to))(
    params,
    Tensor.read(spoiled(x, length, junk)),
    u,
  )
  let sums: Params.Params | undefined
  for (const [i, steps] of lengths.entries()) {
    const alone = exactly((at: Params.Params, from: T, to: T) =>
      pulled((p, given) => f(p, { x: given, length: Tensor.make([steps], "i32") }), at, from, to),
    )(params, Tensor.read(Tensor.at(x, `${i}:${i + 1}`, `0:${steps}`)), Tensor.read(cut(Tensor.at(u, `${i}:${i + 1}`), steps)))
    assertAllClose(cut(Tensor.at(all.value, `${i}:${i + 1}`), steps), alone.value, close)
    assertAllClose(Tensor.at(all.back.x, `${i}:${i + 1}`, `0:${steps}`), alone.back.x, close)
    sums = sums === undefined ? alone.back.params : Params.zip((a, b) => exactly(Tensor.add)(a, b), sums, alone.back.params)
  }
  const wanted = Params.leaves(sums)
  for (const [i, leaf] of Params.leaves(all.back.params).entries()) assertAllClose(leaf, wanted[i] as T, close)
  const inPadding = Tensor.where(Tensor.expandAxis(Sequence.mask({ x, length }), -1), 0, all.back.x)
  expect(Tensor.toNumber(Tensor.max(Tensor.abs(inPadding)))).toBe(0)
}

describe("pooled, a row has the results and gradients that it has alone", () => {
  test.each(Object.keys(pooled))("%s", (name) => {
    const net = pooled[name] as Case<T>
    const f = (params: Params.Params, given: Sequence.Padded): T =>
      net.apply(params, net.init(Key.make(0), shape(1)).state, given, { mode: "infer" }).y
    const out = net.shape(shape(3))
    fc.assert(
      fc.property(batches, (batch) =>
        holds(
          net,
          f,
          (rows) => [rows, ...out],
          (y) => y,
          batch,
        ),
      ),
      { numRuns: 12 },
    )
  })
})

describe("step by step, a row has the results and gradients that it has alone", () => {
  test.each(Object.keys(sequences))("%s", (name) => {
    const net = sequences[name] as Case<Sequence.Padded>
    const f = (params: Params.Params, given: Sequence.Padded): T =>
      net.apply(params, net.init(Key.make(0), shape(1)).state, given, { mode: "infer" }).y.x
    const width = net.shape(shape(1)).x.at(-1) ?? 0
    fc.assert(
      fc.property(batches, (batch) =>
        holds(
          net,
          f,
          (rows, time) => [rows, time, width],
          (y, length) => Tensor.at(y, ":", `0:${length}`),
          batch,
        ),
      ),
      { numRuns: 12 },
    )
  })
})

describe("losses", () => {
  const net = Net.sequential([Sequence.each(Layers.dense({ units: 4 }))])
  const losses = {
    mse: Loss.meanSquaredError,
    cross_entropy: Loss.categoricalCrossEntropy({ labelSmoothing: 0.1 }),
    hinge: Loss.hinge(),
    poisson: Loss.poisson,
    cosine: Loss.cosine,
    "a function": (output: T, target: T): T => Tensor.sum(Tensor.square(Tensor.sub(output, Tensor.add(target, 1))), { axes: 1 }),
  }

  test.each(Object.keys(losses) as ReadonlyArray<keyof typeof losses>)("%s", (name) => {
    fc.assert(
      fc.property(batches, fc.constantFrom("steps" as const, "rows" as const), ({ fractions, junk, seed, time }, over) => {
        const lengths = fractions.map((fraction) => 1 + Math.floor(fraction * (time - 0.001)))
        const length = Tensor.make(lengths, "i32")
        const { params, state } = net.init(Key.make(seed), shape(time))
        const x = Tensor.read(Key.normal(Key.make(seed + 1), [lengths.length, time, features]))
        const isClass = name === "cross_entropy" || name === "hinge"
        const numbers = Tensor.read(Tensor.abs(Key.normal(Key.make(seed + 2), [lengths.length, time, 4])))
        const target = isClass ? Tensor.read(Tensor.argMax(numbers)) : numbers
        const cost = (given: T, wanted: T, size: T) =>
          exactly((at: Params.Params, from: T, to: T) =>
            Autodiff.valueAndGrad((p: Params.Params) =>
              Sequence.loss(losses[name], { over })(net.apply(p, state, { x: from, length: size }, { mode: "infer" }).y, to),
            )(at),
          )(params, given, wanted)
        const bad = isClass ? Tensor.where(Sequence.mask({ x, length }), target, -7) : spoiled(target, length, junk)
        const whole = cost(Tensor.read(spoiled(x, length, junk)), Tensor.read(bad), length)
        const total = lengths.reduce((sum, n) => sum + n, 0)
        const parts = lengths.map((n, i) => ({
          part: over === "rows" ? 1 / lengths.length : n / total,
          alone: cost(
            Tensor.read(Tensor.at(x, `${i}:${i + 1}`, `0:${n}`)),
            Tensor.read(Tensor.at(target, `${i}:${i + 1}`, `0:${n}`)),
            Tensor.make([n], "i32"),
          ),
        }))
        // The parts are rounded to f32.
        const mix = (of: (each: (typeof parts)[number]) => T): T =>
          exactly((xs: ReadonlyArray<T>) =>
            xs.map((y, i) => Tensor.mul(y, parts[i]?.part ?? 0)).reduce((a, b) => Tensor.add(a, b)),
          )(parts.map(of))
        assertAllClose(
          whole.value,
          mix(({ alone }) => alone.value),
          { rtol: 1e-6, atol: 1e-7 },
        )
        for (const [k, leaf] of Params.leaves(whole.grad).entries())
          assertAllClose(
            leaf,
            mix(({ alone }) => Params.leaves(alone.grad)[k] as T),
            { rtol: 1e-6, atol: 1e-7 },
          )
      }),
      { numRuns: 15 },
    )
  })

  test("of empty sequences alone is 0, and refuses targets of another time", () => {
    const empty = { x: Tensor.full([2, 3, 1], Number.NaN), length: Tensor.make([0, 0], "i32") }
    expect(Tensor.toNumber(Sequence.loss(Loss.meanSquaredError)(empty, Tensor.zeros([2, 3, 1])))).toBe(0)
    expect(() => Sequence.loss(Loss.meanSquaredError)(empty, Tensor.zeros([2, 4, 1]))).toThrow(
      "targets of 2 sequences of 3 steps",
    )
    expect(() => Sequence.loss((x) => Tensor.mean(x))(empty, Tensor.zeros([2, 3, 1]))).toThrow("a value for each of 6 steps")
  })
})

describe("scores count the steps that are not padding", () => {
  const scores: { readonly [name: string]: Score.Score<unknown> } = {
    accuracy: Score.accuracy,
    topK: Score.topK(2),
    f1: Score.f1(),
    confusion: Score.confusionMatrix,
    logLoss: Score.logLoss,
    calibration: Score.calibrationError(5),
    auroc: Score.auroc,
    curves: Score.curves,
    mse: Score.meanSquaredError,
    mae: Score.meanAbsoluteError,
    r2: Score.r2,
  }
  test.each(Object.keys(scores))("%s", (name) => {
    const score = scores[name] as Score.Score
    const isNumbers = ["mse", "mae", "r2"].includes(name)
    fc.assert(
      fc.property(batches, ({ fractions, junk, seed, time }) => {
        const lengths = fractions.map((fraction) => 1 + Math.floor(fraction * (time - 0.001)))
        const length = Tensor.make(lengths, "i32")
        const x = Tensor.read(Key.normal(Key.make(seed), [lengths.length, time, 3]))
        const numbers = Tensor.read(Key.normal(Key.make(seed + 1), [lengths.length, time, 3]))
        const target = isNumbers ? numbers : Tensor.read(Tensor.argMax(numbers))
        const rows = (of: T) =>
          Tensor.concat(lengths.map((n, i) => Tensor.reshape(Tensor.at(of, i, `0:${n}`), [n, ...of.shape.slice(2)])))
        const alone = Score.of(score, rows(x), rows(target))
        const bad = isNumbers ? spoiled(target, length, junk) : Tensor.where(Sequence.mask({ x, length }), target, -7)
        const padded = Score.of(Sequence.score(score), { x: spoiled(x, length, junk), length }, bad)
        if (typeof alone === "number" && typeof padded === "number") {
          if (Number.isNaN(alone)) expect(padded).toBeNaN()
          else expect(padded).toBeCloseTo(alone, 5)
        } else expect(padded).toEqual(alone)
      }),
      { numRuns: 12 },
    )
  })
})

test("a score that takes no account of which samples count is refused", () => {
  const own = Score.make((output, target) => Tensor.stack([Tensor.sum(Tensor.sub(output, target)), Tensor.scalar(1)]), {
    merge: Score.add,
    finish: ([sum = 0]) => sum,
    better: "lower",
    targetTypes: ["numbers"],
  })
  expect(() => Sequence.score(own)).toThrow("a score whose sums take which samples count")
})

describe("mistakes", () => {
  const layer = Sequence.lstm({ units: 2 })
  const { params, state } = layer.init(Key.make(1), shape(3))

  test("a length beyond the time steps, or below 0, makes its row NaN and no other", () => {
    const x = { x: Tensor.ones([3, 3, 3]), length: Tensor.make([4, 2, -1], "i32") }
    const y = Tensor.read(
      Net.infer(
        Net.sequential([layer, Sequence.last]),
        { params: { lstm1: params, last1: {} }, state: { lstm1: state, last1: {} } },
        x,
      ),
    )
    expect([...y.data].map(Number.isNaN)).toEqual([true, true, false, false, true, true])
  })

  test("are refused where they are", () => {
    const x = Tensor.zeros([2, 3, 3])
    expect(() => Net.infer(layer, { params, state }, { x, length: Tensor.make([1, 2]) })).toThrow("length i32[batch]")
    expect(() => Net.infer(layer, { params, state }, { x, length: Tensor.make([1], "i32") })).toThrow("length i32[batch]")
    expect(() => layer.shape({ x: [3], length: [] })).toThrow("sequences [time, features]")
    expect(() => Sequence.last.shape([3, 4] as never)).toThrow("sequences { x: [batch, time, …], length: [batch] }")
    expect(() => Sequence.each(Layers.batchNorm()).init(Key.make(1), shape(3))).toThrow("a layer without state")
    expect(() => Sequence.each(Layers.conv1d({ filters: 2, kernel: 3 })).shape(shape(3))).toThrow("conv1d")
    expect(() => Sequence.simpleRnn({ units: 4, activation: "glu" })).toThrow("an activation that keeps the shape")
    expect(() => Sequence.lstm({ units: 0 })).toThrow("units")
    expect(() => Sequence.pad([[1, 2, 3]], { time: 2 })).toThrow("sequences of at most 2 steps, not 3")
    expect(() => Sequence.pad([[[1, 2]], [[1]]])).toThrow("steps of one size in row 1")
  })
})

describe("states", () => {
  const layers = {
    simpleRnn: Sequence.simpleRnn({ units: 3 }),
    lstm: Sequence.lstm({ units: 3 }),
    gru: Sequence.gru({ units: 3 }),
  }
  test.each(Object.keys(layers) as ReadonlyArray<keyof typeof layers>)(
    "%s: two pieces with the state between them are the whole",
    (name) => {
      const layer = layers[name] as unknown as Sequence.Recurrent<Params.Params, Params.Params>
      const { params } = layer.init(Key.make(3), shape(7))
      const x = Tensor.read(Key.normal(Key.make(4), [3, 7, features]))
      const run = (from: T, length: ReadonlyArray<number>, before: Params.Params) =>
        Net.infer(layer.withState, { params, state: {} }, { x: from, length: Tensor.make([...length], "i32"), state: before })
      const whole = run(x, [7, 4, 2], layer.start(3))
      const first = run(Tensor.at(x, ":", "0:4"), [4, 4, 2], layer.start(3))
      const second = run(Tensor.at(x, ":", "4:7"), [3, 0, 0], first.state)
      expect(Tensor.toArray(Tensor.concat([first.x, second.x], 1))).toEqual(Tensor.toArray(whole.x))
      for (const [i, leaf] of Params.leaves(second.state).entries())
        expect(Tensor.toArray(leaf)).toEqual(Tensor.toArray(Params.leaves(whole.state)[i] as T))
      expect(Tensor.toArray(layer.output(whole.state))).toEqual(
        Tensor.toArray(Net.infer(Sequence.final(layer), { params, state: {} }, { x, length: Tensor.make([7, 4, 2], "i32") })),
      )
    },
  )

  test("layers of Layers and of Sequence have the same parameters and the same bits for full sequences", () => {
    const x = Tensor.read(Key.normal(Key.make(5), [2, 5, features]))
    const length = Tensor.make([5, 5], "i32")
    const pairs = [
      [Layers.lstm({ units: 3, returnSequences: true }), Sequence.lstm({ units: 3 })],
      [Layers.gru({ units: 3, returnSequences: true, reverse: true }), Sequence.gru({ units: 3, reverse: true })],
      [Layers.gru({ units: 3, returnSequences: true, reset: "before" }), Sequence.gru({ units: 3, reset: "before" })],
      [Layers.simpleRnn({ units: 3, returnSequences: true }), Sequence.simpleRnn({ units: 3 })],
    ] as unknown as ReadonlyArray<readonly [Net.Net, Sequence.Recurrent<Params.Params, Params.Params>]>
    for (const [plain, padded] of pairs) {
      const { params } = plain.init(Key.make(6), [5, features])
      expect(Params.leaves(padded.init(Key.make(6), shape(5)).params).map(Tensor.toArray)).toEqual(
        Params.leaves(params).map(Tensor.toArray),
      )
      const wanted = plain.apply(params, {}, x, { mode: "infer" }).y
      expect(Tensor.toArray(Net.infer(padded, { params, state: {} }, { x, length }).x)).toEqual(Tensor.toArray(wanted))
    }
  })
})

test("an engine gives the gradient of a masked lstm, with NaN in the padding", async () => {
  const net = Net.sequential([Sequence.lstm({ units: 4 }), Sequence.last, Layers.dense({ units: 2 })])
  const { params, state } = net.init(Key.make(1), shape(5))
  const length = Tensor.make([5, 2], "i32")
  const x = Tensor.read(spoiled(Key.normal(Key.make(2), [2, 5, features]), length, Number.NaN))
  const gradient = (p: Params.Params, from: T, steps: T) =>
    Autodiff.grad((at: Params.Params) =>
      Tensor.sum(Tensor.square(net.apply(at, state, { x: from, length: steps }, { mode: "infer" }).y)),
    )(p)
  const compiled = await Effect.runPromise(
    Effect.gen(function* () {
      const run = yield* Compile.compile(gradient, params, x, length)
      return yield* run(params, x, length)
    }).pipe(Effect.scoped, Effect.provide(Wasm.layer())),
  )
  const wanted = Params.leaves(exactly(gradient)(params, x, length))
  for (const [i, leaf] of Params.leaves(compiled).entries()) assertAllClose(leaf, wanted[i] as T, { rtol: 1e-4, atol: 1e-6 })
})
