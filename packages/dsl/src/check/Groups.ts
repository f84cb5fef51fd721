/** The layers that `train` names: those that stay as they are, and those that learn at a rate of their own. */
import type { Train } from "../Document.ts"
import type { Finding, Spot } from "../diagnostic/Diagnostic.ts"
import { unknown } from "../diagnostic/Unknown.ts"
import { detailed } from "../schema/Issues.ts"

/** Names of layers that are not there. A path into a layer, `block.0.dense1`, is looked at as far as its first name. */
export const check = ({ freeze = [], rates = {} }: Train, layers: ReadonlyArray<string>): ReadonlyArray<Finding> => {
  const there = new Set(layers)
  let told = 0
  const missing = (name: string, at: Spot): ReadonlyArray<Finding> => {
    const [first = "", ...rest] = name.split(".")
    if (there.has(first)) return []
    told++
    // A suggestion compares the name with all that are there, which for thousands of mistakes takes seconds.
    if (told > detailed) return [{ code: "R203", message: `there is no layer named \`${first}\``, at }]
    const below = rest.map((part) => `.${part}`).join("")
    return [unknown({ code: "R203", message: "there is no layer named", name: first, names: layers, at, rest: below })]
  }
  return [
    ...freeze.flatMap((name, i) => missing(name, { path: ["train", "freeze", i] })),
    ...Object.keys(rates).flatMap((name) => missing(name, { path: ["train", "rates", name], on: "key" })),
  ]
}
