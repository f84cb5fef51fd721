/** The prepared rows of a document, and what is known about them. */
import type * as Dataset from "@adjoint/core/data/Dataset"
import type { FittedTree } from "@adjoint/core/data/Fitted"
import type * as Preprocess from "@adjoint/core/data/Preprocess"
import type * as PreprocessTree from "@adjoint/core/data/PreprocessTree"
import type * as Effect from "effect/Effect"
import type { Named } from "../Document.ts"
import type { Path } from "../source/Path.ts"
import type * as Constant from "./Constant.ts"
import type { Facts } from "./Facts.ts"
import type * as InTime from "./InTime.ts"
import type { PrepareError } from "./PrepareError.ts"
import type { FileRecord, Read, Rows } from "./Reading.ts"
import type * as Slices from "./Slices.ts"

/**
 * The rows of a document, prepared. Rows that were read as bytes stay bytes, for the net that `build` makes of these facts;
 * `InputTransform.numbers` is the first thing that the net computes.
 */
export interface Prepared<I extends PreprocessTree.RowArrays = PreprocessTree.RowArrays> {
  readonly train: Part<I>
  readonly val?: Part<I>
  readonly test?: Part<I>
  /** Prepared inputs that only pre-training learns from. */
  readonly unlabelled?: PreprocessTree.Arrays
  readonly fitted: FittedTree
  readonly facts: Known
  readonly lock: Lock
  /** The values of the columns that the document scores groups by, for the part that it scores. */
  readonly slices: Slices.Slices
  /** The order in time of the rows of that part, where they have one. */
  readonly inTime?: InTime.InTime
  /** Where the rows of each part are in its source. */
  readonly origins: { readonly [part in "train" | "val" | "test"]?: Origin }
}

/** The rows of one part: inputs, in memory or stored outside it, and targets; each one array or one for each name. */
export type Part<I extends PreprocessTree.RowArrays = PreprocessTree.RowArrays> = Dataset.Dataset<I, PreprocessTree.Arrays>

/** How the rows of a document are read, and where its prepared rows are. */
export interface Storage<I extends PreprocessTree.RowArrays, E, R> {
  readonly read: (data: Read, source: Named, at: Path, directory: string) => Effect.Effect<Rows, PrepareError | E, R>
  /** The prepared rows of a part. */
  readonly part: (
    name: string,
    fitted: FittedTree,
    rows: Rows,
    which: Preprocess.Rows,
  ) => Effect.Effect<Part<I>, PrepareError | E, R>
}

/** The rows of a part in its source, counted from 0, and the line there of any row of the source, if it has lines. */
export interface Origin {
  readonly rows: ArrayLike<number>
  readonly line?: (row: number) => number
}

/** The facts after the rows are read, with class counts for a target of classes. */
export type Known = Facts & Required<Pick<Facts, "sample" | "input" | "target" | "rows">>

/** A record of the rows, to detect later changes. */
export interface Lock {
  readonly version: 1
  readonly files: ReadonlyArray<FileRecord>
  readonly rows: Known["rows"]
  /** The hash of which row is in which part. */
  readonly split: string
  /** What the targets of the training rows say alone, by head; runs of older versions lack it. */
  readonly targets?: Constant.TargetRecords
}
