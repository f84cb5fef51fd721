/** The work that a repetition of a task needs in any library: the operations of its products, and the bytes it has to move. */
import { features, type Layer, type LayerOf, type Network, parameterShapes, size } from "./network.ts"
import type { Task, TaskOf } from "./protocol.ts"

export interface Work {
  /** Floating-point operations of matrix products and convolutions: two for each multiplication with its addition. */
  readonly operations: number
  /** Bytes read and written. */
  readonly bytes: number
}

type Shape = ReadonlyArray<number>

/** A layer for one input of a shape: the shape of its output, and the multiplications of its products. */
interface Layered {
  readonly shape: Shape
  readonly products: number
}

const last = (shape: Shape, units: number): Shape => [...shape.slice(0, -1), units]

const layered: { readonly [K in Layer["kind"]]: (layer: LayerOf<K>, shape: Shape) => Layered } = {
  dense: ({ columns, image, rows }, shape) =>
    image === undefined
      ? { shape: last(shape, columns), products: size(shape) * columns }
      : { shape: [columns], products: rows * columns },
  conv: ({ from, pad, size: window, to }, shape) => {
    const space = shape.slice(0, 2).map((n) => (pad === "same" ? n : n - window + 1))
    return { shape: [...space, to], products: size(space) * window * window * from * to }
  },
  batchNorm: (_, shape) => ({ shape, products: 0 }),
  pool: ({ size: window }, [height = 1, width = 1, channels = 1]) => ({
    shape: [Math.floor(height / window), Math.floor(width / window), channels],
    products: 0,
  }),
  embedding: ({ units }, shape) => ({ shape: [...shape, units], products: 0 }),
  positions: (_, shape) => ({ shape, products: 0 }),
  // Four maps, two dense layers of 4 × units, and two products of [time, time]: masked pairs of time steps count too.
  transformer: ({ units }, shape) => {
    const [time = 1] = shape
    return { shape, products: time * units * (12 * units + 2 * time) }
  },
  layerNorm: (_, shape) => ({ shape, products: 0 }),
  lstm: ({ from, units }, [time = 1]) => ({ shape: [units], products: time * (from + units) * 4 * units }),
  mean: (_, shape) => ({ shape: shape.slice(1), products: 0 }),
}

const each = ({ input, layers }: Network): ReadonlyArray<Layered> => {
  let shape: Shape = input
  return layers.map((layer) => {
    const made = (layered[layer.kind] as (layer: Layer, shape: Shape) => Layered)(layer, shape)
    shape = made.shape
    return made
  })
}

const forward = (network: Network): number => 2 * each(network).reduce((sum, { products }) => sum + products, 0)

/** The multiplications of the gradient of the input, which the first layer does not need. */
const spared = ({ input, layers: [first] }: Network): number => {
  if (first === undefined) return 0
  // The gradient of the state of an LSTM is needed; the one of its input is not.
  if (first.kind === "lstm") return (input[0] ?? 1) * first.from * 4 * first.units
  return (layered[first.kind] as (layer: Layer, shape: Shape) => Layered)(first, input).products
}

/** A step computes each product three times: forward, for the gradient of its input, and for that of its weights. */
const training = (network: Network): number => 3 * forward(network) - 2 * spared(network)

/** A step of Adam reads and writes each parameter and both of its moments. */
const updated = ({ layers }: Network): number =>
  6 * 4 * layers.flatMap((layer) => Object.values(parameterShapes(layer))).reduce((sum, shape) => sum + size(shape), 0)

const works: { readonly [K in Task["kind"]]: (task: TaskOf<K>) => Work } = {
  product: ({ n }) => ({ operations: 2 * n ** 3, bytes: 3 * 4 * n ** 2 }),
  chain: ({ elements }) => ({ operations: 0, bytes: 2 * 4 * elements }),
  softmax: ({ columns, rows }) => ({ operations: 0, bytes: 2 * 4 * rows * columns }),
  expressions: () => ({ operations: 0, bytes: 0 }),
  train: ({ batch, network }) => ({ operations: batch * training(network), bytes: updated(network) }),
  epoch: ({ batch, network, rows }) => ({
    operations: rows * training(network),
    bytes: Math.ceil(rows / batch) * updated(network) + 4 * rows * features(network),
  }),
  infer: ({ network, rows }) => ({ operations: rows * forward(network), bytes: 4 * rows * features(network) }),
  table: ({ columns, rows }) => ({ operations: 0, bytes: 8 * rows * columns }),
}

/** The work of a task. */
export const workOf = <K extends Task["kind"]>(task: TaskOf<K>): Work => (works[task.kind] as (task: TaskOf<K>) => Work)(task)
