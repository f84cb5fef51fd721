/**
 * How samplers and pruners behave on the usual test functions: `node scripts/search-behaviour.ts [trials] [seeds] [samplers|pruners] [function]`. Each sampler and
 * `random` run the same number of trials with the same seeds; a row says in how many seeds the sampler's best value is lower, the
 * medians of the best values, and the processor time of a choice. Then what pruners cost, in epochs, on noisy learning curves. The
 * figures of docs/results.md come from it. They are the same on every machine, except the times.
 */

import { type Draws, draws, fold } from "../packages/core/src/search/draws.ts"
import * as Pruner from "../packages/core/src/search/Pruner.ts"
import type { Pruner as Rule } from "../packages/core/src/search/pruner/Pruner.ts"
import * as Sampler from "../packages/core/src/search/Sampler.ts"
import { type Point, type Space, withIndices } from "../packages/core/src/search/Space.ts"
import * as Study from "../packages/core/src/search/Study.ts"
import type { Report, Trial } from "../packages/core/src/search/Trial.ts"
import * as Key from "../packages/core/src/tensor/Key.ts"

export interface Problem {
  readonly space: Space
  readonly value: (point: Point) => number
}

const numbers = (n: number, low: number, high: number): Space =>
  Array.from({ length: n }, (_, i) => ({ name: `x${i}`, _tag: "Float", low, high }))

const valuesOf = (point: Point): ReadonlyArray<number> => Object.values(point)

const hartmannA = [
  [10, 3, 17, 3.5, 1.7, 8],
  [0.05, 10, 17, 0.1, 8, 14],
  [3, 3.5, 1.7, 10, 17, 8],
  [17, 8, 0.05, 10, 0.1, 14],
]
const hartmannP = [
  [1312, 1696, 5569, 124, 8283, 5886],
  [2329, 4135, 8307, 3736, 1004, 9991],
  [2348, 1451, 3522, 2883, 3047, 6650],
  [4047, 8828, 8732, 5743, 1091, 381],
]
const hartmannAlpha = [1, 1.2, 3, 3.2]

/** Test functions, lower is better, the lowest value in the comment. */
export const problems: { readonly [name: string]: Problem } = {
  // 0
  sphere: { space: numbers(5, -5, 5), value: (point) => valuesOf(point).reduce((sum, x) => sum + (x - 1) ** 2, 0) },
  // 0
  rosenbrock: {
    space: numbers(4, -2, 2),
    value: (point) => {
      const x = valuesOf(point)
      return x.slice(1).reduce((sum, next, i) => sum + 100 * (next - (x[i] ?? 0) ** 2) ** 2 + (1 - (x[i] ?? 0)) ** 2, 0)
    },
  },
  // 0.397887
  branin: {
    space: [
      { name: "x", _tag: "Float", low: -5, high: 10 },
      { name: "y", _tag: "Float", low: 0, high: 15 },
    ],
    value: ({ x = 0, y = 0 }) =>
      (y - (5.1 / (4 * Math.PI ** 2)) * x ** 2 + (5 / Math.PI) * x - 6) ** 2 + 10 * (1 - 1 / (8 * Math.PI)) * Math.cos(x) + 10,
  },
  // -3.32237
  hartmann6: {
    space: numbers(6, 0, 1),
    value: (point) => {
      const x = valuesOf(point)
      return -hartmannA.reduce((sum, row, i) => {
        const inner = row.reduce((all, a, j) => all + a * ((x[j] ?? 0) - (hartmannP[i]?.[j] ?? 0) / 1e4) ** 2, 0)
        return sum + (hartmannAlpha[i] ?? 0) * Math.exp(-inner)
      }, 0)
    },
  },
  // 0: a learning rate on a logarithmic scale, a width in whole numbers, and an optimizer whose options exist only with it
  conditional: {
    space: [
      { name: "lr", _tag: "Float", low: 1e-5, high: 1, log: true },
      { name: "units", _tag: "Int", low: 4, high: 256, log: true },
      { name: "optimizer", _tag: "Choice", size: 3 },
      { name: "beta", _tag: "Float", low: 0.5, high: 0.999, when: { dimension: "optimizer", choice: 0 } },
      { name: "momentum", _tag: "Float", low: 0, high: 0.99, when: { dimension: "optimizer", choice: 1 } },
      { name: "nesterov", _tag: "Choice", size: 2, when: { dimension: "optimizer", choice: 1 } },
    ],
    value: ({ beta = 0, lr = 1, momentum = 0, nesterov = 0, optimizer, units = 4 }) => {
      const rate = (Math.log10(lr) - (optimizer === 0 ? -3 : -1.5)) ** 2 / 4
      const width = Math.log2(units / 64) ** 2 / 8
      const branch =
        optimizer === 0 ? 4 * (beta - 0.9) ** 2 : optimizer === 1 ? 0.1 + (momentum - 0.9) ** 2 + (1 - nesterov) * 0.05 : 0.6
      return rate + width + branch
    },
  },
}

/** Lists of numbers, as `$search: [16, 32, 64]` has them: 0 in the middle of each, with or without their order. */
const lists = (ordered: boolean): Problem => ({
  space: [9, 7, 9, 5].map((size, i) => ({ name: `x${i}`, _tag: "Choice", size, ordered })),
  value: (point) => valuesOf(point).reduce((sum, index, i) => sum + ((index - ([6, 1, 4, 3][i] ?? 0)) / 4) ** 2, 0),
})

/** The test functions, and lists of numbers with a bowl and a place of its own for each. */
export const all: typeof problems = { ...problems, "lists, plain": lists(false), "lists, ordered": lists(true) }

/** A noisy learning curve of 81 epochs: from 1 down to the value of the point, the faster the higher the rate. */
const epochs = 81
const curve = (problem: Problem, point: Point, noise: Draws) => {
  const floor = Math.min(1, problem.value(point))
  const speed = 3 + 3 * Math.min(1, (point.lr ?? 0.01) * 10)
  return (epoch: number): number => floor + (1 - floor) / (1 + (speed * epoch) / 6) + 0.01 * noise.normal()
}

export interface Outcome {
  readonly best: number
  readonly cost: number
  readonly pruned: number
  readonly milliseconds: number
}

export const runStudy = (
  { space, value }: Problem,
  sampler: Sampler.Sampler,
  seed: number,
  trials: number,
  { pending = 1, pruner, curved = false }: { readonly pending?: number; readonly pruner?: Rule; readonly curved?: boolean } = {},
): Outcome => {
  const study = { space, sampler, objectives: [{ name: "value", mode: "min" }], key: Key.make(seed), trials, pending } as const
  let progress = Study.begin(study)
  const start = process.cpuUsage()
  for (;;) {
    const [step, after] = Study.next(study, progress)
    progress = after
    if (step._tag !== "Start") break
    const { known, number, point } = step
    const at = curve({ space, value }, point, draws(fold([seed, 7], number)))
    const reports: Array<Report> = []
    let isPruned = false
    for (let epoch = 1; curved && epoch <= epochs && !isPruned; epoch++) {
      reports.push({ step: epoch, value: at(epoch) })
      isPruned = pruner?.({ number, reports }, known) ?? false
    }
    const trial: Trial = isPruned
      ? { number, point, state: "pruned", reports }
      : { number, point, state: "complete", values: [reports.at(-1)?.value ?? value(point)], reports }
    progress = Study.finish(progress, trial)
  }
  const { system, user } = process.cpuUsage(start)
  const all = Study.finished(progress)
  return {
    // The value without noise of the trial that the search would choose.
    best: curved ? chosenValue(value, all) : Math.min(...all.flatMap(({ values = [] }) => values)),
    cost: all.reduce((sum, { reports }) => sum + reports.length, 0),
    pruned: all.filter(({ state }) => state === "pruned").length,
    milliseconds: (user + system) / 1000 / trials,
  }
}

const chosenValue = (value: Problem["value"], trials: ReadonlyArray<Trial>): number => {
  const [best] = trials
    .filter(({ values }) => values !== undefined)
    .toSorted((a, b) => (a.values?.[0] ?? 0) - (b.values?.[0] ?? 0))
  return best === undefined ? Number.NaN : value(best.point)
}

const median = (values: ReadonlyArray<number>): number => {
  const sorted = values.toSorted((a, b) => a - b)
  return ((sorted[Math.floor((sorted.length - 1) / 2)] ?? 0) + (sorted[Math.ceil((sorted.length - 1) / 2)] ?? 0)) / 2
}

const samplers: { readonly [name: string]: () => Sampler.Sampler } = {
  tpe: () => Sampler.tpe(),
  gaussian_process: () => Sampler.gaussianProcess(),
  cma_es: () => Sampler.cmaEs(),
  evolution: () => Sampler.evolution(),
  coarse_to_fine: () => Sampler.coarseToFine(),
  sobol: () => Sampler.sobol(),
  latin_hypercube: () => Sampler.latinHypercube(),
}

const shown = (x: number): string => x.toPrecision(3)

/** Compares the samplers with random points on one problem. */
const compareSamplers = (name: string, problem: Problem, trials: number, seeds: ReadonlyArray<number>, pending: number): void => {
  const baseline = seeds.map((seed) => runStudy(problem, Sampler.random(), seed, trials, { pending }).best)
  console.log(`| ${name} | random | | ${shown(median(baseline))} | |`)
  for (const [own, make] of Object.entries(samplers)) {
    if (make().check?.(withIndices(problem.space)).length) continue
    const outcomes = seeds.map((seed) => runStudy(problem, make(), seed, trials, { pending }))
    const wins = outcomes.filter(({ best }, i) => best < (baseline[i] ?? 0)).length
    const time = median(outcomes.map(({ milliseconds }) => milliseconds))
    console.log(
      `| ${name} | ${own} | ${wins} of ${seeds.length} | ${shown(median(outcomes.map(({ best }) => best)))} | ${time.toFixed(1)} |`,
    )
  }
}

/** Pruners, with how many times the trials each has: those that save epochs can spend them on more trials. */
const pruners: ReadonlyArray<readonly [name: string, make: () => Rule, times: number]> = [
  ["none", () => Pruner.none(), 1],
  ["median", () => Pruner.median(), 1],
  ["asha", () => Pruner.asha(), 1],
  ["asha", () => Pruner.asha(), 2],
  ["hyperband", () => Pruner.hyperband(), 1],
]

/** Compares the samplers with random points, with all results known and with 8 trials pending. */
const showSamplers = (trials: number, seeds: ReadonlyArray<number>, only: string | undefined): void => {
  for (const pending of [1, 8]) {
    console.log(`\n${trials} trials, ${seeds.length} seeds, pending ${pending}\n`)
    console.log("| function | sampler | better than random | median of the best | ms a choice |")
    console.log("| --- | --- | ---: | ---: | ---: |")
    for (const [name, problem] of Object.entries(all))
      if (only === undefined || name.includes(only)) compareSamplers(name, problem, trials, seeds, pending)
  }
}

/** Compares the pruners on noisy learning curves, for random points and for those of tpe, with all trials run to their end. */
const showPruners = (trials: number, seeds: ReadonlyArray<number>): void => {
  const { conditional } = problems
  if (conditional === undefined) return
  console.log(`\n${trials} trials of at most ${epochs} noisy epochs, ${seeds.length} seeds, pending 8\n`)
  console.log(
    "| sampler | pruner | trials | stopped | epochs, share of none | median of the value chosen | as good as none or better |",
  )
  console.log("| --- | --- | ---: | ---: | ---: | ---: | ---: |")
  for (const [sampler, makeSampler] of Object.entries({ random: () => Sampler.random(), tpe: () => Sampler.tpe() })) {
    const whole = seeds.map((seed) => runStudy(conditional, makeSampler(), seed, trials, { pending: 8, curved: true }).best)
    for (const [name, make, times] of pruners) {
      const options = { pending: 8, pruner: make(), curved: true }
      const outcomes = seeds.map((seed) => runStudy(conditional, makeSampler(), seed, times * trials, options))
      const share = median(outcomes.map(({ cost }) => cost / (trials * epochs)))
      const stopped = median(outcomes.map(({ pruned }) => pruned))
      const good = outcomes.filter(({ best }, i) => best <= (whole[i] ?? 0)).length
      const cells = [sampler, name, times * trials, stopped, share.toFixed(2), shown(median(outcomes.map(({ best }) => best)))]
      console.log(`| ${cells.join(" | ")} | ${good} of ${seeds.length} |`)
    }
  }
}

if (import.meta.main) {
  const [, , trials = "60", count = "10", part, only] = process.argv
  const seeds = Array.from({ length: Number(count) }, (_, i) => i + 1)
  if (part !== "pruners") showSamplers(Number(trials), seeds, only)
  if (part !== "samplers") showPruners(Number(trials), seeds)
}
