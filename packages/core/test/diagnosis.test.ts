/** Diagnoses: their numbers beside independent ones, and the law that they change nothing of what they look at. */
import { createHash } from "node:crypto"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fc from "fast-check"
import { expect, test } from "vitest"
import {
  Activation,
  Diagnosis,
  Initializer,
  Key,
  Layers,
  LearningRate,
  Loss,
  NDArray,
  Net,
  Optimizer,
  Params,
  Score,
  StoredArray,
  Tensor,
  Toys,
  Train,
  Wasm,
} from "../src/index.ts"
import { layerStatistics } from "../src/training/layerStatistics.ts"

const data = Toys.moons(Key.make(7), { count: 96 })
const validation = Toys.moons(Key.make(8), { count: 40 })

const net = Net.sequential({
  first: Layers.dense({ units: 8, activation: "relu" }),
  second: Layers.dense({ units: 8, activation: "tanh" }),
  out: Layers.dense({ units: 2 }),
})

const config = {
  net,
  loss: Loss.categoricalCrossEntropy(),
  optimizer: Optimizer.sgd(0.1),
  data,
  validation,
  scores: { accuracy: Score.accuracy },
  seed: 3,
  epochs: 6,
  batch: 96,
}

const subject = { ...config, state: Train.initial(config) }

const provided = <A, E>(effect: Effect.Effect<A, E, import("../src/engines/Engine.ts").Engine>) =>
  Effect.provide(effect, Wasm.layer({ threads: 1 }))

const bytes = (tree: unknown): string =>
  Params.leaves(tree)
    .map((leaf) => {
      const { data: numbers } = Tensor.read(leaf)
      return Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength).toString("hex")
    })
    .join(" ")

type Made = Effect.Effect<unknown, unknown, import("../src/engines/Engine.ts").Engine>

/** Every diagnosis of a subject, by the name that it has on the command line. */
const all = (
  own: typeof subject,
  optimizer: (rate: LearningRate.LearningRate) => typeof own.optimizer,
): { readonly [N in Diagnosis.Name]: Made } => ({
  initial_loss: Diagnosis.initialLoss(own),
  overfit: Diagnosis.overfit(own, { rows: 4, steps: 20 }),
  learning_rate: Diagnosis.rateRange(own, optimizer, { steps: 20 }),
  layers: Diagnosis.layers(own),
  gradients: Effect.map(Diagnosis.layers(own), Diagnosis.gradientNorms),
  updates: Effect.map(Diagnosis.layers(own), Diagnosis.updateRatios),
  dead_units: Diagnosis.deadUnits(own),
  gap: Diagnosis.gap(own),
  baselines: Diagnosis.baselines(own),
})

/** A run with what a diagnosis could disturb: state of layers, noise that is drawn, moments of an optimizer, weights that were trained. */
const drawn = fc.record({
  units: fc.integer({ min: 1, max: 6 }),
  layer: fc.constantFrom("none", "batchNorm", "dropout"),
  optimizer: fc.constantFrom("sgd", "momentum", "adam"),
  seed: fc.nat(1000),
  batch: fc.constantFrom(2, 12, 48),
  isTrained: fc.boolean(),
})

const between = { none: [], batchNorm: [Layers.batchNorm()], dropout: [Layers.dropout(0.3)] }
const optimizers = { sgd: Optimizer.sgd, momentum: Optimizer.momentum, adam: Optimizer.adam }

describe("every diagnosis", () => {
  test("takes weights, optimizer and key by value: their hash is the same after it, and so is what it says again", () =>
    fc.assert(
      fc.asyncProperty(drawn, ({ batch, isTrained, layer, optimizer: kind, seed, units }) =>
        Effect.gen(function* () {
          const optimizer = optimizers[kind] as unknown as (rate: LearningRate.LearningRate) => typeof subject.optimizer
          const layers = [Layers.dense({ units, activation: "relu" }), ...between[layer], Layers.dense({ units: 2 })]
          const net = Net.sequential(layers) as unknown as typeof subject.net
          const run = { ...config, net, optimizer: optimizer(LearningRate.constant(0.05)), seed, batch, epochs: 1 }
          const first = Train.initial(run)
          const { params, state } = isTrained ? yield* provided(Train.finished(run)) : first
          const looked = { ...run, state: { ...first, params, state } }
          const hash = () => createHash("sha256").update(bytes(looked.state)).update(String(looked.seed)).digest("hex")
          const before = hash()
          for (const [name, diagnose] of Object.entries(all(looked, optimizer))) {
            const [once, again] = [yield* diagnose, yield* diagnose]
            assert.strictEqual(hash(), before, name)
            assert.deepStrictEqual(once, again, name)
          }
        }).pipe(provided, Effect.runPromise),
      ),
      { numRuns: 4 },
    ))

  test("has its documentation under its name", () => {
    expect(Object.keys(Diagnosis.concerns)).toEqual(Object.keys(Diagnosis.table))
    for (const { advice, doc, healthy, source } of Object.values(Diagnosis.table))
      expect([doc, healthy, advice, source].every((text) => text.length > 20)).toBe(true)
  })
})

describe("the first loss", () => {
  it.effect("of K classes is expected to be ln K", () =>
    Effect.gen(function* () {
      const found = yield* provided(Diagnosis.initialLoss(subject))
      assert.closeTo(found.expected, Math.log(2), 1e-6)
      assert.strictEqual(found.classes, 2)
      assert.deepStrictEqual(Diagnosis.concerns.initial_loss(found), [])
      const costs = found.penalties.map(({ cost }) => cost)
      assert.deepStrictEqual(
        costs.toSorted((a, b) => a - b),
        costs,
      )
      const squares = Params.leaves(subject.state.params).filter(({ shape }) => shape.length === 2)
      const half = squares.reduce((sum, w) => sum + Tensor.toNumber(Tensor.sum(Tensor.square(w))) / 2, 0)
      assert.closeTo((costs.at(-1) ?? 0) - (costs[0] ?? 0), half, 1e-4)
    }),
  )

  it.effect("rises with the penalty also where it is so large that a float would not", () =>
    Effect.gen(function* () {
      const targets = Tensor.read(Tensor.mul(Tensor.cast(Tensor.reshape(data.targets, [96, 1]), "f32"), 1e6))
      const own = { ...config, net: Layers.dense({ units: 1 }), loss: Loss.meanSquaredError, scores: {} }
      const run = { ...own, data: { inputs: data.inputs, targets }, validation: undefined }
      const { validation: _, ...rest } = run
      const found = yield* provided(Diagnosis.initialLoss({ ...rest, state: Train.initial(rest) }))
      assert.isAbove(found.loss, 1e11)
      assert.deepStrictEqual(Diagnosis.concerns.initial_loss(found), [])
    }),
  )

  it.effect("of large weights is too large, and that of zeros does not rise with the penalty", () =>
    Effect.gen(function* () {
      const large = Net.sequential([Layers.dense({ units: 2, init: Initializer.normal(100) })])
      const zero = Net.sequential([Layers.dense({ units: 2, init: "zeros" })])
      const [a, b] = yield* Effect.all(
        [large, zero].map((net) => {
          const run = { ...config, net }
          return provided(Diagnosis.initialLoss({ ...run, state: Train.initial(run) }))
        }),
      )
      assert.match(Diagnosis.concerns.initial_loss(a as never)[0]?.advice ?? "", /smaller initializer/)
      assert.match(Diagnosis.concerns.initial_loss(b as never)[0]?.message ?? "", /does not rise with the penalty/)
    }),
  )
})

describe("the statistics of layers", () => {
  it.effect("have the gradient of the last outputs that the formula gives: (p − t) / n", () =>
    Effect.gen(function* () {
      const layers = yield* provided(Diagnosis.layers(subject))
      assert.deepStrictEqual(
        layers.map(({ layer }) => layer),
        ["first", "second", "out"],
      )
      const { params, state } = subject.state
      const y = net.apply(params, state, data.inputs, { mode: "infer" }).y
      const p = Activation.softmax(y)
      const wanted = Tensor.div(Tensor.sub(p, Tensor.oneHot(data.targets, 2)), 96)
      const { deviation, mean } = layers[2]?.gradient ?? assert.fail()
      assert.closeTo(mean, 0, 1e-7)
      assert.closeTo(deviation, Math.sqrt(Tensor.toNumber(Tensor.variance(wanted))), 1e-7)
      assert.closeTo(layers[2]?.output.mean ?? 0, Tensor.toNumber(Tensor.mean(y)), 1e-6)
    }),
  )

  it.effect("have the ratio of an update to its weights: the rate times the gradient, over the weights", () =>
    Effect.gen(function* () {
      const layers = yield* provided(Diagnosis.layers(subject))
      for (const { weights } of layers) {
        assert.isDefined(weights)
        assert.closeTo(weights.update, 0.1 * weights.gradient, 1e-6)
        assert.closeTo(weights.ratio, weights.update / weights.weights, 1e-12)
      }
      assert.deepStrictEqual(
        Diagnosis.gradientNorms(layers).map(({ norm }) => norm),
        layers.map(({ weights }) => weights?.gradient),
      )
    }),
  )

  it.effect("name layers inside others as findings do, and not those around them", () =>
    Effect.gen(function* () {
      const run = { ...config, net: Net.sequential({ body: Net.repeat(2, net), out: Layers.dense({ units: 2 }) }) }
      const layers = yield* provided(Diagnosis.layers({ ...run, state: Train.initial(run) }))
      assert.deepStrictEqual(
        layers.map(({ layer }) => layer),
        ["body.0.first", "body.0.second", "body.0.out", "body.1.first", "body.1.second", "body.1.out", "out"],
      )
    }),
  )

  it.effect("of some rows are near those of all, and dead units are looked for in all", () =>
    Effect.gen(function* () {
      const inputs = Tensor.read(Key.normal(Key.make(3), [512, 6]))
      // The one row with a large first number is not among those whose outputs are looked at.
      inputs.data[6 * 3] = 1000
      const many = { inputs, targets: Tensor.read(Key.categorical(Key.make(4), Tensor.zeros([512, 2]))) }
      const run = { ...config, data: many, batch: 512 }
      const state = Train.initial(run)
      const b = Tensor.make([-500, 0, 0, 0, 0, 0, 0, 0])
      const w = Tensor.where(Tensor.equal(Tensor.range(48), 0), 1, Tensor.reshape(state.params.first.w, [48]))
      const at = { ...state, params: { ...state.params, first: { w: Tensor.read(Tensor.reshape(w, [6, 8])), b } } }
      const batch = { x: many.inputs, y: many.targets }
      const measure = (numbers?: number) =>
        Effect.scoped(
          Effect.flatMap(layerStatistics(run as never, at, batch as never, numbers === undefined ? {} : { numbers }), (layers) =>
            layers(at, batch as never),
          ),
        )
      const [whole, some] = [yield* provided(measure()), yield* provided(measure(1024))]
      assert.deepStrictEqual(
        some.map(({ output }) => output.count),
        [1024, 1024, 512 * 2],
      )
      assert.deepStrictEqual(
        some.map(({ dead, weights }) => [dead, weights]),
        whole.map(({ dead, weights }) => [dead, weights]),
      )
      assert.strictEqual(some[0]?.dead, 0)
      const [all, few] = [whole[1]?.output, some[1]?.output]
      assert.closeTo(few?.mean ?? 0, all?.mean ?? 9, 0.1)
      assert.closeTo((few?.deviation ?? 0) / (all?.deviation ?? 9), 1, 0.1)
    }),
  )

  it.effect("count outputs at the ends of tanh", () =>
    Effect.gen(function* () {
      const run = {
        ...config,
        net: Net.sequential({
          a: Layers.dense({ units: 64, activation: "tanh", init: Initializer.normal(50) }),
          b: Layers.dense({ units: 2 }),
        }),
      }
      const layers = yield* provided(
        Diagnosis.layers({ ...run, state: Train.initial(run) }, (layer) => (layer === "a" ? [-1, 1] : undefined)),
      )
      assert.isAbove(layers[0]?.output.saturated ?? 0, 0.9)
      assert.isUndefined(layers[1]?.output.saturated)
      assert.match(Diagnosis.concerns.layers(layers)[0]?.message ?? "", /ends of its activation/)
    }),
  )

  test("a vanishing, an exploding and an absent gradient are three concerns", () => {
    const norms = (...all: ReadonlyArray<number>) => all.map((norm, i) => ({ layer: `l${i}`, norm }))
    const said = (...all: ReadonlyArray<number>) =>
      Diagnosis.concerns.gradients(norms(...all)).map(({ layer, message }) => [layer, message])
    expect(said(1, 1)).toEqual([])
    expect(said(1e-5, 1)).toEqual([
      ["l0", "the gradient of l0 has the norm 1e-5, that of l1 1: it vanishes on its way to the first layer"],
    ])
    expect(said(1e5, 1)[0]?.[1]).toContain("explodes")
    expect(said(1, 0, 1)).toEqual([["l1", "no gradient arrives at the weights of l1"]])
  })
})

test("a spread is that of the formulas", () => {
  const numbers = fc.array(fc.float({ min: -1e3, max: 1e3, noNaN: true }), { minLength: 1, maxLength: 50 })
  fc.assert(
    fc.property(numbers, (xs) => {
      const { count, deviation, histogram, largest, least, mean, zero } = Diagnosis.spreadOf(xs)
      const wanted = xs.reduce((sum, x) => sum + x, 0) / xs.length
      expect(count).toBe(xs.length)
      expect(mean).toBeCloseTo(wanted, 9)
      expect(deviation).toBeCloseTo(Math.sqrt(xs.reduce((sum, x) => sum + (x - wanted) ** 2, 0) / xs.length), 9)
      expect([least, largest]).toEqual([Math.min(...xs), Math.max(...xs)])
      expect(zero).toBe(xs.filter((x) => x === 0).length / xs.length)
      expect(histogram.reduce((sum, n) => sum + n, 0)).toBe(xs.length)
    }),
  )
  expect(Diagnosis.spreadOf([1, Number.NaN, 3]).nonFinite).toBe(1)
  expect(Diagnosis.spreadOf([1, Number.NaN, 3]).mean).toBe(2)
})

it.effect("units with a bias that no input overcomes are dead, the others are not", () =>
  Effect.gen(function* () {
    const { params, state } = net.init(Key.make(1), [2])
    const b = Tensor.make([-100, 0, -100, 0, 0, 0, -100, 0])
    const dead = { ...subject, state: { ...subject.state, params: { ...params, first: { ...params.first, b } }, state } }
    const found = yield* provided(Diagnosis.deadUnits(dead))
    assert.deepStrictEqual(
      found.map(({ dead, layer, units }) => [layer, units, dead]),
      [
        ["first", 8, 3],
        ["second", 8, 0],
        ["out", 2, 0],
      ],
    )
    assert.match(Diagnosis.concerns.dead_units(found)[0]?.message ?? "", /^3 of the 8 units of first \(38%\)/)
  }),
)

it.effect("inputs that are always 0 are no dead units: layers before the first one with weights only pass them on", () =>
  Effect.gen(function* () {
    const flat = Net.sequential({ flat: Layers.flatten, first: Layers.dense({ units: 4 }), last: Layers.dense({ units: 1 }) })
    const inputs = Tensor.read(Tensor.make([[[1, 0, 0, 0]], [[2, 0, 0, 0]]]))
    const data = { inputs, targets: Tensor.read(Tensor.make([[1], [2]])) }
    const { batch, epochs, optimizer, seed } = config
    const all = { net: flat, loss: Loss.meanSquaredError, data, optimizer, seed, epochs, batch }
    const found = yield* provided(Diagnosis.deadUnits({ ...all, state: Train.initial(all) }))
    assert.deepStrictEqual(
      found.map(({ dead, layer, units }) => [layer, units, dead]),
      [
        ["first", 4, 0],
        ["last", 1, 0],
      ],
    )
    assert.deepStrictEqual(Diagnosis.concerns.dead_units(found), [])
    const layers = yield* provided(Diagnosis.layers({ ...all, state: Train.initial(all) }))
    assert.deepStrictEqual(
      layers.map(({ dead, layer, units }) => [layer, units, dead]),
      [
        ["flat", 0, 0],
        ["first", 4, 0],
        ["last", 1, 0],
      ],
    )
  }),
)

it.effect("a layer that joins or flattens has no units: those of its parts are counted where they are computed", () =>
  Effect.gen(function* () {
    const joined = Net.graph(
      {
        hidden: { net: Layers.dense({ units: 3, activation: "relu" }), from: "a" },
        both: { join: "concat", from: ["hidden", "b"] },
        sum: { join: "add", from: ["b", "c"] },
        wide: { join: "concat", from: ["both", "sum"] },
        out: { net: Layers.dense({ units: 2, activation: "relu" }), from: "wide" },
      },
      { inputs: ["a", "b", "c"] },
    )
    const column = (x: number) =>
      Tensor.read(
        Tensor.make([
          [x, 0],
          [x + 1, 0],
          [x + 2, 0],
        ]),
      )
    const inputs = { a: column(1), b: column(2), c: column(3) }
    const data = {
      inputs,
      targets: Tensor.read(
        Tensor.make([
          [1, 2],
          [2, 1],
          [0, 0],
        ]),
      ),
    }
    const { optimizer } = config
    const run = { net: joined, loss: Loss.meanSquaredError, data, optimizer, seed: 3, epochs: 1, batch: 3 }
    const { params, ...state } = Train.initial(run)
    const dying = { ...params.hidden, b: Tensor.make([-100, 100, -100]) }
    const at = {
      ...run,
      state: { ...state, params: { ...params, hidden: dying, out: { ...params.out, b: Tensor.make([100, 100]) } } },
    }
    const wanted = [
      ["hidden", 3, 2],
      ["out", 2, 0],
    ]
    const [found, layers] = yield* provided(Effect.all([Diagnosis.deadUnits(at), Diagnosis.layers(at)]))
    assert.deepStrictEqual(
      found.map(({ dead, layer, units }) => [layer, units, dead]),
      wanted,
    )
    assert.deepStrictEqual(
      layers.flatMap(({ dead, layer, units }) => (units > 0 ? [[layer, units, dead]] : [])),
      wanted,
    )
  }),
)

it.effect("the gradient of the loss by outputs before the first weights is that of the formula: (y − t) w / n", () =>
  Effect.gen(function* () {
    const scaled = Net.sequential({ flat: Layers.flatten, last: Layers.dense({ units: 1, bias: false }) })
    const inputs = Tensor.read(Tensor.make([[[1, 3]], [[2, -1]]]))
    const data = { inputs, targets: Tensor.read(Tensor.make([[1], [2]])) }
    const run = { net: scaled, loss: Loss.meanSquaredError, data, optimizer: config.optimizer, seed: 3, epochs: 1, batch: 2 }
    const first = Train.initial(run)
    const state = { ...first, params: { ...first.params, last: { ...first.params.last, w: Tensor.make([[2], [-1]]) } } }
    const [flat] = yield* provided(Diagnosis.layers({ ...run, state: state as typeof first }))
    // Predictions −1 and 5, errors −2 and 3: the gradients by (1, 3) and (2, −1) are (−4, 2) and (6, −3).
    assert.closeTo(flat?.gradient.mean ?? 0, 0.25, 1e-6)
    assert.deepStrictEqual([flat?.gradient.least, flat?.gradient.largest], [-4, 6])
  }),
)

describe("a few rows", () => {
  it.effect("are learned by heart", () =>
    Effect.gen(function* () {
      const found = yield* provided(
        Diagnosis.overfit({
          ...subject,
          optimizer: Optimizer.adam(0.03),
          state: Train.initial({ ...config, optimizer: Optimizer.adam(0.03) }),
        }),
      )
      assert.isTrue(found.isLearned)
      assert.strictEqual(found.share, 1)
      assert.deepStrictEqual(Diagnosis.concerns.overfit(found), [])
    }),
  )

  it.effect("are not learned from zeros", () =>
    Effect.gen(function* () {
      const zero = Net.sequential([
        Layers.dense({ units: 8, activation: "relu", init: "zeros" }),
        Layers.dense({ units: 2, init: "zeros" }),
      ])
      const run = { ...config, net: zero }
      const found = yield* provided(Diagnosis.overfit({ ...run, state: Train.initial(run) }, { steps: 50 }))
      assert.strictEqual(found.steps, 50)
      assert.isFalse(found.isLearned)
      assert.closeTo(found.share, 0.5, 0.15)
    }),
  )
})

it.effect("the range test ends where plain descent on a square diverges: at twice the inverse of its curvature", () =>
  Effect.gen(function* () {
    // The loss mean (w x − 3x)² with mean x² = 1 has the curvature 2: descent converges below a rate of 1.
    const inputs = NDArray.make(
      "f32",
      [64, 1],
      Float32Array.from({ length: 64 }, (_, i) => (i % 2 === 0 ? 1 : -1)),
    )
    const targets = NDArray.make(
      "f32",
      [64, 1],
      inputs.data.map((x) => 3 * x),
    )
    const run = {
      net: Layers.dense({ units: 1, bias: false }),
      loss: Loss.meanSquaredError,
      optimizer: Optimizer.sgd(0.1),
      data: { inputs, targets },
      seed: 1,
      epochs: 1,
      batch: 64,
    }
    const { band, points, steepest } = yield* provided(
      Diagnosis.rateRange({ ...run, state: Train.initial(run) }, (rate: LearningRate.LearningRate) => Optimizer.sgd(rate)),
    )
    const [from = 0, to = 0] = band ?? []
    assert.isBelow(from, 0.1)
    assert.isAbove(to, 0.1)
    assert.isAbove(points.at(-1)?.rate ?? 0, 1)
    assert.isTrue((steepest ?? 0) > 0.01 && (steepest ?? 9) < 1)
    assert.deepStrictEqual(
      Diagnosis.concerns.learning_rate({ points, ...(band && { band }), ...(steepest && { steepest }) }, 0.1),
      [],
    )
    const [far] = Diagnosis.concerns.learning_rate({ points, ...(band && { band }), ...(steepest && { steepest }) }, 50)
    assert.match(far?.message ?? "", /above the band/)
    assert.isDefined(far?.learningRate)
  }),
)

describe("simple models", () => {
  it.effect("find the line of least squares, and the mean", () =>
    Effect.gen(function* () {
      const line = Toys.linear(Key.make(1), { slope: 3, intercept: -1000, noise: 0.5, count: 200 })
      const rows = {
        ...config,
        data: line,
        validation: undefined,
        net: Layers.dense({ units: 1 }),
        loss: Loss.meanSquaredError,
        scores: {},
      }
      const { validation: _, ...own } = rows
      const [x, y] = [[...line.inputs.data], [...line.targets.data]]
      const mean = (xs: ReadonlyArray<number>) => xs.reduce((sum, each) => sum + each, 0) / xs.length
      const [mx, my] = [mean(x), mean(y)]
      const slope = mean(x.map((each, i) => (each - mx) * ((y[i] ?? 0) - my))) / mean(x.map((each) => (each - mx) ** 2))
      const least = mean(y.map((each, i) => (each - my - slope * ((x[i] ?? 0) - mx)) ** 2))
      const variance = mean(y.map((each) => (each - my) ** 2))
      const found = yield* provided(Diagnosis.linear(own))
      const flat = yield* provided(Diagnosis.constant(own))
      assert.closeTo((found?.loss ?? 0) / least, 1, 0.02)
      assert.closeTo((flat.loss ?? 0) / variance, 1, 1e-3)
    }),
  )

  it.effect("give the frequencies of classes, and divide moons as well as a line can", () =>
    Effect.gen(function* () {
      const flat = yield* provided(Diagnosis.constant(config))
      assert.closeTo(flat.loss ?? 0, Math.log(2), 1e-3)
      const line = yield* provided(Diagnosis.linear(config))
      assert.isAbove(line?.accuracy ?? 0, 0.8)
      const found = { own: { loss: 0.6 }, constant: { loss: 0.7 }, linear: { loss: 0.3 } }
      assert.match(Diagnosis.concerns.baselines(found)[0]?.message ?? "", /above that of a linear model, 0.3/)
      const flatRun = { ...found, own: { loss: 0.695 } }
      assert.match(Diagnosis.concerns.baselines(flatRun)[0]?.message ?? "", /nearly the same for every row/)
      assert.match(
        Diagnosis.concerns.baselines({ ...found, own: { loss: Number.NaN } })[0]?.message ?? "",
        /not below that of the best constant/,
      )
    }),
  )

  it.effect("are not made of tokens", () =>
    Effect.gen(function* () {
      const tokens = NDArray.make("i32", [4, 3], new Int32Array(12))
      const targets = NDArray.make("i32", [4], new Int32Array(4))
      const net = Net.sequential([Layers.embedding({ tokens: 5, units: 2 }), Layers.flatten, Layers.dense({ units: 2 })])
      assert.isUndefined(
        yield* provided(Diagnosis.linear({ net, loss: config.loss, data: { inputs: tokens, targets }, seed: 1 })),
      )
    }),
  )
})

it.effect("the gap is that between the parts", () =>
  Effect.gen(function* () {
    const found = yield* provided(Diagnosis.gap(subject))
    assert.deepStrictEqual([found?.rows, found?.parameters], [96, 2 * 8 + 8 + 8 * 8 + 8 + 8 * 2 + 2])
    const { params, state } = subject.state
    const loss = config.loss(net.apply(params, state, validation.inputs, { mode: "infer" }).y, validation.targets)
    assert.closeTo(found?.validation.loss ?? 0, Tensor.toNumber(loss), 1e-6)
    assert.match(
      Diagnosis.concerns.gap({ rows: 72, parameters: 15000, train: { loss: 0.1 }, validation: { loss: 0.9 } })[0]?.message ?? "",
      /72 rows against 15000 parameters/,
    )
  }),
)

it.effect("rows that are stored outside memory give the same numbers as those in memory", () =>
  Effect.gen(function* () {
    const tree = { inputs: data.inputs, targets: data.targets }
    const bytes = StoredArray.records(tree)
    const store: StoredArray.ByteStore = {
      name: "rows",
      size: bytes.length,
      read: (offsets, length) =>
        Promise.resolve(Uint8Array.from([...offsets].flatMap((at) => [...bytes.subarray(at, at + length)]))),
    }
    const stored = { ...subject, data: StoredArray.stored(tree, store, 96) } as unknown as typeof subject
    assert.deepStrictEqual(yield* provided(Diagnosis.layers(stored)), yield* provided(Diagnosis.layers(subject)))
    assert.deepStrictEqual(yield* provided(Diagnosis.deadUnits(stored)), yield* provided(Diagnosis.deadUnits(subject)))
    assert.deepStrictEqual(yield* provided(Diagnosis.linear(stored)), yield* provided(Diagnosis.linear(subject)))
    assert.deepStrictEqual(yield* provided(Diagnosis.gap(stored)), yield* provided(Diagnosis.gap(subject)))
  }),
)
