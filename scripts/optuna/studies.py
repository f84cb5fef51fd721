"""Runs studies of Optuna whose objectives another process computes: lines of JSON come in and go out.

A study begins with {"space", "sampler", "pruner", "seed", "trials"}, and "points" where they are given. For each trial a line {"point"} goes out and
{"reports", "value"} comes in: the score after each epoch, and the last one, or null where the training diverged. Where the pruner stops
the trial, {"stopped": epochs} goes out, or else {"stopped": null}. The first line that goes out has the version.
"""

import json
import sys

import optuna

optuna.logging.set_verbosity(optuna.logging.ERROR)


def say(value):
    print(json.dumps(value), flush=True)


def number(trial, dimension):
    name = dimension["name"]
    if dimension["_tag"] == "Choice":
        if dimension.get("ordered"):
            return trial.suggest_int(name, 0, dimension["size"] - 1)
        return trial.suggest_categorical(name, list(range(dimension["size"])))
    suggest = trial.suggest_int if dimension["_tag"] == "Int" else trial.suggest_float
    options = {key: dimension[key] for key in ("log", "step") if key in dimension}
    return suggest(name, dimension["low"], dimension["high"], **options)


def ask(trial, space):
    point = {}
    for dimension in space:
        when = dimension.get("when")
        if when is None or point.get(when["dimension"]) == when["choice"]:
            point[dimension["name"]] = number(trial, dimension)
    return point


def stopped(trial, reports):
    for step, value in enumerate(reports, 1):
        trial.report(value if value is not None else float("inf"), step)
        if trial.should_prune():
            return step
    return None


samplers = {
    "random": lambda seed: optuna.samplers.RandomSampler(seed=seed),
    "tpe": lambda seed: optuna.samplers.TPESampler(seed=seed),
    "multivariate": lambda seed: optuna.samplers.TPESampler(seed=seed, multivariate=True, group=True),
}
pruners = {
    "none": optuna.pruners.NopPruner,
    "asha": lambda: optuna.pruners.SuccessiveHalvingPruner(min_resource=3, reduction_factor=3),
}


def run(wanted):
    study = optuna.create_study(
        direction="minimize", sampler=samplers[wanted["sampler"]](wanted["seed"]), pruner=pruners[wanted["pruner"]]()
    )
    for point in wanted.get("points", []):
        study.enqueue_trial(point)
    for _ in range(wanted["trials"]):
        trial = study.ask()
        say({"point": ask(trial, wanted["space"])})
        found = json.loads(sys.stdin.readline())
        at = stopped(trial, found["reports"])
        if at is not None:
            study.tell(trial, state=optuna.trial.TrialState.PRUNED)
        elif found["value"] is None:
            study.tell(trial, state=optuna.trial.TrialState.FAIL)
        else:
            study.tell(trial, found["value"])
        say({"stopped": at})


import warnings

warnings.simplefilter("ignore")
say({"version": optuna.__version__})
for line in sys.stdin:
    run(json.loads(line))
