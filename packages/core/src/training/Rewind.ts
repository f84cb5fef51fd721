/** What a run does after a non-finite value, besides failing: it goes back to the end of the last epoch, with a lower rate. */
import { bounded, firstOf, type Problem, problem } from "./checkData.ts"
import type { NonFinitePlace } from "./NonFinite.ts"

/** How often a run goes back, and what its learning rate is multiplied by each time. */
export interface Rewind {
  readonly factor: number
  readonly times: number
}

/** The options of `rewind` in a model file. */
export const rewindOptions = {
  factor: {
    kind: "number",
    doc: "The learning rate is multiplied by this each time.",
    synonyms: ["lr_factor", "gamma"],
    default: 0.5,
    exclusiveMinimum: 0,
    exclusiveMaximum: 1,
  },
  times: {
    kind: "integer",
    doc: "How often a run goes back before it stops.",
    synonyms: ["max_retries", "retries"],
    default: 3,
    minimum: 1,
  },
} as const

/** A run went back to the end of an epoch, or to its start, with a lower rate: a step had left a non-finite value. */
export interface Rewound extends NonFinitePlace {
  readonly _tag: "Rewound"
  /** The epoch and the step that failed, counted from 1. */
  readonly epoch: number
  readonly step: number
  /** The epochs and the steps that are done where the run continues. */
  readonly to: { readonly epoch: number; readonly step: number }
  /** What the scheduled rate is multiplied by from now on. */
  readonly factor: number
  /** How often the run has gone back, this time included. */
  readonly times: number
}

/** A problem with a policy of going back. `hasRate`: whether the run's state holds a learning rate. */
export const rewinding = (rewind: Rewind | undefined, hasRate: boolean): Problem =>
  rewind === undefined
    ? undefined
    : (firstOf((["factor", "times"] as const).map((name) => bounded(`rewind.${name}`, rewind[name], rewindOptions[name]))) ??
      (hasRate
        ? undefined
        : problem(
            "rewind",
            "an optimizer whose state has no learning rate",
            "an optimizer with a learning rate in its state",
            "end the chain with Optimizer.scaleByLearningRate, or pass on `rate` in an optimizer of your own",
          )))
