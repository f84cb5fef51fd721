/**
 * The weights of rows. They are divided by their mean over the training rows, so that the loss of a batch keeps its scale, and a
 * learning rate suits weights of any size.
 */
import * as Result from "effect/Result"
import type * as Column from "./Column.ts"
import { type Cells, type DataResult, refuseCell, refuseColumn } from "./columns/Kind.ts"
import { quote } from "./DataError.ts"
import type { FittedWeight } from "./Fitted.ts"
import * as Quantity from "./Quantity.ts"

const blank = "a number that replaces a blank, as in `missing: 1`, or `missing: drop`"

/** The weights in cells, as they are written. Fails with `BadCell` for a blank that nothing replaces, and for a weight below 0. */
export const read = ({ fill }: Pick<FittedWeight, "fill">, cells: Cells): DataResult<Float64Array> =>
  Result.gen(function* () {
    const values = yield* Quantity.readAll(cells, fill === null ? blank : undefined, cells.format)
    const filled = values.map((value) => (Number.isNaN(value) ? (fill ?? 0) : value))
    const wrong = filled.findIndex((value) => value < 0 || !Number.isFinite(Math.fround(value)))
    if (wrong < 0) return filled
    return yield* refuseCell(cells, wrong, { got: quote(cells.text(wrong)), wanted: "a weight of 0 or more", hint: "" })
  })

/** Learns the mean of the training rows. Fails as `read` does, and with `BadSpec` if every weight is 0. */
export const fit = (column: Column.Column, cells: Cells): DataResult<FittedWeight> =>
  Result.gen(function* () {
    const missing = column.type === "weight" ? column.missing : undefined
    const fill = typeof missing === "number" ? missing : typeof missing === "object" ? missing.constant : null
    const mean = Quantity.mean(yield* read({ fill }, cells))
    if (mean > 0 && Number.isFinite(mean)) return { name: cells.name, fill, divide: mean }
    const got = mean === 0 ? "weights of 0 alone in the training rows" : "weights too large to be summed"
    return yield* refuseColumn(cells, { got, wanted: "weights with a mean above 0", hint: "ignore the column" })
  })
