/**
 * Rows added to zeros at the given indices. The updates of a row are a list in the order of the indices, and their sum goes by
 * blocks (`reference/sumOrder.ts`). Threads share the rows of the result.
 */
import { sumBlock } from "../../../../reference/sumOrder.ts"
import * as Shape from "../../../../types/Shape.ts"
import type { Code } from "../../assembler/Code.ts"
import { f32x4, type I32, i32, i32x4, type Local, type Variable, v128 } from "../../assembler/Value.ts"
import { threadRange } from "../../threads/partition.ts"
import { type Levels, levelsOf, scratchOf } from "../cascade.ts"
import { inStoreOrder, throughMemory } from "../vectors.ts"
import { at, blocks, input, type Operation, type PrimitiveKernel, storeLanes } from "./Operation.ts"

type Vector = Local<"v128">
type Sum = Variable<"v128">

/** Floats of a row that are summed at once: four vectors, as many as a level holds. */
const together = 16

const indexCount = (operation: Operation): number => Shape.size(input(operation, 0).shape)

/** Bytes for each thread: for each row its first update and for each update the next of its row, counted from 1; 0 ends a list. */
const scratch = (operation: Operation): number => 4 * ((operation.out.shape[0] ?? 0) + indexCount(operation))

/** The sums of some columns over the updates from `first` on. */
const sumOf = (
  code: Code,
  first: I32,
  next: I32,
  width: number,
  add: (sums: ReadonlyArray<Sum>, update: I32) => void,
  levelsFor: (parts: number) => Levels,
  own: I32,
): ReadonlyArray<Vector> => {
  const parts = Math.ceil(width / 4)
  const sums = Array.from({ length: parts }, () => code.variable(i32x4.const(0)))
  const clear = (): void => {
    for (const sum of sums) code.set(sum, i32x4.const(0))
  }
  const update = code.let(first)
  const levels = levelsFor(parts)
  const isLong = levels.sizes.length > 0
  const left = code.local("i32")
  /** Adds the updates of a block, or those that are left; all updates where there are no levels above. */
  const block = (): void => {
    if (isLong) code.set(left, sumBlock)
    code.loop((again) => {
      const index = code.let(i32.sub(update, 1))
      add(sums, index)
      code.set(update, i32.load(at(next, [index, 4])))
      if (isLong) code.set(left, i32.sub(left, 1))
      const more = i32.ne(update, 0)
      code.brIf(again, isLong ? i32.and(more, i32.ne(left, 0)) : more)
    })
  }
  block()
  if (isLong)
    code.if(i32.ne(update, 0), () => {
      const count = code.let(i32.const(0))
      const pour = (): void => {
        code.set(count, i32.add(count, 1))
        levels.pour(sums, count)
        clear()
      }
      levels.clear()
      pour()
      code.loop((again) => {
        block()
        code.if(i32.eqz(left), pour)
        code.brIf(again, i32.ne(update, 0))
      })
      for (const [part, total] of levels.total(sums).entries()) code.set(sums[part] as Sum, total)
    })
  // V8 packs long sums, since a loop stores them: they leave it as pairs, and vectors of 128 bits are read back from memory.
  return levels.sizes.length > 0 && code.lanes === 256 ? throughMemory(code, own, sums) : sums
}

export const scatterAdd: PrimitiveKernel<"scatterAdd"> = {
  parallel: true,
  scratch,
  // Each part reads all indices.
  pieces: () => 1,
  emit: (context, operation) => {
    const { code, team } = context
    const [indices, updates] = [input(operation, 0), input(operation, 1)]
    const { out } = operation
    const rows = out.shape[0] ?? 0
    const width = Shape.size(out.shape.slice(1))
    const count = indexCount(operation)
    const isFloat = out.dtype === "f32"
    const plus = isFloat ? f32x4.add : i32x4.add
    const { end, start } = threadRange(code, team, rows)
    const first = code.let(at(0, [start, 1]))
    const mine = code.let(at(0, [end, 1], [start, -1]))
    const heads = code.let(at(operation.scratch, [team.thread, Math.ceil(scratch(operation) / 16) * 16]))
    const next = code.let(i32.add(heads, 4 * rows))
    const own = scratchOf(context)
    const levelsFor = (parts: number): Levels => levelsOf(code, own, parts, isFloat ? count : 1)
    const indexAt = (i: I32): I32 => i32.load(at(indices.address, [i, 4]))
    code.memory.fill(at(out.address, [first, width * 4]), 0, i32.mul(mine, width * 4))
    code.memory.fill(at(heads, [first, 4]), 0, i32.mul(mine, 4))
    // From the last index to the first, so that each list begins with its first update.
    code.for(1, count + 1, 1, (back) => {
      const i = code.let(i32.sub(count, back))
      const index = code.let(indexAt(i))
      code.if(i32.lt_u(i32.sub(index, first), mine), () => {
        const head = code.let(at(heads, [index, 4]))
        code.i32.store(at(next, [i, 4]), i32.load(head))
        code.i32.store(head, i32.add(i, 1))
      })
    })
    code.for(0, count, 1, (i) => {
      const index = code.let(indexAt(i))
      const update = code.let(i32.add(i, 1))
      code.if(i32.lt_u(i32.sub(index, first), mine), () =>
        // A row is summed where its list begins.
        code.if(i32.eq(i32.load(at(heads, [index, 4])), update), () => {
          const into = code.let(at(out.address, [index, width * 4]))
          blocks(code, width, together, (column, some) => {
            const from = code.let(at(updates.address, [column, 4]))
            const add = (sums: ReadonlyArray<Sum>, which: I32): void => {
              const address = code.let(at(from, [which, width * 4]))
              const loaded = sums.map((_, part) => code.let(v128.load(address, 16 * part)))
              for (const [part, sum] of sums.entries()) code.set(sum, plus(sum, loaded[part] as Vector))
            }
            const sums = sumOf(code, update, next, some, add, levelsFor, own)
            const target = code.let(at(into, [column, 4]))
            inStoreOrder(sums.length, (part) => storeLanes(code, target, sums[part] as Vector, some - 4 * part, 16 * part))
          })
        }),
      )
    })
  },
}
