/** Embeddings: a learned vector for each token. */
import type { Tensor } from "../../language/Expr.ts"
import * as Key from "../../tensor/Key.ts"
import * as T from "../../tensor/Tensor.ts"
import { refuse } from "../../types/ShapeError.ts"
import * as Activation from "../Activation.ts"
import { make } from "../Entry.ts"
import * as Initializer from "../Initializer.ts"
import { type Net, stateless } from "../Net.ts"
import { checkOptions } from "../OptionError.ts"
import type { None } from "../Params.ts"
import { type InitializerLike, initializerOf } from "./affine.ts"
import { layer } from "./Layer.ts"

/** The options of an embedding. */
export interface EmbeddingOptions {
  /** The number of tokens, which are numbered from 0. */
  readonly tokens: number
  /** The size of the vector of a token. */
  readonly units: number
  /** The initializer of the vectors: `auto`, which is the standard normal distribution, unless given. */
  readonly init?: InitializerLike
}

/** The parameters of an embedding: w [tokens, units]. */
export type EmbeddingParams = { readonly w: Tensor }

/** Tokens as i32; -1, which is no token, for numbers that are not whole. */
const tokensOf = (x: Tensor): Tensor => {
  if (x.dtype === "i32") return x
  if (x.dtype === "u8") return T.cast(x, "i32")
  if (x.dtype === "bool") return refuse("embedding", [x], "tokens: whole numbers from 0", 'Tensor.cast(x, "i32")')
  return T.where(T.equal(x, T.floor(x)), T.cast(x, "i32"), -1)
}

/**
 * The vector of each token: x [batch, …] gives [batch, …, units]. Tokens are i32, or whole numbers of another dtype, as in
 * tables. A token outside 0 to `tokens` - 1 gives NaN.
 */
export const embedding = ({ init = "auto", tokens, units, ...rest }: EmbeddingOptions): Net<EmbeddingParams, None> => {
  checkOptions("embedding", embeddingOptions, { ...rest, tokens, units })
  const rows = initializerOf(init)
  // Each output depends on one row, as in a product of a one-hot vector with a matrix.
  const connections: Initializer.Connections = {
    fanIn: 1,
    fanOut: units,
    activation: Activation.make(Activation.identity, { gain: 1, suits: "lecun" }),
  }
  return stateless({
    kind: "embedding",
    shape: (input) => [...input, units],
    init: (key) => ({ w: rows(Key.fold(key, "w"), [tokens, units], connections) }),
    apply: ({ w }, x) => T.take(w, tokensOf(x)),
  })
}

/** The options of `embedding` in a model file. */
const embeddingOptions = {
  tokens: {
    kind: "integer",
    doc: "The number of tokens, which are numbered from 0. The embedding of a text column or of an array of tokens gets it from there.",
    synonyms: ["num_embeddings", "input_dim", "vocab_size", "vocabulary_size", "vocab", "num_tokens"],
    minimum: 1,
    optional: true,
    example: 1000,
  },
  units: {
    kind: "integer",
    doc: "The size of the vector of a token.",
    synonyms: ["embedding_dim", "embedding_size", "output_dim", "dim", "size", "features", "hidden_size"],
    minimum: 1,
  },
  init: {
    kind: "initializer",
    doc: "The initializer of the vectors.",
    synonyms: ["initializer", "embeddings_initializer"],
    default: "auto",
  },
} as const

/** An embedding whose number of tokens is not known. Its shape is, but it has no parameters. */
const uncounted = (units: number): Net => {
  const refused = (): never => refuse("embedding", [], "the number of tokens", "tokens: 1000")
  return { kind: "embedding", shape: (input) => [...input, units], init: refused, apply: refused }
}

/** Embeddings, by their names in a model file. */
export const entries = {
  embedding: /* @__PURE__ */ layer({
    doc: "A learned vector for each token.",
    formula: "y = W[x], W [tokens, units]",
    source: "Bengio, Ducharme, Vincent and Jauvin, A neural probabilistic language model, 2003",
    advice:
      "The first layer for text, and for categories with many values: the same as a dense layer on one-hot vectors, but cheaper. A token out of range gives NaN, which stops the run.",
    synonyms: ["embed", "lookup_table", "EmbeddingBag"],
    options: embeddingOptions,
    main: "units",
    traits: {
      role: "weights",
      over: "tokens",
      width: "units",
      init: "init",
      bias: undefined,
      activation: undefined,
      learned: ({ tokens = 1, units }) => tokens * units,
      between: () => 0,
    },
    make: ({ init, tokens, units }): Net =>
      tokens === undefined ? uncounted(units) : embedding({ tokens, units, init: make(Initializer.makers, init) }),
  }),
}
