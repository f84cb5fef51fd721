/** The first layer of a net for sequences of unequal length: rows in one tensor become padded sequences. */
import type { Tensor } from "../../language/Expr.ts"
import * as T from "../../tensor/Tensor.ts"
import { type Net, pure } from "../Net.ts"
import type { None } from "../Params.ts"
import { lengthOf, type Padded } from "./Padded.ts"

/**
 * Tokens [batch, time] with 0 as padding, such as those of a text column, as padded sequences: each ends with its last token that is
 * not 0.
 *
 * ```ts
 * const tokens = Tensor.make([[5, 3, 0], [2, 0, 0]], "i32")
 * Tensor.toArray(Net.infer(Sequence.fromTokens, { params: {}, state: {} }, tokens).length) // => [2, 1]
 * ```
 */
export const fromTokens: Net<None, None, Tensor, Padded> = pure<Tensor, Padded>(
  "tokens",
  (x) => ({ x, length: lengthOf(x) }),
  (input) => ({ x: input, length: [] }),
)

/**
 * Time steps [batch, time, features + 1] whose last number is 1, or 0 in the padding at the end, as padded sequences of the other
 * numbers: the rows that preparation makes of an array with lengths.
 */
export const fromNumbers: Net<None, None, Tensor, Padded> = pure<Tensor, Padded>(
  "numbers",
  (x) => {
    const [batch = 0, time = 0, width = 0] = x.shape
    const [values, counts] = T.split(x, [width - 1, 1], -1) as readonly [Tensor, Tensor]
    return { x: values, length: T.cast(T.sum(T.reshape(counts, [batch, time]), { axes: 1 }), "i32") }
  },
  ([time = 0, width = 0]) => ({ x: [time, width - 1], length: [] }),
)
