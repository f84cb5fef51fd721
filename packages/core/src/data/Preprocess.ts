/**
 * Preprocessing of rows: `fit` learns from the training rows alone what to subtract, divide by and fill in, and which classes
 * there are. The record that it returns preprocesses the rows of training, validation, test and prediction.
 */
import * as Result from "effect/Result"
import * as Unit from "../learning/score/Unit.ts"
import type * as DType from "../types/DType.ts"
import * as NDArray from "../types/NDArray.ts"
import * as Shape from "../types/Shape.ts"
import * as ArrayInput from "./ArrayInput.ts"
import type { Columns } from "./Column.ts"
import { type DataError, dataError } from "./DataError.ts"
import * as Dataset from "./Dataset.ts"
import type { Scale } from "./Field.ts"
import * as Finite from "./Finite.ts"
import type { Fitted, FittedClasses, FittedNumber, FittedNumbers, FittedTarget } from "./Fitted.ts"
import * as Quantity from "./Quantity.ts"
import { type AnyRaw, type Arrays, all, isTable, type Rows } from "./Raw.ts"
import { type RawArray, take, whole } from "./RawArray.ts"
import type { ArrayTarget, Spec } from "./Spec.ts"
import type { Table } from "./Table.ts"
import * as TableBeside from "./TableBeside.ts"
import * as TableInput from "./TableInput.ts"
import * as TableTarget from "./TableTarget.ts"
import * as UsedColumns from "./UsedColumns.ts"

export type { Column, Columns } from "./Column.ts"
export type { Scale } from "./Field.ts"
export { type Arrays, all, isTable, type Raw, type Rows, size } from "./Raw.ts"
export type { ArrayTarget, Image, Spec } from "./Spec.ts"
export type { Kept } from "./UsedColumns.ts"

type DataResult<A> = Result.Result<A, DataError>

/**
 * The rows to use: for a table, those without a blank in a column with `missing: drop`, and how many rows each of these
 * columns drops. Fails with `NoColumn` and `UnlistedColumns`.
 */
export const keep = ({ columns }: Spec, raw: AnyRaw): DataResult<UsedColumns.Kept> =>
  isTable(raw) && columns !== undefined ? UsedColumns.keep(columns, raw) : Result.succeed({ rows: all(raw), dropped: [] })

/**
 * Learns from the given rows (those of `keep` by default) how `spec` preprocesses rows like these.
 *
 * Fails with `NoColumn` and `UnlistedColumns` if the columns of `spec` do not match the table's, `BadCell` for a cell that
 * its column does not allow, `BadShape` for images of another size, `BadSpec` for what cannot be learned from these rows.
 */
export const fit = (spec: Spec, raw: AnyRaw, rows?: Rows): DataResult<Fitted> =>
  rows === undefined ? Result.flatMap(keep(spec, raw), (kept) => fitRows(spec, raw, kept.rows)) : fitRows(spec, raw, rows)

const fitRows = (spec: Spec, raw: AnyRaw, rows: Rows): DataResult<Fitted> => {
  if (rows.length === 0)
    return Result.fail(dataError({ _tag: "Empty", got: "there are no training rows", wanted: "one or more" }))
  if (!isTable(raw))
    return Result.flatMap(ArrayInput.fit(spec, raw.inputs, rows), (input) =>
      Result.map(fitTargets(raw, rows, spec.target), (target) => ({ version: 1, input, target })),
    )
  if (spec.columns === undefined)
    return Result.fail(
      dataError({
        _tag: "BadSpec",
        at: "columns",
        got: "nothing",
        wanted: "a type for each column of the table",
        hint: `\`columns: { ${raw.columns[0] ?? "Age"}: number, … }\``,
      }),
    )
  return fitTable({ columns: spec.columns, pca: spec.pca }, raw, rows)
}

const fitTable = ({ columns, pca }: { readonly columns: Columns; readonly pca: Spec["pca"] }, table: Table, rows: Rows) =>
  Result.gen(function* () {
    const used = yield* UsedColumns.resolve(columns, table)
    const input = yield* TableInput.fitInputs(used.filter(UsedColumns.isInput), table, rows, pca)
    const target = yield* TableTarget.fitTarget(used.filter(UsedColumns.isTarget), table, rows)
    return { version: 1, input, target, ...(yield* TableBeside.fitBeside(used, table, rows)) } satisfies Fitted
  })

const fitTargets = (
  { classes, inputs, targets }: Arrays<RawArray>,
  rows: Rows,
  target: ArrayTarget | undefined,
): DataResult<FittedTarget> => {
  if (targets === undefined) return Result.succeed(null)
  const differing = Dataset.differingRows({ inputs, targets })
  if (differing !== undefined) return Result.fail(dataError({ _tag: "RowsDiffer", ...differing }))
  const type = target?.type ?? (targets.dtype === "f32" ? "number" : "class")
  const width = Shape.size(targets.shape.slice(1))
  if (type === "number") {
    if (classes !== undefined) return mismatch("targets that are names", "numbers", "`target: class`")
    const scale = target?.type === "number" ? target.scale : undefined
    return Result.map(Finite.check("targets", targets, rows), () => ({
      type: "numbers",
      columns: Array.from({ length: width }, (_, i) => fitQuantity(targets, rows, { column: i, width, scale })),
    }))
  }
  if (width !== 1)
    return Result.fail(
      dataError({ _tag: "BadShape", what: "the targets", got: targets.shape, wanted: `[${targets.shape[0]}], one class a row` }),
    )
  const named = target?.type === "class" ? target.names : undefined
  const names = named ?? classes ?? seenLabels(targets, rows)
  const placed = named !== undefined && classes === undefined ? ({ placed: true } as const) : {}
  return Result.succeed({ type: "class", name: arrayLabel, classes: names, ...placed })
}

/** One column of quantities in an array. */
const fitQuantity = (
  { data }: NDArray.NDArray,
  rows: Rows,
  { column, scale, width }: { readonly column: number; readonly width: number; readonly scale: Scale | undefined },
): FittedNumber => {
  const values = Float64Array.from({ length: rows.length }, (_, i) => data[(rows[i] ?? 0) * width + column] ?? 0)
  const scaled = scale === undefined ? { subtract: 0, divide: 1 } : Quantity.scaleOf(Quantity.summarize(values, scale), scale)
  return {
    type: "number",
    name: `y${column + 1}`,
    fill: null,
    indicator: false,
    clip: null,
    transform: "none",
    ...scaled,
  }
}

/** The name of the target of arrays, if it is a class. */
export const arrayLabel = "label"

/** The sorted labels of the given rows, as names of classes. */
const seenLabels = (targets: NDArray.NDArray, rows: Rows): ReadonlyArray<string> => {
  const seen = new Set<number>()
  for (let i = 0; i < rows.length; i++) seen.add(targets.data[rows[i] ?? 0] ?? 0)
  return [...seen].sort((a, b) => a - b).map(String)
}

/**
 * The preprocessed inputs of the given rows (all by default), as `f32` [rows, ...shape of a sample]. Targets may be absent.
 * Fails with `BadCell` for a cell that does not fit the training rows and for a non-finite number in an array, with
 * `NoColumn`, `BadShape` and `BadSpec` for rows of another structure.
 */
export const inputs = (fitted: Fitted, raw: AnyRaw, rows?: Rows): DataResult<NDArray.NDArray> => {
  if (isTable(raw))
    return fitted.input.type === "columns"
      ? TableInput.inputs(fitted.input, raw, rows ?? all(raw))
      : mismatch("a table", "arrays, as in training")
  const { input } = fitted
  return input.type === "array"
    ? Result.flatMap(Finite.check("inputs", raw.inputs, rows ?? all(raw)), () =>
        ArrayInput.apply(input, rows === undefined ? whole(raw.inputs) : take(raw.inputs, rows)),
      )
    : mismatch("arrays", "a table, as in training")
}

const mismatch = (got: string, wanted: string, hint = ""): DataResult<never> =>
  Result.fail(dataError({ _tag: "BadSpec", at: "the rows", got, wanted, hint }))

/** The targets of the given rows (all by default): class numbers as `i32` [rows], or quantities as `f32` [rows, k]. */
export const targets = (fitted: Fitted, raw: AnyRaw, rows?: Rows): DataResult<NDArray.NDArray> => {
  const { target } = fitted
  if (target === null) return mismatch("no target", "a target, as in training")
  if (isTable(raw)) return TableTarget.targets(target, raw, rows ?? all(raw))
  if (raw.targets === undefined) return mismatch("no targets", "targets, as in training")
  if (target.type === "labels") return mismatch("arrays", "a table, as in training")
  const array = rows === undefined ? raw.targets : Dataset.takeRows(raw.targets, rows)
  const [count = 0] = array.shape
  if (target.type === "numbers") {
    const width = target.columns.length
    if (Shape.size(array.shape) !== count * width || (raw.classes !== undefined && array.dtype !== "f32"))
      return Result.fail(
        dataError({ _tag: "BadShape", what: "the targets", got: array.shape, wanted: `f32[${count}, ${width}]` }),
      )
    return Result.map(Finite.check("targets", raw.targets, rows ?? all(raw)), () =>
      NDArray.make("f32", [count, width], quantities(target, array)),
    )
  }
  return classNumbers(target, raw.classes, array, rows)
}

/** The preprocessed quantities of an array; unchanged ones keep their storage. */
const quantities = ({ columns }: FittedNumbers, { data, dtype }: NDArray.NDArray): DType.Storage =>
  dtype === "f32" && columns.every(({ divide, subtract }) => subtract === 0 && divide === 1)
    ? data
    : Float32Array.from(data, (value, i) => {
        const column = columns[i % columns.length]
        return column === undefined ? value : Quantity.apply(column, value)
      })

/** The index of each label among the names. Labels are indices into `classes`, or the names themselves. */
const classNumbers = (
  fitted: FittedClasses,
  ownClasses: ReadonlyArray<string> | undefined,
  labels: NDArray.NDArray,
  rows: Rows | undefined,
): DataResult<NDArray.NDArray> => {
  const names = fitted.classes
  const classes = fitted.placed === true ? (ownClasses ?? names) : ownClasses
  const places = new Map(names.map((name, i) => [name, i]))
  const out = new Int32Array(labels.data.length)
  for (let i = 0; i < out.length; i++) {
    const label = labels.data[i] ?? 0
    const name = classes === undefined ? String(label) : (classes[label] ?? String(label))
    const place = classes !== undefined && classes[label] === undefined ? undefined : places.get(name)
    if (place === undefined)
      return Result.fail(
        dataError({
          _tag: "BadCell",
          row: (rows?.[i] ?? i) + 1,
          column: arrayLabel,
          got: name,
          wanted:
            fitted.placed === true
              ? `a whole number from 0 to ${names.length - 1}, an index into the names`
              : `one of the classes ${names.join(", ")} of the training rows`,
          hint: "",
        }),
      )
    out[i] = place
  }
  return Result.succeed(NDArray.make("i32", [out.length], out))
}

/** The preprocessed inputs and targets of the given rows (all by default), with their weights and the names of classes and columns. */
export const dataset = (fitted: Fitted, raw: AnyRaw, rows?: Rows): DataResult<Dataset.Dataset> =>
  Result.gen(function* () {
    return yield* Dataset.make(yield* inputs(fitted, raw, rows), yield* targets(fitted, raw, rows), {
      ...names(fitted),
      ...(yield* weights(fitted, raw, rows)),
    })
  })

/** The weights of the given rows (all by default), if the record has some: `f32` [rows], with a mean of 1 over the training rows. */
export const weights = (
  { weight }: Pick<Fitted, "weight">,
  raw: AnyRaw,
  rows?: Rows,
): DataResult<Pick<Dataset.Dataset, "weights">> => {
  if (weight === undefined) return Result.succeed({})
  if (!isTable(raw)) return mismatch("arrays", "a table, as in training")
  return Result.map(TableBeside.weights(weight, raw, rows ?? all(raw)), (found) => ({ weights: found }))
}

/** The names of the classes and the columns of preprocessed rows. */
export const names = ({ input, target }: Fitted): Dataset.Names => ({
  ...(target?.type === "class" || target?.type === "binary" ? { classes: target.classes } : {}),
  ...(input.type === "columns" ? { columns: TableInput.names(input) } : {}),
})

/** The shape of a preprocessed sample. */
export const sample = ({ input }: Fitted): Shape.Shape =>
  input.type === "array" ? ArrayInput.sample(input) : [TableInput.names(input).length]

/** The units of the target's columns, for `restore` and for scores; an empty list if the target is a class. */
export const units = ({ target }: Fitted): ReadonlyArray<Unit.Unit> =>
  target?.type === "numbers" ? target.columns.map(Quantity.unitOf) : []

/** Predicted quantities [rows, k] in the units of the target; unchanged if the target is a class. */
export const restore = (fitted: Fitted, outputs: NDArray.NDArray): NDArray.NDArray => {
  const columns = units(fitted)
  if (columns.length === 0) return outputs
  const data = Float64Array.from(outputs.data, (value, i) => {
    const unit = columns[i % columns.length]
    return unit === undefined ? value : Unit.restore(unit, value)
  })
  return NDArray.make("f32", outputs.shape, data)
}
