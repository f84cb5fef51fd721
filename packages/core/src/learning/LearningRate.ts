/** Learning rates, and the schedules of model files that make them: one entry for each, with its options and documentation. */
import { type Duration, type Entry, make, type OptionName, type Options, type Table, type Traits, type Use } from "./Entry.ts"
import {
  cosineOptions,
  cosineRestartsOptions,
  exponentialOptions,
  inverseTimeOptions,
  lowest,
  oneCycleOptions,
  polynomialOptions,
  stepOptions,
} from "./learningRate/options.ts"
import {
  constant,
  cosine,
  cosineRestarts,
  exponential,
  inverseTime,
  type LearningRate,
  oneCycle,
  polynomial,
  step,
  warmup,
} from "./learningRate/rates.ts"

export * from "./learningRate/rates.ts"

/** The facts about a run that a schedule needs: the optimizer's rate, and the length of the run. */
export interface Run {
  readonly lr: number
  readonly epochs: number
  readonly stepsPerEpoch: number
}

/** A learning rate for any run. Its times are in epochs, which may be fractions, or percentages of the run. */
export type Schedule = (run: Run) => LearningRate

/** A duration in whole steps, at least one. */
const stepsIn = (time: Duration, { epochs, stepsPerEpoch }: Run): number => {
  const inEpochs = typeof time === "number" ? time : (Number.parseFloat(time) / 100) * epochs
  return Math.max(1, Math.round(inEpochs * stepsPerEpoch))
}

const scheduleOf = (use: Use): Schedule => make(table, use)

/** Facts about a schedule that checks read. */
export interface ScheduleTraits<Option extends string = string> {
  /** The option with the duration of the warm-up. */
  readonly rise: Option | undefined
}

/* @__NO_SIDE_EFFECTS__ */ const entry = <const O extends Options, const Main extends keyof O & string = never>(
  definition: Entry<O, Schedule, Main> & Traits<ScheduleTraits<OptionName<O>>>,
): Entry<O, Schedule, Main> & Traits<ScheduleTraits<OptionName<O>>> => definition

/** Every schedule, by its name in a model file. */
export const table = {
  constant: entry({
    doc: "The same rate at every step.",
    formula: "η(t) = η",
    source: "Robbins and Monro, A stochastic approximation method, 1951 (who show that it should fall)",
    advice: "For first trials, and with adam on small problems. When the loss only fluctuates, use a falling rate.",
    synonyms: ["ConstantLR", "fixed", "none"],
    options: {},
    traits: { rise: undefined },
    make:
      (): Schedule =>
      ({ lr }) =>
        constant(lr),
  }),
  step: entry({
    doc: "A rate that drops by a factor every few epochs.",
    formula: "η(t) = η · factor^⌊t / every⌋",
    source: "Krizhevsky, Sutskever and Hinton, ImageNet classification with deep convolutional neural networks, 2012",
    advice: "Drop the rate to a tenth where the loss levels off. Cosine needs less tuning.",
    synonyms: ["StepLR", "step_decay", "staircase"],
    options: stepOptions,
    main: "every",
    traits: { rise: undefined },
    make:
      ({ every, factor }): Schedule =>
      (run) =>
        step({ lr: run.lr, every: stepsIn(every, run), factor }),
  }),
  exponential: entry({
    doc: "A rate that decays exponentially.",
    formula: "η(t) = η · factor^(t / epoch)",
    source: "Bottou, Stochastic gradient descent tricks, 2012",
    advice: "A factor of 0.95 halves the rate in about 14 epochs. With a factor that is too small, learning stops too early.",
    synonyms: ["ExponentialLR", "exponential_decay"],
    options: exponentialOptions,
    main: "factor",
    traits: { rise: undefined },
    make:
      ({ factor }): Schedule =>
      (run) =>
        exponential({ lr: run.lr, factor, every: run.stepsPerEpoch }),
  }),
  cosine: entry({
    doc: "Half a cosine wave from the rate down to the minimum.",
    formula: "η(t) = min + ½(η - min)(1 + cos(π t / T))",
    source: "Loshchilov and Hutter, SGDR: stochastic gradient descent with warm restarts, 2017",
    advice: "The first choice for a run of known length: a high rate for long, and a smooth decay at the end.",
    synonyms: ["CosineAnnealingLR", "cosine_annealing", "cosine_decay"],
    options: cosineOptions,
    main: "min_lr",
    traits: { rise: undefined },
    make:
      ({ epochs, min_lr }): Schedule =>
      (run) =>
        cosine({ lr: run.lr, min: min_lr, steps: stepsIn(epochs === 0 ? run.epochs : epochs, run) }),
  }),
  polynomial: entry({
    doc: "From the rate down to the minimum, as a power of the remaining time.",
    formula: "η(t) = min + (η - min)(1 - t / T)ᵖ",
    source: "Chen et al., DeepLab, 2017; Devlin et al., BERT, 2019 (linear)",
    advice: "With a power of 1 it is linear, which is usual for fine-tuning after a warm-up.",
    synonyms: ["PolynomialLR", "polynomial_decay", "poly", "linear", "linear_decay"],
    options: polynomialOptions,
    main: "power",
    traits: { rise: undefined },
    make:
      ({ epochs, min_lr, power }): Schedule =>
      (run) =>
        polynomial({ lr: run.lr, min: min_lr, power, steps: stepsIn(epochs === 0 ? run.epochs : epochs, run) }),
  }),
  inverse_time: entry({
    doc: "A rate that falls in inverse proportion to time.",
    formula: "η(t) = η / (1 + decay · t / epoch)",
    source: "Robbins and Monro, A stochastic approximation method, 1951",
    advice:
      "The classic schedule, with a proof of convergence for sgd on convex problems. For deep nets cosine is usually better.",
    synonyms: ["inverse_time_decay", "time_based_decay"],
    options: inverseTimeOptions,
    main: "decay",
    traits: { rise: undefined },
    make:
      ({ decay }): Schedule =>
      (run) =>
        inverseTime({ lr: run.lr, decay, every: run.stepsPerEpoch }),
  }),
  cosine_restarts: entry({
    doc: "Half a cosine wave down to the minimum, restarted from the full rate.",
    formula: "η(t) = min + ½(η - min)(1 + cos(π tᵢ / Tᵢ)), Tᵢ₊₁ = growth · Tᵢ",
    source: "Loshchilov and Hutter, SGDR: stochastic gradient descent with warm restarts, 2017",
    advice:
      "For runs of unknown length: the end of each wave is a good point to stop. After a restart scores get worse for a while.",
    synonyms: ["CosineAnnealingWarmRestarts", "cosine_decay_restarts", "warm_restarts", "sgdr"],
    options: cosineRestartsOptions,
    main: "epochs",
    traits: { rise: undefined },
    make:
      ({ epochs, growth, min_lr }): Schedule =>
      (run) =>
        cosineRestarts({ lr: run.lr, min: min_lr, growth, steps: stepsIn(epochs, run) }),
  }),
  one_cycle: entry({
    doc: "One cycle: up to the rate in the first part of a run, and down to a very low one in the rest.",
    formula: "half waves: η / divide → η in the fraction `rise` of the run, then η → η / (divide · final_divide)",
    source: "Smith and Topin, Super-convergence: very fast training of neural networks using large learning rates, 2019",
    advice:
      "For short runs at a high rate: use the largest one that a learning-rate range test finds stable. Do not combine it with early stopping, which would skip the decay.",
    synonyms: ["OneCycleLR", "1cycle"],
    options: oneCycleOptions,
    main: "rise",
    traits: { rise: undefined },
    make:
      ({ divide, final_divide, rise }): Schedule =>
      (run) =>
        oneCycle({ lr: run.lr, rise, divide, finalDivide: final_divide, steps: stepsIn(run.epochs, run) }),
  }),
  warmup_cosine: entry({
    doc: "A linear warm-up, followed by half a cosine wave down.",
    formula: "as warmup, followed by cosine over the rest of the run",
    source: "Goyal et al., 2017; Loshchilov and Hutter, 2017",
    advice: "The usual schedule of transformers and of large batches. Short for `warmup` with `schedule: cosine`.",
    synonyms: ["cosine_warmup", "cosine_with_warmup", "linear_warmup_cosine"],
    options: {
      warmup: {
        kind: "duration",
        doc: "The duration of the warm-up.",
        synonyms: ["warmup_epochs", "warmup_steps", "num_warmup_steps", "epochs"],
        default: 1,
        exclusiveMinimum: 0,
      },
      min_lr: lowest("The rate at the end."),
    },
    main: "warmup",
    traits: { rise: "warmup" },
    make:
      ({ min_lr, warmup: rise }): Schedule =>
      (run) => {
        const steps = stepsIn(rise, run)
        const rest = Math.max(run.epochs * run.stepsPerEpoch - steps, 1)
        return warmup(steps, cosine({ lr: run.lr, min: min_lr, steps: rest }))
      },
  }),
  warmup: entry({
    doc: "A linear warm-up, followed by another schedule.",
    formula: "η(t) = (t + 1) / (W + 1) · s(0) for t < W, then s(t - W)",
    source: "Goyal et al., Accurate, large minibatch SGD: training ImageNet in 1 hour, 2017",
    advice:
      "For large batches, and for adam in deep nets, where the first gradients vary most. One epoch or 5% of the run is usual.",
    synonyms: ["linear_warmup", "warmup_linear"],
    options: {
      epochs: {
        kind: "duration",
        doc: "The duration of the warm-up.",
        synonyms: ["warmup", "warmup_epochs", "warmup_steps", "num_warmup_steps", "duration", "total_iters"],
        default: 1,
        exclusiveMinimum: 0,
      },
      schedule: {
        kind: "schedule",
        doc: "The schedule that follows, over the rest of the run.",
        synonyms: ["after", "then"],
        default: "constant",
      },
    },
    main: "epochs",
    traits: { rise: "epochs" },
    make:
      ({ epochs, schedule }): Schedule =>
      (run) => {
        const steps = stepsIn(epochs, run)
        const rest = Math.max(run.epochs - steps / run.stepsPerEpoch, 0)
        return warmup(steps, scheduleOf(schedule)({ ...run, epochs: rest }))
      },
  }),
} satisfies Table<Schedule, Traits<ScheduleTraits>>

/** The name of a schedule. */
export type Name = keyof typeof table
