/** Cells that are lists, in files whose values have types: sets of names, and vectors. */
import * as Result from "effect/Result"
import { describe, expect, it } from "vitest"
import * as Preprocess from "../src/data/Preprocess.ts"
import * as Table from "../src/data/Table.ts"
import { tableOf } from "../src/data/TypedTable.ts"

const ok = Result.getOrThrow

describe("lists of typed files", () => {
  it("of texts are sets, and those of numbers vectors; an absent one is a blank", () => {
    const table = ok(
      tableOf([
        { name: "tags", values: [["b", "a"], [], null, ["a, with | and \u0022"]] },
        { name: "at", values: [[1, 2.5], [3, 4], Float32Array.of(5, 6), [7n, 8]] },
      ]),
    )
    expect(Table.rows(table).map(([tags]) => tags)).toEqual(['["b","a"]', "[]", "", String.raw`["a, with | and \""]`])
    const columns = { tags: { type: "set", missing: "indicator" }, at: "vector" } as const
    const data = ok(Preprocess.inputs(ok(Preprocess.fit({ columns }, table)), table))
    expect([...data.data.subarray(0, 6)]).toEqual([1, 0, 1, 0, 1, 2.5])
    expect([...data.data.subarray(6, 12)]).toEqual([0, 0, 0, 0, 3, 4])
    expect([...data.data.subarray(12)]).toEqual([0, 0, 0, 1, 5, 6, 0, 1, 0, 0, 7, 8])
  })

  it("of both are no cells", () => {
    const refused = tableOf([{ name: "tags", values: [["a", 1]] }])
    expect(Result.isFailure(refused) && refused.failure.message).toBe(
      "row 1, column `tags`: got a list of other values than numbers, or than texts, wanted a number, a text, true, false, null, or a list of numbers or of texts",
    )
  })
})
