/** The one error that mathematics throws: an operation was written down for arrays it cannot take. */
import { TaggedError } from "effect/Data"
import { bytes, type DType } from "./DType.ts"
import * as Shape from "./Shape.ts"

/** What is known of an array before its numbers are: its sizes and its kind of element. */
export interface Spec<S extends Shape.Shape = Shape.Shape> {
  readonly shape: S
  readonly dtype: DType
}

/** An array's kind and sizes in one word. `printSpec({ dtype: "f32", shape: [2, 3] }) // => "f32[2, 3]"` */
export const printSpec = (spec: Spec): string => `${spec.dtype}${Shape.print(spec.shape)}`

/** Bytes that an array's elements take. `bytesOf({ dtype: "f32", shape: [2, 3] }) // => 24` */
export const bytesOf = ({ dtype, shape }: Spec): number => Shape.size(shape) * bytes[dtype]

/**
 * Thrown when an operation is written down, so never later than the line that is wrong.
 *
 * `operation` is what was called, `got` the arrays it was given, `wanted` what it takes and `hint` what to try.
 */
export class ShapeError extends TaggedError("ShapeError")<{
  readonly operation: string
  readonly got: ReadonlyArray<Spec>
  readonly wanted: string
  readonly hint: string
}> {
  override get message(): string {
    const got = this.got.map(printSpec).join(" and ")
    return `${this.operation} ${got === "" ? "wants" : `got ${got}; it wants`} ${this.wanted}. Try: ${this.hint}`
  }
}

/** Whether what was refused is a shape itself, as `Shape.isValid` has it: in a program whose sizes are whole, one of too many elements. */
export const isOfShape = ({ wanted }: ShapeError): boolean => wanted.includes(Shape.wanted)

/**
 * A function whose refusals carry its own name, whatever it is built of: a caller of `avgPool` reads `avgPool got …`, not
 * the name of a step inside.
 */
export const named = <F extends (...given: never) => unknown>(operation: string, f: F): F => {
  const call = f as unknown as (...given: ReadonlyArray<unknown>) => unknown
  const renaming = (...given: ReadonlyArray<unknown>): unknown => {
    try {
      return call(...given)
    } catch (error) {
      if (!(error instanceof ShapeError) || error.operation === operation) throw error
      throw new ShapeError({ operation, got: error.got, wanted: error.wanted, hint: error.hint })
    }
  }
  return renaming as unknown as F
}

/** Throws a `ShapeError`; an expression, so that it can stand where a value is wanted. */
export const refuse = (operation: string, got: ReadonlyArray<Spec>, wanted: string, hint: string): never => {
  throw new ShapeError({ operation, got: got.map(({ dtype, shape }) => ({ dtype, shape })), wanted, hint })
}
