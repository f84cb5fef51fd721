/**
 * Layers that process one time step after another: what they keep of the steps before is a state of a fixed size. The outputs are
 * those for the whole sequence, so a net of such layers generates a token without computing the earlier ones again.
 */
import type { Tensor } from "../../language/Expr.ts"
import * as T from "../../tensor/Tensor.ts"
import { refuse } from "../../types/ShapeError.ts"
import { type Named, type Net, numbered, sequential } from "../Net.ts"
import { child } from "../net/within.ts"
import type { Params } from "../Params.ts"
import { type Padded, type PaddedShape, stepOf } from "./Padded.ts"

/** A time step's output, and what the layer keeps for the next one. */
export interface Stepped<C> {
  readonly x: Tensor
  readonly carry: C
}

/** A layer over padded sequences that can also process them step by step. */
export interface Stepwise<P = Params, S = Params, C = Params> extends Net<P, S, Padded, Padded> {
  /** What it keeps before the first time step, for a batch of sequences of at most `input.x[0]` time steps. */
  begin(input: PaddedShape, batch: number): C
  /** One time step x [batch, …], in inference. */
  step(params: P, state: S, carry: C, x: Tensor): Stepped<C>
}

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
export const stack = (layers: ReadonlyArray<Stepwise>): Stepwise => {
  const named: Named<Stepwise> = numbered(layers)
  const whole = sequential(layers as readonly [Stepwise]) as Net<Params, Params, Padded, Padded>
  return {
    ...whole,
    kind: "stack",
    begin: (input, batch) => {
      let shape = input
      return Object.fromEntries(
        named.map(([name, layer]) => {
          const carry = layer.begin(shape, batch)
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
}

/**
 * x + layer(x), for a layer that keeps the shape. Throws `ShapeError` for one that does not.
 *
 * `Sequence.residual(Sequence.gru({ units: 3 })).shape({ x: [7, 3], length: [] }) // => { x: [7, 3], length: [] }`
 */
export const residual = <P, S, C>(layer: Stepwise<P, S, C>): Stepwise<P, S, C> => {
  const shape = (input: PaddedShape): PaddedShape => {
    const [, step] = stepOf("Sequence.residual", input)
    const [, output] = stepOf("Sequence.residual", layer.shape(input))
    return step.length === output.length && step.every((n, i) => n === output[i])
      ? input
      : refuse(
          "Sequence.residual",
          [{ dtype: "f32", shape: input.x }],
          `a layer that keeps the shape of a time step, not one from [${step.join(", ")}] to [${output.join(", ")}]`,
          "Sequence.each(Layers.dense({ units })) as its last layer",
        )
  }
  return {
    kind: "residual",
    shape,
    init: (key, input) => layer.init(key, shape(input)),
    apply: (params, state, { length, x }, context) => {
      const applied = layer.apply(params, state, { length, x }, context)
      return { y: { x: T.add(x, applied.y.x), length }, state: applied.state }
    },
    begin: (input, batch) => layer.begin(input, batch),
    step: (params, state, carry, x) => {
      const stepped = layer.step(params, state, carry, x)
      return { x: T.add(x, stepped.x), carry: stepped.carry }
    },
    ...(layer.children === undefined ? {} : { children: (input: PaddedShape) => layer.children?.(input) ?? [] }),
  }
}

/** A layer whose own layers depend on the shape of a time step. */
export const ofShape = (kind: string, of: (input: PaddedShape) => Stepwise): Stepwise => ({
  kind,
  shape: (input) => of(input).shape(input),
  init: (key, input) => of(input).init(key, input),
  apply: (params, state, { length, x }, context) =>
    of({ x: x.shape.slice(1), length: length.shape.slice(1) }).apply(params, state, { length, x }, context),
  children: (input) => of(input).children?.(input) ?? [],
  begin: (input, batch) => of(input).begin(input, batch),
  step: (params, state, carry, x) => of(shapeOf(x)).step(params, state, carry, x),
})
