import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { offered } from "../src/backend/wasm/assembler/hostNumerics.ts"
import { prepare } from "../src/backend/wasm/prepare.ts"
import { makePool } from "../src/backend/wasm/threads/pool.ts"
import { trace } from "../src/language/Program.ts"
import * as Tensor from "../src/tensor/Tensor.ts"
import { NDArray } from "../src/types/NDArray.ts"

// Odd sizes, large enough to be cut into several blocks of k and of rows.
const [m, n, k] = [137, 67, 1847]

const drawn = (size: number, seed: number): Float32Array => {
  const numbers = new Float32Array(size)
  let state = seed
  for (let i = 0; i < size; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0
    numbers[i] = state / 2 ** 31
  }
  return numbers
}

const a = new NDArray("f32", [m, k], drawn(m * k, 1))
const b = new NDArray("f32", [k, n], drawn(k * n, 2))

const transposed = ({ data, shape }: NDArray): NDArray => {
  const [rows = 0, columns = 0] = shape
  return new NDArray(
    "f32",
    [columns, rows],
    Float32Array.from(data, (_, i) => Number(data[(i % rows) * columns + Math.floor(i / rows)])),
  )
}

/** Each element one product after the other, every one and every sum rounded. */
const inOrder = (): Float32Array => {
  const sums = new Float32Array(m * n)
  const [left, right] = [a.data as Float32Array, b.data as Float32Array]
  for (let i = 0; i < m; i++)
    for (let step = 0; step < k; step++) {
      const x = left[i * k + step] as number
      for (let j = 0; j < n; j++) sums[i * n + j] = (sums[i * n + j] as number) + Math.fround(x * (right[step * n + j] as number))
    }
  return sums
}

const bits = (x: NDArray | Float32Array | undefined): Int32Array =>
  new Int32Array(Float32Array.from(x instanceof NDArray ? (x.data as Float32Array) : (x ?? [])).buffer)

const layouts: { readonly [name: string]: (x: Tensor.Tensor, y: Tensor.Tensor) => Tensor.Tensor } = {
  "as they lie": (x, y) => Tensor.matmul(x, y),
  "left transposed": (x, y) => Tensor.matmul(Tensor.transpose(x), y),
  "right transposed": (x, y) => Tensor.matmul(x, Tensor.transpose(y)),
  "both transposed": (x, y) => Tensor.matmul(Tensor.transpose(x), Tensor.transpose(y)),
}

describe("large products", () => {
  const wanted = bits(inOrder())
  const pool = makePool(3)
  beforeAll(() => pool?.complete())
  afterAll(() => pool?.close())
  for (const [name, product] of Object.entries(layouts))
    it(`sum each element in order: ${name}`, () => {
      const inputs = [name.startsWith("left") || name.startsWith("both") ? transposed(a) : a]
      inputs.push(name.startsWith("right") || name.startsWith("both") ? transposed(b) : b)
      const program = trace((x, y) => [product(x as Tensor.Tensor, y as Tensor.Tensor)], inputs)
      for (const crew of [undefined, pool]) {
        const prepared = prepare({ program, resident: 0 }, crew)
        expect(bits(prepared.run(inputs)[0])).toEqual(wanted)
        prepared.release()
      }
    })

  it("have the bits of a few of their rows alone, in fast numerics too", () => {
    const rows = 5
    const few = new NDArray("f32", [rows, k], a.data.slice(0, rows * k))
    const run = (left: NDArray) => {
      const program = trace((x, y) => [Tensor.matmul(x as Tensor.Tensor, y as Tensor.Tensor)], [left, b])
      return bits(prepare({ program, resident: 0 }, undefined, offered("fast")).run([left, b])[0])
    }
    expect(run(a).slice(0, rows * n)).toEqual(run(few))
  })

  it("follow rows and columns that run backwards", () => {
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
