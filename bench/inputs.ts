/**
 * The arrays that every contender starts from. They are drawn once from a seed and written to files of little-endian numbers,
 * since libraries have different random generators. Each task has a folder of files, and a contender reads all of them before
 * the clock starts.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { answers, classes, features, type Network, parameterShapes, size, tokens } from "./network.ts"
import type { Task, TaskOf } from "./protocol.ts"

/** Numbers by name; each name is a file. */
type Arrays = Readonly<Record<string, Float32Array | Int32Array | Uint8Array>>

/** The parameters of a layer by name (`parameterShapes`). */
export type Weights = Readonly<Record<string, Float32Array>>

/** Sources of random numbers: standard normal and uniform ones by name. */
export interface Draw {
  readonly normal: (name: string, size: number) => Float32Array
  readonly uniform: (name: string, size: number) => Float32Array
}

/** Images as consecutive bytes, and their classes. */
export interface Images {
  readonly images: Uint8Array
  readonly labels: Int32Array
}

/** The source of numbers: drawn, or read from data and trained weights if the machine has them. */
export interface Source {
  readonly draw: Draw
  /** 28 × 28 images of ten classes: 60,000 to train on, 10,000 to test with. */
  readonly images: (split: "train" | "test") => Images
  /** Trained weights of a network, if available. */
  readonly trained: (network: Network) => ReadonlyArray<Weights> | undefined
}

/** The file of a parameter. */
const fileOf = (layer: number, parameter: string): string => `${layer}.${parameter}`

/** Weights of variance 2 / fan-in, scales of 1, and zeros. */
const initial = (network: Network, { normal }: Draw): ReadonlyArray<Weights> =>
  network.layers.map((layer, i) =>
    Object.fromEntries(
      Object.entries(parameterShapes(layer)).map(([name, shape]) => {
        const count = size(shape)
        if (shape.length === 1) return [name, new Float32Array(count).fill(name.endsWith("gamma") ? 1 : 0)]
        const scale = Math.sqrt((2 * (shape.at(-1) ?? 1)) / count)
        return [name, normal(fileOf(i, name), count).map((x) => x * scale)]
      }),
    ),
  )

const named = (weights: ReadonlyArray<Weights>): Arrays =>
  Object.fromEntries(weights.flatMap((layer, i) => Object.entries(layer).map(([name, array]) => [fileOf(i, name), array])))

/** Uniform numbers, or tokens. */
const inputsOf = (network: Network, rows: number, { uniform }: Draw): Float32Array | Int32Array => {
  const numbers = uniform("x", rows * features(network))
  const count = tokens(network)
  return count === undefined ? numbers : Int32Array.from(numbers, (x) => Math.min(Math.floor(x * count), count - 1))
}

/** The file of a table. */
const tableFile = "table.csv"

/** Numbers from 0 to 1000 with six decimals, as a file has measurements, under a header. */
const csvOf = (numbers: Float32Array, columns: number): Uint8Array => {
  const lines = [Array.from({ length: columns }, (_, i) => `x${i + 1}`).join(",")]
  for (let at = 0; at < numbers.length; at += columns)
    lines.push(Array.from(numbers.subarray(at, at + columns), (x) => (x * 1000).toFixed(6)).join(","))
  return new TextEncoder().encode(`${lines.join("\n")}\n`)
}

const arraysOf: { readonly [K in Task["kind"]]: (task: TaskOf<K>, source: Source) => Arrays } = {
  product: ({ n }, { draw }) => ({ a: draw.uniform("a", n * n), b: draw.uniform("b", n * n) }),
  chain: ({ elements }, { draw }) => ({ x: draw.normal("x", elements) }),
  softmax: ({ columns, rows }, { draw }) => ({ x: draw.normal("x", rows * columns) }),
  // No number is negative, so no sum is near zero, where the relative tolerance would be too small.
  expressions: ({ count }, { draw }) => ({
    a: draw.uniform("a", count * 4),
    b: draw.uniform("b", count * 4),
    x: draw.uniform("x", count * 3),
  }),
  train: ({ batch, network }, { draw }) => ({
    ...named(initial(network, draw)),
    x: inputsOf(network, batch, draw),
    labels: Int32Array.from({ length: batch * answers(network) }, (_, i) => i % classes(network)),
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
  table: ({ columns, rows }, { draw }) => ({ [tableFile]: csvOf(draw.uniform("x", rows * columns), columns) }),
}

/** Creates a folder and writes the arrays of a task into it. */
export const write = <K extends Task["kind"]>(folder: string, task: TaskOf<K>, source: Source): void => {
  mkdirSync(folder, { recursive: true })
  const arrays = (arraysOf[task.kind] as (task: TaskOf<K>, source: Source) => Arrays)(task, source)
  for (const [name, array] of Object.entries(arrays)) writeFileSync(join(folder, name), array)
}

/** Reorders the weights of a network from channels-last to the order of a library. */
export type Arrange = (network: Network, weights: ReadonlyArray<Weights>) => ReadonlyArray<Weights>

const floats = (folder: string, name: string): Float32Array => {
  const { buffer, byteOffset, byteLength } = readFileSync(join(folder, name))
  return new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength))
}

const integers = (folder: string, name: string): Int32Array => new Int32Array(floats(folder, name).buffer)

/** Bytes as numbers from 0 to 1. */
const pixels = (folder: string): Float32Array => Float32Array.from(readFileSync(join(folder, "images")), (byte) => byte / 255)

/** The parameters of each layer. */
const weights = (folder: string, network: Network, arrange: Arrange): ReadonlyArray<Weights> =>
  arrange(
    network,
    network.layers.map((layer, i) =>
      Object.fromEntries(Object.keys(parameterShapes(layer)).map((name) => [name, floats(folder, fileOf(i, name))])),
    ),
  )

const given = {
  product: (folder) => ({ a: floats(folder, "a"), b: floats(folder, "b") }),
  chain: (folder) => ({ x: floats(folder, "x") }),
  softmax: (folder) => ({ x: floats(folder, "x") }),
  expressions: (folder) => ({ a: floats(folder, "a"), b: floats(folder, "b"), x: floats(folder, "x") }),
  train: (folder, { network }, arrange) => ({
    weights: weights(folder, network, arrange),
    x: tokens(network) === undefined ? floats(folder, "x") : integers(folder, "x"),
    labels: integers(folder, "labels"),
  }),
  epoch: (folder, { network }, arrange) => ({
    weights: weights(folder, network, arrange),
    images: pixels(folder),
    labels: integers(folder, "labels"),
  }),
  infer: (folder, { network }, arrange) => ({ weights: weights(folder, network, arrange), images: pixels(folder) }),
  table: (folder) => ({ file: join(folder, tableFile) }),
} satisfies { readonly [K in Task["kind"]]: (folder: string, task: TaskOf<K>, arrange: Arrange) => unknown }

/** The inputs of each kind of task as typed arrays, before a library converts them. */
export type Given<K extends Task["kind"]> = ReturnType<(typeof given)[K]>

const readers: { readonly [K in Task["kind"]]: (folder: string, task: TaskOf<K>, arrange: Arrange) => Given<K> } = given

/** Reads the inputs of a task from its folder. */
export const read = <K extends Task["kind"]>(
  folder: string,
  task: TaskOf<K>,
  arrange: Arrange = (_, unchanged) => unchanged,
): Given<K> => (readers[task.kind] as (folder: string, task: TaskOf<K>, arrange: Arrange) => Given<K>)(folder, task, arrange)
