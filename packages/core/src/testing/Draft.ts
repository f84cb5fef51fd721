/** A random program under construction: the numbers that choose, and the values there are so far. */
import type { Params, Primitive, Program } from "../language/Primitive.ts"
import type { Spec } from "../types/ShapeError.ts"

/** Numbers that choose: each is used once, and then there are zeros. */
export interface Draw {
  /** A whole number from 0 to n - 1; of n = 0 too, 0. */
  readonly below: (n: number) => number
  /** One of a list that is not empty. */
  readonly from: <A>(list: readonly [A, ...ReadonlyArray<A>]) => A
  /** Whether many axes have length 0, channels and spatial axes included. */
  readonly emptyAxes: boolean
}

/** Parameters, and inputs by the draft's names for them. */
export interface Chosen<P extends Primitive> {
  readonly params: Params[P]
  readonly inputs: ReadonlyArray<number>
}

/** A program under construction. Values are named by the order in which they came. */
export interface Draft {
  readonly draw: Draw
  /** Whether this is the body of a loop. */
  readonly inner: boolean
  /** A value that satisfies the condition: one there is, or a new one of the given kind and shape. */
  readonly find: (fits: (spec: Spec) => boolean, otherwise: () => Spec) => number
  /** A value of exactly this kind and shape: one there is, a new one, or another that is cut and shaped to fit. */
  readonly supply: (spec: Spec) => number
  readonly specOf: (value: number) => Spec
  /** Writes a step down. `undefined` when its result would be too large. */
  readonly add: <P extends Primitive>(primitive: P, chosen: Chosen<P>) => number | undefined
  /** A program of some steps on new inputs of these kinds and shapes, which gives values of the wanted ones, then others of f32. */
  readonly body: (inputs: ReadonlyArray<Spec>, wanted: ReadonlyArray<Spec>, others: number) => Program
}
