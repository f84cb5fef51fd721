/**
 * Loops inside a program, `scan`. As for images (`images.ts`), a page without loops does not load what they need (shape rule,
 * definition, kernel, the search for loops that others extend): `tensor/loop.ts` provides it when it is loaded.
 */
import { type Provided, provided } from "./provided.ts"

/** Something for loops, which `tensor/loop.ts` provides. */
export const providedForLoops = <A>(): Provided<A> => provided("loops", "tensor/loop.ts")
