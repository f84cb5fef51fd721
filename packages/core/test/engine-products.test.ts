import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { within } from "../src/backend/eager/Eager.ts"
import { packsLanes } from "../src/backend/wasm/assembler/hostLanes.ts"
import { offered } from "../src/backend/wasm/assembler/hostNumerics.ts"
import type { Lanes } from "../src/backend/wasm/assembler/lanes.ts"
import type { Numerics } from "../src/backend/wasm/assembler/numerics.ts"
import { prepare } from "../src/backend/wasm/prepare.ts"
import { makePool } from "../src/backend/wasm/threads/pool.ts"
import { type Program, trace } from "../src/language/Program.ts"
import * as Tensor from "../src/tensor/Tensor.ts"
import { grad } from "../src/transform/Autodiff.ts"
import { NDArray } from "../src/types/NDArray.ts"

const drawn = (size: number, seed: number): Float32Array => {
  const numbers = new Float32Array(size)
  let state = seed
  for (let i = 0; i < size; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0
    numbers[i] = state / 2 ** 31
  }
  return numbers
}

const transposed = ({ data, shape }: NDArray): NDArray => {
  const [rows = 0, columns = 0] = shape
  return new NDArray(
    "f32",
    [columns, rows],
    Float32Array.from(data, (_, i) => Number(data[(i % rows) * columns + Math.floor(i / rows)])),
  )
}

/** Blocks of 256 one value after the other, then the sums of the blocks in the same way: the order as one would write it down. */
const cascaded = (terms: Float32Array): number => {
  const sums = new Float32Array(Math.ceil(terms.length / 256))
  terms.forEach((x, i) => {
    const block = Math.floor(i / 256)
    sums[block] = (sums[block] as number) + x
  })
  return sums.length > 1 ? cascaded(sums) : (sums[0] ?? 0)
}

/** The product of matrices, with every product and every sum rounded. */
const inOrder = (a: NDArray, b: NDArray): Float32Array => {
  const [m = 0, k = 0] = a.shape
  const n = b.shape[1] ?? 0
  return Float32Array.from({ length: m * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n]
    return cascaded(Float32Array.from({ length: k }, (_, step) => Number(a.data[i * k + step]) * Number(b.data[step * n + j])))
  })
}

const bits = (x: NDArray | Float32Array | undefined): Int32Array =>
  new Int32Array(Float32Array.from(x instanceof NDArray ? (x.data as Float32Array) : (x ?? [])).buffer)

const layouts: { readonly [name: string]: (x: Tensor.Tensor, y: Tensor.Tensor) => Tensor.Tensor } = {
  "as they lie": (x, y) => Tensor.matmul(x, y),
  "left transposed": (x, y) => Tensor.matmul(Tensor.transpose(x), y),
  "right transposed": (x, y) => Tensor.matmul(x, Tensor.transpose(y)),
  "both transposed": (x, y) => Tensor.matmul(Tensor.transpose(x), Tensor.transpose(y)),
}

/** m, n and k: odd sizes, few rows and few columns, in one block of k, in several, and in blocks of blocks. */
const sizes: ReadonlyArray<readonly [m: number, n: number, k: number]> = [
  [5, 9, 256],
  [1, 1, 257],
  [1, 37, 1000],
  [2, 40, 300],
  [6, 12, 300],
  [7, 1, 515],
  [3, 10, 700],
  [137, 67, 1847],
  [2, 3, 65_537],
  [17, 18, 66_100],
]

const operands = (m: number, n: number, k: number) =>
  [new NDArray("f32", [m, k], drawn(m * k, 1)), new NDArray("f32", [k, n], drawn(k * n, 2))] as const

/** Tiles of either width; where the host packs lanes, the second as it packs them. */
const everyLanes = [128, 256] as const satisfies ReadonlyArray<Lanes>
packsLanes()

describe("the sum over k is a cascade", () => {
  const pool = makePool(3)
  beforeAll(() => pool?.complete())
  afterAll(() => pool?.close())
  for (const [m, n, k] of sizes) {
    const [a, b] = operands(m, n, k)
    const wanted = bits(inOrder(a, b))
    for (const [name, product] of Object.entries(layouts))
      it(`${m} × ${k} by ${k} × ${n}, ${name}`, () => {
        const inputs = [name.startsWith("left") || name.startsWith("both") ? transposed(a) : a]
        inputs.push(name.startsWith("right") || name.startsWith("both") ? transposed(b) : b)
        const program = trace((x, y) => [product(x as Tensor.Tensor, y as Tensor.Tensor)], inputs)
        for (const lanes of everyLanes)
          for (const threads of [undefined, pool]) {
            const prepared = prepare({ program, resident: 0 }, threads, "portable", undefined, lanes)
            expect(bits(prepared.run(inputs)[0])).toEqual(wanted)
            prepared.release()
          }
        expect(bits(within(Number.POSITIVE_INFINITY).run(program, inputs)[0])).toEqual(wanted)
      })
  }

  it("has the bits of a few rows alone, in fast numerics too", () => {
    const rows = 5
    for (const [m, n, k] of [
      [137, 67, 1847],
      [16, 16, 66_100],
    ] as const) {
      const [a, b] = operands(m, n, k)
      const few = new NDArray("f32", [rows, k], a.data.slice(0, rows * k))
      const run = (left: NDArray, lanes: Lanes) => {
        const program = trace((x, y) => [Tensor.matmul(x as Tensor.Tensor, y as Tensor.Tensor)], [left, b])
        return bits(prepare({ program, resident: 0 }, undefined, offered("fast"), undefined, lanes).run([left, b])[0])
      }
      const wanted = run(few, 128)
      expect(run(few, 256)).toEqual(wanted)
      for (const lanes of everyLanes) expect(run(a, lanes).slice(0, rows * n)).toEqual(wanted)
    }
  })

  it("follows rows and columns that run backwards", () => {
    const [m, n, k] = [137, 67, 1847]
    const [a, b] = operands(m, n, k)
    const program = trace(
      (x, y) => [
        Tensor.matmul(Tensor.flip(x as Tensor.Tensor, [1]), Tensor.flip(y as Tensor.Tensor, [0])),
        Tensor.matmul(Tensor.flip(x as Tensor.Tensor, [0, 1]), Tensor.flip(y as Tensor.Tensor, [0, 1])),
      ],
      [a, b],
    )
    const [alongK, both] = prepare({ program, resident: 0 }).run([a, b])
    const turned = new NDArray("f32", [m, n], Float32Array.from(both?.data ?? []).reverse())
    expect(bits(alongK)).toEqual(bits(turned))
  })
})

describe.runIf(packsLanes())("products that V8 packs", () => {
  // Other sizes than above: V8 keeps the code of modules that it has seen.
  const packed = [
    [1, 66, 33],
    [2, 70, 61],
    [3, 50, 90],
    [4, 38, 70],
    [7, 12, 40],
    [12, 33, 310],
    [64, 48, 130],
    [17, 130, 600],
  ] as const

  /** The result, computed by packed code, or for narrow lanes by that of V8's baseline compiler. */
  const run = (program: Program, inputs: ReadonlyArray<NDArray>, numerics: Numerics, lanes: Lanes) => {
    const prepared = prepare({ program, resident: 0 }, undefined, numerics, undefined, lanes)
    const made = bits(prepared.run(inputs)[0])
    prepared.release()
    return made
  }

  it.each(packed)("have the bits of its baseline compiler: %i × %i, k = %i", (m, n, k) => {
    const [a, b] = operands(m, n, k)
    for (const [name, product] of Object.entries(layouts)) {
      const inputs = [
        name.startsWith("left") || name.startsWith("both") ? transposed(a) : a,
        name.startsWith("right") || name.startsWith("both") ? transposed(b) : b,
      ]
      const program = trace((x, y) => [product(x as Tensor.Tensor, y as Tensor.Tensor)], inputs)
      for (const numerics of new Set<Numerics>(["portable", offered("fast")]))
        expect(run(program, inputs, numerics, 256)).toEqual(run(program, inputs, numerics, 128))
      expect(run(program, inputs, "portable", 256)).toEqual(bits(inOrder(a, b)))
    }
  })
})

describe("sums of many products keep their digits", () => {
  const many = 1_000_000
  for (const numerics of ["portable", "fast"] as const)
    it(`within 2e-5 of the truth over a million terms, ${numerics}`, () => {
      for (const value of [0.1, 1 / 3, 1.7]) {
        const row = new NDArray("f32", [1, many], new Float32Array(many).fill(value))
        const column = new NDArray("f32", [many, 3], new Float32Array(3 * many).fill(0.7))
        const wide = new NDArray("f32", [many, 16], new Float32Array(16 * many).fill(0.3))
        const program = trace(
          (x, y, z) => {
            const [left, right, rows] = [x, y, z] as [Tensor.Tensor, Tensor.Tensor, Tensor.Tensor]
            return [
              Tensor.matmul(left, right),
              Tensor.matmul(Tensor.transpose(right), Tensor.transpose(left)),
              Tensor.matmul(Tensor.transpose(rows), right),
              Tensor.matmul(Tensor.transpose(rows), rows),
            ]
          },
          [row, column, wide],
        )
        const exactly = (x: number, y: number): number => many * Math.fround(x) * Math.fround(y)
        const wanted = [exactly(value, 0.7), exactly(value, 0.7), exactly(0.3, 0.7), exactly(0.3, 0.3)]
        const prepared = prepare({ program, resident: 0 }, undefined, offered(numerics))
        prepared.run([row, column, wide]).forEach(({ data }, i) => {
          for (const x of data) expect(Math.abs(x / (wanted[i] ?? 0) - 1)).toBeLessThan(2e-5)
        })
        prepared.release()
      }
    })

  it("add three hundred million ones up exactly", () => {
    const ones = 300_000_000
    const program = trace(
      (x) => [
        Tensor.matmul(Tensor.broadcastTo(x as Tensor.Tensor, [1, ones]), Tensor.broadcastTo(x as Tensor.Tensor, [ones, 1])),
      ],
      [new NDArray("f32", [1, 1], new Float32Array([1]))],
    )
    const [sum] = prepare({ program, resident: 0 }).run([new NDArray("f32", [1, 1], new Float32Array([1]))])
    expect(sum?.data[0]).toBe(ones)
  })

  it("in the gradients of a dense layer over a hundred thousand rows", () => {
    const rows = 100_000
    const x = new NDArray("f32", [rows, 4], new Float32Array(4 * rows).fill(0.1))
    const weights = new NDArray("f32", [4, 3], new Float32Array(12).fill(0.5))
    const loss = (w: Tensor.Tensor) => Tensor.sum(Tensor.mul(Tensor.matmul(x, w), 0.3))
    const program = trace((w) => [grad(loss)(w as Tensor.Tensor) as Tensor.Tensor], [weights])
    const wanted = rows * Math.fround(0.1) * Math.fround(0.3)
    for (const numerics of ["portable", "fast"] as const)
      for (const found of prepare({ program, resident: 0 }, undefined, offered(numerics)).run([weights])[0]?.data ?? [])
        expect(Math.abs(found / wanted - 1)).toBeLessThan(2e-5)
  })
})
