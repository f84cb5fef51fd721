/**
 * The facts of the data, found cheaply: sources of a few megabytes are read and prepared whole, of larger ones only the
 * header, and what the document itself says counts even where a file is missing.
 */
import * as Csv from "@adjoint/core/data/Csv"
import * as Gzip from "@adjoint/core/data/Gzip"
import * as Idx from "@adjoint/core/data/Idx"
import type { Column } from "@adjoint/core/data/PrepareSpec"
import type { Shape } from "@adjoint/core/words/Shape"
import { Effect, FileSystem, Result } from "effect"
import { type Data, type ModelFile, useOf } from "../Document.ts"
import type { Finding } from "../diagnostic/Diagnostic.ts"
import * as Columns from "./Columns.ts"
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

/** How many numbers a column becomes, `undefined` where only the rows can say. */
const widthOf = (column: Column): number | undefined => {
  if (Columns.isTarget(column) || column.type === "ignore") return 0
  if (column.type === "category") return undefined
  return column.type === "number" && column.missing === "indicator" ? 2 : 1
}

/** What the columns of a table that were not ignored become. */
const sampleOf = (columns: ReadonlyArray<Column>): Shape | undefined => {
  const widths = columns.filter((column) => !Columns.isTarget(column)).map(widthOf)
  return widths.includes(undefined) ? undefined : [widths.reduce<number>((sum, width) => sum + (width ?? 0), 0)]
}

const targetOf = (columns: ReadonlyArray<readonly [string, Column]>): Target | undefined => {
  const targets = columns.filter(([, column]) => Columns.isTarget(column))
  const [first] = targets
  if (first === undefined) return undefined
  const [name, { type }] = first
  return type === "number"
    ? { type: "numbers", names: targets.map(([target]) => target) }
    : { type: type === "binary" ? "binary" : "class", name }
}

const known = (sample: Shape | undefined, target: Target | undefined): Facts => ({
  ...(sample === undefined ? {} : { sample }),
  ...(target === undefined ? {} : { target }),
})

/** What the document alone says. */
const fromDocument = ({ columns, image }: Data): Facts => {
  if (image !== undefined) return known([...image.size, image.channels ?? 1], undefined)
  if (columns === undefined) return {}
  const said = Object.entries(columns).map(([name, column]) => [name, Columns.spelled(column)] as const)
  const isOpen = said.some(([name, { type }]) => name === "*" && type !== "ignore")
  return known(isOpen ? undefined : sampleOf(said.map(([, column]) => column)), targetOf(said))
}

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

/** What the header of a large source adds. */
const fromHeader = (data: Data, directory: string) =>
  Effect.gen(function* () {
    const use = useOf(data.source)
    const [file] = filesOf(use)
    const nothing: Survey = { facts: {}, findings: [] }
    if (file === undefined) return nothing
    const bytes = yield* start(resolve(directory, file.path))
    const options = tableOptions(use)
    if (options !== undefined) {
      const table = firstRows(bytes, options)
      if (Result.isFailure(table) || data.columns === undefined) return nothing
      const { columns } = table.success
      const findings = Columns.check(data, columns, { data, source: ["data", "source"] })
      const said = data.columns
      const used = columns.map(
        (name) => [name, Columns.spelled((Object.hasOwn(said, name) ? said[name] : said["*"]) ?? { type: "ignore" })] as const,
      )
      return { facts: known(sampleOf(used.map(([, column]) => column)), targetOf(used)), findings }
    }
    if (use.name !== "idx" || data.image !== undefined) return nothing
    const declared = Idx.declared(bytes)
    return Result.isFailure(declared) ? nothing : { facts: known(declared.success.slice(1), undefined), findings: [] }
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
  document: Pick<ModelFile, "data">,
  directory: string,
): Effect.Effect<Survey, never, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const { data } = document
    if (data === undefined) return { facts: {}, findings: [] }
    const said = fromDocument(data)
    // A file that is missing has size 0 here, so that reading it says what is wrong.
    const size = yield* sizeOf(data, directory).pipe(Effect.orElseSucceed(() => 0))
    if (size <= small)
      return yield* prepare(document, directory).pipe(
        Effect.map(({ facts }): Survey => ({ facts, findings: [] })),
        Effect.catch(({ findings }) => Effect.succeed<Survey>({ facts: said, findings })),
      )
    const { facts, findings } = yield* fromHeader(data, directory).pipe(Effect.orElseSucceed(() => ({ facts: {}, findings: [] })))
    return { facts: { ...said, ...facts }, findings }
  })
