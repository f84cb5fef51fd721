/** What diagnoses of a net conclude, as findings in its model file: at the layer or the key that they are about. */
import type { Concern, Name } from "@adjoint/core/diagnosis/Diagnosis"
import { earlyStopOptions } from "@adjoint/core/training/Callback"
import { type ModelFile, useOf } from "../Document.ts"
import type { Code } from "../diagnostic/Codes.ts"
import type { Finding, Location } from "../diagnostic/Diagnostic.ts"
import { find, type Node } from "../net/Nodes.ts"

const usualPatience = earlyStopOptions.patience.default

/** The code of each diagnosis. */
export const codes = {
  initial_loss: "L701",
  overfit: "L702",
  learning_rate: "L703",
  layers: "L704",
  gradients: "L705",
  updates: "L706",
  dead_units: "L707",
  gap: "L708",
  baselines: "L709",
} as const satisfies { readonly [N in Name]: Code }

/** A document, and its layers as nodes. */
export interface Diagnosed {
  readonly document: ModelFile
  readonly nodes: ReadonlyArray<Node>
}

/** Where the document says the learning rate: an option of the optimizer. */
const rateAt = ({ train }: ModelFile): Location => ({ path: ["train", "optimizer", useOf(train.optimizer).name, "lr"] })

const placeOf = ({ document, nodes }: Diagnosed, name: Name, { layer }: Concern): Location => {
  const node = layer === undefined ? undefined : find(nodes, layer)
  if (node !== undefined) return { path: node.content, on: "key" }
  if (name === "learning_rate" || name === "updates") return rateAt(document)
  return { path: ["model"], on: "key" }
}

/** The edit that writes another learning rate. */
const rateFix = ({ document }: Diagnosed, { learningRate }: Concern): Pick<Finding, "fix"> => {
  const { options } = useOf(document.train.optimizer)
  if (learningRate === undefined || typeof options.lr !== "number") return {}
  const text = String(learningRate)
  return { fix: { title: `write \`lr: ${text}\``, at: rateAt(document), text, was: String(options.lr) } }
}

/** The initializer that suits each activation, where the layer takes that of the model. */
const initFix = ({ document, nodes }: Diagnosed, { layer }: Concern): Pick<Finding, "fix"> => {
  const node = layer === undefined ? undefined : find(nodes, layer)
  const own = node?._tag === "Net" ? node.options.init : undefined
  const isOwn = typeof own !== "object" || own === null || !Object.hasOwn(own, "auto")
  if (isOwn || Object.hasOwn(document.model.init, "auto")) return {}
  return { fix: { title: "write `init: auto`", at: { path: ["model", "init"] }, text: "auto" } }
}

/** Early stopping keeps the weights from before a gap opened. */
const gapFix = ({ document: { data, train } }: Diagnosed): Pick<Finding, "fix"> => {
  const hasRoom = data !== undefined && train.epochs > 2 * usualPatience
  if (train.callbacks.length > 0 || !hasRoom) return {}
  return { fix: { title: "add `early_stop`", at: { path: ["train", "callbacks"] }, text: "[early_stop]", main: "" } }
}

/** The edit that mends what a diagnosis found, where one is safe. */
const fixOf = (diagnosed: Diagnosed, name: Name, concern: Concern): Pick<Finding, "fix"> => {
  switch (name) {
    case "learning_rate":
      return rateFix(diagnosed, concern)
    case "layers":
      return initFix(diagnosed, concern)
    case "gap":
      return gapFix(diagnosed)
    default:
      return {}
  }
}

/** The findings of a diagnosis. A document that allows their code has none. */
export const findings = (diagnosed: Diagnosed, name: Name, concerns: ReadonlyArray<Concern>): ReadonlyArray<Finding> =>
  diagnosed.document.lint.allow.includes(codes[name])
    ? []
    : concerns.map((concern) => ({
        code: codes[name],
        message: concern.message,
        at: placeOf(diagnosed, name, concern),
        help: concern.advice,
        ...fixOf(diagnosed, name, concern),
      }))
