/**
 * How several threads share a kernel: each takes a part of the places of the result, so that every number is computed by
 * one thread in the order it always has, and the bits do not depend on how many there are.
 */
import type { Code } from "../assembler/Code.ts"
import { type I32, i32, type Local, select } from "../assembler/Value.ts"

/** Which of how many threads a kernel is being run by. */
export interface Crew {
  readonly thread: I32
  readonly threads: number
}

/** A range of whole numbers, its end left out. */
export interface Range {
  readonly start: I32 | number
  readonly end: I32 | number
}

/** The places of an array under some first indices: all, or those of a range of its last axis but one, or of its last. */
export interface Part {
  readonly indices: ReadonlyArray<I32>
  readonly rows?: Range | undefined
  /** Its start is a multiple of four, and so is its end, unless it is the axis's. */
  readonly columns?: Range | undefined
}

/** This thread's part of the numbers from 0 to `total`, in pieces of `grain`. */
export const share = (code: Code, { thread, threads }: Crew, total: number, grain = 1): Range => {
  if (threads === 1) return { start: 0, end: total }
  const pieces = Math.ceil(total / grain)
  const at = (which: I32): I32 => i32.mul(i32.div_u(i32.mul(which, pieces), threads), grain)
  const start = code.let(at(thread))
  const end = code.let(at(i32.add(thread, 1)))
  // The last piece may be short.
  if (pieces * grain > total) code.if(i32.gt_u(end, total), () => code.set(end, total))
  return { start, end }
}

/** Runs `body` for the pieces of a range within 0 to `total`, which starts where one does; only the last of all may be short. */
export const pieces = (
  code: Code,
  { end, start }: Range,
  total: number,
  size: number,
  body: (at: Local<"i32">, size: number) => void,
): void => {
  const rest = total % size
  code.for(start, end, size, (at) => {
    if (rest === 0 || total < size) body(at, rest === 0 ? size : rest)
    else
      code.if(
        i32.lt_s(at, total - rest),
        () => body(at, size),
        () => body(at, rest),
      )
  })
}

/** Does something on the first thread alone. */
export const firstAlone = (code: Code, { thread, threads }: Crew, body: () => void): void => {
  if (threads === 1) code.scope(body)
  else code.if(i32.eqz(thread), body)
}

/** Does something on the last thread alone. */
export const lastAlone = (code: Code, { thread, threads }: Crew, body: () => void): void => {
  if (threads === 1) code.scope(body)
  else code.if(i32.eq(thread, threads - 1), body)
}

/** Runs `body` for blocks of a range within 0 to `total`: straight away where one block holds all. */
export const inBlocks = (
  code: Code,
  { end, start }: Range,
  total: number,
  size: number,
  body: (start: I32 | number, end: I32 | number) => void,
): void => {
  if (size >= total) body(start, end)
  else
    code.for(start, end, size, (from) => {
      const last = code.let(typeof end === "number" ? i32.const(end) : end)
      const to = code.let(i32.add(from, size))
      body(from, code.let(select(i32.lt_s(to, last), to, last)))
    })
}
