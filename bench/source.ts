/** The inputs of contenders: drawn from a seed, or digits and weights if they are in a folder beside the repository. */
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { Idx, Npz } from "@adjoint/core"
import { Result } from "effect"
import type { Draw, Images, Source, Weights } from "./inputs.ts"
import { perceptron } from "./network.ts"

const data = join(import.meta.dirname, "../../shared/data")

/** The file names of MNIST. */
const prefix = { train: "train", test: "t10k" } as const
const rows = { train: 60_000, test: 10_000 } as const

const bytesOf = (file: string): Uint8Array =>
  Uint8Array.from(Result.getOrThrow(Idx.decode(readFileSync(join(data, "mnist", `${file}.gz`)))).data)

/** The seed of a name's random stream (FNV-1a). */
const seedOf = (name: string): number =>
  [...name].reduce((hash, letter) => Math.imul(hash ^ letter.charCodeAt(0), 16777619), -2128831035)

/** Uniform numbers from 0 to 1, the same for the same name (Mulberry32). */
const stream = (name: string): (() => number) => {
  let state = seedOf(name)
  return () => {
    state = (state + 0x6d2b79f5) | 0
    const a = Math.imul(state ^ (state >>> 15), state | 1)
    const b = a ^ (a + Math.imul(a ^ (a >>> 7), a | 61))
    return ((b ^ (b >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Numbers by name. The normal ones are by Box and Muller. */
export const draw: Draw = {
  uniform: (name, size) => {
    const next = stream(name)
    return Float32Array.from({ length: size }, next)
  },
  normal: (name, size) => {
    const next = stream(name)
    return Float32Array.from({ length: size }, () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()))
  },
}

/** Images with the shapes of MNIST: one pattern for each class, and noise. */
const made = (split: "train" | "test"): Images => {
  const patterns = draw.uniform("patterns", 10 * 784)
  const noise = draw.uniform(split, rows[split] * 784)
  const labels = Int32Array.from({ length: rows[split] }, (_, i) => i % 10)
  return {
    labels,
    images: Uint8Array.from(
      noise,
      (x, i) => 255 * (0.3 * (patterns[(Math.floor(i / 784) % 10) * 784 + (i % 784)] ?? 0) + 0.7 * x),
    ),
  }
}

const isThere = (folder: string): boolean => existsSync(join(data, folder))

const read = (split: "train" | "test"): Images => ({
  images: bytesOf(`${prefix[split]}-images-idx3-ubyte`),
  labels: Int32Array.from(bytesOf(`${prefix[split]}-labels-idx1-ubyte`)),
})

const classifier = perceptron([784, 50, 100, 10], "sigmoid")

const readClassifier = (): ReadonlyArray<Weights> => {
  const arrays = Result.getOrThrow(Npz.decode(readFileSync(join(data, "mnist-mlp", "weights.npz"))))
  const numbers = (name: string) => Float32Array.from(Result.getOrThrow(Npz.get(arrays, name)).data)
  return classifier.layers.map((_, i) => ({ w: numbers(`W${i + 1}`), b: numbers(`b${i + 1}`) }))
}

/** The source on this machine. */
export const source: Source = {
  draw,
  images: (split) => (isThere("mnist") ? read(split) : made(split)),
  trained: ({ name }) => (name === classifier.name && isThere("mnist-mlp") ? readClassifier() : undefined),
}

/** A description of the images and weights. */
export const provenance = (): string =>
  [
    isThere("mnist") ? "images are those of MNIST" : "images are made up, in the shape of MNIST's",
    isThere("mnist-mlp") ? "the classifier that infers is a trained one" : "the classifier that infers is not trained",
  ].join("; ")
