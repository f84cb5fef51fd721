/**
 * Samplers: which points a search tries. Each is a pure pair of `ask` and `tell` with a state of plain data, as an optimizer is of
 * `init` and `update`; the table has their options and documentation. They take values as better the lower they are.
 */
import type { Entry, Options, Table, Traits } from "../learning/Entry.ts"
import { cmaEs, cmaEsOptions } from "./sampler/cmaEs.ts"
import { coarseToFine, coarseToFineOptions } from "./sampler/coarseToFine.ts"
import { evolution, evolutionOptions } from "./sampler/evolution.ts"
import { gaussianProcess, gaussianProcessOptions } from "./sampler/gaussianProcess.ts"
import { grid, gridOptions } from "./sampler/grid.ts"
import { latinHypercube, latinHypercubeOptions } from "./sampler/latinHypercube.ts"
import { nsga, nsgaOptions } from "./sampler/nsga.ts"
import { random } from "./sampler/random.ts"
import type { Sampler } from "./sampler/Sampler.ts"
import { sobol } from "./sampler/sobol.ts"
import { tpe, tpeOptions } from "./sampler/tpe.ts"

export { type CmaEsOptions, cmaEs } from "./sampler/cmaEs.ts"
export { type CoarseToFineOptions, coarseToFine } from "./sampler/coarseToFine.ts"
export { type EvolutionOptions, evolution } from "./sampler/evolution.ts"
export { type GaussianProcessOptions, gaussianProcess } from "./sampler/gaussianProcess.ts"
export { type GridOptions, grid, gridSize } from "./sampler/grid.ts"
export { type LatinHypercubeOptions, latinHypercube } from "./sampler/latinHypercube.ts"
export { type NsgaOptions, nsga } from "./sampler/nsga.ts"
export { random } from "./sampler/random.ts"
export type { Asked, Sampler } from "./sampler/Sampler.ts"
export { mostSobolDimensions, sobol, sobolCoordinate } from "./sampler/sobol.ts"
export { type TpeOptions, tpe } from "./sampler/tpe.ts"

/** Facts about a sampler that checks read. */
export interface SamplerTraits {
  /** Whether it searches for one objective or for a front of several. */
  readonly objectives: Sampler["objectives"]
  /** Whether its points depend on the results of earlier trials. */
  readonly learns: boolean
}

/* @__NO_SIDE_EFFECTS__ */ const entry = <const O extends Options, const Main extends keyof O & string = never>(
  definition: Entry<O, Sampler, Main> & Traits<SamplerTraits>,
): Entry<O, Sampler, Main> & Traits<SamplerTraits> => definition

/** Every sampler by its name in a model file. */
export const table = {
  random: entry({
    doc: "Independent random points.",
    formula: "xᵢ ~ U(lowᵢ, highᵢ), on a logarithmic scale ln xᵢ ~ U(ln lowᵢ, ln highᵢ)",
    source: "Bergstra and Bengio, Random search for hyper-parameter optimization, 2012",
    advice:
      "The baseline of every other sampler, and hard to beat with few trials. Prefer it to a grid: it tries as many values of each dimension as there are trials.",
    synonyms: ["random_search", "uniform"],
    options: {},
    traits: { objectives: "several", learns: false },
    make: (): Sampler => random(),
  }),
  grid: entry({
    doc: "Every combination of values once.",
    formula: "x ∈ V₁ × V₂ × …",
    source: "LaValle, Branicky and Lindemann, On the relationship between classical grid search and probabilistic roadmaps, 2004",
    advice: "For one or two dimensions with few values. The number of points grows as levels to the power of the dimensions.",
    synonyms: ["grid_search", "gridsearchcv"],
    options: gridOptions,
    main: "levels",
    traits: { objectives: "several", learns: false },
    make: (options): Sampler => grid(options),
  }),
  latin_hypercube: entry({
    doc: "Random points that cover each dimension evenly.",
    formula: "xᵢ = (πᵢ(k) + u) / n for point k of n, with a random permutation πᵢ and u ~ U(0, 1) in each dimension",
    source: "McKay, Beckman and Conover, A comparison of three methods for selecting values of input variables, 1979",
    advice: "As `random`, with less luck: the values of each single dimension are spread evenly over every `points` trials.",
    synonyms: ["lhs", "latin", "latin_hypercube_sampling"],
    options: latinHypercubeOptions,
    main: "points",
    traits: { objectives: "several", learns: false },
    make: (options): Sampler => latinHypercube(options),
  }),
  sobol: entry({
    doc: "A scrambled Sobol sequence, which fills the space evenly, for at most 128 dimensions.",
    formula: "xᵢ = g₁v₁ ⊕ g₂v₂ ⊕ … for the Gray code g of the trial's number and direction numbers v, scrambled by the key",
    source: "Sobol, 1967; Joe and Kuo, Constructing Sobol sequences with better two-dimensional projections, 2008; Owen, 1995",
    advice: "The best of those that do not learn, most of all with a power of 2 trials. All trials can run at the same time.",
    synonyms: ["qmc", "quasi_random", "halton"],
    options: {},
    traits: { objectives: "several", learns: false },
    make: (): Sampler => sobol(),
  }),
  coarse_to_fine: entry({
    doc: "Rounds of random points, each within narrower ranges around the best so far.",
    formula: "round r: x ~ U(best ± ½ shrinkʳ (high - low)) on the scale of each dimension, within the space",
    source: "Goodfellow, Bengio and Courville, Deep learning, 2016, section 11.4.3",
    advice: "What one does by hand, and easy to follow. `tpe` learns more from the same trials.",
    synonyms: ["zoom", "coarse_fine", "iterative_narrowing"],
    options: coarseToFineOptions,
    traits: { objectives: "one", learns: true },
    make: (options): Sampler => coarseToFine(options),
  }),
  tpe: entry({
    doc: "The tree-structured Parzen estimator: points that are likely among the good trials and unlikely among the others.",
    formula: "argmax l(x) / g(x) over candidates x ~ l; l and g are densities of the best γ of the trials and of the rest",
    source:
      "Bergstra, Bardenet, Bengio and Kégl, Algorithms for hyper-parameter optimization, 2011; Falkner, Klein and Hutter, BOHB, 2018; Watanabe, Tree-structured Parzen estimator, 2023",
    advice:
      "The first choice: it copes with choices, branches, whole numbers and several objectives, from about 30 trials on. With few dimensions and expensive trials, `gaussian_process` needs fewer.",
    synonyms: ["bayes", "bayesian", "bohb", "optuna", "hyperopt"],
    options: tpeOptions,
    traits: { objectives: "several", learns: true },
    make: (options): Sampler => tpe(options),
  }),
  gaussian_process: entry({
    doc: "Bayesian optimization with a Gaussian process, for small spaces.",
    formula: "argmax E[max(0, best - f(x))], f ~ GP with a Matérn 5/2 kernel and a length for each dimension",
    source:
      "Jones, Schonlau and Welch, Efficient global optimization of expensive black-box functions, 1998; Snoek, Larochelle and Adams, Practical Bayesian optimization, 2012",
    advice:
      "The fewest trials for up to about ten numbers and smooth scores. Each choice takes up to some tenths of a second, so it pays where a trial takes longer.",
    synonyms: ["gp", "gaussian", "kriging", "bo"],
    options: gaussianProcessOptions,
    main: "startup",
    traits: { objectives: "one", learns: true },
    make: (options): Sampler => gaussianProcess(options),
  }),
  cma_es: entry({
    doc: "A normal distribution that moves and stretches towards good points, for numbers alone.",
    formula: "x ~ m + σ N(0, C); m, σ and C follow the best half of every λ trials",
    source: "Hansen, The CMA evolution strategy: a tutorial, 2016",
    advice:
      "For some hundreds of trials of numbers that depend on each other. It searches no choices and no branches, and is slower than `tpe` with fewer trials.",
    synonyms: ["cma"],
    options: cmaEsOptions,
    traits: { objectives: "one", learns: true },
    make: (options): Sampler => cmaEs(options),
  }),
  evolution: entry({
    doc: "Regularized evolution: a change of the best of some of the latest trials.",
    formula: "parent = best of `sample` drawn from the last `population` trials; child = parent with one dimension changed",
    source: "Real, Aggarwal, Huang and Le, Regularized evolution for image classifier architecture search, 2019",
    advice: "For spaces of many choices and branches, such as architectures, with hundreds of trials.",
    synonyms: ["regularized_evolution", "aging_evolution", "genetic"],
    options: evolutionOptions,
    traits: { objectives: "one", learns: true },
    make: (options): Sampler => evolution(options),
  }),
  nsga: entry({
    doc: "NSGA-II: evolution towards the front of several objectives.",
    formula:
      "parents = best `population` trials by front, then by crowding distance; child = mix of two with one dimension changed",
    source: "Deb, Pratap, Agarwal and Meyarivan, A fast and elitist multiobjective genetic algorithm: NSGA-II, 2002",
    advice:
      "For two or three objectives, such as a score and the number of parameters, and hundreds of trials; with fewer, `tpe`.",
    synonyms: ["nsga2", "nsga_ii"],
    options: nsgaOptions,
    main: "population",
    traits: { objectives: "several", learns: true },
    make: (options): Sampler => nsga(options),
  }),
} satisfies Table<Sampler, Traits<SamplerTraits>>

/** The name of a sampler. */
export type Name = keyof typeof table
