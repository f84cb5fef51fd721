/** The only error of mathematical operations: an operation was called with arrays of wrong shapes or dtypes. */
import { TaggedError } from "effect/Data"
import { bytes, type DType } from "./DType.ts"
import * as Shape from "./Shape.ts"

/** The shape and the dtype of an array, without its elements. */
export interface Spec<S extends Shape.Shape = Shape.Shape> {
  readonly shape: S
  readonly dtype: DType
}

/** A spec as text. `printSpec({ dtype: "f32", shape: [2, 3] }) // => "f32[2, 3]"` */
export const printSpec = (spec: Spec): string => `${spec.dtype}${Shape.print(spec.shape)}`

/** The bytes of an array's elements. `bytesOf({ dtype: "f32", shape: [2, 3] }) // => 24` */
export const bytesOf = ({ dtype, shape }: Spec): number => Shape.size(shape) * bytes[dtype]

/**
 * Thrown when an operation is called, not when it is computed, so the stack trace has the line that is wrong.
 *
 * `operation` is the called function, `got` are its arguments, `wanted` says what it accepts, and `hint` what to try. `row` is the
 * row that is wrong, where it is a value and not a shape: a class number that does not exist.
 */
export class ShapeError extends TaggedError("ShapeError")<{
  readonly operation: string
  readonly got: ReadonlyArray<Spec>
  readonly wanted: string
  readonly hint: string
  readonly row?: number
}> {
  override get message(): string {
    const got = this.got.map(printSpec).join(" and ")
    const place = this.row === undefined ? "" : ` in row ${this.row}`
    return `${this.operation} ${got === "" ? "wants" : `got ${got}; it wants`} ${this.wanted}${place}. Try: ${this.hint}`
  }

  /** The same error with other fields. */
  with(fields: { readonly operation?: string; readonly row?: number }): ShapeError {
    const { got, hint, operation, row, wanted } = this
    return new ShapeError({ operation, got, wanted, hint, ...(row === undefined ? {} : { row }), ...fields })
  }
}

/** Whether the error is an invalid shape (`Shape.isValid`). In a program with integer sizes this means too many elements. */
export const isOfShape = ({ wanted }: ShapeError): boolean => wanted.includes(Shape.wanted)

/**
 * A function whose `ShapeError`s have its own name, not that of an operation inside: a caller of `avgPool` reads
 * `avgPool got …`.
 */
export const named = <F extends (...given: never) => unknown>(operation: string, f: F): F => {
  const call = f as unknown as (...given: ReadonlyArray<unknown>) => unknown
  const renaming = (...given: ReadonlyArray<unknown>): unknown => {
    try {
      return call(...given)
    } catch (error) {
      if (!(error instanceof ShapeError) || error.operation === operation) throw error
      throw error.with({ operation })
    }
  }
  return renaming as unknown as F
}

/** Throws a `ShapeError`. It is an expression, so it can be used in place of a value. */
export const refuse = (operation: string, got: ReadonlyArray<Spec>, wanted: string, hint: string): never => {
  throw new ShapeError({ operation, got: got.map(({ dtype, shape }) => ({ dtype, shape })), wanted, hint })
}
