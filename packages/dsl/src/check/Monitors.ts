/** Whether the scores that callbacks monitor, and those of `fail_under` and `fail_above`, are ones that the run computes, and bounded on the side where they are worse. */
import { mayHaveTest, mayHaveVal, useOf } from "../Document.ts"
import type { Finding } from "../diagnostic/Diagnostic.ts"
import { scalar } from "../diagnostic/Fix.ts"
import { called, detailed, listed, meaning, nearestNames, type Synonyms } from "../diagnostic/Suggest.ts"
import { withDefaults } from "../net/Uses.ts"
import { type Head, headsOf, scoreName } from "../prepare/Facts.ts"
import { traitsOf } from "../schema/Catalogue.ts"
import type { Path } from "../source/Path.ts"
import { kindsOf, scoresOf } from "./Outputs.ts"
import type { Subject } from "./Subject.ts"

/** Whether a part has rows, as far as that is known. */
const hasRows = (
  { data, facts }: Pick<Subject, "facts"> & { readonly data?: Subject["data"] | undefined },
  part: "train" | "val" | "test",
): boolean => {
  if (facts.rows !== undefined) return facts.rows[part] > 0
  if (data === undefined || part === "train") return true
  return part === "val" ? mayHaveVal(data.split) : mayHaveTest(data)
}

/** Bounds of scores of a part without rows, which nothing would ever hold to them. */
const unheld = (subject: Subject): ReadonlyArray<Finding> => {
  const { evaluate } = subject
  if (evaluate === undefined || hasRows(subject, evaluate.split)) return []
  const key = (["fail_under", "fail_above"] as const).find((each) => Object.keys(evaluate[each]).length > 0)
  if (key === undefined) return []
  const hasOther = evaluate.split !== "val" && hasRows(subject, "val")
  return [
    {
      code: "T524",
      message: `\`${key}\` bounds scores of the ${evaluate.split} rows, and there are none`,
      at: { path: ["evaluate", key], on: "key" },
      help: `${hasOther ? "`split: val`, or " : ""}set \`data.split.${evaluate.split}\``,
    },
  ]
}

/** With `hasVal`, there are validation rows even if the split has none: those of folds. */
interface Scored extends Subject {
  readonly hasVal?: boolean
}

/** The scores a run computes after every epoch, or `undefined` where that is not known. */
const produced = ({ catalogue, data, facts, hasVal: isGiven = false, train }: Scored): ReadonlyArray<string> | undefined => {
  const heads = headsOf(facts)
  const kinds = kindsOf(heads)
  const unknown: ReadonlyArray<Partial<Head>> = [{}]
  const own = (heads.length === 0 ? unknown : heads).map(({ name, target }) => {
    const head = name === undefined ? {} : { name }
    const scores = scoresOf(catalogue.metric, train, { ...head, target }, kinds)?.map((metric) => useOf(metric).name)
    return scores?.map((score) => scoreName(head, score)).concat(name === undefined ? [] : [scoreName(head, "loss")])
  })
  const names = own.flatMap((scores) => scores ?? [])
  if (own.includes(undefined)) return undefined
  const hasVal = isGiven || hasRows({ data, facts }, "val")
  return ["train", ...(hasVal ? ["val"] : [])].flatMap((part) => ["loss", ...names].map((name) => `${part}.${name}`))
}

/** A score that is asked for, with its place. */
interface Watched {
  readonly score: string
  readonly path: Path
}

/** Other names that people type for a score. */
const othersIn =
  ({ metric }: Subject["catalogue"]) =>
  (score: string): ReadonlyArray<string> =>
    (Object.hasOwn(metric, score) ? metric[score]?.synonyms : undefined) ?? []

/** Those of some scores that the run does not compute after every epoch. */
export const unknown = (subject: Scored, watched: ReadonlyArray<Watched>): ReadonlyArray<Finding> => {
  const scores = produced(subject)
  if (scores === undefined) return []
  const others = othersIn(subject.catalogue)
  const missing = watched.filter(({ score }) => !scores.includes(score))
  return missing.map(({ path, score }, i) =>
    i < detailed
      ? unproduced(subject, scores, score, { at: { path }, others })
      : { code: "T503", message: `this run does not compute the score \`${score}\``, at: { path } },
  )
}

/** All scores that are asked for and not computed. */
export const check = (subject: Subject): ReadonlyArray<Finding> => {
  const scores = produced(subject)
  if (scores === undefined) return []
  const names = [...new Set(scores.map((score) => score.slice(score.indexOf(".") + 1)))]
  const { callback: table } = subject.catalogue
  const others = othersIn(subject.catalogue)
  const watched = subject.train.callbacks.flatMap((callback, i) => {
    const { name, options } = useOf(callback)
    const option = traitsOf(table, name)?.monitor
    const score = option === undefined ? undefined : options[option]
    return option === undefined || typeof score !== "string" ? [] : [{ score, path: ["train", "callbacks", i, name, option] }]
  })
  const bounds = (["fail_under", "fail_above"] as const).flatMap((key) =>
    Object.keys(subject.evaluate?.[key] ?? {}).flatMap((score): ReadonlyArray<Finding> => {
      const at = { path: ["evaluate", key, score], on: "key" } as const
      if (names.includes(score)) return wrongSide(subject, key, score)
      return [
        { ...unproduced(subject, names, score, { at, others }), message: `this run does not compute the score \`${score}\`` },
      ]
    }),
  )
  return [...unknown(subject, watched), ...bounds, ...unheld(subject)]
}

/** Which way a score is better: a loss lower, and a metric as its entry says. */
export const betterOf = ({ catalogue }: Subject, score: string): "higher" | "lower" | undefined => {
  const metric = score.slice(score.lastIndexOf(".") + 1)
  return metric === "loss" ? "lower" : withDefaults(catalogue.metric, metric)?.better
}

/** A minimum of a score that is better the lower, or a maximum of one that is better the higher: it would fail the best runs. */
const wrongSide = (subject: Subject, key: "fail_under" | "fail_above", score: string): ReadonlyArray<Finding> => {
  const better = betterOf(subject, score)
  if (better === undefined || better === (key === "fail_under" ? "higher" : "lower")) return []
  const [bound, other, otherBound] =
    key === "fail_under" ? (["minimum", "fail_above", "maximum"] as const) : (["maximum", "fail_under", "minimum"] as const)
  const path = ["evaluate", key, score]
  return [
    {
      code: "T523",
      message: `\`${key}\` sets the ${bound} of a score, and \`${score}\` is better the ${better}: good runs would fail`,
      at: { path, on: "key" },
      help: `write it under \`${other}\`, which sets the ${otherBound}`,
      fix: { title: `move it to \`${other}\``, move: path, to: ["evaluate", other, score] },
    },
  ]
}

interface Asked {
  readonly at: Finding["at"]
  /** Other names that people type for a metric. */
  readonly others: (metric: string) => ReadonlyArray<string>
}

/** Whether a score is that of a head, written without the name of the head: `val.accuracy` for `val.kind.accuracy`. */
const isOfHead = (score: string, written: string): boolean => {
  const [steps, asked] = [score.split("."), written.split(".")]
  return steps.length === asked.length + 1 && steps.at(-1) === asked.at(-1) && (asked.length === 1 || steps[0] === asked[0])
}

/** The finding for a score that the run does not compute: the nearest name, or what to add. */
const unproduced = (
  { catalogue, train }: Subject,
  scores: ReadonlyArray<string>,
  score: string,
  { at, others }: Asked,
): Finding => {
  const [, part = "", metric = ""] = /^(?:(train|val)[._])?(.*)$/su.exec(score) ?? []
  const synonyms: Synonyms = Object.fromEntries(
    scores.map((each) => {
      const end = each.lastIndexOf(".") + 1
      return [each, others(each.slice(end)).map((other) => `${each.slice(0, end)}${other}`)]
    }),
  )
  const finding = { code: "T503", message: `this run does not compute the score \`${score}\``, at } as const
  const hasPart = part !== "val" || scores.some((each) => each.startsWith("val.")) || at.on === "key"
  if (!hasPart) return { ...finding, help: "there are no validation rows: set `data.split.val`" }
  const ofHeads = scores.filter((each) => isOfHead(each, score))
  if (ofHeads.length > 0) {
    const [head, another] = ofHeads
    const fix =
      head === undefined || another !== undefined
        ? {}
        : { fix: { title: `write \`${head}\``, at, text: scalar(head), was: score } }
    return { ...finding, help: `each head has its own: did you mean ${listed(ofHeads)}?`, ...fix }
  }
  const meant = meaning(score, scores, synonyms)
  const [only, second] = meant?.names ?? []
  const [unlisted] = called(metric, Object.keys(catalogue.metric))
  if (unlisted !== undefined && Array.isArray(train.metrics) && called(score, scores, synonyms).length === 0)
    return {
      ...finding,
      help: `\`${unlisted}\` is not in \`train.metrics\`: add it there`,
      fix: { title: `add \`${unlisted}\` to the metrics`, append: ["train", "metrics"], text: unlisted },
    }
  return {
    ...finding,
    help: meant?.help ?? `the scores are ${listed(nearestNames(score, scores, 8), "and")}; add others to \`train.metrics\``,
    ...(only === undefined || second !== undefined
      ? {}
      : { fix: { title: `write \`${only}\``, at, text: scalar(only), was: score } }),
  }
}
