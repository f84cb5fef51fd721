/** Rectifiers: activations that let positive numbers through and hold negative ones back, more or less softly. */
import type { Tensor } from "../../language/Expr.ts"
import * as Key from "../../tensor/Key.ts"
import * as T from "../../tensor/Tensor.ts"
import type * as Shape from "../../types/Shape.ts"
import { named } from "../../types/ShapeError.ts"
import { type Net, stateless } from "../Net.ts"
import { wantOptions, wantRule } from "../OptionError.ts"
import { type None, none } from "../Params.ts"
import { type Activation, reluGain, row } from "./Activation.ts"

/** x where it is above 0, 0 elsewhere; the derivative at 0 is 0, and NaN stays NaN. `Tensor.print(Activation.relu(Tensor.make([-1, 0, 2]))) // => "[0, 0, 2]"` */
export const relu = named("relu", (x: Tensor): Tensor => T.where(T.lessEqual(x, 0), 0, x))

/** x held between 0 and 6. `Tensor.print(Activation.relu6(Tensor.make([-1, 3, 9]))) // => "[0, 3, 6]"` */
export const relu6 = named("relu6", (x: Tensor): Tensor => T.where(T.lessEqual(x, 0), 0, T.where(T.greaterEqual(x, 6), 6, x)))

const leaky = (x: Tensor, alpha: number | Tensor): Tensor => T.where(T.lessEqual(x, 0), T.mul(x, alpha), x)

/** x where it is above 0, αx elsewhere; the derivative at 0 is α. `Tensor.print(Activation.leakyRelu(Tensor.make([-1, 2]), 0.1)) // => "[-0.1, 2]"` */
export const leakyRelu = named("leakyRelu", (x: Tensor, alpha: number | Tensor = 0.01): Tensor => {
  if (typeof alpha === "number") wantOptions("leakyRelu", rows.leaky_relu.options, { alpha })
  return leaky(x, alpha)
})

/** x where it is above 0, so that what is made of the rest cannot overflow there. */
const negativePart = (x: Tensor): Tensor => T.where(T.greater(x, 0), 0, x)

/** x where it is above 0, α(eˣ - 1) elsewhere, exact near 0. `Tensor.print(Activation.elu(Tensor.make([-1e4, 0, 2]))) // => "[-1, 0, 2]"` */
export const elu = named("elu", (x: Tensor, alpha = 1): Tensor => {
  wantOptions("elu", rows.elu.options, { alpha })
  return T.where(T.greater(x, 0), x, T.mul(T.expm1(negativePart(x)), alpha))
})

/** The λ and α of selu, for which mean 0 and variance 1 are where a deep net settles. */
export const seluScale = 1.0507009873554805
export const seluAlpha = 1.6732632423543772

/** λ · elu(x; α) with the λ and α of self-normalization. `Tensor.print(Activation.selu(Tensor.make([0, 1]))) // => "[0, 1.0507]"` */
export const selu = named("selu", (x: Tensor): Tensor => T.mul(elu(x, seluAlpha), seluScale))

/** log(1 + eᵝˣ) / β, without overflow for any x. `Tensor.print(Activation.softplus(Tensor.make([-1e4, 1e4]))) // => "[0, 10000]"` */
export const softplus = named("softplus", (x: Tensor, beta = 1): Tensor => {
  wantOptions("softplus", rows.softplus.options, { beta })
  if (beta !== 1) return T.div(softplus(T.mul(x, beta)), beta)
  // Not by |x|, whose second derivative is lost at 0.
  const above = T.greater(x, 0)
  const falling = T.where(above, T.neg(x), x)
  return T.add(T.where(above, x, 0), T.log1p(T.exp(falling)))
})

/** Which numbers share a slope: all of them, those of a channel (the last axis), or each unit has its own. */
export type Share = "layer" | "channel" | "unit"

const slopeShape: { readonly [S in Share]: (input: Shape.Shape) => Shape.Shape } = {
  layer: () => [],
  channel: (input) => input.slice(-1),
  unit: (input) => input,
}

/** The slopes that a layer of leaky units learns; decay and penalties leave them alone, since they are no weights. */
export type Slopes = { readonly alpha: Tensor }

/** Leaky units that learn their slope below zero, starting from `init`. */
export const prelu = ({
  init = 0.25,
  share = "channel",
}: {
  readonly init?: number
  readonly share?: Share
} = {}): Net<Slopes, None> => {
  wantOptions("prelu", rows.prelu.options, { init, share })
  return stateless({
    kind: "prelu",
    shape: (input) => input,
    init: (_, input) => ({ alpha: T.full(slopeShape[share](input), init) }),
    apply: ({ alpha }, x) => leaky(x, alpha),
  })
}

/** Leaky units whose slopes are drawn anew for each number while training, and are their mean when not. */
export const rrelu = ({
  lower = 1 / 8,
  upper = 1 / 3,
}: {
  readonly lower?: number
  readonly upper?: number
} = {}): Net<None, None> => {
  wantOptions("rrelu", rows.rrelu.options, { lower, upper })
  wantRule("rrelu", rows.rrelu.rule, { lower, upper })
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

export const rows = {
  relu: row({
    doc: "The positive part.",
    formula: "f(z) = max(0, z)",
    derivative: "f′(z) = 1 if z > 0 else 0, f′(0) = 0",
    source: "Nair and Hinton, Rectified linear units improve restricted Boltzmann machines, 2010",
    advice:
      "The first choice between layers. A unit that is negative for every sample gets no gradient and stays dead: a lower learning rate, a small positive bias or leaky_relu help.",
    synonyms: ["rectifier", "rectified_linear"],
    options: {},
    traits: { slope: 1, role: "hidden" },
    make: (): Activation => ({ apply: relu, gain: reluGain, suits: "he" }),
  }),
  leaky_relu: row({
    doc: "The positive part, with a slight slope below zero.",
    formula: "f(z) = z if z > 0 else αz",
    derivative: "f′(z) = 1 if z > 0 else α, f′(0) = α",
    source: "Maas, Hannun and Ng, Rectifier nonlinearities improve neural network acoustic models, 2013",
    advice: "Where units die under relu: the slope keeps a gradient alive. 0.01 is usual; 0.1 and 0.001 are seen too.",
    synonyms: ["lrelu"],
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
    traits: { slope: 1, role: "hidden" },
    make: ({ alpha }): Activation => ({
      apply: (x) => leakyRelu(x, alpha),
      gain: leakyGain(alpha ** 2),
      suits: "he",
    }),
  }),
  prelu: row({
    doc: "A leaky relu that learns its slope below zero.",
    formula: "f(z) = z if z > 0 else αz, α learned",
    derivative: "f′(z) = 1 if z > 0 else α; ∂f/∂α = z if z < 0 else 0",
    source: "He, Zhang, Ren and Sun, Delving deep into rectifiers, 2015",
    advice:
      "Where there is data enough to learn slopes from. Weight decay and penalties leave α alone, since they would pull it towards relu.",
    options: {
      init: { kind: "number", doc: "The slope it starts from.", default: 0.25, usual: [0, 1] },
      share: {
        kind: "choice",
        doc: "Who shares a slope: `layer` all numbers, `channel` those of one place on the last axis, `unit` none.",
        of: ["layer", "channel", "unit"],
        default: "channel",
      },
    },
    main: "init",
    traits: { slope: 1, role: "hidden" },
    make: ({ init, share }): Activation => ({
      apply: (x) => leaky(x, init),
      gain: leakyGain(init ** 2),
      suits: "he",
      net: prelu({ init, share }),
    }),
  }),
  rrelu: row({
    doc: "A leaky relu whose slopes below zero are random while training.",
    formula: "f(z) = z if z > 0 else αz; α ~ U(lower, upper) for each number while training, (lower + upper) / 2 when not",
    derivative: "f′(z) = 1 if z > 0 else α, f′(0) = α",
    source: "Xu, Wang, Chen and Li, Empirical evaluation of rectified activations in convolutional network, 2015",
    advice: "Against overfitting on small data. Its draws come from the run's seed, so a run can be repeated.",
    options: {
      lower: { kind: "number", doc: "The least slope.", default: 1 / 8, minimum: 0 },
      upper: { kind: "number", doc: "The greatest slope, not below the least.", default: 1 / 3, minimum: 0 },
    },
    rule: { wanted: "`lower` not above `upper`", holds: ({ lower, upper }) => lower <= upper },
    traits: { slope: 1, role: "hidden" },
    make: ({ lower, upper }): Activation => ({
      apply: (x) => leakyRelu(x, (lower + upper) / 2),
      gain: leakyGain((lower ** 2 + lower * upper + upper ** 2) / 3),
      suits: "he",
      net: rrelu({ lower, upper }),
    }),
  }),
  relu6: row({
    doc: "The positive part, up to 6.",
    formula: "f(z) = min(6, max(0, z))",
    derivative: "f′(z) = 1 if 0 < z < 6 else 0",
    source: "Krizhevsky, Convolutional deep belief networks on CIFAR-10, 2010",
    advice: "For nets that are to run with few bits: its range is known. Above 6 no gradient gets through.",
    options: {},
    traits: { slope: 1, role: "hidden" },
    make: (): Activation => ({ apply: relu6, gain: reluGain, suits: "he" }),
  }),
  elu: row({
    doc: "The positive part, with an exponential bend to -α below zero.",
    formula: "f(z) = z if z > 0 else α(eᶻ - 1)",
    derivative: "f′(z) = 1 if z > 0 else αeᶻ, f′(0) = α",
    source: "Clevert, Unterthiner and Hochreiter, Fast and accurate deep network learning by exponential linear units, 2016",
    advice:
      "Its negative values bring means towards 0, which speeds up learning; it costs an exponential. α other than 1 has a kink at 0.",
    options: { alpha: { kind: "number", doc: "What it comes to far below zero, negated.", default: 1, minimum: 0 } },
    main: "alpha",
    traits: { slope: 1, role: "hidden" },
    make: ({ alpha }): Activation => ({ apply: (x) => elu(x, alpha), gain: reluGain, suits: "he" }),
  }),
  selu: row({
    doc: "The elu whose scale makes a deep net normalize itself.",
    formula: "f(z) = λz if z > 0 else λα(eᶻ - 1), λ = 1.0507009873554805, α = 1.6732632423543772",
    derivative: "f′(z) = λ if z > 0 else λαeᶻ, f′(0) = λα",
    source: "Klambauer, Unterthiner, Mayr and Hochreiter, Self-normalizing neural networks, 2017",
    advice:
      "For deep stacks of dense layers on tables. It normalizes itself only if inputs are standardized, weights start from lecun_normal, layers are a plain stack of dense ones, and there is no L1 or L2, max-norm, batch norm or ordinary dropout: alpha_dropout is the one that fits.",
    options: {},
    traits: { slope: seluScale * seluAlpha, role: "self-normalizing" },
    make: (): Activation => ({ apply: selu, gain: 3 / 4, suits: "lecun" }),
  }),
  softplus: row({
    doc: "A smooth positive part.",
    formula: "f(z) = log(1 + eᵝᶻ) / β",
    derivative: "f′(z) = σ(βz)",
    source: "Dugas, Bengio, Bélisle, Nadeau and Garcia, Incorporating second-order functional knowledge, 2001",
    advice: "For outputs that must be positive, such as a variance. Between layers relu does as well and costs less.",
    options: { beta: { kind: "number", doc: "How sharp the bend is.", default: 1, exclusiveMinimum: 0 } },
    main: "beta",
    traits: { slope: 1, role: "hidden" },
    make: ({ beta }): Activation => ({ apply: (x) => softplus(x, beta), gain: reluGain, suits: "he" }),
  }),
}
