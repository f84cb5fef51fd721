/**
 * Measures one row: every contender does the task, the results of each are compared with ours, and only those that agree
 * are timed. Contenders take turns in several rounds, so that a slow moment of the machine falls on all of them alike.
 */
import { type Child, start } from "./child.ts"
import type { Contender } from "./contenders.ts"
import { type Answer, agree } from "./protocol.ts"
import type { Row, Section } from "./rows.ts"
import { type Summary, summarize } from "./statistics.ts"

/** What became of one contender in one row. */
export type Outcome =
  | {
      readonly kind: "measured"
      readonly version: string
      readonly threads: number
      readonly results: ReadonlyArray<number>
      readonly time: Summary
    }
  /** What it computed is not what ours is, so its time would say nothing. */
  | { readonly kind: "disagrees"; readonly results: ReadonlyArray<number>; readonly wanted: ReadonlyArray<number> }
  | { readonly kind: "cannot" | "absent"; readonly reason: string }

export type Outcomes = ReadonlyMap<Contender, Outcome>

/** How long things may take, in milliseconds, and how often they are done. */
export const plan = {
  /** Results that are compared before a repetition is timed: three, since the first loss says nothing of the optimizer. */
  times: { adam: 3, matmul: 1 },
  rounds: 3,
  warmup: 200,
  budget: 300,
  starts: 5,
  limit: 30_000,
} as const

type Ready = Extract<Answer, { readonly kind: "ready" }>

/** A contender with all that is known of it so far; `failed` once that is the end of it. */
interface Candidate {
  readonly contender: Contender
  readonly milliseconds: Array<number>
  ready?: Ready
  failed?: Outcome
}

const candidates = ({ ours, peers }: Row): ReadonlyArray<Candidate> =>
  [ours, ...peers].map((contender) => ({ contender, milliseconds: [] }))

/** Keeps an answer that should be `ready`: compared with ours, or with the first that came where ours failed. */
const admit = (candidate: Candidate, answer: Answer, all: ReadonlyArray<Candidate>): void => {
  if (answer.kind === "cannot" || answer.kind === "absent") candidate.failed = answer
  if (answer.kind !== "ready") return
  const wanted = all.find(({ ready }) => ready !== undefined)?.ready?.results ?? answer.results
  if (agree(answer.results, wanted)) candidate.ready = answer
  else candidate.failed = { kind: "disagrees", results: answer.results, wanted }
}

const outcome = ({ failed, milliseconds, ready }: Candidate): Outcome => {
  if (failed !== undefined) return failed
  if (ready === undefined || milliseconds.length === 0) return { kind: "cannot", reason: "it did not answer what it was asked" }
  const { results, threads, version } = ready
  return { kind: "measured", version, threads, results, time: summarize(milliseconds) }
}

const outcomes = (all: ReadonlyArray<Candidate>): Outcomes =>
  new Map(all.map((candidate) => [candidate.contender, outcome(candidate)]))

const repetitions = async (row: Row, folder: string): Promise<Outcomes> => {
  const all = candidates(row)
  const running = new Map<Candidate, Child>()
  for (const candidate of all) {
    const child = start(candidate.contender, { task: row.task, folder, times: plan.times[row.task.kind] })
    admit(candidate, await child.answer(plan.limit), all)
    if (candidate.failed === undefined) running.set(candidate, child)
    else await child.close()
  }
  for (let round = 0; round < plan.rounds; round++) {
    for (const [candidate, child] of running) {
      child.ask({ warmup: round === 0 ? plan.warmup : 0, budget: plan.budget })
      const answer = await child.answer(plan.limit)
      if (answer.kind === "samples") candidate.milliseconds.push(...answer.milliseconds)
      else if (answer.kind !== "ready") {
        candidate.failed = answer
        running.delete(candidate)
      }
    }
  }
  for (const child of running.values()) await child.close()
  return outcomes(all)
}

const starts = async (row: Row, folder: string): Promise<Outcomes> => {
  const all = candidates(row)
  for (let round = 0; round < plan.starts; round++) {
    for (const candidate of all.filter(({ failed }) => failed === undefined)) {
      const begin = performance.now()
      const child = start(candidate.contender, { task: row.task, folder, times: 1 })
      const answer = await child.answer(plan.limit)
      candidate.milliseconds.push(performance.now() - begin)
      admit(candidate, answer, all)
      await child.close()
    }
  }
  return outcomes(all)
}

/** Measures a row whose input arrays lie in `folder`. */
export const measure: Readonly<Record<Section["timed"], (row: Row, folder: string) => Promise<Outcomes>>> = {
  repetition: repetitions,
  start: starts,
}
