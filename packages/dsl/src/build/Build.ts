/**
 * From a document and what is known of its data to what training wants: the net, the loss, the optimizer with its rate,
 * the scores, and what is watched. Nothing is computed here.
 */
import * as Deferred from "@adjoint/core/data/Deferred"
import * as Entry from "@adjoint/core/learning/Entry"
import type { LearningRate } from "@adjoint/core/learning/LearningRate"
import * as Loss from "@adjoint/core/learning/Loss"
import type { Net } from "@adjoint/core/learning/Net"
import * as Optimizer from "@adjoint/core/learning/Optimizer"
import type { Params } from "@adjoint/core/learning/Params"
import * as Regularizer from "@adjoint/core/learning/Regularizer"
import * as Score from "@adjoint/core/learning/Score"
import type { TrainState } from "@adjoint/core/training/Checkpoint"
import type { EarlyStop, Monitor } from "@adjoint/core/training/Monitor"
import type { Plateau } from "@adjoint/core/training/Plateau"
import type { Stage } from "@adjoint/core/training/Pretrain"
import * as Tree from "@adjoint/core/words/Tree"
import * as Result from "effect/Result"
import { check, shapes } from "../check/Check.ts"
import { lossName, scoreNames, wanted } from "../check/Outputs.ts"
import { type ModelFile, type Named, type Regularize, type Train, useOf } from "../Document.ts"
import type { Finding } from "../diagnostic/Diagnostic.ts"
import type { Facts } from "../prepare/Facts.ts"
import { type Catalogue, standard } from "../schema/Catalogue.ts"
import * as Nodes from "./Nodes.ts"
import * as Stages from "./Stages.ts"
import { use } from "./Uses.ts"

/** What training wants of a document; the names are those of `Train.Config`, save `checkpoint`. */
export interface Built {
  readonly net: Net
  readonly loss: Loss.Loss
  /** The name of the loss in force, which `auto` does not say. */
  readonly lossName: string
  readonly penalty?: (params: unknown) => ReturnType<Regularizer.Regularizer>
  readonly optimizer: Optimizer.Optimizer
  /** Which parameters are scored and kept, where they are not those that are trained. */
  readonly scored?: (state: TrainState<Params, Params, Params>) => Params
  /** Of targets as they were measured, however the net learns them. */
  readonly scores: { readonly [name: string]: Score.Score }
  /**
   * What scores are in, `{ mae: "price", mse: "price²" }`, where the net learns other numbers than were measured; the loss
   * is of what it learns.
   */
  readonly units?: { readonly [score: string]: string }
  readonly seed: number
  readonly epochs: number
  readonly batch: number
  readonly best: Monitor
  readonly earlyStop?: EarlyStop
  readonly plateau?: Plateau
  readonly checkpoint: Checkpoint
  /** The machines whose weights the net starts from; `layer` names one of the net's own. */
  readonly pretrain?: ReadonlyArray<Stage>
}

/** Which states of a run are kept, and after how many epochs each. */
export interface Checkpoint {
  readonly keep: ReadonlyArray<"best" | "last">
  readonly every: number
}

/** What must be known of the data before anything can be built. */
export type Needed = Facts & Required<Pick<Facts, "sample" | "target" | "rows">>

/** Builds a document over its data. Fails with what keeps it from being trained; advice does not. */
export const build = (
  document: ModelFile,
  facts: Needed,
  catalogue: Catalogue = standard,
): Result.Result<Built, ReadonlyArray<Finding>> => {
  const allowed = new Set(document.lint.allow)
  const wrong = check(document, facts, catalogue).filter(({ code }) => !code.startsWith("A") && !allowed.has(code))
  return wrong.length > 0 ? Result.fail(wrong) : Result.succeed(made(document, facts, catalogue))
}

/** n / (K · nₖ) for each class that occurs, and 1 for one that does not. */
const balanced = (counts: ReadonlyArray<number>): ReadonlyArray<number> => {
  const all = counts.reduce((sum, n) => sum + n, 0)
  return counts.map((n) => (n === 0 ? 1 : all / (counts.length * n)))
}

/** A loss with its classes weighed; balanced only where they were counted, since without rows it but turns outputs into answers. */
const weighted = (loss: Loss.Loss, weights: Regularize["class_weight"], { counts }: Needed): Loss.Loss => {
  const each = weights === "balanced" ? counts && balanced(counts) : weights
  return each === undefined ? loss : Loss.weighted(loss, each)
}

/** The loss in force, which may depend on how many outputs the layers make. */
const lossOf = ({ model, train }: ModelFile, facts: Needed, catalogue: Catalogue): string => {
  const { output } = shapes(model, train, facts, catalogue)
  const name = lossName(catalogue.loss, train, facts.target, output?.length === 1 ? output[0] : undefined)
  if (name === undefined) throw new TypeError("the classes of the target are not known")
  return name
}

/** The net of a document's model, which begins with what prepares an input where that is known. Needs to know the target only where the model ends in a head. */
export const netOf = ({ model, train }: ModelFile, facts: Facts, catalogue: Catalogue = standard): Net => {
  const outputs = wanted(catalogue.loss, facts.target, lossName(catalogue.loss, train, facts.target))
  const net = Nodes.net(Nodes.nodes({ catalogue, model, ...(outputs === undefined ? {} : { outputs }) }))
  return facts.input === undefined ? net : Deferred.net(facts.input, net)
}

const made = (document: ModelFile, facts: Needed, catalogue: Catalogue): Built => {
  const { train } = document
  const loss = lossOf(document, facts, catalogue)
  const stepsPerEpoch = Math.ceil(facts.rows.train / train.batch)
  // The rate counts the optimizer's steps, one for so many batches.
  const learningRate = rate(train, stepsPerEpoch / (train.accumulate ?? 1), catalogue)
  const scores = scoresOf(train, facts, catalogue)
  const cost = penalty(train)
  const stop = callback(train, "early_stop")
  const slow = callback(train, "reduce_on_plateau")
  return {
    net: netOf(document, facts, catalogue),
    loss: weighted(
      Entry.make(
        catalogue.loss,
        train.loss === "auto" ? { name: loss, options: {} } : use(catalogue, catalogue.loss, train.loss),
      ),
      train.regularize.class_weight,
      facts,
    ),
    lossName: loss,
    optimizer: optimizer(train, learningRate, catalogue),
    scores,
    ...unitsOf(scores, facts),
    seed: train.seed,
    epochs: train.epochs,
    batch: train.batch,
    best: monitor(callback(train, "checkpoint") ?? stop ?? {}, scores, facts),
    checkpoint: checkpoint(train),
    ...Stages.pretraining(document, catalogue),
    ...(cost === undefined ? {} : { penalty: cost }),
    ...(train.average === undefined
      ? {}
      : { scored: ({ optimizer, params }: TrainState<Params, Params, Params>) => Optimizer.averaged(optimizer) ?? params }),
    ...(slow === undefined
      ? {}
      : {
          plateau: {
            ...monitor(slow, scores, facts),
            minDelta: slow.min_delta as number,
            factor: slow.factor as number,
            patience: slow.patience as number,
            cooldown: slow.cooldown as number,
            least: slow.least as number,
          },
        }),
    ...(stop === undefined
      ? {}
      : {
          earlyStop: {
            ...monitor(stop, scores, facts),
            minDelta: stop.min_delta as number,
            patience: stop.patience as number,
            restoreBest: stop.restore_best as boolean,
          },
        }),
  }
}

type Options = { readonly [option: string]: unknown }

/** The options of the first callback of a name. */
const callback = ({ callbacks }: Train, name: string): Options | undefined =>
  callbacks.map(useOf).find((each) => each.name === name)?.options

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

/** Whether a path of parameters lies in a layer of that name, `block.0.dense1`. */
const isIn = (path: Tree.Path, layer: string): boolean => `${Tree.printPath(path)}.`.startsWith(`${layer}.`)

/** Steps by layer: none for the frozen, others times their factor. */
const groups = (freeze: ReadonlyArray<string>, rates: ReadonlyArray<readonly [string, number]>): Optimizer.Optimizer =>
  Optimizer.scaleByPath((path) =>
    freeze.some((layer) => isIn(path, layer))
      ? 0
      : rates.reduce((factor, [layer, rate]) => (isIn(path, layer) ? factor * rate : factor), 1),
  )

const optimizer = (train: Train, learningRate: LearningRate, catalogue: Catalogue): Optimizer.Optimizer => {
  const { accumulate, average, freeze = [], lookahead, optimizer, regularize } = train
  const rates = Object.entries(train.rates ?? {})
  const bare = Entry.make(catalogue.optimizer, use(catalogue, catalogue.optimizer, optimizer))(learningRate)
  const brick = (limit: number | undefined, make: (limit: number) => Optimizer.Optimizer): ReadonlyArray<Optimizer.Optimizer> =>
    limit === undefined ? [] : [make(limit)]
  const bricks = [
    ...brick(regularize.clip_value, Optimizer.clipByValue),
    ...brick(regularize.clip_layer_norm, Optimizer.clipByLayerNorm),
    ...brick(regularize.clip_norm, Optimizer.clipByGlobalNorm),
    bare,
    ...brick(regularize.max_norm, Optimizer.maxNorm),
  ]
  const chained = bricks.length === 1 ? bare : Optimizer.chain(...bricks)
  const looking = lookahead === undefined ? chained : Optimizer.lookahead(chained, lookahead)
  const grouped = freeze.length === 0 && rates.length === 0 ? looking : Optimizer.chain(looking, groups(freeze, rates))
  // Around all that alters a step, so that the mean is of the weights as they are.
  const meant = average === undefined ? grouped : Optimizer.average(grouped, { decay: average })
  return accumulate === undefined || accumulate === 1 ? meant : Optimizer.accumulate(accumulate, meant)
}

const penalty = ({ regularize: { l1, l2 } }: Train): Regularizer.Regularizer | undefined => {
  const parts = [...(l1 > 0 ? [Regularizer.l1(l1)] : []), ...(l2 > 0 ? [Regularizer.l2(l2)] : [])]
  return parts.length === 0 ? undefined : Regularizer.sum(...parts)
}

const scoresOf = (train: Train, facts: Needed, catalogue: Catalogue): Built["scores"] => {
  const named: ReadonlyArray<Named> =
    train.metrics === "auto" ? (scoreNames(train, facts.target) ?? []).map((name) => ({ [name]: {} })) : train.metrics
  const units = facts.target.type === "numbers" ? (facts.target.units ?? []) : []
  return Object.fromEntries(
    named.map((metric) => [
      useOf(metric).name,
      Score.inUnits(Entry.make(catalogue.metric, use(catalogue, catalogue.metric, metric)), units),
    ]),
  )
}

/** What scores are in, by the name of what was measured. */
const unitsOf = (scores: Built["scores"], { target }: Needed): Pick<Built, "units"> => {
  if (target.type !== "numbers" || target.units === undefined) return {}
  const { names } = target
  const named = Object.entries(scores).flatMap(([score, { power }]) =>
    power === undefined ? [] : [[score, names.map((name) => (power === 2 ? `${name}²` : name)).join(" and ")] as const],
  )
  return { units: Object.fromEntries(named) }
}

/** What a callback watches, and which way is better; without a word of it the validation loss, or else the training loss. */
const monitor = (options: Options, scores: Built["scores"], { rows }: Needed): Monitor => {
  const watched = typeof options.monitor === "string" ? options.monitor : rows.val > 0 ? "val.loss" : "train.loss"
  const { mode } = options
  if (mode === "min" || mode === "max") return { monitor: watched, mode }
  const name = watched.slice(watched.indexOf(".") + 1)
  const score = Object.hasOwn(scores, name) ? scores[name] : undefined
  return { monitor: watched, mode: score?.better === "higher" ? "max" : "min" }
}

/** Both states after every epoch, unless the document asks for something else. */
const checkpoint = (train: Train): Checkpoint => {
  const options = callback(train, "checkpoint")
  if (options === undefined) return { keep: ["best", "last"], every: 1 }
  return { keep: options.keep as Checkpoint["keep"], every: Number.parseInt(String(options.every), 10) }
}
