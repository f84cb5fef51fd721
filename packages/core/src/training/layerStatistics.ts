/**
 * The statistics of a net's layers in one step of training: outputs, the gradients of the loss by them, and how much of its
 * weights a layer would change. The step is computed beside the run: the state is an argument, and nothing is kept of the result.
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Dataset from "../data/Dataset.ts"
import * as Compile from "../engines/Compile.ts"
import type { Engine, EngineError } from "../engines/Engine.ts"
import { inTurns } from "../engines/turns.ts"
import type { Tensor } from "../language/Expr.ts"
import type { Program } from "../language/Primitive.ts"
import { type Tensors, tensors } from "../language/TensorTree.ts"
import * as Loss from "../learning/Loss.ts"
import { isWeight } from "../learning/Params.ts"
import { abs, add } from "../tensor/elementwise.ts"
import { read, readAll } from "../tensor/read.ts"
import { max } from "../tensor/reduce.ts"
import { slice } from "../tensor/structure.ts"
import { gradientInPieces, type Mark } from "../transform/gradientInPieces.ts"
import type { NDArray } from "../types/NDArray.ts"
import { inPieces, type Pieces, piecesOf } from "../types/Pieces.ts"
import * as Shape from "../types/Shape.ts"
import type { ShapeError } from "../types/ShapeError.ts"
import * as Tree from "../types/Tree.ts"
import type { TrainState } from "./Checkpoint.ts"
import type { Config } from "./Config.ts"
import type { EndsOf, LayerStatistics } from "./LayerReport.ts"
import { ownUnits } from "./ownUnits.ts"
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

/** The distance between the rows of a layer's outputs that are read: 1 for all, so that about so many numbers are. */
const rowStep = (shape: Shape.Shape, numbers: number): number => {
  const [rows = 1] = shape
  const wanted = Math.max(1, Math.floor((numbers * rows) / Math.max(1, Shape.size(shape))))
  return shape.length === 0 ? 1 : Math.max(1, Math.ceil(rows / wanted))
}

/** Every `step`th row of a tensor. */
const thinned = (y: Tensor, step: number): Tensor =>
  step === 1
    ? y
    : slice(
        y,
        y.shape.map(() => 0),
        y.shape,
        y.shape.map((_, axis) => (axis === 0 ? step : 1)),
      )

/** The largest size of each unit, over all rows and places: 0 for a dead one. */
const peaksOf = (y: Tensor): Tensor => max(abs(y), { axes: y.shape.slice(0, Math.max(1, y.shape.length - 1)).map((_, i) => i) })

/** The tensors of a step that are read, and the names of its layers. */
function* measured<P, S, O, X, Y, T>(
  { loss, net, optimizer, penalty, seed }: Stepping<P, S, O, X, Y, T>,
  state: TrainState<P, S, O>,
  { w, x, y }: Samples<X, Tensors<T>>,
  numbers: number,
) {
  const key = stepKey(seed, state.step)
  const names: Array<string> = []
  const outputs: Array<Tensor> = []
  let parameters: ReadonlyArray<Tensor> = []
  const cost = (params: P, mark: Mark) => {
    parameters = tensors(params)
    const probe = (layer: string, output: Tensor): Tensor => {
      const marked = mark(output)
      names.push(layer)
      outputs.push(marked)
      return marked
    }
    const prediction = net.apply(params, state.state, x, { mode: "train", key, probe }).y
    const mean = Loss.values(loss, prediction, y, w).value
    return { value: penalty === undefined ? mean : add(mean, penalty(params)), aux: undefined }
  }
  const { grad, marked } = yield* gradientInPieces(cost, state.params)
  yield
  const { updates } = optimizer.update(grad, state.optimizer, state.params)
  const isInner = innermost(names)
  const inner = outputs.filter((_, i) => isInner[i])
  const own = new Set(ownUnits(inner, parameters).flatMap((isOwn, i) => (isOwn ? [inner[i]] : [])))
  const layers = names.flatMap((layer, i) => {
    const [y, cotangent] = [outputs[i], marked[i]]
    if (isInner[i] !== true || y?.dtype !== "f32" || cotangent === undefined) return []
    const step = rowStep(y.shape, numbers)
    // The host finds the peaks of an output that it gets as a whole: that needs no code.
    const arrays = { output: thinned(y, step), gradient: thinned(cotangent, step), ...(step > 1 ? { peaks: peaksOf(y) } : {}) }
    return [{ layer, hasUnits: own.has(y), arrays }]
  })
  return { owners: names.filter((_, i) => isInner[i]), layers, slopes: grad, updates }
}

/** Numbers between two turns of others: about a millisecond of code that the host has not optimized yet. */
const pieceLength = 2 ** 13

/** Notes which of the units of some rows are not 0. */
const noteAlive = (isAlive: Uint8Array, { data }: NDArray, from: number, end: number): void => {
  const units = isAlive.length
  for (let start = from; start < end; start += units)
    for (let unit = 0; unit < units; unit++) if (data[start + unit] !== 0) isAlive[unit] = 1
}

/** How many units along the last axis are 0 everywhere. */
function* deadOf(y: NDArray): Pieces<Pick<LayerStatistics, "dead" | "units">> {
  const units = y.shape.at(-1) ?? 1
  const isAlive = new Uint8Array(units)
  const piece = units * Math.ceil(pieceLength / Math.max(1, units))
  for (let from = 0; units > 0 && from < y.data.length; from += piece) {
    noteAlive(isAlive, y, from, Math.min(y.data.length, from + piece))
    yield
  }
  return { units, dead: isAlive.reduce((dead, alive) => dead + 1 - alive, 0) }
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
  ...of: Statistics<P, S, O, X, Y, T>
): Effect.Effect<Measure<P, S, O, X, Tensors<T>>, EngineError | ShapeError, Engine | Scope.Scope> =>
  Effect.map(
    layerStatisticsIf(() => true, ...of),
    (measure) => measure as Measure<P, S, O, X, Tensors<T>>,
  )

type Statistics<P, S, O, X, Y, T> = readonly [
  stepping: Stepping<P, S, O, X, Y, T>,
  like: TrainState<P, S, O>,
  batch: Samples<X, Tensors<T>>,
  measuring?: Measuring,
]

/** `layerStatistics`, if their program is worth its compilation; otherwise `undefined`. */
export const layerStatisticsIf = <P, S, O, X, Y, T>(
  isWorth: (program: Program) => boolean,
  ...[stepping, like, batch, { endsOf, numbers = Number.POSITIVE_INFINITY } = {}]: Statistics<P, S, O, X, Y, T>
): Effect.Effect<Measure<P, S, O, X, Tensors<T>> | undefined, EngineError | ShapeError, Engine | Scope.Scope> =>
  Effect.gen(function* () {
    let owners: ReadonlyArray<string> = []
    let described: ReadonlyArray<{ readonly layer: string; readonly hasUnits: boolean }> = []
    const run = yield* Compile.compileIf(
      isWorth,
      inPieces(function* (state: TrainState<P, S, O>, samples: Samples<X, Tensors<T>>) {
        const { layers, owners: all, slopes, updates } = yield* measured(stepping, state, samples, numbers)
        described = layers
        owners = all
        return { layers: layers.map(({ arrays }) => arrays), slopes, updates }
      }),
      like,
      batch,
    )
    if (run === undefined) return undefined
    const ownerOf = (path: string): string | undefined => owners.find((name) => name === "" || path.startsWith(`${name}.`))
    return (state, samples) => {
      function* summarized({
        layers,
        slopes,
        updates,
      }: Effect.Success<ReturnType<NonNullable<typeof run>>>): Pieces<Array<LayerStatistics>> {
        const weights = weightsIn(state.params)
        const owned = weights.map(([path]) => ownerOf(path))
        /** The norms of a tree like the parameters, by layer. */
        const norms = (tree: ReadonlyArray<readonly [path: string, leaf: Tensor]>) => {
          const read = readAll(tree.map(([, leaf]) => leaf))
          return (layer: string): Pieces<number> =>
            piecesOf(
              normOf,
              read.flatMap(({ data }, i) => (owned[i] === layer ? [data] : [])),
            )
        }
        const [weightNorm, gradientNorm, updateNorm] = [norms(weights), norms(weightsIn(slopes)), norms(weightsIn(updates))]
        function* weightsOf(layer: string): Pieces<Pick<LayerStatistics, "weights">> {
          if (!owned.includes(layer)) return {}
          const weights = yield* weightNorm(layer)
          const gradient = yield* gradientNorm(layer)
          const update = yield* updateNorm(layer)
          return { weights: { weights, gradient, update, ratio: weights === 0 ? Number.NaN : update / weights } }
        }
        const all: Array<LayerStatistics> = []
        for (const [i, { gradient, output, peaks }] of layers.entries()) {
          const { hasUnits = false, layer = "" } = described[i] ?? {}
          const [y, slope] = [read(output), read(gradient)]
          all.push({
            layer,
            output: yield* piecesOf(spreadOf, y.data, endsOf?.(layer)),
            gradient: yield* piecesOf(spreadOf, slope.data),
            ...(hasUnits ? yield* deadOf(peaks === undefined ? y : read(peaks)) : { units: 0, dead: 0 }),
            ...(yield* weightsOf(layer)),
          })
          yield
        }
        return all
      }
      return Effect.flatMap(run(state, samples), (values) => inTurns(summarized(values)))
    }
  })
