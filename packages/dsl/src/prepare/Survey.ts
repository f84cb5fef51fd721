/**
 * The facts of the data, found cheaply: sources of a few megabytes are read and prepared whole, of larger ones only the
 * header, and what the document itself says counts even where a file is missing.
 */
import * as Csv from "@adjoint/core/data/Csv"
import { dataError } from "@adjoint/core/data/DataError"
import * as Gzip from "@adjoint/core/data/Gzip"
import * as Idx from "@adjoint/core/data/Idx"
import * as Load from "@adjoint/core/data/Load"
import type { Column } from "@adjoint/core/data/PrepareSpec"
import type { Raw } from "@adjoint/core/data/Preprocess"
import * as Preprocess from "@adjoint/core/data/Preprocess"
import type { Table } from "@adjoint/core/data/Table"
import type { NDArray } from "@adjoint/core/words/NDArray"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Result from "effect/Result"
import { type Data, type Model, useOf } from "../Document.ts"
import type { Finding } from "../diagnostic/Diagnostic.ts"
import * as Catalogue from "../schema/Catalogue.ts"
import { finding } from "./Blame.ts"
import * as Columns from "./Columns.ts"
import { arrayTarget } from "./Division.ts"
import { extents } from "./Extents.ts"
import type { Facts, Target } from "./Facts.ts"
import { inputEnds } from "./InputEnds.ts"
import { known } from "./Known.ts"
import { prepare, specOf } from "./Prepare.ts"
import { filesOf, resolve, tableOptions } from "./Reading.ts"

/** What is known of the data, and what is wrong with it. */
export interface Survey {
  readonly facts: Facts
  readonly findings: ReadonlyArray<Finding>
}

/** Sources of at most so many bytes, packed or not, are read whole: 4 MiB. */
const small = 4 * 2 ** 20

/** Bytes of a larger source that are looked at. */
const head = 64 * 1024

/** Where the document says where the rows are. */
const source = ["data", "source"]

const nothing: Survey = { facts: {}, findings: [] }

const start = Effect.fnUntraced(function* (file: string) {
  const fs = yield* FileSystem.FileSystem
  return yield* Effect.scoped(
    Effect.gen(function* () {
      const handle = yield* fs.open(file, { flag: "r" })
      const bytes = new Uint8Array(head)
      const length = yield* handle.read(bytes)
      return bytes.subarray(0, Number(length))
    }),
  )
})

const unpacked = (bytes: Uint8Array) => (Gzip.isGzip(bytes) ? Gzip.start(bytes, bytes.length) : Result.succeed(bytes))

/** The table of the first rows; the last line may be cut, so it is left out. */
const firstRows = (bytes: Uint8Array, options: Csv.Options) =>
  Result.flatMap(unpacked(bytes), (text) => Csv.parse(text.subarray(0, text.lastIndexOf(10) + 1), options))

/** How large the first numbers are, prepared as they would be if there were no others. */
const glance = (data: Data, raw: Raw): Pick<Facts, "extents"> => {
  const seen = Result.gen(function* () {
    const fitted = yield* Preprocess.fit(specOf(data), raw)
    return { extents: extents(fitted, yield* Preprocess.inputs(fitted, raw)) }
  })
  return Result.getOrElse(seen, () => ({}))
}

/** What the first rows of a table add: columns that `"*"` stands for, and every difference from what is said of columns. */
const ofTable = (data: Data, table: Table, catalogue: Catalogue.Catalogue): Survey => {
  const { columns } = table
  const said = data.columns
  if (said === undefined) return nothing
  const ignored: Column = { type: "ignore" }
  const used = columns.map((name) => [name, (Object.hasOwn(said, name) ? said[name] : said["*"]) ?? ignored] as const)
  const facts = known({ ...data, columns: Object.fromEntries(used) }, undefined, catalogue)
  return { facts: { ...facts, ...glance(data, table) }, findings: Columns.check(data, columns, { data, source }) }
}

/** The labels of images, a byte a row: read whole even where the images are not. */
const labelsOf = Effect.fnUntraced(function* (file: string) {
  const fs = yield* FileSystem.FileSystem
  const { size } = yield* fs.stat(file)
  return Number(size) > small ? undefined : yield* Effect.fromResult(Idx.decode(yield* Load.bytes(file)))
})

/** The classes among labels. */
const classesOf = ({ data, dtype, shape }: NDArray): Target | undefined =>
  shape.length !== 1 || dtype === "f32"
    ? undefined
    : { type: "class", name: arrayTarget, classes: [...new Set(data)].sort((a, b) => a - b).map(String) }

/** What the first images and all labels add, and whether there are as many of each. */
const ofImages = (data: Data, bytes: Uint8Array, labels: NDArray | undefined): Survey => {
  const { first, shape = [] } = Result.getOrElse(Idx.start(bytes), () => ({ first: undefined, shape: undefined }))
  const target = labels === undefined ? undefined : classesOf(labels)
  const [rows = 0, ...sample] = shape
  const targets = labels?.shape[0] ?? rows
  const facts: Facts = {
    ...(data.image !== undefined || shape.length === 0 ? {} : { sample }),
    ...(target === undefined ? {} : { target }),
    ...(first === undefined ? {} : glance(data, { inputs: first })),
  }
  const differ = dataError({ _tag: "RowsDiffer", inputs: rows, targets })
  return { facts, findings: shape.length === 0 || rows === targets ? [] : [finding(differ, { data, source })] }
}

/** What the header of a large source adds. */
const fromHeader = (data: Data, directory: string, catalogue: Catalogue.Catalogue) =>
  Effect.gen(function* () {
    const use = useOf(data.source)
    const [file] = filesOf(use)
    if (file === undefined) return nothing
    const bytes = yield* start(resolve(directory, file.path))
    const options = tableOptions(use)
    if (options !== undefined) {
      const table = firstRows(bytes, options)
      return Result.isFailure(table) ? nothing : ofTable(data, table.success, catalogue)
    }
    if (use.name !== "idx") return nothing
    const labels = filesOf(use).find(({ option }) => option === "labels")
    const read =
      labels === undefined
        ? undefined
        : yield* labelsOf(resolve(directory, labels.path)).pipe(Effect.orElseSucceed(() => undefined))
    return ofImages(data, bytes, read)
  })

const sizeOf = (data: Data, directory: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const sources = [data.source, ...(data.test === undefined ? [] : [data.test])]
    const files = sources.flatMap((source) => filesOf(useOf(source)))
    const stats = yield* Effect.forEach(files, ({ path }) => fs.stat(resolve(directory, path)))
    return stats.reduce((sum, { size }) => sum + Number(size), 0)
  })

/** Finds what can be known of a document's data without reading much of it; paths are taken from `directory`. Never fails: what is wrong is among the findings. */
export const survey = (
  { data, model }: { readonly data?: Data; readonly model?: Pick<Model, "input"> },
  directory: string,
  catalogue: Catalogue.Catalogue = Catalogue.standard,
): Effect.Effect<Survey, never, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    if (data === undefined) return nothing
    const said = known(data, model, catalogue)
    // A file that is missing has size 0 here, so that reading it says what is wrong.
    const size = yield* sizeOf(data, directory).pipe(Effect.orElseSucceed(() => 0))
    if (size <= small)
      return yield* prepare({ data }, directory).pipe(
        Effect.map(
          (rows): Survey => ({
            facts: { ...rows.facts, extents: extents(rows.fitted, rows.train.inputs), ...inputEnds(rows) },
            findings: [],
          }),
        ),
        Effect.catch(({ findings }) => Effect.succeed<Survey>({ facts: said, findings })),
      )
    const { facts, findings } = yield* fromHeader(data, directory, catalogue).pipe(Effect.orElseSucceed(() => nothing))
    return { facts: { ...said, ...facts }, findings }
  })
