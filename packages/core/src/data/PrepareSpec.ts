/**
 * What a person says about their columns or images: how each is to be prepared. Plain data, with the schema that model
 * files are read by; `Preprocess.fit` turns it and the training rows into a `Fitted`.
 */
import * as Schema from "effect/Schema"

const range = Schema.Tuple([Schema.Finite, Schema.Finite]).check(
  Schema.makeFilter(([low, high]) => (low < high ? undefined : "wanted the lower bound first, below the upper")),
)
const share = Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))
const quantiles = Schema.Tuple([share, share]).check(
  Schema.makeFilter(([low, high]) => (low < high ? undefined : "wanted the lower share first, below the upper")),
)

/** How quantities are moved and stretched: to mean 0 and standard deviation 1, to 0…1 or a range, or to mean 0. */
export const Scale = Schema.Union([Schema.Literals(["standard", "minmax", "center"]), Schema.Struct({ minmax: range })]).annotate(
  {
    expected: "standard, minmax, center or { minmax: [low, high] }",
    synonyms: {
      standard: ["zscore", "z-score", "standardize", "StandardScaler", "normalize", "norm"],
      minmax: ["MinMaxScaler", "rescale", "unit"],
      center: ["mean", "demean"],
    },
  },
)
export type Scale = typeof Scale.Type

/**
 * A quantity. Applied in this order: `missing` (what stands for a blank: a number, the training rows' mean or median, or
 * with `indicator` the median beside a column of its own that says 1), `clip` (to bounds, or to quantiles of the training
 * rows), `transform`, `scale`.
 */
export const NumberColumn = Schema.Struct({
  type: Schema.Literal("number"),
  role: Schema.optionalKey(Schema.Literals(["input", "target"])),
  missing: Schema.optionalKey(Schema.Union([Schema.Finite, Schema.Literals(["mean", "median", "indicator"])])),
  clip: Schema.optionalKey(Schema.Union([range, Schema.Struct({ quantiles })])),
  transform: Schema.optionalKey(Schema.Literal("log1p")),
  scale: Schema.optionalKey(Scale),
})
export type NumberColumn = typeof NumberColumn.Type

/**
 * One of several names, written as one column of 0 and 1 for each name the training rows hold. `missing`: a blank counts
 * as the most common name, or as a name of its own. `unknown`: a name the training rows did not hold is an error, or all zeros.
 */
export const CategoryColumn = Schema.Struct({
  type: Schema.Literal("category"),
  missing: Schema.optionalKey(Schema.Literals(["most_common", "category"])),
  unknown: Schema.optionalKey(Schema.Literals(["error", "zeros"])),
})
export type CategoryColumn = typeof CategoryColumn.Type

/** One of two names: 0 for the first in sorted order, 1 for the second. */
export const BinaryColumn = Schema.Struct({
  type: Schema.Literal("binary"),
  role: Schema.optionalKey(Schema.Literals(["input", "target"])),
})
export type BinaryColumn = typeof BinaryColumn.Type

/** The class to be predicted: its number among the sorted names. */
export const ClassColumn = Schema.Struct({
  type: Schema.Literal("class"),
  role: Schema.optionalKey(Schema.Literal("target")),
})
export type ClassColumn = typeof ClassColumn.Type

/** A column that is not used. */
export const IgnoreColumn = Schema.Struct({ type: Schema.Literal("ignore") })

/** How one column is prepared. */
export const Column = Schema.Union([NumberColumn, CategoryColumn, BinaryColumn, ClassColumn, IgnoreColumn]).pipe(
  Schema.toTaggedUnion("type"),
)
export type Column = typeof Column.Type

/** A column's options, or its type alone. */
export const ColumnOrType = Schema.Union([Schema.Literals(["number", "category", "binary", "class", "ignore"]), Column])
export type ColumnOrType = typeof ColumnOrType.Type

/** Columns by name; `"*"` stands for every column that is not named. */
export const Columns = Schema.Record(Schema.String, ColumnOrType)
export type Columns = typeof Columns.Type

const extent = Schema.Int.check(Schema.isGreaterThan(0))

/**
 * Images, `size` [height, width]. `scale: unit` takes bytes to 0…1; `{ max: 16 }` says what number full white is.
 * `normalize` then subtracts each channel's mean over the training rows (`center`), also divides by its standard
 * deviation (`auto`), or subtracts the mean image (`mean_image`).
 */
export const Image = Schema.Struct({
  size: Schema.Tuple([extent, extent]),
  channels: Schema.optionalKey(extent),
  scale: Schema.optionalKey(
    Schema.Union([Schema.Literals(["unit", "none"]), Schema.Struct({ max: Schema.Finite.check(Schema.isGreaterThan(0)) })]),
  ),
  normalize: Schema.optionalKey(Schema.Literals(["none", "auto", "center", "mean_image"])),
})
export type Image = typeof Image.Type

/**
 * How rows are prepared: `columns` for a table, `image` for images in arrays; other arrays are taken as they are, or
 * with each number of a sample scaled over the training rows as `scale` says.
 */
export const PrepareSpec = Schema.Struct({
  columns: Schema.optionalKey(Columns),
  image: Schema.optionalKey(Image),
  scale: Schema.optionalKey(Scale),
})
export type PrepareSpec = typeof PrepareSpec.Type
