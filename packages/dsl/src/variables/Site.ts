/** Where a value is while a document is expanded: its places in the result and in the source, and what leads to it. */
import type { Data } from "../source/Data.ts"
import type { Path } from "../source/Path.ts"
import * as Blocks from "./Blocks.ts"
import type { Alternative } from "./Found.ts"

/** The place of a value in the result and in the source, the variables on the way, and the parameters of its block. */
export interface Site {
  readonly to: Path
  readonly from: Path
  readonly through: ReadonlyArray<string>
  readonly bound?: { readonly [name: string]: Written }
  /** The alternatives that it stands in. Absent if it is only checked, and the document may not need it. */
  readonly within?: ReadonlyArray<Alternative>
  /** The place of the result that a number is computed for. */
  readonly computed?: Path
}

/** A value with its place in the source. */
export interface Written {
  readonly node: Data
  readonly site: Site
}

/** Whether a path is that of an item of a list of layers. */
export const isLayer = (to: Path): boolean =>
  to[0] === "model" &&
  (to.at(-2) === "$search" ? isLayer(to.slice(0, -2)) : to.at(-2) === "layers" && typeof to.at(-1) === "number")

export const inside = (site: Site, key: string | number): Site => ({ ...site, to: [...site.to, key], from: [...site.from, key] })

/** The same place in the source, as it is used at another site. */
export const usedAt = (made: Omit<Site, "within" | "computed">, { computed, within }: Site): Site => ({
  ...made,
  ...(within === undefined ? {} : { within }),
  ...(computed === undefined ? {} : { computed }),
})

/** The default values of a block's parameters. Variables in them are read where the block is defined. */
export const defaults = (name: string, { params }: Blocks.Block, site: Site): { readonly [param: string]: Written } =>
  Object.fromEntries(
    Object.entries(params).flatMap(([param, { default: node }]) => {
      const from = [...Blocks.root, name, "params", param, "default"]
      const own = { to: [...site.to, param], from, through: site.through }
      return node === undefined ? [] : [[param, { node, site: usedAt(own, site) }] as const]
    }),
  )
