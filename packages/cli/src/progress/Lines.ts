/** What is said before and after the epochs of a run. */
import type { Scores } from "@adjoint/core/training/Progress"
import { printable } from "@adjoint/dsl/diagnostic/Printable"
import * as Render from "@adjoint/dsl/diagnostic/Render"
import { type Baseline, baseline } from "@adjoint/dsl/prepare/Baseline"
import type { Prepared } from "@adjoint/dsl/prepare/Prepare"
import * as Effect from "effect/Effect"
import type { Sound } from "../ModelFile.ts"
import type { Summary } from "../run/Records.ts"
import type { Training } from "../Training.ts"
import { hasColour } from "../terminal/Capability.ts"
import * as Format from "../terminal/Format.ts"
import { own } from "../terminal/Guard.ts"
import { World } from "../terminal/World.ts"
import { message } from "../terminal/Write.ts"

/** Tells the advice that there is on a model file. */
export const warnings = ({ reading: { diagnostics, source } }: Sound) =>
  diagnostics.length === 0
    ? Effect.void
    : Effect.flatMap(World, ({ env, stderr }) =>
        message(own(`${Render.all(diagnostics, source, { colour: hasColour(env, stderr) })}\n`)),
      )

/** The answer that looks at no input, scored on the rows that nothing is learned from. */
export const baselineOf = ({ facts: { target }, test, train, val }: Prepared): Baseline =>
  baseline(train, val ?? test ?? train, target.type === "numbers" ? target.units : undefined)

const printBaseline = (answer: Baseline): string => {
  if (answer.kind === "majority") return `majority (always \`${printable(answer.class)}\`) accuracy ${Format.percent(answer.accuracy)}`
  return `mean mse ${Format.decimal(answer.mse)}${answer.scaled === undefined ? "" : `, scaled ${Format.decimal(answer.scaled)}`}`
}

/** What the scores to come are in. */
const printUnits = (units: NonNullable<Format.Units>): string =>
  ["loss", ...Object.keys(units)].map((score) => `${score} ${Format.unit(score, units)}`).join(", ")

/** Where the run is kept, how large it is, and what it must beat. */
export const header = (
  folder: string,
  { built, prepared }: Training,
  parameters: number,
  engine: { readonly name: string; readonly numerics: string; readonly threads: number },
) =>
  message((style) => {
    const { test, train, val } = prepared.facts.rows
    const { unlabelled } = prepared.facts
    const facts = [
      Format.counted(parameters, "parameter"),
      `${[train, val, test].map(Format.count).join("/")} rows`,
      ...(unlabelled === undefined ? [] : [`${Format.count(unlabelled)} without labels`]),
      `seed ${built.seed}`,
      `${engine.name} ${engine.numerics}${engine.threads > 1 ? ` ×${engine.threads}` : ""}`,
    ]
    return [
      `${style("strong", folder)} ${style("faint", "·")} ${facts.join(style("faint", " · "))}`,
      `${style("faint", "baselines:")} ${printBaseline(baselineOf(prepared))}`,
      ...(built.units === undefined ? [] : [`${style("faint", "scores:")} ${printUnits(built.units)}`]),
    ].join("\n")
  })

/** Scores by name, with the part of the data in front. */
export const printScores = (part: string, scores: Scores | undefined, units: Format.Units): ReadonlyArray<string> =>
  Object.entries(scores ?? {}).map(([name, value]) => `${part}.${name} ${Format.measured(name, value, units)}`)

/** How a run ended. */
const ending = ({ best, epochs, status, units }: Summary): string => {
  const so = status === "stopped early" ? `stopped early after epoch ${epochs}` : `finished after epoch ${epochs}`
  return best === undefined
    ? so
    : `${so}, best ${best.monitor} ${Format.measured(best.monitor, best.value, units)} in epoch ${best.epoch}`
}

/** The scripts of this repository that run the command; who typed one of them types it again. */
const scripts: ReadonlySet<string | undefined> = new Set(["adjoint", "demo"])

/** What to type next. */
const next = (commands: ReadonlyArray<string>) =>
  Effect.flatMap(World, ({ env }) => {
    const name = scripts.has(env.npm_lifecycle_event) ? "npx pnpm@12 adjoint" : "adjoint"
    return message((style) =>
      commands.map((rest, i) => `  ${i === 0 ? style("faint", "next:") : "     "} ${name} ${rest}`).join("\n"),
    )
  })

/** How a run ended and what can be done with it; `reference` is how it is called on the command line. */
export const footer = (summary: Summary, reference: string) =>
  Effect.gen(function* () {
    const time = Format.duration(summary.seconds * 1000)
    yield* message((style) => `${style("good", "✓")} ${ending(summary)} (${time})`)
    yield* next([`evaluate ${reference}`, `predict ${reference} FILE`])
  })

/** A run that was stopped by hand; `machines` says how many of its machines had learned, while they were at it. */
export const interrupted = (
  { epochs, steps }: Summary,
  reference: string,
  { canResume, machines }: { readonly canResume: boolean; readonly machines?: { readonly done: number; readonly all: number } },
) =>
  Effect.gen(function* () {
    const after =
      machines === undefined
        ? `epoch ${epochs}, step ${Format.count(steps)}`
        : `${machines.done} of ${Format.counted(machines.all, "machine")}`
    yield* message((style) => `${style("warn", "■")} stopped after ${after}`)
    if (canResume) yield* next([`train --resume ${reference}`])
  })
