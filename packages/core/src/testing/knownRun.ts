/**
 * A short training run with a known result: the trained weights are the same bytes on every machine, in every host and with
 * any number of threads, and their hash is recorded here. The run has a convolution, pooling, dropout, a transcendental
 * activation, Adam, a schedule and a penalty. Its steps are large enough to be divided among threads.
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type * as Dataset from "../data/Dataset.ts"
import type { Engine } from "../engines/Engine.ts"
import * as Layers from "../learning/Layers.ts"
import * as LearningRate from "../learning/LearningRate.ts"
import * as Loss from "../learning/Loss.ts"
import * as Net from "../learning/Net.ts"
import * as Optimizer from "../learning/Optimizer.ts"
import { leaves } from "../learning/Params.ts"
import * as Regularizer from "../learning/Regularizer.ts"
import * as Key from "../tensor/Key.ts"
import * as T from "../tensor/Tensor.ts"
import * as Train from "../training/Train.ts"

/** SHA-256 of the trained weights with portable numerics. A change of this hash is a change of all users' results. */
export const knownHash = "198348eee90bd4e1b4007f5543c409f13f1913044dcc0e87e80069c74042253e"

/** The same with fast numerics, on hosts that support them. */
export const knownFastHash = "f83a68b8078a74c2f218ea2d4fbf8e4bb35ed73f3ef438d517358929416edd77"

const classes = 10

/** Images of noise, each brighter in the row of its class. */
const images = (rows: number): Dataset.Dataset => {
  const key = Key.make(20)
  const labels = T.floor(T.mul(Key.uniform(Key.fold(key, "labels"), [rows]), classes))
  const bright = T.mul(T.oneHot(T.cast(labels, "i32"), classes), 2)
  const noise = Key.normal(Key.fold(key, "noise"), [rows, classes, 12, 1])
  return {
    inputs: T.read(T.add(noise, T.reshape(bright, [rows, classes, 1, 1]))),
    targets: T.read(T.cast(labels, "i32")),
  }
}

const filters = 16

const convolution = Net.stateless({
  kind: "convolution",
  shape: ([height = 0, width = 0]) => [height / 2, width / 2, filters],
  init: (key) => ({ kernel: T.mul(Key.normal(key, [3, 3, 1, filters]), 0.3) }),
  apply: ({ kernel }, x) => T.maxPool(T.maximum(T.conv(x, kernel, { pad: "same" }), 0), { window: 2 }),
})

/** The settings of the run. */
export const config = () => ({
  net: Net.sequential([
    convolution,
    Layers.flatten,
    Layers.dense({ units: 96, activation: "gelu" }),
    Layers.dropout(0.1),
    Layers.dense({ units: 32, activation: "tanh" }),
    Layers.dense({ units: classes }),
  ]),
  loss: Loss.categoricalCrossEntropy(),
  penalty: Regularizer.l2(1e-4),
  optimizer: Optimizer.adam(LearningRate.cosine({ lr: 0.01, steps: 12 })),
  data: images(240),
  seed: 9,
  epochs: 3,
  // The last batch of an epoch is short.
  batch: 64,
})

const hex = (bytes: ArrayBuffer): string => Array.from(new Uint8Array(bytes), (x) => x.toString(16).padStart(2, "0")).join("")

/** SHA-256 of the elements of a tree's tensors, in order, as f32 bytes. */
export const hashOf = async (weights: unknown): Promise<string> => {
  const numbers = leaves(weights).flatMap((leaf) => [...T.read(leaf).data])
  return hex(await crypto.subtle.digest("SHA-256", Float32Array.from(numbers)))
}

/** Runs the training, and returns the hash of the weights. */
export const knownRun: Effect.Effect<string, Train.TrainError, Engine> = Effect.suspend(() =>
  Train.run(config()).pipe(
    Stream.runLast,
    Effect.flatMap((last) =>
      Effect.promise(() => hashOf(last._tag === "Some" && last.value._tag === "Finished" ? last.value.params : [])),
    ),
  ),
)
