import { Key, Space } from "@adjoint/core"
import { draws, fold, wordsOf } from "@adjoint/core/search/draws"
import { exp, log } from "@adjoint/core/search/exactMath"
import { at, count, nth, positionOf } from "@adjoint/core/search/space/Dimension"
import * as Tensor from "@adjoint/core/tensor/Tensor"
import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import { spaces } from "./search-spaces.ts"

describe("exp and log", () => {
  // mpmath 1.2 with 40 digits, rounded to doubles.
  test.each([
    [exp, -745.1, 5e-324],
    [exp, -1.5, 0.22313016014842982],
    [exp, 1e-300, 1],
    [exp, 0.5, 1.6487212707001282],
    [exp, 100, 2.6881171418161356e43],
    [exp, 709.78, 1.7928227943945155e308],
    [log, 5e-324, -744.4400719213812],
    [log, 1e-5, -11.512925464970229],
    [log, 0.9, -0.10536051565782628],
    [log, 3, 1.0986122886681098],
    [log, 1e300, 690.7755278982137],
  ])("of %#", (f, x, wanted) => {
    expect(Math.abs(f(x) - wanted)).toBeLessThanOrEqual(2 ** -52 * Math.abs(wanted))
  })

  test("at the ends", () => {
    expect([exp(0), exp(710), exp(-746), exp(Number.NaN)]).toEqual([1, Number.POSITIVE_INFINITY, 0, Number.NaN])
    expect([log(1), log(0), log(-1), log(Number.POSITIVE_INFINITY)]).toEqual([
      0,
      Number.NEGATIVE_INFINITY,
      Number.NaN,
      Number.POSITIVE_INFINITY,
    ])
  })

  test("are within two units of the last place of the host's", () => {
    fc.assert(
      fc.property(fc.double({ min: -700, max: 700, noNaN: true }), (x) => {
        const host = Math.exp(x)
        expect(Math.abs(exp(x) - host)).toBeLessThanOrEqual(2 ** -51 * host)
        expect(Math.abs(log(host) - Math.log(host))).toBeLessThanOrEqual(2 ** -51 * Math.max(Math.abs(x), 2 ** -20))
      }),
    )
  })
})

describe("draws", () => {
  test("fold words as Key.fold does", () => {
    const key = Key.make(17)
    expect(fold(wordsOf(key), 5)).toEqual(Tensor.toArray(Key.fold(key, 5)))
  })

  test("are uniform and normal", () => {
    const { normal, uniform, weighted } = draws([1, 2])
    const n = 20_000
    const u = Array.from({ length: n }, uniform)
    const z = Array.from({ length: n }, normal)
    const mean = (xs: ReadonlyArray<number>) => xs.reduce((sum, x) => sum + x, 0) / xs.length
    expect(u.every((x) => x >= 0 && x < 1)).toBe(true)
    expect(Math.abs(mean(u) - 0.5)).toBeLessThan(4 / Math.sqrt(12 * n))
    expect(Math.abs(mean(z))).toBeLessThan(4 / Math.sqrt(n))
    expect(Math.abs(mean(z.map((x) => x * x)) - 1)).toBeLessThan(4 * Math.sqrt(2 / n))
    const chosen = Array.from({ length: n }, () => weighted([1, 0, 3]))
    expect(chosen).not.toContain(1)
    expect(Math.abs(mean(chosen.map((i) => i / 2)) - 3 / 4)).toBeLessThan(4 * Math.sqrt(3 / 16 / n))
  })
})

describe("a dimension", () => {
  const dimensions = spaces({ max: 1 }).map(([first]) => first as Space.Named)

  test("has its values at their positions, and nothing else", () => {
    fc.assert(
      fc.property(dimensions, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (dimension, position) => {
        const value = at(dimension, position)
        expect(Space.contains([dimension], { [dimension.name]: value })).toBe(true)
        const again = at(dimension, positionOf(dimension, value))
        expect(Math.abs(again - value)).toBeLessThanOrEqual(1e-12 * Math.abs(value))
        if (Number.isFinite(count(dimension))) expect(again).toBe(value)
      }),
    )
  })

  test("gives each of its values an interval", () => {
    fc.assert(
      fc.property(dimensions, (dimension) => {
        const n = count(dimension)
        fc.pre(Number.isFinite(n) && n < 100)
        const all = Array.from({ length: n }, (_, i) => nth(dimension, i))
        expect(new Set(all).size).toBe(n)
        const found = new Set(Array.from({ length: 40 * n }, (_, i) => at(dimension, (i + 0.5) / (40 * n))))
        expect([...found].toSorted((a, b) => a - b)).toEqual(all.toSorted((a, b) => a - b))
      }),
    )
  })

  test("has decimal steps without rounding errors", () => {
    const tenths = { _tag: "Float", low: 0, high: 0.3, step: 0.1 } as const
    expect(Array.from({ length: count(tenths) }, (_, i) => nth(tenths, i))).toEqual([0, 0.1, 0.2, 0.3])
  })
})

describe("a space", () => {
  const conditional: Space.Space = [
    { name: "optimizer", _tag: "Choice", size: 2 },
    { name: "beta", _tag: "Int", low: 1, high: 3, when: { dimension: "optimizer", choice: 0 } },
    { name: "schedule", _tag: "Choice", size: 3, when: { dimension: "optimizer", choice: 1 } },
    { name: "steps", _tag: "Int", low: 1, high: 5, when: { dimension: "schedule", choice: 2 } },
    { name: "units", _tag: "Choice", size: 2 },
  ]

  test("counts its points, each branch with its own", () => {
    expect(Space.size(conditional)).toBe((3 + (1 + 1 + 5)) * 2)
    expect(Space.size([...conditional, { name: "lr", _tag: "Float", low: 0, high: 1 }])).toBe(Number.POSITIVE_INFINITY)
  })

  test("contains points with exactly the dimensions that exist", () => {
    expect(Space.contains(conditional, { optimizer: 0, beta: 2, units: 1 })).toBe(true)
    expect(Space.contains(conditional, { optimizer: 1, schedule: 2, steps: 5, units: 0 })).toBe(true)
    expect(Space.contains(conditional, { optimizer: 1, schedule: 1, steps: 5, units: 0 })).toBe(false)
    expect(Space.contains(conditional, { optimizer: 0, units: 1 })).toBe(false)
    expect(Space.contains(conditional, { optimizer: 0, beta: 4, units: 1 })).toBe(false)
    expect(Space.contains(conditional, { optimizer: 0, beta: 1.5, units: 1 })).toBe(false)
  })

  const float = { _tag: "Float", low: 0, high: 1 } as const
  test.each<readonly [Space.Space, string, string]>([
    [[{ name: "a", ...float, log: true }], "a", "log from 0"],
    [[{ name: "a", _tag: "Int", low: 5, high: 2 }], "a", "5 to 2"],
    [[{ name: "a", _tag: "Int", low: 0.5, high: 2 }], "a", "0.5 to 2"],
    [[{ name: "a", _tag: "Choice", size: 0 }], "a", "0 alternatives"],
    [[{ name: "a", ...float, high: Number.POSITIVE_INFINITY }], "a", "0 to Infinity"],
    [[{ name: "a", _tag: "Float", low: -1.7e308, high: 1.7e308 }], "a", "-1.7e+308 to 1.7e+308"],
    [[{ name: "a", ...float, step: 0 }], "a", "a step of 0"],
    [[{ name: "a", ...float, low: 0.1, step: 0.1, log: true }], "a", "a step of 0.1 and log"],
    [[{ name: "a", ...float, step: 2 }], "a", "a step of 2 from 0 to 1"],
    [[{ name: "a", ...float, step: 1e-12 }], "a", "a step of 1e-12 from 0 to 1"],
    [
      [
        { name: "a", ...float },
        { name: "a", ...float },
      ],
      "a",
      "the name of an earlier dimension",
    ],
    [[{ name: "a", ...float, when: { dimension: "b", choice: 0 } }], "a", 'when "b"'],
    [
      [
        { name: "b", ...float },
        { name: "a", ...float, when: { dimension: "b", choice: 0 } },
      ],
      "a",
      'when "b"',
    ],
    [
      [
        { name: "b", _tag: "Choice", size: 2 },
        { name: "a", ...float, when: { dimension: "b", choice: 2 } },
      ],
      "a",
      "alternative 2",
    ],
  ])("is refused with its dimension: %#", (space, dimension, got) => {
    expect(Space.check(space).map((problem) => [problem.dimension, problem.got])).toEqual([[dimension, got]])
  })

  test("of random dimensions is correct", () => {
    fc.assert(
      fc.property(spaces(), (space) => {
        expect(Space.check(space)).toEqual([])
      }),
    )
  })

  test("may have a dimension that every object has", () => {
    const space: Space.Space = ["__proto__", "constructor"].map((name) => ({ name, _tag: "Int", low: 1, high: 9 }))
    const point = Space.pointAt(space, [0, 0.99])
    expect(Object.entries(point)).toEqual([
      ["__proto__", 1],
      ["constructor", 9],
    ])
    expect(Space.contains(space, point)).toBe(true)
    expect(Space.contains(space, {})).toBe(false)
  })
})

describe("a typed space", () => {
  const space = Space.struct({
    net: Space.struct({ units: Space.int(8, 64, { log: true }), activation: Space.choice(["relu", "tanh"]) }),
    optimizer: Space.branch({
      adam: { lr: Space.log(1e-4, 1e-1), beta: Space.choice([0.9, 0.99]) },
      sgd: { lr: Space.log(1e-2, 1), momentum: Space.float(0, 0.9, { step: 0.1 }) },
      lion: {},
    }),
    epochs: Space.constant(20),
  })

  test("is flat under its names", () => {
    expect(space.dimensions.map(({ name, when }) => [name, when?.dimension, when?.choice])).toEqual([
      ["net.units", undefined, undefined],
      ["net.activation", undefined, undefined],
      ["optimizer", undefined, undefined],
      ["optimizer.adam.lr", "optimizer", 0],
      ["optimizer.adam.beta", "optimizer", 0],
      ["optimizer.sgd.lr", "optimizer", 1],
      ["optimizer.sgd.momentum", "optimizer", 1],
    ])
    expect(Space.check(space.dimensions)).toEqual([])
  })

  test("decodes its points, with types", () => {
    const value: Space.Value<typeof space> = space.decode({
      "net.units": 9,
      "net.activation": 1,
      optimizer: 1,
      "optimizer.sgd.lr": 0.1,
      "optimizer.sgd.momentum": 0.5,
    })
    expect(value).toEqual({
      net: { units: 9, activation: "tanh" },
      optimizer: { _tag: "sgd", lr: 0.1, momentum: 0.5 },
      epochs: 20,
    })
    const activation: "relu" | "tanh" = value.net.activation
    expect(activation).toBe("tanh")
    if (value.optimizer._tag === "adam") expect(value.optimizer.beta satisfies 0.9 | 0.99).toBe(0.9)
    expect(() => space.decode({ "net.units": 9 })).toThrow('the point has no "net.activation": it is of another space')
  })
})

describe("an ordered choice", () => {
  const space: Space.Space = [
    { name: "units", _tag: "Choice", size: 5, ordered: true },
    { name: "optimizer", _tag: "Choice", size: 2, ordered: true },
    { name: "beta", _tag: "Float", low: 0, high: 1, when: { dimension: "optimizer", choice: 0 } },
    { name: "shape", _tag: "Choice", size: 3 },
  ]

  test("is a whole number to samplers, unless dimensions depend on it", () => {
    expect(Space.withIndices(space)).toEqual([{ name: "units", _tag: "Int", low: 0, high: 4 }, ...space.slice(1)])
  })

  test("has the points of its indices", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { minLength: 4, maxLength: 4 }),
        (at) => {
          const point = Space.pointAt(Space.withIndices(space), at)
          expect(Space.contains(space, point)).toBe(true)
          expect(point.units).toBe(Math.min(4, Math.floor((at[0] ?? 0) * 5)))
        },
      ),
    )
  })

  test("has its values in a typed space", () => {
    const typed = Space.struct({ units: Space.ordered([16, 32, 64]) })
    expect(typed.dimensions).toEqual([{ name: "units", _tag: "Choice", size: 3, ordered: true }])
    expect(typed.decode({ units: 2 })).toEqual({ units: 64 })
  })
})
