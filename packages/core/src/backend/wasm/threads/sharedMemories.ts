/**
 * Shared memories that are reused. A worker keeps a memory it received until its own garbage collector runs, and a worker makes
 * so little garbage that this may never happen. So programs pass their memory on to later ones.
 */
import { memory as make, type WasmMemory } from "../assembler/webAssembly.ts"

/** The most pages of 64 KiB that a memory has: 4 GiB. */
export const mostPages = 65536

export interface SharedMemories {
  /**
   * A shared memory of at least so many pages. A reused one keeps its old contents, also the words that
   * threads share, at which a worker that comes late may still look. Throws `RangeError` when there is no room.
   */
  readonly take: (pages: number) => WasmMemory
  /** Returns a memory that nobody uses any more. Its result is how many bytes were dropped instead of being kept. */
  readonly give: (memory: WasmMemory) => number
}

/** Sizes are rounded up by less than a quarter, so that programs of about one size can follow each other. Untouched pages cost nothing. */
const roundUp = (pages: number): number => {
  const step = 2 ** Math.max(0, Math.floor(Math.log2(pages)) - 2)
  return Math.min(mostPages, Math.ceil(pages / step) * step)
}

/** Shared memories of which at most so many bytes are kept for reuse. */
export const makeSharedMemories = (kept = 2 ** 28): SharedMemories => {
  const free: Array<WasmMemory> = []
  let bytes = 0
  return {
    take: (pages) => {
      const initial = roundUp(pages)
      const at = free.findLastIndex(({ buffer }) => buffer.byteLength === initial * 65536)
      const [found] = at < 0 ? [] : free.splice(at, 1)
      if (found === undefined) return make({ initial, maximum: mostPages, shared: true })
      bytes -= found.buffer.byteLength
      return found
    },
    give: (memory) => {
      free.push(memory)
      bytes += memory.buffer.byteLength
      let gone = 0
      while (bytes - gone > kept) gone += free.shift()?.buffer.byteLength ?? 0
      bytes -= gone
      return gone
    },
  }
}
