/** Functions of trees of tensors, computed in doubles. */
import { Doubles } from "@adjoint/core/testing"
import { refill, tensors } from "../src/language/TensorTree.ts"

/** The same function with a result of numbers, every step of it done as Reference does. Arguments that are arrays of doubles stay so. */
export const exactly =
  <Args extends ReadonlyArray<unknown>, Y>(f: (...args: Args) => Y) =>
  (...args: Args): Y => {
    const made = f(...args)
    return refill<Y>(made, Doubles.readAll(tensors(made)))
  }
