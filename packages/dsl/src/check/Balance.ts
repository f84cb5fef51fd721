/** Class imbalance: one class has many times the rows of another. */
import { grouped } from "@adjoint/core/data/grouped"
import type { Data, Train } from "../Document.ts"
import type { Finding, Location } from "../diagnostic/Diagnostic.ts"
import { type Facts, type Head, headsOf } from "../prepare/Facts.ts"

/** From this ratio of rows on, classes are imbalanced. */
const times = 10

/** Advice on classes that are imbalanced and not weighted. */
export const check = (data: Data, { regularize }: Pick<Train, "regularize">, facts: Facts): ReadonlyArray<Finding> =>
  regularize.class_weight === undefined ? headsOf(facts).flatMap((head) => ofHead(data, head)) : []

const ofHead = (data: Data, { counts, target }: Head): ReadonlyArray<Finding> => {
  if (counts === undefined || target.type === "numbers" || target.type === "labels") return []
  const [most, least] = [Math.max(...counts), Math.min(...counts)]
  if (least === 0 || most <= times * least) return []
  const name = (count: number): string => `${grouped(count)} of \`${target.classes?.[counts.indexOf(count)]}\``
  const at: Location =
    data.columns === undefined ? { path: ["data", "source"] } : { path: ["data", "columns", target.name], on: "key" }
  const fix = {
    title: "add `class_weight: balanced`",
    at: { path: ["train", "regularize", "class_weight"] },
    text: "balanced",
    main: "",
  }
  return [
    {
      code: "A612",
      message: `the classes are imbalanced: ${name(most)} and ${name(least)} in the training rows`,
      at,
      help: "`train: { regularize: { class_weight: balanced } }` gives rare classes more weight; `auroc` and `f1` tell more than accuracy",
      fix,
    },
  ]
}
