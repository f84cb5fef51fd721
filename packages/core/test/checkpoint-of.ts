/** A checkpoint with one number everywhere in it. */
import { type Checkpoint, NDArray } from "@adjoint/core"

/** Elements of each array: enough that reading a file takes longer than renaming a folder. */
const size = 20_000

const filled = (n: number) => NDArray.make("f32", [size], new Float32Array(size).fill(n))

export const checkpointOf = (n: number) =>
  ({
    state: {
      params: { w: filled(n) },
      state: { mean: filled(n) },
      optimizer: { mu: filled(n) },
      step: NDArray.make("i32", [], Int32Array.of(n)),
    },
    progress: {
      version: 1,
      seed: 1,
      fingerprint: "",
      epoch: 0,
      batch: 0,
      step: n,
      sums: { rows: 0, of: { loss: [n] } },
      history: [],
    },
  }) satisfies Checkpoint.Checkpoint
