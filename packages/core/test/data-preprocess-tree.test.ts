/** Rows into trees: named inputs and heads have the numbers of the columns alone, whatever the grouping. */

import { Result } from "effect"
import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import * as Csv from "../src/data/Csv.ts"
import * as Fitted from "../src/data/Fitted.ts"
import * as Preprocess from "../src/data/Preprocess.ts"
import * as PreprocessTree from "../src/data/PreprocessTree.ts"
import type { Table } from "../src/data/Table.ts"

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
      "columns: got the targets `kind` and `rich`, wanted one class, binary targets only, or numbers only; try: keep one of them",
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
    const less: Table = { ...table, columns: ["age"], rows: table.rows.map((row) => row.slice(0, 1)) }
    expect(PreprocessTree.inputs(record, less)).toMatchObject({ failure: { reason: { _tag: "NoColumn", column: "sex" } } })
  })
})
