/**
 * Facts about the data: the shape of a sample, the target, the number of
 * rows. Shape inference and the checks of training use them. Unknown facts are absent.
 */
import type { FittedInput } from "@adjoint/core/data/Fitted"
import type { Unit } from "@adjoint/core/learning/Score"
import type { DType } from "@adjoint/core/types/DType"
import type { Shape } from "@adjoint/core/types/Shape"

/** The target. */
export type Target =
  | { readonly type: "class" | "binary"; readonly name: string; readonly classes?: ReadonlyArray<string> }
  | {
      readonly type: "numbers"
      readonly names: ReadonlyArray<string>
      /** The original unit of each, if the net learns scaled values or logarithms. */
      readonly units?: ReadonlyArray<Unit>
    }

/** Rows of each part; 0 where the split has no such part. */
export interface Rows {
  readonly train: number
  readonly val: number
  readonly test: number
}

/** The known facts about the data. */
export interface Facts {
  /** The shape of one prepared input, without the axis of rows. */
  readonly sample?: Shape
  /** The dtype of stored inputs: bytes, or prepared floats. */
  readonly dtype?: DType
  readonly target?: Target
  readonly rows?: Rows
  /** Rows removed by `missing: drop`, by column; a row with two missing values counts for both columns. */
  readonly dropped?: ReadonlyArray<{ readonly column: string; readonly rows: number }>
  /** Training rows of each class, in the order of the classes. */
  readonly counts?: ReadonlyArray<number>
  /** The input transform. Rows of bytes stay bytes until the net applies it. */
  readonly input?: FittedInput
  /** Rows that only pre-training learns from. */
  readonly unlabelled?: number
  /** The least and the largest number of the prepared inputs. */
  readonly extent?: readonly [least: number, largest: number]
  /** The same of each column of a table, or of all numbers of the training rows. */
  readonly extents?: ReadonlyArray<Extent>
  /** The same of each target that is a quantity, as it was prepared. */
  readonly targetExtents?: ReadonlyArray<Extent>
  /** The distinct values of float targets that are whole numbers. */
  readonly labels?: { readonly count: number; readonly least: number; readonly greatest: number }
  /** The ends of the prepared inputs of each part, and where they are. */
  readonly inputEnds?: { readonly [part in keyof Rows]?: InputEnds }
}

/** A prepared input and where it is: its row or line in the source, and its column. */
export interface Seen {
  readonly value: number
  readonly place: string
  readonly column?: string
}

/** The least and the largest input, and the first that is not a whole number. */
export interface InputEnds {
  readonly least: Seen
  readonly largest: Seen
  readonly fraction?: Seen
}

/** The range of prepared inputs; of a table, that of one column. */
export interface Extent {
  readonly column?: string
  readonly extent: readonly [least: number, largest: number]
}
