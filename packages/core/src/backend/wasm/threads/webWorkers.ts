/**
 * Web Workers, of a page or of a worker of a page. They start only while the calling thread is idle; messages that it posts
 * afterwards reach them while it is busy. A worker with nothing to do spins for a while and then returns to its event loop,
 * since only there does it receive messages. Before that it sets its idle flag, and a message wakes it.
 *
 * While the calling thread waits, it knows of workers only what they write: a worker that catches an error writes it. One that
 * the browser has ended writes nothing, so the calling thread waits for the end of one phase for a limited time.
 */
import { memory } from "../assembler/webAssembly.ts"
import { failureMessage, idleFlags, job, makeControlBlock, runs, workerProgram } from "./controlBlock.ts"
import { mostPages } from "./sharedMemories.ts"
import type { JobMessage, WorkerGroup, WorkerHost } from "./WorkerGroup.ts"

/** A worker's program. It looks once more after it has set its idle flag, so that no run is missed. */
const program = `
let control, thread, done = 0
${workerProgram}
const look = () => {
  Atomics.store(control, ${idleFlags} + thread, 0)
  for (let spins = 0; ; spins++) {
    const now = Atomics.load(control, ${runs})
    if (now !== done) {
      const run = jobs.get(Atomics.load(control, ${job}))
      // The job is in a message that is on its way.
      if (run === undefined) return
      done = now
      run(now)
      spins = 0
    } else if (spins > 100000) {
      Atomics.store(control, ${idleFlags} + thread, 1)
      if (Atomics.load(control, ${runs}) === done) return
      Atomics.store(control, ${idleFlags} + thread, 0)
    }
  }
}
onmessage = ({ data }) => {
  ({ control, thread } = data)
  reportStarted()
  postMessage("ready")
  onmessage = ({ data }) => {
    try {
      if (data !== null) take(data)
      look()
    } catch (error) {
      reportFailure(error)
    }
  }
  onmessageerror = () => reportFailure("a worker could not receive a module or its memory")
}
`

/** A worker of a browser: TypeScript knows only the types of Node here. */
interface WebWorker {
  readonly postMessage: (message: JobMessage | { readonly control: Int32Array; readonly thread: number } | null) => void
  readonly terminate: () => void
  onmessage: () => void
  onerror: (event: { readonly preventDefault: () => void }) => void
}

type WebWorkers = new (url: string) => WebWorker

/** Milliseconds that workers may take to start. */
const startLimit = 5000

/** Milliseconds that the calling thread waits for the end of one phase, of which each other thread has one part to complete. */
const waitLimit = 60_000

/** The most milliseconds that one look at the clock adds to a wait: time in which the machine was suspended does not count. */
const maxElapsed = 1000

const startWorkers = (Workers: WebWorkers, limit: number, threads: number, onExit: () => void): WorkerGroup => {
  const control = makeControlBlock(threads)
  const workers = new Map<number, WebWorker>()
  const living = new Set<WebWorker>()
  const stopped = Promise.withResolvers<never>()
  const end = async (): Promise<void> => {
    for (const worker of living) worker.terminate()
    living.clear()
    stopped.reject()
    onExit()
  }
  const start = (url: string, thread: number): Promise<void> =>
    new Promise((started) => {
      const worker = new Workers(url)
      workers.set(thread, worker)
      living.add(worker)
      worker.onmessage = () => started()
      worker.onerror = (event) => {
        event.preventDefault()
        void end()
      }
      worker.postMessage({ control, thread })
    })
  const startAll = async (): Promise<boolean> => {
    const url = URL.createObjectURL(new Blob([program], { type: "text/javascript" }))
    const timer = setTimeout(stopped.reject, startLimit)
    try {
      const all = Array.from({ length: threads - 1 }, (_, i) => start(url, i + 1))
      await Promise.race([Promise.all(all), stopped.promise])
      return true
    } catch {
      await end()
      return false
    } finally {
      clearTimeout(timer)
      URL.revokeObjectURL(url)
    }
  }
  let awaited: number | undefined
  let waited = 0
  let lastLook = 0
  return {
    control,
    workers: living,
    ready: startAll(),
    send: (message) => {
      for (const worker of workers.values()) worker.postMessage(message)
    },
    wake: () => {
      awaited = undefined
      for (const [thread, worker] of workers) if (Atomics.exchange(control, idleFlags + thread, 0) === 1) worker.postMessage(null)
    },
    watch: (phase) => {
      const failure = failureMessage(control)
      if (failure !== undefined) throw new Error(failure)
      const now = performance.now()
      waited = phase === awaited ? waited + Math.min(now - lastLook, maxElapsed) : 0
      awaited = phase
      lastLook = now
      if (waited > limit) throw new Error(`one of its workers has not answered for ${limit / 1000} s`)
    },
    end,
  }
}

/** Whether the host can reserve the addresses of a shared memory, which some phones cannot. */
const hasRoom = (): boolean => {
  try {
    memory({ initial: 1, maximum: mostPages, shared: true })
    return true
  } catch {
    return false
  }
}

/** A browser's Web Workers, where they can be used; `limit` is how many milliseconds the calling thread waits for the end of one phase. */
export const webWorkers = (limit = waitLimit): WorkerHost | undefined => {
  const { Worker } = globalThis as { readonly Worker?: WebWorkers }
  if (Worker === undefined || !hasRoom()) return undefined
  // A message takes up to twice as long to wake a worker as the wake count does in Node.
  return {
    startsWhenIdle: true,
    minSharedWork: 2 ** 18,
    start: (threads, onExit) => startWorkers(Worker, limit, threads, onExit),
  }
}
