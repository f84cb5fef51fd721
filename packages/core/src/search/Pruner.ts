/**
 * Pruners: which trials a search stops early, by their intermediate values. Each is a pure function; the table has their options and
 * documentation. They take values as better the lower they are.
 */
import type { Entry, Options, Table } from "../learning/Entry.ts"
import { asha, ashaOptions } from "./pruner/asha.ts"
import { hyperband, hyperbandOptions } from "./pruner/hyperband.ts"
import { median, medianOptions } from "./pruner/median.ts"
import type { Pruner } from "./pruner/Pruner.ts"

export { type AshaOptions, asha } from "./pruner/asha.ts"
export { type HyperbandOptions, hyperband } from "./pruner/hyperband.ts"
export { type MedianOptions, median } from "./pruner/median.ts"
export type { Pruner, Running } from "./pruner/Pruner.ts"

/** Stops no trial. */
export const none = (): Pruner => () => false

/* @__NO_SIDE_EFFECTS__ */ const entry = <const O extends Options, const Main extends keyof O & string = never>(
  definition: Entry<O, Pruner, Main>,
): Entry<O, Pruner, Main> => definition

/** Every pruner by its name in a model file. */
export const table = {
  none: entry({
    doc: "Every trial runs to its end.",
    formula: "stop never",
    source: "Bergstra and Bengio, Random search for hyper-parameter optimization, 2012",
    advice: "Use it where training is short, or where good trials start slowly.",
    options: {},
    make: (): Pruner => none(),
  }),
  median: entry({
    doc: "Stops a trial that is worse than the median of the complete ones at the same epoch.",
    formula: "stop at epoch e if min(v₁ … vₑ) > median of vₑ of the complete trials",
    source: "Golovin et al., Google Vizier: a service for black-box optimization, 2017",
    advice: "A careful rule that saves about half the epochs. `asha` saves more.",
    synonyms: ["median_pruner", "median_stopping"],
    options: medianOptions,
    make: (options): Pruner => median(options),
  }),
  asha: entry({
    doc: "Successive halving without waiting: at rungs min, min · factor, min · factor² … only the best part goes on.",
    formula:
      "at rung r = 0, 1 …: stop unless vᵣ is among the best max(1, ⌊min(nᵣ / factor, n₀ / factorʳ⁺¹)⌋) of the nᵣ values at r, its own included",
    source: "Li et al., A system for massively parallel hyperparameter tuning (ASHA), 2020",
    advice:
      "The first choice where a few epochs say which trials are bad: most of the time goes to the good ones. Set `min` so that the learning curves have begun to differ; where good trials start slowly, use `hyperband`.",
    synonyms: ["successive_halving", "sha", "asynchronous_successive_halving"],
    options: ashaOptions,
    make: (options): Pruner => asha(options),
  }),
  hyperband: entry({
    doc: "Successive halving in brackets that begin at different rungs.",
    formula: "bracket b: asha with min · factorᵇ, for ⌈B factorˢ / (s + 1)⌉ trials, s = B - 1 - b",
    source: "Li et al., Hyperband: a novel bandit-based approach to hyperparameter optimization, 2018",
    advice:
      "Where it is unknown how soon trials can be judged. It costs more than `asha`; with fewer brackets the difference is smaller.",
    options: hyperbandOptions,
    make: (options): Pruner => hyperband(options),
  }),
} satisfies Table<Pruner>

/** The name of a pruner. */
export type Name = keyof typeof table
