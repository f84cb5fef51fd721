/**
 * The specification of preprocessing: how columns, images or arrays are preprocessed. Plain data; `Preprocess.fit` turns it and
 * the training rows into a `Fitted`.
 */

import type { Shape } from "../types/Shape.ts"
import type { Columns } from "./Column.ts"
import { type Fields, fill, type Rule, type Scale, scaleSynonyms, type Written } from "./Field.ts"
import { imageFields } from "./imageFields.ts"
import { onePcaSize, pcaFields, type TablePca } from "./Pca.ts"

/** How arrays are read as images. */
export type Image = Written<typeof imageFields>

/** The shape of an image: height, width, channels. */
export const imageShape = (image: Image): Shape => {
  const { channels, size } = fill(imageFields, image)
  return [...size, channels]
}

/** The kinds of target of arrays, each with its documentation and its options. */
export const arrayTargets = {
  class: {
    doc: "Whole numbers, or text, that name classes.",
    fields: {
      names: { kind: "names", doc: "The names of the labels 0, 1, 2 … Default: the labels themselves.", optional: true },
    },
  },
  number: {
    doc: "Quantities.",
    fields: {
      scale: {
        kind: "scale",
        doc: "How each quantity is scaled over the training rows.",
        synonyms: scaleSynonyms,
        optional: true,
      },
    },
  },
} as const satisfies { readonly [type: string]: { readonly doc: string; readonly fields: Fields } }

/** A kind of target of arrays with its options. */
export type ArrayTarget = {
  readonly [T in keyof typeof arrayTargets]: { readonly type: T } & Written<(typeof arrayTargets)[T]["fields"]>
}[keyof typeof arrayTargets]

const pca = {
  kind: "options",
  doc: "Principal components of the prepared numbers, and whitening.",
  fields: pcaFields,
  rule: onePcaSize,
  optional: true,
} as const

const lengths = {
  kind: "text",
  doc: "The array with the number of time steps of each row: the rest of the row is padding.",
  synonyms: ["length", "sequence_length", "sequence_lengths", "seq_len", "seq_lens", "seq_lengths", "row_lengths"],
  optional: true,
} as const

/** The kinds of named arrays, each with its documentation, its options and its role. */
export const arrayKinds = {
  image: { doc: "An image for each row.", fields: { ...imageFields, pca }, role: "input" },
  number: {
    doc: "Quantities: one or more for each row, or an array of any shape as an input.",
    fields: {
      role: {
        kind: "choice",
        doc: "Whether the array is an input or a target.",
        of: ["input", "target"],
        synonyms: ["usage"],
        default: "input",
      },
      scale: {
        kind: "scale",
        doc: "How each number of a row is scaled over the training rows.",
        synonyms: scaleSynonyms,
        optional: true,
      },
      lengths,
      pca,
    },
    rule: {
      wanted: "`lengths` for an input, without `pca`",
      holds: ({ lengths: own, pca: components, role }: { readonly [option: string]: unknown }): boolean =>
        own === undefined || (role !== "target" && components === undefined),
    },
    role: "input",
  },
  tokens: {
    doc: "Sequences of tokens for an embedding: whole numbers from 1, with 0 as padding at the end of a row.",
    fields: {
      tokens: {
        kind: "count",
        doc: "How many different tokens there are, 0 included. Default: one more than the largest in the training rows.",
        synonyms: ["vocabulary", "vocab", "vocab_size", "num_tokens", "num_embeddings", "input_dim"],
        optional: true,
      },
      lengths,
    },
    role: "input",
  },
  class: { doc: "Whole numbers, or text, that name classes: a target.", fields: arrayTargets.class.fields, role: "target" },
} as const satisfies {
  readonly [type: string]: {
    readonly doc: string
    readonly fields: Fields
    readonly rule?: Rule
    readonly role: "input" | "target"
  }
}

/** The kind of a named array with its options. */
export type ArrayKind = {
  readonly [T in keyof typeof arrayKinds]: { readonly type: T } & Written<(typeof arrayKinds)[T]["fields"]>
}[keyof typeof arrayKinds]

/** Whether a named array is an input or a target. */
export const arrayRole = (kind: ArrayKind): "input" | "target" =>
  kind.type === "number" ? (kind.role ?? "input") : arrayKinds[kind.type].role

/**
 * How rows are preprocessed: `columns` for a table, `image` for images in arrays. Other arrays stay as they are, or `scale`
 * scales each number of a sample over the training rows. `pca` follows, over arrays or over columns. `target` is the kind of target of arrays; by default floats are
 * quantities, and all others classes.
 */
export interface Spec {
  readonly columns?: Columns
  readonly image?: Image
  readonly scale?: Scale
  readonly pca?: TablePca
  readonly target?: ArrayTarget
}
