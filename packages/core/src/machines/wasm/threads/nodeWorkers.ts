/**
 * Worker threads of Node. They can be had at once, and sleep on the bell while there is nothing to do. Modules and memories
 * reach them by message ports, which they read when the bell has rung.
 *
 * The asking thread waits within WebAssembly, where no event reaches it, so a worker that dies is found out by sending it
 * something: a message port says whether anybody is left at its other end.
 */
import type { MessagePort, Worker } from "node:worker_threads"
import type { Hands, Host } from "./WorkerGroup.ts"
import { bell, job, makeWords, runs, working } from "./controlBlock.ts"

/** What a worker does. The number of runs is read before the messages, so that the job of a run that is seen has been received. */
const program = `
const { receiveMessageOnPort, workerData } = process.getBuiltinModule("node:worker_threads")
const { control, port, thread } = workerData
${working}
arrive()
for (let heard = 0, done = 0; ; ) {
  for (let looked = 0; Atomics.load(control, ${bell}) === heard; looked++) if (looked > 20000) Atomics.wait(control, ${bell}, heard)
  heard = Atomics.load(control, ${bell})
  const now = Atomics.load(control, ${runs})
  for (let received; (received = receiveMessageOnPort(port)) !== undefined; ) if (received.message !== null) take(received.message)
  if (now !== done) {
    done = now
    jobs.get(Atomics.load(control, ${job}))()
  }
}
`

type Threads = typeof import("node:worker_threads")

/** A worker, and the way to give it something. */
interface Hand {
  readonly worker: Worker
  readonly port: MessagePort
}

const begin = (host: Threads, threads: number, lost: () => void): Hands => {
  const words = makeWords(threads)
  const workers = new Set<Worker>()
  const start = (thread: number): Hand => {
    const { port1, port2 } = new host.MessageChannel()
    // The flags of the process may say what text like this is, or what to load before it: they are not for workers.
    const options = { eval: true, execArgv: [], transferList: [port2] }
    const worker = new host.Worker(program, { ...options, workerData: { control: words, port: port2, thread } })
    workers.add(worker)
    // Without a listener an error that ends a worker would end the process.
    worker.on("error", () => {})
    worker.on("exit", () => {
      workers.delete(worker)
      lost()
    })
    worker.unref()
    port1.unref()
    return { worker, port: port1 }
  }
  const end = async (): Promise<void> => {
    await Promise.all([...workers].map((worker) => worker.terminate()))
  }
  const startAll = (): ReadonlyArray<Hand> => {
    try {
      return Array.from({ length: threads - 1 }, (_, i) => start(i + 1))
    } catch (error) {
      void end()
      throw error
    }
  }
  const all = startAll()
  const wake = (): void => {
    Atomics.add(words, bell, 1)
    Atomics.notify(words, bell)
  }
  // Node gives what its types do not tell of: whether there was anybody to send it to.
  const isHeard = ({ port, worker }: Hand): boolean => workers.has(worker) && (port.postMessage(null) as unknown) !== false
  return {
    words,
    workers,
    tell: (order) => {
      for (const { port } of all) port.postMessage(order)
      wake()
    },
    wake,
    watch: () => {
      if (!all.every(isHeard)) throw new Error("one of its worker threads has ended")
    },
    end,
  }
}

/** Node's worker threads, where the process has them and lets them be used. */
export const inNode = (): Host | undefined => {
  const { process } = globalThis
  const isAllowed = process?.permission?.has("worker") ?? true
  const host = isAllowed ? process?.getBuiltinModule?.("node:worker_threads") : undefined
  if (host === undefined) return undefined
  return { isLate: false, least: 2 ** 17, begin: (threads, lost) => begin(host, threads, lost) }
}
