/**
 * Repairs a section with misspelled keys, so that one such key does not hide other mistakes: unknown keys get the
 * suggested names, or are removed. They are reported in any case.
 */
import * as Result from "effect/Result"
import type { Finding } from "../diagnostic/Diagnostic.ts"
import { renamed } from "../diagnostic/Edit.ts"
import { detailed } from "../diagnostic/Suggest.ts"
import { isRecord } from "../source/Data.ts"
import { isWithin, type Path } from "../source/Path.ts"

/** The keys to rename (or, without a name, to leave out) in a value, and those in the values below it. */
interface Renaming {
  readonly here: Map<string, string | undefined>
  readonly below: Map<string | number, Renaming>
}

const renaming = (): Renaming => ({ here: new Map(), below: new Map() })

/** The unknown keys of all findings, by their place below the first `depth` steps of their paths. */
const gathered = (findings: ReadonlyArray<Finding>, depth: number): Renaming => {
  const root = renaming()
  for (const { at, code, fix } of findings) {
    const key = at.path.at(-1)
    if (code !== "S101" || key === undefined) continue
    let owner = root
    for (const step of at.path.slice(depth, -1)) {
      const next = owner.below.get(step) ?? renaming()
      owner.below.set(step, next)
      owner = next
    }
    owner.here.set(String(key), renamed(fix))
  }
  return root
}

const rekeyed = (value: unknown, renaming: Renaming | undefined): unknown => {
  if (renaming === undefined) return value
  const { below, here } = renaming
  if (Array.isArray(value)) return value.map((item, i) => rekeyed(item, below.get(i)))
  if (!isRecord(value)) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([own, item]): ReadonlyArray<readonly [string, unknown]> => {
      if (!here.has(own)) return [[own, rekeyed(item, below.get(own))]]
      const name = here.get(own)
      return name === undefined || Object.hasOwn(value, name) ? [] : [[name, item]]
    }),
  )
}

/** Whether a finding is about an unknown or missing key. */
const isKeyMistake = (code: Finding["code"]): boolean => code === "S101" || code === "S102"

/**
 * Decodes a value after repairing the unknown keys that its findings name; `undefined` if other things are wrong. `path` is
 * where the value is in the document.
 */
export const repaired = <T>(
  decode: (value: unknown) => Result.Result<T, ReadonlyArray<Finding>>,
  value: unknown,
  path: Path,
  findings: ReadonlyArray<Finding>,
): T | undefined => {
  const own = findings.filter(({ at }) => isWithin(at.path, path))
  // Where anything but a key is wrong, the value stays wrong. What the repair of more keys than are shown reveals is not shown either.
  if (own.length > detailed || own.some(({ code }) => !isKeyMistake(code))) return undefined
  return Result.getOrUndefined(decode(rekeyed(value, gathered(own, path.length))))
}
