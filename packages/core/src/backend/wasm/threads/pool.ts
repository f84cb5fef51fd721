/**
 * A pool of workers, which run modules in a shared memory together with the calling thread. A worker watches a number that rises
 * with each run: it spins for a while, so that runs that follow each other closely cost next to nothing, and then sleeps. What
 * differs between hosts is in `nodeWorkers` and `webWorkers`.
 */

import { maySleep, type WasmMemory, type WasmModule } from "../assembler/webAssembly.ts"
import { allStarted, failureMessage, job, runs, startedCount } from "./controlBlock.ts"
import { nodeWorkers } from "./nodeWorkers.ts"
import { makeSharedMemories } from "./sharedMemories.ts"
import { alwaysShared, makeSharing } from "./sharing.ts"
import type { Worker, WorkerGroup, WorkerHost } from "./WorkerGroup.ts"
import { webWorkers } from "./webWorkers.ts"

/** Threads that run jobs beside the calling thread. */
export interface Pool {
  /** How many threads there are, the calling one included. */
  readonly threads: number
  /** The least work of a kernel that threads share: a kernel with less is done sooner by one thread. */
  readonly minSharedWork: number
  /** Whether the calling thread may sleep while it waits for the others. */
  readonly sleeps: boolean
  /**
   * Resolves to whether there are workers, on hosts that start them only while the calling thread is idle; to be awaited before
   * `add`. `undefined` where there is nothing to wait for.
   */
  readonly ready: () => Promise<boolean> | undefined
  /** A memory that the workers can share, of at least so many pages. Throws `RangeError` when there is no room. */
  readonly memory: (pages: number) => WasmMemory
  /** Adds a job for all workers: a module and a memory of the pool's. `failed` is the address of the word that a thread sets when it fails. */
  readonly add: (module: WasmModule, memory: WasmMemory, failed: number) => Work
  /** Starts the workers unless they run, and waits until all have started: earlier runs are shared with those that have. */
  readonly complete: () => Promise<void>
  /** The workers that were started and have not ended. */
  readonly workers: () => ReadonlyArray<Worker>
  readonly close: () => Promise<void>
}

/** A job of a pool's workers. */
export interface Work {
  /** Decides whether the next run is shared: not where the calling thread is faster alone, or cannot start workers now. */
  readonly decide: () => boolean
  /**
   * Starts a run that is shared, or one of its segments, and returns its number: `begin` opens its first phase, given the number, and
   * then workers join, each when it has started, which takes some 30 ms. Returns `undefined` where there are no workers any more.
   */
  readonly start: (begin: (run: number) => void) => number | undefined
  /** Reports how many milliseconds the last run took, with all that the calling thread did for it. */
  readonly took: (elapsed: number) => void
  /** Throws when a worker has ended, as far as a waiting thread can know it; `phase` identifies the phase whose end it awaits. */
  readonly watch: (phase: number) => void
  /**
   * Stops the workers, which would wait for the calling thread: it has failed. Returns why a worker failed, if one did. The
   * workers end, and others replace them for the next job.
   */
  readonly abandon: () => string | undefined
  /** Makes the workers forget the job; its memory returns to the pool. */
  readonly drop: () => void
}

/** Workers that may retain this many bytes of unused memory are replaced. */
const maxRetained = 2 ** 30

/** The default limit of threads in a page: it does not own all processors, and each worker takes some megabytes. */
const maxThreadsInPage = 8

/** The number of processors for this process, in a page at most eight. */
export const processors = (): number =>
  globalThis.process?.getBuiltinModule?.("node:os").availableParallelism() ??
  Math.min(maxThreadsInPage, globalThis.navigator?.hardwareConcurrency ?? 1)

/** The workers of this host, where it has them and can share memory with them. */
const currentHost = (): WorkerHost | undefined =>
  typeof SharedArrayBuffer === "function" ? (nodeWorkers() ?? webWorkers()) : undefined

/**
 * A pool of so many threads. Its workers start with the first job, or with the first call of `ready`, and do not keep the
 * process alive. `minSharedWork` is the host's unless given; a pool for which it is given shares every run. Returns `undefined`
 * where the host has no workers, or no memory that they could share.
 */
export const makePool = (threads: number, minSharedWork?: number, host = currentHost()): Pool | undefined => {
  if (host === undefined || threads < 2) return undefined
  const groups = new Set<WorkerGroup>()
  let group: WorkerGroup | undefined
  let starting: Promise<boolean> | undefined
  const memories = makeSharedMemories()
  const decide = minSharedWork === undefined ? makeSharing : () => alwaysShared
  let isClosed = false
  let retained = 0
  let jobs = 0
  let runCount = 0
  /** Whether the last job was faster with the workers: so the next one begins. */
  let wasShared = true

  const startGroup = (): WorkerGroup => {
    const fresh = host.start(threads, () => {
      if (fresh.workers.size === 0) groups.delete(fresh)
      if (fresh === group) retire(fresh)
    })
    groups.add(fresh)
    return fresh
  }
  const haveAllStarted = ({ control }: WorkerGroup): boolean => Atomics.load(control, startedCount) === threads - 1
  const retire = (old: WorkerGroup): void => {
    if (group === old) {
      group = undefined
      retained = 0
    }
    void old.end()
  }
  /** Starts other workers on a host that starts them only while idle; the present ones work until then. */
  const startReplacements = (): Promise<boolean> => {
    const replace = async (): Promise<boolean> => {
      const fresh = startGroup()
      const isReady = (await fresh.ready) !== false
      starting = undefined
      // They may have been ended since then.
      if (!isReady || !groups.has(fresh)) return false
      if (group !== undefined) retire(group)
      group = fresh
      return true
    }
    starting ??= replace()
    return starting
  }
  const present = (): WorkerGroup => {
    if (group !== undefined) return group
    if (isClosed) throw new Error("its threads have ended with their scope")
    if (host.startsWhenIdle) {
      void startReplacements()
      throw new Error("its workers have not started")
    }
    group = startGroup()
    return group
  }

  return {
    threads,
    minSharedWork: minSharedWork ?? host.minSharedWork,
    sleeps: maySleep(),
    complete: async () => {
      if (host.startsWhenIdle && group === undefined) return void (await startReplacements())
      const { control, workers } = present()
      await allStarted(control, threads - 1, () => workers.size === threads - 1)
    },
    ready: () => (host.startsWhenIdle && group === undefined && !isClosed ? startReplacements() : undefined),
    workers: () => [...groups].flatMap(({ workers }) => [...workers]),
    memory: memories.take,
    add: (module, memory, failed) => {
      present()
      // Its last program may have failed on a worker without a part, so that nobody noticed.
      Atomics.store(new Int32Array(memory.buffer, failed, 1), 0, 0)
      const id = jobs++
      const sharing = decide(wasShared)
      let given: WorkerGroup | undefined
      let isTimed = false
      let isDone = false
      /** Whether workers must be waited for; they are on their way then. */
      const hasNone = (): boolean => {
        const isMissing = host.startsWhenIdle && group === undefined && !isClosed
        if (isMissing) {
          void startReplacements()
          isTimed = false
        }
        return isMissing
      }
      return {
        decide: () => {
          if (hasNone()) return false
          const now = present()
          const isShared = sharing.next()
          isTimed = !isShared || haveAllStarted(now)
          return isShared
        },
        start: (begin) => {
          if (hasNone()) return undefined
          const now = present()
          runCount = (runCount + 1) | 0
          begin(runCount)
          if (given !== now) now.send({ id, job: { module, memory, failed } })
          given = now
          Atomics.store(now.control, job, id)
          Atomics.store(now.control, runs, runCount)
          now.wake()
          return runCount
        },
        took: (elapsed) => {
          if (isTimed) sharing.took(elapsed)
          wasShared = sharing.next()
        },
        watch: (phase) => given?.watch(phase),
        abandon: () => {
          if (given === undefined) return undefined
          const message = failureMessage(given.control)
          Atomics.store(new Int32Array(memory.buffer, failed, 1), 0, 1)
          retire(given)
          if (host.startsWhenIdle && !isClosed) void startReplacements()
          isDone = true
          return message
        },
        drop: () => {
          if (isDone) return
          isDone = true
          if (given !== undefined && given === group) given.send({ id })
          retained += memories.give(memory)
          if (retained > maxRetained && group !== undefined) {
            // Others replace them, before they end or after.
            if (host.startsWhenIdle) void startReplacements()
            else retire(group)
          }
        },
      }
    },
    close: async () => {
      isClosed = true
      await Promise.all([...groups].map((each) => each.end()))
    },
  }
}
