/**
 * The indices that sort each row: short rows by merge sort, long ones by radix sort. Keys are integers that compare as the elements
 * do: the bits of floats, inverted for negative ones, with one zero, and NaN above all. Both sorts are stable, so they give the
 * same indices.
 */
import { bytes } from "../../../../types/DType.ts"
import * as Shape from "../../../../types/Shape.ts"
import type { Code } from "../../assembler/Code.ts"
import { type I32, i32, select, smaller } from "../../assembler/Value.ts"
import { nestShared } from "../loopNest.ts"
import { at, input, type Operand, type Operation, type PrimitiveKernel } from "./Operation.ts"

const largest = 0x7fffffff
const infinity = 0x7f800000

const key = (code: Code, { dtype }: Operand, address: I32): I32 => {
  if (bytes[dtype] === 1) return i32.load8_u(address)
  const x = code.let(i32.load(address))
  if (dtype === "i32") return x
  const size = code.let(i32.and(x, largest))
  const ordered = select(i32.lt_s(x, 0), i32.sub(0, size), size)
  return select(i32.gt_s(size, infinity), i32.const(largest), ordered)
}

const width = ({ out }: Operation): number => out.shape.at(-1) ?? 0

/** Merges the sorted runs of indices in `from`, each of `run` indices, by pairs into `to`. */
const mergePass = (code: Code, keys: I32, from: I32, to: I32, run: I32, n: number): void => {
  const shorter = (x: I32): I32 => smaller(x, i32.const(n))
  const indexAt = (i: I32): I32 => i32.load(at(from, [i, 4]))
  const keyOf = (i: I32): I32 => i32.load(at(keys, [indexAt(i), 4]))
  code.for(0, n, i32.shl(run, 1), (start) => {
    const left = code.let(start)
    const middle = code.let(shorter(i32.add(start, run)))
    const right = code.let(middle)
    const end = code.let(shorter(i32.add(start, i32.shl(run, 1))))
    code.for(start, end, 1, (i) => {
      const fromLeft = code.let(i32.lt_s(left, middle))
      code.if(i32.and(fromLeft, i32.lt_s(right, end)), () => code.set(fromLeft, i32.le_s(keyOf(left), keyOf(right))))
      code.i32.store(at(to, [i, 4]), indexAt(select(fromLeft, left, right)))
      code.set(left, i32.add(left, fromLeft))
      code.set(right, i32.add(right, i32.eqz(fromLeft)))
    })
  })
}

/** Sorts the row by merging runs. Passes alternate between two buffers and end in the result. */
const sortByMerging = (code: Code, { keys, n, out, spare }: Row): void => {
  const passes = Math.ceil(Math.log2(n))
  const [source, target] = passes % 2 === 0 ? [code.let(out), code.let(spare)] : [code.let(spare), code.let(out)]
  code.for(0, n, 1, (i) => code.i32.store(at(source, [i, 4]), i))
  const run = code.let(i32.const(1))
  code.for(0, passes, 1, () => {
    mergePass(code, keys, source, target, run, n)
    const before = code.let(source)
    code.set(source, target)
    code.set(target, before)
    code.set(run, i32.shl(run, 1))
  })
}

/** Digits are bytes: their number of values, and how many a key has. */
const digits = 256
const keyBytes = 4

/** Sorts the row by its keys' bytes, the lowest first: indices go to where the smaller bytes before them end. */
const sortByDigits = (code: Code, { keys, n, out, spare }: Row): void => {
  const ends = code.let(i32.add(spare, 4 * n))
  const digitOf = (key: I32, byte: number): I32 => i32.and(i32.shr_u(key, 8 * byte), digits - 1)
  const endAt = (byte: number, digit: I32): I32 => at(ends, [digit, 4], [1, 4 * digits * byte])
  code.memory.fill(ends, 0, 4 * digits * keyBytes)
  code.for(0, n, 1, (i) => {
    // Signed order becomes unsigned order.
    const key = code.let(i32.xor(i32.load(at(keys, [i, 4])), -0x80000000))
    code.i32.store(at(keys, [i, 4]), key)
    code.i32.store(at(out, [i, 4]), i)
    for (let byte = 0; byte < keyBytes; byte++) {
      const end = code.let(endAt(byte, digitOf(key, byte)))
      code.i32.store(end, i32.add(i32.load(end), 1))
    }
  })
  for (let byte = 0; byte < keyBytes; byte++) {
    const before = code.let(i32.const(0))
    code.for(0, digits, 1, (digit) => {
      const end = code.let(endAt(byte, digit))
      const count = code.let(i32.load(end))
      code.i32.store(end, before)
      code.set(before, i32.add(before, count))
    })
    const [source, target] = byte % 2 === 0 ? [out, spare] : [spare, out]
    code.for(0, n, 1, (i) => {
      const index = code.let(i32.load(at(source, [i, 4])))
      const end = code.let(endAt(byte, digitOf(i32.load(at(keys, [index, 4])), byte)))
      const to = code.let(i32.load(end))
      code.i32.store(at(target, [to, 4]), index)
      code.i32.store(end, i32.add(to, 1))
    })
  }
}

/** A row to sort: its keys, where its indices go, and a buffer for as many indices. */
interface Row {
  readonly keys: I32
  readonly n: number
  readonly out: I32
  readonly spare: I32
}

/** Rows from here on are sorted digit by digit; counting the digits of shorter ones would take longer than merging. */
const long = 256

/** Bytes for each thread: keys, spare indices and, for long rows, the digits' counts. */
const scratch = (operation: Operation): number => 8 * width(operation) + (width(operation) < long ? 0 : 4 * digits * keyBytes)

export const argsort: PrimitiveKernel<"argsort"> = {
  parallel: true,
  work: (operation) => (width(operation) < long ? 4 * Math.ceil(Math.log2(width(operation) + 1)) : 16),
  scratch,
  emit: (context, operation) => {
    const { code, team } = context
    const from = input(operation, 0)
    const n = width(operation)
    const keys = code.let(at(operation.scratch, [team.thread, scratch(operation)]))
    const spare = code.let(i32.add(keys, 4 * n))
    nestShared(context, [Shape.size(from.shape) / n], ([row = i32.const(0)]) => {
      const out = code.let(at(operation.out.address, [row, n * 4]))
      const elements = code.let(at(from.address, [row, n * bytes[from.dtype]]))
      code.for(0, n, 1, (i) => code.i32.store(at(keys, [i, 4]), key(code, from, at(elements, [i, bytes[from.dtype]]))))
      const sort = n < long ? sortByMerging : sortByDigits
      sort(code, { keys, n, out, spare })
    })
  },
}
