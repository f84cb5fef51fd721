/**
 * Worker threads of Node. They start at once, and sleep on the wake count while there is nothing to do. Modules and memories
 * reach them by message ports, which they read when the wake count has changed.
 *
 * The calling thread waits inside WebAssembly, where no event reaches it. It detects a dead worker by posting to it: a message
 * port reports whether its other end is open.
 */
import type { MessagePort, Worker } from "node:worker_threads"
import { job, makeControlBlock, runs, wakeCount, workerProgram } from "./controlBlock.ts"
import type { WorkerGroup, WorkerHost } from "./WorkerGroup.ts"

/** How often an idle worker looks for a run before it sleeps: some 200 µs, longer than from one training step to the next. */
const spins = 10_000

/**
 * A worker's program. It reads the number of the last run before its messages, so that it has received the job of that run. Where
 * another run has begun since then, its job may be in a message that comes later; then the wake count has changed again.
 */
const program = `
const { receiveMessageOnPort, workerData } = process.getBuiltinModule("node:worker_threads")
const { control, port, thread } = workerData
${workerProgram}
reportStarted()
for (let seen = 0, done = 0; ; ) {
  for (let looks = 0; Atomics.load(control, ${wakeCount}) === seen; looks++) if (looks > ${spins}) Atomics.wait(control, ${wakeCount}, seen)
  seen = Atomics.load(control, ${wakeCount})
  const now = Atomics.load(control, ${runs})
  for (let received; (received = receiveMessageOnPort(port)) !== undefined; ) if (received.message !== null) take(received.message)
  if (now !== done) {
    done = now
    jobs.get(Atomics.load(control, ${job}))?.(now)
  }
}
`

type Threads = typeof import("node:worker_threads")

/** A worker, and the port by which it receives messages. */
interface WorkerPort {
  readonly worker: Worker
  readonly port: MessagePort
}

const startWorkers = (host: Threads, threads: number, onExit: () => void): WorkerGroup => {
  const control = makeControlBlock(threads)
  const workers = new Set<Worker>()
  const start = (thread: number): WorkerPort => {
    const { port1, port2 } = new host.MessageChannel()
    // The flags of the process may change how this text is read, or load something before it: workers do without them.
    const options = { eval: true, execArgv: [], transferList: [port2] }
    const worker = new host.Worker(program, { ...options, workerData: { control, port: port2, thread } })
    workers.add(worker)
    // Without a listener an error that ends a worker would end the process.
    worker.on("error", () => {})
    worker.on("exit", () => {
      workers.delete(worker)
      onExit()
    })
    worker.unref()
    port1.unref()
    return { worker, port: port1 }
  }
  const end = async (): Promise<void> => {
    await Promise.all([...workers].map((worker) => worker.terminate()))
  }
  const startAll = (): ReadonlyArray<WorkerPort> => {
    try {
      return Array.from({ length: threads - 1 }, (_, i) => start(i + 1))
    } catch (error) {
      void end()
      throw error
    }
  }
  const all = startAll()
  const wake = (): void => {
    Atomics.add(control, wakeCount, 1)
    Atomics.notify(control, wakeCount)
  }
  // Node returns whether the other end of the port is open, which its types do not declare.
  const isAlive = ({ port, worker }: WorkerPort): boolean => workers.has(worker) && (port.postMessage(null) as unknown) !== false
  return {
    control,
    workers,
    send: (message) => {
      for (const { port } of all) port.postMessage(message)
      wake()
    },
    wake,
    watch: () => {
      if (!all.every(isAlive)) throw new Error("one of its worker threads has ended")
    },
    end,
  }
}

/** Node's worker threads, where the process has them and permits their use. */
export const nodeWorkers = (): WorkerHost | undefined => {
  const { process } = globalThis
  const isAllowed = process?.permission?.has("worker") ?? true
  const host = isAllowed ? process?.getBuiltinModule?.("node:worker_threads") : undefined
  if (host === undefined) return undefined
  return { startsWhenIdle: false, minSharedWork: 2 ** 17, start: (threads, onExit) => startWorkers(host, threads, onExit) }
}
