/**
 * Learning rates: how far a step goes, as a function of how many went before. The step is a tensor, so a rate is part of
 * the compiled training step and needs nothing from outside. Each constructor throws `OptionError` for a number that is out
 * of its bounds.
 */
import type { Tensor } from "../language/Expr.ts"
import * as T from "../tensor/Tensor.ts"
import { type Duration, type Entry, make, type OptionName, type Options, type Table, type Traits, type Use } from "./Entry.ts"
import { wantOptions } from "./OptionError.ts"

/** From the number of steps done (an i32 scalar, 0 at the first) to the rate of this one (an f32 scalar). */
export type LearningRate = (step: Tensor) => Tensor

/**
 * What a rate counts in besides the options of its entry: a model file says times as epochs, and takes the rate from the
 * optimizer. A rate of 0 moves nothing, as at the end of a schedule.
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
  wantOptions("constant", ownOptions, { lr })
  return () => T.scalar(lr)
}

/** η · factor^⌊t / every⌋: a rate that drops after every so many steps. */
export const step = ({
  every,
  factor = 0.1,
  lr,
}: {
  readonly lr: number
  readonly every: number
  readonly factor?: number
}): LearningRate => {
  wantOptions("step", { ...ownOptions, every: ownOptions.steps, factor: table.step.options.factor }, { every, factor, lr })
  return (t) => T.mul(T.pow(factor, float(T.quotient(t, every))), lr)
}

/** η · factor^(t / every): a rate that shrinks by the same share at every step, by `factor` over `every` steps. */
export const exponential = ({
  every = 1,
  factor,
  lr,
}: {
  readonly lr: number
  readonly factor: number
  readonly every?: number
}): LearningRate => {
  wantOptions("exponential", { ...ownOptions, factor: table.exponential.options.factor }, { every, factor, lr })
  return (t) => T.mul(T.pow(factor, T.div(float(t), every)), lr)
}

/** min + ½(η - min)(1 + cos(π t / steps)): half a wave down to `min`, where it stays. */
export const cosine = ({
  lr,
  min = 0,
  steps,
}: {
  readonly lr: number
  readonly steps: number
  readonly min?: number
}): LearningRate => {
  wantOptions("cosine", { ...ownOptions, min: table.cosine.options.min_lr }, { lr, min, steps })
  return (t) => {
    const angle = T.mul(T.div(float(T.minimum(t, steps)), steps), Math.PI)
    return T.add(T.mul(T.add(T.cos(angle), 1), (lr - min) / 2), min)
  }
}

/** min + (η - min)(1 - t / steps)ᵖ: down to `min`, where it stays; a straight line for a power of 1. */
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
  wantOptions(
    "polynomial",
    { ...ownOptions, power: table.polynomial.options.power, min: table.polynomial.options.min_lr },
    { lr, min, power, steps },
  )
  return (t) => {
    const left = T.sub(1, T.div(float(T.minimum(t, steps)), steps))
    return T.add(T.mul(power === 1 ? left : T.pow(left, power), lr - min), min)
  }
}

/** η / (1 + decay · t / every): a rate that falls as 1/t, slower and slower. */
export const inverseTime = ({
  decay,
  every = 1,
  lr,
}: {
  readonly lr: number
  readonly decay: number
  readonly every?: number
}): LearningRate => {
  wantOptions("inverseTime", { ...ownOptions, decay: table.inverse_time.options.decay }, { decay, every, lr })
  return (t) => T.div(lr, T.add(T.mul(T.div(float(t), every), decay), 1))
}

/** The beginnings of waves, each `growth` times as long as the one before, as far as steps are counted. */
const wavesFrom = (first: number, growth: number): ReadonlyArray<{ readonly start: number; readonly length: number }> => {
  const waves: Array<{ readonly start: number; readonly length: number }> = []
  for (let start = 0, length = first; start < 2 ** 31; start += length, length *= growth)
    waves.push({ start, length: Math.min(length, 2 ** 31 - 1) })
  return waves
}

/** Half a wave down to `min` over `steps`, and again from the top, each wave `growth` (a whole number) times as long. */
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
  const { growth: growthOption, min_lr } = table.cosine_restarts.options
  wantOptions("cosineRestarts", { ...ownOptions, growth: growthOption, min: min_lr }, { growth, lr, min, steps })
  const wave = (at: Tensor, length: Tensor | number): Tensor => {
    const angle = T.mul(T.div(float(at), typeof length === "number" ? length : float(length)), Math.PI)
    return T.add(T.mul(T.add(T.cos(angle), 1), (lr - min) / 2), min)
  }
  if (growth === 1) return (t) => wave(T.rem(t, steps), steps)
  const waves = wavesFrom(steps, growth)
  const pick = (t: Tensor, of: "start" | "length"): Tensor =>
    waves.reduce<Tensor>((sofar, next) => T.where(T.greaterEqual(t, next.start), next[of], sofar), T.scalar(0, "i32"))
  return (t) => wave(T.sub(t, pick(t, "start")), pick(t, "length"))
}

/**
 * Half a wave up from η / `divide` to η in a share of the run, and one down to η / (`divide` · `finalDivide`) in the rest,
 * where it stays.
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
  wantOptions(
    "oneCycle",
    { ...ownOptions, ...table.one_cycle.options, finalDivide: table.one_cycle.options.final_divide },
    { divide, finalDivide, lr, rise, steps },
  )
  return (t) => {
    const [first, last] = [lr / divide, lr / (divide * finalDivide)]
    const top = Math.max(rise * steps - 1, 0)
    const wave = (from: number, to: number, share: Tensor): Tensor =>
      T.add(T.mul(T.add(T.cos(T.mul(share, Math.PI)), 1), (from - to) / 2), to)
    const at = float(T.minimum(t, steps - 1))
    const up = wave(first, lr, T.div(at, Math.max(top, 1)))
    const down = wave(lr, last, T.div(T.maximum(T.sub(at, top), 0), Math.max(steps - 1 - top, 1)))
    return top === 0 ? down : T.where(T.lessEqual(at, top), up, down)
  }
}

/**
 * Rises in equal steps for `steps` steps, (t + 1) / (steps + 1) of where `then` begins, and then follows `then` from its
 * beginning.
 */
export const warmup = (steps: number, then: LearningRate): LearningRate => {
  wantOptions("warmup", { steps: ownOptions.warmup }, { steps })
  return (t) => {
    const share = T.minimum(T.div(float(T.add(t, 1)), steps + 1), 1)
    return T.mul(share, then(T.maximum(T.sub(t, steps), 0)))
  }
}

/** What a schedule must know of a run: the optimizer's rate, and how long the run is. */
export interface Run {
  readonly lr: number
  readonly epochs: number
  readonly stepsPerEpoch: number
}

/** A learning rate still without the run it is for. Its own times are in epochs, and parts of epochs will do, or shares of the run. */
export type Schedule = (run: Run) => LearningRate

/** A time as whole steps, at least one. */
const stepsIn = (time: Duration, { epochs, stepsPerEpoch }: Run): number => {
  const long = typeof time === "number" ? time : (Number.parseFloat(time) / 100) * epochs
  return Math.max(1, Math.round(long * stepsPerEpoch))
}

const scheduleOf = (use: Use): Schedule => make(table, use)

/** Facts about a schedule that checks read. */
export interface ScheduleTraits<Option extends string = string> {
  /** The option with the time for which the rate rises. */
  readonly rise: Option | undefined
}

const entry = <const O extends Options, const Main extends keyof O & string = never>(
  definition: Entry<O, Schedule, Main> & Traits<ScheduleTraits<OptionName<O>>>,
): Entry<O, Schedule, Main> & Traits<ScheduleTraits<OptionName<O>>> => definition

/** Every schedule by the name a model file calls it. */
export const table = {
  constant: entry({
    doc: "The same rate all along.",
    formula: "η(t) = η",
    source: "Robbins and Monro, A stochastic approximation method, 1951 (who show that it should fall)",
    advice: "To begin with, and with adam on small problems. When the loss only jitters any more, let the rate fall.",
    synonyms: ["ConstantLR", "fixed", "none"],
    options: {},
    traits: { rise: undefined },
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
    synonyms: ["StepLR", "step_decay", "staircase"],
    options: {
      every: {
        kind: "duration",
        doc: "Epochs between two drops.",
        synonyms: ["step_size", "period", "interval"],
        default: 10,
        exclusiveMinimum: 0,
      },
      factor: {
        kind: "number",
        doc: "What is left of the rate.",
        synonyms: ["gamma", "decay", "decay_rate", "drop"],
        default: 0.1,
        exclusiveMinimum: 0,
        maximum: 1,
      },
    },
    main: "every",
    traits: { rise: undefined },
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
    synonyms: ["ExponentialLR", "exponential_decay"],
    options: {
      factor: {
        kind: "number",
        doc: "What is left of the rate after an epoch.",
        synonyms: ["gamma", "decay", "decay_rate"],
        default: 0.95,
        exclusiveMinimum: 0,
        maximum: 1,
      },
    },
    main: "factor",
    traits: { rise: undefined },
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
    synonyms: ["CosineAnnealingLR", "cosine_annealing", "cosine_decay"],
    options: {
      min_lr: {
        kind: "number",
        doc: "The rate at the end.",
        synonyms: ["eta_min", "min", "minimum", "end_lr", "final_lr", "end_learning_rate"],
        default: 0,
        minimum: 0,
      },
      epochs: {
        kind: "duration",
        doc: "How long the wave takes; 0 is the whole run.",
        synonyms: ["T_max", "period", "duration"],
        default: 0,
        minimum: 0,
      },
    },
    main: "min_lr",
    traits: { rise: undefined },
    make:
      ({ epochs, min_lr }): Schedule =>
      (run) =>
        cosine({ lr: run.lr, min: min_lr, steps: stepsIn(epochs === 0 ? run.epochs : epochs, run) }),
  }),
  polynomial: entry({
    doc: "From the rate down to the least one as a power of the time that is left.",
    formula: "η(t) = min + (η - min)(1 - t / T)ᵖ",
    source: "Chen et al., DeepLab, 2017; Devlin et al., BERT, 2019 (linear)",
    advice: "With a power of 1 a straight line, usual for fine-tuning after a warm-up.",
    synonyms: ["PolynomialLR", "polynomial_decay", "poly", "linear", "linear_decay"],
    options: {
      power: { kind: "number", doc: "1 is a straight line; more falls early.", default: 1, exclusiveMinimum: 0 },
      min_lr: {
        kind: "number",
        doc: "The rate at the end.",
        synonyms: ["eta_min", "min", "minimum", "end_lr", "final_lr", "end_learning_rate"],
        default: 0,
        minimum: 0,
      },
      epochs: {
        kind: "duration",
        doc: "How long it falls; 0 is the whole run.",
        synonyms: ["total_iters", "duration"],
        default: 0,
        minimum: 0,
      },
    },
    main: "power",
    traits: { rise: undefined },
    make:
      ({ epochs, min_lr, power }): Schedule =>
      (run) =>
        polynomial({ lr: run.lr, min: min_lr, power, steps: stepsIn(epochs === 0 ? run.epochs : epochs, run) }),
  }),
  inverse_time: entry({
    doc: "A rate that falls as one over the time.",
    formula: "η(t) = η / (1 + decay · t / epoch)",
    source: "Robbins and Monro, A stochastic approximation method, 1951",
    advice: "The classic with a proof for sgd on convex problems. For deep nets cosine is mostly better.",
    synonyms: ["inverse_time_decay", "time_based_decay"],
    options: {
      decay: {
        kind: "number",
        doc: "With 1 the rate is halved after an epoch.",
        synonyms: ["decay_rate"],
        default: 1,
        minimum: 0,
      },
    },
    main: "decay",
    traits: { rise: undefined },
    make:
      ({ decay }): Schedule =>
      (run) =>
        inverseTime({ lr: run.lr, decay, every: run.stepsPerEpoch }),
  }),
  cosine_restarts: entry({
    doc: "Half a wave down to the least rate, and again from the top.",
    formula: "η(t) = min + ½(η - min)(1 + cos(π tᵢ / Tᵢ)), Tᵢ₊₁ = growth · Tᵢ",
    source: "Loshchilov and Hutter, SGDR: stochastic gradient descent with warm restarts, 2017",
    advice: "For runs of open length: every end of a wave is a good place to stop. Just after a restart scores fall for a while.",
    synonyms: ["CosineAnnealingWarmRestarts", "cosine_decay_restarts", "warm_restarts", "sgdr"],
    options: {
      epochs: {
        kind: "duration",
        doc: "How long the first wave takes.",
        synonyms: ["T_0", "period", "first_decay_epochs"],
        default: 10,
        exclusiveMinimum: 0,
      },
      growth: {
        kind: "integer",
        doc: "How many times longer each wave is than the one before.",
        synonyms: ["T_mult", "t_mul"],
        default: 2,
        minimum: 1,
      },
      min_lr: {
        kind: "number",
        doc: "The rate at the end of a wave.",
        synonyms: ["eta_min", "min", "minimum", "end_lr", "final_lr", "end_learning_rate"],
        default: 0,
        minimum: 0,
      },
    },
    main: "epochs",
    traits: { rise: undefined },
    make:
      ({ epochs, growth, min_lr }): Schedule =>
      (run) =>
        cosineRestarts({ lr: run.lr, min: min_lr, growth, steps: stepsIn(epochs, run) }),
  }),
  one_cycle: entry({
    doc: "Up to the rate in the first part of a run and far down in the rest.",
    formula: "½ waves: η / divide → η over a share of the run, then η → η / (divide · final_divide)",
    source: "Smith and Topin, Super-convergence: very fast training of neural networks using large learning rates, 2019",
    advice:
      "For short runs at a rate higher than one would dare to keep: take what the range test finds largest. Stopping early wastes it.",
    synonyms: ["OneCycleLR", "1cycle"],
    options: {
      rise: {
        kind: "number",
        doc: "The share of the run in which the rate rises.",
        synonyms: ["pct_start"],
        default: 0.3,
        minimum: 0,
        exclusiveMaximum: 1,
      },
      divide: { kind: "number", doc: "How many times lower it begins.", synonyms: ["div_factor"], default: 25, minimum: 1 },
      final_divide: {
        kind: "number",
        doc: "How many times lower than it began it ends.",
        synonyms: ["final_div_factor"],
        default: 1e4,
        minimum: 1,
      },
    },
    main: "rise",
    traits: { rise: undefined },
    make:
      ({ divide, final_divide, rise }): Schedule =>
      (run) =>
        oneCycle({ lr: run.lr, rise, divide, finalDivide: final_divide, steps: stepsIn(run.epochs, run) }),
  }),
  warmup_cosine: entry({
    doc: "A rate that rises to its height first and then falls in half a wave.",
    formula: "as warmup, followed by cosine over the rest of the run",
    source: "Goyal et al., 2017; Loshchilov and Hutter, 2017",
    advice: "What transformers and large batches are mostly trained with: `warmup` with `schedule: cosine` in one word.",
    synonyms: ["cosine_warmup", "cosine_with_warmup", "linear_warmup_cosine"],
    options: {
      warmup: {
        kind: "duration",
        doc: "How long the rate rises.",
        synonyms: ["warmup_epochs", "warmup_steps", "num_warmup_steps", "epochs"],
        default: 1,
        exclusiveMinimum: 0,
      },
      min_lr: {
        kind: "number",
        doc: "The rate at the end.",
        synonyms: ["eta_min", "min", "minimum", "end_lr", "final_lr", "end_learning_rate"],
        default: 0,
        minimum: 0,
      },
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
    doc: "A rate that rises to its height first, and then follows another schedule.",
    formula: "η(t) = (t + 1) / (W + 1) · s(0) for t < W, then s(t - W)",
    source: "Goyal et al., Accurate, large minibatch SGD: training ImageNet in 1 hour, 2017",
    advice:
      "For large batches and for adam in deep nets, whose first gradients are the wildest; one epoch or a twentieth of the run is usual.",
    synonyms: ["linear_warmup", "warmup_linear"],
    options: {
      epochs: {
        kind: "duration",
        doc: "How long the rate rises.",
        synonyms: ["warmup", "warmup_epochs", "warmup_steps", "num_warmup_steps", "duration", "total_iters"],
        default: 1,
        exclusiveMinimum: 0,
      },
      schedule: {
        kind: "schedule",
        doc: "What follows; a whole run is then what the warm-up has left of it.",
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
