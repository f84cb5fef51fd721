/** Starts the worker of an engine: a worker thread of Node, or a Web Worker of a page. */
import { type Envelope, type Reply, workerKind } from "./messages.ts"
import type { WorkerProgram } from "./workerProgram.ts"

/** A worker that has started or is starting. */
export interface EngineWorker {
  /** Copies a message, but for the memory that moves with it. Throws where it cannot be copied. */
  readonly post: (envelope: Envelope, moved: ReadonlyArray<ArrayBuffer>) => void
  /** Whether somebody waits for the worker: only then it keeps a process alive. */
  readonly setAwaited: (isAwaited: boolean) => void
  readonly terminate: () => Promise<void>
}

/** What receives the messages of a worker. */
export interface WorkerListener {
  readonly receive: (reply: Reply) => void
  /** Called when the worker has ended or failed, with the reason. It may be called more than once. */
  readonly ended: (reason: string) => void
}

type Threads = typeof import("node:worker_threads")

const startThread = ({ Worker }: Threads, program: WorkerProgram, { ended, receive }: WorkerListener): EngineWorker => {
  // The flags of the process may change how the program is read, or load something before it: the worker does without them.
  const options = { execArgv: [], name: workerKind, workerData: { kind: workerKind } }
  const worker =
    "text" in program ? new Worker(program.text, { ...options, eval: true }) : new Worker(new URL(program.url), options)
  worker.on("message", receive)
  worker.on("messageerror", ({ message }) => ended(`it sent a message that cannot be read: ${message}`))
  worker.on("error", (error: unknown) => ended(error instanceof Error ? error.message : String(error)))
  worker.on("exit", (code) => ended(`it ended with exit code ${code}`))
  worker.unref()
  return {
    post: (envelope, moved) => worker.postMessage(envelope, moved),
    setAwaited: (isAwaited) => (isAwaited ? worker.ref() : worker.unref()),
    terminate: async () => {
      // The end of a worker that does not keep the process alive could not be awaited.
      worker.ref()
      await worker.terminate()
    },
  }
}

/** A worker of a browser: TypeScript knows only the types of Node here. */
interface WebWorker {
  readonly postMessage: (envelope: Envelope, moved: ReadonlyArray<ArrayBuffer>) => void
  readonly terminate: () => void
  onmessage: (event: { readonly data: Reply }) => void
  onmessageerror: () => void
  onerror: (event: { readonly message?: string; readonly preventDefault: () => void }) => void
}

type WebWorkers = new (url: string, options: { readonly name: string; readonly type?: "module" }) => WebWorker

const startWebWorker = (Workers: WebWorkers, program: WorkerProgram, { ended, receive }: WorkerListener): EngineWorker => {
  const isText = "text" in program
  const url = isText ? URL.createObjectURL(new Blob([program.text], { type: "text/javascript" })) : program.url
  const revoke = (): void => {
    if (isText) URL.revokeObjectURL(url)
  }
  try {
    const worker = new Workers(url, isText ? { name: workerKind } : { name: workerKind, type: "module" })
    worker.onmessage = ({ data }) => {
      // The first message shows that the browser has read the program.
      revoke()
      worker.onmessage = (event) => receive(event.data)
      receive(data)
    }
    worker.onmessageerror = () => ended("it sent a message that cannot be read")
    worker.onerror = (event) => {
      event.preventDefault()
      revoke()
      // A worker that may not start reports an error without a message.
      ended(event.message || refused)
    }
    return {
      post: (envelope, moved) => worker.postMessage(envelope, moved),
      setAwaited: () => {},
      terminate: async () => worker.terminate(),
    }
  } catch (error) {
    revoke()
    throw new Error(`${refused} (${error instanceof Error ? error.message : String(error)})`)
  }
}

const refused =
  "the page may not start it; a Content-Security-Policy of the page has to allow `worker-src blob:` and `script-src 'wasm-unsafe-eval'`"

/** Starts the worker of an engine. Throws where the host has no workers or refuses one. */
export const startWorker = (program: WorkerProgram, listener: WorkerListener): EngineWorker => {
  const threads = globalThis.process?.getBuiltinModule?.("node:worker_threads")
  if (threads !== undefined) return startThread(threads, program, listener)
  const { Worker } = globalThis as { readonly Worker?: WebWorkers }
  if (Worker === undefined) throw new Error("this host has no workers")
  return startWebWorker(Worker, program, listener)
}
