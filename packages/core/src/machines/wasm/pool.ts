/**
 * Workers that run modules over a shared memory together with the thread that asks. A worker watches a number that rises with
 * each run; it looks for a while, so that steps that follow each other closely cost next to nothing, and then sleeps. What
 * differs between hosts is in `hands`.
 */
import type { Hands, Host, Worker } from "./hands/Hands.ts"
import { inNode } from "./hands/node.ts"
import { inPage } from "./hands/web.ts"
import { arrived, complaint, haveArrived, job, runs } from "./hands/words.ts"
import { maySleep, type WasmMemory, type WasmModule } from "./host.ts"
import { makeMemories } from "./memories.ts"

/** Threads that run what they are given, beside the one that gives it. */
export interface Pool {
  /** How many there are in all, the asking one among them. */
  readonly threads: number
  /** Less work in a kernel than this is done sooner by one thread than shared out. */
  readonly least: number
  /** Whether the asking thread may sleep while it waits for the others. */
  readonly sleeps: boolean
  /**
   * Whether there are workers, on hosts that start them only while the asking thread rests; to be awaited before `add`.
   * `undefined` where there is nothing to wait for.
   */
  readonly ready: () => Promise<boolean> | undefined
  /** A memory that the workers can share, of at least so many pages. Throws `RangeError` when there is no room. */
  readonly memory: (pages: number) => WasmMemory
  /** Hands a module and a memory of the pool's to all workers. `failed` is the address of the word they set when they cannot go on. */
  readonly add: (module: WasmModule, memory: WasmMemory, failed: number) => Work
  /** Starts the workers, if need be, and waits until all are there: what is run before is not shared. */
  readonly complete: () => Promise<void>
  /** The workers that were started and have not ended. */
  readonly workers: () => ReadonlyArray<Worker>
  readonly close: () => Promise<void>
}

/** What the workers of a pool were given. */
export interface Work {
  /** Starts them on it, if all are there: workers take some 30 ms to start, in which the asking thread does their parts too. */
  readonly start: () => boolean
  /** Throws when one has ended, as far as that can be known by a thread that waits; `round` says at which barrier. */
  readonly watch: (round: number) => void
  /**
   * Keeps them from waiting for the asking thread, which cannot go on, and gives why one of them could not, if that is so.
   * They end, and others come in their place for what the pool is asked next.
   */
  readonly abandon: () => string | undefined
  /** Has them forget it; its memory is the pool's again. */
  readonly drop: () => void
}

/** Workers that may hold on to so many bytes for nothing are replaced. */
const mostHeld = 2 ** 30

/** The workers of the host that this is, where it has them and memory can be shared with them. */
const hostHere = (): Host | undefined => (typeof SharedArrayBuffer === "function" ? (inNode() ?? inPage()) : undefined)

/**
 * A pool of so many threads. Its workers are made when there is first something for them to do, or when it is asked whether
 * they are ready, and do not keep the process alive. `least` is the host's unless given. Returns `undefined` where the host has
 * no workers or no memory that they could share.
 */
export const makePool = (threads: number, least?: number, host = hostHere()): Pool | undefined => {
  if (host === undefined || threads < 2) return undefined
  const begun = new Set<Hands>()
  let hands: Hands | undefined
  let coming: Promise<boolean> | undefined
  const memories = makeMemories()
  let isClosed = false
  let held = 0
  let jobs = 0

  const begin = (): Hands => {
    const fresh = host.begin(threads, () => {
      if (fresh.workers.size === 0) begun.delete(fresh)
      if (fresh === hands) retire(fresh)
    })
    begun.add(fresh)
    return fresh
  }
  const areThere = ({ words }: Hands): boolean => Atomics.load(words, arrived) === threads - 1
  const retire = (old: Hands): void => {
    if (hands === old) {
      hands = undefined
      held = 0
    }
    void old.end()
  }
  /** Has others come on a host that starts them late; those that are there go on until then. */
  const summon = (): Promise<boolean> => {
    const arrive = async (): Promise<boolean> => {
      const fresh = begin()
      const isReady = (await fresh.ready) !== false
      coming = undefined
      // They may have been ended since they were ready.
      if (!isReady || !begun.has(fresh)) return false
      if (hands !== undefined) retire(hands)
      hands = fresh
      return true
    }
    coming ??= arrive()
    return coming
  }
  const present = (): Hands => {
    if (hands !== undefined) return hands
    if (isClosed) throw new Error("its threads have ended with their scope")
    if (host.isLate) {
      void summon()
      throw new Error("its workers have not started")
    }
    hands = begin()
    return hands
  }

  return {
    threads,
    least: least ?? host.least,
    sleeps: maySleep(),
    complete: async () => {
      if (host.isLate && hands === undefined) return void (await summon())
      const { words, workers } = present()
      await haveArrived(words, threads - 1, () => workers.size === threads - 1)
    },
    ready: () => (host.isLate && hands === undefined && !isClosed ? summon() : undefined),
    workers: () => [...begun].flatMap(({ workers }) => [...workers]),
    memory: memories.take,
    add: (module, memory, failed) => {
      present()
      const id = jobs++
      let given: Hands | undefined
      let isDone = false
      return {
        start: () => {
          const now = present()
          if (!areThere(now)) return false
          if (given !== now) now.tell({ id, job: { module, memory, failed } })
          given = now
          Atomics.store(now.words, job, id)
          Atomics.add(now.words, runs, 1)
          now.wake()
          return true
        },
        watch: (round) => given?.watch(round),
        abandon: () => {
          if (given === undefined) return undefined
          const said = complaint(given.words)
          Atomics.store(new Int32Array(memory.buffer, failed, 1), 0, 1)
          retire(given)
          if (host.isLate && !isClosed) void summon()
          isDone = true
          return said
        },
        drop: () => {
          if (isDone) return
          isDone = true
          if (given !== undefined && given === hands) given.tell({ id })
          held += memories.give(memory)
          if (held > mostHeld && hands !== undefined) {
            // Others in their place, before they go or after.
            if (host.isLate) void summon()
            else retire(hands)
          }
        },
      }
    },
    close: async () => {
      isClosed = true
      await Promise.all([...begun].map((each) => each.end()))
    },
  }
}
