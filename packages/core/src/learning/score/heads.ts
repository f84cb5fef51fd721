/** Scores of nets with several heads: each head has scores of its own. */
import type { Tensor } from "../../language/Expr.ts"
import { tensorOf } from "../Target.ts"
import type { Counted, ScoreFunction } from "./Score.ts"

/** The names of the scores of heads: `kind.accuracy`. */
export type HeadScoreNames<H> = { readonly [K in keyof H & string]: `${K}.${keyof H[K] & string}` }[keyof H & string]

/** Scores by names such as `kind.accuracy`, for predictions and targets with a tensor for each head. */
export type HeadScores<H> = {
  readonly [N in HeadScoreNames<H>]: ScoreFunction<{ readonly [K in keyof H]: Tensor }, { readonly [K in keyof H]: Tensor }>
}

/** A score of one head: of the tensors of that name in predictions and targets. */
const ofHead = (head: string, score: ScoreFunction): ScoreFunction<unknown, unknown> => {
  const { finish, merge, range } = score
  const ofTrees = (prediction: unknown, target: unknown, counted?: Counted): Tensor =>
    score(tensorOf("Score.heads", "prediction", prediction, head), tensorOf("Score.heads", "target", target, head), counted)
  const facts = { finish, merge, range }
  return Object.assign(ofTrees, Object.fromEntries(Object.entries(facts).filter(([, fact]) => fact !== undefined)))
}

/**
 * Scores for each head, under the names of the head and the score. Predictions and targets are records with a tensor under the
 * name of each head. Computing a score throws `ShapeError` for a head that they do not have.
 *
 * ```ts
 * const scores = Score.heads({ kind: { accuracy: Score.accuracy }, price: { mae: Score.meanAbsoluteError } })
 * Object.keys(scores) // => ["kind.accuracy", "price.mae"]
 * ```
 */
export const heads = <const H extends { readonly [head: string]: { readonly [score: string]: ScoreFunction } }>(
  scores: H,
): HeadScores<H> =>
  Object.fromEntries(
    Object.entries(scores).flatMap(([head, own]) =>
      Object.entries(own).map(([name, score]) => [`${head}.${name}`, ofHead(head, score)]),
    ),
  ) as HeadScores<H>
