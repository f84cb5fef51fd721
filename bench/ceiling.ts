/**
 * The ceiling of this machine, measured beside the rows: the operations that its cores can do in registers, and the bytes that
 * they can copy. No program that does as many operations, or moves as many bytes, can take less time.
 */
import { setTimeout as sleep } from "node:timers/promises"
import { Worker } from "node:worker_threads"
import type { Answer, Question } from "./ceiling/worker.ts"
import { watch } from "./machine.ts"
import type { Work } from "./work.ts"

/** Independent vectors of four f32: as many as fit into 16 registers, of 128 bits or of 256. */
const vectors = [12, 24]
const computations: ReadonlyArray<Question> = vectors.flatMap((count) =>
  [false, true].map((isFused) => ({ kind: "compute", vectors: count, isFused }) as const),
)

/** Repeats a measurement while other programs use the machine, at most this often. The most counts: others can only make it less. */
const tries = 5

const ask = (worker: Worker, question: Question): Promise<Answer> =>
  new Promise((resolve, reject) => {
    worker.once("message", resolve).once("error", reject).postMessage(question)
  })

/** Operations or bytes in a millisecond by all threads at the same time. */
const together = async (threads: number, question: Question): Promise<number> => {
  const workers = Array.from({ length: threads }, () => new Worker(new URL("./ceiling/worker.ts", import.meta.url)))
  let most = 0
  for (let i = 0; i < tries; i++) {
    const others = watch()
    const answers = await Promise.all(workers.map((worker) => ask(worker, question)))
    most = Math.max(
      most,
      answers.reduce((sum, x) => sum + x, 0),
    )
    if (i > 0 && others(0) < 0.06) break
    await sleep(100)
  }
  for (const worker of workers) await worker.terminate()
  return most
}

const once = <K>(known: Map<K, Promise<number>>, key: K, measure: () => Promise<number>): Promise<number> => {
  const found = known.get(key) ?? measure()
  known.set(key, found)
  return found
}

/** The operations in a millisecond of this many threads. */
export interface Computed {
  readonly threads: number
  readonly operations: number
}

/** Measures what is asked for, each once. */
export class Ceilings {
  readonly #computed = new Map<number, Promise<number>>()
  readonly #copied = new Map<string, Promise<number>>()

  /** Operations in a millisecond. */
  compute(threads: number): Promise<number> {
    return once(this.#computed, threads, async () => {
      let most = 0
      for (const question of computations) most = Math.max(most, await together(threads, question))
      return most
    })
  }

  /** Bytes in a millisecond, by a copy that reads and writes this many. */
  copy(threads: number, bytes: number): Promise<number> {
    return once(this.#copied, `${threads} ${bytes}`, () => together(threads, { kind: "copy", bytes: Math.ceil(bytes / threads) }))
  }

  /** The operations in a millisecond by each number of threads that was asked for. */
  async all(): Promise<ReadonlyArray<Computed>> {
    const found: Array<Computed> = []
    for (const [threads, operations] of this.#computed) found.push({ threads, operations: await operations })
    return found.toSorted((a, b) => a.threads - b.threads)
  }

  /** The least milliseconds for some work: the longer of its operations and its bytes, since a core does both at the same time. */
  async least({ bytes, operations }: Work, threads: number): Promise<number> {
    const computing = operations === 0 ? 0 : operations / (await this.compute(threads))
    return Math.max(computing, bytes === 0 ? 0 : bytes / (await this.copy(threads, bytes)))
  }
}
