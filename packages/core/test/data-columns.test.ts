/** Every kind of column: the laws of preparing rows, and what each kind makes of cells. */
import * as Result from "effect/Result"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as Calendar from "../src/data/Calendar.ts"
import * as Category from "../src/data/Category.ts"
import * as Column from "../src/data/Column.ts"
import * as Fitted from "../src/data/Fitted.ts"
import * as Preprocess from "../src/data/Preprocess.ts"
import { probit } from "../src/data/probit.ts"
import * as Quantiles from "../src/data/Quantiles.ts"
import * as Quantity from "../src/data/Quantity.ts"
import * as Table from "../src/data/Table.ts"
import * as Score from "../src/learning/Score.ts"
import * as YeoJohnson from "../src/learning/score/YeoJohnson.ts"
import * as NDArray from "../src/types/NDArray.ts"

const ok = Result.getOrThrow
const refusal = <A>(result: Result.Result<A, { readonly message: string }>): string =>
  Result.match(result, { onFailure: (error) => error.message, onSuccess: (value) => JSON.stringify(value) })

const tableOf = (name: string, texts: ReadonlyArray<string>): Table.Table =>
  Table.make(
    [name],
    texts.map((text) => [text]),
  )

const rowsOf = ({ data, shape: [, width = 1] }: NDArray.NDArray): ReadonlyArray<ReadonlyArray<number>> =>
  Array.from({ length: data.length / width }, (_, i) => [...data.slice(i * width, (i + 1) * width)])

const fitOf = (column: Column.ColumnOrType, texts: ReadonlyArray<string>, rows?: ReadonlyArray<number>) =>
  Preprocess.fit({ columns: { x: column } }, tableOf("x", texts), rows)

/** The prepared numbers of cells, fitted on these (or on others). */
const prepare = (column: Column.ColumnOrType, texts: ReadonlyArray<string>, train: ReadonlyArray<string> = texts) =>
  rowsOf(ok(Preprocess.inputs(ok(fitOf(column, train)), tableOf("x", texts))))

const names = (column: Column.ColumnOrType, texts: ReadonlyArray<string>) => Preprocess.names(ok(fitOf(column, texts))).columns

const number = fc
  .oneof(
    fc.integer({ min: -20, max: 20 }),
    fc.integer({ min: -1e6, max: 1e6 }).map((x) => x / 1000),
  )
  .map(String)
const positive = fc.double({ noNaN: true, min: 1e-3, max: 1e6 }).map(String)
const word = fc.constantFrom("a", "b", "c", "dd", "10", "9", " b ", "ß", "constructor", "__proto__")
const blank = fc.constantFrom("", " ", "NA", "nan", "?")
const levels = ["low", "mid", "high"]
const date = fc
  .date({ min: new Date("1600-01-01"), max: new Date("2400-01-01"), noInvalidDate: true })
  .map((when) => when.toISOString().slice(0, 16))
const orBlank = (cell: fc.Arbitrary<string>) => fc.oneof({ weight: 4, arbitrary: cell }, { weight: 1, arbitrary: blank })

const transforms = ["log", "log1p", "sqrt", "power", "quantile", "quantile_normal"] as const
const scales = ["standard", "minmax", "center", "maxabs", "robust", "none", { minmax: [-1, 2] }] as const

/** Inputs of every kind, with cells that each takes. The last ones are used, so that there is always something to learn. */
const inputs: ReadonlyArray<readonly [name: string, Column.Column, cell: fc.Arbitrary<string>, always: ReadonlyArray<string>]> = [
  ...transforms.map(
    (transform) => [`number, ${transform}`, { type: "number", transform, scale: "standard" }, positive, ["1", "2"]] as const,
  ),
  ...scales.map(
    (scale) =>
      [`number, ${JSON.stringify(scale)}`, { type: "number", scale, missing: "median" }, orBlank(number), ["1", "2"]] as const,
  ),
  ["number, most common", { type: "number", missing: "most_common" }, orBlank(number), ["1", "2"]],
  ["number, constant", { type: "number", missing: { constant: -1 } }, orBlank(number), ["1", "2"]],
  ["number, bins", { type: "number", bins: 4, missing: "indicator" }, orBlank(number), ["1", "2"]],
  ["number, quantile bins", { type: "number", bins: { quantiles: 3 }, missing: "mean" }, orBlank(number), ["1", "2", "3"]],
  ["number, edges", { type: "number", bins: [-1, 0, 7], encode: "ordinal" }, number, ["1"]],
  ["category", { type: "category", unknown: "zeros", missing: "category" }, orBlank(word), ["a"]],
  ["category, rare", { type: "category", rare: "30%", missing: { constant: "none" } }, orBlank(word), ["a"]],
  ["category, max", { type: "category", max: 2, missing: "most_common" }, orBlank(word), ["a"]],
  ["category, hash", { type: "category", hash: 5, missing: "category" }, orBlank(word), ["a"]],
  ["category, index", { type: "category", encode: "index", unknown: "other", missing: "category" }, orBlank(word), ["a"]],
  ["binary", { type: "binary", missing: "most_common" }, orBlank(fc.constantFrom("no", "yes")), ["no", "yes"]],
  ["ordinal", { type: "ordinal", order: levels, missing: "indicator" }, orBlank(fc.constantFrom(...levels)), ["low"]],
  [
    "ordinal, standard",
    { type: "ordinal", order: levels, missing: "median", scale: "standard" },
    orBlank(fc.constantFrom(...levels)),
    ["low"],
  ],
  ["date", { type: "date", missing: "median" }, orBlank(date), ["2020-05-17"]],
  [
    "date, cyclic",
    { type: "date", cyclic: true, missing: "indicator", parts: [...Column.kinds.date.fields.parts.of] },
    orBlank(date),
    ["2020-05-17"],
  ],
  [
    "set",
    { type: "set", missing: "indicator", rare: 2 },
    orBlank(
      fc
        .array(
          word.map((name) => name.trim()),
          { minLength: 1, maxLength: 4 },
        )
        .map((all) => all.join("|")),
    ),
    ["a"],
  ],
  [
    "vector",
    { type: "vector", scale: "standard", missing: "mean" },
    orBlank(fc.array(number, { minLength: 3, maxLength: 3 }).map((all) => `[${all.join(", ")}]`)),
    ["[1, 2, 3]"],
  ],
]

describe.each(inputs)("%s", (_, column, cell, always) => {
  const cells = fc.array(cell, { minLength: 1, maxLength: 8 }).map((all) => [...always, ...all])

  it("is learned from the training rows alone, and stored as numbers in JSON", () => {
    fc.assert(
      fc.property(cells, fc.array(cell, { maxLength: 5 }), (train, others) => {
        const rows = train.map((_, i) => i)
        const fitted = ok(fitOf(column, [...train, ...others], rows))
        expect(fitted).toEqual(ok(fitOf(column, train)))
        const again = ok(Fitted.parse(Fitted.print(fitted)))
        expect(again).toEqual(fitted)
        expect(ok(Preprocess.inputs(again, tableOf("x", train)))).toEqual(ok(Preprocess.inputs(fitted, tableOf("x", train))))
      }),
      { numRuns: 30 },
    )
  })

  it("gives a row the same numbers alone as among others, finite ones, as many as there are names", () => {
    fc.assert(
      fc.property(cells, (train) => {
        const fitted = ok(fitOf(column, train))
        const table = tableOf("x", train)
        const together = rowsOf(ok(Preprocess.inputs(fitted, table)))
        const alone = train.map((_, row) => rowsOf(ok(Preprocess.inputs(fitted, table, [row])))[0])
        expect(alone).toEqual(together)
        expect(together.flat().every(Number.isFinite)).toBe(true)
        const own = Preprocess.names(fitted).columns ?? []
        expect(new Set(own).size).toBe(own.length)
        expect(together.every((row) => row.length === own.length)).toBe(true)
        const width = Column.widthOf(column)
        if (width !== undefined) expect(own).toHaveLength(width)
      }),
      { numRuns: 30 },
    )
  })
})

describe("a target that is a number", () => {
  const invertible = ["log", "log1p", "sqrt", "power"] as const
  it.each(invertible)("of transform %s comes back in its own unit", (transform) => {
    fc.assert(
      fc.property(fc.array(fc.double({ noNaN: true, min: 0.1, max: 1e4 }), { minLength: 3, maxLength: 12 }), (values) => {
        fc.pre(new Set(values).size > 1)
        const columns = { x: { type: "number", role: "target", transform, scale: "standard" }, y: "number" } as const
        const table = Table.make(
          ["x", "y"],
          values.map((value) => [String(value), "1"]),
        )
        const fitted = ok(Preprocess.fit({ columns }, table))
        const back = Preprocess.restore(fitted, ok(Preprocess.targets(fitted, table)))
        for (const [i, value] of values.entries()) expect(Math.abs((back.data[i] ?? 0) / value - 1)).toBeLessThan(1e-3)
      }),
      { numRuns: 40 },
    )
  })

  it("has scores in its own unit, whatever transforms the columns of a head have", () => {
    const values = fc.array(fc.tuple(...invertible.map(() => fc.double({ noNaN: true, min: 1, max: 100 }))), {
      minLength: 3,
      maxLength: 6,
    })
    const moves = fc.array(fc.double({ noNaN: true, min: -0.5, max: 0.5 }), { minLength: 30, maxLength: 30 })
    fc.assert(
      fc.property(values, moves, (rows, moved) => {
        const names = [...invertible, "none"]
        const table = Table.make(
          ["x", ...names],
          rows.map((row, i) => ["1", ...row.map(String), String(i)]),
        )
        const columns: Preprocess.Columns = {
          x: "number",
          none: { type: "number", role: "target" },
          ...Object.fromEntries(
            invertible.map((transform) => [transform, { type: "number", role: "target", transform, scale: "minmax" } as const]),
          ),
        }
        const fitted = ok(Preprocess.fit({ columns }, table))
        const targets = ok(Preprocess.targets(fitted, table))
        const outputs = NDArray.make(
          "f32",
          targets.shape,
          targets.data.map((value, i) => value + (moved[i] ?? 0)),
        )
        const [truth, predicted] = [Preprocess.restore(fitted, targets), Preprocess.restore(fitted, outputs)]
        const wanted =
          [...predicted.data].reduce((sum, value, i) => sum + Math.abs(value - (truth.data[i] ?? 0)), 0) / predicted.data.length
        fc.pre(Number.isFinite(wanted))
        const mae = Score.of(Score.inUnits(Score.meanAbsoluteError, Preprocess.units(fitted)), outputs, targets)
        expect(Math.abs(mae - wanted) / Math.max(1, wanted)).toBeLessThan(1e-3)
      }),
      { numRuns: 40 },
    )
  })

  it("has no transform and no bins that cannot be undone", () => {
    const table = Table.make(
      ["x", "y"],
      [
        ["1", "1"],
        ["2", "2"],
      ],
    )
    const refused = (options: object) =>
      refusal(
        Preprocess.fit({ columns: { x: { type: "number", role: "target", ...options } as Column.Column, y: "number" } }, table),
      )
    expect(refused({ transform: "quantile" })).toContain("for a target neither `bins` nor a quantile transform")
    expect(refused({ bins: 2 })).toContain("for a target neither `bins` nor a quantile transform")
  })
})

describe("the power transform", () => {
  // scipy 1.17.1: stats.yeojohnson_normmax and stats.yeojohnson
  it.each([
    [[1, 3, 4], 1.3866817928585915, [1.1644819435527807, 4.209329631476901, 5.997351606497648]],
    [[2, 2, 5], -3.1005331317430516, [0.31182888309777357, 0.31182888309777357, 0.3212781393504578]],
    [
      [-3, -1, 0.5, 2, 9, 20],
      0.4866309563028241,
      [-4.724326791596238, -1.2255828660740153, 0.4482326472839622, 1.45242999897886, 4.246370178599364, 6.986401066455005],
    ],
    [[-2, -7, -1, -30], 2.375760260582067, [-0.9000823871848508, -1.4430005417105705, -0.6102317238723419, -1.928961765675615]],
    [[1e3, 2e3, 1e6, 5e6], -0.019083514571671886, [6.472690907460355, 7.075786778479827, 12.144329165292469, 13.361973877500736]],
  ])("of %j has the exponent %d", (values, lambda, transformed) => {
    const fitted = YeoJohnson.fit(Float64Array.from(values))
    expect(Math.abs(fitted - lambda)).toBeLessThan(5e-7)
    for (const [i, value] of values.entries()) expect(YeoJohnson.apply(lambda, value) / (transformed[i] ?? 1)).toBeCloseTo(1, 12)
  })

  it("has the digits that scikit-learn's documentation prints for PowerTransformer", () => {
    const column = { type: "number", transform: "power", scale: "standard" } as const
    const digits = (texts: ReadonlyArray<string>) => prepare(column, texts).map(([x = 0]) => /^-?\d\.\d{3}/.exec(String(x))?.[0])
    expect(digits(["1", "3", "4"])).toEqual(["-1.316", "0.209", "1.106"])
    expect(digits(["2", "2", "5"])).toEqual(["-0.707", "-0.707", "1.414"])
  })

  it("is undone by its inverse, and rises", () => {
    const lambdas = fc.oneof(fc.constantFrom(0, 1, 2), fc.double({ noNaN: true, min: -3, max: 5 }))
    const x = fc.double({ noNaN: true, min: -20, max: 20 })
    fc.assert(
      fc.property(lambdas, x, x, (lambda, a, b) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)]
        expect(YeoJohnson.apply(lambda, low)).toBeLessThanOrEqual(YeoJohnson.apply(lambda, high))
        expect(YeoJohnson.invert(lambda, YeoJohnson.apply(lambda, a))).toBeCloseTo(a, 6)
      }),
    )
  })

  it("has the exponent 1 for equal values, for values that are too large, and for years", () => {
    const samples = [
      [7, 7],
      [1e308, -1e308],
      [2019, 2020, 2021, 2021],
    ]
    expect(samples.map((sample) => YeoJohnson.fit(Float64Array.from(sample)))).toEqual([1, 1, 1])
  })

  it("keeps digits of values that vary little", () => {
    const values = Float64Array.of(6.535, 6.689, 6.904)
    const lambda = YeoJohnson.fit(values)
    const transformed = values.map((x) => YeoJohnson.apply(lambda, x))
    for (const [i, y] of transformed.entries()) expect(YeoJohnson.invert(lambda, Math.fround(y))).toBeCloseTo(values[i] ?? 0, 3)
  })
})

describe("quantiles", () => {
  const values = Float64Array.from([3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3, 2, 3, 8, 4])
  const cells = [0, 1, 1.5, 3, 4.25, 5, 8.5, 9, 20]
  // numpy 2.4.6: the mean of np.interp over the quantiles from both sides, as scikit-learn's QuantileTransformer has it.
  const shares = [0, 0, 0.07894736842105263, 0.2894736842105263, 0.48684210526315785, 0.5789473684210527, 0.868421052631579, 1, 1]
  // scipy 1.17.1: stats.norm.ppf of the same
  const normals = [
    -5.1993375821928165, -5.1993375821928165, -1.4121875789061642, -0.5549229427026537, -0.032987932937402896, 0.199201324789267,
    1.11895838106256, 5.199337582290661, 5.199337582290661,
  ]
  const fitted = Quantiles.fit(values.slice().sort())

  it("give shares and normal numbers as scikit-learn does", () => {
    for (const [i, cell] of cells.entries()) {
      expect(Quantiles.share(fitted, cell)).toBeCloseTo(shares[i] ?? 0, 14)
      expect(Quantiles.normal(fitted, cell)).toBeCloseTo(normals[i] ?? 0, 8)
    }
  })

  it("are at most 1,000, rising, and their shares rise from 0 to 1", () => {
    const many = Float64Array.from({ length: 5000 }, (_, i) => Math.sin(i) ** 3).sort()
    const own = Quantiles.fit(many)
    expect(own).toHaveLength(1000)
    const found = [...many].map((value) => Quantiles.share(own, value))
    expect(found.every((share, i) => share >= (found[i - 1] ?? 0) && Math.abs(share - i / 4999) < 1e-3)).toBe(true)
    expect([found[0], found.at(-1)]).toEqual([0, 1])
  })

  it("the inverse of the normal distribution is that of scipy", () => {
    const pairs = [
      [1e-300, -37.0470962993612],
      [1e-15, -7.941345326170998],
      [0.02, -2.053748910631823],
      [0.0749, -1.4402382675279635],
      [0.0751, -1.4388253927525403],
      [0.3, -0.5244005127080409],
      [0.5, 0],
      [0.925, 1.4395314709384563],
      [0.975, 1.959963984540054],
    ] as const
    for (const [share, x] of pairs) expect(Math.abs(probit(share) - x)).toBeLessThan(2e-14 * Math.max(1, Math.abs(x)))
    expect([probit(0), probit(1), probit(-1)]).toEqual([Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, Number.NaN])
  })
})

describe("numbers", () => {
  it("are clipped, then transformed, then scaled", () => {
    const column = { type: "number", clip: [1, 8], transform: "log", scale: "minmax" } as const
    expect(prepare(column, ["1", "2", "8", "100", "-5"]).map(([x = 0]) => x)).toEqual([0, Math.fround(1 / 3), 1, 1, 0])
  })
  it("are scaled by the largest magnitude, or by the quartiles", () => {
    const of = (scale: "maxabs" | "robust", texts: ReadonlyArray<string>) =>
      prepare({ type: "number", scale }, texts).map(([x = 0]) => x)
    expect(of("maxabs", ["-4", "2", "0"])).toEqual([-1, 0.5, 0])
    expect(of("robust", ["0", "1", "2", "3", "4"])).toEqual([-1, -0.5, 0, 0.5, 1])
    expect([of("maxabs", ["0", "0"]), of("robust", ["7", "7"])]).toEqual([
      [0, 0],
      [0, 0],
    ])
  })
  it("blanks are the most common value, or a constant", () => {
    const of = (missing: "most_common" | 7 | { constant: number }) => prepare({ type: "number", missing }, ["2", "1", "2", ""])[3]
    expect([of("most_common"), of(7), of({ constant: 5 })]).toEqual([[2], [7], [5]])
  })
  it("blanks are a constant date, on the clock that the others are read from", () => {
    const of = (zone: "utc" | "written") =>
      prepare({ type: "date", missing: { constant: "2024-05-01T01:30+02:00" }, zone, parts: ["day", "hour"], scale: "none" }, [
        "2024-05-01T01:30+02:00",
        "",
      ])
    expect(of("utc")).toEqual([
      [30, 23],
      [30, 23],
    ])
    expect(of("written")).toEqual([
      [1, 1],
      [1, 1],
    ])
  })
  it("become intervals: an edge belongs to the interval above it, and any number has one", () => {
    const column = { type: "number", bins: [18, 65] } as const
    expect(names(column, ["1", "2"])).toEqual(["x below 18", "x 18 to 65", "x from 65"])
    expect(prepare(column, ["-1e9", "18", "64.5", "65", "1e9"])).toEqual([
      [1, 0, 0],
      [0, 1, 0],
      [0, 1, 0],
      [0, 0, 1],
      [0, 0, 1],
    ])
  })
  it("intervals have equal width, or as many rows", () => {
    const of = (bins: number | { readonly quantiles: number }) =>
      prepare({ type: "number", bins, encode: "ordinal" }, ["0", "1", "2", "3", "4", "100"]).map(([x = 0]) => x)
    expect(of(4)).toEqual([0, 0, 0, 0, 0, 3])
    expect(of({ quantiles: 3 })).toEqual([0, 0, 1, 1, 2, 2])
  })
  it.each([
    [
      { type: "number", transform: "log" },
      ["0", "1"],
      "column `x`: got `transform: log` with 0 among the values, wanted values above 0",
    ],
    [{ type: "number", transform: "sqrt" }, ["-1", "1"], "wanted values of 0 or more"],
    [{ type: "number", bins: 3 }, ["1", "1"], "column `x`: got equal values in all training rows, wanted two intervals or more"],
    [{ type: "number" }, ["", "1"], "row 1, column `x`: got a blank, wanted a number"],
    [{ type: "number", missing: "mean" }, ["", "NA"], "column `x`: got no number in any training row"],
  ] as const)("%j of %j is refused", (column, texts, message) => expect(refusal(fitOf(column, texts))).toContain(message))
  it("a value outside the domain of a transform is located", () => {
    const fitted = ok(fitOf({ type: "number", transform: "sqrt" }, ["1", "4"]))
    expect(refusal(Preprocess.inputs(fitted, tableOf("x", ["9", "-1"])))).toBe(
      'line 2: row 2, column `x`: got "-1", wanted a value of 0 or more for `sqrt`; try: clip the column',
    )
  })
})

describe("names", () => {
  const texts = ["a", "a", "a", "b", "b", "c", "d"]
  it("rare ones count as `other`, by rows, by shares or by how many are kept", () => {
    expect(names({ type: "category", rare: 2 }, texts)).toEqual(["x=a", "x=b", "x=other"])
    expect(names({ type: "category", rare: "40%" }, texts)).toEqual(["x=a", "x=other"])
    expect(names({ type: "category", max: 3 }, texts)).toEqual(["x=a", "x=b", "x=c", "x=other"])
    expect(prepare({ type: "category", rare: 2 }, ["b", "d", "new"], texts)).toEqual([
      [0, 1, 0],
      [0, 0, 1],
      [0, 0, 1],
    ])
  })
  it("a name that is called other shares the column, and unknown names may still be errors", () => {
    const column = { type: "category", rare: 2, unknown: "error" } as const
    const train = ["other", "other", "b", "b", "c"]
    expect(names(column, train)).toEqual(["x=b", "x=other"])
    expect(prepare(column, ["c", "other"], train)).toEqual([
      [0, 1],
      [0, 1],
    ])
    expect(refusal(Preprocess.inputs(ok(fitOf(column, train)), tableOf("x", ["d"])))).toContain(
      'got "d", wanted one of "b", "other"',
    )
  })
  it("a hash is the same for a name wherever it is, and spreads names", () => {
    const column = { type: "category", hash: 8 } as const
    const own = Array.from({ length: 400 }, (_, i) => `name ${i}`)
    const counts = prepare(column, own, ["a"]).reduce<ReadonlyArray<number>>(
      (sums, row) => row.map((x, i) => x + (sums[i] ?? 0)),
      [],
    )
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(400)
    expect(Math.min(...counts)).toBeGreaterThan(25)
    // FNV-1a and the last mixing of MurmurHash3, computed in Python
    expect(prepare(column, ["Zürich", "name 3"], ["a"])).toEqual([
      [0, 0, 0, 0, 0, 0, 0, 1],
      [0, 0, 0, 1, 0, 0, 0, 0],
    ])
  })
  it("indices are for embeddings", () => {
    expect(prepare({ type: "category", encode: "index" }, texts)).toEqual([[0], [0], [0], [1], [1], [2], [3]])
  })
  it("groups of names keep the most common ones", () => {
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 30 }), fc.integer({ min: 1, max: 5 }), (all, max) => {
        const { kept, rare } = Category.group(Category.countsOf(all), all.length, { rare: undefined, max })
        const count = (name: string) => all.filter((each) => each === name).length
        expect([...kept, ...rare].sort()).toEqual([...new Set(all)].sort())
        expect(kept.length).toBe(Math.min(max, new Set(all).size))
        expect(Math.min(...kept.map(count))).toBeGreaterThanOrEqual(Math.max(0, ...rare.map(count)))
      }),
    )
  })
  it("with an order become one number, whatever names occur", () => {
    const column = { type: "ordinal", order: ["low", "mid", "high"] } as const
    expect(prepare(column, ["mid", "low"])).toEqual([[0.5], [0]])
    expect(prepare({ ...column, scale: "none" }, ["high", "mid"])).toEqual([[2], [1]])
    expect(refusal(fitOf(column, ["low", "hihg"]))).toBe(
      'line 2: row 2, column `x`: got "hihg", wanted one of "low", "mid", "high"; try: "high", or add it to `order`',
    )
  })
  it("with an order need it", () => {
    expect(refusal(fitOf({ type: "ordinal" } as unknown as Column.Column, ["a"]))).toContain("column `x`: got no `order`")
  })
  it("with an order are a class in that order as a target, as are given classes", () => {
    const table = Table.make(
      ["x", "a", "b"],
      [
        ["1", "low", "n"],
        ["2", "high", "y"],
      ],
    )
    const target = (columns: Preprocess.Columns) => {
      const fitted = ok(Preprocess.fit({ columns }, table))
      return [fitted.target, [...ok(Preprocess.targets(fitted, table)).data]]
    }
    const order = ["low", "mid", "high"]
    expect(target({ x: "number", a: { type: "ordinal", order, role: "target" }, b: "ignore" })).toEqual([
      { type: "class", name: "a", classes: order },
      [0, 2],
    ])
    expect(target({ x: "number", a: "ignore", b: { type: "class", names: ["y", "n", "maybe"] } })).toEqual([
      { type: "class", name: "b", classes: ["y", "n", "maybe"] },
      [1, 0],
    ])
  })
})

describe("binary columns", () => {
  const table = Table.make(
    ["x", "y"],
    [
      ["up", "dead"],
      ["down", "alive"],
      ["up", "alive"],
    ],
  )
  it("may say which name is 1, as inputs and as targets, also if rows have only one of them", () => {
    const columns = {
      x: { type: "binary", names: ["up", "down"] },
      y: { type: "binary", role: "target", names: ["dead", "alive"] },
    } as const
    const fitted = ok(Preprocess.fit({ columns }, table, [1, 2]))
    const { classes, inputs, targets } = ok(Preprocess.dataset(fitted, table))
    expect([classes, rowsOf(inputs), [...targets.data]]).toEqual([
      ["dead", "alive"],
      [[0], [1], [0]],
      [0, 1, 1],
    ])
  })
  it("have no other names, and two of them", () => {
    const refused = (names: ReadonlyArray<string>) => refusal(fitOf({ type: "binary", names }, ["a", "b"]))
    expect(refused(["a", "c"])).toContain('line 2: row 2, column `x`: got "b", wanted one of "a", "c"')
    expect(refused(["a", "b", "c"])).toContain("wanted two `names`")
  })
})

describe("dates", () => {
  const all = [...Column.kinds.date.fields.parts.of]
  // Python 3.11: datetime, isocalendar, weekday and timetuple
  it.each([
    ["1999-12-31T23:59:58", [1999, 4, 12, 52, 31, 4, 365, 23, 59, 58, 10956.999976851852]],
    ["2000-01-01", [2000, 1, 1, 52, 1, 5, 1, 0, 0, 0, 10957]],
    ["2004-02-29 12:30", [2004, 1, 2, 9, 29, 6, 60, 12, 30, 0, 12477.520833333334]],
    ["20210103T060000Z", [2021, 1, 1, 53, 3, 6, 3, 6, 0, 0, 18630.25]],
    ["2024-12-30T18:45:10.000+00:00", [2024, 4, 12, 1, 30, 0, 365, 18, 45, 10, 20087.781365740742]],
    ["1969-07-20T20:17:40", [1969, 3, 7, 29, 20, 6, 201, 20, 17, 40, -164.15439814814815]],
    ["1900-03-01", [1900, 1, 3, 9, 1, 3, 60, 0, 0, 0, -25508]],
  ])("%s has these parts", (text, parts) => {
    expect(prepare({ type: "date", parts: all, scale: "none" }, [text])).toEqual([parts.map(Math.fround)])
  })

  const parts = ["year", "month", "day", "hour", "minute"] as const
  const read = (format: string, text: string) =>
    prepare({ type: "date", format, parts: [...parts], scale: "none" }, [text], [text])[0]
  it.each([
    ["DD/MM/YYYY", "01/02/2024", [2024, 2, 1, 0, 0]],
    ["DD/MM/YYYY", "1/12/2024", [2024, 12, 1, 0, 0]],
    ["MM-DD-YY h:mm A", "12-31-68 12:05 am", [2068, 12, 31, 0, 5]],
    ["M/D/YY hh:mm A", "1/2/69 12:05 P.M.", [1969, 1, 2, 12, 5]],
    ["D MMM YYYY, HH:mm:ss.SSS", "3 Sep 2021, 07:08:09.5", [2021, 9, 3, 7, 8]],
    ["MMMM D YYYY", "september 30 2021", [2021, 9, 30, 0, 0]],
    ["YYYYMMDDHHmm", "202402291730", [2024, 2, 29, 17, 30]],
    ["[YYYY] (MM)", "[2024] (07)", [2024, 7, 1, 0, 0]],
    ["unix", "1700000000", [2023, 11, 14, 22, 13]],
    ["unix", "-1.5", [1969, 12, 31, 23, 59]],
    ["unix_ms", "1700000000999", [2023, 11, 14, 22, 13]],
    ["HH:mm", "9:30", [1970, 1, 1, 9, 30]],
  ])("in the format %s, %s is read", (format, text, wanted) => expect(read(format, text)).toEqual(wanted))

  it.each([
    ["iso", "2023-02-29"],
    ["iso", "2023-13-01"],
    ["iso", "2023-01-01T24:30"],
    ["iso", "2023-01-01T10:60"],
    ["iso", "2023-01-01T10:00+25:00"],
    ["iso", "yesterday"],
    ["DD/MM/YYYY", "31/04/2023"],
    ["DD/MM/YYYY", "2023-04-01"],
    ["YYYYMMDD", "2024115"],
    ["D MMM YYYY", "1 Foo 2023"],
    ["h:mm A", "13:00 PM"],
    ["unix", "1e99"],
    ["unix_ms", "99999999999999999"],
  ])("in the format %s, %s is refused", (format, text) => {
    expect(refusal(fitOf({ type: "date", format }, [text]))).toMatch(/^line 1: row 1, column `x`: got "/)
  })

  it("in another format name it", () => {
    const said = (text: string) => refusal(fitOf({ type: "date", parts: ["month"] }, [text])).split("; try: ")[1]
    expect(said("24/12/2023")).toBe("`format: DD/MM/YYYY`")
    expect(said("05/06/2023")).toBe("`format: DD/MM/YYYY` or `format: MM/DD/YYYY`")
    expect(said("1700000000")).toBe("`format: unix`")
    expect(said("3 Sep 2021")).toBe("`format: D MMM YYYY`")
  })

  it("are read from the clock as it was written, or in UTC; elapsed time is that between instants", () => {
    const hours = (zone: "written" | "utc") =>
      prepare({ type: "date", parts: ["day", "hour", "elapsed"], zone, scale: "none", since: "2024-05-01" }, [
        "2024-05-01T23:30+02:00",
        "2024-05-01T21:30Z",
        "2024-05-01T18:30-03:00",
      ])
    const elapsed = Math.fround(21.5 / 24)
    expect(hours("written")).toEqual([
      [1, 23, elapsed],
      [1, 21, elapsed],
      [1, 18, elapsed],
    ])
    expect(new Set(hours("utc").map(String))).toEqual(new Set([String([1, 21, elapsed])]))
  })

  it("do not depend on the time zone of the machine", () => {
    const before = process.env.TZ
    const seen = ["Pacific/Auckland", "America/New_York", "UTC"].map((zone) => {
      process.env.TZ = zone
      return prepare({ type: "date", cyclic: true }, ["2024-03-10T02:30", "2024-09-29T02:30", "0099-01-01"])
    })
    if (before === undefined) delete process.env.TZ
    else process.env.TZ = before
    expect(seen[1]).toEqual(seen[0])
    expect(seen[2]).toEqual(seen[0])
  })

  it("that repeat become a sine and a cosine, so that December is next to January", () => {
    const column = { type: "date", parts: ["month", "year"], cyclic: true } as const
    expect(names(column, ["2024-01-01"])).toEqual(["x month sin", "x month cos", "x year"])
    const [january = [], june = [], december = []] = prepare(column, ["2023-01-15", "2023-06-15", "2023-12-15"])
    const distance = (a: ReadonlyArray<number>, b: ReadonlyArray<number>) =>
      Math.hypot((a[0] ?? 0) - (b[0] ?? 0), (a[1] ?? 0) - (b[1] ?? 0))
    expect(distance(january, december)).toBeCloseTo(2 * Math.sin(Math.PI / 12), 6)
    expect(distance(january, june)).toBeGreaterThan(1.9)
  })

  it("have an hour by default where there are times", () => {
    expect(names("date", ["2024-01-01"])).toEqual(["x year", "x month", "x day", "x weekday"])
    expect(names("date", ["2024-01-01", "2024-01-01T05:00"])).toEqual(["x year", "x month", "x day", "x weekday", "x hour"])
  })

  it("of a pattern that is none are refused before a row is read", () => {
    const said = (options: object) => refusal(fitOf({ type: "date", ...options } as Column.Column, ["2024-01-01"]))
    for (const options of [{ format: "" }, { format: "x" }, { format: "DD/DD/YYYY" }, { since: "soon" }])
      expect(said(options)).toContain("wanted a `format` that is iso, unix, unix_ms or a pattern")
  })
})

describe("sets", () => {
  it("have a 1 for each name, from text or from a JSON list", () => {
    expect(names("set", ["red|blue", "red"])).toEqual(["x=blue", "x=red"])
    expect(prepare("set", ["red | blue|red", '["blue"]', "|"], ["red|blue"])).toEqual([
      [1, 1],
      [1, 0],
      [0, 0],
    ])
    expect(prepare({ type: "set", separator: ", " }, ["a, b", "b"], ["a, b"])).toEqual([
      [1, 1],
      [0, 1],
    ])
  })
  it("a blank is an error, the empty set, or a number of its own", () => {
    const of = (missing: "empty" | "indicator") => prepare({ type: "set", missing }, ["", "a"], ["a", ""])
    expect([of("empty"), of("indicator")]).toEqual([
      [[0], [1]],
      [
        [0, 1],
        [1, 0],
      ],
    ])
    expect(refusal(fitOf("set", ["a", "NA"]))).toBe(
      'line 2: row 2, column `x`: got "NA", which counts as a blank, wanted names between "|"; try: `x: { type: set, missing: empty }` where it is the empty set, or drop its row with `missing: drop`',
    )
  })
  it("unknown names are errors, left out, or other", () => {
    const of = (unknown: "ignore" | "other") => prepare({ type: "set", unknown }, ["a|new"], ["a|b"])[0]
    expect([of("ignore"), of("other")]).toEqual([
      [1, 0],
      [1, 0, 1],
    ])
    expect(refusal(Preprocess.inputs(ok(fitOf("set", ["red|blue"])), tableOf("x", ["red|blu"])))).toContain(
      'try: "blue", or `unknown: ignore`',
    )
  })
  it("as a target are several answers of yes and no", () => {
    const table = Table.make(
      ["x", "y"],
      [
        ["1", "a|b"],
        ["2", ""],
        ["3", "b"],
      ],
    )
    const columns = { x: "number", y: { type: "set", role: "target", missing: "empty" } } as const
    const fitted = ok(Preprocess.fit({ columns }, table))
    const again = ok(Fitted.parse(Fitted.print(fitted)))
    const targets = ok(Preprocess.targets(again, table))
    expect([targets.dtype, targets.shape, [...targets.data]]).toEqual(["f32", [3, 2], [1, 1, 0, 0, 0, 1]])
  })
})

describe("vectors", () => {
  it("are read with brackets or without, between commas, semicolons or spaces", () => {
    expect(prepare("vector", ["[1, 2.5, -3]", "1 2.5 -3", "(1;2.5;-3)", "1,2.5,-3"])).toEqual(Array(4).fill([1, 2.5, -3]))
    expect(names("vector", ["1 2"])).toEqual(["x[0]", "x[1]"])
  })
  it("are scaled number by number, and blanks are filled", () => {
    expect(prepare({ type: "vector", scale: "minmax", missing: "mean" }, ["0 10", "2 30", ""])).toEqual([
      [0, 0],
      [1, 1],
      [0.5, 0.5],
    ])
  })
  it.each([
    ["vector", ["1 2", "1 2 3"], "line 2: row 2, column `x`: got 3 numbers, wanted 2 numbers; try: every row needs as many"],
    [{ type: "vector", size: 3 }, ["1 2"], "line 1: row 1, column `x`: got 2 numbers, wanted 3 numbers"],
    ["vector", ["1 two"], 'line 1: row 1, column `x`: got "1 two", wanted numbers, as in "[1, 2.5]"'],
    ["vector", ["[[1], 2]"], "wanted numbers"],
    ["vector", [""], "line 1: row 1, column `x`: got a blank, wanted numbers; try: set what replaces a blank"],
  ] as const)("%j of %j is refused", (column, texts, message) => expect(refusal(fitOf(column, texts))).toContain(message))
})

describe("columns beside inputs and targets", () => {
  const table = Table.make(
    ["x", "y", "who", "w"],
    [
      ["1", "no", "A1", "1"],
      ["2", "yes", "", "3"],
      ["3", "no", "A3", "0"],
    ],
  )
  const columns = { x: "number", y: { type: "binary", role: "target" }, who: "id", w: "weight" } as const
  const fit = (weight: Column.ColumnOrType = "weight", rows: Table.Table = table) =>
    Preprocess.fit({ columns: { ...columns, w: weight } }, rows)

  it("weights have a mean of 1 over the training rows, and names of rows are no input", () => {
    const fitted = ok(Fitted.parse(Fitted.print(ok(fit()))))
    expect([fitted.ids, fitted.weight]).toEqual([["who"], { name: "w", fill: null, divide: 4 / 3 }])
    const data = ok(Preprocess.dataset(fitted, table))
    expect([...(data.weights?.data ?? [])]).toEqual([0.75, 2.25, 0].map(Math.fround))
    expect(data.columns).toEqual(["x"])
  })
  it.each([
    ["-1", "weight", 'line 1: row 1, column `w`: got "-1", wanted a weight of 0 or more'],
    [
      "",
      "weight",
      "line 1: row 1, column `w`: got a blank, wanted a number; try: a number that replaces a blank, as in `missing: 1`",
    ],
    ["x", "weight", 'got "x", wanted a finite number'],
  ] as const)("a weight %j is refused", (text, weight, message) => {
    const wrong = Table.make(table.columns, [["1", "no", "A1", text], ...Table.rows(table).slice(1)])
    expect(refusal(fit(weight, wrong))).toContain(message)
  })
  it("blank weights are filled, or their rows dropped; weights of 0 alone are refused", () => {
    const blankOne = Table.make(table.columns, [["1", "no", "A1", ""], ...Table.rows(table).slice(1)])
    expect(ok(fit({ type: "weight", missing: 6 }, blankOne)).weight).toEqual({ name: "w", fill: 6, divide: 3 })
    const dropping = { ...columns, w: { type: "weight", missing: "drop" } } as const
    expect(ok(Preprocess.keep({ columns: dropping }, blankOne)).rows).toEqual(Int32Array.of(1, 2))
    const none = Table.make(
      table.columns,
      Table.rows(table).map((row) => [...row.slice(0, 3), "0"]),
    )
    expect(refusal(fit("weight", none))).toContain("column `w`: got weights of 0 alone in the training rows")
  })
})

describe("blanks", () => {
  it("mean the same in every kind: an error unless `missing` says otherwise", () => {
    const kinds = {
      number: "1",
      category: "a",
      date: "2024-01-01",
      set: "a",
      vector: "1 2",
    } as const
    for (const [type, cell] of Object.entries(kinds))
      for (const text of ["", "  ", "NA", "n/a", "null", "?"])
        expect(refusal(fitOf(type as "number", [cell, text]))).toMatch(/^line 2: row 2, column `x`: got (?:a blank|".*")/)
  })
  it("of a target are never replaced", () => {
    const kinds: ReadonlyArray<Column.Column> = [
      { type: "number", role: "target", missing: "median" },
      { type: "number", role: "target", missing: 3 },
      { type: "binary", role: "target", missing: "most_common" },
      { type: "ordinal", role: "target", order: ["a", "b"], missing: { constant: "a" } },
    ]
    for (const column of kinds) {
      const said = refusal(
        Preprocess.fit(
          { columns: { x: column, y: "number" } },
          Table.make(
            ["x", "y"],
            [
              ["1", "1"],
              ["2", "2"],
            ],
          ),
        ),
      )
      expect(said).toMatch(/^column `x`: got a target with `missing: .*`, wanted measured targets/)
    }
  })
})

it("the numbers of arrays have the same scales", () => {
  const inputs = NDArray.make("f32", [5, 2], Float32Array.of(0, -8, 1, 0, 2, 2, 3, 4, 4, 4))
  const of = (scale: "robust" | "maxabs" | "none") =>
    rowsOf(ok(Preprocess.inputs(ok(Preprocess.fit({ scale }, { inputs })), { inputs })))
  expect(of("robust").map(([x]) => x)).toEqual([-1, -0.5, 0, 0.5, 1])
  expect(of("robust").map(([, x]) => x)).toEqual([-2.5, -0.5, 0, 0.5, 0.5])
  expect(of("maxabs")[0]).toEqual([0, -1])
  expect(of("none")[4]).toEqual([4, 4])
})

it("intervals count the edges at or below a value", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer(), { maxLength: 9 }), fc.integer(), (edges, value) => {
      const sorted = [...edges].sort((a, b) => a - b)
      expect(Quantity.intervalOf(sorted, value)).toBe(sorted.filter((edge) => edge <= value).length)
    }),
  )
})

describe("the calendar", () => {
  it("is that of `Date`, for days before and after 1970", () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e6, max: 1e6 }), (number) => {
        const date = new Date(number * Calendar.dayLength)
        const day = { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() }
        expect(Calendar.dayOf(number)).toEqual(day)
        expect(Calendar.numberOf(day)).toBe(number)
        expect(Calendar.exists(day)).toBe(true)
      }),
      { numRuns: 1000 },
    )
  })
  it("has no other days", () => {
    const none = [
      [2023, 2, 29],
      [1900, 2, 29],
      [2024, 2, 30],
      [2024, 4, 31],
      [2024, 0, 1],
      [2024, 13, 1],
      [2024, 1, 0],
      [2024, 1, 32],
    ] as const
    for (const [year, month, day] of none) expect(Calendar.exists({ year, month, day })).toBe(false)
  })
})
