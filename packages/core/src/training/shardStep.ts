/**
 * A training step whose batch is cut into shards, as two pure functions: the sums of one shard, and the update from the sums of all
 * of them. Sums divide once, by the number of rows of the batch, so the loss and the gradient are the means over the batch.
 */
import * as Dataset from "../data/Dataset.ts"
import type { Tensor } from "../language/Expr.ts"
import type { Tensors } from "../language/TensorTree.ts"
import * as Loss from "../learning/Loss.ts"
import { checkNet } from "../learning/net/within.ts"
import * as Optimizer from "../learning/Optimizer.ts"
import { add, div, equal, mul, scalar, sub, where } from "../tensor/elementwise.ts"
import * as Key from "../tensor/Key.ts"
import { sum } from "../tensor/reduce.ts"
import { valueAndGrad } from "../transform/Autodiff.ts"
import { gradientInPieces } from "../transform/gradientInPieces.ts"
import { inPieces } from "../types/Pieces.ts"
import { refuse } from "../types/ShapeError.ts"
import * as Tree from "../types/Tree.ts"
import type { TrainState } from "./Checkpoint.ts"
import type { Config } from "./Config.ts"
import { type BatchSums, lossSums, scoreSums, type Weights } from "./Evaluate.ts"
import { type Batch, samplesTaken } from "./Samples.ts"
import { stepKey } from "./stepKey.ts"

/** What the gradient of a shard depends on besides its rows: the weights, and the number of the step i32[]. */
export interface ShardWeights<P, S> extends Weights<P, S> {
  readonly step: Tensor
}

/** A shard of a batch: its rows, and its number i32[]. */
export interface ShardInput<X = Tensor, T = Tensor> {
  readonly batch: Batch<X, T>
  readonly shard: Tensor
}

/** Sums over the rows of a shard, all f32, which add up to those of the batch. */
export interface ShardSums<P, S> {
  /** The gradient of `value`. */
  readonly gradient: P
  /** The loss without its penalty, times `denominator`. */
  readonly value: Tensor
  /** The number of rows, or what else the loss divides by. */
  readonly denominator: Tensor
  /** The losses of heads, times the number of rows. */
  readonly heads: { readonly [head: string]: Tensor }
  /** The change of the net's state, times the number of rows. */
  readonly state: S
  /** The sum of the weights of rows, where there are some. */
  readonly weights: { readonly rows?: Tensor }
}

/** The result of a shard: its sums, and those of its scores, which need not add up (`Score.merge`). */
export interface ShardOutput<P, S> {
  readonly sums: ShardSums<P, S>
  readonly scores: BatchSums
}

/** The key of a shard of a step: it depends on the shard's number, and not on who computes it. */
export const shardKey = (seed: number, step: Tensor, shard: Tensor | number): Key.Key =>
  Key.fold(Key.fold(stepKey(seed, step), "shard"), shard)

/** The change of a net's state by a shard, times its rows. Throws `ShapeError` for a state that has no mean over shards. */
const changeOf = <S>(before: S, after: S, rows: number): S =>
  Tree.zip(
    (from, to) => {
      const [x, y] = [from as Tensor, to as Tensor]
      if (y.dtype !== "f32") refuse("shards", [y], "a state of f32 numbers, which has a mean over shards", "shards: 1")
      return mul(sub(y, x), rows)
    },
    before as unknown,
    after,
  ) as S

/** The sums of one shard of a step. Its weights are the state of the compiled step, and do not change. */
export const shardGradient = <P, S, O, R, X, Y, T>({ data, loss, net, scores, seed }: Config<P, S, O, R, X, Y, T>) =>
  inPieces(function* (weights: ShardWeights<P, S>, { batch, shard }: ShardInput<X, Tensors<T>>) {
    const samples = "rows" in batch ? samplesTaken(data, batch.rows) : batch
    const { w, x, y } = samples
    const rows = Dataset.rowsIn(x)
    const key = shardKey(seed, weights.step, shard)
    const cost = (params: P) => {
      const applied = net.apply(params, weights.state, x, { mode: "train", key })
      checkNet(net, x, applied.y)
      const losses = Loss.values(loss, applied.y, y, w)
      const denominator = Loss.denominatorOf(loss, applied.y, y) ?? scalar(rows)
      return { value: mul(losses.value, denominator), aux: { losses, denominator, applied } }
    }
    const { aux, grad, value } = yield* gradientInPieces(cost, weights.params)
    const { applied, denominator, losses } = aux
    const sums: ShardSums<P, S> = {
      gradient: grad,
      value,
      denominator,
      heads: Object.fromEntries(losses.heads.map(([name, mean]) => [name, mul(mean, rows)])),
      state: changeOf(weights.state, applied.state, rows),
      weights: w === undefined ? {} : { rows: sum(w) },
    }
    const output: ShardOutput<P, S> = { sums, scores: scoreSums(scores, applied.y, samples) }
    return { state: weights, output }
  })

/** The sums of all shards of a batch, and its number of rows f32[]. */
export interface ShardTotal<P, S> {
  readonly sums: ShardSums<P, S>
  readonly rows: Tensor
}

/** The update from the sums of all shards: the penalty, the optimizer with its clipping, and the net's state, each once. */
export const shardUpdate = <P, S, O, R, X, Y, T>({ optimizer, penalty }: Config<P, S, O, R, X, Y, T>) =>
  inPieces(function* (state: TrainState<P, S, O>, { rows, sums }: ShardTotal<P, S>) {
    const over = (total: Tensor, count: Tensor): Tensor => div(total, count)
    // A loss of no elements is 0, as its sum is.
    const denominator = where(equal(sums.denominator, 0), 1, sums.denominator)
    const value = over(sums.value, denominator)
    const mean = Tree.map(sums.gradient as unknown, (total) => over(total as Tensor, denominator)) as P
    const penalized = penalty === undefined ? undefined : valueAndGrad(penalty)(state.params)
    const gradient =
      penalized === undefined ? mean : (Tree.zip((a, b) => add(a as Tensor, b as Tensor), mean as unknown, penalized.grad) as P)
    yield
    const { state: next, updates } = optimizer.update(gradient, state.optimizer, state.params)
    const net = Tree.zip(
      (from, change) => add(from as Tensor, over(change as Tensor, rows)),
      state.state as unknown,
      sums.state,
    ) as S
    const params = Optimizer.apply(state.params, updates)
    const step = add(state.step, 1)
    const heads = Object.entries(sums.heads).map(([name, total]) => [name, over(total, rows)] as const)
    const weights: ShardWeights<P, S> = { params, state: net, step }
    return {
      state: { params, state: net, optimizer: next, step },
      output: {
        cost: penalized === undefined ? value : add(value, penalized.value),
        sums: lossSums({ value, heads }, rows, sums.weights.rows),
        weights,
      },
    }
  })
