/** Rows into trees: named inputs and heads have the numbers of the columns alone, whatever the grouping. */

import { Result } from "effect"
import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import * as Csv from "../src/data/Csv.ts"
import * as Fitted from "../src/data/Fitted.ts"
import * as Preprocess from "../src/data/Preprocess.ts"
import * as PreprocessTree from "../src/data/PreprocessTree.ts"
import * as Table from "../src/data/Table.ts"
import * as Net from "../src/learning/Net.ts"
import * as Tensor from "../src/tensor/Tensor.ts"
import * as NDArray from "../src/types/NDArray.ts"

const table = Result.getOrThrow(
  Csv.parse("age,sex,fare,kind,rich,old\n10,f,1.5,a,yes,0\n20,m,2.5,b,no,1\n30,f,9,c,no,1\n44,m,8,a,yes,0\n"),
)

const spec = {
  columns: {
    age: { type: "number", scale: "standard" },
    sex: "category",
    fare: { type: "number", role: "target", scale: "minmax" },
    kind: "class",
    rich: { type: "binary", role: "target" },
    old: { type: "binary", role: "target" },
  },
  heads: { kind: ["kind"], price: ["fare"], tags: ["rich", "old"] },
} as const satisfies PreprocessTree.TreeSpec

const fitted = (own: PreprocessTree.TreeSpec, rows: Preprocess.Rows = [0, 1, 2, 3]) =>
  Result.getOrThrow(PreprocessTree.fit(own, table, rows))

const message = (own: PreprocessTree.TreeSpec, raw: Preprocess.Raw = table) => {
  const made = PreprocessTree.fit(own, raw, [0, 1, 2, 3])
  return Result.isFailure(made) ? made.failure.message : "none"
}

const numbers = (arrays: PreprocessTree.Arrays, name: string) => Array.from(PreprocessTree.arrayOf(arrays, name).data)

describe("heads", () => {
  test("have an array each: class numbers, quantities, and 0 and 1 for each answer", () => {
    const record = fitted(spec)
    const targets = Result.getOrThrow(PreprocessTree.targets(record, table))
    expect(numbers(targets, "kind")).toEqual([0, 1, 2, 0])
    expect(numbers(targets, "price").map((x) => Number(x.toFixed(4)))).toEqual([0, 0.1333, 1, 0.8667])
    // "no" comes before "yes", and "0" before "1".
    expect(numbers(targets, "tags")).toEqual([1, 0, 0, 1, 0, 1, 1, 0])
    expect(["kind", "price", "tags"].map((name) => PreprocessTree.arrayOf(targets, name).shape)).toEqual([[4], [4, 1], [4, 2]])
    expect(PreprocessTree.headsOf(record).map(([name, head]) => [name, head.type, PreprocessTree.columnsOf(head)])).toEqual([
      ["kind", "class", ["kind"]],
      ["price", "numbers", ["fare"]],
      ["tags", "labels", ["rich", "old"]],
    ])
  })

  test("several binary targets are labels without heads too, other mixtures are refused", () => {
    const columns = { age: "number", rich: spec.columns.rich, old: spec.columns.old, "*": "ignore" } as const
    expect(fitted({ columns }).target).toMatchObject({ type: "labels", columns: [{ name: "rich" }, { name: "old" }] })
    expect(message({ ...spec, heads: { both: ["kind", "rich"] } })).toBe(
      "columns: got the targets `kind` and `rich`, wanted one class, one set, binary targets only, or numbers only; try: keep one of them",
    )
    expect(message({ ...spec, heads: { price: ["age"] } })).toMatch(/^head `price`: got `age`, wanted one of `fare`/)
  })
})

describe("inputs", () => {
  test("have the numbers of their columns, by the training rows alone", () => {
    const record = fitted({ ...spec, inputs: { who: ["sex"], rest: ["*"] } }, [0, 1])
    expect(PreprocessTree.sample(record)).toEqual({ who: [2], rest: [1] })
    const inputs = Result.getOrThrow(PreprocessTree.inputs(record, table, [1, 3]))
    expect(numbers(inputs, "who")).toEqual([0, 1, 0, 1])
    expect(numbers(inputs, "rest").map((x) => Number(x.toFixed(4)))).toEqual([1, 5.8])
    expect(PreprocessTree.inputColumns(record)?.map(({ name }) => name)).toEqual(["sex", "age"])
  })

  test("of other columns, and of arrays, are refused", () => {
    expect(message({ ...spec, inputs: { a: ["fare"] } })).toMatch(/^input `a`: got `fare`, wanted one of `age`, `sex`/)
    const arrays = { inputs: PreprocessTree.arrayOf(Result.getOrThrow(PreprocessTree.inputs(fitted(spec), table)), "") }
    expect(message({ inputs: { a: ["x"] } }, arrays)).toMatch(/^the rows: got arrays, wanted a table/)
  })

  test("in any grouping have the numbers that they have together", () => {
    const whole = Result.getOrThrow(PreprocessTree.inputs(fitted(spec), table))
    const places: { readonly [column: string]: ReadonlyArray<number> } = { age: [0], sex: [1, 2] }
    const width = 3
    fc.assert(
      fc.property(fc.shuffledSubarray(["age", "sex"], { minLength: 2 }), fc.boolean(), (order, apart) => {
        const inputs = apart ? Object.fromEntries(order.map((name) => [`in_${name}`, [name]])) : { all: order }
        const made = Result.getOrThrow(PreprocessTree.inputs(fitted({ ...spec, inputs }), table))
        for (const [name, columns] of Object.entries(inputs)) {
          const at = columns.flatMap((column) => places[column] ?? [])
          const wanted = [0, 1, 2, 3].flatMap((row) => at.map((i) => numbers(whole, "")[row * width + i]))
          expect(numbers(made, name)).toEqual(wanted)
        }
      }),
    )
  })
})

describe("a record", () => {
  test("is read again as it was, and one of one input and one target reads as before", () => {
    const record = fitted({ ...spec, inputs: { a: ["age"], b: ["sex"] } })
    expect(Result.getOrThrow(Fitted.parseTree(Fitted.print(record)))).toEqual(record)
    expect(Result.isFailure(Fitted.parse(Fitted.print(record)))).toBe(true)
    const { heads: _, ...plain } = {
      ...spec,
      columns: { ...spec.columns, kind: "ignore", rich: "ignore", old: "ignore" },
    } as const
    const one = Result.getOrThrow(Preprocess.fit(plain, table))
    expect(fitted(plain)).toEqual(one)
    expect(Result.getOrThrow(Fitted.parseTree(Fitted.print(one)))).toEqual(one)
    const dataset = Result.getOrThrow(PreprocessTree.dataset(fitted(plain), table))
    expect(dataset).toEqual(Result.getOrThrow(Preprocess.dataset(one, table)))
  })

  test("with a name that is no word is refused", () => {
    const text = Fitted.print(fitted({ ...spec, inputs: { a: ["age"], b: ["sex"] } }))
    for (const name of ["__proto__", "a b", "constructor", ""])
      expect(Result.isFailure(Fitted.parseTree(text.replace('"a": {', `${JSON.stringify(name)}: {`)))).toBe(true)
  })

  test("of a table without a column that it needs is refused", () => {
    const record = fitted({ ...spec, inputs: { a: ["age"], b: ["sex"] } })
    const less = Table.fromColumns([["age", table.column(0)]])
    expect(PreprocessTree.inputs(record, less)).toMatchObject({ failure: { reason: { _tag: "NoColumn", column: "sex" } } })
  })
})

describe("named arrays", () => {
  const arrays = {
    photo: { array: NDArray.make("u8", [3, 2, 1], Uint8Array.of(0, 255, 51, 102, 153, 204)) },
    size: { array: NDArray.make("f32", [3, 2], Float32Array.of(0, 10, 2, 20, 9, 99)) },
    kind: { array: NDArray.make("i32", [3], Int32Array.of(1, 0, 1)), classes: ["cat", "dog"] },
    price: { array: NDArray.make("f32", [3], Float32Array.of(1, 3, 8)) },
  }
  const kinds = {
    photo: { type: "image", size: [2, 1] },
    size: { type: "number", scale: "minmax" },
    kind: { type: "class" },
    price: { type: "number", role: "target", scale: "center" },
  } as const
  const named = { arrays: kinds, inputs: { a: ["photo"], b: ["size"] }, heads: { kind: ["kind"], cost: ["price"] } } as const
  const made = (own: PreprocessTree.TreeSpec, raw: PreprocessTree.TreeRaw = { arrays }) => PreprocessTree.fit(own, raw, [0, 1])

  test("become inputs and heads, by the training rows alone, and bytes stay bytes", () => {
    const record = Result.getOrThrow(made(named))
    expect(PreprocessTree.sample(record)).toEqual({ a: [2, 1, 1], b: [2] })
    const { inputs, targets } = Result.getOrThrow(PreprocessTree.dataset(record, { arrays }))
    expect([PreprocessTree.arrayOf(inputs, "a").dtype, numbers(inputs, "a")]).toEqual(["u8", [0, 255, 51, 102, 153, 204]])
    expect(numbers(inputs, "b")).toEqual([0, 0, 1, 1, 4.5, Math.fround(8.9)])
    expect(numbers(targets, "kind")).toEqual([1, 0, 1])
    expect(numbers(targets, "cost")).toEqual([-1, 1, 6])
    expect(PreprocessTree.headsOf(record).map(([name, head]) => [name, PreprocessTree.columnsOf(head)])).toEqual([
      ["kind", ["kind"]],
      ["cost", ["price"]],
    ])
    expect(PreprocessTree.inputArrays(record)?.map(([name]) => name)).toEqual(["photo", "size"])
    expect(Result.getOrThrow(Fitted.parseTree(Fitted.print(record)))).toEqual(record)
    const net = PreprocessTree.net(
      record.input,
      Net.pure<PreprocessTree.Values, PreprocessTree.Values>(
        "same",
        (x) => x,
        (shape) => shape,
      ),
    )
    const { y } = net.apply({}, {}, inputs as PreprocessTree.Values, { mode: "infer" })
    expect(Array.from(Tensor.read((y as { readonly a: Tensor.Tensor }).a).data, (x) => Number(x.toFixed(4)))).toEqual([
      0, 1, 0.2, 0.4, 0.6, 0.8,
    ])
  })

  test("one array of inputs and one target need no names", () => {
    const own = { size: kinds.size, kind: kinds.kind }
    const record = Result.getOrThrow(made({ arrays: own }, { arrays: { size: arrays.size, kind: arrays.kind } }))
    expect(record).toMatchObject({ input: { type: "array", array: "size" }, target: { type: "class", classes: ["cat", "dog"] } })
    const dataset = Result.getOrThrow(PreprocessTree.dataset(record, { arrays }))
    expect(dataset.classes).toEqual(["cat", "dog"])
  })

  test("are refused with their names", () => {
    const why = (own: PreprocessTree.TreeSpec, raw: PreprocessTree.TreeRaw = { arrays }) => {
      const result = made(own, raw)
      return Result.isFailure(result) ? result.failure.message : "none"
    }
    expect(why({ arrays: kinds })).toMatch(/^the inputs: got 2 arrays, wanted one/)
    expect(why({ ...named, inputs: { a: ["photo", "size"] } })).toMatch(/^input `a`: got 2 arrays, wanted one/)
    expect(why({ ...named, inputs: { a: ["foto"] } })).toMatch(/^there is no array `foto`/)
    expect(why({ ...named, arrays: { ...kinds, photo: { type: "image", size: [3, 3] } } })).toMatch(
      /^the array `photo` has the shape \[2, 1\]/,
    )
    const none = { array: NDArray.make("f32", [3, 0], new Float32Array()) }
    for (const name of ["size", "price"])
      expect(why(named, { arrays: { ...arrays, [name]: none } })).toBe(
        `the array \`${name}\` has the shape [0]; wanted one number in each sample, or more`,
      )
    const short = { array: NDArray.make("f32", [2], Float32Array.of(1, 2)) }
    expect(why(named, { arrays: { ...arrays, price: short } })).toMatch(/^kind has 3 rows but price has 2/)
    const bad = { array: NDArray.make("f32", [3, 2], Float32Array.of(0, 1, Number.NaN, 3, 4, 5)) }
    expect(why(named, { arrays: { ...arrays, size: bad } })).toMatch(/row 2, column `size`: got NaN/)
  })
})
