/**
 * Expands a document before the schema applies: `$name` and arithmetic are replaced by their values, a search marker by its
 * default or by the value that is chosen, and the use of a block by its layers. The result is a document without these, with its
 * positions. The position of a replaced value is that of its `$name`, with the place of the definition.
 */
import type { Finding } from "../diagnostic/Diagnostic.ts"
import * as Fields from "../schema/Fields.ts"
import { got } from "../schema/Words.ts"
import { type Data, isRecord } from "../source/Data.ts"
import { pointer } from "../source/Path.ts"
import * as Positions from "../source/Positions.ts"
import * as Blocks from "./Blocks.ts"
import { used } from "./ExpandBlock.ts"
import { marker } from "./ExpandMarker.ts"
import { expression } from "./ExpandVariable.ts"
import { type Expansion, keep, problem } from "./Expansion.ts"
import * as Expression from "./Expression.ts"
import { type Chosen, type Found, markersIn } from "./Found.ts"
import * as Marker from "./Marker.ts"
import { inside, isLayer, type Site } from "./Site.ts"

/** The limit on the values of an expanded document. */
export const maxValues = 100_000

/** A document without variables. */
export interface Expanded {
  readonly data: Data
  readonly positions: Positions.Positions
  readonly findings: ReadonlyArray<Finding>
  /** Pointers of values that could not be computed. Further findings about them are left out. */
  readonly unknown: ReadonlySet<string>
  /** The values of the variables that are numbers. */
  readonly numbers: ReadonlyMap<string, number>
  /** The search markers that decide about the document, each after those around it. */
  readonly markers: ReadonlyArray<Found>
}

/** The variables by name. */
const variablesOf = (data: Data): { readonly [name: string]: Data } => {
  const vars = isRecord(data) ? data.vars : undefined
  return isRecord(vars) ? vars : {}
}

/** The definitions of blocks, if there are any. */
const definitionsOf = (data: Data): Data | undefined => (isRecord(data) && isRecord(data.model) ? data.model.blocks : undefined)

/** Whether data contains a variable, an expression, a search marker, or possibly the use of a block. */
const isWritten = (data: Data): boolean => {
  if (typeof data === "string") return data.includes("$")
  if (Array.isArray(data)) return data.some(isWritten)
  return isRecord(data) && Object.entries(data).some(([key, value]) => key === "use" || key === "$search" || isWritten(value))
}

/**
 * Replaces every variable, expression, search marker and use of a block. With `chosen`, markers have those values, and none is
 * listed. Never throws.
 */
export const expand = (data: Data, positions: Positions.Positions, chosen?: Chosen): Expanded => {
  const definitions = definitionsOf(data)
  const unknown = new Set<string>()
  if (isRecord(data) && data.vars === undefined && definitions === undefined && !isWritten(data))
    return { data, positions, findings: [], unknown, numbers: new Map(), markers: [] }
  const vars = variablesOf(data)
  const { blocks, findings } = Blocks.read(definitions)
  const places = new Map<string, Positions.Place>()
  const found = new Map<string, Finding>()
  const markers = new Map<string, Found>()
  const numbers = new Map<string, number>()
  let values = 0

  const value = (node: Data, site: Site): Data => {
    values++
    if (values > maxValues)
      return values === maxValues + 1
        ? problem(expansion, "Y006", site, `the variables make more than ${maxValues} values out of this document`)
        : null
    keep(expansion, site)
    if (typeof node === "string") {
      // Conditions of a search are read for each of its points.
      if (site.to[0] === "search" && site.to[1] === "where") return node
      return Expression.isExpression(node) ? expression(expansion, node, site) : Expression.literal(node)
    }
    if (Array.isArray(node)) return node.map((item, i) => value(item, inside(site, i)))
    if (!isRecord(node)) return node
    if (Marker.isMarker(node)) return marker(expansion, node, site)
    if (Object.hasOwn(node, "use") && isLayer(site.to)) return used(expansion, node, site)
    return Object.fromEntries(Object.entries(node).map(([key, child]) => [key, value(child, inside(site, key))] as const))
  }
  const names = Object.keys(vars)
  const expansion: Expansion = {
    data,
    positions,
    chosen,
    vars,
    names,
    definitions,
    blocks,
    places,
    found,
    unknown,
    markers,
    value,
  }

  const whole = isRecord(data) && "vars" in data && !isRecord(data.vars)
  if (whole)
    problem(
      expansion,
      "S103",
      { to: ["vars"], from: ["vars"], through: [] },
      `vars: expected a map of names and values, got ${got(data.vars)}`,
    )
  for (const name of names) {
    const site = { to: ["vars", name], from: ["vars", name], through: [name] }
    if (!Fields.isName(name)) {
      const path = site.from
      found.set(pointer(path), {
        code: "S106",
        message: `\`${name}\` is not a valid name for a variable: use a letter or \`_\`, then letters, digits and \`_\``,
        at: { path, on: "key" },
      })
    }
    const result = value(vars[name] ?? null, site)
    if (typeof result === "number") numbers.set(name, result)
  }
  if (!isRecord(data)) return { data, positions, findings: [...found.values()], unknown, numbers, markers: [] }
  const { vars: _, ...sections } = data
  const root = Positions.at(positions, [])
  if (root !== undefined) places.set("", root)
  const blocksAt = pointer(Blocks.root)
  for (const [at, place] of positions.places) if (at.startsWith(blocksAt)) places.set(at, place)
  const expanded = Object.fromEntries(
    Object.entries(sections).map(([key, child]) => {
      const node = key === "model" ? withoutBlocks(child) : child
      return [key, value(node, { to: [key], from: [key], through: [], within: [] })] as const
    }),
  )
  if (chosen === undefined && values <= maxValues && found.size === 0) {
    const unused = [...markersIn(data.vars ?? null, ["vars"]), ...markersIn(definitions ?? null, Blocks.root)]
    for (const from of unused.filter((path) => !markers.has(pointer(path)))) {
      const place = Positions.at(positions, from)
      if (place !== undefined) places.set(pointer(from), place)
      const why = from[0] === "vars" ? `\`$${from[1]}\` is not used` : `no use of the block \`${from[2]}\` reads it`
      found.set(pointer(from), {
        code: "A642",
        message: `this search marker decides nothing: ${why}`,
        at: { path: from },
        help: "a search has no dimension for it: use it, or write its default in its place",
      })
    }
  }
  // A document that is too large has only this finding.
  if (values > maxValues) for (const key of Object.keys(sections)) unknown.add(pointer([key]))
  const kept = values > maxValues ? Object.fromEntries(Object.keys(sections).map((key) => [key, null])) : expanded
  return {
    data: kept,
    positions: { ...positions, places },
    findings: [...findings, ...found.values()],
    unknown,
    numbers,
    markers: [...markers.values()],
  }
}

const withoutBlocks = (model: Data): Data => {
  if (!isRecord(model)) return model
  const { blocks: _, ...rest } = model
  return rest
}
