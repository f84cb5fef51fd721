/**
 * Prepares the rows of a document for a network: reads them, splits them by the document's seed, and applies preprocessing
 * fitted on the training rows. Errors are findings of the document.
 */
import { createHash } from "node:crypto"
import type * as Dataset from "@adjoint/core/data/Dataset"
import type { Fitted } from "@adjoint/core/data/Fitted"
import * as InputTransform from "@adjoint/core/data/InputTransform"
import * as Preprocess from "@adjoint/core/data/Preprocess"
import * as Source from "@adjoint/core/data/Source"
import { isKept } from "@adjoint/core/learning/Score"
import type { NDArray } from "@adjoint/core/types/NDArray"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import { type Data, type ModelFile, useOf } from "../Document.ts"
import type { Finding } from "../diagnostic/Diagnostic.ts"
import * as Columns from "./Columns.ts"
import { finding, type Place } from "./DataFinding.ts"
import { type Division, divide } from "./Division.ts"
import type { Facts, Target } from "./Facts.ts"
import { labelsOf } from "./Labels.ts"
import { PrepareError } from "./PrepareError.ts"
import * as Progress from "./Progress.ts"
import { type FileRecord, type Rows, read, refused } from "./Reading.ts"

/**
 * The rows of a document, prepared. Rows that were read as bytes stay bytes, for the net that `build` makes of these facts;
 * `InputTransform.numbers` is the first thing that the net computes.
 */
export interface Prepared {
  readonly train: Dataset.Dataset
  readonly val?: Dataset.Dataset
  readonly test?: Dataset.Dataset
  /** Prepared inputs that only pre-training learns from. */
  readonly unlabelled?: NDArray
  readonly fitted: Fitted
  readonly facts: Known
  readonly lock: Lock
  /** Where the rows of each part are in its source. */
  readonly origins: { readonly [part in "train" | "val" | "test"]?: Origin }
}

/** The rows of a part in its source, counted from 0, and the lines there of all rows, where the source has lines. */
export interface Origin {
  readonly rows: ArrayLike<number>
  readonly lines?: ReadonlyArray<number>
}

/** The facts after the rows are read, with class counts for a target of classes. */
export type Known = Facts & Required<Pick<Facts, "sample" | "input" | "target" | "rows">>

/** A record of the rows, to detect later changes. */
export interface Lock {
  readonly version: 1
  readonly files: ReadonlyArray<FileRecord>
  readonly rows: Known["rows"]
  /** The hash of which row is in which part. */
  readonly split: string
}

const fail = (findings: ReadonlyArray<Finding>) => Effect.fail(new PrepareError({ findings }))

const noData: Finding = {
  code: "D300",
  message: "the model file has no `data`",
  at: { path: ["data"], on: "missing" },
  help: "add `data: { source: … }`",
}

const doubled: Finding = {
  code: "D304",
  message: "there are two sets of test rows: `data.test` and a part of the split",
  at: { path: ["data", "split", "test"], on: "key" },
  help: "remove one of them",
}

/** Training rows of each class. */
const counted = (target: Target, { classes, targets }: Dataset.Dataset): Pick<Facts, "counts"> => {
  if (target.type === "numbers") return {}
  const counts = new Array<number>(target.type === "binary" ? 2 : (classes?.length ?? 0)).fill(0)
  for (const label of targets.data) if (label >= 0 && label < counts.length) counts[label] = (counts[label] ?? 0) + 1
  return { counts }
}

/** The preprocessing that a document specifies. */
export const specOf = ({ columns, image, scale, target }: Data): Preprocess.Spec => ({
  ...(columns === undefined ? {} : { columns }),
  ...(image === undefined ? {} : { image }),
  ...(scale === undefined ? {} : { scale }),
  ...(target === undefined ? {} : { target }),
})

/** The target of a fitted record. */
export const targetOf = (fitted: Fitted): Target | undefined => {
  const { target } = fitted
  if (target?.type !== "numbers") return target ?? undefined
  const units = Preprocess.units(fitted)
  const names = target.columns.map(({ name }) => name)
  return { type: "numbers", names, ...(units.every(isKept) ? {} : { units }) }
}

/** Mismatches between the document and a table. */
const columnsOf = (data: Data, { place, raw }: Rows): ReadonlyArray<Finding> =>
  Preprocess.isTable(raw)
    ? [
        ...(data.columns === undefined ? [] : Columns.check(data, raw.columns, place)),
        ...(data.target === undefined ? [] : [targetOfTable]),
      ]
    : []

const targetOfTable: Finding = {
  code: "D303",
  message: "`target` is only for arrays; in a table, a column is the target",
  at: { path: ["data", "target"], on: "key" },
  help: "give a column the type `class`, or `role: target`",
}

const stratifyPlace = ["data", "split", "stratify"]

const divided = (data: Data, { place, raw }: Rows, rows: Preprocess.Rows): Effect.Effect<Division, PrepareError> =>
  Effect.mapError(Effect.fromResult(divide(raw, data.split, rows)), (error) => {
    const found = finding(error, place)
    const missing = error.reason._tag === "NoColumn"
    return new PrepareError({ findings: [missing ? { ...found, at: { path: stratifyPlace } } : found] })
  })

const hashOf = (parts: ReadonlyArray<readonly [string, ArrayLike<number>]>): string => {
  const hash = createHash("sha256")
  for (const [name, rows] of parts) hash.update(`${name}:${Array.from(rows).join(",")};`)
  return hash.digest("hex")
}

/** Where rows are in their source. */
const originOf = ({ raw }: Rows, rows: Preprocess.Rows): Origin => ({
  rows,
  ...(Preprocess.isTable(raw) ? { lines: raw.lines } : {}),
})

const datasetOf = (part: string, fitted: Fitted, { place, raw }: Rows, rows: Preprocess.Rows) =>
  Effect.fromResult(InputTransform.dataset(fitted, raw, rows)).pipe(
    refused(place),
    Effect.tap(() => Progress.report({ _tag: "Prepared", part, rows: rows.length })),
  )

/** A part that may have no rows, by its name. */
const partOf = <P extends string>(name: P, fitted: Fitted, rows: Rows, part: Preprocess.Rows | undefined) =>
  part === undefined
    ? Effect.succeed<{ readonly [K in P]?: Dataset.Dataset }>({})
    : Effect.map(
        datasetOf(name, fitted, rows, part),
        (dataset) => ({ [name]: dataset }) as { readonly [K in P]: Dataset.Dataset },
      )

/** The rows of a source that are used. */
const keptOf = (data: Data, { place, raw }: Rows) => Effect.fromResult(Preprocess.keep(specOf(data), raw)).pipe(refused(place))

/** The rows removed by columns, over all sources. */
const droppedOf = (all: ReadonlyArray<Preprocess.Kept>): Pick<Facts, "dropped"> => {
  const counts = new Map<string, number>()
  for (const { dropped } of all) for (const { column, rows } of dropped) counts.set(column, (counts.get(column) ?? 0) + rows)
  return counts.size === 0 ? {} : { dropped: Array.from(counts, ([column, rows]) => ({ column, rows })) }
}

/** The preprocessing fitted on the training rows, with the options of the reader. */
const fittedOf = (data: Data, { place, raw }: Rows, rows: Preprocess.Rows) => {
  const use = useOf(data.source)
  const source = Source.kindOf(use.name) === undefined ? {} : { source: Source.recorded(use) }
  return Effect.fromResult(Preprocess.fit(specOf(data), raw, rows)).pipe(
    refused(place),
    Effect.map((fitted): Fitted => ({ ...fitted, ...source })),
  )
}

/**
 * Reads and prepares the rows of a document; paths are relative to `directory`. With a fitted record nothing is fitted:
 * the rows are prepared with that record.
 *
 * Fails with all errors, as findings of the document.
 */
export const prepare = (
  document: Pick<ModelFile, "data">,
  directory: string,
  options: { readonly fitted?: Fitted } = {},
): Effect.Effect<Prepared, PrepareError, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const { data } = document
    if (data === undefined) return yield* fail([noData])
    if (data.test !== undefined && data.split.test !== undefined) return yield* fail([doubled])

    const source = yield* read(data, data.source, ["data", "source"], directory)
    const separate = data.test === undefined ? undefined : yield* read(data, data.test, ["data", "test"], directory)
    const wrong = [source, ...(separate === undefined ? [] : [separate])].flatMap((rows) => columnsOf(data, rows))
    if (wrong.length > 0) return yield* fail(wrong)

    yield* Progress.report({
      _tag: "Preparing",
      rows: Preprocess.size(source.raw) + (separate === undefined ? 0 : Preprocess.size(separate.raw)),
    })
    const kept = yield* keptOf(data, source)
    const keptTest = separate === undefined ? undefined : yield* keptOf(data, separate)
    const parts = yield* divided(data, source, kept.rows)
    const testRows = keptTest?.rows ?? parts.test
    const trainRows = parts.train ?? new Int32Array()
    const fitted = options.fitted ?? (yield* fittedOf(data, source, trainRows))
    const target = targetOf(fitted)
    if (target === undefined) return yield* fail([noTarget(source.place)])

    const train = yield* datasetOf("train", fitted, source, trainRows)
    const val = yield* partOf("val", fitted, source, parts.val)
    const test = yield* partOf("test", fitted, separate ?? source, testRows)
    const { raw } = source
    const unlabelled =
      parts.unlabelled === undefined
        ? undefined
        : yield* Effect.fromResult(Preprocess.inputs(fitted, raw, parts.unlabelled)).pipe(refused(source.place))
    const counts = {
      train: trainRows.length,
      val: parts.val?.length ?? 0,
      test: testRows?.length ?? 0,
    }
    const labels = data.target === undefined && source.files.length > 0 ? labelsOf(raw) : undefined
    const extra = unlabelled === undefined ? {} : { unlabelled: parts.unlabelled?.length ?? 0 }
    return {
      train,
      ...val,
      ...test,
      ...(unlabelled === undefined ? {} : { unlabelled }),
      fitted,
      facts: {
        sample: Preprocess.sample(fitted),
        dtype: train.inputs.dtype,
        input: fitted.input,
        target,
        rows: counts,
        ...counted(target, train),
        ...droppedOf(keptTest === undefined ? [kept] : [kept, keptTest]),
        ...(labels === undefined ? {} : { labels }),
        ...extra,
      },
      lock: {
        version: 1,
        files: [...source.files, ...(separate?.files ?? [])],
        rows: counts,
        split: hashOf(Object.entries(parts)),
      },
      origins: {
        train: originOf(source, trainRows),
        ...(parts.val === undefined ? {} : { val: originOf(source, parts.val) }),
        ...(testRows === undefined ? {} : { test: originOf(separate ?? source, testRows) }),
      },
    }
  })

const noTarget = ({ source }: Place): Finding => ({
  code: "D303",
  message: "the data has no target",
  at: { path: source },
  help: "say which column is the target, or name an array of targets",
})
