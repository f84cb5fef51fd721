/** The published helpers keep their promises: they fail when they should. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { allClose, assertAllClose, checkGrads, type Tolerance, ulpsBetween } from "@adjoint/core/testing"
import * as published from "@adjoint/core/testing/arbitraries"
import * as Doubles from "@adjoint/core/testing/doubles"
import { program } from "@adjoint/core/testing/programs"
import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import { check, print } from "../src/language/Program.ts"
import { shapeRules } from "../src/language/ShapeRule.ts"
import * as T from "../src/tensor/Tensor.ts"
import { all as kinds } from "../src/types/DType.ts"
import { make } from "../src/types/NDArray.ts"
import * as Shape from "../src/types/Shape.ts"

const { Infinity: infinity, NaN: nan } = globalThis

describe("allClose", () => {
  const agree: ReadonlyArray<readonly [actual: number, expected: number, close: boolean, options?: Tolerance]> = [
    [1, 1 + 1e-8, true],
    [1, 1 + 1e-6, false],
    [1 + 1e-6, 1, true, { rtol: 1e-5 }],
    [100, 110, true, { rtol: 0.1 }],
    [110, 100, true, { rtol: 0.1 }],
    [111, 100, false, { rtol: 0.1 }],
    [0, 1e-9, false],
    [0, 1e-9, true, { atol: 1e-8 }],
    [nan, nan, true],
    [nan, nan, false, { equalNaN: false }],
    [nan, 1, false, { rtol: infinity }],
    [1, nan, false, { atol: infinity }],
    [infinity, infinity, true],
    [infinity, -infinity, false, { rtol: 1, atol: infinity }],
    [1e308, infinity, false, { rtol: 1 }],
    [0, -0, true],
    [0, -0, false, { signedZero: true }],
    [-0, -0, true, { signedZero: true, rtol: 0 }],
  ]
  test.each(agree.map((row, i) => [i, row] as const))("row %d of the table", (_, [actual, expected, close, options]) => {
    expect(allClose(actual, expected, options).close).toBe(close)
    expect(allClose(actual, expected, options).report === "").toBe(close)
    const assertion = () => assertAllClose(actual, expected, options)
    if (close) assertion()
    else expect(assertion).toThrow("1 of 1 elements differ")
  })

  test("changes nothing: what is read after it is what would have been read without it", () => {
    const third = (): T.Tensor => T.div(T.make([1]), 3)
    const [compared, inner] = [third(), third()]
    allClose(compared, T.add(inner, 0))
    assertAllClose(compared, [1 / 3], { rtol: 1e-15 })
    for (const x of [compared, inner]) expect(T.toArray(x)).toEqual([Math.fround(1 / 3)])
    checkGrads((x: T.Tensor) => T.mul(x, compared), inner)
    const doubled = third()
    expect(Doubles.toArray(doubled)).toEqual([1 / 3])
    expect(Doubles.toNumber(T.mul(doubled, 3))).toBe(1)
    expect(T.read(doubled).data).toEqual(Float32Array.of(1 / 3))
    // What was read before stays as it was read.
    expect(Doubles.toArray(doubled)).toEqual([Math.fround(1 / 3)])
  })

  test("does each step once, however often it is read", () => {
    let deep: T.Tensor = T.make([1])
    for (let i = 0; i < 2000; i++) {
      deep = T.mul(deep, 1.001)
      Doubles.read(deep)
    }
    expect(Doubles.toNumber(deep)).toBeCloseTo(1.001 ** 2000, 10)
  })

  test("says where arrays differ first and most", () => {
    const { first, report, worst } = allClose(
      [
        [1, 2],
        [3, 4.5],
        [5, 9],
      ],
      [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
    )
    expect([first?.index, worst?.index, worst?.absolute]).toEqual([[1, 1], [2, 1], 3])
    expect(report).toMatchInlineSnapshot(
      `"2 of 6 elements differ; first at [1, 1] got 4.5, wanted 4 (off by 0.5, 562949953421312 ulp); worst at [2, 1] got 9, wanted 6 (off by 3, 2814749767106560 ulp)"`,
    )
  })

  test("counts NaN as the worst difference, and shapes as more than that", () => {
    expect(allClose([1, nan, 1e9], [2, 1, 1]).worst?.index).toEqual([1])
    expect(allClose([1], [[1]]).report).toBe("got an array of f32[1], wanted one of f32[1, 1]")
  })

  test("counts in floats of the stored width", () => {
    const next = 1 + 2 ** -23
    const single = (x: number) => make("f32", [1], Float32Array.of(x))
    expect(allClose(single(next), single(1), { rtol: 0 }).worst?.ulps).toBe(1)
    expect(allClose([next], [1], { rtol: 0 }).worst?.ulps).toBe(2 ** 29)
    expect([
      ulpsBetween(-0, 0),
      ulpsBetween(-(2 ** -1074), 2 ** -1074),
      ulpsBetween(1, 1 - 2 ** -53),
      ulpsBetween(nan, 1),
    ]).toEqual([0, 2, 1, nan])
  })
})

describe("checkGrads", () => {
  const cubed = (x: T.Tensor) => T.mul(x, T.square(x))
  const x = T.make([0.5, -1.5])

  test("accepts a true derivative to any order, of trees too", () => {
    checkGrads(cubed, x, { order: 4 })
    checkGrads(
      ({ a, b }: Readonly<Record<"a" | "b", T.Tensor>>) => [T.mul(a, b), T.sum(T.sin(a))],
      { a: x, b: T.make([2, 3]) },
      { order: 2 },
    )
  })

  test("refuses a wrong one, and says where", () => {
    const wrong = (y: T.Tensor) => T.mul(y, T.stopGradient(y))
    expect(() => checkGrads(wrong, x)).toThrow(/^derivative and central differences disagree: 2 of 2 elements differ/)
    expect(() => checkGrads((y: T.Tensor) => ({ fine: y, off: wrong(y) }), x)).toThrow(/disagree in off/)
    expect(() => checkGrads(wrong, x, { rtol: 0.1 })).toThrow(/disagree/)
  })

  test("refuses a derivative that is right only to the first order", () => {
    // The value and slope of x², but a second derivative of 0.
    const flat = (y: T.Tensor) => {
      const held = T.stopGradient(y)
      return T.add(T.square(held), T.mul(T.mul(held, 2), T.sub(y, held)))
    }
    checkGrads(flat, x)
    expect(() => checkGrads(flat, x, { order: 2 })).toThrow(/disagree/)
  })

  test("refuses what is wrong by a millionth", () => {
    const slightly = (y: T.Tensor) => T.add(cubed(y), T.mul(T.sub(y, T.stopGradient(y)), 1e-4))
    expect(() => checkGrads(slightly, x)).toThrow(/disagree/)
  })

  test("leaves whole numbers where they are", () => {
    checkGrads(
      ({ i, w }: Readonly<Record<"i" | "w", T.Tensor>>) => T.take(w, i),
      { i: T.make([1, 0], "i32"), w: x },
      { order: 2 },
    )
  })
})

describe("arbitraries", () => {
  test("shapes stay in their bounds", () => {
    fc.assert(
      fc.property(published.shape({ minRank: 1, maxRank: 3, minSize: 2, maxSize: 4 }), (shape) => {
        expect(shape.length).toBeGreaterThanOrEqual(1)
        expect(shape.length).toBeLessThanOrEqual(3)
        expect(shape.every((n) => n >= 2 && n <= 4)).toBe(true)
      }),
    )
  })

  test("broadcastable shapes broadcast to the given shape", () => {
    fc.assert(
      fc.property(published.broadcastable(3), ({ shapes, stretched }) => {
        expect(shapes.length).toBe(3)
        expect(shapes.reduce<Shape.Shape | undefined>((sofar, next) => sofar && Shape.broadcast(sofar, next), [])).toEqual(
          stretched,
        )
      }),
    )
  })

  test("arrays hold what their kind can, exact in 32 bits", () => {
    const drawn = kinds.flatMap((dtype) => fc.sample(published.array(dtype, [5, 5], { special: true }), { numRuns: 40, seed: 1 }))
    const seen = new Set<number>()
    for (const { data, dtype, shape } of drawn) {
      make(dtype, shape, data)
      for (const x of data) {
        if (dtype === "f32") expect(Math.fround(x)).toBe(x)
        seen.add(x)
      }
    }
    for (const x of [nan, infinity, -infinity, 2 ** -149, -(2 ** 31), 255]) expect(seen.has(x), String(x)).toBe(true)
    expect(drawn.some(({ data }) => data.some((x) => Object.is(x, -0)))).toBe(true)
    const tame = fc.sample(published.array("f32", [9]), { numRuns: 40, seed: 1 })
    expect(tame.every(({ data }) => data.every((x) => Number.isInteger(x * 64) && Math.abs(x) <= 8))).toBe(true)
  })

  test("axes are distinct and of the array", () => {
    fc.assert(
      fc.property(
        fc.nat(4).chain((rank) => fc.tuple(fc.constant(rank), published.axes(rank))),
        ([rank, axes]) => {
          expect(new Set(axes).size).toBe(axes.length)
          expect(axes.every((axis) => axis >= 0 && axis < rank)).toBe(true)
        },
      ),
    )
  })

  test("subscripts are of every kind", () => {
    const drawn = fc.sample(published.subscripts([3, 4, 2], { lists: true }), { numRuns: 300, seed: 1 }).flat()
    for (const is of [
      (s: unknown) => typeof s === "number",
      (s: unknown) => s === "...",
      (s: unknown) => typeof s === "string" && s.includes(":-"),
      (s: unknown) => s === null,
      Array.isArray,
    ])
      expect(drawn.some(is)).toBe(true)
  })

  test("programs use every primitive, in loops too, and connect their steps", () => {
    const drawn = fc.sample(program({ maxSteps: 10 }), { numRuns: 2000, seed: 5 })
    const used = new Set(drawn.flatMap(({ equations }) => equations.map(({ primitive }) => primitive)))
    expect([...used].sort()).toEqual(Object.keys(shapeRules).sort())
    const inner = drawn.flatMap(({ equations }) => equations.flatMap(({ params }) => ("body" in params ? [params.body] : [])))
    expect(new Set(inner.flatMap(({ equations }) => equations.map(({ primitive }) => primitive))).size).toBeGreaterThan(20)
    expect(inner.some(({ equations }) => equations.some(({ primitive }) => primitive === "scan"))).toBe(true)
    const depth = drawn.map(({ constants, equations, inputs }) => {
      const first = inputs.length + constants.length
      const depths: Array<number> = []
      for (const step of equations) depths.push(1 + Math.max(0, ...step.inputs.map((value) => depths[value - first] ?? 0)))
      return Math.max(0, ...depths)
    })
    expect(depth.filter((n) => n >= 5).length).toBeGreaterThan(100)
    for (const made of drawn) check(made)
  })

  test("a failing program shrinks to the step that fails", () => {
    const failure = fc.check(
      fc.property(program(), ({ equations }) => equations.every(({ primitive }) => primitive !== "conv")),
      { seed: 3, numRuns: 500 },
    )
    const [smallest] = failure.counterexample ?? []
    if (smallest === undefined) throw new Error("nothing failed")
    expect(smallest.equations.length).toBe(1)
    expect(print(smallest)).toMatchInlineSnapshot(`
      "program (a: f32[1, 2, 1], b: f32[2, 1, 1]) {
        c: f32[1, 1, 1] = conv { stride: [1], padding: [[0, 0]], dilation: [1], groups: 1 } a b
        return c
      }"
    `)
  })
})

test("fast-check is needed by the arbitraries alone, and is not installed with the package", () => {
  const manifest = JSON.parse(readFileSync(join(import.meta.dirname, "../package.json"), "utf8"))
  expect(manifest.peerDependenciesMeta["fast-check"]).toEqual({ optional: true })
  expect(manifest.dependencies["fast-check"]).toBeUndefined()
  const sources = ["testing.ts", "testing/allClose.ts", "testing/checkGrads.ts"]
  for (const source of sources)
    expect(readFileSync(join(import.meta.dirname, "../src", source), "utf8")).not.toContain('from "fast-check"')
})
