/** Machines and the ways they learn, by the names that a model file calls them. */
import { entry } from "../Entry.ts"
import type { Learning, Method } from "./contrast.ts"
import { l2 as l2Option, learningRate, particles as particlesOption, steps } from "./options.ts"

/** Where samples of a machine come from. */
export const methods = {
  cd: entry({
    doc: "Contrastive divergence: samples of the machine start from the rows of the batch.",
    formula: "ΔW = η (⟨v⁰ ⊗ h⁰⟩ − ⟨vᵏ ⊗ hᵏ⟩), vᵏ after k rounds from the data",
    source: "Hinton, Training products of experts by minimizing contrastive divergence, 2002",
    advice:
      "The usual way to learn features: one round does. The estimate is biased towards the data, so for samples like the data take more rounds late in learning, or `pcd`.",
    synonyms: ["contrastive_divergence"],
    options: { steps },
    main: "steps",
    make: ({ steps: rounds }): Method => ({ cd: rounds }),
  }),
  pcd: entry({
    doc: "Persistent contrastive divergence: samples of the machine go on from step to step.",
    formula: "ΔW = η (⟨v ⊗ h⟩ − ⟨ṽ ⊗ h̃⟩), ṽ particles that go on where the step before left them",
    source:
      "Tieleman, Training restricted Boltzmann machines using approximations to the likelihood gradient, 2008; Younes, 1989",
    advice:
      "Gives better models of the data than `cd`, if the learning rate is small enough for the particles to follow the weights. Reconstructions say little of how it goes: watch the free energy.",
    synonyms: ["persistent_contrastive_divergence", "persistent_cd"],
    options: { steps, particles: particlesOption },
    make: ({ particles, steps: rounds }): Method => ({ pcd: { steps: rounds, particles } }),
  }),
}

/** What a stage of pre-training learns. */
export const stages = {
  rbm: entry({
    doc: "A restricted Boltzmann machine: learns what its rows are like, on what the stages before it make of them.",
    formula: "E(v, h) = −a·v − b·h − v·W·h, P(hⱼ = 1 | v) = σ(v·wⱼ + bⱼ); Gaussian v: ½‖v − a‖² for −a·v",
    derivative: "∂ log p(v)/∂W = E[v ⊗ h] over the data − E[v ⊗ h] over the machine",
    source:
      "Smolensky, Information processing in dynamical systems, 1986; Hinton, Osindero and Teh, 2006; Hinton, A practical guide to training restricted Boltzmann machines, 2010",
    advice:
      "An initializer for layers of sigmoids where rows are many and labels few: with plenty of labels a net of relu from He's weights does as well. Besides these options a stage says its `layer`, its `method` (cd or pcd), its `momentum` and, if hidden units are to be on seldom, its `sparsity`.",
    synonyms: ["BernoulliRBM", "restricted_boltzmann_machine"],
    options: {
      visible: {
        kind: "choice",
        doc: "What the machine sees: `bernoulli`, numbers from 0 to 1; `gaussian`, standardized quantities.",
        synonyms: ["visible_type"],
        of: ["bernoulli", "gaussian"],
        default: "bernoulli",
      },
      epochs: {
        kind: "integer",
        doc: "How often the rows are gone through.",
        synonyms: ["n_iter", "n_epochs", "num_epochs"],
        default: 10,
        minimum: 1,
      },
      batch: { kind: "integer", doc: "Rows in one step.", synonyms: ["batch_size"], default: 32, minimum: 1 },
      lr: learningRate,
      l2: l2Option,
    },
    make: ({ l2, lr, visible }): Pick<Learning, "visible" | "learningRate" | "l2"> => ({ visible, learningRate: lr, l2 }),
  }),
}
