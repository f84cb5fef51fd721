/** The search for non-finite values in a state, in pieces: a state of ten million numbers takes some ten milliseconds. */
import * as Effect from "effect/Effect"
import { inTurns } from "../engines/turns.ts"
import { tensors } from "../language/TensorTree.ts"
import { readAll } from "../tensor/read.ts"
import type { Pieces } from "../types/Pieces.ts"
import type { ShapeError } from "../types/ShapeError.ts"

/** How many numbers are looked at between two turns of others: about a millisecond of code that the host has not optimized yet. */
const pieceLength = 2 ** 15

/** Whether numbers are all finite: NaN or infinity minus itself is not 0. */
const areFinite = (data: Float32Array): boolean => {
  for (let i = 0; i < data.length; i++) {
    const x = data[i] as number
    if (x - x !== 0) return false
  }
  return true
}

function* search(state: unknown): Pieces<boolean> {
  for (const { data } of readAll(tensors(state))) {
    if (!(data instanceof Float32Array)) continue
    for (let from = 0; from < data.length; from += pieceLength) {
      if (!areFinite(data.subarray(from, from + pieceLength))) return false
      yield
    }
  }
  return true
}

/** Whether every number of a tree of tensors is finite. */
export const allFinite = (state: unknown): Effect.Effect<boolean, ShapeError> => Effect.suspend(() => inTurns(search(state)))
