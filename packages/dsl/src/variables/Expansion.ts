/** What the parts of an expansion share: the document, what is recorded about its values, and how a value is expanded. */
import type { Code } from "../diagnostic/Codes.ts"
import type { Finding } from "../diagnostic/Diagnostic.ts"
import type { Data } from "../source/Data.ts"
import { type Path, pointer } from "../source/Path.ts"
import * as Positions from "../source/Positions.ts"
import type * as Blocks from "./Blocks.ts"
import type { Chosen, Found } from "./Found.ts"
import { inside, type Site } from "./Site.ts"

/** The limit on chains of variables and blocks that refer to each other. */
export const longestChain = 32

/** A document that is being expanded. Its maps and its set grow with every value. */
export interface Expansion {
  readonly data: Data
  readonly positions: Positions.Positions
  /** The values of markers, if they are chosen. */
  readonly chosen: Chosen | undefined
  readonly vars: { readonly [name: string]: Data }
  /** The names of `vars`. */
  readonly names: ReadonlyArray<string>
  /** The definitions of blocks as they are written, and those that are right. */
  readonly definitions: Data | undefined
  readonly blocks: { readonly [name: string]: Blocks.Block }
  /** The places of the values of the result, by pointer. */
  readonly places: Map<string, Positions.Place>
  /** The findings, each once. */
  readonly found: Map<string, Finding>
  /** Pointers of values that could not be computed. */
  readonly unknown: Set<string>
  readonly markers: Map<string, Found>
  /** Expands the value of a place. */
  readonly value: (node: Data, site: Site) => Data
}

/** Records a mistake. One inside a variable is located at its definition, and reported once. */
export const problem = (
  { found, unknown }: Expansion,
  code: Code,
  site: Site,
  message: string,
  more: Partial<Finding> = {},
): null => {
  const path = site.from[0] === "vars" ? site.from : site.to
  found.set(JSON.stringify([code, path, message]), { code, message, at: { path }, ...more })
  unknown.add(pointer(site.to))
  return null
}

/** Records a finding that has its own place, and that the value of a site is unknown. */
export const report = (expansion: Expansion, finding: Finding, site: Site): null => {
  const { at, code, message } = finding
  expansion.found.set(JSON.stringify([code, at.path, message]), finding)
  return nothing(expansion, site)
}

/** The value of a site is unknown. */
export const nothing = ({ unknown }: Expansion, site: Site): null => {
  unknown.add(pointer(site.to))
  return null
}

/** Records the place of a replaced value. */
export const keep = ({ places, positions }: Expansion, { from, to }: Site): void => {
  const place = Positions.at(positions, from)
  if (place !== undefined) places.set(pointer(to), place)
}

/** A place below another one that the result does not contain. */
export const beneath = (expansion: Expansion, site: Site, path: Path): Site => {
  const at = path.reduce(inside, site)
  keep(expansion, at)
  return at
}
