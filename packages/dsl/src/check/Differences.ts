/**
 * The differences between two documents, as findings of the
 * current one. A run can only be resumed with the model that it started with.
 */
import type { Finding } from "../diagnostic/Diagnostic.ts"
import { isRecord } from "../source/Data.ts"
import { type Path, print } from "../source/Path.ts"
import { overridden, type Positions } from "../source/Positions.ts"

/** A place where two documents differ; a side that does not say anything there is missing. */
export interface Difference {
  readonly path: Path
  readonly now?: unknown
  readonly then?: unknown
}

const difference = (path: Path, now: unknown, then: unknown): Difference => ({
  path,
  ...(now === undefined ? {} : { now }),
  ...(then === undefined ? {} : { then }),
})

/** Items in turn; of a longer list the first that the other has not, since all after it have moved. */
const ofLists = (path: Path, now: ReadonlyArray<unknown>, then: ReadonlyArray<unknown>): ReadonlyArray<Difference> => {
  if (now.length === then.length) return now.flatMap((item, i) => differences(item, then[i], [...path, i]))
  const at = now.findIndex((item, i) => i >= then.length || differences(item, then[i]).length > 0)
  return [at === -1 ? difference(path, now, then) : difference([...path, at], now[at], then[at])]
}

/**
 * The places in which plain data differs from what it was, as deep down as both have something to compare: an optimizer of
 * another name is one difference, whatever the options of either. `undefined` values count as absent.
 *
 * `differences({ batch: 16, lr: 1 }, { batch: 32, lr: 1 }) // => [{ path: ["batch"], now: 16, then: 32 }]`
 * `differences({ adam: { lr: 1 } }, { sgd: { lr: 1 } }) // => [{ path: [], now: { adam: { lr: 1 } }, then: { sgd: { lr: 1 } } }]`
 */
export const differences = (now: unknown, then: unknown, path: Path = []): ReadonlyArray<Difference> => {
  if (Array.isArray(now) && Array.isArray(then)) return ofLists(path, now, then)
  if (!isRecord(now) || !isRecord(then)) return Object.is(now, then) ? [] : [difference(path, now, then)]
  const said = (record: { readonly [key: string]: unknown }) => Object.keys(record).filter((key) => record[key] !== undefined)
  const [keys, before] = [said(now), said(then)]
  const known = new Set(before)
  if (keys.length > 0 && before.length > 0 && !keys.some((key) => known.has(key))) return [difference(path, now, then)]
  return [...new Set([...keys, ...before])].flatMap((key) => {
    const of = (record: { readonly [key: string]: unknown }) => (Object.hasOwn(record, key) ? record[key] : undefined)
    return differences(of(now), of(then), [...path, key])
  })
}

const longest = 60

/** A value in a few words: a named thing by its name alone. */
const brief = (value: unknown): string => {
  if (Array.isArray(value)) {
    const text = value.map(brief).join(", ")
    return text.length > longest ? `a list of ${value.length}` : `[${text}]`
  }
  if (!isRecord(value)) return String(value)
  const keys = Object.keys(value)
  return keys.length === 1 ? `${keys[0]}` : `a map of ${keys.length}`
}

const isPlain = (value: unknown): boolean => value !== undefined && (typeof value !== "object" || value === null)

/**
 * The differences of a text's document from the one that a run began with, and how to go on with the run; `run` is where
 * it lies.
 */
export const another = (all: ReadonlyArray<Difference>, run: string, positions: Positions): ReadonlyArray<Finding> =>
  all.map(({ now, path, then }) => {
    const key = path.at(-1)
    const set = overridden(positions, path)
    const back =
      set !== undefined
        ? `remove \`--set ${set}\``
        : then === undefined
          ? "remove it"
          : isPlain(then) && typeof key === "string"
            ? `write \`${key}: ${String(then)}\``
            : `put it back as it is in ${run}/resolved.yaml`
    const is = now === undefined ? "is not set" : `is \`${brief(now)}\``
    const was = then === undefined ? "without it" : `with \`${brief(then)}\``
    return {
      code: "T516",
      message: `\`${print(path)}\` ${is}, and ${run} began ${was}`,
      at: { path, on: "missing" },
      help: `${back} to resume the run; to keep the change, start a new run, without --resume`,
    }
  })
