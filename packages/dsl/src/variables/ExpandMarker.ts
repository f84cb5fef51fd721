/** Expands a search marker to its default, or to the value that is chosen. */
import * as Result from "effect/Result"
import type { Data } from "../source/Data.ts"
import { pointer, print } from "../source/Path.ts"
import { beneath, type Expansion, keep, problem, report } from "./Expansion.ts"
import { record, withoutAlternatives } from "./Found.ts"
import * as Marker from "./Marker.ts"
import { refusal } from "./Searchable.ts"
import type { Site } from "./Site.ts"

/** `{ $search: …, default: v }`: the chosen value; training uses the default. */
export const marker = (expansion: Expansion, map: Marker.Marker, site: Site): Data => {
  const { $search: space, default: standard, ...rest } = map
  const read = Marker.valuesOf(space)
  if (Result.isFailure(read)) {
    const { help, message, on, path, rename } = read.failure
    expansion.unknown.add(pointer(site.to))
    const wrong = beneath(expansion, site, ["$search", ...path])
    const at = { path: wrong.from[0] === "vars" ? wrong.from : wrong.to, on: on ?? "value" } as const
    const fix = rename === undefined ? {} : { fix: { title: `rename to \`${rename}\``, at, text: rename } }
    return problem(expansion, "S103", wrong, `${print(site.to)}: ${message}`, {
      help,
      ...(on === undefined ? {} : { at }),
      ...fix,
    })
  }
  const [extra] = Object.keys(rest)
  if (extra !== undefined)
    problem(expansion, "S101", beneath(expansion, site, [extra]), `unknown key \`${extra}\` beside $search`, {
      help: "a search marker has `$search` and `default`; `step` and `log` belong to the range",
    })
  if (standard === undefined)
    return problem(expansion, "S102", site, `${print(site.to)}: \`default\` is missing beside $search`, {
      help: "add a `default`: it is the value that training uses",
    })
  const values = read.success
  const id = pointer(site.from)
  const now = expansion.chosen?.get(id)
  if (now !== undefined) return alternative(expansion, values, now, site)
  const usual = standardOf(expansion, values, standard, site)
  if (usual === undefined) return null
  if (site.within !== undefined && !isRefused(expansion, site))
    record(expansion.markers, { id, from: site.from, values, standard: usual }, site.computed ?? site.to, site.within)
  const result = alternative(expansion, values, usual, site)
  if (expansion.chosen === undefined) candidates(expansion, values, site)
  return result
}

/** The value of one alternative of a list, or a number of a range. */
const alternative = (expansion: Expansion, values: Marker.Values, choice: number, site: Site): Data => {
  const from = [...site.from, ...Marker.placeOf(values, choice)]
  if (values._tag === "List") return expansion.value(values.values[choice] ?? null, { ...site, from, ...within(site, choice) })
  keep(expansion, { ...site, from })
  return choice
}

const within = (site: Site, choice: number): Pick<Site, "within"> =>
  site.within === undefined ? {} : { within: [...site.within, { marker: pointer(site.from), choice }] }

/** The index of the default in a list, or the default of a range; `undefined` if it is neither, or unknown. */
const standardOf = (expansion: Expansion, values: Marker.Values, standard: Data, site: Site): number | undefined => {
  const [first, second] = values._tag === "List" ? Marker.named(values.values, standard) : []
  if (first !== undefined && second === undefined) return first
  const { computed: _, within: __, ...aside } = beneath(expansion, site, ["default"])
  const refuse = ({ help, message }: Pick<Marker.Fault, "help" | "message">): undefined => {
    expansion.unknown.add(pointer(site.to))
    problem(expansion, "S103", aside, `${print(site.to)}: ${message}`, { help })
  }
  if (second !== undefined)
    return refuse({
      message: `\`${String(standard)}\` is the key of several of the values to search`,
      help: "write the whole value as the default",
    })
  const before = expansion.unknown.size
  const result = expansion.value(standard, aside)
  if (expansion.unknown.size > before) {
    expansion.unknown.add(pointer(site.to))
    return undefined
  }
  if (values._tag === "Range") {
    const wrong = Marker.outside(values, result)
    return wrong === undefined ? Number(result) : refuse(wrong)
  }
  const index = values.values.findIndex((item, i) =>
    Marker.same(expansion.value(item, { ...aside, from: [...site.from, "$search", i], to: [...site.to, "$search", i] }), result),
  )
  return index >= 0 ? index : refuse(Marker.notListed(values.values, result))
}

/** Whether nothing may be searched at a place, which is then reported. */
const isRefused = (expansion: Expansion, site: Site): boolean => {
  const to = withoutAlternatives(site.computed ?? site.to)
  const found = refusal(to)
  if (found === undefined) return false
  // A marker behind a variable is shown where the variable is used.
  const path = site.computed ?? (site.through.length > 0 ? site.to : beneath(expansion, site, ["$search"]).to)
  report(expansion, { code: "S109", ...found, at: { path } }, site)
  return true
}

/** The values of a list, each with its place: what is wrong with their variables, and the markers in them. */
const candidates = (expansion: Expansion, values: Marker.Values, site: Site): void => {
  if (values._tag === "List")
    values.values.forEach((node, i) => {
      expansion.value(node, { ...beneath(expansion, site, ["$search", i]), ...within(site, i) })
    })
}
