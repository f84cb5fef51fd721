/**
 * Measures one row: every contender does the task, its results are compared with ours, and only contenders that agree are
 * timed. Contenders alternate in several rounds, so that a slow moment of the machine affects all of them, and a round in which
 * other processes used the machine is repeated.
 */
import { type Child, start } from "./child.ts"
import type { Contender } from "./contenders.ts"
import { watch } from "./machine.ts"
import type { Plan } from "./plan.ts"
import { type Answer, agree, type Task, tolerances } from "./protocol.ts"
import type { Row, Section } from "./rows.ts"
import { type Summary, summarize } from "./statistics.ts"

/** The outcome of one contender in one row. */
export type Outcome =
  | {
      readonly kind: "measured"
      readonly version: string
      readonly threads: number
      readonly results: ReadonlyArray<number>
      readonly time: Summary
      /** The mean share of the cores that other processes used in the counted rounds; absent for times of whole processes. */
      readonly disturbed?: number
    }
  /** Its results differ from ours, so it is not timed. */
  | { readonly kind: "disagrees"; readonly results: ReadonlyArray<number>; readonly wanted: ReadonlyArray<number> }
  | { readonly kind: "cannot" | "absent"; readonly reason: string }

export type Outcomes = ReadonlyMap<Contender, Outcome>

/** A row with the outcome of each contender. */
export interface MeasuredRow {
  readonly row: Row
  readonly outcomes: Outcomes
}

/** Results to compare before timing: three losses, since the first does not depend on the optimizer. */
export const compared: { readonly [K in Task["kind"]]: number } = {
  product: 1,
  chain: 1,
  softmax: 1,
  expressions: 1,
  train: 3,
  epoch: 1,
  infer: 1,
}

type Ready = Extract<Answer, { readonly kind: "ready" }>

interface Round {
  readonly milliseconds: ReadonlyArray<number>
  /** The share of the cores that other processes used. */
  readonly disturbed?: number
}

/** A contender with its rounds so far; `failed` if it takes no further part. */
interface Candidate {
  readonly contender: Contender
  readonly rounds: Array<Round>
  ready?: Ready
  failed?: Outcome
}

const candidates = ({ ours, peers }: Row): ReadonlyArray<Candidate> =>
  [ours, ...peers].map((contender) => ({ contender, rounds: [] }))

/** Records a first answer: compares it with ours, or with the first one if ours failed. */
const admit = (candidate: Candidate, answer: Answer, { task }: Row, all: ReadonlyArray<Candidate>): void => {
  if (answer.kind === "cannot" || answer.kind === "absent") candidate.failed = answer
  if (answer.kind !== "ready") return
  const wanted = all.find(({ ready }) => ready !== undefined)?.ready?.results ?? answer.results
  if (agree(answer.results, wanted, tolerances[task.kind])) candidate.ready = answer
  else candidate.failed = { kind: "disagrees", results: answer.results, wanted }
}

const outcome = ({ failed, ready, rounds }: Candidate, plan: Plan): Outcome => {
  if (failed !== undefined) return failed
  if (ready === undefined || rounds.length === 0) return { kind: "cannot", reason: "it did not answer what it was asked" }
  const { results, threads, version } = ready
  const known = rounds.filter(({ disturbed }) => disturbed !== undefined)
  if (known.length === 0)
    return { kind: "measured", version, threads, results, time: summarize(rounds.flatMap(({ milliseconds }) => milliseconds)) }
  const quietest = known.toSorted((a, b) => (a.disturbed ?? 0) - (b.disturbed ?? 0)).slice(0, plan.rounds)
  return {
    kind: "measured",
    version,
    threads,
    results,
    time: summarize(quietest.flatMap(({ milliseconds }) => milliseconds)),
    disturbed: quietest.reduce((sum, { disturbed = 0 }) => sum + disturbed, 0) / quietest.length,
  }
}

const outcomes = (all: ReadonlyArray<Candidate>, plan: Plan): Outcomes =>
  new Map(all.map((candidate) => [candidate.contender, outcome(candidate, plan)]))

/** Whether a contender has been timed for long enough. */
const isEnough = ({ rounds }: Candidate, { enough }: Plan): boolean =>
  rounds.length > 0 && rounds.flatMap(({ milliseconds }) => milliseconds).reduce((sum, x) => sum + x, 0) >= enough

/** Whether another round is needed. */
const isWanted = (candidate: Candidate, round: number, plan: Plan): boolean => {
  const { quiet, rounds: wanted } = plan
  if (isEnough(candidate, plan)) return false
  const { rounds } = candidate
  return round < wanted || rounds.filter(({ disturbed = 0 }) => disturbed <= quiet).length < wanted
}

type Measure = (row: Row, folder: string, plan: Plan) => Promise<Outcomes>

const repetitions: Measure = async (row, folder, plan) => {
  const all = candidates(row)
  const running = new Map<Candidate, Child>()
  for (const candidate of all) {
    const child = start(candidate.contender, { task: row.task, folder, times: compared[row.task.kind] })
    admit(candidate, await child.answer(plan.limit), row, all)
    if (candidate.failed === undefined) running.set(candidate, child)
    else await child.close()
  }
  for (let round = 0; round < plan.rounds + plan.more; round++) {
    for (const [candidate, child] of running) {
      if (!isWanted(candidate, round, plan)) continue
      const others = watch()
      child.ask({ warmup: plan.warmup, budget: plan.budget })
      const answer = await child.answer(plan.limit)
      if (answer.kind === "samples")
        candidate.rounds.push({ milliseconds: answer.milliseconds, disturbed: others(answer.processor) })
      else if (answer.kind !== "ready") {
        candidate.failed = answer
        running.delete(candidate)
      }
    }
  }
  for (const child of running.values()) await child.close()
  return outcomes(all, plan)
}

/** A time that occurs once in a process. */
interface Once {
  /** Number of repetitions before `ready`. */
  readonly times: (task: Task) => number
  /** `whole` is the time from the start of the process to `ready`. */
  readonly milliseconds: (ready: Ready, whole: number) => number
}

const processes =
  ({ milliseconds, times }: Once): Measure =>
  async (row, folder, plan) => {
    const all = candidates(row)
    for (let round = 0; round < plan.processes; round++) {
      for (const candidate of all) {
        if (candidate.failed !== undefined || isEnough(candidate, plan)) continue
        const begin = performance.now()
        const child = start(candidate.contender, { task: row.task, folder, times: times(row.task) })
        const answer = await child.answer(plan.limit)
        const whole = performance.now() - begin
        if (answer.kind === "ready") candidate.rounds.push({ milliseconds: [milliseconds(answer, whole)] })
        admit(candidate, answer, row, all)
        await child.close()
      }
    }
    return outcomes(all, plan)
  }

/** Measures a row with the input arrays in `folder`. */
export const measure: Readonly<Record<Section["timed"], Measure>> = {
  repetition: repetitions,
  // Repetitions after the timed one are only compared.
  first: processes({ times: ({ kind }) => compared[kind], milliseconds: ({ first }) => first }),
  start: processes({ times: () => 1, milliseconds: (_, whole) => whole }),
}
