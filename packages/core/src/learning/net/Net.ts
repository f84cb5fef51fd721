/**
 * The type of a net: three pure functions, which give its output shape for an input shape, its initial parameters, and its
 * output for a batch. It holds no numbers: parameters, state, randomness and mode are arguments, outputs and new state are
 * results. Inputs and outputs are trees of tensors; a single tensor is the simplest one.
 */
import type { Tensor } from "../../language/Expr.ts"
import type * as Key from "../../tensor/Key.ts"
import type * as Shape from "../../types/Shape.ts"
import type * as ShapeTree from "../../types/ShapeTree.ts"
import { type None, none, type Params } from "../Params.ts"

/**
 * Receives the output of each layer, by the layer's name (`block.0.dense1`), inner layers first; a layer that gives a tree is
 * observed once for each of its tensors. It cannot change the output.
 */
export type Observe = (layer: string, y: Tensor) => void

/**
 * Gives the tensor that takes the place of a layer's output, of the same shape: `y` plus a variable, say, for the derivative of
 * the loss by that output. It is called for the same tensors as `observe`, before it.
 */
export type Probe = (layer: string, y: Tensor) => Tensor

/** The mode: training, with a key for random layers, or inference, where nothing is random. */
export type Context = { readonly observe?: Observe; readonly probe?: Probe } & (
  | { readonly mode: "infer" }
  | { readonly mode: "train"; readonly key: Key.Key }
)

/** The parameters and the state of a net before training. */
export interface Initial<P, S> {
  /** The tensors that the optimizer changes. */
  readonly params: P
  /** The tensors that the net updates itself from batch to batch, such as running means. */
  readonly state: S
}

/** The output of a net for a batch, and its new state. */
export interface Applied<S, Y = Tensor> {
  readonly y: Y
  readonly state: S
}

/**
 * A function with parameters `P` and state `S` from a tree of tensors `X` to a tree of tensors `Y`. Shapes are those of one
 * sample; tensors have the batch as an additional first axis. The functions are methods, so a net with specific parameters is
 * assignable to `Net`: `apply` gets what `init` of the same net returned.
 */
export interface Net<P = Params, S = Params, X = Tensor, Y = Tensor> {
  /** The kind of layer: `dense`. Layers without a name are named after it. */
  readonly kind: string
  /** The output shapes for the shapes of a sample. Throws `ShapeError` for wrong shapes. */
  shape(input: ShapeTree.Of<X>): ShapeTree.Of<Y>
  /** Parameters and state for samples of these shapes. The same key gives the same numbers. Throws `ShapeError`. */
  init(key: Key.Key, input: ShapeTree.Of<X>): Initial<P, S>
  /** The output for x, whose tensors are [batch, ...input], and the state for the next batch. Throws `ShapeError`. */
  apply(params: P, state: S, x: X, context: Context): Applied<S, Y>
  /** The nets that a composite net consists of, in order, for samples of these shapes. Absent for other nets. */
  children?(input: ShapeTree.Of<X>): ReadonlyArray<Child>
}

/** A net of any trees, for composite nets, which alone know what they pass to it. Every net is assignable to it. */
export interface AnyNet {
  readonly kind: string
  shape(input: never): unknown
  init(key: Key.Key, input: never): Initial<Params, Params>
  apply(params: Params, state: Params, x: never, context: Context): Applied<Params, unknown>
  children?(input: never): ReadonlyArray<Child>
}

/** A net whose inputs and outputs are trees that the type checker does not know. */
export type TreeNet = Net<Params, Params, Params, Params>

/** One of the nets that a composite net consists of. */
export interface Child {
  readonly name: string | number
  readonly kind: string
  /** The shapes of its inputs, in order. */
  readonly inputs: ReadonlyArray<Shape.Shape>
  /** The shapes of its outputs: one, unless it gives a tree. */
  readonly outputs: ReadonlyArray<Shape.Shape>
  /** Absent for a join, which has no parameters. */
  readonly inner?: Inner
}

/** A net inside another one, with the shapes that it gets there. */
export interface Inner {
  readonly net: TreeNet
  readonly input: ShapeTree.ShapeTree
}

/** The type of a net's parameters. */
export type ParamsOf<N> = N extends { init(key: Key.Key, input: never): Initial<infer P, infer _> } ? P : never

/** The type of a net's state. */
export type StateOf<N> = N extends { init(key: Key.Key, input: never): Initial<infer _, infer S> } ? S : never

/** The type of a net's input. */
export type InputOf<N> = N extends {
  apply(params: never, state: never, x: infer X, context: Context): Applied<infer _, infer __>
}
  ? X
  : never

/** The type of a net's output. */
export type OutputOf<N> = N extends { apply(params: never, state: never, x: never, context: Context): Applied<infer _, infer Y> }
  ? Y
  : never

/** A net with parameters but without state. */
export interface Stateless<P, X = Tensor, Y = Tensor> {
  readonly kind: string
  readonly shape: (input: ShapeTree.Of<X>) => ShapeTree.Of<Y>
  readonly init: (key: Key.Key, input: ShapeTree.Of<X>) => P
  readonly apply: (params: P, x: X, context: Context) => Y
}

/** A `Net` from a net without state. For trees, name them: `Net.stateless<Weights, { readonly a: Tensor; readonly b: Tensor }>`. */
export const stateless = <P, X = Tensor, Y = Tensor>({ apply, init, kind, shape }: Stateless<P, X, Y>): Net<P, None, X, Y> => ({
  kind,
  shape,
  init: (key, input) => ({ params: init(key, input), state: none }),
  apply: (params, _, x, context) => ({ y: apply(params, x, context), state: none }),
})

interface Pure {
  /** A function of one tensor: its shape is the input shape unless given. */
  (kind: string, apply: (x: Tensor, context: Context) => Tensor, shape?: (input: Shape.Shape) => Shape.Shape): Net<None, None>
  /** A function of a tree: `Net.pure("sum", ({ a, b }: Pair) => Tensor.add(a, b), ({ a }) => a)`. */
  <X, Y>(
    kind: string,
    apply: (x: X, context: Context) => Y,
    shape: (input: ShapeTree.Of<NoInfer<X>>) => ShapeTree.Of<NoInfer<Y>>,
  ): Net<None, None, X, Y>
}

/** A net without parameters and state: a function of a batch, and its output shape (the input shape unless given). */
export const pure = (<X, Y>(
  kind: string,
  apply: (x: X, context: Context) => Y,
  shape: (input: ShapeTree.Of<X>) => ShapeTree.Of<Y> = (input) => input as unknown as ShapeTree.Of<Y>,
): Net<None, None, X, Y> =>
  stateless<None, X, Y>({ kind, shape, init: () => none, apply: (_, x, context) => apply(x, context) })) as Pure

/**
 * The weights of a net inside another one, by its name there: of a layer of `sequential` or `graph`, or of an encoder.
 *
 * ```ts
 * const net = Net.sequential({ hidden: Layers.dense({ units: 4 }), out: Layers.dense({ units: 3 }) })
 * Net.part(net.init(Key.make(1), [2]), "hidden").params.w.shape // => [2, 4]
 * ```
 */
export const part = <P, S, K extends keyof P & keyof S>({ params, state }: Initial<P, S>, name: K): Initial<P[K], S[K]> => ({
  params: params[name],
  state: state[name],
})
