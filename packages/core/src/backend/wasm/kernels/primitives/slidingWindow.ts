/**
 * The geometry of windows that slide. Along each axis a target's element at position t is made of source elements at
 * `first + move · t + spread · j`, for taps j: those that lie within the source. Forwards the target is the output of a
 * convolution or pooling; backwards it is the input, whose positions fall, with strides, into phases that differ in taps.
 */
import type { ConvParams } from "../../../../language/Primitive.ts"
import type { Shape } from "../../../../types/Shape.ts"
import type { Code } from "../../assembler/Code.ts"
import { type I32, i32, select, smaller } from "../../assembler/Value.ts"
import { at } from "./Operation.ts"

/** A number known when the module is written, or only at run time. */
export type Count = number | I32

/** A count as code. */
export const counted = (count: Count): I32 => (typeof count === "number" ? i32.const(count) : count)

/** The numbers that all phases of one axis have in common. */
interface Steps {
  /** From one position of the target to the next. */
  readonly step: number
  /** How far the source moves with each position of the target, and with each tap. */
  readonly move: number
  readonly spread: number
  /** Extent of the source. */
  readonly size: number
  /** From one tap to the next, in taps of the whole window. */
  readonly weightStride: number
}

/** The numbers that differ between phases. */
interface Phase<N> {
  /** Positions of the target: `start`, `start + step` … */
  readonly count: N
  readonly start: N
  readonly first: N
  readonly taps: N
  /** The first tap's number in the window. */
  readonly weight: N
  /** Positions from `innerStart` up to `innerEnd` have all their taps within the source. */
  readonly innerStart: N
  readonly innerEnd: N
}

/** One axis, in the phase that the code being written is in. */
export type Axis = Steps & Phase<Count>

/** One axis, with all its phases. */
export interface Phases {
  readonly steps: Steps
  readonly phases: ReadonlyArray<Phase<number>>
}

/** An axis with a single position, for images with one spatial axis. */
export const flat: Phases = {
  steps: { step: 1, move: 1, spread: 1, size: 1, weightStride: 1 },
  phases: [{ count: 1, start: 0, first: 0, taps: 1, weight: 0, innerStart: 0, innerEnd: 1 }],
}

const clamp = (x: number, low: number, high: number): number => Math.max(low, Math.min(high, x))

const withInner = (phase: Omit<Phase<number>, "innerStart" | "innerEnd">, { move, size, spread }: Steps): Phase<number> => {
  const { count, first, taps } = phase
  if (taps === 0) return { ...phase, innerStart: 0, innerEnd: count }
  const innerStart = clamp(Math.ceil(-first / move), 0, count)
  const last = first + spread * (taps - 1)
  return { ...phase, innerStart, innerEnd: clamp(Math.ceil((size - last) / move), innerStart, count) }
}

type Movement = Pick<ConvParams, "dilation" | "padding" | "stride">

/** From a window's position in the output to the input under it. */
export const forward = (input: Shape, window: Shape, output: Shape, movement: Movement): ReadonlyArray<Phases> =>
  window.map((taps, axis) => {
    const steps = {
      step: 1,
      move: movement.stride[axis] ?? 1,
      spread: movement.dilation[axis] ?? 1,
      size: input[axis] ?? 0,
      weightStride: 1,
    }
    const first = -(movement.padding[axis]?.[0] ?? 0)
    return { steps, phases: [withInner({ count: output[axis] ?? 0, start: 0, first, taps, weight: 0 }, steps)] }
  })

const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b))

/** From a position in the input to the outputs whose windows hold it, in order; taps count from the window's end. */
export const backward = (input: Shape, window: Shape, output: Shape, movement: Movement): ReadonlyArray<Phases> =>
  window.map((extent, axis) => {
    const stride = movement.stride[axis] ?? 1
    const dilation = movement.dilation[axis] ?? 1
    const common = divisor(stride, dilation)
    const steps = {
      step: stride,
      move: 1,
      spread: dilation / common,
      size: output[axis] ?? 0,
      weightStride: stride / common,
    }
    const size = input[axis] ?? 0
    const phases = Array.from({ length: Math.min(stride, size) }, (_, start) => {
      const corner = (tap: number): number => start + (movement.padding[axis]?.[0] ?? 0) - (extent - 1 - tap) * dilation
      const taps = Array.from({ length: extent }, (__, tap) => tap).filter((tap) => corner(tap) % stride === 0)
      const [weight = 0] = taps
      const first = taps.length === 0 ? 0 : corner(weight) / stride
      return withInner({ count: Math.ceil((size - start) / stride), start, first, taps: taps.length, weight }, steps)
    })
    return { steps, phases }
  })

/** One of some numbers, by an index that is known only at run time. */
const choose = (code: Code, index: I32, numbers: ReadonlyArray<number>): Count => {
  const [first = 0, ...others] = numbers
  if (others.every((n) => n === first)) return first
  return code.let(others.reduce<I32>((sofar, n, i) => select(i32.eq(index, i + 1), i32.const(n), sofar), i32.const(first)))
}

/** Runs `body` for every phase of all axes. */
export const eachPhase = (
  code: Code,
  all: ReadonlyArray<Phases>,
  body: (axes: ReadonlyArray<Axis>) => void,
  sofar: ReadonlyArray<Axis> = [],
): void => {
  const current = all[sofar.length]
  if (current === undefined) {
    body(sofar)
    return
  }
  const { phases, steps } = current
  const [only] = phases
  if (phases.length <= 1) {
    if (only !== undefined) eachPhase(code, all, body, [...sofar, { ...steps, ...only }])
    return
  }
  code.for(0, phases.length, 1, (index) => {
    const of = (field: keyof Phase<number>): Count =>
      choose(
        code,
        index,
        phases.map((phase) => phase[field]),
      )
    const axis = {
      ...steps,
      count: of("count"),
      start: of("start"),
      first: of("first"),
      taps: of("taps"),
      weight: of("weight"),
      innerStart: of("innerStart"),
      innerEnd: of("innerEnd"),
    }
    eachPhase(code, all, body, [...sofar, axis])
  })
}

/** The taps of a position: from `start` up to `end`; none where `start` is not less. */
export interface Taps {
  readonly start: Count
  readonly end: Count
}

/** All taps. */
export const allTaps = ({ taps }: Axis): Taps => ({ start: 0, end: taps })

/** Whether all taps of position `t` lie within the source, without a test where they always do. */
export const isInside = ({ count, innerEnd, innerStart }: Axis, t: I32): ReadonlyArray<I32> =>
  innerStart === 0 && innerEnd === count ? [] : [i32.ge_s(t, innerStart), i32.lt_s(t, innerEnd)]

/** The taps of position `t` that lie within the source. */
export const tapsAt = (code: Code, axis: Axis, t: I32): Taps => {
  const { count, first, innerEnd, innerStart, move, size, spread, taps } = axis
  if (innerStart === 0 && innerEnd === count) return allTaps(axis)
  const corner = code.let(at(0, [first, 1], [t, move]))
  const start = code.let(select(i32.lt_s(corner, 0), i32.div_s(i32.sub(spread - 1, corner), spread), i32.const(0)))
  const left = code.let(i32.div_s(i32.sub(size + spread - 1, corner), spread))
  const all = typeof taps === "number" ? i32.const(taps) : taps
  const end = code.let(select(i32.ge_s(corner, size), i32.const(0), smaller(left, all)))
  return { start, end }
}

/** The positions of the target at which a tap lies in the source, from `start` up to `end`. */
export const positionsOf = (code: Code, { count, first, move, size, spread }: Axis, tap: Count): Taps => {
  if (typeof tap === "number" && typeof first === "number" && typeof count === "number") {
    const corner = first + spread * tap
    const start = Math.max(0, Math.ceil(-corner / move))
    return { start, end: Math.max(start, Math.min(count, Math.ceil((size - corner) / move))) }
  }
  const corner = code.let(at(0, [first, 1], [tap, spread]))
  const start = code.let(select(i32.lt_s(corner, 0), i32.div_s(i32.sub(move - 1, corner), move), i32.const(0)))
  const left = code.let(i32.div_s(i32.sub(size + move - 1, corner), move))
  const all = at(0, [count, 1])
  const end = select(i32.ge_s(corner, size), i32.const(0), smaller(left, all))
  return { start, end: code.let(end) }
}

/** A position of the target along one axis, with its taps. */
export interface Position {
  readonly t: I32
  readonly taps: Taps
}

/** Runs `body` for every position of the target. */
export const eachPosition = (
  code: Code,
  axes: ReadonlyArray<Axis>,
  body: (positions: ReadonlyArray<Position>) => void,
  sofar: ReadonlyArray<Position> = [],
): void => {
  const axis = axes[sofar.length]
  if (axis === undefined) body(sofar)
  else code.for(0, axis.count, 1, (t) => eachPosition(code, axes, body, [...sofar, { t, taps: tapsAt(code, axis, t) }]))
}

/** The address of the source's element under tap 0 of the positions; it may lie outside. `strides` in bytes. */
export const sourceAt = (base: Count, axes: ReadonlyArray<Axis>, positions: ReadonlyArray<I32>, strides: Shape): I32 =>
  at(
    base,
    ...axes.flatMap(({ first, move }, i) => {
      const stride = strides[i] ?? 0
      return [[first, stride] as const, [positions[i] ?? 0, move * stride] as const]
    }),
  )

/** The address of the target's element. `strides` in bytes. */
export const targetAt = (base: Count, axes: ReadonlyArray<Axis>, positions: ReadonlyArray<I32>, strides: Shape): I32 =>
  at(
    base,
    ...axes.flatMap(({ start, step }, i) => {
      const stride = strides[i] ?? 0
      return [[start, stride] as const, [positions[i] ?? 0, step * stride] as const]
    }),
  )

/** The limit of taps that are unrolled. */
const unrolled = 16

/** Runs `body` for all the taps, in order; `indices` counts them along each axis. */
export const eachTap = (
  code: Code,
  taps: ReadonlyArray<Taps>,
  body: (indices: ReadonlyArray<Count>) => void,
  sofar: ReadonlyArray<Count> = [],
): void => {
  const total = taps.reduce(
    (n, { end, start }) => (typeof start === "number" && typeof end === "number" ? n * (end - start) : Number.NaN),
    1,
  )
  const [axis, ...rest] = taps
  if (axis === undefined) code.scope(() => body(sofar))
  else if (total <= unrolled && typeof axis.start === "number" && typeof axis.end === "number")
    for (let j = axis.start; j < axis.end; j++) eachTap(code, rest, body, [...sofar, j])
  else code.for(axis.start, axis.end, 1, (j) => eachTap(code, rest, body, [...sofar, j]))
}
