/** Nets whose intermediate values are computed again for the backward pass. */
import { checkpoint as recomputing } from "../../transform/checkpoint.ts"
import type { Applied, Net } from "./Net.ts"

/**
 * The same net, whose intermediate values are computed again for the backward pass instead of being kept for it
 * (`Transform.checkpoint`): put it around the blocks of a deep net that takes too much memory. Parameters, outputs and random numbers
 * are those of the net. Where a context observes or probes the layers inside, they are kept.
 *
 * ```ts
 * import { Layers, Net } from "@adjoint/core"
 *
 * const block = Net.sequential([Layers.dense({ units: 8, activation: "gelu" }), Layers.dense({ units: 4 })])
 * Net.repeat(12, Net.checkpoint(block)).shape([4]) // => [4]
 * ```
 */
export const checkpoint = <P, S, X, Y>(net: Net<P, S, X, Y>): Net<P, S, X, Y> => ({
  ...net,
  apply: (params, state, x, context) => {
    const isWatched = context.observe !== undefined || context.probe !== undefined
    if (isWatched || context.mode === "infer") return net.apply(params, state, x, context)
    // The key is an argument, so that random numbers are computed again and not kept.
    const applied = recomputing(
      (params: P, state: S, x: X, key: typeof context.key): Applied<S, Y> => net.apply(params, state, x, { mode: "train", key }),
    )
    return applied(params, state, x, context.key)
  },
})
