/** Advice: what the field has learned to avoid, in terms of what the file says. Nothing here keeps a model from running. */
import { usual } from "../build/Uses.ts"
import { type Model, type Train, useOf } from "../Document.ts"
import type { Finding } from "../diagnostic/Diagnostic.ts"
import type { Catalogue } from "../schema/Catalogue.ts"
import { pointer } from "../source/Path.ts"
import { type Said, survey, type Weighted } from "./Weights.ts"

/** The family of an initializer, by its name, and its sister in another family. */
const familyOf = (name: string): "xavier" | "he" | undefined => {
  if (/^(?:xavier|glorot)_/.test(name)) return "xavier"
  return name.startsWith("he_") ? "he" : undefined
}

const sister = (name: string, family: "xavier" | "he"): string => `${family}_${name.endsWith("_uniform") ? "uniform" : "normal"}`

/** Activations that flatten out on both sides. */
const saturating = new Set(["sigmoid", "tanh"])

const equal = new Set(["zeros", "ones", "constant"])

/** The same place is said once, however many layers take their initializer from `model.init`. */
const once = (findings: ReadonlyArray<Finding>): ReadonlyArray<Finding> => [
  ...new Map(findings.map((finding) => [`${finding.code} ${pointer(finding.at.path)} ${finding.message}`, finding])).values(),
]

const mismatch = (code: "A601" | "A603", activation: Said, init: Said, better: string, why: string): Finding => ({
  code,
  message: `\`${activation.name}\` with \`${init.name}\`: prefer \`${better}\` (${why})`,
  at: { path: init.path, on: "key" },
  related: [{ at: { path: activation.path, on: "key" }, label: "what follows" }],
  fix: { title: `write \`${better}\``, at: { path: init.path, on: "key" }, text: better },
})

const initializers = ({ activation, init }: Weighted, suits: (name: string) => string | undefined): ReadonlyArray<Finding> => {
  const family = familyOf(init.name)
  if (activation === undefined || family === undefined) return []
  if (family === "xavier" && suits(activation.name) === "he")
    return [mismatch("A603", activation, init, sister(init.name, "he"), "keeps the variance of the activations")]
  if (family === "he" && saturating.has(activation.name))
    return [mismatch("A601", activation, init, sister(init.name, "xavier"), "keeps it from saturating at the start")]
  return []
}

/** All advice on a model and, where it could be read, on how it is trained. */
export const check = (model: Model, train: Train | undefined, catalogue: Catalogue): ReadonlyArray<Finding> => {
  const isActivation = (name: string): boolean =>
    Object.hasOwn(catalogue.activation, name) && !Object.hasOwn(catalogue.layer, name)
  const suits = (name: string): string | undefined => (isActivation(name) ? usual(catalogue.activation, name)?.suits : undefined)
  const { activated, weighted } = survey(model, isActivation)
  const steps = activated.flatMap(
    ({ name, path }): ReadonlyArray<Finding> =>
      name === "step"
        ? [
            {
              code: "A602",
              message: "no gradient gets through `step`: the layers below it keep their initial weights",
              at: { path, on: "key" },
              help: "train with `sigmoid` or `relu`",
            },
          ]
        : [],
  )
  const sigmoids = activated.flatMap(
    ({ isLast, name, path }): ReadonlyArray<Finding> =>
      name === "sigmoid" && !isLast
        ? [
            {
              code: "A604",
              message: "`sigmoid` in a hidden layer: its slope is at most 1/4, so gradients shrink at every such layer",
              at: { path, on: "key" },
              help: "prefer `relu`, or `tanh`, which is centred on 0",
            },
          ]
        : [],
  )
  return [...once(weighted.flatMap((layer) => initializers(layer, suits))), ...steps, ...sigmoids, ...decay(train)]
}

const decay = (train: Train | undefined): ReadonlyArray<Finding> =>
  train !== undefined && train.regularize.l2 > 0 && useOf(train.optimizer).name === "adam"
    ? [
        {
          code: "A605",
          message: "`l2` with `adam`: prefer the decay of `adamw` (adam divides the penalty by the size of the gradient)",
          at: { path: ["train", "regularize", "l2"], on: "key" },
          related: [{ at: { path: ["train", "optimizer", "adam"], on: "key" }, label: "adam" }],
          help: `\`optimizer: { adamw: { weight_decay: ${train.regularize.l2} } }\`, without \`l2\``,
        },
      ]
    : []

/** Hidden layers whose weights all start alike. */
export const equalWeights = (model: Model, catalogue: Catalogue): ReadonlyArray<Finding> => {
  const { weighted } = survey(model, (name) => Object.hasOwn(catalogue.activation, name))
  return once(
    weighted.flatMap(
      ({ init, isLast, kind }): ReadonlyArray<Finding> =>
        isLast || !equal.has(init.name)
          ? []
          : [
              {
                code: "T508",
                message: `\`${init.name}\` makes all units of a hidden \`${kind}\` layer alike, and they stay alike`,
                at: { path: init.path, on: "key" },
                help: "use `auto`, or a random initializer",
                fix: { title: "write `auto`", at: { path: init.path, on: "key" }, text: "auto" },
              },
            ],
    ),
  )
}
