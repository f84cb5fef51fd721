/** The common code of all contenders in Node: reads the request, does the task and answers (`protocol.ts`). */
import { readFileSync } from "node:fs"
import { createInterface } from "node:readline"
import { type Arrange, type Given, read } from "../inputs.ts"
import { type Answer, probe, type Question, type Request, type Task, type TaskOf } from "../protocol.ts"

/** A prepared task. */
export interface Job {
  /** Repeats it `times` times. */
  readonly run: (times: number) => void | Promise<void>
  /** The last result: a loss or a matrix. Not timed. */
  readonly result: () => ArrayLike<number> | Promise<ArrayLike<number>>
}

/** A job from a function that does it once; the last result is kept. */
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
  /** Reorders weights, if the library needs another order. */
  readonly arrange?: Arrange
  /** What it can do. */
  readonly jobs: { readonly [K in Task["kind"]]?: (task: TaskOf<K>, given: Given<K>) => Job | Promise<Job> }
}

const answer = (message: Answer): void => {
  process.stdout.write(`${JSON.stringify(message)}\n`)
}

const jobOf = <K extends Task["kind"]>({ jobs }: Library, task: TaskOf<K>, given: Given<K>): Job | Promise<Job> => {
  const job = jobs[task.kind] as ((task: TaskOf<K>, given: Given<K>) => Job | Promise<Job>) | undefined
  if (job === undefined) throw new TypeError(`it has no task ${task.kind}`)
  return job(task, given)
}

/** Minimum milliseconds of a group of repetitions, because of the clock's resolution. */
const together = 1

const timed = async (job: Job, times: number): Promise<number> => {
  const start = performance.now()
  await job.run(times)
  return (performance.now() - start) / times
}

/** The milliseconds of each repetition. `once` is the time of an earlier one. */
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

/**
 * The most bytes of memory that this process had so far. `maxRSS` of a process on Linux includes what its parent had when it started
 * it, since the kernel keeps that number over `exec`; the number in `/proc` starts anew.
 */
const mostMemory = (): number => {
  if (process.platform !== "linux") return process.resourceUsage().maxRSS * 1024
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1]) * 1024
}

/** The processor time since `before`, in milliseconds, and the most bytes of memory so far. */
const usage = (before?: NodeJS.CpuUsage): { readonly processor: number; readonly memory: number } => {
  const { system, user } = process.cpuUsage(before)
  return { processor: (system + user) / 1000, memory: mostMemory() }
}

/** Answers for the library that `load` returns for a request, until its input ends. */
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
    answer({ kind: "ready", version: library.version, threads: library.threads, first, results, ...usage() })
    for await (const line of createInterface({ input: process.stdin })) {
      const before = process.cpuUsage()
      const milliseconds = await sample(job, once, JSON.parse(line))
      answer({ kind: "samples", milliseconds, ...usage(before) })
    }
  } catch (error) {
    answer(failure(error))
  }
}
