/**
 * The plan of a search: a pure state machine that says which trial may start, given the trials that have finished. Whoever runs
 * trials uses it: a stream in one process, or several processes around a store.
 *
 * Trial number i is chosen, and may be pruned, knowing exactly the results of the trials before the last `pending` - 1. So the points
 * are a function of the space, the sampler, the seed and `pending` alone: not of how many trials run at a time, which of them
 * finishes first, or how often the search was interrupted. At most `pending` trials can run at a time.
 */
import type { Key } from "../tensor/Key.ts"
import * as Keys from "../tensor/Key.ts"
import { type Point, type Space, withIndices } from "./Space.ts"
import type { Sampler } from "./sampler/Sampler.ts"
import { minimized, type Objective, type Trial } from "./Trial.ts"

/** What decides the trials of a search. */
export interface Study<S = unknown> {
  readonly space: Space
  readonly sampler: Sampler<S>
  readonly objectives: ReadonlyArray<Objective>
  readonly key: Key
  /** How many trials run, without refused ones; without it, as many as the sampler has points. More of them change none of the first. */
  readonly trials?: number
  /** How many trials may be under way when one is chosen: it knows the results of those before. 8 unless given. */
  readonly pending?: number
  /** Refuses points before they run. It must depend on the point alone. */
  readonly where?: (point: Point) => boolean
}

/** A trial that was started and that the sampler does not know the result of. */
export interface Open {
  readonly number: number
  readonly point: Point
  /** Its result, when it has finished. */
  readonly trial?: Trial
}

/** The state of a search, as plain data if the sampler's state is. */
export interface Progress<S = unknown> {
  readonly sampler: S
  /** The number of the next trial. */
  readonly next: number
  /** How many trials were started. */
  readonly started: number
  /** The trials that the sampler knows, in the order in which it was told. */
  readonly known: ReadonlyArray<Trial>
  /** The trials started after those, by number. */
  readonly open: ReadonlyArray<Open>
  /** Whether the sampler has no further point, or none was found that `where` accepts. */
  readonly isExhausted: boolean
}

/** A trial to run: its number and point, its own key, and the trials that its pruner may know. */
export interface Start {
  readonly _tag: "Start"
  readonly number: number
  readonly point: Point
  readonly key: Key
  readonly known: ReadonlyArray<Trial>
}

/** No trial can start before this one has finished. */
export interface Wait {
  readonly _tag: "Wait"
  readonly number: number
}

/** All trials have finished. */
export interface Done {
  readonly _tag: "Done"
}

/** What to do next. */
export type Step = Start | Wait | Done

/** `pending` where a study does not say. */
export const defaultPending = 8

/** After so many refused points in a row, the space counts as exhausted. */
export const mostRefusals = 1000

/** The state before the first trial. */
export const begin = <S>({ key, sampler, space }: Study<S>): Progress<S> => ({
  sampler: sampler.init(withIndices(space), Keys.fold(key, "sampler")),
  next: 0,
  started: 0,
  known: [],
  open: [],
  isExhausted: false,
})

/** The key of a trial: all randomness of its training comes from it. */
export const trialKey = (key: Key, number: number): Key => Keys.fold(Keys.fold(key, "trial"), number)

const told = <S>({ objectives, sampler }: Study<S>, progress: Progress<S>, trial: Trial): Progress<S> => ({
  ...progress,
  sampler: sampler.tell(progress.sampler, minimized(objectives, trial)),
  known: [...progress.known, trial],
})

/** Asks for a point that `where` accepts; the refused ones before it are told at once, since they need no run. */
const asked = <S>(study: Study<S>, progress: Progress<S>): readonly [point: Point | undefined, progress: Progress<S>] => {
  const { sampler, where = () => true } = study
  let now = progress
  for (let refusals = 0; refusals < mostRefusals; refusals++) {
    const next = sampler.ask(
      now.sampler,
      now.open.map(({ point }) => point),
    )
    if (next === undefined) break
    now = { ...now, sampler: next.state, next: now.next + 1 }
    if (where(next.point)) return [next.point, now]
    now = told(study, now, { number: now.next - 1, point: next.point, state: "refused", reports: [] })
  }
  return [undefined, { ...now, isExhausted: true }]
}

/** The first trial that has not finished, or the end. */
const waiting = ({ open }: Progress): Wait | Done => {
  const unfinished = open.find(({ trial }) => trial === undefined)
  return unfinished === undefined ? { _tag: "Done" } : { _tag: "Wait", number: unfinished.number }
}

/** What to do next, and the state after it. Calling it again with that state gives the next step, so several trials start in turn. */
export const next = <S>(study: Study<S>, progress: Progress<S>): readonly [step: Step, progress: Progress<S>] => {
  const { key, pending = defaultPending, trials = Number.POSITIVE_INFINITY } = study
  if (progress.isExhausted || progress.started >= trials) return [waiting(progress), progress]
  let now = progress
  if (now.open.length >= pending) {
    const [oldest, ...open] = now.open
    if (oldest?.trial === undefined) return [waiting(now), now]
    now = told(study, { ...now, open }, oldest.trial)
  }
  const [point, after] = asked(study, now)
  if (point === undefined) return [waiting(after), after]
  const number = after.next - 1
  const step: Start = {
    _tag: "Start",
    number,
    point,
    // Derived when it is asked for: programs that train from a file have seeds of their own.
    get key() {
      return trialKey(key, number)
    },
    known: after.known,
  }
  return [step, { ...after, started: after.started + 1, open: [...after.open, { number, point }] }]
}

/** The state with a finished trial, in any order. A trial that is not open changes nothing, so each counts once. */
export const finish = <S>(progress: Progress<S>, trial: Trial): Progress<S> => ({
  ...progress,
  open: progress.open.map((open) => (open.number === trial.number && open.trial === undefined ? { ...open, trial } : open)),
})

/** All finished trials, by number. */
export const finished = ({ known, open }: Progress): ReadonlyArray<Trial> =>
  [...known, ...open.flatMap(({ trial }) => (trial === undefined ? [] : [trial]))].toSorted((a, b) => a.number - b.number)
