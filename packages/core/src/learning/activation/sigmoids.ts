/** S-shaped activations, which saturate on both sides, and the logarithm of the sigmoid. */
import type { Tensor } from "../../language/Expr.ts"
import * as T from "../../tensor/Tensor.ts"
import { named } from "../../types/ShapeError.ts"
import { alias } from "../Entry.ts"
import { checkOptions, checkRule } from "../OptionError.ts"
import { type Activation, type FactsOf, linearGain, make, maker } from "./Activation.ts"
import { softplus } from "./rectifiers.ts"

/** 1 / (1 + e⁻ˣ), without overflow for any x. `Tensor.toNumber(Activation.sigmoid(Tensor.scalar(0))) // => 0.5` */
export const sigmoid = (x: Tensor): Tensor => T.sigmoid(x)

/** The hyperbolic tangent. */
export const tanh = (x: Tensor): Tensor => T.tanh(x)

/** x held between two bounds, the first below the second, with slope 0 at them and beyond. `Tensor.print(Activation.hardTanh(Tensor.make([-3, 0.5, 2]))) // => "[-1, 0.5, 1]"` */
export const hardTanh = named("hardTanh", (x: Tensor, min = -1, max = 1): Tensor => {
  checkOptions("hardTanh", makers.hard_tanh.options, { max, min })
  checkRule("hardTanh", makers.hard_tanh.rule, { max, min })
  return T.where(T.lessEqual(x, min), min, T.where(T.greaterEqual(x, max), max, x))
})

/** x / 6 + ½ held between 0 and 1. `Tensor.print(Activation.hardSigmoid(Tensor.make([-4, 0, 1.5]))) // => "[0, 0.5, 0.75]"` */
export const hardSigmoid = named("hardSigmoid", (x: Tensor): Tensor => T.div(hardTanh(T.add(x, 3), 0, 6), 6))

/** x / (1 + |x|). `Tensor.print(Activation.softsign(Tensor.make([-1, 0, 3]))) // => "[-0.5, 0, 0.75]"` */
export const softsign = named("softsign", (x: Tensor): Tensor => {
  const size = T.abs(x)
  const isNear = T.lessEqual(size, 1)
  // Far from 0 as the distance to ±1: the slope of the quotient would be the difference of two nearly equal numbers.
  const near = T.where(isNear, x, 0)
  const far = T.sub(1, T.div(1, T.add(size, 1)))
  return T.where(isNear, T.div(near, T.add(T.abs(near), 1)), T.mul(T.sign(x), far))
})

/** log(1 / (1 + e⁻ˣ)), accurate even where sigmoid underflows to 0. `Tensor.print(Activation.logSigmoid(Tensor.make([-1e4, 1e4]))) // => "[-10000, 0]"` */
export const logSigmoid = named("logSigmoid", (x: Tensor): Tensor => T.neg(softplus(T.neg(x))))

const sigmoidMaker = maker({
  options: {},
  make: (): Activation => make(sigmoid, { gain: linearGain, suits: "xavier", saturates: true }),
})

const sigmoidFacts = {
  doc: "An S-shaped curve from 0 to 1, which turns a logit into a probability.",
  formula: "f(z) = σ(z) = 1 / (1 + e⁻ᶻ)",
  derivative: "f′(z) = σ(z)(1 - σ(z)), at most ¼",
  source: "Rumelhart, Hinton and Williams, Learning representations by back-propagating errors, 1986",
  advice:
    "For gates, and for the probability of one of two classes. Between layers prefer relu: the slope of sigmoid is at most ¼, so gradients vanish with depth, and its values are not centred at zero. A loss from logits already contains it.",
  synonyms: ["logistic"],
  traits: { slope: 1 / 4, role: "probability" },
} as const

const logSigmoidMaker = maker({
  options: {},
  make: (): Activation => make(logSigmoid, { gain: linearGain, suits: "xavier" }),
})

const logSigmoidFacts = {
  doc: "The logarithm of sigmoid.",
  formula: "f(z) = log σ(z) = -log(1 + e⁻ᶻ)",
  derivative: "f′(z) = 1 - σ(z) = σ(-z)",
  source: "Cox, The regression analysis of binary sequences, 1958 (the log-likelihood of logistic regression)",
  advice:
    "For the log-probability of yes: accurate even where the probability underflows to 0. Do not put it before a loss from logits.",
  traits: { slope: 1, role: "hidden" },
} as const

/** Activations by name. */
export const makers = {
  sigmoid: sigmoidMaker,
  tanh: maker({
    options: {},
    make: (): Activation => make(tanh, { gain: 5 / 3, suits: "xavier", saturates: true }),
  }),
  hard_sigmoid: maker({
    options: {},
    make: (): Activation => make(hardSigmoid, { gain: linearGain, suits: "xavier", saturates: true }),
  }),
  hard_tanh: maker({
    options: {
      min: { kind: "number", doc: "The lower bound.", default: -1 },
      max: { kind: "number", doc: "The upper bound, above the lower one.", default: 1 },
    },
    rule: { wanted: "`min` below `max`", holds: ({ max, min }) => min < max },
    make: ({ max, min }): Activation =>
      make((x) => hardTanh(x, min, max), { gain: linearGain, suits: "xavier", saturates: true }),
  }),
  softsign: maker({
    options: {},
    make: (): Activation => make(softsign, { gain: linearGain, suits: "xavier", saturates: true }),
  }),
  logsigmoid: logSigmoidMaker,
  log_sigmoid: logSigmoidMaker,
}

/** What is documented of each. */
export const facts = {
  sigmoid: sigmoidFacts,
  tanh: {
    doc: "An S-shaped curve from -1 to 1.",
    formula: "f(z) = (eᶻ - e⁻ᶻ) / (eᶻ + e⁻ᶻ)",
    derivative: "f′(z) = 1 - tanh²(z)",
    source: "LeCun, Bottou, Orr and Müller, Efficient BackProp, 1998",
    advice:
      "Centred at zero, so nets learn faster than with sigmoid between layers, but it saturates too: above |z| of about 3 there is almost no gradient. Usual in recurrent nets.",
    traits: { slope: 1, role: "hidden" },
  },
  hard_sigmoid: {
    doc: "A piecewise linear sigmoid.",
    formula: "f(z) = min(1, max(0, z / 6 + ½))",
    derivative: "f′(z) = 1/6 if |z| < 3 else 0",
    source: "Courbariaux, Bengio and David, BinaryConnect, 2015; with slope 1/6: Howard et al., Searching for MobileNetV3, 2019",
    advice: "Use it where sigmoid costs too much, for example in gates on small devices. Above |z| = 3 there is no gradient.",
    traits: { slope: 1 / 6, role: "hidden" },
  },
  hard_tanh: {
    doc: "The input clamped to two bounds.",
    formula: "f(z) = min(max, max(min, z))",
    derivative: "f′(z) = 1 if min < z < max else 0",
    source: "Collobert, Large scale machine learning, 2004",
    advice: "For outputs that must stay in a range. Outside the bounds there is no gradient, so a unit can get stuck there.",
    traits: { slope: 1, role: "hidden" },
  },
  softsign: {
    doc: "An S-shaped curve from -1 to 1 that saturates slowly.",
    formula: "f(z) = z / (1 + |z|)",
    derivative: "f′(z) = 1 / (1 + |z|)²",
    source: "Bergstra, Desjardins, Lamblin and Bengio, Quadratic polynomials learn better image features, 2009",
    advice: "Instead of tanh where units saturate: its gradient decreases with 1/z², not exponentially.",
    traits: { slope: 1, role: "hidden" },
  },
  logsigmoid: logSigmoidFacts,
  log_sigmoid: alias("logsigmoid", logSigmoidFacts),
} satisfies FactsOf<typeof makers>
