/** The edit that writes another name in place of a use of a table, its options going with it. */
import type { Finding } from "../diagnostic/Diagnostic.ts"
import type { NamedUse } from "./Weights.ts"

/** The fix of a finding, where there is one: a layer of its own has its name beside it, so that only one without options can be renamed. */
export const replacing = ({ options, path }: NamedUse, text: string): Pick<Finding, "fix"> => {
  const title = `write \`${text}\``
  const place = path.slice(0, -1)
  if (typeof place.at(-1) !== "number") return { fix: { title, at: { path: place }, text } }
  return Object.keys(options).length > 0 ? {} : { fix: { title, at: { path, on: "key" }, text } }
}
