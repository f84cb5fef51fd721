/** The layers named in `train.freeze` and `train.rates`. */
import type { Train } from "../Document.ts"
import type { Finding, Location } from "../diagnostic/Diagnostic.ts"
import { getsSuggestion } from "../diagnostic/Suggest.ts"
import { unknown } from "../diagnostic/Unknown.ts"

/** Unknown layer names. Of a path into a layer, `block.0.dense1`, only the first name is checked. */
export const check = ({ freeze = [], rates = {} }: Train, layers: ReadonlyArray<string>): ReadonlyArray<Finding> => {
  const there = new Set(layers)
  let reported = 0
  const missing = (name: string, at: Location): ReadonlyArray<Finding> => {
    const [first = "", ...rest] = name.split(".")
    if (there.has(first)) return []
    if (!getsSuggestion(reported++, layers.length)) return [{ code: "R203", message: `there is no layer named \`${first}\``, at }]
    const below = rest.map((part) => `.${part}`).join("")
    return [unknown({ code: "R203", message: "there is no layer named", name: first, names: layers, at, rest: below })]
  }
  return [
    ...freeze.flatMap((name, i) => missing(name, { path: ["train", "freeze", i] })),
    ...Object.keys(rates).flatMap((name) => missing(name, { path: ["train", "rates", name], on: "key" })),
  ]
}
