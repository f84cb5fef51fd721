/**
 * The optimizer wrappers of a model file: lookahead, frozen layers, learning rates by layer, the moving average of the
 * weights, and gradient accumulation.
 */
import * as Tree from "../types/Tree.ts"
import { entry, type Table } from "./Entry.ts"
import { scaleByPath } from "./transformation/groups.ts"
import { accumulateOptions, averageOptions, lookaheadOptions } from "./transformation/options.ts"
import { chain, type Optimizer } from "./transformation/Transformation.ts"
import { accumulate, average, lookahead } from "./transformation/wrappers.ts"

/** Wraps an optimizer in another one. */
export type Wrapper = (inner: Optimizer) => Optimizer

/** Whether a parameter's path is inside the layer of that name, `block.0.dense1`. */
const isIn = (path: Tree.Path, layer: string): boolean => `${Tree.printPath(path)}.`.startsWith(`${layer}.`)

/** Every optimizer wrapper, by its name in a model file, from the innermost to the outermost. */
export const table = {
  lookahead: entry({
    doc: "A slow copy of the weights. The weights are reset to it every few steps.",
    formula: "every k steps: φ ← φ + α(θ - φ), θ ← φ",
    source: "Zhang, Lucas, Hinton and Ba, Lookahead optimizer: k steps forward, 1 step back, 2019",
    advice: "Use it where the loss is noisy: the slow copy is more stable, and the learning rate matters less.",
    options: lookaheadOptions,
    make:
      (options): Wrapper =>
      (inner) =>
        lookahead(inner, options),
  }),
  freeze: entry({
    doc: "Layers whose parameters do not change, by name.",
    formula: "θ ← θ for the parameters of these layers",
    source: "Yosinski, Clune, Bengio and Lipson, How transferable are features in deep neural networks?, 2014",
    advice: "For fine-tuning: trains the last layers on top of pretrained ones. A name includes all layers inside it.",
    synonyms: ["frozen", "freeze_layers"],
    options: { layers: { kind: "layers", doc: "The layers, by name." } },
    main: "layers",
    make:
      ({ layers }): Wrapper =>
      (inner) =>
        layers.length === 0
          ? inner
          : chain(
              inner,
              scaleByPath((path) => (layers.some((layer) => isIn(path, layer)) ? 0 : 1)),
            ),
  }),
  rates: entry({
    doc: "Factors of the learning rate for layers, by name.",
    formula: "θ ← θ + factor · step for the parameters of a layer",
    source: "Howard and Ruder, Universal language model fine-tuning for text classification, 2018",
    advice: "For fine-tuning: lower rates for pretrained layers, higher ones for new layers. 0 has the effect of `freeze`.",
    options: { factors: { kind: "factors", doc: "The factor of each layer, by its name." } },
    main: "factors",
    make: ({ factors }): Wrapper => {
      const all = Object.entries(factors)
      const factorOf = (path: Tree.Path): number =>
        all.reduce((factor, [layer, rate]) => (isIn(path, layer) ? factor * rate : factor), 1)
      return (inner) => (all.length === 0 ? inner : chain(inner, scaleByPath(factorOf)))
    },
  }),
  average: entry({
    doc: "The exponential moving average of the weights, which is scored, saved and used for predictions.",
    formula: "φ ← βφ + (1 - β)θ after each step",
    source: "Polyak and Juditsky, Acceleration of stochastic approximation by averaging, 1992",
    advice:
      "Often better than the last weights, at almost no cost: 0.999 is about the mean of the latest 1,000 steps. Choose one that covers a fifth of the run or less.",
    synonyms: ["ema", "ema_decay", "ema_momentum", "polyak", "weight_averaging"],
    options: averageOptions,
    main: "decay",
    make:
      (options): Wrapper =>
      (inner) =>
        average(inner, options),
  }),
  accumulate: entry({
    doc: "Gradient accumulation: one step from the gradients of several batches.",
    formula: "θ ← θ + step(mean of g over k batches), every k batches",
    source: "Goyal et al., Accurate, large minibatch SGD: training ImageNet in 1 hour, 2017",
    advice: "For batches that do not fit in memory: k batches of n rows give the same step as one batch of k · n rows.",
    synonyms: ["gradient_accumulation_steps", "accumulate_grad_batches", "accumulation_steps"],
    options: accumulateOptions,
    main: "batches",
    make:
      ({ batches }): Wrapper =>
      (inner) =>
        batches === 1 ? inner : accumulate(batches, inner),
  }),
} satisfies Table<Wrapper>

/** The name of an optimizer wrapper. */
export type Name = keyof typeof table
