/** Lines that are printed before and after the epochs of a run. */
import type { Scores } from "@adjoint/core/training/Progress"
import { printable } from "@adjoint/dsl/diagnostic/Printable"
import * as Render from "@adjoint/dsl/diagnostic/Render"
import { type Baseline, baselines, worseThan } from "@adjoint/dsl/prepare/Baseline"
import { type Head, headsOf, scoreName } from "@adjoint/dsl/prepare/Facts"
import type { Prepared } from "@adjoint/dsl/prepare/Prepared"
import { print } from "@adjoint/dsl/source/Path"
import * as Effect from "effect/Effect"
import type { Summary } from "../json/Summary.ts"
import { balancedAccuracy, baselinePart, chanceOf, weighsClasses } from "../model/Balanced.ts"
import type { Sound } from "../model/ModelFile.ts"
import type { Training } from "../model/Training.ts"
import { hasColour } from "../terminal/Capability.ts"
import * as Format from "../terminal/Format.ts"
import { own } from "../terminal/Guard.ts"
import { World } from "../terminal/World.ts"
import { message } from "../terminal/Write.ts"

/** Prints the warnings about a model file. */
export const warnings = ({ reading: { diagnostics, source } }: Sound) =>
  diagnostics.length === 0
    ? Effect.void
    : Effect.flatMap(World, ({ env, stderr }) =>
        message(own(`${Render.all(diagnostics, source, { colour: hasColour(env, stderr) })}\n`)),
      )

/** Whether a baseline is a naive forecast, which stands beside the mean. */
const isNaive = ({ kind }: Baseline): boolean => kind === "last" || kind === "season"

/**
 * The baselines as a summary has them: that of the one head, or those of all under names such as `kind.accuracy`. Naive forecasts
 * of a series have names such as `last.mse`.
 */
export const baselineRecord = (prepared: Prepared): NonNullable<Summary["baseline"]> =>
  Object.fromEntries(
    baselines(prepared).flatMap(({ answer, head }) => {
      const { kind, ...scores } = answer
      const entries = Object.entries<string | number>(isNaive(answer) ? scores : { kind, ...scores })
      return entries.map(([key, value]) => [scoreName(head, isNaive(answer) ? `${kind}.${key}` : key), value] as const)
    }),
  )

/** What a baseline of numbers predicts. */
const predicted = { mean: "mean", last: "last value", season: "value of one window ago" } as const

const printBaseline = (answer: Baseline): string => {
  if (answer.kind === "majority")
    return `majority (always \`${printable(answer.class)}\`) accuracy ${Format.percent(answer.accuracy)}`
  return `${predicted[answer.kind]} mse ${Format.decimal(answer.mse)}${answer.scaled === undefined ? "" : `, scaled ${Format.decimal(answer.scaled)}`}`
}

/** The units of the scores. */
const printUnits = (units: NonNullable<Format.Units>): string =>
  ["loss", ...Object.keys(units)]
    .flatMap((score) => {
      const unit = Format.unit(score, units)
      return unit === undefined ? [] : [`${score} ${unit}`]
    })
    .join(", ")

/** The scores of the linear model that a person reads: its metrics, or its loss where there are none. */
const printLinear = (linear: Scores, units: Format.Units): string => {
  const metrics = Object.keys(linear).filter((name) => !/(?:^|\.)loss$/.test(name))
  const shown = metrics.length === 0 ? ["loss"] : metrics
  return `linear ${shown.map((name) => `${name} ${Format.measured(name, linear[name] ?? Number.NaN, units)}`).join(", ")}`
}

/** The folder of a run, its size, and the baselines; `linear` has the scores of the linear model. */
export const header = (
  folder: string,
  { built, prepared }: Training,
  parameters: number,
  engine: { readonly name: string; readonly numerics: string; readonly threads: number },
  linear?: Scores,
) =>
  message((style) => {
    const { test, train, val } = prepared.facts.rows
    const { dropped = [], unlabelled } = prepared.facts
    const facts = [
      Format.counted(parameters, "parameter"),
      `${[train, val, test].map(Format.count).join("/")} rows`,
      ...(unlabelled === undefined ? [] : [`${Format.count(unlabelled)} without labels`]),
      ...(built.shards === undefined ? [] : [Format.counted(built.shards.count, "shard")]),
      `seed ${built.seed}`,
      `${engine.name} ${engine.numerics}${engine.threads > 1 ? ` ×${engine.threads}` : ""}`,
    ]
    return [
      `${style("strong", folder)} ${style("faint", "·")} ${facts.join(style("faint", " · "))}`,
      `${style("faint", "baselines:")} ${[
        ...baselines(prepared).map(
          ({ answer, head: { name } }) => `${name === undefined ? "" : `${name} `}${printBaseline(answer)}`,
        ),
        ...(linear === undefined ? [] : [printLinear(linear, built.units)]),
      ].join(style("faint", " · "))}`,
      ...dropped.map(
        ({ column, rows }) => `${style("faint", "left out:")} ${Format.counted(rows, "row")} with a blank in \`${column}\``,
      ),
      ...(built.units === undefined ? [] : [`${style("faint", "scores:")} ${printUnits(built.units)}`]),
    ].join("\n")
  })

/** Scores by name, with the part of the data in front. */
export const printScores = (part: string, scores: Scores | undefined, units: Format.Units): ReadonlyArray<string> =>
  Object.entries(scores ?? {}).map(([name, value]) => `${part}.${name} ${Format.measured(name, value, units)}`)

/** How a run ended, and which weights it stands for. */
const ending = ({ best, epochs, status, test, units, weights, weightsEpoch }: Summary): string => {
  const so = status === "stopped early" ? `stopped early after epoch ${epochs}` : `finished after epoch ${epochs}`
  if (best === undefined) return so
  const found = `${so}, best ${best.monitor} ${Format.measured(best.monitor, best.value, units)} in epoch ${best.epoch}`
  // Where the last epoch was the best there is nothing to tell apart.
  if (best.epoch === epochs) return found
  const used = test === undefined ? "kept" : "kept and scored on test"
  return `${found}; ${used}: the weights of epoch ${weightsEpoch ?? epochs}, the ${weights}`
}

/** Less of a score than this is chance, and the same as that of a linear model. */
const margin = 0.05

/** A score that is worse than the linear model's on the same rows, by more than chance: the watched one, or the loss. */
export const worseThanLinear = ({ built, prepared }: Training, summary: Partial<Summary>) => {
  const part = baselinePart(prepared)
  const [own, linear] = [summary[part], summary.linear]
  if (own === undefined || linear === undefined) return undefined
  const watched = built.best.monitor.slice(built.best.monitor.indexOf(".") + 1)
  const isWatched = Object.hasOwn(linear, watched) && Object.hasOwn(own, watched)
  const [score, mode] = isWatched ? [watched, built.best.mode] : ["loss", "min"]
  const [got, baseline] = [own[score] ?? Number.NaN, linear[score] ?? Number.NaN]
  const behind = mode === "min" ? got - baseline : baseline - got
  const isWorse = behind > margin * Math.abs(baseline)
  return isWorse ? { name: `${part}.${score}`, got, baseline } : undefined
}

/** A result that no one should rely on: it is worse than an answer that looks at no input, or than a linear model. */
const worse = (training: Training, summary: Summary, reference: string): ReadonlyArray<string> => {
  const [found] = worseThanBaseline(training, summary)
  const line = worseThanLinear(training, summary)
  if (found === undefined && line !== undefined)
    return [
      `${line.name} ${Format.score(line.name, line.got)} is worse than that of a linear model (${Format.score(line.name, line.baseline)})`,
      `adjoint diagnose ${reference}`,
    ]
  // A score that is not finite has a warning of its own.
  if (found === undefined || !Number.isFinite(found.got)) return []
  const { answer, baseline, got, name } = found
  const said =
    answer.kind === "majority" ? `always answering \`${answer.class}\`` : `always answering the ${predicted[answer.kind]}`
  return [`${name} ${Format.score(name, got)} is worse than ${said} (${Format.score(name, baseline)})`, advice(training)]
}

/** The balanced accuracy of a head that is worse than that of always answering one class. */
const worseBalanced = ({ prepared }: Training, { balanced }: Partial<Summary>, head: Pick<Head, "name">) => {
  const score = scoreName(head, balancedAccuracy)
  const got = balanced !== undefined && Object.hasOwn(balanced, score) ? balanced[score] : undefined
  const baseline = chanceOf(prepared, head.name)
  return got === undefined || got >= baseline ? undefined : { score: balancedAccuracy, got, baseline }
}

/** The scores of a summary that are worse than the baselines, with the baselines. A head whose classes have weights is judged by its balanced accuracy. */
export const worseThanBaseline = (training: Training, summary: Partial<Pick<Summary, "balanced" | "test" | "train" | "val">>) => {
  const { built, prepared } = training
  const part = baselinePart(prepared)
  const scores = Object.entries(summary[part] ?? {})
  if (summary[part] === undefined) return []
  return baselines(prepared).flatMap(({ answer, head }) => {
    const prefix = scoreName(head, "")
    const own = Object.fromEntries(
      scores.flatMap(([name, value]) => (name.startsWith(prefix) ? [[name.slice(prefix.length), value] as const] : [])),
    )
    const { lossName = "", target } = built.heads.find(({ name }) => name === head.name) ?? {}
    const isWeighted = weighsClasses(training) && (target?.type === "class" || target?.type === "binary")
    const found = isWeighted ? worseBalanced(training, summary, head) : worseThan(answer, own, lossName)
    return found === undefined ? [] : [{ ...found, answer, name: `${part}.${scoreName(head, found.score)}` }]
  })
}

/** What to try where a model has not learned. */
const advice = ({ prepared: { facts }, sound: { document } }: Training): string => {
  const columns = document.data?.columns
  const quantities = headsOf(facts).flatMap(({ target }) => (target.type === "numbers" ? target.names : []))
  const unscaled =
    columns === undefined
      ? undefined
      : quantities.find((name) => {
          const column = Object.hasOwn(columns, name) ? columns[name] : undefined
          return column?.type === "number" && column.scale === undefined
        })
  return unscaled === undefined
    ? "more epochs, or another learning rate"
    : `--set ${print(["data", "columns", unscaled, "scale"])}=standard`
}

/** The scripts of this repository that run the command: commands to type next name them too. */
const scripts: ReadonlySet<string | undefined> = new Set(["adjoint", "demo"])

/** Commands to type next. */
const next = (commands: ReadonlyArray<string>) =>
  Effect.flatMap(World, ({ env }) => {
    const name = scripts.has(env.npm_lifecycle_event) ? "npx pnpm@12 adjoint" : "adjoint"
    return message((style) =>
      commands.map((rest, i) => `  ${i === 0 ? style("faint", "next:") : "     "} ${name} ${rest}`).join("\n"),
    )
  })

/** A warning: what is wrong, and what to try. */
export const warning = (text: string, hint?: string) =>
  message((style) => `${style("warn", "warning")}: ${text}${hint === undefined ? "" : `\n  ${style("accent", "try:")} ${hint}`}`)

/** The flag that scores another part where the one that `evaluate` takes has no rows. */
const splitFlag = ({ prepared, sound: { document } }: Training): ReadonlyArray<string> =>
  prepared[document.evaluate.split] === undefined ? [`--split ${prepared.val === undefined ? "train" : "val"}`] : []

/** How a run ended and which commands use it; `reference` is its name on the command line. */
export const footer = (training: Training, summary: Summary, reference: string) =>
  Effect.gen(function* () {
    const time = Format.duration(summary.seconds * 1000)
    yield* message((style) => `${style("good", "✓")} ${ending(summary)} (${time})`)
    yield* Effect.forEach(Object.entries(summary.balanced ?? {}), ([name, value]) =>
      message(
        (style) =>
          `  ${style("faint", `${baselinePart(training.prepared)}.${name}`)} ${Format.score(name, value)}: with class weights a run is judged by it, and not by its accuracy`,
      ),
    )
    const [text, hint] = worse(training, summary, reference)
    if (text !== undefined) yield* warning(text, hint)
    yield* next([["evaluate", reference, ...splitFlag(training)].join(" "), `predict ${reference} FILE`])
  })

/** How a cross-validation ended, and which command uses one of its models. */
export const foldsFooter = ({ crossValidation, seconds }: Summary, reference: string) =>
  Effect.gen(function* () {
    const each = crossValidation?.each ?? []
    const time = Format.duration(seconds * 1000)
    yield* message((style) => `${style("good", "✓")} finished ${Format.counted(each.length, "fold")} (${time})`)
    const [first] = each
    const [name, ...rest] = reference.split(" ")
    if (first !== undefined) yield* next([[`evaluate ${name}/${first.run}`, ...rest, "--split val"].join(" ")])
  })

/** A cross-validation that a signal stopped. */
export const stoppedFolds = (done: number, all: number, reference: string) =>
  Effect.gen(function* () {
    yield* message((style) => `${style("warn", "■")} stopped after ${done} of ${Format.counted(all, "fold")}`)
    yield* next([`train --resume ${reference}`])
  })

/** A run that a signal stopped; `machines` says how many of its machines were trained, if it was in pre-training. */
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
