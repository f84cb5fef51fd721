import { existsSync, readFileSync } from "node:fs"
import * as Result from "effect/Result"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as ArrayInput from "../src/data/ArrayInput.ts"
import * as Csv from "../src/data/Csv.ts"
import * as Fitted from "../src/data/Fitted.ts"
import * as Preprocess from "../src/data/Preprocess.ts"
import * as Quantity from "../src/data/Quantity.ts"
import { isConstant } from "../src/data/Quantity.ts"
import * as Table from "../src/data/Table.ts"
import { read } from "../src/tensor/read.ts"
import * as NDArray from "../src/types/NDArray.ts"

const ok = Result.getOrThrow
const refusal = <A>(result: Result.Result<A, { readonly message: string }>): string =>
  Result.match(result, { onFailure: (error) => error.message, onSuccess: (value) => JSON.stringify(value) })

/** The rows of an array of two axes. */
const rowsOf = ({ data, shape: [, width = 1] }: NDArray.NDArray): ReadonlyArray<ReadonlyArray<number>> =>
  Array.from({ length: data.length / width }, (_, i) => [...data.slice(i * width, (i + 1) * width)])

const people = ok(
  Csv.parse("Age,Sex,Fare,Survived\n10,male,0,no\n20,female,1.5,yes\n,male,3,no\n30,female,0,yes\n100,other,9,no\n"),
)
const train = [0, 1, 2, 3]

const fit = (columns: Preprocess.Columns, table: Table.Table = people, rows: ReadonlyArray<number> = train) =>
  Preprocess.fit({ columns }, table, rows)

const prepare = (columns: Preprocess.Columns, rows?: ReadonlyArray<number>): ReadonlyArray<ReadonlyArray<number>> =>
  rowsOf(ok(Preprocess.inputs(ok(fit(columns)), people, rows)))

describe("numbers", () => {
  const age = (options: object): ReadonlyArray<number> =>
    prepare({ Age: { type: "number", missing: 20, ...options }, "*": "ignore" }).map(([x = 0]) => x)

  it("blanks are filled with what the training rows say", () => {
    const filled = (missing: number | "mean" | "median") => age({ missing })[2]
    expect([filled("mean"), filled("median"), filled(7)]).toEqual([20, 20, 7])
  })
  it("an indicator says where the blanks were", () => {
    expect(prepare({ Age: { type: "number", missing: "indicator" }, "*": "ignore" })).toEqual([
      [10, 0],
      [20, 0],
      [20, 1],
      [30, 0],
      [100, 0],
    ])
  })
  it("clip, by bounds or by quantiles of the training rows", () => {
    expect(age({ clip: [15, 25] })).toEqual([15, 20, 20, 25, 25])
    expect(age({ clip: { quantiles: [0, 0.5] } })).toEqual([10, 20, 20, 20, 20])
  })
  it("scale by the training rows alone", () => {
    expect(age({ scale: "center" })).toEqual([-10, 0, 0, 10, 80])
    expect(age({ scale: "minmax" })).toEqual([0, 0.5, 0.5, 1, 4.5])
    expect(age({ scale: { minmax: [-1, 1] } })).toEqual([-1, 0, 0, 1, 8])
    const std = Math.fround(10 / Math.sqrt(50))
    expect(age({ scale: "standard" })).toEqual([-std, 0, 0, std, Math.fround(80 / Math.sqrt(50))])
  })
  it("log1p comes after clip and before scale", () => {
    expect(
      prepare({ Fare: { type: "number", clip: [0, 3], transform: "log1p", scale: "minmax" }, "*": "ignore" }, [0, 2, 4]),
    ).toEqual([[0], [1], [1]])
  })
})

describe("names", () => {
  it("categories become columns of 0 and 1, named", () => {
    const fitted = ok(
      fit({ Sex: { type: "category", unknown: "zeros" }, Survived: { type: "binary", role: "target" }, "*": "ignore" }),
    )
    const { classes, columns, inputs, targets } = ok(Preprocess.dataset(fitted, people))
    expect(columns).toEqual(["Sex=female", "Sex=male"])
    expect(rowsOf(inputs)).toEqual([
      [0, 1],
      [1, 0],
      [0, 1],
      [1, 0],
      [0, 0],
    ])
    expect([classes, targets.dtype, [...targets.data]]).toEqual([["no", "yes"], "i32", [0, 1, 0, 1, 0]])
  })
  it("blanks count as the most common name, or as one of their own", () => {
    const table = Table.make(
      ["a", "b"],
      [
        ["x", "1"],
        ["", "1"],
        ["y", "1"],
        ["y", "1"],
      ],
    )
    const prepared = (missing: "most_common" | "category") =>
      rowsOf(ok(Preprocess.inputs(ok(fit({ a: { type: "category", missing }, b: "ignore" }, table)), table)))
    expect(prepared("most_common")).toEqual([
      [1, 0],
      [0, 1],
      [0, 1],
      [0, 1],
    ])
    expect(prepared("category")).toEqual([
      [0, 1, 0],
      [1, 0, 0],
      [0, 0, 1],
      [0, 0, 1],
    ])
  })
  it("names that are numbers are in the order of the numbers", () => {
    const table = Table.make(
      ["x", "y"],
      ["10", "9", "10", "2"].map((y) => ["1", y]),
    )
    expect(ok(fit({ x: "number", y: "class" }, table)).target).toEqual({ type: "class", name: "y", classes: ["2", "9", "10"] })
  })
  it("names that are properties of every object are names like others", () => {
    const table = Table.make(
      ["__proto__", "constructor"],
      [
        ["toString", "1"],
        ["valueOf", "2"],
      ],
    )
    const columns: Preprocess.Columns = Object.fromEntries([
      ["__proto__", "category"],
      ["constructor", "number"],
    ])
    const fitted = ok(fit(columns, table, [0, 1]))
    expect(rowsOf(ok(Preprocess.inputs(ok(Fitted.parse(Fitted.print(fitted))), table)))).toEqual([
      [1, 0, 1],
      [0, 1, 2],
    ])
    expect(refusal(fit({ x: "number" }, Table.make(["x", "constructor"], [["1", "2"]]), [0]))).toContain("`constructor`")
  })
})

describe("targets", () => {
  it("quantities are several columns, and come back in their own units", () => {
    const columns: Preprocess.Columns = {
      Age: { type: "number", missing: "mean" },
      Fare: { type: "number", role: "target", transform: "log1p", scale: "standard" },
      "*": "ignore",
    }
    const fitted = ok(fit(columns))
    const { targets } = ok(Preprocess.dataset(fitted, people))
    expect([targets.dtype, targets.shape]).toEqual(["f32", [5, 1]])
    const restored = Preprocess.restore(fitted, targets)
    for (const [i, fare] of [0, 1.5, 3, 0, 9].entries()) expect(restored.data[i]).toBeCloseTo(fare, 5)
  })
  it("are not needed to predict", () => {
    const fitted = ok(fit({ Age: { type: "number", missing: "mean" }, Survived: "class", "*": "ignore" }))
    const asked = Table.fromRecords([{ Age: 40 }, { Age: null }])
    expect(rowsOf(ok(Preprocess.inputs(fitted, asked)))).toEqual([[40], [20]])
  })
})

describe("images and arrays", () => {
  const images = NDArray.make("u8", [3, 1, 2], Uint8Array.of(0, 255, 51, 102, 255, 255))
  const image = (options: object) => ({ image: { size: [1, 2] as const, ...options } })
  const inputs = (spec: Preprocess.Spec, array: NDArray.NDArray = images) =>
    ok(Preprocess.inputs(ok(Preprocess.fit(spec, { inputs: array }, [0, 1])), { inputs: array }))

  it("are scaled to 0…1 and get an axis of channels", () => {
    const prepared = inputs(image({}))
    expect(prepared.shape).toEqual([3, 1, 2, 1])
    expect([...prepared.data]).toEqual([0, 1, 0.2, 0.4, 1, 1].map(Math.fround))
  })
  it("are centred or standardised by channel, or by the mean image, over the training rows", () => {
    expect([...inputs(image({ normalize: "center" })).data]).toEqual(
      [-102, 153, -51, 0, 153, 153].map((x) => Math.fround(x / 255)),
    )
    const auto = inputs(image({ normalize: "auto" })).data.slice(0, 4)
    expect([...auto].reduce((a, b) => a + b)).toBeCloseTo(0, 6)
    expect(Math.hypot(...auto) / 2).toBeCloseTo(1, 6)
    const deviations = inputs(image({ normalize: "mean_image", scale: "none" })).data
    expect([...deviations]).toEqual([-25.5, 76.5, 25.5, -76.5, 229.5, 76.5])
  })
  it("flat rows are images of the given size; other sizes are refused", () => {
    expect(inputs(image({}), NDArray.make("u8", [3, 2], images.data)).shape).toEqual([3, 1, 2, 1])
    expect(refusal(Preprocess.fit({ image: { size: [2, 2] } }, { inputs: images }))).toBe(
      "an image has the shape [1, 2]; wanted [2, 2, 1] or [4] or [2, 2]",
    )
    const fitted = ok(Preprocess.fit(image({}), { inputs: images }))
    expect(refusal(Preprocess.inputs(fitted, { inputs: NDArray.make("u8", [1, 3], Uint8Array.of(1, 2, 3)) }))).toBe(
      "a sample has the shape [3]; wanted [1, 2, 1], as in training",
    )
  })
  it("other arrays stay as they are, or are scaled number by number", () => {
    const vectors = NDArray.make("f32", [3, 2], Float32Array.of(1, 10, 3, 30, 5, 50))
    expect(inputs({}, vectors)).toEqual(vectors)
    expect(rowsOf(inputs({ scale: "minmax" }, vectors))).toEqual([
      [0, 0],
      [1, 1],
      [2, 2],
    ])
  })
  it("a number of a vector is fitted as a column of these numbers is, and a channel as one of all its pixels", () => {
    // A cell of a table knows no -0.
    const numbers = fc.double({ min: -1e6, max: 1e6, noNaN: true }).map((x) => Math.fround(x) + 0)
    const scales = fc.constantFrom("standard" as const, "minmax" as const, "center" as const, { minmax: [-1, 2] } as const)
    fc.assert(
      fc.property(fc.array(fc.tuple(numbers, numbers), { minLength: 1, maxLength: 12 }), scales, (pairs, scale) => {
        const column = (values: ReadonlyArray<number>) => {
          const table = Table.make(
            ["x"],
            values.map((x) => [String(x)]),
          )
          const { input } = ok(Preprocess.fit({ columns: { x: { type: "number", scale } } }, table))
          return input.type === "columns" && input.columns[0]?.type === "number" ? input.columns[0] : undefined
        }
        const array = (shape: ReadonlyArray<number>) => NDArray.make("f32", shape, Float32Array.from(pairs.flat()))
        const vectors = ok(Preprocess.fit({ scale }, { inputs: array([pairs.length, 2]) })).input
        const columns = [column(pairs.map(([x]) => x)), column(pairs.map(([, y]) => y))]
        expect(vectors).toMatchObject({
          subtract: columns.map((fitted) => fitted?.subtract),
          divide: columns.map((fitted) => fitted?.divide),
        })
        if (scale !== "standard") return
        const spec = { image: { size: [1, 2], normalize: "auto", scale: "none" } } as const
        const all = column(pairs.flat())
        expect(ok(Preprocess.fit(spec, { inputs: array([pairs.length, 1, 2, 1]) })).input).toMatchObject({
          subtract: [all?.subtract],
          divide: [all?.divide],
        })
      }),
    )
  })
  it("written down as tensor operations they are the same numbers", () => {
    for (const normalize of ["none", "auto", "center", "mean_image"] as const) {
      const fitted = ok(Preprocess.fit(image({ normalize }), { inputs: images })).input
      if (fitted.type !== "array") throw new Error("images are arrays")
      const traced = read(ArrayInput.trace(fitted, images))
      const applied = ok(ArrayInput.apply(fitted, images))
      expect(traced.shape).toEqual(applied.shape)
      expect([...traced.data]).toEqual([...applied.data])
    }
  })
  it("labels become class numbers, by the labels of the training rows", () => {
    const targets = NDArray.make("u8", [3], Uint8Array.of(7, 3, 5))
    const fitted = ok(Preprocess.fit(image({}), { inputs: images, targets }, [0, 1]))
    expect(fitted.target).toEqual({ type: "class", name: "label", classes: ["3", "7"] })
    expect([...ok(Preprocess.targets(fitted, { inputs: images, targets }, [0, 1])).data]).toEqual([1, 0])
    expect(refusal(Preprocess.targets(fitted, { inputs: images, targets }))).toBe(
      "row 3, column `label`: got 5, wanted one of the classes 3, 7 of the training rows",
    )
  })
})

describe("what is wrong is named with its place", () => {
  const cells = (cell: string): Table.Table => ok(Csv.parse(`Age,Sex\n1,f\n2,m\n${cell}\n4,f\n`))
  const usual: Preprocess.Columns = { Age: "number", Sex: "category" }
  it.each<[string, () => Result.Result<unknown, { readonly message: string }>, string]>([
    [
      "a cell that is no number",
      () => fit(usual, cells("abc,m")),
      'line 4: row 3, column `Age`: got "abc", wanted a finite number',
    ],
    [
      "a number that is not finite",
      () => fit(usual, cells("Infinity,m")),
      'line 4: row 3, column `Age`: got "Infinity", wanted a finite number',
    ],
    ["a number in base 16", () => fit(usual, cells("0x1F,m")), 'line 4: row 3, column `Age`: got "0x1F", wanted a finite number'],
    [
      "a decimal comma",
      () => fit(usual, cells('"1,5",m')),
      'line 4: row 3, column `Age`: got "1,5", wanted a finite number; try: `Age: { type: number, decimal: "," }` where it means 1.5',
    ],
    [
      "a number that 32 bits cannot hold",
      () => Preprocess.inputs(ok(fit(usual, cells("3,m"))), cells("1e300,m")),
      'line 4: row 3, column `Age`: got "1e300", wanted a value that is finite in 32 bits; try: clip the column',
    ],
    [
      "a blank number",
      () => fit(usual, cells(",m")),
      "line 4: row 3, column `Age`: got a blank, wanted a number; try: set what replaces a blank, as in `Age: { type: number, missing: median }`, or drop its row with `missing: drop`",
    ],
    [
      "a blank name",
      () => fit(usual, cells("3,")),
      'line 4: row 3, column `Sex`: got a blank, wanted one of "f", "m"; try: set what replaces a blank, as in `Sex: { type: category, missing: most_common }`, or drop its row with `missing: drop`',
    ],
    [
      "a name the training rows did not hold",
      () => Preprocess.inputs(ok(fit(usual, cells("3,m"))), cells("3,mm")),
      'line 4: row 3, column `Sex`: got "mm", wanted one of "f", "m"; try: "m", or `unknown: zeros`',
    ],
    [
      "a column that is not there",
      () => fit({ ...usual, Agee: "number" }, cells("3,m")),
      "there is no column `Agee`; did you mean `Age`? the columns are `Age`, `Sex`",
    ],
    [
      "columns nothing is said about",
      () => fit({ Age: "number" }, people),
      'the columns `Sex`, `Fare`, `Survived` are not listed; try: list them, or add `"*": ignore`',
    ],
    [
      "no input",
      () => fit({ Sex: "class", "*": "ignore" }, people),
      "columns: got no inputs, wanted one or more; try: give a column a type, as in `Age: number`",
    ],
    [
      "two classes",
      () => fit({ Age: { type: "number", missing: 0 }, Sex: "class", Survived: "class", Fare: "ignore" }),
      "columns: got the targets `Sex` and `Survived`, wanted one class, one set, binary targets only, or numbers only; try: keep one of them",
    ],
    [
      "a binary column of three names",
      () => fit({ Sex: "binary", "*": "ignore" }, people, [0, 1, 4]),
      'column `Sex`: got 3 names in the training rows: "female", "male", "other", wanted two names; try: `class`, or `number` where the cells are quantities',
    ],
    [
      "a column of blanks",
      () => fit({ Age: { type: "number", missing: "mean" }, "*": "ignore" }, people, [2]),
      "column `Age`: got no number in any training row, wanted one or more; try: ignore the column",
    ],
    [
      "log1p of what has no logarithm",
      () => fit({ Age: { type: "number", transform: "log1p" }, Sex: "ignore" }, cells("-1,m")),
      "column `Age`: got `transform: log1p` with -1 among the values, wanted values above -1; try: remove the transform, use `power`, which takes all numbers, or clip the column first",
    ],
    [
      "an identifier as a category",
      () =>
        fit(
          { id: "category" },
          Table.make(
            ["id"],
            Array.from({ length: 1001 }, (_, i) => [`n${i}`]),
          ),
          Array.from({ length: 1001 }, (_, i) => i),
        ),
      "the category column `id` is at least 1,001 names; the limit is 1,000 names",
    ],
    ["no training rows", () => fit(usual, cells("3,m"), []), "there are no training rows; wanted one or more"],
    [
      "no columns",
      () => Preprocess.fit({}, people),
      "columns: got nothing, wanted a type for each column of the table; try: `columns: { Age: number, … }`",
    ],
    [
      "as many labels as images",
      () =>
        Preprocess.fit(
          {},
          { inputs: NDArray.make("u8", [2, 1], Uint8Array.of(1, 2)), targets: NDArray.make("u8", [1], Uint8Array.of(1)) },
        ),
      "there are 2 inputs but 1 targets; wanted one target for each input",
    ],
    [
      "a table for a network of arrays",
      () => Preprocess.inputs(ok(Preprocess.fit({}, { inputs: NDArray.make("u8", [2, 1], Uint8Array.of(1, 2)) })), people),
      "the rows: got a table, wanted arrays, as in training",
    ],
  ])("%s", (_, result, message) => expect(refusal(result())).toBe(message))
})

describe("laws", () => {
  const column = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 2, maxLength: 40 })
  const fitted = (values: ReadonlyArray<number>, scale: "standard" | "minmax" | "center") => {
    const table = Table.make(
      ["x"],
      values.map((x) => [String(x)]),
    )
    const record = ok(Preprocess.fit({ columns: { x: { type: "number", scale } } }, table))
    return ok(Preprocess.inputs(record, table)).data
  }
  const mean = (values: ArrayLike<number>): number => Array.from(values).reduce((a, b) => a + b, 0) / values.length

  it("a standardised column has mean 0 and variance 1, a constant one is 0", () => {
    fc.assert(
      fc.property(column, (values) => {
        const scaled = fitted(values, "standard")
        const spread = Math.max(...values) - Math.min(...values)
        // a spread near the rounding of the values themselves is noise
        fc.pre(spread === 0 || spread > 1e-3)
        expect(mean(scaled)).toBeCloseTo(0, 5)
        expect(mean(scaled.map((x) => x * x))).toBeCloseTo(spread === 0 ? 0 : 1, 4)
      }),
    )
  })
  it("a min-max column reaches from 0 to 1", () => {
    fc.assert(
      fc.property(column, (values) => {
        const scaled = fitted(values, "minmax")
        expect(Math.min(...scaled)).toBe(0)
        // Values that differ by rounding alone are constant and keep their differences, of at most 2⁻⁵⁰ of a million here.
        const [max, min] = [Math.max(...values), Math.min(...values)]
        if (isConstant({ max, min, mean: mean(values), variance: 0 })) expect(Math.max(...scaled)).toBeLessThan(1e-9)
        else expect(Math.max(...scaled)).toBe(1)
      }),
      // Seed 2056151895.
      { examples: [[[999_999.9999999981, 999_999.9999999973]]] },
    )
  })
  it("rows outside the training rows change nothing that is learned", () => {
    const rows = fc.array(
      fc.tuple(fc.double({ min: -9, max: 9, noNaN: true }), fc.constantFrom("a", "b", "c"), fc.constantFrom("y", "z")),
      { minLength: 1 },
    )
    const spec: Preprocess.Spec = {
      columns: {
        x: { type: "number", missing: "median", clip: { quantiles: [0.1, 0.9] }, scale: "standard" },
        c: "category",
        y: "class",
      },
    }
    fc.assert(
      fc.property(rows, rows, (some, more) => {
        const table = (list: typeof some) =>
          Table.make(["x", "c", "y"], [["1", "a", "y"], ["2", "b", "z"], ...list.map((row) => row.map(String))])
        const training = Array.from({ length: 2 + some.length }, (_, i) => i)
        expect(Preprocess.fit(spec, table([...some, ...more]), training)).toEqual(Preprocess.fit(spec, table(some)))
      }),
    )
  })
  it("what is fitted is the same after writing and reading it", () => {
    const columns: Preprocess.Columns = {
      Age: { type: "number", missing: "indicator", scale: "standard" },
      Sex: { type: "category", missing: "category" },
      Survived: { type: "binary", role: "target" },
      Fare: "ignore",
    }
    const record = ok(fit(columns))
    expect(ok(Fitted.parse(Fitted.print(record)))).toEqual(record)
    expect(rowsOf(ok(Preprocess.inputs(ok(Fitted.parse(Fitted.print(record))), people, train)))).toEqual(
      rowsOf(ok(Preprocess.inputs(record, people, train))),
    )
  })
  it("a sample has the predicted shape", () => {
    const record = ok(fit({ Age: { type: "number", missing: "indicator" }, Sex: "category", "*": "ignore" }))
    expect(Preprocess.sample(record)).toEqual(ok(Preprocess.inputs(record, people, train)).shape.slice(1))
  })
})

describe("a fitted record is read strictly", () => {
  const record = ok(fit({ Age: { type: "number", missing: "mean" }, "*": "ignore" }))
  const changed = (change: object): string => refusal(Fitted.parse(JSON.stringify({ ...record, ...change })))
  it.each([
    ["no JSON", refusal(Fitted.parse("{")), /^the preprocessing data is damaged: .*JSON/],
    ["another version", changed({ version: 2 }), /damaged: .*\["version"\]/],
    ["a key too many", changed({ extra: 1 }), /damaged: .*\["extra"\]/],
    ["a division by 0", changed({ input: { type: "array", shape: [2], subtract: [0], divide: [0] } }), /damaged: .*\["divide"\]/],
    [
      "lists of another length",
      changed({ input: { type: "array", shape: [2, 3], subtract: [0, 0], divide: [1] } }),
      /damaged: .*wanted subtract and divide of length 1 or 3 or 6/,
    ],
    ["classes named twice", changed({ target: { type: "class", name: "y", classes: ["a", "a"] } }), /damaged: .*every name once/],
  ])("%s", (_, message, wanted) => expect(message).toMatch(wanted))
})

describe("what does not vary", () => {
  const scales = ["standard", "center", "minmax"] as const
  const constants = [7.3, 14.62, 1e9 + 0.1, 0.1, -3.7, 1e-300, 0]
  const tableOf = (x: number, rows: number) =>
    Table.make(
      ["a", "y"],
      Array.from({ length: rows }, (_, i) => [String(x), i % 2 === 0 ? "no" : "yes"]),
    )

  it("is divided by 1 and becomes 0, also where rounding changes its mean", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.constantFrom(...constants), fc.double({ noNaN: true, min: -1e150, max: 1e150 })),
        fc.integer({ min: 2, max: 300 }),
        fc.constantFrom(...scales),
        (x, rows, scale) => {
          const table = tableOf(x, rows)
          const fitted = ok(Preprocess.fit({ columns: { a: { type: "number", scale }, y: "class" } }, table))
          expect(fitted.input).toMatchObject({ columns: [{ divide: 1 }] })
          expect([...ok(Preprocess.inputs(fitted, table)).data].every((value) => value === 0)).toBe(true)
          const inputs = NDArray.make("f32", [rows, 1], new Float64Array(rows).fill(x))
          const array = ok(Preprocess.fit({ scale }, { inputs }))
          expect(array.input).toMatchObject({ divide: [1] })
          expect([...ok(Preprocess.inputs(array, { inputs })).data].every((value) => value === 0)).toBe(true)
        },
      ),
    )
  })
  it("takes other values as they differ from it", () => {
    const fitted = ok(Preprocess.fit({ columns: { a: { type: "number", scale: "standard" }, y: "class" } }, tableOf(14.62, 140)))
    const asked = ok(Preprocess.inputs(fitted, Table.fromRecords([{ a: 14.63 }, { a: 15.62 }])))
    expect([...asked.data]).toEqual([14.63 - 14.62, 1].map(Math.fround))
  })
  it("also where rounding alone makes values differ", () => {
    const sums = [0.1 + 0.2, 0.3, 0.15 + 0.15]
    const table = Table.make(
      ["a", "y"],
      sums.map((x, i) => [String(x), i === 0 ? "no" : "yes"]),
    )
    const fitted = ok(Preprocess.fit({ columns: { a: { type: "number", scale: "standard" }, y: "class" } }, table))
    expect(fitted.input).toMatchObject({ columns: [{ divide: 1 }] })
  })
  it("what does vary keeps its deviation, however little that is", () => {
    const inputs = NDArray.make("f32", [2, 1], Float64Array.of(1, 1 + 2 ** -40))
    expect(ok(Preprocess.fit({ scale: "standard" }, { inputs })).input).toMatchObject({ divide: [2 ** -41] })
  })
  it("a constant channel is white over white", () => {
    const inputs = NDArray.make("u8", [2, 1, 2, 2], Uint8Array.of(51, 0, 51, 255, 51, 255, 51, 0))
    const fitted = ok(Preprocess.fit({ image: { size: [1, 2], channels: 2, normalize: "auto" } }, { inputs }))
    expect(fitted.input).toMatchObject({ subtract: [51, 127.5], divide: [255, 127.5] })
    const other = NDArray.make("u8", [1, 1, 2, 2], Uint8Array.of(102, 255, 51, 0))
    expect([...ok(Preprocess.inputs(fitted, { inputs: other })).data]).toEqual([Math.fround(51 / 255), 1, 0, -1])
  })
})

describe("blanks", () => {
  const words = ["", "  ", "NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "null", "NULL", "?", " NA "]
  const column = (name: string, cells: ReadonlyArray<string>) =>
    Table.make(
      ["x", name],
      cells.map((cell, i) => [String(i), cell]),
    )

  it.each(words)("%j is one for every kind of column", (blank) => {
    const numbers = column("a", ["1", blank, "3"])
    expect([
      ...ok(
        Preprocess.inputs(ok(Preprocess.fit({ columns: { x: "ignore", a: { type: "number", missing: 2 } } }, numbers)), numbers),
      ).data,
    ]).toEqual([1, 2, 3])
    const names = column("a", ["p", blank, "q", "p"])
    const filled = ok(Preprocess.fit({ columns: { x: "ignore", a: { type: "category", missing: "most_common" } } }, names))
    expect(rowsOf(ok(Preprocess.inputs(filled, names)))).toEqual([
      [1, 0],
      [1, 0],
      [0, 1],
      [1, 0],
    ])
    const own = ok(Preprocess.fit({ columns: { x: "ignore", a: { type: "category", missing: "category" } } }, names))
    expect(Preprocess.names(own).columns).toEqual(["a=", "a=p", "a=q"])
    for (const type of ["class", "binary"] as const) {
      const target = type === "class" ? "class" : ({ type: "binary", role: "target" } as const)
      expect(refusal(Preprocess.fit({ columns: { x: "number", a: target } }, names))).toMatch(
        /row 2, column `a`: got .*blank, wanted one of "p", "q"; try: `missing: drop` leaves out rows with a blank/,
      )
    }
  })
  it.each(["None", "none", "0", "-", "unknown", "N.A."])("%j is a name", (name) => {
    const table = column("a", ["p", name, "p"])
    expect(ok(Preprocess.fit({ columns: { x: "number", a: "class" } }, table)).target).toMatchObject({
      classes: ["p", name].sort(),
    })
  })

  const gaps = Table.make(
    ["n", "c", "b", "y"],
    [
      ["1", "p", "no", "up"],
      ["NA", "q", "yes", "down"],
      ["3", "", "no", "up"],
      ["4", "p", "?", "down"],
      ["5", "q", "yes", ""],
      ["6", "p", "no", "down"],
      ["", "", "yes", "up"],
    ],
  )
  const drop = { missing: "drop" } as const
  const columns: Preprocess.Columns = {
    n: { type: "number", ...drop },
    c: { type: "category", ...drop },
    b: { type: "binary", ...drop },
    y: { type: "class", ...drop },
  }

  it("rows with one are left out, of any column that says so, and counted", () => {
    const kept = ok(Preprocess.keep({ columns }, gaps))
    expect([...Array.from(kept.rows)]).toEqual([0, 5])
    expect(kept.dropped).toEqual([
      { column: "n", rows: 2 },
      { column: "c", rows: 2 },
      { column: "b", rows: 1 },
      { column: "y", rows: 1 },
    ])
    expect(ok(Preprocess.keep({ columns: { y: { type: "class", ...drop }, "*": "ignore" } }, gaps)).dropped).toEqual([
      { column: "y", rows: 1 },
    ])
    expect(ok(Preprocess.keep({ columns: { "*": "ignore" } }, gaps)).rows.length).toBe(7)
  })
  it("and nothing is learned from them", () => {
    const twice = Table.make(gaps.columns, [...Table.rows(gaps), ["8", "q", "yes", "up"]])
    const fitted = ok(Preprocess.fit({ columns: { ...columns, n: { type: "number", scale: "minmax", ...drop } } }, twice))
    expect(fitted.input).toMatchObject({ columns: [{ fill: null, subtract: 1, divide: 7 }, {}, {}] })
    expect(refusal(Preprocess.inputs(fitted, gaps, [1]))).toMatch(/row 2, column `n`: got "NA", wanted a number/)
  })
  it("a target takes nothing in its place", () => {
    for (const missing of ["mean", "median", "indicator", 3] as const)
      expect(
        refusal(
          Preprocess.fit(
            { columns: { n: { type: "number", role: "target", missing }, c: "ignore", b: "ignore", y: "ignore" } },
            gaps,
          ),
        ),
      ).toMatch(/^columns: got no inputs/)
    const spec = {
      n: { type: "number", role: "target", missing: "mean" },
      b: { type: "binary", ...drop },
      "*": "ignore",
    } as const
    expect(refusal(Preprocess.fit({ columns: spec }, gaps))).toBe(
      "column `n`: got a target with `missing: mean`, wanted measured targets, not filled-in ones; try: `missing: drop`, which drops rows without a target",
    )
  })
})

describe("numbers written otherwise", () => {
  const read = (cells: ReadonlyArray<string>, options: object) => {
    const table = Table.make(
      ["a"],
      cells.map((cell) => [cell]),
    )
    const spec = { columns: { a: { type: "number", ...options } as const } }
    return Result.flatMap(Preprocess.fit(spec, table), (fitted) => Preprocess.inputs(fitted, table))
  }
  it("with decimals after a comma, and groups of three digits", () => {
    expect([...ok(read(["1,5", "-2,25", "3", "1e2", "+,5"], { decimal: "," })).data]).toEqual([1.5, -2.25, 3, 100, 0.5])
    expect([...ok(read(["1,721", "12", "1,234,567.5", "999"], { thousands: "," })).data]).toEqual([1721, 12, 1_234_567.5, 999])
    expect([...ok(read(["1.721,5", "0,25"], { thousands: ".", decimal: "," })).data]).toEqual([1721.5, 0.25])
    expect([...ok(read(["1 721", "1'0"].slice(0, 1), { thousands: " " })).data]).toEqual([1721])
    expect([...ok(read(["1\u00a0721"], { thousands: "\u00a0" })).data]).toEqual([1721])
  })
  it("with a unit before or after them, or without", () => {
    expect([...ok(read(["5%", "12.5 %", "-3", "-1%"], { unit: "%" })).data]).toEqual([5, 12.5, -3, -1])
    expect([...ok(read(["$1,200", "-$5", "$ -6", "7"], { unit: "$", thousands: "," })).data]).toEqual([1200, -5, -6, 7])
    expect([...ok(read(["1.200,5 EUR"], { unit: "EUR", thousands: ".", decimal: "," })).data]).toEqual([1200.5])
    expect(refusal(read(["5 €"], { unit: "$" }))).toMatch(/got "5 €", wanted a finite number with the unit "\$"/)
    for (const unit of [" ", "2", "-"]) expect(refusal(read(["1"], { unit }))).toMatch(/a `unit` without digits and signs/)
  })
  it.each([
    [
      "1,721",
      {},
      '`a: { type: number, thousands: "," }` where it means 1721, or `a: { type: number, decimal: "," }` where it means 1.721',
    ],
    [
      "-1,721",
      {},
      '`a: { type: number, thousands: "," }` where it means -1721, or `a: { type: number, decimal: "," }` where it means -1.721',
    ],
    ["1,5", {}, '`a: { type: number, decimal: "," }` where it means 1.5'],
    ["1,234,567.8", {}, '`a: { type: number, thousands: "," }` where it means 1234567.8'],
    ["1.234.567,8", {}, '`a: { type: number, thousands: ".", decimal: "," }` where it means 1234567.8'],
    ["1 234", {}, '`a: { type: number, thousands: " " }` where it means 1234'],
    ["5 %", {}, '`a: { type: number, unit: "%" }` where it means 5'],
    ["-$1,200.50", {}, '`a: { type: number, thousands: ",", unit: "$" }` where it means -1200.5'],
  ])("%j is answered with every reading that it allows", (cell, options, hint) => {
    expect(refusal(read([cell], options))).toBe(
      `line 1: row 1, column \`a\`: got "${cell}", wanted a finite number; try: ${hint}`,
    )
  })
  it.each([
    ["12,34", { thousands: "," }],
    ["1,2345", { thousands: "," }],
    [",123", { thousands: "," }],
    ["1.5", { decimal: "," }],
    ["1,2,3", { decimal: "," }],
    ["0x1F", { decimal: "," }],
    ["1.721", { decimal: ",", thousands: " " }],
    [",", { decimal: "," }],
  ])("%j with %j is refused, not misread", (cell, options) => {
    expect(refusal(read([cell], options))).toMatch(/wanted a finite number with /)
  })
  it("what is printed in a format is read in it, and the record keeps the format", () => {
    fc.assert(
      fc.property(
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.constantFrom("." as const, "," as const),
        (x, decimal) => {
          expect(Quantity.read(Quantity.print(x, { decimal }), { decimal })).toBe(x + 0)
        },
      ),
    )
    const table = Table.make(["a"], [["1.000,5"], ["2"]])
    const fitted = ok(Preprocess.fit({ columns: { a: { type: "number", decimal: ",", thousands: "." } } }, table))
    expect(ok(Fitted.parse(Fitted.print(fitted)))).toEqual(fitted)
    expect(fitted.input).toMatchObject({ columns: [{ decimal: ",", thousands: "." }] })
  })
  it("marks that are one are refused", () => {
    expect(refusal(read(["1"], { thousands: "." }))).toMatch(
      /^column `a`: got options, wanted different marks for `decimal` and `thousands`/,
    )
  })
})

describe("targets of arrays", () => {
  const inputs = NDArray.make("f32", [4, 1], Float32Array.of(1, 2, 3, 4))
  const floats = NDArray.make("f32", [4], Float32Array.of(2, 0, 2, 1))
  const labels = (spec: Preprocess.Spec, raw: Partial<Preprocess.Arrays> = {}, rows?: ReadonlyArray<number>) =>
    Result.map(Preprocess.fit(spec, { inputs, targets: floats, ...raw }, rows), (fitted) => ({
      fitted,
      dataset: Preprocess.dataset(fitted, { inputs, targets: floats, ...raw }),
    }))

  it("floats are quantities unless they are said to be classes", () => {
    expect(ok(labels({})).fitted.target?.type).toBe("numbers")
    const { dataset, fitted } = ok(labels({ target: { type: "class" } }))
    expect(fitted.target).toEqual({ type: "class", name: "label", classes: ["0", "1", "2"] })
    expect([...ok(dataset).targets.data]).toEqual([2, 0, 2, 1])
  })
  it("names say what 0, 1, 2 … are called", () => {
    const { dataset, fitted } = ok(labels({ target: { type: "class", names: ["cat", "dog", "cow"] } }))
    expect(ok(Fitted.parse(Fitted.print(fitted)))).toEqual(fitted)
    expect([[...ok(dataset).targets.data], ok(dataset).classes]).toEqual([
      [2, 0, 2, 1],
      ["cat", "dog", "cow"],
    ])
    expect(refusal(ok(labels({ target: { type: "class", names: ["cat", "dog"] } })).dataset)).toBe(
      "row 1, column `label`: got 2, wanted a whole number from 0 to 1, an index into the names",
    )
    const halves = NDArray.make("f32", [4], Float32Array.of(0.5, 0, 1, 1))
    expect(refusal(ok(labels({ target: { type: "class", names: ["a", "b"] } }, { targets: halves })).dataset)).toMatch(
      /row 1, column `label`: got 0.5, wanted a whole number from 0 to 1/,
    )
  })
  it("a label that no training row has is refused, also where its number is a place", () => {
    const targets = NDArray.make("i32", [4], Int32Array.of(3, 7, 3, 0))
    expect(refusal(ok(labels({}, { targets }, [0, 1, 2])).dataset)).toBe(
      "row 4, column `label`: got 0, wanted one of the classes 3, 7 of the training rows",
    )
  })
  it("whole numbers can be quantities, scaled in their own units", () => {
    const targets = NDArray.make("i32", [4], Int32Array.of(100, 200, 300, 400))
    const { dataset, fitted } = ok(labels({ target: { type: "number", scale: { minmax: [0, 3] } } }, { targets }))
    expect([...ok(dataset).targets.data]).toEqual([0, 1, 2, 3])
    expect([...Preprocess.restore(fitted, ok(dataset).targets).data]).toEqual([100, 200, 300, 400])
  })
  it("names are no quantities", () => {
    const targets = NDArray.make("i32", [4], Int32Array.of(0, 1, 0, 1))
    expect(refusal(labels({ target: { type: "number" } }, { targets, classes: ["a", "b"] }))).toBe(
      "the rows: got targets that are names, wanted numbers; try: `target: class`",
    )
  })
})

describe("arrays", () => {
  it("of doubles are prepared in doubles: large numbers that differ by little stay apart", () => {
    const times = Float64Array.from({ length: 5 }, (_, i) => 1_700_000_000_000 + i)
    const inputs = NDArray.make("f32", [5, 1], times)
    const fitted = ok(Preprocess.fit({ scale: { minmax: [0, 4] } }, { inputs }))
    expect([...ok(Preprocess.inputs(fitted, { inputs })).data]).toEqual([0, 1, 2, 3, 4])
  })
  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    "a number that is not finite (%d) is located",
    (bad) => {
      const inputs = NDArray.make("f32", [3, 2], Float32Array.of(1, 2, 3, 4, bad, 6))
      const message = `row 3, column \`inputs\`: got ${bad}, wanted a finite number; try: drop the row, or replace the value`
      expect(refusal(Preprocess.fit({}, { inputs }))).toBe(message)
      const fitted = ok(Preprocess.fit({ scale: "standard" }, { inputs }, [0, 1]))
      expect(refusal(Preprocess.inputs(fitted, { inputs }))).toBe(message)
      expect(Result.isSuccess(Preprocess.inputs(fitted, { inputs }, [0, 1]))).toBe(true)
      const targets = NDArray.make("f32", [3], Float32Array.of(0, bad, 1))
      const good = NDArray.make("f32", [3, 1], Float32Array.of(1, 2, 3))
      expect(refusal(Preprocess.fit({}, { inputs: good, targets }))).toMatch(/^row 2, column `targets`: got/)
    },
  )
})

const titanic = new URL("../../../../shared/data/tabular/titanic.csv", import.meta.url)

it.skipIf(!existsSync(titanic))("titanic, with its blanks and text (../shared/data/tabular)", () => {
  const table = ok(Csv.parse(readFileSync(titanic)))
  const columns: Preprocess.Columns = {
    survived: { type: "binary", role: "target" },
    pclass: "category",
    sex: "category",
    age: { type: "number", missing: "median", scale: "standard" },
    fare: { type: "number", missing: "median", transform: "log1p", scale: "standard" },
    embarked: { type: "category", missing: "most_common" },
    "*": "ignore",
  }
  const { columns: names, inputs, targets } = ok(Preprocess.dataset(ok(Preprocess.fit({ columns }, table)), table))
  expect([inputs.shape, names]).toEqual([
    [891, 10],
    ["pclass=1", "pclass=2", "pclass=3", "sex=female", "sex=male", "age", "fare", "embarked=C", "embarked=Q", "embarked=S"],
  ])
  expect([...targets.data].filter((label) => label === 1).length).toBe(342)
})
