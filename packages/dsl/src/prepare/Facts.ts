/**
 * Facts about the data: the shape of a sample, the target, the number of
 * rows. Shape inference and the checks of training use them. Unknown facts are absent.
 */
import type { FittedTree } from "@adjoint/core/data/Fitted"
import { sequencesOf as fittedSequences, type OrNamed } from "@adjoint/core/data/PreprocessTree"
import type { Unit } from "@adjoint/core/learning/Score"
import type { DType } from "@adjoint/core/types/DType"
import type { Shape } from "@adjoint/core/types/Shape"
import { inputName } from "../Document.ts"
import { paddedOf, type SequenceInput, type Sequences } from "../net/Nodes.ts"

/** What one head predicts. */
export type HeadTarget =
  | { readonly type: "class" | "binary"; readonly name: string; readonly classes?: ReadonlyArray<string> }
  | {
      readonly type: "numbers"
      readonly names: ReadonlyArray<string>
      /** Their columns, if several numbers are of one: a series at several steps ahead. */
      readonly columns?: ReadonlyArray<string>
      /** The original unit of each, if the net learns scaled values or logarithms. */
      readonly units?: ReadonlyArray<Unit>
    }
  | {
      /** Yes or no in each of several columns. */
      readonly type: "labels"
      readonly names: ReadonlyArray<string>
      /** The two names of each. */
      readonly classes?: ReadonlyArray<ReadonlyArray<string>>
      /** The one column that these are the names of, if it is a set. */
      readonly set?: string
    }

/** The target of one of several heads. */
export interface HeadFacts {
  readonly name: string
  readonly target: HeadTarget
  /** Training rows of each class, in the order of the classes. */
  readonly counts?: ReadonlyArray<number>
}

/** The target: that of the one head, or those of several. */
export type Target = HeadTarget | { readonly type: "heads"; readonly heads: ReadonlyArray<HeadFacts> }

/** A head with its target; the one head of a model has no name. */
export interface Head extends Omit<HeadFacts, "name"> {
  readonly name?: string
}

/** The heads of a target. */
export const headsOf = ({ counts, target }: Pick<Facts, "counts" | "target">): ReadonlyArray<Head> =>
  target === undefined ? [] : target.type === "heads" ? target.heads : [{ target, ...(counts === undefined ? {} : { counts }) }]

/** The name of a score of a head: `Survived.accuracy`, or `accuracy` of the one head. */
export const scoreName = ({ name }: Pick<Head, "name">, score: string): string =>
  name === undefined ? score : `${name}.${score}`

/** The shape of a sample, or of each named input. */
export type Sample = OrNamed<Shape>

/** Whether a sample is one array. */
export const isOne = (sample: Sample): sample is Shape => Array.isArray(sample)

/** Rows of each part; 0 where the split has no such part. */
export interface Rows {
  readonly train: number
  readonly val: number
  readonly test: number
}

/** The known facts about the data. */
export interface Facts {
  /** The shape of one prepared input, or of each, without the axis of rows. */
  readonly sample?: Sample
  /** The dtype of stored inputs, or of each: bytes, or prepared floats. */
  readonly dtype?: OrNamed<DType>
  readonly target?: Target
  readonly rows?: Rows
  /** Whether the prepared inputs are stored outside memory, from which each step reads its batch. */
  readonly isStored?: boolean
  /** Rows removed by `missing: drop`, by column; a row with two missing values counts for both columns. */
  readonly dropped?: ReadonlyArray<{ readonly column: string; readonly rows: number }>
  /** Training rows of each class, in the order of the classes, where there is one head. */
  readonly counts?: ReadonlyArray<number>
  /** The input transform. Rows of bytes stay bytes until the net applies it. */
  readonly input?: FittedTree["input"]
  /** The inputs that are sequences of unequal length, by their names; the one input has the name "". */
  readonly sequences?: { readonly [input: string]: SequenceInput }
  /** Rows that only pre-training learns from. */
  readonly unlabelled?: number
  /** The same of each column of a table, or of all numbers of the training rows. */
  readonly extents?: ReadonlyArray<Extent>
  /** The same of each target that is a quantity, as it was prepared. */
  readonly targetExtents?: ReadonlyArray<Extent>
  /** The distinct values of float targets that are whole numbers. */
  readonly labels?: { readonly count: number; readonly least: number; readonly greatest: number }
  /** The ends of the prepared inputs of each part, and where they are, by the name of the input; the one input has the name "". */
  readonly inputEnds?: { readonly [input: string]: { readonly [part in keyof Rows]?: InputEnds } }
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
  /** The named array that it is in. */
  readonly array?: string
  readonly extent: readonly [least: number, largest: number]
}

/** The inputs of layers that are sequences of unequal length: of the fitted record, or as far as the document has them. */
export const sequencesOf = ({ input, sequences = {} }: Pick<Facts, "input" | "sequences">): Sequences => {
  const found = input === undefined ? Object.entries(sequences) : fittedSequences({ input })
  return new Map(Array.from(found, ([name, sequence]) => [name === "" ? inputName : name, sequence] as const))
}

/** The shapes of a sample as layers read it: of sequences of unequal length, those of their time steps. */
export const layerInputs = (sample: Sample, facts: Pick<Facts, "input" | "sequences">): Sample => {
  const sequences = sequencesOf(facts)
  const of = (name: string, shape: Shape): Shape => {
    const sequence = sequences.get(name)
    return sequence === undefined ? shape : paddedOf[sequence.of].shape(shape).x
  }
  return isOne(sample)
    ? of(inputName, sample)
    : Object.fromEntries(Object.entries(sample).map(([name, shape]) => [name, of(name, shape)] as const))
}
