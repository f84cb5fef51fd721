/** The events of a search: a closed union, so that the type checker finds a renderer that lacks a case. */
import type { Point } from "./Space.ts"
import type { Report, Trial } from "./Trial.ts"

/** The search has started. */
export interface SearchStarted {
  readonly _tag: "SearchStarted"
  readonly sampler: string
  /** How many trials will run; absent if the sampler decides. */
  readonly trials?: number
  readonly pending: number
  readonly parallel: number
  /** How many finished trials of an earlier run it was given. */
  readonly known: number
}

/** A trial has started. */
export interface TrialStarted {
  readonly _tag: "TrialStarted"
  readonly number: number
  readonly point: Point
}

/** A running trial has reported an intermediate value. */
export interface TrialReported extends Report {
  readonly _tag: "TrialReported"
  readonly number: number
}

/** A trial has ended. Refused trials, which never start, and those of an earlier run have this event alone. */
export interface TrialFinished {
  readonly _tag: "TrialFinished"
  readonly trial: Trial
  /** Whether it is of an earlier run. */
  readonly isKnown: boolean
}

/** All trials have ended. */
export interface SearchFinished {
  readonly _tag: "SearchFinished"
  /** By number. */
  readonly trials: ReadonlyArray<Trial>
  /** The complete trial with the best value of the first objective; absent if no trial was completed. */
  readonly best?: Trial
}

/** One event of a search. */
export type SearchEvent = SearchStarted | TrialStarted | TrialReported | TrialFinished | SearchFinished
