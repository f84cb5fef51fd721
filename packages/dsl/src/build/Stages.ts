/** The stages of pre-training as core's training takes them. */
import type { Stage } from "@adjoint/core/training/Pretrain"
import { siteOf } from "../check/Pretrain.ts"
import type { ModelFile, Rbm } from "../Document.ts"
import * as Nodes from "../net/Nodes.ts"
import type { Catalogue } from "../schema/Catalogue.ts"

const methodOf = (method: Rbm["method"]): Stage["method"] => ("cd" in method ? { cd: method.cd.steps } : method)

/** The stages of a valid document, if it has any. Throws `TypeError` for a layer that does not fit an RBM. */
export const pretraining = (
  { model, pretrain = [] }: ModelFile,
  catalogue: Catalogue,
): { readonly pretrain?: ReadonlyArray<Stage> } => {
  if (pretrain.length === 0) return {}
  const names = Nodes.nodes({ catalogue, model }).map(({ name }) => name)
  const stages = pretrain.map(({ rbm: { lr, method, ...rest } }) => {
    const site = siteOf(model, names.indexOf(rest.layer), catalogue)
    if (typeof site === "string") throw new TypeError(`${rest.layer} ${site}`)
    return { ...rest, hidden: site.units, method: methodOf(method), learningRate: lr }
  })
  return { pretrain: stages }
}
