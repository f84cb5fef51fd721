/** What the numbers of optimizers may be: the options of their entries, which constructors and bricks check too. */

export const lr = (value: number) =>
  ({
    kind: "number",
    doc: "The learning rate, which a schedule starts from.",
    synonyms: ["learning_rate", "learning_rate_init", "rate", "eta", "eta0", "step_size"],
    default: value,
    exclusiveMinimum: 0,
    usual: [value / 1000, value * 100],
  }) as const

/** The bounds of a rate that is the same at every step. */
export const rateBounds = { rate: lr(0.01) } as const

/** A rate as far as it can be checked: one that depends on the step was checked where it was made. */
export const fixed = (rate: unknown): { readonly rate?: number } => (typeof rate === "number" ? { rate } : {})

export const share = (doc: string, usual: number) =>
  ({ kind: "number", doc, default: usual, minimum: 0, exclusiveMaximum: 1 }) as const

export const accumulate = {
  kind: "choice",
  doc: "`steps` sums ηg up, so that a velocity outlives a change of η; `gradients` sums g up and scales by η afterwards.",
  of: ["steps", "gradients"],
  default: "steps",
} as const

export const eps = (value: number) =>
  ({
    kind: "number",
    doc: "Keeps the division from blowing up.",
    synonyms: ["epsilon"],
    default: value,
    exclusiveMinimum: 0,
    usual: [1e-12, 1],
  }) as const

export const epsPlace = {
  kind: "choice",
  doc: "Where ε stands: `inside` the root, √(G + ε), as TensorFlow has it, or `outside`, √G + ε, as PyTorch has it.",
  of: ["inside", "outside"],
  default: "inside",
} as const

export const betas = {
  beta1: share("What is left of the mean of g after a step.", 0.9),
  beta2: share("What is left of the mean of g² after a step.", 0.999),
  eps: eps(1e-8),
} as const

export const adamOptions = {
  ...betas,
  bias_correction: {
    kind: "boolean",
    doc: "Whether the means are bias-corrected, without which first steps are too short.",
    default: true,
  },
} as const

export const decay = (value: number) =>
  ({
    kind: "number",
    doc: "λ: how fast weights shrink.",
    synonyms: ["wd", "lambda", "decoupled_weight_decay"],
    default: value,
    minimum: 0,
    usual: [0, 1],
  }) as const

export const velocity = (usual: number, doc = "What is left of the velocity after a step.") => share(doc, usual)

/** ψ: of nadam alone. */
export const momentumDecay = { kind: "number", doc: "ψ: how fast the momentum rises to β₁.", default: 0.004, minimum: 0 } as const

/** The options of lion's means. */
export const lionBetas = {
  beta1: share("The share of the running mean in the direction of a step.", 0.9),
  beta2: share("What is left of the running mean after a step.", 0.99),
} as const

/** What bricks count in that no optimizer of the table has by itself. */
export const transformationOptions = {
  /** A ceiling on a norm or a number. */
  max: { kind: "number", minimum: 0 },
  lambda: { kind: "number", minimum: 0 },
  /** Every so many steps. */
  every: { kind: "integer", minimum: 1 },
  /** A part of a way. */
  alpha: { kind: "number", minimum: 0, maximum: 1 },
  factor: { kind: "number" },
} as const
