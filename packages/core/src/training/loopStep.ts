/** The step of a loop as the engine runs it: with its key, its batch, and its outputs as sums over rows. */
import * as Dataset from "../data/Dataset.ts"
import type { Tensor } from "../language/Expr.ts"
import { checkUnchanged, type Like, type Tensors } from "../language/TensorTree.ts"
import { none } from "../learning/Params.ts"
import { add, cast, scalar } from "../tensor/elementwise.ts"
import type * as Key from "../tensor/Key.ts"
import { take } from "../tensor/select.ts"
import { refuse } from "../types/ShapeError.ts"
import * as Tree from "../types/Tree.ts"
import type { TrainState } from "./Checkpoint.ts"
import { sumsOfMeans } from "./Evaluate.ts"
import { stepKey } from "./stepKey.ts"

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
export const onlyName = "loss"

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

/** The step that the engine runs. */
export const loopStep =
  <S, D, O>(data: D, seed: number, step: UserStep<S, D, O>) =>
  (state: LoopState<S>, input: LoopInput<D>) => {
    const batch =
      "rows" in input ? (Tree.map(data as unknown, (array) => take(array as Tensor, input.rows)) as Tensors<D>) : input.batch
    const key = stepKey(seed, state.step)
    const { output, state: next } = step(state.params, batch, key)
    checkUnchanged("Loop.run", state.params, next)
    const values = namedNumbers("Loop.run", output)
    return {
      state: { ...state, params: next as S, step: add(state.step, 1) },
      output: { values, sums: sumsOfMeans(values, Dataset.rowsIn(batch)) },
    }
  }
