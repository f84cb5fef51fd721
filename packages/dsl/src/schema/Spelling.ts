/**
 * The types of the TypeScript form, derived from core's tables: a name alone where all its options have defaults, or
 * a name with its options, of which those without a default must be there.
 */
import type { Duration, IsSingle, Option, Options, Plain, Table } from "@adjoint/core/learning/Entry"
import type { standard } from "./Catalogue.ts"

type Tables = typeof standard

/** A number of epochs with its unit. */
type Epochs = `${number} epoch` | `${number} epochs`

interface Spelled<O extends Option> extends Omit<Plain<O>, "duration" | "epochs"> {
  readonly duration: Duration | Epochs
  readonly epochs: number | Epochs
  readonly activation: ActivationSpelling
  readonly initializer: InitializerSpelling
  readonly schedule: ScheduleSpelling
}

type OptionSpelling<O extends Option> = Spelled<O>[O["kind"]]

type RequiredNames<O extends Options> = {
  readonly [K in keyof O]: O[K] extends { readonly default: unknown } | { readonly optional: true } ? never : K
}[keyof O]

/** The options of an entry: those without a default must be there. */
export type OptionsSpelling<O extends Options> = { readonly [K in RequiredNames<O>]: OptionSpelling<O[K]> } & {
  readonly [K in Exclude<keyof O, RequiredNames<O>>]?: OptionSpelling<O[K]>
}

type BareNames<T extends Table<unknown>> = {
  readonly [N in keyof T]: RequiredNames<T[N]["options"]> extends never ? N : never
}[keyof T]

/** What is allowed under a name in place of a map of options: the value of the main option, if no other is required. */
type MainSpelling<O extends Options, Main> = [Main & keyof O] extends [never]
  ? never
  : [Exclude<RequiredNames<O>, Main>] extends [never]
    ? OptionSpelling<O[Main & keyof O]>
    : never

/** The content under the name of an entry. */
type Content<E extends Table<unknown>[string]> = OptionsSpelling<E["options"]> | MainSpelling<E["options"], E["main"]>

/** A choice from a table: a bare name, or a name with its options, or with the value of its main one. */
export type Spelling<T extends Table<unknown>> =
  | BareNames<T>
  | { readonly [N in keyof T]: { readonly [K in N]: Content<T[N]> } }[keyof T]

/** The entries of a table as keys of a map, each with the value of its one option or with its options. */
export type SettingsSpelling<T extends Table<unknown>> = {
  readonly [N in keyof T]?: IsSingle<T[N]["options"]> extends true
    ? OptionSpelling<T[N]["options"][keyof T[N]["options"]]>
    : OptionsSpelling<T[N]["options"]>
}

export type ActivationSpelling = Spelling<Tables["activation"]>
export type InitializerSpelling = Spelling<Tables["initializer"]>
export type ScheduleSpelling = Spelling<Tables["schedule"]>
export type LossSpelling = Spelling<Tables["loss"]>
export type OptimizerSpelling = Spelling<Tables["optimizer"]>
export type MetricSpelling = Spelling<Tables["metric"]>
export type CallbackSpelling = Spelling<Tables["callback"]>
export type RegularizeSpelling = SettingsSpelling<Tables["regularizer"]>
export type AroundSpelling = SettingsSpelling<Tables["around"]>
export type SamplerSpelling = Spelling<Tables["sampler"]>
export type PrunerSpelling = Spelling<Tables["pruner"]>
export type MethodSpelling = Spelling<Tables["method"]>
export type StageOptions = OptionsSpelling<Tables["stage"]["rbm"]["options"]>
export type ToySpelling = Spelling<Tables["toy"]>

export type LayerSpelling = Spelling<Tables["layer"]>

/** The name of a layer of the catalogue. */
export type LayerName = keyof Tables["layer"]

/** The options of one layer of the catalogue. */
export type LayerOptions<N extends LayerName> = OptionsSpelling<Tables["layer"][N]["options"]>

/** A layer with its options, and optionally its name. */
export type NamedLayer = Exclude<LayerSpelling | ActivationSpelling, string>
