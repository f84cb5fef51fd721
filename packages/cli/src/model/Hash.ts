/** Hashes of texts and of values, by which a run is known again. */
import { createHash } from "node:crypto"

/** The hash of a text. */
export const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex")

/** A value as JSON with keys in order, so that equal values are equal texts. `canonical({ b: 1, a: [2] }) // => '{"a":[2],"b":1}'` */
export const canonical = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null"
  const entries = Object.entries(value).filter(([, child]) => child !== undefined)
  return `{${entries
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, child]) => `${JSON.stringify(key)}:${canonical(child)}`)
    .join(",")}}`
}
