/**
 * Initializers: the initial values of weights. Each draws a tensor of a given shape from a key. It knows how many inputs and
 * outputs the weights connect, so that the variance of signals stays the same from layer to layer.
 */
import * as Activation from "./Activation.ts"
import { alias, documented, make as makeFrom, type Use } from "./Entry.ts"
import { constant, identity, ones, zeros } from "./initializer/fixed.ts"
import { type FactsOf, type Initializer, maker } from "./initializer/Initializer.ts"
import {
  constantOptions,
  gainOption,
  modeOption,
  normalOptions,
  truncatedNormalOptions,
  uniformOptions,
} from "./initializer/options.ts"
import { orthogonal } from "./initializer/orthogonal.ts"
import { auto, he, lecun, normal, truncatedNormal, uniform, xavier } from "./initializer/random.ts"

export * from "./initializer/fixed.ts"
export * from "./initializer/Initializer.ts"
export * from "./initializer/orthogonal.ts"
export * from "./initializer/random.ts"

const heOptions = {
  nonlinearity: { kind: "activation", doc: "The activation that follows, for its gain.", default: "relu" },
  mode: modeOption,
} as const

const glorot = "Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks, 2010"
const kaiming = "He, Zhang, Ren and Sun, Delving deep into rectifiers, 2015"
const efficient = "LeCun, Bottou, Orr and Müller, Efficient BackProp, 1998"

const xavierNormalMaker = maker({
  options: { gain: gainOption },
  main: "gain",
  make: (options): Initializer => xavier("normal", options.gain),
})

const xavierNormalFacts = {
  doc: "Normal, with a variance from the mean of fan_in and fan_out.",
  formula: "Var(w) = gain² · 2 / (fan_in + fan_out)",
  source: glorot,
  advice: "Before tanh, sigmoid, softmax and linear outputs. Too small before relu, which halves the variance in every layer.",
  traits: { family: "xavier", distribution: "normal", isEqual: false },
} as const

const xavierUniformMaker = maker({
  options: { gain: gainOption },
  main: "gain",
  make: (options): Initializer => xavier("uniform", options.gain),
})

const xavierUniformFacts = {
  doc: "Uniform, with a variance from the mean of fan_in and fan_out.",
  formula: "w ~ U(-l, l), l = gain · √(6 / (fan_in + fan_out))",
  source: glorot,
  advice: "Like xavier_normal, where no weight should be large.",
  synonyms: ["xavier", "glorot"],
  traits: { family: "xavier", distribution: "uniform", isEqual: false },
} as const

const gainOf = (nonlinearity: Use): number => makeFrom(Activation.makers, nonlinearity).gain

const heNormalMaker = maker({
  options: heOptions,
  main: "nonlinearity",
  make: ({ mode, nonlinearity }): Initializer => he("normal", gainOf(nonlinearity), mode),
})

const heNormalFacts = {
  doc: "Normal, with a variance from one fan and the gain of the activation that follows.",
  formula: "Var(w) = gain² / fan, gain = √2 for relu and √(2 / (1 + α²)) for leaky_relu",
  source: kaiming,
  advice: "Before relu and similar activations. Tanh and sigmoid would start near saturation.",
  synonyms: ["he", "kaiming"],
  traits: { family: "he", distribution: "normal", isEqual: false },
} as const

const heUniformMaker = maker({
  options: heOptions,
  main: "nonlinearity",
  make: ({ mode, nonlinearity }): Initializer => he("uniform", gainOf(nonlinearity), mode),
})

const heUniformFacts = {
  doc: "Uniform, with a variance from one fan and the gain of the activation that follows.",
  formula: "w ~ U(-l, l), l = gain · √(3 / fan), which is √(6 / fan) for relu",
  source: kaiming,
  advice: "Like he_normal, where no weight should be large.",
  traits: { family: "he", distribution: "uniform", isEqual: false },
} as const

/** Two records as one. */
/* @__NO_SIDE_EFFECTS__ */ const joined = <A extends object, B extends object>(a: A, b: B): A & B => ({ ...a, ...b })

const first = {
  auto: maker({
    options: {},
    make: (): Initializer => auto,
  }),
  zeros: maker({
    options: {},
    make: (): Initializer => zeros,
  }),
  ones: maker({
    options: {},
    make: (): Initializer => ones,
  }),
  constant: maker({
    options: constantOptions,
    main: "value",
    make: ({ value }): Initializer => constant(value),
  }),
  normal: maker({
    options: normalOptions,
    main: "std",
    make: ({ std }): Initializer => normal(std),
  }),
  uniform: maker({
    options: uniformOptions,
    main: "limit",
    make: ({ limit }): Initializer => uniform(limit),
  }),
  truncated_normal: maker({
    options: truncatedNormalOptions,
    main: "std",
    make: ({ std }): Initializer => truncatedNormal(std),
  }),
}

const last = {
  identity: maker({
    options: { gain: gainOption },
    main: "gain",
    make: (options): Initializer => identity(options.gain),
  }),
  xavier_normal: xavierNormalMaker,
  xavier_uniform: xavierUniformMaker,
  glorot_normal: xavierNormalMaker,
  glorot_uniform: xavierUniformMaker,
  he_normal: heNormalMaker,
  he_uniform: heUniformMaker,
  kaiming_normal: heNormalMaker,
  kaiming_uniform: heUniformMaker,
  lecun_normal: maker({
    options: {},
    make: (): Initializer => lecun("normal"),
  }),
  lecun_uniform: maker({
    options: {},
    make: (): Initializer => lecun("uniform"),
  }),
}

/**
 * The initializers that constructors accept by name: all but `orthogonal`, which loops. The page of a program has all of them, and
 * with a loop it would load 2 kB more.
 */
export const shortMakers = /* @__PURE__ */ joined(first, last)

/** Every initializer, by its name in a model file. */
export const makers = /* @__PURE__ */ joined(
  first,
  /* @__PURE__ */ joined(
    {
      orthogonal: /* @__PURE__ */ maker({
        options: { gain: gainOption },
        main: "gain",
        make: (options): Initializer => orthogonal(options.gain),
      }),
    },
    last,
  ),
)

// Without the marks, or with a template in it, a bundler would keep this table in every page, and with it the loop of `orthogonal`.
export const table = /* @__PURE__ */ documented<typeof makers, FactsOf<typeof makers>>(makers, {
  auto: {
    doc: "The initializer that suits the activation that follows.",
    formula: "he_normal before the relu family, xavier_normal before tanh, sigmoid, softmax and linear, lecun_normal before selu",
    source:
      "He, Zhang, Ren and Sun, Delving deep into rectifiers, 2015; Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks, 2010; Klambauer et al., Self-normalizing neural networks, 2017",
    advice: "The default. It also applies the gain of the activation.",
    traits: { family: "auto", distribution: "normal", isEqual: false },
  },
  zeros: {
    doc: "0 everywhere.",
    formula: "w = 0",
    source:
      "Rumelhart, Hinton and Williams, Learning representations by back-propagating errors, 1986 (why weights must not start so)",
    advice: "For biases. Equal weights of a hidden layer get equal gradients and stay equal.",
    synonyms: ["zero"],
    traits: { family: "none", distribution: "none", isEqual: true },
  },
  ones: {
    doc: "1 everywhere.",
    formula: "w = 1",
    source: "Ioffe and Szegedy, Batch normalization, 2015",
    advice: "For the scale of a normalization.",
    synonyms: ["one"],
    traits: { family: "none", distribution: "none", isEqual: true },
  },
  constant: {
    doc: "One number everywhere.",
    formula: "w = c",
    source: "Krizhevsky, Sutskever and Hinton, ImageNet classification with deep convolutional neural networks, 2012",
    advice: "For biases: a small positive one (0.01) prevents dead relu units at the start.",
    synonyms: ["fill", "const"],
    traits: { family: "none", distribution: "none", isEqual: true },
  },
  normal: {
    doc: "Normal around 0 with a given standard deviation.",
    formula: "w ~ N(0, std²)",
    source: "Krizhevsky, Sutskever and Hinton, ImageNet classification with deep convolutional neural networks, 2012",
    advice: "For shallow nets. In deep nets signals vanish or explode unless the standard deviation depends on the fans.",
    synonyms: ["gaussian", "random_normal"],
    traits: { family: "none", distribution: "normal", isEqual: "std" },
  },
  uniform: {
    doc: "Uniform between -limit and limit.",
    formula: "w ~ U(-limit, limit)",
    source: efficient,
    advice: "Like normal: for shallow nets and for embeddings.",
    synonyms: ["random_uniform"],
    traits: { family: "none", distribution: "uniform", isEqual: "limit" },
  },
  truncated_normal: {
    doc: "Normal around 0, cut off at two standard deviations.",
    formula: "w ~ N(0, std²) where |w| ≤ 2 · std; its variance is 0.7737 · std²",
    source: "Abadi et al., TensorFlow: large-scale machine learning on heterogeneous systems, 2015",
    advice:
      "Like normal, where no weight should be large. Transformers usually have a std of 0.02. `std` is the value before the cut.",
    synonyms: ["trunc_normal"],
    traits: { family: "none", distribution: "normal", isEqual: "std" },
  },
  orthogonal: {
    doc: "A random orthogonal matrix: its columns (or rows, if they are fewer) are orthogonal and have equal norms.",
    formula: "WᵀW = gain² · I, or WWᵀ = gain² · I",
    source:
      "Saxe, McClelland and Ganguli, Exact solutions to the nonlinear dynamics of learning in deep linear neural networks, 2014",
    advice:
      "For the recurrent weights of recurrent nets, and for very deep nets: it preserves norms exactly. Its cost grows with the cube of the width.",
    synonyms: ["orthogonal_matrix"],
    traits: { family: "none", distribution: "none", isEqual: false },
  },
  identity: {
    doc: "Each output starts as a copy of the input with the same index.",
    formula: "w = gain where i = j (and in the middle of a window), else 0",
    source: "Le, Jaitly and Hinton, A simple way to initialize recurrent networks of rectified linear units, 2015",
    advice:
      "For recurrent nets with relu, and for layers that should start as the identity. Outputs beyond the number of inputs start at 0.",
    synonyms: ["eye"],
    traits: { family: "none", distribution: "none", isEqual: false },
  },
  xavier_normal: xavierNormalFacts,
  xavier_uniform: xavierUniformFacts,
  glorot_normal: /* @__PURE__ */ alias("xavier_normal", xavierNormalFacts),
  glorot_uniform: /* @__PURE__ */ alias("xavier_uniform", xavierUniformFacts),
  he_normal: heNormalFacts,
  he_uniform: heUniformFacts,
  kaiming_normal: /* @__PURE__ */ alias("he_normal", heNormalFacts),
  kaiming_uniform: /* @__PURE__ */ alias("he_uniform", heUniformFacts),
  lecun_normal: {
    doc: "Normal, with a variance from fan_in.",
    formula: "Var(w) = 1 / fan_in",
    source: efficient,
    advice: "Before selu, whose self-normalization needs exactly this variance, and for linear units.",
    synonyms: ["lecun"],
    traits: { family: "lecun", distribution: "normal", isEqual: false },
  },
  lecun_uniform: {
    doc: "Uniform, with a variance from fan_in.",
    formula: "w ~ U(-l, l), l = √(3 / fan_in)",
    source: efficient,
    advice: "Like lecun_normal, where no weight should be large.",
    traits: { family: "lecun", distribution: "uniform", isEqual: false },
  },
})

/** The name of an initializer. */
export type Name = keyof typeof makers

/** The name of an initializer that a constructor accepts; `orthogonal` is a function: `init: Initializer.orthogonal()`. */
export type ShortName = keyof typeof shortMakers
