/** Workers as a pool sees them, whatever host they are of. */

/** What a worker is given: a job by its number, with its code, its memory and the address of the word that is set when it fails. */
export interface Order {
  readonly id: number
  /** None: the job is to be forgotten. */
  readonly job?: { readonly module: unknown; readonly memory: unknown; readonly failed: number }
}

/** A worker that has not ended. */
export interface Worker {
  readonly terminate: () => unknown
}

/** Workers that go through the same runs. */
export interface Hands {
  /** What they share with the thread that asks (`words.ts`). */
  readonly words: Int32Array
  /** Those that have not ended. */
  readonly workers: ReadonlySet<Worker>
  /** Gives all of them something, which they have before the runs that are started after it. */
  readonly tell: (order: Order) => void
  /** Has them look at the words. */
  readonly wake: () => void
  /** Throws when it is known, or must be feared, that one has ended. `round` says which barrier the asking thread waits at. */
  readonly watch: (round: number) => void
  readonly end: () => Promise<void>
  /** Whether they can be had, where that is known only once the asking thread has rested. */
  readonly ready?: Promise<boolean>
}

/** How a host has workers. */
export interface Host {
  /** Whether they start only while the asking thread rests. */
  readonly isLate: boolean
  /** Less work in a kernel than this is done sooner by one thread than shared out. */
  readonly least: number
  /** Starts the workers of so many threads, of which the asking one is the first. `lost` is called when one has ended. */
  readonly begin: (threads: number, lost: () => void) => Hands
}
