/** Restricted Boltzmann machines compared with their definition: sums over all states of a small one, and plain loops. */
import { Compile, Engine, Key, NDArray, Params, Rbm, Tensor, Wasm } from "@adjoint/core"
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { describe, expect, test } from "vitest"
import { exactly } from "./exactly.ts"

const [visible, hidden] = [3, 2]

/** A machine small enough to be written out, with nothing symmetric about it. */
const machine: Rbm.Params = {
  w: Tensor.make([
    [0.8, -0.4],
    [-0.5, 1.1],
    [0.3, 0.7],
  ]),
  b: Tensor.make([0.2, -0.6]),
  a: Tensor.make([-0.3, 0.4, 0.1]),
}

/** All states of `units` units, as rows of 0 and 1. */
const states = (units: number): ReadonlyArray<ReadonlyArray<number>> =>
  Array.from({ length: 2 ** units }, (_, i) => Array.from({ length: units }, (_, unit) => (i >> unit) & 1))

const rows = (x: Tensor.Tensor): ReadonlyArray<ReadonlyArray<number>> => Tensor.toArray(x) as ReadonlyArray<ReadonlyArray<number>>
const list = (x: Tensor.Tensor): ReadonlyArray<number> => Tensor.toArray(x) as ReadonlyArray<number>

const sigma = (x: number): number => 1 / (1 + Math.exp(-x))
const w = rows(machine.w)
const b = list(machine.b)
const a = list(machine.a)
const weight = (i: number, j: number): number => w[i]?.[j] ?? Number.NaN
const sum = (xs: ReadonlyArray<number>): number => xs.reduce((total, x) => total + x, 0)

/** E(v, h) as it is written. */
const energyOf = (v: ReadonlyArray<number>, h: ReadonlyArray<number>, kind: Rbm.Visible = "bernoulli"): number =>
  sum(v.map((x, i) => (kind === "bernoulli" ? -(a[i] ?? 0) * x : (x - (a[i] ?? 0)) ** 2 / 2))) -
  sum(h.map((x, j) => (b[j] ?? 0) * x)) -
  sum(v.flatMap((x, i) => h.map((y, j) => x * weight(i, j) * y)))

const up = (v: ReadonlyArray<number>): ReadonlyArray<number> =>
  b.map((bias, j) => sigma(bias + sum(v.map((x, i) => x * weight(i, j)))))

/** p(v) of each visible state, by summing over everything. */
const likelihood = (): ReadonlyArray<number> => {
  const each = states(visible).map((v) => sum(states(hidden).map((h) => Math.exp(-energyOf(v, h)))))
  return each.map((x) => x / sum(each))
}

const near = (got: ReadonlyArray<number>, wanted: ReadonlyArray<number>, tolerance: number) => {
  expect(got.length).toBe(wanted.length)
  got.forEach((x, i) => {
    expect(Math.abs(x - (wanted[i] ?? Number.NaN)), `${x} for ${wanted[i]} at ${i}`).toBeLessThan(tolerance)
  })
}

const quantities = [
  [0.3, -1.2, 2],
  [1.5, 0, -0.7],
]

describe.each(["bernoulli", "gaussian"] as const)("%s visible units", (kind) => {
  const v = kind === "bernoulli" ? states(visible) : quantities
  const x = Tensor.make(v)

  test("the energy is what is written", () => {
    for (const h of states(hidden)) {
      const got = exactly((p: Rbm.Params) => Rbm.energy(p, x, Tensor.make(v.map(() => [...h])), kind))(machine)
      near(
        list(got),
        v.map((row) => energyOf(row, h, kind)),
        1e-6,
      )
    }
  })

  test("exp(-F(v)) is the sum of exp(-E(v, h)) over all h", () => {
    const got = list(exactly((p: Rbm.Params) => Rbm.freeEnergy(p, x, kind))(machine))
    const wanted = v.map((row) => -Math.log(sum(states(hidden).map((h) => Math.exp(-energyOf(row, h, kind))))))
    near(got, wanted, 1e-6)
  })

  test("hidden probabilities and visible means are those of the energy", () => {
    near(rows(Rbm.hiddenProbabilities(machine, x)).flat(), v.flatMap(up), 1e-6)
    const h = states(hidden)
    const means = h.flatMap((row) =>
      a.map((bias, i) => {
        const incoming = bias + sum(row.map((y, j) => y * weight(i, j)))
        return kind === "bernoulli" ? sigma(incoming) : incoming
      }),
    )
    near(rows(Rbm.visibleMeans(machine, Tensor.make(h), kind)).flat(), means, 1e-6)
  })

  test("samples have the means, and of Gaussian units the variance 1", () => {
    const n = 20000
    const h = Tensor.broadcastTo(Tensor.make([1, 0]), [n, hidden])
    const drawn = Rbm.sampleVisible(Key.make(3), machine, h, kind)
    const wanted = list(Tensor.at(Rbm.visibleMeans(machine, Tensor.make([[1, 0]]), kind), 0))
    near(list(Tensor.mean(drawn, { axes: 0 })), wanted, 0.03)
    const variances = kind === "bernoulli" ? wanted.map((p) => p * (1 - p)) : wanted.map(() => 1)
    near(list(Tensor.variance(drawn, { axes: 0 })), variances, 0.04)
    if (kind === "bernoulli") expect(new Set(rows(drawn).flat())).toEqual(new Set([0, 1]))
  })
})

test("Gibbs sampling visits each state as often as the machine says", () => {
  const n = 10000
  const end = Rbm.gibbs(Key.make(1), machine, Tensor.zeros([n, visible]), 12)
  const counts = new Array<number>(2 ** visible).fill(0)
  for (const row of rows(end)) {
    const state = sum(row.map((x, i) => x * 2 ** i))
    counts[state] = (counts[state] ?? 0) + 1 / n
  }
  near(counts, likelihood(), 0.015)
})

describe("the gradient", () => {
  const data = [
    [1, 0, 1],
    [1, 1, 0],
    [0.2, 0.9, 0],
  ]
  const samples = [
    [0, 1, 1],
    [1, 1, 1],
  ]

  test("is what the data and the samples have in common with their hidden units, in plain loops", () => {
    const got = exactly((p: Rbm.Params) => Rbm.gradient(p, Tensor.make(data), Tensor.make(samples)))(machine)
    const part = (v: ReadonlyArray<ReadonlyArray<number>>, of: (v: ReadonlyArray<number>, h: ReadonlyArray<number>) => number) =>
      sum(v.map((row) => of(row, up(row)))) / v.length
    const rise = (of: (v: ReadonlyArray<number>, h: ReadonlyArray<number>) => number) => part(data, of) - part(samples, of)
    const at = (xs: ReadonlyArray<number>, i: number): number => xs[i] ?? Number.NaN
    near(
      rows(got.w).flat(),
      w.flatMap((_, i) => b.map((_, j) => rise((v, h) => at(v, i) * at(h, j)))),
      1e-6,
    )
    near(
      list(got.b),
      b.map((_, j) => rise((_, h) => at(h, j))),
      1e-6,
    )
    near(
      list(got.a),
      a.map((_, i) => rise((v) => at(v, i))),
      1e-6,
    )
  })

  test("by many rounds is the exact gradient of the log-likelihood, as far as samples can tell", () => {
    const copies = 4000
    const v = Array.from({ length: copies }, () => data.map((row) => row.map(Math.round))).flat()
    const x = Tensor.make(v)
    const got = Rbm.gradient(machine, x, Rbm.gibbs(Key.make(5), machine, x, 10))
    // ∂ mean log p(v) by central differences of the sum over all states.
    const mean = (params: Rbm.Params): number => {
      const all = list(exactly((p: Rbm.Params) => Rbm.freeEnergy(p, Tensor.make(states(visible))))(params))
      const seen = list(
        exactly((p: Rbm.Params) => Rbm.freeEnergy(p, Tensor.make(data.map((row) => row.map(Math.round)))))(params),
      )
      return -sum(seen) / seen.length - Math.log(sum(all.map((f) => Math.exp(-f))))
    }
    const nudged = (leaf: keyof Rbm.Params, at: number, by: number): Rbm.Params => {
      const { data: numbers, shape } = Tensor.read(machine[leaf])
      const next = Float64Array.from(numbers, (number, i) => (i === at ? number + by : number))
      return { ...machine, [leaf]: NDArray.make("f32", shape, next) }
    }
    for (const leaf of ["w", "b", "a"] as const) {
      const numbers = [...Tensor.read(got[leaf]).data]
      const wanted = numbers.map((_, i) => (mean(nudged(leaf, i, 1e-4)) - mean(nudged(leaf, i, -1e-4))) / 2e-4)
      near(numbers, wanted, 0.015)
    }
  })
})

const learning = { visible: "bernoulli", method: { cd: 1 }, learningRate: 0.1, key: Key.make(11) } as const

/** Several steps on the same rows. */
const learn = (
  how: Rbm.Learning,
  v: Tensor.Tensor,
  steps: number,
  { momentum = 0.5, start = machine }: { readonly momentum?: number; readonly start?: Rbm.Params } = {},
) =>
  Effect.scoped(
    Effect.gen(function* () {
      const step = yield* Compile.step(Rbm.step(how), Rbm.begin(start, how))
      const outputs = yield* step.run(Array.from({ length: steps }, () => ({ v, momentum: Tensor.scalar(momentum) })))
      return { state: yield* step.state, errors: outputs.map(({ error }) => Tensor.toNumber(error)) }
    }),
  )

const bytes = (tree: unknown): ReadonlyArray<number> =>
  Params.leaves(tree).flatMap((leaf) => {
    const { data } = Tensor.read(leaf)
    return [...new Uint8Array(data.buffer, data.byteOffset, data.byteLength)]
  })

/** Stripes and their opposites, 12 units wide. */
const stripes = Tensor.make(
  Array.from({ length: 40 }, (_, i) => Array.from({ length: 12 }, (_, unit) => ((unit >> (i % 2)) + (i >> 1)) % 2)),
)
const small = Rbm.init(Key.make(2), { visible: 12, hidden: 6, units: "bernoulli" })

describe("a step", () => {
  it.effect("adds the rate times the gradient to what momentum keeps of the step before, and decays weights alone", () =>
    Effect.gen(function* () {
      const how: Rbm.Learning = { ...learning, l2: 0.01 }
      const v = Tensor.make(states(visible))
      const state = { ...Rbm.begin(machine, how), velocity: Params.map(machine, (x) => Tensor.full(x.shape, 0.5)) }
      const next = Rbm.step(how)(state, { v, momentum: Tensor.scalar(0.9) }).state
      const samples = Rbm.gibbs(Key.fold(learning.key, 0), machine, v, 1)
      const rise = Rbm.gradient(machine, v, samples)
      for (const leaf of ["w", "b", "a"] as const) {
        const [now, then, slope] = [next.params[leaf], machine[leaf], rise[leaf]].map((x) => [...Tensor.read(x).data])
        const wanted = (then ?? []).map((x, i) => x + 0.9 * 0.5 + 0.1 * ((slope?.[i] ?? 0) - (leaf === "w" ? 0.01 * x : 0)))
        near(now ?? [], wanted, 1e-6)
      }
    }),
  )

  it.effect.each([{ cd: 1 }, { pcd: { steps: 1, particles: 20 } }] satisfies ReadonlyArray<Rbm.Method>)(
    "with %j makes reconstructions better and the free energy of the data lower than of noise",
    (method) =>
      Effect.gen(function* () {
        const { errors, state } = yield* learn({ ...learning, method }, stripes, 400, { start: small })
        assert.isBelow(errors.at(-1) ?? 1, 0.2 * (errors[0] ?? 0))
        const noise = Tensor.cast(Key.bernoulli(Key.make(9), 0.5, [200, 12]), "f32")
        const free = (v: Tensor.Tensor) => Tensor.toNumber(Tensor.mean(Rbm.freeEnergy(state.params, v)))
        assert.isBelow(free(stripes), free(noise) - 1)
        assert.deepStrictEqual(state.particles?.shape, "pcd" in method ? [20, 12] : undefined)
      }).pipe(Effect.provide(Wasm.layer({ threads: 1 }))),
  )

  it.effect("learns quantities with Gaussian visible units", () =>
    Effect.gen(function* () {
      const v = Tensor.mul(Tensor.sub(stripes, 0.5), 4)
      const how: Rbm.Learning = { ...learning, visible: "gaussian", learningRate: 0.02 }
      const { errors } = yield* learn(how, v, 400, { start: small })
      assert.isBelow(errors.at(-1) ?? 9, 0.3 * (errors[0] ?? 0))
    }).pipe(Effect.provide(Wasm.layer({ threads: 1 }))),
  )

  it.effect("with sparsity brings hidden units to how often they are to be on", () =>
    Effect.gen(function* () {
      const free = yield* learn(learning, stripes, 400, { start: small })
      const sparse = yield* learn({ ...learning, sparsity: { target: 0.1, cost: 3 } }, stripes, 400, { start: small })
      const off = ({ params }: Rbm.State): number =>
        sum(list(Tensor.mean(Rbm.hiddenProbabilities(params, stripes), { axes: 0 })).map((q) => Math.abs(q - 0.1))) / 6
      assert.isAbove(off(free.state), 0.2)
      assert.isBelow(off(sparse.state), 0.1)
    }).pipe(Effect.provide(Wasm.layer({ threads: 1 }))),
  )

  it.effect("of one key has the same bits every time, and those of another differ", () =>
    Effect.gen(function* () {
      const made = (key: Key.Key) =>
        Effect.map(learn({ ...learning, key }, stripes, 20, { start: small }), ({ state }) => bytes(state))
      const once = yield* made(Key.make(1))
      assert.deepStrictEqual(yield* made(Key.make(1)), once)
      assert.notDeepEqual(yield* made(Key.make(2)), once)
    }).pipe(Effect.provide(Wasm.layer({ threads: 1 }))),
  )

  it.effect.each([
    { ...learning, sparsity: { target: 0.1, cost: 0.5 }, l2: 1e-3 },
    { ...learning, visible: "gaussian", method: { pcd: { steps: 2, particles: 8 } } },
  ] satisfies ReadonlyArray<Rbm.Learning>)("has the same bits in the engine as when it is read", (how) =>
    Effect.gen(function* () {
      const { state } = yield* learn(how, stripes, 3, { start: small })
      let read = Rbm.begin(small, how)
      for (let i = 0; i < 3; i++) read = Rbm.step(how)(read, { v: stripes, momentum: Tensor.scalar(0.5) }).state
      assert.deepStrictEqual(bytes(state), bytes(read))
    }).pipe(Effect.provide(Wasm.layer({ threads: 1 }))),
  )

  it.effect("of Reference goes the same way in doubles", () =>
    Effect.gen(function* () {
      const run = learn(learning, stripes, 10, { start: small })
      const { errors } = yield* Effect.provide(run, Engine.layerReference)
      near(errors, (yield* Effect.provide(run, Wasm.layer({ threads: 1 }))).errors, 1e-6)
    }),
  )
})

test("momentum goes from one value to the other over the epochs", () => {
  expect([0, 1, 2].map((epoch) => Rbm.momentumAt([0.5, 0.9], epoch, 3))).toEqual([0.5, 0.7, 0.9])
  expect(Rbm.momentumAt(0.8, 2, 3)).toBe(0.8)
  expect(Rbm.momentumAt([0.5, 0.9], 0, 1)).toBe(0.5)
})

test("visible biases begin where the units have the means of the data", () => {
  const mean = Tensor.make([0.25, 0, 1])
  const { a } = Rbm.init(Key.make(1), { visible: 3, hidden: 2, units: "bernoulli", mean })
  near(list(Tensor.sigmoid(a)), [0.25, 0.001, 0.999], 1e-6)
  near(list(Rbm.init(Key.make(1), { visible: 3, hidden: 2, units: "gaussian", mean }).a), [0.25, 0, 1], 1e-9)
})
