/**
 * The facts of each primitive that do not depend on an engine. A primitive without a row is a type error. Facts of the compiler
 * (kernel, epilogue, work) are in its own table, `compiler/compilerFacts.ts`.
 */
import type { Primitive } from "./Primitive.ts"

/** How the elements of a result depend on those of the inputs. */
export type Kind =
  /** Each element is computed from the elements at the same index. */
  | "elementwise"
  /** Combines the elements along axes, which the result does not have. */
  | "reduction"
  /** The elements of the one input at other indices, in most cases by strides alone. */
  | "rearrangement"
  /** The input, unchanged. */
  | "identity"
  /** Copies elements, with others between or instead of them. */
  | "copy"
  /** Each element is a function of its index. */
  | "index"
  /** A product of matrices. */
  | "product"
  /** Any elements from any others. */
  | "opaque"

/** The cost of an element of the result. */
export type Cost =
  /** Almost nothing in the loop that uses it. */
  | "free"
  /** One instruction. */
  | "instruction"
  /** One instruction that takes several times as long as the others. */
  | "slowInstruction"
  /** Many instructions. */
  | "function"
  /** The primitive makes its own pass over memory. */
  | "pass"

interface PrimitiveFacts {
  readonly kind: Kind
  readonly cost: Cost
  /** Whether the result has the input's elements in the same order, possibly with another shape. */
  readonly keepsOrder?: boolean
}

const instruction = { kind: "elementwise", cost: "instruction" } as const
const slowInstruction = { kind: "elementwise", cost: "slowInstruction" } as const
const function_ = { kind: "elementwise", cost: "function" } as const
const reduction = { kind: "reduction", cost: "pass" } as const
const rearrangement = { kind: "rearrangement", cost: "free" } as const
const identity = { kind: "identity", cost: "free", keepsOrder: true } as const
const opaque = { kind: "opaque", cost: "pass" } as const

/** The facts of each primitive. */
export const primitiveFacts = {
  neg: instruction,
  abs: instruction,
  sign: instruction,
  floor: instruction,
  exp: function_,
  expm1: function_,
  log: function_,
  log1p: function_,
  sqrt: slowInstruction,
  sin: function_,
  cos: function_,
  atan: function_,
  tanh: function_,
  erf: function_,
  sigmoid: function_,
  add: instruction,
  sub: instruction,
  mul: instruction,
  div: slowInstruction,
  rem: function_,
  pow: function_,
  max: instruction,
  min: instruction,
  and: instruction,
  or: instruction,
  xor: instruction,
  shiftRight: instruction,
  equal: instruction,
  less: instruction,
  lessEqual: instruction,
  not: instruction,
  where: instruction,
  cast: instruction,
  reduceSum: reduction,
  reduceMax: reduction,
  reduceMin: reduction,
  argMax: reduction,
  iota: { kind: "index", cost: "free" },
  identity,
  stop: identity,
  custom: identity,
  reshape: { kind: "rearrangement", cost: "free", keepsOrder: true },
  transpose: rearrangement,
  broadcast: rearrangement,
  slice: rearrangement,
  reverse: rearrangement,
  pad: { kind: "copy", cost: "free" },
  concat: { kind: "copy", cost: "free" },
  gather: { kind: "copy", cost: "pass" },
  scatterAdd: opaque,
  dot: { kind: "product", cost: "pass" },
  conv: opaque,
  convInputGrad: opaque,
  convKernelGrad: opaque,
  windowSum: opaque,
  windowSumGrad: opaque,
  windowMax: opaque,
  windowMaxGrad: opaque,
  windowMaxPick: opaque,
  threefry: opaque,
  argsort: opaque,
  matrix: opaque,
  scan: opaque,
} as const satisfies { readonly [P in Primitive]: PrimitiveFacts }

/** The primitives of some kinds. */
export type OfKind<K extends Kind> = {
  readonly [P in Primitive]: (typeof primitiveFacts)[P]["kind"] extends K ? P : never
}[Primitive]

/** The facts of a primitive. */
export const factsOf = (primitive: Primitive): PrimitiveFacts => primitiveFacts[primitive]

/** Whether a primitive is of a kind. */
export const isKind = <K extends Kind>(primitive: Primitive, kind: K): primitive is OfKind<K> => factsOf(primitive).kind === kind
