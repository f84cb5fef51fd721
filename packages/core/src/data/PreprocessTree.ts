/**
 * Preprocessing of rows into trees: named inputs made of columns, and a target for each head. A spec without names gives one
 * array of inputs and one of targets, those of `Preprocess`.
 */
import * as Result from "effect/Result"
import { isTensor, type Tensor } from "../language/Expr.ts"
import type { Net } from "../learning/Net.ts"
import * as Unit from "../learning/score/Unit.ts"
import type * as NDArray from "../types/NDArray.ts"
import type * as Shape from "../types/Shape.ts"
import * as Tree from "../types/Tree.ts"
import * as ArrayInput from "./ArrayInput.ts"
import { type DataError, dataError } from "./DataError.ts"
import * as Dataset from "./Dataset.ts"
import type {
  Fitted,
  FittedArray,
  FittedColumn,
  FittedHead,
  FittedHeads,
  FittedInput,
  FittedInputs,
  FittedTree,
} from "./Fitted.ts"
import * as InputTransform from "./InputTransform.ts"
import * as Named from "./NamedArrays.ts"
import type { TablePca } from "./Pca.ts"
import * as Preprocess from "./Preprocess.ts"
import * as Quantity from "./Quantity.ts"
import { type AnyRaw, isTable, type NamedArray, type NamedArrays, type Rows, size as rawSize } from "./Raw.ts"
import type { RawArray } from "./RawArray.ts"
import * as SequenceArray from "./SequenceArray.ts"
import * as Series from "./Series.ts"
import { hasStored } from "./storedRows.ts"
import * as TableBeside from "./TableBeside.ts"
import * as TableInput from "./TableInput.ts"
import * as TableTarget from "./TableTarget.ts"
import * as Tokenizer from "./Tokenizer.ts"
import { completed, each, type Groups, refuse, type TreeSpec } from "./TreeSpec.ts"
import * as UsedColumns from "./UsedColumns.ts"

export { completed, type Groups, rest, type TreeSpec } from "./TreeSpec.ts"

type DataResult<A> = Result.Result<A, DataError>

/** A value, or one for each name. */
export type OrNamed<A> = A | { readonly [name: string]: A }

/** One array, or one for each name. */
export type Arrays = OrNamed<NDArray.NDArray>

/** The same, where arrays may be stored outside memory. */
export type RowArrays = OrNamed<Dataset.RowArray>

/** Rows as they were read: a table, arrays, or arrays with names. */
export type TreeRaw = AnyRaw | NamedArrays<RawArray>

/** Whether rows are arrays with names. */
export const hasNamedArrays = (raw: TreeRaw): raw is NamedArrays<RawArray> => "arrays" in raw

/** How many rows there are. */
export const size = (raw: TreeRaw): number =>
  hasNamedArrays(raw) ? (Object.values(raw.arrays)[0]?.array.shape[0] ?? 0) : rawSize(raw)

/** The numbers of all rows, in order. */
export const all = (raw: TreeRaw): Rows => Int32Array.from({ length: size(raw) }, (_, i) => i)

/** The rows to use, and those that columns drop; of arrays all. Fails as `Preprocess.keep` does. */
export const keep = (spec: TreeSpec, raw: TreeRaw): DataResult<UsedColumns.Kept> =>
  hasNamedArrays(raw) ? Result.succeed({ rows: all(raw), dropped: [] }) : Preprocess.keep(spec, raw)

/** Whether a record has one input. */
export const hasOneInput = (input: FittedTree["input"]): input is FittedInput => input.type !== "inputs"

/** Whether a record has one target, or none. */
export const hasOneTarget = (target: FittedTree["target"]): target is Fitted["target"] => target?.type !== "heads"

/** A record with one input and at most one target; `undefined` for another. */
const single = ({ input, series: _, target, ...record }: FittedTree): Fitted | undefined =>
  hasOneInput(input) && hasOneTarget(target) ? { ...record, input, target } : undefined

/** The used columns of these names, in this order. */
const named = (
  used: ReadonlyArray<UsedColumns.Used>,
  names: ReadonlyArray<string>,
  at: string,
): DataResult<ReadonlyArray<UsedColumns.Used>> => {
  const columns = Map.groupBy(used, ({ name }) => name)
  const absent = names.find((name) => !columns.has(name))
  return absent === undefined
    ? Result.succeed(names.flatMap((name) => columns.get(name) ?? []))
    : refuse(at, `\`${absent}\``, `one of ${used.map(({ name }) => `\`${name}\``).join(", ")}`, "check its role in `columns`")
}

/** The input whose columns PCA takes. */
const inputOfPca = (pca: TablePca, groups: Groups, inputs: ReadonlyArray<UsedColumns.Used>): DataResult<string> => {
  const names = inputs.map(({ name }) => name)
  const all = Object.entries(completed(groups, names))
  const found = all.find(([, own]) =>
    pca.columns === undefined ? all.length === 1 : pca.columns.every((name) => own.includes(name)),
  )
  if (found !== undefined) return Result.succeed(found[0])
  return pca.columns === undefined
    ? refuse("pca", "several inputs", "the columns of one", "name its columns: `pca: { columns: [a, b] }`")
    : refuse(
        "pca",
        "columns of no input, or of several",
        "columns of one input",
        `the inputs are ${all.map(([name]) => name).join(", ")}`,
      )
}

/**
 * Learns from the given rows how rows like these become inputs and targets. Fails as `Preprocess.fit` does, and with `BadSpec`
 * for a name of a column that is no input, or no target.
 */
export const fit = (spec: TreeSpec, raw: TreeRaw, rows: Rows): DataResult<FittedTree> => {
  const { columns, heads, inputs: groups, pca, series } = spec
  if (series !== undefined && !isTable(raw)) return refuse("the rows", "arrays", "a table, whose rows are series", "a csv file")
  if (series !== undefined && pca !== undefined)
    return refuse("pca", "windows of series", "rows that are samples", "remove `pca`")
  if (hasNamedArrays(raw)) return Named.fit(spec, raw, rows)
  if (groups === undefined && heads === undefined && series === undefined) return Preprocess.fit(spec, raw, rows)
  if (!isTable(raw) || columns === undefined)
    return refuse("the rows", "arrays", "a table, whose columns make up the inputs and the heads", "a csv file")
  if (rows.length === 0)
    return Result.fail(dataError({ _tag: "Empty", got: "there are no training rows", wanted: "one or more" }))
  return Result.gen(function* () {
    const used = yield* UsedColumns.resolve(columns, raw)
    const inputs = series === undefined ? used.filter(UsedColumns.isInput) : Series.channels(used)
    const targets = used.filter(UsedColumns.isTarget)
    const withPca = groups === undefined || pca === undefined ? undefined : yield* inputOfPca(pca, groups, inputs)
    const ahead = <T extends FittedHead>(target: T): DataResult<FittedHead> =>
      series === undefined ? Result.succeed(target) : Series.ahead(target, series.horizon)
    const fitTarget = (own: ReadonlyArray<UsedColumns.Used>) =>
      Result.flatMap(TableTarget.fitTarget(own, raw, rows), (target) => (target === null ? Result.succeed(null) : ahead(target)))
    const input =
      groups === undefined
        ? yield* TableInput.fitInputs(inputs, raw, rows, pca)
        : ({
            type: "inputs",
            inputs: yield* each(
              completed(
                groups,
                inputs.map(({ name }) => name),
              ),
              (names, name) =>
                Result.flatMap(named(inputs, names, `input \`${name}\``), (own) =>
                  TableInput.fitInputs(own, raw, rows, name === withPca ? pca : undefined),
                ),
            ),
          } satisfies FittedInputs)
    const target =
      heads === undefined
        ? yield* fitTarget(targets)
        : ({
            type: "heads",
            heads: yield* each(heads, (names, name) =>
              Result.gen(function* () {
                const fitted = yield* fitTarget(yield* named(targets, names, `head \`${name}\``))
                return fitted ?? (yield* refuse(`head \`${name}\``, "no columns", "one or more", "name the columns"))
              }),
            ),
          } satisfies FittedHeads)
    const beside = yield* TableBeside.fitBeside(used, raw, rows)
    return { version: 1, input, target, ...beside, ...(series === undefined ? {} : { series: Series.recorded(series) }) } as const
  })
}

/** The rows that an input or a target is read from, with the name of its array. */
const rawOf = (raw: TreeRaw, name: string | undefined, as: (array: NamedArray<RawArray>) => AnyRaw): DataResult<AnyRaw> => {
  if (!hasNamedArrays(raw)) return Result.succeed(raw)
  return name === undefined
    ? refuse("the rows", "arrays with names", "rows as in training", "")
    : Result.map(Named.get(raw, name), as)
}

/** The record of one input. */
const ofInput = (input: FittedInput): Fitted => ({ version: 1, input, target: null })

/** The record of one target. */
const ofHead = (target: FittedHead): Fitted => ({ version: 1, input: { type: "columns", columns: [] }, target })

/**
 * The inputs of the given rows (all by default) for a net of `net`: those of `InputTransform.inputs`, or a record with one array
 * for each name. Fails as that does.
 */
export const inputs = ({ input, series }: FittedTree, raw: TreeRaw, rows?: Rows): DataResult<Arrays> => {
  const of = (own: FittedInput): DataResult<NDArray.NDArray> => {
    if (series !== undefined)
      return own.type === "columns" && isTable(raw)
        ? Series.inputs({ input: own, series }, raw, rows ?? all(raw))
        : refuse("the rows", "arrays", "a table, as in training", "")
    const name = own.type === "array" ? own.array : undefined
    if (own.type === "array" && own.sequence !== undefined && name !== undefined)
      return hasNamedArrays(raw)
        ? Result.flatMap(Named.sequencesOf(raw, name, own.sequence.lengths), (sequences) =>
            SequenceArray.inputs(own, sequences, rows ?? all(raw)),
          )
        : refuse("the rows", "rows without names", `the array \`${name}\`, as in training`, "")
    const found = Result.flatMap(
      rawOf(raw, name, ({ array }) => ({ inputs: array })),
      (rowsOf) => InputTransform.inputs(ofInput(own), rowsOf, rows),
    )
    return name === undefined ? found : Named.inArray(name, found)
  }
  return hasOneInput(input) ? of(input) : each(input.inputs, of)
}

/** The targets of the given rows (all by default): those of `Preprocess.targets`, or a record with one array for each head. */
export const targets = ({ series, target }: FittedTree, raw: TreeRaw, rows: Rows = all(raw)): DataResult<Arrays> => {
  const of = (own: FittedHead): DataResult<NDArray.NDArray> => {
    if (series !== undefined && isTable(raw)) return Series.targets(own, series, raw, rows)
    const name = !hasNamedArrays(raw)
      ? undefined
      : own.type === "numbers"
        ? own.array
        : own.type === "class"
          ? own.name
          : undefined
    const found = Result.flatMap(rawOf(raw, name, Named.asTargets), (rowsOf) => Preprocess.targets(ofHead(own), rowsOf, rows))
    return name === undefined ? found : Named.inArray(name, found)
  }
  if (target === null) return refuse("the rows", "no target", "a target, as in training", "")
  return target.type === "heads" ? each(target.heads, of) : of(target)
}

/** The names of the classes and the columns of preprocessed rows; none for trees. */
const names = (fitted: FittedTree): Dataset.Names => {
  const one = single(fitted)
  if (one === undefined) return {}
  const { columns, ...names } = Preprocess.names(one)
  return columns === undefined || fitted.series !== undefined ? names : { ...names, columns }
}

/** The targets of the given rows, their weights and the names of the classes and columns: a dataset without its inputs. */
export const beside = (fitted: FittedTree, raw: TreeRaw, rows: Rows): DataResult<Omit<Dataset.Dataset<null, Arrays>, "inputs">> =>
  Result.gen(function* () {
    const weights = hasNamedArrays(raw) ? {} : yield* Preprocess.weights(fitted, raw, rows)
    return { targets: yield* targets(fitted, raw, rows), ...names(fitted), ...weights }
  })

/** The inputs and targets of the given rows (all by default), for a net of `net`. */
export const dataset = (fitted: FittedTree, raw: TreeRaw, rows?: Rows): DataResult<Dataset.Dataset<Arrays, Arrays>> =>
  Result.gen(function* () {
    const weights = hasNamedArrays(raw) ? {} : yield* Preprocess.weights(fitted, raw, rows)
    return yield* Dataset.make(yield* inputs(fitted, raw, rows), yield* targets(fitted, raw, rows), {
      ...names(fitted),
      ...weights,
    })
  })

/** The shapes of a preprocessed sample; that of a series is [window, columns]. */
export const sample = ({ input, series }: Pick<FittedTree, "input" | "series">): OrNamed<Shape.Shape> => {
  const shape = (own: FittedInput): Shape.Shape => [
    ...(series === undefined ? [] : [series.window]),
    ...Preprocess.sample(ofInput(own)),
  ]
  return hasOneInput(input)
    ? shape(input)
    : Object.fromEntries(Object.entries(input.inputs).map(([name, own]) => [name, shape(own)]))
}

/** The names of the numbers of a sample of one input, if it is made of columns. */
export const columnNames = (input: FittedInput): ReadonlyArray<string> | undefined => Preprocess.names(ofInput(input)).columns

/** The inputs of a record with their names; one without a name has the name "". */
export const inputsOf = ({ input }: Pick<FittedTree, "input">): ReadonlyArray<readonly [name: string, input: FittedInput]> =>
  hasOneInput(input) ? [["", input]] : Object.entries(input.inputs)

/** Sequences of unequal length: tokens, with how many different ones there are, the padding included, or numbers. */
export type SequenceInput = { readonly of: "tokens"; readonly tokens: number } | { readonly of: "numbers" }

/** The inputs that are sequences of unequal length, by their names; one without a name has the name "". */
export const sequencesOf = (fitted: Pick<FittedTree, "input">): ReadonlyMap<string, SequenceInput> =>
  new Map(
    inputsOf(fitted).flatMap(([name, input]): ReadonlyArray<readonly [string, SequenceInput]> => {
      if (input.type === "array") {
        const tokens = input.sequence?.tokens
        return input.sequence === undefined ? [] : [[name, tokens === undefined ? { of: "numbers" } : { of: "tokens", tokens }]]
      }
      const [column] = input.columns
      return column?.type === "text" ? [[name, { of: "tokens", tokens: Tokenizer.size(column.tokenizer) }]] : []
    }),
  )

/** The columns of all inputs of a record; `undefined` if an input is an array. */
export const inputColumns = (fitted: Pick<FittedTree, "input">): ReadonlyArray<FittedColumn> | undefined => {
  const inputs = inputsOf(fitted).map(([, input]) => (input.type === "columns" ? input.columns : undefined))
  return inputs.includes(undefined) ? undefined : inputs.flatMap((columns) => columns ?? [])
}

/** The names of the arrays with the lengths of sequences, each once. */
export const lengthArrays = (fitted: Pick<FittedTree, "input">): ReadonlyArray<string> => [
  ...new Set(inputsOf(fitted).flatMap(([, input]) => (input.type === "array" ? (input.sequence?.lengths ?? []) : []))),
]

/** The named arrays that the inputs of a record are read from; `undefined` if an input has none. */
export const inputArrays = (
  fitted: Pick<FittedTree, "input">,
): ReadonlyArray<readonly [array: string, input: FittedArray]> | undefined => {
  const inputs = inputsOf(fitted).map(([, input]) =>
    input.type === "array" && input.array !== undefined ? ([input.array, input] as const) : undefined,
  )
  return inputs.includes(undefined) ? undefined : inputs.flatMap((input) => (input === undefined ? [] : [input]))
}

/** The targets of a record with the names of their heads; one without a name has the name "". */
export const headsOf = ({ target }: Pick<FittedTree, "target">): ReadonlyArray<readonly [name: string, target: FittedHead]> =>
  target === null ? [] : hasOneTarget(target) ? [["", target as FittedHead]] : Object.entries(target.heads)

/** The columns of a table that a target is made of; the label of arrays has the name of that. */
export const columnsOf = (target: FittedHead): ReadonlyArray<string> =>
  target.type === "labels" && target.set !== undefined
    ? [target.set.name]
    : target.type === "numbers"
      ? target.columns.map(({ name }) => name)
      : namesOf(target)

/** The names of a target's numbers: its columns, or the names of a set. A column at several steps ahead has one for each: `load+1`, `load+2`. */
export const namesOf = (target: FittedHead): ReadonlyArray<string> => {
  if (target.type === "labels") return target.columns.map(({ name }) => name)
  if (target.type !== "numbers") return [target.name]
  const { columns } = target
  return columns.map(({ ahead, name }) =>
    ahead === undefined || columns.filter((other) => other.name === name).length === 1 ? name : `${name}+${ahead}`,
  )
}

/** The array of a name; that of the name "" is the whole. */
export const arrayOf = <A extends Dataset.RowArray>(arrays: OrNamed<A>, name: string): A => {
  const named = arrays as { readonly [name: string]: A }
  const found = Tree.isLeaf(arrays) ? (arrays as A) : Object.hasOwn(named, name) ? named[name] : undefined
  if (found === undefined) throw new TypeError(`there is no array ${JSON.stringify(name)}`)
  return found
}

/** The arrays, if all are in memory. */
export const inMemory = (arrays: RowArrays): Arrays | undefined => (hasStored(arrays) ? undefined : (arrays as Arrays))

/** Inputs as numbers, `f32`: bytes are preprocessed, and others stay as they are. */
export const numbers = (fitted: Pick<FittedTree, "input">, rows: Arrays): DataResult<Arrays> => {
  const own = fitted.input
  return hasOneInput(own)
    ? InputTransform.numbers(own, arrayOf(rows, ""))
    : each(own.inputs, (input, name) => InputTransform.numbers(input, arrayOf(rows, name)))
}

/** Predicted quantities [rows, k] of a head in the units of its target. */
export const restore = (target: FittedHead, outputs: NDArray.NDArray): NDArray.NDArray =>
  Preprocess.restore(ofHead(target), outputs)

/** The units of a head's columns, for scores; an empty list unless they are quantities. */
export const units = (target: FittedHead): ReadonlyArray<Unit.Unit> =>
  target.type === "numbers" ? target.columns.map(Quantity.unitOf) : []

/** Whether every unit of a target is that of the numbers which a net learns. */
export const isMeasured = (target: FittedHead): boolean => units(target).every(Unit.isKept)

/** One tensor, or one for each name: the inputs and outputs of a net over these records. */
export type Values = OrNamed<Tensor>

/** `InputTransform.net` for nets that may take several inputs. */
export const net = <P, S, Y>(input: FittedTree["input"], inner: Net<P, S, Values, Y>): Net<P, S, Values, Y> => {
  if (hasOneInput(input)) {
    const one = inner as unknown as Net<P, S, Tensor, Tensor>
    return InputTransform.net(input, one) as unknown as Net<P, S, Values, Y>
  }
  const number = (name: string, x: Tensor): Tensor => {
    const own = input.inputs[name]
    return own?.type === "array" && x.dtype === "u8" ? ArrayInput.trace(own, x) : x
  }
  if (Object.values(input.inputs).every(({ type }) => type === "columns")) return inner
  return {
    ...inner,
    apply: (params, state, x, context) =>
      inner.apply(
        params,
        state,
        isTensor(x) ? x : Object.fromEntries(Object.entries(x).map(([name, own]) => [name, number(name, own)])),
        context,
      ),
  }
}
