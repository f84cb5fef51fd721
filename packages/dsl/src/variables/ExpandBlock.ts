/** Expands the use of a block to its layers. */
import type { Location } from "../diagnostic/Diagnostic.ts"
import { getsSuggestion } from "../diagnostic/Suggest.ts"
import { got } from "../schema/Words.ts"
import { type Data, isRecord } from "../source/Data.ts"
import { pointer } from "../source/Path.ts"
import * as Positions from "../source/Positions.ts"
import * as Blocks from "./Blocks.ts"
import { type Expansion, keep, longestChain, nothing, problem, report } from "./Expansion.ts"
import { defaults, inside, type Site, usedAt, type Written } from "./Site.ts"

/** `{ use: { conv_bn: { f: 32 } }, name: c1 }`: the layers of the block as one layer. */
export const used = (expansion: Expansion, node: { readonly [key: string]: Data }, site: Site): Data => {
  const { blocks, definitions, found, places, positions, unknown } = expansion
  const { use = null, ...beside } = node
  const under = inside(site, "use")
  keep(expansion, under)
  const meant = Blocks.useOf(use)
  if (meant === undefined)
    return report(
      expansion,
      {
        code: "S105",
        message: `expected the name of one block with its values, got ${got(use)}`,
        at: { path: under.to },
        help: "`use: { conv_bn: { f: 32 } }`",
      },
      site,
    )
  const { name, values } = meant
  const at = typeof use === "string" ? under : inside(under, name)
  const location: Location = { path: at.to, on: typeof use === "string" ? "value" : "key" }
  keep(expansion, at)
  const block = Object.hasOwn(blocks, name) ? blocks[name] : undefined
  if (block === undefined) {
    // A wrong definition has its own finding.
    if (isRecord(definitions) && Object.hasOwn(definitions, name)) return nothing(expansion, site)
    const names = Object.keys(blocks)
    return report(expansion, Blocks.unknownBlock(name, getsSuggestion(found.size, names.length) ? names : [], location), site)
  }
  const step = `block ${name}`
  if (site.through.includes(step))
    return report(expansion, { code: "R210", message: `the block \`${name}\` uses itself`, at: location }, site)
  if (site.through.length >= longestChain)
    return problem(expansion, "Y006", site, `blocks use each other more than ${longestChain} deep`)
  const given: { readonly [param: string]: Written } = {
    ...defaults(name, block, at),
    ...Object.fromEntries(Object.entries(values).map(([param, node]) => [param, { node, site: inside(at, param) }] as const)),
  }
  const before = unknown.size
  const evaluated = Object.fromEntries(
    Object.entries(given).map(([param, { node, site }]) => [param, expansion.value(node, site)] as const),
  )
  if (unknown.size > before) return nothing(expansion, site)
  const misfits = Blocks.misfits(name, block, evaluated, location)
  if (misfits.length > 0) {
    for (const finding of misfits) report(expansion, finding, site)
    return null
  }
  const place = Positions.at(positions, under.from)
  if (place !== undefined) places.set(pointer([...site.to, "block"]), place)
  const layers = {
    to: [...site.to, "block", "layers"],
    from: [...Blocks.root, name, "layers"],
    through: [...site.through, step],
    bound: given,
  }
  return {
    block: { layers: expansion.value(block.layers, usedAt(layers, site)) },
    ...Object.fromEntries(
      Object.entries(beside).map(([key, child]) => [key, expansion.value(child, inside(site, key))] as const),
    ),
  }
}
