/**
 * Shared memories, used again. A worker holds on to a memory it was given until its own garbage collector runs, and a worker
 * makes so little garbage that this may be never: so programs hand their memory on to those that come after them.
 */
import { memory as make, type WasmMemory } from "../assembler/webAssembly.ts"

/** The most pages of 64 KiB that a memory has: 4 GiB. */
export const mostPages = 65536

export interface Memories {
  /**
   * A shared memory of at least so many pages. What stood in one that was used before still does; so do the words of its
   * barrier, which a worker that is late to leave may be looking at. Throws `RangeError` when there is no room.
   */
  readonly take: (pages: number) => WasmMemory
  /** Gives one back that nobody uses any more. Returns how many bytes were let go instead of being kept. */
  readonly give: (memory: WasmMemory) => number
}

/** Sizes are rounded up by less than a quarter, so that programs of about one size can follow each other. Pages that nobody touches cost nothing. */
const roundUp = (pages: number): number => {
  const step = 2 ** Math.max(0, Math.floor(Math.log2(pages)) - 2)
  return Math.min(mostPages, Math.ceil(pages / step) * step)
}

/** Memories of which no more than so many bytes are kept for later. */
export const makeMemories = (kept = 2 ** 28): Memories => {
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
