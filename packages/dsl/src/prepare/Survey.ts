/**
 * The facts of the data, found cheaply: sources of a few megabytes are read and prepared whole, of larger ones only the
 * header, and what the document itself says counts even where a file is missing.
 */
import * as Csv from "@adjoint/core/data/Csv"
import * as Gzip from "@adjoint/core/data/Gzip"
import * as Idx from "@adjoint/core/data/Idx"
import * as Load from "@adjoint/core/data/Load"
import type { Column } from "@adjoint/core/data/PrepareSpec"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Result from "effect/Result"
import { known } from "../check/Known.ts"
import { type Data, type Model, useOf } from "../Document.ts"
import type { Finding } from "../diagnostic/Diagnostic.ts"
import * as Catalogue from "../schema/Catalogue.ts"
import * as Columns from "./Columns.ts"
import { arrayTarget } from "./Division.ts"
import type { Facts, Target } from "./Facts.ts"
import { prepare } from "./Prepare.ts"
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

/** The table of the first rows; the last line may be cut, so it is left out. */
const firstRows = (bytes: Uint8Array, options: Csv.Options) => {
  const unpacked = Gzip.isGzip(bytes) ? Gzip.start(bytes, bytes.length) : Result.succeed(bytes)
  return Result.flatMap(unpacked, (text) => Csv.parse(text.subarray(0, text.lastIndexOf(10) + 1), options))
}

/** What the header of a table adds: columns that `"*"` stands for, and every difference from what is said of columns. */
const ofTable = (data: Data, columns: ReadonlyArray<string>, catalogue: Catalogue.Catalogue): Survey => {
  const said = data.columns
  if (said === undefined) return nothing
  const ignored: Column = { type: "ignore" }
  const used = columns.map((name) => [name, (Object.hasOwn(said, name) ? said[name] : said["*"]) ?? ignored] as const)
  const facts = known({ ...data, columns: Object.fromEntries(used) }, undefined, catalogue)
  return { facts, findings: Columns.check(data, columns, { data, source: ["data", "source"] }) }
}

/** The classes among the labels of images, a byte a row: read whole even where the images are not. */
const classesOf = Effect.fnUntraced(function* (file: string) {
  const fs = yield* FileSystem.FileSystem
  const { size } = yield* fs.stat(file)
  if (Number(size) > small) return undefined
  const labels = yield* Effect.fromResult(Idx.decode(yield* Load.bytes(file)))
  if (labels.shape.length !== 1 || labels.dtype === "f32") return undefined
  const target: Target = {
    type: "class",
    name: arrayTarget,
    classes: [...new Set(labels.data)].sort((a, b) => a - b).map(String),
  }
  return target
})

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
      return Result.isFailure(table) ? nothing : ofTable(data, table.success.columns, catalogue)
    }
    if (use.name !== "idx") return nothing
    const labels = filesOf(use).find(({ option }) => option === "labels")
    const target =
      labels === undefined
        ? undefined
        : yield* classesOf(resolve(directory, labels.path)).pipe(Effect.orElseSucceed(() => undefined))
    const declared = data.image === undefined ? Idx.declared(bytes) : undefined
    const sample = declared !== undefined && Result.isSuccess(declared) ? declared.success.slice(1) : undefined
    const facts: Facts = { ...(sample === undefined ? {} : { sample }), ...(target === undefined ? {} : { target }) }
    return { facts, findings: [] }
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
        Effect.map(({ facts }): Survey => ({ facts, findings: [] })),
        Effect.catch(({ findings }) => Effect.succeed<Survey>({ facts: said, findings })),
      )
    const { facts, findings } = yield* fromHeader(data, directory, catalogue).pipe(Effect.orElseSucceed(() => nothing))
    return { facts: { ...said, ...facts }, findings }
  })
