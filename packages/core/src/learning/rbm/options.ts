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
