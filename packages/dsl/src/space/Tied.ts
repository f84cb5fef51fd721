/**
 * Data of the TypeScript form as a file would have it: a marker that stands in several places by reference becomes a variable, so
 * that it has one value in all of them, and a dollar sign in a text is written as `$$`.
 */
import { type Data, isRecord } from "../source/Data.ts"
import { isMarker } from "../variables/Marker.ts"

/** How often each marker stands in the data, and the key of its first place. */
const uses = (data: Data): ReadonlyMap<Data, { readonly count: number; readonly key: string }> => {
  const found = new Map<Data, { readonly count: number; readonly key: string }>()
  const visit = (node: Data, key: string): void => {
    if (isMarker(node)) {
      const before = found.get(node)
      found.set(node, { key: before?.key ?? key, count: (before?.count ?? 0) + 1 })
      if (before !== undefined) return
    }
    if (Array.isArray(node)) for (const item of node) visit(item, key)
    else if (isRecord(node)) for (const [name, item] of Object.entries(node)) visit(item, name.startsWith("$") ? key : name)
  }
  visit(data, "value")
  return found
}

/** Whether data has a search marker. */
export const hasMarker = (data: Data): boolean =>
  isMarker(data) ||
  (Array.isArray(data) ? data.some(hasMarker) : isRecord(data) && Object.values(data).some((item) => hasMarker(item)))

/** The data with variables for the markers that are shared. */
export const tied = (data: { readonly [key: string]: Data }): { readonly [key: string]: Data } => {
  const names = new Map<Data, string>()
  for (const [marker, { count, key }] of uses(data)) {
    if (count === 1) continue
    const taken = new Set(names.values())
    const base = key.replaceAll(/\W/gu, "_")
    let name = base
    for (let i = 2; taken.has(name); i++) name = `${base}${i}`
    names.set(marker, name)
  }
  const written = (node: Data, isTop: boolean): Data => {
    const name = isTop ? undefined : names.get(node)
    if (name !== undefined) return `$${name}`
    if (typeof node === "string") return node.replaceAll("$", () => "$$")
    if (Array.isArray(node)) return node.map((item: Data) => written(item, false))
    return isRecord(node)
      ? Object.fromEntries(Object.entries(node).map(([key, item]) => [key, written(item, false)] as const))
      : node
  }
  const vars = Object.fromEntries([...names].map(([marker, name]) => [name, written(marker, true)] as const))
  const sections = Object.fromEntries(Object.entries(data).map(([key, item]) => [key, written(item, false)] as const))
  return names.size === 0 ? sections : { vars, ...sections }
}
