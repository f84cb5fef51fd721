/**
 * Arrays of sequences of unequal length: rows that are padded, with the number of time steps of each in an array beside them. A
 * prepared row is one array whose padding is known from itself, so a length cannot be lost or disagree with its row: time steps
 * of numbers end with a 1, and the padding is 0 alone; tokens are above 0 where a row ends.
 */
import * as Result from "effect/Result"
import * as NDArray from "../types/NDArray.ts"
import * as Shape from "../types/Shape.ts"
import { type DataError, dataError } from "./DataError.ts"
import type { Scale } from "./Field.ts"
import type { FittedArray } from "./Fitted.ts"
import * as Quantity from "./Quantity.ts"
import type { Rows } from "./Raw.ts"
import { blocks, type RawArray, take } from "./RawArray.ts"
import type { ArrayKind } from "./Spec.ts"

type DataResult<A> = Result.Result<A, DataError>

/** An array of sequences, and the number of time steps of each row. Without lengths all are full; the tokens of a row then end before its last zeros. */
export interface Sequences {
  readonly array: RawArray
  readonly lengths: RawArray | undefined
}

/** The array of lengths of a kind of array, if it has one. */
export const lengthsOf = (kind: ArrayKind | undefined): string | undefined =>
  kind !== undefined && "lengths" in kind ? kind.lengths : undefined

/** Whether arrays of a kind are sequences of unequal length. */
export const isSequence = (kind: ArrayKind | undefined): boolean => kind?.type === "tokens" || lengthsOf(kind) !== undefined

const badCell = (column: string, row: number, got: number, wanted: string, hint: string): DataResult<never> =>
  Result.fail(dataError({ _tag: "BadCell", row: row + 1, column, got: String(got), wanted, hint }))

const badShape = (name: string, got: Shape.Shape, wanted: string): DataResult<never> =>
  Result.fail(dataError({ _tag: "BadShape", what: `the array \`${name}\``, got, wanted }))

/** The time steps and the features of the rows of an array; tokens have no axis of features. */
const sizesOf = (name: string, shape: Shape.Shape, isTokens: boolean): DataResult<readonly [time: number, features: number]> => {
  const [, time = 0, features = 1] = shape
  if (isTokens) return shape.length === 2 ? Result.succeed([time, 1]) : badShape(name, shape, "[rows, time]")
  return shape.length === 2 || shape.length === 3
    ? Result.succeed([time, features])
    : badShape(name, shape, "[rows, time, features] or [rows, time]")
}

/** The number of time steps of each of the given rows. */
const counts = (
  name: string,
  { array, lengths }: Sequences,
  named: string | undefined,
  rows: Rows,
): DataResult<ArrayLike<number>> => {
  const [, time = 0] = array.shape
  if (lengths === undefined || named === undefined) return Result.succeed(new Int32Array(rows.length).fill(time))
  if (Shape.size(lengths.shape.slice(1)) !== 1)
    return Result.fail(
      dataError({
        _tag: "BadShape",
        what: `the lengths \`${named}\``,
        got: lengths.shape,
        wanted: `[rows], the time steps of each row of \`${name}\``,
      }),
    )
  const { data } = take(lengths, rows)
  for (let i = 0; i < rows.length; i++) {
    const count = data[i] ?? Number.NaN
    if (!Number.isInteger(count) || count < 0 || count > time)
      return badCell(
        named,
        rows[i] ?? 0,
        count,
        `a whole number from 0 to ${time}, the time steps of \`${name}\``,
        "correct the lengths",
      )
  }
  return Result.succeed(data)
}

/** Calls `f` for each time step of the given rows that is no padding, with its data, and where it starts in them. */
const eachStep = (
  array: RawArray,
  rows: Rows,
  steps: ArrayLike<number>,
  [time, features]: readonly [number, number],
  f: (data: ArrayLike<number>, start: number) => void,
): void => {
  for (const { data, first, rows: own } of blocks(array, rows))
    for (let i = 0; i < own.length; i++)
      for (let t = 0; t < (steps[first + i] ?? 0); t++) f(data, ((own[i] ?? 0) * time + t) * features)
}

/** The summary of each feature over the time steps of the given rows, in two passes; a robust scale also keeps its values. */
const summaries = (
  { array }: Sequences,
  rows: Rows,
  steps: ArrayLike<number>,
  sizes: readonly [number, number],
  isRobust: boolean,
): ReadonlyArray<Quantity.Summary> => {
  const [, features] = sizes
  let total = 0
  for (let i = 0; i < rows.length; i++) total += steps[i] ?? 0
  const found = Array.from({ length: features }, () => ({
    min: Number.POSITIVE_INFINITY,
    max: Number.NEGATIVE_INFINITY,
    sum: 0,
    squares: 0,
    values: new Float64Array(isRobust ? total : 0),
  }))
  let at = 0
  eachStep(array, rows, steps, sizes, (data, start) => {
    for (const [feature, own] of found.entries()) {
      const x = data[start + feature] ?? 0
      own.min = Math.min(own.min, x)
      own.max = Math.max(own.max, x)
      own.sum += x
      if (isRobust) own.values[at] = x
    }
    at++
  })
  eachStep(array, rows, steps, sizes, (data, start) => {
    for (const [feature, own] of found.entries()) own.squares += ((data[start + feature] ?? 0) - own.sum / total) ** 2
  })
  return found.map(({ max, min, squares, sum, values }) => ({
    mean: sum / total,
    variance: squares / total,
    min,
    max,
    ...(isRobust ? { quartiles: Quantity.quartilesOf(values) } : {}),
  }))
}

/** The scale of each feature over the time steps of the given rows, without the padding. */
const fitNumbers = (
  sequences: Sequences,
  rows: Rows,
  steps: ArrayLike<number>,
  sizes: readonly [number, number],
  scale: Scale,
): Pick<FittedArray, "subtract" | "divide"> => {
  if (!Array.from(steps).some((count) => count > 0)) return { subtract: [0], divide: [1] }
  const fitted = summaries(sequences, rows, steps, sizes, scale === "robust").map((each) => Quantity.scaleOf(each, scale))
  return { subtract: fitted.map(({ subtract }) => subtract), divide: fitted.map(({ divide }) => divide) }
}

/** One more than the largest token of the given rows, and at least 2: the padding and one token. */
const tokensIn = ({ array }: Sequences, rows: Rows, steps: ArrayLike<number>, sizes: readonly [number, number]): number => {
  let largest = 1
  eachStep(array, rows, steps, sizes, (data, start) => {
    largest = Math.max(largest, data[start] ?? 0)
  })
  return largest + 1
}

/** Learns from the given rows of an array of sequences. Fails with `BadShape`, and with `BadCell` for a length or a number that cannot be. */
export const fit = (name: string, kind: ArrayKind, sequences: Sequences, rows: Rows): DataResult<FittedArray> =>
  Result.gen(function* () {
    const { shape } = sequences.array
    const isTokens = kind.type === "tokens"
    const sizes = yield* sizesOf(name, shape, isTokens)
    const lengths = lengthsOf(kind)
    const steps = yield* counts(name, sequences, lengths, rows)
    const scale = kind.type === "number" ? kind.scale : undefined
    const count = kind.type === "tokens" ? (kind.tokens ?? tokensIn(sequences, rows, steps, sizes)) : undefined
    const fitted: FittedArray = {
      type: "array",
      array: name,
      shape: shape.slice(1),
      ...(scale === undefined ? { subtract: [0], divide: [1] } : fitNumbers(sequences, rows, steps, sizes, scale)),
      sequence: { ...(lengths === undefined ? {} : { lengths }), ...(count === undefined ? {} : { tokens: count }) },
    }
    // The numbers of these rows are checked before a scale that NaN has reached is used.
    yield* inputs(fitted, sequences, rows)
    return fitted
  })

/** The shape of a prepared row. */
export const sample = ({ sequence, shape }: FittedArray): Shape.Shape => {
  const [time = 0, features = 1] = shape
  return sequence?.tokens === undefined ? [time, features + 1] : [time]
}

/**
 * The prepared rows: numbers as f32 [rows, time, features + 1], tokens as i32 [rows, time]. Fails as `fit` does, and for a token that
 * the record does not have.
 */
export const inputs = (fitted: FittedArray, sequences: Sequences, rows: Rows): DataResult<NDArray.NDArray> =>
  Result.gen(function* () {
    const { array: name = "", sequence, shape } = fitted
    const { array } = sequences
    const isTokens = sequence?.tokens !== undefined
    const [time, features] = yield* sizesOf(name, array.shape, isTokens)
    if (!Shape.equals(array.shape.slice(1), shape))
      return yield* badShape(name, array.shape, `${Shape.print(shape)}, as in training`)
    const steps = yield* counts(name, sequences, sequence?.lengths, rows)
    return yield* isTokens ? tokens(fitted, array, rows, steps, time) : numbers(fitted, array, rows, steps, [time, features])
  })

const numbers = (
  { array: name = "", divide, subtract }: FittedArray,
  array: RawArray,
  rows: Rows,
  steps: ArrayLike<number>,
  [time, features]: readonly [number, number],
): DataResult<NDArray.NDArray> => {
  const width = features + 1
  const found = new Float32Array(rows.length * time * width)
  for (const { data, first, rows: own } of blocks(array, rows))
    for (let i = 0; i < own.length; i++)
      for (let t = 0; t < (steps[first + i] ?? 0); t++) {
        const [from, to] = [((own[i] ?? 0) * time + t) * features, ((first + i) * time + t) * width]
        for (let f = 0; f < features; f++) {
          const x = data[from + f] ?? 0
          const scaled = (x - (subtract[f % subtract.length] ?? 0)) / (divide[f % divide.length] ?? 1)
          if (!Number.isFinite(x) || !Number.isFinite(Math.fround(scaled)))
            return badCell(name, rows[first + i] ?? 0, x, `a finite number in time step ${t + 1}`, "drop the row, or shorten it")
          found[to + f] = scaled
        }
        found[to + features] = 1
      }
  return Result.succeed(NDArray.make("f32", [rows.length, time, width], found))
}

const tokens = (
  { array: name = "", sequence }: FittedArray,
  array: RawArray,
  rows: Rows,
  steps: ArrayLike<number>,
  time: number,
): DataResult<NDArray.NDArray> => {
  const count = sequence?.tokens ?? 0
  const found = new Int32Array(rows.length * time)
  for (const { data, first, rows: own } of blocks(array, rows))
    for (let i = 0; i < own.length; i++) {
      const row = rows[first + i] ?? 0
      const length = steps[first + i] ?? 0
      const to = (first + i) * time
      for (let t = 0; t < length; t++) {
        const token = data[(own[i] ?? 0) * time + t] ?? Number.NaN
        if (!Number.isInteger(token) || token < 0 || token >= count)
          return badCell(
            name,
            row,
            token,
            `a token from 0 to ${count - 1} in time step ${t + 1}`,
            Number.isInteger(token) && token > 0 ? `\`tokens: ${token + 1}\` for more tokens` : "number the tokens from 1",
          )
        found[to + t] = token
      }
      if (sequence?.lengths !== undefined && length > 0 && found[to + length - 1] === 0)
        return badCell(
          name,
          row,
          0,
          `a token above 0 in time step ${length}, the last of its row: 0 is the padding`,
          "number the tokens from 1",
        )
    }
  return Result.succeed(NDArray.make("i32", [rows.length, time], found))
}
