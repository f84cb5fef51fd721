import { Autodiff, Key, LearningRate, Optimizer, Params, Program, Regularizer, Tensor, Tree } from "@adjoint/core"
import { make } from "@adjoint/core/learning/Entry"
import { assertAllClose } from "@adjoint/core/testing/allClose"
import * as Doubles from "@adjoint/core/testing/doubles"
import * as fc from "fast-check"
import { describe, expect, test } from "vitest"

type T = Tensor.Tensor
type Weights = { readonly layer: { readonly w: T; readonly b: T }; readonly gamma: T }

const start: Weights = {
  layer: {
    w: Tensor.make([
      [1, -2],
      [3, 0.5],
    ]),
    b: Tensor.make([0.25, -1]),
  },
  gamma: Tensor.scalar(2),
}

/** A bowl, steeper one way than the other, with its bottom away from 0. */
const bowl = ({ gamma, layer: { b, w } }: Weights): T => {
  const term = (x: T, at: number, steep: number): T => Tensor.mul(Tensor.sum(Tensor.square(Tensor.sub(x, at))), steep)
  return [term(b, 1, 3), term(gamma, -1, 0.5)].reduce((sum, x) => Tensor.add(sum, x), term(w, 0.5, 1))
}

const settle = (tree: unknown): void => {
  Doubles.readAll(Params.leaves(tree))
}

/** Some steps with the gradients of a function, or with given ones. */
const descend = <S>(
  optimizer: Optimizer.Optimizer<S>,
  steps: number,
  gradient: (at: Weights, step: number) => Weights = Autodiff.grad(bowl),
) => {
  let params = start
  let state = optimizer.init(params)
  for (let step = 0; step < steps; step++) {
    const next = optimizer.update(gradient(params, step), state, params)
    params = Optimizer.apply(params, next.updates)
    state = next.state
    settle([params, state])
  }
  return { params, state }
}

const numbers = (tree: unknown): ReadonlyArray<readonly [string, unknown]> =>
  Tree.entries(tree).map(([path, leaf]) => [Tree.printPath(path), Doubles.toArray(leaf)])

const close = (a: unknown, b: unknown, rtol = 1e-13): void => {
  Params.zip(
    (x, y) => {
      assertAllClose(x, y, { rtol, atol: 1e-15 })
      return x
    },
    a,
    b,
  )
}

const noise = (seed: number): Weights =>
  Params.map(start, ({ shape }, path) => Doubles.read(Key.normal(Key.fold(Key.make(seed), Tree.printPath(path)), shape)))

const names = Object.keys(Optimizer.table) as ReadonlyArray<Optimizer.Name>

describe.each(names)("%s", (name) => {
  const rated = make(Optimizer.table, { name, options: {} })

  test("its state is a tree of tensors that keeps its shapes, and its updates are like the parameters", () => {
    const optimizer = rated()
    const state = optimizer.init(start)
    const next = optimizer.update(Autodiff.grad(bowl)(start), state, start)
    const shapes = (tree: unknown) =>
      Tree.entries(tree).map(([path, leaf]) => [path, (leaf as T).shape, (leaf as T).dtype] as const)
    expect(shapes(next.state)).toEqual(shapes(state))
    expect(shapes(next.updates)).toEqual(shapes(start))
  })

  test("can be traced: a whole step is one program of its state and the gradients", () => {
    const optimizer = rated()
    const like = [start, optimizer.init(start), start] as const
    const step = (...leaves: ReadonlyArray<T>): ReadonlyArray<T> => {
      const [params, state, grads] = Tree.withLeaves(like as unknown, leaves) as typeof like
      const next = optimizer.update(grads, state, params)
      return Params.leaves([Optimizer.apply(params, next.updates), next.state])
    }
    Program.check(Program.trace(step, Params.leaves(like)))
  })

  test("follows the rate it is given: nothing moves at 0, and a falling rate is followed as it falls", () => {
    expect(numbers(descend(rated(LearningRate.constant(0)), 3).params)).toEqual(numbers(start))
    const firstOnly: LearningRate.LearningRate = (step) => Tensor.where(Tensor.equal(step, 0), 0.01, 0)
    const g = noise(1)
    const accumulates = name === "momentum" || name === "nesterov" // steps ηg, which outlive a change of η
    const [one, two] = [1, 2].map((steps) => numbers(descend(rated(firstOnly), steps, () => g).params))
    expect(JSON.stringify(one) === JSON.stringify(two)).toBe(!accumulates)
  })

  test("its own learning rate is its option `lr`", () => {
    const own = make(Optimizer.table, { name, options: { lr: 0.007 } })()
    close(descend(own, 3).params, descend(make(Optimizer.table, { name, options: {} })(LearningRate.constant(0.007)), 3).params)
  })
})

describe("the two forms of momentum", () => {
  for (const nesterov of [false, true]) {
    const forms = (rate: Optimizer.Rate) =>
      (["steps", "gradients"] as const).map(
        (accumulate) => descend(Optimizer.momentum(rate, { accumulate, nesterov }), 20).params,
      )

    test(`agree while the rate stays${nesterov ? ", looking ahead" : ""}`, () => {
      const [steps, gradients] = forms(0.03)
      close(steps, gradients, 1e-12)
    })

    test(`differ when it changes${nesterov ? ", looking ahead" : ""}`, () => {
      const [steps, gradients] = forms(LearningRate.step({ lr: 0.03, every: 5 }))
      expect(() => close(steps, gradients, 1e-3)).toThrow()
    })
  }

  test("nesterov is the look-ahead: the gradient at the place where the velocity alone would lead", () => {
    const [eta, gamma] = [0.03, 0.9]
    const { params } = descend(Optimizer.nesterov(eta), 20)
    let theta = start
    let v = Params.zerosLike(start)
    const along = (x: Weights, y: Weights, by: number): Weights => Params.zip((a, b) => Tensor.add(a, Tensor.mul(b, by)), x, y)
    for (let step = 0; step < 20; step++) {
      const g = Autodiff.grad(bowl)(along(theta, v, -gamma))
      v = Params.zip((a, b) => Tensor.add(Tensor.mul(a, gamma), Tensor.mul(b, eta)), v, g)
      theta = along(theta, v, -1)
      settle([theta, v])
    }
    close(params, along(theta, v, -gamma), 1e-12)
  })

  test("sgd with its option for momentum is momentum of gradients", () => {
    const options = { momentum: 0.8, nesterov: true }
    const rate = LearningRate.step({ lr: 0.03, every: 4 })
    const made = make(Optimizer.table, { name: "sgd", options })(rate)
    close(descend(made, 12).params, descend(Optimizer.momentum(rate, { ...options, accumulate: "gradients" }), 12).params)
  })
})

describe("adam", () => {
  test("its first step is η against the sign of the gradient, independent of its size", () => {
    for (const size of [1e-3, 1, 1e6]) {
      const g = Params.map(noise(2), (x) => Tensor.mul(x, size))
      const { params } = descend(Optimizer.adam(0.1, { eps: 1e-14 }), 1, () => g)
      const expected = Params.zip((x, y) => Tensor.sub(x, Tensor.mul(Tensor.sign(y), 0.1)), start, g)
      close(params, expected, 1e-9)
    }
  })

  test("adamw without decay is adam, and with it shrinks weights only", () => {
    const rate = 0.05
    close(descend(Optimizer.adamw(rate, { weightDecay: 0 }), 5).params, descend(Optimizer.adam(rate), 5).params)
    const still = descend(Optimizer.adamw(rate, { weightDecay: 0.1 }), 3, () => Params.zerosLike(start)).params
    close(still, { ...start, layer: { ...start.layer, w: Tensor.mul(start.layer.w, (1 - rate * 0.1) ** 3) } })
  })
})

describe("gradient transformations", () => {
  const update = <S>(transformation: Optimizer.Optimizer<S>, grads: Weights) =>
    transformation.update(grads, transformation.init(start), start).updates

  test("a chain of chains is the chain of their transformations", () => {
    const [a, b, c] = [Optimizer.clipByGlobalNorm(1), Optimizer.accumulateMomentum({ decay: 0.5 }), Optimizer.scale(-0.1)]
    const flat = descend(Optimizer.chain(a, b, c), 5).params
    expect(numbers(descend(Optimizer.chain(Optimizer.chain(a, b), c), 5).params)).toEqual(numbers(flat))
    expect(numbers(descend(Optimizer.chain(a, Optimizer.chain(b, c)), 5).params)).toEqual(numbers(flat))
  })

  test("the empty chain passes gradients through", () => {
    const g = noise(3)
    expect(update(Optimizer.chain(), g)).toBe(g)
  })

  test("clipping keeps the direction, and a norm that is small enough", () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.double({ min: 1e-3, max: 100, noNaN: true }), (seed, max) => {
        const g = noise(seed)
        const norm = Doubles.toNumber(Params.globalNorm(g))
        const clipped = update(Optimizer.clipByGlobalNorm(max), g)
        const factor = Math.min(1, max / norm)
        close(
          clipped,
          Params.map(g, (x) => Tensor.mul(x, factor)),
        )
        expect(Doubles.toNumber(Params.globalNorm(clipped))).toBeLessThanOrEqual(max * (1 + 1e-14))
      }),
      { numRuns: 50 },
    )
    const nothing = Params.zerosLike(start)
    expect(numbers(update(Optimizer.clipByGlobalNorm(1), nothing))).toEqual(numbers(nothing))
  })

  test("clipping by layer keeps each layer's direction, and leaves those that are short", () => {
    const g: Weights = { layer: { w: Tensor.full([2, 2], 30), b: Tensor.full([2], 40) }, gamma: Tensor.scalar(0.5) }
    const clipped = update(Optimizer.clipByLayerNorm(10), g)
    const norm = Math.sqrt(4 * 900 + 2 * 1600)
    close(clipped, { layer: { w: Tensor.full([2, 2], 300 / norm), b: Tensor.full([2], 400 / norm) }, gamma: g.gamma }, 1e-6)
  })

  test("clipping by value keeps every number between, and what is not a number stays so", () => {
    const g: Weights = { ...start, gamma: Tensor.scalar(Number.NaN) }
    const clipped = update(Optimizer.clipByValue(0.5), g)
    expect(Doubles.toArray(clipped.layer.w)).toEqual([
      [0.5, -0.5],
      [0.5, 0.5],
    ])
    expect(Doubles.toNumber(clipped.gamma)).toBeNaN()
  })

  test("max-norm bounds what leads to each unit, and leaves shorter ones and biases", () => {
    const updates = update(Optimizer.maxNorm(2.5), Params.zerosLike(start))
    const moved = Optimizer.apply(start, updates)
    const [left, right] = [Math.hypot(1, 3), Math.hypot(2, 0.5)]
    const [a, b] = [Math.min(1, 2.5 / left), Math.min(1, 2.5 / right)]
    close(
      moved.layer.w,
      Tensor.make([
        [a, -2 * b],
        [3 * a, 0.5 * b],
      ]),
      1e-6,
    )
    close(moved.layer.b, start.layer.b)
  })

  test("groups by path go slower, or stay even where their gradient is not a number", () => {
    const broken = { ...noise(5), gamma: Tensor.scalar(Number.NaN) }
    const transformation = Optimizer.chain(
      Optimizer.scaleByPath((path) => (path.includes("layer") ? 0.1 : 1)),
      Optimizer.freeze((path) => path[0] === "gamma"),
    )
    const updates = update(transformation, broken)
    close(updates.layer.w, Tensor.mul(broken.layer.w, 0.1), 1e-6)
    expect(Doubles.toNumber(updates.gamma)).toBe(0)
  })

  test("what is frozen stays, wherever the freeze stands", () => {
    const after = [
      Optimizer.adamw(0.1, { weightDecay: 0.1 }),
      Optimizer.chain(Optimizer.sgd(0.1), Optimizer.addDecayedWeights(0.1)),
    ]
    for (const inner of after)
      for (const freeze of [Optimizer.freeze(["layer"]), Optimizer.scaleByLayer({ layer: 0 })]) {
        const orders = [
          Optimizer.chain(freeze, inner as Optimizer.Optimizer),
          Optimizer.chain(inner as Optimizer.Optimizer, freeze),
          Optimizer.chain(Optimizer.chain(inner as Optimizer.Optimizer, freeze), Optimizer.addDecayedWeights(0.1)),
        ]
        for (const order of orders) {
          const updates = update(order as Optimizer.Optimizer<unknown>, noise(7))
          for (const leaf of [updates.layer.w, updates.layer.b]) expect(Doubles.toNumber(Tensor.max(Tensor.abs(leaf)))).toBe(0)
          expect(Doubles.toNumber(updates.gamma)).not.toBe(0)
        }
      }
  })

  test("apply refuses updates that are not like the parameters", () => {
    const wrong: ReadonlyArray<readonly [object, string]> = [
      [{}, "gamma is missing, layer.b is missing, layer.w is missing"],
      [{ ...start, gamma: Tensor.zeros([2]) }, "gamma was f32[] and became f32[2]"],
      [{ ...start, beta: Tensor.scalar(0) }, "beta is new"],
    ]
    for (const [updates, said] of wrong)
      expect(() => Optimizer.apply(start, updates as typeof start)).toThrow(
        `Optimizer.apply wants updates like the parameters: ${said}.`,
      )
  })

  test("an accumulation of equal gradients is a step of one of them, every k steps", () => {
    const g = noise(6)
    const one = descend(Optimizer.adam(0.1), 2, () => g).params
    close(descend(Optimizer.accumulate(3, Optimizer.adam(0.1)), 6, () => g).params, one, 1e-5)
    expect(numbers(descend(Optimizer.accumulate(3, Optimizer.adam(0.1)), 2, () => g).params)).toEqual(numbers(start))
  })

  test("lookahead with an alpha of 1 is its inner optimizer, and with a tiny one stays near the start", () => {
    close(
      descend(Optimizer.lookahead(Optimizer.adam(0.1), { alpha: 1 }), 10).params,
      descend(Optimizer.adam(0.1), 10).params,
      1e-5,
    )
    close(descend(Optimizer.lookahead(Optimizer.adam(0.1), { alpha: 1e-9 }), 10).params, start, 1e-5)
  })

  test("the average of the parameters leaves them as they are and follows them", () => {
    const { params, state } = descend(Optimizer.average(Optimizer.sgd(0.01), { decay: 0.5 }), 20)
    close(params, descend(Optimizer.sgd(0.01), 20).params)
    let expected = start
    for (let step = 1; step <= 20; step++) {
      const at = descend(Optimizer.sgd(0.01), step).params
      expected = Params.zip((x, m) => Tensor.add(Tensor.mul(m, 0.5), Tensor.mul(x, 0.5)), at, expected)
    }
    close(state.mean, expected, 1e-5)
  })

  test("decay and signs are the gradients of the L2 and L1 penalties", () => {
    const g = noise(4)
    const pairs = [
      [Optimizer.addDecayedWeights(0.3), Regularizer.l2(0.3)],
      [Optimizer.addWeightSigns(0.3), Regularizer.l1(0.3)],
    ] as const
    for (const [transformation, cost] of pairs) {
      const slope = Autodiff.grad((at: Weights) => cost(at))(start)
      close(
        update(transformation, g),
        Params.zip((x, y) => Tensor.add(x, y), g, slope),
      )
    }
  })
})

describe("learning rates", () => {
  const run: LearningRate.Run = { lr: 0.2, epochs: 12, stepsPerEpoch: 10 }
  const rates = (rate: LearningRate.LearningRate, steps = run.epochs * run.stepsPerEpoch): ReadonlyArray<number> =>
    Array.from({ length: steps }, (_, step) => Doubles.toNumber(rate(Tensor.scalar(step, "i32"))))
  const schedule = (name: LearningRate.Name, options: { readonly [option: string]: unknown } = {}) =>
    rates(make(LearningRate.table, { name, options })(run))

  test.each(Object.keys(LearningRate.table) as ReadonlyArray<LearningRate.Name>)(
    "%s stays between 0 and the optimizer's rate, and reaches that",
    (name) => {
      const found = schedule(name)
      for (const rate of found) expect(rate).toBeGreaterThan(0)
      expect(Math.max(...found)).toBeCloseTo(run.lr, 12)
    },
  )

  test("the times of a schedule are epochs", () => {
    const step = schedule("step", { every: 2.5, factor: 0.5 })
    expect([24, 25, 49, 50].map((i) => step[i])).toEqual([0.2, 0.1, 0.1, 0.05])
    const exponential = schedule("exponential", { factor: 0.5 })
    expect(exponential[10]).toBeCloseTo(0.1, 14)
    expect(exponential[5]).toBeCloseTo(0.2 * Math.SQRT1_2, 14)
    const cosine = schedule("cosine", { min_lr: 0.02, epochs: 4 })
    expect(cosine[20]).toBeCloseTo(0.11, 14)
    expect(cosine.slice(40)).toEqual(cosine.slice(40).map(() => 0.02))
  })

  test("a cosine takes the whole run, or what a warm-up has left of it", () => {
    const plain = schedule("cosine")
    expect(plain[60]).toBeCloseTo(0.1, 14)
    const warm = schedule("warmup", { epochs: 2, schedule: { name: "cosine", options: {} } })
    for (const [i, rate] of warm.slice(0, 20).entries()) expect(rate).toBeCloseTo((0.2 * (i + 1)) / 21, 14)
    expect(warm[20]).toBeCloseTo(0.2, 14)
    expect(warm[70]).toBeCloseTo(0.1, 14)
    expect(warm[119]).toBeLessThan(0.001)
  })

  test("a warm-up can be joined to any schedule, another warm-up too", () => {
    const twice = LearningRate.warmup(3, LearningRate.warmup(4, LearningRate.constant(1)))
    assertAllClose(rates(twice, 9), [0.25 / 5, 0.5 / 5, 0.75 / 5, 1 / 5, 2 / 5, 3 / 5, 4 / 5, 1, 1], { rtol: 1e-14 })
  })

  test("a rate is written in the tensor language, so a step needs nothing from outside", () => {
    const rate = LearningRate.warmup(2, LearningRate.step({ lr: 0.5, every: 4 }))
    const program = Program.trace((step) => [rate(step)], [{ dtype: "i32", shape: [] }])
    expect(Program.print(program)).toMatchInlineSnapshot(`
      "program (a: i32[]) {
        b: i32[] = add a 1
        c: f32[] = cast { dtype: f32 } b
        d: f32[] = div c 3
        e: f32[] = min d 1
        f: i32[] = sub a 2
        g: i32[] = max f 0
        h: i32[] = div g 4
        i: f32[] = cast { dtype: f32 } h
        j: f32[] = pow 0.1 i
        k: f32[] = mul j 0.5
        l: f32[] = mul e k
        return l
      }"
    `)
  })
})
