import { readdirSync, readFileSync } from "node:fs"
import { Key, Sampler, Search, Space, Study, type Trial } from "@adjoint/core"
import * as Entry from "@adjoint/core/learning/Entry"
import { draws } from "@adjoint/core/search/draws"
import { cdf, logImprovement } from "@adjoint/core/search/normal"
import { condition, fit, initialHyper, predict } from "@adjoint/core/search/sampler/gaussianProcess/regression"
import { observed, observing, ranked } from "@adjoint/core/search/sampler/observed"
import { sobolPosition } from "@adjoint/core/search/sampler/sobol"
import { drawn, logDensity, parzen, weightsByAge } from "@adjoint/core/search/sampler/tpe/parzen"
import { Effect } from "effect"
import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import { spaces } from "./search-spaces.ts"

const recorded = JSON.parse(readFileSync(new URL("recorded/scipy-1.10.1.json", import.meta.url), "utf8"))

const names = Object.keys(Sampler.table) as ReadonlyArray<Sampler.Name>

/** Every sampler, those that learn with few trials before they begin. */
const make = (name: Sampler.Name): Sampler.Sampler => {
  const small: { readonly [option: string]: number } = { startup: 2, population: 3, round: 3, points: 4 }
  const { options } = Sampler.table[name]
  return Entry.make<Sampler.Sampler>(Sampler.table, {
    name,
    options: Object.fromEntries(Object.entries(small).filter(([option]) => Object.hasOwn(options, option))),
  })
}

const states = ["complete", "complete", "complete", "pruned", "diverged", "failed", "refused"] as const

/** A result for a point: any state, and values that depend on it. */
const trialOf = (number: number, point: Space.Point, objectives: number): Trial => {
  const sum = Object.values(point).reduce((all, x, i) => all + x * (i + 1), 0)
  const state = states[number % states.length] ?? "complete"
  const values = Array.from({ length: objectives }, (_, i) => sum * (i === 0 ? 1 : -1) + i)
  const reports = state === "pruned" ? [{ step: 1 + (number % 3), value: number % 4 === 0 ? Number.NaN : sum }] : []
  return { number, point, state, reports, ...(state === "complete" ? { values } : {}) }
}

/** Asks for points, with `pending` of them unknown at a time. With `saved`, the state is written as JSON and read before each step. */
const run = (
  sampler: Sampler.Sampler,
  space: Space.Space,
  {
    n = 14,
    objectives = 1,
    pending = 1,
    saved = false,
  }: { readonly n?: number; readonly objectives?: number; readonly pending?: number; readonly saved?: boolean } = {},
): ReadonlyArray<Space.Point> => {
  const kept = (state: unknown): unknown => (saved ? JSON.parse(JSON.stringify(state)) : state)
  let state = sampler.init(space, Key.make(11))
  const points: Array<Space.Point> = []
  let told = 0
  for (let i = 0; i < n; i++) {
    if (points.length - told >= pending) {
      state = kept(sampler.tell(state, trialOf(told, points[told] ?? {}, objectives)))
      told++
    }
    const asked = sampler.ask(state, points.slice(told))
    if (asked === undefined) break
    expect(sampler.ask(state, points.slice(told))).toEqual(asked)
    points.push(asked.point)
    state = kept(asked.state)
  }
  return points
}

const spaceOf = spaces({ max: 4 }).filter((space) => space.some((dimension) => dimension._tag !== "Choice" || dimension.size > 1))

/** Numbers alone, for samplers that refuse choices. */
const numbersOf = spaces({ max: 3 }).map((space) =>
  space.map(
    ({ when: _, ...dimension }): Space.Named =>
      dimension._tag === "Choice" ? { name: dimension.name, _tag: "Int", low: 0, high: 9 } : dimension,
  ),
)

describe.each(names)("%s", (name) => {
  const sampler = make(name)
  // Each choice of a Gaussian process takes some milliseconds.
  const isSlow = name === "gaussian_process"
  const accepted = name === "cma_es" ? numbersOf : spaceOf

  test("asks for points of the space, whatever it is told", () => {
    fc.assert(
      fc.property(accepted, fc.integer({ min: 1, max: 5 }), (space, pending) => {
        for (const point of run(sampler, space, { pending })) expect([point, Space.contains(space, point)]).toEqual([point, true])
      }),
      { numRuns: isSlow ? 3 : 15 },
    )
  })

  test("is pure, and its state is JSON", () => {
    fc.assert(
      fc.property(accepted, (space) => {
        expect(run(sampler, space, { pending: 3, saved: true })).toEqual(run(sampler, space, { pending: 3 }))
      }),
      { numRuns: isSlow ? 2 : 8 },
    )
  })

  test("says how many objectives it searches for", () => {
    expect(Sampler.table[name].traits.objectives).toBe(sampler.objectives)
    if (sampler.objectives === "one") return
    const [space = []] = fc.sample(accepted, { numRuns: 1, seed: 4 })
    expect(run(sampler, space, { objectives: 2, n: 40 }).every((point) => Space.contains(space, point))).toBe(true)
  })

  test("depends on results exactly if it learns", () => {
    const space: Space.Space = [
      { name: "a", _tag: "Float", low: 0, high: 1 },
      { name: "b", _tag: "Float", low: 0, high: 1 },
    ]
    const other: Sampler.Sampler = {
      ...sampler,
      tell: (state, trial) => sampler.tell(state, { ...trial, values: [-(trial.values?.[0] ?? 0)] }),
    }
    const isEqual =
      JSON.stringify(run(sampler, space, { n: isSlow ? 8 : 30 })) === JSON.stringify(run(other, space, { n: isSlow ? 8 : 30 }))
    expect(isEqual).toBe(!Sampler.table[name].traits.learns)
  })
})

describe("latin_hypercube", () => {
  test("has one point in each part of every dimension", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 4 }), (points, d) => {
        const space = Array.from({ length: d }, (_, i): Space.Named => ({ name: `x${i}`, _tag: "Float", low: 0, high: 1 }))
        const all = run(Sampler.latinHypercube({ points }) as Sampler.Sampler, space, { n: 2 * points })
        for (const cube of [all.slice(0, points), all.slice(points)])
          for (const { name } of space) {
            const parts = cube.map((point) => Math.floor((point[name] ?? 0) * points))
            expect(parts.toSorted((a, b) => a - b)).toEqual(Array.from({ length: points }, (_, i) => i))
          }
        if (points > 1) expect(all[0]).not.toEqual(all[points])
      }),
      { numRuns: 30 },
    )
  })
})

describe("sobol", () => {
  test("is SciPy's sequence without scrambling", () => {
    const { dimensions, points } = recorded.sobol
    for (const [i, row] of points.entries())
      for (const [k, dimension] of dimensions.entries()) expect(Sampler.sobolCoordinate(i, dimension)).toBe(row[k])
  })

  test("scrambled, still has one of every 2ᵏ points in each of 2ᵏ intervals, and in 4 × 4 squares", () => {
    const points = Array.from({ length: 64 }, (_, i) => sobolPosition([3, 4], i, 5))
    for (let d = 0; d < 5; d++)
      for (const from of [0, 32]) {
        const intervals = points.slice(from, from + 32).map((point) => Math.floor((point[d] ?? 0) * 32))
        expect(new Set(intervals).size).toBe(32)
      }
    const squares = points.slice(16, 32).map(([x = 0, y = 0]) => Math.floor(x * 4) * 4 + Math.floor(y * 4))
    expect(new Set(squares).size).toBe(16)
    expect(points[0]).not.toEqual([0, 0, 0, 0, 0])
    expect(sobolPosition([3, 5], 1, 5)).not.toEqual(points[1])
  })

  test("refuses more than 128 dimensions, with the first that is too many", () => {
    const space = Array.from({ length: 130 }, (_, i): Space.Named => ({ name: `x${i}`, _tag: "Float", low: 0, high: 1 }))
    expect(Sampler.sobol().check?.(space.slice(0, 128))).toEqual([])
    expect(Sampler.sobol().check?.(space)).toEqual([
      { dimension: "x128", got: "130 dimensions", wanted: "at most 128 for sobol", hint: "latin_hypercube or random" },
    ])
  })
})

describe("the normal distribution", () => {
  test("is SciPy's", () => {
    for (const [x, wanted, logWanted] of recorded.normal) {
      expect(Math.abs(cdf(x) / wanted - 1)).toBeLessThan(1e-12)
      if (x <= 0) expect(Math.abs(Math.log(cdf(x)) - logWanted)).toBeLessThan(1e-12 * Math.max(1, Math.abs(logWanted)))
    }
  })

  test("gives an expected improvement that is smooth where it underflows", () => {
    expect(logImprovement(0)).toBeCloseTo(Math.log(1 / Math.sqrt(2 * Math.PI)), 14)
    expect(logImprovement(5)).toBeCloseTo(Math.log(5), 7)
    // ln φ(z) - 2 ln |z| for z → -∞.
    expect(logImprovement(-100) + 5000 + 0.9189385332046728 + 2 * Math.log(100)).toBeCloseTo(Math.log(1 - 3e-4), 6)
    expect(Math.abs(logImprovement(-1 + 1e-9) - logImprovement(-1 - 1e-9))).toBeLessThan(1e-7)
  })
})

describe("tpe", () => {
  test("has densities that sum to 1 over a space with steps", () => {
    const discrete = spaces({ discrete: true, max: 2 }).map((space) => space.map(({ when: _, ...rest }) => rest))
    fc.assert(
      fc.property(discrete, fc.array(fc.nat(1e6), { maxLength: 6 }), (space, seeds) => {
        const size = Space.size(space)
        fc.pre(size <= 500)
        const grid = run(Sampler.grid() as Sampler.Sampler, space, { n: size })
        const mixture = parzen(
          space,
          seeds.map((seed) => grid[seed % size] ?? {}),
        )
        const sum = grid.reduce((all, point) => all + Math.exp(logDensity(mixture, point)), 0)
        expect(sum).toBeCloseTo(1, 9)
        expect(Space.contains(space, drawn(mixture, draws([1, seeds[0] ?? 0])))).toBe(true)
      }),
      { numRuns: 40 },
    )
  })

  test("weighs the last 25 trials fully, and earlier ones the less the older they are", () => {
    expect(weightsByAge(3)).toEqual([1, 1, 1])
    const weights = weightsByAge(28)
    expect(weights.slice(0, 3)).toEqual([1 / 28, 1 / 28 + (27 / 28) * 0.5, 1])
    expect(weights.slice(3)).toEqual(Array.from({ length: 25 }, () => 1))
  })

  test("keeps away from pending points", () => {
    const space: Space.Space = [{ name: "x", _tag: "Float", low: 0, high: 1 }]
    const sampler = Sampler.tpe({ startup: 1, candidates: 100 })
    let state = sampler.init(space, Key.make(2))
    for (let i = 0; i < 30; i++) {
      const asked = sampler.ask(state, [])
      const { x = 0 } = asked?.point ?? {}
      state = sampler.tell(asked?.state ?? state, {
        number: i,
        point: { x },
        state: "complete",
        values: [(x - 0.3) ** 2],
        reports: [],
      })
    }
    const alone = sampler.ask(state, [])?.point.x ?? 0
    const crowd = Array.from({ length: 8 }, () => ({ x: alone }))
    expect(Math.abs((sampler.ask(state, crowd)?.point.x ?? 0) - alone)).toBeGreaterThan(0.01)
  })
})

describe("a Gaussian process", () => {
  const rows = [
    [0.1, 0.9],
    [0.4, 0.3],
    [0.5, 0.8],
    [0.9, 0.2],
    [0.7, 0.6],
  ]
  const features = { rows, lengths: [0, 1] }
  const values = [0.5, -1.2, 0.3, 1.1, -0.4]

  test("predicts what scikit-learn does", () => {
    const process = condition(features, values, {
      inverse: [-2 * Math.log(0.3), -2 * Math.log(0.7)],
      scale: Math.log(1.7),
      noise: Math.log(0.01),
    })
    expect(process).toBeDefined()
    if (process === undefined) return
    const { evidence, mean, variance } = recordedProcess
    expect(process.evidence - (values.length / 2) * Math.log(2 * Math.PI)).toBeCloseTo(evidence, 10)
    expect(predict(process, [0.45, 0.5]).mean).toBeCloseTo(mean, 10)
    expect(predict(process, [0.45, 0.5]).variance).toBeCloseTo(variance, 10)
  })

  test("fits parameters that are more likely than the first", () => {
    const first = condition(features, values, initialHyper(2))
    const fitted = fit(features, values, initialHyper(2), { rounds: 40 })
    expect(fitted?.evidence).toBeGreaterThan(first?.evidence ?? Number.POSITIVE_INFINITY)
  })

  test("stays regular with equal points", () => {
    const same = { rows: Array.from({ length: 12 }, () => [0.5, 0.5]), lengths: [0, 1] }
    const process = fit(
      same,
      same.rows.map((_, i) => (i % 2 === 0 ? 1 : -1)),
      initialHyper(2),
      { rounds: 40 },
    )
    expect(process && Math.abs(predict(process, [0.5, 0.5]).mean)).toBeLessThan(0.1)
  })
})

/** scikit-learn 1.2.1, GaussianProcessRegressor with 1.7 · Matern([0.3, 0.7], nu=2.5) + noise 0.01. */
const recordedProcess = { evidence: -7.502443395517683, mean: -0.6437093205820282, variance: 0.084544949605019 }

describe("observations are ranked", () => {
  const space: Space.Space = [{ name: "x", _tag: "Float", low: 0, high: 1 }]
  const rank = (...trials: ReadonlyArray<Omit<Trial, "number" | "point">>): ReadonlyArray<number> => {
    const told = trials.reduce(
      (state, trial, number) => observed(state, { number, point: {}, ...trial }),
      observing(space, Key.make(1)),
    )
    return ranked(told.observations).map(({ number }) => number)
  }
  const at = (...values: ReadonlyArray<number>) => values.map((value, i) => ({ step: i + 1, value }))
  const complete = (...values: ReadonlyArray<number>): Omit<Trial, "number" | "point"> => ({
    state: "complete",
    values: values.slice(-1),
    reports: at(...values),
  })
  const ended = (state: Trial["state"], ...values: ReadonlyArray<number>) => ({ state, reports: at(...values) })

  test("by value, then those that diverged, and then those that were refused or failed", () => {
    expect(rank(ended("diverged"), complete(3), ended("refused"), ended("failed"), complete(1))).toEqual([4, 1, 0, 2, 3])
  })

  test("with stopped ones where the complete one ended whose value was nearest when they were stopped", () => {
    const all = [complete(9, 5, 1), complete(8, 7, 2), complete(9, 9, 3)]
    expect(rank(...all, ended("pruned", 9, 5.5))).toEqual([0, 3, 1, 2])
    expect(rank(...all, ended("pruned", 8.1), ended("pruned", 9, 8.5), ended("pruned", Number.NaN))).toEqual([0, 1, 3, 2, 4, 5])
  })

  test("with stopped ones last where no complete one got so far, those that got furthest first", () => {
    expect(rank(ended("pruned", 1), complete(5), ended("pruned", 3, 2), ended("pruned", 3, 1))).toEqual([1, 0, 3, 2])
    expect(rank(ended("pruned", 2), ended("pruned", 1), ended("pruned", 9, 9))).toEqual([2, 1, 0])
  })
})

describe("a search finds the lowest point of a bowl better than chance", () => {
  const space: Space.Space = Array.from({ length: 3 }, (_, i) => ({ name: `x${i}`, _tag: "Float", low: -5, high: 5 }))
  const bestOf = async (sampler: Sampler.Sampler, trials = 60): Promise<number> => {
    const search = Search.run({
      space,
      sampler,
      objective: (point) => Effect.succeed(Object.values(point).reduce((sum, x) => sum + (x - 1) ** 2, 0)),
      objectives: [{ name: "height", mode: "min" }],
      trials,
      key: Key.make(6),
    })
    return (await Effect.runPromise(Search.finished(search))).best?.values?.[0] ?? Number.POSITIVE_INFINITY
  }

  test.each(names.filter((name) => Sampler.table[name].traits.learns))("%s", async (name) => {
    // The default populations are for more trials.
    const isSlow = name === "gaussian_process"
    const options = isSlow ? { startup: 3 } : Object.hasOwn(Sampler.table[name].options, "population") ? { population: 10 } : {}
    const learned = await bestOf(Entry.make<Sampler.Sampler>(Sampler.table, { name, options }), isSlow ? 26 : 60)
    expect(learned).toBeLessThan(await bestOf(Sampler.random()))
  })
})

describe("the points have the same bits everywhere", () => {
  // Node 24.21 and 22.23: the last of 40 points.
  const wanted: { readonly [N in Sampler.Name]: ReadonlyArray<number> } = {
    random: [-0.1298157912386717, 0.010007629199153193, 36],
    grid: [-1, 0.0001, 40],
    latin_hypercube: [0.5491375719815068, 0.0004061107581924354, 6],
    sobol: [-0.8215282144956291, 0.051472085961613664, 16],
    coarse_to_fine: [0.279965672446425, 0.002326797731016709, 2],
    tpe: [0.9365011792092872, 0.17147538055117667, 21],
    gaussian_process: [0.30624301223790273, 0.00022451022947455292, 1],
    cma_es: [0.024502057709188563, 0.009495979155847978, 2],
    evolution: [0.6037999222673469, 0.00010265807963265203, 2],
    nsga: [0.43308341866321753, 0.0004474970929631353, 2],
  }
  const space: Space.Space = [
    { name: "x", _tag: "Float", low: -1, high: 1 },
    { name: "lr", _tag: "Float", low: 1e-4, high: 1, log: true },
    { name: "units", _tag: "Int", low: 1, high: 64, log: true },
  ]
  const small = { startup: 5, levels: 5, points: 16, round: 8, population: 6, sample: 3 }

  test.each(names)("%s", (name) => {
    const { options } = Sampler.table[name]
    const given = Object.fromEntries(Object.entries(small).filter(([option]) => Object.hasOwn(options, option)))
    const sampler = Entry.make<Sampler.Sampler>(Sampler.table, { name, options: given })
    const study: Study.Study = {
      space,
      sampler,
      objectives: [{ name: "v", mode: "min" }],
      key: Key.make(5),
      trials: 40,
      pending: 2,
    }
    let progress = Study.begin(study)
    for (;;) {
      const [step, after] = Study.next(study, progress)
      progress = after
      if (step._tag !== "Start") break
      const { number, point } = step
      const { lr = 0, units = 0, x = 0 } = point
      const values = [(x - 0.3) * (x - 0.3) + lr * lr + units / 64]
      progress = Study.finish(progress, { number, point, state: "complete", values, reports: [] })
    }
    expect(Object.values(Study.finished(progress).at(-1)?.point ?? {})).toEqual(wanted[name])
  })
})

test("search computes with operations alone whose last bit the language defines", () => {
  const folder = new URL("../src/search/", import.meta.url)
  const sources = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".ts"))
  expect(sources.length).toBeGreaterThan(30)
  const undefinedBits =
    /\bMath\.(?!PI|LN2|SQRT|abs|ceil|floor|max|min|round|sign|sqrt|trunc)\w+|\w \*\* |Math\.random|Date\.now|performance\./
  const found = sources.flatMap((path) => {
    const code = readFileSync(new URL(path, folder), "utf8").replaceAll(/\/\*\*[\s\S]*?\*\/|\/\/.*/g, "")
    return undefinedBits.test(code) ? [`${path}: ${undefinedBits.exec(code)?.[0]}`] : []
  })
  expect(found).toEqual([])
})

describe("samplers refuse", () => {
  test("spaces that they cannot search", () => {
    const choice: Space.Space = [{ name: "c", _tag: "Choice", size: 40 }]
    expect(Sampler.cmaEs().check?.(choice)).toMatchObject([{ dimension: "c", got: "a choice" }])
    expect(Sampler.gaussianProcess().check?.(choice)).toMatchObject([{ dimension: "c" }])
  })

  test("options out of their bounds", () => {
    expect(() => Sampler.tpe({ gamma: 2 })).toThrow("tpe got 2 for gamma; it wants a number above 0 and at most 1")
    expect(() => Sampler.latinHypercube({ points: 0 })).toThrow("latin_hypercube got 0 for points")
    expect(() => Sampler.coarseToFine({ shrink: 1 })).toThrow("coarse_to_fine got 1 for shrink")
    expect(() => Sampler.cmaEs({ sigma: 0 })).toThrow("cma_es got 0 for sigma")
    expect(() => Sampler.nsga({ population: 1 })).toThrow("nsga got 1 for population")
    expect(() => Sampler.evolution({ sample: 0 })).toThrow("evolution got 0 for sample")
    expect(() => Sampler.gaussianProcess({ startup: 1 })).toThrow("gaussian_process got 1 for startup")
    expect(() => Sampler.grid({ levels: 0 })).toThrow("grid got 0 for levels")
  })
})
