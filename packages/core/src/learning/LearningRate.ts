/**
 * Learning rates as functions of the number of steps done. The step is a tensor, so a rate is part of the compiled training
 * step. Each constructor throws `OptionError` for a number outside its bounds.
 */
import type { Tensor } from "../language/Expr.ts"
import * as T from "../tensor/Tensor.ts"
import { type Duration, type Entry, make, type OptionName, type Options, type Table, type Traits, type Use } from "./Entry.ts"
import { checkOptions } from "./OptionError.ts"

/** From the number of steps done (an i32 scalar, 0 at the first) to the rate of this one (an f32 scalar). */
export type LearningRate = (step: Tensor) => Tensor

/**
 * The bounds of constructor options that entries do not have: a model file gives times in epochs, and takes the rate from the
 * optimizer. A rate of 0 is valid, as at the end of a schedule.
 */
const ownOptions = {
  lr: { kind: "number", minimum: 0 },
  steps: { kind: "integer", minimum: 1 },
  every: { kind: "number", exclusiveMinimum: 0 },
  warmup: { kind: "integer", minimum: 0 },
} as const

const float = (step: Tensor): Tensor => T.cast(step, "f32")

/** The same rate at every step. */
export const constant = (lr: number): LearningRate => {
  checkOptions("constant", ownOptions, { lr })
  return () => T.scalar(lr)
}

/** η · factor^⌊t / every⌋: a rate that drops every `every` steps. */
export const step = ({
  every,
  factor = 0.1,
  lr,
}: {
  readonly lr: number
  readonly every: number
  readonly factor?: number
}): LearningRate => {
  checkOptions("step", { ...ownOptions, every: ownOptions.steps, factor: stepOptions.factor }, { every, factor, lr })
  return (t) => T.mul(T.pow(factor, float(T.quotient(t, every))), lr)
}

/** η · factor^(t / every): exponential decay, by `factor` over `every` steps. */
export const exponential = ({
  every = 1,
  factor,
  lr,
}: {
  readonly lr: number
  readonly factor: number
  readonly every?: number
}): LearningRate => {
  checkOptions("exponential", { ...ownOptions, factor: exponentialOptions.factor }, { every, factor, lr })
  return (t) => T.mul(T.pow(factor, T.div(float(t), every)), lr)
}

/** min + ½(η - min)(1 + cos(π t / steps)): half a cosine wave down to `min`, where it stays. */
export const cosine = ({
  lr,
  min = 0,
  steps,
}: {
  readonly lr: number
  readonly steps: number
  readonly min?: number
}): LearningRate => {
  checkOptions("cosine", { ...ownOptions, min: cosineOptions.min_lr }, { lr, min, steps })
  return (t) => {
    const angle = T.mul(T.div(float(T.minimum(t, steps)), steps), Math.PI)
    return T.add(T.mul(T.add(T.cos(angle), 1), (lr - min) / 2), min)
  }
}

/** min + (η - min)(1 - t / steps)ᵖ: down to `min`, where it stays; linear for a power of 1. */
export const polynomial = ({
  lr,
  min = 0,
  power = 1,
  steps,
}: {
  readonly lr: number
  readonly steps: number
  readonly power?: number
  readonly min?: number
}): LearningRate => {
  checkOptions(
    "polynomial",
    { ...ownOptions, power: polynomialOptions.power, min: polynomialOptions.min_lr },
    { lr, min, power, steps },
  )
  return (t) => {
    const left = T.sub(1, T.div(float(T.minimum(t, steps)), steps))
    return T.add(T.mul(power === 1 ? left : T.pow(left, power), lr - min), min)
  }
}

/** η / (1 + decay · t / every): a rate that falls as 1/t. */
export const inverseTime = ({
  decay,
  every = 1,
  lr,
}: {
  readonly lr: number
  readonly decay: number
  readonly every?: number
}): LearningRate => {
  checkOptions("inverseTime", { ...ownOptions, decay: inverseTimeOptions.decay }, { decay, every, lr })
  return (t) => T.div(lr, T.add(T.mul(T.div(float(t), every), decay), 1))
}

/** The waves, each `growth` times as long as the previous one, up to 2³¹ steps. */
const wavesFrom = (first: number, growth: number): ReadonlyArray<{ readonly start: number; readonly length: number }> => {
  const waves: Array<{ readonly start: number; readonly length: number }> = []
  for (let start = 0, length = first; start < 2 ** 31; start += length, length *= growth)
    waves.push({ start, length: Math.min(length, 2 ** 31 - 1) })
  return waves
}

/** Half a cosine wave down to `min` over `steps`, then restarts; each wave is `growth` (a whole number) times longer. */
export const cosineRestarts = ({
  growth = 1,
  lr,
  min = 0,
  steps,
}: {
  readonly lr: number
  readonly steps: number
  readonly growth?: number
  readonly min?: number
}): LearningRate => {
  const { growth: growthOption, min_lr } = cosineRestartsOptions
  checkOptions("cosineRestarts", { ...ownOptions, growth: growthOption, min: min_lr }, { growth, lr, min, steps })
  const wave = (at: Tensor, length: Tensor | number): Tensor => {
    const angle = T.mul(T.div(float(at), typeof length === "number" ? length : float(length)), Math.PI)
    return T.add(T.mul(T.add(T.cos(angle), 1), (lr - min) / 2), min)
  }
  if (growth === 1) return (t) => wave(T.rem(t, steps), steps)
  const waves = wavesFrom(steps, growth)
  const pick = (t: Tensor, of: "start" | "length"): Tensor =>
    waves.reduce<Tensor>((earlier, next) => T.where(T.greaterEqual(t, next.start), next[of], earlier), T.scalar(0, "i32"))
  return (t) => wave(T.sub(t, pick(t, "start")), pick(t, "length"))
}

/**
 * Half a cosine wave up from η / `divide` to η in the fraction `rise` of the run, and half a wave down to
 * η / (`divide` · `finalDivide`) in the rest, where it stays.
 */
export const oneCycle = ({
  divide = 25,
  finalDivide = 1e4,
  lr,
  rise = 0.3,
  steps,
}: {
  readonly lr: number
  readonly steps: number
  readonly rise?: number
  readonly divide?: number
  readonly finalDivide?: number
}): LearningRate => {
  checkOptions(
    "oneCycle",
    { ...ownOptions, ...oneCycleOptions, finalDivide: oneCycleOptions.final_divide },
    { divide, finalDivide, lr, rise, steps },
  )
  return (t) => {
    const [first, last] = [lr / divide, lr / (divide * finalDivide)]
    const top = Math.max(rise * steps - 1, 0)
    const wave = (from: number, to: number, fraction: Tensor): Tensor =>
      T.add(T.mul(T.add(T.cos(T.mul(fraction, Math.PI)), 1), (from - to) / 2), to)
    const at = float(T.minimum(t, steps - 1))
    const up = wave(first, lr, T.div(at, Math.max(top, 1)))
    const down = wave(lr, last, T.div(T.maximum(T.sub(at, top), 0), Math.max(steps - 1 - top, 1)))
    return top === 0 ? down : T.where(T.lessEqual(at, top), up, down)
  }
}

/**
 * Linear warm-up: for `steps` steps the rate is (t + 1) / (steps + 1) times the initial rate of `then`. Afterwards it follows
 * `then` from its start.
 */
export const warmup = (steps: number, then: LearningRate): LearningRate => {
  checkOptions("warmup", { steps: ownOptions.warmup }, { steps })
  return (t) => {
    const fraction = T.minimum(T.div(float(T.add(t, 1)), steps + 1), 1)
    return T.mul(fraction, then(T.maximum(T.sub(t, steps), 0)))
  }
}

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

/** The option of the rate that a schedule ends at. */
/* @__NO_SIDE_EFFECTS__ */ const lowest = (doc: string) =>
  ({
    kind: "number",
    doc,
    synonyms: ["eta_min", "min", "minimum", "end_lr", "final_lr", "end_learning_rate"],
    default: 0,
    minimum: 0,
  }) as const

/* @__NO_SIDE_EFFECTS__ */ const entry = <const O extends Options, const Main extends keyof O & string = never>(
  definition: Entry<O, Schedule, Main> & Traits<ScheduleTraits<OptionName<O>>>,
): Entry<O, Schedule, Main> & Traits<ScheduleTraits<OptionName<O>>> => definition

/** The options of `step` in a model file. */
const stepOptions = {
  every: {
    kind: "duration",
    doc: "Epochs between two drops.",
    synonyms: ["step_size", "period", "interval"],
    default: 10,
    exclusiveMinimum: 0,
  },
  factor: {
    kind: "number",
    doc: "The factor of the rate at each drop.",
    synonyms: ["gamma", "decay", "decay_rate", "drop"],
    default: 0.1,
    exclusiveMinimum: 0,
    maximum: 1,
  },
} as const

/** The options of `exponential` in a model file. */
const exponentialOptions = {
  factor: {
    kind: "number",
    doc: "The factor of the rate for each epoch.",
    synonyms: ["gamma", "decay", "decay_rate"],
    default: 0.95,
    exclusiveMinimum: 0,
    maximum: 1,
  },
} as const

/** The options of `cosine` in a model file. */
const cosineOptions = {
  min_lr: lowest("The rate at the end."),
  epochs: {
    kind: "duration",
    doc: "The duration of the decay; 0 is the whole run.",
    synonyms: ["T_max", "period", "duration"],
    default: 0,
    minimum: 0,
  },
} as const

/** The options of `polynomial` in a model file. */
const polynomialOptions = {
  power: { kind: "number", doc: "The exponent: 1 is linear, a larger one falls earlier.", default: 1, exclusiveMinimum: 0 },
  min_lr: lowest("The rate at the end."),
  epochs: {
    kind: "duration",
    doc: "The duration of the decay; 0 is the whole run.",
    synonyms: ["total_iters", "duration"],
    default: 0,
    minimum: 0,
  },
} as const

/** The options of `inverse_time` in a model file. */
const inverseTimeOptions = {
  decay: {
    kind: "number",
    doc: "The speed of the decay: 1 halves the rate after an epoch.",
    synonyms: ["decay_rate"],
    default: 1,
    minimum: 0,
  },
} as const

/** The options of `cosine_restarts` in a model file. */
const cosineRestartsOptions = {
  epochs: {
    kind: "duration",
    doc: "The duration of the first wave.",
    synonyms: ["T_0", "period", "first_decay_epochs"],
    default: 10,
    exclusiveMinimum: 0,
  },
  growth: {
    kind: "integer",
    doc: "How many times longer each wave is than the previous one.",
    synonyms: ["T_mult", "t_mul"],
    default: 2,
    minimum: 1,
  },
  min_lr: lowest("The rate at the end of a wave."),
} as const

/** The options of `one_cycle` in a model file. */
const oneCycleOptions = {
  rise: {
    kind: "number",
    doc: "The fraction of the run in which the rate rises.",
    synonyms: ["pct_start"],
    default: 0.3,
    minimum: 0,
    exclusiveMaximum: 1,
  },
  divide: {
    kind: "number",
    doc: "The initial rate is the rate divided by this.",
    synonyms: ["div_factor"],
    default: 25,
    minimum: 1,
  },
  final_divide: {
    kind: "number",
    doc: "The final rate is the initial rate divided by this.",
    synonyms: ["final_div_factor"],
    default: 1e4,
    minimum: 1,
  },
} as const

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
