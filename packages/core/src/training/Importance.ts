/**
 * Permutation importance: how much worse a model does when the values of one feature are shuffled among the rows, so that
 * they say nothing any more (Breiman, Random forests, 2001).
 */
import * as Effect from "effect/Effect"
import * as Dataset from "../data/Dataset.ts"
import * as Order from "../data/Order.ts"
import { sampleSpread } from "../data/sampleSpread.ts"
import { inTurns } from "../engines/turns.ts"
import * as Key from "../tensor/Key.ts"
import { NDArray } from "../types/NDArray.ts"
import { inPieces, type Pieces, piecesOf } from "../types/Pieces.ts"
import * as Shape from "../types/Shape.ts"

/** Numbers of a sample that are one feature: `input` is the name of their array (one without a name has the name ""), and they are from `from` to `to` (exclusive). */
export interface Feature {
  readonly name: string
  readonly input: string
  readonly from: number
  readonly to: number
}

/** How much worse the score is with a feature shuffled: the mean over some shuffles, and their standard deviation. */
export interface Importance {
  readonly name: string
  readonly mean: number
  readonly deviation: number
}

/** One array, or one for each name. */
type Inputs = NDArray | { readonly [name: string]: NDArray }

/** An array [n, …sample] with some numbers of each sample taken from the sample that `order` names. */
export const shuffled = inPieces(shuffling)

function* shuffling(array: NDArray, { from, to }: Pick<Feature, "from" | "to">, order: ArrayLike<number>): Pieces<NDArray> {
  const width = Shape.size(array.shape.slice(1))
  const { data } = yield* piecesOf(Dataset.concatRows<NDArray>, [array]) as Pieces<NDArray>
  let copied = 0
  for (let row = 0; row < order.length; row++) {
    for (let i = from; i < to; i++) data[row * width + i] = array.data[(order[row] ?? 0) * width + i] ?? 0
    copied += to - from
    if (copied < pieceLength) continue
    copied = 0
    yield
  }
  return new NDArray(array.dtype, array.shape, data)
}

/** Numbers that are copied between two turns of others: about a millisecond of code that the host has not optimized yet. */
const pieceLength = 2 ** 13

/** The inputs with a feature shuffled by the order that a key draws. */
function* withFeature(inputs: Inputs, feature: Feature, key: Key.Key): Pieces<Inputs> {
  const order = yield* Order.bucketed(key, Dataset.rowsIn(inputs))
  if (inputs instanceof NDArray) return yield* shuffling(inputs, feature, order)
  const own = Object.hasOwn(inputs, feature.input) ? inputs[feature.input] : undefined
  return own === undefined ? inputs : { ...inputs, [feature.input]: yield* shuffling(own, feature, order) }
}

/**
 * The importance of each feature, in the order of the features. `cost` says how bad a model is on these inputs: the larger the
 * worse. The shuffles depend on the key alone, and each feature has its own. A feature that the model does not use has the
 * importance 0 exactly.
 *
 * ```ts
 * import { Key, Tensor } from "@adjoint/core"
 * import { importance } from "@adjoint/core/training/Importance"
 * import * as Effect from "effect/Effect"
 * const inputs = Tensor.make([[1, 5], [2, 5], [3, 7], [4, 7]])
 * const cost = (x: unknown) => Effect.sync(() => Math.abs((x as typeof inputs).data[0]! - 1))
 * const features = [{ name: "used", input: "", from: 0, to: 1 }, { name: "unused", input: "", from: 1, to: 2 }]
 * const found = await Effect.runPromise(importance(inputs, features, cost, { key: Key.make(1) }))
 * found.map(({ mean }) => mean > 0) // => [true, false]
 * ```
 */
export const importance = <E, R>(
  inputs: Inputs,
  features: ReadonlyArray<Feature>,
  cost: (inputs: Inputs) => Effect.Effect<number, E, R>,
  { key, repeats = 5 }: { readonly key: Key.Key; readonly repeats?: number },
): Effect.Effect<ReadonlyArray<Importance>, E, R> =>
  Effect.gen(function* () {
    const whole = yield* cost(inputs)
    const found: Array<Importance> = []
    for (const [i, feature] of features.entries()) {
      const differences: Array<number> = []
      for (let repeat = 0; repeat < repeats; repeat++) {
        const own = Key.fold(Key.fold(key, i), repeat)
        differences.push((yield* cost(yield* Effect.orDie(inTurns(withFeature(inputs, feature, own))))) - whole)
      }
      const { deviation, mean } = sampleSpread(differences)
      found.push({ name: feature.name, mean, deviation: repeats === 1 ? 0 : deviation })
    }
    return found
  })
