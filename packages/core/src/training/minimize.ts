/** The loop that most users write: an optimizer lowers a loss of parameters and a batch. */
import { isTensor, type Tensor } from "../language/Expr.ts"
import type { Tensors } from "../language/TensorTree.ts"
import * as Optimizer from "../learning/Optimizer.ts"
import type { Key } from "../tensor/Key.ts"
import { refuse } from "../types/ShapeError.ts"
import type { Config } from "./LoopConfig.ts"
import { onlyName } from "./loopStep.ts"

/** What such a loop keeps: the parameters, and the state of the optimizer. */
export type MinimizeState<P, S> = { readonly params: P; readonly optimizer: S }

/** What it reports: the loss, and other numbers. */
export type MinimizeOutput<A> = { readonly loss: Tensor } & A

/** A loss, or a loss with other numbers to report, such as its terms. */
export type LossOf<A> = Tensor | { readonly value: Tensor; readonly aux: A }

/** A loop in which an optimizer lowers a loss; the other fields are those of every loop. */
export interface MinimizeConfig<P, S, D, A, V, R, C>
  extends Omit<Config<MinimizeState<P, S>, D, MinimizeOutput<A>, V, R, C>, "state" | "step" | "optimizers"> {
  /** The initial parameters: any tree of tensors. */
  readonly params: P
  readonly optimizer: Optimizer.Optimizer<S>
  /** The loss of a batch, reported as `loss`; `aux` is a record of other numbers to report, each the mean of the batch, none of them called `loss`. */
  readonly loss: (params: NoInfer<P>, batch: Tensors<D>, key: Key) => LossOf<A>
}

/**
 * A loop in which an optimizer lowers a loss, as the config of a loop: its state is `{ params, optimizer }`. The run fails with
 * `ShapeError` for a loss that is not one number, or whose `aux` has another `loss`.
 *
 * ```ts
 * import { Key, Loop, Optimizer, Tensor, Toys, Wasm } from "@adjoint/core"
 * import { Effect } from "effect"
 *
 * const { inputs, targets } = Toys.linear(Key.make(1), { slope: 3, intercept: -1, noise: 0 })
 * const loop = Loop.minimize({
 *   params: { w: Tensor.zeros([1, 1]), b: Tensor.zeros([1]) },
 *   optimizer: Optimizer.sgd(0.1),
 *   data: { x: inputs, y: targets },
 *   loss: ({ b, w }, { x, y }) => Tensor.mean(Tensor.square(Tensor.sub(Tensor.add(Tensor.matmul(x, w), b), y))),
 *   seed: 17,
 *   epochs: 40,
 *   batch: 20,
 * })
 * const { state } = await Effect.runPromise(Effect.provide(Loop.finished(loop), Wasm.layer()))
 * Tensor.print(state.params.w) // => "[[3]]"
 * ```
 */
export const minimize = <P, S extends object, D, A = Record<never, never>, V = unknown, R = never, C = unknown>({
  loss,
  optimizer,
  params,
  ...rest
}: MinimizeConfig<P, S, D, A, V, R, C>): Config<MinimizeState<P, S>, D, MinimizeOutput<A>, V, R, C> => ({
  ...rest,
  state: { params, optimizer: optimizer.init(params) },
  step: (before, batch, key) => {
    const next = Optimizer.minimize(
      optimizer,
      before.params,
      before.optimizer,
      (at: P): { readonly value: Tensor; readonly aux: A } => {
        const result = loss(at, batch, key)
        return isTensor(result) ? { value: result, aux: {} as A } : result
      },
    )
    if (Object.hasOwn(next.aux as object, onlyName))
      refuse("Loop.minimize", [], "other names in aux than `loss`, which the loss itself has", "another name")
    return { state: { params: next.params, optimizer: next.state }, output: { loss: next.value, ...next.aux } }
  },
  optimizers: { optimizer } as never,
})
