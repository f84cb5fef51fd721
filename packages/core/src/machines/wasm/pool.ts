/**
 * Worker threads that run modules over a shared memory together with the thread that asks. A worker watches a number that
 * counts runs; it looks for a while, so that steps that follow each other closely cost next to nothing, and then sleeps.
 */
import type { Worker } from "node:worker_threads"
import type { WasmMemory, WasmModule } from "./host.ts"

/** Threads that run what they are given, beside the one that gives it. */
export interface Pool {
  /** How many there are in all, the asking one among them. */
  readonly threads: number
  /** Less work in a kernel than this is done sooner by one thread than shared out. */
  readonly least: number
  /** Hands a module to all workers. `failed` is the address of the word they set when they cannot go on. */
  readonly add: (module: WasmModule, memory: WasmMemory, failed: number) => Work
  readonly close: () => Promise<void>
}

/** What the workers of a pool were given. */
export interface Work {
  /** Starts them on it. */
  readonly start: () => void
  /** Lets them forget it, when they next wake. */
  readonly drop: () => void
}

const runs = 0
const job = 1

/**
 * What a worker does. It is text, so that neither a build nor a bundler has to know of a second file.
 */
const program = `
const { receiveMessageOnPort, workerData } = require("node:worker_threads")
const { control, port, thread } = workerData
const jobs = new Map()
const outside = () => { throw new Error("what is done outside is the first thread's") }
const take = ({ failed, id, memory, module }) => {
  if (module === undefined) return jobs.delete(id)
  const { run } = new WebAssembly.Instance(module, { engine: { memory, outside } }).exports
  jobs.set(id, () => {
    try { run(thread) } catch (error) { Atomics.store(new Int32Array(memory.buffer), failed / 4, 1) }
  })
}
for (let seen = 0; ; ) {
  for (let looked = 0; Atomics.load(control, ${runs}) === seen; looked++) if (looked > 20000) Atomics.wait(control, ${runs}, seen)
  seen = Atomics.load(control, ${runs})
  for (let message; (message = receiveMessageOnPort(port)) !== undefined; ) take(message.message)
  jobs.get(Atomics.load(control, ${job}))()
}
`

/**
 * A pool of so many threads. Its workers are made when there is first something for them to do, and do not keep the process
 * alive. Returns `undefined` where the host has no worker threads.
 */
export const makePool = (threads: number, least = 2 ** 17): Pool | undefined => {
  const host = globalThis.process?.getBuiltinModule?.("node:worker_threads")
  if (host === undefined || threads < 2) return undefined
  const control = new Int32Array(new SharedArrayBuffer(8))
  const start = (thread: number): Hand => {
    const { port1, port2 } = new host.MessageChannel()
    const worker = new host.Worker(program, { eval: true, workerData: { control, port: port2, thread }, transferList: [port2] })
    worker.unref()
    port1.unref()
    return { worker, post: (message) => port1.postMessage(message) }
  }
  let hands: ReadonlyArray<Hand> | undefined
  let jobs = 0
  return {
    threads,
    least,
    add: (module, memory, failed) => {
      hands ??= Array.from({ length: threads - 1 }, (_, i) => start(i + 1))
      const own = hands
      const id = jobs++
      const tell = (message: unknown): void => {
        for (const { post } of own) post(message)
      }
      tell({ id, module, memory, failed })
      return {
        start: () => {
          Atomics.store(control, job, id)
          Atomics.add(control, runs, 1)
          Atomics.notify(control, runs)
        },
        drop: () => tell({ id }),
      }
    },
    close: async () => {
      await Promise.all((hands ?? []).map(({ worker }) => worker.terminate()))
    },
  }
}

/** A worker, and the way to give it something. */
interface Hand {
  readonly worker: Worker
  readonly post: (message: unknown) => void
}
