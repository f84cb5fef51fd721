// Inference: a trained network predicts images one by one and in batches of 100, with the same bits. Images are bytes; the
// compiled program casts and scales them.
//
//   node examples/06-inference.ts            digits of 8×8, with weights that are trained first
//   node examples/06-inference.ts FOLDER     the 10,000 images of FOLDER/mnist, with the weights in FOLDER/mnist-mlp/weights.npz
import { join } from "node:path"
import {
  Activation,
  Compile,
  Dataset,
  Layers,
  Load,
  Loss,
  NDArray,
  Net,
  Npz,
  Optimizer,
  Shape,
  Tensor,
  Train,
  Wasm,
} from "@adjoint/core"
import { NodeServices } from "@effect/platform-node"
import { Console, Effect, Stream } from "effect"

const dense = (units: number) => Layers.dense({ units, activation: "sigmoid" })
const net = Net.sequential({ h1: dense(50), h2: dense(100), out: Layers.dense({ units: 10 }) })

/** Images as bytes [n, height, width], their labels, the byte for white, and weights of `net`. */
interface Task {
  readonly images: NDArray.NDArray
  readonly labels: NDArray.NDArray
  readonly white: number
  readonly params: Parameters<typeof net.apply>[0]
}

/** Rows of pixels from 0 to 1: [n, height · width]. */
const pixels = (images: Tensor.Tensor, white: number): Tensor.Tensor =>
  Tensor.div(Tensor.reshape(Tensor.cast(images, "f32"), [-1, Shape.size(images.shape.slice(1))]), white)

const mnist = (folder: string) =>
  Effect.gen(function* () {
    const images = yield* Load.idx(join(folder, "mnist/t10k-images-idx3-ubyte.gz"))
    const labels = yield* Load.idx(join(folder, "mnist/t10k-labels-idx1-ubyte.gz"))
    const arrays = yield* Load.npz(join(folder, "mnist-mlp/weights.npz"))
    const layer = (i: number) =>
      Effect.all({ w: Effect.fromResult(Npz.get(arrays, `W${i}`)), b: Effect.fromResult(Npz.get(arrays, `b${i}`)) })
    const params = { h1: yield* layer(1), h2: yield* layer(2), out: yield* layer(3) }
    return { images, labels, white: 255, params } satisfies Task
  })

const digits = Effect.gen(function* () {
  const images = yield* Load.idx(join(import.meta.dirname, "data/digits-images.idx.gz"))
  const labels = yield* Load.idx(join(import.meta.dirname, "data/digits-labels.idx.gz"))
  const [from, to] = [images.shape[0] ?? 0, 1297]
  const data = {
    inputs: Tensor.read(pixels(Dataset.slice(images, 0, to), 16)),
    targets: Tensor.read(Tensor.cast(Dataset.slice(labels, 0, to), "i32")),
  }
  const config = {
    net,
    data,
    loss: Loss.categoricalCrossEntropy(),
    optimizer: Optimizer.adam(0.01),
    seed: 1,
    epochs: 15,
    batch: 32,
  }
  const [end] = yield* Stream.runCollect(Stream.filter(Train.run(config), (event) => event._tag === "Finished"))
  if (end === undefined) return yield* Effect.die("a run that ends has finished")
  const rest = (array: NDArray.NDArray) => Dataset.slice(array, to, from)
  return { images: rest(images), labels: rest(labels), white: 16, params: end.params } satisfies Task
})

/** Classifies all images in batches of `size`: probabilities [images, 10], and the milliseconds it took. */
const classify = ({ images, params, white }: Task, size: number) =>
  Effect.gen(function* () {
    const probabilities = yield* Compile.compile(
      (x: Tensor.Tensor) =>
        Activation.softmax(net.apply(params, { h1: {}, h2: {}, out: {} }, pixels(x, white), { mode: "infer" }).y),
      Tensor.zeros([size, ...images.shape.slice(1)], "u8"),
    )
    const batches = Array.from({ length: (images.shape[0] ?? 0) / size }, (_, i) =>
      Dataset.slice(images, i * size, (i + 1) * size),
    )
    yield* probabilities(Dataset.slice(images, 0, size))
    const started = performance.now()
    const answers = yield* Effect.forEach(batches, (batch) => probabilities(batch))
    const milliseconds = performance.now() - started
    return { answers: Dataset.concatRows(answers.map((answer) => Tensor.read(answer))), milliseconds }
  }).pipe(Effect.scoped)

const program = Effect.gen(function* () {
  const [, , folder] = process.argv
  const task = yield* folder === undefined ? digits : mnist(folder)
  const [count = 0, height, width] = task.images.shape
  const right = (answers: Tensor.Tensor) =>
    Tensor.toNumber(Tensor.sum(Tensor.cast(Tensor.equal(Tensor.argMax(answers, -1), Tensor.cast(task.labels, "i32")), "i32")))

  const single = yield* classify(task, 1)
  const hundreds = yield* classify(task, 100)
  yield* Console.log(`${count} images of ${height}×${width}`)
  yield* Console.log(`one by one      ${right(single.answers)} right`)
  yield* Console.log(`100 at a time   ${right(hundreds.answers)} right`)
  yield* Console.log(`the same bits   ${NDArray.equals(single.answers, hundreds.answers)}`)
  const each = ({ milliseconds }: typeof single) => `${((1000 * milliseconds) / count).toFixed(2)} µs an image`
  yield* Console.error(`one by one ${each(single)}, 100 at a time ${each(hundreds)}`)
})

await Effect.runPromise(program.pipe(Effect.provide([Wasm.layer(), NodeServices.layer])))

// Prints:
// 500 images of 8×8
// one by one      461 right
// 100 at a time   461 right
// the same bits   true
