/** Functions of trees of tensors, computed in the doubles of Reference. */
import { Compile, Reference } from "@adjoint/core"
import { refill, tensors } from "../src/language/TensorTree.ts"
import * as T from "../src/tensor/Tensor.ts"
import type { NDArray } from "../src/words/NDArray.ts"

/** The same function with a result of numbers, every step of it done in doubles. Arguments that are arrays of doubles stay so. */
export const exactly =
  <Args extends ReadonlyArray<unknown>, Y>(f: (...args: Args) => Y) =>
  (...args: Args): Y => {
    const { program, result } = Compile.program(f, ...(args as never))
    const inputs = tensors(args).map((x): NDArray => ("data" in x ? (x as NDArray) : T.read(x)))
    return refill<Y>(result as Y, Reference.run(program, inputs))
  }
