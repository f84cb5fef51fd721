import { describe, expect, it } from "vitest"
import type { Dataset } from "../src/data/Dataset.ts"
import * as Toys from "../src/data/Toys.ts"
import type { Options, Values } from "../src/learning/Entry.ts"
import * as Key from "../src/tensor/Key.ts"
import * as NDArray from "../src/types/NDArray.ts"

const key = Key.make(1)

const rows = ({ inputs, targets }: Dataset): ReadonlyArray<readonly [ReadonlyArray<number>, number]> => {
  const width = inputs.shape[1] ?? 0
  return Array.from(targets.data, (target, i) => [[...inputs.data.slice(i * width, (i + 1) * width)], target])
}

const usual = (options: Options): Values<Options> =>
  Object.fromEntries(
    Object.entries(options).map(([name, option]) => [name, "default" in option ? option.default : undefined]),
  ) as Values<Options>

describe.each(Object.entries(Toys.entries))("%s", (_, entry) => {
  const make = (seed: number): Dataset =>
    (entry.make as (options: Values<Options>) => Toys.Toy)(usual(entry.options))(Key.make(seed))

  it("has finite rows, the same for the same key", () => {
    const toy = make(1)
    expect(NDArray.equals(toy.inputs, make(1).inputs) && NDArray.equals(toy.targets, make(1).targets)).toBe(true)
    expect(toy.inputs.shape[0]).toBe(toy.targets.shape[0])
    expect(toy.inputs.shape[1]).toBe(toy.columns?.length)
    expect([...toy.inputs.data, ...toy.targets.data].every(Number.isFinite)).toBe(true)
  })
  it("has every class, or quantities", () => {
    const { classes, targets } = make(1)
    if (classes === undefined) expect([targets.dtype, targets.shape.length]).toEqual(["f32", 2])
    else expect([targets.dtype, [...new Set(targets.data)]]).toEqual(["i32", expect.arrayContaining(classes.map((_, i) => i))])
  })
  it("documents its options with defaults", () => {
    for (const option of Object.values(entry.options))
      expect(option).toMatchObject({ doc: expect.stringMatching(/\.|…/), default: expect.anything() })
  })
})

describe("what the toys are", () => {
  it.each([
    ["xor", Toys.xor, [0, 1, 1, 0]],
    ["and", Toys.and, [0, 0, 0, 1]],
    ["or", Toys.or, [0, 1, 1, 1]],
    ["nand", Toys.nand, [1, 1, 1, 0]],
  ] as const)("%s has its truth table", (_, gate, truth) => {
    expect(rows(gate(key))).toEqual([
      [[0, 0], truth[0]],
      [[0, 1], truth[1]],
      [[1, 0], truth[2]],
      [[1, 1], truth[3]],
    ])
    expect(gate(key, { copies: 3 }).inputs.shape).toEqual([12, 2])
  })
  it("moons lie on two half circles", () => {
    for (const [[x = 0, y = 0], label] of rows(Toys.moons(key, { noise: 0, count: 51 }))) {
      expect(label === 0 ? Math.hypot(x, y) : Math.hypot(x - 1, y - 0.5)).toBeCloseTo(1, 6)
      expect(label === 0 ? y : 0.5 - y).toBeGreaterThan(-1e-6)
    }
  })
  it("circles have their radii, and no point twice", () => {
    const circles = rows(Toys.circles(key, { noise: 0, count: 21, factor: 0.25 }))
    for (const [[x = 0, y = 0], label] of circles) expect(Math.hypot(x, y)).toBeCloseTo(label === 0 ? 1 : 0.25, 6)
    for (const [i, [[x = 0, y = 0]]] of circles.entries())
      expect(circles.findIndex(([[u = 0, v = 0]]) => Math.hypot(x - u, y - v) < 0.05)).toBe(i)
  })
  it("spirals go from the middle to radius 1, each class turned", () => {
    const spirals = rows(Toys.spirals(key, { noise: 0, count: 9, classes: 3, turns: 1 }))
    expect(spirals.map(([, label]) => label)).toEqual([0, 0, 0, 1, 1, 1, 2, 2, 2])
    expect(spirals.map(([[x = 0, y = 0]]) => Math.round(Math.hypot(x, y) * 1e6) / 1e6)).toEqual([0, 0.5, 1, 0, 0.5, 1, 0, 0.5, 1])
  })
  it("noise has the given standard deviation", () => {
    const still = Toys.moons(key, { count: 2000, noise: 0 })
    const moved = Toys.moons(key, { count: 2000, noise: 0.3 })
    const squares = Array.from(moved.inputs.data, (x, i) => (x - (still.inputs.data[i] ?? 0)) ** 2).reduce((a, b) => a + b, 0)
    expect(Math.sqrt(squares / moved.inputs.data.length)).toBeCloseTo(0.3, 1)
  })
  it("the line and the wave are what they say", () => {
    for (const [[x = 0], y] of rows(Toys.linear(key, { noise: 0, slope: 3, intercept: -1 }))) expect(y).toBeCloseTo(3 * x - 1, 5)
    for (const [[x = 0], y] of rows(Toys.sine(key, { noise: 0, periods: 2 }))) expect(y).toBeCloseTo(Math.sin(2 * Math.PI * x), 5)
  })
})
