/** A random program under construction: the random choices, and the values defined so far. */
import type { Params, Primitive, Program } from "../language/Primitive.ts"
import type { Spec } from "../types/ShapeError.ts"

/** A source of choices: each random number is used once; after the last one all choices are 0. */
export interface Draw {
  /** An integer from 0 to n - 1; 0 for n = 0. */
  readonly below: (n: number) => number
  /** An element of a non-empty list. */
  readonly from: <A>(list: readonly [A, ...ReadonlyArray<A>]) => A
  /** Whether many axes have length 0, channels and spatial axes included. */
  readonly emptyAxes: boolean
}

/** Parameters, and inputs by their numbers in the draft. */
export interface Chosen<P extends Primitive> {
  readonly params: Params[P]
  readonly inputs: ReadonlyArray<number>
}

/** A program under construction. Values are numbered in order. */
export interface Draft {
  readonly draw: Draw
  /** Whether this is the body of a loop. */
  readonly inner: boolean
  /** A value that satisfies the condition: an existing one, or a new one of the given spec. */
  readonly find: (fits: (spec: Spec) => boolean, otherwise: () => Spec) => number
  /** A value of exactly this spec: an existing one, a new one, or another one that is cast, cut and reshaped. */
  readonly supply: (spec: Spec) => number
  readonly specOf: (value: number) => Spec
  /** Adds an equation. `undefined` if its result would be too large. */
  readonly add: <P extends Primitive>(primitive: P, chosen: Chosen<P>) => number | undefined
  /** A small program with inputs of these specs, which returns values of the wanted specs, then other f32 values. */
  readonly body: (inputs: ReadonlyArray<Spec>, wanted: ReadonlyArray<Spec>, others: number) => Program
}
