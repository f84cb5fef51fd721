/** A process takes part in a study: it plans with the others, runs trials in threads, and shows them. */
import { hostname } from "node:os"
import * as Space from "@adjoint/core/search/Space"
import { defaultPending } from "@adjoint/core/search/Study"
import { printable } from "@adjoint/dsl/diagnostic/Printable"
import * as Effect from "effect/Effect"
import { emitNow } from "../json/Emit.ts"
import type { Choice } from "../model/Engines.ts"
import type { Sound } from "../model/ModelFile.ts"
import { RunError } from "../report/Failure.ts"
import * as Format from "../terminal/Format.ts"
import { World } from "../terminal/World.ts"
import { message } from "../terminal/Write.ts"
import { admitting, unlimited } from "./Budget.ts"
import { shownStore } from "./Database.ts"
import { join, type StudyEvent } from "./Join.ts"
import type { Plan } from "./Plan.ts"
import { progress } from "./Progress.ts"
import * as Show from "./Show.ts"
import type { Study } from "./Store.ts"
import * as Threads from "./Threads.ts"
import type { Start } from "./TrialThread.ts"

/** How a process takes part. */
export interface Part {
  readonly plan: Plan
  readonly sound: Sound
  readonly study: Study
  readonly store: string
  readonly choice: Choice
  /** How many trials run at a time here. */
  readonly parallel: number
  /** The bytes that they may take together. */
  readonly memory: number | undefined
  /** The files that trials read instead of those that the model file names. */
  readonly data?: Start["data"]
  /** Which finished trials are shown: all, or those of this process. */
  readonly shows: "all" | "own"
  readonly json: boolean
}

/** The line before the first trial. */
const header = ({ parallel, plan, store, study }: Part) =>
  message((style) => {
    const size = Space.size(plan.study.space)
    return [
      style("strong", `study ${printable(study.name)}`),
      `${Format.counted(plan.study.space.length, "dimension")}${Number.isFinite(size) ? `, ${Format.counted(size, "point")}` : ""}`,
      `${plan.study.sampler.name}, ${Format.counted(study.trials, "trial")}, ${parallel} at a time`,
      plan.study.objectives.map(({ mode, name }) => `${mode === "max" ? "highest" : "lowest"} ${name}`).join(", "),
      shownStore(store),
    ].join(style("faint", " · "))
  })

const started = ({ parallel, plan, store, study }: Part) => {
  const { space } = plan.study
  const size = Space.size(space)
  return emitNow({
    event: "search_started",
    study: study.name,
    store: shownStore(store),
    objectives: plan.study.objectives,
    sampler: plan.study.sampler.name,
    trials: study.trials,
    pending: plan.study.pending ?? defaultPending,
    parallel,
    dimensions: space.map(({ name }) => name),
    ...(Number.isFinite(size) ? { points: size } : {}),
  })
}

/** Whether this process ran the trial that an event is about. */
const isOwn = (event: StudyEvent): boolean =>
  event._tag !== "TrialFinished" || (!event.isKnown && event.trial.pid === process.pid && event.trial.host === hostname())

/** Runs the trials of a study with this process among others. Returns all of them, and how many this process ran. */
export const takePart = (part: Part) =>
  Effect.gen(function* () {
    const { choice, data, json, memory, parallel, plan, shows, sound, study } = part
    const { entry } = yield* World
    yield* json ? started(part) : header(part)
    const shown = yield* progress(Show.boardOf(plan.board), study.trials, json)
    const threads = yield* Threads.make(entry, { ...choice, threads: choice.threads ?? 1 }, data)
    const admit = memory === undefined ? unlimited : yield* admitting(sound, plan.bytesAt, memory)
    const services = yield* Effect.context<World>()
    let ran = 0
    const joined = join(
      { name: study.name, study: plan.study, pruner: plan.pruner, parallel, threads, admit, taskOf: plan.taskOf },
      (event) => {
        if (event._tag === "TrialFinished" && isOwn(event)) ran++
        return shows === "own" && !isOwn(event) ? Effect.void : Effect.provideContext(shown.tell(event), services)
      },
    )
    const { records, trials } = yield* Effect.ensuring(joined, shown.end)
    return { trials, ran, records }
  }).pipe(
    Effect.catchTag("TrialFailed", ({ message: text, number }) =>
      Effect.fail(new RunError({ message: `trial ${number} could not be run: ${text.replace(/^error: /, "")}` })),
    ),
  )
