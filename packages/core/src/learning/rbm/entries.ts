/** Machines and sampling methods, by their names in a model file. */
import { entry } from "../Entry.ts"
import type { Learning, Method } from "./contrastiveDivergence.ts"
import {
  defaultMomentum,
  l2 as l2Option,
  learningRate,
  momentum,
  particles as particlesOption,
  sparsity,
  steps,
  visible,
} from "./options.ts"

/** The sampling methods. */
export const methods = {
  cd: entry({
    doc: "Contrastive divergence: samples of the machine start from the rows of the batch.",
    formula: "ΔW = η (⟨v⁰ ⊗ h⁰⟩ − ⟨vᵏ ⊗ hᵏ⟩), vᵏ after k rounds from the data",
    source: "Hinton, Training products of experts by minimizing contrastive divergence, 2002",
    advice:
      "The usual method to learn features; one round is enough. The estimate is biased towards the data. To generate samples, use more rounds late in training, or `pcd`.",
    synonyms: ["contrastive_divergence"],
    options: { steps },
    main: "steps",
    make: ({ steps: rounds }): Method => ({ cd: rounds }),
  }),
  pcd: entry({
    doc: "Persistent contrastive divergence: the chains of the samples continue from step to step.",
    formula: "ΔW = η (⟨v ⊗ h⟩ − ⟨ṽ ⊗ h̃⟩), ṽ particles that continue from the previous step",
    source:
      "Tieleman, Training restricted Boltzmann machines using approximations to the likelihood gradient, 2008; Younes, 1989",
    advice:
      "Models the data better than `cd`, if the learning rate is small enough for the particles to follow the weights. The reconstruction error says little about progress: watch the free energy.",
    synonyms: ["persistent_contrastive_divergence", "persistent_cd"],
    options: { steps, particles: particlesOption },
    make: ({ particles, steps: rounds }): Method => ({ pcd: { steps: rounds, particles } }),
  }),
}

/** What every stage has beside the options of its machine. */
export const stageOptions = {
  layer: { doc: "The name of the dense layer that starts from the RBM's weights; it needs a sigmoid." },
  method: { doc: "How samples of the RBM are drawn.", default: "cd" },
  momentum: { ...momentum, default: defaultMomentum },
  sparsity: { doc: "How rarely hidden units should be active.", options: sparsity },
} as const

/** The machines that a stage of pre-training can train. */
export const stages = {
  rbm: entry({
    doc: "A restricted Boltzmann machine: learns the distribution of its inputs, which are the rows or the outputs of the previous stage.",
    formula: "E(v, h) = −a·v − b·h − v·W·h, P(hⱼ = 1 | v) = σ(v·wⱼ + bⱼ); Gaussian v: ½‖v − a‖² for −a·v",
    derivative: "∂ log p(v)/∂W = E[v ⊗ h] over the data − E[v ⊗ h] over the machine",
    source:
      "Smolensky, Information processing in dynamical systems, 1986; Hinton, Osindero and Teh, 2006; Hinton, A practical guide to training restricted Boltzmann machines, 2010",
    advice:
      "Initializes sigmoid layers where there are many rows and few labels; with many labels a relu net with He's initialization is as good. A stage also has a `layer`, a `method` (cd or pcd), a `momentum` and, for sparse hidden units, a `sparsity`.",
    synonyms: ["BernoulliRBM", "restricted_boltzmann_machine"],
    options: {
      visible,
      epochs: {
        kind: "integer",
        doc: "The number of passes over the rows.",
        synonyms: ["n_iter", "n_epochs", "num_epochs"],
        default: 10,
        minimum: 1,
      },
      batch: { kind: "integer", doc: "The number of rows in one step.", synonyms: ["batch_size"], default: 32, minimum: 1 },
      lr: learningRate,
      l2: l2Option,
    },
    make: ({ l2, lr, visible: units }): Pick<Learning, "visible" | "learningRate" | "l2"> => ({
      visible: units,
      learningRate: lr,
      l2,
    }),
  }),
}
