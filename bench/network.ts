/** The measured networks, described once for all libraries: layers with all sizes, images channels-last. */

/** The activation of a dense layer. */
export type Activation = "identity" | "relu" | "sigmoid"

/** A layer with parameters: `w` is [rows, columns], or [size, size, from, to]. */
export type Layer =
  /** `image` is the shape that it flattens: [height, width, channels]. Channels-first libraries reorder the rows of `w`. */
  | {
      readonly kind: "dense"
      readonly rows: number
      readonly columns: number
      readonly activation: Activation
      readonly image?: ReadonlyArray<number>
    }
  /** A convolution with a window of `size` × `size`, then relu. */
  | { readonly kind: "conv"; readonly size: number; readonly from: number; readonly to: number; readonly pad: "same" | "valid" }
  /** Max pooling with windows of `size` × `size`. */
  | { readonly kind: "pool"; readonly size: number }

export interface Network {
  readonly name: string
  /** The shape of one input. */
  readonly input: ReadonlyArray<number>
  readonly layers: ReadonlyArray<Layer>
}

/** The layers with parameters, in order. */
export const learning = ({ layers }: Network): ReadonlyArray<Exclude<Layer, { readonly kind: "pool" }>> =>
  layers.filter((layer) => layer.kind !== "pool")

/** The number of elements of one input. */
export const features = ({ input }: Network): number => input.reduce((product, n) => product * n, 1)

/** The number of classes. */
export const classes = ({ layers }: Network): number => {
  const last = layers.at(-1)
  return last?.kind === "dense" ? last.columns : 0
}

/** Dense layers of these widths, the last one without an activation. */
export const perceptron = (widths: ReadonlyArray<number>, hidden: Activation = "relu"): Network => ({
  name: widths.join("-"),
  input: widths.slice(0, 1),
  layers: widths.slice(1).map((columns, i) => ({
    kind: "dense",
    rows: widths[i] ?? 0,
    columns,
    activation: i === widths.length - 2 ? "identity" : hidden,
  })),
})

/** A small convolutional network for 28 × 28 images. */
export const convolutional: Network = {
  name: "CNN 1→16→32, 3×3, dense 128",
  input: [28, 28, 1],
  layers: [
    { kind: "conv", size: 3, from: 1, to: 16, pad: "same" },
    { kind: "pool", size: 2 },
    { kind: "conv", size: 3, from: 16, to: 32, pad: "same" },
    { kind: "pool", size: 2 },
    { kind: "dense", rows: 7 * 7 * 32, columns: 128, activation: "relu", image: [7, 7, 32] },
    { kind: "dense", rows: 128, columns: 10, activation: "identity" },
  ],
}

/** LeNet-5 (LeCun, Bottou, Bengio and Haffner, 1998) in its modern form: relu and max pooling. */
export const lenet: Network = {
  name: "LeNet-5",
  input: [28, 28, 1],
  layers: [
    { kind: "conv", size: 5, from: 1, to: 6, pad: "same" },
    { kind: "pool", size: 2 },
    { kind: "conv", size: 5, from: 6, to: 16, pad: "valid" },
    { kind: "pool", size: 2 },
    { kind: "dense", rows: 5 * 5 * 16, columns: 120, activation: "relu", image: [5, 5, 16] },
    { kind: "dense", rows: 120, columns: 84, activation: "relu" },
    { kind: "dense", rows: 84, columns: 10, activation: "identity" },
  ],
}
