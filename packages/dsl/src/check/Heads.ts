/** The losses and metrics of heads: those of several heads stand under the names of heads that are there. */
import * as Column from "@adjoint/core/data/Column"
import { type Data, lossOf, type Model, type Train } from "../Document.ts"
import type { Finding, Location } from "../diagnostic/Diagnostic.ts"
import { detailed } from "../diagnostic/Suggest.ts"
import { type Reference, unknown } from "../diagnostic/Unknown.ts"
import { severalHeads } from "../net/Heads.ts"
import { isList } from "./Outputs.ts"

/** A reference to a head that is not there. */
const missing = (name: string, heads: Pick<Reference, "names" | "synonyms">, at: Location): Finding =>
  unknown({ code: "T521", message: "there is no head named", name, ...heads, at, there: "the heads are" })

/** `losses` and metrics by head in a model without several heads. */
const ofOne = ({ losses, metrics }: Train): ReadonlyArray<Finding> => [
  ...(losses === undefined
    ? []
    : [
        {
          code: "T521" as const,
          message: "`losses` has a loss for each of several heads, but the model has one output",
          at: { path: ["train", "losses"], on: "key" as const },
          help: "write `loss: …`, which has no weight",
        },
      ]),
  ...(metrics === "auto" || isList(metrics)
    ? []
    : [
        {
          code: "T521" as const,
          message: "`metrics` has a list for each of several heads, but the model has one output",
          at: { path: ["train", "metrics"] },
          help: "write one list: `metrics: [ … ]`",
        },
      ]),
]

/** The sections that these checks read, as far as they were decoded. */
interface Subject {
  readonly data?: Data
  readonly model?: Model
  readonly train: Train
}

/** All mismatches between a model's heads and their losses and metrics. */
export const check = ({ data, model, train }: Subject): ReadonlyArray<Finding> => {
  if (model === undefined) return []
  const heads = severalHeads(model)
  if (heads === undefined) return ofOne(train)
  const { loss, losses = {}, metrics } = train
  const names = heads.flatMap(({ isNamed, name }) => (isNamed ? [name] : []))
  const predicted = new Set(heads.flatMap(({ columns }) => columns))
  const known = new Set(names)
  // A target without a head is reported as that.
  const isTarget = (name: string): boolean => {
    const column = data?.columns !== undefined && Object.hasOwn(data.columns, name) ? data.columns[name] : undefined
    return column !== undefined && Column.isTarget(column)
  }
  const isStranger = (name: string): boolean => !known.has(name) && (predicted.has(name) || !isTarget(name))
  const strangers = Object.keys(losses).filter(isStranger)
  const synonyms = Object.fromEntries(heads.map(({ columns, name }) => [name, columns]))
  const weights = names.map((name) => (Object.hasOwn(losses, name) ? lossOf(losses[name] ?? { weight: 1 }).weight : 1))
  const byHead = metrics === "auto" || isList(metrics) ? [] : Object.keys(metrics)
  const others = byHead.filter(isStranger)
  return [
    ...(loss === "auto"
      ? []
      : [
          {
            code: "T521" as const,
            message: `\`loss\` is one loss, but the model has ${heads.length} heads`,
            at: { path: ["train", "loss"], on: "key" as const },
            help: `write each under the name of its head: \`losses: { ${names.map((name) => `${name}: …`).join(", ")} }\``,
          },
        ]),
    ...strangers
      .slice(0, detailed)
      .map((name) => missing(name, { names, synonyms }, { path: ["train", "losses", name], on: "key" })),
    ...others
      .slice(0, detailed)
      .map((name) => missing(name, { names, synonyms }, { path: ["train", "metrics", name], on: "key" })),
    ...(weights.every((weight) => weight === 0)
      ? [
          {
            code: "T521" as const,
            message: "the losses of all heads have the weight 0, so nothing is learned",
            at: { path: ["train", "losses"], on: "key" as const },
            help: "give one of them a weight above 0",
          },
        ]
      : []),
  ]
}
