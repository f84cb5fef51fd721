/**
 * The compiler's decisions for each primitive: what computes it, whether an epilogue can follow in the same pass, and how much
 * work it is. The table has a row for each primitive; one that the host computes is marked here.
 */
import type { Params, Primitive, Program } from "../language/Primitive.ts"
import type { OfKind } from "../language/primitiveFacts.ts"
import * as Shape from "../types/Shape.ts"
import type { Spec } from "../types/ShapeError.ts"

/**
 * What computes a primitive in a compiled program: the loop that uses or stores the result; the kernel of reductions; a kernel of
 * its own (in `wasm/kernels/primitives`); or the host fallback, which is Reference's loops on the first thread.
 */
type ComputedBy<P extends Primitive> =
  P extends OfKind<"elementwise" | "rearrangement" | "identity" | "index">
    ? "loop"
    : P extends OfKind<"reduction">
      ? "reduction"
      : "kernel" | "host"

/** About how many elementary operations an equation takes, from its shapes. */
type Work<P extends Primitive> = (params: Params[P], inputs: ReadonlyArray<Spec>, out: Spec) => number

interface CompilerFacts<P extends Primitive> {
  readonly by: ComputedBy<P>
  /** Whether its kernel finishes the result region by region, so that an epilogue can follow on each. */
  readonly epilogue: boolean
  /** Whether reading computes it as a program of its own: it costs more to repeat than its inputs and result cost to keep. */
  readonly readAlone: boolean
  readonly work: Work<P>
}

const size = (spec: Spec | undefined): number => Shape.size(spec?.shape ?? [])

/** The elements of a kernel that meet one element of a convolution's output: all but its last axis. */
const perOutput = (kernel: Spec | undefined): number => Shape.size(kernel?.shape.slice(0, -1) ?? [])

/** One operation for each element of the largest of inputs and result. */
const perElement = (_: unknown, inputs: ReadonlyArray<Spec>, out: Spec): number => Math.max(size(out), ...inputs.map(size))

/** One operation for each element of the result. */
const perResult = (_: unknown, __: ReadonlyArray<Spec>, out: Spec): number => size(out)

const loop = { by: "loop", epilogue: false, readAlone: false, work: perElement } as const
const reduction = { by: "reduction", epilogue: false, readAlone: false, work: perElement } as const
const kernel = { by: "kernel", epilogue: false, readAlone: false, work: perElement } as const

/** The compiler's facts of each primitive. */
export const compilerFacts = {
  neg: loop,
  abs: loop,
  sign: loop,
  floor: loop,
  exp: loop,
  expm1: loop,
  log: loop,
  log1p: loop,
  sqrt: loop,
  sin: loop,
  cos: loop,
  atan: loop,
  tanh: loop,
  erf: loop,
  sigmoid: loop,
  add: loop,
  sub: loop,
  mul: loop,
  div: loop,
  rem: loop,
  pow: loop,
  max: loop,
  min: loop,
  and: loop,
  or: loop,
  xor: loop,
  shiftRight: loop,
  equal: loop,
  less: loop,
  lessEqual: loop,
  not: loop,
  where: loop,
  cast: loop,
  reduceSum: reduction,
  reduceMax: reduction,
  reduceMin: reduction,
  argMax: reduction,
  iota: loop,
  identity: loop,
  stop: loop,
  custom: loop,
  reshape: loop,
  transpose: loop,
  // A single element is filled in, which takes next to nothing for each element of the result.
  broadcast: { ...loop, work: (_, [x], out) => (size(x) === 1 ? size(out) / 32 : size(out)) },
  slice: { ...loop, work: perResult },
  reverse: loop,
  pad: kernel,
  concat: kernel,
  gather: { ...kernel, work: perResult },
  scatterAdd: kernel,
  // Products of floats take epilogues; those of integers have a kernel without.
  dot: { ...kernel, epilogue: true, readAlone: true, work: (_, [a], out) => size(out) * (a?.shape.at(-1) ?? 0) },
  conv: { ...kernel, epilogue: true, readAlone: true, work: (_, [, weights], out) => size(out) * perOutput(weights) },
  convInputGrad: { ...kernel, epilogue: true, readAlone: true, work: (_, [y, weights]) => size(y) * perOutput(weights) },
  convKernelGrad: { ...kernel, readAlone: true, work: (_, [, y], out) => size(y) * perOutput(out) },
  windowSum: { ...kernel, work: ({ window }, _, out) => size(out) * Shape.size(window) },
  windowSumGrad: { ...kernel, work: ({ window }, [y]) => size(y) * Shape.size(window) },
  windowMax: { ...kernel, work: ({ window }, _, out) => size(out) * Shape.size(window) },
  windowMaxGrad: { ...kernel, epilogue: true, work: ({ window }, [, y]) => size(y) * Shape.size(window) },
  windowMaxPick: { ...kernel, work: ({ window }, _, out) => size(out) * Shape.size(window) },
  threefry: kernel,
  argsort: kernel,
  // Its loops compute in doubles, and some iterate until they have converged: the host runs them.
  matrix: { by: "host", epilogue: false, readAlone: true, work: (_, [a], out) => 4 * size(out) * (a?.shape.at(-1) ?? 0) },
  // A body with more constant numbers than its kernel writes is computed by the host: `fits` in `kernels/primitives/scan.ts`.
  scan: { ...kernel, readAlone: true, work: ({ body, length }) => length * programWork(body) },
} as const satisfies { readonly [P in Primitive]: CompilerFacts<P> }

/** The primitives that have a kernel of their own. */
export type WithKernel = {
  readonly [P in Primitive]: (typeof compilerFacts)[P]["by"] extends "kernel" ? P : never
}[Primitive]

/** The compiler's facts of a primitive. */
export const compilerFactsOf = <P extends Primitive>(primitive: P): CompilerFacts<P> =>
  compilerFacts[primitive] as unknown as CompilerFacts<P>

/** About how many elementary operations an equation takes. */
export const workOf = <P extends Primitive>(primitive: P, params: Params[P], inputs: ReadonlyArray<Spec>, out: Spec): number =>
  compilerFactsOf(primitive).work(params, inputs, out)

/** About how many elementary operations a program takes. */
export const programWork = ({ constants, equations, inputs }: Program): number => {
  const values: Array<Spec> = [...inputs, ...constants]
  let total = 0
  for (const { inputs: from, out, params, primitive } of equations) {
    total += workOf(
      primitive,
      params,
      from.map((value) => values[value] as Spec),
      out,
    )
    values.push(out)
  }
  return total
}
