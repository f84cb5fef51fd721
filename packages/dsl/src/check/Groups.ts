/** The layers that `train` names: those that stay as they are, and those that learn at a rate of their own. */
import type { Train } from "../Document.ts"
import type { Finding, Spot } from "../diagnostic/Diagnostic.ts"
import { scalar } from "../diagnostic/Fix.ts"
import { listed, nearestNames, suggest } from "../diagnostic/Suggest.ts"

/** Names of layers that are not there. A path into a layer, `block.0.dense1`, is looked at as far as its first name. */
export const check = ({ freeze = [], rates = {} }: Train, layers: ReadonlyArray<string>): ReadonlyArray<Finding> => {
  const unknown = (name: string, at: Spot): ReadonlyArray<Finding> => {
    const [first = "", ...rest] = name.split(".")
    if (layers.includes(first)) return []
    const meant = suggest(first, layers)
    return [
      {
        code: "R203",
        message: `there is no layer with the name \`${first}\``,
        at,
        help: meant === undefined ? `there are ${listed(nearestNames(first, layers, 8), "and")}` : `did you mean \`${meant}\`?`,
        ...(meant === undefined ? {} : { fix: { title: `write \`${meant}\``, at, text: scalar([meant, ...rest].join(".")) } }),
      },
    ]
  }
  return [
    ...freeze.flatMap((name, i) => unknown(name, { path: ["train", "freeze", i] })),
    ...Object.keys(rates).flatMap((name) => unknown(name, { path: ["train", "rates", name], on: "key" })),
  ]
}
