/** Rectifiers: activations that pass positive numbers and reduce negative ones. */
import type { Tensor } from "../../language/Expr.ts"
import * as Key from "../../tensor/Key.ts"
import * as T from "../../tensor/Tensor.ts"
import type * as Shape from "../../types/Shape.ts"
import { named } from "../../types/ShapeError.ts"
import { type Net, stateless } from "../Net.ts"
import { checkOptions, checkRule } from "../OptionError.ts"
import { type None, none } from "../Params.ts"
import { type Activation, type FactsOf, make, maker, reluGain } from "./Activation.ts"

/** x where it is above 0, 0 elsewhere; the derivative at 0 is 0, and NaN stays NaN. `Tensor.print(Activation.relu(Tensor.make([-1, 0, 2]))) // => "[0, 0, 2]"` */
export const relu = named("relu", (x: Tensor): Tensor => T.where(T.lessEqual(x, 0), 0, x))

/** x held between 0 and 6. `Tensor.print(Activation.relu6(Tensor.make([-1, 3, 9]))) // => "[0, 3, 6]"` */
export const relu6 = named("relu6", (x: Tensor): Tensor => T.where(T.lessEqual(x, 0), 0, T.where(T.greaterEqual(x, 6), 6, x)))

const leaky = (x: Tensor, alpha: number | Tensor): Tensor => T.where(T.lessEqual(x, 0), T.mul(x, alpha), x)

/** x where it is above 0, αx elsewhere; the derivative at 0 is α. `Tensor.print(Activation.leakyRelu(Tensor.make([-1, 2]), 0.1)) // => "[-0.1, 2]"` */
export const leakyRelu = named("leakyRelu", (x: Tensor, alpha: number | Tensor = 0.01): Tensor => {
  if (typeof alpha === "number") checkOptions("leakyRelu", makers.leaky_relu.options, { alpha })
  return leaky(x, alpha)
})

/** x where it is at most 0, and 0 elsewhere, where an exponential could overflow. */
const negativePart = (x: Tensor): Tensor => T.where(T.greater(x, 0), 0, x)

/** x where it is above 0, α(eˣ - 1) elsewhere, accurate near 0. `Tensor.print(Activation.elu(Tensor.make([-1e4, 0, 2]))) // => "[-1, 0, 2]"` */
export const elu = named("elu", (x: Tensor, alpha = 1): Tensor => {
  checkOptions("elu", makers.elu.options, { alpha })
  return T.where(T.greater(x, 0), x, T.mul(T.expm1(negativePart(x)), alpha))
})

/** The λ and α of selu, for which the activations of a deep net converge to mean 0 and variance 1. */
export const seluScale = 1.0507009873554805
export const seluAlpha = 1.6732632423543772

/** λ · elu(x; α) with the λ and α of self-normalization. `Tensor.print(Activation.selu(Tensor.make([0, 1]))) // => "[0, 1.0507]"` */
export const selu = named("selu", (x: Tensor): Tensor => T.mul(elu(x, seluAlpha), seluScale))

/** log(1 + eᵝˣ) / β, without overflow for any x. `Tensor.print(Activation.softplus(Tensor.make([-1e4, 1e4]))) // => "[0, 10000]"` */
export const softplus = named("softplus", (x: Tensor, beta = 1): Tensor => {
  checkOptions("softplus", makers.softplus.options, { beta })
  if (beta !== 1) return T.div(softplus(T.mul(x, beta)), beta)
  // Not with |x|, whose second derivative is wrong at 0.
  const above = T.greater(x, 0)
  const falling = T.where(above, T.neg(x), x)
  return T.add(T.where(above, x, 0), T.log1p(T.exp(falling)))
})

/** Which elements share a slope: all of them, those of a channel (the last axis), or none. */
export type Share = "layer" | "channel" | "unit"

const slopeShape: { readonly [S in Share]: (input: Shape.Shape) => Shape.Shape } = {
  layer: () => [],
  channel: (input) => input.slice(-1),
  unit: (input) => input,
}

/** The learned slopes. They are not weights, so weight decay and penalties do not apply to them. */
export type Slopes = { readonly alpha: Tensor }

/** A leaky relu with a learned slope below zero, initially `init`. */
export const prelu = ({
  init = 0.25,
  share = "channel",
  ...rest
}: {
  readonly init?: number
  readonly share?: Share
} = {}): Net<Slopes, None> => {
  checkOptions("prelu", makers.prelu.options, { init, share, ...rest })
  return stateless({
    kind: "prelu",
    shape: (input) => input,
    init: (_, input) => ({ alpha: T.full(slopeShape[share](input), init) }),
    apply: ({ alpha }, x) => leaky(x, alpha),
  })
}

/** A leaky relu whose slopes are random for each element in training, and their mean in inference. */
export const rrelu = ({
  lower = 1 / 8,
  upper = 1 / 3,
  ...rest
}: {
  readonly lower?: number
  readonly upper?: number
} = {}): Net<None, None> => {
  checkOptions("rrelu", makers.rrelu.options, { lower, upper, ...rest })
  checkRule("rrelu", makers.rrelu.rule, { lower, upper })
  return stateless({
    kind: "rrelu",
    shape: (input) => input,
    init: () => none,
    apply: (_, x, context) =>
      leakyRelu(
        x,
        context.mode === "train"
          ? T.stopGradient(Key.uniform(context.key, x.shape, { low: lower, high: upper }))
          : (lower + upper) / 2,
      ),
  })
}

/** √(2 / (1 + α²)), where α² is the mean square of the slopes below zero (He et al., 2015). */
const leakyGain = (square: number): number => Math.sqrt(2 / (1 + square))

/** Activations by name. */
export const makers = {
  relu: maker({
    options: {},
    make: (): Activation => make(relu, { gain: reluGain, suits: "he" }),
  }),
  leaky_relu: maker({
    options: {
      alpha: {
        kind: "number",
        doc: "The slope below zero.",
        synonyms: ["negative_slope", "slope"],
        default: 0.01,
        minimum: 0,
        usual: [0, 1],
      },
    },
    main: "alpha",
    make: ({ alpha }): Activation => make((x) => leakyRelu(x, alpha), { gain: leakyGain(alpha ** 2), suits: "he" }),
  }),
  prelu: maker({
    options: {
      init: { kind: "number", doc: "The initial slope.", default: 0.25, usual: [0, 1] },
      share: {
        kind: "choice",
        doc: "Which elements share a slope: `layer`, all of them; `channel`, those with the same index on the last axis; `unit`, none.",
        of: ["layer", "channel", "unit"],
        default: "channel",
      },
    },
    main: "init",
    make: ({ init, share }): Activation =>
      make((x) => leaky(x, init), { gain: leakyGain(init ** 2), suits: "he", net: prelu({ init, share }) }),
  }),
  rrelu: maker({
    options: {
      lower: { kind: "number", doc: "The smallest slope.", default: 1 / 8, minimum: 0 },
      upper: { kind: "number", doc: "The largest slope, not below the smallest.", default: 1 / 3, minimum: 0 },
    },
    rule: { wanted: "`lower` not above `upper`", holds: ({ lower, upper }) => lower <= upper },
    make: ({ lower, upper }): Activation =>
      make((x) => leakyRelu(x, (lower + upper) / 2), {
        gain: leakyGain((lower ** 2 + lower * upper + upper ** 2) / 3),
        suits: "he",
        net: rrelu({ lower, upper }),
      }),
  }),
  relu6: maker({
    options: {},
    make: (): Activation => make(relu6, { gain: reluGain, suits: "he" }),
  }),
  elu: maker({
    options: { alpha: { kind: "number", doc: "Far below zero the function approaches -α.", default: 1, minimum: 0 } },
    main: "alpha",
    make: ({ alpha }): Activation => make((x) => elu(x, alpha), { gain: reluGain, suits: "he" }),
  }),
  selu: maker({
    options: {},
    make: (): Activation => make(selu, { gain: 3 / 4, suits: "lecun" }),
  }),
  softplus: maker({
    options: { beta: { kind: "number", doc: "The sharpness: a larger β is closer to relu.", default: 1, exclusiveMinimum: 0 } },
    main: "beta",
    make: ({ beta }): Activation => make((x) => softplus(x, beta), { gain: reluGain, suits: "he" }),
  }),
}

/** What is documented of each. */
export const facts = {
  relu: {
    doc: "The positive part.",
    formula: "f(z) = max(0, z)",
    derivative: "f′(z) = 1 if z > 0 else 0, f′(0) = 0",
    source: "Nair and Hinton, Rectified linear units improve restricted Boltzmann machines, 2010",
    advice:
      "The first choice between layers. A unit that is negative for every sample gets no gradient and stays dead: use a lower learning rate, a small positive bias or leaky_relu.",
    synonyms: ["rectifier", "rectified_linear"],
    traits: { slope: 1, role: "hidden" },
  },
  leaky_relu: {
    doc: "The positive part, with a small slope below zero.",
    formula: "f(z) = z if z > 0 else αz",
    derivative: "f′(z) = 1 if z > 0 else α, f′(0) = α",
    source: "Maas, Hannun and Ng, Rectifier nonlinearities improve neural network acoustic models, 2013",
    advice: "Use it where relu units die: the slope keeps a gradient. 0.01 is usual; 0.1 and 0.001 are also used.",
    synonyms: ["lrelu"],
    traits: { slope: 1, role: "hidden" },
  },
  prelu: {
    doc: "A leaky relu that learns its slope below zero.",
    formula: "f(z) = z if z > 0 else αz, α learned",
    derivative: "f′(z) = 1 if z > 0 else α; ∂f/∂α = z if z < 0 else 0",
    source: "He, Zhang, Ren and Sun, Delving deep into rectifiers, 2015",
    advice:
      "Use it where there is enough data to learn the slopes. Weight decay and penalties do not apply to α, since they would move it towards relu.",
    traits: { slope: 1, role: "hidden" },
  },
  rrelu: {
    doc: "A leaky relu with random slopes below zero in training.",
    formula: "f(z) = z if z > 0 else αz; α ~ U(lower, upper) for each element in training, (lower + upper) / 2 in inference",
    derivative: "f′(z) = 1 if z > 0 else α, f′(0) = α",
    source: "Xu, Wang, Chen and Li, Empirical evaluation of rectified activations in convolutional network, 2015",
    advice: "Against overfitting on small data. The slopes depend on the run's seed, so runs are reproducible.",
    traits: { slope: 1, role: "hidden" },
  },
  relu6: {
    doc: "The positive part, up to 6.",
    formula: "f(z) = min(6, max(0, z))",
    derivative: "f′(z) = 1 if 0 < z < 6 else 0",
    source: "Krizhevsky, Convolutional deep belief networks on CIFAR-10, 2010",
    advice: "For nets that will run at low precision: its range is bounded. Above 6 there is no gradient.",
    traits: { slope: 1, role: "hidden" },
  },
  elu: {
    doc: "The positive part, with an exponential approach to -α below zero.",
    formula: "f(z) = z if z > 0 else α(eᶻ - 1)",
    derivative: "f′(z) = 1 if z > 0 else αeᶻ, f′(0) = α",
    source: "Clevert, Unterthiner and Hochreiter, Fast and accurate deep network learning by exponential linear units, 2016",
    advice:
      "Its negative values move the mean of activations towards 0, which speeds up learning; it costs an exponential. With α other than 1 it has a kink at 0.",
    traits: { slope: 1, role: "hidden" },
  },
  selu: {
    doc: "A scaled elu that makes deep nets self-normalizing.",
    formula: "f(z) = λz if z > 0 else λα(eᶻ - 1), λ = 1.0507009873554805, α = 1.6732632423543772",
    derivative: "f′(z) = λ if z > 0 else λαeᶻ, f′(0) = λα",
    source: "Klambauer, Unterthiner, Mayr and Hochreiter, Self-normalizing neural networks, 2017",
    advice:
      "For deep stacks of dense layers on tables. It is self-normalizing only if inputs are standardized, weights start from lecun_normal, the net is a plain stack of dense layers, and there is no L1 or L2, max-norm, batch norm or ordinary dropout. Use alpha_dropout for dropout.",
    traits: { slope: seluScale * seluAlpha, role: "self-normalizing" },
  },
  softplus: {
    doc: "A smooth positive part.",
    formula: "f(z) = log(1 + eᵝᶻ) / β",
    derivative: "f′(z) = σ(βz)",
    source: "Dugas, Bengio, Bélisle, Nadeau and Garcia, Incorporating second-order functional knowledge, 2001",
    advice: "For outputs that must be positive, such as a variance. Between layers relu is as good and costs less.",
    traits: { slope: 1, role: "hidden" },
  },
} satisfies FactsOf<typeof makers>
