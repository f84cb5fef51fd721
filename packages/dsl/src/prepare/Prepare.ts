/**
 * Prepares the rows of a document for a network: reads them, splits them by the document's seed, and applies preprocessing
 * fitted on the training rows. Errors are findings of the document.
 */
import { type DataError, dataError } from "@adjoint/core/data/DataError"
import type * as Dataset from "@adjoint/core/data/Dataset"
import type { FittedTree } from "@adjoint/core/data/Fitted"
import * as Preprocess from "@adjoint/core/data/Preprocess"
import * as PreprocessTree from "@adjoint/core/data/PreprocessTree"
import * as Source from "@adjoint/core/data/Source"
import { hasStored } from "@adjoint/core/data/StoredArray"
import * as Tree from "@adjoint/core/types/Tree"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Result from "effect/Result"
import { type Data, type Evaluate, type Model, useOf } from "../Document.ts"
import type { Finding } from "../diagnostic/Diagnostic.ts"
import { type Assigned, assign } from "./Assigned.ts"
import * as Constant from "./Constant.ts"
import type { Facts } from "./Facts.ts"
import * as InTime from "./InTime.ts"
import { labelsOf } from "./Labels.ts"
import { hashOf } from "./Lock.ts"
import { doubled, mismatches, noData, noTarget } from "./Mismatches.ts"
import type { Known, Lock, Origin, Part, Prepared, Storage } from "./Prepared.ts"
import { PrepareError } from "./PrepareError.ts"
import * as Progress from "./Progress.ts"
import { type Rows, read, refused } from "./Reading.ts"
import * as Slices from "./Slices.ts"
import { type Described, specOf } from "./Spec.ts"
import { targetOf, withCounts } from "./Target.ts"

const fail = (findings: ReadonlyArray<Finding>) => Effect.fail(new PrepareError({ findings }))

const datasetOf = (part: string, fitted: FittedTree, { place, raw }: Rows, rows: Preprocess.Rows) =>
  Effect.fromResult(PreprocessTree.dataset(fitted, raw, rows)).pipe(
    refused(place),
    Effect.tap(() => Progress.report({ _tag: "Prepared", part, rows: rows.length })),
  )

/** Refuses a part whose rows all have the weight 0: it could not be scored after the training. */
const weighted = (part: string, { weights }: Part<PreprocessTree.RowArrays>): Result.Result<void, DataError> => {
  const all = weights?.data
  if (all === undefined || all.some((weight: number) => weight > 0)) return Result.succeed(undefined)
  return Result.fail(
    dataError({
      _tag: "BadSplit",
      part,
      got: `${all.length} row${all.length === 1 ? "" : "s"} of weight 0 alone`,
      wanted: "at least one of a weight above 0",
      hint: "a larger part, another `seed`, or no column of weights",
    }),
  )
}

/** Rows in memory. */
export const memory: Storage<PreprocessTree.Arrays, never, FileSystem.FileSystem> = {
  read: (data, source, at, directory) => read(data, source, at, directory, "used"),
  part: datasetOf,
}

/** Where rows are in their source. */
const originOf = ({ raw }: Rows, rows: Preprocess.Rows): Origin => ({
  rows,
  ...(Preprocess.isTable(raw) ? { line: raw.line } : {}),
})

/** The preprocessing fitted on the training rows, with the options of the reader. */
const fittedOf = (described: Described, { place, raw }: Rows, rows: Preprocess.Rows) => {
  const use = useOf(described.data.source)
  const source = Source.kindOf(use.name) === undefined ? {} : { source: Source.recorded(use) }
  return Effect.fromResult(PreprocessTree.fit(specOf(described), raw, rows)).pipe(
    refused(place),
    Effect.map((fitted): FittedTree => ({ ...fitted, ...source })),
  )
}

/** What is read of a document. */
export interface Document {
  readonly data?: Data
  readonly model?: Model
  readonly evaluate?: Pick<Evaluate, "slices" | "split">
}

const dtypesOf = (inputs: PreprocessTree.RowArrays): NonNullable<Facts["dtype"]> =>
  Tree.isLeaf(inputs)
    ? (inputs as Dataset.RowArray).dtype
    : Object.fromEntries(Object.entries(inputs).map(([name, { dtype }]) => [name, dtype] as const))

const countsOf = ({ parts, test, train }: Assigned): Known["rows"] => ({
  train: train.length,
  val: parts.val?.length ?? 0,
  test: test?.length ?? 0,
})

/** The rows that a run is scored on, and what is known of them besides their inputs and targets. */
const judgedOf = (data: Data, { slices = [], split = "test" }: Partial<Document["evaluate"]> = {}, assigned: Assigned) =>
  Effect.gen(function* () {
    const { parts, separate, source, test, train } = assigned
    const judged = split === "test" ? (separate ?? source) : source
    const rows = { train, val: parts.val, test }[split] ?? []
    const values = yield* Effect.fromResult(Slices.valuesOf(slices, judged.raw, rows)).pipe(refused(judged.place))
    // A run without the rows that it is to be evaluated on is judged on those that nothing was learned from.
    const [timed, timedRows] = rows.length > 0 ? [judged, rows] : [source, parts.val ?? train]
    const inTime = InTime.of(data, timed.raw, timedRows)
    return { slices: values, ...(inTime === undefined ? {} : { inTime }) }
  })

/** Prepared inputs that only pre-training learns from. */
const unlabelledOf = ({ parts: { unlabelled }, source: { place, raw } }: Assigned, fitted: FittedTree) =>
  unlabelled === undefined
    ? Effect.succeed({})
    : Effect.fromResult(
        Result.flatMap(PreprocessTree.inputs(fitted, raw, unlabelled), (rows) => PreprocessTree.numbers(fitted, rows)),
      ).pipe(
        refused(place),
        Effect.map((inputs) => ({ unlabelled: inputs })),
      )

const lockOf = (assigned: Assigned, facts: Known, { targets, weights }: Pick<Part, "targets" | "weights">): Lock => ({
  version: 1,
  files: [...assigned.source.files, ...(assigned.separate?.files ?? [])],
  rows: facts.rows,
  split: hashOf(Object.entries(assigned.parts)),
  targets: Constant.recordsOf(facts, targets, weights),
})

const originsOf = ({ parts, separate, source, test, train }: Assigned): Prepared["origins"] => ({
  train: originOf(source, train),
  ...(parts.val === undefined ? {} : { val: originOf(source, parts.val) }),
  ...(test === undefined ? {} : { test: originOf(separate ?? source, test) }),
})

/**
 * Reads and prepares the rows of a document, for the inputs and heads of its model; paths are relative to `directory`. With a
 * fitted record nothing is fitted: the rows are prepared with that record.
 *
 * Fails with all errors, as findings of the document.
 */
export const prepare = (
  document: Document,
  directory: string,
  options: { readonly fitted?: FittedTree } = {},
): Effect.Effect<Prepared<PreprocessTree.Arrays>, PrepareError, FileSystem.FileSystem> =>
  prepareWith(document, directory, options, memory)

/** The same, with rows that are stored as `storage` stores them. */
export const prepareWith = <I extends PreprocessTree.RowArrays, E, R>(
  { data, evaluate, model }: Document,
  directory: string,
  options: { readonly fitted?: FittedTree },
  storage: Storage<I, E, R>,
): Effect.Effect<Prepared<I>, PrepareError | E, R> =>
  Effect.gen(function* () {
    if (data === undefined) return yield* fail([noData])
    if (data.test !== undefined && data.split.test !== undefined) return yield* fail([doubled])
    const described = { data, model }
    const slices = evaluate?.slices ?? []

    const read = (source: Data["source"], key: string) => storage.read({ ...data, slices }, source, ["data", key], directory)
    const whole = yield* read(data.source, "source")
    const wholeTest = data.test === undefined ? undefined : yield* read(data.test, "test")
    const all = wholeTest === undefined ? [whole] : [whole, wholeTest]
    const wrong = [
      ...all.flatMap((rows) => mismatches(described, rows)),
      ...Slices.check(slices, evaluate?.split === "test" ? (wholeTest ?? whole) : whole),
    ]
    if (wrong.length > 0) return yield* fail(wrong)
    yield* Progress.report({ _tag: "Preparing", rows: all.reduce((sum, { raw }) => sum + PreprocessTree.size(raw), 0) })

    const assigned = yield* assign(described, whole, wholeTest)
    const { learned, parts, separate, source } = assigned
    const fitted = options.fitted ?? (yield* fittedOf(described, source, learned))
    const target = targetOf(fitted)
    if (target === undefined) return yield* fail([noTarget(source.place)])

    /** A part that may have no rows, by its name. */
    const partOf = <P extends string>(name: P, from: Rows, rows: Preprocess.Rows | undefined) =>
      rows === undefined
        ? Effect.succeed<{ readonly [K in P]?: Part<I> }>({})
        : storage.part(name, fitted, from, rows).pipe(
            Effect.tap((part) => Effect.fromResult(weighted(name, part)).pipe(refused(from.place))),
            Effect.map((part) => ({ [name]: part }) as { readonly [K in P]: Part<I> }),
          )
    const train = yield* storage.part("train", fitted, source, assigned.train)
    const val = yield* partOf("val", source, parts.val)
    const test = yield* partOf("test", separate ?? source, assigned.test)
    const unlabelled = yield* unlabelledOf(assigned, fitted)
    const labels = data.target === undefined && source.files.length > 0 ? labelsOf(source.raw) : undefined
    const facts: Known = {
      sample: PreprocessTree.sample(fitted),
      dtype: dtypesOf(train.inputs),
      ...(hasStored(train.inputs) ? { isStored: true } : {}),
      input: fitted.input,
      rows: countsOf(assigned),
      ...withCounts(target, train.targets),
      ...assigned.dropped,
      ...(labels === undefined ? {} : { labels }),
      ...(parts.unlabelled === undefined ? {} : { unlabelled: parts.unlabelled.length }),
    }
    return {
      train,
      ...val,
      ...test,
      ...unlabelled,
      fitted,
      facts,
      ...(yield* judgedOf(data, evaluate, assigned)),
      lock: lockOf(assigned, facts, train),
      origins: originsOf(assigned),
    }
  })
