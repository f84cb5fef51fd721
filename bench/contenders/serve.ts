/** The part of every contender in Node that is the same: reads the request, does the task, answers. `protocol.ts` says what. */
import { createInterface } from "node:readline"
import { type Arrange, type Given, read } from "../inputs.ts"
import { type Answer, probe, type Question, type Request, type Task, type TaskOf } from "../protocol.ts"

/** A task, ready to be done. */
export interface Job {
  /** Does it so many times, one after the other. */
  readonly run: (times: number) => void | Promise<void>
  /** What came of it the last time: a loss, a matrix. Not part of what is timed. */
  readonly result: () => ArrayLike<number> | Promise<ArrayLike<number>>
}

/** A job out of what does it once; the result is kept. */
export const repeated = (once: () => ArrayLike<number> | Promise<ArrayLike<number>>): Job => {
  let last: ArrayLike<number> = []
  return {
    run: async (times) => {
      for (let i = 0; i < times; i++) last = await once()
    },
    result: () => last,
  }
}

/** A library, loaded and set up. */
export interface Library {
  readonly version: string
  readonly threads: number
  /** Where it wants weights in another order than they are in. */
  readonly arrange?: Arrange
  readonly jobs: { readonly [K in Task["kind"]]: (task: TaskOf<K>, given: Given<K>) => Job | Promise<Job> }
}

const answer = (message: Answer): void => {
  process.stdout.write(`${JSON.stringify(message)}\n`)
}

const jobOf = <K extends Task["kind"]>({ jobs }: Library, task: TaskOf<K>, given: Given<K>): Job | Promise<Job> =>
  (jobs[task.kind] as (task: TaskOf<K>, given: Given<K>) => Job | Promise<Job>)(task, given)

/** Milliseconds that repetitions timed together should take, so that the clock's steps do not show. */
const together = 1

const timed = async (job: Job, times: number): Promise<number> => {
  const start = performance.now()
  await job.run(times)
  return (performance.now() - start) / times
}

/** The milliseconds of each repetition. `once` is what one took before. */
const sample = async (job: Job, once: number, { budget, warmup }: Question): Promise<ReadonlyArray<number>> => {
  let lately = once
  const many = (): number => Math.max(1, Math.round(together / lately))
  const warm = performance.now() + warmup
  while (lately < warmup && performance.now() < warm) lately = await timed(job, many())
  const times = many()
  const milliseconds: Array<number> = []
  const end = performance.now() + budget
  do {
    milliseconds.push(await timed(job, times))
  } while (performance.now() < end)
  return milliseconds
}

const failure = (error: unknown): Answer => {
  const reason = error instanceof Error ? error.message : String(error)
  const missing = error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND"
  return { kind: missing ? "absent" : "cannot", reason: reason.split("\n")[0] ?? reason }
}

/** Answers for the library that `load` makes of a request, until there are no more questions. */
export const serve = async (load: (request: Request) => Promise<Library>): Promise<void> => {
  try {
    const request: Request = JSON.parse(process.argv.at(-1) ?? "")
    const library = await load(request)
    const given = read(request.folder, request.task, library.arrange)
    const begin = performance.now()
    const job = await jobOf(library, request.task, given)
    let first = performance.now() - begin
    const results: Array<number> = []
    let once = 0
    for (let i = 0; i < request.times; i++) {
      once = await timed(job, 1)
      if (i === 0) first += once
      results.push(...probe(await job.result()))
    }
    if (!results.every(Number.isFinite)) throw new RangeError(`its results are not finite: ${results.join(", ")}`)
    answer({ kind: "ready", version: library.version, threads: library.threads, first, results })
    for await (const line of createInterface({ input: process.stdin })) {
      const before = process.cpuUsage()
      const milliseconds = await sample(job, once, JSON.parse(line))
      const { system, user } = process.cpuUsage(before)
      answer({ kind: "samples", milliseconds, processor: (system + user) / 1000 })
    }
  } catch (error) {
    answer(failure(error))
  }
}
