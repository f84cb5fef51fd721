/** One equation of a program as a kernel of its own sees it: dense arrays at known addresses. */
import type { Params, Primitive } from "../../../../language/Primitive.ts"
import type { Spec } from "../../../../types/ShapeError.ts"
import type { Code } from "../../assembler/Code.ts"
import { type I32, i32, type Local, v128 } from "../../assembler/Value.ts"
import type { Region } from "../../threads/partition.ts"
import type { EmitContext } from "../loopNest.ts"
import { storeVectors } from "../vectors.ts"

/** A dense array in memory. */
export interface Operand extends Spec {
  readonly address: number
}

/** Parameters, inputs and result of an operation. */
export interface Operation<P extends Primitive = Primitive> {
  readonly params: Params[P]
  readonly inputs: ReadonlyArray<Operand>
  readonly out: Operand
  /** The address of scratch memory, a range for each thread. */
  readonly scratch: number
}

/** Emits the epilogue for a region of the result that is complete. */
export type EmitEpilogue = (region: Region) => void

/** The kernel of a primitive. */
export interface PrimitiveKernel<P extends Primitive> {
  /** Emits the kernel, and the epilogue for each region of the result, if there is one. */
  readonly emit: (context: EmitContext, operation: Operation<P>, epilogue?: EmitEpilogue) => void
  /** Whether it can compute this operation: every one unless given. The host computes the others. */
  readonly fits?: (operation: Operation<P>) => boolean
  /** Whether threads share it; otherwise the first runs it alone. */
  readonly parallel: boolean | ((operation: Operation<P>) => boolean)
  /** Bytes of scratch memory for each thread: none unless given. */
  readonly scratch?: (operation: Operation<P>) => number
  /** Into how many pieces each thread's share can be divided at little cost: any number unless given. */
  readonly pieces?: (operation: Operation<P>, threads: number) => number
  /**
   * Into how many stages its loop can be divided, which all parts compute one after the other. Without it a kernel that takes long
   * is divided into regions of its result.
   */
  readonly stages?: (operation: Operation<P>) => number
  /** Elementary operations for each element of the result: one unless given. */
  readonly work?: (operation: Operation<P>) => number
}

const nothing: Operand = { address: 0, dtype: "f32", shape: [] }

/** An input of an operation. */
export const input = ({ inputs }: Operation, i: number): Operand => inputs[i] ?? nothing

/** `base + Σ index × stride`. */
export const at = (base: I32 | number, ...parts: ReadonlyArray<readonly [index: I32 | number, stride: number]>): I32 => {
  let known = typeof base === "number" ? base : 0
  let sum: I32 | undefined = typeof base === "number" ? undefined : base
  for (const [index, stride] of parts) {
    if (typeof index === "number") known += index * stride
    else if (stride !== 0) {
      const part = stride === 1 ? index : i32.mul(index, stride)
      sum = sum === undefined ? part : i32.add(sum, part)
    }
  }
  if (sum === undefined) return i32.const(known)
  return known === 0 ? sum : i32.add(sum, known)
}

/** Writes the first lanes of a vector of 32-bit elements. */
export const storeLanes = (code: Code, address: I32, value: Local<"v128">, count: number, offset = 0): void => {
  if (count >= 4) code.v128.store(address, value, offset)
  else for (let lane = 0; lane < count; lane++) code.v128.store32_lane(address, value, lane, offset + 4 * lane)
}

/** Longer copies use the instruction for it, which takes a while to start. */
const shortCopy = 512

/** Vectors that are loaded before they are stored. */
const loadedAtOnce = 4

/** Copies a known number of bytes between ranges that do not overlap. */
export const copyBytes = (code: Code, to: I32, from: I32, count: number): void => {
  if (count > shortCopy) {
    code.memory.copy(to, from, count)
    return
  }
  code.scope(() => {
    const [target, source] = [code.let(to), code.let(from)]
    let done = 0
    while (count - done >= 16) {
      const some = Math.min(loadedAtOnce, Math.floor((count - done) / 16))
      const vectors = Array.from({ length: some }, (_, i) => code.let(v128.load(source, done + 16 * i)))
      storeVectors(code, target, vectors, done)
      done += 16 * some
    }
    for (; count - done >= 4; done += 4) code.i32.store(target, i32.load(source, done), done)
    for (; count > done; done++) code.i32.store8(target, i32.load8_u(source, done), done)
  })
}

/** Runs `body` for the blocks of `size` from 0 to `total`, and for the rest, whose size is known when the module is written. */
export const blocks = (code: Code, total: number, size: number, body: (start: I32, size: number) => void): void => {
  const whole = total - (total % size)
  if (whole === size) code.scope(() => body(code.let(i32.const(0)), size))
  else if (whole > 0) code.for(0, whole, size, (start) => body(start, size))
  if (whole < total) code.scope(() => body(code.let(i32.const(whole)), total - whole))
}
