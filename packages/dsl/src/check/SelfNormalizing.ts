/**
 * The requirements of selu. It keeps mean 0 and variance 1 through any number of layers only under the conditions of its
 * proof (Klambauer et al., 2017). Each violated condition is reported at its place.
 */
import { type Data, type Train, useOf } from "../Document.ts"
import type { Finding, Location } from "../diagnostic/Diagnostic.ts"
import { uses } from "../net/Uses.ts"
import { activationTraits, type Catalogue, named, traitsOf } from "../schema/Catalogue.ts"
import { type Path, pointer } from "../source/Path.ts"
import { either, rectifier, selfNormalizing } from "./Preferred.ts"
import { replacing } from "./Replacing.ts"
import { scaling } from "./Scaling.ts"
import { isActivation, type LayerSummary, type Step } from "./Weights.ts"

/** The input of these checks. */
export interface Subject {
  readonly summary: LayerSummary
  readonly data: Data | undefined
  readonly train: Train | undefined
  readonly catalogue: Catalogue
}

const isSelu = ({ catalogue }: Subject, name: string): boolean => activationTraits(catalogue, name)?.role === "self-normalizing"

/** The effect of a layer on mean and variance: it `keeps` them, `drops` values and so changes them, or does not belong to a plain stack. */
const effect = ({ kind, traits }: Step): "keeps" | "drops" | "other" => {
  switch (traits?.role) {
    case "shape":
      return "keeps"
    case "noise":
      return traits.keepsMoments ? "keeps" : traits.drops === "nothing" ? "other" : "drops"
    case "weights":
      // Only plain dense layers, with a bias and an activation option.
      return traits.over === "features" && traits.bias !== undefined ? "keeps" : "other"
    default:
      return kind === "head" ? "keeps" : "other"
  }
}

/** Every violated requirement of a model with selu. */
export const check = (subject: Subject): ReadonlyArray<Finding> => {
  const first = subject.summary.activated.find(({ name }) => isSelu(subject, name))
  if (first === undefined) return []
  const related = [{ at: { path: first.path, on: "key" }, label: "needs these conditions" }] as const
  return [...weights(subject), ...stack(subject), ...penalties(subject), ...inputs(subject)].map((finding) => ({
    ...finding,
    related: pointer(finding.at.path) === pointer(first.path) ? [] : related,
  }))
}

const broken = (message: string, at: Location, rest: Pick<Finding, "help" | "fix"> = {}): Finding => ({
  code: "A606",
  message,
  at,
  ...rest,
})

const weights = (subject: Subject): ReadonlyArray<Finding> => {
  const { initializer } = subject.catalogue
  const wanted = named(initializer, ({ distribution, family }) => family === "lecun" && distribution === "normal")
  return subject.summary.weighted.flatMap(({ activation, init }): ReadonlyArray<Finding> => {
    if (activation === undefined || !isSelu(subject, activation.name) || wanted === undefined) return []
    const { distribution, family } = traitsOf(initializer, init.name) ?? { distribution: "none", family: "none" }
    if (family === "auto" || (family === "lecun" && distribution === "normal")) return []
    const at: Location = { path: init.path, on: "key" }
    return [
      broken(`\`${activation.name}\` with \`${init.name}\`: selu needs \`${wanted}\` (variance 1 / fan_in)`, at, {
        help: `write \`${wanted}\`, or \`auto\`, which selects it`,
        ...replacing(init, wanted),
      }),
    ]
  })
}

const stack = (subject: Subject): ReadonlyArray<Finding> => {
  const { catalogue, summary } = subject
  const others = summary.activated.flatMap((activation): ReadonlyArray<Finding> => {
    const { isLast, name, path } = activation
    if (isLast || isSelu(subject, name)) return []
    const message = `\`${name}\` beside \`selu\`: every hidden layer must use selu`
    return [broken(message, { path, on: "key" }, replacing(activation, selfNormalizing(catalogue) ?? name))]
  })
  const keeping = named(catalogue.layer, (traits) => traits.role === "noise" && traits.keepsMoments)
  const layers = summary.steps.flatMap((step): ReadonlyArray<Finding> => {
    const { kind, path } = step
    const does = effect(step)
    if (does === "keeps" || isActivation(catalogue, kind)) return []
    const at: Location = { path, on: "key" }
    if (does === "drops" && keeping !== undefined)
      return [
        broken(`\`${kind}\` in a \`selu\` net: it changes the mean and the variance`, at, {
          help: `\`${keeping}\` drops units and keeps mean and variance`,
          fix: { title: `write \`${keeping}\``, at, text: keeping },
        }),
      ]
    return [
      broken(`\`${kind}\` in a \`selu\` net, which must be a plain stack of dense layers`, at, {
        help: `remove it, or use ${either([rectifier(catalogue)])}`,
      }),
    ]
  })
  return [...others, ...layers]
}

const penalties = ({ catalogue: { regularizer }, train }: Subject): ReadonlyArray<Finding> =>
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

/** The finding for another scale, with the fix. */
const rescaled = (path: Path, what: string, word: string): Finding => {
  const at: Location = { path }
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

const inputs = ({ data }: Subject): ReadonlyArray<Finding> => {
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
