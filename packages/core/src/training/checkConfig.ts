/** Checks of a run's configuration: every argument is checked before anything is computed. */
import * as Dataset from "../data/Dataset.ts"
import { nearest } from "../data/Nearest.ts"
import * as Shape from "../types/Shape.ts"
import type { Spec } from "../types/ShapeError.ts"
import * as Tree from "../types/Tree.ts"
import { table as callbacks } from "./Callback.ts"
import type { Config } from "./Config.ts"
import { bounded, count, dataset, firstOf, type Problem, problem, scoreTable } from "./checkData.ts"
import { classNumbers } from "./checkLabels.ts"
import { lossNames } from "./Evaluate.ts"
import type { Monitor } from "./Monitor.ts"
import type { Plateau } from "./Plateau.ts"

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

/** A monitor must name a score of the run; `own` are the names of its losses and scores. */
export const monitor = (
  argument: string,
  { minDelta = 0, mode, monitor: name }: Monitor,
  { own, validation }: { readonly own: ReadonlyArray<string>; readonly validation: boolean },
): Problem => {
  const parts = validation ? ["val", "train"] : ["train"]
  const known = parts.flatMap((part) => own.map((score) => `${part}.${score}`))
  const at = `${argument}.monitor`
  if (!known.includes(name)) {
    const near = nearest(name, known)
    const unseen = !validation && name.startsWith("val.") && own.includes(name.slice("val.".length))
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
    bounded(`${argument}.minDelta`, minDelta, callbacks.early_stop.options.min_delta)
  )
}

const plateau = ({ cooldown = 0, factor, least = 0, patience }: Plateau): Problem => {
  const { options } = callbacks.reduce_on_plateau
  const values = { factor, patience, cooldown, least }
  return firstOf(
    (["factor", "patience", "cooldown", "least"] as const).map((name) => bounded(`plateau.${name}`, values[name], options[name])),
  )
}

/** The first problem of a run's configuration. */
export const config = <P, S, O, R, X, Y, T>({
  batch,
  best,
  data,
  earlyStop,
  epochs,
  loss,
  net,
  optimizer,
  plateau: slower,
  resume,
  saving,
  scores = {},
  seed,
  validation,
}: Config<P, S, O, R, X, Y, T>): Problem => {
  const seen = { own: [...lossNames(loss), ...Object.keys(scores)], validation: validation !== undefined }
  return (
    dataset("data", data) ??
    (validation === undefined ? undefined : (dataset("validation", validation) ?? alike(data, validation))) ??
    classNumbers("data", net, loss, data) ??
    (validation === undefined ? undefined : classNumbers("validation", net, loss, validation)) ??
    firstOf([
      count("seed", seed, 0),
      count("epochs", epochs, 0),
      count("batch", batch, 1),
      count("saving.every", saving?.every ?? 1, 1),
      scoreTable(scores, lossNames(loss)),
      best && monitor("best", best, seen),
      earlyStop &&
        (monitor("earlyStop", earlyStop, seen) ??
          bounded("earlyStop.patience", earlyStop.patience, callbacks.early_stop.options.patience)),
      slower && (monitor("plateau", slower, seen) ?? plateau(slower)),
    ]) ??
    (slower === undefined || optimizer.rate !== undefined
      ? undefined
      : problem(
          "plateau",
          "an optimizer whose state has no learning rate",
          "an optimizer with a learning rate in its state",
          "end the chain with Optimizer.scaleByLearningRate, or pass on `rate` in an optimizer of your own",
        )) ??
    (resume === undefined || resume.last.progress.epoch + (resume.last.progress.batch > 0 ? 1 : 0) <= epochs
      ? undefined
      : problem(
          "epochs",
          String(epochs),
          `at least the ${resume.last.progress.epoch + (resume.last.progress.batch > 0 ? 1 : 0)} that the checkpoint has begun`,
          "more epochs, or an earlier checkpoint",
        )) ??
    (earlyStop?.restoreBest === true && resume?.last.progress.best !== undefined && resume.best === undefined
      ? problem(
          "resume.best",
          "nothing",
          `the weights of epoch ${resume.last.progress.best.epoch}, the best so far, for restoreBest`,
          "load the best checkpoint as well",
        )
      : undefined)
  )
}
