/**
 * How a program is divided into segments, which a caller runs one after the other: between two of them it may let other work of its
 * thread have a turn. A segment is some neighbouring kernels, or a piece of a kernel that takes long: a region of its result, or a
 * stage of its loop. The order of the kernels and of every sum stays the same, and so do all bits.
 */
import type { Plan } from "../../compiler/Plan.ts"
import { type Division, divisionOf, isCompiled, milliseconds } from "./kernels/kernels.ts"

/** The bounds of a segment. */
export interface SegmentLimits {
  /** About how many milliseconds it takes on one thread. */
  readonly milliseconds: number
  /** The bytes of the code that only it calls: a host compiles code when it is first called. */
  readonly bytes: number
  /** The pieces of each kernel, however short it is and whatever it costs: for tests. */
  readonly pieces?: number
}

/** Segments of some milliseconds, and of code that an optimizing compiler has done in as many. */
export const usualLimits: SegmentLimits = { milliseconds: 2, bytes: 4096 }

/** Programs that take at most so many times as long as a segment run in one piece once they are compiled. */
const shortProgram = 2

/** Any host: tiles of the widest lanes, of which there are fewest. */
const anyHost = { lanes: 256, numerics: "portable" } as const

const undivided: Division = { pieces: 1, byStages: false }

/** How each kernel of a plan is divided for so many threads. */
export const divisionsOf = ({ kernels, slots }: Plan, threads: number, limits: SegmentLimits): ReadonlyArray<Division> =>
  kernels.map((kernel) => {
    const wanted = limits.pieces ?? milliseconds(kernel, slots) / limits.milliseconds
    if (wanted <= 1 || !isCompiled(kernel, slots)) return undivided
    return divisionOf(kernel, slots, anyHost, { wanted, threads, atAnyCost: limits.pieces !== undefined })
  })

/** Whether a program takes so long that each of its runs is divided. */
export const isLong = ({ kernels, slots }: Plan, limits: SegmentLimits): boolean =>
  kernels.reduce((sum, kernel) => sum + milliseconds(kernel, slots), 0) > shortProgram * limits.milliseconds

/** A kernel or a piece of one. */
export interface Unit {
  readonly kernel: number
  readonly piece: number
  readonly milliseconds: number
  /** The bytes of its code; those of a kernel belong to its first piece. */
  readonly bytes: number
  /** Whether the host computes it. */
  readonly byHost: boolean
}

/** The units of segments, in order. */
export const segmentsOf = (units: ReadonlyArray<Unit>, limits: SegmentLimits): ReadonlyArray<ReadonlyArray<Unit>> => {
  const segments: Array<Array<Unit>> = []
  let [elapsed, bytes] = [0, 0]
  let isFull = true
  for (const unit of units) {
    elapsed += unit.milliseconds
    bytes += unit.bytes
    if (isFull || unit.byHost || elapsed > limits.milliseconds || bytes > limits.bytes) {
      segments.push([])
      ;[elapsed, bytes] = [unit.milliseconds, unit.bytes]
    }
    segments.at(-1)?.push(unit)
    isFull = unit.byHost
  }
  return segments
}
