/**
 * Learning rates: how far a step goes, as a function of how many went before. The step is a tensor, so a rate is part of
 * the compiled training step and needs nothing from outside.
 */
import type { Tensor } from "../language/Expr.ts"
import * as T from "../tensor/Tensor.ts"
import { entry, make, type Table, type Use } from "./Entry.ts"

/** From the number of steps done (an i32 scalar, 0 at the first) to the rate of this one (an f32 scalar). */
export type LearningRate = (step: Tensor) => Tensor

const float = (step: Tensor): Tensor => T.cast(step, "f32")

/** The same rate at every step. */
export const constant =
  (lr: number): LearningRate =>
  () =>
    T.scalar(lr)

/** η · factor^⌊t / every⌋: a rate that drops after every so many steps. */
export const step =
  ({ every, factor = 0.1, lr }: { readonly lr: number; readonly every: number; readonly factor?: number }): LearningRate =>
  (t) =>
    T.mul(T.pow(factor, float(T.div(t, every))), lr)

/** η · factor^(t / every): a rate that shrinks by the same share at every step, by `factor` over `every` steps. */
export const exponential =
  ({ every = 1, factor, lr }: { readonly lr: number; readonly factor: number; readonly every?: number }): LearningRate =>
  (t) =>
    T.mul(T.pow(factor, T.div(float(t), every)), lr)

/** min + ½(η - min)(1 + cos(π t / steps)): half a wave down to `min`, where it stays. */
export const cosine =
  ({ lr, min = 0, steps }: { readonly lr: number; readonly steps: number; readonly min?: number }): LearningRate =>
  (t) => {
    const angle = T.mul(T.div(float(T.minimum(t, steps)), steps), Math.PI)
    return T.add(T.mul(T.add(T.cos(angle), 1), (lr - min) / 2), min)
  }

/**
 * Rises in equal steps for `steps` steps, (t + 1) / (steps + 1) of where `then` begins, and then follows `then` from its
 * beginning.
 */
export const warmup =
  (steps: number, then: LearningRate): LearningRate =>
  (t) => {
    const share = T.minimum(T.div(float(T.add(t, 1)), steps + 1), 1)
    return T.mul(share, then(T.maximum(T.sub(t, steps), 0)))
  }

/** What a schedule must know of a run: the optimizer's rate, and how long the run is. */
export interface Run {
  readonly lr: number
  readonly epochs: number
  readonly stepsPerEpoch: number
}

/** A learning rate still without the run it is for. Its own times are in epochs, and parts of epochs will do. */
export type Schedule = (run: Run) => LearningRate

/** A time in epochs as whole steps, at least one. */
const stepsIn = (epochs: number, { stepsPerEpoch }: Run): number => Math.max(1, Math.round(epochs * stepsPerEpoch))

const scheduleOf = (use: Use): Schedule => make(table, use)

/** Every schedule by the name a model file calls it. */
export const table = {
  constant: entry({
    doc: "The same rate all along.",
    formula: "η(t) = η",
    source: "Robbins and Monro, A stochastic approximation method, 1951 (who show that it should fall)",
    advice: "To begin with, and with adam on small problems. When the loss only jitters any more, let the rate fall.",
    options: {},
    make:
      (): Schedule =>
      ({ lr }) =>
        constant(lr),
  }),
  step: entry({
    doc: "A rate that drops after every so many epochs.",
    formula: "η(t) = η · factor^⌊t / every⌋",
    source: "Krizhevsky, Sutskever and Hinton, ImageNet classification with deep convolutional neural networks, 2012",
    advice: "Where you have seen the loss level off: drop the rate to a tenth there. Cosine needs less looking.",
    options: {
      every: { kind: "number", doc: "Epochs between two drops.", default: 10, exclusiveMinimum: 0 },
      factor: { kind: "number", doc: "What is left of the rate.", default: 0.1, exclusiveMinimum: 0, maximum: 1 },
    },
    main: "every",
    make:
      ({ every, factor }): Schedule =>
      (run) =>
        step({ lr: run.lr, every: stepsIn(every, run), factor }),
  }),
  exponential: entry({
    doc: "A rate that shrinks a little at every step.",
    formula: "η(t) = η · factor^(t / epoch)",
    source: "Bottou, Stochastic gradient descent tricks, 2012",
    advice: "0.95 halves the rate in some 14 epochs. Too small a factor stops learning before it is done.",
    options: {
      factor: { kind: "number", doc: "What is left of the rate after an epoch.", default: 0.95, exclusiveMinimum: 0, maximum: 1 },
    },
    main: "factor",
    make:
      ({ factor }): Schedule =>
      (run) =>
        exponential({ lr: run.lr, factor, every: run.stepsPerEpoch }),
  }),
  cosine: entry({
    doc: "Half a wave from the rate down to the least one.",
    formula: "η(t) = min + ½(η - min)(1 + cos(π t / T))",
    source: "Loshchilov and Hutter, SGDR: stochastic gradient descent with warm restarts, 2017",
    advice: "The first choice for a run whose length is known: long at a high rate, and gently down at the end.",
    options: {
      min_lr: { kind: "number", doc: "The rate at the end.", default: 0, minimum: 0 },
      epochs: { kind: "number", doc: "How long the wave takes; 0 is the whole run.", default: 0, minimum: 0 },
    },
    main: "min_lr",
    make:
      ({ epochs, min_lr }): Schedule =>
      (run) =>
        cosine({ lr: run.lr, min: min_lr, steps: stepsIn(epochs === 0 ? run.epochs : epochs, run) }),
  }),
  warmup: entry({
    doc: "A rate that rises to its height first, and then follows another schedule.",
    formula: "η(t) = (t + 1) / (W + 1) · s(0) for t < W, then s(t - W)",
    source: "Goyal et al., Accurate, large minibatch SGD: training ImageNet in 1 hour, 2017",
    advice:
      "For large batches and for adam in deep nets, whose first gradients are the wildest; one epoch or a twentieth of the run is usual.",
    options: {
      epochs: { kind: "number", doc: "How long the rate rises.", default: 1, exclusiveMinimum: 0 },
      schedule: {
        kind: "schedule",
        doc: "What follows; a whole run is then what the warm-up has left of it.",
        default: "constant",
      },
    },
    main: "epochs",
    make:
      ({ epochs, schedule }): Schedule =>
      (run) => {
        const steps = stepsIn(epochs, run)
        const rest = Math.max(run.epochs - steps / run.stepsPerEpoch, 0)
        return warmup(steps, scheduleOf(schedule)({ ...run, epochs: rest }))
      },
  }),
} satisfies Table<Schedule>

/** The name of a schedule. */
export type Name = keyof typeof table
