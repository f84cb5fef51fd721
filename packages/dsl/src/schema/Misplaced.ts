/** Helps and edits for keys in the wrong place. */
import type { Edit } from "../diagnostic/Edit.ts"
import { isRecord } from "../source/Data.ts"
import type { Path } from "../source/Path.ts"
import type { Elsewhere, Misplaced } from "./Annotation.ts"
import { flow } from "./Mend.ts"

type Place = (found: Misplaced) => Elsewhere

const withFix = (help: string, fix: Edit | undefined): Elsewhere => ({ help, ...(fix === undefined ? {} : { fix }) })

/** The key moves, with its value as it was written, or as `text` has it; no text means that only a person can move it. */
export const moved =
  (to: Path, help: string, text?: (value: unknown) => string | undefined): Place =>
  ({ path, value }) => {
    const written = text?.(value)
    if (text !== undefined && written === undefined) return { help }
    return { help, fix: { title: help, move: path, to, ...(written === undefined ? {} : { text: written }) } }
  }

/** The key is not needed, so it is deleted; with `only`, if its value is one of these. */
export const needless =
  (help: string, only?: ReadonlyArray<unknown>): Place =>
  ({ path, value }) =>
    withFix(help, only === undefined || only.includes(value) ? { title: "remove it", remove: path } : undefined)

/** The key with its value becomes other entries of the same map; nothing where the value does not allow it. */
export const instead =
  (help: string, text: (value: unknown) => string | undefined): Place =>
  ({ path, value }) => {
    const entries = text(value)
    return withFix(help, entries === undefined ? undefined : { title: `write \`${entries}\``, entry: path, text: entries })
  }

/** The key takes another name. */
export const renamedTo =
  (name: string): Place =>
  ({ path }) => ({
    help: `did you mean \`${name}\`?`,
    fix: { title: `rename to \`${name}\``, at: { path, on: "key" }, text: name },
  })

/** A share as the split has it: 0.2 is `20%`. Whole numbers are rows. */
export const percent = (value: unknown): string | undefined => {
  if (typeof value === "string") return /^\d{1,3}(?:\.\d+)? ?%$/u.test(value) ? value : undefined
  if (typeof value !== "number") return undefined
  if (value > 0 && value < 1) return `${Number((value * 100).toPrecision(12))}%`
  return Number.isInteger(value) && value > 1 ? String(value) : undefined
}

/** The name of a choice that is written as a bare name, or as a map with the name as its key. */
export const nameOf = (value: unknown): string | undefined => {
  if (typeof value === "string") return value
  return isRecord(value) ? Object.keys(value)[0] : undefined
}

/** A callback that was written beside the list of callbacks. */
export const callback =
  (name: string, help: string): Place =>
  ({ map, path, value }) => {
    const item =
      value === null || value === true || (isRecord(value) && Object.keys(value).length === 0) ? name : { [name]: value }
    const list: Path = [...path.slice(0, -1), "callbacks"]
    if (value === false || typeof value === "number") return { help }
    if (!Object.hasOwn(map, "callbacks")) return { help, fix: { title: help, entry: path, text: `callbacks: [${flow(item)}]` } }
    if (!Array.isArray(map.callbacks) || map.callbacks.length === 0) return { help }
    const text = typeof item === "string" ? item : flow(item).replace(/^\{ (.*) \}$/su, "$1")
    return { help, fix: { title: help, append: list, text, remove: path } }
  }
