/**
 * The closed list of primitives. A primitive is a name and its parameters; every other operation is composed of these. Each table
 * over `Primitive` (facts, shape rule, reference, derivative, kernel) is exhaustive by type, so a new primitive is one row here and
 * one in each table, and the compiler lists the tables that lack theirs.
 */
import type { DType } from "../types/DType.ts"
import type { NDArray } from "../types/NDArray.ts"
import type { Shape } from "../types/Shape.ts"
import type { Spec } from "../types/ShapeError.ts"
import type { MatrixParams } from "./matrices.ts"

/** Elementwise functions of one number. */
export const unary = [
  "neg",
  "abs",
  "sign",
  "floor",
  "exp",
  "expm1",
  "log",
  "log1p",
  "sqrt",
  "sin",
  "cos",
  "atan",
  "tanh",
  "erf",
  "sigmoid",
] as const
export type Unary = (typeof unary)[number]

/** Elementwise functions of two numbers. `shiftRight` fills with zeros from the left. */
export const binary = ["add", "sub", "mul", "div", "rem", "pow", "max", "min", "and", "or", "xor", "shiftRight"] as const
export type Binary = (typeof binary)[number]

/** Elementwise comparisons, with results of `bool`. */
export const comparison = ["equal", "less", "lessEqual"] as const
export type Comparison = (typeof comparison)[number]

/** Reductions: they combine the elements along axes, which the result does not have. */
export const reduction = ["reduceSum", "reduceMax", "reduceMin", "argMax"] as const
export type Reduction = (typeof reduction)[number]

type None = Readonly<Record<never, never>>

/** Low and high padding of each spatial axis. */
export type Padding = ReadonlyArray<readonly [number, number]>

/** The positions of windows: one number for each spatial axis. */
export interface WindowParams {
  readonly window: Shape
  readonly stride: Shape
  readonly padding: Padding
  /** How far apart the elements of a window are. */
  readonly dilation: Shape
}

/** The positions of a kernel: one number for each spatial axis; `groups` splits the channels. */
export interface ConvParams {
  readonly stride: Shape
  readonly padding: Padding
  readonly dilation: Shape
  readonly groups: number
}

interface Structural {
  /** Logical not of a bool. */
  readonly not: None
  /** The elements of the second where the first holds, of the third elsewhere. */
  readonly where: None
  readonly cast: { readonly dtype: DType }
  /** 0, 1, 2 … along one axis. */
  readonly iota: { readonly shape: Shape; readonly axis: number; readonly dtype: DType }
  /** The same values; differentiation marks its variables with it. */
  readonly identity: None
  /** The same values, constant under differentiation. */
  readonly stop: None
  /**
   * The first input, with a derivative of its own. Inputs: the value, then the arguments that get a cotangent, then others.
   * `backward` takes the cotangent of the result, the result, and the inputs after the first; it returns the cotangents.
   */
  readonly custom: { readonly backward: Program }
  readonly reshape: { readonly shape: Shape }
  readonly transpose: { readonly order: Shape }
  readonly broadcast: { readonly shape: Shape }
  readonly slice: { readonly start: Shape; readonly limit: Shape; readonly stride: Shape }
  /** Padding with `value` around the elements and, `interior` times, between them. */
  readonly pad: { readonly low: Shape; readonly high: Shape; readonly interior: Shape; readonly value: number }
  readonly concat: { readonly axis: number }
  readonly reverse: { readonly axes: Shape }
  /** Rows of the first by the second's indices; an index outside reads NaN (0 for integers). */
  readonly gather: None
  /** `rows` rows of zeros with the second's rows added at the first's indices; an index outside is dropped. */
  readonly scatterAdd: { readonly rows: number }
  /** Matrix product over the last two axes; those before them agree. */
  readonly dot: None
  /** x [n, …space, channels] with kernel [...window, channels / groups, filters]. */
  readonly conv: ConvParams
  /** The gradient of `conv` for its input: cotangent and kernel to [n, …space, channels]. */
  readonly convInputGrad: ConvParams & { readonly space: Shape }
  /** The gradient of `conv` for its kernel: input and cotangent to [...window, channels / groups, filters]. */
  readonly convKernelGrad: ConvParams & { readonly window: Shape }
  /** Sum of each window of [n, …space, channels]; padding counts as zero. */
  readonly windowSum: WindowParams
  /** The gradient of `windowSum`: each cotangent spread over its window. */
  readonly windowSumGrad: WindowParams & { readonly space: Shape }
  /** Maximum of each window of [n, …space, channels]; padding is ignored. */
  readonly windowMax: WindowParams
  /** The gradient of `windowMax`: input and cotangent to the input's shape, each cotangent at its window's first maximum. */
  readonly windowMaxGrad: WindowParams
  /** The second argument's element where each window of the first has its first maximum. */
  readonly windowMaxPick: WindowParams
  /** Threefry-2x32 of key i32[2] over counters i32[…, 2]. */
  readonly threefry: None
  /** The indices that sort the last axis, ascending and stable; NaN last. */
  readonly argsort: None
  /** A decomposition or a solution of the matrices in the last two axes, or of two of them: `matrices.ts`. */
  readonly matrix: MatrixParams
  /**
   * A loop. Inputs: `constants` arrays, then `carries`, then sequences of `length` rows. The body takes constants, carries and
   * one row of each sequence, and returns the new carries, then the rows to keep. The result is one f32 vector:
   * the final carries and the kept rows, each flattened, end to end. `reverse` traverses the sequences from their ends.
   * `guard` is the number of an input of the body, one f32: a round where it is 0 is skipped. That leaves the carries as they are, and
   * its kept rows are 0.
   */
  readonly scan: {
    readonly body: Program
    readonly constants: number
    readonly carries: number
    readonly length: number
    readonly reverse: boolean
    readonly guard?: number
  }
}

/** The parameters of each primitive. */
export type Params = Structural & { readonly [P in Unary | Binary | Comparison]: None } & {
  readonly [P in Reduction]: { readonly axes: Shape }
}

/** The name of a primitive. */
export type Primitive = keyof Params

/** One operation of a program: its primitive, its inputs (by number), and the dtype and shape of its result. */
export interface Equation<P extends Primitive = Primitive> {
  readonly primitive: P
  readonly params: Params[P]
  readonly inputs: ReadonlyArray<number>
  readonly out: Spec
}

/**
 * A traced function of tensors: a list of equations. Values are numbered: the inputs first, then the constants, then one value for
 * each equation.
 */
export interface Program {
  readonly inputs: ReadonlyArray<Spec>
  readonly constants: ReadonlyArray<NDArray>
  readonly equations: ReadonlyArray<Equation>
  readonly outputs: ReadonlyArray<number>
}
