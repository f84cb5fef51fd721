/** Runs side by side: their scores, where their model files and data differ, and the mean of runs that differ by their seeds alone. */
import { sampleSpread } from "@adjoint/core/data/sampleSpread"
import { differences } from "@adjoint/dsl/check/Differences"
import { isRecord } from "@adjoint/dsl/source/Data"
import { isWithin, type Path, print } from "@adjoint/dsl/source/Path"
import type { Summary } from "../json/Summary.ts"

/** A run as it is compared: its resolved model file as plain data, and beside it what else decides its numbers. */
export interface Compared {
  readonly reference: string
  readonly document: unknown
  /** Its engine, its numerics and the hashes of its data, by what they are called. */
  readonly beside: { readonly [name: string]: string }
  readonly summary?: Summary
}

/** A place in which runs differ, with the value that each has there; `undefined` where it has none. */
export interface Differing {
  readonly path: string
  readonly values: ReadonlyArray<unknown>
}

/** A score in each run. */
export interface ScoreRow {
  readonly name: string
  readonly values: ReadonlyArray<number | undefined>
  /** The deviation of each value that is a mean over folds; absent where none is. */
  readonly deviations?: ReadonlyArray<number | undefined>
  /** Of runs that differ by their seeds alone: the mean, and the standard deviation of a sample. */
  readonly mean?: number
  readonly deviation?: number
}

export interface Comparison {
  readonly scores: ReadonlyArray<ScoreRow>
  readonly differs: ReadonlyArray<Differing>
  /** Whether the runs are one model, trained with several seeds. */
  readonly isOneModel: boolean
}

const at = (document: unknown, path: Path): unknown =>
  path.reduce<unknown>((value, step) => {
    if (Array.isArray(value) && typeof step === "number") return value[step]
    return isRecord(value) && Object.hasOwn(value, String(step)) ? value[String(step)] : undefined
  }, document)

/** The paths in which some documents differ from the first, the outermost of those that lie in each other. */
const pathsOf = ([first, ...others]: ReadonlyArray<unknown>): ReadonlyArray<Path> => {
  const all = new Map(others.flatMap((other) => differences(other, first).map(({ path }) => [print(path), path] as const)))
  const paths = [...all.values()]
  return paths.filter((path) => !paths.some((outer) => outer.length < path.length && isWithin(path, outer)))
}

/** What differs between runs of one model with several seeds. */
const seedPaths: ReadonlyArray<Path> = [
  ["train", "seed"],
  ["data", "split", "seed"],
]
const seeds = new Set(seedPaths.map(print))

/** Whether each run has seeds of its own: a run that was repeated says nothing of how its scores vary. */
const haveOwnSeeds = (runs: ReadonlyArray<Compared>): boolean =>
  new Set(runs.map(({ document }) => JSON.stringify(seedPaths.map((path) => at(document, path))))).size === runs.length

/** What a run is called and scored by says nothing about its training. */
const aside = new Set(["name"])

const parts = ["train", "val", "test"] as const

const own = (scores: { readonly [score: string]: number } | undefined, name: string): number | undefined =>
  scores !== undefined && Object.hasOwn(scores, name) ? scores[name] : undefined

const scoreOf = ({ summary }: Compared, part: (typeof parts)[number], name: string) => own(summary?.[part], name)

/** The deviations of the runs that are cross-validations, where some are. */
const deviationsOf = (
  runs: ReadonlyArray<Compared>,
  part: (typeof parts)[number],
  name: string,
): Pick<ScoreRow, "deviations"> => {
  const deviations = runs.map(({ summary }) => own(summary?.crossValidation?.deviation[part], name))
  return deviations.every((each) => each === undefined) ? {} : { deviations }
}

const isThere = (value: number | undefined): value is number => value !== undefined

/** Compares two or more runs. */
export const compare = (runs: ReadonlyArray<Compared>): Comparison => {
  const paths = pathsOf(runs.map(({ document }) => document))
  const ofDocuments = paths.map((path) => ({ path: print(path), values: runs.map(({ document }) => at(document, path)) }))
  const names = [...new Set(runs.flatMap(({ beside }) => Object.keys(beside)))]
  const ofRest = names
    .map((name) => ({ path: name, values: runs.map(({ beside }) => (Object.hasOwn(beside, name) ? beside[name] : undefined)) }))
    .filter(({ values }) => new Set(values).size > 1)
  const differs = [...ofDocuments, ...ofRest]
  const isOneModel = haveOwnSeeds(runs) && differs.every(({ path }) => seeds.has(path) || aside.has(path))
  const scores = parts.flatMap((part) => {
    const names = [...new Set(runs.flatMap(({ summary }) => Object.keys(summary?.[part] ?? {})))]
    return names.map((name): ScoreRow => {
      const values = runs.map((run) => scoreOf(run, part, name))
      const all = values.filter(isThere)
      const spreads = isOneModel && all.length > 1 ? sampleSpread(all) : {}
      return { name: `${part}.${name}`, values, ...deviationsOf(runs, part, name), ...spreads }
    })
  })
  return { scores, differs, isOneModel }
}
