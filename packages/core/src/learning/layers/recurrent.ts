/**
 * Recurrent layers: one small step run over the rows of a sequence, each round handing what it remembers to the next.
 * Samples are [time, features]. The inputs meet their weights for all times at once; only what depends on the round
 * before runs in the loop, which is part of the program however long the sequence is.
 */
import type { Tensor } from "../../language/Expr.ts"
import * as Key from "../../tensor/Key.ts"
import * as T from "../../tensor/Tensor.ts"
import * as Shape from "../../types/Shape.ts"
import { refuse } from "../../types/ShapeError.ts"
import * as Activation from "../Activation.ts"
import { make } from "../Entry.ts"
import * as Initializer from "../Initializer.ts"
import { type Net, stateless } from "../Net.ts"
import { wantOptions } from "../OptionError.ts"
import type { None } from "../Params.ts"
import { type ActivationLike, activationOf } from "./activation.ts"
import { type InitializerLike, initializerOf } from "./affine.ts"
import { layer, widthOf } from "./Layer.ts"

/** How a recurrent layer is built. */
export interface RecurrentOptions {
  /** How many numbers it remembers, and gives at each time. */
  readonly units: number
  /** What it gives: what it made of every time [time, units], or of the last alone [units], which is usual. */
  readonly give?: "last" | "all"
  /** From the first time to the last, which is usual, or from the last to the first. */
  readonly reverse?: boolean
  /** The weights of the inputs at the start: `auto` unless given. */
  readonly init?: InitializerLike
  /** The weights of what is remembered at the start: orthogonal for each gate unless given. */
  readonly recurrentInit?: InitializerLike
}

/** What a recurrent layer learns, its gates side by side: wx [in, gates · units], wh [units, gates · units], b [gates · units]. */
export type RecurrentParams = { readonly wx: Tensor; readonly wh: Tensor; readonly b: Tensor }

/** What distinguishes one recurrent layer from another. */
interface Cell<P extends RecurrentParams, C> {
  readonly kind: string
  readonly gates: number
  /** The activation that the weights are drawn for. */
  readonly activation: Activation.Activation
  /** The parameters, from weights and the zeros of a bias. */
  readonly params: (drawn: RecurrentParams) => P
  /** What is remembered before the first time, from zeros [batch, units]. */
  readonly start: (zeros: Tensor) => C
  /** A round: the sums of the inputs [batch, gates · units], and what was remembered, to what is, and what is given. */
  readonly round: (carry: C, sums: Tensor, params: P) => { readonly carry: C; readonly kept: Tensor }
}

const featuresOf = (kind: string, input: Shape.Shape): number =>
  input.length === 2
    ? (input[1] ?? 0)
    : refuse(kind, [{ dtype: "f32", shape: input }], "samples [time, features]", "an embedding of tokens, or a reshape before it")

/** Refuses an activation that does not give back the shape that a round gives it, as gated ones do not. */
const wantKept = (kind: string, { net }: Activation.Activation, units: number): void => {
  const given = [units]
  if (net !== undefined && !Shape.equals(net.shape(given), given))
    refuse(
      kind,
      [{ dtype: "f32", shape: given }],
      "an activation that keeps the shape of a round",
      "one that does not halve an axis",
    )
}

/** Weights of gates side by side, each drawn by itself, as if it were a layer of its own. */
const drawn = (
  initializer: Initializer.Initializer,
  key: Key.Key,
  [inputs, gates, units]: readonly [number, number, number],
  activation: Activation.Activation,
): Tensor => {
  const shape = [inputs, units]
  const place = { ...Initializer.fans(shape), activation }
  return T.concat(
    Array.from({ length: gates }, (_, gate) => initializer(Key.fold(key, gate), shape, place)),
    1,
  )
}

const recurrent = <P extends RecurrentParams, C>(
  { give = "last", init = "auto", recurrentInit = "orthogonal", reverse = false, units }: RecurrentOptions,
  cell: Cell<P, C>,
): Net<P, None> => {
  const { activation, gates, kind } = cell
  return stateless({
    kind,
    shape: (input) => {
      featuresOf(kind, input)
      wantKept(kind, activation, units)
      return give === "last" ? [units] : [input[0] ?? 0, units]
    },
    init: (key, input) =>
      cell.params({
        wx: drawn(initializerOf(init), Key.fold(key, "wx"), [featuresOf(kind, input), gates, units], activation),
        wh: drawn(initializerOf(recurrentInit), Key.fold(key, "wh"), [units, gates, units], activation),
        b: T.zeros([gates * units]) as Tensor,
      }),
    apply: (params, x) => {
      featuresOf(kind, x.shape.slice(1))
      const [batch = 0, time = 0, features = 0] = x.shape
      const rows = T.reshape(T.transpose(x, [1, 0, 2]) as Tensor, [time * batch, features])
      const sums = T.reshape(T.add(T.matmul(rows, params.wx as Tensor), params.b), [time, batch, gates * units])
      const zeros = T.zeros([batch, units]) as Tensor
      const { kept } = T.scan((carry: C, row: Tensor) => cell.round(carry, row, params), cell.start(zeros), sums as Tensor, {
        reverse,
      })
      // What was kept of a round stands at the time of its row.
      return give === "last" ? T.at(kept, reverse ? 0 : time - 1) : (T.transpose(kept, [1, 0, 2]) as Tensor)
    },
  })
}

const parts = (sums: Tensor, count: number): ReadonlyArray<Tensor> =>
  T.split(
    sums,
    Array.from({ length: count }, () => (sums.shape.at(-1) ?? 0) / count),
    -1,
  )

/** How a simple recurrent layer is built. */
export interface SimpleRnnOptions extends RecurrentOptions {
  /** The activation of every round: tanh unless given. */
  readonly activation?: ActivationLike
}

/** hₜ = f(xₜ · Wx + hₜ₋₁ · Wh + b) over samples [time, in]. Throws `ShapeError`. */
export const simpleRnn = ({ activation = "tanh", ...options }: SimpleRnnOptions): Net<RecurrentParams, None> => {
  wantOptions("simpleRnn", shared, options)
  const follows = activationOf(activation)
  return recurrent(options, {
    kind: "simple_rnn",
    gates: 1,
    activation: follows,
    params: (all) => all,
    start: (zeros) => zeros,
    round: (h: Tensor, sums, { wh }) => {
      const next = follows.apply(T.add(sums, T.matmul(h, wh)))
      return { carry: next, kept: next }
    },
  })
}

/** How a long short-term memory is built. */
export interface LstmOptions extends RecurrentOptions {
  /** What is added to the forget gate at the start, so that it remembers at first: 1 unless given. */
  readonly forgetBias?: number
}

const tanh = activationOf("tanh")

/**
 * c ← f ⊙ c + i ⊙ g, h = o ⊙ tanh c, with the gates i, f, o = σ(…) and g = tanh(…) of x · Wx + h · Wh + b, side by side in
 * the order i, f, g, o. Throws `ShapeError`.
 */
export const lstm = ({ forgetBias = 1, ...options }: LstmOptions): Net<RecurrentParams, None> => {
  wantOptions("lstm", { ...shared, forgetBias: entries.lstm.options.forget_bias }, { ...options, forgetBias })
  return recurrent(options, {
    kind: "lstm",
    gates: 4,
    activation: tanh,
    params: ({ b, ...all }) => {
      const [i, f, g, o] = parts(b, 4) as readonly [Tensor, Tensor, Tensor, Tensor]
      return { ...all, b: T.concat([i, T.add(f, forgetBias), g, o]) }
    },
    start: (zeros) => ({ c: zeros, h: zeros }),
    round: ({ c, h }: { readonly c: Tensor; readonly h: Tensor }, sums, { wh }) => {
      const [i, f, g, o] = parts(T.add(sums, T.matmul(h, wh)), 4) as readonly [Tensor, Tensor, Tensor, Tensor]
      const cell = T.add(T.mul(T.sigmoid(f), c), T.mul(T.sigmoid(i), T.tanh(g)))
      const next = T.mul(T.sigmoid(o), T.tanh(cell))
      return { carry: { c: cell, h: next }, kept: next }
    },
  })
}

/** What a gated recurrent unit learns: as others, and bh [units], which the candidate's memory has for itself. */
export type GruParams = RecurrentParams & { readonly bh: Tensor }

/**
 * h ← (1 - z) ⊙ n + z ⊙ h, with the gates r, z = σ(x · Wx + h · Wh + b) and n = tanh(x · Wx + b + r ⊙ (h · Wh + bh)), side
 * by side in the order r, z, n. Throws `ShapeError`.
 */
export const gru = (options: RecurrentOptions): Net<GruParams, None> => {
  wantOptions("gru", shared, options)
  return recurrent(options, {
    kind: "gru",
    gates: 3,
    activation: tanh,
    params: (all): GruParams => ({ ...all, bh: T.zeros([options.units]) as Tensor }),
    start: (zeros) => zeros,
    round: (h: Tensor, sums, { bh, wh }) => {
      const [xr, xz, xn] = parts(sums, 3) as readonly [Tensor, Tensor, Tensor]
      const [hr, hz, hn] = parts(T.matmul(h, wh), 3) as readonly [Tensor, Tensor, Tensor]
      const [r, z] = [T.sigmoid(T.add(xr, hr)), T.sigmoid(T.add(xz, hz))]
      const n = T.tanh(T.add(xn, T.mul(r, T.add(hn, bh))))
      // n + z (h - n): the same, with one product less.
      const next = T.add(n, T.mul(z, T.sub(h, n)))
      return { carry: next, kept: next }
    },
  })
}

const shared = {
  units: {
    kind: "integer",
    doc: "How many numbers it remembers, and gives.",
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
  give: {
    kind: "choice",
    doc: "`last` gives what it made of the last time, `all` what it made of every one.",
    of: ["last", "all"],
    default: "last",
  },
  reverse: {
    kind: "boolean",
    doc: "Whether it goes from the last time to the first.",
    synonyms: ["go_backwards", "backwards"],
    default: false,
  },
  init: {
    kind: "initializer",
    doc: "The weights of the inputs at the start.",
    synonyms: ["initializer", "kernel_initializer"],
    default: "auto",
  },
  recurrent_init: {
    kind: "initializer",
    doc: "The weights of what is remembered at the start.",
    synonyms: ["recurrent_initializer"],
    default: "orthogonal",
  },
} as const

/** The traits of a layer with so many gates; what one has for itself beside them counts as another. */
const recurring = (gates: number) =>
  ({
    role: "weights",
    over: "time",
    width: "units",
    init: "init",
    bias: undefined,
    activation: undefined,
    learned: ({ units }: { readonly units: number }, input: Shape.Shape): number => gates * (widthOf(input) + units + 1) * units,
    between: ({ units }: { readonly units: number }, input: Shape.Shape): number =>
      4 * (input[0] ?? 0) * Math.max(widthOf(input), units),
  }) as const

/** Recurrent layers by the name a model file calls them. */
export const entries = {
  simple_rnn: layer({
    doc: "A dense layer over each time and what it made of the time before.",
    formula: "hₜ = f(xₜ · Wx + hₜ₋₁ · Wh + b), h₀ = 0",
    source: "Elman, Finding structure in time, 1990",
    advice:
      "For short sequences, and to see the trouble: over many times gradients vanish or explode. Clip them (`clip_norm: 1`), or use gru or lstm.",
    synonyms: ["RNN", "vanilla_rnn", "elman"],
    options: {
      units: shared.units,
      activation: { kind: "activation", doc: "The activation of every round.", synonyms: ["nonlinearity"], default: "tanh" },
      give: shared.give,
      reverse: shared.reverse,
      init: shared.init,
      recurrent_init: shared.recurrent_init,
    },
    main: "units",
    traits: { ...recurring(1), activation: "activation" },
    make: ({ activation, give, init, recurrent_init, reverse, units }): Net =>
      simpleRnn({
        units,
        give,
        reverse,
        activation: make(Activation.table, activation),
        init: make(Initializer.table, init),
        recurrentInit: make(Initializer.table, recurrent_init),
      }),
  }),
  lstm: layer({
    doc: "A recurrent layer with a memory that gates write, keep and read.",
    formula: "i, f, o = σ(x · Wx + h · Wh + b), g = tanh(…), c ← f ⊙ c + i ⊙ g, h ← o ⊙ tanh c",
    source: "Hochreiter and Schmidhuber, Long short-term memory, 1997; forget gate: Gers et al., 2000",
    advice: "For long sequences. Four gates, so four times the weights of simple_rnn; gru has three and does mostly as well.",
    synonyms: ["LSTMCell", "long_short_term_memory"],
    options: {
      ...shared,
      forget_bias: {
        kind: "number",
        doc: "What is added to the forget gate at the start: above 0 it remembers at first.",
        default: 1,
      },
    },
    main: "units",
    traits: recurring(4),
    make: ({ forget_bias, give, init, recurrent_init, reverse, units }): Net =>
      lstm({
        units,
        give,
        reverse,
        forgetBias: forget_bias,
        init: make(Initializer.table, init),
        recurrentInit: make(Initializer.table, recurrent_init),
      }),
  }),
  gru: layer({
    doc: "A recurrent layer with a gate that keeps and one that forgets.",
    formula: "r, z = σ(x · Wx + h · Wh + b), n = tanh(x · Wx + b + r ⊙ (h · Wh + bₕ)), h ← (1 - z) ⊙ n + z ⊙ h",
    source: "Cho et al., Learning phrase representations using RNN encoder-decoder, 2014",
    advice: "The first choice for sequences of some hundred times. Clip gradients all the same.",
    synonyms: ["GRUCell", "gated_recurrent_unit"],
    options: shared,
    main: "units",
    traits: recurring(4),
    make: ({ give, init, recurrent_init, reverse, units }): Net =>
      gru({ units, give, reverse, init: make(Initializer.table, init), recurrentInit: make(Initializer.table, recurrent_init) }),
  }),
}
