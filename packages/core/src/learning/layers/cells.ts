/**
 * The cells of recurrent layers: one time step, from the state and the weighted inputs to the next state and the output. Weights
 * of the gates stand side by side.
 */
import type { Tensor } from "../../language/Expr.ts"
import * as Key from "../../tensor/Key.ts"
import * as T from "../../tensor/Tensor.ts"
import type * as Activation from "../Activation.ts"
import * as Initializer from "../Initializer.ts"
import { activationOf } from "./activation.ts"
import { type InitializerLike, initializerOf } from "./affine.ts"

/** The parameters of a recurrent layer, with its gates side by side: wx [in, gates · units], wh [units, gates · units], b [gates · units]. */
export type RecurrentParams = { readonly wx: Tensor; readonly wh: Tensor; readonly b: Tensor }

/** The parameters of a GRU: as for other layers, and bh [units], the bias of the recurrent part of the candidate. */
export type GruParams = RecurrentParams & { readonly bh: Tensor }

/** The state of an LSTM: the memory cell and the output, both [batch, units]. */
export type LstmState = { readonly c: Tensor; readonly h: Tensor }

/** The cell of a recurrent layer: what distinguishes one kind from another. */
export interface Cell<P extends RecurrentParams, C> {
  readonly kind: string
  readonly gates: number
  /** The activation for the initializers of the weights. */
  readonly activation: Activation.Activation
  /** The initial parameters, from drawn weights and a bias of zeros. */
  readonly params: (drawn: RecurrentParams) => P
  /** The state before the first time step, from zeros [batch, units]. */
  readonly start: (zeros: Tensor) => C
  /** One time step: from the previous state and the weighted inputs [batch, gates · units] to the new state and the output. */
  readonly step: (carry: C, sums: Tensor, params: P) => { readonly carry: C; readonly kept: Tensor }
}

/** The weights of all gates side by side. Each gate is initialized independently, like a separate layer. */
const drawn = (
  initializer: Initializer.Initializer,
  key: Key.Key,
  [inputs, gates, units]: readonly [number, number, number],
  activation: Activation.Activation,
): Tensor => {
  const shape = [inputs, units]
  const connections = { ...Initializer.fans(shape), activation }
  return T.concat(
    Array.from({ length: gates }, (_, gate) => initializer(Key.fold(key, gate), shape, connections)),
    1,
  )
}

/** The options that the initial parameters of a recurrent layer depend on. */
export interface CellOptions {
  readonly units: number
  readonly init?: InitializerLike
  readonly recurrentInit?: InitializerLike
}

/** The initial parameters of a recurrent layer for time steps of a number of features. */
export const initialParams = <P extends RecurrentParams, C>(
  { activation, gates, params }: Cell<P, C>,
  { init = "auto", recurrentInit = Initializer.orthogonal(), units }: CellOptions,
  key: Key.Key,
  features: number,
): P =>
  params({
    wx: drawn(initializerOf(init), Key.fold(key, "wx"), [features, gates, units], activation),
    wh: drawn(initializerOf(recurrentInit), Key.fold(key, "wh"), [units, gates, units], activation),
    b: T.zeros([gates * units]) as Tensor,
  })

const gatesOf = (sums: Tensor, count: number): ReadonlyArray<Tensor> =>
  T.split(
    sums,
    Array.from({ length: count }, () => (sums.shape.at(-1) ?? 0) / count),
    -1,
  )

/** The cell of a simple recurrent layer: the activation of the sums. */
export const simpleCell = (activation: Activation.Activation): Cell<RecurrentParams, Tensor> => ({
  kind: "simple_rnn",
  gates: 1,
  activation,
  params: (all) => all,
  start: (zeros) => zeros,
  step: (h, sums, { wh }) => {
    const next = activation(T.add(sums, T.matmul(h, wh)))
    return { carry: next, kept: next }
  },
})

const tanh = activationOf("tanh")

/** The cell of an LSTM: gates in the order i, f, g, o. */
export const lstmCell = (forgetBias: number): Cell<RecurrentParams, LstmState> => ({
  kind: "lstm",
  gates: 4,
  activation: tanh,
  params: ({ b, ...all }) => {
    const [i, f, g, o] = gatesOf(b, 4) as readonly [Tensor, Tensor, Tensor, Tensor]
    return { ...all, b: T.concat([i, T.add(f, forgetBias), g, o]) }
  },
  start: (zeros) => ({ c: zeros, h: zeros }),
  step: ({ c, h }, sums, { wh }) => {
    const [i, f, g, o] = gatesOf(T.add(sums, T.matmul(h, wh)), 4) as readonly [Tensor, Tensor, Tensor, Tensor]
    const cell = T.add(T.mul(T.sigmoid(f), c), T.mul(T.sigmoid(i), T.tanh(g)))
    const next = T.mul(T.sigmoid(o), T.tanh(cell))
    return { carry: { c: cell, h: next }, kept: next }
  },
})

/** (1 - z) n + z h, as n + z (h - n), which has one product fewer. */
const between = (z: Tensor, n: Tensor, h: Tensor): { readonly carry: Tensor; readonly kept: Tensor } => {
  const next = T.add(n, T.mul(z, T.sub(h, n)))
  return { carry: next, kept: next }
}

/** The cell of a GRU whose reset gate acts after the product with h: gates in the order r, z, n. */
export const gruCell = (units: number): Cell<GruParams, Tensor> => ({
  kind: "gru",
  gates: 3,
  activation: tanh,
  params: (all) => ({ ...all, bh: T.zeros([units]) as Tensor }),
  start: (zeros) => zeros,
  step: (h, sums, { bh, wh }) => {
    const [xr, xz, xn] = gatesOf(sums, 3) as readonly [Tensor, Tensor, Tensor]
    const [hr, hz, hn] = gatesOf(T.matmul(h, wh), 3) as readonly [Tensor, Tensor, Tensor]
    const [r, z] = [T.sigmoid(T.add(xr, hr)), T.sigmoid(T.add(xz, hz))]
    return between(z, T.tanh(T.add(xn, T.mul(r, T.add(hn, bh)))), h)
  },
})

/** The cell of a GRU whose reset gate acts on h, before the product: gates in the order r, z, n. */
export const gruCellBefore = (units: number): Cell<RecurrentParams, Tensor> => ({
  kind: "gru",
  gates: 3,
  activation: tanh,
  params: (all) => all,
  start: (zeros) => zeros,
  step: (h, sums, { wh }) => {
    const [xr, xz, xn] = gatesOf(sums, 3) as readonly [Tensor, Tensor, Tensor]
    const [gates, candidate] = T.split(wh, [2 * units, units], -1) as readonly [Tensor, Tensor]
    const [hr, hz] = gatesOf(T.matmul(h, gates), 2) as readonly [Tensor, Tensor]
    const [r, z] = [T.sigmoid(T.add(xr, hr)), T.sigmoid(T.add(xz, hz))]
    return between(z, T.tanh(T.add(xn, T.matmul(T.mul(r, h), candidate))), h)
  },
})
