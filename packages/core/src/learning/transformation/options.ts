/** The options of optimizers and of their wrappers, with their bounds. Entries, constructors and gradient transformations share them. */

/* @__NO_SIDE_EFFECTS__ */ export const lr = (value: number) =>
  ({
    kind: "number",
    doc: "The learning rate. A schedule starts from it.",
    synonyms: ["learning_rate", "learning_rate_init", "rate", "eta", "eta0", "step_size"],
    default: value,
    exclusiveMinimum: 0,
    usual: [value / 1000, value * 100],
  }) as const

/** The bounds of a constant rate. */
export const rateBounds = { rate: lr(0.01) } as const

/** The bounds of a factor of updates. */
export const factorBounds = { kind: "number", minimum: 0 } as const

/** The rate if it is a constant, for checking. The constructor of a schedule has checked its own numbers. */
export const fixed = (rate: unknown): { readonly rate?: number } => (typeof rate === "number" ? { rate } : {})

/** A number from 0 to below 1. */
/* @__NO_SIDE_EFFECTS__ */ export const fraction = (doc: string, usual: number) =>
  ({ kind: "number", doc, default: usual, minimum: 0, exclusiveMaximum: 1 }) as const

export const accumulate = {
  kind: "choice",
  doc: "`steps` accumulates ηg, so past steps keep their rate when η changes; `gradients` accumulates g and multiplies by η afterwards.",
  of: ["steps", "gradients"],
  default: "steps",
} as const

export const eps = (value: number) =>
  ({
    kind: "number",
    doc: "A small number that prevents division by zero.",
    synonyms: ["epsilon"],
    default: value,
    exclusiveMinimum: 0,
    usual: [1e-12, 1],
  }) as const

export const epsPlace = {
  kind: "choice",
  doc: "Where ε is added: `inside` the root, √(G + ε), as in TensorFlow, or `outside`, √G + ε, as in PyTorch.",
  of: ["inside", "outside"],
  default: "inside",
} as const

export const betas = {
  beta1: fraction("β₁: the decay of the running mean of g.", 0.9),
  beta2: fraction("β₂: the decay of the running mean of g².", 0.999),
  eps: eps(1e-8),
} as const

export const adamOptions = {
  ...betas,
  bias_correction: {
    kind: "boolean",
    doc: "Whether the means are bias-corrected. Without it the first steps have the wrong size.",
    default: true,
  },
} as const

/* @__NO_SIDE_EFFECTS__ */ export const decay = (value: number) =>
  ({
    kind: "number",
    doc: "λ: the weight decay.",
    synonyms: ["wd", "lambda", "decoupled_weight_decay"],
    default: value,
    minimum: 0,
    usual: [0, 1],
  }) as const

/* @__NO_SIDE_EFFECTS__ */ export const velocity = (usual: number, doc = "γ: the decay of the velocity at each step.") =>
  fraction(doc, usual)

/** ψ, used by nadam only. */
export const momentumDecay = { kind: "number", doc: "ψ: how fast the momentum rises to β₁.", default: 0.004, minimum: 0 } as const

/** The betas of lion. */
export const lionBetas = {
  beta1: fraction("β₁: the weight of the running mean in the direction of a step.", 0.9),
  beta2: fraction("β₂: the decay of the running mean.", 0.99),
} as const

export const lookaheadOptions = {
  every: { kind: "integer", doc: "k: steps between two updates of the slow copy.", default: 5, minimum: 1 },
  alpha: {
    kind: "number",
    doc: "α: the fraction of the distance to the weights that the slow copy moves.",
    default: 0.5,
    exclusiveMinimum: 0,
    maximum: 1,
  },
} as const

export const averageOptions = {
  decay: {
    kind: "number",
    doc: "β: the decay of the average at each step; 0.999 is about the mean of the latest 1,000 steps.",
    exclusiveMinimum: 0,
    exclusiveMaximum: 1,
    example: 0.99,
  },
} as const

export const accumulateOptions = {
  batches: { kind: "integer", doc: "k: the number of batches for each step.", minimum: 1, example: 4 },
} as const

/** The bounds of gradient transformations that are not options of an entry. */
export const transformationOptions = {
  /** The maximum of a norm or of an element. */
  max: { kind: "number", minimum: 0 },
  lambda: { kind: "number", minimum: 0 },
  factor: { kind: "number" },
} as const
