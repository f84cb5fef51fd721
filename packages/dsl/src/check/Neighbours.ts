/** Advice on layers that stand beside each other: what one of them makes of no use, or what suits the other better. */
import { layerOf, type Model } from "../Document.ts"
import type { Finding, Spot } from "../diagnostic/Diagnostic.ts"
import { type Path, pointer } from "../source/Path.ts"
import type { Step, Survey } from "./Weights.ts"

/** What layers are known by. */
export interface Reading {
  readonly model: Model
  readonly survey: Survey
  readonly isActivation: (name: string) => boolean
  readonly isIdentity: (name: string) => boolean
  readonly isSelu: (name: string) => boolean
}

/** Layers that add a bias to a weighted sum, with the option that a bare value sets. */
const biased: { readonly [kind: string]: string } = {
  dense: "units",
  conv1d: "filters",
  conv2d: "filters",
  conv_transpose2d: "filters",
}

/** Layers that make channels of which neighbouring numbers are alike, and those that keep them so. */
const spatial = new Set(["conv1d", "conv2d", "conv_transpose2d", "max_pool", "avg_pool"])
const keeping = new Set(["batch_norm", "layer_norm", "group_norm", "rms_norm", "gaussian_noise"])

/** The list of layers that a layer stands in. */
const scopeOf = ({ path }: Step): string => pointer(path.slice(0, -2))

/** The item of the document that a layer was made of. */
const itemAt = (model: Model, path: Path): unknown =>
  path.slice(1, -1).reduce<unknown>((at, key) => (at as { readonly [key: string | number]: unknown })[key], model)

/** Whether a layer has a name by which another could take its result. */
const isNamed = (model: Model, { path }: Step): boolean =>
  layerOf(itemAt(model, path) as Model["layers"][number]).name !== undefined

/** The layers above one in its list, those inside others left out. */
const before = (steps: ReadonlyArray<Step>, i: number): ReadonlyArray<Step> => {
  const step = steps[i]
  return step === undefined ? [] : steps.slice(0, i).filter((other) => scopeOf(other) === scopeOf(step))
}

/** All advice of this kind. */
export const check = (reading: Reading): ReadonlyArray<Finding> => {
  const { steps } = reading.survey
  return steps.flatMap((step, i): ReadonlyArray<Finding> => {
    if (step.isFed) return []
    if (step.kind === "batch_norm") return uselessBias(reading, before(steps, i).at(-1), step)
    if (step.kind === "dropout") return onImages(reading, before(steps, i), step)
    if (step.kind === "alpha_dropout") return withoutSelu(reading, step)
    return []
  })
}

const uselessBias = ({ isIdentity, model }: Reading, before: Step | undefined, norm: Step): ReadonlyArray<Finding> => {
  const main = before === undefined ? undefined : Object.hasOwn(biased, before.kind) ? biased[before.kind] : undefined
  if (before === undefined || main === undefined || before.content.bias !== true || isNamed(model, before)) return []
  const [activation] = Object.keys((before.content.activation ?? {}) as object)
  if (activation !== undefined && !isIdentity(activation)) return []
  return [
    {
      code: "A608",
      message: `the bias of \`${before.kind}\` does nothing: \`batch_norm\` takes the mean out again`,
      at: { path: before.path, on: "key" },
      related: [{ at: { path: norm.path, on: "key" }, label: "has a shift of its own" }],
      help: "`bias: false`",
      fix: { title: "write `bias: false`", at: { path: [...before.path, "bias"] }, text: "false", main },
    },
  ]
}

const onImages = ({ isActivation }: Reading, before: ReadonlyArray<Step>, step: Step): ReadonlyArray<Finding> => {
  const from = before.findLast(({ kind }) => !isActivation(kind) && !keeping.has(kind))
  if (from === undefined || !spatial.has(from.kind)) return []
  const at: Spot = { path: step.path, on: "key" }
  return [
    {
      code: "A609",
      message: `\`dropout\` on what \`${from.kind}\` makes: neighbouring numbers are alike, so dropping single ones drops little`,
      at,
      related: [{ at: { path: from.path, on: "key" }, label: "makes channels" }],
      help: "prefer `spatial_dropout`, which drops channels whole",
      fix: { title: "write `spatial_dropout`", at, text: "spatial_dropout" },
    },
  ]
}

const withoutSelu = ({ isSelu, survey }: Reading, step: Step): ReadonlyArray<Finding> => {
  if (survey.activated.some(({ name }) => isSelu(name))) return []
  const at: Spot = { path: step.path, on: "key" }
  return [
    {
      code: "A610",
      message:
        "`alpha_dropout` without `selu`: what it drops becomes what selu is far below 0, which is nothing to other activations",
      at,
      help: "prefer `dropout`",
      fix: { title: "write `dropout`", at, text: "dropout" },
    },
  ]
}
