/** Words of Optuna, Ray Tune, Keras Tuner and Weights & Biases for the keys of `search`, and where other keys of theirs belong. */
import { isRecord } from "../source/Data.ts"
import type { ElsewhereTable, Misplaced } from "./Annotation.ts"
import { flow } from "./Mend.ts"
import { needless } from "./Misplaced.ts"

const inPlace = "values to search are written in place, where training has one: `batch: { $search: [16, 32], default: 32 }`"
const byTrials = "the number of trials limits a search: `trials: 60`"
const direction = needless("`maximize: val.auroc` or `minimize: val.loss` says which way is better: remove it")

const lower = /loss|error|mse|mae|rmse|perplexity|deviance|brier/iu

/** Whether a score is to be minimized: by the direction written beside it, or by its name. */
const isMinimized = ({ map }: Misplaced, score: string): boolean => {
  const beside = [map.direction, map.mode, map.goal].find((value) => typeof value === "string")
  return typeof beside === "string" ? beside.toLowerCase().startsWith("min") : lower.test(score)
}

/** The score to search for, under the key that says which way is better. */
const objective: ElsewhereTable[string] = (found) => {
  const { path, value } = found
  const help = "write `maximize: val.auroc` for a score that is better the higher, or `minimize: val.loss`"
  const inner = isRecord(value) ? value.name : value
  if (typeof inner !== "string") return { help }
  const entries = `${isMinimized(found, inner) ? "minimize" : "maximize"}: ${flow(inner)}`
  return { help, fix: { title: `write \`${entries}\``, entry: path, text: entries } }
}

export const search = {
  synonyms: {
    maximize: ["max", "maximise"],
    minimize: ["min", "minimise"],
    sampler: ["algorithm", "algo", "method", "search_alg", "search_algorithm", "searcher", "tuner", "oracle", "strategy"],
    trials: [
      "n_trials",
      "num_trials",
      "max_trials",
      "num_samples",
      "samples",
      "n_iter",
      "iterations",
      "run_cap",
      "count",
      "max_evals",
    ],
    seed: ["random_state", "search_seed", "sampler_seed"],
    pending: ["max_pending", "lag"],
    folds: ["cv", "k_folds", "kfold", "n_splits", "cross_validation", "cross_validate"],
    seeds: ["repeats", "n_repeats", "executions_per_trial", "runs_per_trial", "replicates"],
    pruner: ["scheduler", "early_terminate", "early_termination", "stopper", "trial_scheduler", "pruning"],
    where: ["constraints", "constraint", "condition", "conditions", "filter"],
    parallel: ["n_jobs", "jobs", "max_concurrent_trials", "max_concurrent", "concurrency", "parallelism", "num_workers"],
    store: ["storage", "database", "db", "url"],
  },
  elsewhere: {
    metric: objective,
    metrics: objective,
    objective,
    objectives: objective,
    monitor: objective,
    score: objective,
    scoring: objective,
    target: objective,
    direction,
    directions: direction,
    mode: direction,
    goal: direction,
    parameters: inPlace,
    params: inPlace,
    param_space: inPlace,
    param_grid: inPlace,
    param_distributions: inPlace,
    hyperparameters: inPlace,
    space: inPlace,
    search_space: inPlace,
    config: inPlace,
    timeout: byTrials,
    time_budget_s: byTrials,
    max_time: byTrials,
    study: "the store has the studies of a file: `store: study.sqlite`",
    study_name: "the name of a study is that of the model file",
    project: "the name of a study is that of the model file",
    resume: "`adjoint search --resume` continues a study: remove it",
    load_if_exists: "`adjoint search --resume` continues a study: remove it",
    early_stopping:
      "`pruner` stops bad trials; to stop one training use the callback `early_stop`: `train: { callbacks: [early_stop] }`",
    fail_under: "bounds of the final score belong under `evaluate`: `evaluate: { fail_under: { accuracy: 0.9 } }`",
    grid: "`sampler: grid` tries every combination",
    resources: "the command's options set cores and memory",
  },
} as const

/** Names of other kinds of search. */
export const samplerNames = {
  asha: "this stops bad trials: `pruner: asha`",
  hyperband: "this stops bad trials: `pruner: hyperband`",
  median: "this stops bad trials: `pruner: median`",
  pbt: "population-based training is not supported: use `sampler: tpe` with `pruner: asha`",
} as const

/** Names of other kinds of pruner. */
export const prunerNames = {
  fifo: "without a `pruner` all trials run to their end",
  pbt: "population-based training is not supported: use `asha`",
} as const
