/** The measured networks, described once for all libraries: layers with all sizes, images channels-last. */

/** The activation of a layer. */
export type Activation = "identity" | "relu" | "sigmoid"

/** A layer with all its sizes. */
export type Layer =
  /** Over the last axis. `image` is the shape that it flattens: [height, width, channels]. Channels-first libraries reorder the rows of `w`. */
  | {
      readonly kind: "dense"
      readonly rows: number
      readonly columns: number
      readonly activation: Activation
      readonly image?: ReadonlyArray<number>
    }
  /** A convolution with a window of `size` × `size`: with a bias and relu, or with neither before batch normalization. */
  | {
      readonly kind: "conv"
      readonly size: number
      readonly from: number
      readonly to: number
      readonly pad: "same" | "valid"
      readonly bias: boolean
    }
  /** Batch normalization over all axes but the last one, then relu. */
  | { readonly kind: "batchNorm"; readonly channels: number }
  /** Max pooling with windows of `size` × `size`. */
  | { readonly kind: "pool"; readonly size: number }
  /** The vector of each token. */
  | { readonly kind: "embedding"; readonly tokens: number; readonly units: number }
  /** Adds a learned vector to each time step. */
  | { readonly kind: "positions"; readonly time: number; readonly units: number }
  /** A block of causal attention and two dense layers with gelu between, 4 × `units` wide; layer normalization before both. */
  | { readonly kind: "transformer"; readonly units: number; readonly heads: number }
  | { readonly kind: "layerNorm"; readonly units: number }
  /** The output of the last time step. Its gates are side by side in the order i, f, g, o. */
  | { readonly kind: "lstm"; readonly from: number; readonly units: number }
  /** The mean over the time steps. */
  | { readonly kind: "mean" }

/** A layer of one kind. */
export type LayerOf<K extends Layer["kind"]> = Extract<Layer, { readonly kind: K }>

export interface Network {
  readonly name: string
  /** The shape of one input. */
  readonly input: ReadonlyArray<number>
  readonly layers: ReadonlyArray<Layer>
}

/** The shapes of a layer's parameters by name, in order. A name with a point is that of a part: `attention.wq`. */
export type ParameterShapes = Readonly<Record<string, ReadonlyArray<number>>>

const shapesOf: { readonly [K in Layer["kind"]]: (layer: LayerOf<K>) => ParameterShapes } = {
  dense: ({ columns, rows }) => ({ w: [rows, columns], b: [columns] }),
  conv: ({ bias, from, size, to }) => ({ w: [size, size, from, to], ...(bias ? { b: [to] } : {}) }),
  batchNorm: ({ channels }) => ({ gamma: [channels], beta: [channels] }),
  pool: () => ({}),
  embedding: ({ tokens, units }) => ({ w: [tokens, units] }),
  positions: ({ time, units }) => ({ w: [time, units] }),
  transformer: ({ units }) => ({
    "norm1.gamma": [units],
    "norm1.beta": [units],
    ...Object.fromEntries(
      ["q", "k", "v", "o"].flatMap((name) => [
        [`attention.w${name}`, [units, units]],
        [`attention.b${name}`, [units]],
      ]),
    ),
    "norm2.gamma": [units],
    "norm2.beta": [units],
    "dense1.w": [units, 4 * units],
    "dense1.b": [4 * units],
    "dense2.w": [4 * units, units],
    "dense2.b": [units],
  }),
  layerNorm: ({ units }) => ({ gamma: [units], beta: [units] }),
  lstm: ({ from, units }) => ({ wx: [from, 4 * units], wh: [units, 4 * units], b: [4 * units] }),
  mean: () => ({}),
}

/** The shapes of a layer's parameters. */
export const parameterShapes = (layer: Layer): ParameterShapes =>
  (shapesOf[layer.kind] as (layer: Layer) => ParameterShapes)(layer)

/** The number of elements of a shape. */
export const size = (shape: ReadonlyArray<number>): number => shape.reduce((product, n) => product * n, 1)

/** The number of elements of one input. */
export const features = ({ input }: Network): number => size(input)

/** The number of outputs of the last layer: the number of classes, if they are classes. */
export const classes = ({ layers }: Network): number => {
  const last = layers.at(-1)
  return last?.kind === "dense" ? last.columns : 0
}

/** The number of tokens to choose inputs from; undefined if the inputs are no tokens. */
export const tokens = ({ layers: [first] }: Network): number | undefined =>
  first?.kind === "embedding" ? first.tokens : undefined

/** The number of answers for one input: one, or one for each token of a sequence. */
export const answers = (network: Network): number =>
  tokens(network) === undefined || network.layers.some(({ kind }) => kind === "mean" || kind === "lstm") ? 1 : features(network)

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

const conv = (size: number, from: number, to: number, pad: "same" | "valid" = "same"): Layer => ({
  kind: "conv",
  size,
  from,
  to,
  pad,
  bias: true,
})

const pool: Layer = { kind: "pool", size: 2 }

/** A small convolutional network for 28 × 28 images. */
export const convolutional: Network = {
  name: "CNN 1→16→32, 3×3, dense 128",
  input: [28, 28, 1],
  layers: [
    conv(3, 1, 16),
    pool,
    conv(3, 16, 32),
    pool,
    { kind: "dense", rows: 7 * 7 * 32, columns: 128, activation: "relu", image: [7, 7, 32] },
    { kind: "dense", rows: 128, columns: 10, activation: "identity" },
  ],
}

/** LeNet-5 (LeCun, Bottou, Bengio and Haffner, 1998) in its modern form: relu and max pooling. */
export const lenet: Network = {
  name: "LeNet-5",
  input: [28, 28, 1],
  layers: [
    conv(5, 1, 6),
    pool,
    conv(5, 6, 16, "valid"),
    pool,
    { kind: "dense", rows: 5 * 5 * 16, columns: 120, activation: "relu", image: [5, 5, 16] },
    { kind: "dense", rows: 120, columns: 84, activation: "relu" },
    { kind: "dense", rows: 84, columns: 10, activation: "identity" },
  ],
}

const normalizedConv = (from: number, to: number): ReadonlyArray<Layer> => [
  { kind: "conv", size: 3, from, to, pad: "same", bias: false },
  { kind: "batchNorm", channels: to },
]

/** Pairs of 3 × 3 convolutions as in VGG (Simonyan and Zisserman, 2014), with batch normalization, for 32 × 32 colour images. */
export const vgg: Network = {
  name: "VGG-like 32-32-64-64-256, batch norm",
  input: [32, 32, 3],
  layers: [
    ...normalizedConv(3, 32),
    ...normalizedConv(32, 32),
    pool,
    ...normalizedConv(32, 64),
    ...normalizedConv(64, 64),
    pool,
    { kind: "dense", rows: 8 * 8 * 64, columns: 256, activation: "relu", image: [8, 8, 64] },
    { kind: "dense", rows: 256, columns: 10, activation: "identity" },
  ],
}

/** A language model of characters: predicts the next one at each of 64 positions, out of the 65 of Shakespeare's plays. */
export const transformer: Network = {
  name: "Transformer 2 × 128, 4 heads, 64 characters",
  input: [64],
  layers: [
    { kind: "embedding", tokens: 65, units: 128 },
    { kind: "positions", time: 64, units: 128 },
    { kind: "transformer", units: 128, heads: 4 },
    { kind: "transformer", units: 128, heads: 4 },
    { kind: "layerNorm", units: 128 },
    { kind: "dense", rows: 128, columns: 65, activation: "identity" },
  ],
}

/** A classifier of sequences of 50 time steps with 32 numbers each. */
export const lstm: Network = {
  name: "LSTM 128 over 50 × 32",
  input: [50, 32],
  layers: [
    { kind: "lstm", from: 32, units: 128 },
    { kind: "dense", rows: 128, columns: 10, activation: "identity" },
  ],
}

/** A classifier of texts of 20 words by the mean of their vectors. */
export const meanOfEmbeddings: Network = {
  name: "Mean of 20 embeddings of 64, of 20,000",
  input: [20],
  layers: [
    { kind: "embedding", tokens: 20_000, units: 64 },
    { kind: "mean" },
    { kind: "dense", rows: 64, columns: 10, activation: "identity" },
  ],
}
