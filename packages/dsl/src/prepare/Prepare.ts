/**
 * Prepares the rows of a document for a network: reads them, splits them by the document's seed, and applies preprocessing
 * fitted on the training rows. Errors are findings of the document.
 */
import { createHash } from "node:crypto"
import type * as Dataset from "@adjoint/core/data/Dataset"
import type { FittedHead, FittedTree } from "@adjoint/core/data/Fitted"
import * as Preprocess from "@adjoint/core/data/Preprocess"
import * as PreprocessTree from "@adjoint/core/data/PreprocessTree"
import * as Source from "@adjoint/core/data/Source"
import { hasStored } from "@adjoint/core/data/StoredArray"
import * as Table from "@adjoint/core/data/Table"
import type { NDArray } from "@adjoint/core/types/NDArray"
import * as Tree from "@adjoint/core/types/Tree"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Result from "effect/Result"
import { columnsOf as columnsOfSplit, type Data, type Evaluate, type Model, type Named, useOf } from "../Document.ts"
import type { Finding } from "../diagnostic/Diagnostic.ts"
import { groupsOf } from "../net/Heads.ts"
import type { Path } from "../source/Path.ts"
import * as Columns from "./Columns.ts"
import * as Constant from "./Constant.ts"
import { finding, type Place } from "./DataFinding.ts"
import { type Division, divide, splitOf } from "./Division.ts"
import * as Ends from "./Ends.ts"
import type { Facts, HeadTarget, Target } from "./Facts.ts"
import * as InTime from "./InTime.ts"
import { labelsOf } from "./Labels.ts"
import { PrepareError } from "./PrepareError.ts"
import * as Progress from "./Progress.ts"
import { type FileRecord, type Read, type Rows, read, refused } from "./Reading.ts"
import * as Slices from "./Slices.ts"
import { allWindows, hasSeries, seriesOf, windows } from "./Windows.ts"

/**
 * The rows of a document, prepared. Rows that were read as bytes stay bytes, for the net that `build` makes of these facts;
 * `InputTransform.numbers` is the first thing that the net computes.
 */
export interface Prepared<I extends PreprocessTree.RowArrays = PreprocessTree.RowArrays> {
  readonly train: Part<I>
  readonly val?: Part<I>
  readonly test?: Part<I>
  /** Prepared inputs that only pre-training learns from. */
  readonly unlabelled?: PreprocessTree.Arrays
  readonly fitted: FittedTree
  readonly facts: Known
  readonly lock: Lock
  /** The values of the columns that the document scores groups by, for the part that it scores. */
  readonly slices: Slices.Slices
  /** The order in time of the rows of that part, where they have one. */
  readonly inTime?: InTime.InTime
  /** Where the rows of each part are in its source. */
  readonly origins: { readonly [part in "train" | "val" | "test"]?: Origin }
}

/** The rows of one part: inputs, in memory or stored outside it, and targets; each one array or one for each name. */
export type Part<I extends PreprocessTree.RowArrays = PreprocessTree.RowArrays> = Dataset.Dataset<I, PreprocessTree.Arrays>

/** How the rows of a document are read, and where its prepared rows are. */
export interface Storage<I extends PreprocessTree.RowArrays, E, R> {
  readonly read: (data: Read, source: Named, at: Path, directory: string) => Effect.Effect<Rows, PrepareError | E, R>
  /** The prepared rows of a part. */
  readonly part: (
    name: string,
    fitted: FittedTree,
    rows: Rows,
    which: Preprocess.Rows,
  ) => Effect.Effect<Part<I>, PrepareError | E, R>
}

/** The rows of a part in its source, counted from 0, and the line there of any row of the source, if it has lines. */
export interface Origin {
  readonly rows: ArrayLike<number>
  readonly line?: (row: number) => number
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
  /** What the targets of the training rows say alone, by head; runs of older versions lack it. */
  readonly targets?: Constant.TargetRecords
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
const counted = (target: HeadTarget, targets: NDArray): Pick<Facts, "counts"> => {
  if (target.type === "numbers" || target.type === "labels") return {}
  const counts = new Array<number>(target.type === "binary" ? 2 : (target.classes?.length ?? 0)).fill(0)
  for (const label of targets.data) if (label >= 0 && label < counts.length) counts[label] = (counts[label] ?? 0) + 1
  return { counts }
}

/** A document with or without its model. */
export interface Described {
  readonly data: Data
  readonly model?: Model | undefined
}

/** The preprocessing that a document specifies. */
export const specOf = ({ data, model }: Described): PreprocessTree.TreeSpec => {
  const { arrays, columns, image, pca, scale, target } = data
  return {
    ...groupsOf(model),
    ...(hasSeries(data) ? { series: seriesOf(data) } : {}),
    ...(arrays === undefined ? {} : { arrays }),
    ...(columns === undefined ? {} : { columns }),
    ...(image === undefined ? {} : { image }),
    ...(scale === undefined ? {} : { scale }),
    ...(pca === undefined ? {} : { pca }),
    ...(target === undefined ? {} : { target }),
  }
}

/** The target of a fitted record. */
export const targetOf = ({ target }: Pick<FittedTree, "target">): Target | undefined =>
  target === null
    ? undefined
    : target.type === "heads"
      ? { type: "heads", heads: Object.entries(target.heads).map(([name, own]) => ({ name, target: ofHead(own) })) }
      : ofHead(target)

const ofHead = (target: FittedHead): HeadTarget => {
  const names = PreprocessTree.namesOf(target)
  if (target.type === "labels") {
    const set = target.set === undefined ? {} : { set: target.set.name }
    return { type: "labels", names, classes: target.columns.map(({ categories }) => categories), ...set }
  }
  if (target.type !== "numbers") return target
  const units = PreprocessTree.units(target)
  const columns = [...new Set(PreprocessTree.columnsOf(target))]
  return {
    type: "numbers",
    names,
    ...(columns.length === names.length ? {} : { columns }),
    ...(PreprocessTree.isMeasured(target) ? {} : { units }),
  }
}

/** The target with the training rows of each class. */
const withCounts = (target: Target, targets: PreprocessTree.Arrays): Pick<Known, "counts" | "target"> => {
  if (target.type !== "heads") return { target, ...counted(target, PreprocessTree.arrayOf(targets, "")) }
  const heads = target.heads.map((head) => ({ ...head, ...counted(head.target, PreprocessTree.arrayOf(targets, head.name)) }))
  return { target: { type: "heads", heads } }
}

/** Mismatches between the document and its rows. */
const columnsOf = ({ data, model }: Described, { place, raw }: Rows): ReadonlyArray<Finding> =>
  Preprocess.isTable(raw)
    ? [
        ...(data.arrays === undefined ? [] : [arraysOfTable]),
        ...(data.arrays === undefined || data.columns !== undefined ? Columns.check({ data, model }, raw, place) : []),
        ...(data.target === undefined ? [] : [targetOfTable]),
      ]
    : [
        ...(data.arrays !== undefined && !PreprocessTree.hasNamedArrays(raw) ? [arraysOfTable] : []),
        ...(model === undefined ? [] : Ends.check(data, model)),
      ]

const arraysOfTable: Finding = {
  code: "D307",
  message: "`arrays` are the named arrays of an npz file, and this source has none",
  at: { path: ["data", "arrays"], on: "key" },
  help: "remove `arrays`: a table has `columns`, and idx files and toys have one array of inputs",
}

const targetOfTable: Finding = {
  code: "D303",
  message: "`target` is only for arrays; in a table, a column is the target",
  at: { path: ["data", "target"], on: "key" },
  help: "give a column the type `class`, or `role: target`",
}

const divided = (data: Data, { place, raw }: Rows, rows: Preprocess.Rows): Effect.Effect<Division, PrepareError> => {
  const split = splitOf(data)
  return Effect.mapError(Effect.fromResult(divide(raw, split, rows)), (error) => {
    const found = finding(error, place)
    const { reason } = error
    const column = "column" in reason ? reason.column : undefined
    const [, path] = columnsOfSplit(split).find(([name]) => name === column) ?? []
    if (path === undefined) return new PrepareError({ findings: [found] })
    const at = { path: ["data", "split", ...path] }
    if (reason._tag === "NoColumn") return new PrepareError({ findings: [{ ...found, at }] })
    // The groups of a column of that type have no place in the split.
    const [, own] = columnsOfSplit(data.split).find(([name]) => name === column) ?? []
    const related = own === undefined ? {} : { related: [{ at, label: "the column that divides the rows" }] }
    return new PrepareError({ findings: [{ ...found, ...related }] })
  })
}

/** A source whose rows are series: the rows that columns leave out are no rows of it. */
const seriesRows = ({ data }: Described, rows: Rows, kept: Preprocess.Kept): Rows =>
  !hasSeries(data) || !Preprocess.isTable(rows.raw) ? rows : { ...rows, raw: Table.take(rows.raw, Array.from(kept.rows)) }

/** The rows of each part, of series the last rows of their windows, and the rows that preprocessing learns from. */
const partsOf = ({ data }: Described, rows: Rows, kept: Preprocess.Kept) =>
  !hasSeries(data) || !Preprocess.isTable(rows.raw)
    ? Effect.map(divided(data, rows, kept.rows), (parts) => ({ parts, train: parts.train ?? new Int32Array() }))
    : Effect.fromResult(windows(rows.raw, data)).pipe(refused(rows.place))

/** The rows of a separate source of test rows. */
const testRowsOf = ({ data }: Described, rows: Rows, kept: Preprocess.Kept) =>
  !hasSeries(data) || !Preprocess.isTable(rows.raw)
    ? Effect.succeed(kept.rows)
    : Effect.fromResult(allWindows(rows.raw, data)).pipe(refused(rows.place))
/** The numbers that are hashed at once: their text stays small. */
const hashed = 2 ** 16

const hashOf = (parts: ReadonlyArray<readonly [string, ArrayLike<number>]>): string => {
  const hash = createHash("sha256")
  for (const [name, rows] of parts) {
    hash.update(`${name}:`)
    for (let from = 0; from < rows.length; from += hashed) {
      const some = Array.from({ length: Math.min(hashed, rows.length - from) }, (_, i) => rows[from + i] ?? 0)
      hash.update(`${from === 0 ? "" : ","}${some.join(",")}`)
    }
    hash.update(";")
  }
  return hash.digest("hex")
}

/** Where rows are in their source. */
const originOf = ({ raw }: Rows, rows: Preprocess.Rows): Origin => ({
  rows,
  ...(Preprocess.isTable(raw) ? { line: raw.line } : {}),
})

const datasetOf = (part: string, fitted: FittedTree, { place, raw }: Rows, rows: Preprocess.Rows) =>
  Effect.fromResult(PreprocessTree.dataset(fitted, raw, rows)).pipe(
    refused(place),
    Effect.tap(() => Progress.report({ _tag: "Prepared", part, rows: rows.length })),
  )

/** Rows in memory. */
export const memory: Storage<PreprocessTree.Arrays, never, FileSystem.FileSystem> = {
  read: (data, source, at, directory) => read(data, source, at, directory, "used"),
  part: datasetOf,
}

/** The rows of a source that are used. */
const keptOf = (described: Described, { place, raw }: Rows) =>
  Effect.fromResult(PreprocessTree.keep(specOf(described), raw)).pipe(refused(place))

/** The rows removed by columns, over all sources. */
const droppedOf = (all: ReadonlyArray<Preprocess.Kept>): Pick<Facts, "dropped"> => {
  const counts = new Map<string, number>()
  for (const { dropped } of all) for (const { column, rows } of dropped) counts.set(column, (counts.get(column) ?? 0) + rows)
  return counts.size === 0 ? {} : { dropped: Array.from(counts, ([column, rows]) => ({ column, rows })) }
}

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

/**
 * Reads and prepares the rows of a document, for the inputs and heads of its model; paths are relative to `directory`. With a fitted record nothing is fitted:
 * the rows are prepared with that record.
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
  document: Document,
  directory: string,
  options: { readonly fitted?: FittedTree },
  { part: datasetOf, read }: Storage<I, E, R>,
): Effect.Effect<Prepared<I>, PrepareError | E, R> =>
  Effect.gen(function* () {
    /** A part that may have no rows, by its name. */
    const partOf = <P extends string>(name: P, fitted: FittedTree, rows: Rows, part: Preprocess.Rows | undefined) =>
      part === undefined
        ? Effect.succeed<{ readonly [K in P]?: Part<I> }>({})
        : Effect.map(datasetOf(name, fitted, rows, part), (dataset) => ({ [name]: dataset }) as { readonly [K in P]: Part<I> })

    const { data, evaluate, model } = document
    if (data === undefined) return yield* fail([noData])
    const described = { data, model }
    if (data.test !== undefined && data.split.test !== undefined) return yield* fail([doubled])

    const wanted = { ...data, slices: evaluate?.slices ?? [] }
    const whole = yield* read(wanted, data.source, ["data", "source"], directory)
    const wholeTest = data.test === undefined ? undefined : yield* read(wanted, data.test, ["data", "test"], directory)
    const wrong = [
      ...[whole, ...(wholeTest === undefined ? [] : [wholeTest])].flatMap((rows) => columnsOf(described, rows)),
      ...Slices.check(evaluate?.slices ?? [], evaluate?.split === "test" && wholeTest !== undefined ? wholeTest : whole),
    ]
    if (wrong.length > 0) return yield* fail(wrong)

    yield* Progress.report({
      _tag: "Preparing",
      rows: PreprocessTree.size(whole.raw) + (wholeTest === undefined ? 0 : PreprocessTree.size(wholeTest.raw)),
    })
    const kept = yield* keptOf(described, whole)
    const keptTest = wholeTest === undefined ? undefined : yield* keptOf(described, wholeTest)
    const source = seriesRows(described, whole, kept)
    const separate = wholeTest === undefined || keptTest === undefined ? undefined : seriesRows(described, wholeTest, keptTest)
    const { parts, train: learned } = yield* partsOf(described, source, kept)
    if (separate !== undefined && parts.test !== undefined)
      return yield* fail([{ ...doubled, at: { path: ["data", "split", "column"] } }])
    const testRows =
      separate === undefined || keptTest === undefined ? parts.test : yield* testRowsOf(described, separate, keptTest)
    const trainRows = parts.train ?? new Int32Array()
    const fitted = options.fitted ?? (yield* fittedOf(described, source, learned))
    const target = targetOf(fitted)
    if (target === undefined) return yield* fail([noTarget(source.place)])

    const train = yield* datasetOf("train", fitted, source, trainRows)
    const val = yield* partOf("val", fitted, source, parts.val)
    const test = yield* partOf("test", fitted, separate ?? source, testRows)
    const { raw } = source
    const unlabelled =
      parts.unlabelled === undefined
        ? undefined
        : yield* Effect.fromResult(
            Result.flatMap(PreprocessTree.inputs(fitted, raw, parts.unlabelled), (rows) => PreprocessTree.numbers(fitted, rows)),
          ).pipe(refused(source.place))
    const counts = {
      train: trainRows.length,
      val: parts.val?.length ?? 0,
      test: testRows?.length ?? 0,
    }
    const judged = evaluate?.split === "test" ? (separate ?? source) : source
    const judgedRows = { train: trainRows, val: parts.val, test: testRows }[evaluate?.split ?? "test"] ?? []
    const slices = yield* Effect.fromResult(Slices.valuesOf(evaluate?.slices ?? [], judged.raw, judgedRows)).pipe(
      refused(judged.place),
    )
    // A run without the rows that it is to be evaluated on is judged on those that nothing was learned from.
    const timedRows = judgedRows.length > 0 ? judgedRows : (parts.val ?? trainRows)
    const inTime = yield* Effect.fromResult(InTime.of(data, judged.raw, timedRows)).pipe(refused(judged.place))
    const labels = data.target === undefined && source.files.length > 0 ? labelsOf(raw) : undefined
    const extra = unlabelled === undefined ? {} : { unlabelled: parts.unlabelled?.length ?? 0 }
    const facts: Known = {
      sample: PreprocessTree.sample(fitted),
      dtype: dtypesOf(train.inputs),
      ...(hasStored(train.inputs) ? { isStored: true } : {}),
      input: fitted.input,
      rows: counts,
      ...withCounts(target, train.targets),
      ...droppedOf(keptTest === undefined ? [kept] : [kept, keptTest]),
      ...(labels === undefined ? {} : { labels }),
      ...extra,
    }
    return {
      train,
      ...val,
      ...test,
      ...(unlabelled === undefined ? {} : { unlabelled }),
      fitted,
      facts,
      slices,
      ...(inTime === undefined ? {} : { inTime }),
      lock: {
        version: 1,
        files: [...source.files, ...(separate?.files ?? [])],
        rows: counts,
        split: hashOf(Object.entries(parts)),
        targets: Constant.recordsOf(facts, train.targets),
      },
      origins: {
        train: originOf(source, trainRows),
        ...(parts.val === undefined ? {} : { val: originOf(source, parts.val) }),
        ...(testRows === undefined ? {} : { test: originOf(separate ?? source, testRows) }),
      },
    }
  })

const dtypesOf = (inputs: PreprocessTree.RowArrays): NonNullable<Facts["dtype"]> =>
  Tree.isLeaf(inputs)
    ? (inputs as Dataset.RowArray).dtype
    : Object.fromEntries(Object.entries(inputs).map(([name, { dtype }]) => [name, dtype] as const))

const noTarget = ({ source }: Place): Finding => ({
  code: "D303",
  message: "the data has no target",
  at: { path: source },
  help: "say which column is the target, or name an array of targets",
})
