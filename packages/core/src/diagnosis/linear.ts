/**
 * What simple models reach on the rows of a run: the best constant answer, and a linear model of its inputs. Both minimize the
 * loss of the run, so that all of its scores compare.
 */
import * as Effect from "effect/Effect"
import * as Dataset from "../data/Dataset.ts"
import * as Compile from "../engines/Compile.ts"
import type { Engine, EngineError } from "../engines/Engine.ts"
import type { Tensor } from "../language/Expr.ts"
import { tensors } from "../language/TensorTree.ts"
import * as LearningRate from "../learning/LearningRate.ts"
import type { Net } from "../learning/Net.ts"
import * as Optimizer from "../learning/Optimizer.ts"
import { none } from "../learning/Params.ts"
import * as Regularizer from "../learning/Regularizer.ts"
import { make, zeros } from "../tensor/create.ts"
import { add, broadcastTo, cast, mul, sub } from "../tensor/elementwise.ts"
import { matmul } from "../tensor/product.ts"
import { concat, reshape } from "../tensor/structure.ts"
import { batchLoader } from "../training/BatchLoader.ts"
import { evaluator } from "../training/Evaluate.ts"
import { evenSamples } from "../training/layerStatistics.ts"
import type { Scores } from "../training/Progress.ts"
import type { DatasetOf, ReadError, Samples } from "../training/Samples.ts"
import { initial, trainStep } from "../training/trainStep.ts"
import type { NDArray } from "../types/NDArray.ts"
import * as Shape from "../types/Shape.ts"
import * as ShapeTree from "../types/ShapeTree.ts"
import * as Tree from "../types/Tree.ts"
import type { Subject } from "./Subject.ts"

/** The numbers that the outputs of a head are measured in: mean and deviation of its targets, one of each for every output. */
interface Scale {
  readonly mean: ReadonlyArray<number>
  readonly deviation: ReadonlyArray<number>
}

/** Rows that means and deviations are computed from, at most. */
const mostRows = 8192

/** Mean and deviation of each number of a row; a deviation of 1 for a number that is constant. */
const scaleOf = ({ data, shape: [rows = 0, ...shape] }: NDArray): Scale => {
  const width = Shape.size(shape)
  const of = (f: (i: number) => number): ReadonlyArray<number> => Array.from({ length: width }, (_, i) => f(i))
  const sum = (f: (row: number) => number): number => {
    let total = 0
    for (let row = 0; row < rows; row++) total += f(row)
    return total / Math.max(1, rows)
  }
  const at = (row: number, i: number): number => data[row * width + i] as number
  const mean = of((i) => sum((row) => at(row, i)))
  const deviation = of((i) => Math.sqrt(sum((row) => (at(row, i) - (mean[i] ?? 0)) ** 2)) || 1)
  return { mean, deviation }
}

/** A head of the linear model: its shape, and the scale of its targets where they are numbers like its outputs. */
interface Head {
  readonly shape: Shape.Shape
  readonly scale: Scale | undefined
}

/** The tree of a function of the leaves of a shape tree and their names. */
const built = (tree: ShapeTree.ShapeTree, f: (name: string, shape: Shape.Shape) => Tensor, path: Tree.Path = []): unknown => {
  if (ShapeTree.isShape(tree)) return f(path.length === 0 ? "output" : Tree.printPath(path), tree)
  if (Array.isArray(tree)) return tree.map((child: ShapeTree.ShapeTree, i) => built(child, f, [...path, i]))
  return Object.fromEntries(
    Object.entries(tree).map(([key, child]) => [key, built(child as ShapeTree.ShapeTree, f, [...path, key])] as const),
  )
}

type Weights = { readonly [head: string]: { readonly w: Tensor; readonly b: Tensor } }

/**
 * A linear model of all numbers of its inputs, each standardized by the rows of `data`, with the outputs of `net`; without inputs it
 * is a constant. All its weights start at 0.
 */
const linearNet = <P, S, X, Y>(
  net: Net<P, S, X, Y>,
  { x: seen, y: wanted }: Samples<X, unknown>,
  hasInputs: boolean,
): Net<Weights, object, X, Y> => {
  const sample = ShapeTree.ofRows<unknown>(seen) as ShapeTree.Of<X>
  const shapes = net.shape(sample) as ShapeTree.ShapeTree
  const inputs = Tree.leaves(seen as unknown) as ReadonlyArray<NDArray>
  const scales = hasInputs ? inputs.map(scaleOf) : []
  const width = scales.reduce((sum, { mean }) => sum + mean.length, 0)
  const targets = new Map(
    Tree.entries(wanted as unknown).map(([path, leaf]) => [path.length === 0 ? "output" : Tree.printPath(path), leaf as NDArray]),
  )
  const heads = new Map<string, Head>()
  built(shapes, (name, shape) => {
    const target = targets.get(name)
    const isLike = target?.dtype === "f32" && Shape.size(target.shape.slice(1)) === Shape.size(shape)
    heads.set(name, { shape, scale: isLike ? scaleOf(target) : undefined })
    return zeros([])
  })
  const init = (): Weights =>
    Object.fromEntries(
      [...heads].map(([name, { shape }]) => [name, { w: zeros([width, Shape.size(shape)]), b: zeros([Shape.size(shape)]) }]),
    )
  return {
    kind: "linear",
    shape: () => shapes as ShapeTree.Of<Y>,
    init: () => ({ params: init(), state: none }),
    apply: (params, state, x) => {
      const leaves = tensors(x)
      const rows = leaves[0]?.shape[0] ?? 0
      const standard = leaves.flatMap((leaf, i) => {
        const scale = scales[i]
        if (scale === undefined) return []
        const flat = reshape(cast(leaf, "f32"), [rows, scale.mean.length])
        return [mul(sub(flat, make(scale.mean)), make(scale.deviation.map((each) => 1 / each)))]
      })
      const features = standard.length === 0 ? undefined : standard.length === 1 ? standard[0] : concat(standard, 1)
      const y = built(shapes, (name, shape) => {
        const [own, scale] = [params[name], heads.get(name)?.scale]
        const { b = zeros([Shape.size(shape)]), w = zeros([width, Shape.size(shape)]) } = own ?? {}
        const linear = features === undefined ? broadcastTo(b, [rows, Shape.size(shape)]) : add(matmul(features, w), b)
        const scaled = scale === undefined ? linear : add(mul(linear, make(scale.deviation)), make(scale.mean))
        return reshape(scaled, [rows, ...shape])
      })
      return { y: y as Y, state }
    },
  }
}

/** Rows of a step, steps, and the learning rate at the first. A cosine lowers it to 0. */
const [size, steps, rate] = [512, 300, 0.05] as const

/** Multiply-adds that the training of a linear model may take unless another bound is given; one that takes more is left out. */
const usualWork = 2e10

/** What a simple model is trained and scored on: a run without its optimizer and its state. */
export type Rows<P, S, X, Y, T> = Omit<Subject<P, S, unknown, X, Y, T>, "batch" | "optimizer" | "penalty" | "state">

/** Trains a model of no inputs or of all, and scores it on the validation rows of a run, or on its training rows. */
const trained = <P, S, X, Y, T>(
  { data, loss, net, scores = {}, seed, validation }: Rows<P, S, X, Y, T>,
  hasInputs: boolean,
): Effect.Effect<Scores, EngineError | ReadError, Engine> =>
  Effect.scoped(
    Effect.gen(function* () {
      const rows = Dataset.size(data)
      const batch = Math.min(rows, size)
      const seen = yield* evenSamples<X, T>(data, mostRows)
      const model = yield* Compile.checkShapes(() => linearNet<P, S, X, Y>(net, seen, hasInputs))
      // A penalty of one row in all, as scikit-learn has it, keeps the weights of classes that a line divides finite.
      const penalty = Regularizer.l2(1 / rows)
      const optimizer = Optimizer.adam(LearningRate.cosine({ lr: rate, steps }))
      const config = { net: model, data, loss, optimizer, penalty, seed, batch, epochs: 1 }
      const first = yield* Compile.checkShapes(() => initial(config))
      const step = yield* Compile.step(trainStep(config), first)
      const loader = yield* batchLoader<X, T>({ data, seed, batch })
      // The short last batch of an epoch would need a program of its own.
      const perEpoch = Math.max(1, Math.floor(rows / batch))
      for (let done = 0; done < steps; done += perEpoch) {
        const batchesFrom = yield* loader.epoch(done / perEpoch)
        yield* step.run(yield* loader.inputs(batchesFrom(0, Math.min(perEpoch, steps - done))))
      }
      const { params, state } = yield* step.state
      const score = yield* evaluator<Weights, object, X, Y, T>(model, loss, scores, { params, state })
      return yield* score({ params, state }, (validation ?? data) as DatasetOf<X, T>)
    }),
  )

/** The scores of the best constant answer, on the validation rows of a run, or on its training rows. */
export const constant = <P, S, X, Y, T>(rows: Rows<P, S, X, Y, T>): Effect.Effect<Scores, EngineError | ReadError, Engine> =>
  trained(rows, false)

/**
 * The scores of a linear model of all inputs on the same rows; `undefined` where inputs are tokens, or too many for a model that is
 * quickly trained. It is trained for 300 steps of at most 512 rows, so the same rows give the same bits.
 */
export const linear = <P, S, X, Y, T>(
  rows: Rows<P, S, X, Y, T>,
  mostWork: number = usualWork,
): Effect.Effect<Scores | undefined, EngineError | ReadError, Engine> =>
  Effect.gen(function* () {
    const { data, net } = rows
    const inputs = Tree.leaves(data.inputs as unknown) as ReadonlyArray<NDArray>
    const features = inputs.reduce((sum, { shape }) => sum + Shape.size(shape.slice(1)), 0)
    const outputs = yield* Compile.checkShapes(() =>
      ShapeTree.leaves(net.shape(ShapeTree.ofRows<unknown>(data.inputs) as ShapeTree.Of<X>) as ShapeTree.ShapeTree),
    )
    const width = outputs.reduce((sum, shape) => sum + Shape.size(shape), 0)
    const work = 3 * steps * Math.min(Dataset.size(data), size) * features * width
    const hasTokens = inputs.some(({ dtype }) => dtype === "i32")
    return work > mostWork || hasTokens || features === 0 ? undefined : yield* trained(rows, true)
  })
