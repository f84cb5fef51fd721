/** The first layer of a net for text: tokens in one tensor become padded sequences. */
import type { Tensor } from "../../language/Expr.ts"
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
