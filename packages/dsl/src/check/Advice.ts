/** Advice: what the field has learned to avoid, in terms of what the file says. Nothing here keeps a model from running. */
import type { Activation } from "@adjoint/core/learning/Activation"
import { canonical } from "@adjoint/core/learning/Entry"
import { usual } from "../build/Uses.ts"
import { type Data, type Model, type Pretrain as Stages, type Train, useOf } from "../Document.ts"
import type { Finding, Spot } from "../diagnostic/Diagnostic.ts"
import type { Catalogue } from "../schema/Catalogue.ts"
import { type Path, pointer } from "../source/Path.ts"
import * as Neighbours from "./Neighbours.ts"
import * as Pretrain from "./Pretrain.ts"
import { replacing } from "./Replacing.ts"
import * as SelfNormalizing from "./SelfNormalizing.ts"
import { type Said, type Survey, survey, type Weighted } from "./Weights.ts"

/** The family of an initializer, by its name, and its sister in another family. */
const familyOf = (name: string): "xavier" | "he" | undefined => {
  if (/^(?:xavier|glorot)_/.test(name)) return "xavier"
  return /^(?:he|kaiming)_/.test(name) ? "he" : undefined
}

const sister = (name: string, family: "xavier" | "he"): string => `${family}_${name.endsWith("_uniform") ? "uniform" : "normal"}`

/** Whether an initializer gives one number to all weights. */
const isEqual = ({ name, options }: Said): boolean =>
  ["zeros", "ones", "constant"].includes(name) || options.std === 0 || options.limit === 0

/** So many hidden layers make a net deep, in which slopes below 1 multiply to nothing. */
const deep = 5

/** The same place is said once, however many layers take their initializer from `model.init`. */
const once = (findings: ReadonlyArray<Finding>): ReadonlyArray<Finding> => [
  ...new Map(findings.map((finding) => [`${finding.code} ${pointer(finding.at.path)} ${finding.message}`, finding])).values(),
]

const mismatch = (code: "A601" | "A603", activation: Said, init: Said, better: string, why: string): Finding => ({
  code,
  message: `\`${activation.name}\` with \`${init.name}\`: prefer \`${better}\` (${why})`,
  at: { path: init.path, on: "key" },
  related: [{ at: { path: activation.path, on: "key" }, label: "what follows" }],
  ...replacing(init, better),
})

/** What the catalogue knows of the names in a model. */
const naming = (catalogue: Catalogue) => {
  const own = (name: string): string => canonical(catalogue.activation, name)
  return {
    own,
    isActivation: (name: string): boolean => Object.hasOwn(catalogue.activation, name) && !Object.hasOwn(catalogue.layer, name),
    isIdentity: (name: string): boolean => own(name) === "identity",
    isSelu: (name: string): boolean => own(name) === "selu",
  }
}

type Known = (name: string) => Activation | undefined

const initializers = ({ activation, init }: Weighted, known: Known): ReadonlyArray<Finding> => {
  const family = familyOf(init.name)
  const follows = activation === undefined ? undefined : known(activation.name)
  if (activation === undefined || follows === undefined || family === undefined) return []
  if (family === "xavier" && follows.suits === "he")
    return [mismatch("A603", activation, init, sister(init.name, "he"), "keeps the variance of the activations")]
  if (family === "he" && follows.saturates === true)
    return [mismatch("A601", activation, init, sister(init.name, "xavier"), "keeps it from saturating at the start")]
  return []
}

/** What is said of a name wherever it is the activation of a hidden layer, or of any. */
const activations = (
  { activated, weighted }: Survey,
  known: Known,
  own: (name: string) => string,
  isPretrained: (path: Path) => boolean,
): ReadonlyArray<Finding> => {
  const hidden = weighted.reduce((count, { isLast, times }) => count + (isLast ? 0 : times), 0)
  return activated.flatMap((activation): ReadonlyArray<Finding> => {
    const { isLast, name, path } = activation
    const at: Spot = { path, on: "key" }
    const fix = isLast ? {} : replacing(activation, "relu")
    if (own(name) === "step")
      return [
        {
          code: "A602",
          message: `no gradient gets through \`${name}\`: the layers below it keep their initial weights`,
          at,
          help: "train with `sigmoid` or `relu`",
          ...fix,
        },
      ]
    // Layers that start from a machine are sigmoids, and start where gradients reach them.
    if (isLast || isPretrained(path)) return []
    if (own(name) === "sigmoid")
      return [
        {
          code: "A604",
          message: `\`${name}\` in a hidden layer: its slope is at most 1/4, so gradients shrink at every such layer`,
          at,
          help: "prefer `relu`, or `tanh`, which is centred on 0",
          ...fix,
        },
      ]
    if (known(name)?.saturates === true && hidden >= deep)
      return [
        {
          code: "A607",
          message: `\`${name}\` in a net of ${hidden} hidden layers: where it saturates hardly any gradient gets through, and that at every layer`,
          at,
          help: "prefer `relu` or `gelu` in deep nets",
          ...fix,
        },
      ]
    return []
  })
}

/** All advice on a model and, where they could be read, on its data and on how it is trained. */
export const check = (
  model: Model,
  {
    data,
    pretrain,
    train,
  }: { readonly data?: Data | undefined; readonly pretrain?: Stages | undefined; readonly train?: Train | undefined },
  catalogue: Catalogue,
): ReadonlyArray<Finding> => {
  const names = naming(catalogue)
  const known: Known = (name) => (names.isActivation(name) ? usual(catalogue.activation, name) : undefined)
  const found = survey(model, names)
  const learned = Pretrain.pretrained(model, pretrain, catalogue)
  return [
    ...once(found.weighted.flatMap((layer) => initializers(layer, known))),
    ...activations(found, known, names.own, ([, , place]) => typeof place === "number" && learned.has(place)),
    ...once(SelfNormalizing.check({ ...names, survey: found, data, train })),
    ...Neighbours.check({ ...names, model, survey: found }),
    ...decay(train),
  ]
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
  const { weighted } = survey(model, naming(catalogue))
  return once(
    weighted.flatMap(
      ({ init, isLast, kind }): ReadonlyArray<Finding> =>
        isLast || !isEqual(init)
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
