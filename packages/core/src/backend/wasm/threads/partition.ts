/**
 * How a kernel is divided into parts: each computes a region of the result, and threads claim parts as they need them. The order
 * in which an element is computed does not depend on the parts, nor on who computes them, so its bits do not either.
 */
import type { Code } from "../assembler/Code.ts"
import { type I32, i32, type Local, smaller } from "../assembler/Value.ts"

/** Who computes a kernel. */
export interface Team {
  /** The part to compute now, and how many parts there are: as many for each share. */
  readonly part: I32
  readonly parts: number
  /** The shares that the result is divided into: one for each thread, or several, which the threads compute one after the other. */
  readonly shares: number
  /** The thread that computes it, whose scratch memory it uses, and how many threads there are. */
  readonly thread: I32
  readonly threads: number
  /** Whether the thread has computed no other part of the kernel in this run. */
  readonly isFirst: I32
  /** Which stage of the kernel's loop to compute now, and how many there are; all parts of a stage are computed before the next one. */
  readonly stage: I32
  readonly stages: number
}

/** One thread that computes all. */
export const oneThread: Team = {
  part: i32.const(0),
  parts: 1,
  shares: 1,
  thread: i32.const(0),
  threads: 1,
  isFirst: i32.const(1),
  stage: i32.const(0),
  stages: 1,
}

/** A range of integers, without its end. */
export interface Range {
  readonly start: I32 | number
  readonly end: I32 | number
}

/** The elements of an array at some leading indices: all, or those in a range of its last axis but one, or of its last axis. */
export interface Region {
  readonly indices: ReadonlyArray<I32>
  readonly rows?: Range | undefined
  /** Its start is a multiple of four, and so is its end, unless it is the axis's. */
  readonly columns?: Range | undefined
}

/**
 * How a share is divided: the first part is half of it, the next one a quarter, and the last two are one piece each. So there are
 * few parts, and yet threads finish at about the same time.
 */
const piecesOf = (parts: number): number => 2 ** (parts - 1)
const piecesBefore = (part: I32, parts: number): I32 => i32.sub(piecesOf(parts), i32.shr_u(piecesOf(parts), part))

/** `count * numerator / denominator`, rounded down, without products that exceed 32 bits. */
const fraction = (count: number, numerator: I32, denominator: number): I32 => {
  const rest = i32.div_u(i32.mul(numerator, count % denominator), denominator)
  return i32.add(i32.mul(numerator, Math.floor(count / denominator)), rest)
}

/** The part's range of the numbers from 0 to `total`, in chunks of `grain`. */
export const threadRange = (code: Code, { part, parts, shares }: Team, total: number, grain = 1): Range => {
  if (parts === 1) return { start: 0, end: total }
  const count = Math.ceil(total / grain)
  const each = parts / shares
  const before = (which: I32): I32 =>
    each === 1 ? which : i32.add(i32.mul(i32.div_u(which, each), piecesOf(each)), piecesBefore(i32.rem_u(which, each), each))
  const at = (which: I32): I32 => i32.mul(fraction(count, before(which), shares * piecesOf(each)), grain)
  const start = code.let(at(part))
  const end = code.let(at(i32.add(part, 1)))
  // The last chunk may be short.
  if (count * grain > total) code.if(i32.gt_u(end, total), () => code.set(end, total))
  return { start, end }
}

/** The range of the present stage of the numbers from 0 to `total`, in chunks of `grain`. */
export const stageRange = (code: Code, { stage, stages }: Team, total: number, grain = 1): Range => {
  if (stages === 1) return { start: 0, end: total }
  const count = Math.ceil(total / grain)
  const at = (which: I32): I32 => i32.mul(fraction(count, which, stages), grain)
  const start = code.let(at(stage))
  return { start, end: code.let(smaller(code.let(at(i32.add(stage, 1))), i32.const(total))) }
}

/** Runs `body` in the first stage only. */
export const firstStage = (code: Code, { stage, stages }: Team, body: () => void): void => {
  if (stages === 1) body()
  else code.if(i32.eqz(stage), body)
}

/** Runs `body` in the last stage only. */
export const lastStage = (code: Code, { stage, stages }: Team, body: () => void): void => {
  if (stages === 1) body()
  else code.if(i32.eq(stage, stages - 1), body)
}

/** Runs `body` for the chunks of a range within 0 to `total`; the range starts at a chunk, and only the last chunk of all may be short. */
export const chunks = (
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

/** Runs `body` in the first part only. */
export const firstAlone = (code: Code, { part, parts }: Team, body: () => void): void => {
  if (parts === 1) code.scope(body)
  else code.if(i32.eqz(part), body)
}

/** Runs `body` in the last part only. */
export const lastAlone = (code: Code, { part, parts }: Team, body: () => void): void => {
  if (parts === 1) code.scope(body)
  else code.if(i32.eq(part, parts - 1), body)
}

/** Runs `body` for blocks of a range within 0 to `total`: without a loop where one block holds all. */
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
      body(from, code.let(smaller(to, last)))
    })
}
