/**
 * The model file in TypeScript: the same words, typed, building the same document. A file that was read and a model that
 * was written here are equal by value when they say the same.
 *
 * ```ts
 * import { Model } from "@adjoint/dsl"
 *
 * const model = Model.modelFile({
 *   data: { source: "moons" },
 *   model: { layers: [Model.dense(16, { activation: "relu" }), Model.head("label")] },
 *   train: { epochs: 20, optimizer: { adam: { lr: 0.01 } } },
 * })
 * model._tag // => "Success"
 * ```
 */
import type { ArrayTarget, Columns } from "@adjoint/core/data/Preprocess"
import type * as Files from "@adjoint/core/data/Source"
import type { ArrayKind } from "@adjoint/core/data/Spec"
import type * as Space from "@adjoint/core/search/Space"
import * as Result from "effect/Result"
import { withPoint } from "./AtPoint.ts"
import type * as Document from "./Document.ts"
import type { Data as DataSection, Join, ModelFile, Rbm } from "./Document.ts"
import { type Diagnostic, ModelFileError } from "./diagnostic/Diagnostic.ts"
import { readData } from "./Read.ts"
import type * as S from "./schema/Spelling.ts"
import type { Data } from "./source/Data.ts"

/** Name of a layer, which joins refer to, and that of the layer it is fed by where that is not the one above it. */
export interface Naming {
  readonly name?: string
  readonly from?: string
}

/** One item of a model's layers. */
export type Layer =
  | S.ActivationSpelling
  | S.LayerSpelling
  | ((
      | { readonly [J in Join]: { readonly [K in J]: ReadonlyArray<string> } }[Join]
      | { readonly block: { readonly layers: ReadonlyArray<Layer> } }
      | { readonly repeat: { readonly times: number; readonly layers: ReadonlyArray<Layer> } }
      | { readonly head: Target | (HeadOptions & { readonly target: Target }) }
      | S.NamedLayer
    ) &
      Naming)

/** What a head predicts: a column, or several of numbers or of yes and no. */
export type Target = string | ReadonlyArray<string>

/** How the outputs are made. */
export interface HeadOptions {
  readonly activation?: S.ActivationSpelling
  readonly init?: S.InitializerSpelling
}

/** Options beside a layer's main one, and its name. */
type Rest<N extends S.LayerName, Main extends string> = Omit<S.LayerOptions<N>, Main> & Naming

const named = <N extends S.LayerName>(
  kind: N,
  { from, name, ...options }: { readonly name?: string; readonly from?: string; readonly [option: string]: unknown },
): Layer =>
  ({ [kind]: options, ...(name === undefined ? {} : { name }), ...(from === undefined ? {} : { from }) }) as unknown as Layer

/** `units` weighted sums of all inputs. `dense(64, { activation: "relu" }) // => { dense: { units: 64, activation: "relu" } }` */
export const dense = (units: number, options: Rest<"dense", "units"> = {}): Layer => named("dense", { units, ...options })

/** The same weighted sum of a window at every place of an image. `conv2d(32, { pad: "same" }) // => { conv2d: { filters: 32, pad: "same" } }` */
export const conv2d = (filters: number, options: Rest<"conv2d", "filters"> = {}): Layer =>
  named("conv2d", { filters, ...options })

/** The largest number of each window, channel by channel. `maxPool(2) // => { max_pool: { window: 2 } }` */
export const maxPool = (window: number | ReadonlyArray<number>, options: Rest<"max_pool", "window"> = {}): Layer =>
  named("max_pool", { window, ...options })

/** Each channel brought to mean 0 and variance 1 over the batch. `batchNorm() // => { batch_norm: {} }` */
export const batchNorm = (options: Rest<"batch_norm", never> = {}): Layer => named("batch_norm", { ...options })

/** While training, a share `rate` of the numbers set to 0. `dropout(0.5) // => { dropout: { rate: 0.5 } }` */
export const dropout = (rate: number, naming: Naming = {}): Layer => named("dropout", { rate, ...naming })

/** All numbers of a sample along one axis. `flatten() // => { flatten: {} }` */
export const flatten = (naming: Naming = {}): Layer => named("flatten", { ...naming })

/** The numbers of a sample under another shape of as many. `reshape([28, 28, 1]) // => { reshape: { shape: [28, 28, 1] } }` */
export const reshape = (shape: ReadonlyArray<number>, naming: Naming = {}): Layer => named("reshape", { shape, ...naming })

/** The sum of layers of equal shape, by name. `add(["a", "b"]) // => { add: ["a", "b"] }` */
export const add = (of: ReadonlyArray<string>, naming: Naming = {}): Layer => ({ add: of, ...naming })

/** The product of layers of equal shape, by name. `multiply(["a", "b"]) // => { multiply: ["a", "b"] }` */
export const multiply = (of: ReadonlyArray<string>, naming: Naming = {}): Layer => ({ multiply: of, ...naming })

/** Layers joined along their last axis, by name. `concat(["a", "b"]) // => { concat: ["a", "b"] }` */
export const concat = (of: ReadonlyArray<string>, naming: Naming = {}): Layer => ({ concat: of, ...naming })

/** The same layers several times in a row, each time with separate weights. `repeat(2, ["relu"]) // => { repeat: { times: 2, layers: ["relu"] } }` */
export const repeat = (times: number, layers: ReadonlyArray<Layer>, naming: Naming = {}): Layer => ({
  repeat: { times, layers },
  ...naming,
})

/** A group of layers that acts as one layer. `block(["relu"], { name: "a" }) // => { block: { layers: ["relu"] }, name: "a" }` */
export const block = (layers: ReadonlyArray<Layer>, naming: Naming = {}): Layer => ({ block: { layers }, ...naming })

/** The outputs, as many as the target needs. `head("label") // => { head: { target: "label" } }` */
export const head = (target: Target, options: HeadOptions = {}, naming: Naming = {}): Layer => ({
  head: { target, ...options },
  ...naming,
})

/** A source of rows: a toy, a kind of file with its options, or a path whose ending determines the kind. */
export type Source = S.ToySpelling | Files.Spelling | `${string}.${Files.Ending}` | `${string}.${Files.Ending}.gz`

/** A callback. */
export type Callback = S.CallbackSpelling

/** How samples of an RBM are drawn: `cd` or `pcd`, with one or more rounds per step. */
export type Method = S.MethodSpelling

/** A machine's options beside its layer. */
export interface RbmOptions extends S.StageOptions, Partial<Pick<Rbm, "momentum">> {
  readonly method?: Method
  readonly sparsity?: { readonly target: number; readonly cost?: number }
}

/** A stage of pre-training. */
export interface Stage {
  readonly rbm: string | (RbmOptions & { readonly layer: string })
}

/** A machine whose weights the layer of that name starts from. `rbm("h1", { epochs: 5 }) // => { rbm: { layer: "h1", epochs: 5 } }` */
export const rbm = (layer: string, options: RbmOptions = {}): Stage => ({ rbm: { layer, ...options } })

/** The loss of one of several heads, its weight in the sum, or both. */
export type HeadLoss =
  | number
  | "auto"
  | S.LossSpelling
  | { readonly weight: number }
  | (Exclude<S.LossSpelling, string> & { readonly weight: number })

/** How a model learns. */
export interface Train extends S.AroundSpelling {
  readonly seed?: number
  readonly epochs?: number
  readonly batch?: number
  readonly shards?: number
  readonly loss?: "auto" | S.LossSpelling
  readonly losses?: { readonly [head: string]: HeadLoss }
  readonly optimizer?: S.OptimizerSpelling
  readonly schedule?: S.ScheduleSpelling
  readonly regularize?: S.RegularizeSpelling
  readonly metrics?: "auto" | ReadonlyArray<S.MetricSpelling> | { readonly [head: string]: ReadonlyArray<S.MetricSpelling> }
  readonly callbacks?: ReadonlyArray<Callback>
}

/** What a search looks for among the values of its markers, and how. */
export interface Search {
  readonly maximize?: string | ReadonlyArray<string>
  readonly minimize?: string | ReadonlyArray<string>
  readonly sampler?: S.SamplerSpelling
  readonly trials?: number
  readonly seed?: number
  readonly pending?: number
  readonly folds?: number
  readonly seeds?: number
  readonly pruner?: S.PrunerSpelling
  readonly where?: string | ReadonlyArray<string>
  readonly parallel?: number
  readonly store?: string
}

/** A range of numbers to search. */
export type SearchRange =
  | { readonly int: readonly [low: number, high: number]; readonly step?: number; readonly log?: boolean }
  | { readonly float: readonly [low: number, high: number]; readonly step?: number; readonly log?: boolean }
  | { readonly log: readonly [low: number, high: number] }

/** The names of branches among the values to search: the only key of a map. */
type BranchName<T> = T extends object ? keyof T & string : never

/**
 * A search marker: values that a search may try in place of one, of which training uses the default. It stands for one of its
 * values, so it has their type; do not compute with it. The same marker in several places has the same value in all of them.
 *
 * `search([16, 32], { default: 16 }) // => { $search: [16, 32], default: 16 }`
 * `search({ log: [1e-4, 0.1] }, { default: 0.01 }) // => { $search: { log: [1e-4, 0.1] }, default: 0.01 }`
 */
export const search: {
  <const T>(values: ReadonlyArray<T>, options: { readonly default: NoInfer<T> | BranchName<T> }): T
  (range: SearchRange, options: { readonly default: number }): number
} = (values: unknown, options: { readonly default: unknown }) => ({ $search: values, default: options.default }) as never

/** The sections of a model file; all except `model` are optional. */
export interface Sections {
  readonly name?: string
  readonly data?: Omit<DataSection, "arrays" | "source" | "columns" | "split" | "target" | "test"> & {
    readonly source: Source
    readonly columns?: Columns
    readonly arrays?: { readonly [name: string]: ArrayKind | "number" | "tokens" | "class" }
    readonly target?: ArrayTarget | ArrayTarget["type"]
    readonly split?: Partial<DataSection["split"]>
    readonly test?: Source
  }
  readonly model: {
    readonly input?: ReadonlyArray<number>
    readonly inputs?: { readonly [name: string]: string | ReadonlyArray<string> }
    readonly init?: S.InitializerSpelling
    readonly layers: ReadonlyArray<Layer>
  }
  readonly pretrain?: ReadonlyArray<Stage>
  readonly train?: Train
  readonly evaluate?: Partial<ModelFile["evaluate"]>
  readonly search?: Search
  readonly lint?: Partial<ModelFile["lint"]>
}

/** A model with search markers: what may be chosen, and the document of each choice. */
export interface Searched {
  /** The document of the defaults. */
  readonly document: ModelFile
  readonly space: Space.Space
  /** The point of the defaults. */
  readonly standard: Space.Point
  /** The section `search`, with every default. */
  readonly search: Document.Search
  /** The document of a point of the space. Fails with what is wrong with it. */
  readonly at: (point: Space.Point) => Result.Result<ModelFile, ModelFileError>
}

/**
 * The space of sections with search markers, and the document of each of its points. Fails with all that is wrong with them, or
 * with one of the values that their markers may have.
 *
 * ```ts
 * import { Model } from "@adjoint/dsl"
 * import * as Result from "effect/Result"
 *
 * const width = Model.search([8, 16], { default: 8 })
 * const model = Model.searched({
 *   data: { source: "moons", split: { train: "80%", val: "20%" } },
 *   model: { layers: [Model.dense(width), Model.dense(width), Model.head("label")] },
 *   train: { epochs: Model.search({ int: [2, 9] }, { default: 3 }) },
 *   search: { maximize: "val.accuracy" },
 * })
 * const { at, space } = Result.getOrThrow(model)
 * space.map(({ name }) => name) // => ["vars.units", "train.epochs"]
 * Result.getOrThrow(at({ "vars.units": 1, "train.epochs": 5 })).train.epochs // => 5
 * ```
 */
export const searched = (sections: Sections): Result.Result<Searched, ModelFileError> => {
  const name = sections.name ?? "model"
  const reading = readData({ schema: 1, search: {}, ...sections } as unknown as Data, undefined, name)
  const { diagnostics, document, searched: found } = reading
  const { search } = reading.sections
  const failed = (diagnostics: ReadonlyArray<Diagnostic>) => new ModelFileError({ file: name, diagnostics })
  if (document === undefined || search === undefined) return Result.fail(failed(diagnostics))
  return Result.succeed({
    document,
    space: found?.file.space ?? [],
    standard: found?.file.standard ?? {},
    search,
    at: (point) => Result.mapError(withPoint(reading, point), failed),
  })
}

/** The document of these sections, of search markers with their defaults. Fails with all that is wrong with them, as a model file would. */
export const modelFile = (sections: Sections): Result.Result<ModelFile, ModelFileError> => {
  const name = sections.name ?? "model"
  const { diagnostics, document } = readData({ schema: 1, ...sections } as unknown as Data, undefined, name)
  return document === undefined ? Result.fail(new ModelFileError({ file: name, diagnostics })) : Result.succeed(document)
}
