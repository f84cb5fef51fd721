/** The options of principal component analysis and whitening, as plain data. */
import type { Fields, Rule, Written } from "./Field.ts"

/** The options of PCA. */
export const pcaFields = {
  components: {
    kind: "count",
    doc: "How many components are kept, those of the largest variance first. Default: all of them.",
    synonyms: ["n_components", "k", "dimensions", "dims"],
    optional: true,
  },
  variance: {
    kind: "share",
    doc: "The share of the variance that the kept components have at least, as in `95%`, instead of their number.",
    synonyms: ["explained_variance", "variance_ratio", "share"],
    optional: true,
  },
  whiten: {
    kind: "choice",
    doc: "Whitening, after which the training rows have unit covariance: `pca` divides each component by its standard deviation, `zca` then turns the components back into the space of the inputs.",
    of: ["none", "pca", "zca"],
    synonyms: ["whitening", "zca", "zca_whitening"],
    default: "none",
  },
  epsilon: {
    kind: "nonNegative",
    doc: "What whitening adds to each variance, so that components of almost none are not noise. With 0, those of no variance become 0.",
    synonyms: ["eps", "zca_epsilon", "regularization"],
    default: 1e-5,
  },
} as const satisfies Fields

/** The rule between options. */
export const onePcaSize: Rule = {
  wanted: "`components` or `variance`, not both",
  holds: ({ components, variance }) => components === undefined || variance === undefined,
}

/** PCA of arrays: a number of components or a share of variance, and whitening. */
export type Pca = Written<typeof pcaFields>

/** The same for a table, with the columns that it takes. */
export const tablePcaFields = {
  ...pcaFields,
  columns: {
    kind: "names",
    least: 1,
    doc: "The columns of inputs that the components replace. Default: all inputs of the type `number`.",
    synonyms: ["features", "fields", "of"],
    optional: true,
  },
} as const satisfies Fields

/** PCA of columns of a table. */
export type TablePca = Written<typeof tablePcaFields>

/** A share as a number. `shareOf("95%") // => 0.95` */
export const shareOf = (share: number | string): number => (typeof share === "number" ? share : Number.parseFloat(share) / 100)

/** How many numbers a sample of `width` has afterwards; `undefined` if that depends on the rows. */
export const widthAfter = (options: Pca, width: number): number | undefined =>
  options.whiten === "zca" ? width : options.variance === undefined ? (options.components ?? width) : undefined
