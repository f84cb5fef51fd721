/** Checks of the configuration of pre-training. */
import { OptionError } from "../learning/OptionError.ts"
import * as Rbm from "../learning/Rbm.ts"
import { momentum as momentumBounds, learningRate as rateBounds } from "../learning/rbm/options.ts"
import * as Key from "../tensor/Key.ts"
import type * as NDArray from "../types/NDArray.ts"
import * as Shape from "../types/Shape.ts"
import { bounded, count, firstOf, type Problem, problem, rows } from "./checkData.ts"
import type { StageConfig } from "./trainRbm.ts"

/** The machines to pre-train, and the rows that they learn from. */
export interface Pretraining {
  /** Rows without targets: [rows, …]; the numbers of a row are the visible units of the first machine. */
  readonly inputs: NDArray.NDArray
  /** Rows that are scored and not learned from. */
  readonly validation?: NDArray.NDArray
  readonly stages: ReadonlyArray<StageConfig>
  readonly seed: number
  /** The first machines, if they are already trained. */
  readonly done?: ReadonlyArray<Rbm.Params>
}

/** A problem with how a machine learns, such as a setting that does not exist. */
const learning = (at: string, how: Omit<Rbm.Learning, "key">): Problem => {
  try {
    Rbm.step({ ...how, key: Key.make(0) })
    return undefined
  } catch (error) {
    if (!(error instanceof OptionError)) throw error
    const { got, option, wanted } = error
    return problem(`${at}.${option}`, typeof got === "string" ? JSON.stringify(got) : String(got), wanted, `another ${option}`)
  }
}

const stage = ({ batch, epochs, hidden, layer, momentum, ...how }: StageConfig, i: number): Problem => {
  const at = `stages[${i}]`
  return firstOf([
    layer === "" ? problem(`${at}.layer`, '""', "the name of a layer", `${at}.layer: "dense1"`) : undefined,
    count(`${at}.hidden`, hidden, 1),
    count(`${at}.epochs`, epochs, 0),
    count(`${at}.batch`, batch, 1),
    bounded(`${at}.learningRate`, how.learningRate, rateBounds),
    learning(at, how),
    ...[momentum].flat().map((each) => bounded(`${at}.momentum`, each, momentumBounds)),
  ])
}

/** A problem if two stages learn the same layer. */
const twice = (stages: ReadonlyArray<StageConfig>): Problem => {
  const i = stages.findIndex(({ layer }, at) => stages.findIndex((other) => other.layer === layer) < at)
  const layer = stages[i]?.layer
  return layer === undefined
    ? undefined
    : problem(`stages[${i}].layer`, JSON.stringify(layer), "a layer that no other stage learns", "one stage for each layer")
}

/** The first problem of the configuration of pre-training. */
export const pretrain = ({ done = [], inputs, seed, stages, validation }: Pretraining): Problem =>
  rows("inputs", inputs) ??
  (validation === undefined ? undefined : rows("validation", validation)) ??
  (validation === undefined || Shape.equals(validation.shape.slice(1), inputs.shape.slice(1))
    ? undefined
    : problem(
        "validation",
        `rows of shape ${Shape.print(validation.shape.slice(1))}`,
        `rows of shape ${Shape.print(inputs.shape.slice(1))}, as in inputs`,
        "preprocess both parts in the same way",
      )) ??
  count("seed", seed, 0) ??
  firstOf(stages.map(stage)) ??
  twice(stages) ??
  (done.length <= stages.length
    ? undefined
    : problem(
        "done",
        `${done.length} machines`,
        `at most ${stages.length}, one for each stage`,
        "the machines of these stages",
      )) ??
  firstOf(
    done.map(({ w }, i) => {
      const below = i === 0 ? Shape.size(inputs.shape.slice(1)) : (stages[i - 1]?.hidden ?? 0)
      const wanted = [below, stages[i]?.hidden ?? 0]
      return Shape.equals(w.shape, wanted)
        ? undefined
        : problem(`done[${i}].w`, Shape.print(w.shape), Shape.print(wanted), "the machines of these stages, in order")
    }),
  )
