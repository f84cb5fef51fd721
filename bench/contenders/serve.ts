/** The part of every contender in Node that is the same: reads the request, does the task, answers. `protocol.ts` says what. */
import { createInterface } from "node:readline"
import { type Answer, probe, type Question, type Request, type Task, type TaskOf } from "../protocol.ts"

/** Does the task once and gives what came of it: a loss, a matrix. */
export type Job = () => ArrayLike<number> | Promise<ArrayLike<number>>

/** A library, loaded and set up. */
export interface Library {
  readonly version: string
  readonly threads: number
  readonly jobs: { readonly [K in Task["kind"]]: (task: TaskOf<K>, folder: string) => Job | Promise<Job> }
}

const answer = (message: Answer): void => {
  process.stdout.write(`${JSON.stringify(message)}\n`)
}

const jobOf = <K extends Task["kind"]>({ jobs }: Library, task: TaskOf<K>, folder: string): Job | Promise<Job> =>
  (jobs[task.kind] as (task: TaskOf<K>, folder: string) => Job | Promise<Job>)(task, folder)

const sample = async (job: Job, { budget, warmup }: Question): Promise<ReadonlyArray<number>> => {
  const warm = performance.now() + warmup
  while (performance.now() < warm) await job()
  const milliseconds: Array<number> = []
  const end = performance.now() + budget
  do {
    const start = performance.now()
    await job()
    milliseconds.push(performance.now() - start)
  } while (performance.now() < end && milliseconds.length < 10_000)
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
    const job = await jobOf(library, request.task, request.folder)
    const results: Array<number> = []
    for (let i = 0; i < request.times; i++) results.push(...probe(await job()))
    if (!results.every(Number.isFinite)) throw new RangeError(`its results are not finite: ${results.join(", ")}`)
    answer({ kind: "ready", version: library.version, threads: library.threads, results })
    for await (const line of createInterface({ input: process.stdin })) {
      answer({ kind: "samples", milliseconds: await sample(job, JSON.parse(line)) })
    }
  } catch (error) {
    answer(failure(error))
  }
}
