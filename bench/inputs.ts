/**
 * The arrays that every contender starts from, drawn once from a seed and handed over as files of little-endian numbers,
 * since no two libraries draw alike. Files lie in a folder of their own for each task, and a contender reads all of them
 * before any clock starts.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { classes, features, type Layer, learning, type Network } from "./network.ts"
import type { Task, TaskOf } from "./protocol.ts"

/** Numbers by name, each name a file. */
type Arrays = Readonly<Record<string, Float32Array | Int32Array | Uint8Array>>

/** The numbers of a layer that learns. */
export interface Weights {
  readonly w: Float32Array
  readonly b: Float32Array
}

/** The shape of a layer's weights. */
export const shapeOf = (layer: Exclude<Layer, { readonly kind: "pool" }>): ReadonlyArray<number> =>
  layer.kind === "dense" ? [layer.rows, layer.columns] : [layer.size, layer.size, layer.from, layer.to]

/** What the arrays are made of: standard normal and uniform numbers by name. */
export interface Draw {
  readonly normal: (name: string, size: number) => Float32Array
  readonly uniform: (name: string, size: number) => Float32Array
}

/** Images of bytes, one after the other, and their classes. */
export interface Images {
  readonly images: Uint8Array
  readonly labels: Int32Array
}

/** Where numbers come from: drawn, or read off data and trained weights where the machine has them. */
export interface Source {
  readonly draw: Draw
  /** 28 × 28 images of ten classes: 60,000 to train on, 10,000 to test with. */
  readonly images: (split: "train" | "test") => Images
  /** Trained weights of a network, where there are some. */
  readonly trained: (network: Network) => ReadonlyArray<Weights> | undefined
}

const initial = (network: Network, { normal }: Draw): ReadonlyArray<Weights> =>
  learning(network).map((layer, i) => {
    const shape = shapeOf(layer)
    const to = shape.at(-1) ?? 1
    const size = shape.reduce((product, n) => product * n, 1)
    return { w: normal(`w${i}`, size).map((x) => x * Math.sqrt((2 * to) / size)), b: new Float32Array(to) }
  })

const named = (weights: ReadonlyArray<Weights>): Arrays =>
  Object.fromEntries(
    weights.flatMap(({ b, w }, i) => [
      [`w${i}`, w],
      [`b${i}`, b],
    ]),
  )

const arraysOf: { readonly [K in Task["kind"]]: (task: TaskOf<K>, source: Source) => Arrays } = {
  product: ({ n }, { draw }) => ({ a: draw.uniform("a", n * n), b: draw.uniform("b", n * n) }),
  chain: ({ elements }, { draw }) => ({ x: draw.normal("x", elements) }),
  softmax: ({ columns, rows }, { draw }) => ({ x: draw.normal("x", rows * columns) }),
  // None is negative, so that no sum comes near zero, where the tolerance would be next to nothing.
  expressions: ({ count }, { draw }) => ({
    a: draw.uniform("a", count * 4),
    b: draw.uniform("b", count * 4),
    x: draw.uniform("x", count * 3),
  }),
  train: ({ batch, network }, { draw }) => ({
    ...named(initial(network, draw)),
    x: draw.uniform("x", batch * features(network)),
    labels: Int32Array.from({ length: batch }, (_, i) => i % classes(network)),
  }),
  epoch: ({ network, rows }, { draw, images }) => {
    const { images: pixels, labels } = images("train")
    return {
      ...named(initial(network, draw)),
      images: pixels.subarray(0, rows * features(network)),
      labels: labels.subarray(0, rows),
    }
  },
  infer: ({ network, rows }, { draw, images, trained }) => ({
    ...named(trained(network) ?? initial(network, draw)),
    images: images("test").images.subarray(0, rows * features(network)),
  }),
}

/** Writes the arrays of a task into a folder, which is made. */
export const write = <K extends Task["kind"]>(folder: string, task: TaskOf<K>, source: Source): void => {
  mkdirSync(folder, { recursive: true })
  const arrays = (arraysOf[task.kind] as (task: TaskOf<K>, source: Source) => Arrays)(task, source)
  for (const [name, array] of Object.entries(arrays)) writeFileSync(join(folder, name), array)
}

/** Puts the weights of a network, which are there channels-last, into the order that a library wants. */
export type Arrange = (network: Network, weights: ReadonlyArray<Weights>) => ReadonlyArray<Weights>

const floats = (folder: string, name: string): Float32Array => {
  const { buffer, byteOffset, byteLength } = readFileSync(join(folder, name))
  return new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength))
}

const integers = (folder: string, name: string): Int32Array => new Int32Array(floats(folder, name).buffer)

/** Bytes, as numbers from 0 to 1. */
const pixels = (folder: string): Float32Array => Float32Array.from(readFileSync(join(folder, "images")), (byte) => byte / 255)

/** The numbers of the layers that learn, in order. */
const weights = (folder: string, network: Network, arrange: Arrange): ReadonlyArray<Weights> =>
  arrange(
    network,
    learning(network).map((_, i) => ({ w: floats(folder, `w${i}`), b: floats(folder, `b${i}`) })),
  )

const given = {
  product: (folder) => ({ a: floats(folder, "a"), b: floats(folder, "b") }),
  chain: (folder) => ({ x: floats(folder, "x") }),
  softmax: (folder) => ({ x: floats(folder, "x") }),
  expressions: (folder) => ({ a: floats(folder, "a"), b: floats(folder, "b"), x: floats(folder, "x") }),
  train: (folder, { network }, arrange) => ({
    weights: weights(folder, network, arrange),
    x: floats(folder, "x"),
    labels: integers(folder, "labels"),
  }),
  epoch: (folder, { network }, arrange) => ({
    weights: weights(folder, network, arrange),
    images: pixels(folder),
    labels: integers(folder, "labels"),
  }),
  infer: (folder, { network }, arrange) => ({ weights: weights(folder, network, arrange), images: pixels(folder) }),
} satisfies { readonly [K in Task["kind"]]: (folder: string, task: TaskOf<K>, arrange: Arrange) => unknown }

/** What a kind of task starts from, in memory, as the language has it: before any library has seen it. */
export type Given<K extends Task["kind"]> = ReturnType<(typeof given)[K]>

const readers: { readonly [K in Task["kind"]]: (folder: string, task: TaskOf<K>, arrange: Arrange) => Given<K> } = given

/** Reads what a task starts from out of its folder. */
export const read = <K extends Task["kind"]>(
  folder: string,
  task: TaskOf<K>,
  arrange: Arrange = (_, unchanged) => unchanged,
): Given<K> => (readers[task.kind] as (folder: string, task: TaskOf<K>, arrange: Arrange) => Given<K>)(folder, task, arrange)
