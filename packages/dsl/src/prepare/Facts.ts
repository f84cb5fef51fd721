/**
 * What the data says of itself before a number of it is used: the shape of a sample, what is to be predicted, how many
 * rows there are. Shape inference and the checks of training start from these. A fact that is not known is left out.
 */
import type { FittedInput } from "@adjoint/core/data/Fitted"
import type { Unit } from "@adjoint/core/learning/Score"
import type { DType } from "@adjoint/core/types/DType"
import type { Shape } from "@adjoint/core/types/Shape"

/** What is to be predicted. */
export type Target =
  | { readonly type: "class" | "binary"; readonly name: string; readonly classes?: ReadonlyArray<string> }
  | {
      readonly type: "numbers"
      readonly names: ReadonlyArray<string>
      /** What each was measured in, where the net learns other numbers: scaled ones, or logarithms. */
      readonly units?: ReadonlyArray<Unit>
    }

/** Rows of each part; 0 where the split has no such part. */
export interface Rows {
  readonly train: number
  readonly val: number
  readonly test: number
}

/** What is known of the data. */
export interface Facts {
  /** The shape of one prepared input, without the axis of rows. */
  readonly sample?: Shape
  /** What the numbers of an input are until the net begins: bytes, or those that were prepared. */
  readonly dtype?: DType
  readonly target?: Target
  readonly rows?: Rows
  /** Rows that were left out for a blank, by the columns that say `missing: drop`; a row blank in two is counted for both. */
  readonly dropped?: ReadonlyArray<{ readonly column: string; readonly rows: number }>
  /** Training rows of each class, in the order of the classes. */
  readonly counts?: ReadonlyArray<number>
  /** What prepares an input. Rows of bytes stay bytes until the net begins with it. */
  readonly input?: FittedInput
  /** Rows that only pre-training learns from. */
  readonly unlabelled?: number
  /** The least and the largest number of the prepared inputs. */
  readonly extent?: readonly [least: number, largest: number]
  /** The same of each column of a table, or of all numbers of the training rows. */
  readonly extents?: ReadonlyArray<Extent>
  /** The same of each target that is a quantity, as it was prepared. */
  readonly targetExtents?: ReadonlyArray<Extent>
  /** Targets of arrays that are so many different whole numbers, held as floats. */
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

/** Between which numbers prepared inputs lie; of a table, those of one column. */
export interface Extent {
  readonly column?: string
  readonly extent: readonly [least: number, largest: number]
}
