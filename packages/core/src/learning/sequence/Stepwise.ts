/**
 * Layers that process one time step after another: what they keep of the steps before is a state of a fixed size. The outputs are
 * those for the whole sequence, so a net of such layers generates a token without computing the earlier ones again.
 */
import type { Tensor } from "../../language/Expr.ts"
import * as T from "../../tensor/Tensor.ts"
import { refuse } from "../../types/ShapeError.ts"
import * as ShapeTree from "../../types/ShapeTree.ts"
import { type AnyNet, type InputOf, type Named, type Net, numbered, sequential } from "../Net.ts"
import { child } from "../net/within.ts"
import type { Params } from "../Params.ts"
import { type Padded, type PaddedShape, stepOf, type WithMemory, withValues } from "./Padded.ts"

/** A time step's output, and what the layer keeps for the next one. */
export interface Stepped<C> {
  readonly x: Tensor
  readonly carry: C
}

/** What sequences are like before their first time step. */
export interface Beginning {
  /** Their shapes: they have at most `input.x[0]` time steps. */
  readonly input: PaddedShape & { readonly memory?: PaddedShape }
  readonly batch: number
  /** What they attend to, which is known before the first time step. */
  readonly memory?: Padded
}

/** A layer over padded sequences that can also process them step by step. Sequences may have a memory, which it passes on. */
export interface Stepwise<P = Params, S = Params, C = Params, X extends Padded = Padded> extends Net<P, S, X, X> {
  /** What it keeps before the first time step. */
  begin(params: P, state: S, from: Beginning): C
  /** One time step x [batch, …], in inference. */
  step(params: P, state: S, carry: C, x: Tensor): Stepped<C>
}

/** A stepwise layer of any sequences, for stacks, which alone know what they pass to it. Every stepwise layer is assignable to it. */
export interface AnyStepwise extends AnyNet {
  begin(params: Params, state: Params, from: Beginning): Params
  step(params: Params, state: Params, carry: Params, x: Tensor): Stepped<Params>
}

/** The input of layers in order: sequences with a memory if one of them attends to it. */
export type InputOfAll<L extends ReadonlyArray<AnyStepwise>> = [
  Extract<InputOf<L[number]>, { readonly memory: unknown }>,
] extends [never]
  ? Padded
  : WithMemory

/** The shapes of sequences of a time step x [batch, …]; only its features count. */
const shapeOf = (x: Tensor): PaddedShape => ({ x: [1, ...x.shape.slice(1)], length: [] })

/**
 * Layers in order, each of which can process sequences step by step; so can the whole. Layers are named after their kinds, as in
 * `Net.sequential`. Throws `ShapeError`.
 *
 * ```ts
 * const net = Sequence.stack([Sequence.gru({ units: 8 }), Sequence.each(Layers.dense({ units: 4 }))])
 * net.shape({ x: [7, 3], length: [] }) // => { x: [7, 4], length: [] }
 * ```
 */
export const stack = <const L extends ReadonlyArray<AnyStepwise>>(layers: L): Stepwise<Params, Params, Params, InputOfAll<L>> => {
  // What a layer takes is what the layer before it gives: sequences, with a memory if the stack has one.
  const same = layers as ReadonlyArray<AnyStepwise> as ReadonlyArray<Stepwise>
  const named: Named<Stepwise> = numbered(same)
  const whole = sequential(same as readonly [Stepwise])
  const stacked: Stepwise = {
    ...whole,
    kind: "stack",
    begin: (params, state, from) => {
      let shape: PaddedShape = from.input
      return Object.fromEntries(
        named.map(([name, layer]) => {
          const carry = layer.begin(child(params, name), child(state, name), { ...from, input: shape })
          shape = layer.shape(shape)
          return [name, carry]
        }),
      )
    },
    step: (params, state, carry, x) => {
      let y = x
      const carries = named.map(([name, layer]) => {
        const stepped = layer.step(child(params, name), child(state, name), child(carry, name), y)
        y = stepped.x
        return [name, stepped.carry] as const
      })
      return { x: y, carry: Object.fromEntries(carries) }
    },
  }
  return stacked as unknown as Stepwise<Params, Params, Params, InputOfAll<L>>
}

/**
 * x + layer(x), for a layer that keeps the shape. Throws `ShapeError` for one that does not.
 *
 * `Sequence.residual(Sequence.gru({ units: 3 })).shape({ x: [7, 3], length: [] }) // => { x: [7, 3], length: [] }`
 */
export const residual = <P, S, C, X extends Padded = Padded>(layer: Stepwise<P, S, C, X>): Stepwise<P, S, C, X> => {
  const shape = (input: ShapeTree.Of<X>): ShapeTree.Of<X> => {
    const [, step] = stepOf("Sequence.residual", input as PaddedShape)
    const [, output] = stepOf("Sequence.residual", layer.shape(input) as PaddedShape)
    return step.length === output.length && step.every((n, i) => n === output[i])
      ? input
      : refuse(
          "Sequence.residual",
          [{ dtype: "f32", shape: (input as PaddedShape).x }],
          `a layer that keeps the shape of a time step, not one from [${step.join(", ")}] to [${output.join(", ")}]`,
          "Sequence.each(Layers.dense({ units })) as its last layer",
        )
  }
  return {
    kind: "residual",
    shape,
    init: (key, input) => layer.init(key, shape(input)),
    apply: (params, state, sequences, context) => {
      const applied = layer.apply(params, state, sequences, context)
      return { y: withValues(sequences, T.add(sequences.x, applied.y.x)), state: applied.state }
    },
    begin: (params, state, from) => layer.begin(params, state, from),
    step: (params, state, carry, x) => {
      const stepped = layer.step(params, state, carry, x)
      return { x: T.add(x, stepped.x), carry: stepped.carry }
    },
    ...(layer.children === undefined ? {} : { children: (input: ShapeTree.Of<X>) => layer.children?.(input) ?? [] }),
  }
}

/** A layer whose own layers depend on the shape of a time step. */
export const ofShape = <X extends Padded>(
  kind: string,
  of: (input: PaddedShape) => Stepwise<Params, Params, Params, X>,
): Stepwise<Params, Params, Params, X> => ({
  kind,
  shape: (input) => of(input as PaddedShape).shape(input),
  init: (key, input) => of(input as PaddedShape).init(key, input),
  apply: (params, state, sequences, context) =>
    of(ShapeTree.ofRows(sequences) as PaddedShape).apply(params, state, sequences, context),
  children: (input) => of(input as PaddedShape).children?.(input) ?? [],
  begin: (params, state, from) => of(from.input).begin(params, state, from),
  step: (params, state, carry, x) => of(shapeOf(x)).step(params, state, carry, x),
})
