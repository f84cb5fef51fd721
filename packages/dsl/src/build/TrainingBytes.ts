/** The memory of a whole training, before anything is computed: what the engine plans for its steps, and the prepared rows beside it. */
import { bytes as bytesEach } from "@adjoint/core/types/DType"
import * as Shape from "@adjoint/core/types/Shape"
import * as SpecTree from "@adjoint/core/types/SpecTree"
import type { ModelFile } from "../Document.ts"
import type { Facts } from "../prepare/Facts.ts"
import * as Memory from "./Memory.ts"
import { steppable } from "./Steppable.ts"

/** The bytes of one prepared row: its inputs and its targets. */
const rowBytes = (facts: Memory.Rows): number =>
  [...SpecTree.leaves(Memory.inputsOf(facts)), ...SpecTree.leaves(Memory.targetsOf(facts.target))].reduce(
    (sum, { dtype, shape }) => sum + bytesEach[dtype] * Shape.size(shape),
    0,
  )

/**
 * The bytes that a training of a document takes: the memory of the engine, which holds its training rows too where they fit, and the
 * rows of all parts, unless they are stored outside memory. `Infinity` if no engine has the memory of a step, `undefined` where too
 * little is known of the data.
 */
export const trainingBytes = (document: ModelFile, facts: Facts): number | undefined => {
  const step = steppable(document, facts)
  if (step === undefined) return undefined
  const planned = Memory.plan(step.built, step.data, Memory.batchOf(step.built, step.data), { held: true })
  if (Memory.isShortage(planned)) return Number.POSITIVE_INFINITY
  const { test = 0, train = 0, val = 0 } = step.data.rows ?? {}
  const rows = step.data.isStored === true ? 0 : (train + val + test) * rowBytes(step.data)
  return planned.bytes + rows
}
