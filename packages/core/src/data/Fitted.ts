/**
 * Fitted preprocessing: what was learned from the training rows, as plain JSON. Evaluation and prediction need nothing else
 * to preprocess rows in the same way. A run keeps it in `preprocess.json`.
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { type DataError, dataError } from "./DataError.ts"
import { dateParts, encodings, transforms } from "./Field.ts"
import { isValid } from "./floats64.ts"
import { backgrounds } from "./image/convert.ts"
import { firstMerge } from "./tokens/bytePairs.ts"

const NonZero = Schema.Finite.check(Schema.makeFilter((x) => (x === 0 ? "wanted a number other than 0" : undefined)))
const Extent = Schema.Int.check(Schema.isGreaterThan(0))
const Names = Schema.Array(Schema.String).check(
  Schema.isMinLength(1),
  Schema.makeFilter((names) => (new Set(names).size === names.length ? undefined : "wanted every name once")),
)

const Rising = Schema.makeFilter((values: ReadonlyArray<number>) =>
  values.every((value, i) => value > (values[i - 1] ?? Number.NEGATIVE_INFINITY)) ? undefined : "wanted rising numbers",
)

/**
 * A quantity becomes (transform(clip(x)) - subtract) / divide; `fill` replaces a blank. `decimal`, `thousands` and `unit`
 * are the marks in its numbers, if they are not a point, none and none. `lambda` is the exponent of the power transform, `quantiles` are those
 * of the training rows at even shares. With `bins`, the number becomes its interval between these edges instead. `ahead`: as a
 * target of a series, the steps after the window.
 */
export const FittedNumber = Schema.Struct({
  type: Schema.Literal("number"),
  name: Schema.String,
  decimal: Schema.optionalKey(Schema.Literals([".", ","])),
  thousands: Schema.optionalKey(Schema.String.check(Schema.isMinLength(1))),
  unit: Schema.optionalKey(Schema.String.check(Schema.isMinLength(1))),
  fill: Schema.NullOr(Schema.Finite),
  indicator: Schema.Boolean,
  clip: Schema.NullOr(Schema.Tuple([Schema.Finite, Schema.Finite])),
  transform: Schema.Literals(["none", ...transforms]),
  lambda: Schema.optionalKey(Schema.Finite),
  quantiles: Schema.optionalKey(Schema.Array(Schema.Finite).check(Schema.isMinLength(2))),
  bins: Schema.optionalKey(
    Schema.Struct({ edges: Schema.Array(Schema.Finite).check(Rising), encode: Schema.Literals(encodings) }),
  ),
  subtract: Schema.Finite,
  divide: NonZero,
  ahead: Schema.optionalKey(Extent),
})
export type FittedNumber = typeof FittedNumber.Type

/**
 * A name becomes a one-hot vector by its index in `categories`, or that index (`encode: index`); `fill` replaces a blank.
 * `rare` are the names that count as `other`. With `hash`, the index of a name is its hash among as many.
 */
export const FittedCategory = Schema.Struct({
  type: Schema.Literal("category"),
  name: Schema.String,
  categories: Names,
  fill: Schema.NullOr(Schema.String),
  unknown: Schema.Literals(["error", "zeros", "other"]),
  rare: Schema.optionalKey(Names),
  hash: Schema.optionalKey(Extent),
  encode: Schema.optionalKey(Schema.Literal("index")),
})
export type FittedCategory = typeof FittedCategory.Type

/** One of two names becomes 0 or 1; `fill` replaces a blank. */
export const FittedBinary = Schema.Struct({
  type: Schema.Literal("binary"),
  name: Schema.String,
  categories: Names.check(Schema.isMaxLength(2)),
  fill: Schema.optionalKey(Schema.String),
})
export type FittedBinary = typeof FittedBinary.Type

/** A name becomes (its place in `order` - subtract) / divide; `fill` replaces a blank. */
export const FittedOrdinal = Schema.Struct({
  type: Schema.Literal("ordinal"),
  name: Schema.String,
  order: Names,
  fill: Schema.NullOr(Schema.String),
  indicator: Schema.Boolean,
  subtract: Schema.Finite,
  divide: NonZero,
})
export type FittedOrdinal = typeof FittedOrdinal.Type

/** One list of numbers for each part or number. */
const Numbers = Schema.Array(Schema.Finite)
const Divisors = Schema.Array(NonZero)

/**
 * A date becomes its parts: sine and cosine of those that repeat if it is `cyclic`, (part - subtract) / divide of others. `fill`
 * replaces a blank and `since` is where elapsed days begin, both in milliseconds since 1970.
 */
export const FittedDate = Schema.Struct({
  type: Schema.Literal("date"),
  name: Schema.String,
  format: Schema.String,
  zone: Schema.Literals(["written", "utc"]),
  parts: Schema.Array(Schema.Literals(dateParts)).check(Schema.isMinLength(1)),
  cyclic: Schema.Boolean,
  fill: Schema.NullOr(Schema.Finite),
  indicator: Schema.Boolean,
  since: Schema.Finite,
  subtract: Numbers,
  divide: Divisors,
}).check(
  Schema.makeFilter(({ divide, parts, subtract }) =>
    subtract.length === parts.length && divide.length === parts.length ? undefined : "wanted a scale for each part",
  ),
)
export type FittedDate = typeof FittedDate.Type

/** The names of a set become a 1 at their places in `names`. `rare` are the names that count as `other`. */
export const FittedSet = Schema.Struct({
  type: Schema.Literal("set"),
  name: Schema.String,
  separator: Schema.String.check(Schema.isMinLength(1)),
  names: Names,
  unknown: Schema.Literals(["error", "ignore", "other"]),
  rare: Schema.optionalKey(Names),
  blank: Schema.Literals(["error", "empty", "indicator"]),
})
export type FittedSet = typeof FittedSet.Type

/** Numbers x become (x - subtract) / divide, with lists of the same length; `fill` replaces a blank. */
export const FittedVector = Schema.Struct({
  type: Schema.Literal("vector"),
  name: Schema.String,
  fill: Schema.NullOr(Numbers),
  indicator: Schema.Boolean,
  subtract: Numbers.check(Schema.isMinLength(1)),
  divide: Divisors,
}).check(
  Schema.makeFilter(({ divide, fill, subtract }) =>
    divide.length === subtract.length && (fill === null || fill.length === subtract.length)
      ? undefined
      : "wanted lists of one length",
  ),
)
export type FittedVector = typeof FittedVector.Type

const Changes = { normalize: Schema.Literals(["none", "nfc", "nfkc"]), lower: Schema.Boolean }
const Vocabulary = Schema.Array(Schema.String).check(
  Schema.makeFilter((names) => (new Set(names).size === names.length ? undefined : "wanted every name once")),
)
const Merges = Schema.Array(Schema.Tuple([Schema.Int, Schema.Int])).check(
  Schema.makeFilter((merges) =>
    merges.every((merge, i) => merge.every((token) => token >= 1 && token < firstMerge + i))
      ? undefined
      : "wanted merges of tokens that come before them",
  ),
)

/** A tokenizer; see `Tokenizer`. */
export const FittedTokenizer = Schema.Union([
  Schema.Struct({ kind: Schema.Literal("bytes"), ...Changes }),
  Schema.Struct({ kind: Schema.Literals(["characters", "words"]), ...Changes, vocabulary: Vocabulary }),
  Schema.Struct({ kind: Schema.Literal("byte_pairs"), ...Changes, merges: Merges }),
])

/**
 * A text becomes `length` tokens, with 0 as the padding at its end; a longer one is cut at its `cut`. `blank`: what a blank is, a
 * text without tokens or an error.
 */
export const FittedText = Schema.Struct({
  type: Schema.Literal("text"),
  name: Schema.String,
  tokenizer: FittedTokenizer,
  length: Extent,
  cut: Schema.Literals(["end", "start"]),
  blank: Schema.Literals(["error", "empty"]),
})
export type FittedText = typeof FittedText.Type

/** The image at a path becomes its pixels in this size, divided by `white`. */
export const FittedImage = Schema.Struct({
  type: Schema.Literal("image"),
  name: Schema.String,
  size: Schema.Tuple([Extent, Extent]),
  channels: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 4 })),
  white: NonZero,
  background: Schema.Literals(backgrounds),
})
export type FittedImage = typeof FittedImage.Type

export const FittedColumn = Schema.Union([
  FittedNumber,
  FittedCategory,
  FittedBinary,
  FittedOrdinal,
  FittedDate,
  FittedSet,
  FittedVector,
  FittedText,
  FittedImage,
]).pipe(Schema.toTaggedUnion("type"))

export type FittedColumn = typeof FittedColumn.Type

/**
 * A centred sample of `width` numbers is multiplied by `matrix` [width, width afterwards], f32 in base64. Afterwards it has as many
 * numbers as there are `variances`, those of the kept components; with `zca` it has `width`. `total` is the variance of all.
 */
export const FittedPca = Schema.Struct({
  whiten: Schema.Literals(["none", "pca", "zca"]),
  variances: Schema.Array(Schema.Finite).check(Schema.isMinLength(1)),
  total: Schema.Finite,
  width: Extent,
  matrix: Schema.String,
}).check(
  Schema.makeFilter(({ matrix, variances, whiten, width }) =>
    variances.length <= width && isValid(matrix, width * (whiten === "zca" ? width : variances.length))
      ? undefined
      : "wanted a matrix of finite numbers, of one row for each number of a sample",
  ),
)
export type FittedPca = typeof FittedPca.Type

/** Columns with `pca`: the numbers of these columns, minus `means`, are replaced by its result, after those of the other columns. */
const FittedColumnsPca = Schema.Struct({ columns: Names, means: Schema.Array(Schema.Finite), by: FittedPca }).check(
  Schema.makeFilter(({ by, means }) => (means.length === by.width ? undefined : "wanted a mean for each number")),
)

export const FittedColumns = Schema.Struct({
  type: Schema.Literal("columns"),
  columns: Schema.Array(FittedColumn),
  pca: Schema.optionalKey(FittedColumnsPca),
})
export type FittedColumns = typeof FittedColumns.Type

/**
 * The numbers of a sample of this shape become (x - subtract) / divide. The two lists are as long as the sample, or as
 * its last axis (the channels), or 1, and repeat along the sample; `pca` follows. `array` is the name of the array, if it has one. Rows of a `sequence` have the time
 * steps that the array `lengths` says; the numbers of tokens are below `tokens`.
 */
export const FittedArray = Schema.Struct({
  type: Schema.Literal("array"),
  array: Schema.optionalKey(Schema.String),
  shape: Schema.Array(Extent),
  subtract: Schema.Array(Schema.Finite),
  divide: Schema.Array(NonZero),
  pca: Schema.optionalKey(FittedPca),
  sequence: Schema.optionalKey(Schema.Struct({ lengths: Schema.optionalKey(Schema.String), tokens: Schema.optionalKey(Extent) })),
}).check(
  Schema.makeFilter(({ pca, shape, subtract, divide }) => {
    const width = shape.reduce((product, extent) => product * extent, 1)
    if (pca !== undefined && pca.width !== width) return `wanted a matrix of ${width} rows`
    const lengths = [1, shape.at(-1) ?? 1, width]
    return lengths.includes(subtract.length) && lengths.includes(divide.length)
      ? undefined
      : `wanted subtract and divide of length ${[...new Set(lengths)].join(" or ")}`
  }),
)
export type FittedArray = typeof FittedArray.Type

/** A class becomes its index in `classes`, as `i32` [rows]. `placed`: the labels of arrays are such indices already. */
export const FittedClasses = Schema.Struct({
  type: Schema.Literals(["class", "binary"]),
  name: Schema.String,
  classes: Names,
  placed: Schema.optionalKey(Schema.Literal(true)),
})
export type FittedClasses = typeof FittedClasses.Type

/** Quantities, as `f32` [rows, columns]. `array` is the name of the array that they are in, if it has one. */
export const FittedNumbers = Schema.Struct({
  type: Schema.Literal("numbers"),
  columns: Schema.Array(FittedNumber),
  array: Schema.optionalKey(Schema.String),
})
export type FittedNumbers = typeof FittedNumbers.Type

/** Several answers of yes or no, as `f32` [rows, columns] of 0 and 1. They are columns of their own, or the names of `set`. */
export const FittedLabels = Schema.Struct({
  type: Schema.Literal("labels"),
  columns: Schema.Array(FittedBinary).check(Schema.isMinLength(1)),
  set: Schema.optionalKey(FittedSet),
})
export type FittedLabels = typeof FittedLabels.Type

export const FittedInput = Schema.Union([FittedColumns, FittedArray])
export type FittedInput = typeof FittedInput.Type

const FittedHead = Schema.Union([FittedClasses, FittedNumbers, FittedLabels])

/** What a net predicts with one output. */
export type FittedHead = typeof FittedHead.Type

/** `null` if there is no target. */
export const FittedTarget = Schema.NullOr(FittedHead)
export type FittedTarget = typeof FittedTarget.Type

/** The names of inputs and heads: words, since they are keys of trees. */
const Name = Schema.String.check(Schema.isPattern(/^(?!(?:__proto__|constructor|prototype)$)[A-Za-z_]\w*$/u))

/** Several inputs, by name. */
export const FittedInputs = Schema.Struct({ type: Schema.Literal("inputs"), inputs: Schema.Record(Name, FittedInput) })
export type FittedInputs = typeof FittedInputs.Type

/** The targets of several heads, by name. */
export const FittedHeads = Schema.Struct({ type: Schema.Literal("heads"), heads: Schema.Record(Name, FittedHead) })
export type FittedHeads = typeof FittedHeads.Type

/** A value of an option. */
const Plain = [Schema.String, Schema.Boolean, Schema.Finite] as const

/** How the rows were read: the kind of the source, and its options without file names. */
export const FittedSource = Schema.Struct({
  name: Schema.String,
  options: Schema.Record(
    Schema.String,
    Schema.Union([...Plain, Schema.Array(Schema.Union(Plain)), Schema.Record(Schema.String, Schema.Array(Schema.Union(Plain)))]),
  ),
})
export type FittedSource = typeof FittedSource.Type

/** How rows are windows of series; see `Series`. */
export const FittedSeries = Schema.Struct({
  window: Extent,
  horizon: Schema.Array(Extent).check(Schema.isMinLength(1)),
  time: Schema.optionalKey(Schema.String),
  format: Schema.optionalKey(Schema.String),
  group: Schema.optionalKey(Schema.String),
  gaps: Schema.Literals(["error", "split"]),
})
export type FittedSeries = typeof FittedSeries.Type

/** The weight of a row is x / divide, where `divide` is the mean of the training rows; `fill` replaces a blank. */
export const FittedWeight = Schema.Struct({ name: Schema.String, fill: Schema.NullOr(Schema.Finite), divide: NonZero })
export type FittedWeight = typeof FittedWeight.Type

/**
 * `source` is present if the rows came from a file; see `Source.of` and `Source.tableOptions`. `ids` are columns that
 * predictions repeat.
 */
export const Fitted = Schema.Struct({
  version: Schema.Literal(1),
  source: Schema.optionalKey(FittedSource),
  ids: Schema.optionalKey(Schema.Array(Schema.String)),
  weight: Schema.optionalKey(FittedWeight),
  input: FittedInput,
  target: FittedTarget,
})
export type Fitted = typeof Fitted.Type

/** A fitted record whose inputs or targets may be trees; one input and one target are those of `Fitted`. */
export const FittedTree = Schema.Struct({
  ...Fitted.fields,
  input: Schema.Union([FittedColumns, FittedArray, FittedInputs]),
  target: Schema.NullOr(Schema.Union([FittedClasses, FittedNumbers, FittedLabels, FittedHeads])),
  series: Schema.optionalKey(FittedSeries),
})
export type FittedTree = typeof FittedTree.Type

/** A fitted record as JSON text; numbers keep every bit. */
export const print = (fitted: FittedTree): string => `${JSON.stringify(fitted, undefined, 2)}\n`

/** Reads what `print` wrote of one input and one target. Fails with `Corrupt` for any other text. */
export const parse = (text: string): Result.Result<Fitted, DataError> => parseAs(Fitted, text)

/** Reads what `print` wrote. Fails with `Corrupt` for any other text. */
export const parseTree = (text: string): Result.Result<FittedTree, DataError> => parseAs(FittedTree, text)

const parseAs = <A>(schema: Schema.Codec<A, unknown>, text: string): Result.Result<A, DataError> => {
  const corrupt = (got: string) => Result.fail(dataError({ _tag: "Corrupt", format: "preprocessing", got }))
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    return corrupt(error instanceof Error ? error.message : String(error))
  }
  const strictly = Schema.decodeUnknownResult(schema, { onExcessProperty: "error" })
  return Result.orElse(strictly(json), (error) => corrupt(error.message.replaceAll(/\s*\n\s*/g, " ")))
}
