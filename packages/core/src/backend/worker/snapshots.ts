/**
 * The states of a program before its last runs, in memory that the worker shares. The thread that asked for the runs keeps the last
 * one, so that it can give up a run with its worker. Two copies alternate: while a run is computed and its state is copied into one,
 * the other one holds the state from before it. So no run allocates, and the other thread has no garbage to collect.
 */
import { NDArray } from "../../types/NDArray.ts"
import { copierInto, type Elements } from "../wasm/threads/sharedCopies.ts"

type Arrays = ReadonlyArray<NDArray>

/** A function that copies a state of always the same dtypes and shapes, and returns the copy: the one before the last is overwritten. */
export type Snapshots = (state: Arrays) => Arrays

/** Whether some arrays are in shared memory, so that another thread may overwrite them. */
export const areShared = (arrays: Arrays): boolean =>
  typeof SharedArrayBuffer === "function" &&
  arrays.some(({ data: { buffer } }) => (buffer as ArrayBufferLike) instanceof SharedArrayBuffer)

const sharedLike = ({ data, dtype, shape }: NDArray): NDArray => {
  const Same = data.constructor as new (buffer: SharedArrayBuffer) => Elements
  return new NDArray(dtype, shape, new Same(new SharedArrayBuffer(data.byteLength)))
}

/** Snapshots in shared memory; `undefined` where the host has none, as in a page that is not isolated. */
export const sharedSnapshots = (): Snapshots | undefined => {
  if (typeof SharedArrayBuffer !== "function") return undefined
  const make = (like: Arrays) => {
    const arrays = like.map(sharedLike)
    return { arrays, copiers: arrays.map(({ data }) => copierInto(data as Elements)) }
  }
  const copies: Array<ReturnType<typeof make>> = []
  let turn = 0
  return (state) => {
    turn = 1 - turn
    copies[turn] ??= make(state)
    const { arrays, copiers } = copies[turn] as ReturnType<typeof make>
    for (const [i, { data }] of state.entries()) copiers[i]?.(data)
    return arrays
  }
}
