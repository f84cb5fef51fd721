/**
 * A refused section as it was surely meant, so that one misspelt key does not hide other mistakes: unknown keys take the
 * names they were meant as, or are left out. What was refused is reported all the same.
 */
import * as Result from "effect/Result"
import type { Finding } from "../diagnostic/Diagnostic.ts"
import { renamed } from "../diagnostic/Edit.ts"
import { isRecord } from "../source/Data.ts"
import type { Path } from "../source/Path.ts"
import type { Codec } from "./Annotation.ts"
import { decode } from "./Issues.ts"

/** The value with the key at the end of a path renamed, or left out. */
const rekeyed = (value: unknown, [key, ...rest]: Path, name: string | undefined): unknown => {
  if (Array.isArray(value)) return value.map((item, i) => (i === key ? rekeyed(item, rest, name) : item))
  if (!isRecord(value) || key === undefined) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([own, item]): ReadonlyArray<readonly [string, unknown]> => {
      if (own !== key) return [[own, item]]
      if (rest.length > 0) return [[own, rekeyed(item, rest, name)]]
      return name === undefined || Object.hasOwn(value, name) ? [] : [[name, item]]
    }),
  )
}

/** A value as the schema's type, with unknown keys taken for what was meant; nothing where more than keys is wrong. */
export const meant = <T>(schema: Codec<T>, value: unknown): T | undefined => {
  const first = decode(schema, value)
  if (Result.isSuccess(first)) return first.success
  const mended = first.failure
    .filter(({ code }) => code === "S101")
    .reduce<unknown>((sofar, { at, fix }: Finding) => rekeyed(sofar, at.path, renamed(fix)), value)
  return Result.getOrUndefined(decode(schema, mended))
}
