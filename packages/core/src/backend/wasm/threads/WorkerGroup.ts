/** Workers as a pool sees them, on any host. */

/** A job by its number, with its module, its memory and the address of the word that is set when a thread fails. */
export interface JobMessage {
  readonly id: number
  /** Absent: the worker forgets the job. */
  readonly job?: { readonly module: unknown; readonly memory: unknown; readonly failed: number }
}

/** A worker that has not ended. */
export interface Worker {
  readonly terminate: () => unknown
}

/** Workers that take part in the same runs. */
export interface WorkerGroup {
  /** What they share with the calling thread (`controlBlock.ts`). */
  readonly control: Int32Array
  /** Those that have not ended. */
  readonly workers: ReadonlySet<Worker>
  /** Sends a message to all workers; they receive it before any run that is started after it. */
  readonly send: (message: JobMessage) => void
  /** Makes the workers look at the control block. */
  readonly wake: () => void
  /** Throws when a worker has ended, or must be taken for ended. `phase` identifies the phase whose end the calling thread awaits. */
  readonly watch: (phase: number) => void
  readonly end: () => Promise<void>
  /** Resolves to whether the workers started, on hosts where that is known only after the calling thread was idle. */
  readonly ready?: Promise<boolean>
}

/** How a host provides workers. */
export interface WorkerHost {
  /** Whether workers start only while the calling thread is idle. */
  readonly startsWhenIdle: boolean
  /** The least work of a kernel that threads share: a kernel with less is done sooner by one thread. */
  readonly minSharedWork: number
  /** Starts the workers of so many threads; the calling thread is the first. `onExit` is called when a worker has ended. */
  readonly start: (threads: number, onExit: () => void) => WorkerGroup
}
