/**
 * The traits of a layer's entry. Checks, suggestions and bounds on memory read these instead of lists of names.
 */
import * as Shape from "../../types/Shape.ts"
import type { Entry, OptionName, Options, PlainValues, Traits as Traited } from "../Entry.ts"
import type { Net } from "../Net.ts"

/** The effect of a layer on its input. */
export type Role<Option extends string = string> =
  /** Weighted sums with learned weights. */
  | {
      readonly role: "weights"
      /** The range of a sum: the last axis, the row of a token, a spatial window, or the time steps of a sequence. */
      readonly over: "features" | "tokens" | "space" | "time"
      /** The option that sets the size of the last axis. Without one the size does not change. */
      readonly width: Option | undefined
      /** Whether that size is another with these options, such as that of two directions. */
      readonly isWider?: (options: { readonly [option: string]: unknown }) => boolean
      /** The option with the size of the window, for a sum over a window. */
      readonly window?: Option
      /** The option with the initializer of the weights. */
      readonly init: Option | undefined
      /** The option that adds a bias to the outputs, before the activation. */
      readonly bias: Option | undefined
      /** The option with the activation. */
      readonly activation: Option | undefined
    }
  /** The same elements under another shape. */
  | { readonly role: "shape" }
  /** One element for each window, which keeps the spatial axes, or removes them. */
  | { readonly role: "pooling"; readonly space: "kept" | "gone" }
  /** Normalization, over the batch or for each sample. */
  | { readonly role: "normalization"; readonly over: "batch" | "sample" }
  /** Random changes of single elements or whole channels in training, none in inference. */
  | {
      readonly role: "noise"
      readonly drops: "numbers" | "channels" | "nothing"
      /** Whether it preserves a mean of 0 and a variance of 1. */
      readonly keepsMoments: boolean
    }
  /** Random changes of whole images in training, none in inference. */
  | { readonly role: "augmentation" }
  /** Adds an encoding of the position to each time step of a sequence. */
  | { readonly role: "positions" }

/** Upper bounds on the sizes of a layer, for samples of a shape. */
export interface Sizes<O extends Options> {
  /** The maximum number of parameters, without those of its activation. */
  readonly learned: (options: PlainValues<O>, input: Shape.Shape) => number
  /** The maximum number of intermediate elements for one row, without the input and the output. */
  readonly between: (options: PlainValues<O>, input: Shape.Shape) => number
}

/** The traits of a layer. */
export type Traits<O extends Options> = Role<OptionName<O>> & Sizes<O>

/** The traits of a layer with any options. */
export type AnyTraits = Role & { readonly [K in keyof Sizes<Options>]: (options: never, input: Shape.Shape) => number }

/** The entry of a layer. */
export type LayerEntry<O extends Options, Main extends keyof O & string> = Entry<O, Net, Main> & Traited<Traits<O>>

/**
 * Infers the options of a layer's entry from its literal. Calls whose literals refer to initializers by name are marked as pure: a bundler
 * that drops modules does not see the mark of a function in another module, and would load the loop of `orthogonal`.
 */
/* @__NO_SIDE_EFFECTS__ */ export const layer = <const O extends Options, const Main extends keyof O & string = never>(
  definition: LayerEntry<O, Main>,
): LayerEntry<O, Main> => definition

const none = (): number => 0

/** The sizes of a layer without parameters and without intermediate elements. */
export const light = { learned: none, between: none } as const

/** The size of the last axis. */
export const widthOf = (input: Shape.Shape): number => input.at(-1) ?? 1

/** The sizes of a layer, from its traits. `options` has a value for every option of its entry; references to other entries are ignored. */
export const sizes = (
  { between, learned }: AnyTraits,
  options: { readonly [option: string]: unknown },
  input: Shape.Shape,
): { readonly learned: number; readonly between: number } => {
  const given = options as never
  return { learned: learned(given, input), between: between(given, input) }
}

/** The number of elements of a window over the spatial axes of a sample. */
export const windowOf = (kernel: number | ReadonlyArray<number>, input: Shape.Shape): number =>
  typeof kernel === "number" ? kernel ** Math.max(1, input.length - 1) : Shape.size(kernel)
