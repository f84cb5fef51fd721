/**
 * The words that workers share with the thread that asks, and what a worker does with them on any host. That is text, so
 * that neither a build nor a bundler has to know of a second file.
 */

/** Which word is which: one that changes when there is something to hear, how many runs there were, and of which job. */
export const bell = 0
export const runs = 1
export const job = 2
/** How long the words of the first worker that could not go on are, in bytes; below zero while it writes them. */
const complained = 3
/** How many workers have started. */
export const arrived = 4
/** From here on there is a word for each thread: whether it is to be woken by a message. */
export const asleep = 5

/** Bytes of a complaint that are kept. */
const longest = 1024

export const makeWords = (threads: number): Int32Array => new Int32Array(new SharedArrayBuffer(4 * (asleep + threads) + longest))

/** How often it is checked whether workers that have not started still can, in milliseconds. */
const patience = 20

/** Resolves when so many workers have started. Throws when one has ended before, of which `areThere` knows. */
export const haveArrived = async (words: Int32Array, count: number, areThere: () => boolean): Promise<void> => {
  // Neither an unreferenced worker nor a wait for shared memory keeps a process of Node alive: the timer does.
  const timer = setInterval(() => areThere() || Atomics.notify(words, arrived), patience)
  try {
    for (let now = Atomics.load(words, arrived); now < count; now = Atomics.load(words, arrived)) {
      if (!areThere()) throw new Error("one of its workers ended before it had started")
      await Atomics.waitAsync(words, arrived, now).value
    }
  } finally {
    clearInterval(timer)
  }
}

/** What the first worker that could not go on said of it. */
export const complaint = (words: Int32Array): string | undefined => {
  const length = Atomics.load(words, complained)
  // A decoder takes no shared bytes.
  return length > 0
    ? new TextDecoder().decode(new Uint8Array(words.buffer, words.byteLength - longest, length).slice())
    : undefined
}

/**
 * How a worker takes what it is given, and does it; where this text is put, `control` is the words and `thread` the worker's
 * number. The others are stopped by the word of a job, which the first worker to fail sets when it has said why.
 */
export const working = `
const jobs = new Map()
const arrive = () => {
  Atomics.add(control, ${arrived}, 1)
  Atomics.notify(control, ${arrived})
}
const watch = () => {}
const outside = () => { throw new Error("what is done outside is the first thread's") }
const complain = (error) => {
  if (Atomics.compareExchange(control, ${complained}, 0, -1) !== 0) return false
  const text = new TextEncoder().encode(String(error)).subarray(0, ${longest})
  new Uint8Array(control.buffer, control.byteLength - ${longest}).set(text)
  Atomics.store(control, ${complained}, text.length)
  return true
}
const take = ({ id, job }) => {
  if (job === undefined) return jobs.delete(id)
  const { failed, memory, module } = job
  const word = new Int32Array(memory.buffer, failed, 1)
  let run
  jobs.set(id, () => {
    try {
      run ??= new WebAssembly.Instance(module, { engine: { memory, outside, sleeps: 1, watch } }).exports.run
      run(thread)
    } catch (error) {
      if (Atomics.load(word, 0) === 0 && complain(error)) Atomics.store(word, 0, 1)
    }
  })
}
`
