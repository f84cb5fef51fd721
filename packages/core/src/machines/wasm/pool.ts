/**
 * Worker threads that run modules over a shared memory together with the thread that asks. A worker watches a number that
 * rises with each run; it looks for a while, so that steps that follow each other closely cost next to nothing, and then
 * sleeps.
 *
 * The asking thread waits within WebAssembly, where no event reaches it, so a worker that dies is found out by sending it
 * something: a message port says whether anybody is left at its other end.
 */
import type { MessagePort, Worker } from "node:worker_threads"
import type { WasmMemory, WasmModule } from "./host.ts"
import { makeMemories } from "./memories.ts"

/** Threads that run what they are given, beside the one that gives it. */
export interface Pool {
  /** How many there are in all, the asking one among them. */
  readonly threads: number
  /** Less work in a kernel than this is done sooner by one thread than shared out. */
  readonly least: number
  /** A memory that the workers can share, of at least so many pages. Throws `RangeError` when there is no room. */
  readonly memory: (pages: number) => WasmMemory
  /** Hands a module and a memory of the pool's to all workers. `failed` is the address of the word they set when they cannot go on. */
  readonly add: (module: WasmModule, memory: WasmMemory, failed: number) => Work
  /** The workers that were started and have not ended. */
  readonly workers: () => ReadonlyArray<Worker>
  readonly close: () => Promise<void>
}

/** What the workers of a pool were given. */
export interface Work {
  /** Starts them on it. */
  readonly start: () => void
  /** Throws when one has ended. */
  readonly watch: () => void
  /**
   * Keeps them from waiting for the asking thread, which cannot go on, and gives why one of them could not, if that is so.
   * They end, and others come in their place for what the pool is asked next.
   */
  readonly abandon: () => string | undefined
  /** Has them forget it; its memory is the pool's again. */
  readonly drop: () => void
}

/** The words of a pool: one that changes when there is something to hear, how many runs there were, and of which job. */
const bell = 0
const runs = 1
const job = 2

/**
 * What a worker does. It is text, so that neither a build nor a bundler has to know of a second file. The number of runs is
 * read before the messages, so that the job of a run that is seen has been received.
 */
const program = `
const { receiveMessageOnPort, workerData } = process.getBuiltinModule("node:worker_threads")
const { control, port, thread } = workerData
const jobs = new Map()
const watch = () => {}
const outside = () => { throw new Error("what is done outside is the first thread's") }
const take = ({ failed, id, memory, module }) => {
  if (module === undefined) return jobs.delete(id)
  const word = new Int32Array(memory.buffer, failed, 1)
  let run
  jobs.set(id, () => {
    try {
      run ??= new WebAssembly.Instance(module, { engine: { memory, outside, watch } }).exports.run
      run(thread)
    } catch (error) {
      if (Atomics.load(word, 0) === 0) port.postMessage({ id, error: String(error) })
      Atomics.store(word, 0, 1)
    }
  })
}
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

/** A worker, and the way to give it something. */
interface Hand {
  readonly worker: Worker
  readonly port: MessagePort
}

/** Workers that go through the same runs, and the words they share. */
interface Crew {
  readonly control: Int32Array
  readonly hands: ReadonlyArray<Hand>
}

const tell = ({ hands }: Crew, message: unknown): void => {
  for (const { port } of hands) port.postMessage(message)
}

const ring = ({ control }: Crew): void => {
  Atomics.add(control, bell, 1)
  Atomics.notify(control, bell)
}

/** What a worker says when it cannot go on. */
interface Complaint {
  readonly id: number
  readonly error: string
}

type Threads = typeof import("node:worker_threads")

/** The worker threads of the host, where it has them, lets them be used, and memory can be shared with them. */
const hostThreads = (): Threads | undefined => {
  const { process } = globalThis
  const isAllowed = process?.permission?.has("worker") ?? true
  return isAllowed && typeof SharedArrayBuffer === "function" ? process?.getBuiltinModule?.("node:worker_threads") : undefined
}

/** Workers that may hold on to so many bytes for nothing are replaced. */
const mostHeld = 2 ** 30

/**
 * A pool of so many threads. Its workers are made when there is first something for them to do, and do not keep the process
 * alive. Returns `undefined` where the host has no worker threads or no memory that they could share.
 */
export const makePool = (threads: number, least = 2 ** 17): Pool | undefined => {
  const host = hostThreads()
  if (host === undefined || threads < 2) return undefined
  const started = new Set<Worker>()
  let crew: Crew | undefined
  const memories = makeMemories()
  let isClosed = false
  let held = 0
  let jobs = 0

  const begin = (thread: number, control: Int32Array): Hand => {
    const { port1, port2 } = new host.MessageChannel()
    // The flags of the process may say what text like this is, or what to load before it: they are not for workers.
    const options = { eval: true, execArgv: [], transferList: [port2] }
    const worker = new host.Worker(program, { ...options, workerData: { control, port: port2, thread } })
    started.add(worker)
    // Without a listener an error that ends a worker would end the process.
    worker.on("error", () => {})
    worker.on("exit", () => {
      started.delete(worker)
      if (crew?.control === control) retire(crew)
    })
    worker.unref()
    port1.unref()
    return { worker, port: port1 }
  }
  const present = (): Crew => {
    if (crew !== undefined) return crew
    if (isClosed) throw new Error("its threads have ended with their scope")
    const control = new Int32Array(new SharedArrayBuffer(12))
    crew = { control, hands: Array.from({ length: threads - 1 }, (_, i) => begin(i + 1, control)) }
    return crew
  }
  /** Workers that have not all gone through the same runs are of no more use. */
  const retire = (old: Crew): void => {
    if (crew === old) {
      crew = undefined
      held = 0
    }
    for (const { worker } of old.hands) void worker.terminate()
  }

  return {
    threads,
    least,
    workers: () => [...started],
    memory: memories.take,
    add: (module, memory, failed) => {
      present()
      const id = jobs++
      let given: Crew | undefined
      let isDone = false
      return {
        start: () => {
          const now = present()
          if (given !== now) tell(now, { id, module, memory, failed })
          given = now
          Atomics.store(now.control, job, id)
          Atomics.add(now.control, runs, 1)
          ring(now)
        },
        watch: () => {
          // Node gives what its types do not tell of: whether there was anybody to send it to.
          const isHeard = ({ port, worker }: Hand): boolean =>
            started.has(worker) && (port.postMessage(null) as unknown) !== false
          if (given?.hands.every(isHeard) === false) throw new Error("one of its worker threads has ended")
        },
        abandon: () => {
          if (given === undefined) return undefined
          const complaints = given.hands.flatMap(({ port }) => {
            const received: Array<Complaint> = []
            for (let next = host.receiveMessageOnPort(port); next !== undefined; next = host.receiveMessageOnPort(port))
              received.push(next.message as Complaint)
            return received
          })
          Atomics.store(new Int32Array(memory.buffer, failed, 1), 0, 1)
          retire(given)
          isDone = true
          return complaints.find((complaint) => complaint.id === id)?.error
        },
        drop: () => {
          if (isDone) return
          isDone = true
          if (given !== undefined && given === crew) {
            tell(given, { id })
            ring(given)
          }
          held += memories.give(memory)
          if (held > mostHeld && crew !== undefined) retire(crew)
        },
      }
    },
    close: async () => {
      isClosed = true
      await Promise.all([...started].map((worker) => worker.terminate()))
    },
  }
}
