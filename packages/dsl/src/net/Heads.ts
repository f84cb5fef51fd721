/** The ends of a model: its heads with the columns that they predict, and its named inputs with their columns. */
import type { TreeSpec } from "@adjoint/core/data/PreprocessTree"
import { layerOf, type Model } from "../Document.ts"
import type { Path } from "../source/Path.ts"

/** A head among the layers of a model. */
export interface HeadAt {
  /** Its `name`, or its column; the name of its scores and of its output. */
  readonly name: string
  /** Whether it has a name of its own: a `name`, or one column. */
  readonly isNamed: boolean
  readonly columns: ReadonlyArray<string>
  /** Its place in `model.layers`. */
  readonly index: number
  readonly path: Path
}

/** The columns of a head. */
export const columnsOf = (target: string | ReadonlyArray<string>): ReadonlyArray<string> =>
  typeof target === "string" ? [target] : target

/** The heads at the top of a model, in order. */
export const headsOf = ({ layers }: Pick<Model, "layers">): ReadonlyArray<HeadAt> =>
  layers.flatMap((layer, index) => {
    const item = layerOf(layer)
    if (item._tag !== "Head") return []
    const columns = columnsOf(item.head.target)
    const own = item.name ?? (columns.length === 1 ? columns[0] : undefined)
    return [{ name: own ?? `head${index + 1}`, isNamed: own !== undefined, columns, index, path: ["model", "layers", index] }]
  })

/** The heads of a model that has several; a model with one head or none has outputs without a name. */
export const severalHeads = (model: Pick<Model, "layers">): ReadonlyArray<HeadAt> | undefined => {
  const heads = headsOf(model)
  return heads.length > 1 ? heads : undefined
}

/** Whether the outputs or the inputs of a model have names. */
export const hasNames = (model: Pick<Model, "inputs" | "layers">): boolean =>
  model.inputs !== undefined || severalHeads(model) !== undefined

/** How the rows of a table become the inputs and the targets of a model. */
export const groupsOf = (model: Pick<Model, "inputs" | "layers"> | undefined): Pick<TreeSpec, "heads" | "inputs"> => {
  const heads = model === undefined ? undefined : severalHeads(model)
  return {
    ...(model?.inputs === undefined ? {} : { inputs: model.inputs }),
    ...(heads === undefined ? {} : { heads: Object.fromEntries(heads.map(({ columns, name }) => [name, columns])) }),
  }
}
