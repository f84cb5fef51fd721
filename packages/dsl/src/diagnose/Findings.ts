/** What diagnoses of a net conclude, as findings in its model file: at the layer or the key that they are about. */
import type { Concern, Name } from "@adjoint/core/diagnosis/Diagnosis"
import { type ModelFile, useOf } from "../Document.ts"
import type { Code } from "../diagnostic/Codes.ts"
import type { Finding, Location } from "../diagnostic/Diagnostic.ts"
import { find, type Node } from "../net/Nodes.ts"

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

/** The findings of a diagnosis. A document that allows their code has none. */
export const findings = (diagnosed: Diagnosed, name: Name, concerns: ReadonlyArray<Concern>): ReadonlyArray<Finding> =>
  diagnosed.document.lint.allow.includes(codes[name])
    ? []
    : concerns.map((concern) => ({
        code: codes[name],
        message: concern.message,
        at: placeOf(diagnosed, name, concern),
        help: concern.advice,
        ...rateFix(diagnosed, concern),
      }))
