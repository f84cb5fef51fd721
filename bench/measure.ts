/**
 * Measures one row: every contender does the task, its results are compared with ours, and only contenders that agree are
 * timed. Contenders alternate in several rounds, so that a slow moment of the machine affects all of them, and rounds in which
 * other processes used the machine are repeated.
 */
import { type Child, start } from "./child.ts"
import type { Contender } from "./contenders.ts"
import { calm, watch } from "./machine.ts"
import { occupy } from "./neighbours.ts"
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
      /** The mean share of the cores that other processes used in the counted rounds. */
      readonly disturbed: number
      /** Whether that is more than in quiet rounds. */
      readonly isSpoiled: boolean
      /** The most bytes of memory that the process had at a time, with its libraries. */
      readonly memory: number
    }
  /** Its results differ from ours, so it is not timed. */
  | { readonly kind: "disagrees"; readonly results: ReadonlyArray<number>; readonly wanted: ReadonlyArray<number> }
  | { readonly kind: "cannot" | "absent"; readonly reason: string }

export type Outcomes = ReadonlyMap<Contender, Outcome>

/** A row with the outcome of each contender. */
export interface MeasuredRow {
  readonly row: Row
  readonly outcomes: Outcomes
  /** The least milliseconds that the machine's ceiling allows, by the number of threads; absent if no ceiling was measured. */
  readonly least?: ReadonlyMap<number, number>
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
  table: 1,
}

type Ready = Extract<Answer, { readonly kind: "ready" }>

interface Round {
  readonly milliseconds: ReadonlyArray<number>
  /** The share of the cores that other processes used. */
  readonly disturbed: number
  readonly memory: number
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

const outcome = ({ failed, ready, rounds }: Candidate, { quiet }: Plan, counted: number): Outcome => {
  if (failed !== undefined) return failed
  if (ready === undefined || rounds.length === 0) return { kind: "cannot", reason: "it did not answer what it was asked" }
  const { results, threads, version } = ready
  const quietest = rounds.toSorted((a, b) => a.disturbed - b.disturbed).slice(0, counted)
  const disturbed = quietest.reduce((sum, round) => sum + round.disturbed, 0) / quietest.length
  return {
    kind: "measured",
    version,
    threads,
    results,
    time: summarize(quietest.flatMap(({ milliseconds }) => milliseconds)),
    disturbed,
    isSpoiled: disturbed > quiet,
    memory: Math.max(...rounds.map(({ memory }) => memory)),
  }
}

/** Whether a contender has been timed for long enough while the machine was quiet. */
const isEnough = ({ rounds }: Candidate, { enough, quiet }: Plan): boolean => {
  const undisturbed = rounds.filter(({ disturbed }) => disturbed <= quiet)
  return (
    undisturbed.length > 0 && undisturbed.flatMap(({ milliseconds }) => milliseconds).reduce((sum, x) => sum + x, 0) >= enough
  )
}

/** Whether a contender needs another round to have this many quiet ones. */
const isWanted = (candidate: Candidate, count: number, plan: Plan): boolean =>
  candidate.failed === undefined &&
  !isEnough(candidate, plan) &&
  candidate.rounds.filter(({ disturbed }) => disturbed <= plan.quiet).length < count

/**
 * Does rounds, in each of which every contender takes its turn: as many as the plan wants, and more for contenders with too
 * few quiet ones, while there is patience. Pauses before each of those while other programs are busy.
 */
const inRounds = async (
  all: ReadonlyArray<Candidate>,
  count: number,
  plan: Plan,
  turn: (candidate: Candidate) => Promise<void>,
): Promise<Outcomes> => {
  for (let round = 0; round < count; round++) {
    for (const candidate of all) if (candidate.failed === undefined && !isEnough(candidate, plan)) await turn(candidate)
  }
  const end = performance.now() + plan.patience
  const wanting = (): ReadonlyArray<Candidate> => all.filter((candidate) => isWanted(candidate, count, plan))
  while (wanting().length > 0 && performance.now() < end) {
    await calm(plan.quiet, Math.min(end, performance.now() + plan.pause))
    for (const candidate of wanting()) if (performance.now() < end) await turn(candidate)
  }
  return new Map(all.map((candidate) => [candidate.contender, outcome(candidate, plan, count)]))
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
  const release = await occupy(row.neighbours ?? 0)
  const measured = await inRounds(all, plan.rounds, plan, async (candidate) => {
    const child = running.get(candidate)
    if (child === undefined) return
    const others = watch()
    child.ask({ warmup: plan.warmup, budget: plan.budget })
    const answer = await child.answer(plan.limit)
    if (answer.kind === "samples") {
      const { memory, milliseconds, processor } = answer
      candidate.rounds.push({ milliseconds, memory, disturbed: others(processor) })
    } else if (answer.kind !== "ready") candidate.failed = answer
  })
  await release()
  for (const child of running.values()) await child.close()
  return measured
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
  (row, folder, plan) => {
    const all = candidates(row)
    return inRounds(all, plan.processes, plan, async (candidate) => {
      const others = watch()
      const begin = performance.now()
      const child = start(candidate.contender, { task: row.task, folder, times: times(row.task) })
      const answer = await child.answer(plan.limit)
      const whole = performance.now() - begin
      if (answer.kind === "ready") {
        const { memory, processor } = answer
        candidate.rounds.push({ milliseconds: [milliseconds(answer, whole)], memory, disturbed: others(processor) })
      }
      admit(candidate, answer, row, all)
      await child.close()
    })
  }

/** Measures a row with the input arrays in `folder`. */
export const measure: Readonly<Record<Section["timed"], Measure>> = {
  repetition: repetitions,
  // Repetitions after the timed one are only compared.
  first: processes({ times: ({ kind }) => compared[kind], milliseconds: ({ first }) => first }),
  start: processes({ times: () => 1, milliseconds: (_, whole) => whole }),
}
