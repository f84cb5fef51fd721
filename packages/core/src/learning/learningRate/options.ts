/** The options of schedules in a model file, and the bounds of constructors that follow from them. */

/**
 * The bounds of constructor options that entries do not have: a model file gives times in epochs, and takes the rate from the
 * optimizer. A rate of 0 is valid, as at the end of a schedule.
 */
export const ownOptions = {
  lr: { kind: "number", minimum: 0 },
  steps: { kind: "integer", minimum: 1 },
  every: { kind: "number", exclusiveMinimum: 0 },
  warmup: { kind: "integer", minimum: 0 },
} as const

/** The option of the rate that a schedule ends at. */
/* @__NO_SIDE_EFFECTS__ */ export const lowest = (doc: string) =>
  ({
    kind: "number",
    doc,
    synonyms: ["eta_min", "min", "minimum", "end_lr", "final_lr", "end_learning_rate"],
    default: 0,
    minimum: 0,
  }) as const

/** The options of `step` in a model file. */
export const stepOptions = {
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
export const exponentialOptions = {
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
export const cosineOptions = {
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
export const polynomialOptions = {
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
export const inverseTimeOptions = {
  decay: {
    kind: "number",
    doc: "The speed of the decay: 1 halves the rate after an epoch.",
    synonyms: ["decay_rate"],
    default: 1,
    minimum: 0,
  },
} as const

/** The options of `cosine_restarts` in a model file. */
export const cosineRestartsOptions = {
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
export const oneCycleOptions = {
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
