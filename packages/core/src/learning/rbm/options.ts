/** What the numbers of restricted Boltzmann machines may be: the options of their entries, which learning checks too. */

export const steps = {
  kind: "integer",
  doc: "Rounds of Gibbs sampling a step.",
  synonyms: ["k", "n_steps"],
  default: 1,
  minimum: 1,
} as const

export const particles = {
  kind: "integer",
  doc: "How many samples there are.",
  synonyms: ["chains", "n_chains", "n_particles"],
  default: 100,
  minimum: 1,
} as const

export const learningRate = {
  kind: "number",
  doc: "The learning rate; Gaussian units want a tenth of it or less.",
  synonyms: ["learning_rate", "rate", "eta", "step_size"],
  default: 0.05,
  exclusiveMinimum: 0,
  usual: [1e-5, 1],
} as const

export const l2 = {
  kind: "number",
  doc: "Decay of the weights: λw is taken from the gradient.",
  synonyms: ["weight_decay", "weight_cost", "lambda"],
  default: 2e-4,
  minimum: 0,
  usual: [0, 1],
} as const
