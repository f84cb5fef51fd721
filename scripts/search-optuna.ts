/**
 * `tpe` beside Optuna on the test functions of `search-behaviour.ts`: `node scripts/search-optuna.ts PYTHON [trials] [seeds]`, where
 * PYTHON is an interpreter that has Optuna. Each sampler chooses one trial after the other, knowing all results, with the seeds 1, 2, …
 * A row has in how many seeds the best value is lower than that of our random points, in how many ours is lower than Optuna's with
 * the same seed, and the medians of the best values. Optuna's `multivariate` has `group` too, for spaces with conditions.
 */
import { medianOf } from "../packages/core/src/search/pruner/median.ts"
import * as Sampler from "../packages/core/src/search/Sampler.ts"
import * as Optuna from "./optuna/Optuna.ts"
import { all, runStudy } from "./search-behaviour.ts"

const [, , python, count = "60", seedCount = "10"] = process.argv
if (python === undefined) throw new Error("node scripts/search-optuna.ts PYTHON [trials] [seeds]")
const trials = Number(count)
const seeds = Array.from({ length: Number(seedCount) }, (_, i) => i + 1)
const shown = (x: number): string => x.toPrecision(3)

const optuna = await Optuna.start(python)
console.log(`Optuna ${optuna.version}, ${trials} trials, ${seeds.length} seeds\n`)
console.log("| function | sampler | better than random | `tpe` is better | median of the best |")
console.log("| --- | --- | ---: | ---: | ---: |")
for (const [name, problem] of Object.entries(all)) {
  const own = (sampler: Sampler.Sampler) => seeds.map((seed) => runStudy(problem, sampler, seed, trials).best)
  const random = own(Sampler.random())
  const tpe = own(Sampler.tpe())
  const theirs = async (sampler: Optuna.Wanted["sampler"]) => {
    const bests: Array<number> = []
    for (const seed of seeds) {
      const tried = await optuna.study({ space: problem.space, sampler, pruner: "none", seed, trials }, (point) => ({
        reports: [],
        value: problem.value(point),
      }))
      bests.push(Math.min(...tried.map(({ value }) => value ?? Number.POSITIVE_INFINITY)))
    }
    return bests
  }
  const row = (title: string, bests: ReadonlyArray<number>) => {
    const better = bests.filter((best, i) => best < (random[i] ?? 0)).length
    const worse = bests.filter((best, i) => best > (tpe[i] ?? 0)).length
    console.log(`| ${name} | ${title} | ${better} of ${seeds.length} | ${worse} of ${seeds.length} | ${shown(medianOf(bests))} |`)
  }
  row("random", random)
  row("`tpe`", tpe)
  row("Optuna, `TPESampler()`", await theirs("tpe"))
  row("Optuna, `multivariate`", await theirs("multivariate"))
}
optuna.close()
