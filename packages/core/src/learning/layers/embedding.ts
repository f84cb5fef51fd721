/** Embeddings: a learned row of numbers for each of so many tokens. */
import type { Tensor } from "../../language/Expr.ts"
import * as Key from "../../tensor/Key.ts"
import * as T from "../../tensor/Tensor.ts"
import { refuse } from "../../types/ShapeError.ts"
import * as Activation from "../Activation.ts"
import { make } from "../Entry.ts"
import * as Initializer from "../Initializer.ts"
import { type Net, stateless } from "../Net.ts"
import { wantOptions } from "../OptionError.ts"
import type { None } from "../Params.ts"
import { type InitializerLike, initializerOf } from "./affine.ts"
import { layer } from "./Layer.ts"

/** How an embedding is built. */
export interface EmbeddingOptions {
  /** How many tokens there are, numbered from 0. */
  readonly tokens: number
  /** How many numbers each becomes. */
  readonly units: number
  /** The rows at the start: `auto`, which is the standard normal distribution, unless given. */
  readonly init?: InitializerLike
}

/** What an embedding learns: w [tokens, units]. */
export type EmbeddingParams = { readonly w: Tensor }

/** Tokens as i32. What is no whole number stands for no token. */
const tokensOf = (x: Tensor): Tensor => {
  if (x.dtype === "i32") return x
  if (x.dtype === "u8") return T.cast(x, "i32")
  if (x.dtype === "bool") return refuse("embedding", [x], "tokens: whole numbers from 0", 'Tensor.cast(x, "i32")')
  return T.where(T.equal(x, T.floor(x)), T.cast(x, "i32"), -1)
}

/**
 * The row of each token: x [batch, …] gives [batch, …, units]. Tokens are i32, or whole numbers of another kind, as
 * tables have them; one that is not below `tokens` reads NaN.
 */
export const embedding = ({ init = "auto", tokens, units }: EmbeddingOptions): Net<EmbeddingParams, None> => {
  wantOptions("embedding", entries.embedding.options, { tokens, units })
  const rows = initializerOf(init)
  // One row goes into each output, as if a matrix met a one-hot vector with a single 1.
  const place: Initializer.Place = {
    fanIn: 1,
    fanOut: units,
    activation: { apply: Activation.identity, gain: 1, suits: "lecun" },
  }
  return stateless({
    kind: "embedding",
    shape: (input) => [...input, units],
    init: (key) => ({ w: rows(Key.fold(key, "w"), [tokens, units], place) }),
    apply: ({ w }, x) => T.take(w, tokensOf(x)),
  })
}

/** Embeddings by the name a model file calls them. */
export const entries = {
  embedding: layer({
    doc: "A learned row of numbers for each token.",
    formula: "y = W[x], W [tokens, units]",
    source: "Bengio, Ducharme, Vincent and Jauvin, A neural probabilistic language model, 2003",
    advice:
      "The first layer for text and for categories of many values: the same as a dense layer on one-hot rows, without making them. A token out of range reads NaN, which stops the run.",
    synonyms: ["embed", "lookup_table", "EmbeddingBag"],
    options: {
      tokens: {
        kind: "integer",
        doc: "How many tokens there are, numbered from 0.",
        synonyms: ["num_embeddings", "input_dim", "vocab_size", "vocabulary_size", "vocab", "num_tokens"],
        minimum: 1,
      },
      units: {
        kind: "integer",
        doc: "How many numbers each becomes.",
        synonyms: ["embedding_dim", "embedding_size", "output_dim", "dim", "size", "features", "hidden_size"],
        minimum: 1,
      },
      init: {
        kind: "initializer",
        doc: "The rows at the start.",
        synonyms: ["initializer", "embeddings_initializer"],
        default: "auto",
      },
    },
    traits: {
      role: "weights",
      over: "tokens",
      width: "units",
      init: "init",
      bias: undefined,
      activation: undefined,
      learned: ({ tokens, units }) => tokens * units,
      between: () => 0,
    },
    make: ({ init, tokens, units }): Net => embedding({ tokens, units, init: make(Initializer.table, init) }),
  }),
}
