/**
 * Preparing rows for a network: `fit` learns from the training rows alone what to subtract, divide by, fill in and count
 * as which class; the record it returns is then all that any row needs, in validation, test and prediction alike.
 */
import * as Result from "effect/Result"
import * as Unit from "../learning/score/Unit.ts"
import * as NDArray from "../words/NDArray.ts"
import * as Shape from "../words/Shape.ts"
import * as ArrayInput from "./ArrayInput.ts"
import { type DataError, dataError } from "./DataError.ts"
import * as Dataset from "./Dataset.ts"
import type { Fitted, FittedTarget } from "./Fitted.ts"
import type { PrepareSpec } from "./PrepareSpec.ts"
import * as Quantity from "./Quantity.ts"
import type { Table } from "./Table.ts"
import * as TableInput from "./TableInput.ts"

/**
 * Rows in arrays: `inputs` [rows, ...sample]; `targets` [rows] whole numbers that name classes (`i32`, `u8`, `bool`; the
 * places of `classes` where that is given), or [rows, k] quantities (`f32`).
 */
export interface Arrays {
  readonly inputs: NDArray.NDArray
  readonly targets?: NDArray.NDArray
  readonly classes?: ReadonlyArray<string>
}

/** Rows as they were read. */
export type Raw = Table | Arrays

/** Numbers of rows, from 0. */
export type Rows = ArrayLike<number>

/** How many rows there are. */
export const size = (raw: Raw): number => (isTable(raw) ? raw.rows.length : (raw.inputs.shape[0] ?? 0))

const isTable = (raw: Raw): raw is Table => "rows" in raw

const all = (raw: Raw): Rows => Array.from({ length: size(raw) }, (_, i) => i)

type Answer<A> = Result.Result<A, DataError>

/**
 * Learns from the given rows (all, if none are given) how `spec` prepares rows like these.
 *
 * Fails with `NoColumn` and `UnlistedColumns` where the columns said do not match the table's, `BadCell` for a cell that
 * is not what is said, `BadShape` for images of another size, `BadSpec` for what cannot be learned from these rows.
 */
export const fit = (spec: PrepareSpec, raw: Raw, rows: Rows = all(raw)): Answer<Fitted> => {
  if (rows.length === 0)
    return Result.fail(dataError({ _tag: "Empty", got: "there are no training rows", wanted: "one or more" }))
  if (!isTable(raw))
    return Result.flatMap(ArrayInput.fit(spec, raw.inputs, rows), (input) =>
      Result.map(fitTargets(raw, rows), (target) => ({ version: 1, input, target })),
    )
  if (spec.columns === undefined)
    return Result.fail(
      dataError({
        _tag: "BadSpec",
        at: "columns",
        got: "nothing",
        wanted: "what each column of the table is",
        hint: `\`columns: { ${raw.columns[0] ?? "Age"}: number, … }\``,
      }),
    )
  return Result.map(TableInput.fit(spec.columns, raw, rows), (fitted) => ({ version: 1, ...fitted }))
}

const fitTargets = ({ inputs, targets, classes }: Arrays, rows: Rows): Answer<FittedTarget> => {
  if (targets === undefined) return Result.succeed(null)
  if (inputs.shape[0] !== targets.shape[0])
    return Result.fail(dataError({ _tag: "RowsDiffer", inputs: inputs.shape[0] ?? 0, targets: targets.shape[0] ?? 0 }))
  const width = Shape.size(targets.shape.slice(1))
  if (targets.dtype === "f32") {
    const column = (i: number) =>
      ({
        type: "number",
        name: `y${i + 1}`,
        fill: null,
        indicator: false,
        clip: null,
        transform: "none",
        subtract: 0,
        divide: 1,
      }) as const
    return Result.succeed({ type: "numbers", columns: Array.from({ length: width }, (_, i) => column(i)) })
  }
  if (width !== 1)
    return Result.fail(
      dataError({ _tag: "BadShape", what: "the targets", got: targets.shape, wanted: `[${targets.shape[0]}], one class a row` }),
    )
  const seen = new Set<number>()
  for (let i = 0; i < rows.length; i++) seen.add(targets.data[rows[i] ?? 0] ?? 0)
  const names = classes ?? [...seen].sort((a, b) => a - b).map(String)
  return Result.succeed({ type: "class", name: "label", classes: names })
}

/** The inputs of the given rows (all, if none are given), prepared, as `f32` [rows, ...shape of a sample]. Targets need not be there. */
export const inputs = (fitted: Fitted, raw: Raw, rows?: Rows): Answer<NDArray.NDArray> => {
  if (isTable(raw))
    return fitted.input.type === "columns"
      ? TableInput.inputs(fitted.input, raw, rows ?? all(raw))
      : mismatch("a table", "arrays")
  return fitted.input.type === "array"
    ? ArrayInput.apply(fitted.input, rows === undefined ? raw.inputs : Dataset.takeRows(raw.inputs, rows))
    : mismatch("arrays", "a table")
}

const mismatch = (got: string, wanted: string): Answer<never> =>
  Result.fail(dataError({ _tag: "BadSpec", at: "the rows", got, wanted: `${wanted}, as in training`, hint: "" }))

/** The targets of the given rows (all, if none are given): class numbers as `i32` [rows], or quantities as `f32` [rows, k]. */
export const targets = (fitted: Fitted, raw: Raw, rows?: Rows): Answer<NDArray.NDArray> => {
  const { target } = fitted
  if (target === null) return mismatch("no target to prepare", "a target")
  if (isTable(raw)) return TableInput.targets(target, raw, rows ?? all(raw))
  if (raw.targets === undefined) return mismatch("no targets", "targets")
  const array = rows === undefined ? raw.targets : Dataset.takeRows(raw.targets, rows)
  const [count = 0] = array.shape
  if (target.type === "numbers") {
    const width = target.columns.length
    return Shape.size(array.shape) === count * width && array.dtype === "f32"
      ? Result.succeed(NDArray.make("f32", [count, width], array.data))
      : Result.fail(dataError({ _tag: "BadShape", what: "the targets", got: array.shape, wanted: `f32[${count}, ${width}]` }))
  }
  return classNumbers(target.classes, raw, array)
}

const classNumbers = (names: ReadonlyArray<string>, { classes }: Arrays, labels: NDArray.NDArray): Answer<NDArray.NDArray> => {
  const places = new Map(names.map((name, i) => [name, i]))
  const out = new Int32Array(labels.data.length)
  for (let i = 0; i < out.length; i++) {
    const label = labels.data[i] ?? 0
    const place = places.get(classes === undefined ? String(label) : (classes[label] ?? ""))
    if (place === undefined)
      return Result.fail(
        dataError({
          _tag: "BadCell",
          row: i + 1,
          column: "label",
          got: String(label),
          wanted: `one of the classes ${names.join(", ")} of the training rows`,
          hint: "",
        }),
      )
    out[i] = place
  }
  return Result.succeed(NDArray.make("i32", [out.length], out))
}

/** Inputs and targets of the given rows (all, if none are given), prepared, with the names of classes and columns. */
export const dataset = (fitted: Fitted, raw: Raw, rows?: Rows): Answer<Dataset.Dataset> =>
  Result.gen(function* () {
    return yield* Dataset.make(yield* inputs(fitted, raw, rows), yield* targets(fitted, raw, rows), names(fitted))
  })

/** What prepared rows say of themselves: the names of classes and columns. */
export const names = ({ input, target }: Fitted): Dataset.Names => ({
  ...(target?.type === "class" || target?.type === "binary" ? { classes: target.classes } : {}),
  ...(input.type === "columns" ? { columns: input.columns.flatMap(TableInput.columnNames) } : {}),
})

/** The shape of a prepared sample. */
export const sample = ({ input }: Fitted): Shape.Shape =>
  input.type === "array" ? input.shape : [input.columns.flatMap(TableInput.columnNames).length]

/** What the columns of the target were measured in, for `restore` and for scores; none where it is a class. */
export const units = ({ target }: Fitted): ReadonlyArray<Unit.Unit> =>
  target?.type === "numbers" ? target.columns.map(Quantity.unitOf) : []

/** Predicted quantities [rows, k] in their own units again; the identity where the target is a class. */
export const restore = (fitted: Fitted, outputs: NDArray.NDArray): NDArray.NDArray => {
  const columns = units(fitted)
  if (columns.length === 0) return outputs
  const data = Float64Array.from(outputs.data, (value, i) => {
    const unit = columns[i % columns.length]
    return unit === undefined ? value : Unit.restore(unit, value)
  })
  return NDArray.make("f32", outputs.shape, data)
}
