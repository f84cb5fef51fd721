import { Entry, Pareto, Pruner, type Trial } from "@adjoint/core"
import { bracketsOf } from "@adjoint/core/search/pruner/hyperband"
import * as fc from "fast-check"
import { describe, expect, test } from "vitest"

/** A trial that reported some values at steps 1, 2, 3 … */
const trial = (number: number, values: ReadonlyArray<number>, state: Trial["state"] = "complete"): Trial => ({
  number,
  point: {},
  state,
  reports: values.map((value, i) => ({ step: i + 1, value })),
})

const reports = fc.array(fc.oneof(fc.integer({ min: -5, max: 5 }), fc.constant(Number.NaN)), { minLength: 1, maxLength: 10 })
const known = fc.array(reports, { maxLength: 12 }).map((all) => all.map((values, i) => trial(i, values)))

describe.each(Object.keys(Pruner.table) as ReadonlyArray<Pruner.Name>)("%s", (name) => {
  const pruner = Entry.make<Pruner.Pruner>(Pruner.table, { name, options: {} })

  test("stops no trial while it knows no other, and none that is at least as good as all", () => {
    fc.assert(
      fc.property(reports, known, (own, others) => {
        expect(pruner(trial(20, own), [])).toBe(false)
        const best = own.map(() => -6)
        expect(pruner(trial(20, best), others)).toBe(false)
      }),
      { numRuns: 50 },
    )
  })

  test("does not depend on the order of the known trials", () => {
    fc.assert(
      fc.property(reports, known, (own, others) => {
        expect(pruner(trial(20, own), others.toReversed())).toBe(pruner(trial(20, own), others))
      }),
      { numRuns: 50 },
    )
  })

  test("stops no trial for a better value", () => {
    fc.assert(
      fc.property(reports, known, fc.nat(5), (own, others, better) => {
        const improved = own.map((value) => value - better)
        if (!pruner(trial(20, own), others)) expect(pruner(trial(20, improved), others)).toBe(false)
      }),
      { numRuns: 100 },
    )
  })
})

describe("median", () => {
  const others = [1, 2, 3, 4, 5].map((value, i) => trial(i, [value, value]))

  test("compares the best value so far with the median at the step", () => {
    const rule = Pruner.median()
    expect(rule(trial(9, [3.5]), others)).toBe(true)
    expect(rule(trial(9, [3]), others)).toBe(false)
    expect(rule(trial(9, [2, 9]), others)).toBe(false)
    expect(rule(trial(9, [9, 9, 9]), others)).toBe(false)
  })

  test("waits for enough complete trials, and for its first step", () => {
    expect(Pruner.median({ after: 6 })(trial(9, [9]), others)).toBe(false)
    expect(
      Pruner.median()(
        trial(9, [9]),
        others.map((each) => ({ ...each, state: "pruned" as const })),
      ),
    ).toBe(false)
    expect(Pruner.median({ min: 2 })(trial(9, [9]), others)).toBe(false)
    expect(Pruner.median({ min: 2 })(trial(9, [9, 9]), others)).toBe(true)
  })
})

describe("asha", () => {
  const curves = Array.from({ length: 8 }, (_, i) =>
    trial(
      i,
      Array.from({ length: 9 }, () => i),
    ),
  )

  test("keeps the best third at each rung, and judges nowhere else", () => {
    const rule = Pruner.asha({ min: 1, factor: 3 })
    // The best 3 of 9 go on: their values are 0, 1 and 1.5.
    expect(rule(trial(9, [1.5]), curves)).toBe(false)
    expect(rule(trial(9, [2.5]), curves)).toBe(true)
    expect(rule(trial(9, [1.5, 9]), curves)).toBe(false)
    expect(rule(trial(9, [1.5, 1, 9]), curves)).toBe(true)
  })

  test("at a later rung, lets no more go on than successive halving does", () => {
    const rule = Pruner.asha({ min: 1, factor: 3 })
    // All 8 got to the second rung. One of 9 goes on there, and not three.
    expect(rule(trial(9, [0.5, 0.5, 0.5]), curves)).toBe(true)
    expect(rule(trial(9, [0.5, 0.5, -1]), curves)).toBe(false)
    // With 18 trials at the first rung, two go on.
    const stopped = Array.from({ length: 9 }, (_, i) => trial(10 + i, [9], "pruned"))
    expect(rule(trial(30, [0.5, 0.5, 0.5]), [...curves, ...stopped])).toBe(false)
    expect(rule(trial(30, [1.5, 1.5, 1.5]), [...curves, ...stopped])).toBe(true)
  })

  test("judges the first report at or after a rung", () => {
    const rule = Pruner.asha({ min: 2, factor: 2 })
    const every3 = (value: number, n: number, number: number): Trial => ({
      ...trial(number, []),
      reports: Array.from({ length: n }, (_, i) => ({ step: 3 * (i + 1), value })),
    })
    const others = [every3(1, 3, 0), every3(2, 3, 1), every3(3, 3, 2)]
    expect(rule(every3(4, 1, 9), others)).toBe(true)
    expect(rule(every3(4, 2, 9), others)).toBe(true)
    // From 6 to 7 there is no rung: the next is 8.
    const seven = {
      ...every3(4, 2, 9),
      reports: [
        { step: 6, value: 1 },
        { step: 7, value: 9 },
      ],
    }
    expect(rule(seven, others)).toBe(false)
  })

  test("among fewer than `factor`, keeps the best alone", () => {
    expect(Pruner.asha({ factor: 4 })(trial(9, [1.5]), curves.slice(1, 3))).toBe(true)
    expect(Pruner.asha({ factor: 4 })(trial(9, [0.5]), curves.slice(1, 3))).toBe(false)
  })

  test("refuses options out of their bounds", () => {
    expect(() => Pruner.asha({ min: 0 })).toThrow("asha got 0 for min; it wants a whole number of at least 1")
    expect(() => Pruner.asha({ factor: 1 })).toThrow(
      "asha got 1 for factor; it wants a whole number of at least 2 and at most 1000",
    )
    expect(() => Pruner.hyperband({ brackets: 0 })).toThrow("hyperband got 0 for brackets")
    expect(() => Pruner.median({ after: 0 })).toThrow("median got 0 for after")
  })
})

describe("hyperband", () => {
  test("gives its brackets their shares, spread evenly", () => {
    const places = bracketsOf(4, 3)
    const counts = [0, 1, 2, 3].map((bracket) => places.filter((each) => each === bracket).length)
    expect(counts).toEqual([27, 12, 6, 4])
    for (let n = 1; n <= places.length; n++)
      for (const [bracket, size] of [27, 12, 6, 4].entries())
        expect(Math.abs(places.slice(0, n).filter((each) => each === bracket).length - (n * size) / 49)).toBeLessThan(1.5)
  })

  test("compares a trial with those of its bracket, from that bracket's first rung on", () => {
    const places = bracketsOf(2, 3)
    const rule = Pruner.hyperband({ brackets: 2, factor: 3, min: 1 })
    const ofBracket = (bracket: number) =>
      Array.from({ length: 24 }, (_, i) => i).filter((i) => places[i % places.length] === bracket)
    const others = [...ofBracket(0).map((i) => trial(i, [0, 0, 0])), ...ofBracket(1).map((i) => trial(i, [5, 5, 5]))].toSorted(
      (a, b) => a.number - b.number,
    )
    const [zero = 0, one = 0] = [ofBracket(0).at(-1), ofBracket(1).at(-1)]
    expect(rule(trial(24 + (zero % places.length), [1]), others)).toBe(
      places[(24 + (zero % places.length)) % places.length] === 0,
    )
    expect(rule({ ...trial(one, [9]) }, others)).toBe(false)
    expect(rule({ ...trial(one, [9, 9, 4]) }, others)).toBe(false)
    expect(rule({ ...trial(one, [9, 9, 6]) }, others)).toBe(true)
  })
})

describe("several objectives", () => {
  const lists = fc
    .integer({ min: 1, max: 3 })
    .chain((k) =>
      fc.array(fc.array(fc.integer({ min: 0, max: 4 }), { minLength: k, maxLength: k }), { minLength: 1, maxLength: 8 }),
    )

  test("have fronts: each is dominated by one of the front before, and by none of its own", () => {
    fc.assert(
      fc.property(lists, (all) => {
        const fronts = Pareto.fronts(all)
        all.forEach((values, i) => {
          const own = fronts[i] ?? 0
          const dominating = all.flatMap((other, j) => (Pareto.dominates(other, values) ? [fronts[j] ?? 0] : []))
          expect(dominating.every((front) => front < own)).toBe(true)
          if (own > 0) expect(dominating).toContain(own - 1)
        })
        expect(Pareto.order(all).map((i) => fronts[i] ?? 0)).toEqual(fronts.toSorted((a, b) => a - b))
      }),
    )
  })

  test("cover a volume: as many unit cells as have a list at or below them", () => {
    fc.assert(
      fc.property(lists, (all) => {
        const k = all[0]?.length ?? 1
        let cells = 0
        for (let cell = 0; cell < 5 ** k; cell++) {
          const corner = Array.from({ length: k }, (_, i) => Math.floor(cell / 5 ** i) % 5)
          if (all.some((values) => values.every((value, i) => value <= (corner[i] ?? 0)))) cells++
        }
        expect(
          Pareto.hypervolume(
            all,
            Array.from({ length: k }, () => 5),
          ),
        ).toBe(cells)
      }),
    )
  })

  test("of trials: complete ones that no other dominates, in the direction of each objective", () => {
    const of = (number: number, ...values: ReadonlyArray<number>): Trial => ({ ...trial(number, []), values })
    const objectives = [
      { name: "loss", mode: "min" },
      { name: "accuracy", mode: "max" },
    ] as const
    const trials = [of(3, 1, 0.5), of(1, 2, 0.9), of(2, 2, 0.4), { ...of(0, 0, 1), state: "pruned" as const }]
    expect(Pareto.front(trials, objectives).map(({ number }) => number)).toEqual([1, 3])
    expect(Pareto.front([], objectives)).toEqual([])
  })

  test("are crowded by their neighbours, and free at the ends", () => {
    expect(
      Pareto.crowding([
        [0, 4],
        [1, 2],
        [4, 0],
      ]),
    ).toEqual([Number.POSITIVE_INFINITY, 2, Number.POSITIVE_INFINITY])
  })
})
