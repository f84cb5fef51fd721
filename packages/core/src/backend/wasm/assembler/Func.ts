/** Functions of a module, and calls of them as values. */
import { structure, type ValueType } from "./opcodes.ts"
import { type Argument, operand, Value } from "./Value.ts"

/** A function of the module: to be called, or exported. */
export interface Func<
  P extends ReadonlyArray<ValueType> = ReadonlyArray<ValueType>,
  R extends ValueType | undefined = ValueType | undefined,
> {
  readonly index: number
  readonly name: string
  readonly params: P
  readonly result: R
}

/** The values a call passes, numbers allowed. */
export type CallArguments<P extends ReadonlyArray<ValueType>> = { -readonly [K in keyof P]: Argument<P[K]> }

/** The value a function leaves, called with these arguments; nothing is dropped or ordered, so bind it with `Code.let`. */
export const call = <P extends ReadonlyArray<ValueType>, R extends ValueType>(
  func: Func<P, R>,
  ...args: CallArguments<P>
): Value<R> => new Value(func.result, structure.call, "index", callOperands(func.params, args), func.index)

/** The operands of a call. */
export const callOperands = (params: ReadonlyArray<ValueType>, args: ReadonlyArray<unknown>): ReadonlyArray<Value> =>
  params.map((type, i) => operand(type, args[i]))
