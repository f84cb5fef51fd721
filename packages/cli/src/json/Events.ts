/**
 * Every line that `--json` prints, as one schema: it types those who write the lines, `adjoint schema events` publishes it,
 * and the tests hold the lines of every verb to it.
 */
import * as Schema from "effect/Schema"
import { Checked } from "./Check.ts"
import { Profiled } from "./Data.ts"
import { Diagnosed } from "./Diagnose.ts"
import { Examined } from "./Doctor.ts"
import { Evaluated, EvaluatedFiles } from "./Evaluate.ts"
import { Explained } from "./Explain.ts"
import { Failed } from "./Failed.ts"
import { Fetched } from "./Fetch.ts"
import { Help, Version } from "./Help.ts"
import { Initialized } from "./Init.ts"
import { Inspected } from "./Inspect.ts"
import { Printed } from "./JsonSchemas.ts"
import { Plotted, Reported } from "./Plot.ts"
import { Predicted, RowFailed } from "./Predict.ts"
import { Kept, Planned, Run, Summarized } from "./Run.ts"
import { RunListed, RunsCompared } from "./Runs.ts"
import {
  DataServed,
  SearchFinished,
  SearchStarted,
  StudyListed,
  TrialExported,
  TrialFinished,
  TrialReported,
  TrialStarted,
  WorkerFinished,
} from "./Search.ts"
import { LambdaScored, SweepFinished, SweepStarted } from "./Sweep.ts"
import { Worked } from "./Worker.ts"

export const Event = Schema.Union([
  Initialized,
  Checked,
  Inspected,
  Planned,
  Run,
  ...Kept.members,
  Summarized,
  SweepStarted,
  LambdaScored,
  SweepFinished,
  SearchStarted,
  TrialStarted,
  TrialReported,
  TrialFinished,
  SearchFinished,
  DataServed,
  WorkerFinished,
  StudyListed,
  TrialExported,
  Evaluated,
  Diagnosed,
  EvaluatedFiles,
  RunListed,
  RunsCompared,
  Predicted,
  RowFailed,
  Printed,
  Explained,
  Plotted,
  Reported,
  Examined,
  Profiled,
  Fetched,
  Worked,
  Help,
  Version,
  Failed,
])

/** One line. */
export type Event = typeof Event.Type

type Unmarked<E, Marks extends string> = E extends unknown ? Omit<E, Marks> : never

/** An event as it is written, without what all lines have. */
export type Said = Unmarked<Exclude<Event, { readonly time: string }>, "version">

/** An event of something that takes a while, without what all lines have. */
export type SaidNow = Unmarked<Extract<Event, { readonly time: string }>, "time" | "version">

/** An event of a run that is in events.ndjson too. */
export type KeptEvent = Unmarked<typeof Kept.Type, "time" | "version">

/** The events as a JSON Schema (draft 2020-12). */
export const jsonSchema = (): { readonly [keyword: string]: unknown } => {
  const { definitions, schema } = Schema.toJsonSchemaDocument(Event, { onExcessProperty: "error" })
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "A line of adjoint --json",
    ...schema,
    $defs: definitions,
  }
}
