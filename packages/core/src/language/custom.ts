/**
 * Values with a derivative of their own, `custom`. As for loops (`loops.ts`), a page without them does not load what they need:
 * `transform/custom.ts` provides it when it is loaded.
 */
import { type Provided, provided } from "./provided.ts"

/** Something for values with a derivative of their own, which `transform/custom.ts` provides. */
export const providedForCustom = <A>(): Provided<A> => provided("custom derivatives", "transform/custom.ts")
