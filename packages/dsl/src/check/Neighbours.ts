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

/** The layers above one in its list, from the nearest up, those inside others left out. */
interface Above {
  readonly step: Step
  readonly above: Above | undefined
}

/** The layers above each, in the order of the steps. */
const aboves = (steps: ReadonlyArray<Step>): ReadonlyArray<Above | undefined> => {
  const last = new Map<string, Above>()
  return steps.map((step) => {
    const scope = scopeOf(step)
    const above = last.get(scope)
    last.set(scope, { step, above })
    return above
  })
}

/** All advice of this kind. */
export const check = (reading: Reading): ReadonlyArray<Finding> => {
  const { steps } = reading.survey
  const above = aboves(steps)
  const hasSelu = reading.survey.activated.some(({ name }) => reading.isSelu(name))
  return steps.flatMap((step, i): ReadonlyArray<Finding> => {
    if (step.isFed) return []
    if (step.kind === "batch_norm") return uselessBias(reading, above[i]?.step, step)
    if (step.kind === "dropout") return onImages(reading, above[i], step)
    if (step.kind === "alpha_dropout" && !hasSelu) return [withoutSelu(step)]
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

const onImages = ({ isActivation }: Reading, above: Above | undefined, step: Step): ReadonlyArray<Finding> => {
  let nearest = above
  while (nearest !== undefined && (isActivation(nearest.step.kind) || keeping.has(nearest.step.kind))) nearest = nearest.above
  const from = nearest?.step
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

const withoutSelu = (step: Step): Finding => {
  const at: Spot = { path: step.path, on: "key" }
  return {
      code: "A610",
      message:
        "`alpha_dropout` without `selu`: what it drops becomes what selu is far below 0, which is nothing to other activations",
      at,
      help: "prefer `dropout`",
      fix: { title: "write `dropout`", at, text: "dropout" },
  }
}
