/**
 * The statistics of a net's layers in one step of training: outputs, the gradients of the loss by them, and how much of its
 * weights a layer would change. The step is computed beside the run: the state is an argument, and nothing is kept of the result.
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Dataset from "../data/Dataset.ts"
import * as Compile from "../engines/Compile.ts"
import type { Engine, EngineError } from "../engines/Engine.ts"
import type { Tensor } from "../language/Expr.ts"
import type { Tensors } from "../language/TensorTree.ts"
import * as Loss from "../learning/Loss.ts"
import { isWeight } from "../learning/Params.ts"
import { zeros } from "../tensor/create.ts"
import { add } from "../tensor/elementwise.ts"
import { readAll } from "../tensor/read.ts"
import { valueAndGradAux } from "../transform/Autodiff.ts"
import type { NDArray } from "../types/NDArray.ts"
import type { ShapeError } from "../types/ShapeError.ts"
import * as Tree from "../types/Tree.ts"
import type { TrainState } from "./Checkpoint.ts"
import type { Config } from "./Config.ts"
import type { EndsOf, LayerStatistics } from "./LayerReport.ts"
import { type DatasetOf, type ReadError, type Samples, samplesOfBatches } from "./Samples.ts"
import { normOf, spreadOf } from "./Spread.ts"
import { stepKey } from "./stepKey.ts"

/** What a step of training consists of. */
export interface Stepping<P, S, O, X, Y, T>
  extends Pick<Config<P, S, O, never, X, Y, T>, "net" | "optimizer" | "penalty" | "seed"> {
  readonly loss: Config<P, S, O, never, X, Y, T>["loss"]
}

/** Evenly spaced rows of a dataset: always the same ones, over all of it. `evenRows(10, 3) // => [0, 3, 6]` */
export const evenRows = (rows: number, count: number): ReadonlyArray<number> => {
  const wanted = Math.min(rows, count)
  return Array.from({ length: wanted }, (_, i) => Math.floor((i * rows) / wanted))
}

/** Evenly spaced samples of a dataset. */
export const evenSamples = <X, T>(data: DatasetOf<X, T>, count: number): Effect.Effect<Samples<X, Tensors<T>>, ReadError> =>
  Effect.map(
    samplesOfBatches<X, T>(data, [Int32Array.from(evenRows(Dataset.size(data), count))]),
    ([samples]) => samples as Samples<X, Tensors<T>>,
  )

/** The outputs of layers for a batch, with the name of each layer; a net without layers inside is one layer. */
interface Seen {
  readonly names: ReadonlyArray<string>
  readonly outputs: ReadonlyArray<Tensor>
}

/** The layers of a net that have no others inside. */
const innermost = (names: ReadonlyArray<string>): ReadonlyArray<boolean> =>
  names.map((name) => !names.some((other) => other.startsWith(`${name}.`)))

/** The numbers of a step, and the names of its layers. */
const measured = <P, S, O, X, Y, T>(
  { loss, net, optimizer, penalty, seed }: Stepping<P, S, O, X, Y, T>,
  state: TrainState<P, S, O>,
  { w, x, y }: Samples<X, Tensors<T>>,
) => {
  const key = stepKey(seed, state.step)
  /** The outputs of all layers, each with a variable added, so that the loss can be differentiated by it. */
  const apply = (params: P, probes: ReadonlyArray<Tensor> | undefined) => {
    const [names, outputs]: [Array<string>, Array<Tensor>] = [[], []]
    const probe = (layer: string, output: Tensor): Tensor => {
      const variable = probes?.[outputs.length]
      const probed = variable === undefined || output.dtype !== "f32" ? output : add(output, variable)
      names.push(layer)
      outputs.push(probed)
      return probed
    }
    const prediction = net.apply(params, state.state, x, { mode: "train", key, probe }).y
    return { prediction, seen: { names, outputs } satisfies Seen }
  }
  const { seen } = apply(state.params, undefined)
  const probes = seen.outputs.map(({ shape }) => zeros(shape))
  const cost = (at: { readonly params: P; readonly probes: ReadonlyArray<Tensor> }) => {
    const { prediction, seen } = apply(at.params, at.probes)
    const mean = Loss.values(loss, prediction, y, w).value
    return { value: penalty === undefined ? mean : add(mean, penalty(at.params)), aux: seen.outputs }
  }
  const { aux, grad } = valueAndGradAux(cost)({ params: state.params, probes })
  const { updates } = optimizer.update(grad.params, state.optimizer, state.params)
  return { names: seen.names, outputs: aux, gradients: grad.probes, params: state.params, slopes: grad.params, updates }
}

const deadOf = ({ data, shape }: NDArray): Pick<LayerStatistics, "dead" | "units"> => {
  const units = shape.length < 2 ? 1 : (shape.at(-1) ?? 1)
  const alive = new Uint8Array(units)
  for (let i = 0; i < data.length; i++) if (data[i] !== 0) alive[i % units] = 1
  return { units, dead: units - alive.reduce((sum, each) => sum + each, 0) }
}

/** The weights of a tree of parameters, with their paths. */
const weightsIn = (tree: unknown): ReadonlyArray<readonly [path: string, leaf: Tensor]> =>
  Tree.entries(tree).flatMap(([path, leaf]) => (isWeight(path) ? [[Tree.printPath(path), leaf as Tensor] as const] : []))

/** Measures a state on a batch. */
export type Measure<P, S, O, X, T> = (
  state: TrainState<P, S, O>,
  batch: Samples<X, T>,
) => Effect.Effect<ReadonlyArray<LayerStatistics>, EngineError | ShapeError>

/** Compiles the statistics of a net's layers for states and batches of these shapes. The scope releases the engine's memory. */
export const layerStatistics = <P, S, O, X, Y, T>(
  stepping: Stepping<P, S, O, X, Y, T>,
  like: TrainState<P, S, O>,
  batch: Samples<X, Tensors<T>>,
  endsOf: EndsOf = () => undefined,
): Effect.Effect<Measure<P, S, O, X, Tensors<T>>, EngineError | ShapeError, Engine | Scope.Scope> =>
  Effect.gen(function* () {
    let names: ReadonlyArray<string> = []
    const run = yield* Compile.compile(
      (state: TrainState<P, S, O>, samples: Samples<X, Tensors<T>>) => {
        const { names: found, ...arrays } = measured(stepping, state, samples)
        names = found
        return arrays
      },
      like,
      batch,
    )
    const kept = innermost(names)
    return (state, samples) =>
      Effect.map(run(state, samples), ({ gradients, outputs, params, slopes, updates }) => {
        const [arrays, back] = [readAll(outputs), readAll(gradients)]
        const [all, backward, steps] = [params, slopes, updates].map(weightsIn) as [
          ReturnType<typeof weightsIn>,
          ReturnType<typeof weightsIn>,
          ReturnType<typeof weightsIn>,
        ]
        const ownerOf = (path: string): string | undefined => names.find((name, i) => kept[i] && path.startsWith(`${name}.`))
        const weightsOf = (layer: string): Pick<LayerStatistics, "weights"> => {
          const own = all.flatMap(([path], i) => (ownerOf(path) === layer ? [i] : []))
          if (own.length === 0) return {}
          const norm = (leaves: typeof all) => normOf(readAll(own.flatMap((i) => leaves[i]?.[1] ?? [])).map(({ data }) => data))
          const [weights, gradient, update] = [norm(all), norm(backward), norm(steps)]
          return { weights: { weights, gradient, update, ratio: weights === 0 ? Number.NaN : update / weights } }
        }
        return names.flatMap((layer, i): ReadonlyArray<LayerStatistics> => {
          const [output, gradient] = [arrays[i], back[i]]
          if (!kept[i] || output === undefined || gradient === undefined || output.dtype !== "f32") return []
          return [
            {
              layer,
              output: spreadOf(output.data, endsOf(layer)),
              gradient: spreadOf(gradient.data),
              ...deadOf(output),
              ...weightsOf(layer),
            },
          ]
        })
      })
  })
