/**
 * Builds everything that training needs from a document and the facts of its data: the net, the loss, the optimizer,
 * the scores and the callbacks. Nothing is computed here.
 */
import { net as transformed, type Values } from "@adjoint/core/data/PreprocessTree"
import type { Tensor } from "@adjoint/core/language/Expr"
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
import type { ScoreTable } from "@adjoint/core/training/Evaluate"
import type { EarlyStop, Monitor } from "@adjoint/core/training/Monitor"
import type { Plateau } from "@adjoint/core/training/Plateau"
import type { Stage } from "@adjoint/core/training/Pretrain"
import type { Rewind } from "@adjoint/core/training/Rewind"
import * as Shards from "@adjoint/core/training/Shards"
import * as Watch from "@adjoint/core/training/Watch"
import type { Checked, CheckedHead, Needed } from "../check/Checked.ts"
import { headLoss, kindsOf, outputsOf, scoresOf } from "../check/Outputs.ts"
import { type ModelFile, type Train, useOf } from "../Document.ts"
import { endsOf } from "../net/ActivationEnds.ts"
import * as Nodes from "../net/Nodes.ts"
import { use, uses } from "../net/Uses.ts"
import { type Facts, scoreName, sequencesOf } from "../prepare/Facts.ts"
import { type Catalogue, standard } from "../schema/Catalogue.ts"
import * as Stages from "./Stages.ts"

/** The input of training. The names are those of `Train.Config`, except `checkpoint`. */
export interface Built {
  /** From one tensor or one for each named input, to one tensor or one for each of several heads. */
  readonly net: Net<Params, Params, Values, Values>
  readonly loss: Loss.LossFunction<Values, Values, string>
  /** The heads in the order of the model; the one head has no name. */
  readonly heads: ReadonlyArray<BuiltHead>
  readonly penalty?: (params: unknown) => ReturnType<Regularizer.Regularizer>
  readonly optimizer: Optimizer.Optimizer
  /** The parameters that are scored and saved, if they differ from the trained ones. */
  readonly scored?: (state: TrainState<Params, Params, Params>) => Params
  /** Of targets as they were measured, however the net learns them. */
  readonly scores: ScoreTable<Values, Values>
  /**
   * The units of scores, `{ mae: "price", mse: "price²" }`, if the net learns scaled targets; the loss
   * uses the scaled ones.
   */
  readonly units?: { readonly [score: string]: string }
  readonly seed: number
  readonly epochs: number
  readonly batch: number
  /** Into how many shards a batch is cut. */
  readonly shards?: Shards.Sharding
  readonly best: Monitor
  readonly earlyStop?: EarlyStop
  readonly plateau?: Plateau
  /** What the run does after a non-finite value, instead of failing. */
  readonly rewind?: Rewind
  /** When the layers are measured. */
  readonly watch?: Watch.LayerWatch
  /** Which states of the run are kept. */
  readonly checkpoint: CheckpointPolicy
  /** The machines whose weights the net starts from; `layer` names one of the net's own. */
  readonly pretrain?: ReadonlyArray<Stage>
}

/** A head with the name of its loss, and how its outputs become predictions. */
export interface BuiltHead extends CheckedHead {
  readonly response: (output: Tensor) => Tensor
}

/** n / (K · nₖ) for each class that occurs, and 1 for one that does not. */
const balanced = (counts: ReadonlyArray<number>): ReadonlyArray<number> => {
  const all = counts.reduce((sum, n) => sum + n, 0)
  return counts.map((n) => (n === 0 ? 1 : all / (counts.length * n)))
}

/** A loss with class weights. Without class counts `balanced` has no effect: the loss then only converts outputs to predictions. */
const weighted = (
  loss: Loss.Loss,
  effects: ReadonlyArray<Regularizer.Regularization>,
  { counts, target }: CheckedHead,
): Loss.Loss =>
  effects.reduce((accumulated, effect) => {
    if (effect._tag !== "ClassWeights" || target.type === "numbers" || target.type === "labels") return accumulated
    const each = effect.weights === "balanced" ? counts && balanced(counts) : effect.weights
    return each === undefined ? accumulated : Loss.weighted(accumulated, each)
  }, loss)

/** The layers of a document's model. The target must be known only if the model has a head. */
export const nodesOf = (
  { model, train }: ModelFile,
  facts: Facts,
  catalogue: Catalogue = standard,
): ReadonlyArray<Nodes.Node> => {
  const outputs = outputsOf(catalogue.loss, train, facts)
  const sequences = sequencesOf(facts)
  return Nodes.nodes({ catalogue, model, sequences, ...(outputs === undefined ? {} : { outputs }) })
}

/** The net of a document's model, after its input transform, if known. The target must be known only if the model has a head. */
export const netOf = (document: ModelFile, facts: Facts, catalogue: Catalogue = standard): Built["net"] => {
  const net = Nodes.modelNet(nodesOf(document, facts, catalogue), document.model, sequencesOf(facts))
  return facts.input === undefined ? net : transformed(facts.input, net)
}

/** The loss of a head. */
const lossOf = (
  { document: { train }, catalogue }: Checked,
  head: CheckedHead,
  effects: ReadonlyArray<Regularizer.Regularization>,
): Loss.Loss => {
  const { loss } = headLoss(train, head)
  const named = loss === "auto" ? { name: head.lossName, options: {} } : use(catalogue, catalogue.loss, loss)
  return weighted(Entry.make(catalogue.loss, named), effects, head)
}

/** The loss of the model: that of its one head, or the weighted sum of those of its heads. */
const sumOf = (train: Train, heads: ReadonlyArray<CheckedHead>, losses: ReadonlyArray<Loss.Loss>): Built["loss"] => {
  const named = heads.flatMap((head, i): ReadonlyArray<readonly [string, Loss.Head]> => {
    const loss = losses[i]
    return head.name === undefined || loss === undefined ? [] : [[head.name, [loss, headLoss(train, head).weight]]]
  })
  const [only] = losses
  const loss = named.length === 0 && only !== undefined ? only : Loss.heads(Object.fromEntries(named))
  return loss as unknown as Built["loss"]
}

/** Builds a checked document. */
export const build = (right: Checked): Built => {
  const { catalogue, document, facts, heads } = right
  const { train } = document
  const stepsPerEpoch = Math.ceil(facts.rows.train / train.batch)
  // The schedule counts updates; `accumulate` batches make one.
  const learningRate = rate(train, stepsPerEpoch / (train.accumulate ?? 1), catalogue)
  const scores = tableOf(train, heads, catalogue)
  const effects = regularizations(train, catalogue)
  const losses = heads.map((head) => lossOf(right, head, effects))
  const penalties = effects.flatMap((effect) => (effect._tag === "Penalty" ? [effect.penalty] : []))
  const { best, checkpoint = both, earlyStop, plateau, rewind, watch } = watched(train, scores, facts, catalogue)
  return {
    net: netOf(document, facts, catalogue),
    loss: sumOf(train, heads, losses),
    heads: heads.map((head, i) => ({ ...head, response: losses[i]?.response ?? ((output) => output) })),
    optimizer: optimizer(train, learningRate, effects, catalogue),
    scores: scoresIn(scores, heads),
    ...unitsOf(scores, heads),
    seed: train.seed,
    epochs: train.epochs,
    batch: train.batch,
    ...(train.shards === undefined ? {} : { shards: Shards.of(train.shards) }),
    best,
    checkpoint,
    ...Stages.pretraining(document, catalogue),
    ...(penalties.length === 0 ? {} : { penalty: Regularizer.sum(...penalties) }),
    ...(train.average === undefined
      ? {}
      : { scored: ({ optimizer, params }: TrainState<Params, Params, Params>) => Optimizer.averaged(optimizer) ?? params }),
    ...(plateau === undefined ? {} : { plateau }),
    ...(rewind === undefined ? {} : { rewind }),
    ...(watch === undefined
      ? {}
      : { watch: Watch.layers({ ...watch, endsOf: endsOf(nodesOf(document, facts, catalogue), catalogue) }) }),
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

/** The optimizer of a checked document at another learning rate, without its schedule. */
export const optimizerAt =
  ({ catalogue, document: { train } }: Checked) =>
  (learningRate: LearningRate): Optimizer.Optimizer =>
    optimizer(train, learningRate, regularizations(train, catalogue), catalogue)

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

/** A score of a head under its full name. */
interface HeadScore {
  readonly head: CheckedHead
  /** Its name without that of the head. */
  readonly name: string
  readonly score: Score.Score
}

type Table = ReadonlyMap<string, HeadScore>

const tableOf = (train: Train, heads: ReadonlyArray<CheckedHead>, catalogue: Catalogue): Table => {
  const kinds = kindsOf(heads)
  return new Map(
    heads.flatMap((head) => {
      const { target } = head
      const units = target.type === "numbers" ? (target.units ?? []) : []
      return (scoresOf(catalogue.metric, train, head, kinds) ?? []).map((metric) => {
        const { name } = useOf(metric)
        const one = Score.inUnits(Entry.make(catalogue.metric, use(catalogue, catalogue.metric, metric)), units)
        const score = target.type === "labels" ? Score.labels(one, target.names.length) : one
        return [scoreName(head, name), { head, name, score }] as const
      })
    }),
  )
}

/** The scores of predictions and targets that are one tensor, or one for each head. */
const scoresIn = (table: Table, heads: ReadonlyArray<CheckedHead>): Built["scores"] => {
  const named = heads.flatMap(({ name }) => (name === undefined ? [] : [name]))
  const byHead = Object.fromEntries(
    named.map((head) => [
      head,
      Object.fromEntries([...table.values()].flatMap((each) => (each.head.name === head ? [[each.name, each.score]] : []))),
    ]),
  )
  const scores: object =
    named.length === 0 ? Object.fromEntries([...table].map(([name, { score }]) => [name, score])) : Score.heads(byHead)
  return scores as Built["scores"]
}

/** The units of scores, by target column, where a head learns scaled targets. Its own loss is then scaled too. */
const unitsOf = (table: Table, heads: ReadonlyArray<CheckedHead>): Pick<Built, "units"> => {
  const isScaled = ({ target }: CheckedHead): boolean => target.type === "numbers" && target.units !== undefined
  const scaled = heads.filter(isScaled)
  if (scaled.length === 0) return {}
  const losses = scaled.flatMap(({ name }) => (name === undefined ? [] : [[scoreName({ name }, "loss"), "scaled"] as const]))
  const scores = [...table].flatMap(([name, { head, score }]) => {
    const { power } = score
    if (power === undefined || head.target.type !== "numbers" || !isScaled(head)) return []
    return [
      [
        name,
        (head.target.columns ?? head.target.names).map((column) => (power === 2 ? `${column}²` : column)).join(" and "),
      ] as const,
    ]
  })
  return { units: Object.fromEntries([...losses, ...scores]) }
}

/** Which way a watched score is better. */
const monitorOf =
  (scores: Table) =>
  ({ mode, monitor }: MonitorChoice): Monitor => {
    if (mode !== "auto") return { monitor, mode }
    const score = scores.get(monitor.slice(monitor.indexOf(".") + 1))?.score
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
  scores: Table,
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
