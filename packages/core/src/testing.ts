/**
 * Helpers for testing what is built on Adjoint. Random shapes, arrays and programs are in `@adjoint/core/testing/arbitraries`
 * and `@adjoint/core/testing/programs`, which need fast-check to be installed.
 */
export { allClose, assertAllClose, type Comparison, type Difference, type Tolerance, ulpsBetween } from "./testing/allClose.ts"
export { type CheckGrads, checkGrads } from "./testing/checkGrads.ts"
export * as Doubles from "./testing/doubles.ts"
