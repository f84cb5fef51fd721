/** Tokens outside the embedding at the start of a model, which would give NaN. */
import type { Named } from "../Document.ts"
import type { Finding } from "../diagnostic/Diagnostic.ts"
import type { Facts, InputEnds, Seen } from "../prepare/Facts.ts"
import { type Catalogue, layerTraits } from "../schema/Catalogue.ts"
import type { LayerShape } from "./Shapes.ts"

/** A layer with its options. */
export interface Embedding extends Pick<LayerShape, "kind" | "path"> {
  readonly options: Named[string]
}

/** The first layer after reshaping, if it is an embedding. */
export const first = (layers: ReadonlyArray<Embedding>, catalogue: Catalogue): Embedding | undefined => {
  const layer = layers.find(({ kind }) => layerTraits(catalogue, kind)?.role !== "shape")
  const traits = layer === undefined ? undefined : layerTraits(catalogue, layer.kind)
  return traits?.role === "weights" && traits.over === "tokens" ? layer : undefined
}

const placeOf = ({ column, place }: Seen): string => (column === undefined ? place : `${place}, column \`${column}\`,`)

/** The names of parts in messages. */
const parts = { train: "", val: " of the validation rows", test: " of the test rows" } as const

/** The first value that is not a token of the embedding. */
const outside = ({ fraction, largest, least }: InputEnds, tokens: number): Seen | undefined =>
  least.value < 0 ? least : (fraction ?? (largest.value >= tokens ? largest : undefined))

/** The plain sequence of layers that reads an input; the one input of a model has the name "". */
export interface Reading {
  readonly input: string
  readonly layers: ReadonlyArray<Embedding>
}

/** Checks the tokens of all rows of an input: an error for training rows, advice for others. */
export const check = (facts: Facts, { input, layers }: Reading, catalogue: Catalogue): ReadonlyArray<Finding> => {
  const { inputEnds: all = {} } = facts
  const inputEnds = Object.hasOwn(all, input) ? (all[input] ?? {}) : {}
  const embedding = first(layers, catalogue)
  const tokens = embedding?.options.tokens
  if (embedding === undefined || typeof tokens !== "number") return []
  for (const part of ["train", "val", "test"] as const) {
    const ends = inputEnds[part]
    const found = ends === undefined ? undefined : outside(ends, tokens)
    if (found === undefined) continue
    const isToken = Number.isInteger(found.value) && found.value >= 0
    const what = isToken
      ? "outside the embedding, whose tokens are"
      : "not a token of the embedding, whose tokens are the whole numbers from"
    return [
      {
        code: part === "train" ? "D306" : "A614",
        message: `${isToken ? "token " : ""}${found.value} in ${placeOf(found)}${parts[part]} is ${what} 0 to ${tokens - 1}`,
        at: { path: [...embedding.path, embedding.kind, "tokens"] },
        help: isToken
          ? `\`tokens: ${found.value + 1}\` includes it; or correct the data`
          : "correct the data, or number the tokens from 0",
      },
    ]
  }
  return []
}
