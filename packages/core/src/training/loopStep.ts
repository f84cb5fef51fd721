/** The step of a loop as the engine runs it: with its key, its batch, and its outputs as sums over rows. */
import * as Dataset from "../data/Dataset.ts"
import type { Tensor } from "../language/Expr.ts"
import type { Like, Tensors } from "../language/TensorTree.ts"
import { none } from "../learning/Params.ts"
import { add, cast, mul, scalar } from "../tensor/elementwise.ts"
import * as Key from "../tensor/Key.ts"
import { take } from "../tensor/select.ts"
import { reshape } from "../tensor/structure.ts"
import { refuse } from "../types/ShapeError.ts"
import * as Tree from "../types/Tree.ts"
import type { TrainState } from "./Checkpoint.ts"
import type { BatchSums } from "./Evaluate.ts"

/** The state of a loop, laid out as a checkpoint stores it: the whole state of the user as `params`, and the number of steps. */
export type LoopState<S> = TrainState<S, typeof none, typeof none>

/** The state before the first step. */
export const loopState = <S>(state: S): LoopState<S> => ({ params: state, state: none, optimizer: none, step: scalar(0, "i32") })

/** The input of a step: the numbers of rows of data in the engine, or the rows. */
export type LoopInput<D> = { readonly rows: Tensor } | { readonly batch: Tensors<D> }

/** A step of a user. */
export type UserStep<S, D, O> = (
  state: S,
  batch: Tensors<D>,
  key: Key.Key,
) => { readonly state: Like<NoInfer<S>>; readonly output: O }

/** The name of an output that is one number and no tree. */
const onlyName = "loss"

/** The numbers of an output by their paths, f32[] each. Throws `ShapeError` for more than one number, or two of one name. */
export const namedNumbers = (operation: string, output: unknown): { readonly [name: string]: Tensor } => {
  const entries = Tree.entries(output).map(([path, leaf]) => {
    const [name, number] = [path.length === 0 ? onlyName : Tree.printPath(path), leaf as Tensor]
    if (number.shape.length > 0) refuse(operation, [number], `one number as the output ${name}`, "Tensor.mean")
    return [name, number.dtype === "f32" ? number : cast(number, "f32")] as const
  })
  const twice = entries.find(([name], i) => entries.findIndex(([other]) => other === name) < i)
  if (twice !== undefined) refuse(operation, [], `outputs of different names, not two named ${twice[0]}`, "names without dots")
  return Object.fromEntries(entries)
}

/** Means over the rows of a batch, as sums. */
export const sumsOfMeans = (means: { readonly [name: string]: Tensor }, rows: number): BatchSums =>
  Object.fromEntries(Object.entries(means).map(([name, mean]) => [name, reshape(mul(mean, rows), [1])]))

/** The step that the engine runs. The key of a step depends on the seed and the number of the step alone. */
export const loopStep =
  <S, D, O>(data: D, seed: number, step: UserStep<S, D, O>) =>
  (state: LoopState<S>, input: LoopInput<D>) => {
    const batch =
      "rows" in input ? (Tree.map(data as unknown, (array) => take(array as Tensor, input.rows)) as Tensors<D>) : input.batch
    const key = Key.fold(Key.fold(Key.make(seed), "step"), state.step)
    const { output, state: next } = step(state.params, batch, key)
    const values = namedNumbers("Loop.run", output)
    return {
      state: { ...state, params: next as S, step: add(state.step, 1) },
      output: { values, sums: sumsOfMeans(values, Dataset.rowsIn(batch)) },
    }
  }
