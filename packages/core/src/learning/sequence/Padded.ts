/**
 * Padded sequences: rows of unequal length as one tensor, and the length of each row. What the padding holds never matters: it is
 * replaced before anything is computed from it, so neither it nor a gradient through it reaches a result.
 */
import type { Tensor } from "../../language/Expr.ts"
import * as T from "../../tensor/Tensor.ts"
import type { NDArray } from "../../types/NDArray.ts"
import type * as Shape from "../../types/Shape.ts"
import { refuse } from "../../types/ShapeError.ts"

/**
 * Sequences x [batch, time, …], and the number of time steps of each, i32[batch], that are not padding; these come first. With a
 * mask, bool[batch, time], only those of them where it is true count: the others are holes, and treated as padding.
 */
export type Padded = { readonly x: Tensor; readonly length: Tensor; readonly mask?: Tensor }

/** The shapes of one sample of padded sequences: x [time, …], length [], mask [time]. */
export type PaddedShape = { readonly x: Shape.Shape; readonly length: Shape.Shape; readonly mask?: Shape.Shape }

/** Sequences that attend to others: `memory`, such as an encoder's output, with lengths of its own. Layers pass it on. */
export type WithMemory = Padded & { readonly memory: Padded }

/** Whether a value is padded sequences, and not one tensor. */
export const isPadded = (value: object): value is Padded => "x" in value && "length" in value && !("dtype" in value)

/** Whether the shapes of a sample are those of padded sequences. */
export const isPaddedShape = (input: unknown): input is PaddedShape =>
  typeof input === "object" && input !== null && !Array.isArray(input) && "x" in input && "length" in input

/** The lengths of tokens [batch, time] with 0 as padding, i32[batch]: each sequence ends with its last token that is not 0. */
export const lengthOf = (x: Tensor): Tensor =>
  T.max(T.where(T.notEqual(x, 0), T.add(T.iota(x.shape as [number, number], 1), 1), 0), { axes: 1 })

/** Refuses what is not padded sequences. Returns the number of time steps and the shape of one. */
export const stepOf = (operation: string, input: PaddedShape): readonly [time: number, step: Shape.Shape] => {
  const { length, x } =
    typeof input === "object" && "x" in input && "length" in input ? input : { length: undefined, x: undefined }
  const [time, ...step] = x ?? []
  return time === undefined || length === undefined || length.length > 0
    ? refuse(operation, [], "sequences { x: [batch, time, …], length: [batch] }", "Sequence.pad, or a layer before the pooling")
    : [time, step]
}

/** The number of features of sequences [time, features]. Throws `ShapeError` for other sequences. */
export const featuresOf = (kind: string, input: PaddedShape): number => {
  const [, step] = stepOf(kind, input)
  return step.length === 1
    ? (step[0] ?? 0)
    : refuse(
        kind,
        [{ dtype: "f32", shape: input.x }],
        "sequences [time, features]",
        "Sequence.each(Layers.embedding(…)) for tokens",
      )
}

/** The batch and the time steps of padded sequences. Throws `ShapeError` for lengths that are not i32[batch], or a mask that is not bool[batch, time]. */
export const sizesOf = (operation: string, { length, mask, x }: Padded): readonly [batch: number, time: number] => {
  const [batch, time] = x.shape
  if (mask !== undefined && (mask.dtype !== "bool" || mask.shape.length !== 2 || mask.shape.some((n, i) => n !== x.shape[i])))
    refuse(operation, [x, mask], "a mask bool[batch, time]", "Tensor.greater(numbers, 0)")
  return batch === undefined ||
    time === undefined ||
    length.dtype !== "i32" ||
    length.shape.length !== 1 ||
    length.shape[0] !== batch
    ? refuse(operation, [x, length], "x [batch, time, …] with length i32[batch]", 'Tensor.cast(length, "i32")')
    : [batch, time]
}

/** A condition [batch, …], with axes of size 1 up to a rank, so that it broadcasts over the values of a time step. */
export const stretched = (condition: Tensor, rank: number): Tensor =>
  T.reshape(condition, [...condition.shape, ...Array.from({ length: rank - condition.shape.length }, () => 1)])

/**
 * Whether a time step counts, because it belongs to its sequence and is no hole: bool[batch, time].
 *
 * `Tensor.toArray(Sequence.mask({ x: Tensor.zeros([2, 3]), length: Tensor.make([1, 3], "i32") })) // => [[true, false, false], [true, true, true]]`
 */
export const mask = (sequences: Padded): Tensor => {
  const [batch, time] = sizesOf("Sequence.mask", sequences)
  const isWithin = T.less(T.iota([batch, time], 1), T.expandAxis(sequences.length, -1))
  return sequences.mask === undefined ? isWithin : T.and(isWithin, sequences.mask)
}

/** The number of time steps of each sequence that count, i32[batch]. */
export const counts = (sequences: Padded): Tensor =>
  sequences.mask === undefined ? sequences.length : T.sum(T.cast(mask(sequences), "i32"), { axes: 1 })

/** The same sequences with other values; their lengths, their mask and their memory stay. */
export const withValues = <X extends Padded>(sequences: X, x: Tensor): X => ({ ...sequences, x })

/** The shapes of the same sequences with other values. */
export const withShape = <X extends PaddedShape>(input: X, x: Shape.Shape): X => ({ ...input, x })

/** Values [batch, …] of sequences of these lengths: NaN in rows whose length is not from 0 to `time`, so that the mistake is visible. */
export const checked = (values: Tensor, length: Tensor, time: number): Tensor => {
  const known = T.and(T.greaterEqual(length, 0), T.lessEqual(length, time))
  return T.where(stretched(known, values.shape.length), values, values.dtype === "f32" ? Number.NaN : -1)
}

/**
 * The sequences with 0 in their padding and their holes. A sequence with a length below 0 or above the number of time steps becomes NaN (-1 for
 * tokens), which makes the mistake visible. Throws `ShapeError`.
 *
 * `Tensor.toArray(Sequence.clean({ x: Tensor.make([[5, NaN], [1, 2]]), length: Tensor.make([1, 3], "i32") })) // => [[5, 0], [NaN, NaN]]`
 */
export const clean = (sequences: Padded): Tensor => {
  const [, time] = sizesOf("Sequence.clean", sequences)
  const x = sequences.x.dtype === "f32" ? sequences.x : T.cast(sequences.x, "i32")
  return checked(T.where(stretched(mask(sequences), x.shape.length), x, 0), sequences.length, time)
}

type Step = number | ReadonlyArray<number>

/**
 * Sequences of numbers or of vectors as arrays, for a dataset: x [rows, time, …] with 0 as padding and length i32[rows]. `time` is
 * that of the longest unless given. Throws `ShapeError` for vectors of unequal size, and for a sequence longer than `time`.
 *
 * `Tensor.toArray(Sequence.pad([[5, 6, 7], [8]], { dtype: "i32" }).x) // => [[5, 6, 7], [8, 0, 0]]`
 */
export const pad = (
  sequences: ReadonlyArray<ReadonlyArray<Step>>,
  { dtype = "f32", time }: { readonly dtype?: "f32" | "i32"; readonly time?: number } = {},
): { readonly x: NDArray; readonly length: NDArray } => {
  const longest = sequences.reduce((most, { length }) => Math.max(most, length), 0)
  const steps = time ?? longest
  if (longest > steps) refuse("Sequence.pad", [], `sequences of at most ${steps} steps, not ${longest}`, `time: ${longest}`)
  const first = sequences.find(({ length }) => length > 0)?.[0]
  const width = typeof first === "object" ? first.length : undefined
  const blank: Step = width === undefined ? 0 : Array.from({ length: width }, () => 0)
  const rows = sequences.map((sequence) => [...sequence, ...Array.from({ length: steps - sequence.length }, () => blank)])
  const shape = [rows.length, steps, ...(width === undefined ? [] : [width])]
  const flat = rows.flat().flatMap((step, i) => {
    const size = typeof step === "number" ? undefined : step.length
    return size === width
      ? step
      : refuse(
          "Sequence.pad",
          [],
          `steps of one size in row ${Math.floor(i / steps)}`,
          "a vector of as many numbers for every step",
        )
  })
  return {
    x: T.read(T.reshape(T.make(flat, dtype), shape)),
    length: T.read(
      T.make(
        sequences.map(({ length }) => length),
        "i32",
      ),
    ),
  }
}
