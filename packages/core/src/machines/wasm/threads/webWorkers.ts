/**
 * Web Workers, of a page or of a worker of one. They start only while the asking thread rests, and what it posts then
 * reaches them without its resting again. A worker with nothing to do looks for a while and then rests too, since only so
 * does it take messages; it says so before, and is woken by one.
 *
 * What the asking thread can know of them while it waits is what they write: one that catches an error says so. One that the
 * browser has ended says nothing, so that thread waits for them at one barrier for so long and no longer.
 */
import { memory } from "../assembler/webAssembly.ts"
import { mostPages } from "./sharedMemories.ts"
import type { Hands, Host, Order } from "./WorkerGroup.ts"
import { asleep, complaint, job, makeWords, runs, working } from "./controlBlock.ts"

/** What a worker does. It looks once more when it has said that it rests, so that no run is missed. */
const program = `
let control, thread, done = 0
${working}
const look = () => {
  Atomics.store(control, ${asleep} + thread, 0)
  for (let looked = 0; ; looked++) {
    const now = Atomics.load(control, ${runs})
    if (now !== done) {
      const run = jobs.get(Atomics.load(control, ${job}))
      // It is in a message that has been sent.
      if (run === undefined) return
      done = now
      run()
      looked = 0
    } else if (looked > 100000) {
      Atomics.store(control, ${asleep} + thread, 1)
      if (Atomics.load(control, ${runs}) === done) return
      Atomics.store(control, ${asleep} + thread, 0)
    }
  }
}
onmessage = ({ data }) => {
  ({ control, thread } = data)
  arrive()
  postMessage("ready")
  onmessage = ({ data }) => {
    try {
      if (data !== null) take(data)
      look()
    } catch (error) {
      complain(error)
    }
  }
  onmessageerror = () => complain("a worker could not be given its part")
}
`

/** A worker as browsers have it, of whose types only those of Node are known here. */
interface WebWorker {
  readonly postMessage: (message: Order | { readonly control: Int32Array; readonly thread: number } | null) => void
  readonly terminate: () => void
  onmessage: () => void
  onerror: (event: { readonly preventDefault: () => void }) => void
}

type WebWorkers = new (url: string) => WebWorker

/** Milliseconds that workers may take to start. */
const startLimit = 5000

/** Milliseconds that the asking thread waits for the others at one barrier, where they have as much to do as it had. */
const waitLimit = 60_000

/** The most that one look at the clock adds to a wait: a machine that slept was not waiting. */
const mostAtOnce = 1000

const begin = (Workers: WebWorkers, limit: number, threads: number, lost: () => void): Hands => {
  const words = makeWords(threads)
  const workers = new Map<number, WebWorker>()
  const living = new Set<WebWorker>()
  const stopped = Promise.withResolvers<never>()
  const end = async (): Promise<void> => {
    for (const worker of living) worker.terminate()
    living.clear()
    stopped.reject()
    lost()
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
      worker.postMessage({ control: words, thread })
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
  let barrier: number | undefined
  let waited = 0
  let looked = 0
  return {
    words,
    workers: living,
    ready: startAll(),
    tell: (order) => {
      for (const worker of workers.values()) worker.postMessage(order)
    },
    wake: () => {
      barrier = undefined
      for (const [thread, worker] of workers) if (Atomics.exchange(words, asleep + thread, 0) === 1) worker.postMessage(null)
    },
    watch: (round) => {
      const said = complaint(words)
      if (said !== undefined) throw new Error(said)
      const now = performance.now()
      waited = round === barrier ? waited + Math.min(now - looked, mostAtOnce) : 0
      barrier = round
      looked = now
      if (waited > limit) throw new Error(`one of its workers has not been heard of for ${limit / 1000} s`)
    },
    end,
  }
}

/** Whether there is room for the addresses of a memory that can be shared, which some phones have not. */
const hasRoom = (): boolean => {
  try {
    memory({ initial: 1, maximum: mostPages, shared: true })
    return true
  } catch {
    return false
  }
}

/** A browser's Web Workers, where they can be used; `limit` is how many milliseconds are waited for them at one barrier. */
export const inPage = (limit = waitLimit): Host | undefined => {
  const { Worker } = globalThis as { readonly Worker?: WebWorkers }
  if (Worker === undefined || !hasRoom()) return undefined
  // A message takes up to twice as long to wake a worker as a bell in Node.
  return { isLate: true, least: 2 ** 18, begin: (threads, lost) => begin(Worker, limit, threads, lost) }
}
