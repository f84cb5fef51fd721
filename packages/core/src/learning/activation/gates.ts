/** Gates: activations that multiply an element by a gate, which depends on the element itself or on another one. */
import type { Tensor } from "../../language/Expr.ts"
import * as T from "../../tensor/Tensor.ts"
import type * as Shape from "../../types/Shape.ts"
import { named, refuse, type Spec } from "../../types/ShapeError.ts"
import { alias } from "../Entry.ts"
import { pure } from "../Net.ts"
import { checkOptions } from "../OptionError.ts"
import { type Activation, type FactsOf, linearGain, make, maker, reluGain, type Section } from "./Activation.ts"
import { softplus } from "./rectifiers.ts"

/** x · σ(βx). `Tensor.print(Activation.swish(Tensor.make([-1e4, 0, 1]))) // => "[0, 0, 0.73106]"` */
export const swish = named("swish", (x: Tensor, beta = 1): Tensor => {
  checkOptions("swish", swishOptions, { beta })
  return T.mul(x, T.sigmoid(beta === 1 ? x : T.mul(x, beta)))
})

/** x · min(6, max(0, x + 3)) / 6. `Tensor.print(Activation.hardSwish(Tensor.make([-4, 0, 3]))) // => "[0, 0, 3]"` */
export const hardSwish = named(
  "hardSwish",
  (x: Tensor): Tensor => T.where(T.less(x, -3), 0, T.where(T.less(x, 3), T.div(T.mul(x, T.add(x, 3)), 6), x)),
)

/** How gelu computes the normal distribution function: exactly, or approximated by tanh or sigmoid. */
export type Approximate = "none" | "tanh" | "sigmoid"

const gelus: { readonly [A in Approximate]: (x: Tensor) => Tensor } = {
  none: (x) => T.mul(x, T.mul(T.add(T.erf(T.mul(x, Math.SQRT1_2)), 1), 0.5)),
  // ½(1 + tanh u) is σ(2u), which is accurate where tanh is close to -1.
  tanh: (x) => {
    const u = T.mul(T.add(x, T.mul(T.mul(T.square(x), x), 0.044715)), Math.sqrt(2 / Math.PI))
    return T.mul(x, T.sigmoid(T.mul(u, 2)))
  },
  sigmoid: (x) => swish(x, 1.702),
}

/** x · Φ(x), where Φ is the distribution function of the standard normal distribution. `Tensor.print(Activation.gelu(Tensor.make([-1e4, 0, 1]))) // => "[0, 0, 0.84134]"` */
export const gelu = named("gelu", (x: Tensor, approximate: Approximate = "none"): Tensor => {
  checkOptions("gelu", makers.gelu.options, { approximate })
  return gelus[approximate](x)
})

/** x · tanh(log(1 + eˣ)). `Tensor.print(Activation.mish(Tensor.make([-1e4, 0, 1]))) // => "[0, 0, 0.8651]"` */
export const mish = named("mish", (x: Tensor): Tensor => T.mul(x, T.tanh(softplus(x))))

/** The shape with half the last size. Throws `ShapeError` for an odd size, and for a scalar. */
const halved =
  (operation: string) =>
  (input: Shape.Shape): Shape.Shape => {
    const width = input.at(-1)
    const given: Spec = { dtype: "f32", shape: input }
    return width === undefined || width % 2 !== 0
      ? refuse(
          operation,
          [given],
          `a last axis of even size for \`${operation}\`${width === undefined ? "" : `, not ${width}`}`,
          "twice as many units in the layer before it",
        )
      : [...input.slice(0, -1), width / 2]
  }

/** The first and the second half of the last axis. */
const halves = (operation: string, x: Tensor): readonly [Tensor, Tensor] => {
  const n = halved(operation)(x.shape).at(-1) ?? 0
  const [first = x, second = x] = T.split(x, [n, n], -1)
  return [first, second]
}

/** a · σ(b), where a and b are the halves of the last axis. Throws `ShapeError` for an axis of odd size. `Tensor.print(Activation.glu(Tensor.make([[3, 0]]))) // => "[[1.5]]"` */
export const glu = named("glu", (x: Tensor): Tensor => {
  const [a, b] = halves("glu", x)
  return T.mul(a, T.sigmoid(b))
})

/** swish(a) · b, where a and b are the halves of the last axis. Throws `ShapeError` for an axis of odd size. `Tensor.print(Activation.swiglu(Tensor.make([[1, 2]]))) // => "[[1.4621]]"` */
export const swiglu = named("swiglu", (x: Tensor, beta = 1): Tensor => {
  checkOptions("swiglu", swishOptions, { beta })
  const [a, b] = halves("swiglu", x)
  return T.mul(swish(a, beta), b)
})

/** The gate alone: the other half is 1. */
const openGate = (formula: string, isFirst: boolean): Section => ({
  formula,
  input: (z) => T.stack(isFirst ? [z, T.onesLike(z)] : [T.onesLike(z), z], -1),
})

const swishOptions = {
  beta: { kind: "number", doc: "How sharp the gate is; 0 leaves half the input.", default: 1, minimum: 0 },
} as const

const swishMaker = maker({
  options: swishOptions,
  main: "beta",
  make: (options): Activation => make((x) => swish(x, options.beta), { gain: reluGain, suits: "he" }),
})

const swishFacts = {
  doc: "The input times its sigmoid.",
  formula: "f(z) = z · σ(βz)",
  derivative: "f′(z) = σ(βz) + βz · σ(βz)(1 - σ(βz))",
  source:
    "Elfwing, Uchibe and Doya, Sigmoid-weighted linear units, 2018; Ramachandran, Zoph and Le, Searching for activation functions, 2017",
  advice: "Instead of relu in deep nets; often a little better. It is not monotonic: its minimum is -0.28 at z = -1.28.",
  traits: { slope: 1.1, role: "hidden" },
} as const

const hardSwishMaker = maker({
  options: {},
  make: (): Activation => make(hardSwish, { gain: reluGain, suits: "he" }),
})

const hardSwishFacts = {
  doc: "Swish with a piecewise linear sigmoid.",
  formula: "f(z) = z · min(6, max(0, z + 3)) / 6",
  derivative: "f′(z) = 0 if z < -3, z / 3 + ½ if z < 3, else 1",
  source: "Howard et al., Searching for MobileNetV3, 2019",
  advice: "Use it where swish costs too much, for example on small devices.",
  traits: { slope: 1.5, role: "hidden" },
} as const

/** Activations by name. */
export const makers = {
  swish: swishMaker,
  silu: swishMaker,
  hard_swish: hardSwishMaker,
  hard_silu: hardSwishMaker,
  gelu: maker({
    options: {
      approximate: {
        kind: "choice",
        doc: "`none` is exact; some published nets were trained with `tanh` or `sigmoid`.",
        of: ["none", "tanh", "sigmoid"],
        default: "none",
      },
    },
    main: "approximate",
    make: ({ approximate }): Activation => make((x) => gelu(x, approximate), { gain: reluGain, suits: "he" }),
  }),
  mish: maker({
    options: {},
    make: (): Activation => make(mish, { gain: reluGain, suits: "he" }),
  }),
  glu: maker({
    options: {},
    make: (): Activation =>
      make(glu, {
        gain: linearGain,
        suits: "xavier",
        net: pure("glu", glu, halved("glu")),
        section: openGate("glu(1, z) = σ(z)", false),
      }),
  }),
  swiglu: maker({
    options: swishOptions,
    main: "beta",
    make: (options): Activation =>
      make((x) => swiglu(x, options.beta), {
        gain: linearGain,
        suits: "xavier",
        net: pure("swiglu", (x) => swiglu(x, options.beta), halved("swiglu")),
        section: openGate("swiglu(z, 1) = swish(z)", true),
      }),
  }),
}

/** What is documented of each. */
export const facts = {
  swish: swishFacts,
  silu: alias("swish", swishFacts),
  hard_swish: hardSwishFacts,
  hard_silu: alias("hard_swish", hardSwishFacts),
  gelu: {
    doc: "The input times the probability that a standard normal variable is below it.",
    formula: "f(z) = z · Φ(z) = ½z(1 + erf(z / √2)); approximately ½z(1 + tanh(√(2/π)(z + 0.044715z³))) or z · σ(1.702z)",
    derivative: "f′(z) = Φ(z) + z · φ(z), φ(z) = e^(-z²/2) / √(2π)",
    source: "Hendrycks and Gimpel, Gaussian error linear units, 2016",
    advice: "The usual activation of transformers. Weights trained with an approximation need the same one.",
    traits: { slope: 1.13, role: "hidden" },
  },
  mish: {
    doc: "The input times the tanh of its softplus.",
    formula: "f(z) = z · tanh(log(1 + eᶻ))",
    derivative: "f′(z) = tanh(s) + z · σ(z)(1 - tanh²(s)), s = log(1 + eᶻ)",
    source: "Misra, Mish: a self regularized non-monotonic activation function, 2020",
    advice: "Instead of swish in nets for images; it costs an exponential, a logarithm and a tanh.",
    traits: { slope: 1.09, role: "hidden" },
  },
  glu: {
    doc: "One half of the last axis, gated by the sigmoid of the other.",
    formula: "f(a, b) = a · σ(b), a and b the halves of z",
    derivative: "∂f/∂a = σ(b), ∂f/∂b = a · σ(b)(1 - σ(b))",
    source: "Dauphin, Fan, Auli and Grangier, Language modeling with gated convolutional networks, 2017",
    advice:
      "It halves the last axis, so the layer before it needs twice the units. The linear half keeps gradients from vanishing.",
    traits: { slope: 1 / 4, role: "hidden" },
  },
  swiglu: {
    doc: "One half of the last axis, gated by the swish of the other.",
    formula: "f(a, b) = swish(a) · b, a and b the halves of z",
    derivative: "∂f/∂a = b · swish′(a), ∂f/∂b = swish(a)",
    source: "Shazeer, GLU variants improve transformer, 2020",
    advice:
      "In the feed-forward layers of transformers. It halves the last axis, so the layer before it needs twice the units; with two thirds of the usual width the number of parameters stays the same.",
    traits: { slope: 1.1, role: "hidden" },
  },
} satisfies FactsOf<typeof makers>
