/**
 * Each optimizer compared with its equation, written out here number by number in plain doubles, over several steps of random
 * gradients, options and a rate that changes from step to step.
 */
import { type LearningRate, Optimizer, Params, Tensor } from "@adjoint/core"
import { fill, make } from "@adjoint/core/learning/Entry"
import { assertAllClose } from "@adjoint/core/testing/allClose"
import * as Doubles from "@adjoint/core/testing/doubles"
import * as fc from "fast-check"
import { describe, expect, test } from "vitest"

type T = Tensor.Tensor
type Row = ReadonlyArray<number>

/** A leaf's step: from its place, its gradient, the number of the step (from 1) and the rate to its next place. */
type Follow = (theta: Row, g: Row, t: number, eta: number) => Row

/** The options of all entries; each has some of them. */
interface Options {
  readonly momentum: number
  readonly nesterov: boolean
  readonly accumulate: "steps" | "gradients"
  readonly eps: number
  readonly eps_place: "inside" | "outside"
  readonly decay: number
  readonly centered: boolean
  readonly beta1: number
  readonly beta2: number
  readonly bias_correction: boolean | undefined
  readonly weight_decay: number
  readonly momentum_decay: number
}

const times = (xs: Row, f: (x: number, i: number) => number): Row => xs.map(f)
const at = (xs: Row, i: number): number => xs[i] ?? 0
const norm = (xs: Row): number => Math.sqrt(xs.reduce((sum, x) => sum + x * x, 0))

/** A running mean of a leaf, one number for each of its own. */
const running = (beta: number) => {
  let mean: Row = []
  return (xs: Row): Row => {
    mean = times(xs, (x, i) => beta * at(mean, i) + (1 - beta) * x)
    return mean
  }
}

/** A velocity: v ← γv + x. */
const velocity = (gamma: number) => {
  let v: Row = []
  return (xs: Row): Row => {
    v = times(xs, (x, i) => gamma * at(v, i) + x)
    return v
  }
}

/** What adam divides and what it divides by, and what its kin share. */
const moments = ({ beta1, beta2 }: Options) => {
  const [mu, nu] = [running(beta1), running(beta2)]
  return (g: Row, t: number) => {
    const [m, v] = [mu(g), nu(times(g, (x) => x * x))]
    return { m, v, first: 1 - beta1 ** t, second: 1 - beta2 ** t }
  }
}

const adam = (o: Options): ((g: Row, t: number) => Row) => {
  const next = moments(o)
  return (g, t) => {
    const { first, m, second, v } = next(g, t)
    const [a, b] = o.bias_correction === false ? [1, 1] : [first, second]
    return times(m, (x, i) => x / a / (Math.sqrt(at(v, i) / b) + o.eps))
  }
}

const root = ({ eps, eps_place }: Options, x: number): number =>
  eps_place === "outside" ? Math.sqrt(x) + eps : Math.sqrt(x + eps)

/** The equations, leaf by leaf; `isWeight` says whether what is decayed is decayed. */
const equations: { readonly [N in Optimizer.Name]: (o: Options, isWeight: boolean) => Follow } = {
  sgd: ({ momentum, nesterov }) => {
    const v = velocity(momentum)
    return (theta, g, _, eta) => {
      const moved = v(g)
      return times(theta, (x, i) => x - eta * (nesterov ? momentum * at(moved, i) + at(g, i) : at(moved, i)))
    }
  },
  momentum: ({ accumulate, momentum }) => {
    const v = velocity(momentum)
    const ofSteps = accumulate === "steps"
    return (theta, g, _, eta) => {
      const moved = v(ofSteps ? times(g, (x) => eta * x) : g)
      return times(theta, (x, i) => x - (ofSteps ? 1 : eta) * at(moved, i))
    }
  },
  nesterov: ({ accumulate, momentum }) => {
    const v = velocity(momentum)
    const ofSteps = accumulate === "steps"
    return (theta, g, _, eta) => {
      const own = ofSteps ? times(g, (x) => eta * x) : g
      const moved = v(own)
      return times(theta, (x, i) => x - (ofSteps ? 1 : eta) * (momentum * at(moved, i) + at(own, i)))
    }
  },
  adagrad: (o) => {
    let sum: Row = []
    return (theta, g, _, eta) => {
      sum = times(g, (x, i) => at(sum, i) + x * x)
      return times(theta, (x, i) => x - (eta * at(g, i)) / root(o, at(sum, i)))
    }
  },
  rmsprop: (o) => {
    const [mu, nu, v] = [running(o.decay), running(o.decay), velocity(o.momentum)]
    return (theta, g, _, eta) => {
      const [m, s] = [mu(g), nu(times(g, (x) => x * x))]
      const spread = (i: number): number => (o.centered ? Math.max(at(s, i) - at(m, i) ** 2, 0) : at(s, i))
      const moved = v(times(g, (x, i) => x / root(o, spread(i))))
      return times(theta, (x, i) => x - eta * at(moved, i))
    }
  },
  adadelta: ({ decay, eps }) => {
    const e = running(decay)
    const mean = running(decay)
    let d: Row = []
    return (theta, g, _, eta) => {
      const sizes = e(times(g, (x) => x * x))
      const step = times(g, (x, i) => (Math.sqrt(at(d, i) + eps) / Math.sqrt(at(sizes, i) + eps)) * x)
      d = mean(times(step, (x) => x * x))
      return times(theta, (x, i) => x - eta * at(step, i))
    }
  },
  adam: (o) => {
    const step = adam(o)
    return (theta, g, t, eta) => {
      const u = step(g, t)
      return times(theta, (x, i) => x - eta * at(u, i))
    }
  },
  adamw: (o, isWeight) => {
    const step = adam(o)
    const decay = isWeight ? o.weight_decay : 0
    return (theta, g, t, eta) => {
      const u = step(g, t)
      return times(theta, (x, i) => x - eta * (at(u, i) + decay * x))
    }
  },
  amsgrad: (o) => {
    const next = moments(o)
    let most: Row = []
    return (theta, g, t, eta) => {
      const { first, m, second, v } = next(g, t)
      most = times(v, (x, i) => Math.max(x, at(most, i)))
      return times(theta, (x, i) => x - (eta * at(m, i)) / first / (Math.sqrt(at(most, i) / second) + o.eps))
    }
  },
  adamax: ({ beta1, beta2, eps }) => {
    const mu = running(beta1)
    let u: Row = []
    return (theta, g, t, eta) => {
      const m = mu(g)
      u = times(g, (x, i) => Math.max(beta2 * at(u, i), Math.abs(x) + eps))
      return times(theta, (x, i) => x - (eta * at(m, i)) / (1 - beta1 ** t) / at(u, i))
    }
  },
  nadam: (o) => {
    const next = moments(o)
    const momentum = (t: number): number => o.beta1 * (1 - 0.5 * 0.96 ** (t * o.momentum_decay))
    let product = 1
    return (theta, g, t, eta) => {
      const { m, second, v } = next(g, t)
      product *= momentum(t)
      const ahead = momentum(t + 1)
      return times(theta, (x, i) => {
        const looked = (ahead * at(m, i)) / (1 - product * ahead) + ((1 - momentum(t)) * at(g, i)) / (1 - product)
        return x - (eta * looked) / (Math.sqrt(at(v, i) / second) + o.eps)
      })
    }
  },
  radam: (o) => {
    const next = moments(o)
    const { beta2 } = o
    const most = 2 / (1 - beta2) - 1
    return (theta, g, t, eta) => {
      const { first, m, second, v } = next(g, t)
      const rho = most - (2 * t * beta2 ** t) / second
      const r = Math.sqrt(((rho - 4) * (rho - 2) * most) / ((most - 4) * (most - 2) * rho))
      return times(theta, (x, i) => {
        const size = rho > 5 ? (r * Math.sqrt(second)) / (Math.sqrt(at(v, i)) + o.eps) : 1
        return x - (eta * size * at(m, i)) / first
      })
    }
  },
  lion: ({ beta1, beta2, weight_decay }, isWeight) => {
    let m: Row = []
    const decay = isWeight ? weight_decay : 0
    return (theta, g, _, eta) => {
      const sign = times(g, (x, i) => Math.sign(at(m, i) * beta1 + x * (1 - beta1)))
      m = times(g, (x, i) => at(m, i) * beta2 + x * (1 - beta2))
      return times(theta, (x, i) => x - eta * (at(sign, i) + decay * x))
    }
  },
  lamb: (o, isWeight) => {
    const step = adam(o)
    const decay = isWeight ? o.weight_decay : 0
    return (theta, g, t, eta) => {
      const own = step(g, t)
      const u = times(theta, (x, i) => at(own, i) + decay * x)
      const ratio = norm(u) > 0 && norm(theta) > 0 ? norm(theta) / norm(u) : 1
      return times(theta, (x, i) => x - eta * ratio * at(u, i))
    }
  },
}

const shapes = { w: [2, 2], b: [3], gamma: [] } as const
type Tree<A> = { readonly w: A; readonly b: A; readonly gamma: A }
const keys = ["w", "b", "gamma"] as const

const number = fc.oneof(
  fc.integer({ min: -512, max: 512 }).map((n) => n / 64),
  fc.constant(0),
)
const tree = fc.record({
  w: fc.array(number, { minLength: 4, maxLength: 4 }),
  b: fc.array(number, { minLength: 3, maxLength: 3 }),
  gamma: fc.array(number, { minLength: 1, maxLength: 1 }),
})

const tensors = (rows: Tree<Row>): Tree<T> => {
  const leaf = (key: (typeof keys)[number]): T => Tensor.reshape(Tensor.make(rows[key]), shapes[key]) as T
  return { w: leaf("w"), b: leaf("b"), gamma: leaf("gamma") }
}

/** Options within their bounds: shares that forget much and little, ε that counts and that hardly does. */
const options = (name: Optimizer.Name): fc.Arbitrary<{ readonly [option: string]: unknown }> => {
  const share = fc.constantFrom(0, 0.3, 0.5, 0.9, 0.99, 0.999)
  const values: { readonly [option: string]: fc.Arbitrary<unknown> } = {
    momentum: fc.constantFrom(0, 0.5, 0.9),
    nesterov: fc.boolean(),
    accumulate: fc.constantFrom("steps", "gradients"),
    eps: fc.constantFrom(1e-3, 1e-6),
    eps_place: fc.constantFrom("inside", "outside"),
    decay: share,
    centered: fc.boolean(),
    beta1: share,
    beta2: share,
    bias_correction: fc.boolean(),
    weight_decay: fc.constantFrom(0, 0.1, 0.5),
    momentum_decay: fc.constantFrom(0, 0.004, 1),
  }
  const own = Object.keys(Optimizer.table[name].options).filter((option) => option !== "lr")
  return fc.record(Object.fromEntries(own.map((option) => [option, values[option] ?? fc.constant(undefined)])))
}

const etaAt = (step: number): number => 0.01 + 0.03 * (step % 3)

/** The same as a learning rate. */
const eta: LearningRate.LearningRate = (step) => Tensor.add(Tensor.mul(Tensor.cast(Tensor.rem(step, 3), "f32"), 0.03), 0.01)

/** What an optimizer makes of gradients, step by step, in doubles. */
const followed = <S>(optimizer: Optimizer.Optimizer<S>, from: Tree<Row>, gradients: ReadonlyArray<Tree<Row>>): Tree<T> => {
  let params = tensors(from)
  let state = optimizer.init(params)
  for (const g of gradients) {
    const next = optimizer.update(tensors(g), state, params)
    params = Optimizer.apply(params, next.updates)
    state = next.state
    Doubles.readAll(Params.leaves([params, state]))
  }
  return params
}

const agree = (found: Tree<T>, expected: Tree<Row>, rtol = 1e-9): void => {
  for (const key of keys)
    assertAllClose(Tensor.reshape(Doubles.read(found[key]), [-1]) as T, [...expected[key]], { rtol, atol: 1e-12 })
}

describe.each(Object.keys(equations) as ReadonlyArray<Optimizer.Name>)("%s", (name) => {
  test("follows its equation over six steps, for all options", () => {
    fc.assert(
      fc.property(options(name), tree, fc.array(tree, { minLength: 6, maxLength: 6 }), (given, from, gradients) => {
        const optimizer = make(Optimizer.table, { name, options: given })(eta)
        const filled = fill(Optimizer.table[name].options, given) as unknown as Options
        const plain = { w: from.w as Row, b: from.b as Row, gamma: from.gamma as Row }
        for (const key of keys) {
          const follow = equations[name](filled, key === "w")
          gradients.forEach((g, step) => {
            plain[key] = follow(plain[key], g[key], step + 1, etaAt(step))
          })
        }
        agree(followed(optimizer, from, gradients), plain)
      }),
      { numRuns: 60 },
    )
  })
})

describe("optimizers around an optimizer", () => {
  const steps = fc.array(tree, { minLength: 7, maxLength: 7 })
  const down = (theta: Row, g: Row, rate: number): Row => times(theta, (x, i) => x - rate * at(g, i))

  test("accumulate takes a step of the mean of every k gradients, its rate counting those steps alone", () => {
    fc.assert(
      fc.property(tree, steps, fc.integer({ min: 1, max: 4 }), (from, gradients, k) => {
        const plain = { w: from.w as Row, b: from.b as Row, gamma: from.gamma as Row }
        for (const key of keys)
          for (let done = 0; (done + 1) * k <= gradients.length; done++) {
            const group = gradients.slice(done * k, (done + 1) * k).map((g) => g[key])
            const mean = times(plain[key], (_, i) => group.reduce((sum, g) => sum + at(g, i), 0) / k)
            plain[key] = down(plain[key], mean, etaAt(done))
          }
        agree(followed(Optimizer.accumulate(k, Optimizer.sgd(eta)), from, gradients), plain)
      }),
      { numRuns: 40 },
    )
  })

  test("lookahead goes a part of the way from its slow copy to the parameters every k steps, and they go back to it", () => {
    fc.assert(
      fc.property(
        tree,
        steps,
        fc.integer({ min: 1, max: 4 }),
        fc.constantFrom(0.125, 0.25, 0.5, 1),
        (from, gradients, every, alpha) => {
          const plain = { w: from.w as Row, b: from.b as Row, gamma: from.gamma as Row }
          for (const key of keys) {
            let slow = plain[key]
            gradients.forEach((g, step) => {
              plain[key] = down(plain[key], g[key], etaAt(step))
              if ((step + 1) % every !== 0) return
              slow = times(slow, (x, i) => x + alpha * (at(plain[key], i) - x))
              plain[key] = slow
            })
          }
          agree(followed(Optimizer.lookahead(Optimizer.sgd(eta), { alpha, every }), from, gradients), plain)
        },
      ),
      { numRuns: 40 },
    )
  })

  test("a chain with clipping clips first, and a scaled rate scales the step", () => {
    const g = { w: [3, 0, 0, 0], b: [0, 4, 0], gamma: [0] }
    const zero = { w: [0, 0, 0, 0], b: [0, 0, 0], gamma: [0] }
    const chained = Optimizer.chain(Optimizer.clipByGlobalNorm(1), Optimizer.sgd(0.5))
    agree(followed(chained, zero, [g]), { w: [-0.3, 0, 0, 0], b: [0, -0.4, 0], gamma: [0] })
    const down = Optimizer.sgd(0.5)
    const params = tensors(zero)
    const state = down.init(params)
    const { updates } = down.update(tensors(g), down.rate?.scale(state, 0.1) ?? state, params)
    agree(updates, { w: [-0.15, 0, 0, 0], b: [0, -0.2, 0], gamma: [0] }, 1e-6)
  })
})

test("clipping and ceilings of 0 make zeros of zeros, and of everything else", () => {
  const zero = { w: [0, 0, 0, 0], b: [0, 0, 0], gamma: [0] }
  const some = { w: [3, 0, -1, 0], b: [0, 4, 0], gamma: [1e-30] }
  for (const g of [zero, some])
    for (const transformation of [Optimizer.clipByGlobalNorm(0), Optimizer.clipByLayerNorm(0), Optimizer.clipByValue(0)]) {
      const params = tensors(zero)
      for (const leaf of Params.leaves(transformation.update(tensors(g), transformation.init(params), params).updates))
        for (const x of Tensor.read(leaf).data) expect(Math.abs(x)).toBe(0)
    }
  const params = tensors(some)
  const { updates } = Optimizer.maxNorm(0).update(tensors(zero), {}, params)
  expect(Tensor.toArray(Optimizer.apply(params, updates).w)).toEqual([
    [0, 0],
    [0, 0],
  ])
  const nothing = tensors(zero)
  expect(Tensor.toArray(Optimizer.maxNorm(0).update(tensors(zero), {}, nothing).updates.w)).toEqual([
    [0, 0],
    [0, 0],
  ])
})
