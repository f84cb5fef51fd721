/**
 * How `tpe` and `asha` behave on real tables, beside random points and Optuna:
 * `node scripts/search-tables.ts FOLDER [--trials N] [--seeds N] [--optuna PYTHON] [--only NAME,…]`.
 *
 * FOLDER has the tables, named as `scripts/init-scores.ts` says: titanic.csv, breast_cancer.csv, diabetes.csv, digits.csv.gz and
 * boston_house_prices.csv. Each is read as the hand-written file of `scripts/init-scores` reads it, and a small net is trained on 60%
 * of its rows. Searched are the optimizer with its learning rate and momentum, the width, the activation, the dropout and the batch;
 * the score is the loss of the other rows after 27 epochs. Trials are trained as `adjoint search` trains them.
 *
 * The score is a function of the point alone, so each point is trained once; the scores are kept in the folder for temporary files, and
 * a run that was ended goes on from there. PYTHON is an interpreter that has Optuna.
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { parseArgs } from "node:util"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { MinimumLogLevel } from "effect/References"
import { engineOf } from "../packages/cli/src/model/Engines.ts"
import { sha256 } from "../packages/cli/src/model/Hash.ts"
import { ofSource, sound } from "../packages/cli/src/model/ModelFile.ts"
import { training as trainingOf } from "../packages/cli/src/model/Training.ts"
import { planOf } from "../packages/cli/src/study/Plan.ts"
import { trial } from "../packages/cli/src/study/Trial.ts"
import { World } from "../packages/cli/src/terminal/World.ts"
import * as Pruner from "../packages/core/src/search/Pruner.ts"
import { medianOf } from "../packages/core/src/search/pruner/median.ts"
import type { Pruner as Rule } from "../packages/core/src/search/pruner/Pruner.ts"
import * as Sampler from "../packages/core/src/search/Sampler.ts"
import type { Point } from "../packages/core/src/search/Space.ts"
import * as Study from "../packages/core/src/search/Study.ts"
import type { Report, Trial } from "../packages/core/src/search/Trial.ts"
import * as Key from "../packages/core/src/tensor/Key.ts"
import { fromText } from "../packages/dsl/src/source/Source.ts"
import * as Optuna from "./optuna/Optuna.ts"

const epochs = 27

const { positionals, values: flags } = parseArgs({
  allowPositionals: true,
  options: {
    trials: { type: "string", default: "60" },
    seeds: { type: "string", default: "10" },
    optuna: { type: "string" },
    only: { type: "string" },
  },
})
const [folder] = positionals
if (folder === undefined) throw new Error("node scripts/search-tables.ts FOLDER")
const trials = Number(flags.trials)
const seeds = Array.from({ length: Number(flags.seeds) }, (_, i) => i + 1)
const names = ["diabetes", "boston", "breast_cancer", "digits", "titanic"].filter(
  (name) => flags.only === undefined || flags.only.split(",").includes(name),
)

/** The model file that is searched: the data of the hand-written one, with a net and markers of its own. */
const textOf = (name: string): string => {
  const written = readFileSync(join(import.meta.dirname, "init-scores", `${name}.yaml`), "utf8")
  const target = /head: (\w+)/.exec(written)?.[1] ?? ""
  return `${written.slice(0, written.indexOf("model:\n"))}  split: { train: 60%, val: 40%, seed: 1 }
model:
  layers:
    - dense: { units: { $search: { int: [4, 64], log: true }, default: 16 }, activation: { $search: [relu, tanh, gelu], default: relu } }
    - dropout: { $search: { float: [0, 0.6] }, default: 0.2 }
    - head: ${target}
train:
  seed: 1
  epochs: ${epochs}
  batch: { $search: [16, 32, 64], default: 32 }
  optimizer:
    $search:
      - adam: { lr: { $search: { log: [1e-4, 1] }, default: 1e-2 } }
      - sgd: { lr: { $search: { log: [1e-4, 1] }, default: 1e-1 }, momentum: { $search: { float: [0, 0.99] }, default: 0.9 } }
    default: { adam: { lr: 1e-2 } }
search: { minimize: val.loss }
`
}

const silent = { write: () => true, drained: () => Promise.resolve(), isTerminal: false, columns: () => 80 }

const world: World["Service"] = {
  entry: new URL("../packages/cli/src/main.ts", import.meta.url),
  env: {},
  stdout: silent,
  stderr: silent,
  stdin: { isTerminal: false, bytes: async function* () {} },
  beginRun: () => {},
  setSaving: () => {},
}

/** One engine serves all trials. */
const runtime = ManagedRuntime.make(
  Layer.mergeAll(
    engineOf({ engine: "wasm", numerics: undefined, lanes: undefined, threads: 1 }),
    NodeServices.layer,
    Layer.succeed(World, world),
    Layer.succeed(MinimumLogLevel, "None"),
  ),
)

/** Whether a training goes on after these scores. */
type GoesOn = (reports: ReadonlyArray<number>) => boolean

/** The plan of a table's search, and the learning curve at each point, trained when it is first asked for. */
const problemOf = async (name: string) => {
  const text = textOf(name)
  const file = `${name}.yaml`
  const plan = await runtime.runPromise(
    Effect.flatMap(ofSource(fromText(file, text), { directory: resolve(folder) }), (model) =>
      Effect.flatMap(Effect.flatMap(sound(model), trainingOf), (training) => planOf(training)),
    ).pipe(Effect.scoped),
  )
  const kept = join(tmpdir(), "adjoint-search-tables", `${name}-${sha256(plan.fingerprint).slice(0, 16)}.jsonl`)
  mkdirSync(join(kept, ".."), { recursive: true })
  const curves = new Map<string, Optuna.Curve & { readonly isWhole: boolean }>()
  const lines = existsSync(kept) ? readFileSync(kept, "utf8").split("\n").slice(0, -1) : []
  for (const [key, reports, value, isWhole = true] of lines.map((line) => JSON.parse(line)))
    curves.set(key, { reports: reports.map((each: number | null) => each ?? Number.NaN), value: value ?? undefined, isWhole })
  /** The curve at a point, at least as far as `goesOn` wants it. */
  const curveAt = async (point: Point, goesOn: GoesOn = () => true): Promise<Optuna.Curve> => {
    const key = JSON.stringify(plan.study.space.flatMap(({ name: dimension }) => point[dimension] ?? []))
    const before = curves.get(key)
    if (before !== undefined && (before.isWhole || before.reports.some((_, i) => !goesOn(before.reports.slice(0, i + 1)))))
      return before
    const reports: Array<number> = []
    const task = plan.taskOf({ _tag: "Start", number: 0, point, key: Key.make(0), known: [] })
    const report = (_: number, value: number) =>
      Effect.suspend(() => {
        reports.push(value)
        return goesOn(reports) ? Effect.void : Effect.interrupt
      })
    const exit = await runtime.runPromiseExit(trial(task, report))
    const isWhole = Exit.isSuccess(exit)
    if (!isWhole && !Exit.hasInterrupts(exit)) throw new Error(String(exit.cause))
    if (isWhole && exit.value.state === "failed") throw new Error(JSON.stringify(exit.value))
    const value = isWhole && exit.value.state === "complete" ? exit.value.values[0] : undefined
    curves.set(key, { reports, value, isWhole })
    appendFileSync(kept, `${JSON.stringify([key, reports, value ?? null, isWhole])}\n`)
    return { reports, value }
  }
  return { space: plan.study.space, curveAt }
}

type Problem = Awaited<ReturnType<typeof problemOf>>

/** Runs a study of Adjoint over recorded curves. */
const runStudy = async (
  { curveAt, space }: Problem,
  sampler: Sampler.Sampler,
  pruner: Rule,
  pending: number,
  seed: number,
): Promise<ReadonlyArray<Optuna.Tried>> => {
  const study = { space, sampler, objectives: [{ name: "val.loss", mode: "min" }], key: Key.make(seed), trials, pending } as const
  let progress = Study.begin(study)
  const all: Array<Optuna.Tried> = []
  for (;;) {
    const [step, after] = Study.next(study, progress)
    progress = after
    if (step._tag !== "Start") return all
    const { known, number, point } = step
    // As `adjoint search` does: the pruner has nothing to compare with a score that is not finite.
    const finite = (reports: ReadonlyArray<number>): ReadonlyArray<Report> =>
      reports.flatMap((each, i) => (Number.isFinite(each) ? [{ step: i + 1, value: each }] : []))
    const goesOn: GoesOn = (reports) => !Number.isFinite(reports.at(-1)) || !pruner({ number, reports: finite(reports) }, known)
    const { reports, value } = await curveAt(point, goesOn)
    const stop = reports.findIndex((_, i) => !goesOn(reports.slice(0, i + 1)))
    const isPruned = stop >= 0
    const shown = finite(isPruned ? reports.slice(0, stop + 1) : reports)
    const trial: Trial = isPruned
      ? { number, point, state: "pruned", reports: shown }
      : value === undefined
        ? { number, point, state: "diverged", reports: shown }
        : { number, point, state: "complete", values: [value], reports: shown }
    progress = Study.finish(progress, trial)
    all.push({ point, value: isPruned ? undefined : value, epochs: isPruned ? stop + 1 : reports.length })
  }
}

interface Outcome {
  readonly best: number
  readonly epochs: number
}

const outcomeOf = (tried: ReadonlyArray<Optuna.Tried>): Outcome => ({
  best: Math.min(...tried.map(({ value }) => value ?? Number.POSITIVE_INFINITY)),
  epochs: tried.reduce((sum, each) => sum + each.epochs, 0),
})

/** How a strategy chooses and stops trials. */
interface Strategy {
  readonly title: string
  readonly run: (problem: Problem, seed: number) => Promise<ReadonlyArray<Optuna.Tried>>
}

const own = (title: string, sampler: () => Sampler.Sampler, pruner: () => Rule, pending: number): Strategy => ({
  title: `${title}, pending ${pending}`,
  run: (problem, seed) => runStudy(problem, sampler(), pruner(), pending, seed),
})

const optuna = flags.optuna === undefined ? undefined : await Optuna.start(flags.optuna)

/** Random points are the same whatever is pending; the first strategy is what the others are compared with. */
const strategies: ReadonlyArray<Strategy> = [
  own("random", Sampler.random, Pruner.none, 8),
  own("random, asha from epoch 1", Sampler.random, () => Pruner.asha({ min: 1 }), 8),
  own("random, asha from epoch 3", Sampler.random, () => Pruner.asha({ min: 3 }), 8),
  own("tpe", () => Sampler.tpe(), Pruner.none, 8),
  own(
    "tpe, asha from epoch 3",
    () => Sampler.tpe(),
    () => Pruner.asha({ min: 3 }),
    8,
  ),
  own("tpe", () => Sampler.tpe(), Pruner.none, 1),
  ...(optuna === undefined
    ? []
    : [
        {
          title: `Optuna ${optuna.version}, TPESampler`,
          run: ({ curveAt, space }: Problem, seed: number) =>
            optuna.study({ space, sampler: "multivariate", pruner: "none", seed, trials }, curveAt),
        },
        {
          title: `Optuna ${optuna.version}, SuccessiveHalvingPruner from epoch 3 on the same random points`,
          run: async (problem: Problem, seed: number) => {
            const { curveAt, space } = problem
            const points = (await runStudy(problem, Sampler.random(), Pruner.none(), 8, seed)).map(({ point }) => point)
            return optuna.study({ space, sampler: "random", pruner: "asha", seed, trials, points }, curveAt)
          },
        },
      ]),
]

const shown = (x: number): string => x.toPrecision(4)

console.log(`${trials} trials of at most ${epochs} epochs, ${seeds.length} seeds`)
console.log("\n| table | strategy | better than random | worse | median of the lowest loss | epochs, share of all |")
console.log("| --- | --- | ---: | ---: | ---: | ---: |")
for (const name of names) {
  const problem = await problemOf(name)
  let baseline: ReadonlyArray<Outcome> = []
  for (const { run, title } of strategies) {
    const outcomes: Array<Outcome> = []
    for (const seed of seeds) outcomes.push(outcomeOf(await run(problem, seed)))
    if (baseline.length === 0) baseline = outcomes
    const better = outcomes.filter(({ best }, i) => best < (baseline[i]?.best ?? 0)).length
    const worse = outcomes.filter(({ best }, i) => best > (baseline[i]?.best ?? 0)).length
    const share = medianOf(outcomes.map(({ epochs: spent }) => spent / (trials * epochs)))
    const cells = [name, title, better, worse, shown(medianOf(outcomes.map(({ best }) => best))), share.toFixed(2)]
    console.log(`| ${cells.join(" | ")} |`)
  }
}
optuna?.close()
await runtime.dispose()
