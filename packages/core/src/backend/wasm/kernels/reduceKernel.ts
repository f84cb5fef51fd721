/**
 * The kernels of reductions. The order of a sum is part of its definition: `columns` adds one element after the other; `rows` adds
 * into sixteen partial sums by index modulo 16, which are added in pairs at the end. Long sums go by blocks (`cascade.ts`).
 */

import type { Access, Reduce, Slot } from "../../../compiler/Plan.ts"
import { sumBlock } from "../../../reference/sumOrder.ts"
import type { DType } from "../../../types/DType.ts"
import * as Shape from "../../../types/Shape.ts"
import type { Code } from "../assembler/Code.ts"
import { f32, f32x4, type I32, i8x16, i32, i32x4, type Local, type V128, v128 } from "../assembler/Value.ts"
import { lastAlone, type Range, threadRange } from "../threads/partition.ts"
import { type Combination, combinationOf, type Folding, makeAccumulator } from "./accumulators.ts"
import { inSumBlocks, type Levels, levelsOf, scratchOf } from "./cascade.ts"
import {
  type Count,
  collapse,
  type EmitContext,
  emitTerms,
  locate,
  nest,
  nestShared,
  onePart,
  type Part,
  type Row,
  rowOf,
  store,
  termAccesses,
  termRows,
  wholeParts,
} from "./loopNest.ts"
import { inStoreOrder, storeVectors, throughMemory } from "./vectors.ts"

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
  /** Runs `body` for the indices of each result. */
  readonly eachResult: (body: (indices: ReadonlyArray<I32>) => void) => void
}

const resultRow = ({ dtype, kernel, result, context }: Reduction, indices: ReadonlyArray<I32>, step = 0): Row => ({
  ...rowOf(context, kernel.slot, dtype, { ...result, strides: [...result.strides.slice(0, indices.length), 0] }, indices),
  step,
})

const zero = i32.const(0)

/** The vectors of so many elements, of which the last may be short. */
const tailParts = (elements: number): ReadonlyArray<Part> =>
  Array.from({ length: Math.ceil(elements / 4) }, (_, part) => ({
    ahead: 4 * part,
    count: Math.min(4, elements - 4 * part) as Count,
  }))

/** The vectors to reduce, by part. */
const valuesOf = (
  { context, kernel }: Reduction,
  rows: ReadonlyArray<Row | undefined>,
  i: I32,
  parts: ReadonlyArray<Part>,
): ReadonlyArray<V128> => emitTerms(context, kernel.terms, rows, i, parts)[kernel.term] ?? []

/** Partial results of a loop, one in each lane of some vectors, and above them the levels of a long sum. */
interface Partials {
  readonly add: (values: ReadonlyArray<V128>) => void
  readonly isLong: boolean
  /** Called when a block is complete, with its number from 1 on. */
  readonly pour: (count: I32) => void
  readonly totals: () => ReadonlyArray<Local<"v128">>
}

/** Whether the sums are rounded, so that their order counts. */
const isRounded = ({ dtype, kernel }: Reduction): boolean => kernel.primitive === "reduceSum" && dtype === "f32"

/** The levels above partial results of so many terms: none where nothing is rounded. */
const levelsAbove = (reduction: Reduction, own: I32, width: number, terms: number): Levels => {
  const levels = levelsOf(reduction.context.code, own, width, isRounded(reduction) ? terms : 1)
  levels.clear()
  return levels
}

const partialsOf = (reduction: Reduction, own: I32, width: number, terms: number): Partials => {
  const { dtype, kernel } = reduction
  const { code } = reduction.context
  const parts = Array.from({ length: width }, () => makeAccumulator(code, combinationOf(kernel.primitive as Folding, dtype)))
  const levels = levelsAbove(reduction, own, width, terms)
  const values = () => parts.map(({ value }) => value())
  return {
    add: (values) => {
      for (const [part, x] of values.entries()) parts[part]?.add(x)
    },
    isLong: levels.sizes.length > 0,
    pour: (count) => {
      levels.pour(values(), count)
      for (const { clear } of parts) clear()
    },
    totals: () => levels.total(values()),
  }
}

/** Elements of a row from which it pays to compute its partial results in pairs. */
const worthJoining = 64

/** Sixteen partial results by index modulo 16, in registers: over one axis, or several of which the last has whole sixteens. */
const rowsInRegisters = (reduction: Reduction): void => {
  const { accesses, context, dtype, eachResult, kept, kernel, shape } = reduction
  const { code } = context
  const combination = combinationOf(kernel.primitive as Folding, dtype)
  const reduced = shape.slice(kept)
  const n = reduced.at(-1) ?? 1
  const whole = n - (n % 16)
  const own = scratchOf(context)
  eachResult((indices) => {
    const partials = partialsOf(reduction, own, 4, Math.ceil(Shape.size(reduced) / 16))
    // Without an axis left there is one element, the same in every iteration.
    const rowsAt = (inner: ReadonlyArray<I32>) => termRows(context, kernel.terms, accesses, [...indices, ...inner])
    const sixteen = (inner: ReadonlyArray<I32>) => {
      const rows = rowsAt(inner)
      return (i: I32): void => partials.add(valuesOf(reduction, rows, i, wholeParts(4)))
    }
    const outer = (body: (inner: ReadonlyArray<I32>) => void): void => nest(code, reduced.slice(0, -1), body)
    if (whole > 0 && partials.isLong) inSumBlocks(code, whole, 16, 16 * sumBlock, outer, sixteen, partials.pour)
    else if (whole > 0)
      outer((inner) => {
        const body = sixteen(inner)
        code.for(0, whole, 16, body)
      })
    if (whole < n)
      code.scope(() => {
        const tail = tailParts(n - whole)
        const values = valuesOf(reduction, rowsAt([]), i32.const(whole), tail)
        partials.add(
          values.map((x, part) => {
            const count = tail[part]?.count ?? 4
            return count === 4 ? x : v128.bitselect(x, combination.start, firstLanes(count))
          }),
        )
      })
    const totals = partials.totals()
    const joined = code.lanes === 256 && Shape.size(reduced) >= worthJoining ? throughMemory(code, own, totals) : totals
    store(code, dtype, resultRow(reduction, indices), zero, across(context, combination, joined), 1)
  })
}

/** The same over any axes: the partial results are in memory, since their index is known only at run time. */
const rowsInMemory = (reduction: Reduction): void => {
  const { accesses, context, dtype, eachResult, kept, kernel, shape } = reduction
  const { code } = context
  const combination = combinationOf(kernel.primitive as Folding, dtype)
  const { combine, start } = combination
  const reduced = shape.slice(kept)
  const n = reduced.at(-1) ?? 1
  const step = n % 4 === 0 ? 4 : 1
  const own = scratchOf(context)
  const parts = (): ReadonlyArray<Local<"v128">> => [0, 1, 2, 3].map((part) => code.let(v128.load(own, part * 16)))
  const clear = (): void => {
    const empty = code.let(start)
    storeVectors(code, own, [empty, empty, empty, empty])
  }
  eachResult((indices) => {
    clear()
    const levels = levelsAbove(reduction, own, 4, Math.ceil(Shape.size(reduced) / 16))
    const count = code.let(zero)
    const row = (inner: ReadonlyArray<I32>) => {
      const rows = termRows(context, kernel.terms, accesses, [...indices, ...inner])
      return (i: I32): void => {
        const [x] = valuesOf(reduction, rows, i, onePart(step)) as readonly [V128]
        const address = code.let(i32.add(own, i32.shl(i32.and(count, 15), 2)))
        if (step === 4) code.v128.store(address, combine(v128.load(address), x))
        else code.v128.store32_lane(address, combine(v128.load32_splat(address), x), 0)
        code.set(count, i32.add(count, step))
      }
    }
    const outer = (body: (inner: ReadonlyArray<I32>) => void): void => nest(code, reduced.slice(0, -1), body)
    inSumBlocks(code, n, step, 16 * sumBlock, outer, row, (blocks) => {
      if (levels.sizes.length === 0) return
      levels.pour(parts(), blocks)
      clear()
    })
    store(code, dtype, resultRow(reduction, indices), zero, across(context, combination, levels.total(parts())), 1)
  })
}

/**
 * How many neighbouring results are computed at once: whole cache lines where bodies are short and threads have enough of them. Of
 * sums, whose partial results take a register each, wide registers hold those of two lines.
 */
const columnsAtOnce = ({ lanes }: Code, { primitive, terms }: Reduce, columns: number, threads: number): number => {
  const lines = primitive === "reduceSum" && lanes === 256 ? 32 : 16
  const most = terms.length <= 8 ? lines : lanes === 256 ? 8 : 4
  if (threads === 1 && columns <= most) return columns
  return [32, 16, 8].find((width) => width <= most && columns >= width * threads) ?? 4
}

/** Block by block, in each one element after the other, some neighbouring results at a time. */
const columns = (reduction: Reduction): void => {
  const { accesses, dtype, kept, kernel, shape, context } = reduction
  const { code, team } = context
  const total = kept === 0 ? 1 : (shape[kept - 1] ?? 1)
  const outer = shape.slice(0, Math.max(0, kept - 1))
  const reduced = shape.slice(kept)
  // The results' last axis becomes the innermost, the one that vectors lie along.
  const turned = accesses.map(({ offset, strides }) => ({
    offset,
    strides: [...strides.slice(0, Math.max(0, kept - 1)), ...strides.slice(kept), kept === 0 ? 0 : (strides[kept - 1] ?? 0)],
  }))
  const width = columnsAtOnce(code, kernel, total, outer.length === 0 ? team.shares : 1)
  const own = scratchOf(context)
  const body = (indices: ReadonlyArray<I32>): void => {
    const into = resultRow(reduction, indices, 1)
    const round = (first: I32, count: number): void => {
      const parts = tailParts(count)
      const partials = partialsOf(reduction, own, parts.length, Shape.size(reduced))
      const add = (inner: ReadonlyArray<I32>): void => {
        const rows = termRows(context, kernel.terms, turned, [...indices, ...inner])
        partials.add(valuesOf(reduction, rows, first, parts))
      }
      const each = (body: (inner: ReadonlyArray<I32>) => void): void => nest(code, reduced.slice(0, -1), body)
      if (partials.isLong)
        inSumBlocks(code, reduced.at(-1) ?? 1, 1, sumBlock, each, (inner) => (i) => add([...inner, i]), partials.pour)
      else nest(code, reduced, add)
      const sums = partials.totals()
      // V8 packs long sums, since the loop stores them: they leave it as pairs, and results of 128 bits are read back from memory.
      const totals = code.lanes === 256 && partials.isLong ? throughMemory(code, own, sums) : sums
      const [located = into] = parts.length > 1 ? locate(code, [into], first) : []
      inStoreOrder(parts.length, (part) => {
        const { ahead, count: some } = parts[part] as Part
        store(code, dtype, located, first, totals[part] as Local<"v128">, some, ahead)
      })
    }
    const whole = total - (total % width)
    const alone = indices.length === 0
    if (whole > 0) {
      const { end, start: from } = alone ? threadRange(code, team, whole, width) : { start: 0, end: whole }
      code.for(from, end, width, (i) => round(i, width))
    }
    if (whole < total) {
      const tail = (): void => round(i32.const(whole), total - whole)
      if (alone) lastAlone(code, team, tail)
      else code.scope(tail)
    }
  }
  if (outer.length === 0) body([])
  else nestShared(context, outer, body)
}

/** The index of the first largest element along the one reduced axis; NaN counts as the largest. */
const largest = (reduction: Reduction): void => {
  const { accesses, context, eachResult, kept, kernel, shape } = reduction
  const { code } = context
  const float = kernel.terms[kernel.term]?.dtype === "f32"
  eachResult((indices) => {
    const rows = termRows(context, kernel.terms, accesses, indices)
    const best = code.local(float ? "f32" : "i32")
    const at = code.let(zero)
    code.for(0, shape[kept] ?? 1, 1, (i) => {
      const [vector] = valuesOf(reduction, rows, i, onePart(1)) as readonly [V128]
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

/** The strides of an access to the result of a reduction, none along the reduced axes. */
const denseResult = ({ kept, shape }: Reduce): Access => ({
  offset: 0,
  strides: [...Shape.strides(shape.slice(0, kept)), ...shape.slice(kept).map(() => 0)],
})

/** Along the last axes: in registers where the sixteenth of an element is known when the module is written. */
const rows = (reduction: Reduction): void => {
  const reduced = reduction.shape.slice(reduction.kept)
  if (reduced.length <= 1 || (reduced.at(-1) ?? 1) % 16 === 0) rowsInRegisters(reduction)
  else rowsInMemory(reduction)
}

/** Writes the kernel. */
export const emitReduce = (context: EmitContext, kernel: Reduce, slots: ReadonlyArray<Slot>): void => {
  const dense = denseResult(kernel)
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
    eachResult: (body) => nestShared(context, shape.slice(0, barrier), body),
  }
  if (kernel.primitive === "argMax") largest(reduction)
  else if (kernel.order === "columns") columns(reduction)
  else rows(reduction)
}

/** Writes a reduction along the last axes for a range of its results: those at these indices of all kept axes but the last. */
export const emitReduceRows = (
  context: EmitContext,
  kernel: Reduce,
  slots: ReadonlyArray<Slot>,
  indices: ReadonlyArray<I32>,
  { end, start }: Range,
): void => {
  const { kept } = kernel
  const own = termAccesses(kernel.terms)
  const inner = collapse({
    shape: kernel.shape.slice(kept),
    accesses: own.map(({ offset, strides }) => ({ offset, strides: strides.slice(kept) })),
  })
  rows({
    context,
    kernel,
    dtype: slots[kernel.slot]?.dtype ?? "f32",
    shape: [...kernel.shape.slice(0, kept), ...inner.shape],
    kept,
    result: denseResult(kernel),
    accesses: inner.accesses.map(({ offset, strides }, i) => {
      const outer = kernel.shape.slice(0, kept).map((_, axis) => own[i]?.strides[axis] ?? 0)
      return { offset, strides: [...outer, ...strides] }
    }),
    eachResult: (body) => context.code.for(start, end, 1, (row) => body([...indices, row])),
  })
}
