/** Arrays on their way to the worker of an engine: cloned, moved, or copied in pieces between which this thread does other work. */
import * as Effect from "effect/Effect"
import type { Job } from "../backend/Executable.ts"
import type { Wire } from "../backend/worker/messages.ts"
import { NDArray } from "../types/NDArray.ts"
import type { Pieces } from "../types/Pieces.ts"
import type { Arrays } from "./Executable.ts"
import { inTurns } from "./turns.ts"

/** Arrays for a message, and their memory that moves with it. */
export interface Sent {
  readonly wire: Wire
  readonly moved: ReadonlyArray<ArrayBuffer>
}

/** Arrays that are cloned, but for views: of these, cloning would copy the whole buffer, so a copy of their own moves. */
export const sent = (arrays: Arrays): Sent => {
  const moved: Array<ArrayBuffer> = []
  const wire = arrays.map((array) => {
    const { data, dtype, shape } = array
    if (data.byteLength === data.buffer.byteLength) return array
    const own = data.slice()
    moved.push(own.buffer as ArrayBuffer)
    return { dtype, shape, data: own }
  })
  return { wire, moved }
}

/** The bytes that are copied between two turns of others: less than a millisecond. */
const pieceBytes = 2 ** 20

/** More bytes are copied in pieces. */
export const copiedAtOnce = 2 ** 22

/** So few bytes are cloned for each worker faster than they are shared. */
const clonedAtOnce = 2 ** 16

/** The bytes of some arrays. */
export const bytesIn = (arrays: Arrays): number => arrays.reduce((sum, { data }) => sum + data.byteLength, 0)

function* copyPieces(arrays: Arrays, memory: (bytes: number, array: number) => ArrayBufferLike): Pieces<Arrays> {
  const copies: Array<NDArray> = []
  for (const [i, { data, dtype, shape }] of arrays.entries()) {
    const Same = data.constructor as new (buffer: ArrayBufferLike) => typeof data
    const copy = new Same(memory(data.byteLength, i))
    const piece = pieceBytes / data.BYTES_PER_ELEMENT
    for (let from = 0; from < data.length; from += piece) {
      copy.set(data.subarray(from, from + piece), from)
      yield
    }
    copies.push(new NDArray(dtype, shape, copy))
  }
  return copies
}

/** Copies of arrays in other memory, made in pieces between which other work runs. */
const copiesIn = (memory: (bytes: number, array: number) => ArrayBufferLike, arrays: Arrays): Effect.Effect<Arrays> =>
  Effect.suspend(() => Effect.orDie(inTurns(copyPieces(arrays, memory))))

/** Copies that nobody else has. */
export const ownCopies = (arrays: Arrays): Effect.Effect<Arrays> => copiesIn((bytes) => new ArrayBuffer(bytes), arrays)

/** Copies of arrays that nobody else has, which move. */
export const sentCopies = (arrays: Arrays): Effect.Effect<Sent> =>
  Effect.map(ownCopies(arrays), (wire) => ({ wire, moved: wire.map(({ data }) => data.buffer as ArrayBuffer) }))

/**
 * Copies arrays of the same shapes again and again into memory that threads share, of which two places alternate: the copies before
 * the last ones stay as they are until the next call. Without such memory, or for a few numbers, the arrays themselves.
 */
export const alternating = (): ((arrays: Arrays) => Effect.Effect<Arrays>) => {
  let [next, last]: readonly [Arrays, Arrays] = [[], []]
  return (arrays) => {
    if (bytesIn(arrays) <= clonedAtOnce || typeof SharedArrayBuffer !== "function") return Effect.succeed(arrays)
    return Effect.map(
      copiesIn((bytes, i) => next[i]?.data.buffer ?? new SharedArrayBuffer(bytes), arrays),
      (copies) => {
        ;[next, last] = [last, copies]
        return copies
      },
    )
  }
}

const isShared = ({ data: { buffer } }: NDArray): boolean => (buffer as ArrayBufferLike) instanceof SharedArrayBuffer

/** Copies of the large ones among arrays in memory that threads share, where the host has such memory. */
export const sharedCopies = (arrays: Arrays): Effect.Effect<ReadonlyMap<NDArray, NDArray>> => {
  if (typeof SharedArrayBuffer !== "function") return Effect.succeed(new Map())
  const large = arrays.filter((array) => array.data.byteLength > copiedAtOnce && !isShared(array))
  if (large.length === 0) return Effect.succeed(new Map())
  return Effect.map(
    copiesIn((bytes) => new SharedArrayBuffer(bytes), large),
    (copies) => new Map(large.map((array, i) => [array, copies[i] ?? array])),
  )
}

/** A job whose large constants, such as the data of a training, are shared with the worker where the host permits it. */
export const sharedJob = (job: Job): Effect.Effect<Job> => {
  const { program, resident } = job
  return Effect.map(sharedCopies(program.constants), (shared) =>
    shared.size === 0
      ? job
      : { program: { ...program, constants: program.constants.map((array) => shared.get(array) ?? array) }, resident },
  )
}
