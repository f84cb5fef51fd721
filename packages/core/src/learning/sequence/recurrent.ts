/**
 * Recurrent layers over padded sequences. The padding leaves the state as it was, in both directions, so a sequence has the
 * results that it has alone.
 */
import type { Tensor } from "../../language/Expr.ts"
import { refill, tensors } from "../../language/TensorTree.ts"
import * as Key from "../../tensor/Key.ts"
import * as T from "../../tensor/Tensor.ts"
import { refuse } from "../../types/ShapeError.ts"
import * as ShapeTree from "../../types/ShapeTree.ts"
import { type ActivationLike, activationOf } from "../layers/activation.ts"
import type { InitializerLike } from "../layers/affine.ts"
import {
  type Cell,
  type GruParams,
  gruCell,
  gruCellBefore,
  initialParams,
  type LstmState,
  lstmCell,
  type RecurrentParams,
  simpleCell,
} from "../layers/cells.ts"
import { entries, recurrentBounds, wantKept } from "../layers/recurrent.ts"
import * as Net from "../Net.ts"
import { checkOptions } from "../OptionError.ts"
import { type None, none } from "../Params.ts"
import { checked, clean, featuresOf, mask, type Padded, type PaddedShape, sizesOf, withShape, withValues } from "./Padded.ts"
import type { Stepwise } from "./Stepwise.ts"

/** The options of a recurrent layer over padded sequences. */
export interface RecurrentOptions {
  /** The size of the hidden state, which is the output of each time step. */
  readonly units: number
  /** Whether to process each sequence from its last time step to its first: false unless given. */
  readonly reverse?: boolean
  /** The initializer of the input weights: `auto` unless given. */
  readonly init?: InitializerLike
  /** The initializer of the recurrent weights: orthogonal for each gate unless given. */
  readonly recurrentInit?: InitializerLike
}

/** Padded sequences with the state of a layer: before their first time step as input, after their last as output. */
export type WithState<C> = Padded & { readonly state: C }

/**
 * A recurrent layer: x [batch, time, features] gives the outputs of all time steps [batch, time, units]. Its parameters are those
 * of the same layer in `Layers`.
 */
export interface Recurrent<P, C> extends Stepwise<P, None, C> {
  /** The same layer, which takes its state before the first time step and gives the one after the last. */
  readonly withState: Net.Net<P, None, WithState<C>, WithState<C>>
  /** The state of zeros for a number of sequences, before the first time step. */
  readonly start: (batch: number) => C
  /** The output in a state: that of the last time step processed, [batch, units]. */
  readonly output: (state: C) => Tensor
  /** The same layer in the other direction. */
  readonly reversed: () => Recurrent<P, C>
}

/** What distinguishes one recurrent layer from another. */
interface Definition<P, C> {
  readonly kind: string
  /** The number of features of its output. */
  readonly width: number
  readonly start: (batch: number) => C
  readonly init: (key: Key.Key, features: number) => P
  /** The outputs and the last state of sequences [batch, time, features], from the state before them. */
  readonly run: (params: P, sequences: Padded, state: C) => { readonly x: Tensor; readonly state: C }
  readonly output: (state: C) => Tensor
  readonly reversed: () => Recurrent<P, C>
  /** Whether it reads later time steps too, so that it cannot process one after another. */
  readonly readsAhead: boolean
}

const layerOf = <P, C>({ init, kind, output, readsAhead, reversed, run, start, width }: Definition<P, C>): Recurrent<P, C> => {
  const shape = (input: PaddedShape): PaddedShape => {
    featuresOf(kind, input)
    return withShape(input, [input.x[0] ?? 0, width])
  }
  const runChecked = (params: P, sequences: Padded, state: C): { readonly x: Tensor; readonly state: C } => {
    shape(ShapeTree.ofRows(sequences))
    const [, time] = sizesOf(kind, sequences)
    const ran = run(params, withValues(sequences, clean(sequences)), state)
    return {
      x: clean(withValues(sequences, ran.x)),
      state: refill(
        ran.state,
        tensors(ran.state).map((leaf) => checked(leaf, sequences.length, time)),
      ),
    }
  }
  return {
    kind,
    shape,
    init: (key, input) => ({ params: init(key, featuresOf(kind, input)), state: none }),
    apply: (params, state, sequences) => {
      const [batch] = sizesOf(kind, sequences)
      return { y: withValues(sequences, runChecked(params, sequences, start(batch)).x), state }
    },
    withState: {
      kind,
      shape: (input) => ({ ...input, ...shape(input) }),
      init: (key, input) => ({ params: init(key, featuresOf(kind, input)), state: none }),
      apply: (params, state, sequences) => ({ y: { ...sequences, ...runChecked(params, sequences, sequences.state) }, state }),
    },
    begin: (_, __, { batch }) =>
      readsAhead ? refuse(kind, [], "a layer that reads no later time steps", "a layer forwards, without reverse") : start(batch),
    step: (params, _, carry, x) => {
      const [batch = 0] = x.shape
      const ran = run(params, { x: T.expandAxis(x, 1), length: T.full([batch], 1, "i32") }, carry)
      return { x: T.reshape(ran.x, [batch, width]), carry: ran.state }
    },
    start,
    output,
    reversed,
  }
}

/** The weighted inputs of all time steps, and a loop over them. The padding and the holes leave the state unchanged. */
const runCell =
  <P extends RecurrentParams, C>(cell: Cell<P, C>, units: number, reverse: boolean): Definition<P, C>["run"] =>
  (params, sequences, state) => {
    const { x } = sequences
    const [batch = 0, time = 0, features = 0] = x.shape
    const rows = T.reshape(T.transpose(x, [1, 0, 2]) as Tensor, [time * batch, features])
    const sums = T.reshape(T.add(T.matmul(rows, params.wx as Tensor), params.b), [time, batch, cell.gates * units]) as Tensor
    const valid = T.expandAxis(T.transpose(mask(sequences)), -1)
    const { carry, kept } = T.scan(
      (before: C, row: { readonly sums: Tensor; readonly valid: Tensor }) => {
        const next = cell.step(before, row.sums, params)
        return { carry: choose(row.valid, next.carry, before), kept: next.kept }
      },
      state,
      { sums, valid },
      { reverse },
    )
    return { x: T.transpose(kept, [1, 0, 2]) as Tensor, state: carry }
  }

/** The leaves of one state where a condition holds, and those of another elsewhere. */
const choose = <C>(condition: Tensor, a: C, b: C): C => {
  const others = tensors(b)
  return refill(
    a,
    tensors(a).map((leaf, i) => T.where(condition, leaf, others[i] ?? leaf)),
  )
}

const ofCell = <P extends RecurrentParams, C>(
  options: RecurrentOptions,
  cell: Cell<P, C>,
  output: (state: C) => Tensor,
): Recurrent<P, C> => {
  const { reverse = false, units } = options
  return layerOf({
    kind: cell.kind,
    width: units,
    start: (batch) => cell.start(T.zeros([batch, units]) as Tensor),
    init: (key, features) => initialParams(cell, options, key, features),
    run: runCell(cell, units, reverse),
    output,
    readsAhead: reverse,
    reversed: () => ofCell({ ...options, reverse: !reverse }, cell, output),
  })
}

const itself = (h: Tensor): Tensor => h

/**
 * `Layers.simpleRnn` over padded sequences; the state is h [batch, units]. Throws `ShapeError`.
 *
 * `Sequence.simpleRnn({ units: 4 }).shape({ x: [7, 3], length: [] }) // => { x: [7, 4], length: [] }`
 */
export const simpleRnn = ({
  activation = "tanh",
  ...options
}: RecurrentOptions & { readonly activation?: ActivationLike }): Recurrent<RecurrentParams, Tensor> => {
  checkOptions("Sequence.simpleRnn", recurrentBounds, options)
  const follows = activationOf(activation)
  wantKept("simple_rnn", follows, options.units)
  return ofCell(options, simpleCell(follows), itself)
}

/**
 * `Layers.lstm` over padded sequences; the state is { c, h }, both [batch, units]. Throws `ShapeError`.
 *
 * ```ts
 * const layer = Sequence.lstm({ units: 4 })
 * const { params, state } = layer.init(Key.make(1), { x: [7, 3], length: [] })
 * const x = { x: Tensor.ones([2, 7, 3]), length: Tensor.make([7, 4], "i32"), state: layer.start(2) }
 * Net.infer(layer.withState, { params, state }, x).state.c.shape // => [2, 4]
 * ```
 */
export const lstm = ({
  forgetBias = 1,
  ...options
}: RecurrentOptions & { readonly forgetBias?: number }): Recurrent<RecurrentParams, LstmState> => {
  checkOptions("Sequence.lstm", { ...recurrentBounds, forgetBias: entries.lstm.options.forget_bias }, { ...options, forgetBias })
  return ofCell(options, lstmCell(forgetBias), ({ h }) => h)
}

interface Gru {
  /** The reset gate acts before the product with the recurrent weights, as first published. */
  (options: RecurrentOptions & { readonly reset: "before" }): Recurrent<RecurrentParams, Tensor>
  /** The reset gate acts after the product, as in cuDNN and PyTorch. */
  (options: RecurrentOptions & { readonly reset?: "after" }): Recurrent<GruParams, Tensor>
}

/**
 * `Layers.gru` over padded sequences; the state is h [batch, units]. Throws `ShapeError`.
 *
 * `Sequence.gru({ units: 4 }).shape({ x: [7, 3], length: [] }) // => { x: [7, 4], length: [] }`
 */
export const gru = (({
  reset = "after",
  ...options
}: RecurrentOptions & { readonly reset?: "before" | "after" }):
  | Recurrent<RecurrentParams, Tensor>
  | Recurrent<GruParams, Tensor> => {
  checkOptions("Sequence.gru", { ...recurrentBounds, reset: entries.gru.options.reset }, { ...options, reset })
  return reset === "before"
    ? ofCell(options, gruCellBefore(options.units), itself)
    : ofCell(options, gruCell(options.units), itself)
}) as Gru

/** One value for each direction. */
export type Directions<A> = { readonly forward: A; readonly backward: A }

/**
 * A recurrent layer in both directions, each with its own parameters and state: outputs side by side, [batch, time, 2 · units],
 * those of the layer itself first. Throws `ShapeError`.
 *
 * `Sequence.bidirectional(Sequence.lstm({ units: 4 })).shape({ x: [7, 3], length: [] }) // => { x: [7, 8], length: [] }`
 */
export const bidirectional = <P, C>(forward: Recurrent<P, C>): Recurrent<Directions<P>, Directions<C>> => {
  const backward = forward.reversed()
  const features = (width: number): PaddedShape => ({ x: [1, width], length: [] })
  return layerOf({
    kind: `bidirectional_${forward.kind}`,
    width: 2 * (forward.shape(features(1)).x[1] ?? 0),
    start: (batch) => ({ forward: forward.start(batch), backward: backward.start(batch) }),
    init: (key, width) => ({
      forward: forward.init(Key.fold(key, "forward"), features(width)).params,
      backward: backward.init(Key.fold(key, "backward"), features(width)).params,
    }),
    run: (params, sequences, state) => {
      const run = (layer: Recurrent<P, C>, own: P, before: C): WithState<C> =>
        Net.infer(layer.withState, { params: own, state: none }, { ...sequences, state: before })
      const there = run(forward, params.forward, state.forward)
      const back = run(backward, params.backward, state.backward)
      return { x: T.concat([there.x, back.x], -1), state: { forward: there.state, backward: back.state } }
    },
    output: (state) => T.concat([forward.output(state.forward), backward.output(state.backward)], -1),
    readsAhead: true,
    reversed: () => bidirectional(backward),
  })
}

/**
 * The output of a recurrent layer in its state after the last time step that it processes, without the padding: [batch, units];
 * for both directions, side by side. Throws `ShapeError`.
 *
 * `Sequence.final(Sequence.bidirectional(Sequence.lstm({ units: 4 }))).shape({ x: [7, 3], length: [] }) // => [8]`
 */
export const final = <P, C>(layer: Recurrent<P, C>): Net.Net<P, None, Padded, Tensor> => ({
  kind: layer.kind,
  shape: (input) => layer.shape(input).x.slice(1),
  init: (key, input) => layer.init(key, input),
  apply: (params, state, sequences, context) => {
    const [batch] = sizesOf(layer.kind, sequences)
    const from = { ...sequences, state: layer.start(batch) }
    return { y: layer.output(layer.withState.apply(params, state, from, context).y.state), state }
  },
})
