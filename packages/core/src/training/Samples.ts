/** Rows of a dataset as the inputs and targets of a step: trees of tensors [n, …]. */
import * as Effect from "effect/Effect"
import type * as Batches from "../data/Batches.ts"
import { DataError } from "../data/DataError.ts"
import * as Dataset from "../data/Dataset.ts"
import { hasStored, isStored, storedRows, type Which } from "../data/storedRows.ts"
import { refusing } from "../engines/checkShapes.ts"
import { inTurns } from "../engines/turns.ts"
import type { Tensor } from "../language/Expr.ts"
import type { Tensors } from "../language/TensorTree.ts"
import { take } from "../tensor/select.ts"
import { type Pieces, piecesOf } from "../types/Pieces.ts"
import type { ShapeError } from "../types/ShapeError.ts"
import * as Tree from "../types/Tree.ts"

/** Inputs and targets, trees of tensors [n, …], and the weights of rows [n], if there are some. */
export interface Samples<out X = Tensor, out T = Tensor> {
  readonly x: X
  readonly y: T
  readonly w?: Tensor
}

/** The input of a step: inputs and targets [n, …], or the numbers of rows of the data (i32 [n]). */
export type Batch<X = Tensor, T = Tensor> = Samples<X, T> | { readonly rows: Tensor }

/** A dataset whose inputs become the tree `X` of tensors; its arrays are in memory or stored. */
export type DatasetOf<X, T> = Dataset.Dataset<Dataset.Rows<X>, T>

/** From the row at `start` to that at `end` (exclusive). */
export type Range = readonly [start: number, end: number]

/** The errors of reading rows. */
export type ReadError = DataError | ShapeError

/** The bytes that are read ahead at once. */
const readBytes = 2 ** 24

/** How many batches of `size` rows are read at once from the stored arrays of a tree, at most; undefined if it has none. */
export const readLimit = (tree: unknown, size: number): number | undefined =>
  hasStored(tree) ? Math.max(1, Math.floor(readBytes / Math.max(1, size * storedRows.get().rowBytes(tree)))) : undefined

const stored = <X>(tree: X, which: Which): Effect.Effect<X, ReadError> =>
  Effect.suspend(() => {
    const reading = storedRows.get().read(tree, which)
    return Effect.callback<X, ReadError>((resume) => {
      reading.then(
        (rows) => resume(Effect.succeed(rows as X)),
        (error: unknown) => resume(error instanceof DataError ? Effect.fail(error) : Effect.die(error)),
      )
    })
  })

/** The trees of batches: ranges of the stored arrays that were read, and slices of the leaves in memory. */
const cut = (
  tree: unknown,
  read: unknown,
  ranges: ReadonlyArray<Range>,
  slice: (array: unknown, i: number) => unknown,
): ReadonlyArray<unknown> =>
  ranges.map(([start, end], i) =>
    Tree.zip((leaf, rows) => (isStored(leaf) ? Dataset.slice(rows, start, end) : slice(leaf, i)), tree, read),
  )

/** Gathers the rows of batches, one batch after the other. */
function* gathering<X>(tree: X, batches: ReadonlyArray<Batches.Batch>): Pieces<ReadonlyArray<Dataset.Arrays<X>>> {
  const gathered: Array<Dataset.Arrays<X>> = []
  for (const rows of batches) {
    gathered.push((yield* piecesOf(Dataset.takeRows<X>, tree, rows)) as Dataset.Arrays<X>)
    yield
  }
  return gathered
}

/** The rows of each batch, for a tree of arrays. Fails with `DataError` where stored rows cannot be read. */
export const rowsOfBatches = <X>(
  tree: X,
  batches: ReadonlyArray<Batches.Batch>,
): Effect.Effect<ReadonlyArray<Dataset.Arrays<X>>, ReadError> => {
  if (!hasStored(tree)) return Effect.suspend(() => inTurns(gathering(tree, batches)))
  const rows = new Int32Array(batches.reduce((sum, { length }) => sum + length, 0))
  const ranges: Array<Range> = []
  let end = 0
  for (const batch of batches) {
    rows.set(batch, end)
    ranges.push([end, end + batch.length])
    end += batch.length
  }
  return Effect.map(stored(tree, rows), (read) =>
    cut(tree, read, ranges, (array, i) => Dataset.takeRows(array, batches[i] ?? [])),
  ) as Effect.Effect<ReadonlyArray<Dataset.Arrays<X>>, ReadError>
}

/** The rows of each range, for a tree of arrays; ranges follow each other. Arrays in memory share their storage. */
export const rowsOfRanges = <X>(
  tree: X,
  ranges: ReadonlyArray<Range>,
): Effect.Effect<ReadonlyArray<Dataset.Arrays<X>>, ReadError> => {
  if (!hasStored(tree)) return refusing(() => Effect.succeed(ranges.map(([start, end]) => Dataset.slice(tree, start, end))))
  const [first = 0, end = 0] = [ranges[0]?.[0], ranges.at(-1)?.[1]]
  const local = ranges.map(([from, to]): Range => [from - first, to - first])
  return Effect.map(stored(tree, { start: first, end }), (read) =>
    cut(tree, read, local, (array, i) => Dataset.slice(array, ...(ranges[i] ?? [0, 0]))),
  ) as Effect.Effect<ReadonlyArray<Dataset.Arrays<X>>, ReadError>
}

/** The arrays of a dataset as one tree, so that they are read together. */
export const partsOf = <X, T>({ inputs, targets, weights }: DatasetOf<X, T>): object => ({
  x: inputs,
  y: targets,
  ...(weights === undefined ? {} : { w: weights }),
})

/** The samples of each range of a dataset. */
export const samplesOfRanges = <X, T>(
  data: DatasetOf<X, T>,
  ranges: ReadonlyArray<Range>,
): Effect.Effect<ReadonlyArray<Samples<X, Tensors<T>>>, ReadError> =>
  rowsOfRanges(partsOf(data), ranges) as Effect.Effect<ReadonlyArray<Samples<X, Tensors<T>>>, ReadError>

/** The samples of each batch of a dataset. */
export const samplesOfBatches = <X, T>(
  data: DatasetOf<X, T>,
  batches: ReadonlyArray<Batches.Batch>,
): Effect.Effect<ReadonlyArray<Samples<X, Tensors<T>>>, ReadError> =>
  rowsOfBatches(partsOf(data), batches) as Effect.Effect<ReadonlyArray<Samples<X, Tensors<T>>>, ReadError>

/** The rows with these numbers i32[n], gathered by the engine from arrays in memory. */
export const samplesTaken = <X, T>(data: DatasetOf<X, T>, rows: Tensor): Samples<X, Tensors<T>> =>
  Tree.map(partsOf(data) as unknown, (array) => take(array as Tensor, rows)) as unknown as Samples<X, Tensors<T>>
