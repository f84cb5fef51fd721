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
import { abs, add } from "../tensor/elementwise.ts"
import { readAll } from "../tensor/read.ts"
import { max } from "../tensor/reduce.ts"
import { slice } from "../tensor/structure.ts"
import { valueAndGradAux } from "../transform/Autodiff.ts"
import type { NDArray } from "../types/NDArray.ts"
import * as Shape from "../types/Shape.ts"
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

/** Which of some layers have no others inside. */
const innermost = (names: ReadonlyArray<string>): ReadonlyArray<boolean> =>
  names.map((name) => !names.some((other) => other.startsWith(`${name}.`)))

/** Evenly spaced rows of a layer's outputs: as many as have about so many numbers, at least one. */
const thinned = (y: Tensor, numbers: number): Tensor => {
  const [rows = 1] = y.shape
  const wanted = Math.max(1, Math.floor((numbers * rows) / Math.max(1, Shape.size(y.shape))))
  const step = Math.ceil(rows / wanted)
  return step <= 1 || y.shape.length === 0
    ? y
    : slice(
        y,
        y.shape.map(() => 0),
        y.shape,
        y.shape.map((_, axis) => (axis === 0 ? step : 1)),
      )
}

/** The largest size of each unit, over all rows and places: 0 for a dead one. */
const peaksOf = (y: Tensor): Tensor => max(abs(y), { axes: y.shape.slice(0, Math.max(1, y.shape.length - 1)).map((_, i) => i) })

/** The numbers of a step, and the names of its layers. */
const measured = <P, S, O, X, Y, T>(
  { loss, net, optimizer, penalty, seed }: Stepping<P, S, O, X, Y, T>,
  state: TrainState<P, S, O>,
  { w, x, y }: Samples<X, Tensors<T>>,
  numbers: number,
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
    return { prediction, names, outputs }
  }
  const { names, outputs } = apply(state.params, undefined)
  const probes = outputs.map(({ shape }) => zeros(shape))
  const cost = (at: { readonly params: P; readonly probes: ReadonlyArray<Tensor> }) => {
    const { outputs, prediction } = apply(at.params, at.probes)
    const mean = Loss.values(loss, prediction, y, w).value
    return { value: penalty === undefined ? mean : add(mean, penalty(at.params)), aux: outputs }
  }
  const { aux, grad } = valueAndGradAux(cost)({ params: state.params, probes })
  const { updates } = optimizer.update(grad.params, state.optimizer, state.params)
  const isInner = innermost(names)
  const kept = names.flatMap((_, i) => (isInner[i] && aux[i]?.dtype === "f32" ? [i] : []))
  const of = (all: ReadonlyArray<Tensor>) => kept.flatMap((i) => all[i] ?? [])
  return {
    /** Of all layers that have no others inside. */
    owners: names.filter((_, i) => isInner[i]),
    /** Of those with numbers, and their outputs. */
    names: kept.flatMap((i) => names[i] ?? []),
    outputs: of(aux).map((y) => thinned(y, numbers)),
    peaks: of(aux).map(peaksOf),
    gradients: of(grad.probes).map((y) => thinned(y, numbers)),
    slopes: grad.params,
    updates,
  }
}

const deadOf = ({ data }: NDArray): Pick<LayerStatistics, "dead" | "units"> => {
  let dead = 0
  for (let unit = 0; unit < data.length; unit++) if (data[unit] === 0) dead++
  return { units: data.length, dead }
}

/** The weights of a tree of parameters, with their paths. */
const weightsIn = (tree: unknown): ReadonlyArray<readonly [path: string, leaf: Tensor]> =>
  Tree.entries(tree).flatMap(([path, leaf]) => (isWeight(path) ? [[Tree.printPath(path), leaf as Tensor] as const] : []))

/** Measures a state on a batch. */
export type Measure<P, S, O, X, T> = (
  state: TrainState<P, S, O>,
  batch: Samples<X, T>,
) => Effect.Effect<ReadonlyArray<LayerStatistics>, EngineError | ShapeError>

/** How the layers of a net are measured. */
export interface Measuring {
  readonly endsOf?: EndsOf | undefined
  /** Numbers of a layer's outputs and their gradients that are looked at, in evenly spaced rows: about so many. All unless given. */
  readonly numbers?: number
}

/** Compiles the statistics of a net's layers for states and batches of these shapes. The scope releases the engine's memory. */
export const layerStatistics = <P, S, O, X, Y, T>(
  stepping: Stepping<P, S, O, X, Y, T>,
  like: TrainState<P, S, O>,
  batch: Samples<X, Tensors<T>>,
  { endsOf, numbers = Number.POSITIVE_INFINITY }: Measuring = {},
): Effect.Effect<Measure<P, S, O, X, Tensors<T>>, EngineError | ShapeError, Engine | Scope.Scope> =>
  Effect.gen(function* () {
    let [names, owners]: [ReadonlyArray<string>, ReadonlyArray<string>] = [[], []]
    const run = yield* Compile.compile(
      (state: TrainState<P, S, O>, samples: Samples<X, Tensors<T>>) => {
        const { names: found, owners: all, ...arrays } = measured(stepping, state, samples, numbers)
        names = found
        owners = all
        return arrays
      },
      like,
      batch,
    )
    return (state, samples) =>
      Effect.map(run(state, samples), ({ gradients, outputs, peaks, slopes, updates }) => {
        const trees = [state.params, slopes, updates].map(weightsIn)
        const leaves = trees.flatMap((tree) => tree.map(([, leaf]) => leaf))
        // One read for all: each takes its time, however small the arrays are.
        const read = readAll([...outputs, ...gradients, ...peaks, ...leaves])
        const paths = (trees[0] ?? []).map(([path]) => path)
        const ownerOf = (path: string): string | undefined => owners.find((name) => name === "" || path.startsWith(`${name}.`))
        const owned = paths.map(ownerOf)
        const normIn = (tree: number, layer: string): number => {
          const from = 3 * names.length + tree * paths.length
          return normOf(owned.flatMap((owner, i) => (owner === layer ? [read[from + i]?.data ?? []] : [])))
        }
        const weightsOf = (layer: string): Pick<LayerStatistics, "weights"> => {
          if (!owned.includes(layer)) return {}
          const [weights, gradient, update] = [normIn(0, layer), normIn(1, layer), normIn(2, layer)]
          return { weights: { weights, gradient, update, ratio: weights === 0 ? Number.NaN : update / weights } }
        }
        const first = Math.max(
          0,
          names.findIndex((layer) => owned.includes(layer)),
        )
        return names.flatMap((layer, i): ReadonlyArray<LayerStatistics> => {
          const [output, gradient, peaks] = [read[i], read[names.length + i], read[2 * names.length + i]]
          if (output === undefined || gradient === undefined || peaks === undefined) return []
          return [
            {
              layer,
              output: spreadOf(output.data, endsOf?.(layer)),
              gradient: spreadOf(gradient.data),
              // What stands before the first weights passes inputs on, and a column of zeros is no unit.
              ...(i < first ? { units: 0, dead: 0 } : deadOf(peaks)),
              ...weightsOf(layer),
            },
          ]
        })
      })
  })
