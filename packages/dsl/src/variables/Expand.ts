/**
 * Expands a document before the schema applies: `$name` and arithmetic are replaced by their values, a search marker by its
 * default or by the value that is chosen, and the use of a block by its layers. The result is a document without these, with its
 * positions. The position of a replaced value is that of its `$name`, with the place of the definition.
 */
import * as Result from "effect/Result"
import type { Code } from "../diagnostic/Codes.ts"
import type { Finding, Location } from "../diagnostic/Diagnostic.ts"
import { scalar } from "../diagnostic/Fix.ts"
import { listed, nearestNames, suggest } from "../diagnostic/Suggest.ts"
import * as Fields from "../schema/Fields.ts"
import { detailed } from "../schema/Issues.ts"
import { got } from "../schema/Words.ts"
import { type Data, isRecord } from "../source/Data.ts"
import { type Path, pointer, print } from "../source/Path.ts"
import * as Positions from "../source/Positions.ts"
import * as Blocks from "./Blocks.ts"
import * as Expression from "./Expression.ts"
import { type Chosen, type Found, markersIn, record, withoutAlternatives } from "./Found.ts"
import * as Marker from "./Marker.ts"
import { refusal } from "./Searchable.ts"
import { defaults, inside, isLayer, type Site, usedAt, type Written } from "./Site.ts"

/** The limit on the values of an expanded document. */
export const maxValues = 100_000

/** The limit on chains of variables that refer to each other. */
const longestChain = 32

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
  const places = new Map<string, Positions.Place>()
  const found = new Map<string, Finding>()
  const unknown = new Set<string>()
  const definitions = definitionsOf(data)
  if (isRecord(data) && data.vars === undefined && definitions === undefined && !isWritten(data))
    return { data, positions, findings: [], unknown, numbers: new Map(), markers: [] }
  const vars = variablesOf(data)
  const { blocks, findings } = Blocks.read(definitions)
  const markers = new Map<string, Found>()
  const numbers = new Map<string, number>()
  let values = 0

  const problem = (code: Code, site: Site, message: string, more: Partial<Finding> = {}): null => {
    // A mistake inside a variable is located at its definition, and reported once.
    const path = site.from[0] === "vars" ? site.from : site.to
    found.set(JSON.stringify([code, path, message]), { code, message, at: { path }, ...more })
    unknown.add(pointer(site.to))
    return null
  }

  const enter = (site: Site, name: string): Written | undefined => {
    const bound = site.bound !== undefined && Object.hasOwn(site.bound, name) ? site.bound[name] : undefined
    if (bound !== undefined) return { node: bound.node, site: usedAt({ ...bound.site, to: site.to }, site) }
    if (!Object.hasOwn(vars, name)) {
      const message = `there is no variable \`${name}\``
      if (found.size >= detailed) {
        problem("R201", site, message)
        return undefined
      }
      const names = [...Object.keys(site.bound ?? {}), ...Object.keys(vars)]
      const meant = suggest(name, names)
      const text = textAt(data, site.from)
      problem("R201", site, message, {
        help:
          meant !== undefined
            ? `did you mean \`$${meant}\`?`
            : names.length === 0
              ? "set it under `vars`; for a dollar sign as text write `$$`"
              : `there are ${listed(nearestNames(name, names, 8), "and")}`,
        ...(meant === undefined || text === undefined
          ? {}
          : {
              fix: {
                title: `read \`$${meant}\``,
                at: { path: site.from[0] === "vars" ? site.from : site.to },
                text: scalar(text.replaceAll(new RegExp(`\\$${name}\\b`, "g"), () => `$${meant}`)),
              },
            }),
      })
      return undefined
    }
    if (site.through.includes(name)) {
      const circle = [...site.through.slice(site.through.indexOf(name)), name]
      problem("R205", site, `\`${name}\` is defined by itself: ${circle.map((step) => `\`$${step}\``).join(" → ")}`)
      return undefined
    }
    if (site.through.length >= longestChain) {
      problem("Y006", site, `variables refer to each other more than ${longestChain} deep`)
      return undefined
    }
    const own = { to: site.to, from: ["vars", name], through: [...site.through, name] }
    return { node: vars[name] ?? null, site: usedAt(own, site) }
  }

  const expression = (text: string, site: Site): Data => {
    const sole = Expression.soleVariable(text)
    if (sole !== undefined) {
      const at = enter(site, sole)
      if (at === undefined) return null
      const result = value(at.node, at.site)
      const used = Positions.at(positions, site.from)
      const defined = Positions.at(positions, at.site.from)
      if (used !== undefined && defined !== undefined)
        places.set(pointer(site.to), { ...used, defined: { name: sole, span: defined.key ?? defined.value } })
      return result
    }
    const tree = Expression.parse(text)
    if (Result.isFailure(tree))
      return problem("R202", site, `\`${text}\` is not an expression: ${tree.failure}`, {
        help: "use numbers, `$name`, + - * / ( ) min max; for a dollar sign in text write `$$`",
      })
    const number = Expression.evaluate(tree.success, (name) => {
      const at = enter(site, name)
      if (at === undefined) return undefined
      const before = unknown.size
      const { from } = at.site
      const result = value(at.node, { ...at.site, to: from, computed: site.computed ?? site.to })
      if (typeof result === "number") return result
      if (unknown.size > before || unknown.has(pointer(from))) unknown.add(pointer(site.to))
      else
        problem("R202", site, `\`$${name}\` is ${got(result)}, and only numbers can be computed with`, {
          related: [{ at: { path: from }, label: "set here" }],
        })
      return undefined
    })
    if (number === undefined) return null
    if (!Number.isFinite(number))
      return problem("R202", site, `\`${text}\` is not a finite number`, { help: "does it divide by 0?" })
    return number
  }

  /** `{ $search: …, default: v }`: the chosen value; training uses the default. */
  const marker = (map: Marker.Marker, site: Site): Data => {
    const { $search: space, default: standard, ...rest } = map
    const read = Marker.valuesOf(space)
    if (Result.isFailure(read)) {
      const { help, message, on, path, rename } = read.failure
      unknown.add(pointer(site.to))
      const wrong = beneath(site, ["$search", ...path])
      const at = { path: wrong.from[0] === "vars" ? wrong.from : wrong.to, on: on ?? "value" } as const
      const fix = rename === undefined ? {} : { fix: { title: `rename to \`${rename}\``, at, text: rename } }
      return problem("S103", wrong, `${print(site.to)}: ${message}`, { help, ...(on === undefined ? {} : { at }), ...fix })
    }
    const [extra] = Object.keys(rest)
    if (extra !== undefined)
      problem("S101", beneath(site, [extra]), `unknown key \`${extra}\` beside $search`, {
        help: "a search marker has `$search` and `default`; `step` and `log` belong to the range",
      })
    if (standard === undefined)
      return problem("S102", site, `${print(site.to)}: \`default\` is missing beside $search`, {
        help: "add a `default`: it is the value that training uses",
      })
    const values = read.success
    const id = pointer(site.from)
    const now = chosen?.get(id)
    if (now !== undefined) return alternative(values, now, site)
    const usual = standardOf(values, standard, site)
    if (usual === undefined) return null
    if (site.within !== undefined && !isRefused(site))
      record(markers, { id, from: site.from, values, standard: usual }, site.computed ?? site.to, site.within)
    const result = alternative(values, usual, site)
    if (chosen === undefined) candidates(values, site)
    return result
  }

  /** The value of one alternative of a list, or a number of a range. */
  const alternative = (values: Marker.Values, choice: number, site: Site): Data => {
    const from = [...site.from, ...Marker.placeOf(values, choice)]
    if (values._tag === "List") return value(values.values[choice] ?? null, { ...site, from, ...within(site, choice) })
    keep({ ...site, from })
    return choice
  }

  const within = (site: Site, choice: number): Pick<Site, "within"> =>
    site.within === undefined ? {} : { within: [...site.within, { marker: pointer(site.from), choice }] }

  /** The index of the default in a list, or the default of a range; `undefined` if it is neither, or unknown. */
  const standardOf = (values: Marker.Values, standard: Data, site: Site): number | undefined => {
    const [first, second] = values._tag === "List" ? Marker.named(values.values, standard) : []
    if (first !== undefined && second === undefined) return first
    const { computed: _, within: __, ...aside } = beneath(site, ["default"])
    const refuse = ({ help, message }: Pick<Marker.Fault, "help" | "message">): undefined => {
      unknown.add(pointer(site.to))
      problem("S103", aside, `${print(site.to)}: ${message}`, { help })
    }
    if (second !== undefined)
      return refuse({
        message: `\`${String(standard)}\` is the key of several of the values to search`,
        help: "write the whole value as the default",
      })
    const before = unknown.size
    const result = value(standard, aside)
    if (unknown.size > before) {
      unknown.add(pointer(site.to))
      return undefined
    }
    if (values._tag === "Range") {
      const wrong = Marker.outside(values, result)
      return wrong === undefined ? Number(result) : refuse(wrong)
    }
    const index = values.values.findIndex((item, i) =>
      Marker.same(value(item, { ...aside, from: [...site.from, "$search", i], to: [...site.to, "$search", i] }), result),
    )
    return index >= 0 ? index : refuse(Marker.notListed(values.values, result))
  }

  /** Whether nothing may be searched at a place, which is then reported. */
  const isRefused = (site: Site): boolean => {
    const to = withoutAlternatives(site.computed ?? site.to)
    const found = refusal(to)
    if (found === undefined) return false
    // A marker behind a variable is shown where the variable is used.
    const path = site.computed ?? (site.through.length > 0 ? site.to : beneath(site, ["$search"]).to)
    report({ code: "S109", ...found, at: { path } }, site)
    return true
  }

  /** The values of a list, each with its place: what is wrong with their variables, and the markers in them. */
  const candidates = (values: Marker.Values, site: Site): void => {
    if (values._tag === "List")
      values.values.forEach((node, i) => {
        value(node, { ...beneath(site, ["$search", i]), ...within(site, i) })
      })
  }

  /** A place below a marker, which the result does not contain. */
  const beneath = (site: Site, path: Path): Site => {
    const at = path.reduce(inside, site)
    keep(at)
    return at
  }

  const report = (finding: Finding, site: Site): null => {
    const { at, code, message } = finding
    found.set(JSON.stringify([code, at.path, message]), finding)
    return nothing(site)
  }

  /** `{ use: { conv_bn: { f: 32 } }, name: c1 }`: the layers of the block as one layer. */
  const used = (node: { readonly [key: string]: Data }, site: Site): Data => {
    const { use = null, ...beside } = node
    const under = inside(site, "use")
    keep(under)
    const meant = Blocks.useOf(use)
    if (meant === undefined)
      return report(
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
    keep(at)
    const block = Object.hasOwn(blocks, name) ? blocks[name] : undefined
    if (block === undefined)
      // A wrong definition has its own finding.
      return isRecord(definitions) && Object.hasOwn(definitions, name)
        ? nothing(site)
        : report(Blocks.unknownBlock(name, Object.keys(blocks), location), site)
    const step = `block ${name}`
    if (site.through.includes(step))
      return report({ code: "R210", message: `the block \`${name}\` uses itself`, at: location }, site)
    if (site.through.length >= longestChain) return problem("Y006", site, `blocks use each other more than ${longestChain} deep`)
    const given: { readonly [param: string]: Written } = {
      ...defaults(name, block, at),
      ...Object.fromEntries(Object.entries(values).map(([param, node]) => [param, { node, site: inside(at, param) }] as const)),
    }
    const before = unknown.size
    const evaluated = Object.fromEntries(
      Object.entries(given).map(([param, { node, site }]) => [param, value(node, site)] as const),
    )
    if (unknown.size > before) return nothing(site)
    const misfits = Blocks.misfits(name, block, evaluated, location)
    if (misfits.length > 0) {
      for (const finding of misfits) report(finding, site)
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
      block: { layers: value(block.layers, usedAt(layers, site)) },
      ...Object.fromEntries(Object.entries(beside).map(([key, child]) => [key, value(child, inside(site, key))] as const)),
    }
  }

  const nothing = (site: Site): null => {
    unknown.add(pointer(site.to))
    return null
  }

  /** Records the place of a replaced value. */
  const keep = ({ from, to }: Site): void => {
    const place = Positions.at(positions, from)
    if (place !== undefined) places.set(pointer(to), place)
  }

  const value = (node: Data, site: Site): Data => {
    values++
    if (values > maxValues)
      return values === maxValues + 1
        ? problem("Y006", site, `the variables make more than ${maxValues} values out of this document`)
        : null
    keep(site)
    if (typeof node === "string") {
      // Conditions of a search are read for each of its points.
      if (site.to[0] === "search" && site.to[1] === "where") return node
      return Expression.isExpression(node) ? expression(node, site) : Expression.literal(node)
    }
    if (Array.isArray(node)) return node.map((item, i) => value(item, inside(site, i)))
    if (!isRecord(node)) return node
    if (Marker.isMarker(node)) return marker(node, site)
    if (Object.hasOwn(node, "use") && isLayer(site.to)) return used(node, site)
    return Object.fromEntries(Object.entries(node).map(([key, child]) => [key, value(child, inside(site, key))] as const))
  }

  const whole = isRecord(data) && "vars" in data && !isRecord(data.vars)
  if (whole)
    problem(
      "S103",
      { to: ["vars"], from: ["vars"], through: [] },
      `vars: expected a map of names and values, got ${got(data.vars)}`,
    )
  for (const name of Object.keys(vars)) {
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

const textAt = (data: Data, path: Path): string | undefined => {
  let at: unknown = data
  for (const key of path) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, key)) return undefined
    at = (at as { readonly [key: string | number]: unknown })[key]
  }
  return typeof at === "string" ? at : undefined
}
