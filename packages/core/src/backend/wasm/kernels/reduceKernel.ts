/**
 * The kernels of reductions. The order of a sum is part of its definition: `columns` adds one element after the other; `rows` adds
 * into sixteen partial sums by index modulo 16, which are then added in pairs.
 */

import type { Access, Reduce, Slot } from "../../../compiler/Plan.ts"
import type { DType } from "../../../types/DType.ts"
import * as Shape from "../../../types/Shape.ts"
import { f32, f32x4, type I32, i8x16, i32, i32x4, type Local, type V128, v128 } from "../assembler/Value.ts"
import { lastAlone, threadRange } from "../threads/partition.ts"
import {
  type Count,
  collapse,
  type EmitContext,
  emitTerms,
  nest,
  nestShared,
  type Row,
  rowOf,
  store,
  termAccesses,
  termRows,
} from "./loopNest.ts"

interface Combination {
  readonly start: V128
  readonly combine: (sofar: V128, x: V128) => V128
}

type Folding = Exclude<Reduce["primitive"], "argMax">

const combinations: { readonly [P in Folding]: { readonly float: Combination; readonly whole: Combination } } = {
  reduceSum: {
    float: { start: f32x4.const(0), combine: (sum, x) => f32x4.add(sum, x) },
    whole: { start: i32x4.const(0), combine: (sum, x) => i32x4.add(sum, x) },
  },
  reduceMax: {
    float: { start: f32x4.const(Number.NEGATIVE_INFINITY), combine: (best, x) => f32x4.max(best, x) },
    whole: { start: i32x4.const(-(2 ** 31)), combine: (best, x) => i32x4.max_s(best, x) },
  },
  reduceMin: {
    float: { start: f32x4.const(Number.POSITIVE_INFINITY), combine: (best, x) => f32x4.min(best, x) },
    whole: { start: i32x4.const(2 ** 31 - 1), combine: (best, x) => i32x4.min_s(best, x) },
  },
}

/** Bytes of sixteen partial results, which each thread may use while a kernel runs. */
export const scratchBytes = 64

/** The first lanes of a vector. */
const firstLanes = (count: number): V128 => i32x4.const(...[0, 1, 2, 3].map((lane) => (lane < count ? -1 : 0)))

/** The four lanes of four partial vectors combined into every lane. */
const across = ({ code }: EmitContext, { combine }: Combination, parts: ReadonlyArray<Local<"v128">>): Local<"v128"> => {
  const [a, b, c, d] = parts as readonly [Local<"v128">, Local<"v128">, Local<"v128">, Local<"v128">]
  const all = code.let(combine(combine(a, b), combine(c, d)))
  const halves = code.let(combine(all, i8x16.shuffle(all, all, [8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7])))
  return code.let(combine(halves, i8x16.shuffle(halves, halves, [4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11])))
}

interface Reduction {
  readonly context: EmitContext
  readonly kernel: Reduce
  readonly dtype: DType
  /** The loop's axes, those of the result first. */
  readonly shape: Shape.Shape
  readonly kept: number
  /** The accesses of the result and of each term. */
  readonly result: Access
  readonly accesses: ReadonlyArray<Access>
}

const resultRow = ({ dtype, kernel, result, context }: Reduction, indices: ReadonlyArray<I32>, step = 0): Row => ({
  ...rowOf(context, kernel.slot, dtype, { ...result, strides: [...result.strides.slice(0, indices.length), 0] }, indices),
  step,
})

const combinationOf = ({ dtype, kernel }: Reduction): Combination =>
  combinations[kernel.primitive as Folding][dtype === "f32" ? "float" : "whole"]

const zero = i32.const(0)

/** Sixteen partial results by index modulo 16, over one axis through which every access steps evenly. */
const rowsOfOneAxis = (reduction: Reduction): void => {
  const { accesses, dtype, kept, kernel, shape, context } = reduction
  const { code } = context
  const combination = combinationOf(reduction)
  const { combine, start } = combination
  const n = shape.slice(kept)[0] ?? 1
  nestShared(context, shape.slice(0, kept), (indices) => {
    // Without an axis left there is one element, the same in every iteration.
    const rows = termRows(context, kernel.terms, accesses, indices)
    const parts = [0, 1, 2, 3].map(() => code.let(start))
    const value = (i: I32, count: Count): Local<"v128"> =>
      emitTerms(context, kernel.terms, rows, i, count)[kernel.term] as Local<"v128">
    const add = (part: number, x: V128): void => {
      const sum = parts[part] as Local<"v128">
      code.set(sum, combine(sum, x))
    }
    const whole = n - (n % 16)
    if (whole > 0)
      code.for(0, whole, 16, (i) => {
        for (const part of [0, 1, 2, 3]) code.scope(() => add(part, value(part === 0 ? i : code.let(i32.add(i, 4 * part)), 4)))
      })
    for (let at = whole; at < n; at += 4) {
      const part = (at - whole) / 4
      const count = Math.min(4, n - at) as Count
      code.scope(() => {
        const x = value(code.let(i32.const(at)), count)
        add(part, count === 4 ? x : v128.bitselect(x, start, firstLanes(count)))
      })
    }
    store(code, dtype, resultRow(reduction, indices), zero, across(context, combination, parts), 1)
  })
}

/** The same over any axes: the partial results are in memory, since their index is known only at run time. */
const rowsOfAnyAxes = (reduction: Reduction): void => {
  const { accesses, dtype, kept, kernel, shape, context } = reduction
  const { code } = context
  const combination = combinationOf(reduction)
  nestShared(context, shape.slice(0, kept), (indices) => {
    const own = code.let(i32.mul(context.team.thread, scratchBytes))
    for (let part = 0; part < 4; part++) code.v128.store(own, combination.start, part * 16)
    const count = code.let(zero)
    nest(code, shape.slice(kept, -1), (inner) => {
      const rows = termRows(context, kernel.terms, accesses, [...indices, ...inner])
      code.for(0, shape.at(-1) ?? 1, 1, (i) => {
        const x = emitTerms(context, kernel.terms, rows, i, 1)[kernel.term] as Local<"v128">
        const address = code.let(i32.add(own, i32.shl(i32.and(count, 15), 2)))
        code.v128.store32_lane(address, combination.combine(v128.load32_splat(address), x), 0)
        code.set(count, i32.add(count, 1))
      })
    })
    const parts = [0, 1, 2, 3].map((part) => code.let(v128.load(own, part * 16)))
    store(code, dtype, resultRow(reduction, indices), zero, across(context, combination, parts), 1)
  })
}

/** How many neighbouring results are summed at once: whole cache lines where bodies are short and threads have enough of them. */
const columnsAtOnce = (columns: number, terms: number, threads: number): number =>
  terms > 8 ? 4 : ([16, 8].find((width) => columns >= width * threads) ?? 4)

/** One element after the other, some neighbouring results at a time. */
const columns = (reduction: Reduction): void => {
  const { accesses, dtype, kept, kernel, shape, context } = reduction
  const { code, team } = context
  const { combine, start } = combinationOf(reduction)
  const total = kept === 0 ? 1 : (shape[kept - 1] ?? 1)
  const outer = shape.slice(0, Math.max(0, kept - 1))
  // The results' last axis becomes the innermost, the one that vectors lie along.
  const turned = accesses.map(({ offset, strides }) => ({
    offset,
    strides: [...strides.slice(0, Math.max(0, kept - 1)), ...strides.slice(kept), kept === 0 ? 0 : (strides[kept - 1] ?? 0)],
  }))
  const width = columnsAtOnce(total, kernel.terms.length, outer.length === 0 ? team.threads : 1)
  const body = (indices: ReadonlyArray<I32>): void => {
    const into = resultRow(reduction, indices, 1)
    const round = (first: I32, count: number): void => {
      const parts = Array.from({ length: Math.ceil(count / 4) }, (_, v) => ({
        at: v === 0 ? first : code.let(i32.add(first, 4 * v)),
        count: Math.min(4, count - 4 * v) as Count,
        sum: code.let(start),
      }))
      nest(code, shape.slice(kept), (inner) => {
        const rows = termRows(context, kernel.terms, turned, [...indices, ...inner])
        for (const { at, count: some, sum } of parts)
          code.scope(() => {
            const x = emitTerms(context, kernel.terms, rows, at, some)[kernel.term] as Local<"v128">
            code.set(sum, combine(sum, x))
          })
      })
      for (const { at, count: some, sum } of parts) store(code, dtype, into, at, sum, some)
    }
    const whole = total - (total % width)
    const alone = indices.length === 0
    if (whole > 0) {
      const { end, start: from } = alone ? threadRange(code, team, whole, width) : { start: 0, end: whole }
      code.for(from, end, width, (i) => round(i, width))
    }
    if (whole < total) {
      const tail = (): void => round(code.let(i32.const(whole)), total - whole)
      if (alone) lastAlone(code, team, tail)
      else code.scope(tail)
    }
  }
  if (outer.length === 0) body([])
  else nestShared(context, outer, body)
}

/** The index of the first largest element along the one reduced axis; NaN counts as the largest. */
const largest = (reduction: Reduction): void => {
  const { accesses, kept, kernel, shape, context } = reduction
  const { code } = context
  const float = kernel.terms[kernel.term]?.dtype === "f32"
  nestShared(context, shape.slice(0, kept), (indices) => {
    const rows = termRows(context, kernel.terms, accesses, indices)
    const best = code.local(float ? "f32" : "i32")
    const at = code.let(zero)
    code.for(0, shape[kept] ?? 1, 1, (i) => {
      const vector = emitTerms(context, kernel.terms, rows, i, 1)[kernel.term] as Local<"v128">
      const x = code.let(float ? f32x4.extract_lane(vector, 0) : i32x4.extract_lane(vector, 0))
      const exceeds =
        x.type === "f32"
          ? i32.or(
              f32.gt(x as Local<"f32">, best as Local<"f32">),
              i32.and(f32.ne(x as Local<"f32">, x as Local<"f32">), f32.eq(best as Local<"f32">, best as Local<"f32">)),
            )
          : i32.gt_s(x as Local<"i32">, best as Local<"i32">)
      code.if(i32.or(i32.eqz(i), exceeds), () => {
        code.set(best, x as never)
        code.set(at, i)
      })
    })
    const value = code.let(i32x4.splat(at))
    store(code, "i32", resultRow(reduction, indices), zero, value, 1)
  })
}

/** Writes the kernel. */
export const emitReduce = (context: EmitContext, kernel: Reduce, slots: ReadonlyArray<Slot>): void => {
  const keptShape = kernel.shape.slice(0, kernel.kept)
  const dense = { offset: 0, strides: [...Shape.strides(keptShape), ...kernel.shape.slice(kernel.kept).map(() => 0)] }
  const { accesses, barrier, shape } = collapse(
    { shape: kernel.shape, accesses: [dense, ...termAccesses(kernel.terms)] },
    kernel.kept,
  )
  const [result = dense, ...loaded] = accesses
  const reduction: Reduction = {
    context,
    kernel,
    dtype: slots[kernel.slot]?.dtype ?? "f32",
    shape,
    kept: barrier,
    result,
    accesses: loaded,
  }
  if (kernel.primitive === "argMax") largest(reduction)
  else if (kernel.order === "columns") columns(reduction)
  else if (shape.length - barrier <= 1) rowsOfOneAxis(reduction)
  else rowsOfAnyAxes(reduction)
}
