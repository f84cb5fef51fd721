/**
 * The control block: 32-bit words that workers share with the calling thread, and the part of a worker's program that is the
 * same on every host. That part is text, so that neither a build nor a bundler needs a second file.
 */

/** Index of the word that changes whenever workers have to look at the block. */
export const wakeCount = 0
/** Index of the number of the last run. */
export const runs = 1
/** Index of the number of the job that the last run is of. */
export const job = 2
/** Index of the length of the first failure message, in bytes; negative while a worker writes it. */
const failureLength = 3
/** Index of the number of workers that have started. */
export const startedCount = 4
/** Index of the first of one word for each thread: 1 where only a message wakes it. */
export const idleFlags = 5

/** The longest failure message that is kept, in bytes. */
const maxMessage = 1024

/** A control block for so many threads. */
export const makeControlBlock = (threads: number): Int32Array =>
  new Int32Array(new SharedArrayBuffer(4 * (idleFlags + threads) + maxMessage))

/** How often a wait for workers checks that they have not ended, in milliseconds. */
const checkInterval = 20

/** Resolves when so many workers have started. Throws when one has ended before: `areAlive` knows it. */
export const allStarted = async (control: Int32Array, count: number, areAlive: () => boolean): Promise<void> => {
  // Neither an unreferenced worker nor a wait for shared memory keeps a process of Node alive: the timer does.
  const timer = setInterval(() => areAlive() || Atomics.notify(control, startedCount), checkInterval)
  try {
    for (let now = Atomics.load(control, startedCount); now < count; now = Atomics.load(control, startedCount)) {
      if (!areAlive()) throw new Error("one of its workers ended before it had started")
      await Atomics.waitAsync(control, startedCount, now).value
    }
  } finally {
    clearInterval(timer)
  }
}

/** The error of the first worker that failed, as text. */
export const failureMessage = (control: Int32Array): string | undefined => {
  const length = Atomics.load(control, failureLength)
  // A decoder does not take shared bytes, so they are copied.
  return length > 0
    ? new TextDecoder().decode(new Uint8Array(control.buffer, control.byteLength - maxMessage, length).slice())
    : undefined
}

/**
 * How a worker receives jobs and runs them. Where this text is inserted, `control` is the control block and `thread` the
 * worker's number. The first worker to fail writes why. Each one then sets the word of its job, at which the others stop: the first
 * may have failed in another job, and without a part, so that nobody noticed.
 */
export const workerProgram = `
const jobs = new Map()
const reportStarted = () => {
  Atomics.add(control, ${startedCount}, 1)
  Atomics.notify(control, ${startedCount})
}
const watch = () => {}
const hostFallback = () => { throw new Error("a host fallback is run by the first thread") }
const reportFailure = (error) => {
  if (Atomics.compareExchange(control, ${failureLength}, 0, -1) !== 0) {
    while (Atomics.load(control, ${failureLength}) < 0);
    return
  }
  const text = new TextEncoder().encode(String(error)).subarray(0, ${maxMessage})
  new Uint8Array(control.buffer, control.byteLength - ${maxMessage}).set(text)
  Atomics.store(control, ${failureLength}, text.length)
}
const take = ({ id, job }) => {
  if (job === undefined) return jobs.delete(id)
  const { failed, memory, module } = job
  const word = new Int32Array(memory.buffer, failed, 1)
  let run
  jobs.set(id, (number) => {
    try {
      run ??= new WebAssembly.Instance(module, { engine: { memory, hostFallback, sleeps: 1, watch } }).exports.run
      run(thread, number)
    } catch (error) {
      if (Atomics.load(word, 0) !== 0) return
      reportFailure(error)
      Atomics.store(word, 0, 1)
    }
  })
}
`
