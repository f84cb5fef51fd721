/**
 * What a training puts around its optimizer: a slow copy of the weights, layers that stay as they are, the mean of the
 * weights over time, several batches to a step.
 */
import * as Tree from "../types/Tree.ts"
import { entry, type Table } from "./Entry.ts"
import { accumulate, average, lookahead } from "./transformation/around.ts"
import { scaleByPath } from "./transformation/groups.ts"
import { chain, type Optimizer } from "./transformation/Transformation.ts"

/** An optimizer around another one. */
export type Around = (inner: Optimizer) => Optimizer

/** Whether a path of parameters lies in a layer of that name, `block.0.dense1`. */
const isIn = (path: Tree.Path, layer: string): boolean => `${Tree.printPath(path)}.`.startsWith(`${layer}.`)

/** Everything that a model file may put around an optimizer, by name, from the inside outwards. */
export const table = {
  lookahead: entry({
    doc: "A slow copy of the weights that they go back to every few steps.",
    formula: "every k steps: φ ← φ + α(θ - φ), θ ← φ",
    source: "Zhang, Lucas, Hinton and Ba, Lookahead optimizer: k steps forward, 1 step back, 2019",
    advice: "Where steps jitter: the slow copy is steadier, and the optimizer's rate matters less.",
    options: {
      every: { kind: "integer", doc: "k: steps between two of the slow copy's.", default: 5, minimum: 1 },
      alpha: {
        kind: "number",
        doc: "α: how far the slow copy goes towards the weights.",
        default: 0.5,
        exclusiveMinimum: 0,
        maximum: 1,
      },
    },
    make:
      (options): Around =>
      (inner) =>
        lookahead(inner, options),
  }),
  freeze: entry({
    doc: "Layers whose parameters stay as they are, by name.",
    formula: "θ ← θ for the parameters of these layers",
    source: "Yosinski, Clune, Bengio and Lipson, How transferable are features in deep neural networks?, 2014",
    advice: "To train the last layers on top of others that were learned before. A name takes in all layers inside it.",
    synonyms: ["frozen", "freeze_layers"],
    options: { layers: { kind: "layers", doc: "The layers, by name." } },
    main: "layers",
    make:
      ({ layers }): Around =>
      (inner) =>
        layers.length === 0
          ? inner
          : chain(
              inner,
              scaleByPath((path) => (layers.some((layer) => isIn(path, layer)) ? 0 : 1)),
            ),
  }),
  rates: entry({
    doc: "What the steps of a layer's parameters are multiplied by, by its name.",
    formula: "θ ← θ + factor · step for the parameters of a layer",
    source: "Howard and Ruder, Universal language model fine-tuning for text classification, 2018",
    advice: "Lower rates for layers that were learned before, and higher ones for new layers. 0 is as `freeze`.",
    options: { factors: { kind: "factors", doc: "The factor of each layer, by its name." } },
    main: "factors",
    make: ({ factors }): Around => {
      const all = Object.entries(factors)
      const factorOf = (path: Tree.Path): number =>
        all.reduce((factor, [layer, rate]) => (isIn(path, layer) ? factor * rate : factor), 1)
      return (inner) => (all.length === 0 ? inner : chain(inner, scaleByPath(factorOf)))
    },
  }),
  average: entry({
    doc: "Scores, keeps and predicts with the exponential moving average of the weights.",
    formula: "φ ← βφ + (1 - β)θ after each step",
    source: "Polyak and Juditsky, Acceleration of stochastic approximation by averaging, 1992",
    advice:
      "Often better than the last weights, for nothing: 0.999 is about the mean of the latest 1,000 steps. Take one that looks back over a fifth of the run or less.",
    synonyms: ["ema", "ema_decay", "ema_momentum", "polyak", "weight_averaging"],
    options: {
      decay: {
        kind: "number",
        doc: "β: what is left of the mean after a step; 0.999 is about the mean of the latest 1,000 steps.",
        exclusiveMinimum: 0,
        exclusiveMaximum: 1,
        example: 0.99,
      },
    },
    main: "decay",
    make:
      (options): Around =>
      (inner) =>
        average(inner, options),
  }),
  accumulate: entry({
    doc: "Several batches whose gradients make one step.",
    formula: "θ ← θ + step(mean of g over k batches), every k batches",
    source: "Goyal et al., Accurate, large minibatch SGD: training ImageNet in 1 hour, 2017",
    advice: "For batches larger than memory holds: k batches of n rows are one step as of a batch of k · n.",
    synonyms: ["gradient_accumulation_steps", "accumulate_grad_batches", "accumulation_steps"],
    options: { batches: { kind: "integer", doc: "k: how many batches make a step.", minimum: 1, example: 4 } },
    main: "batches",
    make:
      ({ batches }): Around =>
      (inner) =>
        batches === 1 ? inner : accumulate(batches, inner),
  }),
} satisfies Table<Around>

/** The name of what stands around an optimizer. */
export type Name = keyof typeof table
