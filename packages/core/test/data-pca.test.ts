import { getOrThrow, isFailure } from "effect/Result"
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { moments, momentsOfBytes } from "../src/data/covariance.ts"
import * as Fitted from "../src/data/Fitted.ts"
import { decode, encode, isValid } from "../src/data/floats64.ts"
import * as InputTransform from "../src/data/InputTransform.ts"
import type { TablePca } from "../src/data/Pca.ts"
import * as Preprocess from "../src/data/Preprocess.ts"
import * as PreprocessTree from "../src/data/PreprocessTree.ts"
import { matrixOf } from "../src/data/principalComponents.ts"
import * as Table from "../src/data/Table.ts"
import * as Layers from "../src/learning/Layers.ts"
import * as Net from "../src/learning/Net.ts"
import { symmetricEigen } from "../src/reference/symmetricEigen.ts"
import * as Key from "../src/tensor/Key.ts"
import * as T from "../src/tensor/Tensor.ts"
import { assertAllClose } from "../src/testing/allClose.ts"
import { make, type NDArray } from "../src/types/NDArray.ts"

/** Rows whose numbers depend on each other: normal ones times a matrix, plus an offset. */
const samples = (rows: number, width: number, seed = 1): NDArray => {
  const mixed = T.matmul(Key.normal(Key.make(seed), [rows, width]), Key.normal(Key.make(seed + 1), [width, width]))
  return T.read(T.add(mixed, T.cast(T.iota([rows, width], 1), "f32")))
}

const fit = (pca: TablePca, inputs: NDArray, rows?: Preprocess.Rows): Fitted.FittedArray => {
  const { input } = getOrThrow(Preprocess.fit({ pca }, { inputs }, rows))
  if (input.type !== "array") throw new Error("wanted an array")
  return input
}

const apply = (input: Fitted.FittedArray, inputs: NDArray): NDArray =>
  getOrThrow(Preprocess.inputs({ version: 1, input, target: null }, { inputs }))

const covarianceOf = (x: NDArray): T.Tensor => {
  const [rows = 1] = x.shape
  const flat = T.reshape(x, [rows, x.data.length / rows])
  const centred = T.sub(flat, T.mean(flat, { axes: [0], keepAxes: true }))
  return T.div(T.matmul(T.transpose(centred), centred), rows)
}

const sizes = fc.record({ seed: fc.nat(100), width: fc.integer({ min: 2, max: 7 }), rows: fc.integer({ min: 30, max: 150 }) })

describe("the covariance", () => {
  test("is XᵀX / n of the centred samples, for any number of rows and columns", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 13 }), fc.integer({ min: 1, max: 200 }), fc.nat(50), (width, count, seed) => {
        const x = samples(count, width, seed)
        const write = (i: number, into: Float64Array): void => into.set(x.data.subarray(i * width, (i + 1) * width))
        const { covariance, means } = moments({ count, width, write })
        for (let i = 0; i < width; i++)
          for (let j = 0; j < width; j++) {
            let sum = 0
            for (let r = 0; r < count; r++)
              sum += ((x.data[r * width + i] ?? 0) - (means[i] ?? 0)) * ((x.data[r * width + j] ?? 0) - (means[j] ?? 0))
            expect(covariance[i * width + j]).toBeCloseTo(sum / count, 8)
          }
      }),
      { numRuns: 40 },
    )
  })
})

describe("the covariance of bytes", () => {
  test("is that of the same numbers as floats, also of more rows than are added at once", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 600 }), fc.nat(50), (width, count, seed) => {
        const bytes = Uint8Array.from({ length: (count + 3) * width }, (_, i) => (Math.imul(i + seed, 2654435761) >>> 11) % 256)
        // All of one value, the largest products there are.
        for (let row = 0; row < count; row += 2) bytes[row * width] = 255
        const rows = Int32Array.from({ length: count }, (_, i) => (i * 7) % (count + 3))
        const divisors = Float64Array.from({ length: width }, (_, j) => j + 0.5)
        const write = (i: number, into: Float64Array): void => {
          for (let j = 0; j < width; j++) into[j] = (bytes[(rows[i] ?? 0) * width + j] ?? 0) / (divisors[j] ?? 1)
        }
        const found = momentsOfBytes(() => [{ data: bytes, rows }], rows.length, divisors)
        const wanted = moments({ count, width, write })
        for (const [i, value] of wanted.covariance.entries())
          expect(Math.abs((found.covariance[i] ?? 0) - value)).toBeLessThan(1e-7 * (1 + Math.abs(value)))
        for (const [j, mean] of wanted.means.entries()) expect(found.means[j]).toBeCloseTo(mean, 8)
      }),
      { numRuns: 20 },
    )
  })
})

describe("PCA of arrays", () => {
  test("has the law XᵀX / n = V Λ Vᵀ: components are uncorrelated, with the variances in falling order", () => {
    fc.assert(
      fc.property(sizes, ({ rows, seed, width }) => {
        const x = samples(rows, width, seed)
        const fitted = fit({}, x)
        const variances = fitted.pca?.variances ?? []
        expect(variances).toEqual([...variances].sort((a, b) => b - a))
        const scale = variances[0] ?? 1
        assertAllClose(covarianceOf(apply(fitted, x)), T.mul(T.make(variances), T.eye(width)), { rtol: 0, atol: 2e-5 * scale })
        const v = matrixOf(fitted.pca as Fitted.FittedPca)
        const rebuilt = T.matmul(T.mul(v, T.make(variances)), T.transpose(v))
        assertAllClose(rebuilt, covarianceOf(x), { rtol: 0, atol: 2e-5 * scale })
        expect(fitted.pca?.total).toBeCloseTo(
          variances.reduce((sum, one) => sum + one, 0),
          6,
        )
      }),
      { numRuns: 25 },
    )
  })

  test("whitening by PCA and ZCA gives the training rows unit covariance and mean 0", () => {
    fc.assert(
      fc.property(sizes, fc.constantFrom("pca", "zca"), ({ rows, seed, width }, whiten) => {
        // Of well-conditioned rows: f32 has seven digits.
        const x = T.read(T.add(samples(rows, width, seed), T.mul(Key.normal(Key.make(seed + 7), [rows, width]), 2)))
        const made = apply(fit({ whiten, epsilon: 0 }, x), x)
        assertAllClose(covarianceOf(made), T.eye(width), { rtol: 0, atol: 2e-4 })
        assertAllClose(T.mean(made, { axes: [0] }), T.zeros([width]), { rtol: 0, atol: 1e-4 })
      }),
      { numRuns: 25 },
    )
  })

  test("ZCA has a symmetric matrix, and of all whitenings it stays nearest to the centred rows", () => {
    const x = samples(80, 4)
    const fitted = fit({ whiten: "zca", epsilon: 0 }, x)
    const zca = matrixOf(fitted.pca as Fitted.FittedPca)
    assertAllClose(zca, T.transpose(zca), { rtol: 0, atol: 1e-6 })
    const centred = T.sub(x, T.mean(x, { axes: [0], keepAxes: true }))
    const distance = (matrix: T.Tensor): number => T.toNumber(T.sum(T.square(T.sub(T.matmul(centred, matrix), centred))))
    for (let seed = 0; seed < 20; seed++) {
      const turned = Key.normal(Key.make(seed), [4, 4])
      const rotation = T.eigh(T.add(turned, T.transpose(turned))).vectors
      expect(distance(T.matmul(zca, rotation))).toBeGreaterThan(distance(zca))
    }
  })

  test("keeps the components that are asked for, or those that have the share of the variance and not one more", () => {
    const x = samples(100, 6)
    const all = fit({}, x).pca as Fitted.FittedPca
    const three = fit({ components: 3 }, x)
    expect(three.pca?.variances).toEqual(all.variances.slice(0, 3))
    expect(apply(three, x).shape).toEqual([100, 3])
    assertAllClose(apply(three, x), T.slice(apply(fit({}, x), x), [0, 0], [100, 3]), { rtol: 0, atol: 0 })
    for (const share of [0.5, 0.9, 0.99, 1] as const) {
      const kept = fit({ variance: share }, x).pca?.variances ?? []
      const sum = (list: ReadonlyArray<number>): number => list.reduce((total, one) => total + one, 0)
      expect(sum(kept)).toBeGreaterThanOrEqual(share * all.total * (1 - 1e-12))
      expect(sum(kept.slice(0, -1))).toBeLessThan(share * all.total)
    }
    expect(fit({ variance: "90%" }, x)).toEqual(fit({ variance: 0.9 }, x))
  })

  test("makes directions without variance 0 when epsilon is 0, and never noise", () => {
    const x = samples(50, 3)
    const twice = T.read(T.concat([x, x, T.ones([50, 1])], 1))
    const made = apply(fit({ whiten: "pca", epsilon: 0 }, twice), twice)
    const unit = T.toArray(covarianceOf(made)) as ReadonlyArray<ReadonlyArray<number>>
    for (const [i, row] of unit.entries()) expect(row[i]).toBeCloseTo(i < 3 ? 1 : 0, 3)
    expect(apply(fit({ whiten: "zca" }, twice), twice).data.every(Number.isFinite)).toBe(true)
  })

  test("learns from the training rows alone, and treats a row alone as among others, to the bit", () => {
    const x = samples(60, 5)
    const rows = Int32Array.from({ length: 40 }, (_, i) => i)
    const spoilt = make(
      "f32",
      [60, 5],
      Float32Array.from(x.data, (value, i) => (i < 200 ? value : 1e6)),
    )
    const fitted = fit({ components: 2, whiten: "pca" }, x, rows)
    expect(fit({ components: 2, whiten: "pca" }, spoilt, rows)).toEqual(fitted)
    const all = apply(fitted, x)
    for (const i of [0, 7, 59]) {
      const alone = apply(fitted, make("f32", [1, 5], x.data.slice(5 * i, 5 * i + 5)))
      expect([...alone.data]).toEqual([...all.data.slice(2 * i, 2 * i + 2)])
    }
  })

  test("is written in the record as text, and read back to the bit", () => {
    const x = samples(40, 4)
    const { input, ...rest } = getOrThrow(Preprocess.fit({ pca: { whiten: "zca" } }, { inputs: x }))
    const read = getOrThrow(Fitted.parse(Fitted.print({ ...rest, input })))
    expect(read.input).toEqual(input)
    expect([...getOrThrow(Preprocess.inputs(read, { inputs: x })).data]).toEqual([
      ...getOrThrow(Preprocess.inputs({ ...rest, input }, { inputs: x })).data,
    ])
    if (input.type !== "array" || input.pca === undefined) throw new Error("wanted PCA")
    for (const matrix of ["", "AAAA", `${input.pca.matrix}AAAA`, input.pca.matrix.replace(/^..../, "//8=")])
      expect(isFailure(Fitted.parse(Fitted.print({ ...rest, input: { ...input, pca: { ...input.pca, matrix } } })))).toBe(true)
    const bad = encode(new Float32Array(16).fill(Number.NaN))
    expect(isFailure(Fitted.parse(Fitted.print({ ...rest, input: { ...input, pca: { ...input.pca, matrix: bad } } })))).toBe(true)
  })

  test("of images that are bytes: a net that takes bytes gives the bits of prepared rows, and images keep their shape under ZCA", () => {
    const bytes = make(
      "u8",
      [30, 4, 4],
      Uint8Array.from({ length: 480 }, (_, i) => (i * 37 + ((i * i) >> 3)) % 256),
    )
    for (const pca of [
      { components: 3, whiten: "pca" },
      { whiten: "zca", epsilon: 0.01 },
    ] as const) {
      const fitted = getOrThrow(Preprocess.fit({ image: { size: [4, 4], normalize: "auto" }, pca }, { inputs: bytes }))
      const prepared = getOrThrow(Preprocess.inputs(fitted, { inputs: bytes }))
      const shape = "components" in pca ? [3] : [4, 4, 1]
      expect(Preprocess.sample(fitted)).toEqual(shape)
      expect(prepared.shape).toEqual([30, ...shape])
      expect(getOrThrow(InputTransform.inputs(fitted, { inputs: bytes })).dtype).toBe("f32")
      const plain = Net.sequential([Layers.flatten, Layers.dense({ units: 2 })])
      const net = InputTransform.net(fitted.input, plain)
      const trained = net.init(Key.make(1), shape)
      expect(T.toArray(Net.infer(net, trained, bytes))).toEqual(T.toArray(Net.infer(plain, trained, prepared)))
    }
  })

  test("keeps the digits of doubles that are far from 0", () => {
    const times = make(
      "f32",
      [50, 2],
      Float64Array.from({ length: 100 }, (_, i) => 1.7e9 + ((i * 7919) % 101)),
    )
    const made = apply(fit({ whiten: "pca", epsilon: 0 }, times), times)
    assertAllClose(covarianceOf(made), T.eye(2), { rtol: 0, atol: 1e-4 })
  })

  test.each([
    [{ components: 5 }, "5 components of 4 numbers in a sample"],
    [{ components: 4 }, "4 components of 3 training rows", 3],
    [{ components: 2, variance: 0.9 }, "both `components` and `variance`"],
    [{ variance: 0 }, "variance: 0"],
    [{ columns: ["a", "b"] }, "`columns` of arrays"],
  ] satisfies ReadonlyArray<readonly [TablePca, string, number?]>)("refuses %j", (...[pca, message, count = 20]) => {
    const found = Preprocess.fit({ pca }, { inputs: samples(count, 4) })
    expect(isFailure(found) ? found.failure.message : "").toContain(message)
  })

  test("refuses rows that are all equal, and samples that are too wide before they are multiplied", () => {
    const message = (inputs: NDArray): string => {
      const found = Preprocess.fit({ pca: {} }, { inputs })
      return isFailure(found) ? found.failure.message : ""
    }
    expect(message(make("f32", [5, 2], new Float32Array(10).fill(3)))).toContain("all equal")
    expect(message(make("f32", [2, 5000], new Float32Array(10000)))).toContain("samples of 5000 numbers")
  })
})

describe("PCA of columns", () => {
  const table = Table.make(
    ["a", "b", "kind", "c", "y"],
    Array.from({ length: 30 }, (_, i) => [
      String(i % 7),
      String(2 * (i % 7) + (i % 3)),
      i % 2 === 0 ? "u" : "v",
      String(i),
      String(i % 2),
    ]),
  )
  const columns = { a: "number", b: "number", kind: "category", c: "number", y: "class" } as const

  test("replaces the columns by components after the others, with names", () => {
    const fitted = getOrThrow(Preprocess.fit({ columns, pca: { columns: ["a", "b"], whiten: "pca", epsilon: 0 } }, table))
    expect(Preprocess.names(fitted).columns).toEqual(["kind=u", "kind=v", "c", "pc1", "pc2"])
    expect(Preprocess.sample(fitted)).toEqual([5])
    const made = getOrThrow(Preprocess.inputs(fitted, table))
    assertAllClose(covarianceOf(T.read(T.slice(made, [0, 3], [30, 5]))), T.eye(2), { rtol: 0, atol: 1e-5 })
    expect([...made.data.slice(0, 3)]).toEqual([1, 0, 0])
    const one = getOrThrow(Preprocess.inputs(fitted, table, Int32Array.from([12])))
    expect([...one.data]).toEqual([...made.data.slice(60, 65)])
    expect(getOrThrow(Fitted.parse(Fitted.print(fitted)))).toEqual(fitted)
  })

  test("takes all columns of numbers by default; ZCA keeps their names", () => {
    const fitted = getOrThrow(Preprocess.fit({ columns, pca: { whiten: "zca" } }, table))
    expect(Preprocess.names(fitted).columns).toEqual(["kind=u", "kind=v", "a", "b", "c"])
    expect(Preprocess.names(getOrThrow(Preprocess.fit({ columns, pca: { components: 1 } }, table))).columns).toEqual([
      "kind=u",
      "kind=v",
      "pc1",
    ])
  })

  test("of named inputs belongs to the input that has its columns", () => {
    const inputs = { one: ["a", "b"], two: ["c", "kind"] }
    const rows = PreprocessTree.all(table)
    const fitted = getOrThrow(PreprocessTree.fit({ columns, inputs, pca: { columns: ["a", "b"], components: 1 } }, table, rows))
    expect(PreprocessTree.sample(fitted)).toEqual({ one: [1], two: [3] })
    for (const pca of [{}, { columns: ["a", "c"] }])
      expect(isFailure(PreprocessTree.fit({ columns, inputs, pca }, table, rows))).toBe(true)
  })

  test("refuses columns that are no inputs", () => {
    for (const names of [
      ["a", "y"],
      ["a", "z"],
    ]) {
      const found = Preprocess.fit({ columns, pca: { columns: names } }, table)
      expect(isFailure(found) ? found.failure.message : "").toContain(`\`${names[1]}\``)
    }
  })
})

describe("floats as text", () => {
  test("come back to the bit", () => {
    fc.assert(
      fc.property(fc.float32Array({ maxLength: 70 }), (numbers) => {
        const text = encode(numbers)
        expect([...new Int32Array(decode(text).buffer)]).toEqual([...new Int32Array(numbers.slice().buffer)])
        expect(isValid(text, numbers.length)).toBe(numbers.every(Number.isFinite))
        expect(isValid(text, numbers.length + 1)).toBe(false)
      }),
    )
  })

  test("the solver of PCA is that of the tensor language", () => {
    const a = T.read(covarianceOf(samples(20, 3)))
    expect([...T.read(T.eigh(a).values).data]).toEqual([...Float32Array.from(symmetricEigen(a.data, 3).values)])
  })
})
