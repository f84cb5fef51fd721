/**
 * Builds everything that training needs from a document and the facts of its data: the net, the loss, the optimizer,
 * the scores and the callbacks. Nothing is computed here.
 */
import * as InputTransform from "@adjoint/core/data/InputTransform"
import * as Entry from "@adjoint/core/learning/Entry"
import type { LearningRate } from "@adjoint/core/learning/LearningRate"
import * as Loss from "@adjoint/core/learning/Loss"
import type { Net } from "@adjoint/core/learning/Net"
import * as Optimizer from "@adjoint/core/learning/Optimizer"
import type { Params } from "@adjoint/core/learning/Params"
import * as Regularizer from "@adjoint/core/learning/Regularizer"
import * as Score from "@adjoint/core/learning/Score"
import type { CallbackConfig, CheckpointPolicy, MonitorChoice } from "@adjoint/core/training/Callback"
import type { TrainState } from "@adjoint/core/training/Checkpoint"
import type { EarlyStop, Monitor } from "@adjoint/core/training/Monitor"
import type { Plateau } from "@adjoint/core/training/Plateau"
import type { Stage } from "@adjoint/core/training/Pretrain"
import type { Checked, Needed } from "../check/Checked.ts"
import { lossName, outputCount, scoreNames } from "../check/Outputs.ts"
import { type ModelFile, type Named, type Train, useOf } from "../Document.ts"
import * as Nodes from "../net/Nodes.ts"
import { use, uses } from "../net/Uses.ts"
import type { Facts } from "../prepare/Facts.ts"
import { type Catalogue, standard } from "../schema/Catalogue.ts"
import * as Stages from "./Stages.ts"

/** The input of training. The names are those of `Train.Config`, except `checkpoint`. */
export interface Built {
  readonly net: Net
  readonly loss: Loss.Loss
  /** The name of the loss; `auto` is resolved. */
  readonly lossName: string
  readonly penalty?: (params: unknown) => ReturnType<Regularizer.Regularizer>
  readonly optimizer: Optimizer.Optimizer
  /** The parameters that are scored and saved, if they differ from the trained ones. */
  readonly scored?: (state: TrainState<Params, Params, Params>) => Params
  /** Of targets as they were measured, however the net learns them. */
  readonly scores: { readonly [name: string]: Score.Score }
  /**
   * The units of scores, `{ mae: "price", mse: "price²" }`, if the net learns scaled targets; the loss
   * uses the scaled ones.
   */
  readonly units?: { readonly [score: string]: string }
  readonly seed: number
  readonly epochs: number
  readonly batch: number
  readonly best: Monitor
  readonly earlyStop?: EarlyStop
  readonly plateau?: Plateau
  /** Which states of the run are kept. */
  readonly checkpoint: CheckpointPolicy
  /** The machines whose weights the net starts from; `layer` names one of the net's own. */
  readonly pretrain?: ReadonlyArray<Stage>
}

/** n / (K · nₖ) for each class that occurs, and 1 for one that does not. */
const balanced = (counts: ReadonlyArray<number>): ReadonlyArray<number> => {
  const all = counts.reduce((sum, n) => sum + n, 0)
  return counts.map((n) => (n === 0 ? 1 : all / (counts.length * n)))
}

/** A loss with class weights. Without class counts `balanced` has no effect: the loss then only converts outputs to predictions. */
const weighted = (loss: Loss.Loss, effects: ReadonlyArray<Regularizer.Regularization>, { counts }: Needed): Loss.Loss =>
  effects.reduce((accumulated, effect) => {
    if (effect._tag !== "ClassWeights") return accumulated
    const each = effect.weights === "balanced" ? counts && balanced(counts) : effect.weights
    return each === undefined ? accumulated : Loss.weighted(accumulated, each)
  }, loss)

/** The net of a document's model, after its input transform, if known. The target must be known only if the model ends in a head. */
export const netOf = ({ model, train }: ModelFile, facts: Facts, catalogue: Catalogue = standard): Net => {
  const outputs = outputCount(catalogue.loss, facts.target, lossName(catalogue.loss, train, facts.target))
  const net = Nodes.net(Nodes.nodes({ catalogue, model, ...(outputs === undefined ? {} : { outputs }) }))
  return facts.input === undefined ? net : InputTransform.net(facts.input, net)
}

/** Builds a checked document. */
export const build = ({ catalogue, document, facts, lossName: loss }: Checked): Built => {
  const { train } = document
  const stepsPerEpoch = Math.ceil(facts.rows.train / train.batch)
  // The schedule counts updates; `accumulate` batches make one.
  const learningRate = rate(train, stepsPerEpoch / (train.accumulate ?? 1), catalogue)
  const scores = scoresOf(train, facts, catalogue)
  const effects = regularizations(train, catalogue)
  const penalties = effects.flatMap((effect) => (effect._tag === "Penalty" ? [effect.penalty] : []))
  const { best, checkpoint = both, earlyStop, plateau } = watched(train, scores, facts, catalogue)
  return {
    net: netOf(document, facts, catalogue),
    loss: weighted(
      Entry.make(
        catalogue.loss,
        train.loss === "auto" ? { name: loss, options: {} } : use(catalogue, catalogue.loss, train.loss),
      ),
      effects,
      facts,
    ),
    lossName: loss,
    optimizer: optimizer(train, learningRate, effects, catalogue),
    scores,
    ...unitsOf(scores, facts),
    seed: train.seed,
    epochs: train.epochs,
    batch: train.batch,
    best,
    checkpoint,
    ...Stages.pretraining(document, catalogue),
    ...(penalties.length === 0 ? {} : { penalty: Regularizer.sum(...penalties) }),
    ...(train.average === undefined
      ? {}
      : { scored: ({ optimizer, params }: TrainState<Params, Params, Params>) => Optimizer.averaged(optimizer) ?? params }),
    ...(plateau === undefined ? {} : { plateau }),
    ...(earlyStop === undefined ? {} : { earlyStop }),
  }
}

/** The optimizer's own rate, shaped by the schedule over the run. */
const rate = ({ epochs, optimizer, schedule }: Train, stepsPerEpoch: number, catalogue: Catalogue): LearningRate => {
  const { lr } = useOf(optimizer).options
  return Entry.make(
    catalogue.schedule,
    use(catalogue, catalogue.schedule, schedule),
  )({
    lr: typeof lr === "number" ? lr : 0,
    epochs,
    stepsPerEpoch,
  })
}

/** The effects of a document's regularizers, in the order of the table. */
const regularizations = ({ regularize }: Train, catalogue: Catalogue): ReadonlyArray<Regularizer.Regularization> =>
  uses(catalogue.regularizer, regularize).map((named) => Entry.make(catalogue.regularizer, named))

/** The optimizer, chained with its transformations and wrapped. */
const optimizer = (
  train: Train,
  learningRate: LearningRate,
  effects: ReadonlyArray<Regularizer.Regularization>,
  catalogue: Catalogue,
): Optimizer.Optimizer => {
  const own = Entry.make(catalogue.optimizer, use(catalogue, catalogue.optimizer, train.optimizer))(learningRate)
  const transformations = (at: "before" | "after") =>
    effects.flatMap((effect) => (effect._tag === "Transformation" && effect.at === at ? [effect.transformation] : []))
  const all: ReadonlyArray<Optimizer.Optimizer> = [...transformations("before"), own, ...transformations("after")]
  const chained = all.length === 1 ? own : Optimizer.chain(...all)
  return uses(catalogue.around, train).reduce((inner, named) => Entry.make(catalogue.around, named)(inner), chained)
}

const scoresOf = (train: Train, facts: Needed, catalogue: Catalogue): Built["scores"] => {
  const named: ReadonlyArray<Named> =
    train.metrics === "auto"
      ? (scoreNames(catalogue.metric, train, facts.target) ?? []).map((name) => ({ [name]: {} }))
      : train.metrics
  const units = facts.target.type === "numbers" ? (facts.target.units ?? []) : []
  return Object.fromEntries(
    named.map((metric) => [
      useOf(metric).name,
      Score.inUnits(Entry.make(catalogue.metric, use(catalogue, catalogue.metric, metric)), units),
    ]),
  )
}

/** The units of scores, by target column. */
const unitsOf = (scores: Built["scores"], { target }: Needed): Pick<Built, "units"> => {
  if (target.type !== "numbers" || target.units === undefined) return {}
  const { names } = target
  const named = Object.entries(scores).flatMap(([score, { power }]) =>
    power === undefined ? [] : [[score, names.map((name) => (power === 2 ? `${name}²` : name)).join(" and ")] as const],
  )
  return { units: Object.fromEntries(named) }
}

/** Which way a watched score is better. */
const monitorOf =
  (scores: Built["scores"]) =>
  ({ mode, monitor }: MonitorChoice): Monitor => {
    if (mode !== "auto") return { monitor, mode }
    const name = monitor.slice(monitor.indexOf(".") + 1)
    const score = Object.hasOwn(scores, name) ? scores[name] : undefined
    return { monitor, mode: score?.better === "higher" ? "max" : "min" }
  }

/** Both states after every epoch, unless the document asks for something else. */
const both: CheckpointPolicy = { keep: ["best", "last"], every: 1 }

/**
 * The settings that callbacks add to a run. The best epoch is chosen by the monitor of early stopping, or else that of the
 * checkpoint, or else the validation loss, or else the training loss.
 */
const watched = (
  { callbacks }: Train,
  scores: Built["scores"],
  { rows }: Needed,
  catalogue: Catalogue,
): CallbackConfig & Required<Pick<CallbackConfig, "best">> => {
  const added: CallbackConfig = Object.assign(
    {},
    ...callbacks
      .map((callback) => Entry.make(catalogue.callback, use(catalogue, catalogue.callback, callback))(monitorOf(scores)))
      .toReversed(),
  )
  const { earlyStop } = added
  const stop: Monitor | undefined = earlyStop && { monitor: earlyStop.monitor, mode: earlyStop.mode }
  return { ...added, best: stop ?? added.best ?? { monitor: rows.val > 0 ? "val.loss" : "train.loss", mode: "min" } }
}
