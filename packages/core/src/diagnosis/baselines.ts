/** The scores of a run beside those of the best constant answer and of a linear model. */
import * as Effect from "effect/Effect"
import type { Engine, EngineError } from "../engines/Engine.ts"
import { evaluator } from "../training/Evaluate.ts"
import type { Scores } from "../training/Progress.ts"
import type { DatasetOf, ReadError } from "../training/Samples.ts"
import { type Concern, type Facts, shown } from "./Concern.ts"
import { constant, linear } from "./linear.ts"
import type { Subject } from "./Subject.ts"

export const facts: Facts = {
  doc: "The loss and the scores of the run beside those of the best constant answer and of a linear model of the inputs.",
  healthy:
    "a loss below both: a net that loses against a constant has learned nothing, one that loses against a line is not worth its parameters",
  advice:
    "Worse than a constant: look at the learning rate, the targets and the statistics of layers. Worse than a linear model: scale the inputs, train longer, or use the linear model.",
  source: "Karpathy, A recipe for training neural networks, 2019; scikit-learn, DummyClassifier and LogisticRegression",
  weights: "trained",
}

/** The scores of a run and of simple models on the same rows, those of validation where there are some. */
export interface Baselines {
  readonly own: Scores
  /** The best constant answer. */
  readonly constant: Scores
  /** Absent where the inputs are tokens, or too many for a model that is quickly trained. */
  readonly linear?: Scores
}

/** The scores of a subject and of simple models. */
export const baselines = <P, S, O, X, Y, T>(
  subject: Subject<P, S, O, X, Y, T>,
): Effect.Effect<Baselines, EngineError | ReadError, Engine> =>
  Effect.scoped(
    Effect.gen(function* () {
      const { data, loss, net, scores = {}, state, validation } = subject
      const weights = { params: state.params, state: state.state }
      const score = yield* evaluator<P, S, X, Y, T>(net, loss, scores, weights)
      const own = yield* score(weights, (validation ?? data) as DatasetOf<X, T>)
      const line = yield* linear(subject)
      return { own, constant: yield* constant(subject), ...(line === undefined ? {} : { linear: line }) }
    }),
  )

/** A loss of at least this share of the best constant answer's is as good as that. */
const same = 0.98

/** What is wrong with a run that a simple model beats. */
export const concerns = ({ constant, linear, own }: Baselines): ReadonlyArray<Concern> => {
  const [mine, least, line] = [own.loss ?? Number.NaN, constant.loss ?? Number.NaN, linear?.loss ?? Number.NaN]
  if (!(mine < least))
    return [
      {
        message: `the loss ${shown(mine)} is not below that of the best constant answer, ${shown(least)}`,
        advice:
          "nothing was learned that holds for these rows: look at the gap, then at the learning rate, the targets and the layers",
      },
    ]
  if (mine > same * least)
    return [
      {
        message: `the loss ${shown(mine)} is that of the best constant answer, ${shown(least)}: the net answers nearly the same for every row`,
        advice: "look at whether the targets can be told from the inputs, at the learning rate, and at the balance of classes",
      },
    ]
  return mine > line
    ? [
        {
          message: `the loss ${shown(mine)} is above that of a linear model, ${shown(line)}`,
          advice: "scaled inputs, another learning rate, more epochs, or the linear model itself",
        },
      ]
    : []
}
