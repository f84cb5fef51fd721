/** Advice on common modelling mistakes. It never keeps a model from running. */
import type { Activation, Family } from "@adjoint/core/learning/Activation"
import { type Data, type Model, type Pretrain as Stages, type Train, useOf } from "../Document.ts"
import type { Finding, Location } from "../diagnostic/Diagnostic.ts"
import { uses, withDefaults } from "../net/Uses.ts"
import { activationTraits, type Catalogue, named, traitsOf } from "../schema/Catalogue.ts"
import { type Path, pointer } from "../source/Path.ts"
import * as Neighbours from "./Neighbours.ts"
import { centred, either, probability, rectifier } from "./Preferred.ts"
import * as Pretrain from "./Pretrain.ts"
import { replacing } from "./Replacing.ts"
import * as SelfNormalizing from "./SelfNormalizing.ts"
import * as Usual from "./Usual.ts"
import { isActivation, type LayerSummary, type NamedUse, summarize, type Weighted } from "./Weights.ts"

/** The name of the initializer of another family that draws from the same distribution. */
const sister = ({ initializer }: Catalogue, name: string, family: Family): string | undefined => {
  const own = traitsOf(initializer, name)
  return named(initializer, (other) => other.family === family && other.distribution === own?.distribution)
}

/** Whether an initializer gives one number to all weights. */
const isEqual = ({ initializer }: Catalogue, { name, options }: NamedUse): boolean => {
  const equal = traitsOf(initializer, name)?.isEqual ?? false
  return typeof equal === "string" ? options[equal] === 0 : equal
}

/** From this number of hidden layers on, slopes below 1 multiply to a vanishing gradient. */
const deep = 5

/** Removes duplicates: several layers may take their initializer from `model.init`. */
const once = (findings: ReadonlyArray<Finding>): ReadonlyArray<Finding> => [
  ...new Map(findings.map((finding) => [`${finding.code} ${pointer(finding.at.path)} ${finding.message}`, finding])).values(),
]

const mismatch = (code: "A601" | "A603", activation: NamedUse, init: NamedUse, better: string, why: string): Finding => ({
  code,
  message: `\`${activation.name}\` with \`${init.name}\`: prefer \`${better}\` (${why})`,
  at: { path: init.path, on: "key" },
  related: [{ at: { path: activation.path, on: "key" }, label: "the activation" }],
  ...replacing(init, better),
})

/** An activation with its default options. */
const usualOf = (catalogue: Catalogue, name: string): Activation | undefined =>
  isActivation(catalogue, name) ? withDefaults(catalogue.activation, name) : undefined

const initializers = ({ activation, init }: Weighted, catalogue: Catalogue): ReadonlyArray<Finding> => {
  const follows = activation === undefined ? undefined : usualOf(catalogue, activation.name)
  if (activation === undefined || follows === undefined) return []
  const family = traitsOf(catalogue.initializer, init.name)?.family
  const [he, xavier] = [sister(catalogue, init.name, "he"), sister(catalogue, init.name, "xavier")]
  if (family === "xavier" && follows.suits === "he" && he !== undefined)
    return [mismatch("A603", activation, init, he, "keeps the variance of the activations")]
  if (family === "he" && follows.saturates === true && xavier !== undefined)
    return [mismatch("A601", activation, init, xavier, "avoids saturation at the start")]
  return []
}

/** A slope as a fraction: `1/4`. */
const fraction = (slope: number): string => `1/${Math.round(1 / slope)}`

/** Advice on single activations, of hidden layers or of all. */
const activations = (
  { activated, weighted }: LayerSummary,
  catalogue: Catalogue,
  isPretrained: (path: Path) => boolean,
): ReadonlyArray<Finding> => {
  const hidden = weighted.reduce((count, { isLast, times }) => count + (isLast ? 0 : times), 0)
  return activated.flatMap((activation): ReadonlyArray<Finding> => {
    const { isLast, name, path } = activation
    const { role, slope } = activationTraits(catalogue, name) ?? { role: "hidden", slope: 1 }
    const saturates = usualOf(catalogue, name)?.saturates === true
    const at: Location = { path, on: "key" }
    const relu = rectifier(catalogue)
    const fix = isLast || relu === undefined ? {} : replacing(activation, relu)
    if (slope === 0)
      return [
        {
          code: "A602",
          message: `no gradient passes through \`${name}\`: the layers below it keep their initial weights`,
          at,
          help: `use ${either([probability(catalogue), relu])}`,
          ...fix,
        },
      ]
    // Pre-trained layers use sigmoid on purpose, and their initial weights do not saturate.
    if (isLast || isPretrained(path)) return []
    if (role === "probability")
      return [
        {
          code: "A604",
          message: `\`${name}\` in a hidden layer: its slope is at most ${fraction(slope)}, so gradients shrink at every such layer`,
          at,
          help: `prefer ${either([relu])}, or ${either([centred(catalogue)])}, which is centred at 0`,
          ...fix,
        },
      ]
    if (saturates && hidden >= deep)
      return [
        {
          code: "A607",
          message: `\`${name}\` in a net of ${hidden} hidden layers: where it saturates, hardly any gradient passes through a layer`,
          at,
          help: `prefer ${either([relu])} in deep nets`,
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
  const found = summarize(model, catalogue)
  const learned = Pretrain.pretrained(model, pretrain, catalogue)
  return [
    ...once(found.weighted.flatMap((layer) => initializers(layer, catalogue))),
    ...activations(found, catalogue, ([, , place]) => typeof place === "number" && learned.has(place)),
    ...once(SelfNormalizing.check({ summary: found, data, train, catalogue })),
    ...Neighbours.check({ model, summary: found, catalogue }),
    ...decay(train, catalogue),
    ...Usual.check({ model, ...(pretrain && { pretrain }), ...(train && { train }) }, found.steps, catalogue),
  ]
}

/** Penalties on squared weights that an optimizer divides by the size of the gradient, where one of its kind decays weights beside it. */
const decay = (train: Train | undefined, { optimizer, regularizer }: Catalogue): ReadonlyArray<Finding> => {
  if (train === undefined) return []
  const { name } = useOf(train.optimizer)
  const own = traitsOf(optimizer, name)
  const better = named(optimizer, (traits) => traits.isAdaptive && traits.decay !== undefined)
  const option = better === undefined ? undefined : traitsOf(optimizer, better)?.decay
  if (own?.isAdaptive !== true || own.decay !== undefined || better === undefined || option === undefined) return []
  return uses(regularizer, train.regularize).flatMap(({ name: penalty, options }): ReadonlyArray<Finding> => {
    const [strength] = Object.values(options)
    if (traitsOf(regularizer, penalty)?.adds !== "squares" || strength === 0) return []
    return [
      {
        code: "A605",
        message: `\`${penalty}\` with \`${name}\`: prefer the decay of \`${better}\` (${name} divides the penalty by the size of the gradient)`,
        at: { path: ["train", "regularize", penalty], on: "key" },
        related: [{ at: { path: ["train", "optimizer", name], on: "key" }, label: name }],
        help: `\`optimizer: { ${better}: { ${option}: ${strength} } }\`, without \`${penalty}\``,
      },
    ]
  })
}

/** Hidden layers whose initial weights are all equal. */
export const equalWeights = (model: Model, catalogue: Catalogue): ReadonlyArray<Finding> => {
  const { weighted } = summarize(model, catalogue)
  return once(
    weighted.flatMap(
      ({ init, isLast, kind }): ReadonlyArray<Finding> =>
        isLast || !isEqual(catalogue, init)
          ? []
          : [
              {
                code: "T508",
                message: `\`${init.name}\` gives all weights of a hidden \`${kind}\` layer the same value, so its units stay equal`,
                at: { path: init.path, on: "key" },
                help: "use `auto`, or a random initializer",
                fix: { title: "write `auto`", at: { path: init.path, on: "key" }, text: "auto" },
              },
            ],
    ),
  )
}
