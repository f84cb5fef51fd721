/** Checks of a run's configuration: every argument is checked before anything is computed. */
import * as Dataset from "../data/Dataset.ts"
import { nearest } from "../data/Nearest.ts"
import * as Shape from "../types/Shape.ts"
import type { Spec } from "../types/ShapeError.ts"
import * as Tree from "../types/Tree.ts"
import { earlyStopOptions, reduceOnPlateauOptions } from "./Callback.ts"
import type { Config } from "./Config.ts"
import { bounded, count, dataset, firstOf, type Problem, problem, scoreTable } from "./checkData.ts"
import { classNumbers } from "./checkLabels.ts"
import { lossNames } from "./Evaluate.ts"
import { knownOfTrain } from "./knownSettings.ts"
import type { EarlyStop, Monitor } from "./Monitor.ts"
import type { Plateau } from "./Plateau.ts"
import type { Progress } from "./Progress.ts"
import { rewinding } from "./Rewind.ts"

type Parts = Pick<Dataset.Dataset<unknown, unknown>, "inputs" | "targets">

/** Validation rows must have the structure and the shapes of the training rows, and their targets the same dtypes. */
const alike = (train: Parts, validation: Parts): Problem => {
  const part = (["inputs", "targets"] as const).find((name) => Tree.structure(train[name]) !== Tree.structure(validation[name]))
  if (part !== undefined)
    return problem(
      `validation.${part}`,
      `arrays ${Tree.structure(validation[part])}`,
      `arrays ${Tree.structure(train[part])}, as in data.${part}`,
      "prepare both parts in the same way",
    )
  const others = Dataset.entries(validation)
  return firstOf(Dataset.entries(train).map(([name, array], i) => alikeArrays(name, array, others[i]?.[1] ?? array)))
}

const alikeArrays = (name: string, train: Spec, validation: Spec): Problem => {
  if (!Shape.equals(train.shape.slice(1), validation.shape.slice(1)))
    return problem(
      `validation.${name}`,
      `rows of shape ${Shape.print(validation.shape.slice(1))}`,
      `rows of shape ${Shape.print(train.shape.slice(1))}, as in data.${name}`,
      "preprocess both parts in the same way",
    )
  return train.dtype === validation.dtype || name.startsWith("inputs")
    ? undefined
    : problem(
        `validation.${name}`,
        validation.dtype,
        `${train.dtype}, as in data.${name}`,
        "preprocess both parts in the same way",
      )
}

/** The names of a run's scores by part; without `val` the run has no validation rows. */
export interface Known {
  readonly train: ReadonlyArray<string>
  readonly val?: ReadonlyArray<string>
}

/** A monitor must name a score of the run. */
export const monitor = (argument: string, { minDelta = 0, mode, monitor: name }: Monitor, { train, val }: Known): Problem => {
  const known = [...(val ?? []).map((score) => `val.${score}`), ...train.map((score) => `train.${score}`)]
  const at = `${argument}.monitor`
  if (!known.includes(name)) {
    const near = nearest(name, known)
    const unseen = val === undefined && name.startsWith("val.") && train.includes(name.slice("val.".length))
    return problem(
      at,
      JSON.stringify(name),
      unseen ? "a score of the training rows, since there are no validation rows" : "a score of this run",
      unseen ? "validation: rows to score" : (near.length > 0 ? near : known).map((each) => JSON.stringify(each)).join(" or "),
    )
  }
  return (
    (mode === "min" || mode === "max"
      ? undefined
      : problem(`${argument}.mode`, String(mode), '"min" or "max"', `${argument}.mode: "min"`)) ??
    bounded(`${argument}.minDelta`, minDelta, earlyStopOptions.min_delta)
  )
}

const plateau = ({ cooldown = 0, factor, least = 0, patience }: Plateau): Problem => {
  const values = { factor, patience, cooldown, least }
  return firstOf(
    (["factor", "patience", "cooldown", "least"] as const).map((name) =>
      bounded(`plateau.${name}`, values[name], reduceOnPlateauOptions[name]),
    ),
  )
}

/** What watches the scores of a run. */
interface Watching {
  readonly epochs: number
  readonly best?: Monitor
  readonly earlyStop?: EarlyStop
  readonly plateau?: Plateau
}

/** What waits for at least as many epochs as the run has never acts. */
const waiting = (argument: string, patience: number, epochs: number): Problem =>
  patience < epochs || epochs === 0
    ? undefined
    : problem(
        `${argument}.patience`,
        String(patience),
        `fewer epochs than the ${epochs} of the run, since otherwise it never acts`,
        `a smaller patience, more epochs, or no ${argument}`,
      )

/** The early stop decides which epoch is the best, so another monitor for that would be ignored. */
const ignored = (best: Monitor, { minDelta = 0, mode, monitor: name }: EarlyStop): Problem =>
  best.monitor === name && best.mode === mode && (best.minDelta ?? minDelta) === minDelta
    ? undefined
    : problem("best", printed(best), `the monitor of earlyStop, ${printed({ minDelta, mode, monitor: name })}`, "leave out best")

const printed = ({ minDelta, mode, monitor: name }: Monitor): string =>
  `the ${mode} of ${JSON.stringify(name)}${(minDelta ?? 0) === 0 ? "" : ` by ${minDelta}`}`

/** A problem with what watches the scores of a run. */
export const watching = ({ best, earlyStop, epochs, plateau: slower }: Watching, known: Known): Problem =>
  firstOf([
    best && monitor("best", best, known),
    earlyStop &&
      (monitor("earlyStop", earlyStop, known) ??
        bounded("earlyStop.patience", earlyStop.patience, earlyStopOptions.patience) ??
        (earlyStop.restoreBest === true ? undefined : waiting("earlyStop", earlyStop.patience, epochs))),
    best && earlyStop && ignored(best, earlyStop),
    slower && (monitor("plateau", slower, known) ?? plateau(slower) ?? waiting("plateau", slower.patience, epochs)),
  ])

/** The checkpoint of a run, and the settings that it must agree with. */
interface Resuming {
  readonly epochs: number
  readonly earlyStop?: EarlyStop
  readonly resume?: { readonly last: { readonly progress: Progress }; readonly best?: unknown } | undefined
}

/** A problem with the checkpoint that a run resumes from. */
export const resuming = ({ earlyStop, epochs, resume }: Resuming): Problem => {
  if (resume === undefined) return undefined
  const { batch, best, epoch } = resume.last.progress
  const begun = epoch + (batch > 0 ? 1 : 0)
  if (begun > epochs)
    return problem(
      "epochs",
      String(epochs),
      `at least the ${begun} that the checkpoint has begun`,
      "more epochs, or an earlier checkpoint",
    )
  return earlyStop?.restoreBest === true && best !== undefined && resume.best === undefined
    ? problem(
        "resume.best",
        "nothing",
        `the weights of epoch ${best.epoch}, the best so far, for restoreBest`,
        "load the best checkpoint as well",
      )
    : undefined
}

/** A batch has a row for each of its shards, and only shards have workers. */
const sharding = ({ batch, shards, workers }: Pick<Config<never, never, never>, "batch" | "shards" | "workers">): Problem => {
  const several = "shards: Shards.of(8)"
  if (shards !== undefined && typeof shards.steps !== "function")
    return problem("shards", String(shards), "a value of Shards.of", several)
  const { count: number = 1 } = shards ?? {}
  return (
    count("shards", number, 1) ??
    (number > batch
      ? problem("shards", String(number), `at most the ${batch} rows of a batch`, `Shards.of(${batch}), or a larger batch`)
      : number === 1 && workers !== undefined
        ? problem("workers", "workers for a batch in one piece", "a batch in several shards", `${several}, or no workers`)
        : undefined)
  )
}

const watchingLayers = ({ watch }: Pick<Config<never, never, never>, "watch">): Problem =>
  watch === undefined || typeof watch.measured === "function"
    ? watch?.problem
    : problem("watch", "another value", "a value of Watch.layers", "watch: Watch.layers()")

/** The first problem of a run's configuration. */
export const config = <P, S, O, R, X, Y, T>(run: Config<P, S, O, R, X, Y, T>): Problem => {
  const { batch, data, epochs, loss, net, optimizer, saving, scores = {}, seed, validation } = run
  const own = [...lossNames(loss), ...Object.keys(scores)]
  return (
    knownOfTrain(run) ??
    dataset("data", data) ??
    (validation === undefined ? undefined : (dataset("validation", validation) ?? alike(data, validation))) ??
    classNumbers("data", net, loss, data) ??
    (validation === undefined ? undefined : classNumbers("validation", net, loss, validation)) ??
    firstOf([
      count("seed", seed, 0),
      count("epochs", epochs, 0),
      count("batch", batch, 1),
      sharding(run),
      count("saving.every", saving?.every ?? 1, 1),
      scoreTable(scores, lossNames(loss)),
      watching(run, { train: own, ...(validation === undefined ? {} : { val: own }) }),
    ]) ??
    (run.plateau === undefined || optimizer.rate !== undefined
      ? undefined
      : problem(
          "plateau",
          "an optimizer whose state has no learning rate",
          "an optimizer with a learning rate in its state",
          "end the chain with Optimizer.scaleByLearningRate, or pass on `rate` in an optimizer of your own",
        )) ??
    rewinding(run.rewind, optimizer.rate !== undefined) ??
    watchingLayers(run) ??
    resuming(run)
  )
}
