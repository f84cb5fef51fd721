/** A net in inference. */
import type { Initial, Net } from "./Net.ts"
import { checkNet } from "./within.ts"

/**
 * The predictions of a net for a batch, with weights such as those of `Train.finished` or of `init`: nothing is random, and the
 * state does not change. Throws `ShapeError`, also for an output that is not what `shape` says.
 *
 * ```ts
 * const net = Net.sequential({ out: Layers.dense({ units: 3 }) })
 * Net.infer(net, net.init(Key.make(1), [2]), Tensor.ones([4, 2])).shape // => [4, 3]
 * ```
 */
export const infer = <P, S, X, Y>(net: Net<P, S, X, Y>, { params, state }: Initial<P, S>, x: NoInfer<X>): Y =>
  checkNet(net, x, net.apply(params, state, x, { mode: "infer" }).y)
