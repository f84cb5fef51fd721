/** The stages of pre-training as core's training takes them. */
import type { Stage } from "@adjoint/core/training/Pretrain"
import { siteOf } from "../check/Pretrain.ts"
import type { Model, Pretrain, Rbm } from "../Document.ts"
import type { Catalogue } from "../schema/Catalogue.ts"
import * as Nodes from "./Nodes.ts"

const methodOf = (method: Rbm["method"]): Stage["method"] => ("cd" in method ? { cd: method.cd.steps } : method)

/** The stages of a model that was found right. Throws `TypeError` for a layer that no machine is for. */
export const stages = (model: Model, pretrain: Pretrain, catalogue: Catalogue): ReadonlyArray<Stage> => {
  const names = Nodes.nodes({ catalogue, model }).map(({ name }) => name)
  return pretrain.map(({ rbm: { lr, method, ...rest } }) => {
    const site = siteOf(model, names.indexOf(rest.layer))
    if (typeof site === "string") throw new TypeError(`${rest.layer} ${site}`)
    return { ...rest, hidden: site.units, method: methodOf(method), learningRate: lr }
  })
}
