/**
 * A cheap look at the data: sources of a few megabytes are read and prepared whole, of larger ones only the
 * header. The facts that the document states are used even if a file is missing.
 */
import * as Column from "@adjoint/core/data/Column"
import { dataError, inFile } from "@adjoint/core/data/DataError"
import type { Folder } from "@adjoint/core/data/Folder"
import * as Gzip from "@adjoint/core/data/Gzip"
import * as Load from "@adjoint/core/data/Load"
import * as Preprocess from "@adjoint/core/data/Preprocess"
import * as PreprocessTree from "@adjoint/core/data/PreprocessTree"
import * as Source from "@adjoint/core/data/Source"
import type { Table } from "@adjoint/core/data/Table"
import type { NDArray } from "@adjoint/core/types/NDArray"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Result from "effect/Result"
import { type Data, type Evaluate, type Model, useOf } from "../Document.ts"
import type { Finding } from "../diagnostic/Diagnostic.ts"
import * as Catalogue from "../schema/Catalogue.ts"
import * as Columns from "./Columns.ts"
import { finding } from "./DataFinding.ts"
import { extents, targetExtents } from "./Extents.ts"
import type { Facts, HeadTarget } from "./Facts.ts"
import { inputEnds } from "./InputEnds.ts"
import { known } from "./Known.ts"
import { prepare } from "./Prepare.ts"
import type { Prepared } from "./Prepared.ts"
import { filesOf, resolve, wantedOf } from "./Reading.ts"
import { type Described, specOf } from "./Spec.ts"
import * as Unpacked from "./Unpacked.ts"

/** The facts of the data, and the findings about it. */
export interface Preview {
  readonly facts: Facts
  readonly findings: ReadonlyArray<Finding>
  /** The rows, prepared, where the sources are small enough. */
  readonly prepared?: Prepared<PreprocessTree.Arrays>
}

/** Sources up to this many bytes are read whole: 4 MiB. */
const small = 4 * 2 ** 20

/** Folders of up to so many files are read whole. */
const smallFolder = 500

/** The same limit for each file after unpacking. */
const smallUnpacked = 16 * small

/** Bytes that are read of a larger source. */
const head = 64 * 1024

/** The path of the source in the document. */
const source = ["data", "source"]

const nothing: Preview = { facts: {}, findings: [] }

/** Whether bytes unpack to at most `limit` bytes. Damaged ones do, because reading them reports the error. */
const isWithin = (bytes: Uint8Array, limit: number): boolean => {
  const unpacked = Gzip.unpack(bytes, limit)
  return Result.isFailure(unpacked) ? unpacked.failure.reason._tag !== "TooLarge" : unpacked.success.length <= limit
}

/** The bytes of a file that is small, or its first ones. */
const start = Effect.fnUntraced(function* (file: string) {
  if ((yield* Load.size(file)) > small) return yield* Load.start(file, head)
  const bytes = yield* Load.bytes(file)
  return isWithin(bytes, small) ? bytes : bytes.subarray(0, head)
})

/** The ranges of the first values, prepared as if there were no others. */
const glance = (described: Described, raw: Preprocess.Raw): Pick<Facts, "extents" | "targetExtents"> => {
  // Components of a few rows say nothing about those of all, and take seconds for large images.
  if (described.data.pca !== undefined) return {}
  const seen = Result.gen(function* () {
    const { rows } = yield* Preprocess.keep(specOf(described), raw)
    const fitted = yield* PreprocessTree.fit(specOf(described), raw, rows)
    const isThere = fitted.target !== null && Preprocess.isTable(raw)
    const targets = isThere ? targetExtents(fitted, yield* PreprocessTree.targets(fitted, raw, rows)) : {}
    return { extents: extents(fitted, yield* PreprocessTree.inputs(fitted, raw, rows)), ...targets }
  })
  return Result.getOrElse(seen, () => ({}))
}

/** The facts of a table's first rows: the columns that `"*"` declares, and mismatches with the declared ones. */
const ofTable = ({ data, model }: Described, table: Table, catalogue: Catalogue.Catalogue): Preview => {
  const { columns } = table
  const said = data.columns
  if (said === undefined) return { facts: {}, findings: Columns.check({ data, model }, table, { data, source }) }
  const ignored: Column.Column = { type: "ignore" }
  const used = columns.map((name) => [name, (Object.hasOwn(said, name) ? said[name] : said["*"]) ?? ignored] as const)
  const facts = known({ ...data, columns: Object.fromEntries(used) }, model, catalogue)
  return {
    facts: { ...facts, ...glance({ data, model }, table) },
    findings: Columns.check({ data, model }, table, { data, source }),
  }
}

/** The classes among labels, which may have names. */
const classesOf = ({ data, dtype, shape }: NDArray, names?: ReadonlyArray<string>): HeadTarget | undefined =>
  shape.length !== 1 || dtype === "f32"
    ? undefined
    : { type: "class", name: Preprocess.arrayLabel, classes: names ?? [...new Set(data)].sort((a, b) => a - b).map(String) }

/** The facts of the first arrays and all labels; their numbers must be equal. */
const ofArrays = (data: Data, { raw, rows = 0, targets }: Source.First): Preview => {
  if (Preprocess.isTable(raw)) return nothing
  const target = targets === undefined || data.target !== undefined ? undefined : classesOf(targets, raw.classes)
  const facts: Facts = {
    ...(data.image === undefined && data.pca === undefined ? { sample: raw.inputs.shape.slice(1) } : {}),
    ...(target === undefined ? {} : { target }),
    ...glance({ data }, raw),
  }
  const labels = targets?.shape[0] ?? rows
  const differ = dataError({ _tag: "RowsDiffer", first: { array: "inputs", rows }, other: { array: "targets", rows: labels } })
  return { facts, findings: rows === labels ? [] : [finding(differ, { data, source })] }
}

/** The facts of the first bytes of a large source. */
const fromStart = ({ data, model }: Described, directory: string, catalogue: Catalogue.Catalogue) =>
  Effect.gen(function* () {
    const use = useOf(data.source)
    const kind = Source.kindOf(use.name)
    if (kind?.first === undefined) return nothing
    const files = filesOf(use)
    const [only] = files
    if (kind.table !== undefined && only !== undefined) {
      const file = resolve(directory, only.path)
      const bytes = (yield* Load.size(file)) > small ? undefined : yield* Load.bytes(file)
      const over =
        bytes === undefined || !Gzip.isGzip(bytes) ? undefined : yield* Unpacked.refusal(bytes, Source.tableOptionsOf(use))
      const place = { data, source, file: [...source, use.name, only.option], name: file }
      if (over !== undefined) return { facts: {}, findings: [finding(inFile(over, file), place)] }
    }
    const starts: Array<readonly [string, Uint8Array | Folder]> = []
    for (const { isFolder, option, path } of files) {
      const at = resolve(directory, path)
      starts.push([option, isFolder ? yield* Load.folder(at) : yield* start(at)])
    }
    const reading = Source.first(kind, use, Object.fromEntries(starts), wantedOf(data))
    const first = reading instanceof Promise ? yield* Effect.promise(() => reading) : reading
    if (first === undefined || Result.isFailure(first)) return nothing
    const { raw } = first.success
    return Preprocess.isTable(raw) ? ofTable({ data, model }, raw, catalogue) : ofArrays(data, first.success)
  })

/** Whether sources are read whole. */
const isSmall = (data: Data, directory: string) =>
  Effect.gen(function* () {
    const files = [data.source, ...(data.test === undefined ? [] : [data.test])].flatMap((source) => filesOf(useOf(source)))
    const folders = files.filter(({ isFolder }) => isFolder)
    for (const { path } of folders) if ((yield* Load.folder(resolve(directory, path))).files.length > smallFolder) return false
    const others = files.filter(({ isFolder }) => !isFolder)
    const sizes = yield* Effect.forEach(others, ({ path }) => Load.size(resolve(directory, path)))
    if (sizes.reduce((sum, size) => sum + size, 0) > small) return false
    const contents = yield* Effect.forEach(others, ({ path }) => Load.bytes(resolve(directory, path)))
    return contents.every((bytes) => isWithin(bytes, smallUnpacked))
  })

/** Whether the targets of a table belong to heads, which are not known without a model. */
const hasSeveralTargets = ({ columns = {} }: Data): boolean => {
  const kinds = Object.values(columns).flatMap((column) => Column.targetOf(column) ?? [])
  return kinds.length > 1 && !kinds.every((kind) => kind === "numbers")
}

/** Collects facts about a document's data without reading much of it; paths are relative to `directory`. Never fails: errors are findings. */
export const preview = (
  {
    data,
    evaluate,
    model,
  }: { readonly data?: Data; readonly model?: Model; readonly evaluate?: Pick<Evaluate, "slices" | "split"> },
  directory: string,
  catalogue: Catalogue.Catalogue = Catalogue.standard,
): Effect.Effect<Preview, never, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    if (data === undefined) return nothing
    const said = known(data, model, catalogue)
    // If a file is missing or is not a regular file, reading it reports the error.
    const canFit = model !== undefined || !hasSeveralTargets(data)
    if (canFit && (yield* isSmall(data, directory).pipe(Effect.orElseSucceed(() => true))))
      return yield* prepare(
        { data, ...(model === undefined ? {} : { model }), ...(evaluate === undefined ? {} : { evaluate }) },
        directory,
      ).pipe(
        Effect.map(
          (prepared): Preview => ({
            facts: {
              ...prepared.facts,
              extents: extents(prepared.fitted, prepared.train.inputs),
              ...targetExtents(prepared.fitted, prepared.train.targets),
              ...inputEnds(prepared),
            },
            findings: [],
            prepared,
          }),
        ),
        Effect.catch(({ findings }) => Effect.succeed<Preview>({ facts: said, findings })),
      )
    const { facts, findings } = yield* fromStart({ data, model }, directory, catalogue).pipe(Effect.orElseSucceed(() => nothing))
    return { facts: { ...said, ...facts }, findings }
  })
