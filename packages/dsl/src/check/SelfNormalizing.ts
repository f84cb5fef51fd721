/**
 * What selu asks for. It keeps mean 0 and variance 1 through any number of layers only under the conditions its proof
 * starts from (Klambauer et al., 2017); each one that a model breaks is said where it is broken.
 */
import { type Data, type Train, useOf } from "../Document.ts"
import type { Finding, Spot } from "../diagnostic/Diagnostic.ts"
import { uses } from "../net/Uses.ts"
import { activationTraits, type Catalogue, named, traitsOf } from "../schema/Catalogue.ts"
import { type Path, pointer } from "../source/Path.ts"
import { replacing } from "./Replacing.ts"
import { scaling } from "./Scaling.ts"
import { isActivation, type Step, type Survey } from "./Weights.ts"

/** What a self-normalizing model is read from. */
export interface Reading {
  readonly survey: Survey
  readonly data: Data | undefined
  readonly train: Train | undefined
  readonly catalogue: Catalogue
}

const isSelu = ({ catalogue }: Reading, name: string): boolean => activationTraits(catalogue, name)?.role === "self-normalizing"

/** What a layer does to the mean and variance of its inputs: it `keeps` them, `drops` some numbers and moves them, or is no part of a plain stack. */
const effect = ({ kind, traits }: Step): "keeps" | "drops" | "other" => {
  switch (traits?.role) {
    case "shape":
      return "keeps"
    case "noise":
      return traits.keepsMoments ? "keeps" : traits.drops === "nothing" ? "other" : "drops"
    case "weights":
      // Of sums over features, only plain ones: those whose bias and activation are their own.
      return traits.over === "features" && traits.bias !== undefined ? "keeps" : "other"
    default:
      return kind === "head" ? "keeps" : "other"
  }
}

/** All that keeps a model with selu from normalizing itself. */
export const check = (reading: Reading): ReadonlyArray<Finding> => {
  const first = reading.survey.activated.find(({ name }) => isSelu(reading, name))
  if (first === undefined) return []
  const related = [{ at: { path: first.path, on: "key" }, label: "needs these conditions" }] as const
  return [...weights(reading), ...stack(reading), ...penalties(reading), ...inputs(reading)].map((finding) => ({
    ...finding,
    related: pointer(finding.at.path) === pointer(first.path) ? [] : related,
  }))
}

const broken = (message: string, at: Spot, rest: Pick<Finding, "help" | "fix"> = {}): Finding => ({
  code: "A606",
  message,
  at,
  ...rest,
})

const weights = (reading: Reading): ReadonlyArray<Finding> => {
  const { initializer } = reading.catalogue
  const wanted = named(initializer, ({ distribution, family }) => family === "lecun" && distribution === "normal")
  return reading.survey.weighted.flatMap(({ activation, init }): ReadonlyArray<Finding> => {
    if (activation === undefined || !isSelu(reading, activation.name) || wanted === undefined) return []
    const { distribution, family } = traitsOf(initializer, init.name) ?? { distribution: "none", family: "none" }
    if (family === "auto" || (family === "lecun" && distribution === "normal")) return []
    const at: Spot = { path: init.path, on: "key" }
    return [
      broken(`\`${activation.name}\` with \`${init.name}\`: selu needs \`${wanted}\` (variance 1 / fan_in)`, at, {
        help: `write \`${wanted}\`, or \`auto\`, which selects it`,
        ...replacing(init, wanted),
      }),
    ]
  })
}

const stack = (reading: Reading): ReadonlyArray<Finding> => {
  const { catalogue, survey } = reading
  const others = survey.activated.flatMap((activation): ReadonlyArray<Finding> => {
    const { isLast, name, path } = activation
    if (isLast || isSelu(reading, name)) return []
    const message = `\`${name}\` beside \`selu\`: every hidden layer must use selu`
    return [broken(message, { path, on: "key" }, replacing(activation, "selu"))]
  })
  const keeping = named(catalogue.layer, (traits) => traits.role === "noise" && traits.keepsMoments)
  const layers = survey.steps.flatMap((step): ReadonlyArray<Finding> => {
    const { kind, path } = step
    const does = effect(step)
    if (does === "keeps" || isActivation(catalogue, kind)) return []
    const at: Spot = { path, on: "key" }
    if (does === "drops" && keeping !== undefined)
      return [
        broken(`\`${kind}\` in a \`selu\` net: it changes the mean and the variance`, at, {
          help: `\`${keeping}\` drops units and keeps mean and variance`,
          fix: { title: `write \`${keeping}\``, at, text: keeping },
        }),
      ]
    return [
      broken(`\`${kind}\` in a \`selu\` net, which must be a plain stack of dense layers`, at, {
        help: "remove it, or use `relu`",
      }),
    ]
  })
  return [...others, ...layers]
}

const penalties = ({ catalogue: { regularizer }, train }: Reading): ReadonlyArray<Finding> =>
  uses(regularizer, train?.regularize ?? {}).flatMap(({ name: penalty, options }): ReadonlyArray<Finding> => {
    const [strength] = Object.values(options)
    if (traitsOf(regularizer, penalty)?.adds === "nothing" || strength === 0) return []
    const path = ["train", "regularize", penalty]
    return [
      broken(
        `\`${penalty}\` on the weights of \`selu\` layers: it takes away the variance they must keep`,
        { path, on: "key" },
        {
          help: "`alpha_dropout` or `early_stop` against overfitting",
          fix: { title: "write 0", at: { path }, text: "0" },
        },
      ),
    ]
  })

const wantsStandard = (what: string): string =>
  `${what} for a net of \`selu\`: its inputs must have mean 0 and standard deviation 1`

/** A value that says another scale, which one word mends. */
const rescaled = (path: Path, what: string, word: string): Finding => {
  const at: Spot = { path }
  const title = `write \`${word}\``
  return broken(wantsStandard(what), at, { help: title, fix: { title, at, text: word } })
}

const columnsOf = (columns: NonNullable<Data["columns"]>): ReadonlyArray<Finding> =>
  Object.entries(columns).flatMap(([name, column]): ReadonlyArray<Finding> => {
    if (column.type !== "number" || column.role === "target" || column.scale === "standard") return []
    const path = ["data", "columns", name]
    if (column.scale !== undefined) return [rescaled([...path, "scale"], `\`${name}\` is scaled another way`, "standard")]
    return [broken(wantsStandard(`\`${name}\` is not scaled`), { path, on: "key" }, scaling(path))]
  })

const inputs = ({ data }: Reading): ReadonlyArray<Finding> => {
  if (data === undefined) return []
  const { columns, image, scale, source } = data
  if (columns !== undefined) return columnsOf(columns)
  if (image !== undefined) {
    if (image.normalize === "auto") return []
    const path = ["data", "image"]
    if (image.normalize !== undefined) return [rescaled([...path, "normalize"], "the images are normalized another way", "auto")]
    const fix = { title: "add `normalize: auto`", at: { path: [...path, "normalize"] }, text: "auto", main: "" }
    return [broken(wantsStandard("the images are not normalized"), { path, on: "key" }, { help: fix.title, fix })]
  }
  if (scale === "standard") return []
  if (scale !== undefined) return [rescaled(["data", "scale"], "the inputs are scaled another way", "standard")]
  const path = ["data", "source", useOf(source).name]
  return [broken(wantsStandard("the inputs are not scaled"), { path, on: "key" }, scaling(["data"]))]
}
