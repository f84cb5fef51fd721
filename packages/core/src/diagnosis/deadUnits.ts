/** Units that are 0 for every row: no gradient passes through them, so they stay as they are. */
import * as Effect from "effect/Effect"
import * as Dataset from "../data/Dataset.ts"
import { percent } from "../data/percent.ts"
import * as Compile from "../engines/Compile.ts"
import type { Engine, EngineError } from "../engines/Engine.ts"
import type { Tensor } from "../language/Expr.ts"
import { tensors } from "../language/TensorTree.ts"
import { abs } from "../tensor/elementwise.ts"
import { readAll } from "../tensor/read.ts"
import { max } from "../tensor/reduce.ts"
import { runInBursts } from "../training/bursts.ts"
import { rangesOf, type Weights } from "../training/Evaluate.ts"
import { evenRows } from "../training/layerStatistics.ts"
import { ownUnits } from "../training/ownUnits.ts"
import { type ReadError, type Samples, samplesOfBatches } from "../training/Samples.ts"
import type { Concern, Facts } from "./Concern.ts"
import type { Subject } from "./Subject.ts"

export const facts: Facts = {
  doc: "The share of each layer's units (or channels) that are 0 for every row.",
  healthy: "no layer with more than a fifth of its units dead; 10 to 20 % are common after training with relu at a high rate",
  advice:
    "A dead unit has no gradient and never comes back. Lower the learning rate, or use leaky_relu, whose units keep a gradient; biases that start slightly above 0 help little once steps are too large.",
  source: "Maas, Hannun and Ng, Rectifier nonlinearities improve neural network acoustic models, 2013; CS231n, 2016",
  weights: "any",
}

/** The dead units of a layer. */
export interface DeadUnits {
  readonly layer: string
  readonly units: number
  readonly dead: number
}

/** Rows that are looked at, at most; all of fewer. */
const mostRows = 4096

/** The dead units of the layers with units: outputs along the last axis. */
export const deadUnits = <P, S, O, X, Y, T>({
  data,
  net,
  state: { params, state },
}: Subject<P, S, O, X, Y, T>): Effect.Effect<ReadonlyArray<DeadUnits>, EngineError | ReadError, Engine> =>
  Effect.scoped(
    Effect.gen(function* () {
      const rows = evenRows(Dataset.size(data), mostRows)
      let names: ReadonlyArray<string> = []
      const step = yield* Compile.step(
        (weights: Weights<P, S>, x: X) => {
          const seen: Array<readonly [string, Tensor]> = []
          const observe = (layer: string, y: Tensor) => {
            if (y.dtype === "f32" && y.shape.length > 1) seen.push([layer, y])
          }
          net.apply(weights.params, weights.state, x, { mode: "infer", observe })
          const inner = seen.filter(([name]) => !seen.some(([other]) => other.startsWith(`${name}.`)))
          const isOwn = ownUnits(
            inner.map(([, y]) => y),
            tensors(weights.params),
          )
          const own = inner.filter((_, i) => isOwn[i])
          names = own.map(([name]) => name)
          return { state: weights, output: own.map(([, y]) => max(abs(y), { axes: y.shape.slice(0, -1).map((_, i) => i) })) }
        },
        { params, state },
      )
      const alive: Array<Uint8Array> = []
      const batches = rangesOf(rows.length)
      const read = (from: number, to: number) =>
        samplesOfBatches<X, T>(
          data,
          batches.slice(from, to).map(([start, end]) => Int32Array.from(rows.slice(start, end))),
        )
      yield* runInBursts<ReadonlyArray<Samples<X, unknown>>, EngineError | ReadError, never>(
        { count: batches.length, read },
        (samples) =>
          Effect.map(step.run(samples.map(({ x }) => x)), (outputs) => {
            for (const largest of outputs)
              for (const [i, { data: values }] of readAll(largest).entries()) {
                const own = alive[i] ?? new Uint8Array(values.length)
                alive[i] = own
                for (let unit = 0; unit < values.length; unit++) if (values[unit] !== 0) own[unit] = 1
              }
          }),
      )
      return names.map((layer, i) => {
        const own = alive[i] ?? new Uint8Array(0)
        return { layer, units: own.length, dead: own.length - own.reduce((sum, each) => sum + each, 0) }
      })
    }),
  )

/** From this share of dead units on, a layer gets advice. */
const many = 0.2

/** The first layer with many dead units: those after it only pass them on. */
export const concerns = (all: ReadonlyArray<DeadUnits>): ReadonlyArray<Concern> =>
  all
    .filter(({ dead, units }) => dead > many * units)
    .slice(0, 1)
    .map(({ dead, layer, units }) => ({
      message: `${dead} of the ${units} units of ${layer} (${percent(dead / units)}) are 0 for every row: they are dead`,
      advice: "a lower learning rate, or `leaky_relu`, whose units keep a gradient",
      layer,
    }))
