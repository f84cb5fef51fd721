/** The functions of one and of two numbers that WebAssembly lacks, by the names of their primitives. */
import type { Code } from "../../assembler/Code.ts"
import type { Local, V128 } from "../../assembler/Value.ts"
import { atan } from "./arctangent.ts"
import { erf } from "./errorFunction.ts"
import { exp, expm1, sigmoid, tanh } from "./exponential.ts"
import { log, log1p } from "./logarithm.ts"
import { pow } from "./power.ts"
import { rem } from "./remainder.ts"
import { cos, sin } from "./trigonometric.ts"

/** Writes what computes a function of four floats, and gives the local that holds the result. */
export type UnaryFunction = (code: Code, x: V128) => Local<"v128">

export const unaryFunctions = { exp, expm1, log, log1p, atan, tanh, sigmoid, erf, sin, cos } as const satisfies Readonly<
  Record<string, UnaryFunction>
>

export type UnaryName = keyof typeof unaryFunctions

/** Writes what computes a function of two times four floats. */
export type BinaryFunction = (code: Code, x: V128, y: V128) => Local<"v128">

export const binaryFunctions = { pow, rem } as const satisfies Readonly<Record<string, BinaryFunction>>

export type BinaryName = keyof typeof binaryFunctions
