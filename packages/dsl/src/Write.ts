/** Documents as text: the model file with every default written out, as a run records it. */
import { stringify } from "yaml"
import type { ModelFile } from "./Document.ts"

/** Escapes text for a model file, where `$` begins a variable. */
const escaped = (value: unknown): unknown => {
  if (typeof value === "string") return value.replaceAll("$", () => "$$")
  if (Array.isArray(value)) return value.map(escaped)
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, escaped(child)] as const))
}

/** The document as YAML. Reading it gives the same document. */
export const toYaml = (document: ModelFile): string =>
  stringify(escaped(document), { version: "1.2", schema: "core", lineWidth: 0 })
