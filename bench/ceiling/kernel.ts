/**
 * A program for WebAssembly that computes x ← ½x + ½ in registers, as fast as a core can: no kernel computes more. Neighbouring
 * vectors are stored side by side, so that V8 may pack two of them into one register of 256 bits.
 */

/** An unsigned number as LEB128. */
const leb = (n: number): ReadonlyArray<number> => (n < 128 ? [n] : [(n & 127) | 128, ...leb(n >>> 7)])

const sized = (bytes: ReadonlyArray<number>): ReadonlyArray<number> => [...leb(bytes.length), ...bytes]

const section = (id: number, ...items: ReadonlyArray<ReadonlyArray<number>>): ReadonlyArray<number> => [
  id,
  ...sized([...leb(items.length), ...items.flat()]),
]

const [i32, v128] = [0x7f, 0x7b]
const local = { get: 0x20, set: 0x21, tee: 0x22 } as const
const on = (op: keyof typeof local, index: number): ReadonlyArray<number> => [local[op], ...leb(index)]
const constant = (n: number): ReadonlyArray<number> => [0x41, ...leb(n)]
/** A load or a store at a constant place. */
const at = (opcode: number, offset: number): ReadonlyArray<number> => [0xfd, ...leb(opcode), 0, ...leb(offset)]
const [load, splat, store] = [0x00, 0x13, 0x0b]
const vector = (opcode: number): ReadonlyArray<number> => [0xfd, ...leb(opcode)]
const [add, mul, relaxedMadd] = [0xe4, 0xe6, 0x105]

/** The floating-point operations of one iteration. */
export const operations = (vectors: number): number => vectors * 4 * 2

/** A module whose function `run(n)` does n iterations on this many independent vectors of four f32, from its memory and back. */
export const kernel = (vectors: number, isFused: boolean): Uint8Array<ArrayBuffer> => {
  const [n, half, first] = [0, 1, 2]
  const all = Array.from({ length: vectors }, (_, i) => ({ index: first + i, offset: 16 * i }))
  const code = [
    ...[1, ...leb(vectors + 1), v128],
    // f32.const 0.5
    ...[0x43, 0, 0, 0, 0x3f, ...vector(splat), ...on("set", half)],
    ...all.flatMap(({ index, offset }) => [...constant(0), ...at(load, offset), ...on("set", index)]),
    ...[0x03, 0x40],
    ...all.flatMap(({ index }) => [
      ...on("get", index),
      ...on("get", half),
      ...(isFused ? [...on("get", half), ...vector(relaxedMadd)] : [...vector(mul), ...on("get", half), ...vector(add)]),
      ...on("set", index),
    ]),
    // n ← n - 1, and again unless it is 0
    ...[...on("get", n), ...constant(1), 0x6b, ...on("tee", n), 0x0d, 0],
    0x0b,
    ...all.flatMap(({ index, offset }) => [...constant(0), ...on("get", index), ...at(store, offset)]),
    0x0b,
  ]
  const name = (text: string): ReadonlyArray<number> => sized([...new TextEncoder().encode(text)])
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [0x60, 1, i32, 0]),
    ...section(3, [0]),
    ...section(5, [0, 1]),
    ...section(7, [...name("run"), 0, 0]),
    ...section(10, sized(code)),
  ])
}
