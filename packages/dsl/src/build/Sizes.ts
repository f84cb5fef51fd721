/** The sizes of a model that are known before it is trained: what the conditions of a search compare. */
import { leaves } from "@adjoint/core/learning/Params"
import * as Key from "@adjoint/core/tensor/Key"
import * as Shape from "@adjoint/core/types/Shape"
import type { ModelFile } from "../Document.ts"
import type { Facts } from "../prepare/Facts.ts"
import { type Catalogue, standard } from "../schema/Catalogue.ts"
import type { Fact } from "../variables/Condition.ts"
import { netOf } from "./Build.ts"
import { modelRows } from "./LayerRows.ts"
import * as Memory from "./Memory.ts"
import { steppable } from "./Steppable.ts"

/** Bytes of a parameter: a 32-bit float. */
const bytesEach = 4

/**
 * One size of a document without errors, or `undefined` where too little is known of its data. The memory of a step is
 * `Infinity` if no engine has it. Parameters are counted at once; the memory of a step is that of its plan, which takes
 * as long as the start of a training.
 */
export const sizeOf = (document: ModelFile, facts: Facts, fact: Fact, catalogue: Catalogue = standard): number | undefined => {
  if (facts.sample === undefined || facts.target === undefined) return undefined
  if (fact === "step.bytes") return stepBytes(document, facts)
  const net = netOf(document, facts, catalogue)
  if (fact === "model.multiply_adds") return modelRows(net, facts.sample).reduce((sum, { multiplyAdds }) => sum + multiplyAdds, 0)
  const params = leaves(net.init(Key.make(0), facts.sample).params).reduce((sum, { shape }) => sum + Shape.size(shape), 0)
  return fact === "model.params" ? params : bytesEach * params
}

const stepBytes = (document: ModelFile, facts: Facts): number | undefined => {
  const step = steppable(document, facts)
  if (step === undefined) return undefined
  const planned = Memory.plan(step.built, step.data, Memory.batchOf(step.built, step.data), { held: false })
  return Memory.isShortage(planned) ? Number.POSITIVE_INFINITY : planned.bytes
}
