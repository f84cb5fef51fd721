/**
 * Recurrent layers: a cell applied to each time step of a sequence, with a state that it passes to the next time step. Samples
 * are [time, features]. The products of inputs and weights are computed for all time steps together; only the recurrent part
 * runs in a loop, whose code does not grow with the length of the sequence.
 */
import type { Tensor } from "../../language/Expr.ts"
import * as T from "../../tensor/Tensor.ts"
import * as Shape from "../../types/Shape.ts"
import { refuse } from "../../types/ShapeError.ts"
import * as Activation from "../Activation.ts"
import { make } from "../Entry.ts"
import * as Initializer from "../Initializer.ts"
import { type Net, stateless } from "../Net.ts"
import { checkOptions } from "../OptionError.ts"
import type { None } from "../Params.ts"
import { type ActivationLike, activationOf } from "./activation.ts"
import type { InitializerLike } from "./affine.ts"
import {
  type Cell,
  type GruParams,
  gruCell,
  gruCellBefore,
  initialParams,
  lstmCell,
  type RecurrentParams,
  simpleCell,
} from "./cells.ts"
import { layer, widthOf } from "./Layer.ts"

/** The options of a recurrent layer. */
export interface RecurrentOptions {
  /** The size of the hidden state, which is the output of each time step. */
  readonly units: number
  /** Whether the result has the output of every time step [time, units], or of the last one alone [units], the default. */
  readonly returnSequences?: boolean
  /** Whether to process the sequence from its end to its start: false unless given. */
  readonly reverse?: boolean
  /** The initializer of the input weights: `auto` unless given. */
  readonly init?: InitializerLike
  /** The initializer of the recurrent weights: orthogonal for each gate unless given. */
  readonly recurrentInit?: InitializerLike
}

const featuresOf = (kind: string, input: Shape.Shape): number =>
  input.length === 2
    ? (input[1] ?? 0)
    : refuse(kind, [{ dtype: "f32", shape: input }], "samples [time, features]", "an embedding of tokens, or a reshape before it")

/** Refuses an activation that changes the shape of a time step, as the gated ones do. */
export const wantKept = (kind: string, { net }: Activation.Activation, units: number): void => {
  const given = [units]
  if (net !== undefined && !Shape.equals(net.shape(given), given))
    refuse(
      kind,
      [{ dtype: "f32", shape: given }],
      "an activation that keeps the shape of a time step",
      "one that does not halve an axis",
    )
}

const recurrent = <P extends RecurrentParams, C>(options: RecurrentOptions, cell: Cell<P, C>): Net<P, None> => {
  const { returnSequences = false, reverse = false, units } = options
  const { activation, gates, kind } = cell
  return stateless({
    kind,
    shape: (input) => {
      featuresOf(kind, input)
      wantKept(kind, activation, units)
      return returnSequences ? [input[0] ?? 0, units] : [units]
    },
    init: (key, input) => initialParams(cell, options, key, featuresOf(kind, input)),
    apply: (params, x) => {
      featuresOf(kind, x.shape.slice(1))
      const [batch = 0, time = 0, features = 0] = x.shape
      const rows = T.reshape(T.transpose(x, [1, 0, 2]) as Tensor, [time * batch, features])
      const sums = T.reshape(T.add(T.matmul(rows, params.wx as Tensor), params.b), [time, batch, gates * units])
      const zeros = T.zeros([batch, units]) as Tensor
      const { kept } = T.scan((carry: C, row: Tensor) => cell.step(carry, row, params), cell.start(zeros), sums as Tensor, {
        reverse,
      })
      // The kept rows are in the order of the sequence, also in reverse.
      return returnSequences ? (T.transpose(kept, [1, 0, 2]) as Tensor) : T.at(kept, reverse ? 0 : time - 1)
    },
  })
}

/** The options that are named otherwise than in the catalogue. */
const typedOptions = ["returnSequences"]

/** The options of a simple recurrent layer. */
export interface SimpleRnnOptions extends RecurrentOptions {
  /** The activation: tanh unless given. */
  readonly activation?: ActivationLike
}

/** hₜ = f(xₜ · Wx + hₜ₋₁ · Wh + b) over samples [time, in]. Throws `ShapeError`. */
export const simpleRnn = ({ activation = "tanh", ...options }: SimpleRnnOptions): Net<RecurrentParams, None> => {
  checkOptions("simpleRnn", recurrentBounds, options, typedOptions)
  return recurrent(options, simpleCell(activationOf(activation)))
}

/** The options of an LSTM. */
export interface LstmOptions extends RecurrentOptions {
  /** The initial bias of the forget gate; above 0 the cell remembers at the beginning: 1 unless given. */
  readonly forgetBias?: number
}

/**
 * c ← f ⊙ c + i ⊙ g, h = o ⊙ tanh c, with the gates i, f, o = σ(…) and g = tanh(…) of x · Wx + h · Wh + b, stored side by
 * side in the order i, f, g, o. Throws `ShapeError`.
 */
export const lstm = ({ forgetBias = 1, ...options }: LstmOptions): Net<RecurrentParams, None> => {
  checkOptions("lstm", { ...recurrentBounds, forgetBias: lstmOptions.forget_bias }, { ...options, forgetBias }, typedOptions)
  return recurrent(options, lstmCell(forgetBias))
}

/** The options of a GRU. */
export interface GruOptions extends RecurrentOptions {
  /**
   * Whether the reset gate acts after the product with the recurrent weights, as in cuDNN and PyTorch, or before it, as first
   * published: after unless given.
   */
  readonly reset?: "before" | "after"
}

interface Gru {
  /** The reset gate acts before the product: n = tanh(x · Wx + b + (r ⊙ h) · Wh). */
  (options: GruOptions & { readonly reset: "before" }): Net<RecurrentParams, None>
  /** The reset gate acts after the product: n = tanh(x · Wx + b + r ⊙ (h · Wh + bh)). */
  (options: RecurrentOptions & { readonly reset?: "after" }): Net<GruParams, None>
}

/**
 * h ← (1 - z) ⊙ n + z ⊙ h, with the gates r, z = σ(x · Wx + h · Wh + b) and n = tanh(x · Wx + b + r ⊙ (h · Wh + bh)),
 * stored side by side in the order r, z, n. With `reset: "before"`, n = tanh(x · Wx + b + (r ⊙ h) · Wh). Throws `ShapeError`.
 *
 * `Layers.gru({ units: 4, reset: "before" }).shape([5, 3]) // => [4]`
 */
export const gru = (({ reset = "after", ...options }: GruOptions): Net<RecurrentParams, None> | Net<GruParams, None> => {
  checkOptions("gru", { ...recurrentBounds, reset: gruOptions.reset }, { ...options, reset }, typedOptions)
  return reset === "before" ? recurrent(options, gruCellBefore(options.units)) : recurrent(options, gruCell(options.units))
}) as Gru

/** The options of constructors. */
export const recurrentBounds = {
  units: {
    kind: "integer",
    doc: "The size of the hidden state, which is the output.",
    synonyms: [
      "hidden_size",
      "hidden",
      "hidden_dim",
      "hidden_units",
      "state_size",
      "num_units",
      "cells",
      "neurons",
      "output_size",
      "size",
    ],
    minimum: 1,
  },
  reverse: {
    kind: "boolean",
    doc: "Whether to process the sequence from its end to its start.",
    synonyms: ["go_backwards", "backwards"],
    default: false,
  },
  init: {
    kind: "initializer",
    doc: "The initializer of the input weights.",
    synonyms: ["initializer", "kernel_initializer"],
    default: "auto",
  },
  recurrent_init: {
    kind: "initializer",
    doc: "The initializer of the recurrent weights.",
    synonyms: ["recurrent_initializer"],
    default: "orthogonal",
  },
} as const

/** The options of a layer in a model file, which also reads both ways and has a state. */
const shared = {
  ...recurrentBounds,
  give: {
    kind: "choice",
    doc: "The output of the `last` time step, of `all` as a sequence, or the `state` after the last: h, of lstm c and h.",
    of: ["last", "all", "state"],
    default: "last",
  },
  bidirectional: {
    kind: "boolean",
    doc: "Whether to process it in both directions, each with own weights; outputs are side by side.",
    synonyms: ["bidirection", "both_directions"],
    default: false,
  },
  initial_state: {
    kind: "layer",
    doc: "The layer that gives the first state, such as one with `give: state`; zeros without it.",
    synonyms: ["initial", "h0", "hidden_state", "init_state", "state"],
    optional: true,
  },
} as const

/** Both directions have no order. */
const oneWay = {
  wanted: "`bidirectional` or `reverse`, not both",
  holds: ({ bidirectional, reverse }: { readonly bidirectional: boolean; readonly reverse: boolean }): boolean =>
    !(bidirectional && reverse),
}

interface Directed {
  readonly units: number
  readonly bidirectional: boolean
}

/** The traits of a layer with this number of gates. The additional bias of a GRU counts as one more gate. */
/* @__NO_SIDE_EFFECTS__ */ const recurring = (gates: number) =>
  ({
    role: "weights",
    over: "time",
    width: "units",
    init: "init",
    bias: undefined,
    activation: undefined,
    isWider: ({ bidirectional, give }: { readonly [option: string]: unknown }): boolean =>
      bidirectional === true || give === "state",
    learned: ({ bidirectional, units }: Directed, input: Shape.Shape): number =>
      (bidirectional ? 2 : 1) * gates * (widthOf(input) + units + 1) * units,
    between: ({ bidirectional, units }: Directed, input: Shape.Shape): number =>
      (bidirectional ? 8 : 4) * (input[0] ?? 0) * Math.max(widthOf(input), units),
  }) as const

/** The options of `lstm` in a model file. */
const lstmOptions = {
  ...shared,
  forget_bias: {
    kind: "number",
    doc: "The initial bias of the forget gate; above 0 the cell remembers at the beginning.",
    default: 1,
  },
} as const

/** The options of `gru` in a model file. */
const gruOptions = {
  ...shared,
  reset: {
    kind: "choice",
    doc: "Whether the reset gate acts `after` the product with the recurrent weights, or `before` it as first published: n = tanh(x · Wx + b + (r ⊙ h) · Wh).",
    of: ["before", "after"],
    default: "after",
  },
} as const

/**
 * Recurrent layers, by their names in a model file. `make` gives the layer of one tensor and one direction; `over` of
 * `sequence/overSequences` has the other forms.
 */
export const entries = {
  simple_rnn: layer({
    doc: "A dense layer over each time step and the output of the previous one.",
    formula: "hₜ = f(xₜ · Wx + hₜ₋₁ · Wh + b), h₀ = 0",
    source: "Elman, Finding structure in time, 1990",
    advice:
      "For short sequences only: over many time steps gradients vanish or explode. Clip them (`clip_norm: 1`), or use gru or lstm.",
    synonyms: ["RNN", "vanilla_rnn", "elman"],
    options: {
      ...shared,
      activation: { kind: "activation", doc: "The activation of each time step.", synonyms: ["nonlinearity"], default: "tanh" },
    },
    main: "units",
    rule: oneWay,
    traits: { ...recurring(1), activation: "activation" },
    make: ({ activation, give, init, recurrent_init, reverse, units }): Net =>
      simpleRnn({
        units,
        returnSequences: give === "all",
        reverse,
        activation: make(Activation.makers, activation),
        init: make(Initializer.makers, init),
        recurrentInit: make(Initializer.makers, recurrent_init),
      }),
  }),
  lstm: layer({
    doc: "A recurrent layer with a memory cell, which gates write, keep and read.",
    formula: "i, f, o = σ(x · Wx + h · Wh + b), g = tanh(…), c ← f ⊙ c + i ⊙ g, h ← o ⊙ tanh c",
    source: "Hochreiter and Schmidhuber, Long short-term memory, 1997; forget gate: Gers et al., 2000",
    advice:
      "For long sequences. It has four gates, so four times the weights of simple_rnn; gru has three and is usually as good.",
    synonyms: ["LSTMCell", "long_short_term_memory"],
    options: lstmOptions,
    main: "units",
    rule: oneWay,
    traits: recurring(4),
    make: ({ forget_bias, give, init, recurrent_init, reverse, units }): Net =>
      lstm({
        units,
        returnSequences: give === "all",
        reverse,
        forgetBias: forget_bias,
        init: make(Initializer.makers, init),
        recurrentInit: make(Initializer.makers, recurrent_init),
      }),
  }),
  gru: layer({
    doc: "A recurrent layer with an update gate and a reset gate.",
    formula: "r, z = σ(x · Wx + h · Wh + b), n = tanh(x · Wx + b + r ⊙ (h · Wh + bₕ)), h ← (1 - z) ⊙ n + z ⊙ h",
    source:
      "Cho et al., Learning phrase representations using RNN encoder-decoder, 2014; `reset: after` of cuDNN, as in PyTorch and Keras",
    advice: "The first choice for sequences of a few hundred time steps. Clip its gradients too.",
    synonyms: ["GRUCell", "gated_recurrent_unit"],
    options: gruOptions,
    main: "units",
    rule: oneWay,
    traits: recurring(4),
    make: ({ give, init, recurrent_init, reset, reverse, units }): Net => {
      const options = {
        units,
        returnSequences: give === "all",
        reverse,
        init: make(Initializer.makers, init),
        recurrentInit: make(Initializer.makers, recurrent_init),
      }
      return reset === "before" ? gru({ ...options, reset }) : gru(options)
    },
  }),
}
