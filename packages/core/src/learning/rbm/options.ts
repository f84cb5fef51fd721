/** The options of restricted Boltzmann machines with their bounds. Entries and training share them. */

export const steps = {
  kind: "integer",
  doc: "Rounds of Gibbs sampling in each step.",
  synonyms: ["k", "n_steps"],
  default: 1,
  minimum: 1,
} as const

export const particles = {
  kind: "integer",
  doc: "The number of chains.",
  synonyms: ["chains", "n_chains", "n_particles"],
  default: 100,
  minimum: 1,
} as const

/** The type of the visible units. */
export const visible = {
  kind: "choice",
  doc: "The type of the inputs: `bernoulli`, numbers from 0 to 1; `gaussian`, standardized quantities.",
  synonyms: ["visible_type"],
  of: ["bernoulli", "gaussian"],
  default: "bernoulli",
} as const

export const learningRate = {
  kind: "number",
  doc: "The learning rate; for Gaussian units a tenth of it or less.",
  synonyms: ["learning_rate", "rate", "eta", "step_size"],
  default: 0.05,
  exclusiveMinimum: 0,
  usual: [1e-5, 1],
} as const

export const l2 = {
  kind: "number",
  doc: "λ: the weight decay, which subtracts λw from the gradient.",
  synonyms: ["weight_decay", "weight_cost", "lambda"],
  default: 2e-4,
  minimum: 0,
  usual: [0, 1],
} as const

/** The bounds of the momentum, which is one value, or a first and a last one. */
export const momentum = {
  kind: "number",
  doc: "The momentum of the updates: one value, or the first and the last, changed in even steps over the epochs.",
  minimum: 0,
  exclusiveMaximum: 1,
} as const

/** The default momentum (Hinton's practical guide, section 9). */
export const defaultMomentum = [0.5, 0.9] as const

export const sparsity = {
  target: {
    kind: "number",
    doc: "The fraction of rows for which a hidden unit should be active.",
    exclusiveMinimum: 0,
    exclusiveMaximum: 1,
  },
  cost: { kind: "number", doc: "The weight of this penalty.", default: 0.1, minimum: 0 },
} as const
