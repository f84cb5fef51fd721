/**
 * What the TypeScript face may say, as types read off core's tables: a name alone where all its options have defaults, or
 * a name with its options, of which those without a default must be there.
 */
import type { Duration, Option, Options, Plain, Table } from "@adjoint/core/learning/Entry"
import type { standard } from "./Catalogue.ts"

type Tables = typeof standard

interface Spelled<O extends Option> extends Omit<Plain<O>, "duration"> {
  readonly duration: Duration | `${number} epoch` | `${number} epochs`
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

/** A choice from a table: a bare name, or a name with its options. */
export type Spelling<T extends Table<unknown>> =
  | BareNames<T>
  | { readonly [N in keyof T]: { readonly [K in N]: OptionsSpelling<T[N]["options"]> } }[keyof T]

export type ActivationSpelling = Spelling<Tables["activation"]>
export type InitializerSpelling = Spelling<Tables["initializer"]>
export type ScheduleSpelling = Spelling<Tables["schedule"]>
export type LossSpelling = Spelling<Tables["loss"]>
export type OptimizerSpelling = Spelling<Tables["optimizer"]>
export type MetricSpelling = Spelling<Tables["metric"]>
export type ToySpelling = Spelling<Tables["toy"]>

export type LayerSpelling = Spelling<Tables["layer"]>

/** The name of a layer of the catalogue. */
export type LayerName = keyof Tables["layer"]

/** The options of one layer of the catalogue. */
export type LayerOptions<N extends LayerName> = OptionsSpelling<Tables["layer"][N]["options"]>

/** A layer with its options, which may have a name beside them. */
export type NamedLayer = Exclude<LayerSpelling | ActivationSpelling, string>
