/**
 * What a layer's entry says besides how it is made: its traits. Checks, suggestions and bounds on memory read these, so
 * that none of them keeps a list of names.
 */
import * as Shape from "../../types/Shape.ts"
import type { Entry, OptionName, Options, PlainValues, Traits as Traited } from "../Entry.ts"
import type { Net } from "../Net.ts"

/** What a layer does to the numbers it is given. */
export type Role<Option extends string = string> =
  /** Sums them up by weights that it learns. */
  | {
      readonly role: "weights"
      /** What a sum is over: the last axis, the row of a token, a window of space, or the times of a sequence. */
      readonly over: "features" | "tokens" | "space" | "time"
      /** The option that sets the size of the last axis. Without one it stays as it is. */
      readonly width: Option | undefined
      /** The option with the initializer of the weights. */
      readonly init: Option | undefined
      /** The option that adds a bias to the outputs, before the activation. */
      readonly bias: Option | undefined
      /** The option with the activation. */
      readonly activation: Option | undefined
    }
  /** Keeps them, under another shape. */
  | { readonly role: "shape" }
  /** Makes one of each window; space is smaller then, or gone. */
  | { readonly role: "pooling"; readonly space: "kept" | "gone" }
  /** Brings them to one size, over the batch or each sample by itself. */
  | { readonly role: "normalization"; readonly over: "batch" | "sample" }
  /** Alters single numbers or whole channels at random while training, and nothing when inferring. */
  | {
      readonly role: "noise"
      readonly drops: "numbers" | "channels" | "nothing"
      /** Whether a mean of 0 and a variance of 1 stay so. */
      readonly keepsMoments: boolean
    }
  /** Alters whole images at random while training, and nothing when inferring. */
  | { readonly role: "augmentation" }
  /** Adds to each time of a sequence what distinguishes it. */
  | { readonly role: "positions" }

/** Upper bounds on the numbers of a layer, for samples of a shape. */
export interface Sizes<O extends Options> {
  /** How many numbers it learns at most, without those of its activation. */
  readonly learned: (options: PlainValues<O>, input: Shape.Shape) => number
  /** How many intermediate numbers one row takes at most, besides the input and the output. */
  readonly between: (options: PlainValues<O>, input: Shape.Shape) => number
}

/** The traits of a layer. */
export type Traits<O extends Options> = Role<OptionName<O>> & Sizes<O>

/** The traits of a layer whatever its options are. */
export type AnyTraits = Role & { readonly [K in keyof Sizes<Options>]: (options: never, input: Shape.Shape) => number }

/** The entry of a layer. */
export type LayerEntry<O extends Options, Main extends keyof O & string> = Entry<O, Net, Main> & Traited<Traits<O>>

/** Infers the options of a layer's entry from its literal. */
export const layer = <const O extends Options, const Main extends keyof O & string = never>(
  definition: LayerEntry<O, Main>,
): LayerEntry<O, Main> => definition

const none = (): number => 0

/** The sizes of a layer that learns nothing and makes nothing but its output. */
export const light = { learned: none, between: none } as const

/** How many numbers the last axis has. */
export const widthOf = (input: Shape.Shape): number => input.at(-1) ?? 1

/** The sizes of a layer by its traits. `options` are those of its entry, every one filled in; names of other entries are not looked at. */
export const sizes = (
  { between, learned }: AnyTraits,
  options: { readonly [option: string]: unknown },
  input: Shape.Shape,
): { readonly learned: number; readonly between: number } => {
  const given = options as never
  return { learned: learned(given, input), between: between(given, input) }
}

/** How many elements a window has over the axes of space of a sample. */
export const windowOf = (kernel: number | ReadonlyArray<number>, input: Shape.Shape): number =>
  typeof kernel === "number" ? kernel ** Math.max(1, input.length - 1) : Shape.size(kernel)
