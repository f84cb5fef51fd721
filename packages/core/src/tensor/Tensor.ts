/**
 * The tensor language. A tensor is an immutable array: stored, or an expression that computes it. Operations are functions
 * that take the data first. They check shapes immediately (and throw `ShapeError`), and compute when a value is read.
 *
 * ```ts
 * import { Tensor } from "@adjoint/core"
 *
 * const x = Tensor.make([[1, 2], [3, 4]])
 * const y = Tensor.matmul(x, Tensor.transpose(x))
 * Tensor.print(y) // => "[[5, 11],\n [11, 25]]"
 * ```
 */
export { isTensor, type Tensor } from "../language/Expr.ts"
export * from "./accumulate.ts"
export * from "./arrange.ts"
export * from "./bits.ts"
export * from "./cond.ts"
export * from "./contractions.ts"
export * from "./count.ts"
export * from "./create.ts"

export * from "./einsum.ts"
export * from "./elementwise.ts"
export * from "./fft.ts"
export * from "./functions.ts"
export * from "./images.ts"
export * from "./linalg.ts"
export { type Round, scan } from "./loop.ts"
export * from "./matrices.ts"
export * from "./product.ts"
export * from "./read.ts"
export * from "./reduce.ts"
export * from "./resize.ts"
export * from "./scatter.ts"
export { argsort, oneHot, pick, type SortOptions, scatterAdd, sort, take, topK } from "./select.ts"
export * from "./statistics.ts"
export * from "./structure.ts"
export { at, type Subscript } from "./subscript.ts"
export type { Mismatch, Operand } from "./Typed.ts"
export { type WhileOptions, whileLoop } from "./whileLoop.ts"
