/** Labelled rows of a file, read as the rows of a run were read and prepared as they were, with nothing fitted again. */
import * as Column from "@adjoint/core/data/Column"
import { type DataError, inFile } from "@adjoint/core/data/DataError"
import * as PreprocessTree from "@adjoint/core/data/PreprocessTree"
import { isTable } from "@adjoint/core/data/Raw"
import * as Scratch from "@adjoint/core/data/Scratch"
import type { ScratchError } from "@adjoint/core/data/ScratchError"
import * as Source from "@adjoint/core/data/Source"
import * as Table from "@adjoint/core/data/Table"
import { type Data, useOf } from "@adjoint/dsl/Document"
import { diagnostic } from "@adjoint/dsl/diagnostic/Diagnostic"
import type { Part } from "@adjoint/dsl/prepare/Prepared"
import { specOf } from "@adjoint/dsl/prepare/Spec"
import { type ReadRows, readRows } from "@adjoint/dsl/prepare/Streamed"
import { allWindows, hasSeries, seriesOf } from "@adjoint/dsl/prepare/Windows"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { streaming } from "../model/ModelFile.ts"
import { Refused, UsageError } from "../report/Failure.ts"
import type { Trained } from "../run/Trained.ts"
import { loading } from "../terminal/Loading.ts"

/** The kind of file that a name's ending implies, with or without `.gz`. */
const kindByEnding = (file: string): Source.Name | undefined => {
  const bare = file.replace(/\.gz$/i, "")
  const found = Object.entries(Source.kinds).find(([, { endings }]) =>
    (endings as ReadonlyArray<string>).some((ending) => bare.toLowerCase().endsWith(`.${ending}`)),
  )
  return found?.[0] as Source.Name | undefined
}

/** The options of a kind that are files, in order. */
const pathsOf = (name: string): ReadonlyArray<string> =>
  Object.entries(Source.kindOf(name)?.fields ?? {}).flatMap(([option, { kind }]) => (kind === "path" ? [option] : []))

/** Which source some files are: by the ending of the first, or else as the run's own rows were read; with the options of those. */
const sourceOf = (data: Data | undefined, files: ReadonlyArray<string>): Result.Result<Source.Use, UsageError> => {
  const own = data === undefined ? undefined : useOf(data.source)
  const ownKind = own === undefined || Source.kindOf(own.name) === undefined ? undefined : own.name
  const [first = ""] = files
  const name = kindByEnding(first) ?? ownKind
  if (name === undefined) {
    const endings = Object.values(Source.kinds).flatMap(({ endings }) => endings as ReadonlyArray<string>)
    const hint = `a name that ends in ${endings.map((end) => `.${end}`).join(", ")}`
    return Result.fail(new UsageError({ message: `${first}: what kind of file is it?`, hint }))
  }
  const options = pathsOf(name)
  if (options.length !== files.length)
    return Result.fail(
      new UsageError({
        message: `rows of ${name} are in ${options.length === 1 ? "one file" : `${options.length} files`}, not ${files.length}`,
        hint: `adjoint evaluate RUN ${options.map((option) => (option === "path" ? "FILE" : option.toUpperCase())).join(" ")}`,
      }),
    )
  const paths = Object.fromEntries(options.map((option, i) => [option, files[i] ?? ""]))
  return Result.succeed({ name, options: { ...Source.optionsFor(own, name), ...paths } })
}

/** The columns that the run needs, each as its model file has it; others of the file are not looked at. */
const needed = ({ document, run: { fitted } }: Trained): Column.Columns | undefined => {
  const { data } = document
  const { columns } = data ?? {}
  if (columns === undefined) return undefined
  const targets = PreprocessTree.headsOf(fitted).flatMap(([, target]) => PreprocessTree.columnsOf(target))
  const inputs = (PreprocessTree.inputColumns(fitted) ?? []).map(({ name }) => name)
  const series = data !== undefined && hasSeries(data) ? seriesOf(data) : undefined
  const order = [series?.time, series?.group].filter((name) => name !== undefined)
  const weight = fitted.weight === undefined ? [] : [fitted.weight.name]
  const used = [...new Set([...inputs, ...targets, ...order, ...weight])].map(
    (name) => [name, Column.declared(columns, name) ?? "number"] as const,
  )
  return { ...Object.fromEntries(used), "*": Column.whole("ignore") }
}

/** The rows whose targets are predicted: all of them, or of a series the last one of each window, which has its rows in order. */
const windowed = (
  data: Data,
  raw: PreprocessTree.TreeRaw,
  rows: ArrayLike<number>,
): Result.Result<readonly [PreprocessTree.TreeRaw, ArrayLike<number>], DataError> => {
  if (!hasSeries(data) || PreprocessTree.hasNamedArrays(raw) || !isTable(raw)) return Result.succeed([raw, rows])
  const table = Table.take(raw, Array.from(rows))
  return Result.map(allWindows(table, data), (last) => [table, last])
}

/** The rows as they were read, the numbers of those that are used, and these as the net takes them. */
export interface NewRows {
  readonly raw: PreprocessTree.TreeRaw
  readonly rows: ArrayLike<number>
  readonly part: Part
}

const asRead = (trained: Trained, use: Source.Use, file: string) =>
  Effect.gen(function* () {
    const { data: own, evaluate } = trained.document
    const data = { ...(own as Data), source: { [use.name]: use.options }, slices: evaluate.slices }
    const found: ReadRows = yield* loading(streaming(readRows(data, data.source, ["data", "source"], "."), { data }, ".")).pipe(
      Effect.catchTag("PrepareError", ({ findings }) =>
        Effect.fail(
          new Refused({
            diagnostics: findings.map(({ help, message }) =>
              diagnostic({ code: "D305", message, file, path: [], ...(help === undefined ? {} : { help }) }),
            ),
          }),
        ),
      ),
    )
    return found
  })

/**
 * Reads labelled rows of files. Rows with a blank in a column of `missing: drop` are left out, as in training. Fails with
 * `UsageError` for a kind of file that is not known, `Refused` for one that cannot be read, and `DataError` with the file, the line and the column
 * for rows that do not fit the run, such as those without a target.
 */
export const newRows = (trained: Trained, files: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const { document, run } = trained
    const { data } = document
    const use = yield* Effect.fromResult(sourceOf(data, files))
    const [file = ""] = files
    if (data === undefined) return yield* new UsageError({ message: "the run has no data whose preparation could be repeated" })
    const found = yield* asRead(trained, use, file)
    const columns = needed(trained)
    const spec = specOf({ data: columns === undefined ? data : { ...data, columns: columns as NonNullable<Data["columns"]> } })
    const within = Effect.mapError((error: DataError | ScratchError) =>
      error._tag === "DataError" ? inFile(error, file) : error,
    )
    const [raw, rows] = yield* Scratch.using(() =>
      Result.flatMap(PreprocessTree.keep(spec, found.raw), (kept) => windowed(data, found.raw, kept.rows)),
    ).pipe(Effect.flatMap(Effect.fromResult), within)
    const part = yield* within(found.part(run.fitted, raw, rows))
    if (rows.length === 0)
      return yield* new UsageError({ message: `${files.join(" and ")}: there are no rows that can be scored` })
    if (part.weights !== undefined && !part.weights.data.some((weight: number) => weight > 0))
      return yield* new UsageError({
        message: `${files.join(" and ")}: all rows have the weight 0, so none counts in a score`,
        hint: "rows of other weights, or a run without a column of weights",
      })
    return { raw, rows, part } satisfies NewRows
  })
