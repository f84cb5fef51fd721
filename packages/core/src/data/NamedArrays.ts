/** Preprocessing of arrays with names: each is one input, or the target of one head. */
import * as Result from "effect/Result"
import * as ArrayInput from "./ArrayInput.ts"
import { type DataError, dataError } from "./DataError.ts"
import * as Dataset from "./Dataset.ts"
import type { Fitted, FittedArray, FittedHead, FittedHeads, FittedInputs, FittedTree } from "./Fitted.ts"
import { nearest } from "./Nearest.ts"
import * as Preprocess from "./Preprocess.ts"
import type { AnyRaw, NamedArray, NamedArrays, Rows } from "./Raw.ts"
import { type RawArray, whole } from "./RawArray.ts"
import * as SequenceArray from "./SequenceArray.ts"
import { arrayRole } from "./Spec.ts"
import { completed, each, refuse, type TreeSpec } from "./TreeSpec.ts"

type DataResult<A> = Result.Result<A, DataError>

/** Fits arrays with names. Fails with `RowsDiffer` for arrays of different numbers of rows. */
export const fit = (
  { arrays: kinds = {}, heads, inputs: groups }: TreeSpec,
  raw: NamedArrays<RawArray>,
  rows: Rows,
): DataResult<FittedTree> =>
  Result.gen(function* () {
    const differing = Dataset.differingArrays(
      Object.fromEntries(Object.entries(raw.arrays).map(([name, { array }]) => [name, array])),
    )
    if (differing !== undefined) return yield* Result.fail(dataError({ _tag: "RowsDiffer", ...differing }))
    if (rows.length === 0)
      return yield* Result.fail(dataError({ _tag: "Empty", got: "there are no training rows", wanted: "one or more" }))
    const namesOf = (role: "input" | "target") =>
      Object.entries(kinds).flatMap(([name, kind]) => (arrayRole(kind) === role ? [name] : []))
    const only = (names: ReadonlyArray<string>, at: string): DataResult<string> => {
      const [name, second] = names
      return name === undefined || second !== undefined
        ? refuse(at, `${names.length} arrays`, "one", "name each in `inputs` or by a head")
        : Result.succeed(name)
    }
    const inputOf = (names: ReadonlyArray<string>, at: string): DataResult<FittedArray> =>
      Result.gen(function* () {
        const name = yield* only(names, at)
        const { array } = yield* get(raw, name)
        const kind = kinds[name]
        if (kind !== undefined && SequenceArray.isSequence(kind))
          return yield* SequenceArray.fit(name, kind, yield* sequencesOf(raw, name, SequenceArray.lengthsOf(kind)), rows)
        const own =
          kind?.type === "image"
            ? { image: kind }
            : kind?.type === "number" && kind.scale !== undefined
              ? { scale: kind.scale }
              : {}
        const pca = kind?.type === "number" || kind?.type === "image" ? kind.pca : undefined
        return { ...(yield* inArray(name, ArrayInput.fit(pca === undefined ? own : { ...own, pca }, array, rows))), array: name }
      })
    const headOf = (names: ReadonlyArray<string>, at: string): DataResult<FittedHead> =>
      Result.gen(function* () {
        const name = yield* only(names, at)
        const own = yield* get(raw, name)
        const kind = kinds[name]
        const target = kind?.type === "number" || kind?.type === "class" ? kind : undefined
        const spec = target === undefined ? {} : { target }
        const fitted = yield* inArray(name, Preprocess.fit(spec, asTargets(own), rows))
        return yield* renamed(fitted.target, name, at)
      })
    const input =
      groups === undefined
        ? yield* inputOf(namesOf("input"), "the inputs")
        : ({
            type: "inputs",
            inputs: yield* each(completed(groups, namesOf("input")), (names, name) => inputOf(names, `input \`${name}\``)),
          } satisfies FittedInputs)
    const targets = namesOf("target")
    const target =
      heads !== undefined
        ? ({ type: "heads", heads: yield* each(heads, (names, name) => headOf(names, `head \`${name}\``)) } satisfies FittedHeads)
        : targets.length === 0
          ? null
          : yield* headOf(targets, "the targets")
    return { version: 1, input, target } as const
  })

/** The rows of an array of sequences, with their lengths. Fails with `NoArray`. */
export const sequencesOf = (
  raw: NamedArrays<RawArray>,
  name: string,
  lengths: string | undefined,
): DataResult<SequenceArray.Sequences> =>
  Result.gen(function* () {
    const { array } = yield* get(raw, name)
    return { array, lengths: lengths === undefined ? undefined : (yield* get(raw, lengths)).array }
  })

/** The arrays that the kinds of a document name: themselves, and those with their lengths. */
export const namesOf = (kinds: NonNullable<TreeSpec["arrays"]>): ReadonlyArray<string> => [
  ...new Set(Object.entries(kinds).flatMap(([name, kind]) => [name, SequenceArray.lengthsOf(kind) ?? name])),
]

/** The array of a name. Fails with `NoArray`. */
export const get = ({ arrays }: NamedArrays<RawArray>, name: string): DataResult<NamedArray<RawArray>> => {
  const found = Object.hasOwn(arrays, name) ? arrays[name] : undefined
  const names = Object.keys(arrays)
  return found === undefined
    ? Result.fail(dataError({ _tag: "NoArray", name, nearest: nearest(name, names), names }))
    : Result.succeed(found)
}

/** An error about the inputs or the targets, as one about the array of this name. */
export const inArray = <A>(name: string, result: DataResult<A>): DataResult<A> =>
  Result.mapError(result, ({ reason }) => {
    if (reason._tag === "BadCell") return dataError({ ...reason, column: name })
    if (reason._tag === "BadSpec" && reason.at === "pca") return dataError({ ...reason, at: `pca of the array \`${name}\`` })
    return dataError(reason._tag === "BadShape" ? { ...reason, what: `the array \`${name}\`` } : reason)
  })

/** An array as the targets of rows. */
export const asTargets = ({ array, ...classes }: NamedArray<RawArray>): AnyRaw => {
  const targets = whole(array)
  return { inputs: targets, targets, ...classes }
}

/** The target of an array, under its name. */
const renamed = (target: Fitted["target"], name: string, at: string): DataResult<FittedHead> => {
  if (target === null || target.type === "labels") return refuse(at, "no target", "one", "check the kind of the array")
  if (target.type !== "numbers") return Result.succeed({ ...target, name })
  const isOne = target.columns.length === 1
  const columns = target.columns.map((column, i) => ({ ...column, name: isOne ? name : `${name}${i + 1}` }))
  return Result.succeed({ type: "numbers", columns, array: name })
}
