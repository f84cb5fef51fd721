/**
 * Learning rates as functions of the number of steps done. The step is a tensor, so a rate is part of the compiled training
 * step. Each constructor throws `OptionError` for a number outside its bounds.
 */
import type { Tensor } from "../../language/Expr.ts"
import * as T from "../../tensor/Tensor.ts"
import { checkOptions } from "../OptionError.ts"
import {
  cosineOptions,
  cosineRestartsOptions,
  exponentialOptions,
  inverseTimeOptions,
  oneCycleOptions,
  ownOptions,
  polynomialOptions,
  stepOptions,
} from "./options.ts"

/** From the number of steps done (an i32 scalar, 0 at the first) to the rate of this one (an f32 scalar). */
export type LearningRate = (step: Tensor) => Tensor

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
  ...rest
}: {
  readonly lr: number
  readonly every: number
  readonly factor?: number
}): LearningRate => {
  checkOptions("step", { lr: ownOptions.lr, every: ownOptions.steps, factor: stepOptions.factor }, { ...rest, every, factor, lr })
  return (t) => T.mul(T.pow(factor, float(T.quotient(t, every))), lr)
}

/** η · factor^(t / every): exponential decay, by `factor` over `every` steps. */
export const exponential = ({
  every = 1,
  factor,
  lr,
  ...rest
}: {
  readonly lr: number
  readonly factor: number
  readonly every?: number
}): LearningRate => {
  checkOptions(
    "exponential",
    { lr: ownOptions.lr, factor: exponentialOptions.factor, every: ownOptions.every },
    { ...rest, every, factor, lr },
  )
  return (t) => T.mul(T.pow(factor, T.div(float(t), every)), lr)
}

/** min + ½(η - min)(1 + cos(π t / steps)): half a cosine wave down to `min`, where it stays. */
export const cosine = ({
  lr,
  min = 0,
  steps,
  ...rest
}: {
  readonly lr: number
  readonly steps: number
  readonly min?: number
}): LearningRate => {
  checkOptions("cosine", { lr: ownOptions.lr, steps: ownOptions.steps, min: cosineOptions.min_lr }, { ...rest, lr, min, steps })
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
  ...rest
}: {
  readonly lr: number
  readonly steps: number
  readonly power?: number
  readonly min?: number
}): LearningRate => {
  checkOptions(
    "polynomial",
    { lr: ownOptions.lr, steps: ownOptions.steps, power: polynomialOptions.power, min: polynomialOptions.min_lr },
    { ...rest, lr, min, power, steps },
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
  ...rest
}: {
  readonly lr: number
  readonly decay: number
  readonly every?: number
}): LearningRate => {
  checkOptions(
    "inverseTime",
    { lr: ownOptions.lr, decay: inverseTimeOptions.decay, every: ownOptions.every },
    { ...rest, decay, every, lr },
  )
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
  ...rest
}: {
  readonly lr: number
  readonly steps: number
  readonly growth?: number
  readonly min?: number
}): LearningRate => {
  const { growth: growthOption, min_lr } = cosineRestartsOptions
  checkOptions(
    "cosineRestarts",
    { lr: ownOptions.lr, steps: ownOptions.steps, growth: growthOption, min: min_lr },
    { ...rest, growth, lr, min, steps },
  )
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
  ...rest
}: {
  readonly lr: number
  readonly steps: number
  readonly rise?: number
  readonly divide?: number
  readonly finalDivide?: number
}): LearningRate => {
  checkOptions(
    "oneCycle",
    { lr: ownOptions.lr, steps: ownOptions.steps, ...oneCycleOptions, finalDivide: oneCycleOptions.final_divide },
    { ...rest, divide, finalDivide, lr, rise, steps },
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
