/**
 * Samplers: which points a search tries. Each is a pure pair of `ask` and `tell` with a state of plain data, as an optimizer is of
 * `init` and `update`; the table has their options and documentation. They take values as better the lower they are.
 */
import type { Entry, Options, Table } from "../learning/Entry.ts"
import { grid, gridOptions } from "./sampler/grid.ts"
import { random } from "./sampler/random.ts"
import type { Sampler } from "./sampler/Sampler.ts"

export { type GridOptions, grid, gridSize } from "./sampler/grid.ts"
export { random } from "./sampler/random.ts"
export type { Asked, Sampler } from "./sampler/Sampler.ts"

/* @__NO_SIDE_EFFECTS__ */ const entry = <const O extends Options, const Main extends keyof O & string = never>(
  definition: Entry<O, Sampler, Main>,
): Entry<O, Sampler, Main> => definition

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
    make: (options): Sampler => grid(options),
  }),
} satisfies Table<Sampler>

/** The name of a sampler. */
export type Name = keyof typeof table
