/**
 * Random training steps: a net of layers of all kinds on a batch of vectors, images, sequences or tokens, a loss, a penalty and an
 * optimizer, two steps one after the other. A seed gives the same program in every process.
 */
import * as Compile from "../src/engines/Compile.ts"
import { tensors } from "../src/language/TensorTree.ts"
import * as Activation from "../src/learning/Activation.ts"
import { make } from "../src/learning/Entry.ts"
import * as Layers from "../src/learning/Layers.ts"
import * as LearningRate from "../src/learning/LearningRate.ts"
import * as Loss from "../src/learning/Loss.ts"
import * as Net from "../src/learning/Net.ts"
import * as Optimizer from "../src/learning/Optimizer.ts"
import * as Regularizer from "../src/learning/Regularizer.ts"
import * as Key from "../src/tensor/Key.ts"
import * as Tensor from "../src/tensor/Tensor.ts"
import { initial, trainStep } from "../src/training/trainStep.ts"
import type { Shape } from "../src/types/Shape.ts"
import { ShapeError } from "../src/types/ShapeError.ts"
import { type Draw, drawFrom } from "./random-draws.ts"
import type { RandomProgram } from "./random-kernels.ts"

type Options = Readonly<Record<string, unknown>>

interface Use {
  readonly name: Layers.Name
  readonly options?: Options
}

const activation = (draw: Draw) => ({ name: draw.from(Object.keys(Activation.table)), options: {} })

/** Widths of layers: around multiples of the lanes and of tiles. */
const widths = [1, 3, 5, 8, 10, 12, 17, 24, 31, 32, 40, 48, 63, 64, 70, 96, 128, 130]

const dense = (draw: Draw): Use => ({ name: "dense", options: { units: draw.from(widths), activation: activation(draw) } })

/** Layers that keep a shape, whatever it is. */
const keeping = (draw: Draw): Use =>
  draw.from<() => Use>([
    () => ({ name: "layer_norm" }),
    () => ({ name: "rms_norm" }),
    () => ({ name: "batch_norm" }),
    () => ({ name: "dropout", options: { rate: 0.3 } }),
    () => ({ name: "alpha_dropout", options: { rate: 0.2 } }),
    () => ({ name: "gaussian_noise" }),
  ])()

const onVectors = (draw: Draw): Use => draw.from([dense, dense, keeping, maxout])(draw)
const maxout = (draw: Draw): Use => ({ name: "maxout", options: { units: draw.from(widths), pieces: draw.from([2, 3]) } })

const onImages = (draw: Draw, [, , channels = 1]: Shape): Use =>
  draw.from<() => Use>([
    () => ({
      name: "conv2d",
      options: {
        filters: draw.from([1, 3, 4, 8, 10, 12, 16, 20, 32]),
        kernel: draw.from([1, 2, 3, 5]),
        stride: draw.from([1, 1, 2]),
        pad: "same",
        activation: activation(draw),
      },
    }),
    () => ({ name: "conv2d", options: { filters: channels, kernel: 3, pad: "same", groups: channels } }),
    () => ({ name: "conv_transpose2d", options: { filters: draw.from([1, 4, 6]), kernel: 3, stride: 2, pad: "same" } }),
    () => ({ name: "max_pool", options: { window: draw.from([2, 3]), stride: draw.from([1, 2]), pad: "same" } }),
    () => ({ name: "avg_pool", options: { window: draw.from([2, 3]), stride: draw.from([1, 2]), pad: "same" } }),
    () => ({ name: "spatial_dropout", options: { rate: 0.3 } }),
    () => ({ name: "random_flip", options: { axes: "both", probability: 0.5 } }),
    () => ({ name: "random_shift", options: { most: 2 } }),
    () => keeping(draw),
  ])()

const onSequences = (draw: Draw, [, width = 1]: Shape): Use =>
  draw.from<() => Use>([
    () => ({ name: "simple_rnn", options: { units: draw.from(widths), give: "all", activation: activation(draw) } }),
    () => ({ name: "lstm", options: { units: draw.from(widths), give: "all", reverse: draw.below(2) === 1 } }),
    () => ({ name: "gru", options: { units: draw.from(widths), give: "all", reset: draw.from(["before", "after"]) } }),
    () => ({ name: "conv1d", options: { filters: draw.from(widths), kernel: draw.from([2, 3]), pad: "same" } }),
    () => ({ name: "multi_head_attention", options: { heads: width % 4 === 0 ? 4 : 1, causal: draw.below(2) === 1 } }),
    () => ({ name: "transformer_encoder", options: { heads: width % 2 === 0 ? 2 : 1, hidden: draw.from(widths) } }),
    () => ({ name: "positions", options: { kind: draw.from(["learned", "waves"]) } }),
    () => dense(draw),
    () => keeping(draw),
  ])()

/** Nets of more intermediate elements or weights than this are not used. */
const most = 120_000

const size = (shape: Shape): number => shape.reduce((product, n) => product * n, 1)

interface Data {
  readonly batch: number
  readonly sample: Shape
  readonly x: Tensor.Tensor
  readonly first: ReadonlyArray<Use>
  readonly layer: (draw: Draw, shape: Shape) => Use
}

const dataOf = (draw: Draw, key: Key.Key): Data => {
  const batch = draw.from([2, 3, 5, 8, 13, 16, 31, 32, 37, 64])
  const normal = (sample: Shape) => Tensor.read(Key.normal(key, [batch, ...sample]))
  return draw.from<() => Data>([
    () => {
      const sample = [draw.from(widths)]
      return { batch, sample, x: normal(sample), first: [], layer: onVectors }
    },
    () => {
      const sample = [draw.from([4, 5, 8, 9, 12]), draw.from([4, 7, 8, 10]), draw.from([1, 2, 3, 4, 8])]
      return { batch, sample, x: normal(sample), first: [], layer: onImages }
    },
    () => {
      const sample = [draw.from([2, 3, 5, 8]), draw.from(widths)]
      return { batch, sample, x: normal(sample), first: [], layer: onSequences }
    },
    () => {
      const [length, tokens] = [draw.from([2, 5, 9]), draw.from([5, 40, 300])]
      const x = Tensor.cast(Tensor.floor(Key.uniform(key, [batch, length], { high: tokens })), "i32")
      const embedding: Use = { name: "embedding", options: { tokens, units: draw.from(widths) } }
      return { batch, sample: [length], x: Tensor.read(x), first: [embedding], layer: onSequences }
    },
  ])()
}

/** The program of a seed. */
export const randomStep = (seed: number): RandomProgram => {
  const draw = drawFrom(Math.imul(seed, 0x85ebca6b) ^ 0x5bd1e995)
  const key = Key.make(seed)
  const { batch, first, layer, sample, x } = dataOf(draw, Key.fold(key, "x"))
  const layers: Array<ReturnType<typeof netOf>> = []
  const names: Array<string> = []
  let shape = sample
  const netOf = ({ name, options = {} }: Use) => make(Layers.table, { name, options })
  const shapeOf = (net: Net.Net): Shape => {
    try {
      return net.shape(shape)
    } catch (error) {
      // The layer takes no such samples.
      if (error instanceof ShapeError) return []
      throw error
    }
  }
  const add = (use: Use): void => {
    const net = netOf(use)
    const next = shapeOf(net)
    if (next.length === 0 || batch * size(next) > most || next.some((n) => n < 1)) return
    const weights = tensors(net.init(key, shape).params).reduce((sum, w) => sum + size(w.shape), 0)
    if (weights > most) return
    layers.push(net)
    names.push(use.name)
    shape = next
  }
  for (const use of first) add(use)
  const depth = 1 + draw.below(4)
  for (let i = 0; i < depth; i++) add(layer(draw, shape))
  if (shape.length > 1) add(draw.from<Use>([{ name: "flatten" }, { name: "global_avg_pool" }]))
  const classes = draw.from([1, 2, 3, 10, 17])
  add({ name: "dense", options: { units: classes } })

  const loss = draw.from(Object.keys(Loss.table))
  const optimizer = draw.from(Object.keys(Optimizer.table))
  const scores = Tensor.exp(Key.normal(Key.fold(key, "y"), [batch, classes]))
  const y = Tensor.read(Tensor.div(scores, Tensor.sum(scores, { axes: -1, keepAxes: true })))
  const config = {
    net: Net.sequential(layers as never),
    loss: make(Loss.table, { name: loss, options: {} }),
    penalty: Regularizer.l2(1e-3),
    optimizer: make(Optimizer.table, { name: optimizer, options: {} })(LearningRate.cosine({ lr: 0.05, steps: 8 })),
    data: { inputs: Tensor.read(x), targets: Tensor.read(y) },
    seed,
    epochs: 1,
    batch,
  }
  const state = initial(config as never)
  const step = trainStep(config as never) as (
    from: unknown,
    batch: unknown,
  ) => { readonly state: unknown; readonly output: unknown }
  const twice = (from: unknown, x: Tensor.Tensor, y: Tensor.Tensor) => {
    const once = step(from, { x, y })
    const again = step(once.state, { x, y })
    return [once.output, again.state, again.output]
  }
  const { program } = Compile.program(twice as never, state as never, x as never, y as never)
  return {
    program,
    inputs: Tensor.readAll(tensors([state, x, y])),
    text: `${batch}×${sample.join("×")}: ${names.join(", ")}, ${loss}, ${optimizer}`,
  }
}
