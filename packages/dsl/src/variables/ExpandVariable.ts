/** Expands `$name` and arithmetic. */
import * as Result from "effect/Result"
import { scalar } from "../diagnostic/Fix.ts"
import { getsSuggestion, listed, nearestNames, suggest } from "../diagnostic/Suggest.ts"
import { got } from "../schema/Words.ts"
import type { Data } from "../source/Data.ts"
import { type Path, pointer } from "../source/Path.ts"
import * as Positions from "../source/Positions.ts"
import { type Expansion, longestChain, problem } from "./Expansion.ts"
import * as Expression from "./Expression.ts"
import { type Site, usedAt, type Written } from "./Site.ts"

/** The definition of a variable, or the value of a block's parameter. */
const enter = (expansion: Expansion, site: Site, name: string): Written | undefined => {
  const { data, found, vars } = expansion
  const bound = site.bound !== undefined && Object.hasOwn(site.bound, name) ? site.bound[name] : undefined
  if (bound !== undefined) return { node: bound.node, site: usedAt({ ...bound.site, to: site.to }, site) }
  if (!Object.hasOwn(vars, name)) {
    const message = `there is no variable \`${name}\``
    if (!getsSuggestion(found.size, expansion.names.length)) {
      problem(expansion, "R201", site, message)
      return undefined
    }
    const names = [...Object.keys(site.bound ?? {}), ...expansion.names]
    const meant = suggest(name, names)
    const text = textAt(data, site.from)
    problem(expansion, "R201", site, message, {
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
    problem(expansion, "R205", site, `\`${name}\` is defined by itself: ${circle.map((step) => `\`$${step}\``).join(" → ")}`)
    return undefined
  }
  if (site.through.length >= longestChain) {
    problem(expansion, "Y006", site, `variables refer to each other more than ${longestChain} deep`)
    return undefined
  }
  const own = { to: site.to, from: ["vars", name], through: [...site.through, name] }
  return { node: vars[name] ?? null, site: usedAt(own, site) }
}

/** The value of text with variables: that of its only variable, or of its arithmetic. */
export const expression = (expansion: Expansion, text: string, site: Site): Data => {
  const { places, positions, unknown } = expansion
  const sole = Expression.soleVariable(text)
  if (sole !== undefined) {
    const at = enter(expansion, site, sole)
    if (at === undefined) return null
    const result = expansion.value(at.node, at.site)
    const used = Positions.at(positions, site.from)
    const defined = Positions.at(positions, at.site.from)
    if (used !== undefined && defined !== undefined)
      places.set(pointer(site.to), { ...used, defined: { name: sole, span: defined.key ?? defined.value } })
    return result
  }
  const tree = Expression.parse(text)
  if (Result.isFailure(tree))
    return problem(expansion, "R202", site, `\`${text}\` is not an expression: ${tree.failure}`, {
      help: "use numbers, `$name`, + - * / ( ) min max; for a dollar sign in text write `$$`",
    })
  const number = Expression.evaluate(tree.success, (name) => {
    const at = enter(expansion, site, name)
    if (at === undefined) return undefined
    const before = unknown.size
    const { from } = at.site
    const result = expansion.value(at.node, { ...at.site, to: from, computed: site.computed ?? site.to })
    if (typeof result === "number") return result
    if (unknown.size > before || unknown.has(pointer(from))) unknown.add(pointer(site.to))
    else
      problem(expansion, "R202", site, `\`$${name}\` is ${got(result)}, and only numbers can be computed with`, {
        related: [{ at: { path: from }, label: "set here" }],
      })
    return undefined
  })
  if (number === undefined) return null
  if (!Number.isFinite(number))
    return problem(expansion, "R202", site, `\`${text}\` is not a finite number`, { help: "does it divide by 0?" })
  return number
}

/** The text at a place of a document. */
const textAt = (data: Data, path: Path): string | undefined => {
  let at: unknown = data
  for (const key of path) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, key)) return undefined
    at = (at as { readonly [key: string | number]: unknown })[key]
  }
  return typeof at === "string" ? at : undefined
}
